//! `digue journal export`: entries for other programs.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use digue_evidence::entry::as_json;
use digue_evidence::ocsf::as_ocsf;
use digue_evidence::table::{self, CsvTable, ParquetTable, Table};
use digue_journal::keyring::OpenedKeyring;

use super::Done;
use super::place::{JournalReading, moment};
use crate::cli::evidence::{AnswerFormat, JournalPlace};
use digue_terminal::Progress;
use digue_terminal::{GOOD, Output};

pub(super) fn run(
    out: &Output,
    place: &JournalPlace,
    form: AnswerFormat,
    file: Option<&Path>,
    from: Option<&str>,
    to: Option<&str>,
) -> Done {
    let reading = JournalReading::open(place)?;
    let (from, to) = (from.map(moment).transpose()?, to.map(moment).transpose()?);
    let mut sink: Box<dyn Sink> = match form {
        AnswerFormat::Words | AnswerFormat::Json => Box::new(LineSink {
            out: writer(file)?,
            origin: None,
        }),
        AnswerFormat::Ocsf => Box::new(LineSink {
            out: writer(file)?,
            origin: Some(reading.head.origin.clone()),
        }),
        AnswerFormat::Csv => Box::new(RowSink(Box::new(CsvTable::new(
            writer(file)?,
            table::ENTRY_COLUMNS,
        )?))),
        AnswerFormat::Parquet => {
            let file = file.ok_or_else(|| {
                anyhow!(digue_locales::text(out.language, "out-parquet-needs-file"))
            })?;
            Box::new(RowSink(Box::new(ParquetTable::new(
                writer(Some(file))?,
                table::ENTRY_COLUMNS,
            )?)))
        }
        AnswerFormat::Signed => return Err(anyhow!("--signed is for lists of persons")),
    };
    let mut progress = Progress::default();
    let size = reading.head.size;
    reading.each(0, size, &mut |index, opened| {
        progress.show(index, size);
        // A forgotten entry has nothing to export.
        let OpenedKeyring::Event(event) = opened else {
            return Ok(());
        };
        if from.is_some_and(|from| event.at() < from) || to.is_some_and(|to| event.at() >= to) {
            return Ok(());
        }
        sink.take(index, &event)
    })?;
    sink.finish()?;
    Ok(GOOD)
}

/// Standard output, or a file that must not exist yet.
pub(super) fn writer(file: Option<&Path>) -> Result<Box<dyn Write + Send>> {
    Ok(match file {
        None => Box::new(BufWriter::new(std::io::stdout())),
        Some(path) => Box::new(BufWriter::new(
            File::create_new(path).with_context(|| path.display().to_string())?,
        )),
    })
}

trait Sink {
    fn take(&mut self, index: u64, event: &digue_types::Event) -> Result<()>;
    fn finish(self: Box<Self>) -> Result<()>;
}

/// One JSON object per line; OCSF when there is an origin.
struct LineSink {
    out: Box<dyn Write + Send>,
    origin: Option<String>,
}

impl Sink for LineSink {
    fn take(&mut self, index: u64, event: &digue_types::Event) -> Result<()> {
        let json = match &self.origin {
            Some(origin) => as_ocsf(origin, index, event),
            None => as_json(index, event),
        };
        Ok(writeln!(self.out, "{json}")?)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

struct RowSink(Box<dyn Table>);

impl Sink for RowSink {
    fn take(&mut self, index: u64, event: &digue_types::Event) -> Result<()> {
        Ok(self.0.row(table::entry_row(index, event))?)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(self.0.finish()?)
    }
}
