//! The one window: where it may go (nowhere but its own page) and what is dropped on it.

use crate::desk::Desk;
use tauri::webview::{DownloadEvent, NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, DragDropEvent, Manager, Url, WebviewWindowBuilder, WindowEvent};

/// Opens the window that the configuration describes.
///
/// # Errors
/// The platform has no web view, or no display.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    let Some(config) = app.config().app.windows.first() else {
        return Err(tauri::Error::WindowNotFound);
    };
    let desk = app.state::<Desk>().inner().clone();
    let dropped_on = desk.clone();
    let mut builder = WebviewWindowBuilder::from_config(app, config)?
        .initialization_script(include_str!("language.js"));
    if cfg!(debug_assertions) {
        builder = builder.initialization_script(include_str!("refusals.js"));
    }
    let window = builder
        .on_navigation(is_our_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, event| !matches!(event, DownloadEvent::Requested { .. }))
        .on_page_load(move |_, load| {
            if load.event() == PageLoadEvent::Started {
                desk.audience.clear();
            }
        })
        .build()?;
    window.on_window_event(move |event| {
        if let WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) = event {
            let (desk, paths) = (dropped_on.clone(), paths.clone());
            tauri::async_runtime::spawn(async move {
                if let Err(problem) = desk.import(paths).await {
                    tracing::warn!(code = ?problem.code, "dropped files were not imported");
                }
            });
        }
    });
    Ok(())
}

/// The page that the binary carries, and nothing else: a link in data leads nowhere.
fn is_our_page(url: &Url) -> bool {
    let origin = (url.scheme(), url.host_str(), url.port());
    let ours = if cfg!(windows) {
        origin == ("http", Some("tauri.localhost"), None)
    } else {
        origin == ("tauri", Some("localhost"), None)
    };
    if !ours {
        tracing::warn!(
            scheme = url.scheme(),
            "the window refused to leave its page"
        );
    }
    ours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_stays_on_its_own_page() {
        let page = if cfg!(windows) {
            "http://tauri.localhost/"
        } else {
            "tauri://localhost/"
        };
        let may = |text: &str| is_our_page(&Url::parse(text).unwrap());
        assert!(may(page));
        assert!(may(&format!("{page}#/traces/abc?span=1")));
        for foreign in [
            "https://example.com/",
            "http://localhost/",
            "http://tauri.localhost.example.com/",
            "tauri://localhost.example.com/",
            "tauri://evil/",
            "tauri://localhost:8080/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "about:blank",
        ] {
            assert!(!may(foreign), "{foreign} must not open");
        }
    }
}
