//! One page that needs nothing else: no network, no other file, no script but its own.
//!
//! Everything is in the page and readable without script; the script only filters and walks. Each case is a
//! `<details>` of its own, folded, and laid out by the hundred when it comes near, so that ten thousand open soon.
//! Attributes are constants and numbers of ours; data stands in text nodes only, see `escape`.

mod answer;
mod diff;
mod escape;
mod head;
mod kinds;
mod policy;
mod row;
mod tables;

use super::input::{SharedHead, SharedRow, checked};
use super::sink::Counting;
use super::{ShareError, Written};
use escape::Page;
use kinds::Kinds;
use plumbline_model::Problem;
use std::io::{BufWriter, Write};

/// A text longer than this is cut in the page; its whole size is said.
pub const TEXT_LIMIT_BYTES: usize = 20_000;

/// Cases that a browser lays out together: skipping each alone costs some engines more than it saves.
const CHUNK_CASES: u64 = 100;

/// Writes the page.
///
/// # Errors
/// As [`ShareError`] says.
pub fn write(
    out: impl Write,
    head: &SharedHead,
    rows: impl IntoIterator<Item = Result<SharedRow, Problem>>,
) -> Result<Written, ShareError> {
    let mut page = Page::new(Counting::new(BufWriter::new(out)));
    let kinds = Kinds::new(head);
    head::write(&mut page, head, &kinds)?;
    let mut written = Written::default();
    for row in rows {
        let row = checked(row, head)?;
        if written.rows.is_multiple_of(CHUNK_CASES) {
            page.raw(if written.rows == 0 {
                "<div class=\"chunk\">\n"
            } else {
                "</div>\n<div class=\"chunk\">\n"
            })?;
        }
        row::write(&mut page, head, &kinds, &row)?;
        written.rows += 1;
    }
    page.raw(if written.rows == 0 {
        "<p>None.</p>\n"
    } else {
        "</div>\n"
    })?;
    page.raw("</section>\n</main>\n<footer>Written ")?;
    page.line(&head.written_utc, 40)?;
    page.raw(" by Plumbline. This page asks no network for anything.</footer>\n<script>")?;
    page.raw(policy::SCRIPT)?;
    page.raw("</script>\n</body>\n</html>\n")?;
    let mut out = page.into_inner();
    out.flush()?;
    written.bytes = out.bytes;
    Ok(written)
}

#[cfg(test)]
pub(super) mod tests;
