//! Prompts with the tools that they take from files of their own.

use crate::Engine;
use crate::prompt_folder::PromptFolder;
use plumbline_model::{PromptSpec, ToolSpec, ToolUse};
use plumbline_prompts::{self as prompts, PromptError};

impl Engine {
    /// What the text of a prompt says, its tools looked for in the open folder.
    ///
    /// # Errors
    /// Those of parsing. A tool that is not there is none: checks and renderings say so.
    pub(crate) fn read_prompt(&self, text: &str) -> Result<PromptSpec, PromptError> {
        let mut spec = prompts::parse(text)?;
        prompts::resolve_tools(&mut spec, |file| self.find_tool(file));
        Ok(spec)
    }

    /// The release of a tool that a reference asks for, in the open folder.
    pub(crate) fn find_tool(&self, file: &ToolUse) -> Option<ToolSpec> {
        newest(&self.prompt_folder().ok()?.tools(), file)
    }

    /// The text of a prompt that says everything by itself; as it stands where a tool is not there or it is no prompt.
    pub(crate) fn whole_text(&self, text: String) -> String {
        let whole = self
            .read_prompt(&text)
            .ok()
            .and_then(|spec| prompts::with_tools_written(&text, &spec).ok());
        whole.unwrap_or(text)
    }
}

/// The newest release of a tool that a reference asks for; one that cannot be read is passed over.
fn newest(tools: &PromptFolder, file: &ToolUse) -> Option<ToolSpec> {
    let versions = tools.releases(&file.name).ok()?;
    versions
        .iter()
        .rev()
        .filter(|version| prompts::fits(file, version))
        .find_map(|version| {
            let text = tools.release_text(&file.name, version).ok()?;
            let spec = prompts::parse_tool(&text).ok()?;
            (spec.name == file.name && spec.version == *version).then_some(spec)
        })
}
