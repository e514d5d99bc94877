//! Which prices are in force, and costs computed again by them.

use crate::desk::{Answer, Desk};
use crate::dialogs::{Choose, choose};
use plumbline_engine::api::{CallsOf, PriceTableView, Recomputed};
use plumbline_model::RunId;
use tauri::{State, WebviewWindow};

#[tauri::command]
pub(crate) async fn price_table_view(desk: State<'_, Desk>) -> Answer<PriceTableView> {
    desk.ask(|engine| engine.price_table_view()).await
}

#[tauri::command]
pub(crate) async fn price_table_pick(
    window: WebviewWindow,
    desk: State<'_, Desk>,
) -> Answer<Option<PriceTableView>> {
    let Some(file) = choose(&window, Choose::PriceTable).await.into_iter().next() else {
        return Ok(None);
    };
    desk.ask(move |engine| engine.import_price_table(&file, None).map(Some))
        .await
}

#[tauri::command]
pub(crate) async fn price_table_reset(desk: State<'_, Desk>) -> Answer<PriceTableView> {
    desk.ask(|engine| {
        engine.reset_price_table()?;
        engine.price_table_view()
    })
    .await
}

/// Of a run, or of all imported calls.
#[tauri::command]
pub(crate) async fn price_recompute(
    desk: State<'_, Desk>,
    run_id: Option<RunId>,
    dry_run: bool,
) -> Answer<Recomputed> {
    desk.ask(move |engine| match run_id {
        Some(run) => engine.recompute_run(run, dry_run),
        None => engine.recompute_traces(&CallsOf::default(), dry_run),
    })
    .await
}
