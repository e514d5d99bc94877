//! The shape of what a filter accepts: which values occur, and when.

use crate::error::Result;
use crate::row::Word;
use crate::table::span_columns::{Facet, WordColumn};
use crate::table::span_page::SpanFilter;
use crate::workspace::Workspace;
use plumbline_model::{SpanKind, SpanStatus, UnixNanos};
use serde::{Deserialize, Serialize};

/// One value and how many spans have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetValue {
    pub value: String,
    pub spans: u64,
}

/// The values that occur among the accepted spans, most frequent first, at most fifty of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanFacets {
    pub kinds: Vec<FacetValue>,
    pub statuses: Vec<FacetValue>,
    pub models: Vec<FacetValue>,
    pub prompts: Vec<FacetValue>,
    pub environments: Vec<FacetValue>,
}

/// One slice of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistogramBucket {
    pub from_ns: UnixNanos,
    /// The first instant after it.
    pub to_ns: UnixNanos,
    pub spans: u64,
    pub model_calls: u64,
    pub errors: u64,
}

impl Workspace {
    /// Which values occur among the accepted spans, in one pass. A facet that the filter sets counts what
    /// the other conditions accept, so that one sees what another choice would give.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn span_facets(&self, filter: &SpanFilter) -> Result<SpanFacets> {
        self.read(|conn| {
            let ids = self.narrowed(conn, filter)?;
            self.columns(conn, |columns| {
                let mut counts: [Vec<u64>; 5] =
                    Facet::ALL.map(|facet| vec![0; columns.facet(facet).words().count() + 1]);
                columns.each(filter, ids.as_deref(), |row, failed| {
                    for facet in Facet::ALL {
                        // Accepted, or refused by this facet alone.
                        if failed & !facet.bit() == 0 {
                            let code = columns.facet(facet).code_at(row) as usize;
                            if let Some(count) = counts[facet as usize].get_mut(code) {
                                *count += 1;
                            }
                        }
                    }
                });
                let values =
                    |facet: Facet| most_frequent(columns.facet(facet), &counts[facet as usize]);
                SpanFacets {
                    kinds: values(Facet::Kind),
                    statuses: values(Facet::Status),
                    models: values(Facet::Model),
                    prompts: values(Facet::Prompt),
                    environments: values(Facet::Environment),
                }
            })
        })
    }

    /// Start times in `buckets` equal slices (1 to 1,000) from the first accepted span to the last.
    /// Without spans there are no slices.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn span_histogram(
        &self,
        filter: &SpanFilter,
        buckets: usize,
    ) -> Result<Vec<HistogramBucket>> {
        self.read(|conn| {
            let ids = self.narrowed(conn, filter)?;
            self.columns(conn, |columns| {
                let (mut first, mut last) = (i64::MAX, i64::MIN);
                columns.each(filter, ids.as_deref(), |row, failed| {
                    if failed == 0 {
                        first = first.min(columns.start(row));
                        last = last.max(columns.start(row));
                    }
                });
                if first > last {
                    return Vec::new();
                }
                let mut slices = slices(first, last, buckets.clamp(1, 1_000));
                let width = i128::from(slices[0].to_ns.0) - i128::from(first);
                let call = columns.code(Facet::Kind, SpanKind::Llm.word());
                let error = columns.code(Facet::Status, SpanStatus::Error.word());
                columns.each(filter, ids.as_deref(), |row, failed| {
                    if failed != 0 {
                        return;
                    }
                    let past = i128::from(columns.start(row)) - i128::from(first);
                    // The last slice also takes the last representable instant, which has no "just past".
                    let index = usize::try_from(past / width.max(1)).unwrap_or(usize::MAX);
                    let index = index.min(slices.len() - 1);
                    if let Some(slice) = slices.get_mut(index) {
                        slice.spans += 1;
                        slice.model_calls +=
                            u64::from(columns.facet(Facet::Kind).code_at(row) == call);
                        slice.errors +=
                            u64::from(columns.facet(Facet::Status).code_at(row) == error);
                    }
                });
                slices
            })
        })
    }
}

/// The fifty most frequent words; spans without a value have none to choose.
fn most_frequent(column: &WordColumn, counts: &[u64]) -> Vec<FacetValue> {
    let mut found: Vec<(u64, &str)> = column
        .words()
        .filter_map(|(code, word)| Some((*counts.get(code as usize)?, word)))
        .filter(|(spans, _)| *spans > 0)
        .collect();
    found.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    found.truncate(50);
    found
        .into_iter()
        .map(|(spans, word)| FacetValue {
            value: word.to_owned(),
            spans,
        })
        .collect()
}

/// Equal slices of `[first, last]`, the last one reaching just past `last`. Computed in 128 bits: a
/// hostile pair of times spans more than an i64 holds.
fn slices(first: i64, last: i64, buckets: usize) -> Vec<HistogramBucket> {
    let (first, last) = (i128::from(first), i128::from(last));
    let width = ((last - first) / buckets as i128 + 1).max(1);
    let edge = |index: usize| {
        let at = first + width * index as i128;
        UnixNanos(i64::try_from(at).unwrap_or(i64::MAX))
    };
    (0..buckets)
        .map(|index| HistogramBucket {
            from_ns: edge(index),
            to_ns: edge(index + 1),
            spans: 0,
            model_calls: 0,
            errors: 0,
        })
        .take_while(|slice| i128::from(slice.from_ns.0) <= last)
        .collect()
}
