//! Documents about a breach: the notification ready to be copied, and the register for an
//! inspection.
//!
//! Words come from the locales, values from the draft, the layout from `digue-documents`.

use digue_app::files::hex;
use digue_app::{ActDetails, Actor, App, OperationError, attachments};
use digue_evidence::paper_warning::PaperSources;
use digue_types::visible::is_blank;
use std::collections::BTreeMap;

use digue_documents::{
    Document, DocumentBlock, WrittenCell, WrittenSheet, docx, docx_in, pdf, xlsx,
};
use digue_locales::{Language, Value, text_with};
use digue_response::affected::AffectedVersion;
use digue_response::claim::{ClaimKind, Happening};
use digue_response::notification::{Block, Field, FilledField, FormFieldShape, FormFieldSource};
use digue_response::register::{COLUMNS, ViolationColumn, ViolationRow};
use digue_types::{Act, Subject, Timestamp};
use ring::digest::{SHA256, digest};

use crate::incidents::IncidentView;
use crate::notification;
use crate::paper_reader::PaperReader;

/// The formats of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PaperFormat {
    Pdf,
    Docx,
    Xlsx,
}

impl PaperFormat {
    /// By the extension of a file name.
    pub fn parse(ending: &str) -> Option<Self> {
        match ending {
            "pdf" => Some(Self::Pdf),
            "docx" => Some(Self::Docx),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }

    pub const fn media(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Prints a document; spreadsheets are made by `register_sheets`.
pub async fn printed(
    app: &App,
    document: Document,
    form: PaperFormat,
) -> Result<Vec<u8>, OperationError> {
    let print = move || match form {
        PaperFormat::Pdf => pdf(&document).map_err(unavailable),
        PaperFormat::Docx => docx(&document).map_err(unavailable),
        PaperFormat::Xlsx => Err(OperationError::NotFound("form")),
    };
    app.blocking(print).await?
}

/// Writes a spreadsheet.
pub async fn written(app: &App, sheets: Vec<WrittenSheet>) -> Result<Vec<u8>, OperationError> {
    app.blocking(move || xlsx(&sheets))
        .await?
        .map_err(unavailable)
}

fn unavailable(error: impl ToString) -> OperationError {
    OperationError::Unavailable(error.to_string())
}

/// Prints a document made from stored records. Records that differ from the journal are listed at
/// its head. A Word file uses the operator's own template, if there is one.
pub async fn printed_from(
    app: &App,
    document: &Document,
    form: PaperFormat,
    sources: PaperSources<'_>,
) -> Result<Vec<u8>, OperationError> {
    let language = Language::parse(document.language).unwrap_or_default();
    // No document without the comparison: one without a warning would pass for confirmed.
    let mut blocks = sources.warning(app, language).await?;
    blocks.extend(document.blocks.iter().cloned());
    let made_at = Some(app.clock().now().to_string());
    let document = Document {
        made_at,
        blocks,
        ..document.clone()
    };
    let template = Subject::Template.to_string();
    if form == PaperFormat::Docx
        && let Some(last) = app.store().files(&template).await?.last()
        && let Some(bytes) = app.store().file_bytes(&template, &last.hash).await?
    {
        return app
            .blocking(move || docx_in(&bytes, &document))
            .await?
            .map_err(unavailable);
    }
    printed(app, document, form).await
}

/// Accepts a Word file as the operator's own template: `{{title}}`, and a paragraph `{{content}}`.
///
/// # Errors
/// `Invalid` for a file without these places.
pub async fn take_template(
    app: &App,
    actor: &Actor,
    name: &str,
    bytes: &[u8],
) -> Result<(), OperationError> {
    actor.must_govern()?;
    let template = bytes.to_vec();
    // Tried on an empty document: a template that fails must be refused now and not while an
    // incident is under way.
    let tried = app
        .blocking(move || docx_in(&template, &Document::default()))
        .await?;
    tried.map_err(|_| OperationError::Invalid("invalid-template"))?;
    let details = ActDetails {
        subject: Subject::Template,
        after: hex(digest(&SHA256, bytes).as_ref()),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::Configured, details).await?;
    attachments::keep(app, actor, &Subject::Template.to_string(), name, bytes)
        .await
        .map(drop)
}

/// The notification, block by block, in the order of the authority's online form.
pub fn notification(app: &App, view: &IncidentView, reader: &PaperReader) -> Document {
    let draft = notification::draft(app, view, reader.language);
    let mut blocks = vec![
        DocumentBlock::Paragraph(reader.say1(
            "paper-stage",
            "stage",
            reader.say(view.incident.next_stage().key()),
        )),
        DocumentBlock::Quiet(reader.say1("paper-made", "at", reader.moment(view.now))),
    ];
    for part in Block::ALL {
        let fields = draft.0.iter().filter(|(field, _)| field.block() == *part);
        let pairs: Vec<DocumentBlock> = fields
            .filter_map(|(field, filled)| pair_of(reader, *field, filled))
            .collect();
        if !pairs.is_empty() {
            blocks.push(DocumentBlock::Heading(reader.say(part.key())));
            blocks.extend(pairs);
        }
    }
    blocks.push(DocumentBlock::Heading(reader.say("claims-title")));
    blocks.extend(
        reader
            .claims_with_sources(view)
            .into_iter()
            .map(DocumentBlock::Paragraph),
    );
    blocks.extend(clocks(view, reader));
    Document {
        title: format!(
            "{} – {}",
            reader.say("incident-notification"),
            view.reference()
        ),
        language: reader.language.code(),
        foot: view.reference(),
        blocks,
        ..Document::default()
    }
}

fn pair_of(reader: &PaperReader, field: Field, filled: &FilledField) -> Option<DocumentBlock> {
    let question = reader.say(field.key());
    match filled {
        FilledField::Value { value, from, .. } => {
            let mut answer = reader.value(field, value);
            if *from == FormFieldSource::Facts {
                answer = format!("{answer} ({})", reader.say("notification-computed"));
            }
            Some(DocumentBlock::Pair(question, answer))
        }
        FilledField::Unknown(who) => Some(DocumentBlock::Pair(
            question,
            reader.say1("notification-ask", "who", reader.say(who.key())),
        )),
        FilledField::NotAsked => None,
    }
}

/// The legal clocks and their state.
fn clocks(view: &IncidentView, reader: &PaperReader) -> Vec<DocumentBlock> {
    if view.clocks.is_empty() {
        return Vec::new();
    }
    let header =
        ["clocks-duty", "clocks-basis", "clocks-due", "clocks-met"].map(|key| reader.say(key));
    let rows = view.clocks.iter().map(|clock| {
        vec![
            reader.say(clock.rule.kind.key()),
            clock.rule.basis.to_owned(),
            clock.due_at.map_or_else(
                || reader.say("clocks-without-delay"),
                |due| reader.moment(due),
            ),
            clock
                .met_at
                .map(|met| reader.moment(met))
                .unwrap_or_default(),
        ]
    });
    let table = DocumentBlock::Table {
        header: header.to_vec(),
        rows: rows.collect(),
    };
    vec![DocumentBlock::Heading(reader.say("clocks-title")), table]
}

/// The data-breach register: one page for each breach, with the reasoning.
pub fn register(app: &App, views: &[IncidentView], reader: &PaperReader) -> Document {
    let mut blocks = vec![DocumentBlock::Paragraph(reader.say("register-explain"))];
    let header = [
        "column-reference",
        "column-title",
        "column-aware",
        "severity-cnil",
        "column-authority",
    ];
    let rows = views.iter().map(|view| {
        let row = row_of(app, view, reader);
        let gravity = row
            .values
            .get(&Field::GravityOf)
            .map(|value| reader.value(Field::GravityOf, value));
        vec![
            view.reference(),
            row.title.clone(),
            row.aware_at.map(|at| reader.moment(at)).unwrap_or_default(),
            gravity.unwrap_or_default(),
            format!(
                "{} {}",
                authority(&row, reader),
                reader.claim_of(view, ClaimKind::Authority)
            ),
        ]
    });
    let header = header.map(|key| reader.say(key)).to_vec();
    blocks.push(DocumentBlock::Table {
        header,
        rows: rows.collect(),
    });
    for view in views {
        blocks.push(DocumentBlock::Break);
        blocks.push(DocumentBlock::Title(format!(
            "{} – {}",
            view.reference(),
            view.incident.title
        )));
        let row = row_of(app, view, reader);
        blocks.push(DocumentBlock::Pair(
            reader.say("column-state"),
            reader.say(row.state.key()),
        ));
        blocks.push(DocumentBlock::Pair(
            reader.say("decide-authority"),
            authority(&row, reader),
        ));
        blocks.push(DocumentBlock::Pair(
            reader.say("decide-persons"),
            persons(&row, reader),
        ));
        blocks.extend(
            reader
                .claims_with_sources(view)
                .into_iter()
                .map(DocumentBlock::Paragraph),
        );
        if let Some(reason) = &row.delay_reason {
            blocks.push(DocumentBlock::Pair(
                reader.say("column-delay"),
                reason.clone(),
            ));
        }
        let values = row.values.iter().map(|(field, value)| {
            DocumentBlock::Pair(reader.say(field.key()), reader.value(*field, value))
        });
        blocks.extend(values);
        blocks.extend(clocks(view, reader));
    }
    Document {
        title: reader.say("register-title"),
        language: reader.language.code(),
        foot: reader.say("register-title"),
        blocks,
        ..Document::default()
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
                .map(|value| reader.value(*field, value))
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
    reader.pair(&what, &format!("{why} ({by})"))
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
    reader.pair(&format!("{what}{exemption}"), &format!("{why} ({by})"))
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

/// A number cell; `None` for digits that would not survive an import, such as leading zeros.
pub fn whole_cell(text: &str) -> Option<WrittenCell> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(WrittenCell::Whole(number))
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
            let mut sheets = vec![register_sheet(app, views, reader)];
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

/// The documents that are available by name.
pub const PAPERS: [&str; 5] = [
    "notification",
    "complaint",
    "call-centre",
    "press",
    "partner",
];

/// A document of an incident by its name; `None` for an unknown one.
pub fn paper(app: &App, view: &IncidentView, reader: &PaperReader, name: &str) -> Option<Document> {
    Some(match name {
        "notification" => notification(app, view, reader),
        "complaint" => complaint(app, view, reader),
        "call-centre" | "press" | "partner" => external_paper(app, view, reader, name),
        _ => return None,
    })
}

/// The document for a criminal complaint: facts, times, persons involved, and how to verify the
/// evidence.
fn complaint(app: &App, view: &IncidentView, reader: &PaperReader) -> Document {
    let controller = notification::controller(app, reader.language);
    let mut blocks = vec![
        DocumentBlock::Paragraph(reader.say1(
            complaint_by(view.incident.happening()),
            "body",
            controller.name,
        )),
        DocumentBlock::Heading(reader.say("complaint-facts")),
        DocumentBlock::Paragraph(view.incident.title.clone()),
        DocumentBlock::Paragraph(reader.happened(&view.incident)),
    ];
    blocks.extend(
        reader
            .claims_with_sources(view)
            .into_iter()
            .map(DocumentBlock::Paragraph),
    );
    let moments = view
        .incident
        .moments()
        .into_iter()
        .filter_map(|(name, at)| {
            at.map(|at| {
                DocumentBlock::Pair(reader.say(&format!("moment-{name}")), reader.moment(at))
            })
        });
    blocks.extend(moments);
    if let Some(version) = view.incident.affected() {
        blocks.push(DocumentBlock::Pair(
            reader.say("incident-persons"),
            reader.persons(Some(version)),
        ));
        blocks.push(DocumentBlock::Pair(
            reader.say("affected-hash"),
            version.hash.clone(),
        ));
        blocks.push(DocumentBlock::Pair(
            reader.say("affected-checkpoint"),
            version.checkpoint.clone(),
        ));
    }
    blocks.push(DocumentBlock::Heading(reader.say("incident-log")));
    let header =
        ["column-number", "column-happened", "column-by", "log-text"].map(|key| reader.say(key));
    let rows = view.entries.iter().map(|entry| {
        let text = reader.logged(&entry.note)?;
        Some(vec![
            entry.number.to_string(),
            reader.moment(entry.at),
            entry.author.clone(),
            text,
        ])
    });
    blocks.push(DocumentBlock::Table {
        header: header.to_vec(),
        rows: rows.flatten().collect(),
    });
    blocks.push(DocumentBlock::Heading(reader.say("complaint-evidence")));
    let evidence = if has_list(view) {
        "complaint-evidence-with-list"
    } else {
        "complaint-evidence-receipts"
    };
    blocks.push(DocumentBlock::Paragraph(reader.say(evidence)));
    blocks.extend(
        (1..)
            .zip(how_to_verify(view, reader))
            .map(|(n, line)| DocumentBlock::Point(Some(n), line)),
    );
    let title = format!("{} – {}", reader.say("complaint-title"), view.reference());
    let (language, foot) = (reader.language.code(), view.reference());
    Document {
        title,
        language,
        foot,
        blocks,
        ..Document::default()
    }
}

/// The number of persons: as stated, otherwise as counted, with its exactness.
fn persons_text(
    view: &IncidentView,
    draft: &BTreeMap<Field, Vec<String>>,
    reader: &PaperReader,
) -> String {
    let is_answered = view
        .incident
        .fields
        .get(&Field::PersonCount)
        .is_some_and(|value| !value.what.is_empty());
    match draft.get(&Field::PersonCount).filter(|_| is_answered) {
        Some(value) => reader.value(Field::PersonCount, value),
        None => reader.persons(view.incident.affected()),
    }
}

/// Who complains of what: a theft and an outage are different offences.
const fn complaint_by(happening: Happening) -> &'static str {
    match happening {
        Happening::StolenAccount => "complaint-by-stolen-account",
        Happening::SuspectedAccount => "complaint-by-suspected-account",
        Happening::OutsideReader => "complaint-by-outside-reader",
        Happening::Ransomware => "complaint-by-ransomware",
        Happening::Unavailable | Happening::Mistake | Happening::Unspecified => {
            "complaint-by-unspecified"
        }
    }
}

/// The last version with a signed list.
pub(crate) fn listed(view: &IncidentView) -> Option<&AffectedVersion> {
    // The last with a list: a version that was only stated has nothing to verify.
    view.incident
        .affected
        .iter()
        .rfind(|version| version.has_list())
}

fn has_list(view: &IncidentView) -> bool {
    listed(view).is_some()
}

/// The steps that verify the evidence, by the names of the files in the archive.
pub(crate) fn how_to_verify(view: &IncidentView, reader: &PaperReader) -> Vec<String> {
    let list = listed(view).map(|version| format!("list-{}.ndjson", version.number));
    let steps = reader.say1("complaint-verify", "list", list.clone().unwrap_or_default());
    // The second and the last step are about the list.
    let last = steps.lines().count() - 1;
    let steps = (0..)
        .zip(steps.lines())
        .filter(|(n, _)| list.is_some() || (*n != 1 && *n != last));
    steps.map(|(_, line)| line.to_owned()).collect()
}

/// Texts for those who will be asked: a call centre, newspapers, a partner and its own partners.
fn external_paper(app: &App, view: &IncidentView, reader: &PaperReader, name: &str) -> Document {
    let controller = notification::controller(app, reader.language);
    let draft = notification::draft(app, view, reader.language).snapshot();
    let field_text = |field: Field| match draft.get(&field).map(|value| reader.value(field, value))
    {
        Some(field_text) if !is_blank(&field_text) => field_text,
        _ => reader.say("paper-unknown"),
    };
    let informed = view.incident.acts.fact(ClaimKind::Persons).is_some();
    let left = view
        .incident
        .notices
        .iter()
        .map(|(_, ended)| ended.sent + ended.listed)
        .sum::<u64>();
    let notices = reader.say(match (informed, left) {
        (true, _) => "call-centre-told",
        (false, 0) => "call-centre-none-told",
        (false, _) => "call-centre-not-told",
    });
    let address = format!("{}/check", app.console_host());
    // The address is given only where there is something to check.
    let check = if informed {
        reader.say1("notice-address", "address", &address)
    } else {
        String::new()
    };
    let values = [
        ("body", Value::from(controller.name)),
        ("contact", Value::from(controller.contact)),
        ("mail", Value::from(controller.mail)),
        ("phone", Value::from(controller.phone)),
        ("happened", Value::from(reader.happened(&view.incident))),
        ("claims", Value::from(reader.claims(view).join(" "))),
        ("notices", Value::from(notices)),
        ("check", Value::from(check)),
        ("persons", Value::from(persons_text(view, &draft, reader))),
        ("kinds", Value::from(field_text(Field::DataKinds))),
        ("taken", Value::from(field_text(Field::MeasuresTaken))),
        ("address", Value::from(address)),
        ("about", Value::from(reader.subject(&view.incident.about))),
        ("reference", Value::from(view.reference())),
    ];
    let text = text_with(reader.language, &format!("paper-{name}"), &values);
    // A line of its own that ends with a colon is a heading.
    let blocks = text.split("\n\n").map(|part| match part.split_once('\n') {
        Some((title, body)) => {
            vec![
                DocumentBlock::Heading(title.to_owned()),
                DocumentBlock::Paragraph(body.to_owned()),
            ]
        }
        None => vec![DocumentBlock::Paragraph(part.to_owned())],
    });
    let title = reader.say(&format!("paper-{name}-title"));
    Document {
        title,
        language: reader.language.code(),
        foot: view.reference(),
        blocks: blocks.flatten().collect(),
        ..Document::default()
    }
}
