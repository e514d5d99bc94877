//! Honest files of every journal mode, and files that want to do something.

use super::*;
use plumbline_model::{HowJoined, Joined};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

const CALLS: TableRead = TableRead {
    table: "calls",
    joined: &[
        Joined {
            name: "notes",
            own: "id",
            theirs: "call_id",
            how: HowJoined::Many,
            read: TableRead {
                table: "notes",
                joined: &[],
            },
        },
        Joined {
            name: "chain",
            own: "tip",
            theirs: "hash",
            how: HowJoined::Up { parent: "parent" },
            read: TableRead {
                table: "links",
                joined: &[],
            },
        },
    ],
};

const SCHEMA: &str = "CREATE TABLE calls (id TEXT PRIMARY KEY, prompt, tip);
    CREATE TABLE notes (call_id, text);
    CREATE TABLE links (hash TEXT PRIMARY KEY, parent TEXT);
    INSERT INTO links VALUES ('a', NULL), ('b', 'a'), ('c', 'b');
    INSERT INTO calls VALUES ('1', 'first', 'c'), ('2', x'00ff', NULL), ('3', 1.5, 'none');
    INSERT INTO notes VALUES ('1', 'x'), ('3', 'y'), ('1', 'z');";

fn made(sql: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("other #1?.db");
    let conn = Connection::open(&file).unwrap();
    conn.execute_batch(sql).unwrap();
    (dir, file)
}

fn lines(file: &Path) -> Vec<Value> {
    let mut rows = ForeignDatabase::open(file).unwrap().rows(vec![CALLS]);
    let mut text = String::new();
    rows.read_to_string(&mut text).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Names and bytes of everything in the folder.
fn folder(dir: &tempfile::TempDir) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn expected() -> Vec<Value> {
    vec![
        json!({"table": "calls", "row": {"id": "1", "prompt": "first", "tip": "c",
            "notes": [{"call_id": "1", "text": "x"}, {"call_id": "1", "text": "z"}],
            "chain": [{"hash": "c", "parent": "b"}, {"hash": "b", "parent": "a"}, {"hash": "a"}]}}),
        json!({"table": "calls", "row": {"id": "2", "prompt": {"blob_bytes": 2}, "notes": []}}),
        json!({"table": "calls", "row": {"id": "3", "prompt": 1.5, "tip": "none",
            "notes": [{"call_id": "3", "text": "y"}], "chain": []}}),
    ]
}

#[test]
fn rows_come_with_what_belongs_to_them_and_the_folder_stays_as_it_was() {
    let (dir, file) = made(SCHEMA);
    let before = folder(&dir);
    assert_eq!(
        ForeignDatabase::open(&file).unwrap().tables().unwrap(),
        ["calls", "links", "notes"]
    );
    assert_eq!(lines(&file), expected());
    assert_eq!(folder(&dir), before);
    // A WAL database without its WAL, as every clean exit leaves it.
    let (dir, file) = made(&format!("PRAGMA journal_mode = WAL; {SCHEMA}"));
    let before = folder(&dir);
    assert_eq!(before.len(), 1);
    assert_eq!(lines(&file), expected());
    assert_eq!(folder(&dir), before);
}

#[test]
fn what_stands_in_a_wal_is_read_while_its_program_has_it_open() {
    let (dir, file) = made("PRAGMA journal_mode = WAL;");
    let writer = Connection::open(&file).unwrap();
    writer.execute_batch(SCHEMA).unwrap();
    let before = folder(&dir);
    assert!(before.keys().any(|name| name.ends_with("-wal")));
    assert_eq!(lines(&file), expected());
    let after = folder(&dir);
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &before {
        assert!(&after[name] == bytes, "{name} was changed");
    }
}

#[test]
fn a_journal_that_waits_is_not_rolled_back() {
    let (dir, file) = made(SCHEMA);
    let journal = dir.path().join("other #1?.db-journal");
    fs::write(
        &journal,
        [
            &[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7][..],
            &[0; 504],
        ]
        .concat(),
    )
    .unwrap();
    let before = folder(&dir);
    let error = ForeignDatabase::open(&file).err().unwrap().to_string();
    assert!(error.contains("in the middle of a write"), "{error}");
    assert_eq!(folder(&dir), before);
}

#[test]
fn views_virtual_tables_and_generated_columns_are_left_alone() {
    let (_dir, file) = made(&format!(
        "{SCHEMA}
        CREATE VIEW spans AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n;
        CREATE TRIGGER t AFTER INSERT ON calls BEGIN SELECT load_extension('/nowhere'); END;
        CREATE TABLE heavy (id TEXT, big AS (hex(zeroblob(40000000))), at TEXT DEFAULT CURRENT_TIMESTAMP,
            code TEXT DEFAULT (lower(hex(randomblob(4)))) CHECK (length(code) < 100));
        CREATE INDEX odd ON heavy (upper(code)) WHERE length(id) > 0;
        INSERT INTO heavy (id, at, code) VALUES ('1', NULL, NULL);"
    ));
    const READS: [TableRead; 2] = [
        TableRead {
            table: "spans",
            joined: &[],
        },
        TableRead {
            table: "heavy",
            joined: &[],
        },
    ];
    let database = ForeignDatabase::open(&file).unwrap();
    assert_eq!(
        database.tables().unwrap(),
        ["calls", "heavy", "links", "notes"]
    );
    let mut text = String::new();
    let mut rows = database.rows(READS.to_vec());
    rows.read_to_string(&mut text).unwrap();
    assert_eq!(text, "{\"row\":{\"id\":\"1\"},\"table\":\"heavy\"}\n");
}

#[test]
fn what_is_damaged_cut_or_encrypted_says_so_and_what_came_before_stands() {
    let (dir, file) = made("CREATE TABLE calls (id INTEGER PRIMARY KEY, prompt);");
    Connection::open(&file)
        .unwrap()
        .execute_batch(
            "WITH RECURSIVE n(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 1999)
             INSERT INTO calls SELECT x, hex(zeroblob(100)) FROM n;",
        )
        .unwrap();
    let whole = fs::read(&file).unwrap();
    let last = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        let lines = lines(&file);
        (lines.len(), lines.last().cloned().unwrap_or_default())
    };
    assert_eq!(last(&whole).0, 2_000);
    let mut holes = whole.clone();
    let middle = holes.len() / 2;
    holes[middle..middle + 4_096].fill(0xff);
    let (rows, end) = last(&holes);
    assert!(rows > 100 && rows < 2_000 && end["error"].as_str().unwrap().contains("damaged"));
    // An encrypted file has no magic; one with the magic alone is no more readable.
    let mut noise: Vec<u8> = (0..20_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    noise[..16].copy_from_slice(b"SQLite format 3\0");
    for bytes in [
        whole[..whole.len() / 2].to_vec(),
        noise,
        whole[..50].to_vec(),
        b"SQLite format 3\0".to_vec(),
    ] {
        fs::write(&file, &bytes).unwrap();
        let told = ForeignDatabase::open(&file).and_then(|database| database.tables());
        let error = told
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(error.contains("cannot be read"), "{error}");
        assert_eq!(fs::read(&file).unwrap(), bytes);
    }
    assert_eq!(folder(&dir).len(), 1);
}

#[test]
fn ten_thousand_tables_and_a_huge_value_are_borne() {
    let mut sql = String::from("BEGIN;");
    for n in 0..10_000 {
        sql.push_str(&format!("CREATE TABLE t{n} (a, b, c);"));
    }
    sql.push_str("CREATE TABLE calls (id, prompt); INSERT INTO calls VALUES (1, 'small'), (2, zeroblob(100000000)), (3, 'after'); COMMIT;");
    let (_dir, file) = made(&sql);
    let database = ForeignDatabase::open(&file).unwrap();
    assert_eq!(database.tables().unwrap().len(), 10_001);
    let lines = lines(&file);
    assert_eq!(lines[0]["row"]["prompt"], "small");
    assert_eq!(
        lines.last().unwrap()["error"],
        "a value is larger than 64 MiB"
    );
}

#[test]
fn joins_without_an_index_do_not_look_at_every_row_for_each() {
    let (_dir, file) = made(
        "CREATE TABLE calls (id, prompt, tip);
        CREATE TABLE notes (call_id, text);
        CREATE TABLE links (hash, parent);
        WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000)
        INSERT INTO calls SELECT x, 'p', 'h' || x FROM n;
        INSERT INTO notes SELECT id, 'n' || id FROM calls;
        INSERT INTO links SELECT tip, NULL FROM calls;",
    );
    // Eight hundred million looks at rows otherwise.
    let lines = lines(&file);
    assert_eq!(lines.len(), 20_000);
    let last = &lines[19_999]["row"];
    assert_eq!(
        last["notes"],
        json!([{"call_id": 20_000, "text": "n20000"}])
    );
    assert_eq!(last["chain"], json!([{"hash": "h20000"}]));
}

#[test]
fn a_chain_in_a_circle_and_rows_without_end_stop() {
    let (_dir, file) = made(
        "CREATE TABLE calls (id TEXT PRIMARY KEY, prompt, tip);
        CREATE TABLE links (hash TEXT PRIMARY KEY, parent TEXT);
        INSERT INTO links VALUES ('a', 'b'), ('b', 'a');
        INSERT INTO calls VALUES ('1', 'first', 'a'), ('2', 'second', NULL);",
    );
    let lines = lines(&file);
    assert_eq!(lines.len(), 2);
    assert!(lines[0]["error"].as_str().unwrap().contains("more rows"));
    assert_eq!(lines[1]["row"]["id"], "2");
}

#[test]
fn a_reader_that_leaves_or_cancels_ends_the_reading() {
    let (_dir, file) = made(
        "CREATE TABLE calls (id INTEGER PRIMARY KEY, prompt);
        WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000)
        INSERT INTO calls SELECT x, hex(zeroblob(50)) FROM n;",
    );
    let mut rows = ForeignDatabase::open(&file).unwrap().rows(vec![CALLS]);
    let mut some = [0; 100];
    rows.read_exact(&mut some).unwrap();
    drop(rows);
}
