//! False positives: rows that hold no secret must come out as they went in.

use crate::corpus::uuid;
use crate::dice::{ALNUM, BASE64, DIGITS, Dice, HEX, redacted};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// Rows longer than this are cut into several by their line ends only.
const ROW_BYTES: usize = 8 * 1024;

fn made_up(count: usize) -> Vec<String> {
    let mut dice = Dice::new(4_711);
    (0..count)
        .map(|n| match n % 20 {
            0 => json!({"trace_id": dice.text(HEX, 32), "span_id": dice.text(HEX, 16), "start_ns": 1_790_000_000_000_000_000_i64 + dice.next() as i64 / 1_000, "tokens_in": dice.below(9_000)}).to_string(),
            1 => format!("id {} at 2026-03-02T09:{:02}:00.123456789+05:30", uuid(&mut dice), dice.below(60)),
            2 => format!("sha256:{} sha1 {}", dice.text(HEX, 64), dice.text(HEX, 40)),
            3 => json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{}", dice.text(BASE64, 600))}}).to_string(),
            4 => json!({"usage": {"prompt_tokens": dice.below(90_000), "completion_tokens": dice.below(900), "total_tokens": dice.below(99_000)}, "max_tokens": 4096, "token": "the"}).to_string(),
            5 => format!("{} {} {} {}", dice.next(), dice.below(1_000_000), dice.next() as f64 / 1e9, dice.below(1_000_000_000)),
            6 => format!("SELECT * FROM orders WHERE primary_key = {} AND cache_key = '{}'", dice.below(10_000_000), dice.text(HEX, 12)),
            7 => format!("+{} -{} lines, offset +0{}:00, build 1.{}.{}-rc.{}", dice.below(9_000), dice.below(900), dice.below(9), dice.below(99), dice.below(99), dice.below(9)),
            8 => format!("api_key = os.environ[\"OPENAI_API_KEY\"]  # never write keys down, case {n}"),
            9 => format!("curl https://h.test:8443/v1/models/{}?page={}&sort=created_at", dice.text(ALNUM, 12), dice.below(90)),
            10 => format!("chatcmpl-{} gpt-4o-2024-08-06 fp_{}", dice.text(ALNUM, 29), dice.text(HEX, 10)),
            11 => format!("ticket-triage@1.{}.0, react@18.{}.1, icon@2x.png, @types/node", dice.below(9), dice.below(9)),
            12 => format!("[{}]", (0..12).map(|_| format!("{:.6}", dice.next() as f64 / u64::MAX as f64)).collect::<Vec<_>>().join(", ")),
            13 => format!("order {} invoice {}-{} of 2026-0{}-1{}", dice.text(DIGITS, 10), dice.text(DIGITS, 4), dice.text(DIGITS, 6), 1 + dice.below(9), dice.below(9)),
            14 => format!("call_{} toolu_{} msg_{}", dice.text(ALNUM, 24), dice.text(ALNUM, 24), dice.text(ALNUM, 24)),
            15 => format!("The key to a good password is length; tokens, secrets and signatures come second ({n})."),
            16 => json!({"next_page_token": dice.text(ALNUM, 24), "cursor": dice.text(ALNUM, 40), "etag": dice.text(HEX, 32)}).to_string(),
            17 => format!("fn main() {{ let x{n}: u64 = {}; assert_eq!(x{n} % {}, 0); }}", dice.next(), 1 + dice.below(97)),
            18 => format!("10.{}.{}.{}:443 192.168.{}.1 2001:db8::{}", dice.below(255), dice.below(255), dice.below(255), dice.below(255), dice.text(HEX, 4)),
            _ => format!("Bearer tokens and basic authentication differ; see RFC 6750, section {}.{}.", dice.below(9), dice.below(9)),
        })
        .collect()
}

fn files(folder: &Path, ends: &[&str], found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut entries: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // Tests of redaction and of keys hold secrets on purpose.
        if path.is_dir()
            && !matches!(
                name.as_str(),
                "redact" | "redacting" | "tests" | "target" | "node_modules"
            )
        {
            files(&path, ends, found);
        } else if ends.iter().any(|end| name.ends_with(end)) {
            found.push(path);
        }
    }
}

fn rows_of(folder: &Path, ends: &[&str], most_bytes: u64) -> Vec<String> {
    let mut paths = Vec::new();
    files(folder, ends, &mut paths);
    let mut rows = Vec::new();
    for path in paths {
        if fs::metadata(&path).map_or(0, |meta| meta.len()) > most_bytes {
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        rows.extend(
            text.lines()
                .filter(|line| line.len() <= ROW_BYTES && !line.trim().is_empty())
                .map(str::to_owned),
        );
    }
    rows
}

/// Changed rows, with what became of them.
fn changed(rows: &[String]) -> Vec<String> {
    rows.iter()
        .filter_map(|row| {
            let clean = redacted(row);
            (clean != *row).then_some(clean)
        })
        .collect()
}

fn at_most_one_in_100(what: &str, rows: &[String]) {
    let changed = changed(rows);
    println!("{what}: {} of {} rows changed", changed.len(), rows.len());
    let shown: Vec<String> = changed
        .iter()
        .take(40)
        .map(|row| row.chars().take(300).collect())
        .collect();
    assert!(
        changed.len() * 100 <= rows.len(),
        "{what}: {} of {}\n{}",
        changed.len(),
        rows.len(),
        shown.join("\n")
    );
    if std::env::var_os("PLUMBLINE_SHOW_REDACTED").is_some() {
        println!("{}", shown.join("\n"));
    }
}

#[test]
fn made_up_rows_without_secrets_stay() {
    at_most_one_in_100("made up", &made_up(10_000));
}

#[test]
fn our_own_text_and_code_stay() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let mut rows = rows_of(
        &root.join("fixtures"),
        &[".jsonl", ".json", ".csv", ".md", ".txt"],
        20_000_000,
    );
    rows.extend(rows_of(
        &root.join("src-tauri"),
        &[".rs", ".toml", ".json"],
        2_000_000,
    ));
    rows.extend(rows_of(
        &root.join("ui/src"),
        &[".ts", ".svelte", ".css"],
        2_000_000,
    ));
    assert!(rows.len() >= 10_000, "{}", rows.len());
    at_most_one_in_100("fixtures and code", &rows);
}

#[test]
fn public_samples_stay_where_they_are_present() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/samples");
    let rows = rows_of(&samples, &[".jsonl", ".json", ".csv", ".yaml"], 3_000_000);
    if rows.is_empty() {
        println!("skipped: no samples in {}", samples.display());
        return;
    }
    at_most_one_in_100("samples", &rows);
}
