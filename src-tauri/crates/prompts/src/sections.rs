//! Splits the body of a prompt file into messages, before anything is rendered.
//!
//! A line that is exactly a role and a colon opens a message. A backslash before it makes the line
//! literal; of several backslashes one is removed. Blank lines at the end of a message are dropped, all
//! other text is kept as it stands.

use crate::PromptError;
use plumbline_model::{Role, Section};

/// Most messages in one prompt.
const MAX_SECTIONS: usize = 1_000;

/// Splits `body`, whose first line is line `body_line` of the file.
pub(crate) fn split(body: &str, body_line: usize) -> Result<Vec<Section>, PromptError> {
    let mut sections: Vec<Section> = Vec::new();
    for (index, line) in body.split_inclusive('\n').enumerate() {
        let number = body_line + index;
        let bare = line.trim_end();
        if let Some(role) = role_of_marker(bare) {
            if sections.len() == MAX_SECTIONS {
                return Err(fault(
                    number,
                    format!("there are more than {MAX_SECTIONS} messages"),
                ));
            }
            sections.push(Section {
                role,
                template: String::new(),
                line: number + 1,
            });
            continue;
        }
        let escaped = bare.trim_start_matches('\\');
        let literal = bare.starts_with('\\') && role_of_marker(escaped).is_some();
        match sections.last_mut() {
            Some(section) => section
                .template
                .push_str(if literal { &line[1..] } else { line }),
            None if bare.is_empty() => {}
            None => {
                return Err(PromptError::NoMessageYet { line: Some(number) });
            }
        }
    }
    for section in &mut sections {
        let kept = without_blank_end(&section.template).len();
        section.template.truncate(kept);
    }
    Ok(sections)
}

/// The text of a message as it stands in a file: a line that would open a message gets a backslash.
pub(crate) fn escape(template: &str) -> String {
    let mut out = String::with_capacity(template.len());
    for line in template.split_inclusive('\n') {
        if role_of_marker(line.trim_end().trim_start_matches('\\')).is_some() {
            out.push('\\');
        }
        out.push_str(line);
    }
    out
}

pub(crate) fn role_of_marker(line: &str) -> Option<Role> {
    match line {
        "system:" => Some(Role::System),
        "user:" => Some(Role::User),
        "assistant:" => Some(Role::Assistant),
        "tool:" => Some(Role::Tool),
        _ => None,
    }
}

/// The text up to the end of its last line that is not blank, which keeps its trailing spaces; empty where all are.
pub(crate) fn without_blank_end(text: &str) -> &str {
    let solid = text.trim_end().len();
    match text[solid..].find(['\r', '\n']) {
        _ if solid == 0 => "",
        Some(end) => &text[..solid + end],
        None => text,
    }
}

fn fault(line: usize, reason: String) -> PromptError {
    PromptError::Body {
        line: Some(line),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(body: &str) -> Vec<(Role, String, usize)> {
        let sections = split(body, 1).unwrap();
        sections
            .into_iter()
            .map(|s| (s.role, s.template, s.line))
            .collect()
    }

    #[test]
    fn markers_open_messages_and_the_text_between_is_kept() {
        let body = "\nsystem:\n  Be kind.\n\nAlways.  \n\n\nuser: \nassistant:\r\nyes\r\n\r\n";
        assert_eq!(
            texts(body),
            [
                (Role::System, "  Be kind.\n\nAlways.  ".to_owned(), 3),
                (Role::User, String::new(), 9),
                (Role::Assistant, "yes".to_owned(), 10),
            ]
        );
    }

    #[test]
    fn an_escaped_marker_is_text_and_loses_one_backslash() {
        let body = "user:\n\\user:\n\\\\user:\n\\user: not alone\n user:\nUSER:\nuser:x";
        let expected = "user:\n\\user:\n\\user: not alone\n user:\nUSER:\nuser:x";
        assert_eq!(texts(body), [(Role::User, expected.to_owned(), 2)]);
    }

    #[test]
    fn text_before_the_first_message_is_refused_with_its_line() {
        let error = split("\n\nhello\nuser:\n", 10).unwrap_err();
        assert_eq!(error.line(), Some(12));
    }

    proptest! {
        #[test]
        fn splitting_never_panics_and_opens_one_message_per_marker(
            lines in proptest::collection::vec("(user:|system:|\\\\tool:|[a-zé ]{0,9}|\\PC{0,6})", 0..40)
        ) {
            let body = format!("user:\n{}", lines.join("\n"));
            let markers = body.lines().filter(|l| role_of_marker(l.trim_end()).is_some()).count();
            prop_assert_eq!(split(&body, 1).unwrap().len(), markers);
        }
    }
}
