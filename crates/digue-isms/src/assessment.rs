//! A partner's self-assessment: closed questions in plain words, *I do not know* among the answers,
//! beside what the portal knows already.
//!
//! What people say is never corrected by what is seen: the gap between the two is shown, to the
//! organisation first. Texts are in the locales: `question-backups`, `question-backups-why`,
//! `question-backups-how`.

use std::collections::HashMap;

use digue_types::lists;
use jiff::Span;
use jiff::civil::Date;

use crate::field::Values;
use crate::kinds::Assessment;
use crate::register::Registers;

lists! {
    /// What a question is about.
    Theme "question-theme" {
        Tools "tools",
        Backups "backups",
        Data "data",
        Accounts "accounts",
        Incidents "incidents",
    }

    /// A question; the first of each theme but accounts is one of the four that AKTO's partners were
    /// told to ask themselves in 2025.
    Question "question" {
        Updates "updates",
        Antivirus "antivirus",
        Rights "rights",
        Lost "lost",
        Backups "backups",
        Offline "offline",
        Restored "restored",
        Stored "stored",
        Exports "exports",
        Retention "retention",
        Providers "providers",
        OwnAccounts "own-accounts",
        Passkeys "passkeys",
        Passwords "passwords",
        Leavers "leavers",
        Deputy "deputy",
        Procedure "procedure",
        Contacts "contacts",
        Trained "trained",
    }

    /// What somebody says.
    Said "said" {
        Yes "yes",
        Partly "partly",
        No "no",
        Unknown "unknown",
        NotApplicable "not-applicable",
    }

    /// What an answer is beside the fact.
    Gap "gap" {
        /// Said and seen.
        Confirmed "confirmed",
        /// Said, and seen otherwise.
        Contradicted "contradicted",
        /// Better than said.
        Better "better",
        /// Said, and nothing seen speaks against it: what the portal sees cannot prove it.
        Unrefuted "unrefuted",
    }

    /// Whether an organisation's last assessment is of this year; a policy may ask.
    Posture "posture" {
        Current "current",
        /// Over, and there is still time.
        Grace "grace",
        Due "due",
    }
}

/// Months after which it is done again.
pub const MONTHS: i32 = 12;
/// Days before the end from which a new one is proposed.
pub const RENEWAL_DAYS: i64 = 60;
/// Things to do that are proposed.
pub const TO_DO: usize = 3;

/// What the portal saw: so many of so many are not as they should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PortalFact {
    pub population: u64,
    pub failing: u64,
}

impl PortalFact {
    /// Of nobody, nothing was learnt.
    pub const fn holds(self) -> Option<bool> {
        if self.population == 0 { None } else { Some(self.failing == 0) }
    }
}

impl Question {
    pub const fn theme(self) -> Theme {
        match self {
            Self::Updates | Self::Antivirus | Self::Rights | Self::Lost => Theme::Tools,
            Self::Backups | Self::Offline | Self::Restored => Theme::Backups,
            Self::Stored | Self::Exports | Self::Retention | Self::Providers => Theme::Data,
            Self::OwnAccounts | Self::Passkeys | Self::Passwords | Self::Leavers | Self::Deputy => {
                Theme::Accounts
            }
            Self::Procedure | Self::Contacts | Self::Trained => Theme::Incidents,
        }
    }

    /// One to three: how much harm comes from it. Stolen accounts are what the breaches of 2024 to 2026
    /// began with; backups are what ends an encryption.
    const fn weight(self) -> u32 {
        match self {
            Self::Updates
            | Self::Backups
            | Self::Passkeys
            | Self::Passwords
            | Self::Leavers
            | Self::Trained => 3,
            Self::Antivirus
            | Self::Rights
            | Self::Offline
            | Self::Stored
            | Self::Exports
            | Self::OwnAccounts
            | Self::Procedure
            | Self::Contacts => 2,
            Self::Lost | Self::Restored | Self::Retention | Self::Providers | Self::Deputy => 1,
        }
    }

    /// True when a fact that holds proves a yes. Otherwise it can only speak against one: that no account lay idle
    /// for 90 days does not show that accesses are closed on the day somebody leaves.
    const fn is_proven_by_fact(self) -> bool {
        matches!(self, Self::Passkeys | Self::Deputy | Self::Trained)
    }

    pub fn of_theme(theme: Theme) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |question| question.theme() == theme)
    }

    /// What is answered to it.
    pub fn answer(self, values: &Values) -> Option<Said> {
        values.get(self.code()).and_then(|texts| texts.first()).and_then(|text| Said::parse(text))
    }
}

/// An answer beside a fact; nothing where nothing was said that a fact could meet.
pub fn gap(question: Question, said: Option<Said>, fact: Option<PortalFact>) -> Option<Gap> {
    match (said?, fact?.holds()?) {
        (Said::Yes, true) if question.is_proven_by_fact() => Some(Gap::Confirmed),
        (Said::Yes, true) => Some(Gap::Unrefuted),
        (Said::Yes | Said::NotApplicable, false) => Some(Gap::Contradicted),
        (Said::Partly | Said::No | Said::Unknown, true) if question.is_proven_by_fact() => Some(Gap::Better),
        (Said::Partly | Said::No | Said::Unknown | Said::NotApplicable, _) => None,
    }
}

/// How far an answer is from where it should be, 0 to 3. What is seen weighs more than what is said;
/// whoever does not know cannot count on it.
fn distance(said: Said, gap: Option<Gap>) -> u32 {
    match (gap, said) {
        (Some(Gap::Contradicted), _) | (None | Some(Gap::Unrefuted), Said::No) => 3,
        (Some(Gap::Better | Gap::Confirmed), _) => 0,
        (None | Some(Gap::Unrefuted), Said::Unknown) => 2,
        (None | Some(Gap::Unrefuted), Said::Partly) => 1,
        (None | Some(Gap::Unrefuted), Said::Yes | Said::NotApplicable) => 0,
    }
}

/// What to do first: the gravest of what is not in place, at most three.
pub fn to_do(values: &Values, fact: impl Fn(Question) -> Option<PortalFact>) -> Vec<Question> {
    let scored = Question::ALL.iter().filter_map(|question| {
        let said = question.answer(values)?;
        let score = distance(said, gap(*question, Some(said), fact(*question))) * question.weight();
        (score > 0).then_some((score, *question))
    });
    let mut scored: Vec<(u32, Question)> = scored.collect();
    // Of two that weigh the same, the one asked first.
    scored.sort_by_key(|(score, question)| (std::cmp::Reverse(*score), *question));
    scored.into_iter().take(TO_DO).map(|(_, question)| question).collect()
}

/// Questions that have no answer yet.
pub fn open_questions(values: &Values) -> impl Iterator<Item = Question> + '_ {
    Question::ALL.iter().copied().filter(|question| question.answer(values).is_none())
}

/// The last signed assessment of an organisation, by its day.
pub fn last(registers: &Registers, organisation: &str) -> Option<(String, Assessment)> {
    let is_its = |values: &Values| {
        values.get("organisation").is_some_and(|said| said.first().is_some_and(|own| own == organisation))
    };
    let own = registers.read_those::<Assessment>(is_its).into_iter();
    own.max_by_key(|entry| entry.record.signed_on).map(|entry| (entry.id, entry.record))
}

/// The same of every organisation, in one pass.
pub fn last_of_each(registers: &Registers) -> HashMap<String, (String, Assessment)> {
    let mut last: HashMap<String, (String, Assessment)> = HashMap::new();
    for entry in registers.read::<Assessment>() {
        let organisation = entry.record.organisation.0.clone();
        let known = last.get(&organisation);
        if known.is_none_or(|(_, known)| known.signed_on <= entry.record.signed_on) {
            last.insert(organisation, (entry.id, entry.record));
        }
    }
    last
}

/// The last day of a signature.
pub fn ends(signed: Date) -> Date {
    signed.checked_add(Span::new().months(MONTHS)).unwrap_or(Date::MAX)
}

/// Where an organisation stands; `known_since` counts for those that never signed one.
pub fn posture(signed: Option<Date>, known_since: Date, grace_days: i64, today: Date) -> Posture {
    let end = signed.map_or(known_since, ends);
    let last = end.checked_add(Span::new().days(grace_days)).unwrap_or(Date::MAX);
    match signed {
        Some(_) if today <= end => Posture::Current,
        _ if today <= last => Posture::Grace,
        _ => Posture::Due,
    }
}

impl Assessment {
    /// The answers as they stand in the record.
    pub fn answers(&self) -> Values {
        use crate::register::RegisterRecord as _;
        self.write()
    }
}

/// The fields of a record that are answers.
fn is_answer(field: &str) -> bool {
    Question::parse(field).is_some()
}

/// Keeps what is an answer in words of the list; anything else is left out.
pub fn answers_of(values: Values) -> Values {
    let fits = |field: &str, texts: &[String]| {
        is_answer(field) && texts.len() == 1 && Said::parse(&texts[0]).is_some()
    };
    values.into_iter().filter(|(field, texts)| fits(field, texts)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::kinds::RegisterKind;

    fn values(pairs: &[(Question, Said)]) -> Values {
        pairs
            .iter()
            .map(|(question, said)| (question.code().to_owned(), vec![said.code().to_owned()]))
            .collect()
    }

    const ALL_WELL: Option<PortalFact> = Some(PortalFact { population: 5, failing: 0 });
    const TWO_MISS: Option<PortalFact> = Some(PortalFact { population: 5, failing: 2 });

    #[test]
    fn every_question_has_its_field_in_the_record() {
        let fields: Vec<&str> = RegisterKind::Assessment.fields().iter().map(|field| field.code).collect();
        for question in Question::ALL {
            assert!(fields.contains(&question.code()), "{question:?}");
        }
        assert_eq!(Question::ALL.len(), 19);
        assert_eq!(Theme::ALL.iter().flat_map(|theme| Question::of_theme(*theme)).count(), 19);
    }

    #[test]
    fn what_is_said_stands_beside_what_is_seen() {
        const NOBODY: Option<PortalFact> = Some(PortalFact { population: 0, failing: 0 });
        for (question, said, fact, expected) in [
            (Question::Passkeys, Said::Yes, ALL_WELL, Some(Gap::Confirmed)),
            (Question::Passkeys, Said::Yes, TWO_MISS, Some(Gap::Contradicted)),
            (Question::Passkeys, Said::NotApplicable, TWO_MISS, Some(Gap::Contradicted)),
            (Question::Passkeys, Said::No, ALL_WELL, Some(Gap::Better)),
            (Question::Passkeys, Said::Unknown, ALL_WELL, Some(Gap::Better)),
            (Question::Passkeys, Said::No, TWO_MISS, None),
            (Question::Passkeys, Said::Yes, None, None),
            (Question::Passkeys, Said::Yes, NOBODY, None),
            (Question::Leavers, Said::Yes, ALL_WELL, Some(Gap::Unrefuted)),
            (Question::Leavers, Said::Yes, TWO_MISS, Some(Gap::Contradicted)),
            (Question::Leavers, Said::No, ALL_WELL, None),
        ] {
            assert_eq!(gap(question, Some(said), fact), expected, "{question:?} {said:?} {fact:?}");
        }
    }

    #[test]
    fn the_gravest_comes_first_and_a_contradicted_yes_is_a_no() {
        let said = values(&[
            (Question::Deputy, Said::No),
            (Question::Passkeys, Said::Yes),
            (Question::Backups, Said::Unknown),
            (Question::Stored, Said::Partly),
            (Question::Updates, Said::Yes),
        ]);
        let fact =
            |question| (question == Question::Passkeys).then_some(PortalFact { population: 5, failing: 2 });
        assert_eq!(to_do(&said, fact), [Question::Passkeys, Question::Backups, Question::Deputy]);
        assert_eq!(to_do(&said, |_| None)[0], Question::Backups);
    }

    #[test]
    fn a_year_later_it_is_over_and_grace_ends() {
        let (signed, known) = (Some(date(2026, 2, 28)), date(2025, 1, 1));
        for (today, expected) in [
            (date(2026, 2, 28), Posture::Current),
            (date(2027, 2, 28), Posture::Current),
            (date(2027, 3, 1), Posture::Grace),
            (date(2027, 3, 30), Posture::Grace),
            (date(2027, 3, 31), Posture::Due),
        ] {
            assert_eq!(posture(signed, known, 30, today), expected, "{today}");
        }
        assert_eq!(posture(None, date(2026, 11, 1), 30, date(2026, 12, 1)), Posture::Grace);
        assert_eq!(posture(None, date(2026, 11, 1), 30, date(2026, 12, 2)), Posture::Due);
    }

    #[test]
    fn only_answers_of_the_list_are_kept() {
        let mut given = values(&[(Question::Backups, Said::Yes)]);
        given.insert("backups2".to_owned(), vec!["yes".to_owned()]);
        given.insert("offline".to_owned(), vec!["peut-être".to_owned()]);
        given.insert("signed-on".to_owned(), vec!["2026-11-22".to_owned()]);
        assert_eq!(answers_of(given), values(&[(Question::Backups, Said::Yes)]));
    }

    proptest! {
        #[test]
        fn what_is_proven_is_never_to_do_and_what_is_only_not_refuted_stays_as_it_was_said(
            places in proptest::collection::vec(0usize..5, 19),
        ) {
            let pairs: Vec<_> = Question::ALL.iter().copied().zip(places.iter().map(|at| Said::ALL[*at])).collect();
            let to_do = to_do(&values(&pairs), |_| ALL_WELL);
            for question in to_do {
                prop_assert!(!question.is_proven_by_fact());
                prop_assert!(pairs.iter().any(|(asked, said)| *asked == question && *said != Said::Yes));
            }
        }
    }
}
