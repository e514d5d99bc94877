//! The desktop face: one window over one engine.
//!
//! The only room that names tauri. A command here is a few lines: it hands its arguments to the
//! engine on a thread that may block, and gives back the answer or a `Problem`. Nothing is decided
//! here that the command line would not decide the same way.

mod arguments;
mod commands;
mod desk;
mod dialogs;
#[cfg(test)]
mod fences;
mod jobs;
mod log;
mod window;

use arguments::Wish;
use desk::Desk;
use plumbline_model::{Code, Problem};
use std::process::ExitCode;
use tauri::Manager;

/// Spans are made on one thread and let go of on another, where the system's allocator takes its locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let wish = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Wish::Open(wish)) => wish,
        Ok(Wish::Print(text)) => {
            arguments::say(&text);
            return ExitCode::SUCCESS;
        }
        Err(problem) => return give_up(&problem),
    };
    log::start();
    let desk = match Desk::open(wish) {
        Ok(desk) => desk,
        Err(problem) => {
            dialogs::tell(&problem);
            return give_up(&problem);
        }
    };
    let built = tauri::Builder::default()
        .manage(desk)
        .invoke_handler(commands::handler())
        .setup(|app| Ok(window::open(app.handle())?))
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|app, event| {
                if let tauri::RunEvent::ExitRequested { .. } = event {
                    app.state::<Desk>().leave();
                }
            });
            ExitCode::SUCCESS
        }
        Err(why) => give_up(&Problem::internal(format!(
            "the window could not be opened: {why}"
        ))),
    }
}

/// Ends with the exit status that the command line uses for the same problem.
fn give_up(problem: &Problem) -> ExitCode {
    tracing::error!(code = ?problem.code, "the window was not opened");
    arguments::say_error(problem);
    ExitCode::from(match problem.code {
        Code::BadInput | Code::NotFound | Code::Conflict | Code::NewerWorkspace => 2,
        Code::Provider => 3,
        Code::Busy | Code::Internal => 4,
        Code::Cancelled => 130,
    })
}
