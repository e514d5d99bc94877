//! Text that is safe to show in a terminal, and our own colours around it.
//!
//! Decides what may reach a terminal: printable characters, `\n` and `\t`. Everything else that data holds is
//! written as `\u{…}`. The only escape sequences are the SGR ones that [`Style`] adds itself.

use anstyle::{AnsiColor, Effects};
use plumbline_analysis::diff::{MarkKind, mark_of};
use plumbline_analysis::highlight::SyntaxClass;
use std::borrow::Cow;
use unicode_width::UnicodeWidthChar;

/// The text with controls, bidi controls and zero-width characters written as `\u{…}`.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    let mut out: Option<String> = None;
    let mut previous = None;
    for (at, c) in text.char_indices() {
        let hidden = c != '\n'
            && matches!(
                mark_of(c, previous),
                Some(
                    MarkKind::Control
                        | MarkKind::CarriageReturn
                        | MarkKind::Bidi
                        | MarkKind::ZeroWidth
                )
            );
        previous = Some(c);
        if hidden {
            out.get_or_insert_with(|| text[..at].to_owned())
                .extend(c.escape_default());
        } else if let Some(out) = &mut out {
            out.push(c);
        }
    }
    out.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Clean text on one line: line ends and tabs become spaces.
#[must_use]
pub fn one_line(text: &str) -> String {
    clean(text.trim()).replace(['\n', '\t'], " ")
}

/// Columns that clean, one-line text takes on a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    // Character by character, as most terminals do it; an emoji built of several is told too wide, never too narrow.
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The text cut to at most `columns`, its end replaced by `…`.
#[must_use]
pub fn shorten(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let room = columns.saturating_sub(1);
    let fits: String = text
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect();
    Cow::Owned(if columns == 0 { fits } else { fits + "…" })
}

/// The text followed by spaces up to `columns`.
#[must_use]
pub fn pad_right(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text after spaces up to `columns`.
#[must_use]
pub fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// What a word is, for those who see colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Plain,
    Strong,
    Dim,
    Good,
    Bad,
    Warn,
    Accent,
    /// A character that does not show itself.
    Mark,
    Removed,
    RemovedStrong,
    Added,
    AddedStrong,
    /// Unchanged code, by what the word is in its language.
    Syntax(SyntaxClass),
}

/// Whether to add colours. Meaning never hangs on them alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    pub colour: bool,
}

impl Style {
    /// Cleans the text and paints it.
    #[must_use]
    pub fn paint(self, paint: Paint, text: &str) -> String {
        let text = clean(text);
        let style = paint.ansi();
        if !self.colour || text.is_empty() || style == anstyle::Style::new() {
            return text.into_owned();
        }
        format!("{style}{text}{style:#}")
    }
}

impl Paint {
    fn ansi(self) -> anstyle::Style {
        let plain = anstyle::Style::new();
        let colour = |colour: AnsiColor| colour.on_default();
        match self {
            Self::Plain => plain,
            Self::Strong => plain.bold(),
            Self::Dim => plain.dimmed(),
            Self::Good => colour(AnsiColor::Green),
            Self::Bad => colour(AnsiColor::Red),
            Self::Warn => colour(AnsiColor::Yellow),
            Self::Accent => colour(AnsiColor::Cyan),
            Self::Mark => colour(AnsiColor::Magenta).effects(Effects::INVERT),
            Self::Removed => colour(AnsiColor::Red),
            Self::RemovedStrong => {
                colour(AnsiColor::Red).effects(Effects::BOLD | Effects::UNDERLINE)
            }
            Self::Added => colour(AnsiColor::Green),
            Self::AddedStrong => {
                colour(AnsiColor::Green).effects(Effects::BOLD | Effects::UNDERLINE)
            }
            // Red and green stay with what changed.
            Self::Syntax(class) => match class {
                SyntaxClass::Key | SyntaxClass::Function | SyntaxClass::Type => {
                    colour(AnsiColor::Blue)
                }
                SyntaxClass::String => colour(AnsiColor::Cyan),
                SyntaxClass::Number | SyntaxClass::Constant => colour(AnsiColor::Yellow),
                SyntaxClass::Keyword | SyntaxClass::Markup => colour(AnsiColor::Magenta),
                SyntaxClass::Comment => plain.dimmed(),
                SyntaxClass::Plain | SyntaxClass::Punctuation => plain,
            },
        }
    }
}

#[cfg(test)]
pub(crate) mod oracle {
    //! A terminal's own parser, which says what text would make it do.

    use vte::{Params, Parser, Perform};

    #[derive(Default)]
    struct Actions {
        allow_sgr: bool,
        last: Option<char>,
        forbidden: Vec<String>,
    }

    impl Perform for Actions {
        fn print(&mut self, c: char) {
            self.last = Some(c);
            if c.is_control() {
                self.forbidden.push(format!("print {c:?}"));
            }
        }
        fn execute(&mut self, byte: u8) {
            if !matches!(byte, b'\n' | b'\t') {
                self.forbidden.push(format!("execute {byte:#x}"));
            }
        }
        fn hook(&mut self, _: &Params, _: &[u8], _: bool, action: char) {
            self.forbidden.push(format!("dcs {action}"));
        }
        fn put(&mut self, byte: u8) {
            self.forbidden.push(format!("put {byte:#x}"));
        }
        fn osc_dispatch(&mut self, _: &[&[u8]], _: bool) {
            self.forbidden.push("osc".to_owned());
        }
        fn csi_dispatch(&mut self, _: &Params, intermediates: &[u8], _: bool, action: char) {
            if !(self.allow_sgr && action == 'm' && intermediates.is_empty()) {
                self.forbidden.push(format!("csi {action}"));
            }
        }
        fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
            self.forbidden.push(format!("esc {byte:#x}"));
        }
    }

    /// Everything but printing, `\n`, `\t` and (where allowed) SGR that the text would trigger.
    pub(crate) fn forbidden(text: &str, allow_sgr: bool) -> Vec<String> {
        let mut actions = Actions {
            allow_sgr,
            ..Actions::default()
        };
        let mut parser = Parser::new();
        parser.advance(&mut actions, text.as_bytes());
        // A sequence left open swallows what follows: a sentinel must come out.
        actions.last = None;
        parser.advance(&mut actions, b"Z");
        if actions.last != Some('Z') {
            actions.forbidden.push("open sequence".to_owned());
        }
        actions.forbidden
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn attacks_on_a_terminal_become_readable_text() {
        for (attack, shown) in [
            ("\u{1b}]52;c;cm0gLXJm\u{7}", "\\u{1b}]52;c;cm0gLXJm\\u{7}"),
            ("\u{1b}[2J\u{1b}[H", "\\u{1b}[2J\\u{1b}[H"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("ok\rno", "ok\\rno"),
            ("a\u{202e}b\u{200b}c", "a\\u{202e}b\\u{200b}c"),
            ("\u{8}\u{7f}", "\\u{8}\\u{7f}"),
        ] {
            assert_eq!(clean(attack), shown);
            assert!(
                !oracle::forbidden(attack, false).is_empty()
                    || attack.contains('\u{202e}')
                    || attack.contains('\u{9b}')
                    || attack.contains('\u{7f}')
            );
        }
    }

    #[test]
    fn plain_text_is_borrowed_and_kept() {
        let text = "Grüße\n\t世界 👩\u{200d}👧";
        assert!(matches!(clean(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn width_counts_columns_and_cutting_respects_them() {
        assert_eq!(width("世界"), 4);
        assert_eq!(shorten("世界地図", 5), "世界…");
        assert_eq!(shorten("abc", 3), "abc");
        assert_eq!(shorten("abcd", 0), "");
        assert_eq!(pad_left("世", 4), "  世");
        assert_eq!(pad_right("é", 3), "é  ");
    }

    #[test]
    fn without_colour_nothing_is_added() {
        assert_eq!(Style { colour: false }.paint(Paint::Bad, "x"), "x");
        assert_eq!(
            Style { colour: true }.paint(Paint::Bad, "x"),
            "\u{1b}[31mx\u{1b}[0m"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_a_terminal_do_anything_but_print(text in "([\u{0}-\u{20}\u{7f}-\u{9f}\\[\\]PX^_;mHJKcn0-9?a]|\u{202e}|\u{200b}|\u{2066}|.){0,80}") {
            let shown = clean(&text);
            prop_assert_eq!(oracle::forbidden(&shown, false), Vec::<String>::new());
            let hidden = shown.chars().any(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'));
            prop_assert!(!hidden);
            let painted = Style { colour: true }.paint(Paint::AddedStrong, &text);
            prop_assert_eq!(oracle::forbidden(&painted, true), Vec::<String>::new());
            prop_assert!(!one_line(&text).contains(['\n', '\t']));
        }

        #[test]
        fn a_cut_text_never_exceeds_its_room(text in "[a世é👩 ]{0,30}", room in 0_usize..12) {
            prop_assert!(width(&shorten(&text, room)) <= room);
        }
    }
}
