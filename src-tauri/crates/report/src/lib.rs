//! Results out: text for a terminal, Markdown for a pull request, JSON for scripts.
//!
//! Takes plain results of `plumbline-model` and `plumbline-analysis` and returns text; never prints, never
//! reads anything. All data shown may be hostile: no escape sequence, control character or markup of it
//! reaches a terminal or a page.

pub mod diff_text;
pub mod figures;
pub mod json;
pub mod markdown;
pub mod share;
pub mod summary;
pub mod table;
pub mod terminal;

pub use table::{Align, Column, Table};
pub use terminal::{Paint, Style, clean};
