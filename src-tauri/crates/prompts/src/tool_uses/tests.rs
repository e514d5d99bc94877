use super::*;
use crate::{check, render, template_hash};
use proptest::prelude::*;
use serde_json::{Map, json};

const PROMPT: &str = "---
name: support
version: 1.0.0
owner: ada
changelog: c
tools:
  - use: search_orders
  - name: refund
    description: Pays back.
    parameters: {type: object}
  - use: \"ship@^1.1\"   # newer ones ask for a carrier
---
user:
Hello
";

fn tool(name: &str, version: &str, description: &str) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        version: version.parse().unwrap(),
        owner: "ada".to_owned(),
        description: description.to_owned(),
        changelog: String::new(),
        parameters: json!({"type": "object", "properties": {"q": {"type": "string", "description": "a: # \"b\"\n"}}}),
    }
}

fn resolved() -> PromptSpec {
    let mut spec = parse(PROMPT).unwrap();
    resolve_tools(&mut spec, |file| {
        let versions = ["1.0.0", "1.1.0", "1.9.0", "2.0.0"];
        let newest = versions
            .iter()
            .rev()
            .find(|v| fits(file, &v.parse().unwrap()))?;
        Some(tool(&file.name, newest, "Does: it\n# all"))
    });
    spec
}

#[test]
fn a_reference_takes_the_newest_release_that_fits() {
    let spec = resolved();
    let versions: Vec<String> = spec
        .tool_files
        .iter()
        .map(|f| f.version.as_ref().unwrap().to_string())
        .collect();
    assert_eq!(versions, ["2.0.0", "1.9.0"]);
    let names: Vec<&str> = spec.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(
        names,
        ["search_orders", "refund", "ship"],
        "the order is kept"
    );
    assert!(
        check(&spec)
            .iter()
            .all(|f| f.severity != crate::Severity::Error)
    );
}

#[test]
fn a_version_alone_means_exactly_that() {
    let file = |wanted: &str| ToolUse {
        name: "t".into(),
        wanted: Some(wanted.into()),
        version: None,
    };
    assert!(fits(&file("1.2.0"), &Version::new(1, 2, 0)));
    assert!(!fits(&file("1.2.0"), &Version::new(1, 2, 1)));
    assert!(fits(&file("^1.2"), &Version::new(1, 9, 0)));
    assert!(!fits(&file("^1.2"), &Version::new(2, 0, 0)));
}

#[test]
fn a_tool_that_is_not_there_is_an_error_that_says_what_to_do_and_nothing_is_sent() {
    let spec = parse(PROMPT).unwrap();
    let errors: Vec<String> = check(&spec).into_iter().map(|f| f.message).collect();
    assert!(
        errors
            .iter()
            .any(|e| e.contains("plumbline tool release search_orders")),
        "{errors:?}"
    );
    assert!(
        errors
            .iter()
            .any(|e| e.contains("no release of tool `ship` is ^1.1")),
        "{errors:?}"
    );
    assert!(render(&spec, &Map::new()).is_err());
    assert!(with_tools_written(PROMPT, &spec).is_err());
}

#[test]
fn a_text_with_its_tools_written_says_the_same_by_itself() {
    let spec = resolved();
    let whole = with_tools_written(PROMPT, &spec).unwrap();
    let read = parse(&whole).unwrap();
    assert_eq!(read.tools, spec.tools);
    assert_eq!(template_hash(&read), template_hash(&spec));
    assert_eq!(read.tool_files[1].version, Some(Version::new(1, 9, 0)));
    assert!(
        whole.contains("  - name: search_orders\n    version: 2.0.0\n"),
        "{whole}"
    );
    assert_eq!(
        with_tools_written(&whole, &read).unwrap(),
        whole,
        "once is enough"
    );
}

#[test]
fn a_reference_in_another_place_is_refused_and_not_mangled() {
    let flow = PROMPT.replace("  - use: search_orders\n", "  - {use: search_orders}\n");
    let mut spec = parse(&flow).unwrap();
    resolve_tools(&mut spec, |file| Some(tool(&file.name, "1.1.0", "")));
    let refused = with_tools_written(&flow, &spec).unwrap_err();
    assert!(refused.to_string().contains("line of its own"), "{refused}");
}

#[test]
fn what_is_no_reference_is_told() {
    for (from, told) in [
        ("use: 7", "not 7"),
        ("use: ../x", "cannot be the name of a tool"),
        ("use: a@soon", "is not a version"),
        ("{use: a, name: b}", "unknown key `name`"),
        ("{name: b}", "parameters"),
        ("{name: b, version: 1, parameters: {}}", "1.2.3"),
    ] {
        let text = PROMPT.replace("use: search_orders", from);
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.contains(told), "{from}: {error}");
    }
}

proptest! {
    #[test]
    fn any_description_is_written_so_that_it_reads_back(description in "\\PC{0,40}[\n\t\u{2028}]?\\PC{0,8}") {
        let mut spec = parse(PROMPT).unwrap();
        resolve_tools(&mut spec, |file| Some(tool(&file.name, "1.1.0", &description)));
        let read = parse(&with_tools_written(PROMPT, &spec).unwrap()).unwrap();
        prop_assert_eq!(read.tools, spec.tools);
    }
}
