//! A reader that tells how far it is and what the file's hash is.

use sha2::{Digest, Sha256};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A reader that counts and hashes what passes.
pub(super) struct Watched {
    inner: Box<dyn Read + Send>,
    pub(super) position: Arc<AtomicU64>,
    pub(super) digest: Arc<std::sync::Mutex<Sha256>>,
}

impl Watched {
    pub(super) fn new(inner: Box<dyn Read + Send>) -> Self {
        Self {
            inner,
            position: Arc::default(),
            digest: Arc::new(std::sync::Mutex::new(Sha256::new())),
        }
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        if let Ok(mut digest) = self.digest.lock() {
            digest.update(&buffer[..read]);
        }
        Ok(read)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
