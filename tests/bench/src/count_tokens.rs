//! Counting tokens of text that nobody has seen, on one thread, beside the crate `bpe-openai`.

use crate::Size;
use crate::pairs::{Outcome, Row, Title, in_turn, timed};
use crate::texts::Corpus;
use plumbline_tokens::Encoding;

pub(crate) fn measure(size: Size) -> Outcome<Vec<Row>> {
    let corpus = Corpus::read()?;
    let bytes = size.choose(600_000, 6_000_000);
    let mut rows = Vec::new();
    for encoding in [Encoding::O200kBase, Encoding::Cl100kBase] {
        let peer = match encoding {
            Encoding::O200kBase => bpe_openai::o200k_base(),
            Encoding::Cl100kBase => bpe_openai::cl100k_base(),
        };
        // A cell tells both sides' totals apart from speed: unequal counts are no measurement.
        let total = std::cell::Cell::new(0_u64);
        rows.push(in_turn(
            Title {
                name: format!("count {encoding}, new text"),
                unit: "MB/s",
                more_is_better: true,
                reference: "bpe-openai count".to_owned(),
                counted: format!(
                    "{:.1} MB in documents of 1-12 KB, one thread, another text each round, made of this \
                     repository's lines with changed words and a quarter of other scripts; both sides count the same",
                    bytes as f64 / 1e6
                ),
            },
            size.pairs(),
            |round| Ok(corpus.documents(1_000 + round, bytes)),
            |documents| {
                let (tokens, seconds) = timed(|| {
                    documents
                        .iter()
                        .map(|text| plumbline_tokens::count(encoding, text))
                        .sum()
                });
                total.set(tokens);
                Ok(megabytes(documents) / seconds)
            },
            |documents| {
                let (tokens, seconds) =
                    timed(|| documents.iter().map(|text| peer.count(text.as_str()) as u64).sum::<u64>());
                if tokens != total.get() {
                    return Err(format!("{encoding}: {} tokens, the reference says {tokens}", total.get()).into());
                }
                Ok(megabytes(documents) / seconds)
            },
        )?);
    }
    Ok(rows)
}

fn megabytes(documents: &[String]) -> f64 {
    documents.iter().map(String::len).sum::<usize>() as f64 / 1e6
}
