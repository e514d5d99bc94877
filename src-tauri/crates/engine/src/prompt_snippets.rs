//! Lines for an application that joins its traces to a version of a prompt.

use crate::Engine;
use crate::api::PromptSnippet;
use plumbline_analysis::highlight::{Language, highlight};
use plumbline_model::Problem;
use plumbline_prompts::{self as prompts, SnippetLanguage};

impl Engine {
    /// Source text in one language.
    ///
    /// # Errors
    /// `NotFound` for a prompt or version that is not there.
    pub fn prompt_snippet(
        &self,
        name: &str,
        version: &str,
        language: SnippetLanguage,
    ) -> Result<String, Problem> {
        Ok(prompts::snippet(
            language,
            &self.prompt_spec(name, version)?.0,
        ))
    }

    /// The same in every language, to be read and copied.
    ///
    /// # Errors
    /// As [`Engine::prompt_snippet`].
    pub fn prompt_snippets(
        &self,
        name: &str,
        version: &str,
    ) -> Result<Vec<PromptSnippet>, Problem> {
        let (spec, _) = self.prompt_spec(name, version)?;
        let snippets = SnippetLanguage::ALL.map(|language| {
            let text = prompts::snippet(language, &spec);
            PromptSnippet {
                language,
                label: language.label().to_owned(),
                lines: highlight(&text, coloured_as(language)),
                text,
            }
        });
        Ok(snippets.into())
    }
}

fn coloured_as(language: SnippetLanguage) -> Language {
    match language {
        SnippetLanguage::Python => Language::Python,
        SnippetLanguage::TypeScript => Language::JavaScript,
        SnippetLanguage::Rust => Language::Rust,
    }
}

#[cfg(test)]
mod tests {
    use crate::prompt_export_preview::tests::engine_with_prompt;

    #[test]
    fn each_language_names_the_version_and_its_lines_are_the_text() {
        let (_dir, engine) = engine_with_prompt();
        let snippets = engine.prompt_snippets("answer", "working").unwrap();
        let labels: Vec<&str> = snippets.iter().map(|one| one.label.as_str()).collect();
        assert_eq!(labels, ["Python", "TypeScript", "Rust"]);
        for snippet in &snippets {
            assert!(snippet.text.contains("answer"), "{}", snippet.text);
            let lines: Vec<String> = snippet
                .lines
                .iter()
                .map(|line| line.iter().map(|token| token.text.as_str()).collect())
                .collect();
            assert_eq!(lines.join("\n"), snippet.text.trim_end_matches('\n'));
        }
        assert!(engine.prompt_snippets("answer", "9.9.9").is_err());
    }
}
