//! Who may ask: every way in which a web page could reach this server is refused, for every method and path.

use crate::support::{Reply, Server, reply};
use std::io::Write;

const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE",
];
const PATHS: [&str; 6] = [
    "/v1/traces",
    "/v1/logs",
    "/v1/metrics",
    "/",
    "/health",
    "/*",
];

/// A request whose head is exactly these lines, and `{}` as its body.
fn ask(server: &Server, first: &str, lines: &[String]) -> Reply {
    let mut head = format!("{first} HTTP/1.1\r\n");
    for line in lines {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head.push_str("Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    server.raw(head.as_bytes())
}

fn no_cors(reply: &Reply) {
    assert!(
        !reply.head.to_ascii_lowercase().contains("access-control"),
        "{}",
        reply.head
    );
}

#[test]
fn the_three_names_of_this_machine_are_answered() {
    let server = Server::start();
    let port = server.port;
    for host in [
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
        format!("localhost:{port}"),
        format!("LocalHost:{port}"),
    ] {
        let found = ask(&server, "POST /v1/traces", &[format!("Host: {host}")]);
        assert_eq!(found.status, 200, "{host}: {}", found.text());
        no_cors(&found);
    }
    if let Some(mut v6) = server.connect_v6() {
        let request = format!(
            "POST /v1/traces HTTP/1.1\r\nHost: [::1]:{port}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        v6.write_all(request.as_bytes()).unwrap();
        assert_eq!(reply(&mut v6).unwrap().status, 200);
    }
}

/// Names that are not ours: other names, other ports, and ours with something added.
fn foreign(port: u16) -> Vec<String> {
    let other = port.wrapping_add(1);
    let mut hosts: Vec<String> = [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "",
        ":",
        "evil.example",
        "127.0.0.1:",
        "localhost:",
        "127.0.0.1:80",
        "localhost:80",
        "[::1]:80",
        "127.0.0.1:4318x",
        "null",
        "*",
        ".",
        "..",
    ]
    .iter()
    .map(|&host| host.to_owned())
    .collect();
    for name in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil-localhost",
        "localhost.",
        "localhost..",
        "localhost.localdomain",
        "127.0.0.1.",
        "127.0.0.2",
        "127.1",
        "127.0.1",
        "0.0.0.0",
        "0",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[::1%25lo]",
        "::1",
        "0:0:0:0:0:0:0:1",
        "user@127.0.0.1",
        "user:pass@localhost",
        "127.0.0.1@evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1,evil.example",
        "evil.example,127.0.0.1",
        "127.0.0.1 evil.example",
        "http://127.0.0.1",
        "//127.0.0.1",
        "127.0.0.1/",
        "127.0.0.1#",
        "127.0.0.1?",
        "127.0.0.1\\",
        "169.254.169.254",
        "metadata.google.internal",
        "10.0.0.1",
        "192.168.1.1",
        "LOCALHOST.EVIL.EXAMPLE",
        "loca1host",
        "localhost%00",
        "localhost%2e",
        "xn--localhost",
        "127。0。0。1",
        "ⓛocalhost",
        "١٢٧.0.0.1",
        "a.localhost",
        "app.localhost",
        "localhost\t",
        "7f000001.rbndr.example",
        "1.0.0.127.in-addr.arpa",
        "host.docker.internal",
        "ip6-localhost",
        "broadcasthost",
        "127.0.0.1:1",
        "localhost:1",
    ] {
        hosts.push(format!("{name}:{port}"));
    }
    for name in ["127.0.0.1", "localhost", "[::1]"] {
        hosts.push(format!("{name}:{other}"));
        hosts.push(format!("{name}:0{port}"));
        hosts.push(format!("{name}:+{port}"));
        hosts.push(format!("{name}:{port}0"));
        hosts.push(format!("{name}:{port}/"));
        hosts.push(format!("{name}:{port}@evil.example"));
        hosts.push(format!("{name}:{port},evil.example:{port}"));
        hosts.push(format!("{name}:{port} {name}:{port}"));
        hosts.push(format!("{name};{port}"));
    }
    hosts
}

#[test]
fn no_other_name_passes_whatever_is_asked() {
    let server = Server::start();
    let hosts = foreign(server.port);
    let mut asked = 0;
    for (at, host) in hosts.iter().enumerate() {
        // Every method and path meets every third name, and the one that would be answered meets all.
        let all = METHODS
            .iter()
            .flat_map(|method| PATHS.iter().map(move |path| (*method, *path)));
        let some = all.enumerate().filter(|(n, _)| (n + at) % 3 == 0);
        for (_, (method, path)) in some.chain([(0, ("POST", "/v1/traces"))]) {
            let found = ask(
                &server,
                &format!("{method} {path}"),
                &[format!("Host: {host}")],
            );
            assert!(
                [400, 421].contains(&found.status),
                "{method} {path}, Host {host:?}: {}",
                found.status
            );
            no_cors(&found);
            asked += 1;
        }
    }
    assert!(asked > 1_000, "{asked}");
    assert_eq!(server.seen(), []);
}

#[test]
fn no_host_and_two_hosts_are_refused() {
    let server = Server::start();
    let ours = format!("Host: 127.0.0.1:{}", server.port);
    let evil = "Host: evil.example".to_owned();
    for lines in [
        vec![],
        vec![ours.clone(), evil.clone()],
        vec![evil.clone(), ours.clone()],
        vec![ours.clone(), ours.clone()],
        vec![ours.clone(), "hOsT: localhost".to_owned()],
        vec![evil, format!("X-Forwarded-Host: 127.0.0.1:{}", server.port)],
    ] {
        let found = ask(&server, "POST /v1/traces", &lines);
        assert!(
            [400, 421].contains(&found.status),
            "{lines:?}: {}",
            found.status
        );
    }
    // HTTP/1.0 needs no Host and gets no answer without one.
    let old = b"POST /v1/traces HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(server.raw(old).status, 421);
    assert_eq!(server.seen(), []);
}

#[test]
fn an_address_in_full_must_be_ours_and_that_of_the_host() {
    let server = Server::start();
    let port = server.port;
    let host = vec![format!("Host: 127.0.0.1:{port}")];
    let ask = |target: &str, host: &[String]| ask(&server, &format!("POST {target}"), host).status;
    assert_eq!(
        ask(&format!("http://127.0.0.1:{port}/v1/traces"), &host),
        200
    );
    for target in [
        "http://evil.example/v1/traces".to_owned(),
        format!("http://evil.example:{port}/v1/traces"),
        format!("https://127.0.0.1:{port}/v1/traces"),
        format!("ftp://127.0.0.1:{port}/v1/traces"),
        format!("http://localhost:{port}/v1/traces"),
        format!("http://127.0.0.1:{port}@evil.example/v1/traces"),
        format!("http://user@127.0.0.1:{port}/v1/traces"),
        "http://127.0.0.1/v1/traces".to_owned(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
    ] {
        let status = ask(&target, &host);
        assert!([400, 421].contains(&status), "{target}: {status}");
    }
    let evil = vec!["Host: evil.example".to_owned()];
    assert_eq!(
        ask(&format!("http://127.0.0.1:{port}/v1/traces"), &evil),
        421
    );
    let connect = format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    let status = server.raw(connect.as_bytes()).status;
    assert!((400..500).contains(&status), "{status}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn what_a_browser_asks_for_a_page_is_refused_without_an_origin_too() {
    let server = Server::start();
    let host = format!("Host: 127.0.0.1:{}", server.port);
    for site in ["cross-site", "same-site", "same-origin", "", "None"] {
        for method in METHODS {
            let lines = [host.clone(), format!("Sec-Fetch-Site: {site}")];
            let found = ask(&server, &format!("{method} /v1/traces"), &lines);
            assert_eq!(found.status, 403, "{method}, Sec-Fetch-Site {site:?}");
            no_cors(&found);
        }
    }
    let two = ["none", "cross-site"].map(|site| format!("Sec-Fetch-Site: {site}"));
    let found = ask(
        &server,
        "POST /v1/traces",
        &[host.clone(), two[0].clone(), two[1].clone()],
    );
    assert_eq!(found.status, 403, "one of two is enough");
    assert_eq!(server.seen(), []);
    let typed = [host, two[0].clone()];
    assert_eq!(
        ask(&server, "GET /v1/traces", &typed).status,
        405,
        "an address that a person typed"
    );
}

#[test]
fn an_origin_is_refused_whatever_it_is() {
    let server = Server::start();
    let port = server.port;
    let host = format!("Host: 127.0.0.1:{port}");
    for origin in [
        "null".to_owned(),
        String::new(),
        "https://evil.example".to_owned(),
        "http://localhost".to_owned(),
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        "tauri://localhost".to_owned(),
        "file://".to_owned(),
        "chrome-extension://abc".to_owned(),
    ] {
        for method in METHODS {
            for path in PATHS {
                let lines = [host.clone(), format!("Origin: {origin}")];
                let found = ask(&server, &format!("{method} {path}"), &lines);
                assert_eq!(found.status, 403, "{method} {path}, Origin {origin:?}");
                no_cors(&found);
            }
        }
    }
    // A preflight, also the one that asks for a private network.
    let lines = [
        host,
        "Origin: https://evil.example".to_owned(),
        "Access-Control-Request-Method: POST".to_owned(),
        "Access-Control-Request-Headers: content-type".to_owned(),
        "Access-Control-Request-Private-Network: true".to_owned(),
    ];
    let found = ask(&server, "OPTIONS /v1/traces", &lines);
    assert_eq!(found.status, 403);
    no_cors(&found);
    assert_eq!(server.seen(), []);
}
