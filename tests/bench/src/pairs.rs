//! The one way a figure comes about: ours and a reference in turn, A B A B, in the same process.
//!
//! The first pair warms up and is thrown away. What counts is the median of the pairs' ratios, since
//! absolute figures of a shared machine wander more than the ratio of two neighbours does.

use serde::Serialize;
use std::error::Error;
use std::time::Instant;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// Unit of `ours` and `reference`, such as `MB/s` or `ms`.
    pub(crate) unit: &'static str,
    pub(crate) more_is_better: bool,
    /// Median over the pairs.
    pub(crate) ours: f64,
    pub(crate) reference: f64,
    pub(crate) reference_name: String,
    /// Median of ours / reference, pair by pair.
    pub(crate) ratio: f64,
    pub(crate) ratio_min: f64,
    pub(crate) ratio_max: f64,
    pub(crate) pairs: usize,
    /// What was timed, and on what.
    pub(crate) counted: String,
}

/// What a row is called and what it is measured in.
pub(crate) struct Title {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) more_is_better: bool,
    pub(crate) reference: String,
    pub(crate) counted: String,
}

/// Measures pairs: `prepare` makes the round's input untimed, then ours, then the reference.
///
/// Both answer one figure in the title's unit.
pub(crate) fn in_turn<I>(
    title: Title,
    pairs: usize,
    mut prepare: impl FnMut(u64) -> Outcome<I>,
    mut ours: impl FnMut(&I) -> Outcome<f64>,
    mut reference: impl FnMut(&I) -> Outcome<f64>,
) -> Outcome<Row> {
    let mut figures = Vec::with_capacity(pairs);
    for round in 0..=pairs {
        let input = prepare(round as u64)?;
        let pair = (ours(&input)?, reference(&input)?);
        if round > 0 {
            figures.push(pair);
        }
    }
    row(title, &figures)
}

/// A row of pairs that were measured elsewhere, ours first.
pub(crate) fn row(title: Title, figures: &[(f64, f64)]) -> Outcome<Row> {
    let ratios: Vec<f64> = figures.iter().map(|(ours, other)| ours / other).collect();
    let (Some(ratio), Some(ours), Some(reference)) = (
        median(&ratios),
        median(&figures.iter().map(|pair| pair.0).collect::<Vec<_>>()),
        median(&figures.iter().map(|pair| pair.1).collect::<Vec<_>>()),
    ) else {
        return Err(format!("{}: not one pair was measured", title.name).into());
    };
    Ok(Row {
        name: title.name,
        unit: title.unit,
        more_is_better: title.more_is_better,
        ours,
        reference,
        reference_name: title.reference,
        ratio,
        ratio_min: ratios.iter().copied().fold(f64::INFINITY, f64::min),
        ratio_max: ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        pairs: figures.len(),
        counted: title.counted,
    })
}

/// Runs `work` and answers its result with the seconds it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let result = work();
    // A clock too coarse to see the work must not divide by zero.
    (result, started.elapsed().as_secs_f64().max(1e-9))
}

/// The middle figure; the mean of the two middle ones of an even number.
pub(crate) fn median(figures: &[f64]) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => sorted.get(middle).copied(),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title() -> Title {
        Title {
            name: "row".to_owned(),
            unit: "ms",
            more_is_better: false,
            reference: "other".to_owned(),
            counted: String::new(),
        }
    }

    #[test]
    fn sides_take_turns_and_the_first_pair_does_not_count() {
        let order = std::cell::RefCell::new(Vec::new());
        let row = in_turn(
            title(),
            3,
            Ok,
            |round| {
                order.borrow_mut().push('a');
                // The warm-up would move the maximum if it counted.
                Ok(if *round == 0 { 100.0 } else { *round as f64 })
            },
            |_| {
                order.borrow_mut().push('b');
                Ok(2.0)
            },
        )
        .unwrap();
        assert_eq!(order.into_inner(), ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']);
        assert_eq!((row.ratio_min, row.ratio, row.ratio_max), (0.5, 1.0, 1.5));
        assert_eq!(row.pairs, 3);
    }

    #[test]
    fn the_ratio_is_the_median_of_ratios_not_the_ratio_of_medians() {
        let row = row(title(), &[(1.0, 1.0), (10.0, 5.0), (3.0, 30.0)]).unwrap();
        assert_eq!((row.ratio, row.ours, row.reference), (1.0, 3.0, 5.0));
    }

    #[test]
    fn no_pairs_are_an_error() {
        assert!(row(title(), &[]).is_err());
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
    }
}
