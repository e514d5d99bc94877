//! The scripts: what a server does, and the one classification it must get.

use crate::client::{PATIENT, SHORT};
use crate::fault_server::{LAST_CHUNK, Step, chunked, response};
use plumbline_providers::{Phase, Timeouts};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expect {
    Complete(&'static str),
    Truncated(&'static str),
    /// Status, and words the message must hold.
    Refused(u16, &'static str),
    Connect,
    Timeout(Phase),
    Ambiguous,
    Malformed,
    /// The connection may break before or after the request was written.
    ConnectOrAmbiguous,
}
use Expect::{Ambiguous, Complete, ConnectOrAmbiguous, Malformed, Refused, Timeout, Truncated};

pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) provider: &'static str,
    pub(crate) steps: Vec<Step>,
    pub(crate) limits: Timeouts,
    pub(crate) expect: Expect,
    pub(crate) secure: bool,
}

impl Scenario {
    fn limits(mut self, change: impl FnOnce(&mut Timeouts)) -> Self {
        change(&mut self.limits);
        self
    }

    fn anthropic(self) -> Self {
        self.of("anthropic")
    }

    pub(crate) fn of(mut self, provider: &'static str) -> Self {
        self.provider = provider;
        self
    }

    fn secure(mut self) -> Self {
        self.secure = true;
        self
    }
}

fn scenario(name: impl Into<String>, steps: Vec<Step>, expect: Expect) -> Scenario {
    Scenario {
        name: name.into(),
        provider: "local",
        steps,
        limits: PATIENT,
        expect,
        secure: false,
    }
}

/// Reads the request, sends `bytes`, closes.
pub(crate) fn sends(name: impl Into<String>, bytes: Vec<u8>, expect: Expect) -> Scenario {
    scenario(name, vec![Step::Read, Step::Send(bytes)], expect)
}

/// Reads the request, sends `bytes`, then takes a last step.
fn sends_then(name: &str, bytes: Vec<u8>, last: Step, expect: Expect) -> Scenario {
    scenario(name, vec![Step::Read, Step::Send(bytes), last], expect)
}

const JSON: &str = "content-type: application/json\r\n";
pub(crate) const SSE: &str = "content-type: text/event-stream\r\n";

pub(crate) const HEL: &[u8] =
    b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n";
pub(crate) const LO: &[u8] =
    b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"}}]}\n\n";
pub(crate) const STOP: &[u8] =
    b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
pub(crate) const DONE: &[u8] = b"data: [DONE]\n\n";
const ERROR: &[u8] = b"data: {\"error\":{\"message\":\"the model broke\",\"code\":\"oops\"}}\n\n";
const WHOLE_JSON: &[u8] =
    b"{\"choices\":[{\"message\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}";

const A_START: &[u8] = b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"i\",\"model\":\"m\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n";
const A_HELLO: &[u8] = b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n";
const A_DELTA: &[u8] = b"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n";
const A_STOP: &[u8] = b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
const A_ERROR: &[u8] = b"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";

/// A whole chunked stream of these pieces.
pub(crate) fn stream(pieces: &[&[u8]]) -> Vec<u8> {
    [chunked(pieces.iter().copied()), LAST_CHUNK.to_vec()].concat()
}

pub(crate) fn with_length(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    response(status, headers, body, body.len())
}

pub(crate) fn whole_answers() -> Vec<Scenario> {
    let whole = [HEL, LO, STOP, DONE].concat();
    let bytes: Vec<&[u8]> = whole.chunks(1).collect();
    let until_close = [
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n",
        whole.as_slice(),
    ]
    .concat();
    let untyped = with_length(200, "", &whole);
    let charset = with_length(
        200,
        "Content-Type: Text/Event-Stream; charset=utf-8\r\n",
        &whole,
    );
    let early = [
        b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
        with_length(200, SSE, &whole),
    ]
    .concat();
    let comments = [b": one\n\n", b": two\r\n\r\n".as_slice(), &whole].concat();
    vec![
        sends(
            "stream with a length",
            with_length(200, SSE, &whole),
            Complete("Hello"),
        ),
        sends(
            "stream in chunks",
            stream(&[HEL, LO, STOP, DONE]),
            Complete("Hello"),
        ),
        sends(
            "stream in chunks of one byte",
            stream(&bytes),
            Complete("Hello"),
        ),
        sends("stream until the close", until_close, Complete("Hello")),
        sends("stream without a content type", untyped, Complete("Hello")),
        sends("stream with a charset", charset, Complete("Hello")),
        sends("stream after an interim response", early, Complete("Hello")),
        sends(
            "stream with keep-alive comments",
            with_length(200, SSE, &comments),
            Complete("Hello"),
        ),
        sends(
            "no [DONE], ended in order",
            stream(&[HEL, LO, STOP]),
            Complete("Hello"),
        ),
        sends(
            "[DONE] without its empty line",
            stream(&[HEL, LO, STOP, b"data: [DONE]\n"]),
            Complete("Hello"),
        ),
        sends_then(
            "open for ever after [DONE]",
            chunked([HEL, LO, STOP, DONE]),
            Step::Stall,
            Complete("Hello"),
        ),
        sends_then(
            "reset after [DONE]",
            chunked([HEL, LO, STOP, DONE]),
            Step::Reset,
            Complete("Hello"),
        ),
        sends(
            "junk after [DONE]",
            stream(&[HEL, LO, STOP, DONE, b"\xff\xfe junk"]),
            Complete("Hello"),
        ),
        sends(
            "plain JSON",
            with_length(200, JSON, WHOLE_JSON),
            Complete("Hello"),
        ),
        sends(
            "anthropic",
            stream(&[A_START, A_HELLO, A_DELTA, A_STOP]),
            Complete("Hello"),
        )
        .anthropic(),
    ]
}

pub(crate) fn cut_answers() -> Vec<Scenario> {
    let a_whole = [A_START, A_HELLO, A_DELTA].concat();
    vec![
        sends("closed in mid stream", chunked([HEL]), Truncated("Hel")),
        sends(
            "closed in mid event",
            chunked([HEL, &LO[..20]]),
            Truncated("Hel"),
        ),
        sends(
            "closed after finish_reason",
            chunked([HEL, LO, STOP]),
            Truncated("Hello"),
        ),
        sends(
            "closed before the declared length",
            response(200, SSE, HEL, 9_999),
            Truncated("Hel"),
        ),
        sends(
            "ended in order in mid stream",
            stream(&[HEL]),
            Truncated("Hel"),
        ),
        sends(
            "[DONE] without finish_reason",
            stream(&[HEL, DONE]),
            Truncated("Hel"),
        ),
        sends(
            "error after some text",
            stream(&[HEL, ERROR]),
            Truncated("Hel"),
        ),
        sends_then(
            "stalled in mid stream",
            chunked([HEL]),
            Step::Stall,
            Truncated("Hel"),
        )
        .limits(|limits| limits.idle = SHORT),
        sends_then(
            "stalled after finish_reason",
            chunked([HEL, LO, STOP]),
            Step::Stall,
            Truncated("Hello"),
        )
        .limits(|limits| limits.idle = SHORT),
        sends_then(
            "text but never an end",
            chunked([HEL]),
            Step::Repeat(b"3\r\n:\n\n\r\n".to_vec(), SHORT / 10),
            Truncated("Hel"),
        )
        .limits(|limits| limits.total = SHORT * 4),
        sends(
            "anthropic without message_stop",
            with_length(200, SSE, &a_whole),
            Truncated("Hello"),
        )
        .anthropic(),
        sends(
            "anthropic closed in mid stream",
            chunked([A_START, A_HELLO]),
            Truncated("Hello"),
        )
        .anthropic(),
        sends(
            "anthropic error after text",
            stream(&[A_START, A_HELLO, A_ERROR]),
            Truncated("Hello"),
        )
        .anthropic(),
    ]
}

pub(crate) fn unreadable_answers() -> Vec<Scenario> {
    let html = b"<html><script>alert(1)</script></html>";
    let half_utf8 = b"data: {\"choices\":[{\"delta\":{\"content\":\"\xf0\x9f\x91\"}}]}\n\n";
    let endless_event = [b"data: ".to_vec(), vec![b'x'; 17 * 1024 * 1024]].concat();
    let huge_json = vec![b' '; 65 * 1024 * 1024];
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03";
    vec![
        sends(
            "HTML with 200",
            with_length(200, "content-type: text/html\r\n", html),
            Malformed,
        ),
        sends(
            "no content, no type",
            b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
            Malformed,
        ),
        sends("an empty stream", stream(&[]), Malformed),
        sends(
            "only keep-alive comments",
            stream(&[b": ping\n\n"]),
            Malformed,
        ),
        sends(
            "JSON that is none",
            with_length(200, JSON, b"{\"choices\": [}"),
            Malformed,
        ),
        sends(
            "JSON that is not the format",
            with_length(200, JSON, b"{\"hello\": 1}"),
            Malformed,
        ),
        sends(
            "JSON of 65 MB",
            with_length(200, JSON, &huge_json),
            Malformed,
        ),
        sends(
            "compressed though not asked for",
            with_length(200, &format!("{JSON}content-encoding: gzip\r\n"), gzip),
            Malformed,
        ),
        sends(
            "HTML called a stream",
            with_length(200, SSE, html),
            Malformed,
        ),
        sends(
            "an event that is not JSON",
            stream(&[HEL, b"data: oops\n\n"]),
            Malformed,
        ),
        sends(
            "half a UTF-8 character in an event",
            stream(&[half_utf8]),
            Malformed,
        ),
        sends(
            "an event of 17 MB",
            with_length(200, SSE, &endless_event),
            Malformed,
        ),
        sends(
            "openai's stream to an anthropic reader",
            stream(&[HEL, LO, STOP, DONE]),
            Malformed,
        )
        .anthropic(),
    ]
}

pub(crate) fn lost_answers() -> Vec<Scenario> {
    let head = b"HTTP/1.1 200 OK\r\ncontent-ty".to_vec();
    let only_head = chunked([]);
    vec![
        scenario("closed without an answer", vec![Step::Read], Ambiguous),
        scenario(
            "reset without an answer",
            vec![Step::Read, Step::Reset],
            Ambiguous,
        ),
        scenario(
            "reset before reading",
            vec![Step::Reset],
            ConnectOrAmbiguous,
        ),
        scenario(
            "never answers",
            vec![Step::Read, Step::Stall],
            Timeout(Phase::FirstByte),
        )
        .limits(|limits| limits.first_byte = SHORT),
        scenario(
            "never answers in all the time",
            vec![Step::Read, Step::Stall],
            Timeout(Phase::Total),
        )
        .limits(|limits| limits.total = SHORT),
        sends("closed in the head", head.clone(), Ambiguous),
        sends_then(
            "stalled in the head",
            head,
            Step::Stall,
            Timeout(Phase::FirstByte),
        )
        .limits(|limits| limits.first_byte = SHORT),
        sends("closed after the head", only_head.clone(), Ambiguous),
        sends_then(
            "stalled after the head",
            only_head.clone(),
            Step::Stall,
            Timeout(Phase::FirstByte),
        )
        .limits(|limits| limits.first_byte = SHORT),
        sends_then(
            "stalled after half an event",
            chunked([&HEL[..20]]),
            Step::Stall,
            Timeout(Phase::Idle),
        )
        .limits(|limits| limits.idle = SHORT),
        sends_then(
            "keep-alive comments for ever",
            only_head,
            Step::Repeat(b"3\r\n:\n\n\r\n".to_vec(), SHORT / 10),
            Timeout(Phase::Total),
        )
        .limits(|limits| limits.total = SHORT * 2),
        sends(
            "JSON closed before its end",
            response(200, JSON, b"{\"choices\":", 9_999),
            Ambiguous,
        ),
        sends_then(
            "JSON stalled before its end",
            response(200, JSON, b"{\"choices\":", 9_999),
            Step::Stall,
            Timeout(Phase::Idle),
        )
        .limits(|limits| limits.idle = SHORT),
        sends(
            "not HTTP at all",
            b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(),
            Ambiguous,
        ),
        scenario(
            "never answers the TLS greeting",
            vec![Step::Stall],
            Timeout(Phase::Connect),
        )
        .limits(|limits| limits.connect = SHORT)
        .secure(),
        scenario(
            "no TLS spoken",
            vec![Step::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())],
            Expect::Connect,
        )
        .secure(),
    ]
}

pub(crate) fn refusals() -> Vec<Scenario> {
    let json = b"{\"error\":{\"message\":\"because of reasons\",\"type\":\"t\",\"code\":null}}";
    let mut all: Vec<Scenario> = [
        400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 429, 500, 501, 502, 503, 504, 529,
    ]
    .into_iter()
    .map(|status| {
        let bytes = with_length(status, JSON, json);
        sends(
            format!("HTTP {status}"),
            bytes,
            Refused(status, "because of reasons"),
        )
    })
    .collect();
    all.extend([301, 302, 303, 304, 307, 308].map(|status| {
        let bytes = with_length(status, "location: http://127.0.0.1:1/v1\r\n", b"");
        sends(
            format!("redirect {status}"),
            bytes,
            Refused(status, "redirect to http://127.0.0.1:1;"),
        )
    }));
    all.extend([
        sends("502 with HTML", with_length(502, "", b" <html>secret stack</html>"), Refused(502, "an HTML page")),
        sends("500 without a body", with_length(500, "", b""), Refused(500, "Internal Server Error")),
        sends("500 with text", with_length(500, "", b"out of \x1b[31mmemory\r\n"), Refused(500, "out of [31mmemory")),
        sends("500 with invalid UTF-8", with_length(500, "", b"\xff\xfeoh"), Refused(500, "oh")),
        sends("500 closed in its body", response(500, JSON, b"{\"err", 999), Refused(500, "{\"err")),
        sends_then("500 stalled in its body", response(500, JSON, b"{\"err", 999), Step::Stall, Refused(500, "{\"err"))
            .limits(|limits| limits.idle = SHORT),
        sends("200 with an error as JSON", with_length(200, JSON, json), Refused(200, "because of reasons")),
        sends("200 with an error as the first event", stream(&[ERROR]), Refused(200, "the model broke")),
        sends("anthropic overloaded", with_length(529, JSON, b"{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}"), Refused(529, "Overloaded")).anthropic(),
        sends("anthropic overloaded in its stream", stream(&[A_START, A_ERROR]), Refused(200, "Overloaded")).anthropic(),
    ]);
    all
}
