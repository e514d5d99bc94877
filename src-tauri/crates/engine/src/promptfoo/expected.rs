//! Tests as rows of CSV: columns are variables, but for those whose names start with `__`.

use super::losses::Losses;
use serde_json::{Map, Value, json};

/// More columns are not read.
const MAX_COLUMNS: usize = 1_000;

/// The rows as tests in the shape that YAML gives them; the error is a reason.
pub(super) fn tests_of_csv(
    text: &str,
    place: &str,
    losses: &mut Losses,
) -> Result<Vec<Value>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::Headers)
        .from_reader(text.as_bytes());
    let columns = reader
        .headers()
        .map_err(|error| format!("the table cannot be read: {error}"))?
        .clone();
    if columns.len() > MAX_COLUMNS {
        return Err(format!("the table has more than {MAX_COLUMNS} columns"));
    }
    let mut tests = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| format!("the table cannot be read: {error}"))?;
        let line = record.position().map_or(0, csv::Position::line);
        tests.push(test(
            columns.iter().zip(record.iter()),
            &format!("{place} line {line}"),
            losses,
        ));
    }
    Ok(tests)
}

fn test<'r>(
    cells: impl Iterator<Item = (&'r str, &'r str)>,
    place: &str,
    losses: &mut Losses,
) -> Value {
    let mut variables = Map::new();
    let mut asserts = Vec::new();
    let mut test = Map::new();
    for (column, cell) in cells {
        match column {
            "__description" => {
                test.insert("description".to_owned(), json!(cell));
            }
            "__threshold" => {
                if let Ok(threshold) = cell.trim().parse::<f64>() {
                    test.insert("threshold".to_owned(), json!(threshold));
                }
            }
            _ if column.starts_with("__expected") => {
                if !cell.trim().is_empty() {
                    asserts.push(assertion_of_text(cell));
                }
            }
            _ if column.starts_with("__") => {
                if !cell.trim().is_empty() {
                    losses.left_out(place, format!("the column `{column}` has no counterpart"));
                }
            }
            _ => {
                variables.insert(column.to_owned(), json!(cell));
            }
        }
    }
    test.insert("vars".to_owned(), Value::Object(variables));
    test.insert("assert".to_owned(), Value::Array(asserts));
    // A cell is one value; only lists of YAML stand for several tests.
    test.insert("options".to_owned(), json!({"disableVarExpansion": true}));
    Value::Object(test)
}

/// `type(threshold):value`, such as `icontains:yes` or `not-levenshtein(3):no`; any other text is what the
/// answer must equal.
pub(super) fn assertion_of_text(text: &str) -> Value {
    let text = text.trim();
    for (prefix, kind) in [
        ("javascript:", "javascript"),
        ("fn:", "javascript"),
        ("eval:", "javascript"),
        ("python:", "python"),
        ("grade:", "llm-rubric"),
    ] {
        if let Some(value) = text.strip_prefix(prefix) {
            return json!({"type": kind, "value": value.trim()});
        }
    }
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .unwrap_or(text.len());
    let (kind, rest) = text.split_at(end);
    let (threshold, rest) = match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((number, rest)) => (number.parse::<f64>().ok(), rest),
        None => (None, rest),
    };
    let base = kind.strip_prefix("not-").unwrap_or(kind);
    let value = rest.strip_prefix(':');
    if !super::assertions::is_known(base) || !(rest.is_empty() || value.is_some()) {
        return json!({"type": "equals", "value": text});
    }
    let mut assertion = Map::new();
    assertion.insert("type".to_owned(), json!(kind));
    if let Some(value) = value {
        assertion.insert("value".to_owned(), json!(value.trim()));
    }
    if let Some(threshold) = threshold {
        assertion.insert("threshold".to_owned(), json!(threshold));
    }
    Value::Object(assertion)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_names_a_check_or_is_what_the_answer_equals() {
        for (text, assertion) in [
            ("yes", json!({"type": "equals", "value": "yes"})),
            ("Note: yes", json!({"type": "equals", "value": "Note: yes"})),
            (
                "icontains: yes",
                json!({"type": "icontains", "value": "yes"}),
            ),
            (
                "not-contains:no:no",
                json!({"type": "not-contains", "value": "no:no"}),
            ),
            (
                "levenshtein(3):abc",
                json!({"type": "levenshtein", "value": "abc", "threshold": 3.0}),
            ),
            ("is-json", json!({"type": "is-json"})),
            (
                "fn:output.length > 3",
                json!({"type": "javascript", "value": "output.length > 3"}),
            ),
            (
                "grade: polite",
                json!({"type": "llm-rubric", "value": "polite"}),
            ),
        ] {
            assert_eq!(assertion_of_text(text), assertion, "{text}");
        }
    }

    #[test]
    fn columns_are_variables_but_for_those_with_two_lines_before_their_name() {
        let text =
            "question,__expected1,__expected2,__description,__prefix\n\"a, b\",equals:x,,first,P\n";
        let mut losses = Losses::default();
        let tests = tests_of_csv(text, "tests", &mut losses).unwrap();
        assert_eq!(tests[0]["vars"], json!({"question": "a, b"}));
        assert_eq!(
            tests[0]["assert"],
            json!([{"type": "equals", "value": "x"}])
        );
        assert_eq!(tests[0]["description"], "first");
        let losses = losses.into_rows();
        assert_eq!(losses[0].place, "tests line 2");
        assert!(losses[0].reason.contains("`__prefix`"));
    }
}
