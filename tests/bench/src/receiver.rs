//! Spans through the OTLP receiver, beside an import of the same exports from a file.

use crate::Size;
use crate::import::expect;
use crate::loopback::bare_client;
use crate::pairs::{Outcome, Row, Title, in_turn, timed};
use crate::texts::{Corpus, Dice};
use bytes::Bytes;
use plumbline_engine::{Engine, EngineOptions, ListenOptions};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Runtime;

/// What the SDKs put into one request by default.
const SPANS_OF_A_REQUEST: usize = 512;
const CLIENTS: usize = 8;

/// From the first byte sent to the last `200`, when every span is on disk and can be asked for.
pub(crate) fn measure(size: Size) -> Outcome<Vec<Row>> {
    let corpus = Corpus::read()?;
    let requests = size.choose(8, 96);
    let spans = requests * SPANS_OF_A_REQUEST;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("spans.otlp.jsonl");
    let client = Runtime::new()?;
    let row = in_turn(
        Title {
            name: "receive OTLP spans".to_owned(),
            unit: "spans/s",
            more_is_better: true,
            reference: "import of the same exports from a file".to_owned(),
            counted: format!(
                "{spans} GenAI spans of about 1.3 KB as JSON in requests of {SPANS_OF_A_REQUEST} from {CLIENTS} clients \
                 on this machine into a new workspace each round, each request answered after a sync to disk; the \
                 reference reads one file and syncs when SQLite likes"
            ),
        },
        size.pairs(),
        |round| {
            let bodies = exports(&corpus, round, requests);
            let lines: Vec<&[u8]> = bodies.iter().map(AsRef::as_ref).collect();
            fs::write(&file, lines.join(&b'\n'))?;
            Ok(Arc::new(bodies))
        },
        |bodies| {
            let place = tempfile::tempdir_in(folder.path())?;
            let engine = open(place.path())?;
            let listening = engine.listen_start(&ListenOptions {
                port: 0,
                ..ListenOptions::default()
            })?;
            let sent = send(format!("{}/v1/traces", listening.url), Arc::clone(bodies));
            let (sent, seconds) = timed(|| client.block_on(sent));
            sent?;
            expect(spans, engine.workspace_info()?.spans)?;
            engine.job_cancel(listening.job)?;
            engine.job_wait(listening.job)?;
            Ok(spans as f64 / seconds)
        },
        |_| {
            let place = tempfile::tempdir_in(folder.path())?;
            let engine = open(place.path())?;
            let (done, seconds) = timed(|| engine.import(std::slice::from_ref(&file), None));
            done?;
            expect(spans, engine.workspace_info()?.spans)?;
            Ok(spans as f64 / seconds)
        },
    )?;
    Ok(vec![row])
}

fn open(folder: &Path) -> Outcome<Engine> {
    Ok(Engine::open(EngineOptions {
        workspace: Some(folder.join("bench.plumbline")),
        prompts: Some(folder.to_path_buf()),
        ..EngineOptions::default()
    })?)
}

async fn send(url: String, bodies: Arc<Vec<Bytes>>) -> Outcome<()> {
    let client = bare_client()?;
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (client, next, bodies, url) = (
            client.clone(),
            Arc::clone(&next),
            Arc::clone(&bodies),
            url.clone(),
        );
        tasks.spawn(async move {
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                let request = client
                    .post(&url)
                    .header("content-type", "application/json")
                    .body(body.clone());
                request.send().await?.error_for_status()?;
            }
            Ok::<_, reqwest::Error>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// Bodies of requests: model calls with their messages, four spans to a trace.
fn exports(corpus: &Corpus, seed: u64, requests: usize) -> Vec<Bytes> {
    let mut dice = Dice::new(7_000 + seed);
    (0..requests)
        .map(|request| {
            let spans: Vec<Value> = (0..SPANS_OF_A_REQUEST)
                .map(|n| span(corpus, &mut dice, seed, request * SPANS_OF_A_REQUEST + n))
                .collect();
            let resource = json!({"attributes": [text("service.name", "bench")]});
            let scopes = json!([{"scope": {"name": "bench"}, "spans": spans}]);
            let export = json!({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]});
            Bytes::from(export.to_string())
        })
        .collect()
}

fn span(corpus: &Corpus, dice: &mut Dice, seed: u64, at: usize) -> Value {
    let start = 1_790_000_000_000_000_000 + at as u64 * 37_000_000;
    let message = |role: &str, said: String| {
        let part = json!({"type": "text", "content": said});
        json!([{"role": role, "parts": [part]}]).to_string()
    };
    let asked = message("user", corpus.sentences(dice, 300 + at % 128));
    let answered = message("assistant", corpus.sentences(dice, 200));
    json!({
        "traceId": format!("{:032x}", (u128::from(seed) << 64) + (at / 4) as u128 + 1),
        "spanId": format!("{:016x}", dice.next() | 1),
        "name": "chat gpt-4.1-mini",
        "kind": 3,
        "startTimeUnixNano": start.to_string(),
        "endTimeUnixNano": (start + 900_000_000).to_string(),
        "status": {"code": 1},
        "attributes": [
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", "gpt-4.1-mini"),
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": (200 + dice.below(400)).to_string()}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": (20 + dice.below(200)).to_string()}},
            text("gen_ai.input.messages", &asked),
            text("gen_ai.output.messages", &answered),
        ],
    })
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}
