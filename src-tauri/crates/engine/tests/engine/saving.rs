//! Saving prompt files beside somebody else's editor.

use crate::stage::{Stage, prompt};
use plumbline_model::Code;

#[test]
fn a_save_over_somebody_elses_change_is_refused_and_nothing_is_written() {
    let stage = Stage::new();
    let mine = stage.engine.prompt_open("label", None).unwrap();
    let theirs = stage.other();
    let their_text = prompt("1.1.0", "Label it, please.");
    theirs
        .prompt_save("label", &their_text, &mine.text_hash)
        .unwrap();
    let refused = stage
        .engine
        .prompt_save("label", "my text", &mine.text_hash)
        .unwrap_err();
    assert_eq!(refused.code, Code::Conflict);
    assert!(refused.hint.is_some());
    let now = stage.engine.prompt_open("label", None).unwrap();
    assert_eq!(now.text, their_text);
    assert!(now.drift, "it says something else than the latest release");
    let saved = stage
        .engine
        .prompt_save("label", "my text", &now.text_hash)
        .unwrap();
    assert_eq!(
        saved.text, "my text",
        "a text that cannot be parsed may still be saved"
    );
    assert!(saved.check.spec.is_none() && !saved.check.findings.is_empty());
    let folder = std::fs::read_dir(stage.path("prompts/label")).unwrap();
    assert_eq!(
        folder.count(),
        2,
        "prompt.md and releases: no temporary file is left"
    );
}
