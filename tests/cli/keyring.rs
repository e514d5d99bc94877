//! The keyring of the system: one that works, one that is missing, one that hangs.
#![cfg(target_os = "linux")]

use crate::kept_keys::{fed, keys_folder, opened, replay};
use crate::model_server::{ModelServer, echo};
use crate::stage::{Ran, Stage, text};
use serde_json::json;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::{Duration, Instant};

const KEY: &str = "sk-canary-90b1c4e7f2d35a68";

/// Some seconds on a busy machine, and never the half minute that libraries wait for a bus.
const SOON: Duration = Duration::from_secs(20);

fn set(mut command: Command, origin: &str, place: Option<&str>) -> Ran {
    command.args(["--json", "key", "set", "--origin", origin]);
    if let Some(place) = place {
        command.args(["--store", place]);
    }
    let ran = fed(command, KEY);
    assert!(!format!("{ran:?}").contains("canary"), "{ran:#?}");
    ran
}

/// A session bus that takes every connection and never says a word.
fn silent_bus(stage: &Stage) -> (UnixListener, String) {
    let path = stage.path("silent-bus");
    let listener = UnixListener::bind(&path).unwrap();
    (listener, format!("unix:path={}", text(&path)))
}

#[test]
fn without_a_keyring_a_key_goes_into_the_file_or_nowhere_and_that_is_said() {
    let stage = Stage::new();
    let begun = Instant::now();
    let words = [
        "no keyring answers",
        "PLUMBLINE_KEY_PASSPHRASE",
        "--store file",
    ];
    set(stage.command(), "https://x.test", None).refused(2, &words);
    set(opened(&stage), "https://x.test", Some("keyring")).refused(2, &words);
    assert!(!keys_folder(&stage).exists(), "nothing was written");
    let ran = set(opened(&stage), "https://x.test", None);
    assert_eq!(ran.object()["place"], "file");
    assert!(ran.err.contains("no keyring answers"), "{ran:#?}");
    assert!(begun.elapsed() < SOON);
}

#[test]
fn a_bus_that_never_answers_costs_a_second_and_is_named() {
    let stage = Stage::with_cases(1);
    let (_listener, address) = silent_bus(&stage);
    let on_bus = |mut command: Command| {
        command.env("DBUS_SESSION_BUS_ADDRESS", &address);
        command
    };
    let begun = Instant::now();
    let words = ["the keyring gave no answer within 1000 ms", "--store file"];
    set(on_bus(stage.command()), "https://x.test", None).refused(2, &words);
    set(on_bus(opened(&stage)), "https://x.test", Some("keyring")).refused(2, &words);
    let ran = set(on_bus(opened(&stage)), "https://x.test", None);
    assert_eq!(ran.object()["place"], "file", "{ran:#?}");

    // A key that was kept in the keyring on a better day.
    let server = ModelServer::start(echo);
    let origin = server.base_url.trim_end_matches("/v1");
    let index = json!({ "keys": [{ "origin": origin, "place": "keyring", "last_four": null }] });
    std::fs::write(keys_folder(&stage).join("index.json"), index.to_string()).unwrap();
    let ran = replay(&stage, on_bus(stage.command()), &server.base_url);
    ran.refused(2, &[origin, words[0]]);
    assert_eq!(server.requests(), 0, "no call without its key");
    // A call that needs none of the keys does not even ask.
    let other = ModelServer::start(echo);
    let ran = replay(&stage, on_bus(stage.command()), &other.base_url);
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

/// A script in a session bus of its own, where `$BIN` is the program.
fn in_session(stage: &Stage, script: &str) -> Ran {
    let mut command = Command::new("dbus-run-session");
    command
        .env_clear()
        .current_dir(stage.path(""))
        .env("HOME", stage.path(""))
        .env("XDG_RUNTIME_DIR", stage.path(""))
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("BIN", env!("CARGO_BIN_EXE_plumbline"))
        .args(["--", "sh", "-euc", script]);
    fed(command, "")
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// True where a keyring of one's own can be started; says what is missing otherwise.
fn can_start_a_keyring(test: &str) -> bool {
    for program in ["dbus-run-session", "gnome-keyring-daemon"] {
        if !is_there(program) {
            println!(
                "SKIPPED {test}: {program} is not installed; `cargo xtask test --only system` installs it"
            );
            return false;
        }
    }
    true
}

#[test]
fn a_real_keyring_keeps_a_key_for_its_server() {
    if !can_start_a_keyring("a_real_keyring_keeps_a_key_for_its_server") {
        return;
    }
    let stage = Stage::with_cases(1);
    let (server, other) = (ModelServer::start(echo), ModelServer::start(echo));
    let script = format!(
        r#"
        printf login | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
        printf %s '{KEY}' | "$BIN" key set --origin '{home}' --json
        "$BIN" key list --json
        for url in '{home}' '{other}'; do
            "$BIN" --workspace w.db replay answer@1.1.0 --model openai:gpt-4.1-mini --dataset cases.jsonl \
                --no-cache --base-url "$url" >/dev/null
        done
        "$BIN" key remove --origin '{home}' --json
        "$BIN" key list --json
        "#,
        home = server.base_url,
        other = other.base_url,
    );
    let ran = in_session(&stage, &script);
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    assert!(!format!("{ran:?}").contains("canary"), "{ran:#?}");
    let answers: Vec<serde_json::Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let origin = server.base_url.trim_end_matches("/v1");
    let row = json!({ "origin": origin, "place": "keyring", "last_four": "5a68" });
    assert_eq!(answers[0], row);
    assert_eq!(answers[1]["keys"], json!([row]));
    assert_eq!(answers[3]["keys"], json!([]));
    let sent = |server: &ModelServer| server.seen()[0].headers.get("authorization").cloned();
    assert_eq!(sent(&server), Some(format!("Bearer {KEY}")));
    assert_eq!(sent(&other), None);
    assert!(!keys_folder(&stage).join("keys.age").exists());
}

#[test]
fn a_real_keyring_that_is_locked_asks_nobody_and_ends_soon() {
    if !can_start_a_keyring("a_real_keyring_that_is_locked_asks_nobody_and_ends_soon") {
        return;
    }
    let stage = Stage::new();
    let script = format!(
        r#"
        gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1
        printf %s '{KEY}' | "$BIN" key set --origin https://x.test --store keyring
        "#
    );
    let begun = Instant::now();
    let ran = in_session(&stage, &script);
    assert_eq!(ran.status, Some(2), "{ran:#?}");
    assert!(ran.err.contains("keyring"), "{ran:#?}");
    assert!(ran.err.contains("PLUMBLINE_KEY_PASSPHRASE"), "{ran:#?}");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}
