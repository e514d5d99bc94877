//! One file per table: its SQL, its migrations and the methods of the workspace that use it.
//!
//! `span` is large enough for several: writing, reading one, reading pages, reading shapes, statistics.

pub(crate) mod answer;
pub(crate) mod attempt;
pub(crate) mod call_groups;
pub(crate) mod call_stats;
mod called_model;
pub(crate) mod cell;
pub(crate) mod cell_body;
mod cell_cost;
pub(crate) mod change;
pub(crate) mod column_mapping;
pub(crate) mod compared_page;
#[cfg(test)]
mod compared_tests;
pub(crate) mod comparison;
pub(crate) mod dataset;
pub(crate) mod day_bill;
pub(crate) mod environment_change;
pub(crate) mod import_file;
pub(crate) mod live_intake;
pub(crate) mod opinion;
pub(crate) mod price_override;
pub(crate) mod price_table;
pub(crate) mod prompt_file;
pub(crate) mod prompt_release;
pub(crate) mod quarantine;
pub(crate) mod recording;
mod release_text;
pub(crate) mod response_cache;
pub(crate) mod review;
pub(crate) mod run;
pub(crate) mod run_prompt;
pub(crate) mod run_totals;
pub(crate) mod setting;
pub(crate) mod span;
pub(crate) mod span_block;
mod span_canonical;
pub(crate) mod span_columns;
pub(crate) mod span_head;
pub(crate) mod span_page;
pub(crate) mod span_price;
pub(crate) mod span_read;
pub(crate) mod span_search;
pub(crate) mod span_shape;
pub(crate) mod spend;
pub(crate) mod token_history;
pub(crate) mod tool_release;
pub(crate) mod trace;
pub(crate) mod trace_page;
pub(crate) mod word;
