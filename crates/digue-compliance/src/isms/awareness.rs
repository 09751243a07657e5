//! Awareness training: users read a module and answer its three questions, and an attestation is
//! stored. And controlled documents, whose readers confirm that they read them.

use std::collections::HashMap;

use digue_app::directory::organisation_of;
use digue_app::files::sha256;
use digue_app::{Actor, App, OperationError, attachments, require};
use digue_evidence::stored_files::JournalledFile;
use digue_evidence::stored_records::{RecordDifference, StoredFault, StoredKind};
use digue_isms::awareness::{EDITION, MONTHS, Module, QUESTIONS};
use digue_isms::kinds::{Attestation, Audience, Document, Receipt, RegisterKind};
use digue_isms::register::{RegisterEntry, Registers};
use digue_types::OrganisationId;
use jiff::civil::Date;

use super::compared::settled_record;
use super::{attachment_of, document_files, in_force, must_read, now, save, values_of, write};

/// Each module, and when the actor last completed it, if that is still valid.
pub async fn own(app: &App, actor: &Actor) -> Result<Vec<(Module, Option<Date>)>, OperationError> {
    let registers = in_force(app).await?;
    let done = done(&registers, now(app).today);
    let own = |module: Module| {
        done.get(&(actor.account.to_string(), module.code()))
            .copied()
    };
    Ok(Module::ALL
        .iter()
        .map(|module| (*module, own(*module)))
        .collect())
}

/// When each person last completed each module, if that is still valid and of the current edition.
pub(crate) fn done(registers: &Registers, today: Date) -> HashMap<(String, &'static str), Date> {
    let since = today
        .checked_sub(jiff::Span::new().months(MONTHS))
        .unwrap_or(today);
    let mut done: HashMap<(String, &'static str), Date> = HashMap::new();
    // An attestation that cannot be read attests nothing: the module is done again.
    for RegisterEntry { record, .. } in registers.read::<Attestation>().entries {
        if let (Some(module), Some(on)) = (record.module.0, record.done_on)
            && on >= since
            && record.edition == Some(EDITION)
        {
            let last = done.entry((record.person.0, module.code())).or_insert(on);
            *last = on.max(*last);
        }
    }
    done
}

/// Checks the answers to a module's questions; returns how many are right. If all are, an
/// attestation is stored.
pub async fn answer(
    app: &App,
    actor: &Actor,
    module: Module,
    answers: &[String],
) -> Result<u32, OperationError> {
    let right = module.right_of(answers);
    let today = now(app).today;
    let was_done = own(app, actor).await?.contains(&(module, Some(today)));
    // At most one attestation a day, so that repeated answers do not fill the register.
    if usize::try_from(right) == Ok(QUESTIONS) && !was_done {
        let organisation = organisation_of(&app.gateway().rules(), actor);
        let organisation = organisation
            .as_ref()
            .map(OrganisationId::as_str)
            .unwrap_or_default();
        let fields = [
            ("module", module.code().to_owned()),
            ("edition", EDITION.to_string()),
            ("person", actor.account.to_string()),
            ("organisation", organisation.to_owned()),
            ("done-on", today.to_string()),
            ("right", right.to_string()),
        ];
        keep(app, actor, RegisterKind::Attestation, fields).await?;
    }
    Ok(right)
}

async fn keep<const N: usize>(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    fields: [(&str, String); N],
) -> Result<(), OperationError> {
    write(app, actor, kind, None, &values_of(fields)).await?;
    Ok(())
}

/// The completed modules of each person, for officers and for those who lead an organisation.
pub async fn everybody(app: &App, actor: &Actor) -> Result<Vec<Learner>, OperationError> {
    require(actor.role.oversees())?;
    let registers = in_force(app).await?;
    let rules = app.gateway().rules();
    let own = organisation_of(&rules, actor);
    let done = done(&registers, now(app).today);
    let theirs = rules.directory.iter().filter(|(_, record)| {
        !record.is_suspended
            && (actor.role.can_watch() || Some(&record.organisation) == own.as_ref())
    });
    let mut learners: Vec<Learner> = theirs
        .map(|(account, record)| Learner {
            account: account.to_string(),
            organisation: record.organisation.to_string(),
            done: Module::ALL
                .iter()
                .map(|module| done.get(&(account.to_string(), module.code())).copied())
                .collect(),
        })
        .collect();
    learners.sort_by(|a, b| (&a.organisation, &a.account).cmp(&(&b.organisation, &b.account)));
    Ok(learners)
}

/// One person and their completed modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learner {
    pub account: String,
    pub organisation: String,
    /// In the order of the modules.
    pub done: Vec<Option<Date>>,
}

/// A document, and when the actor read it.
#[derive(Clone, Debug)]
pub struct ReadingTask {
    pub id: String,
    pub document: Document,
    pub read_on: Option<Date>,
}

/// The approved documents that the actor must read, and when they confirmed it for this edition.
pub async fn documents(app: &App, actor: &Actor) -> Result<Vec<ReadingTask>, OperationError> {
    let registers = in_force(app).await?;
    // A receipt that cannot be read confirms nothing; a document that cannot be read has no known
    // readers, and its officers see that in the contradictions.
    let receipts = registers.read::<Receipt>().entries;
    let is_operator = actor.role.reads_isms();
    let is_for = |audience: Option<Audience>| match audience {
        Some(Audience::Everybody) => true,
        Some(Audience::Operator) => is_operator,
        Some(Audience::Partners) => !is_operator,
        None => false,
    };
    let all = registers.read::<Document>().entries.into_iter();
    let own = all.filter(|one| one.record.approved_on.is_some() && is_for(one.record.audience.0));
    Ok(own
        .map(|one| {
            let read = receipts.iter().filter(|receipt| {
                receipt.record.reader.0 == actor.account.as_str()
                    && receipt.record.document.0.as_ref() == Some(&one.id)
                    && receipt.record.edition == one.record.edition
                    && is_of_this_content(&receipt.record, &one.record)
            });
            ReadingTask {
                read_on: read.filter_map(|receipt| receipt.record.read_on).max(),
                id: one.id,
                document: one.record,
            }
        })
        .collect())
}

/// True for a receipt of the file or text that the document now has. Those of before 0.2 name an
/// edition alone.
pub(super) fn is_of_this_content(receipt: &Receipt, document: &Document) -> bool {
    receipt.content.0.is_empty() || receipt.content.0 == content_hash(document)
}

/// The hash of what there is to read: the file, or the text; empty without either.
fn content_hash(document: &Document) -> String {
    match (document.file.0.as_str(), document.text.0.as_str()) {
        ("", "") => String::new(),
        ("", text) => sha256(text),
        (file, _) => file.to_owned(),
    }
}

/// Confirms that the actor read the current edition of a document.
///
/// # Errors
/// `FileAltered` when its file is not the one that was kept: nobody read what was approved.
pub async fn read(app: &App, actor: &Actor, id: &str) -> Result<(), OperationError> {
    let found = documents(app, actor)
        .await?
        .into_iter()
        .find(|one| one.id == id);
    let one = found.ok_or(OperationError::NotFound("document"))?;
    if one.read_on.is_some() {
        return Err(OperationError::Conflict);
    }
    let content = content_hash(&one.document);
    if one.document.file.0.is_empty() {
        must_be_last(app, id).await?;
    } else {
        content_of(app, id).await?;
    }
    let fields = [
        ("document", id.to_owned()),
        ("edition", one.document.edition.0),
        ("reader", actor.account.to_string()),
        ("read-on", now(app).today.to_string()),
        ("content", content),
    ];
    keep(app, actor, RegisterKind::Receipt, fields).await
}

/// Checks a document without a file: its record is all that there is to read.
async fn must_be_last(app: &App, id: &str) -> Result<(), OperationError> {
    let (document, found) = settled_record(app, RegisterKind::Document, id).await?;
    if found.is_uncontradicted() {
        return Ok(());
    }
    let one = RecordDifference {
        kind: StoredKind::Record,
        name: document.id,
        fault: StoredFault::Differs,
    };
    Err(OperationError::Unconfirmed(vec![one.to_code()]))
}

/// Attaches the file of a document: its hash is in the record.
pub async fn attach(
    app: &App,
    actor: &Actor,
    id: &str,
    name: &str,
    bytes: &[u8],
) -> Result<(), OperationError> {
    actor.must_govern()?;
    let registers = in_force(app).await?;
    let known = registers
        .find(RegisterKind::Document, id)
        .ok_or(OperationError::NotFound("record"))?;
    let mut values = known.values.clone();
    // The file before the record: a crash in between leaves a file that no record names, which does
    // no harm.
    let file = attachments::keep(app, actor, &attachment_of(id), name, bytes).await?;
    values.insert("file".to_owned(), vec![file.hash]);
    save(app, actor, RegisterKind::Document, Some(id), &values).await?;
    Ok(())
}

/// The file of a document, for its readers and for officers. To others it does not exist.
pub async fn file(app: &App, actor: &Actor, id: &str) -> Result<(String, Vec<u8>), OperationError> {
    let registers = in_force(app).await?;
    let document = registers
        .read::<Document>()
        .entries
        .into_iter()
        .find(|one| one.id == id);
    let document = document.ok_or(OperationError::NotFound("file"))?;
    let may =
        actor.role.reads_isms() || documents(app, actor).await?.iter().any(|one| one.id == id);
    require(may && !document.record.file.0.is_empty())
        .map_err(|_| OperationError::NotFound("file"))?;
    let (file, bytes) = content_of(app, id).await?;
    let kept = app.store().files(&attachment_of(id)).await?;
    let name = kept.into_iter().find(|one| one.hash == file.hash());
    Ok((name.map_or_else(|| id.to_owned(), |one| one.name), bytes))
}

/// The file of a document, compared with the journal.
async fn content_of(app: &App, id: &str) -> Result<(JournalledFile, Vec<u8>), OperationError> {
    let file = document_files::of_document(app, id).await?;
    let bytes = digue_evidence::stored_files::read(app, &attachment_of(id), &file).await?;
    Ok((file, bytes))
}

/// What is wrong with the file of a document; `None` for the one that was kept, and without any.
pub async fn file_fault(
    app: &App,
    actor: &Actor,
    id: &str,
) -> Result<Option<StoredFault>, OperationError> {
    must_read(actor)?;
    let registers = in_force(app).await?;
    match content_of(app, id).await {
        Ok(_) => Ok(None),
        Err(OperationError::FileAltered(_)) => Ok(Some(StoredFault::Differs)),
        // A document that has no file names none.
        Err(OperationError::NotFound(_)) => {
            let document = registers.find(RegisterKind::Document, id);
            let has_file = document.is_some_and(|one| one.values.contains_key("file"));
            Ok(has_file.then_some(StoredFault::Missing))
        }
        Err(error) => Err(error),
    }
}
