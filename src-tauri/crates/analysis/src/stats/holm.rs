//! Holm's correction for several tests of one comparison (Holm 1979, "A simple sequentially rejective
//! multiple test procedure").

use super::StatTest;

/// Fills `p_adjusted` of every test that has a p-value, counting those tests as one family: with it, the
/// chance that any of them falls below 5 % by luck is at most 5 %. Others keep `None`.
pub fn holm(tests: &mut [StatTest]) {
    let mut order: Vec<(usize, f64)> = tests
        .iter()
        .enumerate()
        .filter_map(|(i, test)| Some((i, test.p_value.filter(|p| p.is_finite())?)))
        .collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    for test in tests.iter_mut() {
        test.p_adjusted = None;
    }
    let mut largest = 0.0_f64;
    for (rank, (i, p)) in order.iter().enumerate() {
        largest = largest.max((order.len() - rank) as f64 * p).min(1.0);
        tests[*i].p_adjusted = Some(largest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn adjusted(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
        let mut tests: Vec<StatTest> = p_values
            .iter()
            .map(|p| StatTest {
                p_value: *p,
                ..StatTest::bare("x", "x", 0.0, 9)
            })
            .collect();
        holm(&mut tests);
        tests.iter().map(|test| test.p_adjusted).collect()
    }

    fn close(found: &[Option<f64>], expected: &[f64]) {
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found.unwrap() - expected).abs() < 1e-12,
                "{found:?} {expected}"
            );
        }
    }

    #[test]
    fn worked_examples_agree() {
        // Sorted 0.005 · 4, 0.01 · 3, 0.03 · 2, 0.04 · 1 which must not fall below 0.06.
        close(
            &adjusted(&[Some(0.01), Some(0.04), Some(0.03), Some(0.005)]),
            &[0.03, 0.06, 0.06, 0.02],
        );
        // 0.01 · 5, 0.02 · 4, 0.03 · 3, then 0.04 · 2 and 0.05 · 1 are held at 0.09.
        close(
            &adjusted(&[0.01, 0.02, 0.03, 0.04, 0.05].map(Some)),
            &[0.05, 0.08, 0.09, 0.09, 0.09],
        );
        close(&adjusted(&[Some(0.6), Some(0.7)]), &[1.0, 1.0]);
    }

    #[test]
    fn tests_without_a_p_value_are_no_part_of_the_family() {
        assert_eq!(
            adjusted(&[None, Some(0.02), None]),
            [None, Some(0.02), None]
        );
        assert_eq!(adjusted(&[Some(f64::NAN)]), [None]);
    }

    proptest! {
        #[test]
        fn order_is_kept_and_nothing_gets_surer(p in prop::collection::vec(0.0..=1.0_f64, 0..12)) {
            let found = adjusted(&p.iter().copied().map(Some).collect::<Vec<_>>());
            for (i, a) in p.iter().enumerate() {
                let adjusted = found[i].unwrap();
                prop_assert!(adjusted >= *a && adjusted <= 1.0);
                for (j, b) in p.iter().enumerate() {
                    prop_assert!(a > b || adjusted <= found[j].unwrap());
                }
            }
        }
    }
}
