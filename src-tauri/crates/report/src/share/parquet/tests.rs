use super::columns::decimal;
use super::write;
use crate::share::samples::{head, rows};
use crate::share::{ShareError, SharedHead, SharedRow, hostile};
use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

fn reader(head: &SharedHead, rows: Vec<SharedRow>) -> SerializedFileReader<Bytes> {
    let mut out = Vec::new();
    let written = write(&mut out, head, rows.into_iter().map(Ok)).unwrap();
    assert_eq!(written.bytes, out.len() as u64);
    SerializedFileReader::new(Bytes::from(out)).unwrap()
}

fn lines(head: &SharedHead, rows: Vec<SharedRow>) -> Vec<Row> {
    reader(head, rows)
        .get_row_iter(None)
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn field(line: &Row, name: &str) -> Field {
    let found = line.get_column_iter().find(|(column, _)| *column == name);
    found.map(|(_, field)| field.clone()).unwrap()
}

fn text(text: &str) -> Field {
    Field::Str(text.to_owned())
}

fn texts(list: &Field) -> Vec<String> {
    let Field::ListInternal(list) = list else {
        panic!("{list:?} is no list");
    };
    list.elements()
        .iter()
        .map(|element| match element {
            Field::Str(text) => text.clone(),
            other => panic!("{other:?} is no text"),
        })
        .collect()
}

#[test]
fn what_is_read_back_is_what_was_written() {
    let (head, rows) = (head(), rows());
    let lines = lines(&head, rows.clone());
    assert_eq!(lines.len(), rows.len() * head.columns.len());
    let mut read = lines.iter();
    for row in &rows {
        for (at, cell) in row.cells.iter().enumerate() {
            let line = read.next().unwrap();
            let or_null = |value: Option<Field>| value.unwrap_or(Field::Null);
            assert_eq!(field(line, "case_key"), text(&row.case_key));
            assert_eq!(field(line, "column"), text(&head.columns[at].name));
            let verdict = row.verdict(at).map(|verdict| text(verdict.as_str()));
            assert_eq!(field(line, "verdict"), or_null(verdict));
            let cell = cell.as_ref();
            let answer = cell.and_then(|cell| cell.text.as_deref()).map(text);
            assert_eq!(field(line, "text"), or_null(answer));
            let passed = cell.and_then(|cell| cell.passed).map(Field::Bool);
            assert_eq!(field(line, "passed"), or_null(passed));
            let latency = cell.and_then(|cell| cell.latency_ms).map(Field::Double);
            assert_eq!(field(line, "latency_ms"), or_null(latency));
            let tokens = cell.and_then(|cell| cell.tokens_in).map(Field::ULong);
            assert_eq!(field(line, "tokens_in"), or_null(tokens));
            let distinct = cell.and_then(|cell| cell.distinct).map(Field::UInt);
            assert_eq!(field(line, "distinct"), or_null(distinct));
            let kinds = cell.map(|cell| cell.kinds.clone()).unwrap_or_default();
            assert_eq!(texts(&field(line, "kinds")), kinds);
        }
    }
}

#[test]
fn a_cost_keeps_its_digits() {
    let lines = lines(&head(), rows());
    let Field::Decimal(cost) = field(&lines[0], "cost_usd") else {
        panic!("no decimal");
    };
    assert_eq!((cost.precision(), cost.scale()), (38, 18));
    let units = i128::from_be_bytes(cost.data().try_into().unwrap());
    assert_eq!(units, 1_713_000_000_000_000, "$0.001713");
    let too_large = "79228162514264337593543950335".parse().unwrap();
    assert!(matches!(
        decimal(too_large),
        Err(ShareError::CostTooLarge(_))
    ));
}

#[test]
fn hostile_texts_come_back_to_the_byte() {
    for payload in hostile::payloads() {
        let (head, row) = hostile::comparison(&payload);
        let lines = lines(&head, vec![row]);
        for name in [
            "case_key",
            "column",
            "model",
            "text",
            "reason",
            "expected",
            "tool_calls_json",
        ] {
            assert_eq!(
                field(&lines[1], name),
                text(&payload),
                "{name} of {payload:?}"
            );
        }
        assert_eq!(texts(&field(&lines[1], "notes")), [payload.as_str()]);
    }
}

#[test]
fn the_head_stands_in_the_file_and_groups_are_bounded() {
    let row = rows().remove(0);
    let reader = reader(&head(), vec![row; 10_000]);
    let metadata = reader.metadata();
    assert!(
        metadata
            .row_groups()
            .iter()
            .all(|group| group.num_rows() <= 8_192)
    );
    assert_eq!(metadata.num_row_groups(), 3, "20,000 lines");
    let file = metadata.file_metadata();
    let kept = file
        .key_value_metadata()
        .unwrap()
        .iter()
        .find(|kept| kept.key == "plumbline.head");
    let kept: serde_json::Value =
        serde_json::from_str(kept.unwrap().value.as_ref().unwrap()).unwrap();
    assert_eq!(kept["columns"][1]["p50_ms"], serde_json::Value::Null);
    assert_eq!(kept["title"], head().title);
}
