//! Tables of somebody's own, as CSV or JSON objects, read by a mapping that says what their columns mean.
//!
//! A column of a JSON object may be a path, such as `usage.prompt_tokens` or `choices.0.text`. A row without ids
//! gets ids from its place and content, so reading the same table again gives the same spans. A cell that cannot be
//! what its column should be is counted as unread under the column's name; only a start that is none costs the row.

mod row;
mod suggest;

pub use suggest::{MappingSuggestion, suggest_mapping};

use crate::IngestError;
use crate::csv_records;
use crate::delivery::Delivery;
use crate::json_values;
use crate::text::shorten;
use plumbline_model::ColumnMapping;
use serde_json::Value;
use std::io::BufRead;

/// A mapping can only be named, never recognised.
pub(crate) fn detect(_: &crate::head::Head<'_>) -> bool {
    false
}

/// Stands in the table of formats for whoever names the format and no mapping.
///
/// # Errors
/// Always: without a mapping nothing can be read.
pub(crate) fn read(
    _: &mut dyn BufRead,
    source_name: &str,
    _: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    Err(IngestError::NoMapping {
        source_name: source_name.to_owned(),
    })
}

/// Reads every row by `mapping`.
///
/// # Errors
/// The source fails, the mapping is unfit, or a CSV lacks a column that it names.
pub(crate) fn read_with(
    mapping: &ColumnMapping,
    head: &[u8],
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    if let Some(why) = mapping.unfit() {
        return Err(IngestError::UnfitMapping { why });
    }
    if is_json(head) {
        return json_values::each(
            source,
            source_name,
            delivery,
            &mut |delivery, found| match found.value {
                Value::Object(row) => row::deliver(mapping, delivery, found.at, row),
                _ => delivery.quarantine(found.at, "expected an object", found.raw),
            },
        );
    }
    let check = |columns: &[String]| {
        let mut wanted = mapping.columns.values().chain(mapping.tags.values());
        match wanted.find(|wanted| !columns.contains(wanted)) {
            None => Ok(()),
            Some(column) => Err(IngestError::UnmappedColumn {
                source_name: source_name.to_owned(),
                column: column.clone(),
                columns: listed(columns),
            }),
        }
    };
    csv_records::each(
        source,
        source_name,
        delivery,
        &check,
        &mut |delivery, found| {
            row::deliver(
                mapping,
                delivery,
                &format!("line {}", found.line),
                found.row,
            )
        },
    )
}

/// True for text that begins as JSON does.
fn is_json(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    matches!(head.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Columns in a sentence: all of a usual table, the first forty of a wide one.
pub(crate) fn listed(columns: &[String]) -> String {
    const SHOWN: usize = 40;
    let names: Vec<_> = columns
        .iter()
        .take(SHOWN)
        .map(|name| shorten(name, 60))
        .collect();
    let more = columns.len().saturating_sub(SHOWN);
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// The columns of a table that no format claims: a CSV with rows as wide as its header, or JSON objects.
pub(crate) fn columns_of(head: &[u8]) -> Option<Vec<String>> {
    if is_json(head) {
        let row = suggest::rows(head).into_iter().next()?;
        return Some(suggest::paths(&row)).filter(|paths| !paths.is_empty());
    }
    let text = std::str::from_utf8(head.get(..head.len().min(64 * 1024))?).ok();
    let text = text.or_else(|| {
        // The cut may stand inside a character.
        let end = head.len().min(64 * 1024);
        (1..4).find_map(|back| std::str::from_utf8(head.get(..end.checked_sub(back)?)?).ok())
    })?;
    let columns = csv_records::columns_of(text.trim_start_matches('\u{feff}'));
    let looks_like_one =
        columns.len() > 1 && !text.contains('\0') && !suggest::rows(head).is_empty();
    looks_like_one.then_some(columns)
}
