//! The affected list as a file: the question, the persons found, the entries that prove it, the
//! checkpoint at which it was computed, and the journal's signature over all of it.
//!
//! JSON lines: the head, one person a line, the seal. The same question at the same checkpoint
//! gives the same lines, so that anyone with the journal can recompute them.

use std::io::{self, BufRead, Write};

use digue_app::files::hex;
use digue_exposure::{Affected, CountBound, ScopeAnswer, ScopeQuestion};
use digue_journal::checkpoint::Checkpoint;
use digue_journal::note::{NoteError, Verifier};
use digue_types::Timestamp;
use ring::digest::{Context, SHA256};
use serde_json::{Value as Json, json};

const FORM: &str = "digue-scope-1";

/// The longest line: a person with a million entries.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// Why a file is not a valid list.
#[derive(Debug, thiserror::Error)]
pub enum AffectedError {
    #[error("line {line}: {what}")]
    Malformed { line: usize, what: &'static str },
    #[error("the lines are not those that were signed")]
    Changed,
    #[error("the signature: {0}")]
    Signature(NoteError),
    #[error("the checkpoint: {0}")]
    Checkpoint(NoteError),
    #[error("the file cannot be read")]
    Disk(#[from] io::Error),
}

/// A file that was read and whose signature holds.
#[derive(Debug)]
pub struct SignedList {
    pub question: ScopeQuestion,
    pub checkpoint: Checkpoint,
    pub computed_at: String,
    /// The lines of the persons, as in the file.
    pub lines: Vec<String>,
    pub head: Json,
}

/// A scope question in the form of the file and the API.
pub fn question_json(question: &ScopeQuestion) -> Json {
    let networks: Vec<String> = question.networks.iter().map(ToString::to_string).collect();
    json!({
        "accounts": question.accounts,
        "organisations": question.organisations,
        "portals": question.portals,
        "routes": question.routes,
        "sessions": question.sessions,
        "networks": networks,
        "from": question.from,
        "to": question.to,
    })
}

pub fn question_of(json: &Json) -> Option<ScopeQuestion> {
    fn list<T: std::str::FromStr>(json: &Json, name: &str) -> Option<Vec<T>> {
        json[name]
            .as_array()?
            .iter()
            .map(|item| item.as_str()?.parse().ok())
            .collect()
    }
    let moment = |name: &str| match &json[name] {
        Json::Null => Some(None),
        Json::String(text) => Timestamp::parse_rfc3339(text).map(Some),
        _ => None,
    };
    Some(ScopeQuestion {
        accounts: list(json, "accounts")?,
        organisations: list(json, "organisations")?,
        portals: list(json, "portals")?,
        routes: list(json, "routes")?,
        sessions: list(json, "sessions")?,
        networks: list(json, "networks")?,
        from: moment("from")?,
        to: moment("to")?,
        before_entry: None,
    })
}

/// One person as a line of the file.
pub fn person_line(person: &Affected) -> String {
    person_json(person).to_string()
}

/// One person in the form of the file and the API.
pub fn person_json(person: &Affected) -> Json {
    json!({
        "population": person.population,
        "person": person.person,
        "first": person.first,
        "last": person.last,
        "times": person.times,
        "categories": person.categories,
        "entries": person.entries,
    })
}

/// The number of persons named by an identifier of another kind. From the journal alone it is not
/// known whether the list contains them under their own identifier as well.
pub fn unmerged(answer: &ScopeAnswer) -> u64 {
    // Only an identifier of another kind carries its kind as a prefix; the portal's own has none.
    answer
        .persons
        .iter()
        .filter(|one| one.person.as_str().contains(':'))
        .count() as u64
}

/// Whether the lines of a list are exact, too few, too many, or an estimate.
pub fn bound(answer: &ScopeAnswer) -> CountBound {
    match answer.quality.bound() {
        CountBound::Exact if unmerged(answer) > 0 => CountBound::Upper,
        CountBound::Exact => CountBound::Exact,
        CountBound::Lower => CountBound::Lower,
        CountBound::Upper => CountBound::Upper,
        CountBound::Estimate => CountBound::Estimate,
    }
}

/// The head: everything but the persons.
pub fn head(
    question: &ScopeQuestion,
    answer: &ScopeAnswer,
    checkpoint: &str,
    now: Timestamp,
) -> Json {
    let quality = answer.quality;
    json!({
        "form": FORM,
        "question": question_json(question),
        "checkpoint": checkpoint,
        "computed_at": now,
        "persons": answer.persons.len(),
        "exposures": answer.exposures,
        "quality": bound(answer).code(),
        "uninspected_responses": quality.uninspected,
        "unseen_responses": quality.unseen,
        "presumed_exposures": quality.presumed,
        "pattern_exposures": quality.swept,
        "unmatched_identifiers": unmerged(answer),
    })
}

fn statement(origin: &str, digest: &str) -> String {
    format!("{FORM}\n{origin}\nsha256 {digest}\n")
}

/// Writes the file; `sign` signs a note with the journal's key, whose name is `origin`.
pub fn write(
    out: &mut dyn Write,
    head: &Json,
    answer: &ScopeAnswer,
    origin: &str,
    sign: &dyn Fn(&str) -> String,
) -> io::Result<()> {
    let mut digest = Context::new(&SHA256);
    let mut line = |text: &str, out: &mut dyn Write| {
        digest.update(text.as_bytes());
        digest.update(b"\n");
        writeln!(out, "{text}")
    };
    line(&head.to_string(), out)?;
    for person in &answer.persons {
        line(&person_line(person), out)?;
    }
    let digest = hex(digest.finish().as_ref());
    let signature = sign(&statement(origin, &digest));
    writeln!(out, "{}", json!({"sha256": digest, "signature": signature}))?;
    out.flush()
}

/// Reads a file and checks its signature with the journal's public key.
pub fn read(mut input: impl BufRead, key: &Verifier) -> Result<SignedList, AffectedError> {
    let mut lines: Vec<String> = Vec::new();
    loop {
        let mut line = String::new();
        // A limit on each line: the file comes from outside, and one without line ends would
        // otherwise be read into memory whole.
        let read = io::Read::take(&mut input, LINE_BYTES_MAX).read_line(&mut line)?;
        if read == 0 {
            break;
        }
        // A line cut at the limit has no end either, and must not be taken for a shorter one.
        if line.pop() != Some('\n') {
            return Err(AffectedError::Malformed {
                line: lines.len() + 1,
                what: "it has no end",
            });
        }
        lines.push(line);
    }
    let malformed = |line, what| AffectedError::Malformed { line, what };
    let seal = lines.pop().ok_or(malformed(1, "the file is empty"))?;
    let seal: Json =
        serde_json::from_str(&seal).map_err(|_| malformed(lines.len() + 1, "no seal"))?;
    let mut digest = Context::new(&SHA256);
    for line in &lines {
        digest.update(line.as_bytes());
        digest.update(b"\n");
    }
    let digest = hex(digest.finish().as_ref());
    let signature = seal["signature"]
        .as_str()
        .ok_or(malformed(lines.len() + 1, "no seal"))?;
    let text = key.open(signature).map_err(AffectedError::Signature)?;
    // Exactly two members: a third in the unsigned seal could pass for a signed statement.
    let is_plain = seal.as_object().is_some_and(|seal| seal.len() == 2);
    if text != statement(key.name(), &digest) || seal["sha256"] != digest.as_str() || !is_plain {
        // Compared as a whole, with the origin: a valid signature over something else must not
        // serve as this one.
        return Err(AffectedError::Changed);
    }
    if lines.is_empty() {
        return Err(malformed(1, "no head"));
    }
    let head: Json = serde_json::from_str(&lines.remove(0)).map_err(|_| malformed(1, "no JSON"))?;
    if head["form"] != FORM {
        return Err(malformed(1, "another form"));
    }
    let question = question_of(&head["question"]).ok_or(malformed(1, "the question"))?;
    let note = head["checkpoint"]
        .as_str()
        .ok_or(malformed(1, "no checkpoint"))?;
    // The checkpoint has a signature of its own, so that the list can be held against what
    // witnesses cosigned.
    let checkpoint = Checkpoint::open(note, key).map_err(AffectedError::Checkpoint)?;
    let computed_at = head["computed_at"].as_str().unwrap_or_default().to_owned();
    // From the signed checkpoint and not from the question: the list is recomputed at the state at
    // which it was made.
    let question = ScopeQuestion {
        before_entry: Some(checkpoint.size),
        ..question
    };
    Ok(SignedList {
        question,
        checkpoint,
        computed_at,
        lines,
        head,
    })
}

/// The first lines that are in one list and not in the other, both ways.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListDifference {
    pub missing: Vec<String>,
    pub unknown: Vec<String>,
}

impl ListDifference {
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.unknown.is_empty()
    }
}

/// The most lines of a difference that are kept.
const DIFFERENCE_MAX: usize = 20;

/// Compares a file with a recomputed answer.
pub fn compare(list: &SignedList, again: &ScopeAnswer) -> ListDifference {
    let known: std::collections::BTreeSet<&str> = list.lines.iter().map(String::as_str).collect();
    // Lines and not fields are compared: whatever was signed, to the byte, must come out again.
    let computed: std::collections::BTreeSet<String> =
        again.persons.iter().map(person_line).collect();
    let missing = known
        .iter()
        .filter(|line| !computed.contains(**line))
        .map(|line| (*line).to_owned());
    let unknown = computed
        .iter()
        .filter(|line| !known.contains(line.as_str()))
        .cloned();
    ListDifference {
        missing: missing.take(DIFFERENCE_MAX).collect(),
        unknown: unknown.take(DIFFERENCE_MAX).collect(),
    }
}

/// The persons of two lists: in both, in the first only, in the second only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Algebra {
    pub both: Vec<(String, String)>,
    pub first_only: Vec<(String, String)>,
    pub second_only: Vec<(String, String)>,
}

/// The population and person of each line.
fn names(list: &SignedList) -> Result<std::collections::BTreeSet<(String, String)>, AffectedError> {
    let named = list.lines.iter().zip(2..).map(|(line, number)| {
        let malformed = || AffectedError::Malformed {
            line: number,
            what: "no person",
        };
        let json: Json = serde_json::from_str(line).map_err(|_| malformed())?;
        let text = |name: &str| {
            json[name]
                .as_str()
                .map(ToOwned::to_owned)
                .ok_or_else(malformed)
        };
        Ok((text("population")?, text("person")?))
    });
    named.collect()
}

pub fn algebra(first: &SignedList, second: &SignedList) -> Result<Algebra, AffectedError> {
    let (first, second) = (names(first)?, names(second)?);
    Ok(Algebra {
        both: first.intersection(&second).cloned().collect(),
        first_only: first.difference(&second).cloned().collect(),
        second_only: second.difference(&first).cloned().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use digue_exposure::Index;
    use digue_journal::Committed;
    use digue_journal::note::Signer;

    fn signer() -> Signer {
        Signer::from_seed("digue.test", &[1; 32]).unwrap()
    }

    fn answer() -> (ScopeQuestion, ScopeAnswer) {
        let mut index = Index::new();
        for (entry, person) in ["P1", "P2", "P1", "P3"].into_iter().enumerate() {
            let event = digue_testkit::events::shown(entry as u64, "a1", person);
            index.add(&Committed {
                index: entry as u64,
                event,
            });
        }
        let question = ScopeQuestion {
            accounts: vec!["a1".parse().unwrap()],
            ..ScopeQuestion::default()
        };
        let answer = index.view().answer(&question, &mut |_| {}).unwrap();
        (question, answer)
    }

    fn file() -> Vec<u8> {
        let (question, answer) = answer();
        let signer = signer();
        let note = Checkpoint {
            origin: "digue.test".into(),
            size: 4,
            root: [3; 32],
        }
        .sign(&signer);
        let head = head(
            &question,
            &answer,
            &note,
            Timestamp::from_secs(1_763_100_000),
        );
        let mut bytes = Vec::new();
        write(&mut bytes, &head, &answer, "digue.test", &|text| {
            signer.sign(text)
        })
        .unwrap();
        bytes
    }

    #[test]
    fn a_list_is_read_back_and_computed_again() {
        let list = read(file().as_slice(), signer().verifier()).unwrap();
        let (question, answer) = answer();
        assert_eq!(
            list.question,
            ScopeQuestion {
                before_entry: Some(4),
                ..question
            }
        );
        assert_eq!(
            (list.lines.len(), &list.head["quality"]),
            (3, &json!("exact"))
        );
        assert!(compare(&list, &answer).is_none());
        let mut fewer = answer.clone();
        fewer.persons.remove(1);
        assert_eq!(compare(&list, &fewer).missing.len(), 1);
        assert_eq!(algebra(&list, &list).unwrap().both.len(), 3);
    }

    #[test]
    fn a_list_with_identifiers_of_another_kind_is_not_called_exact() {
        let mut index = Index::new();
        for (entry, person) in ["P1", "dossier:77"].into_iter().enumerate() {
            let event = digue_testkit::events::shown(entry as u64, "a1", person);
            index.add(&Committed {
                index: entry as u64,
                event,
            });
        }
        let answer = index
            .view()
            .answer(&ScopeQuestion::default(), &mut |_| {})
            .unwrap();
        assert_eq!((unmerged(&answer), bound(&answer)), (1, CountBound::Upper));
    }

    #[test]
    fn one_changed_byte_is_found_wherever_it_is() {
        let sound = file();
        for place in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[place] ^= 1;
            assert!(
                read(bytes.as_slice(), signer().verifier()).is_err(),
                "at {place}"
            );
        }
        let other = Signer::from_seed("digue.test", &[2; 32]).unwrap();
        assert!(matches!(
            read(sound.as_slice(), other.verifier()),
            Err(AffectedError::Signature(_))
        ));
        assert!(read(&sound[..sound.len() - 1], signer().verifier()).is_err());
        assert!(read(&b""[..], signer().verifier()).is_err());
    }
}
