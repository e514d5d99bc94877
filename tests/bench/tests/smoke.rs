//! The bench runs from end to end and its rows hold together. Figures are not judged: this is a debug build.

use serde_json::Value;
use std::process::Command;

#[test]
fn a_quick_run_measures_every_row_in_pairs() {
    let output = Command::new(env!("CARGO_BIN_EXE_plumbline-bench"))
        .args(["--quick", "--json"])
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    for part in [
        "o200k",
        "cl100k",
        "live o200k, 1 KB appended",
        "100 KB",
        "different",
        "read JSONL",
        "import",
        "receive",
        "secrets taken out",
        "replay, 0 ms",
        "50 ms",
        "cached",
        "latest page",
        "one trace by id",
        "facets",
    ] {
        assert!(
            names.iter().any(|name| name.contains(part)),
            "no row `{part}` in {names:?}"
        );
    }
    for row in &rows {
        let figure = |name: &str| row[name].as_f64().unwrap_or(f64::NAN);
        let (low, ratio, high) = (figure("ratio_min"), figure("ratio"), figure("ratio_max"));
        assert!(0.0 < low && low <= ratio && ratio <= high, "{row}");
        assert!(figure("ours") > 0.0 && figure("reference") > 0.0, "{row}");
        assert!(row["pairs"].as_u64() >= Some(5), "{row}");
    }
}
