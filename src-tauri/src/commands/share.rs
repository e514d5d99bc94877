//! Handing a comparison on.

use crate::desk::{Answer, Desk};
use crate::dialogs::save_as;
use plumbline_engine::api::{ShareFormat, Shared, Side};
use tauri::{State, WebviewWindow};

/// `None` when the person closed the dialog.
#[tauri::command]
pub(crate) async fn share_save(
    window: WebviewWindow,
    desk: State<'_, Desk>,
    sides: Vec<Side>,
    format: ShareFormat,
) -> Answer<Option<Shared>> {
    let Some(file) = save_as(&window, format.file_name()).await else {
        return Ok(None);
    };
    desk.ask(move |engine| engine.share(&sides, format, &file).map(Some))
        .await
}
