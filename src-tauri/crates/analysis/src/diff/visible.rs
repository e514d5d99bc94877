//! Characters that cannot be seen, or that pass for others, told apart from plain text.
//!
//! Decides what needs a mark (Unicode TR36 and TR39 name the tricks) and what its label says; how a mark
//! looks is each face's own. The text itself is never altered.

use serde::Serialize;
use ts_rs::TS;

/// Why a run of characters is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MarkKind {
    /// Spaces or tabs before the end of the line.
    TrailingSpace,
    /// A carriage return, as in Windows line ends.
    CarriageReturn,
    /// The text stops here without a line end, and the other side does not.
    NoLineEnd,
    /// A space that is not U+0020.
    OddSpace,
    /// Takes no room on the screen.
    ZeroWidth,
    /// Reorders the text around it.
    Bidi,
    /// A control character.
    Control,
    /// A Greek or Cyrillic letter inside a Latin word.
    LookAlike,
}

/// What to show instead of characters that do not show themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Mark {
    pub kind: MarkKind,
    /// A short ASCII label, such as `\u{202e}`; safe to print anywhere.
    pub label: String,
}

/// A run of characters that need the same treatment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run<'a> {
    pub text: &'a str,
    /// `None` for plain text.
    pub mark: Option<Mark>,
}

/// Longest run under one mark; keeps labels short whatever the text holds.
const RUN_LIMIT: usize = 16;

/// Cyrillic and Greek letters that are drawn like Latin ones; others (as in `Δt`) deceive nobody.
const LOOK_ALIKES: &str = "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅοναιρΑΒΕΖΗΙΚΜΝΟΡΤΥΧ";

/// Cuts one line (no `\n`) into plain runs and marked runs; together they are exactly the line.
#[must_use]
pub fn visible(line: &str) -> Vec<Run<'_>> {
    let body = line.strip_suffix('\r').unwrap_or(line);
    let trailing = body.trim_end_matches([' ', '\t']).len();
    if line.len() == trailing
        && line
            .bytes()
            .all(|byte| (b' '..0x7f).contains(&byte) || byte == b'\t')
    {
        // Nearly every line: nothing to mark.
        return plain(line).into_iter().collect();
    }
    let mut runs = Vec::new();
    mark_inside(&body[..trailing], &mut runs);
    let mut rest = &body[trailing..];
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.len().min(RUN_LIMIT));
        runs.push(marked(run, MarkKind::TrailingSpace));
        rest = after;
    }
    if body.len() < line.len() {
        runs.push(marked(&line[body.len()..], MarkKind::CarriageReturn));
    }
    runs
}

fn plain(text: &str) -> Option<Run<'_>> {
    (!text.is_empty()).then_some(Run { text, mark: None })
}

fn marked(text: &str, kind: MarkKind) -> Run<'_> {
    Run {
        text,
        mark: Some(Mark {
            kind,
            label: label(text, kind),
        }),
    }
}

fn label(text: &str, kind: MarkKind) -> String {
    match kind {
        MarkKind::TrailingSpace => text
            .chars()
            .map(|c| if c == '\t' { "\\t" } else { "\\s" })
            .collect(),
        _ => text.chars().flat_map(char::escape_default).collect(),
    }
}

impl Mark {
    /// The mark of a part of the run it was made for.
    pub(super) fn of_part(self, text: &str) -> Self {
        Self {
            label: label(text, self.kind),
            ..self
        }
    }
}

fn mark_inside<'a>(text: &'a str, runs: &mut Vec<Run<'a>>) {
    let mut plain_from = 0;
    let mut previous = None;
    let mut word = Word::default();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let end = at + c.len_utf8();
        if let Some(kind) = word
            .look_alike(text, at, c)
            .or_else(|| mark_of(c, previous))
        {
            let mut run_end = end;
            if kind != MarkKind::LookAlike {
                for next in text[end..].chars().take(RUN_LIMIT - 1) {
                    if mark_of(next, Some(c)) != Some(kind) {
                        break;
                    }
                    run_end += next.len_utf8();
                }
            }
            runs.extend(plain(&text[plain_from..at]));
            runs.push(marked(&text[at..run_end], kind));
            plain_from = run_end;
            at = run_end;
        } else {
            at = end;
        }
        previous = Some(c);
    }
    runs.extend(plain(&text[plain_from..]));
}

/// The mark that one character needs, seen with the one before it; `None` for plain text and tabs.
#[must_use]
pub fn mark_of(c: char, previous: Option<char>) -> Option<MarkKind> {
    match c {
        '\t' | ' '..='~' => None,
        '\r' => Some(MarkKind::CarriageReturn),
        c if c.is_control() => Some(MarkKind::Control),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Some(MarkKind::OddSpace)
        }
        '\u{2028}' | '\u{2029}' => Some(MarkKind::Control),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some(MarkKind::Bidi)
        }
        // A joiner after a pictograph builds one emoji: that is what it is for.
        '\u{200d}' if previous.is_some_and(|p| p >= '\u{2190}' && !p.is_alphanumeric()) => None,
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2064}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => Some(MarkKind::ZeroWidth),
        _ => None,
    }
}

/// Remembers where the current word ends and whether it holds Latin letters, so each word is read once.
#[derive(Default)]
struct Word {
    end: usize,
    latin: bool,
}

impl Word {
    fn look_alike(&mut self, text: &str, at: usize, c: char) -> Option<MarkKind> {
        if !c.is_alphabetic() {
            return None;
        }
        if at >= self.end {
            let rest = &text[at..];
            let len = rest
                .find(|c: char| !c.is_alphabetic())
                .unwrap_or(rest.len());
            self.end = at + len;
            self.latin = rest[..len].bytes().any(|byte| byte.is_ascii_alphabetic());
        }
        (self.latin && LOOK_ALIKES.contains(c)).then_some(MarkKind::LookAlike)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds(line: &str) -> Vec<(MarkKind, String)> {
        visible(line)
            .into_iter()
            .filter_map(|run| run.mark.map(|mark| (mark.kind, mark.label)))
            .collect()
    }

    #[test]
    fn plain_text_and_emoji_families_carry_no_mark() {
        assert_eq!(kinds("Grüße, 世界: a\tb"), []);
        assert_eq!(kinds("👩\u{200d}👩\u{200d}👧 привет"), []);
        assert_eq!(visible(""), []);
    }

    #[test]
    fn trojan_text_is_marked_with_its_code_points() {
        assert_eq!(
            kinds("if admin\u{202e} \u{2066}// ok"),
            [
                (MarkKind::Bidi, "\\u{202e}".to_owned()),
                (MarkKind::Bidi, "\\u{2066}".to_owned())
            ]
        );
        assert_eq!(
            kinds("pass\u{200b}word\u{feff}"),
            [
                (MarkKind::ZeroWidth, "\\u{200b}".to_owned()),
                (MarkKind::ZeroWidth, "\\u{feff}".to_owned())
            ]
        );
        assert_eq!(
            kinds("p\u{430}ypal"),
            [(MarkKind::LookAlike, "\\u{430}".to_owned())]
        );
        assert_eq!(
            kinds("\u{1b}[2J"),
            [(MarkKind::Control, "\\u{1b}".to_owned())]
        );
    }

    #[test]
    fn line_ends_and_trailing_space_show() {
        assert_eq!(
            kinds("x \t\r"),
            [
                (MarkKind::TrailingSpace, "\\s\\t".to_owned()),
                (MarkKind::CarriageReturn, "\\r".to_owned())
            ]
        );
    }

    proptest! {
        #[test]
        fn runs_join_to_the_line_and_labels_are_printable_ascii(line in "[a-zа-я \t\r\u{0}-\u{1f}\u{7f}-\u{a0}\u{200b}-\u{202f}\u{2060}-\u{206f}😀世]{0,60}") {
            let runs = visible(&line);
            let joined: String = runs.iter().map(|run| run.text).collect();
            prop_assert_eq!(joined, line.as_str());
            for mark in runs.iter().filter_map(|run| run.mark.as_ref()) {
                prop_assert!(mark.label.bytes().all(|byte| (b' '..0x7f).contains(&byte)));
                prop_assert!(!mark.label.is_empty());
            }
            for run in runs.iter().filter(|run| run.mark.is_none()) {
                prop_assert!(!run.text.chars().any(|c| c.is_control() && c != '\t'));
            }
        }
    }
}
