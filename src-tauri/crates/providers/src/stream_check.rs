//! What every streamed format is held against in its tests: split anywhere it gives the same answer, and cut
//! anywhere it is never complete too early.

use crate::wire::{End, Fragment, WireFormat};
use crate::{Call, ProviderError};
use plumbline_model::{ChatRequest, Completion, ResponseStatus};
use serde_json::Value;

/// A call of model `m`.
pub(crate) fn call(request: ChatRequest) -> Call {
    Call {
        model: "m".to_owned(),
        request,
        request_hash: String::new(),
        idempotency_key: String::new(),
        repeat: 0,
    }
}

/// The body of a call, read back.
pub(crate) fn body(format: &dyn WireFormat, request: ChatRequest) -> Result<Value, ProviderError> {
    let bytes = format.body(&call(request))?;
    Ok(serde_json::from_slice(&bytes).unwrap())
}

/// Reads a stream given in chunks, stopping at the terminal event as the exchange does: the completion and
/// what was reported on the way.
pub(crate) fn read(format: &dyn WireFormat, chunks: &[&[u8]], end: End) -> (Completion, String) {
    let mut answer = format.answer(&call(ChatRequest::default()));
    let mut said = String::new();
    let mut end = end;
    for chunk in chunks {
        let mut out = |fragment: Fragment<'_>| {
            if let Fragment::Text(text) = fragment {
                said.push_str(text);
            }
        };
        if answer.feed(chunk, &mut out).unwrap() {
            end = End::Orderly;
            break;
        }
    }
    (answer.finish(end), said)
}

/// Splits `stream` at every byte and cuts it at every byte. A body that ends in order is complete from
/// `terminal_end` on, one that is lost from `lost_end` on; before them, never.
pub(crate) fn check(format: &dyn WireFormat, stream: &[u8], terminal_end: usize, lost_end: usize) {
    let whole = read(format, &[stream], End::Orderly);
    assert_eq!(whole.0.status, ResponseStatus::Complete);
    assert_eq!(whole.0.text, whole.1, "the events add up to the text");
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(read(format, &bytes, End::Orderly), whole);
    for at in 0..=stream.len() {
        let (head, tail) = stream.split_at(at);
        assert_eq!(
            read(format, &[head, tail], End::Orderly),
            whole,
            "split at {at}"
        );
        for (end, complete) in [
            (End::Orderly, at >= terminal_end),
            (End::Cut, at >= lost_end),
        ] {
            let (cut, _) = read(format, &[head], end);
            assert_eq!(
                cut.status == ResponseStatus::Complete,
                complete,
                "{end:?} at {at}"
            );
        }
    }
}
