//! What the faces see: requests and answers of every use case, as plain data.
//!
//! These types are the contract with the window (TypeScript is generated from them) and the source of
//! the command line's `--json`. Nothing here does anything.

mod cache;
mod column_mapping;
mod compare;
mod contract;
mod cost;
mod dataset;
mod environment;
mod forecast;
mod job;
mod key;
mod listen;
mod price;
mod prompt;
mod prompt_changes;
mod prompt_cost;
mod prompt_exchange;
mod prompt_fix;
mod prompt_language;
mod redaction;
mod replay;
mod share;
mod tool;
mod trace;
mod workspace;

pub use cache::*;
pub use column_mapping::*;
pub use compare::*;
pub use contract::*;
pub use cost::*;
pub use dataset::*;
pub use environment::*;
pub use forecast::*;
pub use job::*;
pub use key::*;
pub use listen::*;
pub use price::*;
pub use prompt::*;
pub use prompt_changes::*;
pub use prompt_cost::*;
pub use prompt_exchange::*;
pub use prompt_fix::*;
pub use prompt_language::*;
pub use redaction::*;
pub use replay::*;
pub use share::*;
pub use tool::*;
pub use trace::*;
pub use workspace::*;

pub use plumbline_analysis::diff::TextDiff;
