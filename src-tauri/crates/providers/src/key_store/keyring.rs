//! The keyring of the operating system: Secret Service on Linux, the keychain of macOS, the credential
//! manager of Windows. Never the kernel's keyutils, which forget at the next start.

use super::KeyStoreError;
use super::in_time::Slow;
use keyring_core::{CredentialStore, Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Under which name every entry stands, beside its origin.
const SERVICE: &str = "plumbline";

/// A healthy keyring answers in milliseconds.
const LIMIT: Duration = Duration::from_secs(1);

type Open = dyn Fn() -> Result<Arc<CredentialStore>, Error> + Send + Sync;

#[derive(Clone)]
pub(super) struct Keyring {
    open: Arc<Open>,
    slow: Slow,
}

impl Keyring {
    pub(super) fn of_this_system() -> Self {
        Self::new(of_this_system)
    }

    pub(super) fn new(
        open: impl Fn() -> Result<Arc<CredentialStore>, Error> + Send + Sync + 'static,
    ) -> Self {
        Self {
            open: Arc::new(open),
            slow: Slow::default(),
        }
    }

    pub(super) fn find(&self, origin: &str) -> Result<Option<SecretString>, KeyStoreError> {
        let found = self.ask(
            origin,
            |entry| entry.get_secret().map(Zeroizing::new),
            |_| (),
        );
        match found {
            Ok(bytes) => std::str::from_utf8(&bytes)
                .map(|secret| Some(SecretString::from(secret)))
                .map_err(|_| KeyStoreError::NoKeyring {
                    why: "its entry is no key".to_owned(),
                }),
            Err(Failure::NoEntry) => Ok(None),
            Err(Failure::Other(error)) => Err(error),
        }
    }

    pub(super) fn set(&self, origin: &str, secret: &str) -> Result<(), KeyStoreError> {
        let secret = SecretString::from(secret);
        let write = move |entry: &Entry| entry.set_secret(secret.expose_secret().as_bytes());
        // Who was told that it failed must not find it kept later.
        let done = self.ask(origin, write, |entry| {
            let _ = entry.delete_credential();
        });
        match done {
            Ok(()) => Ok(()),
            Err(Failure::NoEntry) => Err(KeyStoreError::NoKeyring {
                why: "it has no place for new entries".to_owned(),
            }),
            Err(Failure::Other(error)) => Err(error),
        }
    }

    pub(super) fn remove(&self, origin: &str) -> Result<(), KeyStoreError> {
        match self.ask(origin, Entry::delete_credential, |_| ()) {
            Ok(()) | Err(Failure::NoEntry) => Ok(()),
            Err(Failure::Other(error)) => Err(error),
        }
    }

    fn ask<T: Send + 'static>(
        &self,
        origin: &str,
        work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
        undo: impl FnOnce(&Entry) + Send + 'static,
    ) -> Result<T, Failure> {
        let (open, origin) = (Arc::clone(&self.open), origin.to_owned());
        let answer = self.slow.ask(
            LIMIT,
            move || {
                let entry = open()?.build(SERVICE, &origin, None)?;
                work(&entry).map(|done| (done, entry))
            },
            move |late| {
                if let Ok((_, entry)) = late {
                    undo(&entry);
                }
            },
        );
        match answer {
            Some(Ok((done, _))) => Ok(done),
            Some(Err(Error::NoEntry)) => Err(Failure::NoEntry),
            Some(Err(error)) => Err(Failure::Other(KeyStoreError::NoKeyring {
                why: why(&error),
            })),
            None => Err(Failure::Other(KeyStoreError::KeyringSilent {
                limit_ms: LIMIT.as_millis(),
            })),
        }
    }
}

enum Failure {
    NoEntry,
    Other(KeyStoreError),
}

/// The platform's own words; never the content of an entry, which some errors carry.
fn why(error: &Error) -> String {
    match error {
        Error::PlatformFailure(error) | Error::NoStorageAccess(error) => error.to_string(),
        Error::TooLong(_, limit) => format!("it takes no entry longer than {limit}"),
        Error::Ambiguous(_) => "it has several entries for this origin".to_owned(),
        Error::NoDefaultStore => "this system has none that Plumbline knows".to_owned(),
        _ => "it refused".to_owned(),
    }
}

#[cfg(target_os = "linux")]
fn of_this_system() -> Result<Arc<CredentialStore>, Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn of_this_system() -> Result<Arc<CredentialStore>, Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn of_this_system() -> Result<Arc<CredentialStore>, Error> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn of_this_system() -> Result<Arc<CredentialStore>, Error> {
    Err(Error::NoDefaultStore)
}
