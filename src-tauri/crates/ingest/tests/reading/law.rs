//! The law: whatever the bytes, every record reaches the sink exactly once, nothing panics, and a sink that
//! has enough is not asked again. `read_all` checks the sums of each reading.

use crate::support::{FIXTURES, FORMATS, fixture, read_all};
use plumbline_ingest::{Format, Item, read, read_mapped};
use plumbline_model::ColumnMapping;
use proptest::prelude::*;
use std::io::BufReader;
use std::ops::ControlFlow;

/// Reads through a buffer of a few bytes, which puts every value across an edge, and compares.
fn same_in_small_bites(bytes: &[u8], format: Format) {
    let whole = read_all(bytes, Some(format));
    let mut items = Vec::new();
    let mut source = BufReader::with_capacity(7, bytes);
    let bites = read(&mut source, Some(format), "test input", &mut |item| {
        items.push(item);
        ControlFlow::Continue(())
    });
    match (whole, bites) {
        (Ok(whole), Ok(_)) => assert_eq!(whole.items, items),
        (whole, bites) => assert_eq!(whole.is_err(), bites.is_err()),
    }
}

fn stops_when_told(bytes: &[u8], format: Format, after: usize) {
    let Ok(whole) = read_all(bytes, Some(format)) else {
        return;
    };
    let mut given = 0;
    let report = read(&mut &bytes[..], Some(format), "test input", &mut |_| {
        given += 1;
        if given > after {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })
    .unwrap();
    assert_eq!(given, whole.items.len().min(after + 1));
    assert_eq!(report.read, given as u64);
    assert_eq!(report.stopped, whole.items.len() > after);
}

fn json_soup() -> impl Strategy<Value = Vec<u8>> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\n",
        "null",
        "1",
        "-1",
        "1e999",
        "\"resourceSpans\"",
        "\"resource\"",
        "\"scopeSpans\"",
        "\"scope\"",
        "\"spans\"",
        "\"attributes\"",
        "\"traceId\":\"5B8EFFF798038103D269B633813FC60C\"",
        "\"spanId\":\"EEE19B7EC3C1B174\"",
        "\"startTimeUnixNano\":\"5\"",
        "\"key\":\"llm.input_messages.999999999999.message.role\"",
        "\"value\":{\"stringValue\":\"x\"}",
        "\"intValue\"",
        "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[",
        "{\"trace_id\":\"t\",\"span_id\":\"s\",\"kind\":\"llm\",\"start_ns\":1",
        "\u{feff}",
        "\\u0000",
        "\\ud800",
    ]);
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat().into_bytes())
}

/// Headers that name a format or a mapping, then rows of whatever.
fn table_soup() -> impl Strategy<Value = Vec<u8>> {
    let header = prop::sample::select(vec![
        "start,tokens_in,input\n",
        "start;tokens_in;input\r\n",
        "request_id,request_created_at,delay_ms\n",
        "id,type,trace_id,start_time,usage_details\n",
        "request_id,call_type,spend,startTime\n",
        "",
    ]);
    let token = prop::sample::select(vec![
        ",",
        ";",
        "\"",
        "\"\"",
        "\n",
        "\r\n",
        "a",
        "12",
        "{\"a\":1}",
        "[",
        " ",
        "\u{feff}",
        "é",
        "2026-01-02T03:04:05Z",
        "\"two\nlines\"",
        "\0",
    ]);
    (header, prop::collection::vec(token, 0..60))
        .prop_map(|(header, tokens)| (header.to_owned() + &tokens.concat()).into_bytes())
}

fn mapped_in_small_bites(bytes: &[u8], after: usize) {
    let mapping: ColumnMapping = serde_json::from_str(
        r#"{"columns":{"start":"start","tokens_in":"tokens_in","input":"input"}}"#,
    )
    .unwrap();
    let taken = |source: &mut dyn std::io::BufRead, most: usize| {
        let mut items = Vec::new();
        let report = read_mapped(source, &mapping, "test input", &mut |item| {
            items.push(item);
            if items.len() > most {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        report.map(|report| {
            assert_eq!(report.read, items.len() as u64);
            items
        })
    };
    let whole = taken(&mut &bytes[..], usize::MAX);
    let bites = taken(&mut BufReader::with_capacity(7, bytes), usize::MAX);
    let some = taken(&mut &bytes[..], after);
    match (whole, bites, some) {
        (Ok(whole), Ok(bites), Ok(some)) => {
            assert_eq!(whole, bites);
            assert_eq!(some.len(), whole.len().min(after + 1));
        }
        (whole, bites, some) => assert!(whole.is_err() && bites.is_err() && some.is_err()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_heap_of_cells(bytes in table_soup(), after in 0_usize..5) {
        let _ = read_all(&bytes, None);
        mapped_in_small_bites(&bytes, after);
        for format in [Format::Helicone, Format::Langfuse, Format::Litellm] {
            same_in_small_bites(&bytes, format);
            stops_when_told(&bytes, format, after);
        }
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_all(&bytes, None);
        for format in FORMATS {
            same_in_small_bites(&bytes, format);
        }
    }

    #[test]
    fn any_heap_of_json_tokens(bytes in json_soup(), after in 0_usize..5) {
        let _ = read_all(&bytes, None);
        for format in FORMATS {
            same_in_small_bites(&bytes, format);
            stops_when_told(&bytes, format, after);
        }
    }

    #[test]
    fn mutated_fixtures(
        which in 0..FIXTURES.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
        after in 0_usize..20,
    ) {
        let mut bytes = fixture(FIXTURES[which]);
        for (at, byte, edit) in edits {
            let at = at.index(bytes.len());
            match edit {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        let format: Format = FIXTURES[which].split_once('/').unwrap().0.parse().unwrap();
        same_in_small_bites(&bytes, format);
        stops_when_told(&bytes, format, after);
    }

    #[test]
    fn good_and_bad_lines_are_told_apart(lines in prop::collection::vec(
        prop_oneof![
            Just((true, "{\"trace_id\":\"t\",\"span_id\":\"s\",\"kind\":\"llm\",\"start_ns\":1}".to_owned())),
            "[^\r\n\u{feff}]{1,30}".prop_filter("not blank", |line| !line.trim().is_empty()
                && !line.as_bytes().trim_ascii().is_empty()).prop_map(|line| (false, line)),
        ], 0..20), crlf in any::<bool>())
    {
        let end = if crlf { "\r\n" } else { "\n" };
        let text: String = lines.iter().map(|(_, line)| format!("{line}{end}")).collect();
        let reading = read_all(text.as_bytes(), Some(Format::CanonicalJsonl)).unwrap();
        let understood: Vec<bool> =
            reading.items.iter().map(|item| matches!(item, Item::Span { .. })).collect();
        let good: Vec<bool> = lines.iter().map(|(good, _)| *good).collect();
        prop_assert_eq!(understood, good);
    }
}

#[test]
fn a_cut_file_gives_the_spans_before_the_cut_and_says_where() {
    let bytes = fixture("otlp_json/support-agent.json");
    let whole = read_all(&bytes, None).unwrap();
    for step in 0..200 {
        let cut = bytes.len() * step / 200;
        let reading = read_all(&bytes[..cut], Some(Format::OtlpJson)).unwrap();
        let spans = reading.spans();
        assert_eq!(spans, whole.spans()[..spans.len()], "cut at {cut}");
        let rows = reading.quarantined();
        assert_eq!(rows.len(), usize::from(cut > 0), "cut at {cut}");
        if let [row] = rows[..] {
            assert!(
                row.reason.contains(&format!("byte {cut}")),
                "{}",
                row.reason
            );
        }
    }
    let half = read_all(&bytes[..bytes.len() / 2], None).unwrap();
    assert!(
        half.quarantined()[0]
            .at
            .starts_with("resourceSpans[0].scopeSpans[0].spans[")
    );
    assert!(!half.spans().is_empty());
}

#[test]
fn a_broken_span_is_quarantined_with_its_path_and_the_rest_goes_on() {
    let good = r#"{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","startTimeUnixNano":"5"}"#;
    let deep = format!(
        r#"{{"links":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for (bad, word) in [
        (r#"{"traceId":NaN}"#, "expected value"),
        (r#"{"traceId":"\ud800"}"#, "hex escape"),
        ("5", "expected a span"),
        ("{}", "`traceId` is missing"),
        (
            r#"{"traceId":"00000000000000000000000000000000","spanId":"1","startTimeUnixNano":1}"#,
            "zero",
        ),
        (r#"{"traceId":"1","spanId":"2"}"#, "startTimeUnixNano"),
        (
            r#"{"traceId":"1","spanId":"2","startTimeUnixNano":"soon"}"#,
            "startTimeUnixNano",
        ),
        (
            r#"{"traceId":"1","spanId":"2","startTimeUnixNano":18446744073709551616}"#,
            "startTimeUnixNano",
        ),
        (r#"{"name":"a\u0000"}"#, "NUL"),
        (&deep, "recursion limit"),
    ] {
        let text = format!(
            r#"{{"resourceSpans":[{{"resource":{{}},"scopeSpans":[{{"spans":[{good},{good},{good},{bad},{good}]}}]}}]}}"#
        );
        let reading = read_all(text.as_bytes(), None).unwrap();
        assert_eq!(reading.spans().len(), 4, "{word}");
        let row = reading.quarantined()[0];
        assert_eq!(row.at, "resourceSpans[0].scopeSpans[0].spans[3]");
        assert!(
            row.reason.contains(word),
            "{} should say {word}",
            row.reason
        );
        assert!(row.raw.chars().count() <= 2_000);
    }
}

#[test]
fn one_export_a_line_survives_a_broken_line() {
    let line = |id: u8| {
        format!(
            r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"t","spanId":"{id}","startTimeUnixNano":1}}]}}]}}]}}"#
        )
    };
    let text = format!(
        "{}\r\n{}\n\n{{\"other\":1}}\n{}\n",
        line(1),
        &line(2)[..70],
        line(3)
    );
    let reading = read_all(text.as_bytes(), None).unwrap();
    let ids: Vec<&str> = reading
        .spans()
        .iter()
        .map(|span| span.span_id.as_str())
        .collect();
    assert_eq!(ids, ["1", "3"]);
    let places: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.at.as_str())
        .collect();
    assert_eq!(
        places,
        ["line 2: resourceSpans[0].scopeSpans[0].spans[0]", "line 4"]
    );
}

#[test]
fn a_resource_written_after_its_spans_still_counts() {
    let text = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"t","spanId":"1","startTimeUnixNano":1}],
        "scope":{"name":"late"}}],
        "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]}}]}"#;
    let reading = read_all(text.as_bytes(), None).unwrap();
    assert_eq!(reading.spans()[0].tags["service.name"], "shop");
}

#[test]
fn metrics_hold_no_spans_and_are_named_in_the_loss_report() {
    let reading = read_all(br#"{"resourceMetrics":[{"scopeMetrics":[]}]}"#, None).unwrap();
    assert_eq!(reading.report.read, 0);
    assert_eq!(reading.report.fields_unread["resourceMetrics"].count, 1);
}

#[test]
fn what_no_format_claims_is_an_error_that_names_the_formats() {
    for (bytes, word) in [
        (&b""[..], "empty"),
        (b"\xff\xfeh\0i\0", "UTF-16"),
        (b"hello", "none of the formats"),
    ] {
        let error = read_all(bytes, None).err().unwrap();
        assert!(error.to_string().contains(word), "{error}");
        let problem = plumbline_model::Problem::from(error);
        assert!(problem.hint.unwrap().contains("otlp_json"));
    }
    let error = read_all(b"a,b\n1,2\n", Some(Format::RequestCsv))
        .err()
        .unwrap();
    assert!(error.to_string().contains("`TIMESTAMP`"), "{error}");
}
