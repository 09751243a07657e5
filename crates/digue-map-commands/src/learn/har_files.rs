//! HAR files of a command: opened anew for each reading, with progress.

use std::path::{Path, PathBuf};

use digue_har::{HarFault, HarLimits, HarTally, read_har};
use digue_locales::Value;
use digue_logs::lines::Unpacker;
use digue_survey::{BodyGap, Exchange, ExchangeSource};

use digue_terminal::Progress;
use digue_terminal::{Output, input};

/// The files, and what the last reading counted.
pub(super) struct HarFiles<'f> {
    files: &'f [PathBuf],
    tallies: Vec<HarTally>,
}

/// A file that was not read to its end.
#[derive(Debug, thiserror::Error)]
#[error("{}: {fault}", file.display())]
pub(crate) struct HarFilesFault {
    file: PathBuf,
    fault: HarFault,
}

impl<'f> HarFiles<'f> {
    /// `None` when a file cannot be read several times, which has been reported.
    pub(super) fn open(out: &Output, files: &'f [PathBuf]) -> Option<Self> {
        for path in files {
            match input::opens_again(path) {
                Ok(true) => {}
                Ok(false) => {
                    let file = Value::from(input::shown(out.language, path));
                    out.complain("learn-har-again", &[("file", file)]);
                    return None;
                }
                Err(error) => {
                    HarFilesFault {
                        file: path.clone(),
                        fault: HarFault::Io(error),
                    }
                    .report(out);
                    return None;
                }
            }
        }
        Some(Self {
            files,
            tallies: Vec::new(),
        })
    }

    /// Says of each file what its entries are.
    pub(super) fn report(&self, out: &Output) {
        for (path, tally) in self.files.iter().zip(&self.tallies) {
            let gaps: usize = BodyGap::ALL.iter().map(|gap| tally.gap(*gap)).sum();
            let values = [
                ("file", Value::from(input::name(path))),
                ("entries", Value::from(tally.entries)),
                ("bodies", Value::from(tally.with_body)),
                ("gaps", Value::from(gaps)),
                ("answers", Value::from(tally.without_answer)),
            ];
            out.complain("learn-tally", &values);
        }
    }
}

fn read(
    path: &Path,
    progress: &mut Progress,
    take: &mut dyn FnMut(&Exchange<'_>),
) -> Result<HarTally, HarFault> {
    let opened = input::open(path).map_err(HarFault::Io)?;
    let length = opened.length;
    let mut bytes = 0;
    read_har(
        Unpacker::new(opened.reader),
        &HarLimits::default(),
        &mut |exchange| {
            // Bodies are most of a file; unpacked ones may be more than all of it.
            if let digue_survey::RecordedBody::Bytes(body) = exchange.body {
                bytes += body.len() as u64;
            }
            progress.show(bytes.min(length), length);
            take(exchange);
        },
    )
}

impl ExchangeSource for HarFiles<'_> {
    type Fault = HarFilesFault;

    fn each(&mut self, take: &mut dyn FnMut(&Exchange<'_>)) -> Result<(), HarFilesFault> {
        self.tallies.clear();
        for file in self.files {
            let mut progress = Progress::default();
            let tally = read(file, &mut progress, take).map_err(|fault| HarFilesFault {
                file: file.clone(),
                fault,
            })?;
            self.tallies.push(tally);
        }
        Ok(())
    }
}

impl HarFilesFault {
    pub(super) fn report(&self, out: &Output) {
        let mebibytes = |bytes: &u64| Value::from(bytes >> 20);
        let place = |line: &usize, column: &usize| {
            [
                ("line", Value::from(*line)),
                ("column", Value::from(*column)),
            ]
        };
        let detail = match &self.fault {
            HarFault::NotHar {
                expected,
                line,
                column,
                ..
            } => {
                let expected = (
                    "expected",
                    Value::from(expected.to_string().trim_matches('`')),
                );
                let [line, column] = place(line, column);
                out.text_of("learn-har-not-har", &[expected, line, column])
            }
            HarFault::Entry {
                entry,
                line,
                column,
                source,
            } => {
                let [line, column] = place(line, column);
                let detail = ("detail", Value::from(source.to_string()));
                out.text_of(
                    "learn-har-entry",
                    &[("entry", Value::from(*entry)), line, column, detail],
                )
            }
            HarFault::EndsEarly { entry } => {
                out.text_of("learn-har-ends-early", &[("entry", Value::from(*entry))])
            }
            HarFault::TooLarge { most } => {
                out.text_of("learn-har-too-large", &[("most", mebibytes(most))])
            }
            HarFault::EntryTooLarge { entry, most } => {
                let entry = ("entry", Value::from(*entry));
                out.text_of(
                    "learn-har-entry-too-large",
                    &[entry, ("most", mebibytes(most))],
                )
            }
            HarFault::TooManyEntries { most } => {
                out.text_of("learn-har-too-many", &[("most", Value::from(*most))])
            }
            HarFault::Io(error) => error.to_string(),
        };
        let file = Value::from(input::shown(out.language, &self.file));
        out.complain(
            "learn-har-fault",
            &[("file", file), ("detail", Value::from(detail))],
        );
    }
}
