//! Compressed sources read as what is inside; cut, damaged and exploding ones end in a row that says so.

use crate::support::{FIXTURES, fixture, read_all};
use plumbline_ingest::Item;
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

#[test]
fn every_fixture_reads_the_same_through_gzip_and_zstd() {
    for name in FIXTURES {
        let bytes = fixture(name);
        let plain = read_all(&bytes, None).unwrap();
        for packed in [gzip(&bytes), zstd(&bytes)] {
            let through = read_all(&packed, None).unwrap();
            assert_eq!(through.items, plain.items, "{name}");
            assert_eq!(through.report.format, plain.report.format);
        }
    }
}

#[test]
fn members_one_after_another_are_one_source() {
    let bytes = fixture("canonical_jsonl/checkout-week.jsonl");
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let mut both = gzip(first);
    both.extend(gzip(second));
    let plain = read_all(&bytes, None).unwrap();
    assert_eq!(read_all(&both, None).unwrap().items, plain.items);
}

#[test]
fn cut_anywhere_the_spans_before_the_cut_stay_and_the_cut_is_a_row() {
    let bytes = fixture("canonical_jsonl/checkout-week.jsonl");
    let plain = read_all(&bytes, None).unwrap();
    let mut read = 0;
    for packed in [gzip(&bytes), zstd(&bytes)] {
        for part in 1..200 {
            let cut = &packed[..packed.len() * part / 200];
            let reading = match read_all(cut, None) {
                Ok(reading) => reading,
                // So early that not even a first line came out: the file as a whole is refused.
                Err(refused) => {
                    let said = refused.to_string();
                    assert!(
                        said.contains("cut off") || said.contains("none of the formats"),
                        "{said}"
                    );
                    continue;
                }
            };
            read += 1;
            let spans = reading.spans();
            assert_eq!(spans[..], plain.spans()[..spans.len()], "cut at {part}/200");
            let Some(Item::Quarantined(row)) = reading.items.last() else {
                panic!("a cut at {part}/200 must show");
            };
            assert!(
                row.reason.contains("cut off") || row.reason.contains("damaged"),
                "{row:?}"
            );
            assert!(row.at.starts_with("byte "), "{row:?}");
        }
    }
    assert!(read > 100, "most cuts leave something: {read}");
}

#[test]
fn a_damaged_stream_says_so() {
    let mut packed = gzip(&fixture("canonical_jsonl/checkout-week.jsonl"));
    let last = packed.len() - 6;
    packed[last] ^= 0xff;
    let reading = read_all(&packed, None).unwrap();
    assert!(!reading.spans().is_empty());
    let reasons: Vec<_> = reading
        .quarantined()
        .iter()
        .map(|row| row.reason.clone())
        .collect();
    assert!(
        reasons.iter().any(|reason| reason.contains("damaged")),
        "{reasons:?}"
    );
}

#[test]
fn a_bomb_ends_at_its_limit_with_the_spans_before_it() {
    let span = b"{\"trace_id\":\"t\",\"span_id\":\"s\",\"kind\":\"llm\",\"start_ns\":5}\n";
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(span).unwrap();
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..200 {
        packer.write_all(&zeros).unwrap();
    }
    let packed = packer.finish().unwrap();
    assert!(
        packed.len() < 400_000,
        "{} bytes hold 200 MiB",
        packed.len()
    );
    let reading = read_all(&packed, None).unwrap();
    assert_eq!(reading.spans().len(), 1);
    assert!(
        reading
            .quarantined()
            .last()
            .unwrap()
            .reason
            .contains("bomb")
    );
}

#[test]
fn nothing_but_a_beginning_and_a_pack_within_a_pack_are_refused_with_the_reason() {
    let cut = read_all(b"\x1f\x8b\x08", None).err().unwrap().to_string();
    assert!(cut.contains("gzip data is cut off"), "{cut}");
    let twice = gzip(&gzip(b"{}"));
    let twice = read_all(&twice, None).err().unwrap().to_string();
    assert!(twice.contains("compressed twice"), "{twice}");
}
