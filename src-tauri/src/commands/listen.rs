//! Live intake: what listens, on and off. Secrets are taken out as the switch of imports says.
//!
//! The page learns the token of the proxy. It is no key: calls are paid by the key that comes with them, and the
//! policy of the page lets no request out.

use crate::desk::{Answer, Desk};
use plumbline_engine::api::{Intake, LiveIntake};
use tauri::State;

#[tauri::command]
pub(crate) async fn listen_list(desk: State<'_, Desk>) -> Answer<Vec<LiveIntake>> {
    desk.ask(|engine| engine.listen_list()).await
}

#[tauri::command]
pub(crate) async fn listen_switch_on(
    desk: State<'_, Desk>,
    intake: Intake,
    port: u16,
) -> Answer<LiveIntake> {
    let redaction = desk.redaction();
    desk.ask(move |engine| engine.listen_switch_on(intake, port, redaction))
        .await
}

#[tauri::command]
pub(crate) async fn listen_switch_off(desk: State<'_, Desk>, intake: Intake) -> Answer<()> {
    desk.ask(move |engine| engine.listen_switch_off(intake))
        .await
}
