//! Environments of prompts: what they use, promote, roll back.

use crate::desk::{Answer, Desk};
use plumbline_engine::api::{ChangedBy, EnvironmentStand, PromptEnvironments};
use plumbline_model::{EnvironmentChange, NanosText};
use tauri::State;

#[tauri::command]
pub(crate) async fn prompt_environments(
    desk: State<'_, Desk>,
    name: String,
) -> Answer<PromptEnvironments> {
    desk.ask(move |engine| engine.prompt_environments(&name))
        .await
}

#[tauri::command]
pub(crate) async fn environment_stands(
    desk: State<'_, Desk>,
    prompt: Option<String>,
    environment: Option<String>,
    at: Option<NanosText>,
) -> Answer<Vec<EnvironmentStand>> {
    desk.ask(move |engine| {
        let at = at.map(|at| at.0);
        engine.environment_stands(prompt.as_deref(), environment.as_deref(), at)
    })
    .await
}

#[tauri::command]
pub(crate) async fn prompt_promote(
    desk: State<'_, Desk>,
    name: String,
    version: String,
    environment: String,
    by: ChangedBy,
) -> Answer<EnvironmentChange> {
    desk.ask(move |engine| engine.prompt_promote(&name, &version, &environment, &by))
        .await
}

#[tauri::command]
pub(crate) async fn prompt_rollback(
    desk: State<'_, Desk>,
    name: String,
    environment: String,
    by: ChangedBy,
) -> Answer<EnvironmentChange> {
    desk.ask(move |engine| engine.prompt_rollback(&name, &environment, &by))
        .await
}
