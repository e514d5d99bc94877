//! Which tables of another program's database are read, and what each row takes along from other tables.
//!
//! A format writes this down; whoever opens the file does it. A row comes out as one JSON object
//! `{"table": …, "row": {…}}` with what is joined to it inside, so that each record says all of itself.

/// One table, row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableRead {
    pub table: &'static str,
    /// What each row takes along.
    pub joined: &'static [Joined],
}

/// Rows of another table that belong to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joined {
    /// The member of the row's object that holds them.
    pub name: &'static str,
    /// The row's own column.
    pub own: &'static str,
    /// The other table's column with the same value.
    pub theirs: &'static str,
    pub how: HowJoined,
    pub read: TableRead,
}

/// How many rows belong to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HowJoined {
    /// At most one, as an object.
    One,
    /// Any number, as a list.
    Many,
    /// One, then the one that this column of it names, and so on: a list from the newest to the oldest.
    Up { parent: &'static str },
}
