//! A prompt written for another tool.

use crate::Engine;
use crate::api::PromptExport;
use crate::prompts::WORKING;
use plumbline_model::{Problem, PromptSpec};
use plumbline_prompts::{self as prompts, PromptFormat, WrittenVersion};

impl Engine {
    /// Writes the releases of a prompt, or one version of it, in another tool's format.
    ///
    /// # Errors
    /// `NotFound` for a prompt or version that is not there; `BadInput` for one that cannot be parsed.
    pub fn prompt_export(
        &self,
        name: &str,
        version: Option<&str>,
        format: PromptFormat,
    ) -> Result<PromptExport, Problem> {
        let mut versions: Vec<(PromptSpec, String)> = Vec::new();
        match version {
            Some(version) => versions.push(self.prompt_spec(name, version)?),
            None => {
                for version in self.prompt_folder()?.releases(name)? {
                    versions.push(self.prompt_spec(name, &version.to_string())?);
                }
                // A prompt that was never released has its working file to give.
                if versions.is_empty() {
                    versions.push(self.prompt_spec(name, WORKING)?);
                }
            }
        }
        let written: Vec<WrittenVersion<'_>> = versions
            .iter()
            .map(|(spec, text)| WrittenVersion { spec, text })
            .collect();
        let written = prompts::write_foreign(format, &written)?;
        let (file_name, text) = written.files.into_iter().next().ok_or_else(|| {
            Problem::internal(format!("nothing was written as {}", format.as_str()))
        })?;
        Ok(PromptExport {
            name: name.to_owned(),
            format: format.as_str().to_owned(),
            file_name,
            text,
            losses: written.losses,
        })
    }
}
