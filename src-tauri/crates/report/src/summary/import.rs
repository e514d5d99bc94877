//! The loss report of an import.

use crate::figures::{count, percent};
use crate::table::{Column, Table};
use crate::terminal::{Paint, Style, one_line, shorten};
use plumbline_model::ImportFile;
use std::fmt::Write as _;

/// Quarantined rows shown for each file; all of them stand in the workspace.
const QUARANTINE_SHOWN: usize = 5;
const UNREAD_SHOWN: usize = 12;

/// What an import understood and what it did not, file by file.
#[must_use]
pub fn import_report(files: &[ImportFile], room: Option<usize>, style: Style) -> String {
    let mut table = Table::new([
        Column::words("file"),
        Column::words("format"),
        Column::numbers("read"),
        Column::numbers("stored"),
        Column::numbers("duplicate"),
        Column::numbers("quarantined"),
        Column::numbers("model calls"),
    ]);
    for file in files {
        let quarantined = if file.counts.quarantined > 0 {
            Paint::Warn
        } else {
            Paint::Plain
        };
        table.painted_row([
            (file.path.clone(), Paint::Plain),
            (file.format.clone(), Paint::Dim),
            (count(file.counts.read), Paint::Plain),
            (count(file.counts.stored), Paint::Plain),
            (count(file.counts.duplicate), Paint::Plain),
            (count(file.counts.quarantined), quarantined),
            (count(file.model_calls), Paint::Plain),
        ]);
    }
    let mut out = table.render(room, style);
    for file in files {
        losses(&mut out, file, style);
    }
    out
}

fn losses(out: &mut String, file: &ImportFile, style: Style) {
    if !file.quarantine.is_empty() {
        let _ = writeln!(out, "\nquarantined in {}:", one_line(&file.path));
        for row in file.quarantine.iter().take(QUARANTINE_SHOWN) {
            let _ = writeln!(
                out,
                "  {}: {}",
                style.paint(Paint::Strong, &one_line(&row.at)),
                one_line(&row.reason)
            );
        }
        let more = file
            .counts
            .quarantined
            .saturating_sub(QUARANTINE_SHOWN as u64);
        if more > 0 {
            let _ = writeln!(out, "  and {} more, kept in the workspace", count(more));
        }
    }
    if !file.fields_unread.is_empty() {
        let _ = writeln!(
            out,
            "\nfields of {} that only the raw record keeps:",
            one_line(&file.path)
        );
        let mut table = Table::new([
            Column::words("field"),
            Column::numbers("spans"),
            Column::words("example"),
        ]);
        let mut fields: Vec<_> = file.fields_unread.iter().collect();
        fields.sort_by_key(|(name, field)| (std::cmp::Reverse(field.count), *name));
        for (name, field) in fields.iter().take(UNREAD_SHOWN) {
            let example = shorten(&one_line(&field.example), 40).into_owned();
            table.row([(*name).clone(), count(field.count), example]);
        }
        out.push_str(&table.render(None, style));
        if fields.len() > UNREAD_SHOWN {
            let _ = writeln!(out, "and {} more fields", fields.len() - UNREAD_SHOWN);
        }
    }
    if let Some(rest) = file.tokens_unattributed {
        let _ = writeln!(
            out,
            "\n{} tokens of {} are counted by totals only, neither as input nor as output",
            count(rest),
            one_line(&file.path)
        );
    }
    match &file.redacted {
        None => {
            let notice = format!(
                "\nredaction was switched off for {}: secrets are stored as they came",
                one_line(&file.path)
            );
            let _ = writeln!(out, "{}", style.paint(Paint::Warn, &notice));
        }
        Some(kinds) if !kinds.is_empty() => {
            let kinds: Vec<String> = kinds
                .iter()
                .map(|(kind, n)| format!("{} {}", one_line(kind), count(*n)))
                .collect();
            let _ = writeln!(
                out,
                "\nredacted in {}: {}",
                one_line(&file.path),
                kinds.join(", ")
            );
        }
        Some(_) => {}
    }
    if !file.completeness.is_empty() && file.model_calls > 0 {
        let shares: Vec<String> = file
            .completeness
            .iter()
            .map(|(field, share)| format!("{} {}", one_line(field), percent(Some(*share))))
            .collect();
        let _ = writeln!(out, "\nmodel calls that carry: {}", shares.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::oracle;
    use plumbline_model::{FieldUnread, LossCounts, QuarantinedRow};

    #[test]
    fn an_import_tells_its_losses() {
        let file = ImportFile {
            path: "calls\u{1b}[2J.jsonl".into(),
            format: "canonical_jsonl".into(),
            counts: LossCounts {
                read: 10,
                stored: 8,
                duplicate: 1,
                quarantined: 1,
            },
            quarantine: vec![QuarantinedRow {
                at: "line 7".into(),
                reason: "`start_ns` is missing".into(),
                raw: String::new(),
            }],
            model_calls: 6,
            tokens_unattributed: Some(1_173),
            fields_unread: [(
                "vendor.score".to_owned(),
                FieldUnread {
                    count: 8,
                    example: "0.5".into(),
                },
            )]
            .into(),
            completeness: [("tokens_in".to_owned(), 0.5), ("model".to_owned(), 1.0)].into(),
            redacted: Some([("email".to_owned(), 3), ("openai_key".to_owned(), 1_200)].into()),
            ..ImportFile::default()
        };
        let text = import_report(&[file], None, Style::default());
        assert_eq!(oracle::forbidden(&text, false), Vec::<String>::new());
        insta::assert_snapshot!(text, @r#"
        file                  format           read  stored  duplicate  quarantined  model calls
        calls\u{1b}[2J.jsonl  canonical_jsonl    10       8          1            1            6

        quarantined in calls\u{1b}[2J.jsonl:
          line 7: `start_ns` is missing

        fields of calls\u{1b}[2J.jsonl that only the raw record keeps:
        field         spans  example
        vendor.score      8  0.5

        1 173 tokens of calls\u{1b}[2J.jsonl are counted by totals only, neither as input nor as output

        redacted in calls\u{1b}[2J.jsonl: email 3, openai_key 1 200

        model calls that carry: model 100 %, tokens_in 50 %
        "#);
    }
}
