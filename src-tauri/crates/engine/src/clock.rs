//! The one place of the engine that reads the clock and the random source.

use plumbline_model::{AttemptId, CellId, ImportId, JobId, Problem, RunId, UnixNanos};
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in nanoseconds since 1970 UTC; a clock before 1970 reads as 1970.
pub(crate) fn now() -> UnixNanos {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixNanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Midnight UTC at or before `at`.
pub(crate) fn start_of_day(at: UnixNanos) -> UnixNanos {
    const DAY_NS: i64 = 86_400_000_000_000;
    UnixNanos(at.0.div_euclid(DAY_NS) * DAY_NS)
}

/// A number in `0.0..1.0`, for jitter only.
pub(crate) fn random_unit() -> f64 {
    (u64::from_le_bytes(random_bytes()) >> 11) as f64 / (1_u64 << 53) as f64
}

/// 128 random bits as hex digits; refused on a machine without a random source.
pub(crate) fn new_secret() -> Result<String, Problem> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Problem::internal(format!("no random source: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // A machine without a random source still gets ids that differ by time.
    if getrandom::fill(&mut bytes).is_err() {
        bytes.fill(0x5a);
    }
    bytes
}

macro_rules! mint {
    ($($name:ident -> $id:ty),+ $(,)?) => {
        $(pub(crate) fn $name() -> $id {
            <$id>::from_parts(now().unix_ms().unsigned_abs(), random_bytes())
        })+
    };
}

mint! {
    new_run_id -> RunId,
    new_cell_id -> CellId,
    new_attempt_id -> AttemptId,
    new_import_id -> ImportId,
    new_job_id -> JobId,
}

/// Ids of cells that are made at once, in order. Cells are stored by id and answered in the order of the plan, so ids
/// that follow it keep neighbours on one page; by chance each would change a page of its own.
pub(crate) fn new_cell_ids(cells: usize) -> Vec<CellId> {
    let mut ids: Vec<_> = (0..cells).map(|_| new_cell_id()).collect();
    ids.sort_unstable();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_cells_follow_the_plan() {
        let ids = new_cell_ids(2_000);
        assert!(
            ids.is_sorted_by(|a, b| a < b),
            "one is there twice, or out of order"
        );
        assert_eq!(ids.len(), 2_000);
    }

    #[test]
    fn the_day_starts_at_midnight_also_before_1970() {
        assert_eq!(
            start_of_day(UnixNanos(86_400_000_000_001)),
            UnixNanos(86_400_000_000_000)
        );
        assert_eq!(start_of_day(UnixNanos(-1)), UnixNanos(-86_400_000_000_000));
    }

    #[test]
    fn jitter_stays_in_its_range() {
        assert!(
            (0..1_000)
                .map(|_| random_unit())
                .all(|value| (0.0..1.0).contains(&value))
        );
    }
}
