//! A buffered reader that can peek, and that remembers whether a decoder asked for more bytes than
//! there are.
//!
//! Decoders report every failure with errors of their own. The cause is established here instead:
//! did the disk fail, or did the input end where the decoder needed more?

use std::io::{self, BufRead, Read};

const CAPACITY: usize = 1 << 17;

pub(super) struct PeekReader<R> {
    inner: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    is_at_end: bool,
    /// A byte beyond the end was requested.
    pub(super) was_asked_for_more: bool,
    /// The error of `inner`, which a decoder would replace with its own.
    pub(super) failure: Option<io::Error>,
}

impl<R: Read> PeekReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            buffer: vec![0; CAPACITY].into_boxed_slice(),
            start: 0,
            end: 0,
            is_at_end: false,
            was_asked_for_more: false,
            failure: None,
        }
    }

    /// The next `count` bytes without consuming them; fewer only at the end.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        debug_assert!(count <= CAPACITY, "more than the buffer holds");
        if self.end - self.start < count {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            while self.end < count && !self.is_at_end {
                self.read_more()?;
            }
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + count)])
    }

    /// The same; fewer also before a failure, which is reported when it is reached.
    pub(super) fn peek_some(&mut self, count: usize) -> io::Result<&[u8]> {
        let failed = self.peek(count).map(drop).err();
        match failed {
            Some(error) if self.start == self.end => Err(error),
            _ => Ok(&self.buffer[self.start..self.end.min(self.start + count)]),
        }
    }

    /// The error of `inner` if there was one, else the decoder's.
    pub(super) fn cause_of(&mut self, said: io::Error) -> io::Error {
        self.failure.take().unwrap_or(said)
    }

    /// Reads once more into the free part of the buffer.
    fn read_more(&mut self) -> io::Result<()> {
        let count = read_once(
            &mut self.inner,
            &mut self.failure,
            &mut self.buffer[self.end..],
        )?;
        self.end += count;
        self.is_at_end = count == 0;
        Ok(())
    }
}

/// Reads once, and keeps the error if that fails. An `io::Error` cannot be cloned, so the caller
/// gets its kind.
fn read_once(
    inner: &mut impl Read,
    failure: &mut Option<io::Error>,
    into: &mut [u8],
) -> io::Result<usize> {
    if let Some(failure) = failure {
        return Err(failure.kind().into());
    }
    loop {
        match inner.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                let kind = error.kind();
                *failure = Some(error);
                return Err(kind.into());
            }
            read => return read,
        }
    }
}

impl<R: Read> BufRead for PeekReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            // A terminal may deliver more after an end of file: the first end is final.
            if !self.is_at_end {
                self.read_more()?;
            }
            self.was_asked_for_more |= self.is_at_end;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }
}

impl<R: Read> Read for PeekReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        // A read as large as the buffer bypasses it.
        if self.start == self.end && into.len() >= CAPACITY && !self.is_at_end {
            let count = read_once(&mut self.inner, &mut self.failure, into)?;
            self.is_at_end = count == 0;
            self.was_asked_for_more |= self.is_at_end;
            return Ok(count);
        }
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        into[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}
