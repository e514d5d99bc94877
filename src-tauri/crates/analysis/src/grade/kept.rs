//! What is costly to prepare is prepared once, and a bounded number of it is kept.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

/// Enough for the checks of a run; a case set with more distinct ones prepares some of them again.
const MAX_KEPT: usize = 1_000;

/// Prepared values by what they are made of, failures too.
#[derive(Debug)]
pub(super) struct Kept<K, V, E> {
    by_source: RwLock<HashMap<K, Result<Arc<V>, E>>>,
}

impl<K, V, E> Default for Kept<K, V, E> {
    fn default() -> Self {
        Self {
            by_source: RwLock::default(),
        }
    }
}

impl<K: Clone + Eq + Hash, V, E: Clone> Kept<K, V, E> {
    pub(super) fn get(
        &self,
        source: &K,
        prepare: impl FnOnce(&K) -> Result<V, E>,
    ) -> Result<Arc<V>, E> {
        let read = self
            .by_source
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = read.get(source) {
            return kept.clone();
        }
        drop(read);
        let made = prepare(source).map(Arc::new);
        let mut kept = self
            .by_source
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(source.clone(), made.clone());
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_value_is_prepared_once_and_so_is_a_failure() {
        let kept: Kept<u32, u32, String> = Kept::default();
        let prepared = Cell::new(0);
        let prepare = |source: &u32| {
            prepared.set(prepared.get() + 1);
            if *source == 0 {
                Err("zero".to_owned())
            } else {
                Ok(source + 1)
            }
        };
        for _ in 0..3 {
            assert_eq!(kept.get(&1, prepare).as_deref(), Ok(&2));
            assert_eq!(kept.get(&0, prepare), Err("zero".to_owned()));
        }
        assert_eq!(prepared.get(), 2);
    }

    #[test]
    fn what_is_kept_stays_bounded() {
        let kept: Kept<usize, usize, ()> = Kept::default();
        for source in 0..MAX_KEPT * 3 {
            assert!(kept.get(&source, |source| Ok(*source)).is_ok());
        }
        assert!(kept.by_source.read().unwrap().len() <= MAX_KEPT);
    }
}
