//! Counting a prompt again after an edit, beside counting all of it, which is what an editor would do without memory.

use crate::Size;
use crate::pairs::{Outcome, Row, Title, in_turn, timed};
use crate::texts::Corpus;
use plumbline_tokens::{Encoding, LiveCount, count};
use std::cell::RefCell;

const PROMPT_BYTES: usize = 100_000;
const EDIT_BYTES: usize = 1_000;

/// What is done to a prompt, with a text to take new words from.
type Edit = fn(&str, &str) -> String;

const EDITS: [(&str, Edit); 3] = [
    ("1 KB appended", |prompt, new| {
        prompt.to_owned() + start(new, EDIT_BYTES)
    }),
    ("1 KB replaced", |prompt, new| {
        let (before, after) = prompt.split_at(start(prompt, prompt.len() / 2).len());
        let gone = start(after, EDIT_BYTES).len();
        [before, start(new, EDIT_BYTES), after.split_at(gone).1].concat()
    }),
    ("a letter typed", |prompt, _| {
        let (before, after) = prompt.split_at(start(prompt, prompt.len() / 2).len());
        [before, "e", after].concat()
    }),
];

/// Prompts that were counted, the same after the edit, and room for the counts.
struct Round {
    known: RefCell<Vec<LiveCount>>,
    edited: Vec<String>,
    counts: RefCell<Vec<u64>>,
}

pub(crate) fn measure(size: Size) -> Outcome<Vec<Row>> {
    let corpus = Corpus::read()?;
    let prompts = size.choose(4, 40);
    let mut rows = Vec::new();
    for encoding in [Encoding::O200kBase, Encoding::Cl100kBase] {
        for (what, edit) in EDITS {
            rows.push(in_turn(
                Title {
                    name: format!("live {}, {what}", encoding.as_str().trim_end_matches("_base")),
                    unit: "ms",
                    more_is_better: false,
                    reference: "our own full count".to_owned(),
                    counted: format!(
                        "{prompts} prompts of 100 KB, each counted before the edit, which is not timed; what \
                         is replaced or typed is in the middle; one thread, \
                         other texts each round; both sides count the same, prompt by prompt"
                    ),
                },
                size.pairs(),
                |round| Ok(prepare(&corpus, encoding, round, prompts, edit)),
                |round| {
                    let mut known = round.known.borrow_mut();
                    let (counts, seconds) = timed(|| {
                        let pairs = known.iter_mut().zip(&round.edited);
                        pairs.map(|(known, text)| known.count(text)).collect()
                    });
                    round.counts.replace(counts);
                    Ok(seconds * 1e3)
                },
                |round| {
                    let (counts, seconds) = timed(|| {
                        let texts = round.edited.iter();
                        texts.map(|text| count(encoding, text)).collect::<Vec<_>>()
                    });
                    if counts != *round.counts.borrow() {
                        return Err(format!("{encoding}, {what}: the live count is not the full one").into());
                    }
                    Ok(seconds * 1e3)
                },
            )?);
        }
    }
    Ok(rows)
}

fn prepare(corpus: &Corpus, encoding: Encoding, round: u64, prompts: usize, edit: Edit) -> Round {
    let (mut known, mut edited) = (Vec::new(), Vec::new());
    for number in 0..prompts as u64 {
        let seed = 20_000 + 1_000 * round + 2 * number;
        let text = corpus.documents(seed, PROMPT_BYTES).concat();
        let prompt = start(&text, PROMPT_BYTES);
        let new = corpus.documents(seed + 1, EDIT_BYTES).concat();
        let mut counter = LiveCount::new(encoding);
        counter.count(prompt);
        known.push(counter);
        edited.push(edit(prompt, &new));
    }
    Round {
        known: RefCell::new(known),
        edited,
        counts: RefCell::default(),
    }
}

/// The first whole characters of a text, of at most so many bytes.
fn start(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.split_at(end.unwrap_or(0)).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_is_of_the_size_it_says() {
        let prompt = "заказ ".repeat(10_000);
        let new = "数据".repeat(1_000);
        let lengths = EDITS.map(|(_, edit)| edit(&prompt, &new).len() as i64 - prompt.len() as i64);
        assert!((998..=1_000).contains(&lengths[0]), "{lengths:?}");
        assert!((-2..=2).contains(&lengths[1]), "{lengths:?}");
        assert_eq!(lengths[2], 1);
    }
}
