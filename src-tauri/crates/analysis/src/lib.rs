//! What two answers, two runs or many spans have to say: diffs, grades, statistics and shapes.
//!
//! Pure functions over `plumbline-model`: no clock, no disk, no network, no randomness that a caller
//! did not seed. Everything read here is hostile (model output, trace content), so work is bounded by
//! size and nothing recurses as deep as its input asks.

pub mod agreement;
pub mod align;
mod change_kind;
pub mod contract;
pub mod cost_curve;
pub mod diff;
mod error;
pub mod flakiness;
pub mod grade;
pub mod highlight;
pub mod json_path;
pub mod percentile;
pub mod resample;
pub mod stats;
pub mod tree;
pub mod verdict;

pub use change_kind::ChangeKind;
pub use error::AnalysisError;
