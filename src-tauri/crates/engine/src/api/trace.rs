//! Imported traces: imports, list, waterfall, span.

use plumbline_analysis::highlight::Token;
use plumbline_analysis::tree::TreeFlaw;
use plumbline_model::{Cost, ImportFile, ImportId, NanosText, Span, SpanKind, SpanStatus, Usd};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One import in the list.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ImportRow {
    pub id: ImportId,
    pub report: ImportFile,
    pub started: NanosText,
    /// False while it runs, and for ever when it was cut off.
    pub complete: bool,
}

/// How to sort traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TraceSort {
    #[default]
    Newest,
    Oldest,
    Slowest,
    Costliest,
    MostTokens,
}

/// Which traces to show. A trace matches when one of its spans matches every condition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct TraceFilter {
    pub text: String,
    pub kind: Option<SpanKind>,
    pub model: Option<String>,
    pub status: Option<SpanStatus>,
    pub prompt_name: Option<String>,
    pub environment: Option<String>,
    pub from: Option<NanosText>,
    pub to: Option<NanosText>,
    pub only_errors: bool,
}

/// One trace in the list.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct TraceRow {
    pub trace_id: String,
    pub name: String,
    pub start: NanosText,
    pub duration_ms: Option<f64>,
    pub spans: u64,
    pub model_calls: u64,
    /// Models that were called, by name; at most 16.
    pub models: Vec<String>,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    pub cost_usd: Option<Usd>,
    pub errors: u64,
}

/// A page of traces; how many there are is another question, since it takes longer.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct TracePage {
    pub rows: Vec<TraceRow>,
    /// Where the next page goes on; `None` at the end of the list.
    pub next: Option<String>,
}

/// One bar of the histogram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct HistogramBar {
    pub start: NanosText,
    pub spans: u64,
    pub errors: u64,
}

/// Spans over time.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct Histogram {
    pub bucket_ms: f64,
    pub bars: Vec<HistogramBar>,
}

/// One value of a facet with its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct FacetValue {
    pub value: String,
    pub count: u64,
}

/// What one can filter by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, TS)]
#[ts(export)]
pub struct Facets {
    pub models: Vec<FacetValue>,
    pub kinds: Vec<FacetValue>,
    pub statuses: Vec<FacetValue>,
    pub prompts: Vec<FacetValue>,
    pub environments: Vec<FacetValue>,
}

/// One bar of the waterfall.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct TraceStep {
    pub span_id: String,
    /// 1, or more for other content that came under the same ids.
    pub variant: u64,
    pub name: String,
    pub kind: SpanKind,
    pub status: SpanStatus,
    pub model: Option<String>,
    pub depth: u32,
    pub children: u32,
    pub start_offset_ms: f64,
    /// `None` while unfinished.
    pub duration_ms: Option<f64>,
    pub time_to_first_token_ms: Option<f64>,
    /// On the path that decides how long the trace took.
    pub critical: bool,
    /// Time on that path that no child accounts for; 0 beside it.
    pub critical_self_ms: f64,
    /// Its parent is missing from the data, or the data is not a tree here.
    pub flaw: Option<TreeFlaw>,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    pub cost_usd: Option<Usd>,
    pub error: Option<String>,
}

/// One trace, opened.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct TraceView {
    pub row: TraceRow,
    pub rows: Vec<TraceStep>,
    pub total_ms: f64,
}

/// One trace, opened, column by column: a trace of 100,000 spans is then a tenth of what its rows would be.
/// All columns are as long as `span_id`; words stand once in `words` and are named by their position there.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct TraceColumns {
    pub row: TraceRow,
    pub total_ms: f64,
    /// Time on the critical path by kind of step, longest first.
    pub critical_path: Vec<KindTime>,
    /// Names, models and failures.
    pub words: Vec<String>,
    pub span_id: Vec<String>,
    /// Those that are not 1: position and variant.
    pub variants: Vec<(u32, u64)>,
    pub name: Vec<u32>,
    /// Positions in `kinds`.
    pub kind: Vec<u8>,
    pub kinds: Vec<SpanKind>,
    /// Positions in `statuses`.
    pub status: Vec<u8>,
    pub statuses: Vec<SpanStatus>,
    pub model: Vec<Option<u32>>,
    pub depth: Vec<u32>,
    pub children: Vec<u32>,
    pub start_offset_ms: Vec<f64>,
    pub duration_ms: Vec<Option<f64>>,
    pub time_to_first_token_ms: Vec<Option<f64>>,
    /// `None` for a step beside the critical path.
    pub critical_self_ms: Vec<Option<f64>>,
    /// Positions and what is wrong there.
    pub flaws: Vec<(u32, TreeFlaw)>,
    pub tokens_in: Vec<Option<u64>>,
    pub tokens_out: Vec<Option<u64>>,
    pub cost_usd: Vec<Option<Usd>>,
    /// Positions of failed steps and, in `words`, why.
    pub errors: Vec<(u32, u32)>,
}

/// Time that the steps of one kind hold the critical path for.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct KindTime {
    pub kind: SpanKind,
    pub ms: f64,
    /// Steps of this kind on the path.
    pub steps: u64,
}

/// One span, opened.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct SpanView {
    pub span: Span,
    /// 1 for the content that came first under these ids.
    pub variant: u64,
    /// How many contents came under these ids; above one, the sources contradict each other.
    pub variants: u64,
    pub latency_ms: Option<f64>,
    /// As it was stored, from a price table; the source's own figure is `span.cost_usd`.
    pub cost: Cost,
    /// The source record, pretty-printed JSON where it is JSON.
    pub raw: String,
    pub raw_highlighted: Vec<Vec<Token>>,
    /// The release whose template hash or version this call names, as `name@version`.
    pub release: Option<String>,
}
