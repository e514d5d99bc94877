//! Rows as people read them and as programs do.

use crate::pairs::Row;
use std::io::{self, Write};

/// One line a row, with what was counted below it.
pub(crate) fn write_table(out: &mut impl Write, row: &Row) -> io::Result<()> {
    let better = if row.more_is_better { "more" } else { "less" };
    writeln!(
        out,
        "{:<30} {:>16} {:>16}  {:>7}  {:<13} {:>2} pairs",
        row.name,
        format!("{} {}", figure(row.ours), row.unit),
        format!("{} {}", figure(row.reference), row.unit),
        format!("{:.3}x", row.ratio),
        format!("{:.3}-{:.3}", row.ratio_min, row.ratio_max),
        row.pairs,
    )?;
    writeln!(
        out,
        "    reference: {}; {better} is better. {}",
        row.reference_name, row.counted
    )
}

/// The names of the columns.
pub(crate) fn write_head(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<30} {:>16} {:>16}  {:>7}  {:<13}",
        "name", "ours", "reference", "ratio", "min-max"
    )
}

/// Three significant digits, whole from a hundred on.
fn figure(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_ours_reference_ratio_and_what_was_counted() {
        let row = Row {
            name: "diff".to_owned(),
            unit: "ms",
            more_is_better: false,
            ours: 12.34,
            reference: 123.4,
            reference_name: "similar".to_owned(),
            ratio: 0.1,
            ratio_min: 0.09,
            ratio_max: 0.12,
            pairs: 5,
            counted: "Two texts.".to_owned(),
        };
        let mut out = Vec::new();
        write_table(&mut out, &row).unwrap();
        let text = String::from_utf8(out).unwrap();
        for part in [
            "12.3 ms",
            "123 ms",
            "0.100x",
            "0.090-0.120",
            "5 pairs",
            "similar; less is better. Two texts.",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
