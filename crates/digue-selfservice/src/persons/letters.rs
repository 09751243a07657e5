//! The letter about a request: its receipt, the question for a proof of identity, the extension, or
//! the answer with the remedies that the law asks to be named (GDPR art. 12(3), 12(4) and 12(6)).

use digue_app::{Actor, App, OperationError};
use digue_casework::letterhead::{self, LetterTo};
use digue_casework::notice_style::Style;
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::{self, PaperFormat};
use digue_documents::{Document, DocumentBlock, PostalAddress};
use digue_evidence::reading::EvidenceForm;
use digue_locales::{Value, text, text_with};
use digue_store::RequestRecord;
use digue_types::Timestamp;

use super::request_kinds::{RequestOutcome, RequestProof, RequestRefusal};
use super::requests::{TrackedRequest, list};

/// What a letter says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LetterAbout {
    Receipt,
    ProofAsked,
    Extended,
    Answered,
    Refused,
}

impl LetterAbout {
    /// Its locale key follows `request-letter-`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::ProofAsked => "proof-asked",
            Self::Extended => "extended",
            Self::Answered => "answered",
            Self::Refused => "refused",
        }
    }

    /// What is to be written now.
    pub fn of(record: &RequestRecord) -> Self {
        let is_answered = record.answered_at > Timestamp::ZERO;
        let is_asked = record
            .entered
            .as_ref()
            .is_some_and(|one| one.proof == RequestProof::Asked.code());
        if is_answered && record.outcome == RequestOutcome::Refused.code() {
            Self::Refused
        } else if is_answered {
            Self::Answered
        } else if is_asked {
            Self::ProofAsked
        } else if record.extended_at > Timestamp::ZERO {
            Self::Extended
        } else {
            Self::Receipt
        }
    }
}

/// The letter as PDF or Word. It names the requester: it is read like other evidence.
///
/// # Errors
/// `NotFound` for an unknown request or a spreadsheet.
pub async fn letter(
    app: &App,
    actor: &Actor,
    reader: &PaperReader,
    id: &str,
    form: PaperFormat,
) -> Result<Vec<u8>, OperationError> {
    actor.must_respond()?;
    let all = list(app, actor, EvidenceForm::File).await?;
    let one = all.into_iter().find(|one| one.record.id == id);
    let one = one.ok_or(OperationError::NotFound("request"))?;
    // A letter says what was decided: it is not written from what the journal contradicts.
    if !one.confirmation.is_uncontradicted() {
        return Err(OperationError::Conflict);
    }
    papers::printed(app, document(app, reader, &one), form).await
}

fn document(app: &App, reader: &PaperReader, one: &TrackedRequest) -> Document {
    let (record, language) = (&one.record, reader.language);
    let about = LetterAbout::of(record);
    let kind = text(language, &format!("request-{}", record.kind));
    let requester = record.entered.as_ref().map_or("", |one| &one.requester);
    let to = LetterTo {
        recipient: PostalAddress::of(requester),
        // An online request has no address here.
        handling: match requester {
            "" => said(reader, "request-letter-for", "person", &record.whose.person),
            _ => String::new(),
        },
        reference: record.id.clone(),
        subject: said(reader, "request-letter-subject", "kind", &kind),
    };
    let head = letterhead::head(app, Style::Plain(language), to);
    let mut blocks = vec![DocumentBlock::Letter(Box::new(head))];
    blocks.extend(body(reader, one, about));
    blocks.extend(letterhead::signature(app, Style::Plain(language)));
    let title = said(reader, "request-letter-subject", "kind", &kind);
    Document {
        foot: title.clone(),
        title,
        has_own_titles: true,
        language: language.code(),
        blocks,
        made_at: Some(app.clock().now().to_string()),
        ..Document::default()
    }
}

fn said(reader: &PaperReader, key: &str, name: &'static str, value: &str) -> String {
    let values = [(name, Value::from(value.to_owned()))];
    text_with(reader.language, key, &values)
}

fn body(reader: &PaperReader, one: &TrackedRequest, about: LetterAbout) -> Vec<DocumentBlock> {
    let record = &one.record;
    let received = record
        .entered
        .as_ref()
        .map_or(record.opened_at, |one| one.received_at);
    let (received, due) = (reader.spelled_date(received), reader.spelled_date(one.due));
    let mut lines = vec![said(reader, "request-letter-received", "day", &received)];
    let key = format!("request-letter-{}", about.code());
    match about {
        LetterAbout::Receipt | LetterAbout::ProofAsked => {
            lines.push(said(reader, &key, "due", &due));
        }
        LetterAbout::Extended => {
            lines.push(said(reader, &key, "due", &due));
            lines.push(record.extended_why.clone());
        }
        LetterAbout::Answered => lines.extend([text(reader.language, &key), record.answer.clone()]),
        LetterAbout::Refused => {
            lines.push(text(reader.language, &key));
            let reason = RequestRefusal::parse(&record.refusal);
            lines.extend(reason.map(|reason| text(reader.language, reason.key())));
            lines.push(record.answer.clone());
        }
    }
    let mut blocks: Vec<DocumentBlock> = lines
        .iter()
        .flat_map(|line| line.split('\n'))
        .filter(|line| !line.trim().is_empty())
        .map(|line| DocumentBlock::Paragraph(line.to_owned()))
        .collect();
    // Named with every answer, and with an extension, which is no answer yet: a person who holds
    // that too little was done has the same remedies (77 and 79).
    if matches!(
        about,
        LetterAbout::Extended | LetterAbout::Answered | LetterAbout::Refused
    ) {
        let remedies = [
            "request-letter-remedies",
            "request-letter-cnil",
            "request-letter-court",
        ];
        let remedies = remedies.map(|key| DocumentBlock::Paragraph(text(reader.language, key)));
        blocks.extend(remedies);
    }
    blocks
}
