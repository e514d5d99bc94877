//! Lets Tauri generate its context, and follows the built window so that a fresh one is embedded.
//!
//! The folder of the built window is made when it is missing, so that Rust alone can be checked
//! and tested before Node has run; such a binary says that the window was not built.

fn main() {
    println!("cargo:rerun-if-changed=../ui/dist");
    let _ = std::fs::create_dir_all("../ui/dist");
    tauri_build::build();
}
