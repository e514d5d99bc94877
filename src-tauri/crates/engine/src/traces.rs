//! Imported traces: list, histogram, facets, one span, export.

use crate::Engine;
use crate::api::{
    FacetValue, Facets, Histogram, HistogramBar, SpanView, TraceFilter, TracePage, TraceRow,
    TraceSort,
};
use crate::raw_text::pretty;
use crate::recompute::as_stored;
use plumbline_analysis::highlight::{Language, highlight, language_of};
use plumbline_model::{Cost, NanosText, Problem, Span, SpanKind};
use plumbline_workspace::{self as workspace, PromptRelease, SpanFilter, SpanRecord, TracePlace};
use std::io::Write;
use std::ops::ControlFlow;

impl Engine {
    /// Traces with a span that matches the filter, from behind the row where `after` says a page ended,
    /// less `skip` rows. `limit` is at most 1,000.
    ///
    /// # Errors
    /// `bad_input` for a place that is none; `cancelled` when the search for the text was.
    pub fn trace_list(
        &self,
        filter: &TraceFilter,
        sort: TraceSort,
        after: Option<&str>,
        skip: u64,
        limit: u64,
    ) -> Result<TracePage, Problem> {
        let place = TracePlace {
            after: after.map(str::parse).transpose()?,
            skip,
            limit: limit.min(1_000),
        };
        self.search(&filter.text)?;
        let found = self
            .inner
            .workspace
            .traces(&span_filter(filter), sort.into(), place)?;
        Ok(TracePage {
            rows: found.rows.into_iter().map(trace_row).collect(),
            next: found.next.map(|next| next.to_string()),
        })
    }

    /// How many traces match.
    pub fn trace_count(&self, filter: &TraceFilter) -> Result<u64, Problem> {
        self.search(&filter.text)?;
        Ok(self.inner.workspace.trace_count(&span_filter(filter))?)
    }

    /// Spans over time, in `buckets` equal slices.
    pub fn trace_histogram(
        &self,
        filter: &TraceFilter,
        buckets: u32,
    ) -> Result<Histogram, Problem> {
        self.search(&filter.text)?;
        let slices = self
            .inner
            .workspace
            .span_histogram(&span_filter(filter), buckets as usize)?;
        let bucket_ms = slices
            .first()
            .map_or(0.0, |slice| slice.to_ns.ms_since(slice.from_ns));
        let bars = slices
            .into_iter()
            .map(|slice| HistogramBar {
                start: NanosText(slice.from_ns),
                spans: slice.spans,
                errors: slice.errors,
            })
            .collect();
        Ok(Histogram { bucket_ms, bars })
    }

    /// What the imported spans can be filtered by, with counts under the other conditions of the filter:
    /// each facet leaves out its own, so that one sees what another choice would give.
    pub fn trace_facets(&self, filter: &TraceFilter) -> Result<Facets, Problem> {
        self.search(&filter.text)?;
        let found = self.inner.workspace.span_facets(&span_filter(filter))?;
        Ok(Facets {
            models: values(found.models),
            kinds: values(found.kinds),
            statuses: values(found.statuses),
            prompts: values(found.prompts),
            environments: values(found.environments),
        })
    }

    /// What is stored counts; how it comes about is only told where the prices in force still say the same.
    fn span_cost(&self, record: &SpanRecord) -> Cost {
        let span = &record.span;
        if !span.is_model_call() {
            return Cost {
                unknown_because: Some("only model calls are priced".to_owned()),
                ..Cost::default()
            };
        }
        let now = self.prices().cost_of_span(span);
        let stored = record.cost_computed_usd;
        let is_same = stored == now.usd.map(as_stored) && record.price_source == now.source;
        if is_same {
            return now;
        }
        Cost {
            usd: stored,
            source: record.price_source.clone(),
            lines: Vec::new(),
            unknown_because: stored.is_none().then(|| {
                let known = now.usd.is_some().then_some(
                    " The prices in force know one: `plumbline price recompute --traces` stores it.",
                );
                format!("It had no known cost when it was stored.{}", known.unwrap_or_default())
            }),
        }
    }

    /// One span with its source record.
    ///
    /// `variant` is 1 for the content that came first under these ids.
    pub fn span_open(
        &self,
        trace_id: &str,
        span_id: &str,
        variant: u64,
    ) -> Result<SpanView, Problem> {
        let record = self.inner.workspace.span(trace_id, span_id, variant)?;
        let raw = pretty(&record.raw);
        let language = language_of(&raw).unwrap_or(Language::Json);
        Ok(SpanView {
            variant: record.variant,
            variants: record.variants,
            latency_ms: record.span.latency_ms(),
            cost: self.span_cost(&record),
            raw_highlighted: highlight(&raw, language),
            release: self.release_of(&record.span)?,
            raw,
            span: record.span,
        })
    }

    /// The same for a page, which would round whole numbers beyond 2^53: they are text.
    pub fn span_open_in_page(
        &self,
        trace_id: &str,
        span_id: &str,
        variant: u64,
    ) -> Result<SpanView, Problem> {
        let mut view = self.span_open(trace_id, span_id, variant)?;
        crate::large_numbers::as_text(&mut view.span);
        Ok(view)
    }

    /// The release a call names: by template hash, else by name and version.
    fn release_of(&self, span: &Span) -> Result<Option<String>, Problem> {
        let known = self.known_release(span)?;
        let Some(name) = span.prompt_name.as_deref().filter(|_| known.is_none()) else {
            return Ok(known);
        };
        // The prompt's files may not have been looked at since they were released.
        match self.prompt_folder() {
            Ok(folder) if self.release_rows(&folder, name).is_ok() => self.known_release(span),
            _ => Ok(None),
        }
    }

    fn known_release(&self, span: &Span) -> Result<Option<String>, Problem> {
        let releases = self.inner.workspace.releases(None)?;
        let named = |release: &&PromptRelease| {
            Some(&release.spec.name) == span.prompt_name.as_ref()
                && Some(release.spec.version.to_string()) == span.prompt_version
        };
        let found = span
            .prompt_hash
            .as_ref()
            .and_then(|hash| {
                releases
                    .iter()
                    .find(|release| release.template_hash == *hash)
            })
            .or_else(|| releases.iter().find(named));
        Ok(found.map(|release| format!("{}@{}", release.spec.name, release.spec.version)))
    }

    /// Model calls that match, oldest first.
    pub(crate) fn model_calls(
        &self,
        filter: &TraceFilter,
        limit: u64,
    ) -> Result<Vec<Span>, Problem> {
        let filter = SpanFilter {
            kind: Some(SpanKind::Llm),
            ..span_filter(filter)
        };
        let mut spans = Vec::new();
        self.inner.workspace.each_span(&filter, &mut |span| {
            if spans.len() as u64 >= limit {
                return ControlFlow::Break(());
            }
            spans.push(span);
            ControlFlow::Continue(())
        })?;
        Ok(spans)
    }

    /// Writes every span: one OTLP/JSON export, or canonical JSONL. Returns how many.
    pub fn trace_export(&self, otlp: bool, out: &mut dyn Write) -> Result<u64, Problem> {
        let failed =
            |error: std::io::Error| Problem::bad_input(format!("cannot write the spans: {error}"));
        let mut spans = Vec::new();
        let mut written = 0_u64;
        let mut broken = None;
        self.inner
            .workspace
            .each_span(&SpanFilter::default(), &mut |span| {
                written += 1;
                if otlp {
                    spans.push(span);
                    return ControlFlow::Continue(());
                }
                match writeln!(out, "{}", plumbline_ingest::to_canonical_line(&span)) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => {
                        broken = Some(error);
                        ControlFlow::Break(())
                    }
                }
            })?;
        if let Some(error) = broken {
            return Err(failed(error));
        }
        if otlp {
            serde_json::to_writer(&mut *out, &plumbline_ingest::to_otlp(&spans))
                .map_err(std::io::Error::from)
                .and_then(|()| out.write_all(b"\n"))
                .map_err(failed)?;
        }
        Ok(written)
    }
}

pub(crate) fn trace_row(row: workspace::TraceRow) -> TraceRow {
    TraceRow {
        name: row.name.unwrap_or_else(|| "(unnamed)".to_owned()),
        start: NanosText(row.start_ns),
        duration_ms: row.duration_ms,
        spans: row.spans,
        model_calls: row.model_calls,
        models: row.models,
        tokens_in: row.tokens_in,
        tokens_out: row.tokens_out,
        cost_usd: row.cost_usd,
        errors: row.errors,
        trace_id: row.trace_id,
    }
}

fn values(facet: Vec<workspace::FacetValue>) -> Vec<FacetValue> {
    facet
        .into_iter()
        .map(|found| FacetValue {
            value: found.value,
            count: found.spans,
        })
        .collect()
}

fn span_filter(filter: &TraceFilter) -> SpanFilter {
    SpanFilter {
        text: Some(filter.text.trim().to_owned()).filter(|text| !text.is_empty()),
        kind: filter.kind,
        model: filter.model.clone(),
        status: filter.status,
        from_ns: filter.from.map(|at| at.0),
        to_ns: filter.to.map(|at| at.0),
        prompt_name: filter.prompt_name.clone(),
        environment: filter.environment.clone(),
        only_errors: filter.only_errors,
        ..SpanFilter::default()
    }
}

impl From<TraceSort> for workspace::TraceSort {
    fn from(sort: TraceSort) -> Self {
        match sort {
            TraceSort::Newest => Self::Newest,
            TraceSort::Oldest => Self::Oldest,
            TraceSort::Slowest => Self::Slowest,
            TraceSort::Costliest => Self::Costliest,
            TraceSort::MostTokens => Self::MostTokens,
        }
    }
}
