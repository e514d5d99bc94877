//! Laws of storing spans: nothing lost, nothing twice, nothing changed on the way.

use super::*;
use crate::table::call_groups::GROUPED;
use crate::testing::*;
use crate::{CallFilter, GroupKey, Page, SpanFilter, SpanSort, TracePlace, TraceSort};
use plumbline_model::{Message, PriceSource, Role, SpanKind, SpanStatus, UnixNanos};
use proptest::prelude::*;
use std::ops::ControlFlow;

fn store(workspace: &Workspace, number: u8, spans: Vec<Span>) -> AppendOutcome {
    let import = begin(workspace, number);
    workspace
        .append_spans(import, spans.into_iter().map(imported).collect())
        .unwrap()
}

fn total(workspace: &Workspace, filter: &SpanFilter) -> u64 {
    workspace
        .spans(filter, SpanSort::Newest, Page::first(10))
        .unwrap()
        .total
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn stored_and_duplicate_are_all_and_a_second_import_adds_nothing(
        ids in prop::collection::vec((0_u8..4, 0_u8..4, 0_u8..3), 0..40),
        cut in 0_usize..40,
    ) {
        let spans: Vec<Span> = ids
            .iter()
            .map(|(trace, span, content)| {
                let mut call = call(&trace.to_string(), &span.to_string(), 1);
                call.name = Some(content.to_string());
                call
            })
            .collect();
        let workspace = Workspace::in_memory().unwrap();
        let import = begin(&workspace, 1);
        let cut = cut.min(spans.len());
        let mut stored = 0;
        for batch in [&spans[..cut], &spans[cut..]] {
            let outcome = workspace
                .append_spans(import, batch.iter().cloned().map(imported).collect())
                .unwrap();
            prop_assert_eq!(outcome.stored + outcome.duplicate, batch.len() as u64);
            stored += outcome.stored;
        }
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        prop_assert_eq!(stored, distinct.len() as u64);
        let again = store(&workspace, 2, spans);
        prop_assert_eq!(again.stored, 0);
        prop_assert_eq!(total(&workspace, &SpanFilter::default()), stored);
        let sums: u64 = workspace
            .traces(
                &SpanFilter::default(),
                TraceSort::Newest,
                TracePlace::first(10),
            )
            .unwrap()
            .rows
            .iter()
            .map(|trace| trace.spans)
            .sum();
        prop_assert_eq!(sums, stored, "a trace counts exactly its rows");
        prop_assert!(workspace.doctor().unwrap().iter().all(|check| check.ok));
    }

    #[test]
    fn any_text_in_any_name_comes_back_unchanged_and_can_be_filtered_by(
        texts in prop::collection::vec(any::<String>(), 6),
    ) {
        let workspace = Workspace::in_memory().unwrap();
        let mut span = call(&texts[0], &texts[1], 5);
        span.name = Some(texts[2].clone());
        span.model_requested = Some(texts[3].clone());
        span.prompt_name = Some(texts[4].clone());
        span.input_messages = vec![Message::text(Role::User, texts[5].clone())];
        store(&workspace, 1, vec![span.clone()]);
        let record = workspace.span(&texts[0], &texts[1], 1).unwrap();
        prop_assert_eq!(&record.span, &span);
        let filter = SpanFilter {
            trace_id: Some(texts[0].clone()),
            model: Some(texts[3].clone()),
            prompt_name: Some(texts[4].clone()),
            ..SpanFilter::default()
        };
        prop_assert_eq!(total(&workspace, &filter), 1);
        let _ = total(&workspace, &SpanFilter { text: Some(texts[5].clone()), ..filter });
    }
}

#[test]
fn hostile_names_are_data_and_nothing_else() {
    let workspace = Workspace::in_memory().unwrap();
    let names = [
        "'; DROP TABLE span; --".to_owned(),
        "\" OR 1=1".to_owned(),
        "nul\0inside".to_owned(),
        "%_\\".to_owned(),
        "\u{202e}\u{1f469}\u{200d}\u{1f4bb} İ".to_owned(),
        "__proto__".to_owned(),
        "x".repeat(1_000_000),
    ];
    let spans = names
        .iter()
        .map(|name| {
            let mut span = call(name, name, 1);
            span.model_returned = Some(name.clone());
            span
        })
        .collect();
    store(&workspace, 1, spans);
    for name in &names {
        let record = workspace.span(name, name, 1).unwrap();
        assert_eq!(record.span.model_returned.as_ref(), Some(name));
        let by_text = SpanFilter {
            text: Some(name.chars().take(8).collect()),
            ..SpanFilter::default()
        };
        if !name.contains('\0') {
            assert!(total(&workspace, &by_text) >= 1, "{name:.20}");
        }
        let group = CallFilter {
            model: Some(name.clone()),
            ..CallFilter::default()
        };
        let groups = workspace.call_groups(&group, &[GroupKey::Model]).unwrap();
        assert_eq!(groups[0].keys, [Some(name.clone())]);
    }
    let percent = SpanFilter {
        text: Some("%".into()),
        ..SpanFilter::default()
    };
    assert_eq!(
        total(&workspace, &percent),
        1,
        "a percent sign stands for itself"
    );
}

#[test]
fn other_content_under_the_same_ids_is_kept_as_a_variant() {
    let workspace = Workspace::in_memory().unwrap();
    let first = call("t", "s", 1);
    let mut second = first.clone();
    second.error_message = Some("late".into());
    let outcome = store(
        &workspace,
        1,
        vec![first.clone(), second.clone(), first.clone()],
    );
    assert_eq!(
        outcome,
        AppendOutcome {
            stored: 2,
            duplicate: 1,
            conflict: 1
        }
    );
    let record = workspace.span("t", "s", 1).unwrap();
    assert_eq!((record.span, record.variants), (first.clone(), 2));
    assert_eq!(workspace.span("t", "s", 2).unwrap().span, second);
    assert_eq!(record.raw, serde_json::to_string(&first).unwrap());
    assert!(matches!(
        workspace.span("t", "s", 3),
        Err(crate::WorkspaceError::NotFound(_))
    ));
}

#[test]
fn hostile_counts_and_times_do_not_break_a_page() {
    let workspace = Workspace::in_memory().unwrap();
    let mut first = call("t", "a", i64::MIN);
    first.end_ns = Some(UnixNanos(i64::MAX));
    first.usage = plumbline_model::Usage::of(u64::MAX, u64::MAX);
    first.cost_usd = Some(usd("9000000"));
    let mut second = first.clone();
    second.span_id = "b".into();
    second.start_ns = UnixNanos(i64::MAX);
    store(&workspace, 1, vec![first, second]);
    let all = SpanFilter::default();
    for sort in [SpanSort::Slowest, SpanSort::Costliest, SpanSort::MostTokens] {
        assert_eq!(
            workspace
                .spans(&all, sort, Page::first(5))
                .unwrap()
                .rows
                .len(),
            2
        );
    }
    for sort in [
        TraceSort::Slowest,
        TraceSort::MostTokens,
        TraceSort::Costliest,
    ] {
        assert_eq!(
            workspace
                .traces(&all, sort, TracePlace::first(5))
                .unwrap()
                .rows
                .len(),
            1
        );
    }
    let groups = workspace.call_groups(&CallFilter::default(), &[]).unwrap();
    assert_eq!(groups[0].cost_usd, Some(usd("18000000")));
    let buckets = workspace.span_histogram(&all, 7).unwrap();
    assert_eq!(buckets.iter().map(|bucket| bucket.spans).sum::<u64>(), 2);
    workspace.span_facets(&all).unwrap();
}

#[test]
fn a_trace_sums_its_model_calls_and_is_named_by_its_root() {
    let workspace = Workspace::in_memory().unwrap();
    let mut root = Span::new("t", "root", SpanKind::Agent, UnixNanos(1_000_000));
    root.name = Some("answer a ticket".into());
    root.usage = plumbline_model::Usage::of(999, 999);
    root.end_ns = Some(UnixNanos(501_000_000));
    let mut child = call("t", "child", 2_000_000);
    child.parent_id = Some("root".into());
    child.cost_usd = Some(usd("0.1"));
    let mut failed = child.clone();
    failed.span_id = "failed".into();
    failed.status = SpanStatus::Error;
    failed.cost_usd = None;
    // The child arrives first and in another batch than its root.
    let import = begin(&workspace, 1);
    workspace
        .append_spans(import, vec![imported(child)])
        .unwrap();
    workspace
        .append_spans(import, vec![imported(root), imported(failed)])
        .unwrap();
    let trace = workspace.trace_row("t").unwrap().unwrap();
    assert_eq!(trace.name.as_deref(), Some("answer a ticket"));
    assert_eq!((trace.spans, trace.model_calls, trace.errors), (3, 2, 1));
    assert_eq!(
        trace.tokens_in,
        Some(200),
        "the agent's own figure is not added"
    );
    assert_eq!(trace.duration_ms, Some(500.0));
    assert_eq!(
        (trace.cost_usd, trace.unpriced_calls),
        (Some(usd("0.1")), 1)
    );
    assert_eq!(
        workspace.trace_spans("t", Page::first(10)).unwrap().len(),
        3
    );
    let only_errors = SpanFilter {
        only_errors: true,
        ..SpanFilter::default()
    };
    assert_eq!(workspace.trace_count(&only_errors).unwrap(), 1);
    let nothing = SpanFilter {
        model: Some("other".into()),
        ..SpanFilter::default()
    };
    assert_eq!(workspace.trace_count(&nothing).unwrap(), 0);
}

#[test]
fn a_computed_cost_is_kept_with_its_source_and_can_be_replaced() {
    let workspace = Workspace::in_memory().unwrap();
    let cost = |amount: &str| Cost {
        usd: Some(usd(amount)),
        source: Some(PriceSource {
            table: "own".into(),
            version: "1".into(),
            entry: "openai/gpt-4.1-mini".into(),
        }),
        ..Cost::default()
    };
    let mut reported = call("t", "reported", 2);
    reported.cost_usd = Some(usd("0.5"));
    let mut spans = vec![imported(call("t", "computed", 1)), imported(reported)];
    for span in &mut spans {
        span.cost = Some(cost("0.25"));
    }
    let import = begin(&workspace, 1);
    workspace.append_spans(import, spans).unwrap();
    assert_eq!(
        workspace.trace_row("t").unwrap().unwrap().cost_usd,
        Some(usd("0.75"))
    );

    let mut rows = Vec::new();
    workspace
        .model_calls(&CallFilter::default(), &mut |call| {
            rows.push(call.row);
            ControlFlow::Continue(())
        })
        .unwrap();
    let replaced = rows.iter().map(|&row| (row, cost("1"))).collect();
    workspace.put_computed_costs(replaced).unwrap();
    assert_eq!(
        workspace.trace_row("t").unwrap().unwrap().cost_usd,
        Some(usd("1.5")),
        "what the source reported stays preferred"
    );
    let record = workspace.span("t", "computed", 1).unwrap();
    assert_eq!(record.cost_computed_usd, Some(usd("1")));
    assert_eq!(record.price_source, cost("1").source);

    let unknown = rows.iter().map(|&row| (row, Cost::default())).collect();
    workspace.put_computed_costs(unknown).unwrap();
    let trace = workspace.trace_row("t").unwrap().unwrap();
    assert_eq!(
        (trace.cost_usd, trace.unpriced_calls),
        (Some(usd("0.5")), 1)
    );
}

#[test]
fn groups_by_model_and_day_sum_exactly_and_read_only_the_index() {
    let day_ns = 86_400_000_000_000;
    let workspace = Workspace::in_memory().unwrap();
    let spans = (0..30)
        .map(|number: i64| {
            let mut span = call("t", &number.to_string(), (number % 3) * day_ns);
            span.end_ns = Some(UnixNanos(span.start_ns.0 + number * 1_000_000));
            span.cost_usd = Some(usd("0.10"));
            if number == 0 {
                span.usage = plumbline_model::Usage::default();
                span.cost_usd = None;
            }
            span
        })
        .chain([Span::new("t", "tool", SpanKind::Tool, UnixNanos(0))])
        .collect();
    store(&workspace, 1, spans);
    let keys = [GroupKey::Model, GroupKey::Day];
    let groups = workspace
        .call_groups(&CallFilter::default(), &keys)
        .unwrap();
    assert_eq!(groups.len(), 3);
    let first = &groups[0];
    assert_eq!(
        first.keys,
        [
            Some("gpt-4.1-mini".to_owned()),
            Some("1970-01-01".to_owned())
        ]
    );
    assert_eq!((first.calls, first.unpriced_calls), (10, 1));
    assert_eq!(first.tokens_in, Some(900));
    assert_eq!(first.cost_usd, Some(usd("0.9")), "nine times ten cents");
    let mut latencies = first.latencies_ms.clone();
    latencies.sort_by(f64::total_cmp);
    assert_eq!(
        latencies,
        (0..10).map(|n| f64::from(n * 3)).collect::<Vec<_>>()
    );

    let plan = workspace
        .read(|conn| {
            let sql = format!("EXPLAIN QUERY PLAN {GROUPED} WHERE kind = 'llm'");
            Ok(conn.query_row(&sql, [], |row| row.get::<_, String>(3))?)
        })
        .unwrap();
    assert!(plan.contains("COVERING INDEX span_call"), "{plan}");
}

#[test]
fn a_content_is_known_by_the_index_alone_however_many_came_under_its_ids() {
    let workspace = Workspace::in_memory().unwrap();
    let variant = |number: i64| {
        let mut span = call("t", "s", 1);
        span.end_ns = Some(UnixNanos(number));
        span
    };
    let all = |from: i64| (from..from + 300).map(variant).collect::<Vec<_>>();
    let [first, again, rest] = [(1, 0), (2, 0), (3, 200)].map(|(import, from)| {
        let outcome = store(&workspace, import, all(from));
        (outcome.stored, outcome.duplicate, outcome.conflict)
    });
    assert_eq!(
        [first, again, rest],
        [(300, 0, 299), (0, 300, 0), (200, 100, 200)]
    );
    assert_eq!(workspace.span("t", "s", 500).unwrap().span, variant(499));
    for sql in [rows::COUNT_VARIANTS, rows::FIND_CONTENT] {
        let plan = workspace
            .read(|conn| {
                let sql = format!("EXPLAIN QUERY PLAN {sql}");
                let mut statement = conn.prepare(&sql)?;
                let given = vec![0_i64; statement.parameter_count()];
                let values = rusqlite::params_from_iter(given);
                Ok(statement.query_row(values, |row| row.get::<_, String>(3))?)
            })
            .unwrap();
        assert!(plan.contains("COVERING INDEX span_identity"), "{plan}");
    }
}

#[test]
fn an_import_is_complete_only_when_its_report_matches_what_was_stored() {
    let workspace = Workspace::in_memory().unwrap();
    let import = begin(&workspace, 1);
    workspace
        .append_spans(import, vec![imported(call("t", "s", 1))])
        .unwrap();
    let rows = (0..3)
        .map(|line| plumbline_model::QuarantinedRow {
            at: format!("line {line}"),
            reason: "not JSON".into(),
            raw: "{".into(),
        })
        .collect();
    workspace.append_quarantine(import, rows).unwrap();
    let mut report = plumbline_model::ImportFile {
        path: "traces-1.jsonl".into(),
        format: "canonical_jsonl".into(),
        ..Default::default()
    };
    report.counts.stored = 1;
    let lossy = workspace.finish_import(import, None, &report, UnixNanos(9));
    assert!(
        lossy.is_err(),
        "three quarantined rows are missing in the report"
    );
    assert!(!workspace.import(import).unwrap().complete);

    report.counts.quarantined = 3;
    report.counts.read = 4;
    workspace
        .finish_import(import, Some("abc"), &report, UnixNanos(9))
        .unwrap();
    let row = workspace.import_of_content("abc").unwrap().unwrap();
    assert!(row.complete && row.counts.adds_up());
    assert_eq!(row.report, Some(report));
    assert_eq!(workspace.list_imports().unwrap(), [row]);
    let page = Page {
        offset: 1,
        limit: 1,
    };
    let quarantine = workspace.quarantine(import, page).unwrap();
    assert_eq!(
        (quarantine.total, quarantine.rows[0].at.as_str()),
        (3, "line 1")
    );
    let late = workspace.append_spans(import, vec![imported(call("t", "late", 1))]);
    assert!(late.is_err(), "a finished import takes no more");
}
