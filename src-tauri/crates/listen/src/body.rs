//! Reading a body: within its time, its size after it is unpacked, and the room that all bodies share.

use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::room::{Room, Taken};
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Incoming};
use std::io::{Error, Write};
use std::time::Duration;
use tokio::time::timeout;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
}

/// Room is taken in steps of this size where a body does not say how long it is.
const STEP: usize = 256 * 1024;
/// How much of a refused body is read, so that its sender hears the answer and not a broken connection.
const DRAINED_BYTES: u64 = 64 * 1024 * 1024;
const DRAINED_TIME: Duration = Duration::from_secs(2);

/// The plain bytes of a body, with the room they take.
pub(crate) async fn read(
    body: &mut Incoming,
    packing: Packing,
    limits: &Limits,
    room: &Room,
) -> Result<(Vec<u8>, Taken), Refusal> {
    let mut plain = Plain {
        bytes: Vec::new(),
        limit: limits.body_bytes,
        taken: room.part(),
        refusal: None,
    };
    if let (Packing::Plain, Some(length)) = (packing, body.size_hint().exact()) {
        plain.expect(length)?;
    }
    let read = async {
        match packing {
            Packing::Plain => {
                let read = pour(body, &mut plain).await;
                outcome(read, plain.refusal.take())
            }
            Packing::Gzip => {
                let mut unpacked = MultiGzDecoder::new(&mut plain);
                let mut read = pour(body, &mut unpacked).await;
                if read.is_ok() {
                    read = unpacked
                        .try_finish()
                        .map_err(|error| bad(format!("the gzip stream is broken or cut: {error}")));
                }
                drop(unpacked);
                outcome(read, plain.refusal.take())
            }
        }
    };
    match timeout(limits.body, read).await {
        Ok(Ok(())) => Ok((plain.bytes, plain.taken)),
        Ok(Err(refusal)) => Err(refusal),
        Err(_) => {
            Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body took too long").hang_up())
        }
    }
}

/// What a bound says goes before the error that it made.
fn outcome(read: Result<(), Refusal>, bound: Option<Refusal>) -> Result<(), Refusal> {
    match bound {
        Some(refusal) => Err(refusal),
        None => read,
    }
}

async fn pour(body: &mut Incoming, into: &mut impl Write) -> Result<(), Refusal> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| bad(format!("the body broke off: {error}")).hang_up())?;
        if let Ok(data) = frame.into_data() {
            into.write_all(&data)
                .map_err(|error| bad(format!("the gzip stream is broken: {error}")))?;
        }
    }
    Ok(())
}

fn bad(why: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, why)
}

/// Reads on for a while what nobody wants.
pub(crate) async fn drain(body: &mut (impl Body<Data = Bytes> + Unpin)) {
    let mut left = DRAINED_BYTES;
    let drained = async {
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
            left = left.saturating_sub(bytes);
            if left == 0 {
                return;
            }
        }
    };
    let _ = timeout(DRAINED_TIME, drained).await;
}

/// Plain bytes up to a limit.
struct Plain {
    bytes: Vec<u8>,
    limit: usize,
    taken: Taken,
    refusal: Option<Refusal>,
}

impl Plain {
    /// Takes room for all of a body that says its length.
    fn expect(&mut self, length: u64) -> Result<(), Refusal> {
        match usize::try_from(length) {
            Ok(length) if length <= self.limit => {
                if self.taken.grow_to(length) {
                    Ok(())
                } else {
                    Err(no_room())
                }
            }
            _ => Err(self.too_large()),
        }
    }

    fn too_large(&self) -> Refusal {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is larger than {} bytes", self.limit),
        )
    }
}

fn no_room() -> Refusal {
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too much is waiting to be stored",
    )
}

impl Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let length = self.bytes.len() + bytes.len();
        if length > self.limit {
            self.refusal = Some(self.too_large());
            return Err(Error::other("too large"));
        }
        if length > self.taken.bytes() && !self.taken.grow_to(length.next_multiple_of(STEP)) {
            self.refusal = Some(no_room());
            return Err(Error::other("no room"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
