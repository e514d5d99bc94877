//! The workspace: one SQLite file that holds imports, prompts, datasets, runs and the ledger of paid calls.
//!
//! This is the only crate that names SQLite. It decides how rows are laid out, which writes stand
//! together, and what a crash may cost. It never asks for the time, never parses a trace format, never
//! computes a price: those come in with the call.
//!
//! Every method blocks; an async caller runs it on a blocking thread.

mod backup;
mod codec;
mod connection;
mod doctor;
mod door;
mod error;
mod file_mode;
mod foreign;
mod migration;
mod money;
mod page;
mod readers;
mod recognise;
mod row;
mod stored_id;
mod table;
#[cfg(test)]
mod testing;
mod workspace;

pub use connection::{OLDEST_SQLITE, sqlite_version, sqlite_version_number};
pub use doctor::CheckResult;
pub use door::{Durability, Reply};
pub use error::WorkspaceError;
pub use foreign::{ForeignDatabase, ForeignRows};
pub use migration::{APPLICATION_ID, WORKSPACE_VERSION};
pub use page::Page;
pub use table::answer::{Answer, Sizes};
pub use table::attempt::{Admitted, Attempt, AttemptAnswer, AttemptEnd, NewAttempt};
pub use table::call_groups::{CallGroup, GroupKey};
pub use table::call_stats::{CallFilter, ModelCall};
pub use table::cell::{CellFilter, CellPage};
pub use table::change::{CHANGES_KEPT, Change, Changes, Topic};
pub use table::column_mapping::ColumnMappingRow;
pub use table::compared_page::{ComparedCaseRow, ComparedFilter};
pub use table::comparison::{NewComparedCase, NewComparedCell, NewComparison, StoredComparison};
pub use table::dataset::DatasetSummary;
pub use table::day_bill::DayBill;
pub use table::environment_change::NewEnvironmentChange;
pub use table::import_file::{ImportRow, NewImport};
pub use table::live_intake::SpanContent;
pub use table::opinion::{Opinion, OpinionKey, Said};
pub use table::price_override::PriceOverrideRow;
pub use table::price_table::PriceTableRow;
pub use table::prompt_file::PromptFileRow;
pub use table::prompt_release::PromptRelease;
pub use table::quarantine::QuarantinePage;
pub use table::recording::RecordedCompletion;
pub use table::response_cache::{CacheEntry, CachePurge, CacheStats, CachedFrom};
pub use table::review::NewReview;
pub use table::run::{NewRun, Owner, RunSummary};
pub use table::run_prompt::RunPrompt;
pub use table::span::{AppendOutcome, ImportedSpan, PendingAppend, PreparedSpans, SpanPacker};
pub use table::span_head::TraceHead;
pub use table::span_page::{SpanFilter, SpanPage, SpanRow, SpanSort};
pub use table::span_price::PricedCall;
pub use table::span_read::SpanRecord;
pub use table::span_search::SearchProgress;
pub use table::span_shape::{FacetValue, HistogramBucket, SpanFacets};
pub use table::spend::Spend;
pub use table::token_history::{CallTokens, CountedInput};
pub use table::tool_release::ToolRelease;
pub use table::trace::TraceRow;
pub use table::trace_page::{TraceCursor, TracePage, TracePlace, TraceSort};
pub use workspace::{Workspace, default_path};
