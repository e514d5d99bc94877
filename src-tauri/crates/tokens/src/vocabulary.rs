//! The published vocabularies as tables in the program, and how many tokens a piece of text makes.
//!
//! A piece that is no token is merged as byte-pair encoding says (Sennrich et al., 2016; tiktoken's order): the two
//! neighbours whose join has the lowest rank, the first of equals, until none has one. Short pieces by looking
//! through all neighbours, longer ones by a heap, and what is longer than any text that people write by bpe-openai,
//! whose way is linear.

use crate::Encoding;
use crate::slot_hash::{
    LENGTH_BITS, OFFSET_BITS, RANK_BITS, TAG_BITS, first_slot, hash_of, tag_of,
};
use bpe_openai::Tokenizer;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// No token.
const NONE: u32 = u32::MAX;
/// Longest piece, in bytes, whose neighbours are looked through for each merge.
const SHORT: usize = 64;
/// Longest piece that is merged here.
const LONG: usize = 4_096;

/// The tokens of one encoding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vocabulary {
    encoding: Encoding,
    /// All tokens, one after the other.
    tokens: &'static [u8],
    /// Hash table; its length is a power of two.
    slots: &'static [[u8; 8]],
    /// Ranks of the tokens of two bytes.
    pairs: &'static [[u8; 4]],
}

macro_rules! table {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name))
    };
}

static O200K: Vocabulary = Vocabulary {
    encoding: Encoding::O200kBase,
    tokens: table!("o200k_base.tokens"),
    slots: table!("o200k_base.slots").as_chunks().0,
    pairs: table!("o200k_base.pairs").as_chunks().0,
};
static CL100K: Vocabulary = Vocabulary {
    encoding: Encoding::Cl100kBase,
    tokens: table!("cl100k_base.tokens"),
    slots: table!("cl100k_base.slots").as_chunks().0,
    pairs: table!("cl100k_base.pairs").as_chunks().0,
};

/// The same vocabulary of bpe-openai: linear in whatever it is given, and tens of megabytes once it is asked.
pub(crate) fn linear(encoding: Encoding) -> &'static Tokenizer {
    match encoding {
        Encoding::O200kBase => bpe_openai::o200k_base(),
        Encoding::Cl100kBase => bpe_openai::cl100k_base(),
    }
}

impl Vocabulary {
    pub(crate) fn of(encoding: Encoding) -> &'static Self {
        match encoding {
            Encoding::O200kBase => &O200K,
            Encoding::Cl100kBase => &CL100K,
        }
    }

    /// How many tokens a piece of text makes.
    pub(crate) fn count(&self, piece: &[u8]) -> usize {
        if piece.len() < 2 || self.rank(piece) != NONE {
            return piece.len().min(1);
        }
        if piece.len() <= SHORT {
            self.merge_short(piece)
        } else if piece.len() <= LONG {
            self.merge_long(piece).0
        } else {
            linear(self.encoding).bpe.count(piece)
        }
    }

    /// Where each token of a piece ends, in bytes from its start; the last is its length.
    pub(crate) fn ends(&self, piece: &[u8]) -> Vec<usize> {
        if piece.len() < 2 || self.rank(piece) != NONE {
            return (!piece.is_empty())
                .then_some(piece.len())
                .into_iter()
                .collect();
        }
        let mut at = 0;
        if piece.len() > LONG {
            let bpe = &linear(self.encoding).bpe;
            let tokens = bpe.encode_via_backtracking(piece).into_iter();
            let end = |token| {
                at += bpe.token_len(token);
                at
            };
            return tokens.map(end).collect();
        }
        let (parts, next) = self.merge_long(piece);
        let end = |_| {
            at = next.get(at).copied().unwrap_or(piece.len());
            at
        };
        (0..parts).map(end).collect()
    }

    /// The rank of a token; [`NONE`] for bytes that are none.
    fn rank(&self, bytes: &[u8]) -> u32 {
        if let [first, second] = *bytes {
            let pair = self
                .pairs
                .get(usize::from(first) << 8 | usize::from(second));
            return pair.map_or(NONE, |rank| u32::from_le_bytes(*rank));
        }
        let hash = hash_of(bytes);
        let wanted = tag_of(hash) << LENGTH_BITS | bytes.len() as u64;
        if bytes.len() >> LENGTH_BITS != 0 {
            return NONE;
        }
        let mut at = first_slot(hash, self.slots.len());
        loop {
            let slot = self
                .slots
                .get(at)
                .map_or(0, |slot| u64::from_le_bytes(*slot));
            if slot == 0 {
                return NONE;
            }
            let tag_and_length = slot >> (RANK_BITS + OFFSET_BITS);
            if tag_and_length == wanted {
                let offset = (slot >> RANK_BITS) as usize & ((1 << OFFSET_BITS) - 1);
                if self.tokens.get(offset..offset + bytes.len()) == Some(bytes) {
                    return slot as u32 & ((1 << RANK_BITS) - 1);
                }
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    fn merge_short(&self, piece: &[u8]) -> usize {
        // Part `i` begins at `starts[i]`; `ranks[i]` is that of its join with the next part.
        let mut starts = [0_u8; SHORT + 1];
        let mut ranks = [NONE; SHORT];
        let mut parts = piece.len();
        for (at, start) in starts.iter_mut().enumerate().take(parts + 1) {
            *start = at as u8;
        }
        for (rank, pair) in ranks.iter_mut().zip(piece.windows(2)) {
            *rank = self.rank(pair);
        }
        while parts > 1 {
            let mut lowest = (NONE, 0);
            for (at, rank) in ranks[..parts - 1].iter().enumerate() {
                if *rank < lowest.0 {
                    lowest = (*rank, at);
                }
            }
            let (rank, at) = lowest;
            if rank == NONE {
                break;
            }
            starts.copy_within(at + 2..=parts, at + 1);
            ranks.copy_within((at + 2).min(parts)..parts, at + 1);
            parts -= 1;
            ranks[parts - 1] = NONE;
            let join = |first: usize| {
                if first + 2 > parts {
                    return NONE;
                }
                self.rank(&piece[usize::from(starts[first])..usize::from(starts[first + 2])])
            };
            ranks[at] = join(at);
            if at > 0 {
                ranks[at - 1] = join(at - 1);
            }
        }
        parts
    }

    /// How many parts are left, and for each that is left, by where it begins, where the next one does.
    fn merge_long(&self, piece: &[u8]) -> (usize, Vec<usize>) {
        const END: usize = usize::MAX;
        let length = piece.len();
        // A part is known by where it begins.
        let mut next: Vec<usize> = (1..=length).collect();
        let mut before: Vec<usize> = (0..length).map(|at| at.wrapping_sub(1)).collect();
        let mut ranks: Vec<u32> = piece.windows(2).map(|pair| self.rank(pair)).collect();
        ranks.push(NONE);
        let mut joins: BinaryHeap<Reverse<(u32, usize)>> = ranks
            .iter()
            .enumerate()
            .filter(|(_, rank)| **rank != NONE)
            .map(|(at, rank)| Reverse((*rank, at)))
            .collect();
        let mut parts = length;
        while let Some(Reverse((rank, at))) = joins.pop() {
            if ranks[at] != rank {
                // One of both was merged with another meanwhile.
                continue;
            }
            let gone = next[at];
            next[at] = next[gone];
            ranks[gone] = NONE;
            if next[at] < length {
                before[next[at]] = at;
            }
            parts -= 1;
            for first in [at, before[at]] {
                if first == END {
                    continue;
                }
                let second = next[first];
                ranks[first] = match second < length {
                    true => self.rank(&piece[first..next[second]]),
                    false => NONE,
                };
                if ranks[first] != NONE {
                    joins.push(Reverse((ranks[first], first)));
                }
            }
        }
        (parts, next)
    }
}

const _: () = assert!(RANK_BITS + OFFSET_BITS + LENGTH_BITS + TAG_BITS == 64);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::BOTH;
    use proptest::prelude::*;

    #[test]
    fn every_token_has_its_rank_and_other_bytes_have_none() {
        for encoding in BOTH {
            let vocabulary = Vocabulary::of(encoding);
            let published = &linear(encoding).bpe;
            for rank in 0..published.num_tokens() as u32 {
                let token = published.token_bytes(rank);
                // Single bytes are parts from the beginning, and no join is that short.
                if token.len() > 1 {
                    assert_eq!(vocabulary.rank(token), rank, "{encoding}: {token:?}");
                }
            }
            for bytes in [&b"qzxqzx"[..], &[0xff, 0xfe, 0xfd], &[b'a'; 300]] {
                assert_eq!(vocabulary.rank(bytes), NONE);
            }
        }
    }

    #[test]
    fn all_three_ways_of_merging_give_one_count() {
        let mut state = 7_u64;
        let mut byte = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as u8
        };
        for encoding in BOTH {
            let vocabulary = Vocabulary::of(encoding);
            for length in (2..=SHORT).chain([65, 100, 1_000, LONG]) {
                let texts: [Vec<u8>; 4] = [
                    (0..length).map(|_| b'a' + byte() % 26).collect(),
                    (0..length)
                        .map(|_| b"aeint "[usize::from(byte()) % 6])
                        .collect(),
                    (0..length).map(|_| byte()).collect(),
                    vec![b'-'; length],
                ];
                for text in texts {
                    let expected = linear(encoding).bpe.count(&text);
                    assert_eq!(vocabulary.count(&text), expected, "{encoding}: {text:?}");
                    assert_eq!(
                        vocabulary.merge_long(&text).0,
                        expected,
                        "{encoding}: {text:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn tokens_end_where_the_published_ones_do() {
        for encoding in BOTH {
            let published = &linear(encoding).bpe;
            let long = "antidisestablishment".repeat(300);
            for piece in [
                "",
                "a",
                " the",
                "antidisestablishment",
                " 👨‍👩‍👧‍👦",
                "zqxj",
                long.as_str(),
            ] {
                let mut at = 0;
                let expected: Vec<usize> = published
                    .encode_via_backtracking(piece.as_bytes())
                    .into_iter()
                    .map(|token| {
                        at += published.token_len(token);
                        at
                    })
                    .collect();
                assert_eq!(
                    Vocabulary::of(encoding).ends(piece.as_bytes()),
                    expected,
                    "{piece:.40}"
                );
            }
        }
    }

    #[test]
    fn words_are_the_bytes_with_zeros_behind_them() {
        let bytes: Vec<u8> = (1..=16).collect();
        for length in 0..=16 {
            let mut padded = [0; 16];
            padded[..length].copy_from_slice(&bytes[..length]);
            let [low, high] = crate::slot_hash::words(&bytes[..length]);
            assert_eq!([low.to_le_bytes(), high.to_le_bytes()].concat(), padded);
        }
    }

    proptest! {
        #[test]
        fn pieces_of_any_script_count_as_published(piece in "[\\PC]{1,40}|[a-z]{1,80}|[ \t\n]{1,80}") {
            for encoding in BOTH {
                let expected = linear(encoding).bpe.count(piece.as_bytes());
                prop_assert_eq!(Vocabulary::of(encoding).count(piece.as_bytes()), expected);
            }
        }
    }
}
