//! Every fixture, and archives of some, cut, flipped and spliced by a fixed rule: what the fuzz targets check, without
//! a fuzzer, in every run of the tests.

use crate::fuzz;
use crate::packing::{Kind, packed};
use crate::support::{FIXTURES, FORMATS, fixture, root};

/// Work for one fixture and one kind of mutation, in bytes read.
const BYTES: usize = 150_000;

/// Numbers that are the same in every run (an LCG; Knuth's constants).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

/// Cuts at up to every two hundredth, single flipped bits, and pieces of it or of `other` moved elsewhere.
fn mutants(bytes: &[u8], other: &[u8], mut check: impl FnMut(&[u8])) {
    let rounds = (BYTES / bytes.len().max(1)).clamp(8, 200);
    let mut dice = Dice(bytes.len() as u64);
    for part in 0..rounds {
        check(&bytes[..bytes.len() * part / rounds]);
    }
    for _ in 0..rounds {
        let mut mutant = bytes.to_vec();
        for _ in 0..=dice.below(4) {
            let at = dice.below(mutant.len());
            mutant[at] ^= 1 << dice.below(8);
        }
        check(&mutant);
    }
    for round in 0..rounds {
        let from = if round % 2 == 0 { bytes } else { other };
        let start = dice.below(from.len());
        let piece = &from[start..(start + dice.below(400)).min(from.len())];
        let mut mutant = bytes.to_vec();
        let at = dice.below(mutant.len());
        let end = (at + dice.below(400)).min(mutant.len());
        mutant.splice(at..end, piece.iter().copied());
        check(&mutant);
    }
}

#[test]
fn every_format_has_its_fuzz_target() {
    for format in FORMATS {
        let target = root().join(format!("src-tauri/fuzz/targets/{format}.rs"));
        assert!(target.is_file(), "{} is missing", target.display());
    }
}

#[test]
fn every_fixture_as_its_format() {
    let mut other = fixture(FIXTURES[0]);
    for name in FIXTURES {
        let bytes = fixture(name);
        let format = name.split_once('/').unwrap().0.parse().unwrap();
        mutants(&bytes, &other, |mutant| fuzz::format(format, mutant));
        other = bytes;
    }
}

#[test]
fn some_fixtures_as_whatever_they_say_they_are_and_as_tables() {
    for (index, name) in FIXTURES.iter().enumerate() {
        let bytes = fixture(name);
        if index % 3 == 0 {
            mutants(&bytes, b"\n,;\"{}[]", fuzz::detected);
        } else if std::path::Path::new(name)
            .extension()
            .is_some_and(|end| end == "csv" || end == "jsonl")
        {
            mutants(&bytes, b"\n,;\"{}[]", fuzz::mapped);
        }
    }
}

#[test]
fn archives_of_every_kind_and_logs_of_inspect() {
    let lines = fixture("openai_log/calls.jsonl");
    let table = fixture("request_csv/requests.csv");
    let members: [(&[u8], &[u8]); 3] = [
        (b"in/calls.jsonl", &lines),
        (b"requests.csv", &table),
        (b"README.md", b"# Logs"),
    ];
    let mut other = fixture("inspect/bike-parts.eval");
    mutants(&other, &lines, fuzz::archive);
    for kind in Kind::ALL {
        let bytes = packed(kind, &members);
        mutants(&bytes, &other, fuzz::archive);
        other = bytes;
    }
}

#[test]
fn streams_of_a_model() {
    let chat = b"https://api.openai.com/v1/chat/completions\n{\"model\":\"m\",\"stream\":true}\n\
        data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n\
        data: [DONE]\n\n";
    let messages = b"https://api.anthropic.com/v1/messages\n{\"model\":\"m\",\"max_tokens\":5}\n\
        event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":3}}}\n\n\
        event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
        event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n\
        event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\n\
        event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    mutants(chat, messages, fuzz::stream);
    mutants(messages, chat, fuzz::stream);
}
