//! Every way to the newest schema ends at the same one, and no shipped migration was edited.

use super::*;
use crate::codec;
use crate::connection::open_writer;
use crate::testing::*;
use rusqlite::params;
use sha2::{Digest, Sha256};

/// Tables, columns and indexes in one text.
fn schema(conn: &Connection) -> String {
    let mut statement = conn
        .prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY type, name")
        .unwrap();
    let lines: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    lines.join("\n")
}

fn at_version(version: i64) -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    apply(&conn, 0, version).unwrap();
    conn
}

#[test]
fn step_by_step_and_at_once_lead_to_the_same_schema() {
    let stepwise = at_version(0);
    for version in 0..WORKSPACE_VERSION {
        apply(&stepwise, version, version + 1).unwrap();
    }
    assert_eq!(schema(&stepwise), schema(&at_version(WORKSPACE_VERSION)));
    assert_eq!(user_version(&stepwise).unwrap(), WORKSPACE_VERSION);
}

#[test]
fn rows_that_no_honest_source_writes_are_migrated_too() {
    let conn = at_version(2);
    conn.execute_batch(
        "INSERT INTO import_file (id, path, format, started_ns) VALUES ('i', 'p', 'f', 0)",
    )
    .unwrap();
    let ids = [
        "00f067aa0ba902b7",
        "00f067aa0ba902b7\0",
        "2d0190a1b2c3d47e5f8a9b0c1d2e3f4a5b",
        "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        "' OR 1 --",
    ];
    for (row, id) in ids.iter().enumerate() {
        conn.execute(
            "INSERT INTO span (id, import_id, trace_id, span_id, variant, content_hash, kind, name, start_ns, end_ns,
                status, session_id, documents, preview)
             VALUES (?1, 'i', ?2, ?2, 1, x'00', 'llm', '', ?3, ?4, 'ok', ?2, 0, '')",
            params![row as i64, id, i64::MIN, i64::MAX],
        )
        .unwrap();
        conn.execute(
            "INSERT INTO trace (trace_id, start_ns, end_ns, spans, model_calls, errors, unpriced_calls)
             VALUES (?1, ?2, ?3, 1, 1, 0, 1)",
            params![id, i64::MIN, i64::MAX],
        )
        .unwrap();
    }
    apply(&conn, 2, WORKSPACE_VERSION).unwrap();
    for (row, id) in ids.iter().enumerate() {
        let stored = StoredId::from(*id);
        let found: (i64, i64, String) = conn
            .query_row(
                "SELECT span.id, duration_ns, word.text FROM span JOIN word ON word.id = session
                 WHERE span_id = ?1 AND trace = (SELECT id FROM trace WHERE trace_id = ?1)",
                [&stored],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap();
        assert_eq!(i64::MIN.wrapping_add(found.1), i64::MAX);
        assert_eq!((found.0, found.2), (row as i64, (*id).to_owned()));
    }
}

/// Add a line when a version ships; never change one. Files in the field have run these statements.
#[test]
fn migrations_that_shipped_are_as_they_were() {
    let shipped = [
        (
            1,
            "1bb2a172d3fbaf9f466913e3eff6f23290316148fe9a727c3166d40c8c194b2c",
        ),
        (
            2,
            "f43c54c75bf39c5385c2990c089917f17e5270f14f4c59ab31a3c96d4da5b046",
        ),
        (
            3,
            "f837d9c4604864948067573545c4c66f802a06dad98da8f977ee684453560c19",
        ),
        (
            4,
            "742f9857700005ed48e000a04d302112c7dcaeb66871591b256511baf47e556a",
        ),
        (
            5,
            "8c98aea6b5ca7df55f17ecd68f983142eb87dc4cc120b8e555dfda92ab26b327",
        ),
        (
            6,
            "4748cb7ffa0260f77fbd022efafd2d4b871c1d9844eaedaa2e1277a307cdff8a",
        ),
        (
            7,
            "2cf131c5bae539d17708e507003b9df9c3e4f731cf5e668b8920f9315ec2fd5b",
        ),
        (
            8,
            "c8146361175923feb816357156c18d886c048b3b423bac2a64e3b75956041792",
        ),
        (
            9,
            "ac49a29ed266cae8f483f4ba976f1c43f944ffdee8faf5a5a37e24d15bb2cb02",
        ),
    ];
    assert_eq!(
        shipped.len() as i64,
        WORKSPACE_VERSION,
        "a new version needs its line"
    );
    for (version, expected) in shipped {
        let hash = Sha256::digest(schema(&at_version(version)).as_bytes());
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hash, expected,
            "version {version} was edited: undo it if the version has shipped, else renew this line"
        );
    }
}

#[test]
fn the_fixture_of_version_1_has_the_schema_that_version_1_makes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/workspaces/v1.db");
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("v1.db");
    std::fs::copy(file, &copy).unwrap();
    assert_eq!(
        schema(&Connection::open(copy).unwrap()),
        schema(&at_version(1))
    );
}

#[test]
fn money_caps_and_cached_answers_of_version_5_are_found_in_version_6() {
    let conn = at_version(5);
    conn.pragma_update(None, "foreign_keys", false).unwrap();
    let key = "ab".repeat(32);
    conn.execute_batch(&format!(
        "INSERT INTO setting VALUES ('cap_day_usd', '20');
         INSERT INTO day_spend VALUES (5, 30);
         INSERT INTO attempt (id, run_id, cell_id, attempt_no, idempotency_key, request_hash, state, sent_ns,
                reserved_pico, cost_pico, provider, model)
            VALUES ('a', 'r', 'c', 1, 'i', 'h', 'answered', 432000000000000, 50, 10, 'openai', 'm'),
                   ('b', 'r', 'd', 1, 'j', 'h', 'unknown', 432000000000001, 20, NULL, 'openai', 'm'),
                   ('old', 'r', 'e', 1, 'k', 'h', 'answered', 432000000000002, 1, 1, '', '');
         INSERT INTO response_cache (key, provider, model, request_hash, repeat, created_ns, body)
            VALUES ('{key}', 'openai', 'm', 'h', 0, 1, x'00'), ('no hash', 'openai', 'm', 'h', 1, 2, x'01');
         INSERT INTO response_cache_document VALUES ('doc-1', '{key}');"
    ))
    .unwrap();
    apply(&conn, 5, 6).unwrap();
    let bills: Vec<(String, i64)> = conn
        .prepare("SELECT payer, at_most_pico FROM day_bill WHERE day = 5 ORDER BY payer")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    assert_eq!(bills, [("all".into(), 30), ("key:openai".into(), 30)]);
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(
        count("SELECT count(*) FROM day_cap WHERE payer = 'all' AND usd = '20'"),
        1
    );
    assert_eq!(
        count("SELECT count(*) FROM setting"),
        0,
        "the cap has one place"
    );
    for key in [key.as_str(), "no hash"] {
        assert!(table::response_cache::has(&conn, key).unwrap(), "{key}");
    }
    let document = "SELECT count(*) FROM response_cache_document JOIN response_cache USING (key)";
    assert_eq!(count(document), 1, "a document still finds its answer");
}

#[test]
fn every_table_is_strict() {
    let conn = at_version(WORKSPACE_VERSION);
    let loose: Vec<String> = conn
        .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    assert!(loose.is_empty(), "{loose:?}");
}

/// Writes `fixtures/workspaces/v1.db` as version 1 would have: with its SQL and nothing newer.
/// Run once, by hand; the file is then frozen.
#[test]
#[ignore = "writes the fixture of version 1"]
fn write_the_fixture_of_version_1() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/workspaces/v1.db");
    let _ = std::fs::remove_file(&file);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "").unwrap();
    let mut conn = open_writer(&file).unwrap();
    // Small pages keep the fixture small; the schema does not depend on them.
    conn.pragma_update(None, "page_size", 1_024).unwrap();
    let tx = conn.transaction().unwrap();
    apply(&tx, 0, 1).unwrap();
    let import = plumbline_model::ImportId::from_parts(1_735_689_600_000, [1; 10]).to_string();
    tx.execute(
        "INSERT INTO import_file VALUES (?1, 'support-2025-01-01.jsonl', 'canonical_jsonl', ?2,
            1735689600000000000, 1735689601000000000, 1, 2, 0, 1, ?3)",
        params![
            import,
            "9f".repeat(32),
            codec::json(&plumbline_model::ImportFile {
                path: "support-2025-01-01.jsonl".into(),
                format: "canonical_jsonl".into(),
                counts: plumbline_model::LossCounts {
                    read: 3,
                    stored: 2,
                    duplicate: 0,
                    quarantined: 1
                },
                model_calls: 2,
                tokens_in: Some(200),
                tokens_out: Some(40),
                ..Default::default()
            })
            .unwrap()
        ],
    )
    .unwrap();
    tx.execute(
        "INSERT INTO quarantine (import_id, at, reason, raw) VALUES (?1, 'line 3', 'it is not JSON', '{')",
        [&import],
    )
    .unwrap();
    for (row, span_id, question) in [
        (1, "a1", "Where is my invoice?"),
        (2, "a2", "My parcel is late."),
    ] {
        let mut span = call(
            "trace-1",
            span_id,
            1_735_689_600_000_000_000 + i64::from(row),
        );
        span.input_messages = vec![plumbline_model::Message::text(
            plumbline_model::Role::User,
            question,
        )];
        let body = codec::json(&span).unwrap();
        tx.execute(
            "INSERT INTO span (id, import_id, trace_id, span_id, variant, content_hash, kind, start_ns,
                end_ns, latency_ms, status, provider, model_requested, model, tokens_in, tokens_out,
                computed_pico, cost_pico, documents, preview)
             VALUES (?1, ?2, 'trace-1', ?3, 1, ?4, 'llm', ?5, ?6, 100.0, 'ok', 'openai', 'gpt-4.1-mini',
                'gpt-4.1-mini', 100, 20, 72000000, 72000000, 0, ?7)",
            params![
                row, import, span_id, Sha256::digest(&body).to_vec(), span.start_ns.0,
                span.end_ns.unwrap().0, question
            ],
        )
        .unwrap();
        let packed = codec::pack(body.as_bytes()).unwrap();
        tx.execute(
            "INSERT INTO span_body VALUES (?1, ?2, ?2)",
            params![row, packed],
        )
        .unwrap();
        tx.execute(
            "INSERT INTO span_text VALUES (?1, lower(?2))",
            params![row, question],
        )
        .unwrap();
    }
    tx.execute(
        "INSERT INTO trace (trace_id, root_start_ns, start_ns, end_ns, spans, model_calls, errors,
            tokens_in, tokens_out, cost_pico, unpriced_calls)
         VALUES ('trace-1', 1735689600000000001, 1735689600000000001, 1735689600100000002, 2, 2, 0,
            200, 40, 144000000, 0)",
        [],
    )
    .unwrap();
    tx.execute_batch(
        "INSERT INTO setting VALUES ('theme', 'dark');
         INSERT INTO price_override VALUES
            ('gpt-4.1-mini', 'openai', '0.35', '1.40', NULL, 'contract', 1735689600000000000);
         INSERT INTO change (topic, id) VALUES ('setting', 'theme');
         INSERT INTO dataset VALUES (1, 'tickets', 'Support tickets', 1735689600000000000);",
    )
    .unwrap();
    let case =
        serde_json::json!({"key": "invoice", "variables": {"ticket": "Where is my invoice?"}});
    tx.execute(
        "INSERT INTO dataset_case VALUES (1, 0, 'invoice', ?1)",
        [codec::pack_json(&case).unwrap()],
    )
    .unwrap();
    let plan = serde_json::json!({
        "prompts": ["triage@1.0.0"], "targets": [{"provider": "openai", "model": "gpt-4.1-mini"}],
        "dataset": "tickets", "repeats": 1, "concurrency": 2, "base_url": null, "cap_usd": "1.50",
        "use_cache": true
    });
    let run = run_id(1).to_string();
    tx.execute(
        "INSERT INTO run VALUES (?1, ?2, 'interrupted', 1735689600000000000, NULL, 4242,
            1735689600000000000)",
        params![run, plan.to_string()],
    )
    .unwrap();
    for number in 1..=2_u8 {
        let cell = pending(1, number);
        let done = number == 1;
        let answer = if done {
            answered(&cell, Some("0.0003"))
        } else {
            cell.clone()
        };
        tx.execute(
            "INSERT INTO cell VALUES (?1, ?2, ?3, 'triage', '1.0.0', 'openai', 'gpt-4.1-mini', ?4, 0,
                ?5, ?6, ?7, ?8, ?9, 10, ?10, ?11, 120.0, ?12, 1, ?13, ?14)",
            params![
                cell.id.to_string(), run, number, cell.key.case_key,
                if done { "complete" } else { "unknown" }, done.then_some("live"),
                cell.template_hash, cell.request_hash, cell.cache_key,
                done.then_some(10), done.then_some(5), done.then_some(300_000_000_i64),
                done.then_some(true), codec::pack_json(&serde_json::json!({
                    "completion": answer.completion,
                    "cost": answer.cost,
                    "problem": answer.problem,
                }))
                .unwrap()
            ],
        )
        .unwrap();
        tx.execute(
            "INSERT INTO attempt VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, 1735689600000000000, ?7,
                10000000000, ?8, ?9, NULL)",
            params![
                attempt_id(number).to_string(),
                run,
                cell.id.to_string(),
                format!("idem-{number}"),
                cell.request_hash,
                if done { "answered" } else { "unknown" },
                done.then_some(1_735_689_601_000_000_000_i64),
                done.then_some(300_000_000_i64),
                done.then_some(200)
            ],
        )
        .unwrap();
    }
    tx.execute(
        "INSERT INTO response_cache VALUES ('key-1', 'openai', 'gpt-4.1-mini', ?1, 0,
            1735689601000000000, ?2)",
        params![
            "r".repeat(64),
            codec::pack_json(&completion("billing")).unwrap()
        ],
    )
    .unwrap();
    tx.commit().unwrap();
    // As a closed workspace lies on disk: in WAL mode, the log folded back.
    enter_wal(&conn).unwrap();
    conn.close().unwrap();
}
