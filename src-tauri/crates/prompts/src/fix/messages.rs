//! Fixes of the messages: markers that are missing or open nothing, and characters that nobody sees.

use super::edit::Edit;
use super::yaml_lines::{Front, eol_of, lines};
use crate::check::hidden_in;

/// Opens a message at the end of the file.
pub(super) fn open_at_end(text: &str, role: &str) -> Vec<Edit> {
    let eol = eol_of(text);
    let start = if text.ends_with('\n') { "" } else { eol };
    vec![Edit::insert(text.len(), format!("{start}{role}:{eol}"))]
}

/// Opens a message above a line of the file, counted from 1.
pub(super) fn open_above(text: &str, line: usize, role: &str) -> Option<Vec<Edit>> {
    let (at, _) = lines(text, 0, text.len()).nth(line.checked_sub(1)?)?;
    Some(vec![Edit::insert(at, format!("{role}:{}", eol_of(text)))])
}

/// Removes the marker above `line`, and the blank lines that are its message.
pub(super) fn remove_empty(text: &str, line: usize) -> Option<Vec<Edit>> {
    let front = Front::of(text)?;
    let mut rest = lines(text, 0, text.len()).skip(line.checked_sub(2)?);
    let (start, marker) = rest.next()?;
    let blank = rest.take_while(|(_, line)| line.trim().is_empty());
    let end = blank
        .last()
        .map_or(start + marker.len(), |(at, line)| at + line.len());
    (start > front.end).then(|| vec![Edit::new(start, end, "")])
}

/// Removes what nobody sees from a line.
pub(super) fn remove_hidden(text: &str, line: usize) -> Option<Vec<Edit>> {
    let (start, line) = lines(text, 0, text.len()).nth(line.checked_sub(1)?)?;
    // A byte order mark at the start of the file is none of them.
    let mark = if start == 0 && line.starts_with('\u{feff}') {
        3
    } else {
        0
    };
    let bare = line.strip_suffix('\n').unwrap_or(line);
    let remove =
        |(at, c): (usize, char)| Edit::new(start + mark + at, start + mark + at + c.len_utf8(), "");
    Some(hidden_in(&bare[mark..]).map(remove).collect())
}
