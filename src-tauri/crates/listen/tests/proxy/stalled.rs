//! A caller that stops reading gives its place back; one that reads slowly gets all of it.

use crate::support::{ASK, Server, head};
use crate::upstream::{Upstream, answer};
use plumbline_listen::Limits;
use std::io::{Read, Write};
use std::time::Duration;

const CHAT: &str = "/openai/v1/chat/completions";
/// More than both ends of a connection keep for a reader.
const LONG: usize = 96 * 1024 * 1024;

/// Sends `bytes` bytes to the first caller, then short answers.
fn upstream(bytes: usize) -> Upstream {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    Upstream::start(move |_, stream| {
        if calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0 {
            let _ = stream.write_all(&answer(200, "", b"{}"));
            return;
        }
        let head =
            format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {bytes}\r\n\r\n");
        let _ = stream.write_all(head.as_bytes());
        let piece = vec![b'x'; 64 * 1024];
        for _ in 0..bytes / piece.len() {
            if stream.write_all(&piece).is_err() {
                return;
            }
        }
    })
}

fn limits() -> Limits {
    Limits {
        connections: 1,
        answer: Duration::from_millis(400),
        ..Limits::default()
    }
}

#[test]
fn a_caller_that_stops_reading_gives_its_place_to_the_next() {
    let upstream = upstream(LONG);
    let server = Server::with(&upstream.url, limits());
    let mut stalled = server.connect();
    stalled.write_all(&server.request(CHAT, &[], ASK)).unwrap();
    assert_eq!(head(&mut stalled).status, 200);
    // The only place is taken until the first caller loses it.
    let second = server.post(CHAT, &[], ASK);
    assert_eq!((second.status, second.is_whole), (200, true));
    let mut rest = Vec::new();
    let _ = stalled.read_to_end(&mut rest);
    assert!(
        rest.len() < LONG,
        "an answer that was given up is not whole"
    );
}

#[test]
fn a_caller_that_reads_slowly_gets_all_of_it() {
    const BYTES: usize = 24 * 1024 * 1024;
    let upstream = upstream(BYTES);
    let server = Server::with(&upstream.url, limits());
    let mut slow = server.connect();
    slow.write_all(&server.request(CHAT, &[], ASK)).unwrap();
    assert_eq!(head(&mut slow).status, 200);
    let (mut read, mut piece) = (0, vec![0; 2 * 1024 * 1024]);
    while read < BYTES {
        std::thread::sleep(Duration::from_millis(100));
        let mut filled = 0;
        while filled < piece.len() {
            match slow.read(&mut piece[filled..]).unwrap() {
                0 => break,
                more => filled += more,
            }
        }
        assert!(filled > 0, "cut after {read} bytes");
        read += filled;
    }
    assert_eq!(read, BYTES);
    drop(slow);
    assert_eq!(server.post(CHAT, &[], ASK).status, 200);
}
