//! The start of what a span asks, as a list shows it.

use plumbline_model::{Role, Span};

/// Characters of a preview: about what a line of the list shows.
const PREVIEW_CHARS: usize = 96;

/// The start of what was asked, for a list: the last user message, else the last input, else the output.
pub(super) fn preview(span: &Span) -> String {
    let asked = span.input_messages.iter().rev();
    let message = asked
        .clone()
        .find(|message| message.role == Role::User)
        .or_else(|| asked.clone().next())
        .or_else(|| span.output_messages.first());
    let text = message
        .map(|message| message.content.text())
        .unwrap_or_default();
    let mut preview = String::new();
    for word in text.split_whitespace() {
        if !preview.is_empty() {
            preview.push(' ');
        }
        preview.extend(word.chars().take(PREVIEW_CHARS));
        if preview.chars().count() >= PREVIEW_CHARS {
            break;
        }
    }
    preview.chars().take(PREVIEW_CHARS).collect()
}
