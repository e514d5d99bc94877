//! A prompt for another tool, read before it is written.

use crate::Engine;
use crate::api::{ExportPreview, PromptExport, PromptFormatRow};
use plumbline_analysis::highlight::{Language, TEXT_LIMIT_BYTES, highlight};
use plumbline_model::Problem;
use plumbline_prompts::PromptFormat;
use std::path::Path;

impl Engine {
    /// The formats that a prompt can be written in.
    #[must_use]
    pub fn prompt_formats(&self) -> Vec<PromptFormatRow> {
        let rows = PromptFormat::ALL.map(|format| PromptFormatRow {
            format,
            label: format.label().to_owned(),
            suffix: format.suffix().to_owned(),
        });
        rows.into()
    }

    /// What an export would write.
    ///
    /// # Errors
    /// As [`Engine::prompt_export`].
    pub fn prompt_export_preview(
        &self,
        name: &str,
        version: Option<&str>,
        format: PromptFormat,
    ) -> Result<ExportPreview, Problem> {
        let export = self.prompt_export(name, version, format)?;
        let start = start_of(&export.text);
        Ok(ExportPreview {
            lines: highlight(start, coloured_as(&export.file_name)),
            cut: start.len() < export.text.len(),
            file_name: export.file_name,
            text: export.text,
            losses: export.losses,
        })
    }

    /// Writes an export to a file that a person named, in place of what it holds.
    ///
    /// # Errors
    /// `BadInput` when it cannot be written.
    pub fn write_export(&self, export: &PromptExport, path: &Path) -> Result<(), Problem> {
        std::fs::write(path, &export.text).map_err(|error| {
            Problem::bad_input(format!("cannot write {}: {error}", path.display()))
                .hint("Check that the folder is there and writable.")
        })
    }
}

/// As much of a text as is coloured, up to the end of a line where there is one.
fn start_of(text: &str) -> &str {
    let longest = TEXT_LIMIT_BYTES.min(text.len());
    let end = (0..=longest).rev().find(|at| text.is_char_boundary(*at));
    let start = &text[..end.unwrap_or(0)];
    match start.rfind('\n') {
        Some(end) if start.len() < text.len() => &start[..=end],
        _ => start,
    }
}

/// What is no JSON is text with some Markdown, as prompts are.
fn coloured_as(file_name: &str) -> Language {
    file_name
        .rsplit('.')
        .next()
        .and_then(Language::named)
        .unwrap_or(Language::Markdown)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::EngineOptions;

    pub(crate) fn engine_with_prompt() -> (tempfile::TempDir, Engine) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("prompts");
        std::fs::create_dir_all(&root).unwrap();
        let engine = Engine::open(EngineOptions {
            workspace: Some(dir.path().join("w.db")),
            prompts: Some(root),
            ..EngineOptions::default()
        })
        .unwrap();
        engine.prompt_new("answer", None).unwrap();
        (dir, engine)
    }

    #[test]
    fn every_format_shows_what_it_writes() {
        let (dir, engine) = engine_with_prompt();
        for row in engine.prompt_formats() {
            let export = engine.prompt_export("answer", None, row.format).unwrap();
            let preview = engine
                .prompt_export_preview("answer", None, row.format)
                .unwrap();
            assert_eq!(preview.file_name, format!("answer{}", row.suffix));
            assert_eq!((&preview.text, preview.cut), (&export.text, false));
            let path = dir.path().join(&preview.file_name);
            engine.write_export(&export, &path).unwrap();
            assert_eq!(std::fs::read_to_string(path).unwrap(), preview.text);
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_told_of() {
        let (dir, engine) = engine_with_prompt();
        let export = engine
            .prompt_export("answer", None, PromptFormat::Json)
            .unwrap();
        let refused = engine
            .write_export(&export, &dir.path().join("gone/answer.json"))
            .unwrap_err();
        assert!(refused.message.contains("gone"), "{refused}");
    }

    #[test]
    fn a_long_text_is_shown_from_its_start() {
        assert_eq!(start_of("short"), "short");
        let lines = "ä line\n".repeat(TEXT_LIMIT_BYTES / 4);
        let start = start_of(&lines);
        assert!(start.len() <= TEXT_LIMIT_BYTES && start.ends_with("line\n"));
        let one = "ä".repeat(TEXT_LIMIT_BYTES);
        assert_eq!(start_of(&one).len(), TEXT_LIMIT_BYTES);
    }
}
