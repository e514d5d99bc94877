//! Readers that tell how far they are, what the hash of a source is, and that end when nobody wants more.

use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio_util::sync::CancellationToken;

/// A file or stream whose progress is followed, and which fails once the job is cancelled: a member that is skipped
/// and a line without end are read by nobody who could ask.
pub(super) struct Followed<R> {
    inner: R,
    position: Arc<AtomicU64>,
    cancel: CancellationToken,
}

impl<R> Followed<R> {
    pub(super) fn new(inner: R, position: &Arc<AtomicU64>, cancel: &CancellationToken) -> Self {
        Self {
            inner,
            position: Arc::clone(position),
            cancel: cancel.clone(),
        }
    }
}

impl<R: Read> Read for Followed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("the import was cancelled"));
        }
        let read = self.inner.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Seek> Seek for Followed<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// How far an import is, in bytes of its sources.
pub(super) struct Course {
    /// Bytes read of the source at hand.
    pub(super) position: Arc<AtomicU64>,
    /// Its size; what comes out of a packed file or a database may be more than the file holds.
    pub(super) most: u64,
    /// The sources before it.
    pub(super) before: u64,
    pub(super) total: Option<u64>,
}

impl Course {
    pub(super) fn done(&self) -> u64 {
        self.before + self.position.load(Ordering::Relaxed).min(self.most)
    }
}

/// A reader that hashes what passes.
pub(super) struct Hashed<R> {
    inner: R,
    digest: Rc<RefCell<Sha256>>,
}

impl<R> Hashed<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            digest: Rc::default(),
        }
    }

    pub(super) fn digest(&self) -> Rc<RefCell<Sha256>> {
        Rc::clone(&self.digest)
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.digest.borrow_mut().update(&buffer[..read]);
        Ok(read)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
