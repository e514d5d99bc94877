//! Blocks give back every body and record, and trust no length.

use super::*;
use crate::Workspace;
use proptest::prelude::*;

fn built(parts: &[(Vec<u8>, Vec<u8>)]) -> Vec<PackedBlock> {
    let mut builder = BlockBuilder::default();
    for (body, raw) in parts {
        builder.add(body, raw).unwrap();
    }
    builder.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_slot_comes_back_in_order(
        sizes in prop::collection::vec((0_usize..9_000, 0_usize..9_000), 0..600),
    ) {
        let parts: Vec<(Vec<u8>, Vec<u8>)> = sizes
            .iter()
            .enumerate()
            .map(|(n, &(body, raw))| (vec![n as u8; body], vec![!n as u8; raw]))
            .collect();
        let mut found = Vec::new();
        for (number, block) in built(&parts).iter().enumerate() {
            let open = OpenBlock::unpack(number as i64, &block.lengths, &block.packed).unwrap();
            prop_assert!(open.bytes.len() <= BLOCK_BYTES || block.spans == 1);
            for slot in 0..block.spans {
                found.push((open.body(slot).unwrap().to_vec(), open.raw(slot).unwrap().to_vec()));
            }
            prop_assert!(open.body(block.spans).is_err());
        }
        prop_assert_eq!(found, parts);
    }

    #[test]
    fn lengths_that_lie_are_damage_and_never_a_panic(
        lengths in prop::collection::vec(any::<u8>(), 0..40),
        packed in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        if let Ok(block) = OpenBlock::unpack(1, &lengths, &packed) {
            let _ = (block.body(0), block.raw(0), block.body(999));
        }
        let honest = built(&[(b"{}".to_vec(), b"raw".to_vec())]);
        let _ = OpenBlock::unpack(1, &lengths, &honest[0].packed).map(|block| block.raw(0).map(<[u8]>::len));
    }
}

#[test]
fn a_span_larger_than_a_block_stands_alone() {
    let large = (vec![b'x'; 3 * BLOCK_BYTES], vec![b'y'; 2 << 20]);
    let small = (b"{}".to_vec(), b"{}".to_vec());
    let blocks = built(&[small.clone(), large.clone(), small]);
    assert_eq!(
        blocks.iter().map(|block| block.spans).collect::<Vec<_>>(),
        [1, 1, 1]
    );
    let open = OpenBlock::unpack(7, &blocks[1].lengths, &blocks[1].packed).unwrap();
    assert_eq!(open.raw(0).unwrap(), large.1);
}

#[test]
fn a_missing_block_is_named_as_damage() {
    let workspace = Workspace::in_memory().unwrap();
    let body = workspace.read(|conn| Bodies::new(conn).body(300));
    assert!(matches!(body, Err(WorkspaceError::Damaged(_))));
}
