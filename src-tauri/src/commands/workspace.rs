//! The workspace itself, and the demo.

use crate::desk::{Answer, Desk};
use crate::dialogs::{Choose, choose};
use plumbline_engine::DemoMaterial;
use plumbline_engine::api::{ChangeBatch, Check, DemoSummary, WorkspaceInfo};
use plumbline_model::JobId;
use tauri::{State, WebviewWindow};

#[tauri::command]
pub(crate) async fn workspace_info(desk: State<'_, Desk>) -> Answer<WorkspaceInfo> {
    desk.ask(|engine| engine.workspace_info()).await
}

#[tauri::command]
pub(crate) async fn changes_since(desk: State<'_, Desk>, seq: u64) -> Answer<ChangeBatch> {
    desk.ask(move |engine| engine.changes_since(seq)).await
}

#[tauri::command]
pub(crate) async fn doctor(desk: State<'_, Desk>) -> Answer<Vec<Check>> {
    desk.ask(|engine| engine.doctor()).await
}

#[tauri::command]
pub(crate) async fn open_workspace_pick(
    window: WebviewWindow,
    desk: State<'_, Desk>,
) -> Answer<Option<WorkspaceInfo>> {
    let Some(path) = choose(&window, Choose::Workspace).await.into_iter().next() else {
        return Ok(None);
    };
    desk.exchange(path).await?;
    desk.ask(|engine| engine.workspace_info()).await.map(Some)
}

#[tauri::command]
pub(crate) async fn open_prompts_folder_pick(
    window: WebviewWindow,
    desk: State<'_, Desk>,
) -> Answer<Option<WorkspaceInfo>> {
    let Some(folder) = choose(&window, Choose::PromptsFolder)
        .await
        .into_iter()
        .next()
    else {
        return Ok(None);
    };
    desk.ask(move |engine| engine.open_prompts_folder(&folder))
        .await?;
    desk.ask(|engine| engine.workspace_info()).await.map(Some)
}

#[tauri::command]
pub(crate) async fn demo_start(desk: State<'_, Desk>) -> Answer<JobId> {
    desk.ask(|engine| engine.demo_start(&DemoMaterial::find(None)?))
        .await
}

#[tauri::command]
pub(crate) async fn demo_summary(desk: State<'_, Desk>) -> Answer<Option<DemoSummary>> {
    desk.ask(|engine| engine.demo_summary()).await
}
