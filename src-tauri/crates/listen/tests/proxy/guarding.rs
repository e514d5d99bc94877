//! Calls that name their prompt: read first, cut or refused by the guard, and recorded either way.

use crate::support::{ASK, Server, until};
use crate::upstream::{Upstream, answer};
use flate2::Compression;
use flate2::write::GzEncoder;
use plumbline_listen::{Guard, Judged, Limits, NamedCall};
use std::io::Write;
use std::sync::{Arc, Mutex};

const CHAT: &str = "/openai/v1/chat/completions";
const NAMED: &str = "X-Plumbline-Prompt: answer@1.2.0";

/// Says the same of every call, and keeps what it was asked.
struct Says {
    says: fn() -> Judged,
    asked: Mutex<Vec<(String, Vec<u8>)>>,
}

impl Guard for Says {
    fn judge(&self, call: &NamedCall) -> Judged {
        assert_eq!((call.vendor, call.method.as_str()), ("openai", "POST"));
        assert!(
            call.address.ends_with("/v1/chat/completions"),
            "{}",
            call.address
        );
        let asked = (call.prompt.clone(), call.body.clone());
        self.asked.lock().unwrap().push(asked);
        (self.says)()
    }
}

fn stage(says: fn() -> Judged) -> (Upstream, Arc<Says>, Server) {
    let type_json = "Content-Type: application/json\r\n";
    let upstream = Upstream::sending(answer(200, type_json, br#"{"id":"c","choices":[]}"#));
    let guard = Arc::new(Says {
        says,
        asked: Mutex::default(),
    });
    let server = Server::guarded(&upstream.url, Limits::default(), guard.clone());
    (upstream, guard, server)
}

#[test]
fn a_call_that_may_pass_goes_on_as_it_came_without_the_name() {
    let (upstream, guard, server) = stage(|| Judged::Send);
    let reply = server.post(CHAT, &[NAMED], ASK);
    assert_eq!(reply.status, 200, "{reply:?}");
    let seen = upstream.seen();
    assert_eq!(seen[0].body, ASK);
    assert_eq!(seen[0].header("x-plumbline-prompt"), None);
    assert_eq!(
        *guard.asked.lock().unwrap(),
        [("answer@1.2.0".to_owned(), ASK.to_vec())]
    );
    assert_eq!(reply.header("x-plumbline-budget"), None);
    // The recording knows whose call it was.
    until("the exchange to be recorded", || {
        server.exchanges().len() == 1
    });
    let exchange = server.exchanges().remove(0);
    let named = exchange
        .request_headers
        .iter()
        .find(|(name, _)| name == "x-plumbline-prompt");
    assert_eq!(named.unwrap().1, "answer@1.2.0");
    assert_eq!(exchange.request_body, ASK);
}

#[test]
fn a_call_that_was_cut_is_sent_and_recorded_as_it_was_cut() {
    let cut = || Judged::SendInstead {
        body: br#"{"short":true}"#.to_vec(),
        done: "user by tail: 900 to 300 tokens".to_owned(),
    };
    let (upstream, _, server) = stage(cut);
    let reply = server.post(CHAT, &[NAMED, "X-Other: stays"], ASK);
    assert_eq!(
        reply.header("x-plumbline-budget"),
        Some("user by tail: 900 to 300 tokens")
    );
    let seen = upstream.seen();
    assert_eq!(seen[0].body, br#"{"short":true}"#);
    assert_eq!(seen[0].header("content-length"), Some("14"));
    assert_eq!(seen[0].header("x-other"), Some("stays"));
    until("the exchange to be recorded", || {
        server.exchanges().len() == 1
    });
    assert_eq!(server.exchanges()[0].request_body, br#"{"short":true}"#);
}

#[test]
fn a_call_that_is_refused_never_goes_out_and_says_why() {
    let (upstream, _, server) = stage(|| Judged::Refuse("it has 900 of 300 tokens".to_owned()));
    let reply = server.post(CHAT, &[NAMED], ASK);
    assert_eq!(reply.status, 400);
    let said = String::from_utf8(reply.body.clone()).unwrap();
    assert!(
        said.contains("it has 900 of 300") && said.contains("over_budget"),
        "{said}"
    );
    assert_eq!(upstream.connections(), 0);
    let (span, _) = server.span();
    assert_eq!(
        span.error_message.as_deref(),
        Some("it has 900 of 300 tokens")
    );
}

#[test]
fn a_packed_call_is_unpacked_for_it_and_another_packing_is_refused() {
    let (upstream, guard, server) = stage(|| Judged::Send);
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(ASK).unwrap();
    let packed = packed.finish().unwrap();
    let reply = server.post(CHAT, &[NAMED, "Content-Encoding: gzip"], &packed);
    assert_eq!(reply.status, 200);
    let seen = upstream.seen();
    assert_eq!(
        (&seen[0].body[..], seen[0].header("content-encoding")),
        (ASK, None)
    );
    for lines in [
        [NAMED, "Content-Encoding: br"],
        [NAMED, "X-Plumbline-Prompt: other"],
        ["X-Plumbline-Prompt: ", "X-Other: x"],
    ] {
        assert_eq!(server.post(CHAT, &lines, ASK).status, 400, "{lines:?}");
    }
    assert_eq!(
        (upstream.seen().len(), guard.asked.lock().unwrap().len()),
        (1, 1)
    );
}

#[test]
fn a_call_that_is_too_large_to_be_read_does_not_go_out() {
    let upstream = Upstream::sending(answer(200, "", b"{}"));
    let guard = Arc::new(Says {
        says: || Judged::Send,
        asked: Mutex::default(),
    });
    let limits = Limits {
        body_bytes: 100,
        ..Limits::default()
    };
    let server = Server::guarded(&upstream.url, limits, guard);
    assert_eq!(server.post(CHAT, &[NAMED], &[b' '; 200]).status, 413);
    assert_eq!(upstream.connections(), 0);
}
