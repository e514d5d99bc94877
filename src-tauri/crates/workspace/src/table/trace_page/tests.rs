//! Laws of the list: pages make up the list, filters agree with a look at every span, no page scans.

use super::*;
use crate::table::span_head::HEADS;
use crate::table::span_page::rows_sql;
use crate::testing::*;
use crate::{Page, SpanFacets, SpanSort};
use plumbline_model::{Span, SpanKind, SpanStatus, UnixNanos};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

const SORTS: [TraceSort; 6] = [
    TraceSort::Newest,
    TraceSort::Oldest,
    TraceSort::Slowest,
    TraceSort::Costliest,
    TraceSort::MostTokens,
    TraceSort::MostErrors,
];

/// Sixty traces with ties in every order, some unfinished, some unpriced, in several batches.
fn stage() -> Workspace {
    let workspace = Workspace::in_memory().unwrap();
    let import = begin(&workspace, 1);
    for batch in 0..3 {
        let spans = (0..120_i64).map(|n| {
            let mut span = call(&format!("t{}", n % 60), &format!("{batch}-{n}"), n % 7);
            span.kind = [SpanKind::Llm, SpanKind::Tool, SpanKind::Agent][(n % 3) as usize];
            span.end_ns = (n % 5 > 0).then(|| UnixNanos(n % 7 + (n % 4) * 1_000_000));
            span.model_requested = (n % 6 > 0).then(|| format!("model-{}", n % 4));
            span.prompt_name = (n % 2 == 0).then(|| "triage".to_owned());
            span.environment = (n % 5 == 0).then(|| "staging".to_owned());
            span.cost_usd = (n % 10 == 0).then(|| usd("0.25"));
            if n % 11 == 0 {
                span.status = SpanStatus::Error;
            }
            imported(span)
        });
        workspace.append_spans(import, spans.collect()).unwrap();
    }
    workspace
}

fn filters() -> Vec<SpanFilter> {
    let mut filters = vec![SpanFilter::default()];
    let mut with = |set: &dyn Fn(&mut SpanFilter)| {
        let mut filter = SpanFilter::default();
        set(&mut filter);
        filters.push(filter);
    };
    with(&|f| f.model = Some("model-2".into()));
    with(&|f| (f.kind, f.only_errors) = (Some(SpanKind::Tool), true));
    with(&|f| (f.from_ns, f.to_ns) = (Some(UnixNanos(2)), Some(UnixNanos(4))));
    with(&|f| {
        f.environment = Some("staging".into());
        f.prompt_name = Some("triage".into());
        f.status = Some(SpanStatus::Ok);
    });
    with(&|f| (f.text, f.kind) = (Some("model-3".into()), Some(SpanKind::Llm)));
    with(&|f| (f.text, f.provider) = (Some("PARCEL".into()), Some("openai".into())));
    with(&|f| f.trace_id = Some("t9".into()));
    with(&|f| f.model = Some("never seen".into()));
    filters
}

/// Every span the filter accepts, found through SQL alone.
fn accepted(workspace: &Workspace, filter: &SpanFilter) -> Vec<Span> {
    let mut spans = Vec::new();
    workspace
        .each_span(filter, &mut |span| {
            spans.push(span);
            ControlFlow::Continue(())
        })
        .unwrap();
    spans
}

fn list(workspace: &Workspace, filter: &SpanFilter, sort: TraceSort, limit: u64) -> TracePage {
    workspace
        .traces(filter, sort, TracePlace::first(limit))
        .unwrap()
}

fn behind(after: Option<TraceCursor>, skip: u64, limit: u64) -> TracePlace {
    TracePlace { after, skip, limit }
}

#[test]
fn pages_behind_one_another_make_up_the_list_in_every_order_and_under_every_filter() {
    let workspace = stage();
    for filter in filters() {
        for sort in SORTS {
            let whole = list(&workspace, &filter, sort, 1_000);
            assert_eq!(whole.next, None);
            let (mut rows, mut after) = (Vec::new(), None);
            loop {
                let place = behind(after, 0, 7);
                let page = workspace.traces(&filter, sort, place).unwrap();
                rows.extend(page.rows);
                // As a window hands it back.
                after = page.next.map(|next| next.to_string().parse().unwrap());
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(rows, whole.rows, "{sort:?} {filter:?}");
            if let Some(fourth) = whole.rows.get(3) {
                let place = behind(list(&workspace, &filter, sort, 1).next, 2, 1);
                let page = workspace.traces(&filter, sort, place).unwrap();
                assert_eq!(page.rows.first(), Some(fourth));
            }
        }
    }
}

#[test]
fn a_list_holds_the_traces_of_the_accepted_spans_and_counts_them() {
    let workspace = stage();
    for filter in filters() {
        let wanted: BTreeSet<String> = accepted(&workspace, &filter)
            .into_iter()
            .map(|span| span.trace_id)
            .collect();
        let page = list(&workspace, &filter, TraceSort::Newest, 1_000);
        let found: BTreeSet<String> = page.rows.into_iter().map(|row| row.trace_id).collect();
        assert_eq!(found, wanted, "{filter:?}");
        assert_eq!(workspace.trace_count(&filter).unwrap(), wanted.len() as u64);
    }
}

type Facet = (
    fn(&mut SpanFilter),
    fn(&Span) -> Option<String>,
    fn(&SpanFacets) -> &Vec<crate::FacetValue>,
);

const FACETS: [Facet; 5] = [
    (
        |f| f.kind = None,
        |s| Some(s.kind.as_str().into()),
        |f| &f.kinds,
    ),
    (
        |f| f.status = None,
        |s| Some(s.status.as_str().into()),
        |f| &f.statuses,
    ),
    (
        |f| f.model = None,
        |s| s.model().map(str::to_owned),
        |f| &f.models,
    ),
    (
        |f| f.prompt_name = None,
        |s| s.prompt_name.clone(),
        |f| &f.prompts,
    ),
    (
        |f| f.environment = None,
        |s| s.environment.clone(),
        |f| &f.environments,
    ),
];

#[test]
fn facets_count_what_sql_finds_under_the_other_conditions() {
    let workspace = stage();
    for filter in filters() {
        let facets = workspace.span_facets(&filter).unwrap();
        for (relax, pick, of) in FACETS {
            let mut relaxed = filter.clone();
            relax(&mut relaxed);
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for value in accepted(&workspace, &relaxed).iter().filter_map(pick) {
                *counts.entry(value).or_default() += 1;
            }
            let found: BTreeMap<String, u64> = of(&facets)
                .iter()
                .map(|value| (value.value.clone(), value.spans))
                .collect();
            assert_eq!(found, counts, "{filter:?}");
        }
    }
}

#[test]
fn the_histogram_counts_what_sql_finds_in_each_slice() {
    let workspace = stage();
    for filter in filters() {
        let spans = accepted(&workspace, &filter);
        let slices = workspace.span_histogram(&filter, 3).unwrap();
        let all: u64 = slices.iter().map(|slice| slice.spans).sum();
        assert_eq!(all, spans.len() as u64);
        for slice in &slices {
            let inside =
                |span: &&Span| span.start_ns >= slice.from_ns && span.start_ns < slice.to_ns;
            let failed = |span: &&Span| inside(span) && span.status == SpanStatus::Error;
            assert_eq!(slice.spans, spans.iter().filter(inside).count() as u64);
            assert_eq!(slice.errors, spans.iter().filter(failed).count() as u64);
        }
    }
}

#[test]
fn spans_that_arrive_later_are_in_every_answer() {
    let workspace = stage();
    let filter = SpanFilter {
        model: Some("new".into()),
        ..SpanFilter::default()
    };
    assert_eq!(workspace.trace_count(&filter).unwrap(), 0);
    let import = begin(&workspace, 2);
    let mut late = call("late", "s", 3);
    late.model_returned = Some("new".into());
    workspace
        .append_spans(import, vec![imported(late)])
        .unwrap();
    assert_eq!(workspace.trace_count(&filter).unwrap(), 1);
    let page = list(&workspace, &filter, TraceSort::Newest, 5);
    assert_eq!(page.rows[0].trace_id, "late");
    assert_eq!(page.rows[0].models, ["new"]);
    let facets = workspace.span_facets(&SpanFilter::default()).unwrap();
    let counted = |model: &&crate::FacetValue| model.value == "new" && model.spans == 1;
    assert!(facets.models.iter().any(|model| counted(&model)));
}

#[test]
fn a_trace_that_grows_stays_where_a_cursor_expects_it() {
    let workspace = stage();
    let all = SpanFilter::default();
    let first = list(&workspace, &all, TraceSort::Oldest, 20);
    let place = behind(first.next, 0, 20);
    let before = workspace.traces(&all, TraceSort::Oldest, place).unwrap();
    let import = begin(&workspace, 2);
    let grown = first
        .rows
        .iter()
        .map(|row| imported(call(&row.trace_id, "more", 100)));
    workspace.append_spans(import, grown.collect()).unwrap();
    let after = workspace.traces(&all, TraceSort::Oldest, place).unwrap();
    assert_eq!(before, after);
}

#[test]
fn a_place_of_another_order_or_of_no_list_is_refused() {
    let workspace = stage();
    let all = SpanFilter::default();
    let next = list(&workspace, &all, TraceSort::Newest, 1).next;
    let wrong = workspace.traces(&all, TraceSort::Slowest, behind(next, 0, 1));
    assert!(matches!(wrong, Err(WorkspaceError::BadInput(_))));
    for text in [
        "",
        ":",
        "i:1",
        "x1:1",
        "i1",
        "i1:b",
        "r0:99999999999999999999",
        "é1:1",
    ] {
        assert!(text.parse::<TraceCursor>().is_err(), "{text}");
    }
}

fn plan(workspace: &Workspace, sql: &str, values: &[Value]) -> String {
    workspace
        .read(|conn| {
            let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let rows = statement
                .query_map(params_from_iter(values), |row| row.get::<_, String>(3))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(rows.join("; "))
        })
        .unwrap()
}

#[test]
fn a_page_in_order_of_time_is_chosen_from_the_index_and_sorts_no_list() {
    let workspace = stage();
    for sort in [TraceSort::Newest, TraceSort::Oldest] {
        let order = sort.order();
        let mut later = Clause::default();
        later.and_fixed(order.after);
        for (clause, given) in [(Clause::default(), 2), (later, 5)] {
            let sql = page_sql(&order, &clause);
            let plan = plan(&workspace, &sql, &vec![Value::Integer(1); given]);
            let (chosen, read) = plan.split_once("SCAN (").unwrap_or((&plan, ""));
            assert!(
                chosen.contains("USING COVERING INDEX trace_start"),
                "{plan}"
            );
            assert!(!chosen.contains("TEMP B-TREE"), "{plan}");
            assert!(
                read.contains("SEARCH trace USING INTEGER PRIMARY KEY"),
                "{plan}"
            );
        }
    }
}

#[test]
fn the_latest_spans_and_the_spans_of_one_trace_are_read_through_an_index() {
    let workspace = stage();
    let latest = rows_sql(&Clause::default(), SpanSort::Newest);
    let two = [Value::Integer(1), Value::Integer(1)];
    let latest = plan(&workspace, &latest, &two);
    assert!(latest.contains("USING INDEX span_start"), "{latest}");
    assert!(!latest.contains("TEMP B-TREE"), "{latest}");
    let heads = plan(&workspace, HEADS, &two);
    assert!(heads.contains("span_identity (trace=?)"), "{heads}");
}

#[test]
fn a_search_that_was_stopped_keeps_what_it_found_and_goes_on() {
    let workspace = stage();
    let mut heard = Vec::new();
    let complete = workspace
        .search_text("parcel", &mut |progress| {
            heard.push(progress);
            match progress.done {
                0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        })
        .unwrap();
    assert!(!complete);
    assert!(heard.is_sorted_by_key(|progress| progress.done));
    assert!(workspace.search_left("parcel").unwrap() > 0);
    let go_on = &mut |_| ControlFlow::Continue(());
    assert!(workspace.search_text("parcel", go_on).unwrap());
    assert_eq!(workspace.search_left("parcel").unwrap(), 0);
    let filter = SpanFilter {
        text: Some("parcel".into()),
        ..SpanFilter::default()
    };
    let found = workspace
        .spans(&filter, SpanSort::Newest, Page::first(1))
        .unwrap();
    assert_eq!(
        found.total, 360,
        "what was found before the stop counts once"
    );
}
