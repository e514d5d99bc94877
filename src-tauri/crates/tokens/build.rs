//! Writes the vocabularies as tables that are looked up where they lie in the program: nothing is read or built when
//! it starts, and only what is asked for comes into memory.
//!
//! Per vocabulary: `NAME.tokens`, the bytes of all tokens one after the other; `NAME.slots`, a hash table of 64-bit
//! words (see `src/slot_hash.rs`); `NAME.pairs`, the rank of every token of two bytes, as 65,536 32-bit words.
//! `classes.index` and `classes.blocks`: see `src/classes.rs`.

#[path = "src/slot_hash.rs"]
mod slot_hash;

use slot_hash::{LENGTH_BITS, OFFSET_BITS, RANK_BITS, first_slot, hash_of, tag_of};
use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/slot_hash.rs");
    let out = env::var("OUT_DIR")?;
    write(
        Path::new(&out),
        "o200k_base",
        bpe_openai::o200k_base(),
        1 << 19,
    )?;
    write(
        Path::new(&out),
        "cl100k_base",
        bpe_openai::cl100k_base(),
        1 << 18,
    )?;
    write_classes(Path::new(&out))
}

/// The class of every character, by the engine that the published expressions are checked with.
fn write_classes(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut classes = vec![0_u8; 0x11_0000];
    let named = [
        r"[\p{Lu}\p{Lt}]",
        r"\p{Ll}",
        r"[\p{Lm}\p{Lo}]",
        r"\p{M}",
        r"\p{N}",
        r"\s",
    ];
    let all: String = ('\0'..=char::MAX).collect();
    for (class, name) in (1..).zip(named) {
        for found in regex::Regex::new(name)?.find_iter(&all) {
            for character in found.as_str().chars() {
                classes[character as usize] = class;
            }
        }
    }
    let (mut index, mut blocks) = (Vec::new(), Vec::<&[u8]>::new());
    for block in classes.chunks(256) {
        let known = blocks.iter().position(|known| *known == block);
        index.push(u8::try_from(known.unwrap_or(blocks.len()))?);
        if known.is_none() {
            blocks.push(block);
        }
    }
    fs::write(folder.join("classes.index"), index)?;
    fs::write(folder.join("classes.blocks"), blocks.concat())?;
    Ok(())
}

fn write(
    folder: &Path,
    name: &str,
    published: &bpe_openai::Tokenizer,
    slots: usize,
) -> Result<(), Box<dyn Error>> {
    let mut tokens = Vec::new();
    let mut table = vec![0_u64; slots];
    let mut pairs = vec![u32::MAX; 1 << 16];
    for rank in 0..u32::try_from(published.bpe.num_tokens())? {
        let token = published.bpe.token_bytes(rank);
        let (offset, length) = (tokens.len() as u64, token.len() as u64);
        if offset >> OFFSET_BITS != 0 || length >> LENGTH_BITS != 0 || rank >> RANK_BITS != 0 {
            return Err(format!("{name} does not fit its table at token {rank}").into());
        }
        tokens.extend_from_slice(token);
        if let [first, second] = *token {
            pairs[usize::from(first) << 8 | usize::from(second)] = rank;
        }
        let hash = hash_of(token);
        let mut slot = first_slot(hash, slots);
        while table[slot] != 0 {
            slot = (slot + 1) % slots;
        }
        table[slot] = u64::from(rank)
            | offset << RANK_BITS
            | length << (RANK_BITS + OFFSET_BITS)
            | tag_of(hash) << (RANK_BITS + OFFSET_BITS + LENGTH_BITS);
    }
    let table: Vec<u8> = table.iter().flat_map(|slot| slot.to_le_bytes()).collect();
    let pairs: Vec<u8> = pairs.iter().flat_map(|rank| rank.to_le_bytes()).collect();
    fs::write(folder.join(format!("{name}.tokens")), tokens)?;
    fs::write(folder.join(format!("{name}.slots")), table)?;
    fs::write(folder.join(format!("{name}.pairs")), pairs)?;
    Ok(())
}
