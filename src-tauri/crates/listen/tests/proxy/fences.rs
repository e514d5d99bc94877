//! Who may use the proxy, and that it leads to its upstreams and nowhere else.

use crate::support::{ASK, Server, TOKEN};
use crate::upstream::{Upstream, answer};

const NEAR: &str = "0123456789abcdef0123456789abcdee";

fn post(server: &Server, target: &str, lines: &[&str]) -> u16 {
    let mut head = format!(
        "POST {target} HTTP/1.1\r\nContent-Length: {}\r\n",
        ASK.len()
    );
    for line in lines {
        head.push_str(line);
        head.push_str("\r\n");
    }
    server.raw(&[head.as_bytes(), b"\r\n", ASK].concat()).status
}

#[test]
fn without_the_token_nothing_passes() {
    let upstream = Upstream::sending(answer(200, "", b"{}"));
    let server = Server::start(&upstream.url);
    let host = format!("Host: 127.0.0.1:{}", server.port);
    let half = format!("/{}/openai/v1/x", &TOKEN[..16]);
    for target in [
        "/",
        "/openai/v1/chat/completions",
        "/anthropic/v1/messages",
        "//openai",
        &half,
        &format!("/{NEAR}/openai/v1/x"),
        &format!("/{}/openai/v1/x", TOKEN.to_uppercase()),
        &format!("/{TOKEN}0/openai/v1/x"),
        &format!("//{TOKEN}/openai/v1/x"),
        &format!("/openai/{TOKEN}/v1/x"),
        &format!("/openai/v1/x?token={TOKEN}"),
        "/%30123456789abcdef0123456789abcdef/openai/v1/x",
    ] {
        assert_eq!(post(&server, target, &[&host]), 403, "{target}");
    }
    let openai = "/openai/v1/x";
    for given in [
        "",
        NEAR,
        "0",
        &format!("{TOKEN} "),
        &format!("Bearer {TOKEN}"),
    ] {
        let header = format!("X-Plumbline-Token: {given}");
        // Blanks around a value are no part of it.
        let expected = if given.trim() == TOKEN { 200 } else { 403 };
        assert_eq!(
            post(&server, openai, &[&host, &header]),
            expected,
            "{given:?}"
        );
    }
    let right = format!("X-Plumbline-Token: {TOKEN}");
    assert_eq!(
        post(&server, openai, &[&host, &right, &right]),
        403,
        "twice is unclear"
    );
    assert_eq!(
        post(
            &server,
            openai,
            &[&host, &format!("Authorization: Bearer {TOKEN}")]
        ),
        403
    );
    assert_eq!(upstream.seen().len(), 1);
}

#[test]
fn the_door_comes_before_the_token() {
    let upstream = Upstream::sending(answer(
        200,
        "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: x\r\n",
        b"{}",
    ));
    let server = Server::start(&upstream.url);
    let target = format!("/{TOKEN}/openai/v1/x");
    let ours = format!("Host: 127.0.0.1:{}", server.port);
    for host in [
        "Host: evil.example".to_owned(),
        format!("Host: evil.example:{}", server.port),
        "Host: 127.0.0.1".to_owned(),
    ] {
        assert_eq!(post(&server, &target, &[&host]), 421);
    }
    assert_eq!(post(&server, &target, &[]), 421);
    for origin in ["null", "https://evil.example", "http://localhost"] {
        assert_eq!(
            post(&server, &target, &[&ours, &format!("Origin: {origin}")]),
            403
        );
    }
    assert_eq!(upstream.seen().len(), 0);
    let found = server.post("/openai/v1/x", &[], ASK);
    assert_eq!(found.status, 200);
    assert!(
        !found.head.to_ascii_lowercase().contains("access-control"),
        "{}",
        found.head
    );
}

#[test]
fn no_address_leads_anywhere_but_to_the_upstream() {
    let upstream = Upstream::sending(answer(200, "", b"{}"));
    let elsewhere = Upstream::sending(answer(200, "", b"secret"));
    let other = elsewhere.url.strip_prefix("http://").unwrap();
    let other_port = other.rsplit(':').next().unwrap();
    let server = Server::start(&upstream.url);
    let host = format!("Host: 127.0.0.1:{}", server.port);
    let mut passed = 0;
    for rest in [
        format!("http://{other}/"),
        format!("//{other}/"),
        format!("@{other}/"),
        format!("{other}/"),
        format!("openai@{other}/"),
        format!("openai:x@{other}/"),
        format!("openai.{other}/"),
        format!("openai:{other_port}/"),
        format!("openai//{other}/"),
        format!("openai/@{other}/"),
        format!("openai/\\{other}/"),
        format!("openai/http://{other}/"),
        format!("openai/..//{other}/"),
        format!("openai/%2f%2f{other}/"),
        format!("openai/%5c%5c{other}/"),
        format!("openai/?url=http://{other}/"),
        format!("openai/v1/../../../{other}/"),
        format!("openai/;@{other}/"),
        format!("openai/:{other_port}/"),
        "openai/%00".to_owned(),
        "169.254.169.254/latest/meta-data".to_owned(),
        "[::ffff:169.254.169.254]/".to_owned(),
        "0x7f000001/".to_owned(),
        "2130706433/".to_owned(),
        "0177.0.0.1/".to_owned(),
        "[64:ff9b::a9fe:a9fe]/".to_owned(),
        "[2002:a9fe:a9fe::]/".to_owned(),
        "OPENAI/v1/x".to_owned(),
        "openai%2fv1/x".to_owned(),
        "google/v1/x".to_owned(),
        String::new(),
    ] {
        let status = post(&server, &format!("/{TOKEN}/{rest}"), &[&host]);
        assert!([200, 400, 404].contains(&status), "{rest}: {status}");
        passed += usize::from(status == 200);
    }
    // An address in full: ours or nothing.
    for target in [
        format!("http://{other}/{TOKEN}/openai/v1/x"),
        format!("http://{other}/"),
        format!("https://127.0.0.1:{}/{TOKEN}/openai/v1/x", server.port),
        format!("http://user@127.0.0.1:{}/{TOKEN}/openai/v1/x", server.port),
        format!("http://169.254.169.254/{TOKEN}/openai/v1/x"),
    ] {
        let status = post(&server, &target, &[&host]);
        assert!([400, 421].contains(&status), "{target}: {status}");
    }
    let ours = format!("http://127.0.0.1:{}/{TOKEN}/openai/v1/x", server.port);
    assert_eq!(post(&server, &ours, &[&host]), 200);
    let token = format!("X-Plumbline-Token: {TOKEN}");
    for target in [other, &format!("127.0.0.1:{}", server.port)] {
        let connect = format!("CONNECT {target} HTTP/1.1\r\n{host}\r\n{token}\r\n\r\n");
        let status = server.raw(connect.as_bytes()).status;
        assert!((400..500).contains(&status), "{status}");
    }
    let forwarded = [
        &host[..],
        "X-Forwarded-Host: evil.example",
        "Forwarded: host=evil.example",
    ];
    assert_eq!(
        post(&server, &format!("/{TOKEN}/openai/v1/x"), &forwarded),
        200
    );
    assert_eq!(elsewhere.connections(), 0);
    assert_eq!(upstream.seen().len(), passed + 2);
    for seen in upstream.seen() {
        assert_eq!(seen.header("host"), upstream.url.strip_prefix("http://"));
    }
}
