//! What every fuzz target checks: each record reaches the sink exactly once, nothing panics, and no input makes more
//! of itself than its size allows.

use plumbline_ingest::{
    ArchiveLimits, Entry, Format, Guard, How, HttpExchange, HttpOutcome, Item, SourceKind, Visit,
    Zip, detect, open_zip, read_guarded, read_http, read_tar, suggest_mapping,
};
use plumbline_model::ColumnMapping;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::ops::ControlFlow;

/// Limits that an input of a few kilobytes can reach.
const LIMITS: ArchiveLimits = ArchiveLimits {
    free_bytes: 1 << 20,
    ratio: 200,
    total_bytes: 8 << 20,
    entries: 1_000,
};

/// Reads under a guard and checks the account of it. `most` is the size of what may come in.
fn account(source: &mut dyn BufRead, how: How<'_>, guard: &Guard, most: usize) {
    let (mut spans, mut rows) = (0_u64, 0_u64);
    let report = read_guarded(source, how, "input", guard, &mut |item| {
        match item {
            Item::Span { span, raw } => {
                spans += 1;
                assert!(
                    !span.trace_id.is_empty() && !span.span_id.is_empty(),
                    "ids are never empty"
                );
                assert!(
                    raw.len() <= 16 * most + 65_536,
                    "a record of {} bytes",
                    raw.len()
                );
            }
            Item::Quarantined(row) => {
                rows += 1;
                assert!(!row.reason.is_empty() && row.raw.chars().count() <= 2_000);
            }
        }
        ControlFlow::Continue(())
    });
    if let Ok(report) = report {
        assert_eq!(
            report.read,
            spans + rows,
            "every record reaches the sink once"
        );
        assert_eq!(report.quarantined, rows);
        assert!(!report.stopped);
        assert!(report.fields_unread.len() <= 1_001);
    }
    assert!(
        spans + rows <= most as u64 + 16,
        "{} records of {most} bytes",
        spans + rows
    );
}

fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

/// One format, named; whole, and in bites of a few bytes.
pub fn format(format: Format, bytes: &[u8]) {
    if is_packed(bytes) {
        return;
    }
    account(
        &mut &bytes[..],
        How::Format(format),
        &Guard::default(),
        bytes.len(),
    );
    let mut bites = BufReader::with_capacity(5, bytes);
    account(
        &mut bites,
        How::Format(format),
        &Guard::default(),
        bytes.len(),
    );
}

/// Whatever the content says it is, packed streams among them.
pub fn detected(bytes: &[u8]) {
    let _ = detect(bytes);
    let _ = SourceKind::of(bytes);
    let most = if is_packed(bytes) {
        64 << 20
    } else {
        bytes.len()
    };
    account(&mut &bytes[..], How::Detected, &Guard::default(), most);
}

/// Archives of both kinds, with every member read.
pub fn archive(bytes: &[u8]) {
    let visit: &mut Visit<'_> = &mut |entry| {
        match entry {
            Entry::Refused(refusal) => {
                assert!(!refusal.why.is_empty() && !refusal.hint.is_empty());
                assert!(!refusal.name.contains(char::is_control));
            }
            Entry::Member(mut member) => {
                assert!(
                    !member.name.contains(char::is_control),
                    "a label drives no terminal"
                );
                let most = LIMITS.total_bytes as usize + (1 << 20);
                account(&mut member.content, How::Detected, &member.guard, most);
            }
        }
        ControlFlow::Continue(())
    };
    match open_zip(Cursor::new(bytes), &LIMITS) {
        Ok(Zip::Members(members)) => members.read("archive", visit),
        Ok(Zip::Log(log)) => {
            let mut text = Vec::new();
            // A log has no limit of its own that an input of this size could reach.
            let _ = log.take(8 << 20).read_to_end(&mut text);
            format(Format::Inspect, &text);
        }
        Err(_) => read_tar(&mut &bytes[..], "archive", &LIMITS, visit),
    }
}

/// Tables by a mapping that names columns, and the mapping that is suggested for them.
pub fn mapped(bytes: &[u8]) {
    const COLUMNS: &str =
        r#"{"columns":{"start":"start","tokens_in":"tokens_in","input":"input"}}"#;
    let fixed: ColumnMapping = serde_json::from_str(COLUMNS).expect("the mapping is one");
    account(
        &mut &bytes[..],
        How::Mapping(&fixed),
        &Guard::default(),
        bytes.len().max(64),
    );
    if let Ok(suggested) = suggest_mapping(bytes, "input")
        && !is_packed(bytes)
    {
        let mapping = &suggested.mapping;
        account(
            &mut &bytes[..],
            How::Mapping(mapping),
            &Guard::default(),
            bytes.len(),
        );
    }
}

/// An exchange with a model: the first line is the address, then the request, then the stream that came.
pub fn stream(bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default().to_vec();
    let exchange = HttpExchange {
        method: "POST".to_owned(),
        url: String::from_utf8_lossy(&part()).into_owned(),
        request_headers: vec![(
            "authorization".to_owned(),
            "Bearer sk-canary-0123456789".to_owned(),
        )],
        request_body: part(),
        status: Some(200),
        response_headers: vec![("content-type".to_owned(), "text/event-stream".to_owned())],
        response_body: part(),
        started_at: None,
        time_to_first_byte: None,
        duration: None,
        error: None,
    };
    if let HttpOutcome::ModelCall { raw, .. } = read_http(&exchange).outcome {
        let raw = String::from_utf8_lossy(&raw);
        assert!(!raw.contains("sk-canary"), "a key stays out of the record");
        assert!(
            raw.len() <= 16 * bytes.len() + 65_536,
            "{} bytes",
            raw.len()
        );
    }
}
