//! Twenty keys through everything that the program does, and then a search for them in everything it left.

use crate::kept_keys::{PASSPHRASE, fed};
use crate::leaks::{Place, files_below, leaks};
use crate::model_server::{ModelServer, Reply};
use crate::stage::{Ran, Stage, cases};
use serde_json::json;
use std::process::Command;

/// One key in the shape of each vendor; the word in its middle tells them apart.
fn keys() -> Vec<String> {
    let shapes = [
        "sk-proj-{}T3BlbkFJx9Qw2Er4Ty6Ui8Op0As1Df3Gh5Jk7Lz",
        "sk-{}T3BlbkFJ9mN8bV7cX6zL5kJ4",
        "sk-svcacct-{}T3BlbkFJaa11bb22cc33dd44",
        "sk-ant-api03-{}Zk4Vb8Nw2LpXx7Yy9-QqAA",
        "sk-ant-admin01-{}Zk4Vb8Nw2LpXx7Yy9-QqAA",
        "AIzaSy{}D4e5F6g7H8i9J0k1L2m3N",
        "gsk_{}aB3dE5fG7hI9jK1lM3nO5pQ7rS9",
        "xai-{}aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3",
        "pplx-{}aB3dE5fG7hI9jK1lM3nO5pQ7rS9",
        "hf_{}aBcDeFgHiJkLmNoPqRsTuV",
        "r8_{}aB3dE5fG7hI9jK1lM3nO5pQ7",
        "sk-or-v1-{}00112233445566778899aabbccddeeff",
        "nvapi-{}aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3",
        "fw_{}aB3dE5fG7hI9jK1l",
        "csk-{}k3m5n7p9r2t4v6x8z1b3d5f7h9",
        "dapi{}0123456789abcdef01234567",
        "tgp_v1_{}aB3dE5fG7hI9jK1lM3nO5pQ7rS9",
        "glpat-{}aB3dE5fG7hI9",
        "{}wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLE=",
        "8f14e45f{}ceea167a5a36dedd4bea2543",
    ];
    (0..)
        .zip(shapes)
        .map(|(n, shape)| shape.replace("{}", &format!("CaNaRy{n:02}xQ7")))
        .collect()
}

/// A recorded exchange of a browser that holds the key wherever one may stand.
fn har(key: &str) -> String {
    // A sentence does not say what is a secret: there only those of a known shape are taken out.
    let known = [
        "sk-", "AIza", "gsk_", "xai-", "pplx-", "hf_", "r8_", "nvapi-", "glpat-",
    ];
    let told = match known.iter().any(|start| key.starts_with(start)) {
        true => key,
        false => "one of no known shape",
    };
    let refusal = json!({ "error": { "message": format!("Incorrect API key provided: {told}"), "type": "invalid_request_error" } });
    let entry = |n: usize, status: u16, body: String| {
        json!({
            "startedDateTime": format!("2026-01-01T01:10:0{n}.250+01:00"),
            "time": 900.0,
            "request": {
                "method": "POST",
                "url": format!("https://api.openai.com/v1/chat/completions?key={key}"),
                "httpVersion": "HTTP/2",
                "cookies": [{ "name": "session", "value": key }],
                "headers": [
                    { "name": "Authorization", "value": format!("Bearer {key}") },
                    { "name": "x-api-key", "value": key },
                    { "name": "Cookie", "value": format!("session={key}") },
                    { "name": "Content-Type", "value": "application/json" },
                ],
                "queryString": [{ "name": "key", "value": key }],
                "headersSize": -1,
                "bodySize": -1,
                "postData": {
                    "mimeType": "application/json",
                    "text": json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": format!("why? api_key={key}") }] }).to_string(),
                },
            },
            "response": {
                "status": status,
                "statusText": "",
                "httpVersion": "HTTP/2",
                "cookies": [],
                "headers": [{ "name": "content-type", "value": "application/json" }, { "name": "set-cookie", "value": format!("k={key}") }],
                "content": { "size": body.len(), "mimeType": "application/json", "text": body },
                "redirectURL": "",
                "headersSize": -1,
                "bodySize": -1,
            },
            "cache": {},
            "timings": { "send": 1, "wait": 800, "receive": 99 },
        })
    };
    let answer = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_767_226_200, "model": "gpt-4o-mini",
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "Because." } }],
        "usage": { "prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6 },
    });
    json!({ "log": { "version": "1.2", "creator": { "name": "hand", "version": "1" }, "pages": [], "entries": [
        entry(0, 401, refusal.to_string()),
        entry(1, 200, answer.to_string()),
    ] } })
    .to_string()
}

/// Answers once and refuses twice, with the key that it was sent.
fn server() -> ModelServer {
    ModelServer::start(|seen| {
        let sent = seen.headers["authorization"].clone();
        match seen.question.as_str() {
            "number 1" => Reply::Answer("answer to number 1".to_owned()),
            "number 2" => Reply::Refuse(401, Vec::new(), format!("bad key: {sent}")),
            _ => {
                let error =
                    json!({ "error": { "message": format!("{sent} is no key"), "code": sent } });
                Reply::Refuse(400, Vec::new(), error.to_string())
            }
        }
    })
}

struct Diary {
    stage: Stage,
    places: Vec<Place>,
}

impl Diary {
    fn command(&self) -> Command {
        let mut command = self.stage.command();
        command
            .env("PLUMBLINE_KEY_PASSPHRASE", PASSPHRASE)
            .env("PLUMBLINE_LOG", "trace")
            .env("TMPDIR", self.stage.path("tmp"));
        command
    }

    /// Runs a command and keeps what it printed, its log with it.
    fn run(&mut self, args: &[&str], input: &str) -> Ran {
        let mut command = self.command();
        command.args(args);
        let ran = fed(command, input);
        let name = args.join(" ");
        self.places
            .push((format!("stdout of {name}"), ran.out.clone().into_bytes()));
        self.places
            .push((format!("stderr of {name}"), ran.err.clone().into_bytes()));
        ran
    }

    fn good(&mut self, args: &[&str]) {
        let ran = self.run(args, "");
        assert_eq!(ran.status, Some(0), "{args:?}: {}", ran.out);
    }
}

#[test]
fn no_key_is_left_anywhere() {
    let keys = keys();
    let mut diary = Diary {
        stage: Stage::new(),
        places: Vec::new(),
    };
    diary.stage.write("cases.jsonl", cases(3));
    std::fs::create_dir(diary.stage.path("tmp")).unwrap();
    let mut servers = Vec::new();
    for key in &keys {
        let server = server();
        let set = [
            "key",
            "set",
            "--store",
            "file",
            "--origin",
            &server.base_url,
        ];
        let ran = diary.run(&set, key);
        assert_eq!(ran.status, Some(0), "{}", ran.out);
        servers.push(server);
    }
    for (nth, (key, server)) in keys.iter().zip(&servers).enumerate() {
        let args = diary
            .stage
            .replay(&server.base_url, &["--no-cache", "--no-retries"]);
        let ran = diary.run(&args, "");
        assert_eq!(ran.status, Some(3), "{}", ran.out);
        let sent = format!("Bearer {key}");
        let seen = server.seen();
        assert_eq!(seen.len(), 3, "of key {nth}");
        assert!(
            seen.iter()
                .all(|seen| seen.headers["authorization"] == sent)
        );
        let name = format!("browser-{nth}.har");
        diary.stage.write(&name, har(key));
        diary.good(&["import", &name]);
        // The input is the person's own and holds the key; everything else must not.
        std::fs::remove_file(diary.stage.path(&name)).unwrap();
    }
    for args in [
        &["key", "list"][..],
        &["key", "list", "--json"],
        &["run", "list", "--json"],
        &["run", "show", "latest"],
        &["run", "show", "latest", "--json"],
        &["trace", "list", "--json", "--limit", "100"],
        &["trace", "export"],
        &["trace", "export", "--otlp"],
        &["stats", "--json"],
        &["doctor", "--json"],
        &[
            "run",
            "record",
            "latest",
            "--recorder",
            "test",
            "--out",
            "recorded.jsonl",
        ],
    ] {
        diary.good(args);
    }
    for args in [
        &["run", "checks", "latest", "--all"][..],
        &["compare", "latest", "latest", "--markdown"],
    ] {
        diary.run(args, "");
    }
    for cell in diary.stage.cells() {
        diary
            .places
            .push(("a cell".to_owned(), serde_json::to_vec(&cell).unwrap()));
    }
    let mut places = std::mem::take(&mut diary.places);
    places.extend(files_below(&diary.stage.path("")));
    assert!(places.iter().any(|(name, _)| name.ends_with("keys.age")));
    assert!(
        places
            .iter()
            .any(|(name, _)| name.ends_with("recorded.jsonl"))
    );
    assert!(
        places
            .iter()
            .any(|(_, bytes)| String::from_utf8_lossy(bytes).contains("bad key"))
    );
    let words: Vec<String> = (0..keys.len())
        .map(|n| format!("CaNaRy{n:02}xQ7"))
        .collect();
    let secrets: Vec<String> = keys.into_iter().chain(words).collect();
    let found = leaks(places, &secrets);
    assert!(found.is_empty(), "{found:#?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_running_program_shows_no_key_on_its_command_line_and_in_no_open_file() {
    let stage = Stage::with_cases(1);
    let server = ModelServer::start(|_| Reply::Hold("late".to_owned()));
    let key = &keys()[0];
    let kept = crate::kept_keys::keep(&stage, &server.base_url, key);
    assert_eq!(kept.status, Some(0), "{kept:#?}");
    let mut command = crate::kept_keys::opened(&stage);
    command.args(stage.replay(&server.base_url, &["--no-cache"]));
    let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    server.wait_for(1);
    let process = std::path::PathBuf::from(format!("/proc/{}", child.id()));
    let mut places = files_below(&stage.path(""));
    for name in ["cmdline", "environ", "comm"] {
        let bytes = std::fs::read(process.join(name)).unwrap();
        places.push((name.to_owned(), bytes));
    }
    server.release();
    child.wait().unwrap();
    assert!(
        places.iter().any(|(name, _)| name.ends_with("-wal")),
        "the workspace was open"
    );
    let found = leaks(places, std::slice::from_ref(key));
    assert!(found.is_empty(), "{found:#?}");
}
