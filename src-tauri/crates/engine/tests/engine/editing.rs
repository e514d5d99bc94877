//! What the editor is told while a prompt is typed: fixes, costs, words.

use crate::stage::{Stage, prompt};
use plumbline_engine::api::{CountedFrom, PriorFrom, VariablesFrom};
use serde_json::json;

fn values(text: &str) -> VariablesFrom {
    let values = json!({ "text": text, "question": text });
    let values = values.as_object().cloned().unwrap_or_default();
    VariablesFrom::Values { values }
}

#[test]
fn a_check_offers_fixes_where_the_editor_counts() {
    let stage = Stage::new();
    let text = prompt("1.1.0", "\u{1f600} Label it, {{ tone }}.").replace('\n', "\r\n");
    let check = stage.engine.prompt_check_text("label", &text).unwrap();
    let finding = &check.findings[0];
    assert!(finding.message.contains("`tone`"), "{:?}", check.findings);
    let fix = &finding.fixes[0];
    assert!(fix.safe && fix.title == "Declare `tone`");
    let mut units: Vec<u16> = text.replace("\r\n", "\n").encode_utf16().collect();
    let edit = &fix.edits[0];
    let place = edit.from as usize..edit.to as usize;
    units.splice(place, edit.insert.encode_utf16());
    let fixed = String::from_utf16(&units).unwrap();
    let check = stage.engine.prompt_check_text("label", &fixed).unwrap();
    let open: Vec<_> = check
        .findings
        .iter()
        .filter(|f| f.message.contains("`tone`"))
        .collect();
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn costs_are_by_model_with_the_dearest_message_and_say_what_they_rest_on() {
    let stage = Stage::new();
    let long = "Say it well. ".repeat(200);
    let text = prompt("1.1.0", &long);
    let models = ["openai:gpt-4".to_owned(), "nobody:unheard-of".to_owned()];
    let costs = |from: Option<&VariablesFrom>| {
        stage
            .engine
            .prompt_costs("label", &text, from, &models)
            .unwrap()
    };
    let plain = costs(None);
    assert_eq!(plain.counted, CountedFrom::Template);
    let of = |model: &str| plain.models.iter().find(|row| row.model == model).unwrap();
    let known = of("openai:gpt-4");
    assert_eq!(
        (known.encoding.as_str(), known.own_encoding),
        ("cl100k_base", true)
    );
    assert_eq!(known.dearest, Some(0));
    assert!(known.dearest_share.unwrap() > 0.9);
    assert_eq!(
        known.tokens_in,
        known.sections.iter().sum::<u64>() + known.other_tokens
    );
    assert!(known.usd_in_per_1000.is_some() && known.source.is_some());
    assert_eq!(known.tokens_out_from, PriorFrom::Limit);
    assert_eq!(known.usd_per_1000.is_some(), known.tokens_out.is_some());
    let unheard = of("nobody:unheard-of");
    assert_eq!(
        (unheard.usd_in_per_1000, unheard.own_encoding),
        (None, false)
    );
    assert!(unheard.no_price_because.is_some());

    let filled = costs(Some(&values(&"word ".repeat(9_000))));
    assert_eq!(filled.models[0].dearest, Some(1), "the value is what costs");
    let gone = VariablesFrom::Case {
        dataset: "nowhere".to_owned(),
        key: "1".to_owned(),
    };
    let missing = costs(Some(&gone));
    assert_eq!(missing.counted, CountedFrom::Template);
    assert!(missing.not_rendered_because.is_some());
}

#[test]
fn the_words_of_a_prompt_name_the_models_of_the_price_table() {
    let language = Stage::new().engine.prompt_language().unwrap();
    assert!(
        language
            .models
            .iter()
            .any(|model| model == "openai:gpt-4.1-mini")
    );
    assert!(
        language
            .filters
            .iter()
            .any(|filter| filter.word == "tojson")
    );
}
