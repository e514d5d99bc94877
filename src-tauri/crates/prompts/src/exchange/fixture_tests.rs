//! The files of `fixtures/prompts`: what is read of each, word for word, and what hostile changes of them do.

use super::*;
use crate::write_prompt;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn fixtures() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/prompts");
    let mut files = Vec::new();
    for folder in fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        if folder.is_dir() {
            files.extend(
                fs::read_dir(folder)
                    .unwrap()
                    .map(|file| file.unwrap().path()),
            );
        }
    }
    files.retain(|file| file.extension().is_none_or(|ending| ending != "expected"));
    files.sort();
    files
}

fn file_name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// All that is read, as text to compare.
fn told(file: &ForeignFile) -> String {
    let mut out = format!("format: {}\n", file.format.as_str());
    for prompt in &file.prompts {
        writeln!(out, "\n# {} (was {:?})", prompt.name, prompt.original_name).unwrap();
        for left_out in &prompt.left_out {
            writeln!(out, "left out: {}: {}", left_out.place, left_out.reason).unwrap();
        }
        for version in &prompt.versions {
            writeln!(
                out,
                "\n## id {:?}, author {:?}, message {:?}, labels {:?}",
                version.id, version.author, version.message, version.labels
            )
            .unwrap();
            for loss in &version.losses {
                writeln!(out, "{:?} {}: {}", loss.effect, loss.place, loss.what).unwrap();
            }
            out.push_str(&write_prompt(&version.spec));
        }
    }
    out
}

#[test]
fn each_fixture_is_read_word_for_word_as_expected() {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let files = fixtures();
    assert!(files.len() >= 12, "{files:?}");
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let file = read_foreign(&text, Some(file_name(&path))).unwrap();
        let folder = path.parent().unwrap().file_name().unwrap();
        assert_eq!(file.format.as_str(), folder.to_str().unwrap(), "{path:?}");
        let expected = path.with_file_name(format!("{}.expected", file_name(&path)));
        let told = told(&file);
        if update {
            fs::write(&expected, &told).unwrap();
        }
        assert_eq!(
            told,
            fs::read_to_string(&expected).unwrap_or_default(),
            "{path:?}"
        );
    }
}

#[test]
fn what_a_fixture_says_its_content_tells_without_its_name() {
    for path in fixtures() {
        let text = fs::read_to_string(&path).unwrap();
        let named = read_foreign(&text, Some(file_name(&path))).unwrap();
        let unnamed = read_foreign(&text, None).unwrap();
        assert_eq!(named.format, unnamed.format, "{path:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn a_fixture_with_wounds_is_read_or_refused_but_never_makes_it_fall(
        pick in any::<proptest::sample::Index>(),
        wounds in proptest::collection::vec((any::<proptest::sample::Index>(), 0..4_u8, "(\\PC|[{}%#\\[\\]\":,\\n-]){0,3}"), 1..5),
    ) {
        let files = fixtures();
        let path = &files[pick.index(files.len())];
        let mut text: Vec<char> = fs::read_to_string(path).unwrap().chars().collect();
        for (at, kind, words) in wounds {
            let at = at.index(text.len().max(1)).min(text.len());
            let end = (at + 1 + usize::from(kind) * 4).min(text.len());
            match kind {
                0 => drop(text.splice(at..at, words.chars())),
                1 => drop(text.splice(at..end, words.chars())),
                2 => drop(text.splice(at..end, [])),
                _ => { let piece: Vec<char> = text[at..end].to_vec(); text.splice(at..at, piece); }
            }
        }
        let text: String = text.into_iter().collect();
        if let Ok(file) = read_foreign(&text, Some(file_name(path))) {
            for version in file.prompts.iter().flat_map(|prompt| &prompt.versions) {
                prop_assert!(crate::parse(&write_prompt(&version.spec)).is_ok());
            }
        }
    }
}
