//! Money and time.

use crate::desk::{Answer, Desk};
use plumbline_engine::api::{CostScope, CostView};
use tauri::State;

#[tauri::command]
pub(crate) async fn cost_view(desk: State<'_, Desk>, scope: CostScope) -> Answer<CostView> {
    desk.ask(move |engine| engine.cost_view(scope)).await
}
