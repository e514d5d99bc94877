//! A key reaches its own origin and nothing else.

use crate::client::{PATIENT, call, provider};
use crate::fault_server::{FaultServer, Step, response};
use plumbline_model::{Problem, ResponseStatus};
use plumbline_providers::{ApiKey, ProviderError, ProviderSettings, connect, keys_from_env};
use std::net::TcpListener;
use std::process::Command;
use tokio_util::sync::CancellationToken;

const CANARY: &str = "sk-canary-7f3a9b2c4d5e6f";

const VENDORS: [&str; 8] = [
    "openai",
    "openai_responses",
    "anthropic",
    "gemini",
    "azure_openai",
    "bedrock",
    "ollama",
    "local",
];

#[tokio::test]
async fn a_redirect_is_an_error_that_names_it_and_the_other_server_sees_nothing() {
    for provider_name in VENDORS {
        for status in [301, 302, 303, 307, 308] {
            let other = FaultServer::start(vec![Step::Read]).await;
            let location = format!("location: {}/v1?token={CANARY}\r\n", other.origin);
            let answer = response(status, &location, b"", 0);
            let first = FaultServer::start(vec![Step::Read, Step::Send(answer)]).await;
            let error = provider(provider_name, &first.origin, Some(CANARY), PATIENT)
                .chat(&call(), &|_| {}, &CancellationToken::new())
                .await
                .unwrap_err();
            assert_eq!(error.http_status(), Some(status));
            assert!(error.to_string().contains(&other.origin), "{error}");
            assert!(!format!("{error:?}").contains(CANARY), "{error:?}");
            assert!(!error.retryable());
            assert!(
                other.requests().is_empty(),
                "{provider_name} followed {status}"
            );
            let sent = String::from_utf8(first.requests().remove(0)).unwrap();
            assert!(sent.contains(CANARY), "the first server is the key's own");
        }
    }
}

#[tokio::test]
async fn each_format_sends_the_key_in_its_own_header_once() {
    for (name, header) in [
        ("openai", format!("authorization: Bearer {CANARY}\r\n")),
        ("local", format!("authorization: Bearer {CANARY}\r\n")),
        (
            "openai_responses",
            format!("authorization: Bearer {CANARY}\r\n"),
        ),
        ("ollama", format!("authorization: Bearer {CANARY}\r\n")),
        ("anthropic", format!("x-api-key: {CANARY}\r\n")),
        ("bedrock", format!("authorization: Bearer {CANARY}\r\n")),
        ("azure_openai", format!("api-key: {CANARY}\r\n")),
        ("gemini", format!("x-goog-api-key: {CANARY}\r\n")),
    ] {
        let server =
            FaultServer::start(vec![Step::Read, Step::Send(response(400, "", b"", 0))]).await;
        let provider = provider(
            name,
            &format!("{}/base/", server.origin),
            Some(CANARY),
            PATIENT,
        );
        let _ = provider
            .chat(&call(), &|_| {}, &CancellationToken::new())
            .await;
        let sent = String::from_utf8(server.requests().remove(0)).unwrap();
        assert_eq!(sent.matches(CANARY).count(), 1, "{sent}");
        assert!(sent.contains(&header), "{sent}");
        let path = match name {
            "openai_responses" => "/base/responses",
            "anthropic" => "/base/v1/messages",
            "gemini" => "/base/models/m:streamGenerateContent?alt=sse",
            "azure_openai" => "/base/openai/deployments/m/chat/completions?api-version=2024-10-21",
            "bedrock" => "/base/model/m/converse-stream",
            "ollama" => "/base/api/chat",
            _ => "/base/chat/completions",
        };
        assert!(
            sent.starts_with(&format!("POST {path} HTTP/1.1\r\n")),
            "{sent}"
        );
        assert_eq!(
            name == "anthropic",
            sent.contains("anthropic-version: 2023-06-01\r\n"),
            "{sent}"
        );
        assert!(sent.contains("idempotency-key: attempt-1\r\n"), "{sent}");
        assert!(
            !sent.contains("cookie") && !sent.contains("referer"),
            "{sent}"
        );
    }
}

#[tokio::test]
async fn bedrock_is_sent_a_signature_and_never_the_secret() {
    let refusal = format!("{{\"message\":\"token {CANARY}-token is expired\"}}");
    let answer = response(403, "", refusal.as_bytes(), refusal.len());
    let server = FaultServer::start(vec![Step::Read, Step::Send(answer)]).await;
    let lookup = |name: &str| match name {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME" => Some(server.origin.clone()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some(CANARY.to_owned()),
        "AWS_SESSION_TOKEN" => Some(format!("{CANARY}-token")),
        _ => None,
    };
    let provider = connect(&ProviderSettings {
        provider: "bedrock".to_owned(),
        api_key: keys_from_env("bedrock", None, &lookup).unwrap(),
        ..ProviderSettings::default()
    })
    .unwrap();
    let mut call = call();
    call.model = "a.b-v1:0".to_owned();
    let error = provider
        .chat(&call, &|_| {}, &CancellationToken::new())
        .await
        .unwrap_err();
    assert_eq!(error.http_status(), Some(403));
    assert!(!format!("{error} {error:?}").contains(CANARY), "{error:?}");
    let sent = String::from_utf8(server.requests().remove(0)).unwrap();
    assert!(
        sent.starts_with("POST /model/a.b-v1%3A0/converse-stream HTTP/1.1\r\n"),
        "{sent}"
    );
    assert!(
        sent.contains("authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"),
        "{sent}"
    );
    let token = format!("x-amz-security-token: {CANARY}-token\r\n");
    assert!(sent.contains(&token), "{sent}");
    assert_eq!(sent.matches(CANARY).count(), 1, "only the token: {sent}");
}

#[tokio::test]
async fn a_provider_that_echoes_the_key_does_not_get_it_shown() {
    let as_json =
        format!("{{\"error\":{{\"message\":\"bad key {CANARY} given\",\"code\":\"{CANARY}\"}}}}");
    let as_text = format!("Authorization: Bearer {CANARY}\r\n");
    let in_html_type = format!("content-type: {CANARY}\r\n");
    let event = format!("data: {as_json}\n\n");
    let junk = format!("data: {{\"choices\":\"{CANARY}\"}}\n\n");
    let sse = "content-type: text/event-stream\r\n";
    for (name, answer) in [
        ("JSON", response(401, "", as_json.as_bytes(), as_json.len())),
        ("text", response(500, "", as_text.as_bytes(), as_text.len())),
        ("content type", response(200, &in_html_type, b"x", 1)),
        ("event", response(200, sse, event.as_bytes(), event.len())),
        (
            "malformed event",
            response(200, sse, junk.as_bytes(), junk.len()),
        ),
    ] {
        let server = FaultServer::start(vec![Step::Read, Step::Send(answer)]).await;
        let error = provider("local", &server.origin, Some(CANARY), PATIENT)
            .chat(&call(), &|_| {}, &CancellationToken::new())
            .await
            .unwrap_err();
        let shown = format!("{error} {error:?} {:?}", Problem::from(error.clone()));
        assert!(!shown.contains(CANARY), "{name}: {shown}");
        assert!(shown.contains("[key]"), "{name}: {shown}");
    }
}

#[tokio::test]
async fn a_key_of_another_port_is_refused_before_a_connection_is_made() {
    let server = FaultServer::start(vec![Step::Read]).await;
    let elsewhere = FaultServer::start(vec![Step::Read]).await;
    let settings = ProviderSettings {
        provider: "openai".to_owned(),
        base_url: Some(server.origin.clone()),
        api_key: Some(ApiKey::for_origin(&elsewhere.origin, CANARY).unwrap()),
        ..ProviderSettings::default()
    };
    assert!(
        !format!("{settings:?}").contains(CANARY),
        "settings may be logged"
    );
    let error = connect(&settings).map(|_| ()).unwrap_err();
    assert!(
        matches!(error, ProviderError::KeyElsewhere { .. }),
        "{error:?}"
    );
    assert!(server.requests().is_empty());
}

/// Runs itself again as a child whose environment names a proxy, since a process cannot safely change its own.
#[test]
fn loopback_calls_ignore_a_proxy_of_the_environment() {
    const CHILD: &str = "PLUMBLINE_TEST_PROXIED_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(async {
            let body =
                b"{\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}";
            let answer = response(200, "content-type: application/json\r\n", body, body.len());
            let server = FaultServer::start(vec![Step::Read, Step::Send(answer)]).await;
            let answer = provider("local", &server.origin, Some(CANARY), PATIENT)
                .chat(&call(), &|_| {}, &CancellationToken::new())
                .await
                .unwrap();
            assert_eq!(answer.status, ResponseStatus::Complete);
        });
    }
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "keys::loopback_calls_ignore_a_proxy_of_the_environment",
    ]);
    child
        .env(CHILD, "1")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    for variable in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "all_proxy",
    ] {
        child.env(variable, &address);
    }
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    assert!(proxy.accept().is_err(), "the proxy was called");
}
