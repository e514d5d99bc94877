//! Places of a text as an editor counts them: in UTF-16 units, every line break being one.
//!
//! The one place that knows both ways of counting. An editor that splits a text at `\r\n`, `\n` and `\r` and joins its
//! lines with one character finds the same place.

/// A text with its lines found.
pub struct EditorText<'t> {
    text: &'t str,
    /// Where each line starts: in bytes, and as an editor counts.
    lines: Vec<(usize, usize)>,
}

impl<'t> EditorText<'t> {
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let mut lines = vec![(0, 0)];
        let mut counted = 0;
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            counted += character.len_utf16();
            let is_pair = character == '\r' && characters.peek().is_some_and(|next| next.1 == '\n');
            if is_pair {
                characters.next();
            }
            if matches!(character, '\r' | '\n') {
                lines.push((at + 1 + usize::from(is_pair), counted));
            }
        }
        Self { text, lines }
    }

    /// The place at `byte`, as an editor counts; inside a line break it is the start of it.
    #[must_use]
    pub fn place(&self, byte: usize) -> usize {
        let line = self.lines.partition_point(|(start, _)| *start <= byte);
        let (start, counted) = self
            .lines
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or_default();
        let before = self.text.get(start..byte).unwrap_or_default();
        let before = before.strip_suffix('\r').unwrap_or(before);
        counted + before.encode_utf16().count()
    }

    /// What an editor has to insert: its own line breaks are plain ones.
    #[must_use]
    pub fn inserted(insert: &str) -> String {
        insert.replace("\r\n", "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As an editor does it: splits at every line break, joins with one unit.
    fn as_editor(text: &str) -> Vec<u16> {
        let joined = text.replace("\r\n", "\n").replace('\r', "\n");
        joined.encode_utf16().collect()
    }

    #[test]
    fn an_emoji_is_two_and_a_windows_line_break_one() {
        let text = "a\r\n\u{1f600}b\nc";
        let lines = EditorText::new(text);
        let place = |found: &str| lines.place(text.find(found).unwrap());
        assert_eq!(
            (place("a"), place("\u{1f600}"), place("b"), place("c")),
            (0, 2, 4, 6)
        );
        assert_eq!(lines.place(2), 1);
        assert_eq!(lines.place(text.len()), 7);
    }

    proptest! {
        #[test]
        fn places_are_those_of_an_editor(text in "(a|é|\u{1f600}|\u{feff}|\r\n|\n|\r|b){0,40}") {
            let lines = EditorText::new(&text);
            for (byte, character) in text.char_indices() {
                if character == '\n' && text[..byte].ends_with('\r') {
                    continue;
                }
                let rest = as_editor(&text[byte..]);
                let whole = as_editor(&text);
                prop_assert_eq!(&whole[lines.place(byte)..], &rest[..]);
            }
        }
    }
}
