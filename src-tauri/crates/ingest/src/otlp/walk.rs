//! The walk from exports over resources and scopes to spans.
//!
//! Spans are cut out one by one, so a file may be larger than memory and a span that is broken inside is
//! quarantined alone, with its path. One export, an array of them, and one export a line all read the same.
//! Where the text itself breaks, the rest of that export is one quarantined row that says at which byte.

use super::logs::Logs;
use super::span::Scope;
use super::wire::WireOrigin;
use super::{EXPORT_KEYS, Resource, deliver};
use crate::attributes::Attributes;
use crate::delivery::Delivery;
use crate::json_bytes::{Halt, JsonBytes};
use crate::lines::LINE_BYTES;
use serde_json::Value;
use std::cell::OnceCell;
use std::fmt::Write as _;
use std::io::BufRead;
use std::ops::ControlFlow;
use std::rc::Rc;

/// The longest resource or scope that is read.
const ORIGIN_BYTES: usize = 4 * 1024 * 1024;
/// The longest resource or scope that is kept with the raw record of each of its spans.
const KEPT_ORIGIN_BYTES: usize = 16 * 1024;
/// How much waits for a resource or scope that is written after its spans.
const PENDING_BYTES: usize = 8 * 1024 * 1024;
/// How much of a value that nobody reads is kept as its example.
const EXAMPLE_BYTES: usize = 2_000;

/// True when a second line begins as an export does.
fn has_second_export(text: &[u8]) -> bool {
    const START: &[u8] = b"\n{\"resource";
    text.windows(START.len()).any(|window| window == START)
}

/// A span that waits for its resource or scope.
struct Pending {
    at: String,
    raw: Vec<u8>,
    scope: Rc<OnceCell<Scope>>,
}

/// Spans of one `resourceSpans` element and what they belong to.
#[derive(Default)]
struct Group {
    resource: OnceCell<Resource>,
    pending: Vec<Pending>,
    pending_bytes: usize,
}

pub(super) struct Walk<'a, 'd, 's> {
    json: JsonBytes<'a>,
    delivery: &'d mut Delivery<'s>,
    /// The path of the element the walk is in.
    at: String,
    /// The value that was cut out last.
    value: Vec<u8>,
    /// Events that wait for their spans.
    logs: Logs,
}

impl<'a, 'd, 's> Walk<'a, 'd, 's> {
    pub(super) fn new(source: &'a mut dyn BufRead, delivery: &'d mut Delivery<'s>) -> Self {
        Self {
            json: JsonBytes::new(source),
            delivery,
            at: String::new(),
            value: Vec::new(),
            logs: Logs::default(),
        }
    }

    /// Bytes read so far.
    pub(super) fn offset(&self) -> u64 {
        self.json.offset
    }

    /// Reads to the end of the text.
    ///
    /// # Errors
    /// The source fails, or the sink wants no more. Breaks become quarantined rows.
    pub(super) fn file(&mut self) -> Result<(), Halt> {
        self.text()?;
        self.logs.finish(self.delivery)
    }

    fn text(&mut self) -> Result<(), Halt> {
        self.json.skip_mark()?;
        // Known at once if the second line is in sight, else after the first export ends on its first line.
        let mut is_lines = has_second_export(self.json.lookahead()?);
        let mut exports = 0_u64;
        while self.json.next_solid()?.is_some() {
            let line = self.json.line;
            self.at = if exports > 0 || is_lines {
                format!("line {line}: ")
            } else {
                String::new()
            };
            exports += 1;
            self.json.line_bound = is_lines;
            let walked = self.exports();
            self.json.line_bound = false;
            match walked {
                Err(Halt::Broken { offset, reason }) => {
                    self.refuse_rest(offset, &reason)?;
                    if !self.json.resync(is_lines)? {
                        return Ok(());
                    }
                }
                other => other?,
            }
            is_lines |= self.json.line == line;
        }
        Ok(())
    }

    /// Where the text itself is broken, what is left of the export is one row.
    fn refuse_rest(&mut self, offset: u64, reason: &str) -> Result<(), Halt> {
        let at = match self.at.trim_end_matches([':', ' ', '.']) {
            "" => format!("byte {offset}"),
            path => path.to_owned(),
        };
        let reason = format!("{reason}, at byte {offset}; the rest of this export is not read");
        let raw = std::mem::take(&mut self.value);
        self.flow(|delivery| delivery.quarantine(at, reason, &raw))
    }

    fn flow(
        &mut self,
        pass: impl FnOnce(&mut Delivery<'_>) -> ControlFlow<()>,
    ) -> Result<(), Halt> {
        if pass(self.delivery).is_break() {
            return Err(Halt::Stopped);
        }
        Ok(())
    }

    /// One export, or an array of them.
    fn exports(&mut self) -> Result<(), Halt> {
        match self.json.next_solid()? {
            Some(b'[') => {
                self.json.expect(b'[')?;
                let mut first = true;
                let outer = self.at.clone();
                let mut index = 0;
                while self.json.next_element(&mut first)? {
                    self.at = format!("{outer}[{index}].");
                    self.export()?;
                    index += 1;
                }
                Ok(())
            }
            _ => self.export(),
        }
    }

    fn export(&mut self) -> Result<(), Halt> {
        let line = self.json.line;
        self.json.expect(b'{')?;
        let mut known = false;
        let mut first = true;
        while let Some(key) = self.json.next_member(&mut first)? {
            known |= EXPORT_KEYS.contains(&key.as_str());
            match key.as_str() {
                "resourceSpans" | "resource_spans" => {
                    self.array(&key, |walk| walk.resource_spans())?;
                }
                "resourceLogs" | "resource_logs" => {
                    self.array(&key, |walk| walk.resource_logs())?;
                }
                // Metrics stand beside traces and hold no spans.
                _ => self.skip_unread(&key)?,
            }
        }
        if !known {
            let reason = "an object without `resourceSpans`";
            self.flow(|delivery| delivery.quarantine(format!("line {line}"), reason, b""))?;
        }
        Ok(())
    }

    fn resource_spans(&mut self) -> Result<(), Halt> {
        let mut group = Group::default();
        let walked = self.resource_members(&mut group);
        // Spans that wait were read before a break and are handed over all the same.
        let flushed = match walked {
            Err(Halt::Stopped) => Ok(()),
            _ => self.flush(&mut group),
        };
        // A sink that wants no more comes before the break: it must not be asked again.
        flushed?;
        walked
    }

    fn resource_members(&mut self, group: &mut Group) -> Result<(), Halt> {
        self.json.expect(b'{')?;
        let mut first = true;
        while let Some(key) = self.json.next_member(&mut first)? {
            match key.as_str() {
                "resource" => {
                    let (origin, raw) = self.origin(&key)?;
                    let attributes = Attributes::of(origin.attributes.unwrap_or_default());
                    // A second resource in one element is as wrong as it is harmless: the first stays.
                    let _ = group.resource.set(Resource { attributes, raw });
                }
                "scopeSpans" | "scope_spans" | "instrumentationLibrarySpans" => {
                    self.array(&key, |walk| walk.scope_spans(group))?;
                }
                "schemaUrl" | "schema_url" => self.skip()?,
                _ => self.skip_unread(&key)?,
            }
        }
        Ok(())
    }

    /// Log records, which need no group: a resource that stands behind them is done without.
    fn resource_logs(&mut self) -> Result<(), Halt> {
        let mut resource = Vec::new();
        self.json.expect(b'{')?;
        let mut first = true;
        while let Some(key) = self.json.next_member(&mut first)? {
            match key.as_str() {
                "resource" => resource = self.origin(&key)?.1,
                "scopeLogs" | "scope_logs" => {
                    self.array(&key, |walk| walk.scope_logs(&resource))?;
                }
                "schemaUrl" | "schema_url" => self.skip()?,
                _ => self.skip_unread(&key)?,
            }
        }
        Ok(())
    }

    fn scope_logs(&mut self, resource: &[u8]) -> Result<(), Halt> {
        let mut scope = Vec::new();
        self.json.expect(b'{')?;
        let mut first = true;
        while let Some(key) = self.json.next_member(&mut first)? {
            match key.as_str() {
                "scope" => scope = self.origin(&key)?.1,
                "logRecords" | "log_records" => self.array(&key, |walk| {
                    let whole = walk.json.capture(&mut walk.value, LINE_BYTES)?;
                    if !whole {
                        return walk.refuse("the log record is longer than 64 MiB");
                    }
                    let (at, raw) = (&walk.at, &walk.value);
                    walk.logs.record(walk.delivery, at, raw, resource, &scope)
                })?,
                "schemaUrl" | "schema_url" => self.skip()?,
                _ => self.skip_unread(&key)?,
            }
        }
        Ok(())
    }

    fn scope_spans(&mut self, group: &mut Group) -> Result<(), Halt> {
        let scope = Rc::new(OnceCell::new());
        self.json.expect(b'{')?;
        let mut first = true;
        while let Some(key) = self.json.next_member(&mut first)? {
            match key.as_str() {
                "scope" | "instrumentationLibrary" => {
                    let (origin, raw) = self.origin(&key)?;
                    let _ = scope.set(Scope {
                        name: origin.name.unwrap_or_default(),
                        attributes: Attributes::of(origin.attributes.unwrap_or_default()),
                        raw,
                    });
                }
                "spans" => self.array(&key, |walk| walk.span(group, &scope))?,
                "schemaUrl" | "schema_url" => self.skip()?,
                _ => self.skip_unread(&key)?,
            }
        }
        Ok(())
    }

    fn span(&mut self, group: &mut Group, scope: &Rc<OnceCell<Scope>>) -> Result<(), Halt> {
        let whole = self.json.capture(&mut self.value, LINE_BYTES)?;
        let mut raw = std::mem::take(&mut self.value);
        if !whole {
            let at = self.at.clone();
            return self
                .flow(|delivery| delivery.quarantine(at, "the span is longer than 64 MiB", &raw));
        }
        if let Some(joined) = self.logs.joined(&raw) {
            raw = joined;
        }
        if group.pending.is_empty()
            && let (Some(resource), Some(scope)) = (group.resource.get(), scope.get())
        {
            let origin = (Some(resource), Some(scope));
            let flow = deliver(self.delivery, &self.at, &raw, origin, Some(&mut self.logs));
            // The buffer is used again for the next span.
            self.value = raw;
            return flow;
        }
        group.pending_bytes += raw.len();
        group.pending.push(Pending {
            at: self.at.clone(),
            raw,
            scope: Rc::clone(scope),
        });
        if group.pending_bytes > PENDING_BYTES {
            self.flush(group)?;
        }
        Ok(())
    }

    fn flush(&mut self, group: &mut Group) -> Result<(), Halt> {
        group.pending_bytes = 0;
        for Pending { at, raw, scope } in std::mem::take(&mut group.pending) {
            let origin = (group.resource.get(), scope.get());
            deliver(self.delivery, &at, &raw, origin, Some(&mut self.logs))?;
        }
        Ok(())
    }

    /// Walks the elements of an array with the path set to each; null is an empty one.
    fn array(
        &mut self,
        key: &str,
        mut element: impl FnMut(&mut Self) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        let outer = self.at.len();
        self.at.push_str(key);
        if self.json.next_solid()? == Some(b'[') {
            self.json.expect(b'[')?;
            let path = self.at.len();
            let mut first = true;
            let mut index = 0;
            while self.json.next_element(&mut first)? {
                self.at.truncate(path);
                let _ = write!(self.at, "[{index}]");
                let leaves = ["spans", "logRecords", "log_records"].contains(&key);
                if !leaves {
                    // Anything but an object has no members to walk.
                    if self.json.next_solid()? != Some(b'{') {
                        self.capture_and_refuse("expected an object")?;
                        index += 1;
                        continue;
                    }
                    self.at.push('.');
                }
                element(self)?;
                index += 1;
            }
        } else {
            self.json.capture(&mut self.value, ORIGIN_BYTES)?;
            if self.value != b"null" {
                self.refuse("expected a list")?;
            }
        }
        // After a break the path stays, so that the row says where it was.
        self.at.truncate(outer);
        Ok(())
    }

    fn capture_and_refuse(&mut self, reason: &str) -> Result<(), Halt> {
        self.json.capture(&mut self.value, ORIGIN_BYTES)?;
        self.refuse(reason)
    }

    fn refuse(&mut self, reason: &str) -> Result<(), Halt> {
        let at = self.at.clone();
        let raw = std::mem::take(&mut self.value);
        self.flow(|delivery| delivery.quarantine(at, reason, &raw))
    }

    /// A resource or a scope. One that cannot be understood is noted, and its spans go on without it.
    fn origin(&mut self, key: &str) -> Result<(WireOrigin, Vec<u8>), Halt> {
        let whole = self.json.capture(&mut self.value, ORIGIN_BYTES)?;
        let read = crate::text::unfit(&self.value)
            .is_none()
            .then(|| serde_json::from_slice::<Option<WireOrigin>>(&self.value).ok())
            .flatten()
            .filter(|_| whole);
        let Some(origin) = read else {
            let example = String::from_utf8_lossy(&self.value).into_owned();
            self.delivery
                .loss()
                .note(&format!("{key} (not understood)"), &Value::String(example));
            return Ok((WireOrigin::default(), Vec::new()));
        };
        let raw = if self.value.len() <= KEPT_ORIGIN_BYTES {
            self.value.clone()
        } else {
            Vec::new()
        };
        Ok((origin.unwrap_or_default(), raw))
    }

    fn skip(&mut self) -> Result<(), Halt> {
        self.json.capture(&mut self.value, EXAMPLE_BYTES)?;
        Ok(())
    }

    fn skip_unread(&mut self, key: &str) -> Result<(), Halt> {
        self.skip()?;
        if self.value != b"null" && self.value != b"[]" {
            let example = String::from_utf8_lossy(&self.value).into_owned();
            self.delivery.loss().note(key, &Value::String(example));
        }
        Ok(())
    }
}
