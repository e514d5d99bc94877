use super::*;
use crate::parse;
use crate::parse::tests::{FULL, full};

#[test]
fn each_change_takes_its_rise() {
    let cases = [
        ("version: 1.2.0", "version: 9.0.0", BumpKind::None),
        ("name: ticket,", "name: question,", BumpKind::Major),
        (
            "  - {name: tone,",
            "  - {name: lang, type: string}\n  - {name: tone,",
            BumpKind::Major,
        ),
        (
            "  - {name: tone,",
            "  - {name: lang, default: en}\n  - {name: tone,",
            BumpKind::Minor,
        ),
        ("default: plain}", "}", BumpKind::Major),
        (
            "name: ticket, type: string",
            "name: ticket, type: object",
            BumpKind::Major,
        ),
        (
            "{reply: {type: string}}, required: [reply]",
            "{}",
            BumpKind::Major,
        ),
        (
            "{reply: {type: string}}",
            "{reply: {type: string}, why: {type: string}}",
            BumpKind::Minor,
        ),
        ("required: [id]", "required: [id, day]", BumpKind::Major),
        ("Looks an order up.", "Finds an order.", BumpKind::Minor),
        ("system:\nAnswer", "user:\nAnswer", BumpKind::Major),
        ("Answer in a", "Reply in a", BumpKind::Minor),
        ("temperature: 0.2", "temperature: 0.3", BumpKind::Minor),
        ("gpt-4o-mini", "gpt-4o", BumpKind::Minor),
        ("Answer in a", "Answer  in a", BumpKind::Patch),
        (
            "owner: support@",
            "origin: {source: git}\nowner: support@",
            BumpKind::Patch,
        ),
        ("Answers one ticket.", "Answers a ticket.", BumpKind::Patch),
        (
            "changelog: Shorter",
            "changelog: Even shorter",
            BumpKind::Patch,
        ),
    ];
    for (from, to, expected) in cases {
        assert!(FULL.contains(from), "{from}");
        let bump = bump(&full(), &parse(&FULL.replacen(from, to, 1)).unwrap());
        assert_eq!(
            bump.computed, expected,
            "{from} -> {to}: {:?}",
            bump.reasons
        );
        assert_eq!(bump.reasons.is_empty(), expected == BumpKind::None);
    }
}

#[test]
fn the_most_serious_reason_comes_first() {
    let text = FULL
        .replace("temperature: 0.2", "temperature: 0.3")
        .replace("name: ticket,", "name: other,");
    let bump = bump(&full(), &parse(&text).unwrap());
    assert!(bump.reasons[0].starts_with("major: "), "{:?}", bump.reasons);
    assert!(
        bump.reasons
            .iter()
            .any(|reason| reason == "minor: the parameters changed")
    );
}

#[test]
fn every_part_of_a_prompt_has_a_rule() {
    // Names each field, so that a new one asks for its rule here.
    let PromptSpec {
        name: _,          // major
        version: _,       // none: it is what is computed
        owner: _,         // patch
        description: _,   // patch
        changelog: _,     // patch
        model: _,         // minor
        parameters: _,    // minor
        variables: _,     // by caller
        tools: _,         // by signature; their descriptions minor
        tool_files: _,    // none: which file a tool comes from moves nothing
        output_schema: _, // by reader
        budget: _,        // major when tighter, else minor
        origin: _,        // patch
        sections: _,      // by role, text and white space
    } = full();
}
