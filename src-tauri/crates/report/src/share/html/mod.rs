//! One page that needs nothing else: no network, no other file, no script but its own.
//!
//! Everything is in the page and readable without script; the script only filters and walks. Each case is a
//! `<details>` of its own, folded, and drawn when it comes into view, so that ten thousand open at once.
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
        row::write(&mut page, head, &kinds, &row)?;
        written.rows += 1;
    }
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
