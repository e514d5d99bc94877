//! Mustache as a template of ours. A section may be a loop or a condition, which only its value tells: it is read where
//! its text tells too, and refused where not.

use super::jinja::{Tag, is_path, shown};
use super::jinja_write::{Writer, is_alone, without_blank_start};
use std::collections::BTreeSet;

/// Most sections within one another.
const MAX_DEPTH: usize = 32;

/// A template, and the names that may be left out since they only decide something.
pub(super) struct Converted {
    pub(super) template: String,
    pub(super) optional: BTreeSet<String>,
    /// What does not mean quite the same, as sentences.
    pub(super) remarks: BTreeSet<String>,
}

#[derive(Clone, Copy)]
enum Part<'t> {
    Text(&'t str),
    Name { name: &'t str, is_escaped: bool },
    Open { name: &'t str, is_inverted: bool },
    Close(&'t str),
    Comment(&'t str),
}

pub(super) fn read(text: &str) -> Result<Converted, String> {
    let parts = parts(text)?;
    let mut writer = Writer::default();
    let mut converted = Converted {
        template: String::new(),
        optional: BTreeSet::new(),
        remarks: BTreeSet::new(),
    };
    let mut open: Vec<(&str, &str)> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let alone = stands_alone(&parts, index);
        match *part {
            Part::Text(text) => {
                let after_alone = index > 0 && stands_alone(&parts, index - 1);
                writer.text(without_blank_start(text, after_alone));
            }
            Part::Name { name: ".", .. } => {
                match open.iter().rev().find(|(_, end)| *end == "endfor") {
                    Some(_) => writer.output("item"),
                    None => return Err("`{{.}}` stands outside of a list".to_owned()),
                }
            }
            Part::Name { name, is_escaped } => {
                if is_escaped {
                    let remark = "values are put in as they are; Mustache would escape HTML";
                    converted.remarks.insert(remark.to_owned());
                }
                writer.output(name);
            }
            Part::Open { name, is_inverted } => {
                if open.len() == MAX_DEPTH {
                    return Err(format!("more than {MAX_DEPTH} sections are nested"));
                }
                let (tag, end) = opening(name, is_inverted, inside(&parts, index)?)?;
                if end == "endif" {
                    converted.optional.extend(first_name(name));
                    if !is_inverted {
                        let remark = format!("the section `{name}` is read as a condition");
                        converted.remarks.insert(remark);
                    }
                }
                writer.tag(Tag::block(&tag), alone);
                open.push((name, end));
            }
            Part::Close(name) => match open.pop() {
                Some((opened, end)) if opened == name => writer.tag(Tag::block(end), alone),
                _ => return Err(format!("`{{{{/{name}}}}}` closes no section")),
            },
            Part::Comment(words) => writer.comment(words, alone),
        }
    }
    if let Some((name, _)) = open.last() {
        return Err(format!("the section `{name}` is not closed"));
    }
    converted.template = writer.finish();
    Ok(converted)
}

fn first_name(path: &str) -> Option<String> {
    path.split('.').next().map(str::to_owned)
}

/// The block that a section is, and what ends it.
fn opening(
    name: &str,
    is_inverted: bool,
    inside: &[Part<'_>],
) -> Result<(String, &'static str), String> {
    if is_inverted {
        return Ok((format!("if not {name}"), "endif"));
    }
    let names = || {
        inside.iter().filter_map(|part| match *part {
            Part::Name { name, .. } | Part::Open { name, .. } => Some(name),
            _ => None,
        })
    };
    if names().any(|inner| inner == ".") {
        return match names().all(|inner| inner == ".") {
            true => Ok((format!("for item in {name}"), "endfor")),
            false => Err(format!(
                "the section `{name}` uses names of its items and of around it"
            )),
        };
    }
    if names().all(|inner| inner == name) {
        return Ok((format!("if {name}"), "endif"));
    }
    Err(format!(
        "the section `{name}` may be a loop or a condition; write it as Jinja"
    ))
}

/// What stands between a section's opening and its close.
fn inside<'p, 't>(parts: &'p [Part<'t>], open: usize) -> Result<&'p [Part<'t>], String> {
    let mut depth = 0_usize;
    for (index, part) in parts.iter().enumerate().skip(open) {
        match part {
            Part::Open { .. } => depth += 1,
            Part::Close(_) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Ok(&parts[open + 1..index]);
                }
            }
            _ => {}
        }
    }
    Err("a section is not closed".to_owned())
}

/// A section or comment that is alone on its line takes the line with it.
fn stands_alone(parts: &[Part<'_>], index: usize) -> bool {
    let is_block = |part: Option<&Part<'_>>| {
        matches!(
            part,
            Some(Part::Open { .. } | Part::Close(_) | Part::Comment(_))
        )
    };
    let text = |index: usize| match parts.get(index) {
        Some(Part::Text(text)) => Some(*text),
        _ => None,
    };
    is_block(parts.get(index))
        && is_alone(
            (index == 0, index.checked_sub(1).and_then(text), index == 1),
            (
                index + 1 == parts.len(),
                text(index + 1),
                index + 2 == parts.len(),
            ),
        )
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, from) = rest.split_at(at);
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        let (open, close) = if from.starts_with("{{{") {
            ("{{{", "}}}")
        } else {
            ("{{", "}}")
        };
        let end = from
            .find(close)
            .ok_or_else(|| format!("`{}` is not closed", shown(from)))?;
        let inner = from[open.len()..end].trim();
        rest = &from[end + close.len()..];
        let name = |name: &'_ str| -> Result<(), String> {
            if name == "." || is_path(name) {
                Ok(())
            } else {
                Err(format!("`{}` is no name", shown(from)))
            }
        };
        let kind = inner.chars().next().filter(|_| open == "{{");
        let word = inner.get(1..).unwrap_or_default().trim();
        let part = match kind {
            Some('!') => Part::Comment(word),
            Some(mark @ ('#' | '^')) => {
                name(word)?;
                Part::Open {
                    name: word,
                    is_inverted: mark == '^',
                }
            }
            Some('/') => Part::Close(word),
            Some('>') => return Err(format!("the partial `{}` is another file", shown(word))),
            Some('=') => return Err("other delimiters than braces are not read".to_owned()),
            Some('&') => {
                name(word)?;
                Part::Name {
                    name: word,
                    is_escaped: false,
                }
            }
            _ => {
                name(inner)?;
                Part::Name {
                    name: inner,
                    is_escaped: open == "{{",
                }
            }
        };
        parts.push(part);
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn template(text: &str) -> String {
        read(text).unwrap().template
    }

    #[test]
    fn names_sections_and_lists_become_jinja() {
        for (text, ours) in [
            (
                "{{name}} {{{ a.b }}} {{& c}}",
                "{{ name }} {{ a.b }} {{ c }}",
            ),
            ("{{#x}}Hi {{x}}{{/x}}", "{% if x %}Hi {{ x }}{% endif %}"),
            ("{{^x}}none{{/x}}", "{% if not x %}none{% endif %}"),
            (
                "Facts:\n{{#xs}}\n- {{.}}\n{{/xs}}\nEnd",
                "Facts:\n{% for item in xs %}\n- {{ item }}\n{% endfor %}\nEnd",
            ),
            ("{{#x}}\na{{/x}}\nb", "{% if x %}\na{% endif +%}\nb"),
            ("{% a %} {{x}}", "{{ '{%' }} a %} {{ x }}"),
        ] {
            assert_eq!(template(text), ours, "{text}");
        }
        assert_eq!(
            read("{{^x}}a{{/x}}").unwrap().optional,
            BTreeSet::from(["x".to_owned()])
        );
    }

    #[test]
    fn what_may_mean_two_things_is_refused() {
        for text in [
            "{{#items}}{{name}}{{/items}}",
            "{{#xs}}{{.}}{{y}}{{/xs}}",
            "{{> other}}",
            "{{=<% %>=}}",
            "{{#a}}",
            "{{/a}}",
            "{{#a}}{{/b}}",
            "{{a b}}",
            "{{.}}",
            "{{a",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_a_template(parts in proptest::collection::vec("(\\{\\{#x\\}\\}|\\{\\{/x\\}\\}|\\{\\{\\^x\\}\\}|\\{\\{x\\}\\}|\\{\\{\\.\\}\\}|\\n| |a|\\{|\\}|%|#|\\{\\{! c \\}\\})", 0..12)) {
            if let Ok(converted) = read(&parts.concat()) {
                let environment = crate::template::environment();
                prop_assert!(environment.template_from_str(&converted.template).is_ok(), "{}", converted.template);
            }
        }
    }
}
