//! Sections that the budget lists are cut as they were rendered, after the variables.

use super::*;
use crate::fit::section_named;
use plumbline_model::{Budget, ChatRequest, Content, Message, Role};
use plumbline_tokens::count_request;
use serde_json::json;

const BODY: &str =
    "system:\nBe kind.\n\nuser:\nExample: {{ w }}\n\nassistant:\nFine.\n\nuser:\nText: {{ v }}";

fn spec(sections: &str) -> PromptSpec {
    let budget = format!("{{max_tokens_in: 150, sections: [{sections}]}}");
    prompt("[{name: v, trim: tail}, w]", &budget, BODY)
}

fn texts(fitted: &Fitted) -> Vec<(Role, String)> {
    let messages = fitted.request.request.messages.iter();
    messages
        .map(|message| (message.role, message.content.text()))
        .collect()
}

#[test]
fn a_section_is_cut_when_no_variable_is_left_to_cut() {
    let spec = spec("{section: user 1, trim: middle}");
    let values = json!({"v": words(200), "w": words(200)});
    let fitted = fitted(&spec, &values).unwrap();
    let names: Vec<&str> = fitted.trimmed.iter().map(Trimmed::name).collect();
    assert_eq!(names, ["v", "user 1"]);
    assert_eq!(fitted.trimmed[1].section.as_deref(), Some("user 1"));
    let texts = texts(&fitted);
    assert_eq!(texts[0].1, "Be kind.");
    assert!(texts[1].1.starts_with("Example: word0"), "{}", texts[1].1);
    assert!(texts[1].1.contains("tokens cut") && texts[1].1.ends_with("word199 "));
    assert_eq!(texts[2].1, "Fine.");
}

#[test]
fn a_section_that_need_not_be_cut_stays_whole() {
    let spec = spec("{section: user 1, trim: middle}");
    let values = json!({"v": words(200), "w": "short"});
    let fitted = fitted(&spec, &values).unwrap();
    assert_eq!(fitted.trimmed.len(), 1);
    assert_eq!(texts(&fitted)[1].1, "Example: short");
}

#[test]
fn what_a_section_keeps_in_any_case_may_be_too_much() {
    let spec = spec("{section: user 1, trim: {policy: tail, keep_tokens: 149}}");
    let values = map(&json!({"v": "", "w": words(400)}));
    let refused = fit(&spec, &values, ENCODING).unwrap_err().to_string();
    assert!(refused.contains("with `user 1` cut as far"), "{refused}");
}

#[test]
fn a_section_that_is_a_list_loses_whole_items() {
    let body = "system:\nBe kind.\n\nuser:\n{{ docs | tojson }}";
    let budget = "{max_tokens_in: 120, sections: [{section: user, trim: items}]}";
    let spec = prompt("[docs]", budget, body);
    let docs: Value = (0..20)
        .map(|n| json!({"id": n, "text": "some words that take room", "score": n}))
        .collect();
    let fitted = fitted(&spec, &json!({ "docs": docs })).unwrap();
    let left: Vec<Value> = serde_json::from_str(&texts(&fitted)[1].1).unwrap();
    assert_eq!(left.last().unwrap()["id"], json!(19));
    let dropped = fitted.trimmed[0].items_dropped.unwrap();
    assert_eq!(left.len() as u64 + dropped, 20);
}

#[test]
fn a_name_that_several_sections_have_is_no_name() {
    let spec = spec("{section: user 1, trim: tail}");
    let named = |name: &str| section_named(spec.sections.iter().map(|is| is.role), name);
    assert_eq!((named("system"), named("user 2")), (Some(0), Some(3)));
    for name in [
        "user",
        "user 0",
        "user 3",
        "user x",
        "tool",
        "",
        "assistant 2",
    ] {
        assert_eq!(named(name), None, "{name}");
    }
    let said = |sections: &str| {
        let findings = crate::check(&self::spec(sections));
        let messages = findings.into_iter().map(|finding| finding.message);
        messages.collect::<Vec<_>>().join("\n")
    };
    assert!(said("{section: user, trim: tail}").contains("write `user 1`"));
    assert!(said("{section: tool, trim: tail}").contains("which the prompt does not have"));
    assert!(
        said("{section: user 2, trim: {policy: tail, keep_tokens: 150}}").contains("keeps 150")
    );
}

#[test]
fn a_request_of_somebody_else_is_cut_by_its_sections_and_keeps_its_pictures() {
    let budget = spec("{section: user 1, trim: tail}, {section: user 2, trim: tail}").budget;
    let picture = json!([{"type": "image_url", "image_url": {"url": "data:,x"}}]);
    let request = ChatRequest {
        messages: vec![
            Message {
                content: Content::Parts(picture.as_array().unwrap().clone()),
                ..Message::text(Role::User, "")
            },
            Message::text(Role::User, words(400)),
        ],
        ..ChatRequest::default()
    };
    let cap = count_request(ENCODING, &request) - 200;
    let fitted = fit_request(request.clone(), &budget, cap, ENCODING).unwrap();
    assert_eq!(fitted.request.messages[0], request.messages[0]);
    assert_eq!(fitted.trimmed.len(), 1);
    assert!(fitted.tokens_in_estimated <= cap);
    assert_eq!(
        count_request(ENCODING, &fitted.request),
        fitted.tokens_in_estimated
    );
    let refused = fit_request(request, &Budget::default(), cap, ENCODING);
    assert!(matches!(refused, Err(PromptError::OverBudget { .. })));
}
