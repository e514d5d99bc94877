//! Money and time.

use crate::desk::{Answer, Desk};
use plumbline_engine::api::{
    CachePurgeFilter, CacheView, CostScope, CostView, DayBudget, Forecast, ForecastInput,
};
use plumbline_model::{Payer, Usd};
use tauri::State;

#[tauri::command]
pub(crate) async fn cost_view(desk: State<'_, Desk>, scope: CostScope) -> Answer<CostView> {
    desk.ask(move |engine| engine.cost_view(scope)).await
}

#[tauri::command]
pub(crate) async fn forecast(desk: State<'_, Desk>, input: ForecastInput) -> Answer<Forecast> {
    desk.ask(move |engine| engine.forecast(&input)).await
}

#[tauri::command]
pub(crate) async fn day_budget(desk: State<'_, Desk>) -> Answer<DayBudget> {
    desk.ask(|engine| engine.day_budget()).await
}

#[tauri::command]
pub(crate) async fn day_cap_set(
    desk: State<'_, Desk>,
    payer: Payer,
    cap_usd: Option<Usd>,
) -> Answer<DayBudget> {
    desk.ask(move |engine| engine.set_day_cap(payer, cap_usd))
        .await
}

#[tauri::command]
pub(crate) async fn cache_view(desk: State<'_, Desk>) -> Answer<CacheView> {
    desk.ask(|engine| engine.cache_view()).await
}

#[tauri::command]
pub(crate) async fn cache_purge(desk: State<'_, Desk>, filter: CachePurgeFilter) -> Answer<u64> {
    desk.ask(move |engine| engine.cache_purge(&filter)).await
}
