//! What tokens cost: a dated public price table, the user's overrides, and the arithmetic.
//!
//! The bundled table is `prices/genai-prices.json` beside this crate's sources (genai-prices, MIT; its
//! notice lies next to it), renewed by `cargo xtask prices`. It holds list prices of text tokens in US
//! dollars. Not modelled: batch, flex and priority rates, one-hour cache writes, audio and image tokens,
//! searches and pages.

mod clause;
mod cost;
mod find;
mod rate;
mod table;

pub use cost::{PriceOverride, Prices};
pub use table::PriceTable;
