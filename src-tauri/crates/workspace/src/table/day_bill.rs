//! The bills of days (UTC), by payer, and the caps on them that hold for every run and every process.
//!
//! A cap is checked in the transaction that writes an attempt down, so two programs cannot overshoot together.

use crate::door::{Durability, Tx};
use crate::error::{Result, WorkspaceError};
use crate::money::{from_pico, to_pico};
use crate::table::change::Topic;
use crate::workspace::Workspace;
use plumbline_model::{Payer, UnixNanos, Usd};
use rusqlite::{Connection, OptionalExtension, params};
use std::cell::RefMut;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// What a day's requests cost at most: what was paid, and what is reserved for the rest. A row a day, since a sum over
/// the ledger before every request takes time in the square of the requests.
pub(crate) const V4: &str = "
CREATE TABLE day_spend (
    day INTEGER PRIMARY KEY,
    at_most_pico INTEGER NOT NULL
) STRICT;
INSERT INTO day_spend
    SELECT sent_ns / 86400000000000,
        CAST(min(total(CASE WHEN state = 'answered' THEN coalesce(cost_pico, reserved_pico) ELSE reserved_pico END),
            9e18) AS INTEGER)
    FROM attempt WHERE state <> 'failed' GROUP BY 1;
";

/// Since keys and tenants have caps of their own.
pub(crate) const V6: &str = "
CREATE TABLE day_bill (
    day INTEGER NOT NULL,
    payer TEXT NOT NULL,
    at_most_pico INTEGER NOT NULL,
    PRIMARY KEY (day, payer)
) STRICT, WITHOUT ROWID;
INSERT INTO day_bill SELECT day, 'all', at_most_pico FROM day_spend;
INSERT INTO day_bill
    SELECT sent_ns / 86400000000000, 'key:' || provider,
        CAST(min(total(CASE WHEN state = 'answered' THEN coalesce(cost_pico, reserved_pico) ELSE reserved_pico END),
            9e18) AS INTEGER)
    FROM attempt WHERE state <> 'failed' AND provider <> '' GROUP BY 1, 2;
DROP TABLE day_spend;
CREATE TABLE day_cap (
    payer TEXT PRIMARY KEY,
    usd TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO day_cap SELECT 'all', value FROM setting WHERE name = 'cap_day_usd';
DELETE FROM setting WHERE name = 'cap_day_usd';
";

const DAY_NS: i64 = 86_400_000_000_000;

/// What a payer's requests of one day cost at most, and may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayBill {
    pub payer: Payer,
    /// `None` without a cap.
    pub cap_usd: Option<Usd>,
    pub at_most_usd: Usd,
}

/// Something that a payer's bill of a day grows by, or shrinks.
pub(crate) struct Charge {
    day: i64,
    payer: Payer,
    pico: i64,
}

/// The bills as the writes of one group leave them: read once, written down once.
#[derive(Default)]
pub(crate) struct Bills {
    caps: Option<BTreeMap<Payer, Usd>>,
    at_most: HashMap<(i64, Payer), i64>,
    is_changed: bool,
}

impl Bills {
    /// Takes over what a write that is kept charged.
    pub(crate) fn charge(&mut self, charges: Vec<Charge>) {
        for charge in charges {
            self.is_changed = true;
            // Every charge looked its bill up.
            let bill = self.at_most.entry((charge.day, charge.payer)).or_default();
            *bill = bill.saturating_add(charge.pico).max(0);
        }
    }

    pub(crate) fn write_down(self, conn: &Connection) -> Result<()> {
        if !self.is_changed {
            return Ok(());
        }
        let mut put = conn.prepare_cached(
            "INSERT OR REPLACE INTO day_bill (day, payer, at_most_pico) VALUES (?1, ?2, ?3)",
        )?;
        for ((day, payer), pico) in &self.at_most {
            put.execute(params![day, payer.to_string(), pico])?;
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// Reserves money for a request that goes out at `sent`, or refuses it.
    pub(super) fn reserve(
        &self,
        sent: UnixNanos,
        reserved_pico: Option<i64>,
        payers: Vec<Payer>,
    ) -> Result<()> {
        let day = day_of(sent);
        for payer in &payers {
            let bill = self.bill(day, payer)?;
            let Some(limit) = bill.caps.as_ref().and_then(|caps| caps.get(payer)) else {
                continue;
            };
            let limit = *limit;
            let Some(reserved) = reserved_pico else {
                return Err(WorkspaceError::NoBound {
                    payer: payer.clone(),
                    cap: limit,
                });
            };
            let spent = bill.at_most.get(&(day, payer.clone())).copied();
            let spent = spent.unwrap_or(0);
            let after = spent.checked_add(reserved);
            if after.is_none_or(|after| to_pico(limit).is_some_and(|limit| after > limit)) {
                return Err(WorkspaceError::DayCap {
                    payer: payer.clone(),
                    cap: limit,
                    spent: from_pico(spent),
                });
            }
        }
        self.charge(day, payers, reserved_pico.unwrap_or(0))
    }

    /// Books what a request came to cost in place of what was reserved, on the day it was sent.
    pub(super) fn settle(
        &self,
        sent: UnixNanos,
        reserved_pico: Option<i64>,
        cost_pico: Option<i64>,
        payers: Vec<Payer>,
    ) -> Result<()> {
        let Some(cost) = cost_pico else {
            // Nobody knows: what was reserved stays.
            return Ok(());
        };
        let change = cost.saturating_sub(reserved_pico.unwrap_or(0));
        self.charge(day_of(sent), payers, change)
    }

    fn charge(&self, day: i64, payers: Vec<Payer>, pico: i64) -> Result<()> {
        for payer in payers {
            drop(self.bill(day, &payer)?);
            self.charges.borrow_mut().push(Charge { day, payer, pico });
        }
        Ok(())
    }

    /// The group's bills, this one and the caps among them.
    fn bill(&self, day: i64, payer: &Payer) -> Result<RefMut<'_, Bills>> {
        let mut bills = self.bills.borrow_mut();
        if bills.caps.is_none() {
            bills.caps = Some(caps(self)?);
        }
        if let Entry::Vacant(unknown) = bills.at_most.entry((day, payer.clone())) {
            unknown.insert(at_most(self, day, payer)?);
        }
        Ok(bills)
    }
}

impl Workspace {
    /// Sets the cap of a day, from the next request on; `None` removes it.
    ///
    /// # Errors
    /// `BadInput` for a negative amount or one above nine million dollars.
    pub fn set_day_cap(&self, payer: Payer, cap: Option<Usd>) -> Result<()> {
        if let Some(usd) = cap
            && (usd < Usd::ZERO || to_pico(usd).is_none())
        {
            return Err(WorkspaceError::BadInput(format!(
                "a day cannot be capped at ${usd}"
            )));
        }
        self.write(Durability::Full, move |tx| {
            let payer = payer.to_string();
            match cap {
                Some(usd) => tx
                    .prepare_cached("INSERT OR REPLACE INTO day_cap (payer, usd) VALUES (?1, ?2)")?
                    .execute([&payer, &usd.to_string()])?,
                None => tx
                    .prepare_cached("DELETE FROM day_cap WHERE payer = ?1")?
                    .execute([&payer])?,
            };
            tx.announce(Topic::Setting, "cap");
            Ok(())
        })
    }

    /// Everybody who has a cap or, on the day of `at`, a bill.
    ///
    /// # Errors
    /// `Damaged` when a cap is no amount: one that cannot be read is not taken for none.
    pub fn day_bills(&self, at: UnixNanos) -> Result<Vec<DayBill>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT payer, usd, coalesce(at_most_pico, 0)
                 FROM (SELECT payer FROM day_cap UNION SELECT payer FROM day_bill WHERE day = ?1)
                 LEFT JOIN day_cap USING (payer)
                 LEFT JOIN (SELECT payer, at_most_pico FROM day_bill WHERE day = ?1) USING (payer)",
            )?;
            let mut rows = statement.query([day_of(at)])?;
            let mut bills = Vec::new();
            while let Some(row) = rows.next()? {
                let cap: Option<String> = row.get(1)?;
                bills.push(DayBill {
                    payer: payer(&row.get::<_, String>(0)?)?,
                    cap_usd: cap.as_deref().map(amount).transpose()?,
                    at_most_usd: from_pico(row.get(2)?),
                });
            }
            bills.sort_by(|left, right| left.payer.cmp(&right.payer));
            Ok(bills)
        })
    }
}

fn day_of(at: UnixNanos) -> i64 {
    at.0.div_euclid(DAY_NS)
}

fn caps(conn: &Connection) -> Result<BTreeMap<Payer, Usd>> {
    let mut statement = conn.prepare_cached("SELECT payer, usd FROM day_cap")?;
    let mut rows = statement.query([])?;
    let mut caps = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (who, usd): (String, String) = (row.get(0)?, row.get(1)?);
        caps.insert(payer(&who)?, amount(&usd)?);
    }
    Ok(caps)
}

fn payer(text: &str) -> Result<Payer> {
    text.parse()
        .map_err(|error| WorkspaceError::Damaged(format!("the bill of a day: {error}")))
}

fn amount(text: &str) -> Result<Usd> {
    text.parse()
        .map_err(|_| WorkspaceError::Damaged(format!("the cap of a day is no amount: `{text}`")))
}

fn at_most(conn: &Connection, day: i64, payer: &Payer) -> Result<i64> {
    let found = conn
        .prepare_cached("SELECT at_most_pico FROM day_bill WHERE day = ?1 AND payer = ?2")?
        .query_row(params![day, payer.to_string()], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

#[cfg(test)]
mod tests;
