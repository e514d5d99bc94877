//! The call that every test makes, and how it reaches a server.

use plumbline_model::{ChatRequest, Message, Role};
use plumbline_providers::{ApiKey, Call, Provider, ProviderSettings, Timeouts, connect};
use std::sync::Arc;
use std::time::Duration;

/// Far longer than any step of a test takes, so that only a limit that is set on purpose is reached.
pub(crate) const PATIENT: Timeouts = Timeouts {
    connect: Duration::from_secs(30),
    first_byte: Duration::from_secs(30),
    idle: Duration::from_secs(30),
    total: Duration::from_secs(30),
};

/// A limit that a server which never goes on is sure to reach.
pub(crate) const SHORT: Duration = Duration::from_millis(150);

pub(crate) fn call() -> Call {
    Call {
        model: "m".to_owned(),
        request: ChatRequest {
            messages: vec![Message::text(Role::User, "say hello")],
            ..ChatRequest::default()
        },
        request_hash: "ab".repeat(32),
        idempotency_key: "attempt-1".to_owned(),
        repeat: 0,
    }
}

/// A provider at `base_url`, with a key for it where one is given.
pub(crate) fn provider(
    name: &str,
    base_url: &str,
    key: Option<&str>,
    timeouts: Timeouts,
) -> Arc<dyn Provider> {
    connect(&ProviderSettings {
        provider: name.to_owned(),
        base_url: Some(base_url.to_owned()),
        api_key: key.map(|secret| ApiKey::for_origin(base_url, secret).unwrap()),
        timeouts,
    })
    .unwrap()
}
