//! Identifiers that Plumbline mints: UUIDv7 newtypes, so they sort by the time they were made.
//!
//! Ids of imported traces are opaque strings of their source and stay strings.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use ts_rs::TS;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(transparent)]
        #[ts(type = "string")]
        pub struct $name(Uuid);

        impl $name {
            /// Builds an id from a wall-clock time in milliseconds since 1970 and ten random bytes.
            #[must_use]
            pub fn from_parts(unix_ms: u64, random: [u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// One experiment: prompt versions × models × cases × repeats.
    RunId
);
id!(
    /// One cell of a run's matrix.
    CellId
);
id!(
    /// One request that was, or was about to be, sent to a provider.
    AttemptId
);
id!(
    /// One import of one file.
    ImportId
);
id!(
    /// One piece of work with progress and cancel.
    JobId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_round_trip_as_text() {
        let early = RunId::from_parts(1_000, [0xff; 10]);
        let late = RunId::from_parts(1_001, [0; 10]);
        assert!(early < late, "UUIDv7 must order by time first");
        assert_eq!(early, early.to_string().parse().unwrap());
    }
}
