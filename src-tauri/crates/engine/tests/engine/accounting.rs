//! The law of accounting through to the disk: read = stored + duplicate + quarantined, whatever the lines.

use crate::stage::Stage;
use plumbline_model::LossCounts;
use proptest::prelude::*;

/// Lines of canonical JSONL: good ones, of which some are alike, and broken ones.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => (0..12_u8, 0..4_u8).prop_map(|(trace, span)| format!(
            "{{\"trace_id\":\"t{trace}\",\"span_id\":\"s{span}\",\"kind\":\"llm\",\"start_ns\":{span}}}"
        )),
        1 => "[^\r\n]{0,40}",
        1 => Just("{\"trace_id\":\"t\",\"span_id\":\"\",\"kind\":\"llm\",\"start_ns\":1}".to_owned()),
        1 => Just("{\"trace_id\":\"t\",\"span_id\":\"s\",\"kind\":\"llm\",\"start_ns\":1e999}".to_owned()),
        1 => Just("{\"trace_id\":\"t\",\"span_id\":\"s\\u0000\",\"kind\":\"llm\",\"start_ns\":1}".to_owned()),
    ];
    prop::collection::vec(line, 0..40).prop_map(|lines| lines.join("\n"))
}

fn import(stage: &Stage, text: &str) -> LossCounts {
    let file = stage.write("lines.jsonl", text);
    let outcome = stage
        .engine
        .import(&[file], Some("canonical_jsonl"))
        .unwrap();
    assert_eq!(outcome.failures, []);
    let report = &outcome.files[0];
    assert!(report.counts.adds_up(), "{report:?}");
    assert_eq!(
        report.quarantine.len() as u64,
        report.counts.quarantined.min(100)
    );
    report.counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(25))]

    #[test]
    fn every_line_is_stored_known_or_quarantined(files in prop::collection::vec(lines(), 1..4)) {
        let stage = Stage::new();
        let mut stored = 0;
        for text in &files {
            let first = import(&stage, text);
            stored += first.stored;
            prop_assert_eq!(stage.engine.workspace_info().unwrap().spans, stored);
            let again = import(&stage, text);
            prop_assert_eq!(again.stored, 0);
            prop_assert_eq!((again.read, again.quarantined), (first.read, first.quarantined));
        }
    }
}
