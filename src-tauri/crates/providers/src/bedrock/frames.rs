//! AWS event-stream messages, read incrementally: bytes in, whole messages out, wherever the chunks were cut.
//!
//! The library checks both checksums of every message (prelude and whole); here the length is bounded before
//! anything is kept for it.

use crate::wire::WireError;
use aws_smithy_eventstream::frame::read_message_from;
use plumbline_model::sse::Next;

/// Most bytes of one message.
const MAX_FRAME_BYTES: usize = 16 * 1024 * 1024;
/// Two lengths and two checksums.
const MIN_FRAME_BYTES: usize = 16;

/// One message.
pub(super) struct Frame<'a> {
    /// The header `:message-type`: `event`, `exception` or `error`.
    pub(super) kind: &'a str,
    /// The header `:event-type`, `:exception-type` or `:error-code`.
    pub(super) name: &'a str,
    pub(super) payload: &'a [u8],
}

/// The bytes of messages that are not whole yet.
#[derive(Debug, Default)]
pub(super) struct FrameParser(Vec<u8>);

impl FrameParser {
    /// Reads a chunk and hands over every message that ends in it, in order.
    pub(super) fn feed(
        &mut self,
        chunk: &[u8],
        mut on_frame: impl FnMut(Frame<'_>) -> Result<Next, WireError>,
    ) -> Result<Next, WireError> {
        self.0.extend_from_slice(chunk);
        let held = std::mem::take(&mut self.0);
        let mut rest = held.as_slice();
        while let Some(length) = frame_length(rest)? {
            let Some((frame, after)) = rest.split_at_checked(length) else {
                break;
            };
            rest = after;
            let message = read_message_from(frame).map_err(|error| {
                WireError::Malformed(format!("a message of the event stream is damaged: {error}"))
            })?;
            let header = |name: &str| {
                let mut headers = message.headers().iter();
                let found = headers.find(|header| header.name().as_str() == name)?;
                found.value().as_string().ok().map(|value| value.as_str())
            };
            let name = [":event-type", ":exception-type", ":error-code"]
                .into_iter()
                .find_map(header);
            let next = on_frame(Frame {
                kind: header(":message-type").unwrap_or_default(),
                name: name.unwrap_or_default(),
                payload: message.payload(),
            })?;
            if next == Next::Stop {
                return Ok(Next::Stop);
            }
        }
        let read = held.len() - rest.len();
        self.0 = held;
        self.0.drain(..read);
        Ok(Next::Continue)
    }
}

/// The whole length of the message that begins here, once its first four bytes came.
fn frame_length(bytes: &[u8]) -> Result<Option<usize>, WireError> {
    let Some(length) = bytes.first_chunk::<4>() else {
        return Ok(None);
    };
    usize::try_from(u32::from_be_bytes(*length))
        .ok()
        .filter(|length| (MIN_FRAME_BYTES..=MAX_FRAME_BYTES).contains(length))
        .map(Some)
        .ok_or_else(|| {
            WireError::Malformed(
                "it is no AWS event stream, or a message is above 16 MB".to_owned(),
            )
        })
}
