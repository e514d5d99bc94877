//! What two texts have in common at their ends, in whole characters.

/// Bytes that are compared at once.
const BLOCK: usize = 1 << 10;

/// Lengths in bytes; together never more than the shorter text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommonEnds {
    pub(crate) front: usize,
    pub(crate) back: usize,
}

impl CommonEnds {
    pub(crate) fn of(old: &str, new: &str) -> Self {
        // Equal bytes before a place make it the edge of a character in both texts or in neither.
        let front = (0..=equal_front(old.as_bytes(), new.as_bytes()))
            .rev()
            .find(|at| new.is_char_boundary(*at))
            .unwrap_or(0);
        let (old, new) = (old.split_at(front).1, new.split_at(front).1);
        let back = (0..=equal_back(old.as_bytes(), new.as_bytes()))
            .rev()
            .find(|length| new.is_char_boundary(new.len() - length))
            .unwrap_or(0);
        Self { front, back }
    }
}

fn equal_front(old: &[u8], new: &[u8]) -> usize {
    let blocks = old
        .chunks_exact(BLOCK)
        .zip(new.chunks_exact(BLOCK))
        .take_while(|(old, new)| old == new)
        .count();
    let same = blocks * BLOCK;
    let rest = old[same..].iter().zip(&new[same..]);
    same + rest.take_while(|(old, new)| old == new).count()
}

fn equal_back(old: &[u8], new: &[u8]) -> usize {
    let blocks = old
        .rchunks_exact(BLOCK)
        .zip(new.rchunks_exact(BLOCK))
        .take_while(|(old, new)| old == new)
        .count();
    let same = blocks * BLOCK;
    let (old, new) = (&old[..old.len() - same], &new[..new.len() - same]);
    let rest = old.iter().rev().zip(new.iter().rev());
    same + rest.take_while(|(old, new)| old == new).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ends(old: &str, new: &str) -> (usize, usize) {
        let CommonEnds { front, back } = CommonEnds::of(old, new);
        (front, back)
    }

    #[test]
    fn the_same_text_is_all_front() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let text = "x".repeat(length);
            assert_eq!(ends(&text, &text), (length, 0));
        }
    }

    #[test]
    fn a_repeated_letter_is_never_counted_into_both_ends() {
        assert_eq!(ends("aaa", "aaaa"), (3, 0));
        assert_eq!(ends("aaaa", "aa"), (2, 0));
        assert_eq!(ends("abba", "aba"), (2, 1));
    }

    #[test]
    fn a_character_that_shares_bytes_only_is_not_common() {
        // Both begin with the byte 0xC3; the last two end with the byte 0x80.
        assert_eq!(ends("xéy", "xèy"), (1, 1));
        assert_eq!(ends("x\u{100}y", "x\u{140}y"), (1, 1));
        assert_eq!(ends("x\u{100}", "x\u{3040}"), (1, 0));
    }

    proptest! {
        #[test]
        fn ends_are_the_longest_of_whole_characters(
            front in "[aé一]{0,4}", back in "[aé一]{0,4}", old in "[aèé丁]{0,3}", new in "[aèé丁]{0,3}",
            long in prop::sample::select(vec![0, 340, 341, 1_000]),
        ) {
            let middle = "一é".repeat(long);
            let (old, new) = (
                format!("{front}{middle}{old}{middle}{back}"),
                format!("{front}{middle}{new}{middle}{back}"),
            );
            let same = |(a, b): &(char, char)| a == b;
            let length = |pairs: Vec<(char, char)>| pairs.iter().map(|(a, _)| a.len_utf8()).sum::<usize>();
            let front = length(old.chars().zip(new.chars()).take_while(same).collect());
            let (old_rest, new_rest) = (&old[front..], &new[front..]);
            let back = length(old_rest.chars().rev().zip(new_rest.chars().rev()).take_while(same).collect());
            prop_assert_eq!(ends(&old, &new), (front, back));
        }
    }
}
