//! Who pays for a request, where a day's money is capped.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// Whose bill a request is on. Every request is on that of all, on its key's, and on its tenant's where it has one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Payer {
    All,
    /// The key of a provider, by the provider's name: one of its keys is in use at a time.
    Key(String),
    /// Whoever a run is made for, by the name that its plan gives.
    Tenant(String),
}

/// Text that names no payer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not `all`, `key:PROVIDER` or `tenant:NAME`", .0.escape_debug())]
pub struct NoPayer(String);

impl Payer {
    /// What follows the word for a cap in a sentence, such as ` for the key of openai`; nothing for the cap of all.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Key(provider) => format!(" for the key of {provider}"),
            Self::Tenant(name) => format!(" for the tenant {name}"),
        }
    }
}

/// `all`, `key:openai` or `tenant:acme`.
impl Display for Payer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Key(provider) => write!(f, "key:{provider}"),
            Self::Tenant(name) => write!(f, "tenant:{name}"),
        }
    }
}

impl FromStr for Payer {
    type Err = NoPayer;

    fn from_str(text: &str) -> Result<Self, NoPayer> {
        match text.split_once(':') {
            None if text == "all" => Ok(Self::All),
            Some(("key", provider)) if !provider.is_empty() => Ok(Self::Key(provider.to_owned())),
            Some(("tenant", name)) if !name.is_empty() => Ok(Self::Tenant(name.to_owned())),
            _ => Err(NoPayer(text.to_owned())),
        }
    }
}

impl Serialize for Payer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Payer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payer_reads_as_it_is_written_whatever_its_name() {
        for payer in [
            Payer::All,
            Payer::Key("openai".to_owned()),
            Payer::Tenant("key:all: ☂".to_owned()),
        ] {
            assert_eq!(payer.to_string().parse(), Ok(payer));
        }
        for text in ["", "All", "key:", "tenant", "openai"] {
            assert!(text.parse::<Payer>().is_err(), "{text}");
        }
    }
}
