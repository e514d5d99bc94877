//! Which origins have a key, and where. A file and not attributes of the keyring's entries: it is read
//! without waking the keyring, holds for both places, and looks the same on every system.

use super::folder::{Folder, damaged};
use super::{KeyPlace, KeyStoreError, StoredKey};
use serde::{Deserialize, Serialize};

const NAME: &str = "index.json";

#[derive(Default, Serialize, Deserialize)]
struct Written {
    keys: Vec<StoredKey>,
}

pub(super) struct Index {
    folder: Folder,
}

impl Index {
    pub(super) fn new(folder: Folder) -> Self {
        Self { folder }
    }

    /// By origin, the place that is asked first before the other.
    pub(super) fn read(&self) -> Result<Vec<StoredKey>, KeyStoreError> {
        let Some(bytes) = self.folder.read(NAME)? else {
            return Ok(Vec::new());
        };
        // What the parser says may quote the file, which is not a secret.
        serde_json::from_slice::<Written>(&bytes)
            .map(|written| written.keys)
            .map_err(|error| damaged(&self.folder.file(NAME), &error))
    }

    /// Writes a key down, in place of an earlier one of its origin and place.
    pub(super) fn put(&self, stored: StoredKey) -> Result<(), KeyStoreError> {
        self.change(|keys| {
            keys.retain(|key| (&key.origin, key.place) != (&stored.origin, stored.place));
            keys.push(stored);
        })
    }

    pub(super) fn take(&self, origin: &str, place: KeyPlace) -> Result<(), KeyStoreError> {
        self.change(|keys| keys.retain(|key| (key.origin.as_str(), key.place) != (origin, place)))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<StoredKey>)) -> Result<(), KeyStoreError> {
        let held = self.folder.hold()?;
        let mut keys = self.read()?;
        change(&mut keys);
        keys.sort_by(|a, b| (&a.origin, a.place).cmp(&(&b.origin, b.place)));
        let bytes = serde_json::to_vec_pretty(&Written { keys })
            .map_err(|error| damaged(&self.folder.file(NAME), &error))?;
        self.folder.write(NAME, &bytes, &held)
    }
}
