//! A record, from its bytes to the findings.
//!
//! While lines are in time order they go to the engine as they come, and nothing is kept. At the
//! first earlier one, the judgement so far is discarded: the record is read again, sorted. A pipe
//! cannot be opened twice, so its bytes are kept in a temporary file while they pass, compressed as
//! received.
//!
//! One thread reads and another judges: each takes about as long as the other.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};

use digue_detection::Finding;
use digue_detection::batch::OwnedSighting;
use digue_logs::lines::{InputError, InputFault, InputLine, InputLines};

use super::sort::{LineSorter, RUN_BYTES, SpillError};
use super::spool::Spool;
use super::{LineError, LineReader, RecordJudge, Watcher, instant_of};

/// As much as a portal may report in one request (`POST /v1/exposures`): no longer line is an
/// exposure.
pub const LINE_BYTES_MAX: usize = 8 << 20;
/// How many unread lines are named; the others are only counted.
const NAMED_MAX: usize = 10;

/// The source of the lines.
pub enum RecordSource {
    /// Can be opened a second time.
    File(PathBuf),
    /// Standard input or a named pipe: can be read once.
    Pipe(Box<dyn Read>),
}

/// Lines that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadLines {
    pub count: u64,
    /// The first of them, with their line numbers in the input.
    pub named: Vec<(u64, LineError)>,
}

/// The result of playing a record.
pub struct RecordOutcome {
    /// In time order.
    pub findings: Vec<Finding>,
    pub lines: u64,
    pub accounts: usize,
    pub unread: UnreadLines,
    /// Why the input could not be read to its end; the findings are those of the lines before.
    pub stopped: Option<InputFault>,
}

/// Why there is no result at all.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    #[error(transparent)]
    Input(InputFault),
    #[error(transparent)]
    Spill(#[from] SpillError),
}

impl PlayError {
    /// The input could not be opened.
    pub fn opening(error: io::Error) -> Self {
        Self::from(InputFault {
            after: 0,
            error: InputError::from(error),
        })
    }
}

impl From<InputFault> for PlayError {
    /// Keeps a failing temporary file apart from a failing pipe: the operator must look elsewhere.
    fn from(fault: InputFault) -> Self {
        match fault.error {
            InputError::Io(error) => match error.downcast::<SpillError>() {
                Ok(error) => Self::Spill(error),
                Err(error) => Self::Input(InputFault {
                    error: InputError::Io(error),
                    ..fault
                }),
            },
            _ => Self::Input(fault),
        }
    }
}

/// Plays records.
pub struct RecordPlayer<'p, 'l> {
    /// Makes a watcher with an empty engine.
    pub watcher: &'p dyn Fn() -> Watcher<'l>,
    /// Makes an empty temporary file.
    pub temporary: &'p dyn Fn() -> io::Result<File>,
    /// Memory for lines to be sorted, in bytes.
    pub run_bytes: usize,
}

impl<'p, 'l> RecordPlayer<'p, 'l> {
    pub fn new(
        watcher: &'p dyn Fn() -> Watcher<'l>,
        temporary: &'p dyn Fn() -> io::Result<File>,
    ) -> Self {
        Self {
            watcher,
            temporary,
            run_bytes: RUN_BYTES,
        }
    }

    /// Plays the whole record.
    ///
    /// # Errors
    /// When the input cannot be opened or has an unsupported form, or when the temporary file
    /// fails.
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

    /// The outcome; `None` when a line is earlier than the one before it.
    fn in_order(&self, input: impl Read) -> Result<Option<RecordOutcome>, PlayError> {
        self.pass(|pass| {
            pass.each(input, |pass, line| {
                match pass.read(line.bytes) {
                    Ok(()) => {}
                    Err(LineError::Order) => return Ok(false),
                    Err(reason) => pass.unread.note(line.number, reason),
                }
                Ok(true)
            })
        })
    }

    fn sorted(&self, input: impl Read) -> Result<RecordOutcome, PlayError> {
        let played = self.pass(|pass| {
            let mut sorter = LineSorter::new(self.run_bytes, self.temporary);
            pass.each(input, |pass, line| {
                match instant_of(line.bytes) {
                    Ok(at) => sorter.push(at, line.number, line.bytes)?,
                    Err(reason) => pass.unread.note(line.number, reason),
                }
                Ok(true)
            })?;
            sorter.each(|number, line| -> Result<(), PlayError> {
                if let Err(reason) = pass.read(line) {
                    pass.unread.note(number, reason);
                }
                Ok(())
            })?;
            Ok(true)
        })?;
        Ok(played.expect("the closure above always returns true"))
    }

    /// Runs `read`, which returns whether it reached the end of the record, while another thread
    /// judges what was read.
    fn pass(
        &self,
        read: impl FnOnce(&mut RecordPass<'l>) -> Result<bool, PlayError>,
    ) -> Result<Option<RecordOutcome>, PlayError> {
        let Watcher { reader, judge } = (self.watcher)();
        let (full, to_judge) = mpsc::sync_channel(CHUNKS);
        // Bounded by what went into `full`: each chunk comes back once.
        let (to_fill, empty) = mpsc::channel();
        std::thread::scope(|scope| {
            let judging = scope.spawn(|| judge_all(judge, to_judge, to_fill));
            let mut pass = RecordPass {
                reader,
                chunk: SightingChunk::default(),
                full,
                empty,
                unread: UnreadLines::default(),
                stopped: None,
            };
            let read = read(&mut pass);
            pass.hand_over();
            let RecordPass {
                reader,
                unread,
                stopped,
                full,
                ..
            } = pass;
            // Closes the channel: the judge ends when it has emptied it.
            drop(full);
            let judge = judging
                .join()
                .unwrap_or_else(|cause| std::panic::resume_unwind(cause));
            let outcome = RecordOutcome {
                lines: reader.lines,
                accounts: judge.engine.accounts(),
                findings: judge.found,
                unread,
                stopped,
            };
            Ok(read?.then_some(outcome))
        })
    }
}

/// Judges the sightings received, and returns the emptied ones for reuse.
fn judge_all(
    mut judge: RecordJudge,
    full: Receiver<SightingChunk>,
    empty: Sender<SightingChunk>,
) -> RecordJudge {
    for mut chunk in full {
        let number = chunk.sightings.len();
        chunk
            .sightings
            .drain(..)
            .for_each(|sighting| judge.push(sighting));
        chunk
            .spare
            .extend(std::iter::repeat_with(|| judge.batches.blank()).take(number));
        chunk.persons = 0;
        // Fails once the reader has finished, which needs no more of them.
        drop(empty.send(chunk));
    }
    judge.finish();
    judge
}

/// A chunk is handed over at this many sightings, or at this many persons in them.
const CHUNK_SIGHTINGS: usize = 256;
const CHUNK_PERSONS: usize = 65_536;
/// Chunks that may wait for the judge; then the reader waits, so memory stays bounded.
const CHUNKS: usize = 4;

/// Sightings on their way to the judge, and empty ones on their way back.
#[derive(Default)]
struct SightingChunk {
    sightings: Vec<OwnedSighting>,
    spare: Vec<OwnedSighting>,
    persons: usize,
}

impl UnreadLines {
    fn note(&mut self, number: u64, reason: LineError) {
        self.count += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push((number, reason));
        }
    }
}

/// One pass over the record.
struct RecordPass<'l> {
    reader: LineReader<'l>,
    chunk: SightingChunk,
    full: SyncSender<SightingChunk>,
    empty: Receiver<SightingChunk>,
    unread: UnreadLines,
    stopped: Option<InputFault>,
}

impl RecordPass<'_> {
    /// Passes every line with content to `take` until that returns false, and returns false then.
    /// An input that is truncated or damaged ends the pass.
    fn each(
        &mut self,
        input: impl Read,
        mut take: impl FnMut(&mut Self, InputLine<'_>) -> Result<bool, PlayError>,
    ) -> Result<bool, PlayError> {
        let mut lines = InputLines::new(input, LINE_BYTES_MAX);
        loop {
            match lines.next_line() {
                Ok(Some(line)) if line.is_too_long => {
                    self.unread.note(line.number, LineError::Length)
                }
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

    fn read(&mut self, line: &[u8]) -> Result<(), LineError> {
        let mut sighting = self.chunk.spare.pop().unwrap_or(OwnedSighting::blank());
        if let Err(reason) = self.reader.read(line, &mut sighting) {
            self.chunk.spare.push(sighting);
            return Err(reason);
        }
        self.chunk.persons += sighting.persons.len();
        self.chunk.sightings.push(sighting);
        if self.chunk.sightings.len() >= CHUNK_SIGHTINGS || self.chunk.persons >= CHUNK_PERSONS {
            self.hand_over();
        }
        Ok(())
    }

    fn hand_over(&mut self) {
        let next = self.empty.try_recv().unwrap_or_default();
        let chunk = std::mem::replace(&mut self.chunk, next);
        // Fails only when the judge has panicked; joining it resumes that panic.
        drop(self.full.send(chunk));
    }
}

#[cfg(test)]
mod tests;
