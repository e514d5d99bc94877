//! Live intake over HTTP on this machine: an OTLP receiver and a recording proxy.
//!
//! This room knows HTTP and nothing of a workspace: what arrives goes to a [`Sink`]. It is reachable from this
//! machine only, and every page that a browser shows is kept out: the `Host` must be ours, an `Origin` is refused,
//! and no header ever invites another origin. Everything is bounded: connections, time, bytes of one body after
//! it is unpacked, and bytes of all bodies together.
//! Sources: OTLP 1.x, "OTLP/HTTP"; RFC 9110 and 9112; `google.rpc.Status`.

mod address;
mod answer;
mod body;
mod front;
mod limits;
mod messages;
mod patience;
mod proxy;
mod receiver;
mod refusal;
mod room;
mod server;
mod sink;
mod traffic;

pub use address::Loopback;
pub use limits::Limits;
pub use proxy::{
    BUDGET_HEADER, Guard, Judged, NamedCall, PROMPT_HEADER, Proxy, Recorded, Recorder, Token,
};
pub use server::serve;
pub use sink::{Accepted, Batch, Encoding, Refused, Signal, Sink};
pub use traffic::Traffic;

/// The port of OTLP/HTTP.
pub const OTLP_PORT: u16 = 4318;
