//! Counting tokens and pricing them.
//!
//! Text is counted exactly for the two OpenAI vocabularies; whole requests are estimated before sending.
//! Prices come from a dated table that travels with the program, after the user's own overrides. Nothing
//! here reads the clock, the disk or the network: times are passed in and both vocabularies and the table
//! are compiled in.

mod any_pieces;
mod bound;
mod classes;
mod common_ends;
mod counting;
mod encoding;
mod error;
mod fitting;
mod live_count;
mod live_text;
mod piece_memory;
mod pieces;
pub mod prices;
mod request;
mod slot_hash;
mod stops;
mod sure_cuts;
#[cfg(test)]
mod testing;
mod vocabulary;

pub use bound::tokens_in_at_most;
pub use counting::{count, encode};
pub use encoding::{Encoding, encoding_for_model, published_encoding};
pub use error::TokensError;
pub use fitting::{KeptText, TextCut, count_up_to, fit_text};
pub use live_count::LiveCount;
pub use request::{RequestCounter, count_message, count_request};
