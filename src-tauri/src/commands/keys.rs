//! API keys: a page may list them, give one, remove one and unlock the file. It never gets one back.

use crate::desk::{Answer, Desk};
use plumbline_engine::SecretString;
use plumbline_engine::api::{KeyPlace, KeyRow, KeysView};
use tauri::State;

#[tauri::command]
pub(crate) async fn key_list(desk: State<'_, Desk>) -> Answer<KeysView> {
    desk.ask_keys(|keys| keys.list()).await
}

#[tauri::command]
pub(crate) async fn key_set(
    desk: State<'_, Desk>,
    origin: String,
    secret: SecretString,
    place: Option<KeyPlace>,
) -> Answer<KeyRow> {
    desk.ask_keys(move |keys| keys.set(&origin, &secret, place))
        .await
}

#[tauri::command]
pub(crate) async fn key_remove(desk: State<'_, Desk>, origin: String) -> Answer<()> {
    desk.ask_keys(move |keys| keys.remove(&origin).map(|_| ()))
        .await
}

#[tauri::command]
pub(crate) async fn key_unlock(desk: State<'_, Desk>, passphrase: SecretString) -> Answer<()> {
    desk.ask_keys(move |keys| keys.unlock(passphrase)).await
}
