//! Aligned columns for a terminal.
//!
//! Decides widths: numbers are never cut, words are, widest column first. Cells are cleaned here, so a
//! caller may put anything into one.

use crate::terminal::{Paint, Style, clean, pad_left, pad_right, shorten, width};

/// Which side a column's cells stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words; cut where the table would be too wide.
    Left,
    /// Numbers; never cut.
    Right,
}

/// A column's head.
#[derive(Debug, Clone)]
pub struct Column {
    title: String,
    align: Align,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn words(title: &str) -> Self {
        Self {
            title: cell_text(title),
            align: Align::Left,
        }
    }

    /// A column of numbers.
    #[must_use]
    pub fn numbers(title: &str) -> Self {
        Self {
            title: cell_text(title),
            align: Align::Right,
        }
    }
}

/// A table under construction.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<(String, Paint)>>,
}

/// Clean text on one line; leading spaces stay, since they show what belongs to what.
fn cell_text(text: &str) -> String {
    clean(text.trim_end()).replace(['\n', '\t'], " ")
}

/// Spaces between columns.
const GAP: usize = 2;
/// Columns of words are not made narrower than this.
const NARROWEST: usize = 8;

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row of plain cells; missing cells are empty, further ones are dropped.
    pub fn row<I, S>(&mut self, cells: I)
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        self.painted_row(cells.into_iter().map(|cell| (cell, Paint::Plain)));
    }

    /// Adds a row of cells with a colour each.
    pub fn painted_row<I, S>(&mut self, cells: I)
    where
        I: IntoIterator<Item = (S, Paint)>,
        S: AsRef<str>,
    {
        let mut row: Vec<(String, Paint)> = cells
            .into_iter()
            .take(self.columns.len())
            .map(|(cell, paint)| (cell_text(cell.as_ref()), paint))
            .collect();
        row.resize(self.columns.len(), (String::new(), Paint::Plain));
        self.rows.push(row);
    }

    /// True without rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as lines, each with its `\n`; `room` is the terminal's width where there is one.
    #[must_use]
    pub fn render(&self, room: Option<usize>, style: Style) -> String {
        let widths = self.widths(room);
        let mut out = String::new();
        if self.columns.iter().any(|column| !column.title.is_empty()) {
            let head = self
                .columns
                .iter()
                .map(|column| (column.title.as_str(), Paint::Strong));
            self.line(&mut out, head, &widths, style);
        }
        for row in &self.rows {
            let cells = row.iter().map(|(text, paint)| (text.as_str(), *paint));
            self.line(&mut out, cells, &widths, style);
        }
        out
    }

    fn widths(&self, room: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self
            .columns
            .iter()
            .map(|column| width(&column.title))
            .collect();
        for row in &self.rows {
            for (widest, (text, _)) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(text));
            }
        }
        let Some(room) = room else {
            return widths;
        };
        let gaps = GAP * widths.len().saturating_sub(1);
        let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
        while excess > 0 {
            // Take from the widest column of words, down to the next widest.
            let mut words: Vec<usize> = (0..widths.len())
                .filter(|i| self.columns[*i].align == Align::Left && widths[*i] > NARROWEST)
                .collect();
            words.sort_by_key(|i| std::cmp::Reverse(widths[*i]));
            let Some(&widest) = words.first() else {
                break;
            };
            let next = words.get(1).map_or(NARROWEST, |i| widths[*i]);
            let take = excess.min((widths[widest] - next).max(1));
            widths[widest] -= take;
            excess -= take;
        }
        widths
    }

    fn line<'c>(
        &self,
        out: &mut String,
        cells: impl Iterator<Item = (&'c str, Paint)>,
        widths: &[usize],
        style: Style,
    ) {
        let mut line = String::new();
        // Spaces wait until something follows them: no line ends in one.
        let mut owed = 0;
        for (at, ((text, paint), column)) in cells.zip(&self.columns).enumerate() {
            if at > 0 {
                owed += GAP;
            }
            let text = shorten(text, widths[at]);
            let padded = match column.align {
                Align::Left => pad_right(&text, widths[at]),
                Align::Right => pad_left(&text, widths[at]),
            };
            let solid = padded.trim_end_matches(' ');
            if solid.is_empty() {
                owed += width(&padded);
                continue;
            }
            line.push_str(&" ".repeat(owed));
            let start = solid.len() - solid.trim_start_matches(' ').len();
            line.push_str(&solid[..start]);
            line.push_str(&style.paint(paint, &solid[start..]));
            owed = width(&padded) - width(solid);
        }
        out.push_str(&line);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::oracle;
    use proptest::prelude::*;

    fn sample() -> Table {
        let mut table = Table::new([
            Column::words("case"),
            Column::numbers("ms"),
            Column::words("verdict"),
        ]);
        table.row(["short", "7", "same"]);
        table.row(["a case with a long\nname 世界", "1200", ""]);
        table
    }

    #[test]
    fn columns_line_up_and_no_line_ends_in_spaces() {
        insta::assert_snapshot!(sample().render(None, Style::default()), @r#"
        case                            ms  verdict
        short                            7  same
        a case with a long name 世界  1200
        "#);
    }

    #[test]
    fn a_narrow_terminal_cuts_words_never_numbers() {
        let text = sample().render(Some(30), Style::default());
        assert!(text.contains("1200") && text.contains('…'));
        assert!(text.lines().all(|line| width(line) <= 30), "{text}");
    }

    proptest! {
        #[test]
        fn hostile_cells_stay_in_their_row(cells in prop::collection::vec("[\u{1b}\n\t\r\u{9b}\\[;mHa世 ]{0,20}", 0..12), room in 0_usize..60) {
            let mut table = Table::new([Column::words("a"), Column::words("b")]);
            for pair in cells.chunks(2) {
                table.row(pair);
            }
            let text = table.render(Some(room), Style { colour: true });
            prop_assert_eq!(text.lines().count(), 1 + cells.len().div_ceil(2));
            prop_assert_eq!(oracle::forbidden(&text, true), Vec::<String>::new());
        }
    }
}
