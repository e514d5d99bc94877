//! The account of a listening run: what its loss report says so far.

use super::again::GivenUp;
use super::parse::Parsed;
use crate::import::account::Account;
use plumbline_ingest::Redactor;
use plumbline_model::{FieldUnread, ImportFile, LossCounts};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Distinct names of unread fields that are told apart over a whole run.
const NAMES: usize = 1_000;
/// Where the names beyond that are counted, as within one request.
const BEYOND: &str = "(more fields)";

/// Where exchanges are counted that passed through the proxy unrecorded.
const LOST: &str = "(calls that passed unrecorded)";
/// Where those are counted that were recorded and could not be stored.
const UNSTORED: &str = "(calls that could not be stored)";
/// Characters of the reason.
const WHY_CHARS: usize = 80;

/// Of requests that were stored, or are about to be.
pub(super) struct RunAccount {
    pub(super) account: Account,
    fields_unread: BTreeMap<String, FieldUnread>,
}

impl RunAccount {
    pub(super) fn new(redactor: Option<Arc<Redactor>>) -> Self {
        Self {
            account: Account::new(redactor),
            fields_unread: BTreeMap::new(),
        }
    }

    /// Takes the account of a request out of it.
    pub(super) fn take(&mut self, parsed: &mut Parsed) {
        self.account.merge(std::mem::take(&mut parsed.account));
        self.unread(std::mem::take(&mut parsed.fields_unread));
    }

    pub(super) fn merge(&mut self, later: Self) {
        self.account.merge(later.account);
        self.unread(later.fields_unread);
    }

    fn unread(&mut self, fields: BTreeMap<String, FieldUnread>) {
        for (name, field) in fields {
            let is_known = self.fields_unread.contains_key(&name);
            let name = if is_known || self.fields_unread.len() < NAMES {
                name
            } else {
                BEYOND.to_owned()
            };
            let held = self.fields_unread.entry(name).or_insert(FieldUnread {
                count: 0,
                example: field.example,
            });
            held.count += field.count;
        }
    }

    /// The report; `lost` exchanges passed and could not be recorded, others not be stored.
    pub(super) fn report(
        &self,
        path: &str,
        counts: LossCounts,
        lost: u64,
        unstored: &GivenUp,
    ) -> ImportFile {
        let mut fields_unread = self.fields_unread.clone();
        let why = unstored.why.chars().take(WHY_CHARS).collect();
        for (name, count, example) in [
            (LOST, lost, "too much waited to be stored".to_owned()),
            (UNSTORED, unstored.count, why),
        ] {
            if count > 0 {
                fields_unread.insert(name.to_owned(), FieldUnread { count, example });
            }
        }
        self.account
            .report_of(path.to_owned(), super::FORMAT, fields_unread, counts)
    }
}
