//! Rows of llm's two stores, as they come out of its file: messages, fragments, tools, attachments and counts.

use crate::fixtures::snapshot;
use crate::support::{fixture, read_all};
use plumbline_ingest::{Format, sqlite_format};
use plumbline_model::{Content, Role, Span, add_known};

#[test]
fn rows_of_both_stores() {
    let reading = read_all(&fixture("llm_logs/rows.jsonl"), None).unwrap();
    assert_eq!(reading.report.format, Format::LlmLogs);
    let spans = reading.spans();
    assert_eq!(spans.len(), 9);
    let sum = |count: fn(&Span) -> Option<u64>| {
        spans.iter().map(|span| count(span)).fold(None, add_known)
    };
    // Old store 41 + 91 + 121 and new store 40 + 70 + 90 + 120 + 30; a call without usage adds nothing.
    assert_eq!(sum(|span| span.usage.tokens_in), Some(603));
    assert_eq!(sum(|span| span.usage.tokens_out), Some(85));
    let old = spans[0];
    assert_eq!(old.provider.as_deref(), Some("openai"));
    assert_eq!(old.usage.tokens_in_cached, Some(16));
    assert_eq!(old.input_messages[0].role, Role::System);
    assert_eq!(
        old.input_messages[1].content.text(),
        "The shop opens at nine.\nMy brake squeaks."
    );
    assert_eq!(spans[1].usage.tokens_in, None, "nothing was reported");
    assert!(matches!(
        &spans[1].input_messages[0].content,
        Content::Parts(parts) if parts[1]["mime_type"] == "image/png"
    ));
    assert_eq!(spans[2].output_messages[0].tool_calls[0].name, "stock");
    assert_eq!(spans[3].input_messages[0].role, Role::Tool);
    assert_eq!(spans[3].input_messages[0].content.text(), "3");
    let new = spans[4];
    assert_eq!(new.model_returned.as_deref(), Some("shop-model-2026-01"));
    assert_eq!(new.request_id.as_deref(), Some("r-1"));
    assert_eq!(new.input_messages, old.input_messages);
    assert_eq!(new.output_messages, old.output_messages);
    assert_eq!(
        spans[5].input_messages.len(),
        4,
        "a turn was sent all that came before it"
    );
    let answer = spans[7];
    let roles: Vec<Role> = answer.input_messages.iter().map(|m| m.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::Tool]);
    assert_eq!(
        answer.output_messages[0].content.text(),
        "Three pads are left."
    );
    assert_eq!(answer.tools[0].name, "stock");
    assert_eq!(spans[8].parameters["schema"]["type"], "object");
    assert_eq!(spans[6].trace_id, spans[7].trace_id);
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn broken_rows_and_broken_tables_are_rows_of_the_report() {
    let text = concat!(
        r#"{"table":"turns","row":{"id":"a","datetime_utc":"2026-01-01T00:00:00","tip_message_hash":"x"}}"#,
        "\n",
        r#"{"table":"turns","row":{"id":"b"}}"#,
        "\n",
        r#"{"table":"parts","row":{"id":"c","datetime_utc":"2026-01-01T00:00:00"}}"#,
        "\n",
        r#"{"table":"turns","error":"it is damaged or cut off"}"#,
    );
    let reading = read_all(text.as_bytes(), None).unwrap();
    assert_eq!(reading.spans().len(), 1);
    let reasons: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "`datetime_utc` is missing or no time",
            "`parts` is no table of calls",
            "it is damaged or cut off"
        ]
    );
    assert_eq!(reading.quarantined()[2].at, "turns, line 4");
}

#[test]
fn a_database_is_known_by_its_tables() {
    let tables = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let old = sqlite_format(&tables(&["conversations", "responses"])).unwrap();
    assert_eq!((old.0, old.1.len()), (Format::LlmLogs, 1));
    let both = tables(&["conversations", "responses", "threads", "turns"]);
    assert_eq!(sqlite_format(&both).unwrap().1.len(), 2);
    let phoenix = tables(&["projects", "spans", "traces"]);
    assert_eq!(sqlite_format(&phoenix).unwrap().0, Format::Phoenix);
    assert!(sqlite_format(&tables(&["bookmarks", "spans"])).is_none());
}
