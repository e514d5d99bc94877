//! Prompts in and out: histories of other tools, exports, and the lines that join traces to a version.
//!
//! The page never names a file: it imports the one that a person chose last, and saves where they say.

use crate::desk::{Answer, Desk};
use crate::dialogs::{Choose, choose, save_as};
use plumbline_engine::PromptFormat;
use plumbline_engine::api::{
    ExportPreview, PromptFormatRow, PromptImport, PromptSnippet, PromptSource,
};
use plumbline_model::Problem;
use tauri::{State, WebviewWindow};

#[tauri::command]
pub(crate) async fn prompt_source_pick(
    window: WebviewWindow,
    desk: State<'_, Desk>,
) -> Answer<Option<PromptSource>> {
    let Some(file) = choose(&window, Choose::Prompts).await.into_iter().next() else {
        return Ok(None);
    };
    desk.choose_source(file.clone());
    desk.ask(move |engine| Ok(Some(engine.prompt_source(&file))))
        .await
}

#[tauri::command]
pub(crate) async fn prompt_import(
    desk: State<'_, Desk>,
    git: bool,
    name: Option<String>,
) -> Answer<PromptImport> {
    let file = desk.chosen_source().ok_or_else(|| {
        Problem::bad_input("no file is chosen").hint("Choose the file that holds the prompts.")
    })?;
    desk.ask(move |engine| engine.prompt_import_file(&file, git, name.as_deref()))
        .await
}

#[tauri::command]
pub(crate) async fn prompt_formats(desk: State<'_, Desk>) -> Answer<Vec<PromptFormatRow>> {
    desk.ask(|engine| Ok(engine.prompt_formats())).await
}

#[tauri::command]
pub(crate) async fn prompt_export_preview(
    desk: State<'_, Desk>,
    name: String,
    version: Option<String>,
    format: PromptFormat,
) -> Answer<ExportPreview> {
    desk.ask(move |engine| engine.prompt_export_preview(&name, version.as_deref(), format))
        .await
}

/// Where it was saved; `None` when the person closed the dialog.
#[tauri::command]
pub(crate) async fn prompt_export_save(
    window: WebviewWindow,
    desk: State<'_, Desk>,
    name: String,
    version: Option<String>,
    format: PromptFormat,
) -> Answer<Option<String>> {
    let export = desk
        .ask(move |engine| engine.prompt_export(&name, version.as_deref(), format))
        .await?;
    let Some(file) = save_as(&window, &export.file_name).await else {
        return Ok(None);
    };
    desk.ask(move |engine| {
        engine.write_export(&export, &file)?;
        Ok(Some(file.display().to_string()))
    })
    .await
}

#[tauri::command]
pub(crate) async fn prompt_snippets(
    desk: State<'_, Desk>,
    name: String,
    version: String,
) -> Answer<Vec<PromptSnippet>> {
    desk.ask(move |engine| engine.prompt_snippets(&name, &version))
        .await
}
