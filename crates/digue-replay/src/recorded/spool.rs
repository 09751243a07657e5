//! Makes a pipe readable twice: its bytes are kept in a temporary file, compressed as received.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::rc::Rc;

use super::sort::SpillError;

struct SpooledPipe {
    pipe: Box<dyn Read>,
    kept: File,
}

/// Keeps the bytes that its reader takes from a pipe.
pub(super) struct Spool(Rc<RefCell<SpooledPipe>>);

impl Spool {
    pub(super) fn new(pipe: Box<dyn Read>, kept: File) -> Self {
        Self(Rc::new(RefCell::new(SpooledPipe { pipe, kept })))
    }

    /// The pipe itself. A failure of the temporary file is a [`SpillError`] within [`io::Error`].
    pub(super) fn reader(&self) -> impl Read + use<> {
        SpoolReader(Rc::clone(&self.0))
    }

    /// Everything from the beginning, including what has not been read yet.
    pub(super) fn again(&self) -> io::Result<File> {
        io::copy(&mut self.reader(), &mut io::sink())?;
        let mut passing = self.0.borrow_mut();
        passing.kept.rewind().map_err(SpillError)?;
        passing.kept.try_clone()
    }
}

struct SpoolReader(Rc<RefCell<SpooledPipe>>);

impl Read for SpoolReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut passing = self.0.borrow_mut();
        let count = passing.pipe.read(into)?;
        passing.kept.write_all(&into[..count]).map_err(SpillError)?;
        Ok(count)
    }
}

impl From<SpillError> for io::Error {
    fn from(error: SpillError) -> Self {
        Self::other(error)
    }
}
