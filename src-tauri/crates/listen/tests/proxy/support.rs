//! The proxy on a free port in front of a test's upstream, what it recorded, and a client below HTTP.

use plumbline_ingest::{HttpExchange, HttpOutcome, read_http};
use plumbline_listen::{
    Accepted, Batch, Guard, Judged, Limits, Loopback, NamedCall, Proxy, Recorded, Recorder,
    Refused, Sink, Token, Traffic, serve,
};
use plumbline_model::Span;
use plumbline_providers::Upstream;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

const DEADLINE: Duration = Duration::from_secs(40);
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

struct NoSink;

struct NoGuard;

impl Guard for NoGuard {
    fn judge(&self, call: &NamedCall) -> Judged {
        panic!("nobody named a prompt: {call:?}")
    }
}

impl Sink for NoSink {
    async fn submit(&self, _: Batch) -> Result<Accepted, Refused> {
        Ok(Accepted::default())
    }
}

#[derive(Default)]
struct Kept {
    exchanges: Mutex<Vec<HttpExchange>>,
    lost: AtomicUsize,
}

impl Recorder for Kept {
    fn record(&self, recorded: Recorded) {
        self.exchanges.lock().unwrap().push(recorded.exchange);
    }

    fn lost(&self) {
        self.lost.fetch_add(1, Ordering::SeqCst);
    }
}

pub(crate) struct Server {
    pub(crate) port: u16,
    kept: Arc<Kept>,
    stop: CancellationToken,
    runtime: Option<Runtime>,
}

impl Server {
    pub(crate) fn start(upstream: &str) -> Self {
        Self::with(upstream, Limits::default())
    }

    pub(crate) fn with(upstream: &str, limits: Limits) -> Self {
        Self::guarded(upstream, limits, Arc::new(NoGuard))
    }

    pub(crate) fn guarded(upstream: &str, limits: Limits, guard: Arc<dyn Guard>) -> Self {
        let runtime = Runtime::new().unwrap();
        let address = runtime.block_on(Loopback::bind(0)).unwrap();
        let (port, stop, kept) = (
            address.port(),
            CancellationToken::new(),
            Arc::<Kept>::default(),
        );
        let proxy = Proxy {
            token: Token::new(TOKEN.to_owned()),
            upstreams: ["openai", "anthropic"]
                .map(|vendor| (vendor, Upstream::new(vendor, Some(upstream)).unwrap()))
                .into(),
            recorder: kept.clone(),
            guard,
        };
        let traffic = Arc::new(Traffic::new(&limits));
        runtime.spawn(serve(
            address,
            limits,
            NoSink,
            Some(proxy),
            traffic,
            stop.clone(),
        ));
        Self {
            port,
            kept,
            stop,
            runtime: Some(runtime),
        }
    }

    pub(crate) fn exchanges(&self) -> Vec<HttpExchange> {
        self.kept.exchanges.lock().unwrap().clone()
    }

    pub(crate) fn lost(&self) -> usize {
        self.kept.lost.load(Ordering::SeqCst)
    }

    /// Waits for the one exchange and reads it.
    pub(crate) fn span(&self) -> (Span, String) {
        until("the exchange to be recorded", || {
            self.exchanges().len() == 1
        });
        match read_http(&self.exchanges()[0]).outcome {
            HttpOutcome::ModelCall { span, raw, .. } => (*span, String::from_utf8(raw).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// The bytes of a POST to the proxy with the token in its path.
    pub(crate) fn request(&self, path: &str, lines: &[&str], body: &[u8]) -> Vec<u8> {
        let mut head = format!(
            "POST /{TOKEN}{path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\n",
            self.port,
            body.len()
        );
        for line in lines {
            head.push_str(line);
            head.push_str("\r\n");
        }
        [head.as_bytes(), b"\r\n", body].concat()
    }

    /// Sends bytes as they are and reads one answer.
    pub(crate) fn raw(&self, request: &[u8]) -> Reply {
        let mut stream = self.connect();
        // The server may answer before it has read all of it.
        let _ = stream.write_all(request);
        reply(&mut stream)
    }

    pub(crate) fn post(&self, path: &str, lines: &[&str], body: &[u8]) -> Reply {
        self.raw(&self.request(path, lines, body))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// False when the connection broke before the body's end.
    pub(crate) is_whole: bool,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

fn line(stream: &mut TcpStream) -> Option<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut byte).ok()?;
        line.push(byte[0]);
    }
    String::from_utf8(line).ok()
}

/// The head of an answer.
pub(crate) fn head(stream: &mut TcpStream) -> Reply {
    let mut reply = Reply::default();
    loop {
        let line = line(stream).expect("the head of an answer");
        if line == "\r\n" {
            break;
        }
        reply.head.push_str(&line);
    }
    reply.status = reply.head.split(' ').nth(1).unwrap().parse().unwrap();
    reply
}

/// The next chunk; `None` where the stream broke, empty at its end.
pub(crate) fn chunk(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let length = usize::from_str_radix(line(stream)?.trim(), 16).ok()?;
    let mut bytes = vec![0; length + 2];
    stream.read_exact(&mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

pub(crate) fn reply(stream: &mut TcpStream) -> Reply {
    let mut reply = head(stream);
    if reply.header("transfer-encoding").is_some() {
        while let Some(bytes) = chunk(stream) {
            if bytes.is_empty() {
                reply.is_whole = true;
                break;
            }
            reply.body.extend(bytes);
        }
        return reply;
    }
    let length: usize = reply
        .header("content-length")
        .unwrap_or("0")
        .parse()
        .unwrap();
    let read = stream.take(length as u64).read_to_end(&mut reply.body);
    reply.is_whole = read.is_ok() && reply.body.len() == length;
    reply
}

pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < DEADLINE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A streamed answer of Chat Completions, its events in order.
pub(crate) fn events() -> Vec<String> {
    let event = |delta: &str, finish: &str, usage: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-7\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"gpt-4.1-mini\",\
             \"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]{usage}}}\n\n"
        )
    };
    vec![
        event("{\"role\":\"assistant\",\"content\":\"\"}", "null", ""),
        event("{\"content\":\"Grüße, \"}", "null", ""),
        event("{\"content\":\"三 🚲\"}", "null", ""),
        event(
            "{}",
            "\"stop\"",
            ",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}",
        ),
        "data: [DONE]\n\n".to_owned(),
    ]
}

pub(crate) const ASK: &[u8] =
    br#"{"model":"gpt-4.1-mini","stream":true,"messages":[{"role":"user","content":"How many?"}]}"#;
