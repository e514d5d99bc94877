//! What differs between two requests as they were sent.

use plumbline_analysis::diff::{TextDiff, diff_text};
use plumbline_model::ChatRequest;

/// What differs between two requests as they were sent; `None` when nothing does.
pub(super) fn request_diff(a: &ChatRequest, b: &ChatRequest) -> Option<TextDiff> {
    let diff = diff_text(&readable(a), &readable(b));
    (!diff.equal).then_some(diff)
}

/// A request as a person reads it: messages first, then what shapes the answer.
fn readable(request: &ChatRequest) -> String {
    let mut text = String::new();
    for message in &request.messages {
        text.push_str(&format!(
            "{}:\n{}\n",
            message.role.as_str(),
            message.content.text()
        ));
    }
    let mut rest = |name: &str, value: serde_json::Result<String>| {
        if let Ok(value) = value
            && !matches!(value.as_str(), "[]" | "null" | "{}")
        {
            text.push_str(&format!("{name}: {value}\n"));
        }
    };
    rest(
        "parameters",
        serde_json::to_string_pretty(&request.parameters),
    );
    rest("tools", serde_json::to_string_pretty(&request.tools));
    rest(
        "output schema",
        serde_json::to_string_pretty(&request.output_schema),
    );
    text
}
