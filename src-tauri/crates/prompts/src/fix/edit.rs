//! An edit of a text, and applying some at once.

/// Puts `insert` in place of the bytes `from` to `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub from: usize,
    pub to: usize,
    pub insert: String,
}

impl Edit {
    pub(super) fn new(from: usize, to: usize, insert: impl Into<String>) -> Self {
        Self {
            from,
            to,
            insert: insert.into(),
        }
    }

    pub(super) fn insert(at: usize, insert: impl Into<String>) -> Self {
        Self::new(at, at, insert)
    }
}

/// One way to make a finding go away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order.
    pub title: String,
    /// Whether it may be done without asking where it is the only one.
    pub safe: bool,
    pub edits: Vec<Edit>,
}

impl Fix {
    pub(super) fn safe(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self {
            title: title.into(),
            safe: true,
            edits,
        }
    }

    pub(super) fn unsure(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self {
            safe: false,
            ..Self::safe(title, edits)
        }
    }
}

/// The text with the edits made; `None` when they overlap or do not fit the text.
#[must_use]
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.from, edit.to));
    let mut edited = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        edited.push_str(text.get(done..edit.from)?);
        edited.push_str(&edit.insert);
        text.get(edit.from..edit.to)?;
        done = edit.to;
    }
    edited.push_str(text.get(done..)?);
    Some(edited)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_made_at_once_and_refused_where_they_do_not_fit() {
        let edits = [Edit::new(4, 5, "E"), Edit::insert(0, ">")];
        assert_eq!(apply("abcdef", &edits).unwrap(), ">abcdEf");
        for wrong in [
            vec![Edit::new(0, 3, ""), Edit::new(2, 4, "")],
            vec![Edit::new(5, 9, "")],
            vec![Edit::new(3, 2, "")],
        ] {
            assert_eq!(apply("abcdef", &wrong), None, "{wrong:?}");
        }
        assert_eq!(apply("é", &[Edit::insert(1, "x")]), None);
    }
}
