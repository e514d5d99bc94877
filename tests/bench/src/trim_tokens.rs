//! Cutting a text to a budget beside counting all of it, which is what the budget alone would cost.

use crate::Size;
use crate::pairs::{Outcome, Row, Title, in_turn, timed};
use crate::texts::Corpus;
use plumbline_tokens::{Encoding, TextCut, fit_text};

const BUDGET_TOKENS: u64 = 500;

pub(crate) fn measure(size: Size) -> Outcome<Vec<Row>> {
    let corpus = Corpus::read()?;
    let bytes = size.choose(600_000, 6_000_000);
    let encoding = Encoding::O200kBase;
    let mut rows = Vec::new();
    for (what, cut) in [("end", TextCut::Tail), ("start", TextCut::Head)] {
        rows.push(in_turn(
            Title {
                name: format!("cut the {what} to {BUDGET_TOKENS} tokens"),
                unit: "ms",
                more_is_better: false,
                reference: "our own full count".to_owned(),
                counted: format!(
                    "{:.1} MB in documents of 1-12 KB, {encoding}, one thread, another text each round; what is kept \
                     is counted again apart from the figures and never above the budget",
                    bytes as f64 / 1e6
                ),
            },
            size.pairs(),
            |round| Ok(corpus.documents(5_000 + round, bytes)),
            |documents| {
                let (kept, seconds) = timed(|| {
                    documents
                        .iter()
                        .map(|text| fit_text(encoding, text, BUDGET_TOKENS, cut))
                        .collect::<Vec<_>>()
                });
                for kept in kept {
                    let counted = plumbline_tokens::count(encoding, kept.start)
                        + plumbline_tokens::count(encoding, kept.end);
                    if counted != kept.tokens || counted > BUDGET_TOKENS {
                        return Err(format!("{counted} tokens were kept, {} said", kept.tokens).into());
                    }
                }
                Ok(seconds * 1e3)
            },
            |documents| {
                let (_, seconds) = timed(|| {
                    documents
                        .iter()
                        .map(|text| plumbline_tokens::count(encoding, text))
                        .sum::<u64>()
                });
                Ok(seconds * 1e3)
            },
        )?);
    }
    Ok(rows)
}
