//! What a path of Handlebars means, from within the blocks that it stands in.

use super::jinja::{is_name, is_path, shown};

/// Names for the items of a list; the first that the template does not use is taken.
const ITEM_NAMES: &[&str] = &["item", "entry", "element", "member", "row", "it"];

/// What names without a path stand for.
pub(super) struct Scope {
    /// As Jinja says it; empty for the variables themselves.
    pub(super) this: String,
    /// The name that `as |name|` gives.
    pub(super) alias: Option<String>,
}

/// The scopes that are open, the outermost first.
pub(super) struct Scopes {
    open: Vec<Scope>,
    /// Names for items that the template does not use.
    item_names: Vec<&'static str>,
}

impl Scopes {
    /// Of a template, outside of all its blocks.
    pub(super) fn of(text: &str) -> Self {
        let unused = ITEM_NAMES.iter().filter(|name| !text.contains(**name));
        Self {
            item_names: unused.copied().collect(),
            open: vec![Scope {
                this: String::new(),
                alias: None,
            }],
        }
    }

    pub(super) fn open(&mut self, scope: Option<Scope>) {
        self.open.extend(scope);
    }

    pub(super) fn close(&mut self) {
        self.open.pop();
    }

    pub(super) fn is_outermost(&self) -> bool {
        self.open.len() == 1
    }

    /// A path, a text in quotes, a number or a truth.
    pub(super) fn value(&self, word: &str) -> Result<String, String> {
        let is_text = word.starts_with(['"', '\'']) && !word.contains('\\');
        if is_text
            || word.parse::<f64>().is_ok_and(f64::is_finite)
            || ["true", "false"].contains(&word)
        {
            return Ok(word.to_owned());
        }
        self.path(word)
    }

    /// A path as Jinja says it from where it stands.
    pub(super) fn path(&self, path: &str) -> Result<String, String> {
        let unknown = || format!("`{}` is no path to a value", shown(path));
        match path {
            "@index" => return Ok("loop.index0".to_owned()),
            "@first" => return Ok("loop.first".to_owned()),
            "@last" => return Ok("loop.last".to_owned()),
            _ => {}
        }
        let (mut rest, mut scope) = (path, self.open.len() - 1);
        if let Some(of_root) = path.strip_prefix("@root.") {
            (rest, scope) = (of_root, 0);
        }
        while let Some(outer) = rest.strip_prefix("../") {
            scope = scope.checked_sub(1).ok_or_else(unknown)?;
            rest = outer;
        }
        let first = rest.split('.').next().unwrap_or_default();
        let is_alias = |scope: &&Scope| scope.alias.as_deref() == Some(first);
        if let Some(aliased) = self.open.iter().rev().find(is_alias) {
            let members = &rest[first.len()..];
            return members_of(&aliased.this, members.trim_start_matches('.')).ok_or_else(unknown);
        }
        let this = self.open.get(scope).ok_or_else(unknown)?;
        let members = match rest {
            "this" | "." => "",
            _ => rest
                .strip_prefix("this.")
                .or_else(|| rest.strip_prefix("./"))
                .unwrap_or(rest),
        };
        members_of(&this.this, members).ok_or_else(unknown)
    }

    /// A name for the items of a list that nothing else here has.
    pub(super) fn free_name(&self) -> Result<String, String> {
        let taken = |name: &str| self.open.iter().any(|scope| scope.this == name);
        let free = self.item_names.iter().find(|name| !taken(name));
        free.map(|name| (*name).to_owned())
            .ok_or_else(|| "too many lists are nested".to_owned())
    }
}

fn members_of(this: &str, members: &str) -> Option<String> {
    let whole = match (this, members) {
        ("", members) => members.to_owned(),
        (this, "") => this.to_owned(),
        (this, members) => format!("{this}.{members}"),
    };
    is_path(&whole).then_some(whole)
}

/// `as |name|`; the second name of a list would be its index.
pub(super) fn alias_of(words: &[&str]) -> Result<Option<String>, String> {
    match words {
        [] => Ok(None),
        ["as", alias] => {
            let alias = alias.trim_matches('|').trim();
            is_name(alias)
                .then(|| Some(alias.to_owned()))
                .ok_or_else(|| format!("`{}` is no name for an item", shown(alias)))
        }
        _ => Err("a block gives more than one name to its items".to_owned()),
    }
}
