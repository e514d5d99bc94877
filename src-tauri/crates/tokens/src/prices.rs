//! What tokens cost: a dated public price table, the user's overrides, and the arithmetic.
//!
//! The bundled table is `prices/genai-prices.json` beside this crate's sources (genai-prices, MIT; its
//! notice lies next to it), renewed by `cargo xtask prices`. It holds list prices of text and audio tokens in US
//! dollars, with those of batch, flex, priority and fast calls where they are known. What vendors state as a rule
//! stands in `prices/vendor-rules.json`. Not modelled: image and video tokens, searches and pages.

mod bill;
mod clause;
mod cost;
mod find;
mod genai;
mod rate;
mod rules;
mod table;
mod tariff;

pub use cost::{LargestCall, PriceOverride, Prices};
pub use table::{PriceTable, TableFile};
