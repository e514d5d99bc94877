//! Request logs as CSV, in the shape of the public Azure LLM inference traces: a time and two token counts.
//!
//! Columns are found by name, wherever they stand. Times without a zone are UTC. The log has no ids, so ids
//! are derived from each row and its place: reading the same log again gives the same spans. It has no
//! latency, so no span has an end.
//! Source: Azure/AzurePublicDataset, `AzureLLMInferenceTrace_*.csv` (2023, 2024).

use crate::IngestError;
use crate::csv::{self, Columns, Row, Table, count};
use crate::delivery::Delivery;
use crate::head::Head;
use crate::identity::derived_id;
use crate::instant::iso;
use plumbline_model::{Span, SpanKind};
use std::io::BufRead;

const TIME: &str = "TIMESTAMP";
const TOKENS_IN: &str = "ContextTokens";
const TOKENS_OUT: &str = "GeneratedTokens";

/// Recognised by its header.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    csv::detect::<Requests>(head.first_line())
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    csv::read::<Requests>(source, source_name, delivery)
}

struct Requests {
    time: usize,
    tokens_in: usize,
    tokens_out: usize,
}

impl Table for Requests {
    fn of(columns: &Columns) -> Result<Self, &'static str> {
        Ok(Self {
            time: columns.at(TIME)?,
            tokens_in: columns.at(TOKENS_IN)?,
            tokens_out: columns.at(TOKENS_OUT)?,
        })
    }

    fn used(&self) -> Vec<usize> {
        vec![self.time, self.tokens_in, self.tokens_out]
    }

    fn span(&self, row: &Row<'_>) -> Result<Span, String> {
        let time = row.field(self.time);
        let start = iso(time).ok_or_else(|| format!("`{TIME}` is not a time: `{time}`"))?;
        let number = row.number.to_string();
        let id = |bytes| derived_id("request_csv", &[number.as_bytes(), row.bytes], bytes);
        // Both ids come from the same hash, so the span's is the beginning of the trace's.
        let mut span = Span::new(id(16), id(8), SpanKind::Llm, start);
        span.usage.tokens_in = count(TOKENS_IN, row.field(self.tokens_in))?;
        span.usage.tokens_out = count(TOKENS_OUT, row.field(self.tokens_out))?;
        Ok(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_fraction_digits_are_hundreds_of_nanoseconds() {
        let at = iso("2023-11-16 18:17:03.9799600").unwrap();
        assert_eq!(at.0, 1_700_158_623_979_960_000);
        assert_eq!(iso("2023-11-16T19:17:03.97996+01:00"), Some(at));
        assert_eq!(iso("2023-11-16T18:17:03.979960000Z"), Some(at));
        assert_eq!(iso("1970-01-01 00:00:00").unwrap().0, 0);
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2023-11-16",
            "2023-02-29 00:00:00",
            "2023-11-16 24:00:00",
            "2023-11-16 18:17",
            "9999-01-01 00:00:00",
            "2023-11-16 18:17:03.",
            "2023-11-16 18:17:03.1234567890",
            "+023-11-16 18:17:03",
            "2023-11-16 18:17:03+25:61",
            "2023-11-16 18:17:03+é",
        ] {
            assert_eq!(iso(text), None, "{text}");
        }
    }
}
