//! Exports that are one JSON document, cut anywhere, plain and packed: what was whole before the cut stays.

use crate::packing::gzip;
use crate::support::{fixture, read_all};
use plumbline_ingest::Format;

/// Fixtures whose document is one object around a list of records, and the least share of records that a cut behind
/// nine tenths has to leave.
const DOCUMENTS: [(&str, usize); 10] = [
    ("otlp_json/support-agent.json", 4),
    ("otlp_json/openinference-rag.json", 4),
    ("har/calls.har", 2),
    ("vcr/betamax.json", 2),
    ("inspect/bike-parts.json", 18),
    ("promptfoo_results/results.json", 3),
    ("phoenix/page.json", 4),
    ("phoenix/page.otlp.json", 4),
    ("langfuse/download.json", 4),
    ("claude_code/export.json", 2),
];

#[test]
fn records_that_were_whole_before_the_cut_are_kept() {
    for (name, least) in DOCUMENTS {
        let bytes = fixture(name);
        let format: Format = name.split_once('/').unwrap().0.parse().unwrap();
        let cut = &bytes[..bytes.len() * 9 / 10];
        let reading = read_all(cut, Some(format)).unwrap();
        assert!(
            reading.spans().len() >= least,
            "{name}: {}",
            reading.spans().len()
        );
        let said = &reading.quarantined().last().unwrap().reason;
        assert!(
            said.contains("byte") || said.contains("ends"),
            "{name}: {said}"
        );
        // The same text, cut as the content of a pack.
        let mut packed = gzip(cut);
        packed.truncate(packed.len() - 9);
        let through = read_all(&packed, Some(format)).unwrap();
        assert!(
            through.spans().len() + 1 >= least,
            "{name}: {}",
            through.spans().len()
        );
        let last = through.quarantined().last().unwrap().reason.clone();
        assert!(last.contains("gzip data is cut off"), "{name}: {last}");
    }
}

/// A span may know less than it would have, as one whose tool's result is lost, but never one that was not there.
#[test]
fn a_cut_makes_no_span_that_the_whole_has_not() {
    for (name, _) in DOCUMENTS {
        let bytes = fixture(name);
        let format: Format = name.split_once('/').unwrap().0.parse().unwrap();
        let whole = read_all(&bytes, Some(format)).unwrap();
        let ids: Vec<_> = whole
            .spans()
            .iter()
            .map(|span| (span.trace_id.clone(), span.kind))
            .collect();
        for part in 1..40 {
            let Ok(cut) = read_all(&bytes[..bytes.len() * part / 40], Some(format)) else {
                continue;
            };
            for span in cut.spans() {
                let id = (span.trace_id.clone(), span.kind);
                assert!(ids.contains(&id), "{name} at {part}/40: {id:?}");
            }
        }
    }
}
