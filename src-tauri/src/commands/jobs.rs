//! Jobs: follow, list, cancel.

use crate::desk::{Answer, Desk};
use plumbline_engine::api::JobProgress;
use plumbline_model::JobId;
use tauri::State;
use tauri::ipc::Channel;

#[tauri::command]
pub(crate) async fn jobs_subscribe(
    desk: State<'_, Desk>,
    channel: Channel<JobProgress>,
) -> Answer<()> {
    // Joined before the list is read: an event in between is told twice rather than lost.
    desk.audience.join(channel.clone());
    for job in desk.ask(|engine| Ok(engine.job_list())).await? {
        let _ = channel.send(job);
    }
    Ok(())
}

#[tauri::command]
pub(crate) async fn job_list(desk: State<'_, Desk>) -> Answer<Vec<JobProgress>> {
    desk.ask(|engine| Ok(engine.job_list())).await
}

#[tauri::command]
pub(crate) async fn job_cancel(desk: State<'_, Desk>, job_id: JobId) -> Answer<()> {
    desk.ask(move |engine| engine.job_cancel(job_id)).await
}
