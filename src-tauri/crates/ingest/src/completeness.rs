//! How much of what a post-mortem needs is there: shares over the model calls of an import.

use plumbline_model::{Span, SpanKind};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The fields in question, apart from `retrieval_ids`, each with how to see it on a model call.
type Seen = fn(&Span) -> bool;
const FIELDS: [(&str, Seen); 8] = [
    ("request_id", |span| span.request_id.is_some()),
    ("user_id_hash", |span| span.user_id_hash.is_some()),
    ("prompt_version", |span| span.prompt_version.is_some()),
    ("model", |span| span.model().is_some()),
    ("tokens_in", |span| span.usage.tokens_in.is_some()),
    ("tokens_out", |span| span.usage.tokens_out.is_some()),
    ("latency", |span| span.end_ns.is_some()),
    ("cache_hit", |span| span.cache_hit.is_some()),
];

/// Traces of one generation. Two are kept, about 10 MB at most, however long one listens; a document that comes when
/// this many other traces have come after its call no longer counts for it.
const GENERATION: usize = 200_000;

#[derive(Default)]
struct TraceSeen {
    /// Model calls that carry no document ids themselves.
    calls_without: u32,
    has_document_ids: bool,
}

impl TraceSeen {
    /// Calls whose trace has a retrieval that names its documents.
    fn reached(&self) -> u64 {
        if self.has_document_ids {
            u64::from(self.calls_without)
        } else {
            0
        }
    }
}

/// Counts, span by span in any order, which model calls carry the fields of the essay's minimum.
#[derive(Default)]
pub struct Completeness {
    calls: u64,
    counts: [u64; FIELDS.len()],
    calls_with_documents: u64,
    /// By a hash of the trace id: a long import has millions of traces and need not keep their names.
    traces: HashMap<u64, TraceSeen>,
    /// The generation before.
    older: HashMap<u64, TraceSeen>,
    /// Calls of still older traces whose trace has documents.
    reached: u64,
}

impl Completeness {
    /// Takes one span into account.
    pub fn add(&mut self, span: &Span) {
        let with_ids = span
            .documents
            .iter()
            .any(|document| !document.id.is_empty());
        if span.is_model_call() {
            self.calls += 1;
            for ((_, seen), count) in FIELDS.iter().zip(&mut self.counts) {
                *count += u64::from(seen(span));
            }
            if with_ids {
                self.calls_with_documents += 1;
            } else {
                let calls = &mut self.trace(span).calls_without;
                *calls = calls.saturating_add(1);
            }
        } else if with_ids && matches!(span.kind, SpanKind::Retrieval | SpanKind::Rerank) {
            self.trace(span).has_document_ids = true;
        }
    }

    /// Takes a span out again that was added before, because another stands in its place.
    pub fn remove(&mut self, span: &Span) {
        let mut alone = Self::default();
        alone.add(span);
        self.calls = self.calls.saturating_sub(alone.calls);
        for (count, less) in self.counts.iter_mut().zip(alone.counts) {
            *count = count.saturating_sub(less);
        }
        self.calls_with_documents = self
            .calls_with_documents
            .saturating_sub(alone.calls_with_documents);
        for (trace, seen) in alone.traces {
            let here = self.of_trace(trace);
            here.calls_without = here.calls_without.saturating_sub(seen.calls_without);
        }
    }

    /// Takes in what was counted elsewhere.
    pub fn merge(&mut self, other: Self) {
        self.calls += other.calls;
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.calls_with_documents += other.calls_with_documents;
        self.reached += other.reached;
        for (trace, seen) in other.older.into_iter().chain(other.traces) {
            let here = self.of_trace(trace);
            here.calls_without = here.calls_without.saturating_add(seen.calls_without);
            here.has_document_ids |= seen.has_document_ids;
        }
    }

    fn trace(&mut self, span: &Span) -> &mut TraceSeen {
        let mut hasher = DefaultHasher::new();
        span.trace_id.hash(&mut hasher);
        self.of_trace(hasher.finish())
    }

    /// What was seen of a trace; the oldest traces are settled where there are too many.
    fn of_trace(&mut self, trace: u64) -> &mut TraceSeen {
        if !self.traces.contains_key(&trace) {
            if self.traces.len() >= GENERATION {
                let settled = std::mem::replace(&mut self.older, std::mem::take(&mut self.traces));
                self.reached += settled.values().map(TraceSeen::reached).sum::<u64>();
            }
            let seen = self.older.remove(&trace).unwrap_or_default();
            self.traces.insert(trace, seen);
        }
        self.traces.entry(trace).or_default()
    }

    /// Share of model calls, 0 to 1, that carry each field. Empty when there were no model calls.
    ///
    /// `retrieval_ids` counts the calls that carry document ids or whose trace has a retrieval that does.
    #[must_use]
    pub fn shares(&self) -> BTreeMap<String, f64> {
        if self.calls == 0 {
            return BTreeMap::new();
        }
        let share = |count: u64| count as f64 / self.calls as f64;
        let traces = self.traces.values().chain(self.older.values());
        let by_trace = self.reached + traces.map(TraceSeen::reached).sum::<u64>();
        FIELDS
            .iter()
            .zip(self.counts)
            .map(|((name, _), count)| ((*name).to_owned(), share(count)))
            .chain([(
                "retrieval_ids".to_owned(),
                share(self.calls_with_documents + by_trace),
            )])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::{Document, UnixNanos};

    fn span(trace: &str, id: &str, kind: SpanKind) -> Span {
        Span::new(trace, id, kind, UnixNanos(1))
    }

    #[test]
    fn shares_are_over_model_calls_and_documents_reach_the_calls_of_their_trace() {
        let mut completeness = Completeness::default();
        let mut call = span("t1", "a", SpanKind::Llm);
        call.usage.tokens_in = Some(0);
        completeness.add(&call);
        // The retrieval may come after the call it fed.
        let mut retrieval = span("t1", "b", SpanKind::Retrieval);
        retrieval.documents.push(Document {
            id: "d1".into(),
            ..Document::default()
        });
        retrieval.request_id = Some("not a model call".into());
        completeness.add(&retrieval);
        completeness.add(&span("t2", "c", SpanKind::Llm));
        let shares = completeness.shares();
        assert_eq!(shares["tokens_in"], 0.5, "a measured zero is measured");
        assert_eq!(shares["request_id"], 0.0);
        assert_eq!(shares["retrieval_ids"], 0.5);
        assert_eq!(shares.len(), 9);
    }

    #[test]
    fn however_many_traces_come_the_memory_is_bounded_and_the_share_stays() {
        let mut completeness = Completeness::default();
        for number in 0..3 * GENERATION {
            let trace = number.to_string();
            completeness.add(&span(&trace, "a", SpanKind::Llm));
            if number % 2 == 0 {
                let mut retrieval = span(&trace, "b", SpanKind::Retrieval);
                retrieval.documents.push(Document {
                    id: "d".into(),
                    ..Document::default()
                });
                completeness.add(&retrieval);
            }
        }
        assert!(completeness.traces.len() + completeness.older.len() <= 2 * GENERATION);
        assert_eq!(completeness.shares()["retrieval_ids"], 0.5);
        let mut all = Completeness::default();
        all.merge(completeness);
        assert_eq!(all.shares()["retrieval_ids"], 0.5);
    }

    #[test]
    fn without_model_calls_there_is_no_share() {
        let mut completeness = Completeness::default();
        completeness.add(&span("t", "a", SpanKind::Tool));
        assert!(completeness.shares().is_empty());
    }
}
