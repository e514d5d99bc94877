//! The official exporter: what it is told to have arrived is what one sees.

use crate::program::Program;
use crate::python::script;
use serde_json::{Value, json};

fn sent(compression: &str) -> (Program, Value) {
    let program = Program::listen(&[]);
    let said = script("send_spans.py", &[program.url(), compression]);
    (program, serde_json::from_str(&said).unwrap())
}

#[test]
#[ignore = "needs packages of PyPI: cargo xtask test --only clients"]
fn spans_of_the_exporter_are_shown_as_they_were_meant() {
    for compression in ["none", "gzip"] {
        let (program, said) = sent(compression);
        let trace = program.ask(&["trace", "show", said["trace"].as_str().unwrap()]);
        assert_eq!(trace["row"]["spans"], 3, "{trace:#}");
        assert_eq!(trace["row"]["model_calls"], 1);
        assert_eq!(
            (&trace["row"]["tokens_in"], &trace["row"]["tokens_out"]),
            (&json!(25), &json!(7))
        );
        let steps = trace["rows"].as_array().unwrap();
        let seen: Vec<_> = steps
            .iter()
            .map(|step| {
                (
                    step["name"].as_str().unwrap(),
                    step["kind"].as_str().unwrap(),
                    step["depth"].as_u64().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("invoke_agent shop", "agent", 0),
                ("chat gpt-4.1-mini", "llm", 1),
                ("execute_tool stock", "tool", 1)
            ]
        );
        let call = program.ask(&[
            "trace",
            "show",
            said["trace"].as_str().unwrap(),
            said["call"].as_str().unwrap(),
        ]);
        let span = &call["span"];
        assert_eq!(span["model_requested"], "gpt-4.1-mini");
        assert_eq!(span["provider"], "openai");
        assert_eq!(span["status"], "ok");
        assert_eq!(span["finish_reason"], "stop");
        assert_eq!(span["parameters"]["temperature"], 0.2);
        assert_eq!(
            span["input_messages"][0]["content"],
            "Is the blue one in stock?"
        );
        assert_eq!(span["output_messages"][0]["content"], "Yes, three.");
        assert_eq!(
            span["end_ns"].as_i64().map(|ns| ns.to_string()).as_deref(),
            said["call_end"].as_str(),
            "to the nanosecond"
        );
        // 600 plain spans came in several batches beside these.
        let report = program.stop();
        assert_eq!(
            (
                &report["stored"],
                &report["quarantined"],
                &report["duplicate"]
            ),
            (&json!(603), &json!(0), &json!(0)),
            "{report:#}"
        );
    }
}
