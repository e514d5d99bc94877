//! Archives on the command line: piped, named, and with members whose names are meant to harm.

use crate::stage::{Stage, count};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

fn line(id: &str) -> String {
    format!("{{\"trace_id\":\"t\",\"span_id\":\"{id}\",\"kind\":\"llm\",\"start_ns\":1}}\n")
}

fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_tar_archive_may_be_piped_and_a_zip_archive_says_why_not() {
    let stage = Stage::new();
    let mut builder = tar::Builder::new(Vec::new());
    for name in ["a", "b"] {
        let content = line(name);
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        let path = format!("in/{name}.jsonl");
        builder
            .append_data(&mut header, path, content.as_bytes())
            .unwrap();
    }
    let tar = builder.into_inner().unwrap();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&tar).unwrap();
    for (bytes, stored) in [(tar, 1), (packer.finish().unwrap(), 0)] {
        let piped = stage.run_with_input(&["import", "-", "--json"], &bytes);
        assert_eq!(piped.status, Some(0), "{piped:#?}");
        let answer = piped.object();
        assert_eq!(answer["files"][0]["path"], "-/in/a.jsonl");
        assert_eq!(count(&answer["files"][1], "stored"), stored, "{answer:#}");
    }
    let engine = plumbline_engine::Engine::open(plumbline_engine::EngineOptions {
        workspace: Some(stage.workspace()),
        ..Default::default()
    })
    .unwrap();
    for row in engine.import_list().unwrap() {
        let path = &row.report.path;
        assert!(
            row.report.redacted.is_some(),
            "{path}: nobody switched redaction off"
        );
    }
    let piped = stage.run_with_input(&["import", "-"], &zip(&[("a.jsonl", &line("a"))]));
    let said = piped.out + &piped.err;
    assert_eq!(piped.status, Some(2), "{said}");
    assert!(said.contains("standard input is a zip archive"), "{said}");
    assert!(said.contains("Name the archive as a file"), "{said}");
}

#[test]
fn no_name_of_a_member_leaves_the_archive_or_drives_the_terminal() {
    let stage = Stage::new();
    let names = [
        "../up.jsonl",
        "/tmp/plumbline-absolute.jsonl",
        "C:\\windows\\a.jsonl",
        "..\\..\\up.jsonl",
        "a\u{1b}]52;c;cm0gLXJm\u{7}\u{9b}2J\u{202e}.jsonl",
    ];
    let lines: Vec<String> = (0..names.len()).map(|n| line(&n.to_string())).collect();
    let broken = format!("{}broken\n", line("x"));
    let mut members: Vec<(&str, &str)> = names
        .iter()
        .zip(&lines)
        .map(|(name, line)| (*name, line.as_str()))
        .collect();
    members.push(("../broken.jsonl", &broken));
    members.push(("../noise\u{1b}[31m.dat", "noise"));
    stage.write("in/logs.zip", zip(&members));
    let ran = stage.run(&["import", "in/logs.zip"]);
    let said = ran.out + &ran.err;
    assert_eq!(ran.status, Some(2), "{said}");
    let obeyed = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t') || ('\u{202a}'..='\u{202e}').contains(&c)
    };
    assert!(!said.contains(obeyed), "{said:?}");
    let answer = stage.json(&["import", "in/logs.zip"]);
    let read: u64 = answer["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| count(file, "read"))
        .sum();
    assert_eq!(read, 7, "{answer:#}");
    let beside: Vec<_> = std::fs::read_dir(stage.path("in")).unwrap().collect();
    assert_eq!(beside.len(), 1, "{beside:?}");
    assert!(!stage.path("up.jsonl").exists() && !stage.path("broken.jsonl").exists());
    assert!(!std::path::Path::new("/tmp/plumbline-absolute.jsonl").exists());
}
