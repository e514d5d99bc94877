//! The front matter as lines: which of them belong to which key. Reads no YAML; what it finds is tried out.

use crate::front_matter;

/// A key with the lines below it that are its own. Places are bytes of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'t> {
    pub(super) key: &'t str,
    /// Where its line starts, indentation included.
    pub(super) start: usize,
    /// Behind the line break of its last line.
    pub(super) end: usize,
    /// What stands behind the colon on the first line, without blanks and remarks.
    pub(super) value: &'t str,
    pub(super) value_start: usize,
}

/// The lines between the `---` marks.
pub(super) struct Front<'t> {
    pub(super) text: &'t str,
    /// Where they start and end in the file.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The line break that the file uses.
    pub(super) eol: &'static str,
}

impl<'t> Front<'t> {
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let cut = front_matter::cut(text).ok()?;
        Some(Self {
            text,
            start: cut.yaml_start,
            end: cut.yaml_start + cut.yaml.len(),
            eol: eol_of(text),
        })
    }

    pub(super) fn entries(&self) -> Vec<Entry<'t>> {
        entries(self.text, self.start, self.end, 0)
    }

    pub(super) fn entry(&self, key: &str) -> Option<Entry<'t>> {
        self.entries().into_iter().find(|entry| entry.key == key)
    }
}

pub(super) fn eol_of(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Keys that stand `indent` deep between two places. Deeper lines, blanks and remarks belong to the key before them,
/// except that those at its end belong to nobody.
pub(super) fn entries(text: &str, start: usize, end: usize, indent: usize) -> Vec<Entry<'_>> {
    let mut found: Vec<Entry<'_>> = Vec::new();
    for (at, line) in lines(text, start, end) {
        let bare = line.trim_end();
        let depth = bare.len() - bare.trim_start_matches(' ').len();
        let is_remark = bare.trim_start().is_empty() || bare.trim_start().starts_with('#');
        match key_of(bare).filter(|_| depth == indent && !is_remark) {
            Some((key, value_at)) => {
                let value = without_remark(&bare[value_at..]);
                let blanks = value.len() - value.trim_start().len();
                found.push(Entry {
                    key,
                    start: at,
                    end: at + line.len(),
                    value: value.trim(),
                    value_start: at + value_at + blanks,
                });
            }
            None if is_remark => {}
            None => {
                if let Some(last) = found.last_mut() {
                    last.end = at + line.len();
                }
            }
        }
    }
    found
}

/// Lines with their line breaks, each with where it starts.
pub(super) fn lines(text: &str, start: usize, end: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = start;
    let part = text.get(start..end).unwrap_or_default();
    part.split_inclusive('\n').map(move |line| {
        at += line.len();
        (at - line.len(), line)
    })
}

/// The key of a line `key: …`, and where its value starts in the line.
fn key_of(line: &str) -> Option<(&str, usize)> {
    let (head, rest) = line.split_once(':')?;
    if !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let key = head.trim().trim_matches(['"', '\'']);
    let is_key = !key.is_empty() && !key.contains([' ', '{', '[', ',', '#']);
    is_key.then_some((key, head.len() + 1))
}

fn without_remark(value: &str) -> &str {
    let quoted = value.trim_start().starts_with(['"', '\'']);
    match value.find(" #") {
        Some(at) if !quoted => &value[..at],
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_owns_the_lines_below_it() {
        let text = "---\nname: a # said\nvariables:\n- name: x\n  type: string\n\n# of models\n'model': p:m\nlist: [\n  a,\n]\n---\nuser:\nx";
        let front = Front::of(text).unwrap();
        let shown: Vec<_> = front
            .entries()
            .iter()
            .map(|entry| (entry.key, entry.value, &text[entry.start..entry.end]))
            .collect();
        assert_eq!(
            shown,
            [
                ("name", "a", "name: a # said\n"),
                ("variables", "", "variables:\n- name: x\n  type: string\n"),
                ("model", "p:m", "'model': p:m\n"),
                ("list", "[", "list: [\n  a,\n]\n"),
            ]
        );
        let name = front.entry("name").unwrap();
        assert!(text[name.value_start..].starts_with("a #"));
    }
}
