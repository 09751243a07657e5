//! `digue scope` and `digue seen`: who was shown, to whom, and the list that proves it.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use digue_app::indexing;
use digue_evidence::affected::{self, SignedList};
use digue_evidence::entry::sight_json;
use digue_evidence::scope::unknown_sessions;
use digue_evidence::table::{Columns, CsvTable, ParquetTable, Table, TableCell, TableColumnKind};
use digue_exposure::{Affected, Index, ScopeAnswer, ScopeQuestion, Sight};
use digue_journal::note::Verifier;
use digue_journal::proof::Prover;
use digue_locales::Value;
use digue_types::{PersonRef, Timestamp};
use serde_json::json;

use super::Done;
use super::export::writer;
use super::place::{JournalReading, key_of, moment, signer_of};
use crate::cli::evidence::{AnswerFormat, JournalPlace, ScopeArguments};
use digue_terminal::Progress;
use digue_terminal::{BAD, GOOD, Output};

/// Parses the question as it was typed.
fn question_of(arguments: &ScopeArguments) -> Result<ScopeQuestion> {
    let networks = arguments.networks.iter().map(|text| network(text));
    Ok(ScopeQuestion {
        accounts: all(&arguments.accounts)?,
        organisations: all(&arguments.organisations)?,
        portals: all(&arguments.portals)?,
        routes: all(&arguments.routes)?,
        sessions: all(&arguments.sessions)?,
        networks: networks.collect::<Result<_>>()?,
        from: arguments.from.as_deref().map(moment).transpose()?,
        to: arguments.to.as_deref().map(moment).transpose()?,
        before_entry: None,
    })
}

fn all<T: std::str::FromStr>(texts: &[String]) -> Result<Vec<T>>
where
    T::Err: std::fmt::Display,
{
    texts
        .iter()
        .map(|text| text.parse().map_err(|error| anyhow!("{text}: {error}")))
        .collect()
}

/// The sentence for a name that the journal does not know.
fn sentence(out: &Output, key: &str, name: &str) -> String {
    digue_locales::text_with(out.language, key, &[("name", Value::from(name))])
}

/// A network, or one address.
fn network(text: &str) -> Result<ipnet::IpNet> {
    let address = text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
    address
        .or_else(|_| text.parse())
        .map_err(|_| anyhow!("{text}: 192.0.2.0/24 | 2001:db8::/32"))
}

pub(super) fn run(
    out: &Output,
    place: &JournalPlace,
    arguments: &ScopeArguments,
    form: AnswerFormat,
    file: Option<&Path>,
    counts: bool,
) -> Done {
    let question = question_of(arguments)?;
    if question.is_of_no_time() {
        return Err(anyhow!(digue_locales::text(out.language, "invalid-period")));
    }
    let reading = JournalReading::open(place)?;
    let view = reading.index(place)?.view();
    // Only entries under the checkpoint: later ones could not be verified with it.
    let question = ScopeQuestion {
        before_entry: Some(reading.head.size),
        ..question
    };
    // A name that no entry knows is most likely misspelt: "0 persons" would be a wrong answer.
    let mut unknown = view.unknown(&question, &|_| false);
    unknown.extend(unknown_sessions(&view, &question)?);
    if !unknown.is_empty() {
        return Err(anyhow!(sentence(out, "scope-unknown", &unknown.join(", "))));
    }
    if counts {
        out.line(&view.count(&question)?.to_string());
        return Ok(GOOD);
    }
    let answer = view.answer(&question, &mut |_| {})?;
    let now = Timestamp::from_micros(jiff::Timestamp::now().as_microsecond());
    let head = affected::head(&question, &answer, &reading.note, now);
    match form {
        AnswerFormat::Words => {
            summary(out, &answer, &reading);
            return Ok(GOOD);
        }
        AnswerFormat::Signed => {
            let signer = signer_of(place, &reading.key)?;
            let sign = |text: &str| signer.sign(text);
            affected::write(
                &mut *writer(file)?,
                &head,
                &answer,
                &reading.head.origin,
                &sign,
            )?;
        }
        AnswerFormat::Csv | AnswerFormat::Parquet => write_table(
            out,
            form,
            file,
            AFFECTED_COLUMNS,
            answer.persons.iter().map(row),
        )?,
        AnswerFormat::Json | AnswerFormat::Ocsf => {
            let mut sink = writer(file)?;
            writeln!(sink, "{head}")?;
            for person in &answer.persons {
                writeln!(sink, "{}", affected::person_line(person))?;
            }
            sink.flush()?;
        }
    }
    if file.is_some() {
        summary(out, &answer, &reading);
    }
    Ok(GOOD)
}

fn summary(out: &Output, answer: &ScopeAnswer, reading: &JournalReading) {
    let quality = answer.quality;
    let bound = digue_locales::text(
        out.language,
        &format!("scope-{}", affected::bound(answer).code()),
    );
    let values = [
        ("persons", Value::from(answer.persons.len())),
        ("exposures", Value::from(answer.exposures)),
        ("bound", Value::from(bound)),
    ];
    out.say("scope-summary", &values);
    for (key, count) in [
        ("scope-uninspected", quality.uninspected),
        ("scope-unseen", quality.unseen),
        ("scope-presumed", quality.presumed),
        ("scope-swept", quality.swept),
        ("scope-unmatched", affected::unmerged(answer)),
    ] {
        if count > 0 {
            out.say(key, &[("count", Value::from(count))]);
        }
    }
    let first = answer.persons.iter().map(|one| one.first).min();
    let last = answer.persons.iter().map(|one| one.last).max();
    if let (Some(first), Some(last)) = (first, last) {
        let values = [
            ("first", Value::from(first.to_string())),
            ("last", Value::from(last.to_string())),
        ];
        out.say("scope-span", &values);
    }
    let values = [
        ("journal", Value::from(reading.head.origin.as_str())),
        ("size", Value::from(reading.head.size)),
    ];
    out.say("scope-checkpoint", &values);
}

const AFFECTED_COLUMNS: Columns = &[
    ("population", TableColumnKind::Text),
    ("person", TableColumnKind::Text),
    ("first", TableColumnKind::Moment),
    ("last", TableColumnKind::Moment),
    ("times", TableColumnKind::Number),
    ("categories", TableColumnKind::Text),
    ("entries", TableColumnKind::Text),
];

fn row(person: &Affected) -> Vec<TableCell> {
    let list = |value: serde_json::Value| TableCell::Text(value.to_string());
    vec![
        (&person.population).into(),
        (&person.person).into(),
        TableCell::Moment(person.first),
        TableCell::Moment(person.last),
        person.times.into(),
        list(json!(person.categories)),
        list(json!(person.entries)),
    ]
}

fn write_table(
    out: &Output,
    form: AnswerFormat,
    file: Option<&Path>,
    columns: Columns,
    rows: impl Iterator<Item = Vec<TableCell>>,
) -> Result<()> {
    let mut table: Box<dyn Table> = if form == AnswerFormat::Parquet {
        let file =
            // Parquet ends with its index, and needs a file that can be read from the end.
            file.ok_or_else(|| anyhow!(digue_locales::text(out.language, "out-parquet-needs-file")))?;
        Box::new(ParquetTable::new(writer(Some(file))?, columns)?)
    } else {
        Box::new(CsvTable::new(writer(file)?, columns)?)
    };
    for row in rows {
        table.row(row)?;
    }
    Ok(table.finish()?)
}

fn write_lines(file: Option<&Path>, lines: impl Iterator<Item = String>) -> Result<()> {
    let mut sink = writer(file)?;
    for line in lines {
        writeln!(sink, "{line}")?;
    }
    Ok(sink.flush()?)
}

/// A summary goes to the terminal: a file that was asked for must not be missing in silence.
fn refuse_file(out: &Output, file: Option<&Path>) -> Done {
    match file {
        Some(_) => Err(anyhow!(digue_locales::text(out.language, "out-needs-form"))),
        None => Ok(GOOD),
    }
}

fn read(
    key: &Verifier,
    path: &Path,
) -> Result<std::result::Result<SignedList, affected::AffectedError>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    match affected::read(BufReader::new(file), key) {
        Err(affected::AffectedError::Disk(error)) => Err(error.into()),
        read => Ok(read),
    }
}

/// Why a list is none, in the reader's words.
fn cause(out: &Output, error: &affected::AffectedError) -> String {
    use affected::AffectedError;
    match error {
        AffectedError::Malformed { line, .. } => {
            out.text_of("list-fault-line", &[("line", Value::from(*line))])
        }
        AffectedError::Changed => out.text_of("list-fault-changed", &[]),
        AffectedError::Signature(_) => out.text_of("list-fault-signature", &[]),
        AffectedError::Checkpoint(_) => out.text_of("list-fault-checkpoint", &[]),
        AffectedError::Disk(error) => error.to_string(),
    }
}

/// Checks signature and checkpoint, and computes every line again.
pub(super) fn check(out: &Output, place: &JournalPlace, path: &Path, from_journal: bool) -> Done {
    let is_elsewhere = !place.is_named && !place.folder.is_dir();
    if is_elsewhere && place.key.is_some() && !from_journal {
        return check_without_journal(out, &key_of(place)?, path);
    }
    let reading = JournalReading::open(place)?;
    let list = match read(&reading.key, path)? {
        Ok(list) => list,
        Err(error) => {
            out.say(
                "scope-check-bad",
                &[("cause", Value::from(cause(out, &error)))],
            );
            return Ok(BAD);
        }
    };
    let size = list.checkpoint.size;
    let is_prefix = size <= reading.head.size
        // The list's own checkpoint must be a state of this journal: otherwise it was made from
        // another one, or this one was rewritten.
        && Prover::new(&reading.disk, reading.head.size).root(size)? == list.checkpoint.root;
    if !is_prefix {
        out.say("scope-check-rewritten", &[("size", Value::from(size))]);
        return Ok(BAD);
    }
    let index = if from_journal {
        from_scratch(&reading, size)?
    } else {
        reading.index(place)?
    };
    let again = index.view().answer(&list.question, &mut |_| {})?;
    let difference = affected::compare(&list, &again);
    if !difference.is_none() {
        out.say("scope-check-different", &[]);
        difference
            .missing
            .iter()
            .for_each(|line| out.line(&format!("- {line}")));
        difference
            .unknown
            .iter()
            .for_each(|line| out.line(&format!("+ {line}")));
        return Ok(BAD);
    }
    let values = [
        ("persons", Value::from(list.lines.len())),
        ("size", Value::from(size)),
        ("at", Value::from(list.computed_at.as_str())),
    ];
    out.say("scope-check-good", &values);
    Ok(GOOD)
}

/// For a list that was handed on without the journal: verifies what is signed, and says that
/// nothing was computed again.
fn check_without_journal(out: &Output, key: &Verifier, path: &Path) -> Done {
    match read(key, path)? {
        Ok(list) => {
            let values = [
                ("persons", Value::from(list.lines.len())),
                ("size", Value::from(list.checkpoint.size)),
                ("at", Value::from(list.computed_at.as_str())),
            ];
            out.say("scope-check-signed", &values);
            Ok(GOOD)
        }
        Err(error) => {
            out.say(
                "scope-check-bad",
                &[("cause", Value::from(cause(out, &error)))],
            );
            Ok(BAD)
        }
    }
}

/// An index that trusts nothing stored: every entry is read again.
fn from_scratch(reading: &JournalReading, size: u64) -> Result<Index> {
    let mut index = Index::new();
    let mut progress = Progress::default();
    reading.each(0, size, &mut |entry, opened| {
        progress.show(entry, size);
        indexing::take(&mut index, entry, opened);
        Ok(())
    })?;
    index.skip_to(size);
    Ok(index)
}

pub(super) fn compare(
    out: &Output,
    place: &JournalPlace,
    (first, second): (&Path, &Path),
    form: AnswerFormat,
    file: Option<&Path>,
) -> Done {
    let reading = JournalReading::open(place)?;
    let (first, second) = (read(&reading.key, first)?, read(&reading.key, second)?);
    let (first, second) = match (first, second) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(error), _) | (_, Err(error)) => {
            out.say(
                "scope-check-bad",
                &[("cause", Value::from(cause(out, &error)))],
            );
            return Ok(BAD);
        }
    };
    let sets = affected::algebra(&first, &second)?;
    let named = [
        ("both", &sets.both),
        ("first", &sets.first_only),
        ("second", &sets.second_only),
    ];
    if form == AnswerFormat::Words || file.is_some() {
        for (name, set) in named {
            out.say(
                &format!("scope-compare-{name}"),
                &[("count", Value::from(set.len()))],
            );
        }
    }
    if form == AnswerFormat::Words {
        return refuse_file(out, file);
    }
    let rows = named
        .into_iter()
        .flat_map(|(name, set)| set.iter().map(move |one| (name, one)));
    if form == AnswerFormat::Csv {
        let columns: Columns = &[
            ("in", TableColumnKind::Text),
            ("population", TableColumnKind::Text),
            ("person", TableColumnKind::Text),
        ];
        let rows = rows.map(|(name, (population, person))| {
            vec![name.into(), population.into(), person.into()]
        });
        write_table(out, form, file, columns, rows)?;
    } else {
        let lines = rows.map(|(name, (population, person))| {
            json!({"in": name, "population": population, "person": person}).to_string()
        });
        write_lines(file, lines)?;
    }
    Ok(GOOD)
}

const SIGHT_COLUMNS: Columns = &[
    ("entry", TableColumnKind::Number),
    ("at", TableColumnKind::Moment),
    ("account", TableColumnKind::Text),
    ("organisation", TableColumnKind::Text),
    ("portal", TableColumnKind::Text),
    ("route", TableColumnKind::Text),
    ("basis", TableColumnKind::Text),
];

fn sight_row(sight: &Sight) -> Vec<TableCell> {
    vec![
        sight.entry.into(),
        TableCell::Moment(sight.at),
        (&sight.account).into(),
        (&sight.organisation).into(),
        (&sight.portal).into(),
        (&sight.route).into(),
        sight.basis.code().into(),
    ]
}

/// Everyone to whom this person was shown.
pub(super) fn seen(
    out: &Output,
    place: &JournalPlace,
    person: &str,
    form: AnswerFormat,
    file: Option<&Path>,
) -> Done {
    let person = PersonRef::parse(person)?;
    let reading = JournalReading::open(place)?;
    let view = reading.index(place)?.view();
    if !view.has_person(&person) {
        return Err(anyhow!(sentence(out, "seen-unknown", person.as_str())));
    }
    let sights = view.of_person(&person)?;
    match form {
        AnswerFormat::Csv | AnswerFormat::Parquet => {
            write_table(out, form, file, SIGHT_COLUMNS, sights.iter().map(sight_row))?;
        }
        AnswerFormat::Words | AnswerFormat::Signed => {
            let accounts: std::collections::BTreeSet<_> =
                sights.iter().map(|sight| &sight.account).collect();
            let values = [
                ("accounts", Value::from(accounts.len())),
                ("times", Value::from(sights.len())),
            ];
            out.say("seen-summary", &values);
            for sight in &sights {
                let basis =
                    digue_locales::text(out.language, &format!("basis-{}", sight.basis.code()));
                out.line(&format!(
                    "{:>10}  {}  {}  {}  {}/{}  {basis}",
                    sight.entry,
                    sight.at,
                    sight.account,
                    sight.organisation,
                    sight.portal,
                    sight.route
                ));
            }
            return refuse_file(out, file);
        }
        AnswerFormat::Json | AnswerFormat::Ocsf => {
            write_lines(
                file,
                sights.iter().map(|sight| sight_json(sight).to_string()),
            )?;
        }
    }
    Ok(GOOD)
}
