//! Traces: import, list, waterfall, span.

use crate::desk::{Answer, Desk};
use crate::dialogs::{Choose, choose};
use plumbline_engine::api::{
    Facets, Histogram, ImportRow, SpanView, TraceColumns, TraceFilter, TracePage, TraceSort,
};
use plumbline_model::{ImportId, JobId, QuarantinedRow};
use tauri::{State, WebviewWindow};

#[tauri::command]
pub(crate) async fn import_pick(
    window: WebviewWindow,
    desk: State<'_, Desk>,
) -> Answer<Option<JobId>> {
    let paths = choose(&window, Choose::TraceFiles).await;
    if paths.is_empty() {
        return Ok(None);
    }
    desk.import(paths).await.map(Some)
}

#[tauri::command]
pub(crate) async fn import_list(desk: State<'_, Desk>) -> Answer<Vec<ImportRow>> {
    desk.ask(|engine| engine.import_list()).await
}

#[tauri::command]
pub(crate) async fn import_quarantine(
    desk: State<'_, Desk>,
    import_id: ImportId,
    offset: u64,
    limit: u64,
) -> Answer<Vec<QuarantinedRow>> {
    desk.ask(move |engine| engine.import_quarantine(import_id, offset, limit))
        .await
}

#[tauri::command]
pub(crate) async fn trace_list(
    desk: State<'_, Desk>,
    filter: TraceFilter,
    sort: TraceSort,
    after: Option<String>,
    skip: u64,
    limit: u64,
) -> Answer<TracePage> {
    desk.ask(move |engine| engine.trace_list(&filter, sort, after.as_deref(), skip, limit))
        .await
}

#[tauri::command]
pub(crate) async fn trace_count(desk: State<'_, Desk>, filter: TraceFilter) -> Answer<u64> {
    desk.ask(move |engine| engine.trace_count(&filter)).await
}

#[tauri::command]
pub(crate) async fn trace_histogram(
    desk: State<'_, Desk>,
    filter: TraceFilter,
    buckets: u32,
) -> Answer<Histogram> {
    desk.ask(move |engine| engine.trace_histogram(&filter, buckets))
        .await
}

#[tauri::command]
pub(crate) async fn trace_facets(desk: State<'_, Desk>, filter: TraceFilter) -> Answer<Facets> {
    desk.ask(move |engine| engine.trace_facets(&filter)).await
}

#[tauri::command]
pub(crate) async fn trace_open(desk: State<'_, Desk>, trace_id: String) -> Answer<TraceColumns> {
    desk.ask(move |engine| engine.trace_columns(&trace_id))
        .await
}

#[tauri::command]
pub(crate) async fn span_open(
    desk: State<'_, Desk>,
    trace_id: String,
    span_id: String,
    variant: u64,
) -> Answer<SpanView> {
    desk.ask(move |engine| engine.span_open_in_page(&trace_id, &span_id, variant))
        .await
}
