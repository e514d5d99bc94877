#![no_main]

use plumbline_ingest::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumbline_fuzz::format(Format::AnthropicLog, bytes));
