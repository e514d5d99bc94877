//! Which part of a list is wanted, and the WHERE clause that narrows it.
//!
//! A clause is assembled from fixed fragments; what a person typed is always a bound value.

use rusqlite::types::Value;

/// A window into a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Rows to skip.
    pub offset: u64,
    /// Rows wanted; at most 10,000 are given.
    pub limit: u64,
}

impl Page {
    /// The first rows of a list.
    #[must_use]
    pub fn first(limit: u64) -> Self {
        Self { offset: 0, limit }
    }

    pub(crate) fn bound(self) -> [Value; 2] {
        [
            Value::Integer(crate::row::int(self.limit.min(10_000))),
            Value::Integer(crate::row::int(self.offset)),
        ]
    }
}

/// A WHERE clause in the making.
#[derive(Default)]
pub(crate) struct Clause {
    sql: String,
    values: Vec<Value>,
}

impl Clause {
    /// Adds a condition; `'static` text keeps data out of the SQL.
    pub(crate) fn and(&mut self, condition: &'static str, value: impl Into<Value>) {
        self.and_fixed(condition);
        self.values.push(value.into());
    }

    /// Adds a condition with two values.
    pub(crate) fn and_two(&mut self, condition: &'static str, first: Value, second: Value) {
        self.and_fixed(condition);
        self.values.extend([first, second]);
    }

    /// Adds the condition when there is a value.
    pub(crate) fn and_some<T: Into<Value>>(&mut self, condition: &'static str, value: Option<T>) {
        if let Some(value) = value {
            self.and(condition, value);
        }
    }

    /// Adds a condition without a value.
    pub(crate) fn and_fixed(&mut self, condition: &'static str) {
        self.sql.push_str(if self.sql.is_empty() {
            " WHERE "
        } else {
            " AND "
        });
        self.sql.push_str(condition);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sql.is_empty()
    }

    /// A whole statement around this clause.
    pub(crate) fn statement(&self, before: &'static str, after: &'static str) -> String {
        [before, &self.sql, after].concat()
    }

    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }

    /// The values with those of the page's LIMIT and OFFSET behind them.
    pub(crate) fn values_and_page(&self, page: Page) -> Vec<Value> {
        let mut values = self.values.clone();
        values.extend(page.bound());
        values
    }
}

/// The pattern for `LIKE ? ESCAPE '\'` that finds the text anywhere, taking it literally.
pub(crate) fn like_anywhere(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
