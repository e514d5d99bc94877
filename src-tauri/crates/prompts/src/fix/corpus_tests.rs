use super::corpus::CORPUS;
use super::*;
use crate::parse::tests::{FULL, full};
use crate::{Finding, parse};
use plumbline_model::PromptSpec;

fn latest() -> PromptSpec {
    let older = FULL
        .replace("version: 1.2.0", "version: 1.1.0")
        .replace("support@example.com", "old@example.com")
        .replace("Answer in", "Say it in");
    parse(&older).unwrap()
}

/// The text as it may also be written: with the line ends of Windows and letters of more than one unit before.
fn ways(text: &str) -> [String; 2] {
    let text = text.replace("Answers one ticket.", "Answers \u{1f600} one tick\u{e9}t.");
    [text.clone(), text.replace('\n', "\r\n")]
}

fn around(latest: &PromptSpec) -> Around<'_> {
    Around {
        folder: Some("support-answer"),
        latest: Some(latest),
        person: Some("ana"),
        ..Around::default()
    }
}

fn errors(findings: &[Finding]) -> Vec<&str> {
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.message.as_str()).collect()
}

#[test]
fn each_fault_is_offered_its_fix_which_says_what_was_meant() {
    let latest = latest();
    let around = around(&latest);
    for case in CORPUS {
        assert!(FULL.contains(case.from), "{}", case.from);
        for text in ways(&FULL.replacen(case.from, case.to, 1)) {
            let checked = check_file(&text, &around);
            let offered = fixes(&text, &around, &checked);
            let titles: Vec<&str> = offered
                .iter()
                .flatten()
                .map(|fix| fix.title.as_str())
                .collect();
            let found = offered.iter().flatten().find(|fix| fix.title == case.fix);
            let found = found
                .unwrap_or_else(|| panic!("{}: {titles:?} for {:?}", case.fix, checked.findings));
            let fixed = apply(&text, &found.edits).unwrap();
            assert!(
                fixed.replace("\r\n", "\n").contains(case.gives),
                "{}:\n{fixed}",
                case.fix
            );
            let breaks = fixed.matches('\n').count();
            let wanted = if text.contains("\r\n") { breaks } else { 0 };
            assert_eq!(fixed.matches("\r\n").count(), wanted, "{}", case.fix);
        }
    }
}

#[test]
fn every_fix_of_every_finding_makes_it_go_away_without_a_new_error() {
    let latest = latest();
    let around = around(&latest);
    let mut tried = 0;
    let next = |at: usize| (0..6).map(move |step| (at, (at + step * 7) % CORPUS.len()));
    for (first, second) in (0..CORPUS.len()).flat_map(next) {
        let (first, second) = (&CORPUS[first], &CORPUS[second]);
        let text = FULL
            .replacen(first.from, first.to, 1)
            .replacen(second.from, second.to, 1);
        let checked = check_file(&text, &around);
        for (finding, fixes) in checked.findings.iter().zip(fixes(&text, &around, &checked)) {
            for fix in fixes {
                let fixed = apply(&text, &fix.edits).unwrap();
                let after = check_file(&fixed, &around);
                let same = |found: &&Finding| found.message == finding.message;
                let count = |findings: &[Finding]| findings.iter().filter(same).count();
                let before = count(&checked.findings);
                assert!(count(&after.findings) < before, "{}:\n{fixed}", fix.title);
                if checked.spec.is_some() {
                    let known = errors(&checked.findings);
                    let new = errors(&after.findings)
                        .into_iter()
                        .find(|error| !known.contains(error));
                    assert_eq!(new, None, "{}:\n{fixed}", fix.title);
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn an_editor_that_makes_the_edits_gets_the_same_text() {
    let latest = latest();
    let around = around(&latest);
    for case in CORPUS {
        for text in ways(&FULL.replacen(case.from, case.to, 1)) {
            let checked = check_file(&text, &around);
            let places = EditorText::new(&text);
            for fix in fixes(&text, &around, &checked).into_iter().flatten() {
                let mut units: Vec<u16> = text.replace("\r\n", "\n").encode_utf16().collect();
                let mut edits = fix.edits.clone();
                edits.sort_by_key(|edit| std::cmp::Reverse(edit.from));
                for edit in &edits {
                    let insert = EditorText::inserted(&edit.insert);
                    let place = places.place(edit.from)..places.place(edit.to);
                    units.splice(place, insert.encode_utf16());
                }
                let fixed = apply(&text, &fix.edits).unwrap().replace("\r\n", "\n");
                assert_eq!(String::from_utf16(&units).unwrap(), fixed, "{}", fix.title);
            }
        }
    }
}

#[test]
fn all_sure_fixes_are_made_in_one_go_and_doubtful_ones_are_left() {
    let latest = latest();
    let around = around(&latest);
    let text = FULL
        .replace("name: support-answer", "name: other")
        .replace("version: 1.2.0", "version: 1.0.0")
        .replace("owner:", "ower:")
        .replace("{{ ticket }}", "{{ tickt }}\u{200b} {{ place }}");
    let mended = mend(&text, &around);
    assert_eq!(
        mended.done,
        [
            "Rename `ower` to `owner`",
            "Declare `place`",
            "Set `name` to support-answer",
            "Set `version` to 2.0.0",
            "Remove the characters that nobody sees",
        ]
    );
    let left = check_file(&mended.text, &around).findings;
    let left: Vec<&str> = left
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left[0].contains("`tickt` is used") && left[1].contains("`ticket` is declared"));
    assert_eq!(mend(FULL, &around).done, [] as [&str; 0]);
    assert_eq!(
        check_file(
            FULL,
            &Around {
                latest: Some(&full()),
                ..around
            }
        )
        .findings,
        []
    );
}

#[test]
fn hostile_texts_get_no_fix_and_take_no_time() {
    let around = Around {
        folder: Some("a"),
        ..Around::default()
    };
    let many: String = (0..5_000).map(|n| format!("{{{{ v{n} }}}}\n")).collect();
    for text in [
        format!("---\nname: b\nversion: 1.0.0\nowner: o\nchangelog: c\n---\nuser:\n{many}"),
        format!("---\n{}", "variables: [".repeat(10_000)),
        format!(
            "---\nname: b\nversion: 1.0.0\nvariables: {}\n---\nuser:\n{{{{ x",
            "[{".repeat(40)
        ),
        "\u{200e}".repeat(100_000),
        "---\n---\n".to_owned(),
        "---\r---\r".to_owned(),
    ] {
        let checked = check_file(&text, &around);
        let started = std::time::Instant::now();
        for fix in fixes(&text, &around, &checked).into_iter().flatten() {
            assert!(apply(&text, &fix.edits).is_some(), "{}", fix.title);
        }
        assert!(started.elapsed().as_secs() < 5);
    }
}
