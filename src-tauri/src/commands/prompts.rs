//! Prompts: new, list, open, check, save, render, diff, release, blame.

use crate::desk::{Answer, Desk};
use plumbline_engine::api::{
    BlamedLine, PromptChanges, PromptCheck, PromptCosts, PromptLanguage, PromptRow, PromptView,
    RenderView, StatGroup, VariablesFrom,
};
use tauri::State;

#[tauri::command]
pub(crate) async fn prompt_list(desk: State<'_, Desk>) -> Answer<Vec<PromptRow>> {
    desk.ask(|engine| engine.prompt_list()).await
}

#[tauri::command]
pub(crate) async fn prompt_open(
    desk: State<'_, Desk>,
    name: String,
    version: Option<String>,
) -> Answer<PromptView> {
    desk.ask(move |engine| engine.prompt_open(&name, version.as_deref()))
        .await
}

#[tauri::command]
pub(crate) async fn prompt_check_text(
    desk: State<'_, Desk>,
    name: String,
    text: String,
) -> Answer<PromptCheck> {
    desk.ask(move |engine| engine.prompt_check_text(&name, &text))
        .await
}

#[tauri::command]
pub(crate) async fn prompt_save(
    desk: State<'_, Desk>,
    name: String,
    text: String,
    expected_text_hash: String,
) -> Answer<PromptView> {
    desk.ask(move |engine| engine.prompt_save(&name, &text, &expected_text_hash))
        .await
}

#[tauri::command]
pub(crate) async fn prompt_costs(
    desk: State<'_, Desk>,
    name: String,
    text: String,
    from: Option<VariablesFrom>,
    models: Vec<String>,
) -> Answer<PromptCosts> {
    desk.ask(move |engine| engine.prompt_costs(&name, &text, from.as_ref(), &models))
        .await
}

#[tauri::command]
pub(crate) async fn prompt_language(desk: State<'_, Desk>) -> Answer<PromptLanguage> {
    desk.ask(|engine| engine.prompt_language()).await
}

#[tauri::command]
pub(crate) async fn prompt_render(
    desk: State<'_, Desk>,
    name: String,
    version: Option<String>,
    text: Option<String>,
    from: VariablesFrom,
) -> Answer<RenderView> {
    desk.ask(move |engine| engine.prompt_render(&name, version.as_deref(), text.as_deref(), &from))
        .await
}

#[tauri::command]
pub(crate) async fn prompt_changes(
    desk: State<'_, Desk>,
    name: String,
    from: String,
    to: String,
    unsaved: Option<String>,
) -> Answer<PromptChanges> {
    desk.ask(move |engine| engine.prompt_changes(&name, &from, &to, unsaved.as_deref()))
        .await
}

#[tauri::command]
pub(crate) async fn prompt_release(
    desk: State<'_, Desk>,
    name: String,
    version: String,
    changelog: String,
) -> Answer<PromptView> {
    desk.ask(move |engine| engine.prompt_release(&name, &version, &changelog))
        .await
}

#[tauri::command]
pub(crate) async fn prompt_restore(
    desk: State<'_, Desk>,
    name: String,
    version: String,
) -> Answer<PromptView> {
    desk.ask(move |engine| engine.prompt_restore(&name, &version))
        .await
}

#[tauri::command]
pub(crate) async fn prompt_usage(desk: State<'_, Desk>, name: String) -> Answer<Vec<StatGroup>> {
    desk.ask(move |engine| engine.prompt_usage(&name)).await
}

#[tauri::command]
pub(crate) async fn prompt_new(desk: State<'_, Desk>, name: String) -> Answer<PromptView> {
    desk.ask(move |engine| engine.prompt_new(&name, None)).await
}

#[tauri::command]
pub(crate) async fn prompt_blame(
    desk: State<'_, Desk>,
    name: String,
    version: String,
) -> Answer<Vec<BlamedLine>> {
    desk.ask(move |engine| engine.prompt_blame(&name, &version))
        .await
}
