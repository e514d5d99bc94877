//! How alike two texts are by their embeddings.

use super::outcome::Outcome;

/// The cosine of the angle between two vectors, from -1 to 1; `None` for vectors of different or no length, of
/// norm 0, or with an entry that is not a finite number.
#[must_use]
pub fn cosine(a: &[f32], b: &[f32]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let (mut product, mut norm_a, mut norm_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        product += a * b;
        norm_a += a * a;
        norm_b += b * b;
    }
    let cosine = product / (norm_a.sqrt() * norm_b.sqrt());
    cosine.is_finite().then(|| cosine.clamp(-1.0, 1.0))
}

pub(super) fn check(embeddings: Option<&(Vec<f32>, Vec<f32>)>, min: f64) -> Outcome {
    let Some((answer, value)) = embeddings else {
        return Outcome::ungraded("no embeddings were made");
    };
    match cosine(answer, value) {
        None => Outcome::ungraded("the embeddings cannot be compared"),
        Some(cosine) => Outcome::at_least("the cosine", cosine, min),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_does_not_count_and_direction_does() {
        assert_eq!(cosine(&[1.0, 0.0], &[5.0, 0.0]), Some(1.0));
        assert_eq!(cosine(&[1.0, 0.0], &[0.0, 2.0]), Some(0.0));
        assert_eq!(cosine(&[1.0], &[-3.0]), Some(-1.0));
    }

    #[test]
    fn vectors_that_cannot_be_compared_leave_the_check_ungraded() {
        for pair in [
            (vec![], vec![]),
            (vec![1.0], vec![1.0, 2.0]),
            (vec![0.0], vec![1.0]),
            (vec![f32::NAN], vec![1.0]),
            (vec![f32::INFINITY], vec![1.0]),
        ] {
            assert_eq!(check(Some(&pair), 0.0).passed, None, "{pair:?}");
        }
        assert_eq!(check(None, 0.0).passed, None);
    }
}
