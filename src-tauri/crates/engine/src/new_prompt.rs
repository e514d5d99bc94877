//! A prompt that does not exist yet.

use crate::Engine;
use crate::api::PromptView;
use plumbline_model::Problem;
use plumbline_workspace::Topic;

impl Engine {
    /// Writes the working file of a new prompt, ready to be filled in.
    ///
    /// # Errors
    /// `BadInput` for a name that no prompt can have; `Conflict` when there is a prompt of this name.
    pub fn prompt_new(&self, name: &str, owner: Option<&str>) -> Result<PromptView, Problem> {
        let folder = self.prompt_folder()?;
        let owner = owner.map_or_else(crate::environments::person, str::to_owned);
        let text = starting_text(name, owner.trim());
        // What is written must be readable again, whatever the owner is called.
        plumbline_prompts::parse(&text)?;
        folder.create_working(name, &text)?;
        self.inner.workspace.announce(Topic::Prompt, name)?;
        self.prompt_open(name, None)
    }
}

fn starting_text(name: &str, owner: &str) -> String {
    // A JSON string is a YAML double-quoted one, so no character means anything to YAML.
    let owner = serde_json::Value::from(owner);
    format!(
        "---\n\
         name: {name}\n\
         version: 0.1.0\n\
         owner: {owner}\n\
         description: Say in one line what it is for.\n\
         changelog: First version.\n\
         model: openai:gpt-4.1-mini\n\
         parameters:\n  temperature: 0\n  max_tokens: 300\n\
         variables:\n  - name: question\n    type: string\n    description: What the person asks.\n\
         budget:\n  max_tokens_in: 4000\n  max_tokens_out: 300\n\
         ---\n\
         system:\nAnswer in one short paragraph.\n\n\
         user:\n{{{{ question }}}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_prompt_has_nothing_to_mend() {
        let text = starting_text("order-status", "Ada \"the owner\": #1");
        let spec = plumbline_prompts::parse(&text).unwrap();
        assert_eq!(spec.owner, "Ada \"the owner\": #1");
        let findings = plumbline_prompts::check_for_release(&spec);
        assert!(findings.is_empty(), "{findings:?}");
    }
}
