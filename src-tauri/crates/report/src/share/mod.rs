//! A comparison as a file to hand on: a page, a test report, tables, lines of JSON.
//!
//! One file per format. Every writer takes the rows as an iterator and keeps only the row at hand (Parquet: one
//! row group), so the number of rows never stands in memory. All formats take the same input and return the
//! same error. All data is hostile; each format says how it disarms it.

pub mod csv;
mod cut;
mod error;
pub mod html;
mod input;
pub mod jsonl;
pub mod junit;
pub mod parquet;
mod sink;
mod verdict;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use error::ShareError;
pub use input::{
    SharedCell, SharedColumn, SharedCount, SharedGroup, SharedHead, SharedRow, SharedSignoff,
    SharedTest,
};
pub use sink::Written;
