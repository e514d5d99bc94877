//! Tools as files, and how prompts stand to them.

use crate::desk::{Answer, Desk};
use plumbline_engine::api::{ContractRow, PromptTools, ToolCheck, ToolRow, ToolView};
use tauri::State;

#[tauri::command]
pub(crate) async fn tool_list(desk: State<'_, Desk>) -> Answer<Vec<ToolRow>> {
    desk.ask(|engine| engine.tool_list()).await
}

#[tauri::command]
pub(crate) async fn tool_open(
    desk: State<'_, Desk>,
    name: String,
    version: Option<String>,
) -> Answer<ToolView> {
    desk.ask(move |engine| engine.tool_open(&name, version.as_deref()))
        .await
}

#[tauri::command]
pub(crate) async fn tool_check_text(
    desk: State<'_, Desk>,
    name: String,
    text: String,
) -> Answer<ToolCheck> {
    desk.ask(move |engine| engine.tool_check_text(&name, &text))
        .await
}

#[tauri::command]
pub(crate) async fn tool_save(
    desk: State<'_, Desk>,
    name: String,
    text: String,
    expected_text_hash: String,
) -> Answer<ToolView> {
    desk.ask(move |engine| engine.tool_save(&name, &text, &expected_text_hash))
        .await
}

#[tauri::command]
pub(crate) async fn tool_release(
    desk: State<'_, Desk>,
    name: String,
    version: String,
    changelog: String,
) -> Answer<ToolView> {
    desk.ask(move |engine| engine.tool_release(&name, &version, &changelog))
        .await
}

#[tauri::command]
pub(crate) async fn tool_new(desk: State<'_, Desk>, name: String) -> Answer<ToolView> {
    desk.ask(move |engine| engine.tool_new(&name, None)).await
}

#[tauri::command]
pub(crate) async fn prompt_tools(desk: State<'_, Desk>, name: String) -> Answer<PromptTools> {
    desk.ask(move |engine| engine.prompt_tools(&name)).await
}

#[tauri::command]
pub(crate) async fn prompt_contract(
    desk: State<'_, Desk>,
    name: String,
) -> Answer<Vec<ContractRow>> {
    desk.ask(move |engine| engine.prompt_contract(&name)).await
}
