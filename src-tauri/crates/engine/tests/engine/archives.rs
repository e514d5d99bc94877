//! Archives as sources of an import: each member with its loss report, nothing stored twice, progress and cancel.

use crate::stage::{Stage, until};
use plumbline_engine::ImportOutcome;
use plumbline_engine::api::JobState;
use plumbline_model::Code;
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;
use zip::write::SimpleFileOptions;

fn line(id: &str) -> String {
    format!("{{\"trace_id\":\"t\",\"span_id\":\"{id}\",\"kind\":\"llm\",\"start_ns\":5}}\n")
}

fn zip(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn tar(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder
            .append_data(&mut header, name, &content[..])
            .unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// Every kind of archive of these members, by a name that does not tell.
fn archives(members: &[(String, Vec<u8>)]) -> [(&'static str, Vec<u8>); 4] {
    let tar = tar(members);
    [
        ("a.bin", zip(members)),
        ("b.bin", tar.clone()),
        ("c.bin", gzip(&tar)),
        ("d.bin", zstd::encode_all(&tar[..], 1).unwrap()),
    ]
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/traces")
}

/// The fixtures by their paths below the folder of traces.
fn files(folder: &Path, below: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, below, into);
        } else {
            let name = path.strip_prefix(below).unwrap();
            let content = std::fs::read(&path).unwrap();
            into.push((name.to_str().unwrap().to_owned(), content));
        }
    }
}

fn import(stage: &Stage, path: &Path) -> ImportOutcome {
    let outcome = stage.engine.import(&[path.to_path_buf()], None).unwrap();
    for file in &outcome.files {
        assert!(file.counts.adds_up(), "{file:?}");
    }
    outcome
}

fn stored(outcome: &ImportOutcome) -> u64 {
    outcome.files.iter().map(|file| file.counts.stored).sum()
}

/// Rows read of each file, by its name below `root`.
fn read_by_name(outcome: &ImportOutcome, root: &Path) -> BTreeMap<String, u64> {
    let root = format!("{}/", root.display());
    outcome
        .files
        .iter()
        .map(|file| {
            (
                file.path.strip_prefix(&root).unwrap().to_owned(),
                file.counts.read,
            )
        })
        .collect()
}

#[test]
fn an_archive_is_its_folder_and_twice_adds_nothing() {
    let mut members = Vec::new();
    files(&fixtures(), &fixtures(), &mut members);
    members.sort();
    let folder = Stage::new();
    let plain = import(&folder, &fixtures());
    assert_eq!(plain.failures, []);
    for (name, bytes) in archives(&members) {
        let stage = Stage::new();
        let path = stage.path(name);
        std::fs::write(&path, bytes).unwrap();
        let first = import(&stage, &path);
        // What has to be opened by its path says what to do.
        for failure in &first.failures {
            let problem = &failure.problem;
            let is_path = failure.path.ends_with(".db") || failure.path.ends_with(".eval");
            assert!(is_path && problem.hint.is_some(), "{failure:?}");
            assert!(problem.message.contains(&failure.path), "{failure:?}");
        }
        let mut expected = read_by_name(&plain, &fixtures());
        expected.retain(|name, _| !name.ends_with(".db") && !name.ends_with(".eval"));
        assert_eq!(read_by_name(&first, &path), expected, "{name}");
        assert!(stored(&first) > 100);
        assert_eq!(stored(&import(&stage, &path)), 0, "{name}");
        let opened = import(&stage, &fixtures());
        let others = |path: &str| path.ends_with(".db") || path.ends_with(".eval");
        let more: u64 = opened
            .files
            .iter()
            .filter(|file| !others(&file.path))
            .map(|file| file.counts.stored)
            .sum();
        assert_eq!(more, 0, "{name}: the folder it was made of adds nothing");
    }
}

#[test]
fn a_folder_may_hold_archives_and_a_bad_member_costs_itself_alone() {
    let stage = Stage::new();
    let members = [
        ("inner/a.jsonl".to_owned(), line("a").into_bytes()),
        ("inner/noise.dat".to_owned(), vec![0, 159, 146, 150]),
        ("README.md".to_owned(), b"# read me".to_vec()),
        (
            "deeper.zip".to_owned(),
            zip(&[("x".to_owned(), line("x").into_bytes())]),
        ),
        ("b.jsonl".to_owned(), (line("b") + "broken\n").into_bytes()),
    ];
    std::fs::create_dir(stage.path("in")).unwrap();
    std::fs::write(stage.path("in/logs.zip"), zip(&members)).unwrap();
    std::fs::write(stage.path("in/plain.jsonl"), line("plain")).unwrap();
    let outcome = import(&stage, &stage.path("in"));
    let name = |below: &str| stage.path("in").join(below).display().to_string();
    let paths: Vec<_> = outcome.files.iter().map(|file| file.path.clone()).collect();
    let expected = ["logs.zip/inner/a.jsonl", "logs.zip/b.jsonl", "plain.jsonl"];
    assert_eq!(paths, expected.map(name));
    assert_eq!(outcome.files[1].quarantine[0].at, "line 2");
    let failed: Vec<_> = outcome
        .failures
        .iter()
        .map(|failure| failure.path.clone())
        .collect();
    assert_eq!(
        failed,
        ["logs.zip/inner/noise.dat", "logs.zip/deeper.zip"].map(name)
    );
    let deeper = &outcome.failures[1].problem;
    assert!(
        deeper
            .message
            .contains("archives inside archives are not read")
    );
    assert!(
        deeper
            .hint
            .as_ref()
            .unwrap()
            .contains("Unpack the outer archive")
    );
}

#[test]
fn nothing_to_read_and_a_wrong_format_are_told() {
    let stage = Stage::new();
    let path = stage.path("only.zip");
    std::fs::write(&path, zip(&[("README.md".to_owned(), b"#".to_vec())])).unwrap();
    let outcome = import(&stage, &path);
    assert!(
        outcome.failures[0]
            .problem
            .message
            .contains("without a file that could hold")
    );
    std::fs::write(&path, zip(&[])).unwrap();
    assert_eq!(import(&stage, &path).failures.len(), 1);
    std::fs::write(
        &path,
        zip(&[("a.jsonl".to_owned(), line("a").into_bytes())]),
    )
    .unwrap();
    let forced = stage
        .engine
        .import(std::slice::from_ref(&path), Some("inspect"))
        .unwrap();
    assert!(
        forced.failures[0]
            .problem
            .message
            .contains("no log of Inspect")
    );
    let forced = stage
        .engine
        .import(&[path], Some("canonical_jsonl"))
        .unwrap();
    assert_eq!(stored(&forced), 1);
}

#[test]
fn a_bomb_ends_with_a_row_that_names_archive_member_and_limit() {
    let stage = Stage::new();
    let mut bomb = line("in").into_bytes();
    bomb.resize(100 << 20, b' ');
    let members = [
        ("a.jsonl".to_owned(), line("a").into_bytes()),
        ("bomb.jsonl".to_owned(), bomb),
        ("z.jsonl".to_owned(), line("z").into_bytes()),
    ];
    let path = stage.path("logs.zip");
    std::fs::write(&path, zip(&members)).unwrap();
    let outcome = import(&stage, &path);
    assert_eq!(stored(&outcome), 2, "{outcome:?}");
    let row = outcome.files[1].quarantine.last().unwrap();
    for said in ["logs.zip/bomb.jsonl", "200 times", "64 MiB"] {
        assert!(row.reason.contains(said), "{row:?}");
    }
    let failure = outcome.failures.last().unwrap();
    assert_eq!(failure.path, path.display().to_string());
    for said in ["logs.zip", "bomb.jsonl", "200 times", "1 more"] {
        assert!(failure.problem.message.contains(said), "{failure:?}");
    }
    assert_eq!(stage.engine.workspace_info().unwrap().spans, 2);
}

#[test]
fn progress_counts_the_bytes_of_the_archive_and_a_cancel_keeps_what_was_stored() {
    let lines: String = (0..1_500).map(|n| line(&n.to_string())).collect();
    let members: Vec<(String, Vec<u8>)> = (0..10)
        .map(|n| {
            let own = lines.replace("\"trace_id\":\"t\"", &format!("\"trace_id\":\"t{n}\""));
            (format!("{n}.jsonl"), own.into_bytes())
        })
        .collect();
    for (name, bytes) in archives(&members) {
        let stage = Stage::new();
        let path = stage.path(name);
        let size = bytes.len() as u64;
        std::fs::write(&path, bytes).unwrap();
        let job = stage.engine.import_start(vec![path.clone()]).unwrap();
        let running = |id| {
            let jobs = stage.engine.job_list();
            jobs.into_iter().find(|job| job.id == id).unwrap()
        };
        until("some progress", || running(job).done > 0);
        assert_eq!(running(job).total, Some(size));
        stage.engine.job_cancel(job).unwrap();
        let asked = Instant::now();
        let ended = stage.engine.job_wait(job).unwrap();
        assert!(ended.done <= size, "{ended:?}");
        if ended.state == JobState::Finished {
            // It was faster than we were.
            continue;
        }
        assert_eq!(ended.problem.unwrap().code, Code::Cancelled);
        assert!(
            asked.elapsed().as_secs() < 10,
            "only a hang takes this long"
        );
        let kept = stage.engine.workspace_info().unwrap().spans;
        let outcome = import(&stage, &path);
        assert_eq!(stored(&outcome) + kept, 15_000, "{name}");
    }
}

#[test]
fn a_long_member_that_nobody_reads_can_be_cancelled_too() {
    let stage = Stage::new();
    // A picture of 6 GiB of nothing: sparse on disk, stepped over by the walk.
    let path = stage.path("big.tar");
    let mut header = tar::Header::new_gnu();
    header.set_path("plot.png").unwrap();
    header.set_size(6 << 30);
    header.set_cksum();
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file.set_len(512 + (6 << 30) + 1_024).unwrap();
    let job = stage.engine.import_start(vec![path]).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(50));
    stage.engine.job_cancel(job).unwrap();
    let ended = stage.engine.job_wait(job).unwrap();
    assert_eq!(ended.state, JobState::Cancelled, "{ended:?}");
}
