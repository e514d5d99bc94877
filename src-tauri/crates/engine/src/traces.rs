//! Imported traces: list, histogram, facets, waterfall, one span, export.

use crate::Engine;
use crate::api::{
    FacetValue, Facets, Histogram, HistogramBar, SpanView, TraceFilter, TracePage, TraceRow,
    TraceSort, TraceStep, TraceView,
};
use crate::raw_text::pretty;
use plumbline_analysis::highlight::{Language, highlight, language_of};
use plumbline_analysis::tree::{self, SpanHead};
use plumbline_model::{Cost, NanosText, Problem, Span, SpanKind, SpanStatus, Usd};
use plumbline_workspace::{self as workspace, Page, PromptRelease, SpanFilter, TraceHead};
use std::io::Write;
use std::ops::ControlFlow;

/// Spans of one trace that are opened at once; the window says so when a trace has more.
const MAX_TRACE_SPANS: u64 = 200_000;
/// Failed steps whose message is read from the stored body; further ones show their error's type.
const MAX_MESSAGES: usize = 200;

impl Engine {
    /// Traces with a span that matches the filter.
    pub fn trace_list(
        &self,
        filter: &TraceFilter,
        sort: TraceSort,
        offset: u64,
        limit: u64,
    ) -> Result<TracePage, Problem> {
        let page = Page {
            offset,
            limit: limit.min(1_000),
        };
        let found = self
            .inner
            .workspace
            .traces(&span_filter(filter), sort.into(), page)?;
        let rows = found
            .rows
            .into_iter()
            .map(|row| self.trace_row(row))
            .collect::<Result<_, _>>()?;
        Ok(TracePage {
            total: found.total,
            rows,
        })
    }

    fn trace_row(&self, row: workspace::TraceRow) -> Result<TraceRow, Problem> {
        let models = self.inner.workspace.trace_models(&row.trace_id)?;
        Ok(TraceRow {
            name: row.name.unwrap_or_else(|| "(unnamed)".to_owned()),
            start: NanosText(row.start_ns),
            duration_ms: row.duration_ms,
            spans: row.spans,
            model_calls: row.model_calls,
            models,
            tokens_in: row.tokens_in,
            tokens_out: row.tokens_out,
            cost_usd: row.cost_usd,
            errors: row.errors,
            trace_id: row.trace_id,
        })
    }

    /// Spans over time, in `buckets` equal slices.
    pub fn trace_histogram(
        &self,
        filter: &TraceFilter,
        buckets: u32,
    ) -> Result<Histogram, Problem> {
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
        let all = self.inner.workspace.span_facets(&span_filter(filter))?;
        let without = |set: bool, relax: &dyn Fn(&mut TraceFilter)| {
            if !set {
                return Ok::<_, Problem>(None);
            }
            let mut relaxed = filter.clone();
            relax(&mut relaxed);
            let found = self.inner.workspace.span_facets(&span_filter(&relaxed))?;
            Ok(Some(found))
        };
        let models = without(filter.model.is_some(), &|f| f.model = None)?;
        let kinds = without(filter.kind.is_some(), &|f| f.kind = None)?;
        let statuses = without(filter.status.is_some(), &|f| f.status = None)?;
        let prompts = without(filter.prompt_name.is_some(), &|f| f.prompt_name = None)?;
        let environments = without(filter.environment.is_some(), &|f| f.environment = None)?;
        Ok(Facets {
            models: values(models.as_ref().map_or(&all.models, |found| &found.models)),
            kinds: values(kinds.as_ref().map_or(&all.kinds, |found| &found.kinds)),
            statuses: values(
                statuses
                    .as_ref()
                    .map_or(&all.statuses, |found| &found.statuses),
            ),
            prompts: values(
                prompts
                    .as_ref()
                    .map_or(&all.prompts, |found| &found.prompts),
            ),
            environments: values(
                environments
                    .as_ref()
                    .map_or(&all.environments, |found| &found.environments),
            ),
        })
    }

    /// One trace as a waterfall.
    pub fn trace_open(&self, trace_id: &str) -> Result<TraceView, Problem> {
        let row = self
            .inner
            .workspace
            .trace_row(trace_id)?
            .ok_or_else(|| no_trace(trace_id))?;
        let heads = self
            .inner
            .workspace
            .trace_heads(trace_id, MAX_TRACE_SPANS)?;
        let spans: Vec<SpanHead<'_>> = heads.iter().map(tree_head).collect();
        let mut messages = MAX_MESSAGES;
        let mut rows = Vec::with_capacity(heads.len());
        for bar in tree::build(&spans) {
            let Some(head) = heads.get(bar.index as usize) else {
                continue;
            };
            let mut step = self.step(head, &bar);
            if head.status == SpanStatus::Error && messages > 0 {
                messages -= 1;
                step.error = self.error_message(trace_id, head)?.or(step.error);
            }
            rows.push(step);
        }
        let total_ms = rows
            .iter()
            .map(|row| row.start_offset_ms + row.duration_ms.unwrap_or_default())
            .fold(0.0, f64::max);
        Ok(TraceView {
            row: self.trace_row(row)?,
            rows,
            total_ms,
        })
    }

    fn error_message(&self, trace_id: &str, head: &TraceHead) -> Result<Option<String>, Problem> {
        let record = self
            .inner
            .workspace
            .span(trace_id, &head.span_id, head.variant)?;
        Ok(record.span.error_message)
    }

    fn step(&self, head: &TraceHead, bar: &tree::WaterfallRow) -> TraceStep {
        let failed = (head.status == SpanStatus::Error).then(|| "failed".to_owned());
        TraceStep {
            span_id: head.span_id.clone(),
            variant: head.variant,
            name: step_name(head),
            kind: head.kind,
            status: head.status,
            model: head.model.clone(),
            depth: bar.depth,
            children: bar.children,
            start_offset_ms: bar.start_offset_ms,
            duration_ms: bar.duration_ms,
            time_to_first_token_ms: head.ttft_ms,
            critical: bar.critical,
            flaw: bar.flaw,
            tokens_in: head.usage.tokens_in,
            tokens_out: head.usage.tokens_out,
            cost_usd: self.head_cost_usd(head),
            error: head.error_type.clone().or(failed),
        }
    }

    /// Cost of a model call: the source's figure, else the table's.
    fn head_cost_usd(&self, head: &TraceHead) -> Option<Usd> {
        if head.cost_reported_usd.is_some() || head.kind != SpanKind::Llm {
            return head.cost_reported_usd;
        }
        let model = head.model.as_deref().unwrap_or_default();
        self.prices()
            .cost(head.provider.as_deref(), model, &head.usage, head.start_ns)
            .usd
    }

    fn span_cost(&self, span: &Span) -> Cost {
        if !span.is_model_call() {
            return Cost {
                unknown_because: Some("only model calls are priced".to_owned()),
                ..Cost::default()
            };
        }
        let model = span.model().unwrap_or_default();
        self.prices()
            .cost(span.provider.as_deref(), model, &span.usage, span.start_ns)
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
            cost: self.span_cost(&record.span),
            raw_highlighted: highlight(&raw, language),
            release: self.release_of(&record.span)?,
            raw,
            span: record.span,
        })
    }

    /// The release a call names: by template hash, else by name and version.
    fn release_of(&self, span: &Span) -> Result<Option<String>, Problem> {
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

fn values(facet: &[workspace::FacetValue]) -> Vec<FacetValue> {
    facet
        .iter()
        .map(|found| FacetValue {
            value: found.value.clone(),
            count: found.spans,
        })
        .collect()
}

fn tree_head(head: &TraceHead) -> SpanHead<'_> {
    SpanHead {
        span_id: &head.span_id,
        // An empty parent is how some sources write a root.
        parent_id: head.parent_id.as_deref().filter(|id| !id.is_empty()),
        start_ns: head.start_ns,
        end_ns: head.end_ns,
    }
}

fn step_name(head: &TraceHead) -> String {
    head.name
        .clone()
        .or_else(|| head.tool_name.clone())
        .or_else(|| head.model.clone())
        .unwrap_or_else(|| head.kind.as_str().to_owned())
}

fn no_trace(trace_id: &str) -> Problem {
    Problem::not_found(format!("there is no trace `{}`", trace_id.escape_debug()))
        .hint("`plumbline trace list` names the newest ones.")
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
