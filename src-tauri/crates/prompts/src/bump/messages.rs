//! Messages: their roles, which callers and recordings rely on, and their text.

use super::{BumpKind, Changes};
use plumbline_model::{Role, Section};
use std::collections::{BTreeMap, BTreeSet};

impl Changes {
    pub(super) fn messages(&mut self, old: &[Section], new: &[Section]) {
        let roles = |sections: &[Section]| sections.iter().map(|s| s.role).collect::<Vec<Role>>();
        let kept: BTreeSet<Role> = roles(new).into_iter().collect();
        let lost: BTreeSet<Role> = roles(old)
            .into_iter()
            .filter(|role| !kept.contains(role))
            .collect();
        for role in &lost {
            self.add(
                BumpKind::Major,
                format!("the {} message was removed", role.as_str()),
            );
        }
        if roles(old) != roles(new) {
            if lost.is_empty() {
                self.add(BumpKind::Minor, "messages were added, removed or reordered");
            }
            return;
        }
        let (mut reworded, mut respaced) = (BTreeMap::new(), BTreeMap::new());
        for (was, is) in old.iter().zip(new) {
            let (before, after) = (&was.template, &is.template);
            if before.split_whitespace().ne(after.split_whitespace()) {
                *reworded.entry(was.role).or_insert(0) += 1;
            } else if before != after {
                *respaced.entry(was.role).or_insert(0) += 1;
            }
        }
        for (role, messages) in reworded {
            let messages = in_words(role, messages);
            self.add(BumpKind::Minor, format!("the text of {messages} changed"));
        }
        for (role, messages) in respaced {
            let messages = in_words(role, messages);
            self.add(
                BumpKind::Patch,
                format!("white space of {messages} changed"),
            );
        }
    }
}

/// A change of many messages is one reason, as whoever reads it needs no list of the same.
fn in_words(role: Role, messages: u32) -> String {
    match (role, messages) {
        (Role::Assistant, 1) => "an assistant message".to_owned(),
        (role, 1) => format!("a {} message", role.as_str()),
        (role, messages) => format!("{messages} {} messages", role.as_str()),
    }
}
