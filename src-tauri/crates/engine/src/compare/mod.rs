//! Compare: up to six columns of runs, aligned by case key with the first of them.
//!
//! A comparison is computed once for runs as they are and kept in the workspace; what is shown of it are queries.

mod build;
mod files;
mod filter;
mod kept;
mod load;
mod pair;
mod request;
mod rows;
mod sides;

pub(crate) use build::Comparing;
pub(crate) use filter::FoundKeys;
