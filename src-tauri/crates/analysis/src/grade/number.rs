//! The number an answer gives, within a tolerance.

use super::outcome::{Outcome, quote};
use crate::diff::read_json;
use crate::json_path;
use serde_json::Value;

/// What is expected, and how far off it may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub(super) value: f64,
    pub(super) tolerance: Option<f64>,
    pub(super) relative_tolerance: Option<f64>,
}

impl Expected {
    fn margin(self) -> f64 {
        let absolute = self.tolerance.unwrap_or(0.0);
        let relative = self.relative_tolerance.unwrap_or(0.0) * self.value.abs();
        absolute.max(relative)
    }
}

pub(super) fn check(text: &str, path: Option<&str>, expected: Expected) -> Outcome {
    let found = match path {
        Some(path) => at_path(text, path),
        None => only_number(text).map_err(Outcome::fail),
    };
    let found = match found {
        Ok(found) => found,
        Err(outcome) => return outcome,
    };
    let (value, margin) = (expected.value, expected.margin());
    if !value.is_finite() || !margin.is_finite() || margin < 0.0 {
        return Outcome::ungraded("the value or its tolerance is not a usable number");
    }
    Outcome::pass_or((found - value).abs() <= margin, || {
        if margin == 0.0 {
            format!("the number is {found}, not {value}")
        } else {
            format!("the number is {found}, more than {margin} from {value}")
        }
    })
    .scored(found)
}

fn at_path(text: &str, path: &str) -> Result<f64, Outcome> {
    let answer = read_json(text)
        .map_err(|error| Outcome::fail(format!("the answer is not JSON: {error}")))?
        .value;
    let found = json_path::get(&answer, path)
        .map_err(|error| Outcome::ungraded(error.to_string()))?
        .ok_or_else(|| Outcome::fail(format!("nothing stands at `{path}`")))?;
    let number = match found {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => only_number(text).ok(),
        _ => None,
    };
    number.ok_or_else(|| {
        Outcome::fail(format!(
            "`{path}` is {}, not a number",
            quote(&found.to_string())
        ))
    })
}

/// The only number in a text. A comma is read as separating thousands where three digits follow it.
fn only_number(text: &str) -> Result<f64, String> {
    let mut numbers = Numbers { rest: text };
    match (numbers.next(), numbers.next()) {
        (Some(number), None) => Ok(number),
        (None, _) => Err("the answer holds no number".to_owned()),
        (Some(_), Some(_)) => Err("the answer holds more than one number".to_owned()),
    }
}

struct Numbers<'t> {
    rest: &'t str,
}

impl Iterator for Numbers<'_> {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        let at = self.rest.find(|c: char| c.is_ascii_digit())?;
        let before = &self.rest[..at];
        let mut literal = String::new();
        let point = before.ends_with('.');
        let sign = before.strip_suffix('.').unwrap_or(before);
        // A hyphen inside a word or a date is no sign.
        let signed = sign
            .strip_suffix(['-', '−'])
            .is_some_and(|lead| !lead.ends_with(|c: char| c.is_alphanumeric()));
        if signed {
            literal.push('-');
        }
        if point {
            literal.push_str("0.");
        }
        let after = &self.rest[at..];
        let (taken, digits) = digits(after, point);
        literal.push_str(&digits);
        self.rest = &after[taken..];
        literal.parse().ok()
    }
}

/// Bytes of the number that starts here, and its digits with point and exponent.
fn digits(text: &str, mut point: bool) -> (usize, String) {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut out = String::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let group = || digit(at + 1) && digit(at + 2) && digit(at + 3) && !digit(at + 4);
        match byte {
            b'0'..=b'9' => out.push(char::from(*byte)),
            b',' if !point && group() => {}
            b'.' if !point && digit(at + 1) => {
                point = true;
                out.push('.');
            }
            b'e' | b'E' => {
                let signed = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
                let first = at + 1 + usize::from(signed);
                if !digit(first) {
                    break;
                }
                let end = (first..).find(|at| !digit(*at)).unwrap_or(first);
                out.push_str(&text[at..end]);
                return (end, out);
            }
            _ => break,
        }
        at += 1;
    }
    (at, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exactly(value: f64) -> Expected {
        Expected {
            value,
            tolerance: None,
            relative_tolerance: None,
        }
    }

    #[test]
    fn the_only_number_is_found_in_prose() {
        for (text, number) in [
            ("42", Some(42.0)),
            ("The total is $1,234.50.", Some(1_234.5)),
            ("about -7 %", Some(-7.0)),
            ("(.5)", Some(0.5)),
            ("1.5e-3 s", Some(0.0015)),
            ("in 2 of 3", None),
            ("2024-01", None),
            ("none", None),
            ("1,2", None),
        ] {
            assert_eq!(only_number(text).ok(), number, "{text}");
        }
    }

    #[test]
    fn the_larger_tolerance_counts() {
        let near = |text, tolerance, relative_tolerance| {
            let expected = Expected {
                value: 200.0,
                tolerance,
                relative_tolerance,
            };
            check(text, None, expected).passed
        };
        assert_eq!(near("201", None, None), Some(false));
        assert_eq!(near("201", Some(1.0), None), Some(true));
        assert_eq!(near("210", None, Some(0.05)), Some(true));
        assert_eq!(near("211", Some(1.0), Some(0.05)), Some(false));
        assert_eq!(near("200", Some(-1.0), Some(-1.0)), None);
    }

    #[test]
    fn a_number_at_a_path_may_be_written_as_text() {
        let answer = r#"{"total": 12.5, "text": "12.5 EUR", "none": []}"#;
        let at = |path| check(answer, Some(path), exactly(12.5)).passed;
        assert_eq!(at("$.total"), Some(true));
        assert_eq!(at("$.text"), Some(true));
        assert_eq!(at("$.none"), Some(false));
        assert_eq!(at("$.gone"), Some(false));
        assert_eq!(at("total"), None, "a bad path is ungraded");
    }
}
