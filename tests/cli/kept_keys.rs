//! Keys that a person gives once: kept in the encrypted file, sent to their own server, told to nobody.

use crate::model_server::{ModelServer, Reply, echo};
use crate::stage::{Ran, Stage, count};
use serde_json::json;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) const PASSPHRASE: &str = "correct horse battery";
const KEY: &str = "sk-canary-7c1e05b9d2f84a63";

/// Runs a command with something on its standard input.
pub(crate) fn fed(mut command: Command, input: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses early closes its end; that is not this helper's failure.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ran::of(child.wait_with_output().unwrap())
}

/// The program where the encrypted file can be opened.
pub(crate) fn opened(stage: &Stage) -> Command {
    let mut command = stage.command();
    command.env("PLUMBLINE_KEY_PASSPHRASE", PASSPHRASE);
    command
}

pub(crate) fn keep(stage: &Stage, origin: &str, key: &str) -> Ran {
    let mut command = opened(stage);
    command.args([
        "--json", "key", "set", "--store", "file", "--origin", origin,
    ]);
    fed(command, key)
}

pub(crate) fn replay(stage: &Stage, mut command: Command, base_url: &str) -> Ran {
    command.args(stage.replay(base_url, &["--json", "--no-cache"]));
    Ran::of(command.output().unwrap())
}

fn authorizations(server: &ModelServer) -> Vec<Option<String>> {
    let seen = server.seen().into_iter();
    seen.map(|seen| seen.headers.get("authorization").cloned())
        .collect()
}

fn said(ran: &Ran) {
    assert!(!format!("{ran:?}").contains("canary"), "{ran:#?}");
}

#[test]
fn a_key_given_once_reaches_its_own_server_and_no_other_port() {
    let stage = Stage::with_cases(1);
    let (home, other) = (ModelServer::start(echo), ModelServer::start(echo));
    let kept = keep(&stage, &home.base_url, &format!("{KEY}\n"));
    said(&kept);
    let origin = home.base_url.trim_end_matches("/v1");
    let row = json!({ "origin": origin, "place": "file", "last_four": "4a63" });
    assert_eq!(kept.object(), row);
    for server in [&home, &other] {
        let ran = replay(&stage, opened(&stage), &server.base_url);
        assert_eq!(count(&ran.object(), "live"), 1, "{ran:#?}");
        said(&ran);
    }
    assert_eq!(authorizations(&home), [Some(format!("Bearer {KEY}"))]);
    assert_eq!(authorizations(&other), [None]);
    assert!(!format!("{:?}", other.seen()).contains("canary"));

    let listed = stage.json(&["key", "list"]);
    assert_eq!(listed["keys"], json!([row]));
    assert_eq!(listed["file"], "locked", "listing needs no passphrase");
    let table = stage.run(&["key", "list"]);
    assert!(
        table.out.contains(origin) && table.out.contains("4a63"),
        "{table:#?}"
    );
    said(&table);

    let remove = ["key", "remove", "--origin", &home.base_url];
    stage
        .run(&remove)
        .refused(2, &["locked", "PLUMBLINE_KEY_PASSPHRASE"]);
    let removed = Ran::of(opened(&stage).args(remove).output().unwrap());
    assert_eq!(removed.status, Some(0), "{removed:#?}");
    assert_eq!(stage.json(&["key", "list"])["keys"], json!([]));
    replay(&stage, opened(&stage), &home.base_url);
    assert_eq!(authorizations(&home).last(), Some(&None));
    stage.run(&remove).refused(2, &["no key is kept", origin]);
}

#[test]
fn a_redirect_carries_a_kept_key_nowhere() {
    for status in [301, 302, 303, 307, 308] {
        let (stage, thief) = (Stage::with_cases(1), ModelServer::start(echo));
        let target = format!("{}/chat/completions", thief.base_url);
        let server = ModelServer::start(move |_| {
            Reply::Refuse(status, vec![("location", target.clone())], String::new())
        });
        assert_eq!(keep(&stage, &server.base_url, KEY).status, Some(0));
        let ran = replay(&stage, opened(&stage), &server.base_url);
        assert_eq!(ran.status, Some(3), "{status}: {ran:#?}");
        assert_eq!(authorizations(&server), [Some(format!("Bearer {KEY}"))]);
        assert_eq!(thief.requests(), 0, "{status} was followed");
        said(&ran);
    }
}

#[test]
fn the_environment_goes_first() {
    let (stage, server) = (Stage::with_cases(1), ModelServer::start(echo));
    keep(&stage, &server.base_url, KEY);
    let mut command = stage.command();
    // The file is locked here, and nobody asks for it.
    command.env("PLUMBLINE_API_KEY", "sk-from-the-environment");
    let ran = replay(&stage, command, &server.base_url);
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    assert_eq!(
        authorizations(&server),
        [Some("Bearer sk-from-the-environment".to_owned())]
    );
}

#[test]
fn who_has_no_key_is_told_for_which_server_and_how() {
    let stage = Stage::with_cases(1);
    let refusing =
        ModelServer::start(|_| Reply::Refuse(401, Vec::new(), "who are you?".to_owned()));
    let home = ModelServer::start(echo);
    keep(&stage, &home.base_url, KEY);
    // Another base URL than the one the key was given for.
    let ran = replay(&stage, opened(&stage), &refusing.base_url);
    assert_eq!(authorizations(&refusing), [None]);
    let origin = refusing.base_url.trim_end_matches("/v1");
    let how = format!("plumbline key set --origin {origin}");
    let cell = stage
        .json(&["run", "checks", "latest", "--all"])
        .to_string();
    let told = format!("{ran:?}{cell}{:?}", stage.cells());
    assert!(told.contains(&how), "{told}");

    let model = |model: &'static str| {
        let args = [
            "replay",
            "answer",
            "--dataset",
            "cases.jsonl",
            "--model",
            model,
        ];
        Ran::of(opened(&stage).args(args).output().unwrap())
    };
    model("openai:x").refused(
        2,
        &[
            "OPENAI_API_KEY",
            "plumbline key set --origin https://api.openai.com",
            "API keys in the window",
        ],
    );
    let bedrock = "https://bedrock-runtime.eu-west-1.amazonaws.com";
    let mut command = opened(&stage);
    command.args(["replay", "answer", "--dataset", "cases.jsonl"]);
    command.args(["--model", "bedrock:x", "--base-url", bedrock]);
    let ran = Ran::of(command.output().unwrap());
    ran.refused(2, &["AWS_SECRET_ACCESS_KEY", "from the environment only"]);
    assert!(!ran.err.contains("key set"), "{ran:#?}");
    let ran = keep(&stage, bedrock, KEY);
    ran.refused(2, &["Bedrock", "environment"]);
    said(&ran);
}

#[test]
fn a_locked_file_and_a_wrong_passphrase_are_said_at_once_and_nothing_is_asked() {
    let (stage, server) = (Stage::with_cases(1), ModelServer::start(echo));
    keep(&stage, &server.base_url, KEY);
    let origin = server.base_url.trim_end_matches("/v1");
    for (passphrase, words) in [
        (None, ["is locked", "PLUMBLINE_KEY_PASSPHRASE"]),
        (Some(""), ["is locked", "PLUMBLINE_KEY_PASSPHRASE"]),
        (
            Some("wrong horse battery"),
            ["passphrase does not open", "cannot be recovered"],
        ),
    ] {
        let mut command = stage.command();
        if let Some(passphrase) = passphrase {
            command.env("PLUMBLINE_KEY_PASSPHRASE", passphrase);
        }
        let begun = Instant::now();
        command.args(stage.replay(&server.base_url, &["--json", "--no-cache"]));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A pipe that stays open: who asked would wait for ever.
        let open = child.stdin.take();
        let ran = Ran::of(child.wait_with_output().unwrap());
        drop(open);
        ran.refused(2, &words);
        assert!(ran.err.contains(origin), "{ran:#?}");
        assert!(!format!("{ran:?}").contains("horse"), "{ran:#?}");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    assert_eq!(server.requests(), 0);
    let mut command = stage.command();
    command.args([
        "key",
        "set",
        "--store",
        "file",
        "--origin",
        "https://x.test",
    ]);
    let ran = fed(command, KEY);
    ran.refused(2, &["is locked"]);
    said(&ran);
    // Nobody else is in the way.
    let other = ModelServer::start(echo);
    let ran = replay(&stage, stage.command(), &other.base_url);
    assert_eq!(ran.status, Some(0), "{ran:#?}");
}

#[test]
fn what_is_no_key_is_refused_without_being_repeated() {
    let stage = Stage::new();
    for (origin, key, word) in [
        ("https://x.test", "", "empty"),
        ("https://x.test", "sk-canary with spaces", "spaces"),
        ("http://x.test", KEY, "only https"),
        ("https://canary:canary@x.test", KEY, "user name or password"),
        ("x.test", KEY, "cannot be read"),
    ] {
        let ran = keep(&stage, origin, key);
        ran.refused(2, &[word]);
        said(&ran);
    }
    let long = "canary".repeat(10_000);
    keep(&stage, "https://x.test", &long).refused(2, &["too long"]);
    let mut command = stage.command();
    command.env("PLUMBLINE_KEY_PASSPHRASE", "short");
    command.args([
        "key",
        "set",
        "--store",
        "file",
        "--origin",
        "https://x.test",
    ]);
    fed(command, KEY).refused(2, &["at least 8"]);
    // A key is never an argument.
    let typed = stage.run(&["key", "set", "--origin", "https://x.test", "not-a-key"]);
    assert_eq!(typed.status, Some(2));
    let typed = stage.run(&[
        "key",
        "set",
        "--origin",
        "https://x.test",
        "--key",
        "not-a-key",
    ]);
    assert_eq!(typed.status, Some(2));
    assert_eq!(stage.json(&["key", "list"])["keys"], json!([]));
    assert!(!stage.workspace().exists(), "keys belong to no workspace");
}

#[cfg(unix)]
#[test]
fn files_of_keys_are_for_their_owner_alone_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    let mut command = Command::new("sh");
    command
        .env_clear()
        .env("HOME", stage.path(""))
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("PLUMBLINE_KEY_PASSPHRASE", PASSPHRASE)
        .args([
            "-c",
            "umask 000; exec \"$0\" \"$@\"",
            env!("CARGO_BIN_EXE_plumbline"),
        ])
        .args([
            "key",
            "set",
            "--store",
            "file",
            "--origin",
            "https://x.test",
        ]);
    let ran = fed(command, KEY);
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    let folder = keys_folder(&stage);
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(files.contains(&folder.join("keys.age")), "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

/// Beside the default workspace.
pub(crate) fn keys_folder(stage: &Stage) -> std::path::PathBuf {
    let data = match cfg!(target_os = "macos") {
        true => "Library/Application Support",
        false => ".local/share",
    };
    stage.path(data).join("plumbline").join("keys")
}
