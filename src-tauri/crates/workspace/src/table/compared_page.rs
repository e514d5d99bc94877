//! Reading a kept comparison: pages, places and the whole at a glance, narrowed by what a reviewer asks for.

use crate::error::Result;
use crate::page::{Clause, Page};
use crate::row::{count, int};
use crate::workspace::Workspace;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::collections::HashMap;

/// What narrows the cases of a comparison. Every condition that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ComparedFilter {
    /// The side that `verdict`, `kind` and `flaky` are about; `None` for any.
    pub column: Option<u32>,
    pub verdict: Option<String>,
    /// Leaves out cases whose gravest verdict (or that of the column) is this.
    pub but: Option<String>,
    pub kind: Option<String>,
    pub flaky: bool,
    /// Keys of cases.
    pub keys: Option<Vec<String>>,
    /// Keys of cases and kinds of change that somebody decided about: leaves out what is of one of them.
    pub decided: Option<(Vec<String>, Vec<String>)>,
}

/// A case of a kept comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedCaseRow {
    pub position: u64,
    pub case_key: String,
    pub verdict: String,
    /// Column and what its caller wrote.
    pub cells: Vec<(u32, String)>,
}

impl ComparedFilter {
    fn clause(&self, comparison: i64) -> Clause {
        let mut clause = Clause::default();
        clause.and("c.comparison = ?", comparison);
        let column = self.column.map(i64::from);
        match column {
            None => {
                if let Some(verdict) = &self.verdict {
                    clause.and(
                        "EXISTS (SELECT 1 FROM compared_cell x WHERE x.comparison = c.comparison
                            AND x.position = c.position AND x.verdict = ?)",
                        verdict.clone(),
                    );
                }
                clause.and_some("c.verdict <> ?", self.but.clone());
                if self.flaky {
                    clause.and_fixed(
                        "EXISTS (SELECT 1 FROM compared_cell x WHERE x.comparison = c.comparison
                            AND x.position = c.position AND x.flips)",
                    );
                }
                clause.and_some(
                    "EXISTS (SELECT 1 FROM compared_kind k WHERE k.comparison = c.comparison
                        AND k.position = c.position AND k.kind = ?)",
                    self.kind.clone(),
                );
            }
            Some(column) => {
                let mut of_column = |sql: &'static str, value: Value| {
                    clause.and_two(sql, Value::Integer(column), value);
                };
                if let Some(verdict) = &self.verdict {
                    of_column(
                        "EXISTS (SELECT 1 FROM compared_cell x WHERE x.comparison = c.comparison
                            AND x.position = c.position AND x.col = ? AND x.verdict = ?)",
                        Value::Text(verdict.clone()),
                    );
                }
                if let Some(but) = &self.but {
                    of_column(
                        "NOT EXISTS (SELECT 1 FROM compared_cell x WHERE x.comparison = c.comparison
                            AND x.position = c.position AND x.col = ? AND x.verdict = ?)",
                        Value::Text(but.clone()),
                    );
                }
                if self.flaky {
                    of_column(
                        "EXISTS (SELECT 1 FROM compared_cell x WHERE x.comparison = c.comparison
                            AND x.position = c.position AND x.col IN (0, ?) AND x.flips = ?)",
                        Value::Integer(1),
                    );
                }
                if let Some(kind) = &self.kind {
                    of_column(
                        "EXISTS (SELECT 1 FROM compared_kind k WHERE k.comparison = c.comparison
                            AND k.position = c.position AND k.col = ? AND k.kind = ?)",
                        Value::Text(kind.clone()),
                    );
                }
            }
        }
        clause.and_some(
            "c.case_key IN (SELECT value FROM json_each(?))",
            self.keys.as_ref().map(json),
        );
        if let Some((keys, kinds)) = &self.decided {
            clause.and(
                "c.case_key NOT IN (SELECT value FROM json_each(?))",
                json(keys),
            );
            clause.and(
                "NOT EXISTS (SELECT 1 FROM compared_kind k WHERE k.comparison = c.comparison
                    AND k.position = c.position AND k.kind IN (SELECT value FROM json_each(?)))",
                json(kinds),
            );
        }
        clause
    }
}

fn json(value: &impl serde::Serialize) -> String {
    // Lists of numbers and strings have no reason to fail.
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

impl Workspace {
    /// How many cases the filter accepts, and some of them, in order.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn compared_cases(
        &self,
        comparison: i64,
        filter: &ComparedFilter,
        page: Page,
    ) -> Result<(u64, Vec<ComparedCaseRow>)> {
        let clause = filter.clause(comparison);
        self.read(|conn| {
            let total = total(conn, &clause)?;
            let mut statement = conn.prepare_cached(&clause.statement(
                "SELECT c.position, c.case_key, c.verdict FROM compared_case c",
                " ORDER BY c.position LIMIT ? OFFSET ?",
            ))?;
            let mut rows = statement.query(params_from_iter(clause.values_and_page(page)))?;
            let mut cases = Vec::new();
            while let Some(row) = rows.next()? {
                let position: i64 = row.get(0)?;
                cases.push(ComparedCaseRow {
                    position: count(position),
                    case_key: row.get(1)?,
                    verdict: row.get(2)?,
                    cells: cells(conn, comparison, position)?,
                });
            }
            Ok((total, cases))
        })
    }

    /// One case by its key.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn compared_case(
        &self,
        comparison: i64,
        case_key: &str,
    ) -> Result<Option<ComparedCaseRow>> {
        self.read(|conn| {
            let found = conn
                .prepare_cached(
                    "SELECT position, verdict FROM compared_case WHERE comparison = ?1 AND case_key = ?2",
                )?
                .query_row(params![comparison, case_key], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
                })
                .optional()?;
            found
                .map(|(position, verdict)| {
                    Ok(ComparedCaseRow {
                        position: count(position),
                        case_key: case_key.to_owned(),
                        verdict,
                        cells: cells(conn, comparison, position)?,
                    })
                })
                .transpose()
        })
    }

    /// The place of a case among those that the filter accepts, from 0.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn compared_place(
        &self,
        comparison: i64,
        filter: &ComparedFilter,
        case_key: &str,
    ) -> Result<Option<u64>> {
        let Some(case) = self.compared_case(comparison, case_key)? else {
            return Ok(None);
        };
        let mut clause = filter.clause(comparison);
        clause.and("c.position <= ?", int(case.position));
        self.read(|conn| {
            let last: Option<i64> = conn
                .prepare_cached(
                    &clause.statement("SELECT max(c.position) FROM compared_case c", ""),
                )?
                .query_row(params_from_iter(clause.values()), |row| row.get(0))?;
            if last != Some(int(case.position)) {
                return Ok(None);
            }
            Ok(total(conn, &clause)?.checked_sub(1))
        })
    }

    /// The keys of all cases that the filter accepts, in order, with their kinds of change on the side of the filter.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn compared_kinds(
        &self,
        comparison: i64,
        filter: &ComparedFilter,
    ) -> Result<Vec<(String, Vec<String>)>> {
        let clause = filter.clause(comparison);
        let column = filter.column.map(i64::from);
        self.read(|conn| {
            let mut kinds: HashMap<i64, Vec<String>> = HashMap::new();
            let mut statement = conn.prepare_cached(
                "SELECT position, kind FROM compared_kind WHERE comparison = ?1 AND (?2 IS NULL OR col = ?2)",
            )?;
            let mut rows = statement.query(params![comparison, column])?;
            while let Some(row) = rows.next()? {
                kinds.entry(row.get(0)?).or_default().push(row.get(1)?);
            }
            let mut statement = conn.prepare_cached(&clause.statement(
                "SELECT c.case_key, c.position FROM compared_case c",
                " ORDER BY c.position",
            ))?;
            let mut rows = statement.query(params_from_iter(clause.values()))?;
            let mut cases = Vec::new();
            while let Some(row) = rows.next()? {
                cases.push((
                    row.get(0)?,
                    kinds.remove(&row.get(1)?).unwrap_or_default(),
                ));
            }
            Ok(cases)
        })
    }

    /// The verdicts of all cases that the filter accepts, in order.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn compared_verdicts(
        &self,
        comparison: i64,
        filter: &ComparedFilter,
    ) -> Result<Vec<String>> {
        let clause = filter.clause(comparison);
        self.read(|conn| {
            let mut statement = conn.prepare_cached(&clause.statement(
                "SELECT c.verdict FROM compared_case c",
                " ORDER BY c.position",
            ))?;
            let rows = statement.query_map(params_from_iter(clause.values()), |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn total(conn: &Connection, clause: &Clause) -> Result<u64> {
    let total: i64 = conn
        .prepare_cached(&clause.statement("SELECT count(*) FROM compared_case c", ""))?
        .query_row(params_from_iter(clause.values()), |row| row.get(0))?;
    Ok(count(total))
}

fn cells(conn: &Connection, comparison: i64, position: i64) -> Result<Vec<(u32, String)>> {
    let mut statement = conn.prepare_cached(
        "SELECT col, body FROM compared_cell WHERE comparison = ?1 AND position = ?2 ORDER BY col",
    )?;
    let rows = statement.query_map(params![comparison, position], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
