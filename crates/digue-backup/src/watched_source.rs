//! A source that counts what it could not read: the library skips such a file with a line in the
//! log.

use std::sync::{Arc, Mutex, PoisonError};

use rustic_core::{LocalSource, ReadSource, ReadSourceEntry, ReadSourceOpen, RusticResult};

/// A source that counts what it could not read.
pub(crate) struct WatchedSource {
    inner: LocalSource,
    unread: Arc<Mutex<Vec<String>>>,
}

impl WatchedSource {
    pub(crate) fn new(inner: LocalSource) -> Self {
        Self {
            inner,
            unread: Arc::default(),
        }
    }

    /// What could not be read until now.
    pub(crate) fn unread(&self) -> Vec<String> {
        self.unread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

pub(crate) struct WatchedFile<O> {
    inner: O,
    path: String,
    unread: Arc<Mutex<Vec<String>>>,
}

pub(crate) struct WatchedReader<R> {
    inner: R,
    path: String,
    unread: Arc<Mutex<Vec<String>>>,
}

fn note(unread: &Mutex<Vec<String>>, path: &str) {
    unread
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(path.to_owned());
}

impl ReadSource for WatchedSource {
    type Open = WatchedFile<<LocalSource as ReadSource>::Open>;
    type Iter = Box<dyn Iterator<Item = RusticResult<ReadSourceEntry<Self::Open>>> + Send>;

    fn size(&self) -> RusticResult<Option<u64>> {
        self.inner.size()
    }

    fn entries(&self) -> Self::Iter {
        let unread = self.unread.clone();
        Box::new(self.inner.entries().map(move |entry| match entry {
            Ok(ReadSourceEntry { path, node, open }) => {
                let shown = path.display().to_string();
                let open = open.map(|inner| WatchedFile {
                    inner,
                    path: shown,
                    unread: unread.clone(),
                });
                Ok(ReadSourceEntry { path, node, open })
            }
            Err(error) => {
                note(&unread, &error.display_log());
                Err(error)
            }
        }))
    }
}

impl<O: ReadSourceOpen> ReadSourceOpen for WatchedFile<O> {
    type Reader = WatchedReader<O::Reader>;

    fn open(self) -> RusticResult<Self::Reader> {
        let opened = self
            .inner
            .open()
            .inspect_err(|_| note(&self.unread, &self.path));
        Ok(WatchedReader {
            inner: opened?,
            path: self.path,
            unread: self.unread,
        })
    }
}

impl<R: std::io::Read> std::io::Read for WatchedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.inner.read(into).inspect_err(|error| {
            if error.kind() != std::io::ErrorKind::Interrupted {
                note(&self.unread, &self.path);
            }
        })
    }
}
