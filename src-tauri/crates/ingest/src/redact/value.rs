//! JSON values that a span carries, under the same rules as the JSON they came from.

use super::names::{Rule, is_name};
use super::pass::Pass;
use serde_json::{Map, Value};

impl Pass<'_> {
    /// A value whose name says nothing.
    pub(super) fn value(&mut self, value: &mut Value) {
        self.value_under(Rule::Text, value, false);
    }

    fn value_under(&mut self, rule: Rule, value: &mut Value, is_in_list: bool) {
        match value {
            Value::String(text) => {
                if let Some(changed) = self.under(rule, text) {
                    *text = changed;
                }
            }
            Value::Number(number) => {
                if let Some(placeholder) = self.number(rule, &number.to_string()) {
                    *value = Value::String(placeholder);
                }
            }
            Value::Array(items) => self.list(rule, items, is_in_list),
            Value::Object(fields) => self.fields_under(rule.within(is_in_list), fields),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn list(&mut self, rule: Rule, items: &mut [Value], is_in_list: bool) {
        let (values, rule) = match items {
            // A header as a list of two.
            [Value::String(name), values @ ..] if rule == Rule::Headers && is_in_list => {
                if let Some(changed) = self.text(name) {
                    *name = changed;
                }
                (values, Rule::Headers.member(name, None))
            }
            items => (items, rule),
        };
        for item in values {
            self.value_under(rule, item, true);
        }
    }

    /// The members of an object.
    pub(super) fn fields(&mut self, fields: &mut Map<String, Value>) {
        self.fields_under(Rule::Text, fields);
    }

    fn fields_under(&mut self, rule: Rule, fields: &mut Map<String, Value>) {
        // A name counts as it will stand in the workspace, so that a second look decides as the first did.
        let mut told = None;
        for (key, value) in fields
            .iter_mut()
            .filter(|(key, _)| is_name(key) && rule != Rule::Headers)
        {
            self.value_under(rule.member(key, None), value, false);
            told = value.as_str().map(|name| rule.told_by(name)).or(told);
        }
        let mut renamed = Vec::new();
        for (key, value) in fields.iter_mut() {
            let changed = self.text(key);
            if !is_name(key) || rule == Rule::Headers {
                let name = changed.as_deref().unwrap_or(key);
                self.value_under(rule.member(name, told), value, false);
            }
            renamed.extend(changed.map(|changed| (key.clone(), changed)));
        }
        for (old, new) in renamed {
            if let Some(value) = fields.remove(&old) {
                fields.insert(new, value);
            }
        }
    }
}
