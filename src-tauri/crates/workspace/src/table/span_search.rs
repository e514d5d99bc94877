//! Full-text search over spans: everything a span says, anywhere in a text, ignoring case.
//!
//! There is no index to build or to store: the blocks are unpacked and searched, newest finds kept, so that
//! the next page, sort or facet of the same search costs nothing, and an import in between costs only what
//! it added.

use crate::error::{Result, WorkspaceError};
use crate::page::{Clause, like_anywhere};
use crate::row;
use crate::table::span_block::{self, BlockBodies};
use crate::table::span_page::SpanFilter;
use crate::workspace::Workspace;
use regex::bytes::{Regex, RegexBuilder};
use rusqlite::Connection;
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

/// The longest text that is searched for, in bytes.
const TEXT_LIMIT: usize = 2_000;

/// Searches whose finds are kept.
const KEPT: usize = 8;

/// Fields whose values are words of the format, not something that was said.
const WORDS: &[&[u8]] = &[b"finish_reason", b"kind", b"role", b"status", b"type"];

/// The latest searches by their text, oldest first. Who asks for a text that is being searched waits for
/// that search instead of starting another.
#[derive(Default)]
pub(crate) struct Searches(Mutex<Vec<(String, Arc<Mutex<Search>>)>>);

impl Searches {
    fn of(&self, text: &str) -> Arc<Mutex<Search>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let search = match kept.iter().position(|(known, _)| known == text) {
            Some(at) => kept.remove(at).1,
            None => Arc::default(),
        };
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push((text.to_owned(), Arc::clone(&search)));
        search
    }
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SearchProgress {
    /// Blocks of up to 256 spans that were searched.
    pub done: u64,
    /// Blocks there are.
    pub total: u64,
    /// Spans found so far.
    pub found: u64,
}

#[derive(Default)]
pub(crate) struct Search {
    /// The first block that was not searched yet; `None` before the old texts were looked through.
    next_block: Option<i64>,
    /// Row ids in rising order.
    found: Vec<i64>,
}

impl Workspace {
    /// Searches what was not searched yet for this text, so that lists filtered by it come at once. `watch`
    /// hears of the progress after every block and may stop the search; what was searched is kept.
    /// False when it was stopped.
    ///
    /// # Errors
    /// `BadInput` for a text longer than 2,000 bytes.
    pub fn search_text(
        &self,
        text: &str,
        watch: &mut dyn FnMut(SearchProgress) -> ControlFlow<()>,
    ) -> Result<bool> {
        let search = self.searches().of(text);
        let mut search = search.lock().unwrap_or_else(PoisonError::into_inner);
        self.read(|conn| search.go_on(conn, text, watch))
    }

    /// Blocks that a search for this text has still to look through.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn search_left(&self, text: &str) -> Result<u64> {
        let search = self.searches().of(text);
        let next = match search.try_lock() {
            Ok(search) => search.next_block,
            // It is being searched at this moment: anything but nothing.
            Err(_) => None,
        };
        self.read(|conn| {
            let last = span_block::last_number(conn)?;
            Ok(row::count(last + 1 - next.unwrap_or(0)))
        })
    }

    /// The filter as a clause; a text becomes the row ids of the spans that say it.
    pub(crate) fn span_clause(&self, filter: &SpanFilter) -> Result<Clause> {
        let mut clause = filter.columns_clause();
        if let Some(text) = filter.text.as_deref().filter(|text| !text.is_empty()) {
            let found = self.read(|conn| self.search(conn, text))?;
            clause.and(
                "span.id IN (SELECT value FROM json_each(?))",
                crate::codec::json(&found)?,
            );
        }
        Ok(clause)
    }

    /// The row ids of the spans that say the text, in rising order.
    pub(crate) fn search(&self, conn: &Connection, text: &str) -> Result<Vec<i64>> {
        let search = self.searches().of(text);
        let mut search = search.lock().unwrap_or_else(PoisonError::into_inner);
        search.go_on(conn, text, &mut |_| ControlFlow::Continue(()))?;
        Ok(search.found.clone())
    }
}

impl Search {
    /// True when everything was searched.
    fn go_on(
        &mut self,
        conn: &Connection,
        text: &str,
        watch: &mut dyn FnMut(SearchProgress) -> ControlFlow<()>,
    ) -> Result<bool> {
        let needle = Needle::new(text)?;
        let mut progress = SearchProgress {
            total: row::count(span_block::last_number(conn)? + 1),
            ..SearchProgress::default()
        };
        if watch(progress).is_break() {
            return Ok(false);
        }
        let from = match self.next_block {
            Some(next) => next,
            None => self.look_through_old_texts(conn, text)?,
        };
        let mut stopped = false;
        span_block::each_block(conn, from, &mut |block| {
            needle.find_in(&block, &mut self.found);
            self.next_block = Some(block.number() + 1);
            progress.done = row::count(block.number() + 1);
            progress.found = self.found.len() as u64;
            let next = watch(progress);
            stopped = next.is_break();
            Ok(next)
        })?;
        Ok(!stopped)
    }

    /// Workspaces of version 2 and older have the start of each message in a table of its own.
    fn look_through_old_texts(&mut self, conn: &Connection, text: &str) -> Result<i64> {
        self.found = conn
            .prepare_cached(
                "SELECT span FROM span_text WHERE text LIKE ? ESCAPE '\\' ORDER BY span",
            )?
            .query_map([like_anywhere(&text.to_lowercase())], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        self.next_block = Some(0);
        Ok(0)
    }
}

/// What is looked for: as it stands in JSON to find it fast, and as it is to be sure.
struct Needle {
    in_json: Regex,
    plain: Regex,
}

impl Needle {
    fn new(text: &str) -> Result<Self> {
        if text.len() > TEXT_LIMIT {
            return Err(WorkspaceError::BadInput(format!(
                "a search for {} bytes of text is longer than the limit of {TEXT_LIMIT}: search for a part of it",
                text.len()
            )));
        }
        let quoted = crate::codec::json(&text)?;
        let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
        Ok(Self {
            in_json: literal(inner)?,
            plain: literal(text)?,
        })
    }

    fn find_in(&self, block: &BlockBodies<'_>, found: &mut Vec<i64>) {
        let bytes = block.bytes();
        let mut from = 0;
        while let Some(hit) = self.in_json.find_at(bytes, from) {
            let Some((id, body)) = block.body_at(hit.start()) else {
                break;
            };
            if says(bytes.get(body.clone()).unwrap_or_default(), &self.plain) {
                found.push(id);
            }
            from = body.end;
        }
    }
}

fn literal(text: &str) -> Result<Regex> {
    RegexBuilder::new(&regex::escape(text))
        .case_insensitive(true)
        .build()
        .map_err(|error| WorkspaceError::BadInput(format!("the text cannot be searched: {error}")))
}

/// True when a text of the canonical JSON matches: not the name of a field, not a word of the format.
fn says(body: &[u8], plain: &Regex) -> bool {
    let mut rest = body;
    let mut is_word = false;
    while let Some(open) = memchr::memchr(b'"', rest) {
        let Some(length) = text_length(&rest[open + 1..]) else {
            return false;
        };
        let (inner, after) = rest[open + 1..].split_at(length);
        rest = &after[1..];
        if rest.first() == Some(&b':') {
            is_word = WORDS.contains(&inner);
        } else if !is_word
            && plain.is_match(&unescaped(
                &body[body.len() - after.len() - length - 1..][..length + 2],
                inner,
            ))
        {
            return true;
        }
    }
    false
}

/// Bytes up to the quote that ends the text.
fn text_length(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

fn unescaped<'a>(quoted: &[u8], inner: &'a [u8]) -> Cow<'a, [u8]> {
    if memchr::memchr(b'\\', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    match serde_json::from_slice::<String>(quoted) {
        Ok(text) => Cow::Owned(text.into_bytes()),
        Err(_) => Cow::Borrowed(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use crate::{Page, SpanSort};
    use plumbline_model::{Message, Role, Span};
    use proptest::prelude::*;

    fn total(workspace: &Workspace, text: &str) -> u64 {
        let filter = SpanFilter {
            text: Some(text.into()),
            ..SpanFilter::default()
        };
        workspace
            .spans(&filter, SpanSort::Newest, Page::first(1))
            .unwrap()
            .total
    }

    fn saying(number: i64, text: &str) -> Span {
        let mut span = call("t", &format!("id-{number}"), number);
        span.input_messages = vec![Message::text(Role::User, text)];
        span
    }

    #[test]
    fn a_search_finds_what_was_said_and_not_how_it_is_stored() {
        let workspace = Workspace::in_memory().unwrap();
        let import = begin(&workspace, 1);
        let long = format!("{} the END", "filler ".repeat(40_000));
        let texts = [
            "He said \"no\"\nand left",
            "Größe ÄRGER",
            "C:\\temp\\new",
            &long,
        ];
        let spans = texts
            .iter()
            .zip(1..)
            .map(|(text, n)| imported(saying(n, text)));
        workspace.append_spans(import, spans.collect()).unwrap();
        for (text, wanted) in [
            ("SAID \"NO\"\nAND", 1),
            ("größe ärger", 1),
            ("c:\\TEMP\\n", 1),
            ("\\", 1),
            ("\"", 1),
            ("the end", 1),
            ("gpt-4.1", 4),
            ("input_messages", 0),
            ("user", 0),
            ("llm", 0),
            ("\":\"", 0),
            ("\\n", 1),
            ("nowhere", 0),
        ] {
            assert_eq!(total(&workspace, text), wanted, "{text}");
        }
    }

    #[test]
    fn a_kept_search_sees_what_came_later_and_duplicates_add_nothing() {
        let workspace = Workspace::in_memory().unwrap();
        let import = begin(&workspace, 1);
        let first = imported(saying(1, "a needle"));
        workspace.append_spans(import, vec![first.clone()]).unwrap();
        assert_eq!(total(&workspace, "needle"), 1);
        assert_eq!(total(&workspace, "hay"), 0);
        let batch = vec![first, imported(saying(2, "needle and hay"))];
        let outcome = workspace.append_spans(import, batch).unwrap();
        assert_eq!((outcome.stored, outcome.duplicate), (1, 1));
        assert_eq!(total(&workspace, "needle"), 2);
        assert_eq!(total(&workspace, "hay"), 1);
    }

    #[test]
    fn a_text_too_long_to_search_says_so() {
        let workspace = Workspace::in_memory().unwrap();
        let filter = SpanFilter {
            text: Some("x".repeat(TEXT_LIMIT + 1)),
            ..SpanFilter::default()
        };
        let outcome = workspace.spans(&filter, SpanSort::Newest, Page::first(1));
        assert!(matches!(outcome, Err(WorkspaceError::BadInput(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_part_of_any_message_is_found(text in any::<String>(), from in 0_usize..20, to in 1_usize..20) {
            let part: String = text.chars().skip(from).take(to).collect();
            let workspace = Workspace::in_memory().unwrap();
            let import = begin(&workspace, 1);
            workspace.append_spans(import, vec![imported(saying(1, &text))]).unwrap();
            if !part.is_empty() {
                prop_assert_eq!(total(&workspace, &part), 1);
            }
        }

        #[test]
        fn broken_bytes_are_searched_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = says(&bytes, &literal("a").unwrap());
        }
    }
}
