//! Keys in a file that only a passphrase opens: the age format with its scrypt recipient, so `age -d` reads
//! it too. The content is one JSON object, origin to key.

use super::folder::{Folder, Held, damaged};
use super::{AskPassphrase, KeyStoreError};
use age::scrypt::{Identity, Recipient};
use age::{DecryptError, Decryptor, Encryptor};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

const NAME: &str = "keys.age";

/// scrypt with N = 2^17, r = 8, p = 1 (OWASP's figures): 128 MiB and some tenths of a second a guess.
const WORK_FACTOR: u8 = if cfg!(test) { 8 } else { 17 };
/// A file that asks for more is not ours and would only cost memory.
const LARGEST_WORK_FACTOR: u8 = 18;

pub(super) const SHORTEST_PASSPHRASE: usize = 8;

/// What a passphrase is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassphraseFor {
    /// The file exists.
    Opening,
    /// It becomes the passphrase of a new file, so a slip would lock its owner out.
    Making,
}

/// The encrypted file as a person sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// There is none, and no passphrase for a new one.
    Absent,
    /// There is none; the first key makes it, under a passphrase that is known.
    Ready,
    Locked,
    /// Its passphrase is known.
    Unlocked,
}

type Keys = BTreeMap<String, SecretString>;

pub(super) struct SealedFile {
    folder: Folder,
    path: PathBuf,
    ask: Option<Arc<AskPassphrase>>,
    known: Mutex<Known>,
}

/// What this process knows already.
struct Known {
    passphrase: Option<SecretString>,
    /// The file's bytes and what they hold: opening costs some tenths of a second, comparing nothing.
    opened: Option<(Vec<u8>, Keys)>,
}

impl SealedFile {
    pub(super) fn new(
        folder: Folder,
        passphrase: Option<SecretString>,
        ask: Option<Arc<AskPassphrase>>,
    ) -> Self {
        let passphrase = passphrase.filter(|passphrase| !passphrase.expose_secret().is_empty());
        Self {
            path: folder.file(NAME),
            folder,
            ask,
            known: Mutex::new(Known {
                passphrase,
                opened: None,
            }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn state(&self) -> FileState {
        let knows = self.known().passphrase.is_some();
        match (self.path.exists(), knows) {
            (false, false) => FileState::Absent,
            (false, true) => FileState::Ready,
            (true, false) => FileState::Locked,
            (true, true) => FileState::Unlocked,
        }
    }

    /// True where a passphrase is known or somebody can be asked for it.
    pub(super) fn can_open(&self) -> bool {
        self.ask.is_some() || self.known().passphrase.is_some()
    }

    pub(super) fn find(&self, origin: &str) -> Result<Option<SecretString>, KeyStoreError> {
        let Some(sealed) = self.folder.read(NAME)? else {
            return Ok(None);
        };
        Ok(self.open(sealed)?.remove(origin))
    }

    pub(super) fn set(&self, origin: &str, secret: &str) -> Result<(), KeyStoreError> {
        self.change(|keys| {
            keys.insert(origin.to_owned(), SecretString::from(secret));
        })
    }

    pub(super) fn remove(&self, origin: &str) -> Result<(), KeyStoreError> {
        if !self.path.exists() {
            return Ok(());
        }
        self.change(|keys| {
            keys.remove(origin);
        })
    }

    pub(super) fn unlock(&self, passphrase: SecretString) -> Result<(), KeyStoreError> {
        match self.folder.read(NAME)? {
            Some(sealed) => {
                let keys = unseal(&self.path, &sealed, &passphrase)?;
                *self.known() = Known {
                    passphrase: Some(passphrase),
                    opened: Some((sealed, keys)),
                };
            }
            None => {
                long_enough(&passphrase)?;
                self.known().passphrase = Some(passphrase);
            }
        }
        Ok(())
    }

    fn change(&self, change: impl FnOnce(&mut Keys)) -> Result<(), KeyStoreError> {
        // A person is asked before others are kept waiting.
        let passphrase = self.passphrase()?;
        let held = self.folder.hold()?;
        let mut keys = match self.folder.read(NAME)? {
            Some(sealed) => self.open(sealed)?,
            None => {
                long_enough(&passphrase)?;
                Keys::new()
            }
        };
        change(&mut keys);
        self.write(keys, &passphrase, &held)
    }

    fn write(
        &self,
        keys: Keys,
        passphrase: &SecretString,
        held: &Held,
    ) -> Result<(), KeyStoreError> {
        let sealed = seal(&keys, passphrase).map_err(|why| damaged(&self.path, &why))?;
        self.folder.write(NAME, &sealed, held)?;
        *self.known() = Known {
            passphrase: Some(passphrase.clone()),
            opened: Some((sealed, keys)),
        };
        Ok(())
    }

    fn open(&self, sealed: Vec<u8>) -> Result<Keys, KeyStoreError> {
        if let Some((bytes, keys)) = &self.known().opened
            && *bytes == sealed
        {
            return Ok(keys.clone());
        }
        let passphrase = self.passphrase()?;
        let keys = unseal(&self.path, &sealed, &passphrase)?;
        *self.known() = Known {
            passphrase: Some(passphrase),
            opened: Some((sealed, keys.clone())),
        };
        Ok(keys)
    }

    fn passphrase(&self) -> Result<SecretString, KeyStoreError> {
        if let Some(passphrase) = &self.known().passphrase {
            return Ok(passphrase.clone());
        }
        let purpose = match self.path.exists() {
            true => PassphraseFor::Opening,
            false => PassphraseFor::Making,
        };
        let asked = self.ask.as_ref().and_then(|ask| ask(purpose));
        asked
            .filter(|passphrase| !passphrase.expose_secret().is_empty())
            .ok_or_else(|| KeyStoreError::Locked {
                path: self.path.display().to_string(),
            })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn long_enough(passphrase: &SecretString) -> Result<(), KeyStoreError> {
    match passphrase.expose_secret().chars().count() < SHORTEST_PASSPHRASE {
        true => Err(KeyStoreError::ShortPassphrase),
        false => Ok(()),
    }
}

fn seal(keys: &Keys, passphrase: &SecretString) -> Result<Vec<u8>, String> {
    let bare: BTreeMap<&str, &str> = keys
        .iter()
        .map(|(origin, secret)| (origin.as_str(), secret.expose_secret()))
        .collect();
    let length = bare
        .iter()
        .map(|(origin, secret)| origin.len() + secret.len() + 8);
    // Room for all of it from the start: growing would leave copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(length.sum::<usize>() * 2 + 16));
    serde_json::to_writer(&mut *text, &bare).map_err(|error| error.to_string())?;
    let mut recipient = Recipient::new(passphrase.clone());
    recipient.set_work_factor(WORK_FACTOR);
    let encryptor = Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
        .map_err(|error| error.to_string())?;
    let mut sealed = Vec::new();
    let mut into = encryptor
        .wrap_output(&mut sealed)
        .map_err(|error| error.to_string())?;
    into.write_all(&text).map_err(|error| error.to_string())?;
    into.finish().map_err(|error| error.to_string())?;
    Ok(sealed)
}

fn unseal(path: &Path, sealed: &[u8], passphrase: &SecretString) -> Result<Keys, KeyStoreError> {
    let mut identity = Identity::new(passphrase.clone());
    identity.set_max_work_factor(LARGEST_WORK_FACTOR);
    let decryptor = Decryptor::new(sealed).map_err(|error| damaged(path, &error))?;
    let mut opened = decryptor
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .map_err(|error| match error {
            DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
                KeyStoreError::WrongPassphrase {
                    path: path.display().to_string(),
                }
            }
            error => damaged(path, &error),
        })?;
    let mut text = Zeroizing::new(Vec::with_capacity(sealed.len()));
    opened
        .read_to_end(&mut text)
        .map_err(|error| damaged(path, &error))?;
    // What the parser says could quote a key.
    let keys: BTreeMap<String, String> =
        serde_json::from_slice(&text).map_err(|_| damaged(path, &"it holds no keys"))?;
    Ok(keys
        .into_iter()
        .map(|(origin, secret)| (origin, SecretString::from(secret)))
        .collect())
}
