//! The data-breach register on paper (GDPR art. 33(5)): one landscape page, or more when there are
//! many breaches, then a page for each with the reasoning; and as a spreadsheet that comes back.

use digue_app::{App, OperationError};
use digue_documents::{Document, DocumentBlock, PageShape, WrittenCell, WrittenSheet};
use digue_evidence::paper_warning::PaperSources;
use digue_response::claim::ClaimKind;
use digue_response::notification::{Field, FormFieldShape};
use digue_response::register::{COLUMNS, ViolationColumn, ViolationRow};
use digue_types::Timestamp;
use digue_types::visible::is_blank;

use crate::incidents::IncidentView;
use crate::paper_reader::PaperReader;
use crate::papers::{PaperFormat, printed_from, whole_cell, written};
use crate::{clock_table, notification};

/// The register: a table of every breach, then the record of each.
pub fn register(app: &App, views: &[IncidentView], reader: &PaperReader) -> Document {
    let header = PRINTED.map(|(column, _)| reader.say(column)).to_vec();
    let rows = views.iter().map(|view| printed_row(app, view, reader));
    let mut blocks = vec![
        DocumentBlock::Quiet(format!(
            "{} {}",
            reader.say("register-explain"),
            reader.zone_line()
        )),
        DocumentBlock::Table {
            header,
            rows: rows.map(|row| row.map(|cell| cell.0).to_vec()).collect(),
        },
    ];
    for view in views {
        blocks.extend(record(app, view, reader));
    }
    Document {
        title: reader.say("register-title"),
        language: reader.language.code(),
        foot: reader.say("register-title"),
        blocks,
        shape: PageShape::Landscape,
        ..Document::default()
    }
}

/// The record of one breach, on a page of its own.
fn record(app: &App, view: &IncidentView, reader: &PaperReader) -> Vec<DocumentBlock> {
    let row = row_of(app, view, reader);
    let pair = |key: &str, value: String| DocumentBlock::Pair(reader.say(key), value);
    let mut blocks = vec![
        DocumentBlock::Break,
        DocumentBlock::Title(format!("{} – {}", view.reference(), view.incident.title)),
    ];
    let claims = reader.claims_with_sources(view).into_iter();
    blocks.extend(claims.map(DocumentBlock::Paragraph));
    blocks.extend([
        pair("column-state", reader.say(row.state.key())),
        pair("decide-authority", authority(&row, reader)),
        pair("decide-persons", persons(&row, reader)),
    ]);
    let delay = row.delay_reason.iter();
    blocks.extend(delay.map(|reason| pair("column-delay", reason.clone())));
    let values = row
        .values
        .iter()
        .map(|(field, value)| pair(field.key(), reader.value_of(&view.incident, *field, value)));
    blocks.extend(values);
    blocks.extend(clock_table::clocks(view, reader));
    blocks
}

/// The columns of the page, by the key of their title, and what each shows of a breach.
const PRINTED: [(&str, PrintedColumn); 8] = [
    ("register-column-violation", PrintedColumn::Violation),
    ("column-aware", PrintedColumn::Aware),
    ("field-what", PrintedColumn::What),
    ("register-column-persons", PrintedColumn::Persons),
    ("register-column-effects", PrintedColumn::Effects),
    ("field-measures-taken", PrintedColumn::Measures),
    ("column-authority", PrintedColumn::Authority),
    ("register-column-informed", PrintedColumn::Informed),
];

#[derive(Clone, Copy)]
enum PrintedColumn {
    Violation,
    Aware,
    What,
    Persons,
    Effects,
    Measures,
    Authority,
    Informed,
}

/// A cell of the page as a text, and for a spreadsheet.
struct PrintedCell(String, WrittenCell);

impl PrintedCell {
    fn text(text: String) -> Self {
        Self(text.clone(), WrittenCell::Text(text))
    }
}

fn printed_row(
    app: &App,
    view: &IncidentView,
    reader: &PaperReader,
) -> [PrintedCell; PRINTED.len()] {
    let row = row_of(app, view, reader);
    let value = |field: Field| {
        let value = row.values.get(&field);
        value
            .map(|value| reader.value_of(&view.incident, field, value))
            .unwrap_or_default()
    };
    // A count of persons is printed as measured: what was declared instead stands beside it.
    let persons_beside = || {
        let difference = view.incident.difference_in(Field::PersonCount);
        difference
            .map(|one| reader.difference(&one))
            .unwrap_or_default()
    };
    let claim = |kind| reader.claim_of(view, kind);
    let lines = |parts: Vec<String>| {
        let said = parts.into_iter().filter(|part| !is_blank(part));
        PrintedCell::text(said.collect::<Vec<_>>().join("\n"))
    };
    PRINTED.map(|(_, column)| match column {
        PrintedColumn::Violation => lines(vec![
            view.reference(),
            row.title.clone(),
            reader.say(row.state.key()),
        ]),
        PrintedColumn::Aware => match row.aware_at {
            Some(at) => PrintedCell(reader.moment(at), reader.moment_cell(at)),
            None => PrintedCell::text(reader.say("paper-unknown")),
        },
        PrintedColumn::What => lines(vec![reader.happened(&view.incident)]),
        PrintedColumn::Persons => lines(vec![
            reader.persons(view.incident.affected()),
            reader.all_left_out(&view.incident).join(" "),
            persons_beside(),
            value(Field::DataKinds),
        ]),
        PrintedColumn::Effects => lines(vec![
            value(Field::Consequences),
            value(Field::Harms),
            reader.pair(
                &reader.say("severity-cnil"),
                &known(value(Field::GravityOf), reader),
            ),
        ]),
        PrintedColumn::Measures => lines(vec![value(Field::MeasuresTaken)]),
        PrintedColumn::Authority => {
            lines(vec![authority(&row, reader), claim(ClaimKind::Authority)])
        }
        PrintedColumn::Informed => lines(vec![persons(&row, reader), claim(ClaimKind::Persons)]),
    })
}

fn known(value: String, reader: &PaperReader) -> String {
    if is_blank(&value) {
        reader.say("paper-unknown")
    } else {
        value
    }
}

/// The same page as a sheet.
fn printed_sheet(app: &App, views: &[IncidentView], reader: &PaperReader) -> WrittenSheet {
    let rows = views.iter().map(|view| printed_row(app, view, reader));
    WrittenSheet {
        name: reader.say("register-page"),
        language: reader.language.code(),
        above: vec![reader.zone_line()],
        header: PRINTED.map(|(column, _)| reader.say(column)).to_vec(),
        rows: rows.map(|row| row.map(|cell| cell.1).to_vec()).collect(),
    }
}

/// One row of the register.
pub(crate) fn row_of(app: &App, view: &IncidentView, reader: &PaperReader) -> ViolationRow {
    ViolationRow::new(
        &view.incident,
        &notification::draft(app, view, reader.language),
    )
}

/// The row of the register of one breach, as (column, value): the columns that have a value.
pub fn register_row(app: &App, view: &IncidentView, reader: &PaperReader) -> Vec<(String, String)> {
    let row = row_of(app, view, reader);
    let moment = |at: Option<Timestamp>| at.map(|at| reader.moment(at)).unwrap_or_default();
    let cells = COLUMNS.iter().map(|(name, column)| {
        let value = match column {
            ViolationColumn::Title => row.title.clone(),
            ViolationColumn::Aware => moment(row.aware_at),
            ViolationColumn::Field(field) => row
                .values
                .get(field)
                .map(|value| reader.value_of(&view.incident, *field, value))
                .unwrap_or_default(),
            ViolationColumn::Authority => authority(&row, reader),
            ViolationColumn::NotifiedAt => moment(row.notified_at),
            ViolationColumn::Delay => row.delay_reason.clone().unwrap_or_default(),
            ViolationColumn::Persons => persons(&row, reader),
            // Part of the decision about the persons.
            ViolationColumn::Exemption => String::new(),
            ViolationColumn::InformedAt => moment(row.informed_at),
            ViolationColumn::State => reader.say(row.state.key()),
        };
        (column_name(reader, name, *column), value)
    });
    let reference = (reader.say("column-reference"), view.reference());
    [reference]
        .into_iter()
        .chain(cells)
        .filter(|(_, value)| !is_blank(value))
        .collect()
}

/// The decision about the authority, its author and reason.
fn authority(row: &ViolationRow, reader: &PaperReader) -> String {
    let Some((is, by, why)) = &row.authority else {
        return reader.say("undecided");
    };
    let what = reader.say(if *is {
        "decided-notify"
    } else {
        "decided-not-notify"
    });
    reader.pair(&what, &format!("{why} ({})", reader.person(by)))
}

fn persons(row: &ViolationRow, reader: &PaperReader) -> String {
    let Some((is, exemption, by, why)) = &row.persons else {
        return reader.say("undecided");
    };
    let what = reader.say(if *is {
        "decided-inform"
    } else {
        "decided-not-inform"
    });
    let exemption = exemption
        .map(|one| format!(" ({})", reader.say(one.key())))
        .unwrap_or_default();
    reader.pair(
        &format!("{what}{exemption}"),
        &format!("{why} ({})", reader.person(by)),
    )
}

/// The register as a table: the columns that `import` reads come first, under their names.
pub fn register_sheet(app: &App, views: &[IncidentView], reader: &PaperReader) -> WrittenSheet {
    let mut header: Vec<String> = COLUMNS
        .iter()
        .map(|(name, column)| column_name(reader, name, *column))
        .collect();
    header.push(reader.say("column-reference"));
    let rows = views.iter().map(|view| {
        let row = row_of(app, view, reader);
        let mut cells: Vec<WrittenCell> = COLUMNS
            .iter()
            .map(|(_, column)| register_cell(reader, &row, *column))
            .collect();
        cells.push(view.reference().into());
        cells
    });
    let (name, language) = (reader.say("register-title"), reader.language.code());
    WrittenSheet {
        name,
        language,
        header,
        rows: rows.collect(),
        ..WrittenSheet::default()
    }
}

/// A cell of the register, in the form in which the import reads it back.
fn register_cell(reader: &PaperReader, row: &ViolationRow, column: ViolationColumn) -> WrittenCell {
    let moment = |at: Option<Timestamp>| {
        at.map_or_else(|| WrittenCell::from(""), |at| reader.moment_cell(at))
    };
    let reasoned = |is: bool, why: &str| {
        reader.pair(&reader.say(if is { "known-yes" } else { "known-no" }), why)
    };
    let text = match column {
        ViolationColumn::Title => row.title.clone(),
        ViolationColumn::Aware => return moment(row.aware_at),
        ViolationColumn::Field(field) => {
            let value = row.values.get(&field).map_or(&[][..], Vec::as_slice);
            match field.shape() {
                FormFieldShape::Moment | FormFieldShape::Number => {
                    let field_text = value.first().map_or("", String::as_str);
                    let in_kind = match field.shape() {
                        FormFieldShape::Moment => {
                            Timestamp::parse_rfc3339(field_text).map(|at| reader.moment_cell(at))
                        }
                        _ => whole_cell(field_text),
                    };
                    return in_kind.unwrap_or_else(|| field_text.into());
                }
                FormFieldShape::Line | FormFieldShape::Text => {
                    value.first().cloned().unwrap_or_default()
                }
                FormFieldShape::One(_) | FormFieldShape::Many(_) => {
                    let choices = value
                        .iter()
                        .map(|code| reader.value(field, std::slice::from_ref(code)));
                    choices.collect::<Vec<_>>().join(" ; ")
                }
            }
        }
        ViolationColumn::Authority => row
            .authority
            .as_ref()
            .map(|(is, _, why)| reasoned(*is, why))
            .unwrap_or_default(),
        ViolationColumn::NotifiedAt => return moment(row.notified_at),
        ViolationColumn::Delay => row.delay_reason.clone().unwrap_or_default(),
        ViolationColumn::Persons => row
            .persons
            .as_ref()
            .map(|(is, _, _, why)| reasoned(*is, why))
            .unwrap_or_default(),
        ViolationColumn::Exemption => {
            let exemption = row
                .persons
                .as_ref()
                .and_then(|(_, exemption, ..)| *exemption);
            exemption
                .map(|exemption| reader.say(exemption.key()))
                .unwrap_or_default()
        }
        ViolationColumn::InformedAt => return moment(row.informed_at),
        ViolationColumn::State => reader.say(row.state.key()),
    };
    text.into()
}

/// The name of a column of the register in a reader's language.
pub(crate) fn column_name(reader: &PaperReader, name: &str, column: ViolationColumn) -> String {
    match column {
        ViolationColumn::Field(field) => reader.say(field.key()),
        ViolationColumn::Title => reader.say("column-title"),
        ViolationColumn::Aware => reader.say("column-aware"),
        ViolationColumn::NotifiedAt => reader.say("column-notified"),
        ViolationColumn::Delay => reader.say("column-delay"),
        ViolationColumn::Exemption => reader.say("column-exemption"),
        ViolationColumn::InformedAt => reader.say("column-told"),
        ViolationColumn::State => reader.say("column-state"),
        ViolationColumn::Authority | ViolationColumn::Persons => {
            reader.say(&format!("decide-{name}"))
        }
    }
}

/// The register in the requested format.
pub async fn register_file(
    app: &App,
    views: &[IncidentView],
    reader: &PaperReader,
    form: PaperFormat,
) -> Result<Vec<u8>, OperationError> {
    match form {
        PaperFormat::Xlsx => {
            // The page first: it is what a print gives. An import finds its own sheet by name.
            let mut sheets = vec![
                printed_sheet(app, views, reader),
                register_sheet(app, views, reader),
            ];
            sheets.extend(PaperSources::INCIDENTS.sheet(app, reader.language).await?);
            written(app, sheets).await
        }
        _ => {
            printed_from(
                app,
                &register(app, views, reader),
                form,
                PaperSources::INCIDENTS,
            )
            .await
        }
    }
}
