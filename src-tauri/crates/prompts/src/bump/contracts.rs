//! What the application reads: the output and the calls of tools.

use super::variables::reordered;
use super::{BumpKind, Changes};
use crate::schema_change::{SchemaChange, Use, compare};
use plumbline_model::{PromptSpec, ToolDefinition};
use serde_json::Value;

impl Changes {
    pub(super) fn output(&mut self, old: &PromptSpec, new: &PromptSpec) {
        match (&old.output_schema, &new.output_schema) {
            (None, None) => {}
            (Some(before), Some(after)) => {
                self.schema("output schema", before, after, Use::Output);
            }
            (None, _) => self.add(
                BumpKind::Major,
                "an output schema was added: a reader that expects text breaks",
            ),
            (Some(_), None) => self.add(
                BumpKind::Major,
                "the output schema was removed: a reader that relies on it breaks",
            ),
        }
    }

    pub(crate) fn tools(&mut self, old: &[ToolDefinition], new: &[ToolDefinition]) {
        for was in old {
            let name = &was.name;
            let Some(is) = new.iter().find(|tool| tool.name == *name) else {
                self.add(BumpKind::Major, format!("tool `{name}` was removed"));
                continue;
            };
            if was.description != is.description {
                self.add(
                    BumpKind::Minor,
                    format!("the description of tool `{name}` changed"),
                );
            }
            let what = format!("tool `{name}`");
            self.schema(&what, &was.parameters, &is.parameters, Use::ToolArguments);
        }
        for is in new
            .iter()
            .filter(|is| !old.iter().any(|was| was.name == is.name))
        {
            let reason = format!(
                "tool `{}` was added: the application must answer its calls",
                is.name
            );
            self.add(BumpKind::Major, reason);
        }
        if reordered(old, new, |tool| &tool.name) {
            self.add(BumpKind::Minor, "the order of the tools changed");
        }
    }

    /// The model reads a schema as text, so each change of it is minor at least.
    fn schema(&mut self, what: &str, old: &Value, new: &Value, usage: Use) {
        if old == new {
            return;
        }
        match compare(old, new, usage) {
            SchemaChange::Wording => self.add(
                BumpKind::Minor,
                format!("{what}: only descriptions, examples or the order of words changed"),
            ),
            SchemaChange::Compatible => {
                self.add(BumpKind::Minor, format!("{what}: changed compatibly"));
            }
            SchemaChange::Breaks(reasons) => {
                for reason in reasons {
                    self.add(BumpKind::Major, format!("{what}: {reason}"));
                }
            }
        }
    }
}
