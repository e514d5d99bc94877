//! Redaction: its switch, and the patterns that a person added.

use crate::desk::{Answer, Desk};
use plumbline_engine::Redaction;
use plumbline_engine::api::{RedactionPattern, RedactionTrial};
use tauri::State;

#[tauri::command]
pub(crate) async fn redaction_state(desk: State<'_, Desk>) -> Answer<bool> {
    Ok(desk.redaction() == Redaction::On)
}

#[tauri::command]
pub(crate) async fn redaction_switch(desk: State<'_, Desk>, on: bool) -> Answer<()> {
    desk.redact(if on { Redaction::On } else { Redaction::Off });
    Ok(())
}

#[tauri::command]
pub(crate) async fn redaction_patterns(desk: State<'_, Desk>) -> Answer<Vec<RedactionPattern>> {
    desk.ask(|engine| engine.redaction_patterns()).await
}

#[tauri::command]
pub(crate) async fn redaction_add(
    desk: State<'_, Desk>,
    name: String,
    pattern: String,
) -> Answer<RedactionPattern> {
    desk.ask(move |engine| engine.redaction_add(&name, &pattern))
        .await
}

#[tauri::command]
pub(crate) async fn redaction_remove(desk: State<'_, Desk>, name: String) -> Answer<()> {
    desk.ask(move |engine| engine.redaction_remove(&name)).await
}

#[tauri::command]
pub(crate) async fn redaction_try(
    desk: State<'_, Desk>,
    text: String,
    pattern: Option<String>,
) -> Answer<RedactionTrial> {
    desk.ask(move |engine| {
        let more: Vec<&str> = pattern.iter().map(String::as_str).collect();
        engine.redaction_try(&text, &more)
    })
    .await
}
