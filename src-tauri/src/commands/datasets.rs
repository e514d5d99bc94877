//! Datasets: list, cases, and one made from imported calls.

use crate::desk::{Answer, Desk};
use plumbline_engine::api::{AsSent, CasePage, DatasetFromSpans, DatasetRow, TraceFilter};
use tauri::State;

#[tauri::command]
pub(crate) async fn dataset_list(desk: State<'_, Desk>) -> Answer<Vec<DatasetRow>> {
    desk.ask(|engine| engine.dataset_list()).await
}

#[tauri::command]
pub(crate) async fn dataset_cases(
    desk: State<'_, Desk>,
    name: String,
    offset: u64,
    limit: u64,
    text: String,
) -> Answer<CasePage> {
    desk.ask(move |engine| engine.dataset_cases(&name, offset, limit, &text))
        .await
}

#[tauri::command]
pub(crate) async fn dataset_from_traces(
    desk: State<'_, Desk>,
    name: String,
    filter: TraceFilter,
    limit: u64,
) -> Answer<DatasetFromSpans> {
    desk.ask(move |engine| engine.dataset_from_traces(&name, &filter, limit))
        .await
}

#[tauri::command]
pub(crate) async fn dataset_as_sent(
    desk: State<'_, Desk>,
    name: String,
    filter: TraceFilter,
    how: AsSent,
) -> Answer<DatasetFromSpans> {
    desk.ask(move |engine| engine.dataset_as_sent(&name, &filter, &how))
        .await
}
