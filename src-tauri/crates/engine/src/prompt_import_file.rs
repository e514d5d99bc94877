//! Prompts from a file that a person chose.

use crate::Engine;
use crate::api::{PromptImport, PromptSource};
use crate::git_history::is_committed;
use plumbline_model::Problem;
use plumbline_prompts::MAX_FOREIGN_BYTES;
use std::fs::File;
use std::io::Read;
use std::path::Path;

impl Engine {
    /// What is known of a file before anything of it is read.
    #[must_use]
    pub fn prompt_source(&self, file: &Path) -> PromptSource {
        let text = |part: Option<&std::ffi::OsStr>| {
            part.map(|part| part.to_string_lossy().into_owned())
                .unwrap_or_default()
        };
        PromptSource {
            file_name: text(file.file_name()),
            folder: text(file.parent().map(Path::as_os_str)),
            in_git: is_committed(file),
        }
    }

    /// Takes over the prompts of a file, or with `git` every commit that touched it.
    ///
    /// # Errors
    /// As [`Engine::prompt_import`] and [`Engine::prompt_import_git`]; `BadInput` when it cannot be read.
    pub fn prompt_import_file(
        &self,
        file: &Path,
        git: bool,
        name: Option<&str>,
    ) -> Result<PromptImport, Problem> {
        if git {
            return self.prompt_import_git(file, name);
        }
        let text = read_bounded(file)?;
        self.prompt_import(&text, Some(&self.prompt_source(file).file_name), name)
    }
}

fn read_bounded(file: &Path) -> Result<String, Problem> {
    let unreadable = |why: &dyn std::fmt::Display| {
        Problem::bad_input(format!("cannot read {}: {why}", file.display()))
            .hint("Choose a text file in UTF-8: a prompt, or what another tool exported.")
    };
    let limit = MAX_FOREIGN_BYTES as u64;
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > limit {
        return Err(unreadable(&format!(
            "it has more than {limit} bytes, too many for prompts"
        )));
    }
    String::from_utf8(bytes).map_err(|error| unreadable(&error.utf8_error()))
}

#[cfg(test)]
mod tests {
    use crate::prompt_export_preview::tests::engine_with_prompt;

    #[test]
    fn a_chosen_file_is_read_and_what_is_no_text_is_told_of() {
        let (dir, engine) = engine_with_prompt();
        let file = dir.path().join("reply.txt");
        std::fs::write(&file, "Answer {{question}} briefly.").unwrap();
        let source = engine.prompt_source(&file);
        assert_eq!(
            (source.file_name.as_str(), source.in_git),
            ("reply.txt", false)
        );
        assert_eq!(source.folder, dir.path().display().to_string());
        let import = engine.prompt_import_file(&file, false, None).unwrap();
        assert_eq!(import.prompts[0].name, "reply");
        std::fs::write(&file, [0xff, 0xd8, 0xff, 0xe0]).unwrap();
        let refused = engine.prompt_import_file(&file, false, None).unwrap_err();
        assert!(refused.message.contains("reply.txt"), "{refused}");
        assert!(engine.prompt_import_file(&file, true, None).is_err());
    }
}
