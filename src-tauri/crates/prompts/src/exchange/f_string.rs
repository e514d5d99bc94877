//! LangChain's f-strings: `{name}` is filled in, `{{` and `}}` are braces.

use super::jinja::{Piece, is_name, pieces, quoted_text, shown};
use super::jinja_write::Writer;

/// A template of ours; the error says which part of the f-string has no equal.
pub(super) fn read(text: &str) -> Result<String, String> {
    let mut writer = Writer::default();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        writer.text(before);
        if let Some(after) = from.strip_prefix("{{") {
            writer.text("{");
            rest = after;
        } else if let Some(after) = from.strip_prefix("}}") {
            writer.text("}");
            rest = after;
        } else {
            let field = from.strip_prefix('{').and_then(|from| from.split_once('}'));
            match field {
                Some((name, after)) if is_name(name.trim()) => {
                    writer.output(name.trim());
                    rest = after;
                }
                _ => {
                    return Err(format!(
                        "`{}` of an f-string is neither a name in braces nor a doubled brace",
                        shown(from)
                    ));
                }
            }
        }
    }
    writer.text(rest);
    Ok(writer.finish())
}

/// The f-string of a template that only fills in names; nothing for any other.
pub(super) fn write(template: &str) -> Option<String> {
    let mut out = String::new();
    for piece in pieces(template).ok()? {
        match piece {
            Piece::Text(text) | Piece::Raw(text) => out.push_str(&doubled(text)),
            Piece::Output { full, inner } if !full.contains("{{-") && !full.contains("-}}") => {
                match quoted_text(inner) {
                    Some(text) => out.push_str(&doubled(&text)),
                    None if is_name(inner) => out.push_str(&format!("{{{inner}}}")),
                    None => return None,
                }
            }
            _ => return None,
        }
    }
    Some(out)
}

fn doubled(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_filled_in_and_doubled_braces_are_braces() {
        let ours = read("Say {word} as {{\"a\": {{}}}} {{{word}}}").unwrap();
        assert_eq!(ours, "Say {{ word }} as {\"a\": {}} {{ '{' }}{{ word }}}");
        for text in ["{a.b}", "{a!r}", "{a:>4}", "{", "}", "{}", "{a b}"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(write("{{ x | upper }}"), None);
        assert_eq!(write("{% if x %}a{% endif %}"), None);
    }

    proptest! {
        #[test]
        fn an_f_string_comes_back(parts in proptest::collection::vec("(\\{\\{|\\}\\}|\\{name\\}|[a-z %#\\n]{0,4})", 0..12)) {
            let text = parts.concat();
            if let Ok(ours) = read(&text) {
                prop_assert_eq!(write(&ours), Some(text), "{}", ours);
            }
        }
    }
}
