use super::*;
use crate::parse;
use crate::parse::tests::FULL;
use crate::{Around, check_file};

/// Findings of a text that stands alone, with their lines.
pub(crate) fn check_text(text: &str) -> Vec<Finding> {
    check_file(text, &Around::default()).findings
}

#[test]
fn a_sound_prompt_has_no_findings() {
    assert_eq!(check_text(FULL), []);
}

#[test]
fn each_fault_is_found_on_its_line() {
    let cases = [
        (
            "owner: support@example.com\n",
            "",
            None,
            "`owner` is missing",
        ),
        (
            "changelog: Shorter answers.",
            "changelog:",
            Some(6),
            "`changelog` is missing",
        ),
        (
            "{{ ticket }}",
            "{{ ticket }} {{ tickt }}",
            Some(27),
            "`tickt` is used but not declared",
        ),
        (
            "{{ ticket }}",
            "hello",
            Some(9),
            "`ticket` is declared but never used",
        ),
        (
            "name: facts, type: array",
            "name: tone, type: array",
            Some(9),
            "declared twice",
        ),
        (
            "type: array, default: []",
            "type: array, default: 3",
            Some(9),
            "default does not fit",
        ),
        (
            "name: tone, type: string",
            "name: tone, type: text",
            Some(9),
            "unknown type `text`",
        ),
        (
            "{id: {type: string}}",
            "{id: {type: strnig}}",
            Some(13),
            "parameters of tool `find_order`",
        ),
        (
            "name: find_order",
            "name: find order",
            Some(13),
            "cannot be the name of a tool",
        ),
        (
            "output_schema: {type: object",
            "output_schema: {$ref: 'https://x.example/s'",
            Some(17),
            "output schema",
        ),
        ("{% endfor %}", "", Some(21), "template fails"),
        (
            "{{ tone }}",
            "{{ tone }}{% include 'x' %}",
            Some(21),
            "stands alone",
        ),
        (
            "model: openai:gpt-4o-mini",
            "model: gpt-4o-mini",
            Some(7),
            "names no provider",
        ),
    ];
    for (from, to, line, message) in cases {
        assert!(FULL.contains(from), "{from}");
        let findings = check_text(&FULL.replacen(from, to, 1));
        let found = findings
            .iter()
            .find(|finding| finding.message.contains(message));
        let found = found.unwrap_or_else(|| panic!("{message}: {findings:?}"));
        if !message.contains("template fails") {
            assert_eq!(found.line, line, "{message}");
        }
    }
}

#[test]
fn a_text_that_does_not_parse_gives_one_error() {
    let findings = check_text("---\nname: A\nversion: 1.0.0\n---\n");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].severity, Severity::Error);
}

#[test]
fn a_release_needs_a_plain_version() {
    let spec = parse(&FULL.replace("version: 1.2.0", "version: 1.2.0-rc.1")).unwrap();
    assert_eq!(check(&spec), []);
    assert!(
        check_for_release(&spec)[0]
            .message
            .contains("plain version")
    );
}

#[test]
fn loop_variables_and_globals_are_not_asked_for() {
    let body = "user:\n{% for i in range(3) %}{{ loop.index }}{% set x = i %}{{ x }}{% endfor %}";
    let text = format!("---\nname: a\nversion: 1.0.0\nowner: o\nchangelog: c\n---\n{body}");
    assert_eq!(check_text(&text), []);
}
