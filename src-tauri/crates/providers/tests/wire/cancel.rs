//! Cancelling at every wait: it ends at once and says whether the request may have arrived.

use crate::client::{PATIENT, call, provider};
use crate::fault_server::{FaultServer, Step, chunked, response};
use plumbline_providers::ProviderError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const EVENT: &[u8] = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n";

#[tokio::test]
async fn cancelling_ends_every_wait_and_tells_sent_from_unsent() {
    let json_head = response(200, "content-type: application/json\r\n", b"{", 99);
    let error_head = response(500, "", b"oh", 99);
    for (name, steps, secure, sent) in [
        ("connecting", vec![Step::Stall], true, false),
        ("first byte", vec![Step::Read, Step::Stall], false, true),
        (
            "mid stream",
            vec![Step::Read, Step::Send(chunked([EVENT])), Step::Stall],
            false,
            true,
        ),
        (
            "mid JSON",
            vec![Step::Read, Step::Send(json_head), Step::Stall],
            false,
            true,
        ),
        (
            "mid error",
            vec![Step::Read, Step::Send(error_head), Step::Stall],
            false,
            true,
        ),
    ] {
        let server = FaultServer::start(steps).await;
        let base = if secure {
            server.origin.replace("http:", "https:")
        } else {
            server.origin.clone()
        };
        let provider = provider("local", &base, None, PATIENT);
        let cancel = CancellationToken::new();
        let canceller = {
            let cancel = cancel.clone();
            async move {
                // Time to reach the wait in question; PATIENT would hold it for 30 s.
                tokio::time::sleep(Duration::from_millis(300)).await;
                cancel.cancel();
            }
        };
        let call = call();
        let both = async { tokio::join!(provider.chat(&call, &|_| {}, &cancel), canceller) };
        let (outcome, ()) = tokio::time::timeout(Duration::from_secs(10), both)
            .await
            .unwrap_or_else(|_| panic!("{name}: still waiting"));
        assert_eq!(
            outcome.unwrap_err(),
            ProviderError::Cancelled { sent },
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_call_cancelled_beforehand_sends_nothing() {
    let server = FaultServer::start(vec![Step::Read, Step::Stall]).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let outcome = provider("local", &server.origin, None, PATIENT)
        .chat(&call(), &|_| {}, &cancel)
        .await;
    assert_eq!(
        outcome.unwrap_err(),
        ProviderError::Cancelled { sent: false }
    );
    assert!(server.requests().is_empty());
}
