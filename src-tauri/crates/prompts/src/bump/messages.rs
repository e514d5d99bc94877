//! Messages: their roles, which callers and recordings rely on, and their text.

use super::{BumpKind, Changes};
use plumbline_model::{Role, Section};
use std::collections::BTreeSet;

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
        for (was, is) in old.iter().zip(new) {
            let message = match was.role {
                Role::Assistant => "an assistant message".to_owned(),
                role => format!("a {} message", role.as_str()),
            };
            let (before, after) = (&was.template, &is.template);
            if before.split_whitespace().ne(after.split_whitespace()) {
                self.add(BumpKind::Minor, format!("the text of {message} changed"));
            } else if before != after {
                self.add(BumpKind::Patch, format!("white space of {message} changed"));
            }
        }
    }
}
