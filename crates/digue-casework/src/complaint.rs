//! The document for a criminal complaint: who complains, whose account it was, what happened when
//! and from where, the losses, and how to verify the evidence.

use std::collections::{BTreeMap, BTreeSet};

use digue_app::{App, OperationError};
use digue_documents::{Document, DocumentBlock};
use digue_evidence::checkpoints::covering_now;
use digue_evidence::watch::read_entries;
use digue_response::affected::AffectedVersion;
use digue_response::claim::Happening;
use digue_response::notification::Field;
use digue_response::{Incident, IncidentNote};
use digue_types::visible::is_blank;
use digue_types::{AccountId, Event, Subject, Timestamp};

use crate::incidents::IncidentView;
use crate::notification;
use crate::paper_reader::PaperReader;
use crate::subject_names::OrganisationNames;

/// The most consultations whose addresses are read: a page waits for each of them.
const VISITS_MAX: usize = 500;
/// The most receipts of one file; the log cites the others by number.
const RECEIPTS_MAX: usize = 500;
/// The file of the archive with every command.
pub(crate) const INSTRUCTIONS: &str = "VERIFICATION.txt";

/// The document of an incident.
///
/// # Errors
/// `Unavailable` when the store, the journal or the index cannot be read: a complaint without what
/// they hold would pass for complete.
pub(crate) async fn document(
    app: &App,
    view: &IncidentView,
    reader: &PaperReader,
    cited: &CitedEntries,
) -> Result<Document, OperationError> {
    let mut blocks = vec![
        DocumentBlock::Quiet(reader.zone_line()),
        DocumentBlock::Heading(reader.say("complaint-plaintiff")),
    ];
    blocks.extend(plaintiff(app, view, reader));
    blocks.push(DocumentBlock::Heading(reader.say("complaint-facts")));
    blocks.push(DocumentBlock::Paragraph(view.incident.title.clone()));
    blocks.push(DocumentBlock::Paragraph(reader.happened(&view.incident)));
    let claims = reader.claims_to_authorities(view).into_iter();
    blocks.extend(claims.map(DocumentBlock::Paragraph));
    blocks.push(DocumentBlock::Heading(reader.say("complaint-times")));
    blocks.extend(times(&view.incident, reader));
    blocks.push(DocumentBlock::Heading(reader.say("complaint-holder")));
    blocks.extend(holder(app, view, reader).await?);
    blocks.push(DocumentBlock::Heading(reader.say("complaint-addresses")));
    blocks.extend(addresses(app, view, reader).await?);
    blocks.push(DocumentBlock::Heading(reader.say("complaint-persons")));
    blocks.extend(persons(view, reader));
    blocks.push(DocumentBlock::Heading(reader.say("complaint-losses")));
    blocks.extend(losses(view, reader));
    blocks.push(DocumentBlock::Heading(reader.say("incident-log")));
    blocks.push(log(view, reader));
    blocks.push(DocumentBlock::Heading(reader.say("complaint-evidence")));
    blocks.extend(evidence(app, view, reader, cited));
    Ok(Document {
        title: format!("{} – {}", reader.say("complaint-title"), view.reference()),
        language: reader.language.code(),
        foot: view.reference(),
        blocks,
        ..Document::default()
    })
}

/// A line of what is known; an empty value is said to be unknown.
fn pair(reader: &PaperReader, key: &str, value: impl Into<String>) -> DocumentBlock {
    let value = value.into();
    let known = if is_blank(&value) {
        reader.say("paper-unknown")
    } else {
        value
    };
    DocumentBlock::Pair(reader.say(key), known)
}

/// Who complains of which offence, and who speaks for them.
fn plaintiff(app: &App, view: &IncidentView, reader: &PaperReader) -> Vec<DocumentBlock> {
    let controller = notification::controller(app, reader.language);
    let offence = complaint_by(view.incident.happening());
    vec![
        DocumentBlock::Paragraph(reader.say1(offence, "body", controller.name)),
        pair(reader, "complaint-represented", controller.contact),
        pair(reader, "complaint-telephone", controller.phone),
        pair(reader, "complaint-mail", controller.mail),
    ]
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

fn times(incident: &Incident, reader: &PaperReader) -> Vec<DocumentBlock> {
    let moments = incident.moments().into_iter();
    let known = moments.filter_map(|(name, at)| Some((name, at?)));
    known
        .map(|(name, at)| {
            DocumentBlock::Pair(reader.say(&format!("moment-{name}")), reader.spelled(at))
        })
        .collect()
}

/// The account that the incident is about.
fn account_of(view: &IncidentView) -> Option<AccountId> {
    match view.incident.about.clone().canonical() {
        Subject::Account(account) => Some(account),
        _ => None,
    }
}

/// The holder of the account, as the directory has them.
async fn holder(
    app: &App,
    view: &IncidentView,
    reader: &PaperReader,
) -> Result<Vec<DocumentBlock>, OperationError> {
    let Some(account) = account_of(view) else {
        let none = reader.say("complaint-holder-none");
        return Ok(vec![DocumentBlock::Paragraph(none)]);
    };
    let holder = app.store().holders().await?.remove(&account);
    let mail = app.store().contacts().await?.remove(&account);
    let rules = app.gateway().rules();
    let organisation = match rules.directory.find(&account) {
        Some(record) => OrganisationNames::read(app)
            .await?
            .name(&record.organisation),
        None => String::new(),
    };
    let mut blocks = Vec::new();
    if holder.is_none() {
        let unknown = reader.say1("complaint-holder-unknown", "account", &account);
        blocks.push(DocumentBlock::Paragraph(unknown));
    }
    blocks.push(pair(reader, "complaint-account", account.to_string()));
    if let Some(holder) = holder {
        blocks.extend([
            pair(reader, "complaint-name", holder.name),
            pair(reader, "complaint-job", holder.job),
            pair(reader, "complaint-telephone", holder.telephone),
        ]);
    }
    blocks.extend([
        pair(reader, "complaint-organisation", organisation),
        pair(reader, "complaint-mail", mail.unwrap_or_default()),
    ]);
    Ok(blocks)
}

/// What one address did.
struct AddressVisits {
    visits: usize,
    first: (u64, Timestamp),
    last: (u64, Timestamp),
    agent: String,
}

/// The addresses from which the account read records while it happened.
async fn addresses(
    app: &App,
    view: &IncidentView,
    reader: &PaperReader,
) -> Result<Vec<DocumentBlock>, OperationError> {
    let Some(account) = account_of(view) else {
        let none = reader.say("complaint-holder-none");
        return Ok(vec![DocumentBlock::Paragraph(none)]);
    };
    let Some((from, to)) = view.incident.occurred else {
        let unknown = reader.say("complaint-addresses-no-period");
        return Ok(vec![DocumentBlock::Paragraph(unknown)]);
    };
    let (index, until) = (app.view(), to.unwrap_or(view.now));
    let read = app.blocking(move || index.exposures_between(&account, from, until, VISITS_MAX));
    let visits = app.answered(read.await?)?;
    let mut seen: BTreeMap<String, AddressVisits> = BTreeMap::new();
    for visit in &visits {
        let entry = read_entries(app, visit.entry, 1).await?.into_iter().next();
        // An entry that no checkpoint covers yet cannot be cited.
        let Some((number, Event::Exposure(exposure))) = entry else {
            continue;
        };
        let at = (number, exposure.at);
        let of_address = seen.entry(exposure.client.ip.clone());
        let known = of_address.or_insert_with(|| AddressVisits {
            visits: 0,
            first: at,
            last: at,
            agent: exposure.client.user_agent.clone(),
        });
        known.visits += 1;
        known.first = known.first.min(at);
        known.last = known.last.max(at);
    }
    if seen.is_empty() {
        let none = reader.say("complaint-addresses-none");
        return Ok(vec![DocumentBlock::Paragraph(none)]);
    }
    let when = [
        ("from", reader.spelled(from)),
        ("to", reader.spelled(until)),
    ];
    let when = reader.sentence("complaint-between", &when);
    let explain = reader.say1("complaint-addresses-explain", "when", when);
    let mut blocks = vec![DocumentBlock::Paragraph(explain)];
    if visits.len() == VISITS_MAX {
        let count = digue_locales::number(reader.language, VISITS_MAX as u64);
        blocks.push(DocumentBlock::Paragraph(reader.say1(
            "complaint-addresses-some",
            "count",
            count,
        )));
    }
    blocks.push(address_table(seen, reader));
    Ok(blocks)
}

fn address_table(seen: BTreeMap<String, AddressVisits>, reader: &PaperReader) -> DocumentBlock {
    let header = [
        "complaint-address",
        "complaint-visits",
        "complaint-first",
        "complaint-last",
        "complaint-agent",
        "complaint-entries",
    ];
    let rows = seen.into_iter().map(|(address, visits)| {
        let AddressVisits {
            visits,
            first,
            last,
            agent,
        } = visits;
        vec![
            address,
            digue_locales::number(reader.language, visits as u64),
            reader.moment(first.1),
            reader.moment(last.1),
            agent,
            format!("{} – {}", first.0, last.0),
        ]
    });
    DocumentBlock::Table {
        header: header.map(|key| reader.say(key)).to_vec(),
        rows: rows.collect(),
    }
}

/// The persons: how many, and the list that names them.
fn persons(view: &IncidentView, reader: &PaperReader) -> Vec<DocumentBlock> {
    let counted = reader.persons(view.incident.affected());
    let mut blocks = vec![pair(reader, "incident-persons", counted)];
    let fewer = reader.all_left_out(&view.incident).into_iter();
    blocks.extend(fewer.map(DocumentBlock::Paragraph));
    match listed(view) {
        Some(version) => {
            let list = list_name(version);
            let said = reader.say1("complaint-persons-listed", "list", list);
            blocks.push(pair(reader, "affected-hash", version.hash.clone()));
            blocks.push(pair(
                reader,
                "affected-checkpoint",
                version.checkpoint.clone(),
            ));
            blocks.push(DocumentBlock::Paragraph(said));
        }
        None => blocks.push(DocumentBlock::Paragraph(
            reader.say("complaint-persons-unlisted"),
        )),
    }
    blocks
}

/// What was lost, as far as it is measured; what is not is said to be open.
fn losses(view: &IncidentView, reader: &PaperReader) -> Vec<DocumentBlock> {
    let incident = &view.incident;
    let affected = incident.affected();
    let records = affected
        .filter(|version| version.records > 0)
        .map(|version| digue_locales::number(reader.language, version.records));
    let categories: Option<Vec<String>> =
        affected.map(|version| version.by_category.keys().cloned().collect());
    let kinds = reader.kinds(categories.unwrap_or_default()).join(", ");
    let notices = incident.notified_or_notices().addressed();
    let mut blocks = vec![
        pair(
            reader,
            "complaint-losses-records",
            records.unwrap_or_default(),
        ),
        pair(reader, "complaint-losses-kinds", kinds),
    ];
    if let Some(harms) = incident.fields.get(&Field::Harms) {
        let said = reader.value(Field::Harms, &harms.what);
        blocks.push(pair(reader, Field::Harms.key(), said));
    }
    if notices > 0 {
        let count = digue_locales::number(reader.language, notices);
        blocks.push(pair(reader, "complaint-losses-notices", count));
    }
    blocks.push(pair(
        reader,
        "complaint-losses-amount",
        reader.say("complaint-losses-amount-unknown"),
    ));
    blocks
}

fn log(view: &IncidentView, reader: &PaperReader) -> DocumentBlock {
    let header =
        ["column-number", "column-happened", "column-by", "log-text"].map(|key| reader.say(key));
    let rows = view.entries.iter().filter_map(|entry| {
        let text = reader.logged(&entry.note)?;
        Some(vec![
            entry.number.to_string(),
            reader.moment(entry.at),
            entry.author.clone(),
            text,
        ])
    });
    DocumentBlock::Table {
        header: header.to_vec(),
        rows: rows.collect(),
    }
}

fn evidence(
    app: &App,
    view: &IncidentView,
    reader: &PaperReader,
    cited: &CitedEntries,
) -> Vec<DocumentBlock> {
    let enclosed = if listed(view).is_some() {
        "complaint-evidence-with-list"
    } else {
        "complaint-evidence-receipts"
    };
    let steps = verification(app, view, reader, cited);
    let mut blocks = vec![DocumentBlock::Paragraph(reader.say(enclosed))];
    let without = cited.without_receipt(reader).into_iter();
    blocks.extend(without.map(DocumentBlock::Paragraph));
    for (number, step) in (1..).zip(&steps) {
        // One command shows the form; hundreds of them are in the file.
        let shown = step.commands.first();
        let text = [&step.says].into_iter().chain(shown);
        let text = text.map(String::as_str).collect::<Vec<_>>().join("\n");
        blocks.push(DocumentBlock::Point(Some(number), text));
    }
    blocks.push(DocumentBlock::Paragraph(reader.say1(
        "complaint-commands",
        "file",
        INSTRUCTIONS,
    )));
    blocks
}

/// A step of the verification, with the commands that do it in the folder of the archive.
pub(crate) struct VerificationStep {
    says: String,
    commands: Vec<String>,
}

/// How to verify the evidence: the commands name the files that the archive holds, and no other.
fn verification(
    app: &App,
    view: &IncidentView,
    reader: &PaperReader,
    cited: &CitedEntries,
) -> Vec<VerificationStep> {
    let body = notification::controller(app, reader.language).name;
    let step = |key: &str, commands| VerificationStep {
        says: reader.say1(key, "body", &body),
        commands,
    };
    let list = listed(view).map(|version| {
        let command = format!("digue scope check {} --key journal.pub", list_name(version));
        step("complaint-verify-list", vec![command])
    });
    let receipts: Vec<String> = cited
        .proved
        .iter()
        .map(|entry| {
            format!(
                "digue journal receipt {} --key journal.pub",
                receipt_name(*entry)
            )
        })
        .collect();
    let receipts = (!receipts.is_empty()).then(|| step("complaint-verify-receipt", receipts));
    [step("complaint-verify-install", Vec::new())]
        .into_iter()
        .chain([step("complaint-verify-key", Vec::new())])
        .chain(list)
        .chain(receipts)
        .chain([step("complaint-verify-good", Vec::new())])
        .collect()
}

/// The text of the instructions; a command stands on a line of its own, indented.
pub(crate) fn instructions(
    app: &App,
    view: &IncidentView,
    reader: &PaperReader,
    cited: &CitedEntries,
) -> String {
    let steps = (1..)
        .zip(verification(app, view, reader, cited))
        .map(|(number, step)| {
            let commands = step
                .commands
                .iter()
                .map(|command| format!("\n    {command}"));
            format!("{number}. {}{}\n", step.says, commands.collect::<String>())
        });
    steps.collect::<Vec<_>>().join("\n")
}

/// The last version with a signed list.
pub(crate) fn listed(view: &IncidentView) -> Option<&AffectedVersion> {
    // The last with a list: a version that was only stated has nothing to verify.
    view.incident
        .affected
        .iter()
        .rfind(|version| version.has_list())
}

/// The name of a signed list in the archive.
pub(crate) fn list_name(version: &AffectedVersion) -> String {
    format!("list-{}.ndjson", version.number)
}

/// The name of a receipt in the archive.
pub(crate) fn receipt_name(entry: u64) -> String {
    format!("receipts/{entry}.txt")
}

/// The journal entries that the log cites, each once. Read once for a paper and its archive: what
/// the paper names, the archive holds.
#[derive(Default)]
pub(crate) struct CitedEntries {
    /// A receipt proves them.
    pub(crate) proved: Vec<u64>,
    /// No signed checkpoint covers them yet.
    uncovered: Vec<u64>,
    /// They were erased at the end of their retention.
    pruned: Vec<u64>,
    /// Further ones: each receipt discloses a whole response with its persons, and a case file can
    /// use only so many.
    beyond: Vec<u64>,
}

impl CitedEntries {
    /// Signs a checkpoint where the last one leaves cited entries out.
    pub(crate) async fn read(app: &App, view: &IncidentView) -> Self {
        let covered = covering_now(app).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "No checkpoint covers the last entries; the paper names those without receipt");
            app.journal_status().checkpoint_size
        });
        let minimum = app.journal_minimum();
        let mut cited = Self::default();
        for entry in named_entries(view) {
            let of = match entry {
                entry if entry < minimum => &mut cited.pruned,
                entry if entry >= covered => &mut cited.uncovered,
                _ if cited.proved.len() >= RECEIPTS_MAX => &mut cited.beyond,
                _ => &mut cited.proved,
            };
            of.push(entry);
        }
        cited
    }

    /// What has no receipt, in words.
    fn without_receipt(&self, reader: &PaperReader) -> Vec<String> {
        let all = [
            ("complaint-uncovered", &self.uncovered),
            ("complaint-pruned", &self.pruned),
            ("complaint-beyond", &self.beyond),
        ];
        let named = all.into_iter().filter(|(_, entries)| !entries.is_empty());
        let sentence = |(key, entries): (&str, &Vec<u64>)| {
            let entries: Vec<String> = entries.iter().map(u64::to_string).collect();
            reader.say1(key, "entries", entries.join(", "))
        };
        named.map(sentence).collect()
    }
}

/// The entries that the log names, and the one that opened the incident, ascending.
fn named_entries(view: &IncidentView) -> BTreeSet<u64> {
    let named = view.entries.iter().filter_map(|entry| match &entry.note {
        IncidentNote::Seen { journal, .. } => Some(*journal).filter(|journal| *journal > 0),
        IncidentNote::Said { journal, .. } => *journal,
        _ => None,
    });
    named.chain([view.record.journal]).collect()
}
