//! Comparing two columns.

use crate::desk::{Answer, Desk};
use plumbline_engine::api::{CompareFilter, ComparePage, CompareView, ComparedPair, Side};
use tauri::State;

#[tauri::command]
pub(crate) async fn compare_open(desk: State<'_, Desk>, a: Side, b: Side) -> Answer<CompareView> {
    desk.ask(move |engine| engine.compare_open(&a, &b)).await
}

#[tauri::command]
pub(crate) async fn compare_rows(
    desk: State<'_, Desk>,
    a: Side,
    b: Side,
    filter: CompareFilter,
    offset: u64,
    limit: u64,
) -> Answer<ComparePage> {
    desk.ask(move |engine| engine.compare_rows(&a, &b, &filter, offset, limit))
        .await
}

#[tauri::command]
pub(crate) async fn compare_pair(
    desk: State<'_, Desk>,
    a: Side,
    b: Side,
    case_key: String,
    repeat: u32,
) -> Answer<ComparedPair> {
    desk.ask(move |engine| engine.compare_pair(&a, &b, &case_key, repeat))
        .await
}
