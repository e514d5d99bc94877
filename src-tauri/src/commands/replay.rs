//! Replays: what one would cost, start, resume, the grid, a cell.

use crate::desk::{Answer, Desk};
use plumbline_engine::ReplayStarted;
use plumbline_engine::api::{
    CellView, Estimate, GridFilter, GridPage, ModelChoice, RunRow, RunView,
};
use plumbline_model::{CellId, RunId, RunPlan, Usd};
use tauri::State;

#[tauri::command]
pub(crate) async fn model_choices(desk: State<'_, Desk>) -> Answer<Vec<ModelChoice>> {
    desk.ask(|engine| engine.model_choices()).await
}

#[tauri::command]
pub(crate) async fn replay_estimate(desk: State<'_, Desk>, plan: RunPlan) -> Answer<Estimate> {
    desk.ask(move |engine| engine.replay_estimate(&plan)).await
}

#[tauri::command]
pub(crate) async fn replay_start(desk: State<'_, Desk>, plan: RunPlan) -> Answer<ReplayStarted> {
    desk.ask(move |engine| engine.replay_start(&plan)).await
}

#[tauri::command]
pub(crate) async fn replay_resume(
    desk: State<'_, Desk>,
    run_id: RunId,
    resend_unknown: bool,
    cap_usd: Option<Usd>,
) -> Answer<ReplayStarted> {
    desk.ask(move |engine| match cap_usd {
        Some(cap) => engine.replay_resume_capped(run_id, resend_unknown, cap),
        None => engine.replay_resume(run_id, resend_unknown),
    })
    .await
}

#[tauri::command]
pub(crate) async fn run_list(desk: State<'_, Desk>) -> Answer<Vec<RunRow>> {
    desk.ask(|engine| engine.run_list()).await
}

#[tauri::command]
pub(crate) async fn run_open(desk: State<'_, Desk>, run_id: RunId) -> Answer<RunView> {
    desk.ask(move |engine| engine.run_open(run_id)).await
}

#[tauri::command]
pub(crate) async fn run_grid(
    desk: State<'_, Desk>,
    run_id: RunId,
    filter: GridFilter,
    offset: u64,
    limit: u64,
) -> Answer<GridPage> {
    desk.ask(move |engine| engine.run_grid(run_id, &filter, offset, limit))
        .await
}

#[tauri::command]
pub(crate) async fn cell_open(desk: State<'_, Desk>, cell_id: CellId) -> Answer<CellView> {
    desk.ask(move |engine| engine.cell_open(cell_id)).await
}
