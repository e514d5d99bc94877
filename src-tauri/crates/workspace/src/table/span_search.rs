//! Full-text search over spans: everything a span says, anywhere in a text, ignoring case.
//!
//! There is no index to build or to store: the blocks are unpacked and searched, newest finds kept, so that
//! the next page, sort or facet of the same search costs nothing, and an import in between costs only what
//! it added.

use crate::error::{Result, WorkspaceError};
use crate::page::{Clause, like_anywhere};
use crate::table::span_block::{self, BlockBodies};
use crate::table::span_page::SpanFilter;
use crate::workspace::Workspace;
use regex::bytes::{Regex, RegexBuilder};
use rusqlite::Connection;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The longest text that is searched for, in bytes.
const TEXT_LIMIT: usize = 2_000;

/// Searches whose finds are kept.
const KEPT: usize = 8;

/// Fields whose values are words of the format, not something that was said.
const WORDS: &[&[u8]] = &[b"finish_reason", b"kind", b"role", b"status", b"type"];

/// The finds of the latest searches.
#[derive(Default)]
pub(crate) struct Searches(Mutex<Vec<Search>>);

#[derive(Clone)]
struct Search {
    text: String,
    /// The first block that was not searched yet.
    next_block: i64,
    found: Vec<i64>,
}

impl Searches {
    fn lock(&self) -> MutexGuard<'_, Vec<Search>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, text: &str) -> Option<Search> {
        let mut kept = self.lock();
        let at = kept.iter().position(|search| search.text == text)?;
        Some(kept.remove(at))
    }

    fn keep(&self, search: Search) {
        let mut kept = self.lock();
        kept.retain(|other| other.text != search.text);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(search);
    }
}

impl Workspace {
    /// The filter as a clause; a text becomes the row ids of the spans that say it.
    pub(crate) fn span_clause(&self, filter: &SpanFilter) -> Result<Clause> {
        let mut clause = filter.columns_clause();
        if let Some(text) = filter.text.as_deref().filter(|text| !text.is_empty()) {
            clause.and(
                "span.id IN (SELECT value FROM json_each(?))",
                self.search(text)?,
            );
        }
        Ok(clause)
    }

    /// The row ids as a JSON array.
    fn search(&self, text: &str) -> Result<String> {
        let known = self.searches().take(text);
        let search = self.read(|conn| match known {
            Some(mut search) => search.go_on(conn, &Needle::new(text)?).map(|()| search),
            None => Search::start(conn, text),
        })?;
        let mut ids = String::with_capacity(search.found.len() * 9 + 2);
        ids.push('[');
        for (at, id) in search.found.iter().enumerate() {
            let _ = write!(ids, "{}{id}", if at == 0 { "" } else { "," });
        }
        ids.push(']');
        self.searches().keep(search);
        Ok(ids)
    }
}

impl Search {
    fn start(conn: &Connection, text: &str) -> Result<Self> {
        let needle = Needle::new(text)?;
        // Workspaces of version 2 and older have the start of each message in a table of its own.
        let mut statement = conn.prepare_cached(
            "SELECT span FROM span_text WHERE text LIKE ? ESCAPE '\\' ORDER BY span",
        )?;
        let found = statement
            .query_map([like_anywhere(&text.to_lowercase())], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut search = Self {
            text: text.to_owned(),
            next_block: 0,
            found,
        };
        search.go_on(conn, &needle)?;
        Ok(search)
    }

    fn go_on(&mut self, conn: &Connection, needle: &Needle) -> Result<()> {
        span_block::each_block(conn, self.next_block, &mut |block| {
            needle.find_in(&block, &mut self.found);
            self.next_block = block.number() + 1;
            Ok(ControlFlow::Continue(()))
        })
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
