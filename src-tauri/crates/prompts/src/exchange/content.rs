//! The content of a foreign message as the text of ours.

use super::Loss;
use super::build::Build;
use serde_json::{Map, Value};

/// Types of a part that is nothing but its text.
const TEXT_PARTS: &[&str] = &["text", "input_text", "output_text"];

impl Build {
    /// The text of a content: a text, or parts of which those that are no text are lost.
    pub(super) fn content_text(&mut self, content: Value, place: &str) -> String {
        let parts = match content {
            Value::String(text) => return text,
            Value::Null => return String::new(),
            Value::Array(parts) => parts,
            other => {
                let what = "a message of a prompt is text; this is written as its JSON";
                self.losses.push(Loss::changed(place, what));
                return other.to_string();
            }
        };
        if parts.len() > 1 {
            let what = "the parts are joined into one text";
            self.losses.push(Loss::changed(place, what));
        }
        let texts: Vec<String> = parts
            .into_iter()
            .enumerate()
            .filter_map(|(index, part)| self.part_text(part, &format!("{place}[{index}]")))
            .collect();
        texts.join("\n")
    }

    fn part_text(&mut self, part: Value, place: &str) -> Option<String> {
        let mut part = match part {
            Value::String(text) => return Some(text),
            Value::Object(part) => part,
            other => Map::from_iter([("part".to_owned(), other)]),
        };
        let kind = part.get("type").and_then(Value::as_str).unwrap_or("text");
        let kind: String = kind.chars().take(40).collect();
        let is_text = TEXT_PARTS.contains(&kind.as_str());
        match part.remove("text") {
            Some(Value::String(text)) if is_text => {
                part.remove("type");
                self.drop_rest(place, &part);
                Some(text)
            }
            _ => {
                let what =
                    format!("a message of a prompt is text; this is a part of type `{kind}`");
                self.losses.push(Loss::dropped(place, what));
                None
            }
        }
    }
}
