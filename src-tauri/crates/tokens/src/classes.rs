//! What kind of character the splitting expressions take one for, by Unicode's general category.
//!
//! The build writes the classes of all characters as blocks of 256, each block once.

/// The classes that the expressions tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// Punctuation, symbols, controls and what is not assigned.
    Other = 0,
    /// `\p{Lu}`, `\p{Lt}`
    Upper = 1,
    /// `\p{Ll}`
    Lower = 2,
    /// `\p{Lm}`, `\p{Lo}`
    Letter = 3,
    /// `\p{M}`
    Mark = 4,
    /// `\p{N}`
    Number = 5,
    /// `\s`
    Space = 6,
}

impl Class {
    /// `\p{L}`
    pub(crate) fn is_letter(self) -> bool {
        matches!(self, Self::Upper | Self::Lower | Self::Letter)
    }

    /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
    pub(crate) fn is_small(self) -> bool {
        matches!(self, Self::Lower | Self::Letter | Self::Mark)
    }
}

/// The block of each 256 characters.
static BLOCK_OF: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/classes.index"));
static BLOCKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/classes.blocks"));

pub(crate) fn class_of(character: char) -> Class {
    let code = character as usize;
    let block = BLOCK_OF
        .get(code >> 8)
        .map_or(0, |block| usize::from(*block));
    match BLOCKS.get(block << 8 | code & 0xff) {
        Some(1) => Class::Upper,
        Some(2) => Class::Lower,
        Some(3) => Class::Letter,
        Some(4) => Class::Mark,
        Some(5) => Class::Number,
        Some(6) => Class::Space,
        _ => Class::Other,
    }
}
