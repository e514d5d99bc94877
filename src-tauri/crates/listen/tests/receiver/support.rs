//! A receiver of its own on a free port, whose sink the test decides, and a client below HTTP.

use flate2::Compression;
use flate2::write::GzEncoder;
use plumbline_listen::{
    Accepted, Batch, Encoding, Limits, Loopback, Refused, Signal, Sink, Traffic, serve,
};
use std::io::{Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What a working machine needs at most; only a test that fails waits this long.
const DEADLINE: Duration = Duration::from_secs(40);

/// A batch as the sink got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) signal: Signal,
    pub(crate) encoding: Encoding,
    pub(crate) body: Vec<u8>,
}

pub(crate) type Verdict = fn(&[u8]) -> Result<Accepted, Refused>;

struct TestSink {
    seen: Arc<Mutex<Vec<Seen>>>,
    verdict: Verdict,
    /// Answers go out while this is true.
    open: watch::Receiver<bool>,
}

impl Sink for TestSink {
    async fn submit(&self, batch: Batch) -> Result<Accepted, Refused> {
        self.seen.lock().unwrap().push(Seen {
            signal: batch.signal,
            encoding: batch.encoding,
            body: batch.body.clone(),
        });
        let _ = self.open.clone().wait_for(|open| *open).await;
        (self.verdict)(&batch.body)
    }
}

pub(crate) struct Server {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    gate: watch::Sender<bool>,
    stop: CancellationToken,
    runtime: Runtime,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(Limits::default(), |_| Ok(Accepted::default()))
    }

    pub(crate) fn with(limits: Limits, verdict: Verdict) -> Self {
        let runtime = Runtime::new().unwrap();
        let address = runtime.block_on(Loopback::bind(0)).unwrap();
        let (port, stop) = (address.port(), CancellationToken::new());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (gate, open) = watch::channel(true);
        let sink = TestSink {
            seen: Arc::clone(&seen),
            verdict,
            open,
        };
        let traffic = Arc::new(Traffic::new(&limits));
        runtime.spawn(serve(address, limits, sink, None, traffic, stop.clone()));
        Self {
            port,
            seen,
            gate,
            stop,
            runtime,
        }
    }

    /// What reached the sink.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Holds answers back, or lets them go.
    pub(crate) fn hold(&self, hold: bool) {
        self.gate.send_replace(!hold);
    }

    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    pub(crate) fn connect_v6(&self) -> Option<TcpStream> {
        TcpStream::connect(SocketAddr::from((Ipv6Addr::LOCALHOST, self.port))).ok()
    }

    /// Sends bytes as they are and reads one answer.
    pub(crate) fn raw(&self, request: &[u8]) -> Reply {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        let found = if request.starts_with(b"HEAD ") {
            head(&mut stream)
        } else {
            reply(&mut stream)
        };
        found.expect("an answer")
    }

    /// A request with a `Host` of ours and these further lines of the head.
    pub(crate) fn send(&self, method: &str, path: &str, lines: &[&str], body: &[u8]) -> Reply {
        self.raw(&self.request(method, path, lines, body))
    }

    pub(crate) fn request(&self, method: &str, path: &str, lines: &[&str], body: &[u8]) -> Vec<u8> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\n",
            self.port,
            body.len()
        );
        for line in lines {
            request.push_str(line);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        [request.as_bytes(), body].concat()
    }

    /// An export as clients send it.
    pub(crate) fn export(&self, lines: &[&str], body: &[u8]) -> Reply {
        let lines = [&["Content-Type: application/json"], lines].concat();
        self.send("POST", "/v1/traces", &lines, body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        self.hold(false);
        let runtime = std::mem::replace(&mut self.runtime, Runtime::new().unwrap());
        runtime.shutdown_background();
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One answer with its length in the head; `None` when the server closes before.
pub(crate) fn reply(stream: &mut TcpStream) -> Option<Reply> {
    let mut reply = head(stream)?;
    let length = reply.header("content-length").unwrap_or("0");
    reply.body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut reply.body).ok()?;
    Some(reply)
}

fn head(stream: &mut TcpStream) -> Option<Reply> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1)?.parse().unwrap();
    Some(Reply {
        status,
        head,
        body: Vec::new(),
    })
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Polls until the condition holds; fails the test at the deadline.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < DEADLINE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
