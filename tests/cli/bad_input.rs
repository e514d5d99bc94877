//! Broken and hostile files, one test each: a clear row in the loss report, bounded memory, and every good span stored.

use crate::stage::{Ran, Stage, count, project, until};
use serde_json::{Value, json};
use std::io::{Cursor, Read, Write};
use std::process::{Child, Stdio};
use zip::write::SimpleFileOptions;

/// What an import may take at its highest, whatever it reads.
#[cfg(target_os = "linux")]
const PEAK_KIB: u64 = 300 * 1024;

fn line(id: &str) -> String {
    format!("{{\"trace_id\":\"t\",\"span_id\":\"{id}\",\"kind\":\"llm\",\"start_ns\":1}}\n")
}

/// A span of OTLP with these attributes.
fn span(id: u64, attributes: &str) -> String {
    format!(
        "{{\"traceId\":\"{id:032x}\",\"spanId\":\"{id:016x}\",\"name\":\"s{id}\",\"startTimeUnixNano\":\"{id}\",\
         \"attributes\":[{attributes}]}}"
    )
}

fn export(spans: &[String]) -> String {
    let spans = spans.join(",");
    format!(
        "{{\"resourceSpans\":[{{\"resource\":{{}},\"scopeSpans\":[{{\"scope\":{{}},\"spans\":[{spans}]}}]}}]}}"
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// The loss report of one file, whose sums are checked, and the reasons of its rows.
fn report(stage: &Stage, name: &str, content: impl AsRef<[u8]>) -> (Value, String) {
    stage.write(name, content);
    let (_, answer) = stage.run_json(&["import", name]);
    let file = answer["files"][0].clone();
    assert!(file.is_object(), "{answer:#}");
    let parts = ["stored", "duplicate", "quarantined"].map(|part| count(&file, part));
    assert_eq!(count(&file, "read"), parts.iter().sum::<u64>(), "{file:#}");
    let rows = file["quarantine"].as_array().unwrap();
    let told = rows
        .iter()
        .map(|row| format!("{}: {}\n", row["at"], row["reason"]));
    let told = told.collect();
    (file, told)
}

/// The highest memory of a child that runs to its end, in KiB, and how it ended.
#[cfg(target_os = "linux")]
fn peak_kib(mut child: Child, feed: impl FnOnce(&mut dyn Write) + Send + 'static) -> (u64, Ran) {
    let mut input = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || feed(&mut input));
    // A pipe that nobody empties would stop the child.
    let mut answer = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        answer.read_to_end(&mut text).unwrap();
        text
    });
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    until("the import to end", || {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let high = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(high) = high {
            peak = high.trim().trim_end_matches(" kB").parse().unwrap();
        }
        child.try_wait().unwrap().is_some()
    });
    feeder.join().unwrap();
    let mut output = child.wait_with_output().unwrap();
    output.stdout = reader.join().unwrap();
    (peak, Ran::of(output))
}

#[cfg(target_os = "linux")]
fn piped(stage: &Stage) -> Child {
    stage
        .command()
        .args(["--json", "import", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_cut_gzip_keeps_the_rows_before_the_cut() {
    let stage = Stage::new();
    let lines: String = (0..500).map(|n| line(&n.to_string())).collect();
    let packed = gzip(lines.as_bytes());
    let (file, told) = report(&stage, "cut.jsonl.gz", &packed[..packed.len() / 2]);
    assert!(count(&file, "stored") > 100, "{file:#}");
    assert!(told.contains("gzip data is cut off here"), "{told}");
    // One document: the spans that were whole, of an export and of a page.
    let spans: Vec<String> = (1..500).map(|id| span(id, "")).collect();
    let packed = gzip(export(&spans).as_bytes());
    let (file, told) = report(&stage, "cut.json.gz", &packed[..packed.len() / 2]);
    assert!(count(&file, "stored") > 100, "{file:#}");
    assert!(told.contains("gzip data is cut off here"), "{told}");
    let page = std::fs::read(project("fixtures/traces/langfuse/download.json")).unwrap();
    let packed = gzip(&page);
    let (file, _) = report(&stage, "page.json.gz", &packed[..packed.len() * 9 / 10]);
    assert!(count(&file, "stored") >= 3, "{file:#}");
}

#[test]
fn a_zip_whose_sizes_lie_says_so() {
    let stage = Stage::new();
    let lines: String = (0..50).map(|n| line(&n.to_string())).collect();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("a.jsonl", &lines), ("b.jsonl", &line("b"))] {
        writer
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    let mut bytes = writer.finish().unwrap().into_inner();
    let entry = bytes
        .windows(4)
        .position(|window| window == b"PK\x01\x02")
        .unwrap();
    bytes[entry + 24..entry + 28].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]);
    let (file, told) = report(&stage, "lies.zip", bytes);
    assert_eq!(count(&file, "stored"), 50);
    assert!(told.contains("cut off"), "{told}");
    assert_eq!(stage.json(&["trace", "list"])["total"], 1);
}

#[test]
fn nesting_a_hundred_thousand_deep_is_a_row() {
    let stage = Stage::new();
    let deep = format!("{}1{}", "{\"a\":[".repeat(50_000), "]}".repeat(50_000));
    let text = format!(
        "{}{{\"trace_id\":\"t\",\"span_id\":\"deep\",\"kind\":\"llm\",\"start_ns\":1,\"x\":{deep}}}\n{deep}\n{}",
        line("a"),
        line("b")
    );
    let (file, told) = report(&stage, "deep.jsonl", text);
    assert_eq!(
        (count(&file, "stored"), count(&file, "quarantined")),
        (2, 2),
        "{told}"
    );
    assert!(
        told.contains("line 2") && told.contains("recursion limit"),
        "{told}"
    );
    let nested = span(
        1,
        &format!(
            "{{\"key\":\"k\",\"value\":{}",
            "{\"arrayValue\":{\"values\":[".repeat(100_000)
        ),
    );
    let (file, told) = report(&stage, "deep.json", export(&[span(2, ""), nested]));
    assert_eq!(
        (count(&file, "stored"), count(&file, "quarantined")),
        (1, 1),
        "{told}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_million_attributes_on_one_span_are_borne() {
    let stage = Stage::new();
    let child = piped(&stage);
    let (peak, ran) = peak_kib(child, |input| {
        let mut text = String::from(
            "{\"resourceSpans\":[{\"resource\":{},\"scopeSpans\":[{\"scope\":{},\"spans\":[",
        );
        text.push_str(&span(1, ""));
        text.push(',');
        let many: Vec<String> = (0..1_000_000)
            .map(|n| format!("{{\"key\":\"k{n}\",\"value\":{{\"intValue\":\"{n}\"}}}}"))
            .collect();
        text.push_str(&span(2, &many.join(",")));
        text.push(',');
        text.push_str(&span(3, ""));
        text.push_str("]}]}]}");
        input.write_all(text.as_bytes()).unwrap();
    });
    let answer = ran.object();
    let file = &answer["files"][0];
    assert_eq!(count(file, "stored"), 3, "{file:#}");
    // Names that nobody knows are counted, the first thousand apart.
    assert!(file["fields_unread"].as_object().unwrap().len() <= 1_001);
    assert!(peak < PEAK_KIB, "{peak} KiB");
}

#[test]
fn keys_that_aim_at_prototypes_and_endless_lists_are_words() {
    let stage = Stage::new();
    let attribute = |key: &str, value: &str| {
        format!("{{\"key\":\"{key}\",\"value\":{{\"stringValue\":\"{value}\"}}}}")
    };
    let attributes = [
        attribute("openinference.span.kind", "LLM"),
        attribute("__proto__", "p"),
        attribute("__proto__.polluted", "p"),
        attribute("constructor.prototype.polluted", "p"),
        attribute("llm.input_messages.0.message.role", "user"),
        attribute("llm.input_messages.999999999.message.content", "far away"),
        attribute("llm.input_messages.__proto__.message.content", "no index"),
        attribute("gen_ai.prompt.4294967296.content", "further"),
        attribute("gen_ai.prompt.-1.content", "before"),
    ];
    let (file, told) = report(
        &stage,
        "keys.json",
        export(&[span(1, &attributes.join(","))]),
    );
    assert_eq!(count(&file, "stored"), 1, "{told}");
    let shown = stage.json(&["trace", "export"]).to_string();
    assert!(shown.len() < 20_000, "{} bytes", shown.len());
    let lines =
        json!([{ "__proto__": { "x": 1 }, "constructor": 1, "role": "user", "content": "c" }]);
    let record = json!({
        "trace_id": "t", "span_id": "a", "kind": "llm", "start_ns": 1, "__proto__": { "polluted": true },
        "input_messages": lines, "tags": { "__proto__": "p", "constructor": "c" },
    });
    let (file, told) = report(&stage, "keys.jsonl", format!("{record}\n"));
    assert_eq!(count(&file, "stored"), 1, "{told}");
    assert_eq!(stage.json(&["doctor"])["ok"], true);
}

#[test]
fn text_that_is_no_utf8_costs_its_line_and_marks_and_line_ends_cost_nothing() {
    let stage = Stage::new();
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    bytes.extend(line("a").replace('\n', "\r\n").bytes());
    bytes.extend(
        b"{\"trace_id\":\"t\",\"span_id\":\"\xff\xfe\",\"kind\":\"llm\",\"start_ns\":1}\r\n\r\n",
    );
    bytes.extend(line("b").replace('\n', "\r\n").bytes());
    let (file, told) = report(&stage, "marks.jsonl", &bytes);
    assert_eq!(
        (count(&file, "stored"), count(&file, "quarantined")),
        (2, 1),
        "{told}"
    );
    assert!(
        told.contains("line 2") && told.contains("invalid UTF-8 at byte"),
        "{told}"
    );
    let text = line("c");
    for mark in [[0xff, 0xfe], [0xfe, 0xff]] {
        let wide = text.encode_utf16().flat_map(|unit| {
            if mark[0] == 0xff {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        });
        stage.write(
            "wide.jsonl",
            mark.into_iter().chain(wide).collect::<Vec<u8>>(),
        );
        let ran = stage.run(&["import", "wide.jsonl"]);
        let said = ran.out + &ran.err;
        assert_eq!(ran.status, Some(2), "{said}");
        assert!(said.contains("UTF-16; save it as UTF-8 first"), "{said}");
    }
}

#[test]
fn numbers_beyond_their_kind_are_rows_or_unknown_but_never_others() {
    let stage = Stage::new();
    let with = |id: &str, more: &str| line(id).replace("}\n", &format!(",{more}}}\n"));
    let text = [
        with("max", "\"tokens_in\":18446744073709551615"),
        with("over", "\"tokens_in\":18446744073709551616"),
        with("nan", "\"tokens_in\":NaN"),
        with("infinity", "\"tokens_in\":Infinity"),
        with("huge", "\"tokens_in\":1e999"),
        with("below", "\"tokens_in\":-1"),
        with("good", "\"tokens_in\":7"),
    ];
    let (file, told) = report(&stage, "numbers.jsonl", text.concat());
    assert_eq!(count(&file, "read"), 7);
    let export = stage.run(&["trace", "export"]).out;
    for line in export.lines() {
        let span: Value = serde_json::from_str(line).unwrap();
        let tokens = &span["tokens_in"];
        let known = match span["span_id"].as_str().unwrap() {
            "max" => [json!(u64::MAX), Value::Null],
            "good" => [json!(7), json!(7)],
            _ => [Value::Null, Value::Null],
        };
        assert!(known.contains(tokens), "{span:#}");
    }
    assert!(export.contains("\"good\""), "{export}");
    for line in [3, 4, 5] {
        assert!(told.contains(&format!("line {line}")), "{told}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_of_a_gigabyte_is_a_row_and_never_in_memory() {
    let stage = Stage::new();
    let child = piped(&stage);
    let (peak, ran) = peak_kib(child, |input| {
        input.write_all(line("a").as_bytes()).unwrap();
        input
            .write_all(b"{\"trace_id\":\"t\",\"span_id\":\"long\",\"x\":\"")
            .unwrap();
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..1_024 {
            input.write_all(&piece).unwrap();
        }
        input.write_all(b"\"}\n").unwrap();
        input.write_all(line("b").as_bytes()).unwrap();
    });
    let answer = ran.object();
    let file = &answer["files"][0];
    assert_eq!(
        (count(file, "stored"), count(file, "quarantined")),
        (2, 1),
        "{file:#}"
    );
    let row = &file["quarantine"][0];
    assert_eq!(row["at"], "line 2");
    assert!(
        row["reason"]
            .as_str()
            .unwrap()
            .contains("longer than 64 MiB"),
        "{row}"
    );
    assert!(peak < PEAK_KIB, "{peak} KiB");
}

#[test]
fn a_broken_member_of_an_inspect_log_costs_itself_alone() {
    let stage = Stage::new();
    let whole = std::fs::read(project("fixtures/traces/inspect/bike-parts.eval")).unwrap();
    let sound = Stage::new();
    sound.write("log.eval", &whole);
    let sound = sound.json(&["import", "log.eval"]);
    let mut broken = whole.clone();
    // The sum of one sample in the directory.
    let name = whole
        .windows(8)
        .rposition(|window| window == b"samples/")
        .unwrap();
    let entry = name - 46;
    assert_eq!(&broken[entry..entry + 4], b"PK\x01\x02");
    broken[entry + 16] ^= 0xff;
    let (file, told) = report(&stage, "log.eval", broken);
    assert!(told.contains("damaged"), "{told}");
    assert_eq!(
        count(&file, "quarantined"),
        count(&sound["files"][0], "quarantined") + 1,
        "{told}"
    );
    assert!(count(&file, "stored") > 0);
    assert!(count(&file, "stored") < count(&sound["files"][0], "stored"));
}

#[test]
fn a_hostile_sqlite_file_runs_nothing_and_wrong_pages_are_told() {
    let stage = Stage::new();
    let path = stage.write(
        "logs.db",
        std::fs::read(project("fixtures/traces/llm_logs/turns.db")).unwrap(),
    );
    let sound = stage.json(&["import", "logs.db"]);
    assert_eq!(count(&sound, "model_calls"), 5);
    let schema = "CREATE VIEW endless AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n;
        CREATE VIEW deeper AS SELECT a.x FROM endless a, endless b, endless c;
        CREATE TABLE bystander (id TEXT, big AS (hex(zeroblob(40000000))));
        INSERT INTO bystander (id) VALUES ('1');
        CREATE TRIGGER t AFTER INSERT ON bystander BEGIN DELETE FROM bystander; END;";
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(schema)
        .unwrap();
    let again = stage.json(&["import", "logs.db"]);
    assert_eq!(
        count(&again["files"][0], "duplicate"),
        count(&sound["files"][0], "stored"),
        "{again:#}"
    );
    let whole = std::fs::read(&path).unwrap();
    // No power of two, one that the file has not, and none at all.
    for size in [[2, 1], [0x80, 0], [0, 0], [0, 1]] {
        let mut wrong = whole.clone();
        wrong[16..18].copy_from_slice(&size);
        stage.write("wrong.db", wrong);
        let ran = stage.run(&["import", "wrong.db"]);
        let said = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.status, Some(2), "{size:?}: {said}");
        assert!(
            said.contains("wrong.db") && !said.contains("panicked"),
            "{said}"
        );
    }
}
