//! A record, from its bytes to the findings.
//!
//! While lines are in the order of their time they go to the engine as they come, and nothing is kept. At the first one
//! that is earlier than the one before, what was judged is dropped: the record is read once more, sorted. A pipe
//! cannot be opened twice, so its packed bytes are kept in a temporary file while they pass.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use digue_detection::Finding;
use digue_inspect::lines::{InputError, InputFault, InputLine, InputLines};

use super::sort::{LineSorter, RUN_BYTES, SpillError};
use super::spool::Spool;
use super::{Unread, Watcher, instant_of};

/// As much as a portal may report at once (`POST /v1/exposures`): no longer line is an exposure.
pub const LINE_BYTES_MAX: usize = 8 << 20;
/// Lines that were not read and are named; the others are counted.
const NAMED_MAX: usize = 10;

/// Where the lines come from.
pub enum RecordSource {
    /// Can be opened a second time.
    File(PathBuf),
    /// Standard input, a named pipe: read once.
    Pipe(Box<dyn Read>),
}

/// Lines that were not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadLines {
    pub count: u64,
    /// The first of them, by their numbers in the input.
    pub named: Vec<(u64, Unread)>,
}

/// What came of a record.
pub struct RecordOutcome {
    /// In the order of time.
    pub findings: Vec<Finding>,
    pub lines: u64,
    pub accounts: usize,
    pub unread: UnreadLines,
    /// Why the input was not read to its end; the findings are those of the lines before.
    pub stopped: Option<InputFault>,
}

/// Why there are no findings at all.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    #[error(transparent)]
    Input(InputFault),
    #[error(transparent)]
    Spill(#[from] SpillError),
}

impl PlayError {
    /// An input that could not be opened.
    pub fn opening(error: io::Error) -> Self {
        Self::from(InputFault { after: 0, error: InputError::from(error) })
    }
}

impl From<InputFault> for PlayError {
    /// A temporary file that fails while a pipe is read is no failure of the pipe.
    fn from(fault: InputFault) -> Self {
        match fault.error {
            InputError::Io(error) => match error.downcast::<SpillError>() {
                Ok(error) => Self::Spill(error),
                Err(error) => Self::Input(InputFault { error: InputError::Io(error), ..fault }),
            },
            _ => Self::Input(fault),
        }
    }
}

/// How a record is played.
pub struct RecordPlayer<'p, 'l> {
    /// A watcher that has seen nothing.
    pub watcher: &'p dyn Fn() -> Watcher<'l>,
    /// An empty temporary file.
    pub temporary: &'p dyn Fn() -> io::Result<File>,
    /// Memory for lines that are sorted.
    pub run_bytes: usize,
}

impl<'p, 'l> RecordPlayer<'p, 'l> {
    pub fn new(watcher: &'p dyn Fn() -> Watcher<'l>, temporary: &'p dyn Fn() -> io::Result<File>) -> Self {
        Self { watcher, temporary, run_bytes: RUN_BYTES }
    }

    /// Plays the whole record.
    ///
    /// # Errors
    /// When the input cannot be opened or is of a form that is not read, and when the temporary file fails.
    pub fn play(&self, record: RecordSource) -> Result<RecordOutcome, PlayError> {
        match record {
            RecordSource::File(path) => {
                let open = || File::open(&path).map_err(PlayError::opening);
                match self.in_order(open()?)? {
                    Some(played) => Ok(played),
                    None => self.sorted(open()?),
                }
            }
            RecordSource::Pipe(pipe) => {
                let spool = Spool::new(pipe, (self.temporary)().map_err(SpillError)?);
                match self.in_order(spool.reader())? {
                    Some(played) => Ok(played),
                    None => self.sorted(spool.again().map_err(PlayError::opening)?),
                }
            }
        }
    }

    /// What came of it; `None` when a line is earlier than the one before it.
    fn in_order(&self, input: impl Read) -> Result<Option<RecordOutcome>, PlayError> {
        let mut pass = RecordPass::new((self.watcher)());
        let is_in_order = pass.each(input, |pass, line| {
            match pass.watcher.read(line.bytes, &mut pass.findings) {
                Ok(()) => {}
                Err(Unread::Order) => return Ok(false),
                Err(reason) => pass.unread.note(line.number, reason),
            }
            Ok(true)
        })?;
        Ok(is_in_order.then(|| pass.finish()))
    }

    fn sorted(&self, input: impl Read) -> Result<RecordOutcome, PlayError> {
        let mut pass = RecordPass::new((self.watcher)());
        let mut sorter = LineSorter::new(self.run_bytes, self.temporary);
        pass.each(input, |pass, line| {
            match instant_of(line.bytes) {
                Ok(at) => sorter.push(at, line.number, line.bytes)?,
                Err(reason) => pass.unread.note(line.number, reason),
            }
            Ok(true)
        })?;
        sorter.each(|number, line| -> Result<(), PlayError> {
            if let Err(reason) = pass.watcher.read(line, &mut pass.findings) {
                pass.unread.note(number, reason);
            }
            Ok(())
        })?;
        Ok(pass.finish())
    }
}

impl UnreadLines {
    fn note(&mut self, number: u64, reason: Unread) {
        self.count += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push((number, reason));
        }
    }
}

/// One reading of the record.
struct RecordPass<'l> {
    watcher: Watcher<'l>,
    findings: Vec<Finding>,
    unread: UnreadLines,
    stopped: Option<InputFault>,
}

impl<'l> RecordPass<'l> {
    fn new(watcher: Watcher<'l>) -> Self {
        Self { watcher, findings: Vec::new(), unread: UnreadLines::default(), stopped: None }
    }

    /// Hands over every line that says something, until `take` says false; false then. An input that ends early, or
    /// is damaged, ends here.
    fn each(
        &mut self,
        input: impl Read,
        mut take: impl FnMut(&mut Self, InputLine<'_>) -> Result<bool, PlayError>,
    ) -> Result<bool, PlayError> {
        let mut lines = InputLines::new(input, LINE_BYTES_MAX);
        loop {
            match lines.next_line() {
                Ok(Some(line)) if line.is_too_long => self.unread.note(line.number, Unread::Length),
                Ok(Some(line)) if line.bytes.trim_ascii().is_empty() => {}
                Ok(Some(line)) => {
                    if !take(self, line)? {
                        return Ok(false);
                    }
                }
                Ok(None) => return Ok(true),
                Err(fault) if fault.error.is_refusal() => return Err(fault.into()),
                Err(fault) => {
                    self.stopped = Some(fault);
                    return Ok(true);
                }
            }
        }
    }

    fn finish(mut self) -> RecordOutcome {
        self.watcher.finish(&mut self.findings);
        RecordOutcome {
            lines: self.watcher.lines,
            accounts: self.watcher.accounts(),
            findings: self.findings,
            unread: self.unread,
            stopped: self.stopped,
        }
    }
}

#[cfg(test)]
mod tests;
