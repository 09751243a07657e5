//! The subject of an act: what was acted upon, as a value in the program and as text in the
//! journal.
//!
//! The text is the stored form and never changes. `parse` and `Display` are inverse on every text:
//! one that is no subject in canonical form stays as it is (`Subject::Other`). Whether the subject
//! exists is not known here.

use std::fmt;

use crate::ids::{AccountId, FindingId, OrganisationId, PopulationId, PortalId, SessionId};

/// What an act is about.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum Subject {
    /// No single thing, as when Digue stops: the empty text.
    #[default]
    Nothing,
    Account(AccountId),
    /// Accounts that are requested together, by their number.
    Accounts(u64),
    Organisation(OrganisationId),
    Portal(PortalId),
    /// Everything that a gate controls.
    Everything,
    Population(PopulationId),
    /// The caseload file of a population.
    Caseload(PopulationId),
    /// The alias table of a portal.
    Aliases(PortalId),
    /// The classes of the persons of a population.
    Classes(PopulationId),
    /// Every policy file together.
    Policies,
    /// The trusted proxies.
    Proxies,
    /// A version of the rules in force.
    Rules(u64),
    Session(SessionId),
    Incident(String),
    /// A version of the persons affected by an incident.
    Affected {
        incident: String,
        version: u32,
    },
    /// The complaint file of an incident, by the reference that people know.
    Complaint(String),
    Finding(FindingId),
    Campaign(String),
    /// A record of an ISMS register.
    Record(String),
    Check(String),
    Review(String),
    /// A version of the statement of applicability.
    Statement(u64),
    /// A message that was reported to the desk.
    Report(String),
    /// A person, by the hash of population and identifier.
    Person(String),
    /// An attached file, by its SHA-256.
    File(String),
    /// The template of Word documents.
    Template,
    /// The journal as its witnesses know it.
    Journal,
    /// The whole journal, as it is exported.
    WholeJournal,
    /// The stream of the acts of administration.
    Administration,
    /// Entries of the journal that were read.
    Entries {
        first: u64,
        count: u64,
    },
    /// The receipt of an entry.
    Receipt(u64),
    /// What an account was shown: on its page, as a file of exposures, as a file of persons, and
    /// while another person may have used it.
    History(AccountId),
    Exposures(AccountId),
    Persons(AccountId),
    LookBack(AccountId),
    /// Who was shown a person, by the person's identifier.
    Sights(String),
    /// An answer to a scope question, by its number of persons.
    Scope {
        persons: u64,
    },
    /// The list of the requests of persons, by their number.
    Requests(u64),
    /// A backup repository, by the name that the operator gave it.
    Repository(String),
    /// A text without a form of its own: the name of a file, the cause of a rebuild, a spelling of
    /// an older version.
    Other(String),
}

impl Subject {
    /// Reads the text of an act. Never fails: a text without a form of its own, or in a spelling
    /// that is not canonical, is `Other`.
    pub fn parse(text: &str) -> Self {
        match read(text) {
            // `Display` must give back the entry's own bytes: the leaf of the journal's tree is
            // recomputed from them.
            Some(subject) if subject.to_string() == text => subject,
            _ => Self::Other(text.to_owned()),
        }
    }

    /// The subject in canonical form: older entries spell accounts and organisations as they were
    /// typed.
    pub fn canonical(self) -> Self {
        match self {
            Self::Other(text) => read(&text).unwrap_or(Self::Other(text)),
            subject => subject,
        }
    }

    /// The account that it is, in whichever spelling.
    pub fn account(&self) -> Option<AccountId> {
        match self.clone().canonical() {
            Self::Account(account) => Some(account),
            _ => None,
        }
    }

    pub fn is_account(&self) -> bool {
        self.account().is_some()
    }

    /// Its name without its kind, where it has one: `a1` of `account:a1`.
    pub fn name(&self) -> String {
        let text = self.to_string();
        match text.split_once(':') {
            Some((_, name)) => name.to_owned(),
            None => text,
        }
    }

    pub fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }
}

/// The subject of a text, in any spelling of its names.
fn read(text: &str) -> Option<Subject> {
    match text {
        "" => return Some(Subject::Nothing),
        "journal" => return Some(Subject::Journal),
        "house" => return Some(Subject::Administration),
        "template:docx" => return Some(Subject::Template),
        _ => {}
    }
    let (kind, name) = text.split_once(':')?;
    Some(match kind {
        "account" => Subject::Account(name.parse().ok()?),
        "accounts" => Subject::Accounts(name.parse().ok()?),
        "organisation" => Subject::Organisation(name.parse().ok()?),
        "portal" => Subject::Portal(name.parse().ok()?),
        "everything" => Subject::Everything,
        "population" => Subject::Population(name.parse().ok()?),
        "caseload" => Subject::Caseload(name.parse().ok()?),
        "aliases" => Subject::Aliases(name.parse().ok()?),
        "classes" => Subject::Classes(name.parse().ok()?),
        "policies" => Subject::Policies,
        "proxies" => Subject::Proxies,
        "rules" => Subject::Rules(u64::from_str_radix(name, 16).ok()?),
        "session" => Subject::Session(name.parse().ok()?),
        "incident" => incident(name),
        "complaint" => Subject::Complaint(name.to_owned()),
        "finding" => Subject::Finding(name.parse().ok()?),
        "campaign" => Subject::Campaign(name.to_owned()),
        "record" => Subject::Record(name.to_owned()),
        "check" => Subject::Check(name.to_owned()),
        "review" => Subject::Review(name.to_owned()),
        "statement" => Subject::Statement(name.parse().ok()?),
        "report" => Subject::Report(name.to_owned()),
        "person" => Subject::Person(name.to_owned()),
        "file" => Subject::File(name.to_owned()),
        "journal" => return journal(name),
        "receipt" => Subject::Receipt(name.parse().ok()?),
        "history" => Subject::History(name.parse().ok()?),
        "exposures" => Subject::Exposures(name.parse().ok()?),
        "persons" => Subject::Persons(name.parse().ok()?),
        "look-back" => Subject::LookBack(name.parse().ok()?),
        "sights" => Subject::Sights(name.to_owned()),
        "scope" => Subject::Scope {
            persons: name.strip_suffix(" persons")?.parse().ok()?,
        },
        "requests" => Subject::Requests(name.parse().ok()?),
        "repository" => Subject::Repository(name.to_owned()),
        _ => return None,
    })
}

/// `in-7`, or `in-7 affected:2`.
fn incident(name: &str) -> Subject {
    let affected = name
        .rsplit_once(" affected:")
        .and_then(|(incident, version)| {
            Some(Subject::Affected {
                incident: incident.to_owned(),
                version: version.parse().ok()?,
            })
        });
    affected.unwrap_or_else(|| Subject::Incident(name.to_owned()))
}

/// Nothing, or `10+20`.
fn journal(range: &str) -> Option<Subject> {
    if range.is_empty() {
        return Some(Subject::WholeJournal);
    }
    let (first, count) = range.split_once('+')?;
    Some(Subject::Entries {
        first: first.parse().ok()?,
        count: count.parse().ok()?,
    })
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Account(account) => write!(f, "account:{account}"),
            Self::Accounts(count) => write!(f, "accounts:{count}"),
            Self::Organisation(organisation) => write!(f, "organisation:{organisation}"),
            Self::Portal(portal) => write!(f, "portal:{portal}"),
            Self::Everything => f.write_str("everything:"),
            Self::Population(population) => write!(f, "population:{population}"),
            Self::Caseload(population) => write!(f, "caseload:{population}"),
            Self::Aliases(portal) => write!(f, "aliases:{portal}"),
            Self::Classes(population) => write!(f, "classes:{population}"),
            Self::Policies => f.write_str("policies:"),
            Self::Proxies => f.write_str("proxies:"),
            Self::Rules(version) => write!(f, "rules:{version:016x}"),
            Self::Session(session) => write!(f, "session:{session}"),
            Self::Incident(id) => write!(f, "incident:{id}"),
            Self::Affected { incident, version } => {
                write!(f, "incident:{incident} affected:{version}")
            }
            Self::Complaint(reference) => write!(f, "complaint:{reference}"),
            Self::Finding(id) => write!(f, "finding:{id}"),
            Self::Campaign(id) => write!(f, "campaign:{id}"),
            Self::Record(id) => write!(f, "record:{id}"),
            Self::Check(code) => write!(f, "check:{code}"),
            Self::Review(id) => write!(f, "review:{id}"),
            Self::Statement(number) => write!(f, "statement:{number}"),
            Self::Report(id) => write!(f, "report:{id}"),
            Self::Person(hash) => write!(f, "person:{hash}"),
            Self::File(hash) => write!(f, "file:{hash}"),
            Self::Template => f.write_str("template:docx"),
            Self::Journal => f.write_str("journal"),
            Self::WholeJournal => f.write_str("journal:"),
            Self::Administration => f.write_str("house"),
            Self::Entries { first, count } => write!(f, "journal:{first}+{count}"),
            Self::Receipt(entry) => write!(f, "receipt:{entry}"),
            Self::History(account) => write!(f, "history:{account}"),
            Self::Exposures(account) => write!(f, "exposures:{account}"),
            Self::Persons(account) => write!(f, "persons:{account}"),
            Self::LookBack(account) => write!(f, "look-back:{account}"),
            Self::Sights(person) => write!(f, "sights:{person}"),
            Self::Scope { persons } => write!(f, "scope:{persons} persons"),
            Self::Requests(count) => write!(f, "requests:{count}"),
            Self::Repository(name) => write!(f, "repository:{name}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl serde::Serialize for Subject {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Subject {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <String as serde::Deserialize>::deserialize(from).map(|text| Self::parse(&text))
    }
}

macro_rules! subject_of {
    ($($id:ident $variant:ident,)+) => {$(
        impl From<$id> for Subject {
            fn from(id: $id) -> Self {
                Self::$variant(id)
            }
        }

        impl From<&$id> for Subject {
            fn from(id: &$id) -> Self {
                Self::$variant(id.clone())
            }
        }
    )+};
}

subject_of! {
    AccountId Account,
    OrganisationId Organisation,
    PortalId Portal,
    PopulationId Population,
    SessionId Session,
    FindingId Finding,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One text of each form, and its subject.
    fn forms() -> Vec<(&'static str, Subject)> {
        let account = || AccountId::parse("of-12.agent3").unwrap();
        let portal = || PortalId::parse("kairos").unwrap();
        let population = || PopulationId::parse("personnes").unwrap();
        vec![
            ("", Subject::Nothing),
            ("account:of-12.agent3", account().into()),
            ("accounts:5000", Subject::Accounts(5000)),
            (
                "organisation:of-12",
                OrganisationId::parse("of-12").unwrap().into(),
            ),
            ("portal:kairos", portal().into()),
            ("everything:", Subject::Everything),
            ("population:personnes", population().into()),
            ("caseload:personnes", Subject::Caseload(population())),
            ("aliases:kairos", Subject::Aliases(portal())),
            ("classes:personnes", Subject::Classes(population())),
            ("policies:", Subject::Policies),
            ("proxies:", Subject::Proxies),
            ("rules:00000000000000a7", Subject::Rules(0xa7)),
            ("session:s-1", SessionId::parse("s-1").unwrap().into()),
            ("incident:in-7", Subject::Incident("in-7".to_owned())),
            (
                "incident:in-7 affected:2",
                Subject::Affected {
                    incident: "in-7".to_owned(),
                    version: 2,
                },
            ),
            (
                "complaint:INC-2026-003",
                Subject::Complaint("INC-2026-003".to_owned()),
            ),
            ("finding:fi-1", FindingId::parse("fi-1").unwrap().into()),
            ("campaign:ca-1", Subject::Campaign("ca-1".to_owned())),
            ("record:ME-3", Subject::Record("ME-3".to_owned())),
            (
                "check:journal-verified",
                Subject::Check("journal-verified".to_owned()),
            ),
            ("review:rv-1", Subject::Review("rv-1".to_owned())),
            ("statement:4", Subject::Statement(4)),
            ("report:rp-1", Subject::Report("rp-1".to_owned())),
            (
                "person:0123456789abcdef",
                Subject::Person("0123456789abcdef".to_owned()),
            ),
            ("file:ab12", Subject::File("ab12".to_owned())),
            ("template:docx", Subject::Template),
            ("journal", Subject::Journal),
            ("journal:", Subject::WholeJournal),
            ("house", Subject::Administration),
            (
                "journal:10+20",
                Subject::Entries {
                    first: 10,
                    count: 20,
                },
            ),
            ("receipt:9", Subject::Receipt(9)),
            ("history:of-12.agent3", Subject::History(account())),
            ("exposures:of-12.agent3", Subject::Exposures(account())),
            ("persons:of-12.agent3", Subject::Persons(account())),
            ("look-back:of-12.agent3", Subject::LookBack(account())),
            ("sights:1000040B", Subject::Sights("1000040B".to_owned())),
            ("scope:3 persons", Subject::Scope { persons: 3 }),
            ("requests:12", Subject::Requests(12)),
            (
                "repository:disque",
                Subject::Repository("disque".to_owned()),
            ),
            ("hd-0123", Subject::Other("hd-0123".to_owned())),
        ]
    }

    #[test]
    fn each_subject_has_one_text() {
        for (text, subject) in forms() {
            assert_eq!(Subject::parse(text), subject);
            assert_eq!(subject.to_string(), text);
            assert_eq!(
                serde_json::to_value(&subject).unwrap(),
                serde_json::Value::from(text)
            );
        }
    }

    #[test]
    fn a_spelling_of_an_older_entry_stays_in_the_journal_and_names_the_same_account() {
        for text in ["account:OF-12.Agent3", "account: of-12.agent3"] {
            let subject = Subject::parse(text);
            assert_eq!(subject, Subject::Other(text.to_owned()));
            assert_eq!(subject.account(), AccountId::parse("of-12.agent3").ok());
            assert_eq!(
                subject.canonical(),
                AccountId::parse("of-12.agent3").unwrap().into()
            );
        }
        assert_eq!(Subject::parse("account:a b").account(), None);
        assert_eq!(Subject::parse("accounts:2").account(), None);
    }

    #[test]
    fn what_is_added_to_a_form_makes_it_another_text() {
        for text in [
            "policies:x",
            "rules:a7",
            "accounts:007",
            "scope:+3 persons",
            "journal:1",
            "Journal",
        ] {
            assert_eq!(Subject::parse(text), Subject::Other(text.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn every_text_is_written_as_it_was_read(
            kind in proptest::sample::select(forms().into_iter().map(|(text, _)| text).collect::<Vec<_>>()),
            cut in 0_usize..40,
            rest in "\\PC{0,12}",
        ) {
            let head: String = kind.chars().take(cut).collect();
            for text in [format!("{head}{rest}"), rest] {
                let subject = Subject::parse(&text);
                prop_assert_eq!(subject.to_string(), &text[..]);
                let canonical = subject.canonical();
                prop_assert_eq!(canonical.clone().canonical(), canonical);
            }
        }
    }
}
