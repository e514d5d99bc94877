//! Token counts of short pieces that were met before.
//!
//! A fixed table in which a newer piece takes the place of an older one, so its size never grows, whatever
//! the text. A piece is its own key: two pieces are never taken for one another.

use crate::slot_hash::words;
use std::sync::{Mutex, PoisonError};

/// 16,384 places of 16 bytes: 256 KB, the size of a processor's second cache.
const PLACES: usize = 1 << 14;
/// Longer pieces are rare and are counted each time.
const LONGEST_PIECE: usize = 15;
/// Tables kept for the next count, as many as threads commonly count at once.
const KEPT: usize = 4;

/// Where the count stands in a place, which is a piece's key with four bits for it.
const TOKENS_SHIFT: u32 = 124;
/// A short piece has no more tokens than bytes.
const MOST_TOKENS: u128 = LONGEST_PIECE as u128;

/// The memory of one vocabulary, for one thread at a time. 0 is an empty place, as no piece is empty.
pub(crate) struct PieceMemory(Box<[u128]>);

/// Memories that wait for their next use.
pub(crate) struct Shelf(Mutex<Vec<PieceMemory>>);

impl Shelf {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Lends a memory for the time of `work`.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut PieceMemory) -> T) -> T {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut memory = kept.unwrap_or_else(|| PieceMemory(vec![0; PLACES].into()));
        let result = work(&mut memory);
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shelf.len() < KEPT {
            shelf.push(memory);
        }
        result
    }
}

impl PieceMemory {
    /// The count of `piece`, from memory or from `count`.
    pub(crate) fn tokens(&mut self, piece: &[u8], count: impl FnOnce(&[u8]) -> usize) -> u64 {
        let Some(key) = key_of(piece) else {
            return count(piece) as u64;
        };
        let place = &mut self.0[place_of(key)];
        if *place & !(MOST_TOKENS << TOKENS_SHIFT) != key {
            let tokens = count(piece) as u128;
            if tokens > MOST_TOKENS {
                return tokens as u64;
            }
            *place = key | tokens << TOKENS_SHIFT;
        }
        (*place >> TOKENS_SHIFT) as u64
    }
}

/// The piece's bytes with its length behind them.
fn key_of(piece: &[u8]) -> Option<u128> {
    if piece.is_empty() || piece.len() > LONGEST_PIECE {
        return None;
    }
    let [low, high] = words(piece);
    let length = (piece.len() as u64) << 56;
    Some(u128::from(low) | u128::from(high | length) << 64)
}

/// Fibonacci hashing of both halves.
fn place_of(key: u128) -> usize {
    let mixed =
        (key as u64 ^ ((key >> 64) as u64).rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_counted_once_while_it_keeps_its_place() {
        let shelf = Shelf::new();
        let mut asked = 0;
        for _ in 0..3 {
            let tokens = shelf.with(|memory| {
                memory.tokens(b" word", |_| {
                    asked += 1;
                    7
                })
            });
            assert_eq!(tokens, 7);
        }
        assert_eq!(asked, 1);
    }

    #[test]
    fn pieces_that_share_a_place_push_each_other_out_and_are_never_mistaken() {
        let shelf = Shelf::new();
        shelf.with(|memory| {
            for round in 0..2 {
                for number in 0..100_000_u32 {
                    let piece = number.to_string();
                    let tokens = number as usize % LONGEST_PIECE + 1;
                    assert_eq!(
                        memory.tokens(piece.as_bytes(), |_| tokens),
                        tokens as u64,
                        "round {round}"
                    );
                }
            }
        });
    }

    #[test]
    fn a_count_that_no_short_piece_can_have_is_answered_and_not_kept() {
        let shelf = Shelf::new();
        for tokens in [16, 7] {
            let found = shelf.with(|memory| memory.tokens(b"word", |_| tokens));
            assert_eq!(found, tokens as u64);
        }
    }

    #[test]
    fn long_pieces_are_not_kept_and_a_zero_byte_is_not_an_end() {
        assert_eq!(key_of(&[b'x'; 16]), None);
        assert_ne!(key_of(b"a"), key_of(b"a\0"));
    }
}
