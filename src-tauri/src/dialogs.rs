//! Native dialogs. Paths are chosen here and never come from the page.
//!
//! `PLUMBLINE_PICK` (paths, separated like `PATH`) answers every dialog that opens something, and `PLUMBLINE_SAVE` (one
//! path) every one that saves, so that the real window can be driven without a person.

use plumbline_model::Problem;
use rfd::{AsyncFileDialog, FileHandle};
use std::path::PathBuf;
use tauri::WebviewWindow;

/// What a person is asked to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choose {
    /// Trace files, one or several.
    TraceFiles,
    /// One workspace file.
    Workspace,
    /// The folder of prompt files.
    PromptsFolder,
    /// One file of prices.
    PriceTable,
    /// One file that holds prompts.
    Prompts,
}

/// Asks for paths; empty when the person closed the dialog.
pub(crate) async fn choose(window: &WebviewWindow, what: Choose) -> Vec<PathBuf> {
    if let Some(paths) = answered_by_environment() {
        return paths;
    }
    asked(window, move |parent| show(what, parent)).await
}

/// Asks where a file is to be saved; `None` when the person closed the dialog.
pub(crate) async fn save_as(window: &WebviewWindow, file_name: &str) -> Option<PathBuf> {
    if answered_by_environment().is_some() {
        return std::env::var_os("PLUMBLINE_SAVE").map(PathBuf::from);
    }
    let file_name = file_name.to_owned();
    let chosen = asked(window, move |parent| {
        let file = AsyncFileDialog::new()
            .set_parent(parent)
            .set_title("Save the export")
            .set_file_name(file_name)
            .save_file();
        Box::pin(async { paths(file.await) })
    });
    chosen.await.into_iter().next()
}

/// Platforms want dialogs to be made on the thread of the window.
async fn asked(
    window: &WebviewWindow,
    make: impl FnOnce(&WebviewWindow) -> Paths + Send + 'static,
) -> Vec<PathBuf> {
    let (send, receive) = tokio::sync::oneshot::channel();
    let parent = window.clone();
    let made = window.run_on_main_thread(move || {
        let _ = send.send(make(&parent));
    });
    match (made, receive.await) {
        (Ok(()), Ok(answer)) => answer.await,
        _ => Vec::new(),
    }
}

/// Tells why the window cannot open, to a person who may have no terminal.
pub(crate) fn tell(problem: &Problem) {
    if answered_by_environment().is_none() {
        rfd::MessageDialog::new()
            .set_level(rfd::MessageLevel::Error)
            .set_title("Plumbline")
            .set_description(problem.to_string())
            .show();
    }
}

type Paths = std::pin::Pin<Box<dyn Future<Output = Vec<PathBuf>> + Send>>;

fn show(what: Choose, parent: &WebviewWindow) -> Paths {
    let dialog = AsyncFileDialog::new().set_parent(parent);
    match what {
        Choose::TraceFiles => {
            let files = dialog.set_title("Import traces").pick_files();
            Box::pin(async { paths(files.await.unwrap_or_default()) })
        }
        Choose::Workspace => {
            let file = dialog
                .set_title("Open a workspace")
                .add_filter("Plumbline workspace", &["db"])
                .pick_file();
            Box::pin(async { paths(file.await) })
        }
        Choose::PriceTable => {
            let file = dialog
                .set_title("Import a price table")
                .add_filter("Prices as JSON", &["json", "gz"])
                .pick_file();
            Box::pin(async { paths(file.await) })
        }
        Choose::Prompts => {
            let file = dialog.set_title("Import prompts").pick_file();
            Box::pin(async { paths(file.await) })
        }
        Choose::PromptsFolder => {
            let folder = dialog.set_title("Open a prompts folder").pick_folder();
            Box::pin(async { paths(folder.await) })
        }
    }
}

fn paths(handles: impl IntoIterator<Item = FileHandle>) -> Vec<PathBuf> {
    handles
        .into_iter()
        .map(|handle| handle.path().to_path_buf())
        .collect()
}

fn answered_by_environment() -> Option<Vec<PathBuf>> {
    let value = std::env::var_os("PLUMBLINE_PICK")?;
    Some(
        std::env::split_paths(&value)
            .filter(|path| !path.as_os_str().is_empty())
            .collect(),
    )
}
