//! A template of ours as the Handlebars of Dotprompt.

use super::jinja::{Piece, Tag, is_name, is_path, pieces, quoted_text, shown};
use super::jinja_write::{is_alone, trimmed};

/// The template of one message; the error says which part has no equal.
pub(super) fn write(template: &str) -> Result<String, String> {
    let pieces = pieces(template)?;
    let alone = all_alone(&pieces);
    let alone = |index: usize| alone.get(index).copied().unwrap_or_default();
    let mut out = String::new();
    let mut open: Vec<Open> = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => {
                let before = index.checked_sub(1).filter(|before| !alone(*before));
                let after = Some(index + 1).filter(|after| !alone(*after));
                let at = |index: Option<usize>| index.and_then(|index| pieces.get(index));
                // A block with a line to itself takes it along in both; around any other Handlebars keeps all.
                let start = if index == 0 { None } else { Some(index - 1) };
                let text = match (start, before) {
                    (Some(_), None) => trimmed(text, Some(&NOTHING), at(after)),
                    _ => trimmed(text, at(before), at(after)),
                };
                push_text(&mut out, text)?;
            }
            Piece::Raw(text) => push_text(&mut out, &text.replace("{{", "\\{{"))?,
            Piece::Output { full, inner } => match quoted_text(inner) {
                Some(text) => push_text(&mut out, &text.replace("{{", "\\{{"))?,
                None => {
                    let path = path(inner, &open)?;
                    let tilde = |is: bool| if is { "~" } else { "" };
                    let (left, right) = (full.starts_with("{{-"), full.ends_with("-}}"));
                    push_tag(&mut out, &format!("{}{path}{}", tilde(left), tilde(right)))?;
                }
            },
            Piece::Tag(tag) => {
                let is_alone = alone(index);
                if is_alone && (tag.left == Some('+') || tag.right == Some('+')) {
                    return Err("a block keeps the line that it has to itself".to_owned());
                }
                let tilde = |mark: Option<char>| if mark == Some('-') { "~" } else { "" };
                let inner = if tag.is_comment {
                    format!("!-- {} --", tag.inner.trim())
                } else {
                    block(tag, &mut open)?
                };
                push_tag(
                    &mut out,
                    &format!("{}{inner}{}", tilde(tag.left), tilde(tag.right)),
                )?;
            }
        }
    }
    match open.last() {
        Some(_) => Err("a block is not closed".to_owned()),
        None => Ok(out),
    }
}

/// Stands for what leaves a text as it is.
const NOTHING: Piece<'static> = Piece::Raw("");

/// A block that is open; a list has a name for its items.
struct Open {
    helper: &'static str,
    item: Option<String>,
}

fn block(tag: &Tag<'_>, open: &mut Vec<Open>) -> Result<String, String> {
    let words: Vec<&str> = tag.inner.split_whitespace().collect();
    let unknown = || format!("`{}` has no equal in Handlebars", shown(tag.inner));
    match words.as_slice() {
        ["if", "not", condition] => {
            let condition = path(condition, open)?;
            open.push(Open {
                helper: "unless",
                item: None,
            });
            Ok(format!("#unless {condition}"))
        }
        ["if", condition] => {
            let condition = path(condition, open)?;
            open.push(Open {
                helper: "if",
                item: None,
            });
            Ok(format!("#if {condition}"))
        }
        ["elif", condition] if open.last().is_some_and(|block| block.helper == "if") => {
            Ok(format!("else if {}", path(condition, open)?))
        }
        ["else"] if !open.is_empty() => {
            // Of a list, what follows is no longer about its items.
            if let Some(block) = open.last_mut() {
                block.item = None;
            }
            Ok("else".to_owned())
        }
        ["for", item, "in", list] if is_name(item) => {
            let list = path(list, open)?;
            open.push(Open {
                helper: "each",
                item: Some((*item).to_owned()),
            });
            Ok(format!("#each {list} as |{item}|"))
        }
        [end @ ("endif" | "endfor")] => {
            let block = open.pop().ok_or_else(unknown)?;
            if (*end == "endfor") == (block.helper == "each") {
                Ok(format!("/{}", block.helper))
            } else {
                Err(unknown())
            }
        }
        _ => Err(unknown()),
    }
}

fn path(expression: &str, open: &[Open]) -> Result<String, String> {
    let first = expression.split('.').next().unwrap_or_default();
    let items = || open.iter().filter_map(|block| block.item.as_deref());
    match expression {
        "loop.index0" => return Ok("@index".to_owned()),
        "loop.first" => return Ok("@first".to_owned()),
        "loop.last" => return Ok("@last".to_owned()),
        _ => {}
    }
    let is_word = [
        "true", "false", "none", "this", "else", "history", "loop", "not",
    ]
    .contains(&first);
    if !is_path(expression) || is_word {
        return Err(format!(
            "`{}` has no equal in Handlebars",
            shown(expression)
        ));
    }
    // Within a list a bare name is a member of the item.
    if items().next().is_some() && !items().any(|item| item == first) {
        return Ok(format!("@root.{expression}"));
    }
    Ok(expression.to_owned())
}

/// Which pieces are blocks that have their line to themselves, here and in what is written.
fn all_alone(pieces: &[Piece<'_>]) -> Vec<bool> {
    let mut all: Vec<bool> = Vec::with_capacity(pieces.len());
    for index in 0..pieces.len() {
        // The line end that a block before takes along starts no line there.
        let is_left = match index
            .checked_sub(2)
            .map(|before| (&pieces[before], all[before]))
        {
            Some((before @ Piece::Tag(_), false)) => match &pieces[index - 1] {
                Piece::Text(text) => trimmed(text, Some(before), None).contains('\n'),
                _ => true,
            },
            _ => true,
        };
        all.push(is_left && alone(pieces, index));
    }
    all
}

fn alone(pieces: &[Piece<'_>], index: usize) -> bool {
    let text = |index: usize| match pieces.get(index) {
        Some(Piece::Text(text)) => Some(*text),
        _ => None,
    };
    // Spaces after a block stay in ours, and would go in Handlebars.
    let spaces_follow = text(index + 1).is_some_and(|text| text.starts_with([' ', '\t']));
    matches!(pieces.get(index), Some(Piece::Tag(tag)) if tag.left != Some('-') && tag.right != Some('-'))
        && !spaces_follow
        && is_alone(
            (index == 0, index.checked_sub(1).and_then(text), index == 1),
            (
                index + 1 == pieces.len(),
                text(index + 1),
                index + 2 == pieces.len(),
            ),
        )
}

fn push_text(out: &mut String, text: &str) -> Result<(), String> {
    // Two braces that meet only here would open a tag.
    if out.ends_with('{') && text.starts_with('{') {
        return Err("braces meet that would open a tag".to_owned());
    }
    out.push_str(text);
    Ok(())
}

fn push_tag(out: &mut String, inner: &str) -> Result<(), String> {
    if out.ends_with(['{', '\\']) {
        return Err("a tag follows a brace or a backslash, which would change it".to_owned());
    }
    out.push_str(&format!("{{{{{inner}}}}}"));
    Ok(())
}

/// The text of a template as it stands, for Handlebars that would take it for its own.
pub(super) fn literal(template: &str) -> String {
    template.replace("{{", "\\{{")
}

#[cfg(test)]
mod tests {
    use super::super::handlebars;
    use super::*;
    use crate::template;
    use minijinja::context;
    use proptest::prelude::*;

    #[test]
    fn what_handlebars_can_say_is_said() {
        for (ours, theirs) in [
            ("Hi {{ name }} {{ a.b }}", "Hi {{name}} {{a.b}}"),
            (
                "{% for x in xs %}\n- {{ x.y }} for {{ z }}\n{% else %}\nnone\n{% endfor %}\nEnd",
                "{{#each xs as |x|}}\n- {{x.y}} for {{@root.z}}\n{{else}}\nnone\n{{/each}}\nEnd",
            ),
            (
                "{% if a %}1{% elif b %}2{% else %}3{% endif %}\nEnd",
                "{{#if a}}1{{else if b}}2{{else}}3{{/if}}End",
            ),
            ("{{ '{{' }}x}}", "\\{{x}}"),
        ] {
            assert_eq!(write(ours).as_deref(), Ok(theirs), "{ours}");
        }
        for ours in [
            "{{ x | upper }}",
            "{% set a = 1 %}",
            "{% if a > 1 %}{% endif %}",
            "{{ x[0] }}",
        ] {
            assert!(write(ours).is_err(), "{ours}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_as_a_template_that_says_the_same(parts in proptest::collection::vec("(\\{% if on %\\}|\\{% if not on %\\}|\\{% endif %\\}|\\{% else %\\}|\\{% for y in xs %\\}|\\{% endfor %\\}|\\{\\{ x \\}\\}|\\{\\{ y \\}\\}|\\{# c #\\}|\\n| |a|\\{|\\})", 0..12)) {
            let text = format!("a{}", parts.concat());
            let said = |template: &str| {
                let context = context! { x => "X", y => "Y", on => true, xs => vec!["a", "b"] };
                template::environment().render_str(template, context).ok()
            };
            if let (Some(ours), Ok(theirs)) = (said(&text), write(&text)) {
                let back = handlebars::read(&theirs).map_err(|e| TestCaseError::fail(format!("{e}: {theirs}")))?;
                prop_assert_eq!(back.messages.len(), 1);
                let again = said(&back.messages[0].1);
                prop_assert_eq!(again.as_deref().map(str::trim_end), Some(ours.trim_end()), "{} | {}", theirs, back.messages[0].1);
            }
        }
    }
}
