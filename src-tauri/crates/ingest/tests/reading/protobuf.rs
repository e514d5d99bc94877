//! Protobuf and JSON are two spellings of one export: both give the same rows.

use crate::support::{fixture, read_all, root};
use plumbline_ingest::Format;

#[test]
fn both_encodings_of_one_export_give_the_same_spans() {
    let json = read_all(&fixture("otlp_json/support-agent.json"), None).unwrap();
    let proto = read_all(&fixture("otlp_protobuf/support-agent.pb"), None).unwrap();
    assert_eq!(proto.report.format, Format::OtlpProtobuf);
    assert_eq!(proto.spans(), json.spans());
    assert_eq!(proto.report.fields_unread, json.report.fields_unread);
}

#[test]
fn exports_one_after_another_are_all_read() {
    let one = fixture("otlp_protobuf/support-agent.pb");
    let two = read_all(&[&one[..], &one[..]].concat(), None).unwrap();
    let one = read_all(&one, None).unwrap();
    assert_eq!(two.report.read, 2 * one.report.read);
    assert_eq!(two.spans()[one.spans().len()..], one.spans()[..]);
}

#[test]
fn cut_at_every_byte_the_whole_spans_stay_and_the_cut_is_a_row() {
    let bytes = fixture("otlp_protobuf/support-agent.pb");
    let whole = read_all(&bytes, None).unwrap();
    let mut most = 0;
    for end in 1..bytes.len() {
        let reading = read_all(&bytes[..end], Some(Format::OtlpProtobuf)).unwrap();
        let spans = reading.spans();
        assert_eq!(spans[..], whole.spans()[..spans.len()], "cut at {end}");
        let reason = &reading.quarantined().last().unwrap().reason;
        assert!(reason.contains("cut off"), "{reason}");
        most = most.max(spans.len());
    }
    assert!(most > 0, "a span before the cut is kept");
}

#[test]
fn a_broken_span_costs_itself_alone() {
    let mut bytes = fixture("otlp_protobuf/support-agent.pb");
    let whole = read_all(&bytes, None).unwrap();
    // A name that is no UTF-8.
    let name = whole.spans()[1].name.clone().unwrap();
    let at = bytes
        .windows(name.len())
        .position(|window| window == name.as_bytes())
        .unwrap();
    bytes[at] = 0xff;
    let reading = read_all(&bytes, None).unwrap();
    assert_eq!(reading.report.quarantined, 1);
    assert_eq!(reading.report.read, whole.report.read);
    assert!(
        reading.quarantined()[0]
            .at
            .starts_with("resourceSpans[0].scopeSpans[")
    );
}

#[test]
fn nesting_without_end_is_a_row_and_no_overflow() {
    // AnyValue { array_value: { values: AnyValue { … } } }, a hundred thousand deep.
    let field = |tag: u8, payload: &[u8]| {
        let mut bytes = vec![tag];
        let mut left = payload.len();
        loop {
            let low = (left & 0x7f) as u8;
            left >>= 7;
            bytes.push(if left == 0 { low } else { low | 0x80 });
            if left == 0 {
                break;
            }
        }
        bytes.extend_from_slice(payload);
        bytes
    };
    let mut value = Vec::new();
    for _ in 0..2_000 {
        value = field(0x2a, &field(0x0a, &value));
    }
    let attribute = field(0x4a, &[field(0x0a, b"k"), field(0x12, &value)].concat());
    let bytes = field(0x0a, &field(0x12, &field(0x12, &attribute)));
    let reading = read_all(&bytes, Some(Format::OtlpProtobuf)).unwrap();
    assert_eq!(reading.report.quarantined, 1);
    assert!(reading.quarantined()[0].reason.contains("recursion"));
}

#[test]
fn real_frameworks_give_the_same_spans_in_both_encodings() {
    let folder = root().join("../shared/samples/otlp_derived");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: the samples of otlp_derived are not here");
        return;
    };
    let mut compared = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".otlp.pb") else {
            continue;
        };
        let proto = read_all(&std::fs::read(&path).unwrap(), None).unwrap();
        let json = std::fs::read(folder.join(format!("{stem}.otlp.json"))).unwrap();
        let json = read_all(&json, None).unwrap();
        assert_eq!(proto.report.format, Format::OtlpProtobuf, "{stem}");
        assert_eq!(proto.spans(), json.spans(), "{stem}");
        compared += 1;
    }
    assert!(compared > 0, "the folder holds pairs");
}
