//! Tables as files: CSV for people, Parquet for analysis.

use std::io::{self, Write};
use std::sync::Arc;

pub use digue_documents::{csv_line, csv_line_by};
use digue_types::{Event, Exposure, Timestamp};
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// The type of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TableColumnKind {
    Text,
    Number,
    /// RFC 3339 in CSV, microseconds since 1970, UTC, in Parquet.
    Moment,
}

/// One value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TableCell {
    Text(String),
    Number(i64),
    Moment(Timestamp),
}

impl From<u64> for TableCell {
    fn from(number: u64) -> Self {
        // Parquet's plain integers are signed; a number of this size would be a fault anyway.
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl<T: ToString + ?Sized> From<&T> for TableCell {
    fn from(text: &T) -> Self {
        Self::Text(text.to_string())
    }
}

/// Columns with their names, as they are written in files.
pub type Columns = &'static [(&'static str, TableColumnKind)];

/// Receives rows whose cells have the types of the columns.
pub trait Table {
    fn row(&mut self, cells: Vec<TableCell>) -> io::Result<()>;
    /// Ends the file.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// CSV with a header.
pub struct CsvTable<W: Write>(W);

impl<W: Write> CsvTable<W> {
    pub fn new(mut out: W, columns: Columns) -> io::Result<Self> {
        out.write_all(csv_line(columns.iter().map(|(name, _)| *name)).as_bytes())?;
        Ok(Self(out))
    }
}

impl<W: Write> Table for CsvTable<W> {
    fn row(&mut self, cells: Vec<TableCell>) -> io::Result<()> {
        let texts: Vec<String> = cells.into_iter().map(text_of_cell).collect();
        self.0
            .write_all(csv_line(texts.iter().map(String::as_str)).as_bytes())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}

fn text_of_cell(cell: TableCell) -> String {
    match cell {
        TableCell::Text(text) => text,
        TableCell::Number(number) => number.to_string(),
        TableCell::Moment(at) => at.to_string(),
    }
}

/// Rows of one Parquet row group.
// Rows of a group are held in memory until it is written: larger groups compress better and need
// more of it.
const GROUP_ROWS: usize = 64 << 10;

/// Parquet, all columns required, compressed with Snappy.
pub struct ParquetTable<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Columns,
    rows: Vec<Vec<TableCell>>,
}

impl<W: Write + Send> ParquetTable<W> {
    pub fn new(out: W, columns: Columns) -> io::Result<Self> {
        let fields = columns.iter().map(|(name, kind)| match kind {
            TableColumnKind::Text => format!("required binary {name} (STRING);"),
            TableColumnKind::Number => format!("required int64 {name};"),
            TableColumnKind::Moment => format!("required int64 {name} (TIMESTAMP(MICROS,true));"),
        });
        let schema = format!("message digue {{ {} }}", fields.collect::<String>());
        let schema = parse_message_type(&schema).map_err(parquet_error)?;
        // Snappy, because every reader of Parquet has it.
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .build();
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties));
        Ok(Self {
            writer: writer.map_err(parquet_error)?,
            columns,
            rows: Vec::new(),
        })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let rows = std::mem::take(&mut self.rows);
        let mut group = self.writer.next_row_group()?;
        for (place, (_, kind)) in self.columns.iter().enumerate() {
            let Some(mut column) = group.next_column()? else {
                break;
            };
            if *kind == TableColumnKind::Text {
                let values: Vec<ByteArray> = rows.iter().map(|row| text_of(&row[place])).collect();
                column
                    .typed::<ByteArrayType>()
                    .write_batch(&values, None, None)?;
            } else {
                let values: Vec<i64> = rows.iter().map(|row| number_of(&row[place])).collect();
                column
                    .typed::<Int64Type>()
                    .write_batch(&values, None, None)?;
            }
            column.close()?;
        }
        group.close().map(drop)
    }
}

impl<W: Write + Send> Table for ParquetTable<W> {
    fn row(&mut self, cells: Vec<TableCell>) -> io::Result<()> {
        self.rows.push(cells);
        if self.rows.len() >= GROUP_ROWS {
            self.write_group().map_err(parquet_error)
        } else {
            Ok(())
        }
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if !self.rows.is_empty() {
            self.write_group().map_err(parquet_error)?;
        }
        self.writer.close().map(drop).map_err(parquet_error)
    }
}

fn text_of(cell: &TableCell) -> ByteArray {
    match cell {
        TableCell::Text(text) => text.as_str().into(),
        TableCell::Number(number) => number.to_string().as_str().into(),
        TableCell::Moment(at) => at.to_string().as_str().into(),
    }
}

fn number_of(cell: &TableCell) -> i64 {
    match cell {
        TableCell::Number(number) => *number,
        TableCell::Moment(at) => at.micros(),
        TableCell::Text(_) => 0,
    }
}

fn parquet_error(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

/// Entries of the journal, one a row; persons, categories and reasons are JSON lists.
pub const ENTRY_COLUMNS: Columns = &[
    ("entry", TableColumnKind::Number),
    ("at", TableColumnKind::Moment),
    ("kind", TableColumnKind::Text),
    ("account", TableColumnKind::Text),
    ("organisation", TableColumnKind::Text),
    ("session", TableColumnKind::Text),
    ("ip", TableColumnKind::Text),
    ("user_agent", TableColumnKind::Text),
    ("portal", TableColumnKind::Text),
    ("route", TableColumnKind::Text),
    ("action", TableColumnKind::Text),
    ("outcome", TableColumnKind::Text),
    ("inspection", TableColumnKind::Text),
    ("reasons", TableColumnKind::Text),
    ("population", TableColumnKind::Text),
    ("persons", TableColumnKind::Text),
    ("persons_found", TableColumnKind::Number),
    ("categories", TableColumnKind::Text),
    ("body_bytes", TableColumnKind::Number),
    ("status", TableColumnKind::Number),
    ("policy_version", TableColumnKind::Text),
    ("caseload_version", TableColumnKind::Number),
    ("justification", TableColumnKind::Text),
    ("part", TableColumnKind::Number),
    ("parts", TableColumnKind::Number),
    ("subject", TableColumnKind::Text),
    ("before", TableColumnKind::Text),
    ("after", TableColumnKind::Text),
    ("reason", TableColumnKind::Text),
    ("requests", TableColumnKind::Number),
];

/// An entry as a row of `ENTRY_COLUMNS`.
pub fn entry_row(index: u64, event: &Event) -> Vec<TableCell> {
    match event {
        Event::Exposure(exposure) => exposure_row(index, exposure),
        Event::Administration(act) => {
            let mut row = vec![
                TableCell::from(index),
                TableCell::Moment(act.at),
                "administration".into(),
            ];
            row.push((&act.actor).into());
            row.extend(std::iter::repeat_n(TableCell::from(""), 6));
            row.push(act.act.code().into());
            for (_, kind) in &ENTRY_COLUMNS[row.len()..ENTRY_COLUMNS.len() - 5] {
                // Columns are required and not optional: absence is an empty text or zero, which
                // the kind of the entry explains.
                row.push(if *kind == TableColumnKind::Text {
                    "".into()
                } else {
                    TableCell::Number(0)
                });
            }
            row.push((&act.subject).into());
            row.extend([&act.before, &act.after, &act.reason].map(TableCell::from));
            row.push(TableCell::Number(1));
            row
        }
    }
}

fn exposure_row(index: u64, e: &Exposure) -> Vec<TableCell> {
    let persons: Vec<&str> = e.persons().map(digue_types::PersonRef::as_str).collect();
    let list = |json: serde_json::Value| TableCell::Text(json.to_string());
    let mut row = vec![
        TableCell::from(index),
        TableCell::Moment(e.at),
        "exposure".into(),
    ];
    row.extend([
        (&e.account).into(),
        (&e.organisation).into(),
        (&e.session).into(),
    ]);
    row.extend([&e.client.ip, &e.client.user_agent].map(TableCell::from));
    row.extend([(&e.portal).into(), (&e.route).into(), (&e.action).into()]);
    row.extend([
        e.outcome.code().into(),
        e.inspection.code().into(),
        list(serde_json::json!(e.reasons)),
    ]);
    row.extend([(&e.population).into(), list(serde_json::json!(persons))]);
    row.push(u64::from(e.persons_found).into());
    row.push(list(serde_json::json!(e.categories)));
    row.extend([e.body_bytes.into(), u64::from(e.status).into()]);
    row.push(TableCell::Text(format!("{:016x}", e.policy_version)));
    row.push(e.caseload_version.into());
    row.push(TableCell::Text(e.justification.clone().unwrap_or_default()));
    row.extend([u64::from(e.part).into(), u64::from(e.parts).into()]);
    row.extend(std::iter::repeat_n(TableCell::from(""), 4));
    row.push(e.requests().into());
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use digue_types::{AccountId, Act, Administration};
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::RowAccessor as _;

    fn act() -> Event {
        Event::Administration(Administration {
            at: Timestamp::from_secs(1_763_000_000),
            actor: AccountId::parse("rssi").unwrap(),
            act: Act::GateSet,
            subject: digue_types::Subject::parse("=cmd()"),
            before: "open".to_owned(),
            after: "closed".to_owned(),
            reason: "vol".to_owned(),
        })
    }

    fn rows() -> Vec<Vec<TableCell>> {
        vec![
            entry_row(7, &digue_testkit::events::shown(0, "a1", "P1")),
            entry_row(8, &act()),
        ]
    }

    #[test]
    fn a_row_has_a_cell_of_its_kind_for_every_column() {
        for row in rows() {
            assert_eq!(row.len(), ENTRY_COLUMNS.len());
            for (cell, (name, kind)) in row.iter().zip(ENTRY_COLUMNS) {
                let found = match cell {
                    TableCell::Text(_) => TableColumnKind::Text,
                    TableCell::Number(_) => TableColumnKind::Number,
                    TableCell::Moment(_) => TableColumnKind::Moment,
                };
                assert_eq!(found, *kind, "{name}");
            }
        }
    }

    #[test]
    fn csv_reads_back_and_runs_no_formula() {
        let mut bytes = Vec::new();
        let mut table = Box::new(CsvTable::new(&mut bytes, ENTRY_COLUMNS).unwrap());
        rows().into_iter().for_each(|row| table.row(row).unwrap());
        table.finish().unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(&records[0][15], r#"["P1"]"#);
        assert_eq!((&records[1][10], &records[1][25]), ("gate-set", "'=cmd()"));
    }

    #[test]
    fn parquet_reads_back() {
        let mut bytes = Vec::new();
        let mut table = Box::new(ParquetTable::new(&mut bytes, ENTRY_COLUMNS).unwrap());
        rows().into_iter().for_each(|row| table.row(row).unwrap());
        table.finish().unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let read: Vec<parquet::record::Row> = reader
            .get_row_iter(None)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(read.len(), 2);
        assert_eq!(
            (
                read[0].get_long(0).unwrap(),
                read[0].get_string(15).unwrap().as_str()
            ),
            (7, r#"["P1"]"#)
        );
        assert_eq!(read[1].get_string(27).unwrap(), "closed");
    }
}
