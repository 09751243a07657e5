//! Documents about a breach: the notification ready to be copied, and texts for those who will be
//! asked. The complaint and the register have modules of their own.
//!
//! Words come from the locales, values from the draft, the layout from `digue-documents`.

use digue_app::files::hex;
use digue_app::{ActDetails, Actor, App, OperationError, attachments};
use digue_evidence::paper_warning::PaperSources;
use digue_evidence::stored_files::{self, JournalledFile};
use digue_evidence::stored_records::with_journal_statement;
use digue_types::visible::is_blank;
use std::collections::BTreeMap;

use digue_documents::{
    Document, DocumentBlock, PostalAddress, WrittenCell, WrittenSheet, docx, docx_in, pdf, xlsx,
};
use digue_locales::{Language, Value, text_with};
use digue_response::Incident;
use digue_response::claim::ClaimKind;
use digue_response::notification::{Block, Field, FilledField, FormFieldSource, NotificationDraft};
use digue_types::{Act, Subject};
use ring::digest::{SHA256, digest};

use crate::incidents::IncidentView;
use crate::letterhead::{self, LetterTo};
use crate::notice_style::Style;
use crate::paper_reader::PaperReader;
use crate::{clock_table, complaint, notification};

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
    if form == PaperFormat::Docx
        && let Some(bytes) = template(app).await?
    {
        return app
            .blocking(move || docx_in(&bytes, &document))
            .await?
            .map_err(unavailable);
    }
    printed(app, document, form).await
}

/// The operator's own template; `None` while there is none.
///
/// # Errors
/// `FileAltered` when it is not the one that was kept: papers are printed on nothing else until it
/// is loaded again.
async fn template(app: &App) -> Result<Option<Vec<u8>>, OperationError> {
    let subject = Subject::Template.to_string();
    let kept = app.store().files(&subject).await?;
    let named = with_journal_statement(app, |statement| {
        let act = statement.journalled.templates().last();
        match (act, kept.last()) {
            (Some(act), _) => Ok(Some(JournalledFile::of_act(act))),
            (None, Some(file)) => {
                JournalledFile::without_act(&file.hash, file.kept_at, statement).map(Some)
            }
            (None, None) => Ok(None),
        }
    });
    let Some(file) = named? else {
        return Ok(None);
    };
    match stored_files::read(app, &subject, &file).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(OperationError::NotFound(_)) => Err(OperationError::FileAltered(file.kept_at())),
        Err(error) => Err(error),
    }
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
    // Before its act: an act that names a file that was not kept would stop every paper.
    match attachments::keep(app, actor, &Subject::Template.to_string(), name, bytes).await {
        // The same file again, which the act puts in force.
        Ok(_) | Err(OperationError::Conflict) => {}
        Err(error) => return Err(error),
    }
    app.write_down(actor, Act::Configured, details)
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
        DocumentBlock::Quiet(format!(
            "{} {}",
            reader.say1("paper-made", "at", reader.spelled(view.now)),
            reader.zone_line()
        )),
    ];
    blocks.extend(unknown_fields(&draft, reader));
    for part in Block::ALL {
        let fields = draft.0.iter().filter(|(field, _)| field.block() == *part);
        let pairs: Vec<DocumentBlock> = fields
            .filter_map(|(field, filled)| pair_of(reader, &view.incident, *field, filled))
            .collect();
        if !pairs.is_empty() {
            blocks.push(DocumentBlock::Heading(reader.say(part.key())));
            blocks.extend(pairs);
        }
    }
    blocks.push(DocumentBlock::Heading(reader.say("claims-title")));
    blocks.extend(
        reader
            .claims_to_authorities(view)
            .into_iter()
            .map(DocumentBlock::Paragraph),
    );
    blocks.extend(clock_table::clocks(view, reader));
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

/// The fields that nobody has answered yet, before everything else.
fn unknown_fields(draft: &NotificationDraft, reader: &PaperReader) -> Vec<DocumentBlock> {
    let unknown = draft.unknown();
    if unknown.is_empty() {
        return Vec::new();
    }
    let count = unknown.len().to_string();
    let title = reader.say1("notification-unknown-title", "count", count);
    let fields = unknown.into_iter().map(|(field, who)| {
        let values = [
            ("field", reader.say(field.key())),
            ("who", reader.say(who.key())),
        ];
        DocumentBlock::Point(None, reader.sentence("notification-unknown-one", &values))
    });
    [DocumentBlock::Heading(title)]
        .into_iter()
        .chain(fields)
        .collect()
}

fn pair_of(
    reader: &PaperReader,
    incident: &Incident,
    field: Field,
    filled: &FilledField,
) -> Option<DocumentBlock> {
    let question = reader.say(field.key());
    match filled {
        FilledField::Value { value, from, .. } => {
            let mut answer = reader.value_of(incident, field, value);
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

/// A number cell; `None` for digits that would not survive an import, such as leading zeros.
pub fn whole_cell(text: &str) -> Option<WrittenCell> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(WrittenCell::Whole(number))
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
pub async fn paper(
    app: &App,
    view: &IncidentView,
    reader: &PaperReader,
    name: &str,
) -> Result<Option<Document>, OperationError> {
    Ok(Some(match name {
        "notification" => notification(app, view, reader),
        // To be handed out as evidence only (`bundle::complaint_paper`).
        "complaint" => {
            complaint::document(
                app,
                view,
                reader,
                &complaint::CitedEntries::read(app, view).await,
            )
            .await?
        }
        "call-centre" | "press" | "partner" => external_paper(app, view, reader, name),
        _ => return Ok(None),
    }))
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
        Some(value) => reader.value_outside(&view.incident, Field::PersonCount, value),
        None => reader.persons(view.incident.affected()),
    }
}

/// Texts for those who will be asked: a call centre, newspapers, a partner and its own partners.
fn external_paper(app: &App, view: &IncidentView, reader: &PaperReader, name: &str) -> Document {
    let controller = notification::controller(app, reader.language);
    let draft = notification::draft(app, view, reader.language).snapshot();
    let shown = |field: Field| {
        let value = draft.get(&field);
        value.map(|value| reader.value_outside(&view.incident, field, value))
    };
    let field_text = |field: Field| match shown(field) {
        Some(field_text) if !is_blank(&field_text) => field_text,
        _ => reader.say("paper-unknown"),
    };
    let informed = view.incident.acts.fact(ClaimKind::Persons).is_some();
    let left = view.incident.notified_or_notices().addressed();
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
        ("claims", Value::from(reader.claims_outside(view).join(" "))),
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
    let blocks: Vec<DocumentBlock> = blocks.flatten().collect();
    let is_letter = name == "partner";
    Document {
        blocks: if is_letter {
            as_letter(app, view, reader, title.clone(), blocks)
        } else {
            blocks
        },
        title,
        has_own_titles: is_letter,
        language: reader.language.code(),
        foot: view.reference(),
        ..Document::default()
    }
}

/// A paper with the head, the salutation and the signature of a letter. The directory has no postal
/// address of a partner: its name stands where the hand that sends it adds one.
fn as_letter(
    app: &App,
    view: &IncidentView,
    reader: &PaperReader,
    subject: String,
    blocks: Vec<DocumentBlock>,
) -> Vec<DocumentBlock> {
    let style = Style::Plain(reader.language);
    let partner = reader.names.organisation_about(&view.incident.about);
    // Without a name: nobody wrote one, or the account has left the directory.
    let partner = partner.map_or_else(|| reader.subject(&view.incident.about), str::to_owned);
    let to = LetterTo {
        recipient: PostalAddress::of(&partner),
        handling: reader.say("letter-partner-address"),
        reference: view.reference(),
        subject,
    };
    let head = letterhead::head(app, style, to);
    std::iter::once(DocumentBlock::Letter(Box::new(head)))
        .chain(blocks)
        .chain(letterhead::signature(app, style))
        .collect()
}
