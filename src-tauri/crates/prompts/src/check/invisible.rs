//! Characters that a person does not see and a model reads: zero-width, bidirectional, tags and controls.

use super::{About, Findings, Severity};

/// Lines that are reported one by one; one remark speaks for the rest.
const MOST_LINES: usize = 20;

impl Findings {
    /// Remarks on lines with characters that nobody sees.
    pub(crate) fn hidden_characters(&mut self, text: &str) {
        let mut lines = hidden_lines(text);
        for (number, names) in lines.by_ref().take(MOST_LINES) {
            let message = format!("this line holds characters that nobody sees: {names}");
            self.add(Severity::Warning, Some(number), None, message);
            self.about(About::Hidden);
        }
        let rest = lines.count();
        if rest > 0 {
            let message = format!("{rest} more lines hold characters that nobody sees");
            self.add(Severity::Warning, None, None, message);
        }
    }
}

/// Lines with such characters, and which ones each has.
fn hidden_lines(text: &str) -> impl Iterator<Item = (usize, String)> + '_ {
    // A byte order mark says how to read the file and is no part of the text.
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    bare.split('\n').enumerate().filter_map(|(index, line)| {
        let mut names: Vec<String> = Vec::new();
        for (_, character) in hidden_in(line) {
            let name = format!("U+{:04X}", u32::from(character));
            if !names.contains(&name) {
                names.push(name);
            }
            if names.len() == 8 {
                break;
            }
        }
        (!names.is_empty()).then(|| (index + 1, names.join(", ")))
    })
}

/// Characters of a line that show nothing and have no honest use where they stand, each with its offset in bytes.
pub(crate) fn hidden_in(line: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let plain = line
        .bytes()
        .all(|b| b == b'\t' || (b' '..0x7f).contains(&b));
    let shown = if plain { "" } else { line };
    let right_to_left = shown.chars().any(is_right_to_left);
    let mut before = None;
    let mut in_flag = false;
    shown.char_indices().filter(move |(at, character)| {
        let after = || shown[at + character.len_utf8()..].chars().next();
        let is_tag = ('\u{e0000}'..='\u{e007f}').contains(character);
        // Flags of regions are written with tags behind a black flag.
        in_flag = *character == '\u{1f3f4}' || (in_flag && is_tag);
        let hidden = match character {
            '\t' => false,
            '\u{200e}' | '\u{200f}' | '\u{61c}' => !right_to_left,
            // Joiners shape emoji and many scripts, but never plain letters of ours.
            '\u{200c}' | '\u{200d}' => {
                let plain = |near: Option<char>| near.is_none_or(|near| near.is_ascii());
                plain(before) || plain(after())
            }
            '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => true,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fff9}'..='\u{fffb}' => true,
            other => (is_tag && !in_flag) || other.is_control(),
        };
        before = Some(*character);
        hidden
    })
}

fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{60b}' | '\u{60d}'..='\u{61b}' | '\u{61e}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let lines = hidden_lines(text);
        lines
            .map(|(line, names)| format!("{line} {names}"))
            .collect()
    }

    #[test]
    fn what_nobody_sees_is_named_by_line() {
        let text = "plain\na\u{200b}b\u{200b}\u{202e}c\r\nx\u{e0041}\n\u{1b}[0m\na\u{200d}b";
        assert_eq!(
            found(text),
            ["2 U+200B, U+202E", "3 U+E0041", "4 U+001B", "5 U+200D"]
        );
    }

    #[test]
    fn what_scripts_and_emoji_need_is_left_alone() {
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        let scotland = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
        let hebrew = "\u{5e9}\u{5dc}\u{200f}!";
        let persian = "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}";
        for text in [
            family,
            scotland,
            hebrew,
            persian,
            "\u{feff}---\r\n",
            "tab\there",
        ] {
            assert_eq!(found(text), [] as [String; 0], "{text}");
        }
    }

    #[test]
    fn a_line_of_millions_of_them_is_read_once() {
        for hidden in ["\u{200e}", "\u{e0041}", "\u{200d}"] {
            assert!(hidden_in(&hidden.repeat(1_000_000)).count() > 0);
        }
    }
}
