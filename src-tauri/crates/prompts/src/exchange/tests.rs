use super::*;
use crate::parse::tests::FULL;
use crate::write::tests::{any_spec, without_lines};
use crate::{check_name, parse, render, write_prompt};
use plumbline_model::Role;
use proptest::prelude::*;
use serde_json::{Map, json};

fn one(text: &str, file: &str) -> ForeignVersion {
    let mut prompts = read_foreign(text, Some(file)).unwrap().prompts;
    let prompt = prompts.remove(0);
    assert_eq!(prompt.left_out, []);
    prompt.versions.into_iter().last().unwrap()
}

fn places(losses: &[Loss]) -> Vec<&str> {
    losses.iter().map(|loss| loss.place.as_str()).collect()
}

#[test]
fn a_langfuse_history_keeps_order_authors_dates_messages_and_labels() {
    let version = |number: u64, text: &str| {
        json!({"name": "Support/Answer", "version": number, "type": "chat",
            "prompt": [{"role": "system", "content": text}, {"type": "placeholder", "name": "history"},
                {"role": "user", "content": "{{question}}"}],
            "config": {"model": "gpt-4.1-mini", "temperature": 0.2, "max_tokens": 50, "top_k": 4},
            "labels": if number == 2 { vec!["production"] } else { vec![] }, "tags": ["a"],
            "commitMessage": "Say it better", "createdBy": "ada", "createdAt": "2026-03-01T09:30:00.000Z"})
    };
    let page =
        json!({"data": [version(2, "Be kind."), version(1, "Be brief.")], "meta": {"page": 1}});
    let file = read_foreign(&page.to_string(), None).unwrap();
    assert_eq!(file.format, PromptFormat::Langfuse);
    let prompt = &file.prompts[0];
    assert_eq!(
        (prompt.name.as_str(), prompt.original_name.as_str()),
        ("support-answer", "Support/Answer")
    );
    let ids: Vec<_> = prompt
        .versions
        .iter()
        .map(|v| v.id.clone().unwrap())
        .collect();
    assert_eq!(ids, ["1", "2"]);
    let newest = &prompt.versions[1];
    assert_eq!(newest.labels, ["production"]);
    assert_eq!(
        newest.at,
        crate::instant::from_rfc3339("2026-03-01T09:30:00Z")
    );
    assert_eq!(newest.spec.model.as_deref(), Some("openai:gpt-4.1-mini"));
    assert_eq!(newest.spec.parameters.max_tokens, Some(50));
    assert_eq!(newest.spec.parameters.extra["top_k"], json!(4));
    assert_eq!(newest.spec.variables[0].name, "question");
    assert_eq!(newest.spec.changelog, "Say it better");
    assert_eq!(
        places(&newest.losses),
        ["prompt[1]", "config.model", "tags", "meta"]
    );
}

#[test]
fn a_body_of_openai_becomes_a_prompt_that_sends_the_same() {
    let body = json!({
        "model": "gpt-4.1", "temperature": 0.1, "max_completion_tokens": 30, "stop": "END", "seed": 7,
        "logprobs": true, "messages": [
            {"role": "developer", "content": "Literal {{ braces }} and {% words %}."},
            {"role": "user", "content": [{"type": "text", "text": "hello"}, {"type": "image_url", "image_url": {"url": "x"}}]},
        ],
        "tools": [{"type": "function", "function": {"name": "find", "description": "Finds.", "parameters": {"type": "object"}, "strict": true}}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}},
    });
    let version = one(&body.to_string(), "requests/Support bot.json");
    assert_eq!(version.spec.name, "support-bot");
    let request = render(&version.spec, &Map::new()).unwrap();
    assert_eq!(
        request.messages[0].content.text(),
        "Literal {{ braces }} and {% words %}."
    );
    assert_eq!(request.messages[1].content.text(), "hello");
    assert_eq!(request.parameters.extra["logprobs"], json!(true));
    assert_eq!(request.tools[0].name, "find");
    assert_eq!(request.output_schema, Some(json!({"type": "object"})));
    let mut lost = places(&version.losses);
    lost.sort_unstable();
    let expected = [
        "messages[0].role",
        "messages[1].content",
        "messages[1].content[1]",
        "response_format.json_schema.name",
        "tools[0].strict",
    ];
    assert_eq!(lost, expected);
}

#[test]
fn a_body_of_responses_and_one_of_anthropic_are_read() {
    let responses = json!({"model": "gpt-5", "instructions": "Be kind.", "input": "Hi", "max_output_tokens": 9,
        "text": {"format": {"type": "json_schema", "schema": {"type": "object"}}}});
    let version = one(&responses.to_string(), "a.json");
    assert_eq!(version.spec.sections.len(), 2);
    assert_eq!(version.spec.parameters.max_tokens, Some(9));
    assert!(version.spec.output_schema.is_some());

    let messages = json!({"model": "claude-sonnet-4-5", "system": [{"type": "text", "text": "Be kind."}],
        "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 10, "stop_sequences": ["X"],
        "tools": [{"name": "find", "input_schema": {"type": "object"}}, {"type": "web_search_20250305", "name": "web_search"}]});
    let file = read_foreign(&messages.to_string(), Some("b.json")).unwrap();
    assert_eq!(file.format, PromptFormat::Anthropic);
    let version = one(&messages.to_string(), "b.json");
    assert_eq!(version.spec.sections[0].role, Role::System);
    assert_eq!(version.spec.parameters.stop, ["X"]);
    assert_eq!(version.spec.tools.len(), 1);
    assert_eq!(places(&version.losses), ["tools[1]"]);
}

#[test]
fn bodies_one_a_line_are_a_history_without_repetitions() {
    let body = |text: &str| {
        json!({"model": "gpt-4.1", "messages": [{"role": "user", "content": text}]}).to_string()
    };
    let lines = [body("a"), body("a"), body("b")].join("\n");
    let prompts = read_foreign(&lines, Some("log.jsonl")).unwrap().prompts;
    assert_eq!(prompts[0].versions.len(), 2);
}

#[test]
fn what_no_template_of_ours_can_say_is_left_out_with_its_reason() {
    let prompt = json!({"name": "a", "version": 1, "type": "text", "config": {}, "prompt": "{{#each items}}{{this}}{{/each}}"});
    let prompts = read_foreign(&prompt.to_string(), None).unwrap().prompts;
    assert!(prompts[0].versions.is_empty());
    assert_eq!(prompts[0].left_out[0].place, "a, version 1");
}

#[test]
fn names_are_made_safe_and_stay_different() {
    for (name, safe) in [
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "con-prompt"),
        ("tools", "tools-prompt"),
        ("Ünïcode é", "n-code"),
        ("", "prompt"),
        ("日本", "prompt"),
    ] {
        assert_eq!(safe_name(name), safe, "{name}");
    }
    assert!(check_name(&safe_name(&"x".repeat(300))).is_ok());
    let version = |name: &str| json!({"name": name, "version": 1, "type": "text", "config": {}, "prompt": "x"});
    let list = json!([version("a b"), version("a/b"), version("a-b")]).to_string();
    let names: Vec<String> = read_foreign(&list, None)
        .unwrap()
        .prompts
        .into_iter()
        .map(|p| p.name)
        .collect();
    assert_eq!(names, ["a-b", "a-b-2", "a-b-3"]);
}

#[test]
fn what_is_none_of_the_formats_is_told() {
    for text in ["{\"a\": 1}", "{\"a\": ", "[]", &"[".repeat(100_000)] {
        let error = read_foreign(text, None).unwrap_err();
        assert!(matches!(error, PromptError::Foreign(_)), "{error}");
    }
    assert_eq!(
        read_foreign("{name} please", None).unwrap().format,
        PromptFormat::Text
    );
}

/// With a block on lines of its own, which other templates treat differently.
const LISTED: &str = "---
name: listed
version: 1.2.0
owner: ada@example.org
description: Answers.
changelog: c
model: openai:gpt-4.1
parameters: {temperature: 0.2, max_tokens: 300}
variables:
  - {name: tone, type: string, default: plain}
  - {name: facts, type: array, default: [a, b]}
budget: {max_tokens_in: 2000}
---
system:
Answer in a {{ tone }} tone.
{% for fact in facts %}
- {{ fact }}
{% else %}
nothing
{% endfor %}
\\user:

user:
Braces {{ '{{' }} and {% if tone %}{{ tone }}{% endif %}
";

#[test]
fn what_was_changed_elsewhere_counts_and_still_says_the_same() {
    let spec = parse(LISTED).unwrap();
    for (format, from, to) in [
        (
            PromptFormat::Langfuse,
            "\"temperature\": 0.2",
            "\"temperature\": 0.3",
        ),
        (
            PromptFormat::Langsmith,
            "\"temperature\": 0.2",
            "\"temperature\": 0.3",
        ),
        (
            PromptFormat::Promptfoo,
            "temperature: 0.2\n",
            "temperature: 0.3\n",
        ),
        (
            PromptFormat::Prompty,
            "temperature: 0.2}",
            "temperature: 0.3}",
        ),
        (
            PromptFormat::Dotprompt,
            "temperature: 0.2\n",
            "temperature: 0.3\n",
        ),
    ] {
        let version = WrittenVersion {
            spec: &spec,
            text: LISTED,
        };
        let written = write_foreign(format, &[version]).unwrap();
        assert_eq!(written.losses, [], "{format:?}");
        let (name, file) = &written.files[0];
        let whole = one(file, name);
        assert_eq!(
            (whole.file.as_deref(), &whole.losses[..]),
            (Some(LISTED), &[][..]),
            "{format:?}"
        );
        assert_eq!(whole.was, None);
        let edited = file.replace(from, to);
        assert_ne!(&edited, file, "{format:?}: {file}");
        let back = one(&edited, name);
        assert_eq!(back.spec.parameters.temperature, Some(0.3), "{format:?}");
        assert_eq!(back.spec.parameters.max_tokens, Some(300), "{format:?}");
        assert_eq!(
            back.spec.model.as_deref(),
            Some("openai:gpt-4.1"),
            "{format:?}"
        );
        assert_eq!(back.was.as_deref(), Some(LISTED), "{format:?}");
        assert_eq!(back.spec.owner, "ada@example.org", "{format:?}");
        assert_eq!(back.spec.budget, spec.budget, "{format:?}");
        let is_copy = |place: &&str| place.contains("plumbline");
        assert!(places(&back.losses).iter().any(is_copy), "{format:?}");
        assert_eq!(back.losses.len(), 1, "{format:?}: {:?}", back.losses);
        let (mut was, mut is) = (without_lines(spec.clone()), back.spec.clone());
        for spec in [&mut was, &mut is] {
            spec.parameters.temperature = None;
            spec.origin = None;
            spec.changelog.clear();
            spec.version = PromptSpec::unnamed().version;
        }
        assert_eq!(is, was, "{format:?}: all but what was changed is ours");
        let values = json!({"tone": "kind", "facts": ["x", "y"]});
        let said = |spec: &PromptSpec| -> Vec<(Role, String)> {
            let request = render(spec, values.as_object().unwrap()).unwrap();
            let messages = request.messages.into_iter();
            messages
                .map(|m| (m.role, m.content.text().trim_end().to_owned()))
                .collect()
        };
        assert_eq!(said(&back.spec), said(&spec), "{format:?}: {edited}");
    }
}

#[test]
fn what_was_added_elsewhere_is_told_though_our_copy_still_stands() {
    let spec = parse(LISTED).unwrap();
    for (format, from, to, place) in [
        (
            PromptFormat::Langfuse,
            "\"tags\": []",
            "\"tags\": [\"shop\"]",
            "tags",
        ),
        (
            PromptFormat::Langsmith,
            "\"repo\":",
            "\"owner_id\": 7, \"repo\":",
            "owner_id",
        ),
        (
            PromptFormat::Promptfoo,
            "    raw: ",
            "    function: f\n    raw: ",
            "prompts[0].function",
        ),
        (
            PromptFormat::Prompty,
            "name: listed\n",
            "name: listed\ntags: [shop]\n",
            "tags",
        ),
        (
            PromptFormat::Dotprompt,
            "name: listed\n",
            "name: listed\nvariant: b\n",
            "variant",
        ),
    ] {
        let version = WrittenVersion {
            spec: &spec,
            text: LISTED,
        };
        let written = write_foreign(format, &[version]).unwrap();
        let (name, file) = &written.files[0];
        let more = file.replacen(from, to, 1);
        assert_ne!(&more, file, "{format:?}: {file}");
        let back = one(&more, name);
        assert!(
            places(&back.losses).contains(&place),
            "{format:?}: {:?}",
            back.losses
        );
    }
}

#[test]
fn what_is_hostile_by_its_length_is_refused_in_time() {
    let hub = |template: String| {
        json!({"lc": 1, "type": "constructor", "id": ["a", "PromptTemplate"],
            "kwargs": {"template": template, "template_format": "mustache"}})
        .to_string()
    };
    let names: Vec<String> = (0..100_000).map(|n| format!("v{n}")).collect();
    let many_names = json!({"lc": 1, "type": "constructor", "id": ["a", "PromptTemplate"],
        "kwargs": {"template": "x", "input_variables": names}});
    let start = std::time::Instant::now();
    for (text, file) in [
        (hub("{{^x}}{{/x}}".repeat(100_000)), "a.json"),
        (hub("{{#x}}".repeat(100_000)), "a.json"),
        (many_names.to_string(), "a.json"),
        ("{{#if x}}".repeat(300_000), "a.prompt"),
        ("{{#each x}}{{/each}}".repeat(50_000), "a.prompt"),
        (
            json!({"prompts": ["{% if x %}".repeat(100_000)]}).to_string(),
            "a.json",
        ),
        (
            json!({"prompts": ["{% raw %}{% x %}".repeat(100_000)]}).to_string(),
            "a.json",
        ),
        (
            format!("---\nmodel: {{}}\n---\n{}", "user:\nx\n".repeat(50_000)),
            "a.prompty",
        ),
    ] {
        let _ = read_foreign(&text, Some(file));
    }
    // Seconds where each is linear, minutes where one is not.
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

#[test]
fn what_is_hostile_by_its_form_ends_in_an_error() {
    let laughs: String = (1..30)
        .map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(9)))
        .collect();
    let laughs = format!("prompts: [x]\na0: &a0 [x,x,x,x,x,x,x,x,x]\n{laughs}");
    let deep = |open: &str, close: &str| format!("{}x{}", open.repeat(9_000), close.repeat(9_000));
    let manifest = "{\"lc\":1,\"id\":[\"RunnableSequence\"],\"kwargs\":{\"first\":";
    for (text, file) in [
        (laughs.clone(), "a.yaml"),
        (format!("prompts: [x]\na: {}", deep("{a: ", "}")), "a.yaml"),
        (deep(manifest, "}}"), "a.json"),
        (
            "{\"prompts\": [\"\\udead\"]}".to_owned(),
            "promptfooconfig.json",
        ),
        ("prompts: [\"\\uDEAD\"]".to_owned(), "promptfooconfig.yaml"),
        (
            json!({"prompts": vec!["x"; MAX_VERSIONS + 1]}).to_string(),
            "a.json",
        ),
        (
            json!({"commits": vec![json!({"manifest": {}}); MAX_VERSIONS + 1]}).to_string(),
            "a.json",
        ),
    ] {
        let start: String = text.chars().take(60).collect();
        let error = read_foreign(&text, Some(file)).expect_err(&start);
        assert!(matches!(error, PromptError::Foreign(_)), "{error}");
        assert!(
            error.to_string().len() < 1_000,
            "{}",
            error.to_string().len()
        );
    }
    for file in ["a.prompty", "a.prompt"] {
        for front in [
            laughs.clone(),
            deep("{a: ", "}"),
            "a: \"\\uDEAD\"".to_owned(),
        ] {
            let text = format!("---\nmodel: {{}}\n{front}\n---\nuser:\nx\n");
            let prompts = read_foreign(&text, Some(file)).unwrap().prompts;
            assert!(prompts[0].versions.is_empty());
            let reason = &prompts[0].left_out[0].reason;
            assert!(reason.contains("YAML") && reason.len() < 1_000, "{reason}");
        }
    }
}

#[test]
fn a_body_says_what_it_could_not_hold() {
    let spec = parse(FULL).unwrap();
    let versions = [WrittenVersion {
        spec: &spec,
        text: FULL,
    }; 2];
    let written = write_foreign(PromptFormat::Openai, &versions).unwrap();
    let lost = places(&written.losses);
    for place in [
        "owner",
        "description",
        "changelog",
        "variables",
        "budget",
        "messages[0]",
        "messages[1]",
        "versions",
    ] {
        assert!(lost.contains(&place), "{place}: {lost:?}");
    }
    assert!(write_foreign(PromptFormat::Openai, &[]).is_err());
}

/// What a body can hold of a prompt.
fn bare(mut spec: PromptSpec) -> PromptSpec {
    let plain = PromptSpec::unnamed();
    spec.model = Some("openai:gpt-4.1".to_owned());
    spec.owner = plain.owner;
    spec.description = plain.description;
    spec.changelog = plain.changelog;
    spec.variables = plain.variables;
    spec.budget = plain.budget;
    spec.origin = None;
    spec.tools.clear();
    spec.output_schema = None;
    spec.parameters.extra.clear();
    spec.version = plain.version;
    spec.name = "a".to_owned();
    without_lines(spec)
}

proptest! {
    #[test]
    fn whole_histories_come_back_as_they_went(spec in any_spec("[a-z {}%#.]{0,12}"), more in any_spec("[a-z ]{0,12}")) {
        for format in [PromptFormat::Json, PromptFormat::Langfuse, PromptFormat::Langsmith, PromptFormat::Promptfoo] {
            let mut more = more.clone();
            more.name.clone_from(&spec.name);
            let texts = [write_prompt(&spec), write_prompt(&more)];
            let read: Vec<PromptSpec> = texts.iter().map(|text| parse(text).unwrap()).collect();
            let versions: Vec<WrittenVersion<'_>> =
                read.iter().zip(&texts).map(|(spec, text)| WrittenVersion { spec, text }).collect();
            let written = write_foreign(format, &versions).unwrap();
            // What is no template cannot be one elsewhere, and says so.
            prop_assert!(written.losses.iter().all(|loss| loss.what.starts_with("it is no template")), "{:?}", written.losses);
            let back = read_foreign(&written.files[0].1, None).unwrap();
            prop_assert_eq!(back.format, format);
            prop_assert_eq!(back.prompts.len(), 1);
            let files: Vec<Option<&str>> = back.prompts[0].versions.iter().map(|v| v.file.as_deref()).collect();
            prop_assert_eq!(files, texts.iter().map(|text| Some(text.as_str())).collect::<Vec<_>>());
            let mut specs: Vec<PromptSpec> = back.prompts[0].versions.iter().map(|v| v.spec.clone()).collect();
            for spec in &mut specs {
                spec.name.clone_from(&read[0].name);
            }
            prop_assert_eq!(specs, read);
        }
    }

    #[test]
    fn a_file_of_one_version_comes_back_byte_for_byte(spec in any_spec("(\\{\\{ x \\}\\}|user:|# system:|[a-z {}%#.\\\\]{0,12})")) {
        let text = write_prompt(&spec);
        let spec = parse(&text).unwrap();
        for format in [PromptFormat::Prompty, PromptFormat::Dotprompt] {
            let written = write_foreign(format, &[WrittenVersion { spec: &spec, text: &text }]).unwrap();
            let (name, file) = &written.files[0];
            for file_name in [Some(name.as_str()), None] {
                let back = read_foreign(file, file_name).unwrap();
                prop_assert_eq!(back.format, format, "{}", file);
                prop_assert_eq!(&back.prompts[0].left_out, &[]);
                prop_assert_eq!(&back.prompts[0].versions[0].spec, &spec);
                prop_assert_eq!(back.prompts[0].versions[0].file.as_deref(), Some(text.as_str()));
            }
        }
    }

    #[test]
    fn a_body_tells_whatever_it_does_not_bring_back(spec in any_spec("[a-z {}%#.]{0,12}"), provider in "(openai|anthropic|local)") {
        let mut spec = spec;
        spec.model = Some(format!("{provider}:m"));
        // A setting that is null is one that is not given.
        spec.parameters.extra.retain(|_, value| !value.is_null());
        for format in [PromptFormat::Openai, PromptFormat::Anthropic] {
            let written = write_foreign(format, &[WrittenVersion { spec: &spec, text: "" }]).unwrap();
            let (name, body) = &written.files[0];
            let back = read_foreign(body, Some(name.as_str()));
            let Ok(back) = back else { continue };
            let Some(back) = back.prompts[0].versions.first() else { continue };
            let says = |spec: &PromptSpec| {
                let mut said = serde_json::to_value(without_lines(spec.clone())).unwrap();
                said["messages"] = said["sections"].take();
                said
            };
            let (was, is) = (says(&spec), says(&back.spec));
            for member in ["model", "parameters", "variables", "tools", "output_schema", "messages"] {
                let told = written.losses.iter().any(|loss| loss.place.starts_with(member));
                prop_assert!(was[member] == is[member] || told, "{}: {} {}", member, was[member], is[member]);
            }
            let hidden = [("owner", spec.owner.is_empty()), ("description", spec.description.is_empty()),
                ("changelog", spec.changelog.is_empty()), ("origin", spec.origin.is_none()),
                ("budget", spec.budget == plumbline_model::Budget::default())];
            for (member, is_empty) in hidden {
                let told = written.losses.iter().any(|loss| loss.place == member);
                prop_assert!(is_empty || told, "{}", member);
            }
        }
    }

    #[test]
    fn a_body_brings_back_what_it_can_hold(spec in any_spec("[a-z {}%#.]{0,12}")) {
        let spec = bare(spec);
        prop_assume!(spec.sections.iter().any(|section| !section.template.is_empty()));
        prop_assume!(spec.sections.iter().all(|section| crate::exchange::build::plain_text(&section.template).is_some()));
        let written = write_foreign(PromptFormat::Openai, &[WrittenVersion { spec: &spec, text: "" }]).unwrap();
        let back = read_foreign(&written.files[0].1, Some("a")).unwrap();
        if let Some(version) = back.prompts[0].versions.first() {
            prop_assert_eq!(bare(version.spec.clone()), spec);
        } else {
            // A message without any text is no message that may be sent.
            prop_assert!(!back.prompts[0].left_out.is_empty());
        }
    }

    #[test]
    fn no_text_makes_it_fall(text in "\\PC{0,80}|[\\[{\"a-z:,}\\]0-9 ]{0,80}") {
        let _ = read_foreign(&text, Some(&text));
    }

    #[test]
    fn a_text_word_for_word_comes_back(text in "[a-z {}%#\n.]{0,40}") {
        let prompts = read_foreign(&text, Some("a.txt"));
        if let Ok(file) = prompts
            && file.format == PromptFormat::Text
            && let Some(version) = file.prompts[0].versions.first()
        {
            let request = render(&version.spec, &Map::new()).unwrap();
            let said = request.messages[0].content.text();
            prop_assert_eq!(said.trim_end(), text.trim_end());
        }
    }
}
