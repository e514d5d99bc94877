//! Scripted faults against a real socket: each must get its one classification, with one request sent.

use crate::client::{PATIENT, call, provider};
use crate::fault_server::{FaultServer, Step, nobody, response};
use crate::scenarios::Expect::{
    Ambiguous, Complete, ConnectOrAmbiguous, Malformed, Refused, Timeout, Truncated,
};
use crate::scenarios::{
    DONE, Expect, HEL, LO, SSE, STOP, Scenario, cut_answers, lost_answers, refusals,
    unreadable_answers, whole_answers, with_length,
};
use plumbline_model::{Completion, ResponseStatus};
use plumbline_providers::ProviderError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

fn matches(outcome: &Result<Completion, ProviderError>, expect: &Expect) -> bool {
    match (outcome, expect) {
        (Ok(answer), Complete(text)) => {
            answer.status == ResponseStatus::Complete && answer.text == *text
        }
        (Ok(answer), Truncated(text)) => {
            answer.status == ResponseStatus::Truncated && answer.text == *text
        }
        (
            Err(ProviderError::Refused {
                http_status,
                message,
                ..
            }),
            Refused(status, words),
        ) => http_status == status && message.contains(words),
        (Err(ProviderError::Timeout { phase, .. }), Timeout(expected)) => phase == expected,
        (Err(error @ ProviderError::Connect { .. }), Expect::Connect | ConnectOrAmbiguous) => {
            !error.ambiguous() && error.retryable()
        }
        (Err(error @ ProviderError::Ambiguous { .. }), Ambiguous | ConnectOrAmbiguous) => {
            error.ambiguous() && !error.retryable()
        }
        (Err(ProviderError::Malformed { .. }), Malformed) => true,
        _ => false,
    }
}

async fn run(scenario: &Scenario) -> Option<String> {
    let server = FaultServer::start(scenario.steps.clone()).await;
    let base = if scenario.secure {
        server.origin.replace("http:", "https:")
    } else {
        server.origin.clone()
    };
    let provider = provider(scenario.provider, &base, None, scenario.limits);
    let outcome = provider
        .chat(&call(), &|_| {}, &CancellationToken::new())
        .await;
    let expected = matches(&outcome, &scenario.expect);
    let reads = scenario.steps.iter().any(|step| matches!(step, Step::Read));
    let sent_once = server.requests().len() == usize::from(reads);
    let kept_short = outcome
        .as_ref()
        .err()
        .is_none_or(|error| error.to_string().len() < 2_500);
    (!(expected && sent_once && kept_short)).then(|| {
        format!(
            "{}: expected {:?}, sent {} time(s), got {outcome:?}",
            scenario.name,
            scenario.expect,
            server.requests().len()
        )
    })
}

pub(crate) async fn check(scenarios: Vec<Scenario>) {
    assert!(scenarios.len() >= 10);
    let mut wrong = Vec::new();
    for scenario in &scenarios {
        wrong.extend(run(scenario).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn whole_answers_are_complete_however_they_are_sent() {
    check(whole_answers()).await;
}

#[tokio::test]
async fn answers_without_their_end_are_truncated_whatever_ended_them() {
    check(cut_answers()).await;
}

#[tokio::test]
async fn answers_in_no_known_form_are_malformed() {
    check(unreadable_answers()).await;
}

#[tokio::test]
async fn calls_without_an_answer_are_sorted_by_whether_they_may_have_arrived() {
    check(lost_answers()).await;
}

#[tokio::test]
async fn refusals_keep_their_status_and_their_words() {
    check(refusals()).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_and_safe_to_try_again() {
    let origin = nobody().await;
    let provider = provider("local", &format!("{origin}/v1"), None, PATIENT);
    let error = provider
        .chat(&call(), &|_| {}, &CancellationToken::new())
        .await
        .unwrap_err();
    assert!(matches!(error, ProviderError::Connect { .. }), "{error:?}");
    assert!(error.retryable() && !error.ambiguous());
    assert!(error.to_string().contains(&origin), "{error}");
}

#[tokio::test]
async fn the_wait_a_provider_asks_for_is_read_from_its_headers() {
    for (headers, expected) in [
        ("retry-after: 7\r\n", Some(Duration::from_secs(7))),
        (
            "retry-after-ms: 250\r\nretry-after: 7\r\n",
            Some(Duration::from_millis(250)),
        ),
        (
            "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
            Some(Duration::ZERO),
        ),
        ("retry-after: -1\r\n", None),
        ("", None),
    ] {
        let steps = vec![Step::Read, Step::Send(with_length(429, headers, b""))];
        let server = FaultServer::start(steps).await;
        let provider = provider("local", &server.origin, None, PATIENT);
        let error = provider
            .chat(&call(), &|_| {}, &CancellationToken::new())
            .await
            .unwrap_err();
        assert_eq!(error.retry_after(), expected, "{headers:?}");
        assert_eq!(error.http_status(), Some(429));
    }
}

#[tokio::test]
async fn a_stream_lost_at_any_byte_is_never_complete() {
    let body = [HEL, LO, STOP, DONE].concat();
    for at in 0..body.len() {
        // A content-length that promises more than comes makes every cut a loss.
        let bytes = response(200, SSE, &body[..at], body.len());
        let server = FaultServer::start(vec![Step::Read, Step::Send(bytes)]).await;
        let provider = provider("local", &server.origin, None, PATIENT);
        match provider
            .chat(&call(), &|_| {}, &CancellationToken::new())
            .await
        {
            Ok(answer) => assert_eq!(answer.status, ResponseStatus::Truncated, "cut at {at}"),
            Err(error) => assert!(
                error.ambiguous() && at < HEL.len(),
                "cut at {at}: {error:?}"
            ),
        }
    }
}
