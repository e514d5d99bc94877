//! What is too large, too slow or too much: refused in bounded memory and time, and the server goes on.

use crate::support::{Server, gzip, reply, until};
use plumbline_listen::{Accepted, Limits};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

const GZIP: &str = "Content-Encoding: gzip";

fn small() -> Limits {
    Limits {
        body_bytes: 100_000,
        waiting_bytes: 300_000,
        ..Limits::default()
    }
}

fn ok(_: &[u8]) -> Result<Accepted, plumbline_listen::Refused> {
    Ok(Accepted::default())
}

#[test]
fn the_limit_counts_what_was_unpacked() {
    let server = Server::with(small(), ok);
    for (bytes, status) in [(100_000, 200), (100_001, 413), (5_000_000, 413)] {
        let body = vec![b' '; bytes];
        assert_eq!(server.export(&[], &body).status, status, "{bytes} plain");
        assert_eq!(
            server.export(&[GZIP], &gzip(&body)).status,
            status,
            "{bytes} packed"
        );
        let chunked = [
            format!(
                "POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
                 Transfer-Encoding: chunked\r\n\r\n{bytes:x}\r\n",
                server.port
            )
            .as_bytes(),
            &body,
            b"\r\n0\r\n\r\n",
        ]
        .concat();
        assert_eq!(server.raw(&chunked).status, status, "{bytes} in chunks");
    }
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn a_bomb_is_stopped_where_the_limit_is() {
    let server = Server::with(Limits::default(), ok);
    // 1 GiB in about 1 MB, and many members of nothing but zeros.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..1_024 {
        packed.write_all(&zeros).unwrap();
    }
    let bomb = packed.finish().unwrap();
    let started = Instant::now();
    assert_eq!(server.export(&[GZIP], &bomb).status, 413);
    let members = gzip(&zeros).repeat(100);
    assert_eq!(server.export(&[GZIP], &members).status, 413);
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(server.seen(), []);
}

#[test]
fn a_length_that_lies_is_a_refusal_or_a_timeout_and_no_allocation() {
    let limits = Limits {
        body: Duration::from_millis(300),
        ..small()
    };
    let server = Server::with(limits, ok);
    let head = |length: &str| {
        format!(
            "POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n",
            server.port
        )
    };
    for length in [
        "18446744073709551615",
        "99999999999999999999",
        "-1",
        "0x10",
        "1, 2",
        "1000000000000",
    ] {
        let mut stream = server.connect();
        stream.write_all(head(length).as_bytes()).unwrap();
        let status = reply(&mut stream).unwrap().status;
        assert!([400, 413, 431].contains(&status), "{length}: {status}");
    }
    let mut stream = server.connect();
    stream.write_all(head("50000").as_bytes()).unwrap();
    stream.write_all(b"{").unwrap();
    let found = reply(&mut stream).unwrap();
    assert_eq!(found.status, 408);
    assert_eq!(found.header("connection"), Some("close"));
    let two = b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}";
    assert_eq!(server.raw(two).status, 400);
    assert_eq!(server.seen(), []);
    // What the slow one had reserved is free again.
    assert_eq!(server.export(&[], &vec![b' '; 100_000]).status, 200);
}

/// Sends a byte now and then until the server has had enough; the time that took.
fn drip(mut stream: TcpStream, bytes: &[u8]) -> Duration {
    let started = Instant::now();
    stream
        .set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    for byte in bytes.iter().cycle() {
        let mut answer = [0; 64];
        let read = stream.read(&mut answer);
        if matches!(read, Ok(0)) || stream.write_all(&[*byte]).is_err() {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "still served");
    }
    started.elapsed()
}

#[test]
fn who_drips_is_cut_off_in_the_head_and_in_the_body() {
    let limits = Limits {
        head: Duration::from_millis(300),
        body: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = Server::with(limits, ok);
    drip(server.connect(), b"X");
    let mut stream = server.connect();
    stream.write_all(b"POST /v1/traces HTTP/1.1\r\n").unwrap();
    drip(stream, b"a: b\r\n");
    let mut stream = server.connect();
    stream
        .write_all(
            &server.request(
                "POST",
                "/v1/traces",
                &[
                    "Content-Type: application/json",
                    "Transfer-Encoding: chunked",
                ],
                b"",
            )[..],
        )
        .unwrap();
    drip(stream, b"1\r\n \r\n");
    // Silence after a connection, and between two requests.
    let mut stream = server.connect();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    let mut stream = server.connect();
    stream
        .write_all(&server.request(
            "POST",
            "/v1/traces",
            &["Content-Type: application/json"],
            b"{}",
        ))
        .unwrap();
    assert_eq!(reply(&mut stream).unwrap().status, 200);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_head_without_end_is_refused() {
    let server = Server::start();
    for line in [
        "A: b\r\n".repeat(100_000),
        format!("A: {}\r\n", "b".repeat(1_000_000)),
    ] {
        let mut stream = server.connect();
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{line}",
            server.port
        );
        // The server may close while this is being written.
        let _ = stream.write_all(head.as_bytes());
        if let Some(found) = reply(&mut stream) {
            assert!([400, 431].contains(&found.status), "{}", found.status);
        }
    }
    assert_eq!(server.export(&[], b"{}").status, 200);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn when_too_much_waits_the_next_is_told_to_come_again() {
    let server = Server::with(small(), ok);
    server.hold(true);
    let body = vec![b' '; 100_000];
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| server.export(&[], &body).status))
            .collect();
        until("three bodies to wait", || server.seen().len() == 3);
        for lines in [&[][..], &[GZIP]] {
            let sent = if lines.is_empty() {
                body.clone()
            } else {
                gzip(&body)
            };
            let found = server.export(lines, &sent);
            assert_eq!(found.status, 503);
            assert!(found.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
        }
        assert_eq!(server.seen().len(), 3, "what was refused reached nobody");
        server.hold(false);
        for waiting in waiting {
            assert_eq!(waiting.join().unwrap(), 200);
        }
    });
    assert_eq!(server.export(&[], &body).status, 200, "room came back");
}

#[test]
fn connections_above_the_limit_wait_for_a_place() {
    let limits = Limits {
        connections: 4,
        head: Duration::from_millis(400),
        ..Limits::default()
    };
    let server = Server::with(limits, ok);
    let idle: Vec<TcpStream> = (0..4).map(|_| server.connect()).collect();
    // Served once an idle one is cut off.
    assert_eq!(server.export(&[], b"{}").status, 200);
    drop(idle);
    thread::scope(|scope| {
        let many: Vec<_> = (0..64)
            .map(|_| scope.spawn(|| server.export(&["Connection: close"], b"{}").status))
            .collect();
        assert!(many.into_iter().all(|one| one.join().unwrap() == 200));
    });
}

#[test]
fn who_hangs_up_in_the_middle_costs_nobody_else() {
    let server = Server::with(small(), ok);
    for _ in 0..200 {
        let mut stream = server.connect();
        let request = server.request(
            "POST",
            "/v1/traces",
            &["Content-Type: application/json"],
            &[b' '; 90_000],
        );
        stream.write_all(&request[..request.len() / 2]).unwrap();
    }
    until("room to come back", || {
        server.export(&[], &vec![b' '; 100_000]).status == 200
    });
}

#[test]
fn stopping_lets_the_one_under_way_end_and_takes_no_other() {
    let server = Server::start();
    server.hold(true);
    thread::scope(|scope| {
        let under_way = scope.spawn(|| server.export(&[], b"{}").status);
        until("a request to be under way", || server.seen().len() == 1);
        server.stop();
        until("the port to be closed", || {
            TcpStream::connect(("127.0.0.1", server.port)).is_err()
        });
        server.hold(false);
        assert_eq!(under_way.join().unwrap(), 200);
    });
}
