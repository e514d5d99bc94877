//! A first mapping for an unknown table, guessed from the names of its columns and the looks of its first rows.
//!
//! A guess for a person to correct: it is printed, never imported with by itself.

use super::is_json;
use crate::csv_records;
use crate::delivery::Delivery;
use crate::error::IngestError;
use crate::head::HEAD_BYTES;
use crate::instant::iso;
use crate::json_values;
use crate::packed::Packing;
use plumbline_model::{ColumnMapping, LatencyUnit, MappedField as Field, TimeUnit};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;

/// Rows that are looked at.
const ROWS: usize = 50;
/// How deep a JSON object is looked into for columns.
const DEPTH: usize = 3;
/// Columns that are looked at.
const COLUMNS: usize = 2_000;

/// A guessed mapping, with the columns it found no use for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingSuggestion {
    pub mapping: ColumnMapping,
    /// Every column, in order.
    pub columns: Vec<String>,
    /// Those that the mapping does not name.
    pub unmapped: Vec<String>,
}

/// Names that columns have been seen to have, without case and separators, the likeliest first.
#[rustfmt::skip]
const NAMES: [(Field, &[&str]); 30] = [
    (Field::Start, &["starttime", "start", "startedat", "starttimestamp", "startns", "startms", "requestedat", "requesttime", "requesttimestamp", "requestcreatedat", "createdat", "created", "timestamp", "datetime", "time", "ts", "date", "eventtime", "loggedat"]),
    (Field::End, &["endtime", "end", "endedat", "endtimestamp", "endns", "endms", "finishedat", "completedat", "responsecreatedat"]),
    (Field::Latency, &["latencyms", "latencys", "latency", "latencyseconds", "durationms", "duration", "durations", "durationseconds", "durationus", "durationns", "elapsedms", "elapsed", "elapsedseconds", "elapsedtime", "responsetimems", "responsetime", "delayms", "tookms", "took", "runtime"]),
    (Field::TimeToFirstToken, &["timetofirsttokenms", "timetofirsttoken", "ttftms", "ttft", "firsttokenms"]),
    (Field::TraceId, &["traceid", "trace", "rootid"]),
    (Field::SpanId, &["spanid", "callid", "eventid", "runid", "observationid", "logid", "id", "uuid"]),
    (Field::ParentId, &["parentid", "parentspanid", "parent", "parentrunid", "parentobservationid"]),
    (Field::RequestId, &["requestid", "correlationid", "responseid", "xrequestid"]),
    (Field::Kind, &["kind", "spankind", "runtype", "type", "operation"]),
    (Field::Name, &["name", "spanname", "stepname", "step", "operationname", "endpoint"]),
    (Field::Model, &["model", "modelrequested", "modelname", "requestmodel", "modelid", "llmmodel", "engine", "deployment"]),
    (Field::ModelReturned, &["modelreturned", "responsemodel", "modelused"]),
    (Field::Provider, &["provider", "modelprovider", "llmprovider", "customllmprovider", "vendor", "system"]),
    (Field::Input, &["inputmessages", "messages", "input", "prompt", "question", "query", "request", "requestbody", "userprompt", "usermessage", "prompttext", "inputtext"]),
    (Field::Output, &["outputmessages", "output", "completion", "response", "answer", "responsetext", "responsebody", "generation", "outputtext", "reply", "result"]),
    (Field::TokensIn, &["tokensin", "inputtokens", "prompttokens", "requesttokens", "contexttokens", "usageinputtokens", "usageprompttokens", "usageinput", "numprompttokens", "tokensprompt", "inputlength", "promptlength"]),
    (Field::TokensInCached, &["tokensincached", "cachedtokens", "cachedinputtokens", "cachereadinputtokens", "cachereadtokens", "promptcachereadtokens", "inputcachedtokens", "usagecachedtokens", "usageprompttokensdetailscachedtokens", "usagecachereadinputtokens"]),
    (Field::TokensInCacheWrite, &["tokensincachewrite", "cachewritetokens", "cachecreationinputtokens", "promptcachewritetokens", "usagecachecreationinputtokens"]),
    (Field::TokensOut, &["tokensout", "outputtokens", "completiontokens", "responsetokens", "generatedtokens", "usageoutputtokens", "usagecompletiontokens", "usageoutput", "numcompletiontokens", "tokenscompletion", "outputlength"]),
    (Field::TokensReasoning, &["tokensreasoning", "reasoningtokens", "thinkingtokens", "outputreasoningtokens", "usagereasoningtokens", "usagecompletiontokensdetailsreasoningtokens"]),
    (Field::CostUsd, &["costusd", "cost", "totalcost", "usd", "totalcostusd", "spend", "price", "costs"]),
    (Field::Status, &["status", "statuscode", "httpstatus", "responsestatus", "success", "ok", "outcome", "state"]),
    (Field::ErrorMessage, &["errormessage", "error", "statusmessage", "exception", "errortext"]),
    (Field::ErrorType, &["errortype", "errorclass", "errorcode", "exceptiontype"]),
    (Field::UserId, &["userid", "user", "enduser", "enduserid", "customerid", "requestuserid"]),
    (Field::SessionId, &["sessionid", "conversationid", "session", "conversation", "threadid", "chatid"]),
    (Field::PromptName, &["promptname", "promptid", "template", "templatename", "prompttemplate"]),
    (Field::PromptVersion, &["promptversion", "templateversion"]),
    (Field::Environment, &["environment", "env", "stage"]),
    (Field::CacheHit, &["cachehit", "iscached", "cached", "fromcache"]),
];

/// Guesses a mapping from the beginning of a table (256 KiB are plenty).
///
/// # Errors
/// `Unrecognised` where there is neither a header with rows nor a JSON object.
pub fn suggest_mapping(head: &[u8], source_name: &str) -> Result<MappingSuggestion, IngestError> {
    let unpacked = unpacked(head);
    let head = unpacked.as_deref().unwrap_or(head);
    let columns = super::columns_of(head).ok_or_else(|| IngestError::Unrecognised {
        source_name: source_name.to_owned(),
        why: "is no table: it holds neither a header with rows of as many fields nor JSON objects"
            .to_owned(),
    })?;
    let rows = rows(head);
    let mut mapping = ColumnMapping::default();
    let plain: Vec<(String, &String)> = columns.iter().map(|name| (bare(name), name)).collect();
    for (field, names) in NAMES {
        let found = names.iter().find_map(|name| {
            let (_, column) = plain.iter().find(|(bare, column)| {
                bare == name && !mapping.columns.values().any(|used| used == *column)
            })?;
            Some((*column).clone())
        });
        if let Some(column) = found {
            mapping.columns.insert(field, column);
        }
    }
    let values = |column: &str| -> Vec<Value> {
        let values = rows
            .iter()
            .filter_map(|row| super::row::at_path(row, column));
        values.filter(|value| !value.is_null()).cloned().collect()
    };
    if let Some(column) = mapping.column(Field::Start).or(mapping.column(Field::End)) {
        mapping.time_unit = time_unit(column, &values(column));
    }
    if let Some(column) = mapping.column(Field::Latency) {
        mapping.latency_unit = latency_unit(column);
    }
    // A parent that no trace holds together still needs ids; a bare `id` is the row's own.
    let mut tags = BTreeMap::new();
    for column in ["tags", "team", "feature", "tenant", "region", "release"] {
        if let Some((_, name)) = plain.iter().find(|(bare, _)| bare == column) {
            tags.insert(column.to_owned(), (*name).clone());
        }
    }
    mapping.tags = tags;
    let is_used = |name: &&String| {
        let mut used = mapping.columns.values().chain(mapping.tags.values());
        !used.any(|used| used == *name)
    };
    Ok(MappingSuggestion {
        unmapped: columns.iter().filter(is_used).cloned().collect(),
        columns,
        mapping,
    })
}

/// What a packed beginning holds, as far as it goes; `None` when it is not packed.
fn unpacked(head: &[u8]) -> Option<Vec<u8>> {
    let (inside, _) = Packing::of(head)?.open(head).ok()?;
    let mut bytes = Vec::new();
    // The end is cut, which is no trouble here.
    let _ = inside.take(HEAD_BYTES).read_to_end(&mut bytes);
    Some(bytes)
}

/// A name without case, separators and brackets: `Latency (ms)` and `latency_ms` are one.
fn bare(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Told by the first cell, else by the name: a number's size says what it counts.
fn time_unit(column: &str, values: &[Value]) -> TimeUnit {
    for value in values {
        let number = match value {
            Value::String(text) if iso(text.trim()).is_some() => return TimeUnit::Iso,
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        match number {
            Some(number) if number < 1e11 => return TimeUnit::S,
            Some(number) if number < 1e14 => return TimeUnit::Ms,
            Some(number) if number < 1e17 => return TimeUnit::Us,
            Some(_) => return TimeUnit::Ns,
            None => {}
        }
    }
    match bare(column) {
        name if name.ends_with("ns") => TimeUnit::Ns,
        name if name.ends_with("ms") => TimeUnit::Ms,
        _ => TimeUnit::Iso,
    }
}

/// Told by the end of the name; milliseconds where it says nothing.
fn latency_unit(column: &str) -> LatencyUnit {
    let lower = column.to_lowercase();
    let parts: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let last = parts.iter().rfind(|part| !part.is_empty()).copied();
    match last.unwrap_or_default() {
        "s" | "sec" | "secs" | "seconds" => LatencyUnit::S,
        "us" | "micros" | "microseconds" => LatencyUnit::Us,
        "ns" | "nanos" | "nanoseconds" => LatencyUnit::Ns,
        _ => LatencyUnit::Ms,
    }
}

/// The first rows of a table, as far as the beginning holds them whole.
pub(super) fn rows(head: &[u8]) -> Vec<Map<String, Value>> {
    let mut rows = Vec::new();
    let mut sink = |_| ControlFlow::Continue(());
    let mut delivery = Delivery::new(&mut sink);
    let mut add = |row| {
        rows.push(row);
        if rows.len() < ROWS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let mut source = head;
    // Broken rows and a cut at the end are no matter here.
    let _ = if is_json(head) {
        json_values::each(
            &mut source,
            "",
            &mut delivery,
            &mut |_, found| match found.value {
                Value::Object(row) => add(row),
                _ => ControlFlow::Continue(()),
            },
        )
    } else {
        csv_records::each(
            &mut source,
            "",
            &mut delivery,
            &|_| Ok(()),
            &mut |_, found| add(found.row),
        )
    };
    rows
}

/// The paths of an object's values, lists as a whole.
pub(super) fn paths(row: &Map<String, Value>) -> Vec<String> {
    let mut paths = Vec::new();
    let mut open: Vec<(String, &Value, usize)> = row
        .iter()
        .rev()
        .map(|(name, value)| (name.clone(), value, 1))
        .collect();
    while let Some((path, value, depth)) = open.pop() {
        match value {
            Value::Object(object) if depth < DEPTH && !object.is_empty() => {
                let members = object.iter().rev();
                open.extend(
                    members.map(|(name, value)| (format!("{path}.{name}"), value, depth + 1)),
                );
            }
            _ => paths.push(path),
        }
        if paths.len() >= COLUMNS {
            break;
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_first_values_make_a_mapping() {
        let csv = "Created At,Model,Prompt Tokens,completion_tokens,Latency (s),cost,shoe size\n\
            1767348000123,gpt-4.1,12,3,0.5,0.001,42\n";
        let found = suggest_mapping(csv.as_bytes(), "x.csv").unwrap();
        let column = |field| found.mapping.column(field);
        assert_eq!(column(Field::Start), Some("Created At"));
        assert_eq!(column(Field::TokensIn), Some("Prompt Tokens"));
        assert_eq!(column(Field::TokensOut), Some("completion_tokens"));
        assert_eq!(found.mapping.time_unit, TimeUnit::Ms);
        assert_eq!(found.mapping.latency_unit, LatencyUnit::S);
        assert_eq!(found.unmapped, ["shoe size"]);
    }

    #[test]
    fn paths_of_objects_are_columns() {
        let lines = b"{\"ts\":\"2026-01-02T10:00:00Z\",\"usage\":{\"input_tokens\":5,\"output_tokens\":6},\"other\":[1]}\n";
        let found = suggest_mapping(lines, "x.jsonl").unwrap();
        assert_eq!(
            found.mapping.column(Field::TokensIn),
            Some("usage.input_tokens")
        );
        assert_eq!(found.mapping.time_unit, TimeUnit::Iso);
        assert_eq!(found.unmapped, ["other"]);
    }

    #[test]
    fn what_is_no_table_gets_no_mapping() {
        for text in [
            "",
            "just words\nand more",
            "one,two",
            "\0\0,\0\n1,2",
            "[1,2]",
        ] {
            assert!(suggest_mapping(text.as_bytes(), "x").is_err(), "{text:?}");
        }
    }
}
