//! Findings of a prompt with the fixes that make them go away.

use crate::Engine;
use crate::api::{FindingSeverity, PromptFinding, PromptFix, PromptMended, TextEdit};
use crate::prompt_folder::text_hash;
use crate::prompts::split_reference;
use plumbline_model::{Problem, PromptSpec, ToolUse};
use plumbline_prompts::{self as prompts, Around, EditorText};
use plumbline_workspace::Topic;

impl Engine {
    /// Makes the fixes of the working file that leave no doubt. The file is replaced at once, or left as it is.
    ///
    /// # Errors
    /// `Conflict` when the file changed meanwhile; nothing was written then.
    pub fn prompt_mend(&self, name: &str) -> Result<PromptMended, Problem> {
        let folder = self.prompt_folder()?;
        let text = folder.working_text(name)?;
        let latest = self.latest_release(name)?;
        let person = crate::environments::person();
        let find_tool = |file: &ToolUse| self.find_tool(file);
        let find_prompt = |reference: &str| self.find_prompt(reference);
        let around = Around {
            folder: Some(name),
            latest: latest.as_ref(),
            person: Some(&person),
            find_tool: Some(&find_tool),
            find_prompt: Some(&find_prompt),
        };
        let mended = prompts::mend(&text, &around);
        if !mended.done.is_empty() {
            folder.save_working(name, &mended.text, &text_hash(&text))?;
            self.inner.workspace.announce(Topic::Prompt, name)?;
        }
        Ok(PromptMended {
            fixed: mended.done,
            path: folder.working_path(name)?.display().to_string(),
        })
    }

    /// Another prompt, where it can be read.
    fn find_prompt(&self, reference: &str) -> Option<PromptSpec> {
        let (name, version) = split_reference(reference);
        Some(self.prompt_spec(name, version).ok()?.0)
    }

    /// The newest release, where there is one that can be read.
    fn latest_release(&self, name: &str) -> Result<Option<PromptSpec>, Problem> {
        let folder = self.prompt_folder()?;
        let newest = folder.releases(name)?.pop();
        let text = newest.map(|version| folder.release_text(name, &version));
        Ok(text
            .transpose()?
            .and_then(|text| prompts::parse(&text).ok()))
    }

    /// Checks the text as the file of `name`; a text that cannot be parsed has one finding that says why.
    pub(crate) fn inspect(
        &self,
        name: &str,
        text: &str,
    ) -> (Option<PromptSpec>, Vec<PromptFinding>) {
        let find_tool = |file: &ToolUse| self.find_tool(file);
        let find_prompt = |reference: &str| self.find_prompt(reference);
        let around = Around {
            folder: Some(name),
            find_tool: Some(&find_tool),
            find_prompt: Some(&find_prompt),
            ..Around::default()
        };
        let checked = prompts::check_file(text, &around);
        let findings = checked.findings.into_iter();
        (checked.spec, findings.map(finding).collect())
    }

    /// The same against its latest release, with fixes.
    pub(crate) fn inspect_with_fixes(
        &self,
        name: &str,
        text: &str,
        latest: Option<&PromptSpec>,
    ) -> (Option<PromptSpec>, Vec<PromptFinding>) {
        let person = crate::environments::person();
        let find_tool = |file: &ToolUse| self.find_tool(file);
        let find_prompt = |reference: &str| self.find_prompt(reference);
        let around = Around {
            folder: Some(name),
            latest,
            person: Some(&person),
            find_tool: Some(&find_tool),
            find_prompt: Some(&find_prompt),
        };
        let checked = prompts::check_file(text, &around);
        let fixes = prompts::fixes(text, &around, &checked);
        let places = EditorText::new(text);
        let with_fixes = |(found, fixes): (prompts::Finding, Vec<prompts::Fix>)| PromptFinding {
            fixes: fixes
                .into_iter()
                .map(|fix| as_edits(fix, &places))
                .collect(),
            ..finding(found)
        };
        let findings = checked.findings.into_iter().zip(fixes);
        (checked.spec, findings.map(with_fixes).collect())
    }
}

fn as_edits(fix: prompts::Fix, places: &EditorText<'_>) -> PromptFix {
    // A prompt has no more than 2 MiB.
    let place = |byte| u32::try_from(places.place(byte)).unwrap_or(u32::MAX);
    PromptFix {
        title: fix.title,
        safe: fix.safe,
        edits: fix
            .edits
            .iter()
            .map(|edit| TextEdit {
                from: place(edit.from),
                to: place(edit.to),
                insert: EditorText::inserted(&edit.insert),
            })
            .collect(),
    }
}

/// A finding for which nobody looked for fixes.
pub(crate) fn finding(found: prompts::Finding) -> PromptFinding {
    PromptFinding {
        severity: match found.severity {
            prompts::Severity::Error => FindingSeverity::Error,
            prompts::Severity::Warning => FindingSeverity::Warning,
        },
        line: found.line.and_then(|line| u32::try_from(line).ok()),
        message: found.message,
        fixes: Vec::new(),
    }
}
