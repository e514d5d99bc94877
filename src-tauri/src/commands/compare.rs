//! Comparing columns of runs.

use crate::desk::{Answer, Desk};
use plumbline_engine::api::{
    CompareFilter, CompareMap, ComparePage, CompareView, ComparedPair, Side,
};
use tauri::State;

#[tauri::command]
pub(crate) async fn compare_open(desk: State<'_, Desk>, sides: Vec<Side>) -> Answer<CompareView> {
    desk.ask(move |engine| engine.compare_open(&sides)).await
}

#[tauri::command]
pub(crate) async fn compare_rows(
    desk: State<'_, Desk>,
    sides: Vec<Side>,
    filter: CompareFilter,
    offset: u64,
    limit: u64,
) -> Answer<ComparePage> {
    desk.ask(move |engine| engine.compare_rows(&sides, &filter, offset, limit))
        .await
}

#[tauri::command]
pub(crate) async fn compare_map(
    desk: State<'_, Desk>,
    sides: Vec<Side>,
    filter: CompareFilter,
    stretches: usize,
) -> Answer<CompareMap> {
    desk.ask(move |engine| engine.compare_map(&sides, &filter, stretches))
        .await
}

#[tauri::command]
pub(crate) async fn compare_place(
    desk: State<'_, Desk>,
    sides: Vec<Side>,
    filter: CompareFilter,
    case_key: String,
) -> Answer<Option<u64>> {
    desk.ask(move |engine| engine.compare_place(&sides, &filter, &case_key))
        .await
}

#[tauri::command]
pub(crate) async fn compare_pair(
    desk: State<'_, Desk>,
    sides: Vec<Side>,
    column: u32,
    case_key: String,
    repeats: Option<(u32, u32)>,
) -> Answer<ComparedPair> {
    desk.ask(move |engine| engine.compare_pair(&sides, column, &case_key, repeats))
        .await
}
