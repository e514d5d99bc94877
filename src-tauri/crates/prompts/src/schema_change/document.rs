//! A schema as a whole: whether it is small enough to compare, and where its references lead.

use serde_json::Value;

/// Deepest nesting of a schema that is compared; recursion below follows it.
const MAX_DEPTH: usize = 100;
/// Most values in one schema.
const MAX_VALUES: usize = 20_000;
/// Most steps of one comparison; alternatives beside alternatives multiply.
const MAX_STEPS: usize = 100_000;
const DEFAULT_DIALECT: &str = "json-schema.org/draft/2020-12/schema";

/// One of the two schemas that are compared.
#[derive(Clone, Copy)]
pub(super) struct Document<'s> {
    root: &'s Value,
    /// An `$id` at the root or within: then a reference that looks remote may lead inside.
    names_itself: bool,
    /// An `$id` below the root: then `#` may mean another place than the root.
    names_parts: bool,
}

impl<'s> Document<'s> {
    /// Nothing when the schema is too large to compare.
    pub(super) fn new(root: &'s Value) -> Option<Self> {
        let mut document = Self {
            root,
            names_itself: false,
            names_parts: false,
        };
        let older = document.dialect().contains("draft-04");
        let mut count = 0;
        let mut rest = vec![(0, root)];
        while let Some((depth, value)) = rest.pop() {
            count += 1;
            if depth > MAX_DEPTH || count > MAX_VALUES {
                return None;
            }
            match value {
                Value::Array(items) => rest.extend(items.iter().map(|item| (depth + 1, item))),
                Value::Object(members) => {
                    let named = |word| members.get(word).is_some_and(Value::is_string);
                    if named("$id") || named("id") {
                        document.names_itself = true;
                        document.names_parts |= depth > 0 && (named("$id") || older);
                    }
                    rest.extend(members.values().map(|member| (depth + 1, member)));
                }
                _ => {}
            }
        }
        Some(document)
    }

    /// The dialect, spelled one way; 2020-12 where none is named.
    pub(super) fn dialect(&self) -> &'s str {
        let named = self.root.get("$schema").and_then(Value::as_str);
        let bare = named.map_or(DEFAULT_DIALECT, |name| name.trim_end_matches('#'));
        let bare = bare.strip_prefix("https://").unwrap_or(bare);
        bare.strip_prefix("http://").unwrap_or(bare)
    }

    /// Up to draft 7 the words beside a `$ref` mean nothing.
    pub(super) fn references_stand_alone(&self) -> bool {
        ["draft-04", "draft-06", "draft-07"]
            .iter()
            .any(|draft| self.dialect().contains(draft))
    }

    /// The schema that a reference leads to, when it is certain.
    pub(super) fn resolve(&self, reference: &str) -> Option<&'s Value> {
        let pointer = reference.strip_prefix('#')?;
        // An anchor or an escaped name is not followed.
        let plain = (pointer.is_empty() || pointer.starts_with('/')) && !pointer.contains('%');
        if self.names_parts || !plain {
            return None;
        }
        self.root.pointer(pointer)
    }

    /// Whether a reference surely leads outside, so that equal references mean the same.
    pub(super) fn leads_outside(&self, reference: &str) -> bool {
        !self.names_itself && reference.contains("://") && !reference.starts_with('#')
    }
}

/// The work one comparison may do, in steps and in depth.
pub(super) struct Steps {
    left: usize,
    depth: usize,
    too_deep: bool,
}

impl Steps {
    pub(super) fn new() -> Self {
        Self {
            left: MAX_STEPS,
            depth: 0,
            too_deep: false,
        }
    }

    /// Takes one step; false when there are none left.
    pub(super) fn take(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        !self.exhausted()
    }

    /// Gives up: what follows would cost more than a step each.
    pub(super) fn exhaust(&mut self) {
        self.left = 0;
    }

    /// One level down; false when that is too deep. Pair it with [`Steps::leave`].
    pub(super) fn enter(&mut self) -> bool {
        self.depth += 1;
        self.too_deep |= self.depth > MAX_DEPTH;
        self.take()
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(super) fn exhausted(&self) -> bool {
        self.left == 0 || self.too_deep
    }
}
