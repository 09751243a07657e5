//! A partner's self-assessment: closed questions in plain words, with *I do not know* among the
//! answers, beside what the portal has measured.
//!
//! A measurement never corrects an answer: the gap between the two is shown, to the organisation
//! first. Texts are in the locales: `question-backups`, `question-backups-why`,
//! `question-backups-how`. This module knows neither the portal nor the store: facts are arguments.

use std::collections::HashMap;

use digue_types::lists;
use jiff::Span;
use jiff::civil::Date;

use crate::field::Values;
use crate::kinds::Assessment;
pub use crate::kinds::PartnerAnswer;
use crate::register::Registers;

lists! {
    /// The subject of a question.
    Theme "question-theme" {
        Tools "tools",
        Backups "backups",
        Data "data",
        Accounts "accounts",
        Incidents "incidents",
    }

    /// A question. The first of each theme, except accounts, is one of the four questions that AKTO
    /// gave its partners in 2025.
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

    /// How an answer compares with the measured fact.
    Gap "gap" {
        /// Answered yes, and the fact proves it.
        Confirmed "confirmed",
        /// Answered yes or not applicable, and the fact says otherwise.
        Contradicted "contradicted",
        /// The fact is better than the answer.
        Better "better",
        /// Answered yes, and no fact contradicts it; the portal cannot prove it either.
        Unrefuted "unrefuted",
    }

    /// Whether an organisation's last assessment is still valid; policies can use it as
    /// `context.posture`.
    Posture "posture" {
        Current "current",
        /// Expired, within the grace period.
        Grace "grace",
        Due "due",
    }
}

/// Validity of an assessment, in months.
pub const MONTHS: i32 = 12;
/// Days before the end of validity from which a new assessment is proposed.
pub const RENEWAL_DAYS: i64 = 60;
/// Number of actions that are proposed.
pub const TO_DO: usize = 3;

/// What the portal measured: `failing` of `population` are not as they should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PortalFact {
    pub population: u64,
    pub failing: u64,
}

impl PortalFact {
    /// `None` for an empty population: it proves nothing, and is not a pass.
    pub const fn holds(self) -> Option<bool> {
        if self.population == 0 {
            None
        } else {
            Some(self.failing == 0)
        }
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

    /// One to three, by the harm of its absence. The breaches of 2024 to 2026 began with stolen
    /// accounts; backups are what ends a ransomware attack.
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

    /// True when a fact that holds proves a yes. Otherwise it can only contradict one: that no
    /// account was idle for 90 days does not show that access is closed on the day on which a
    /// person leaves.
    const fn is_proven_by_fact(self) -> bool {
        matches!(self, Self::Passkeys | Self::Deputy | Self::Trained)
    }

    pub fn of_theme(theme: Theme) -> impl Iterator<Item = Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(move |question| question.theme() == theme)
    }

    /// The answer in a record; `None` when there is none or it is not in the list.
    pub fn answer(self, values: &Values) -> Option<PartnerAnswer> {
        values
            .get(self.code())
            .and_then(|texts| texts.first())
            .and_then(|text| PartnerAnswer::parse(text))
    }
}

/// Compares an answer with a fact; `None` where either is missing or there is nothing to compare.
pub fn gap(
    question: Question,
    answer: Option<PartnerAnswer>,
    fact: Option<PortalFact>,
) -> Option<Gap> {
    match (answer?, fact?.holds()?) {
        (PartnerAnswer::Yes, true) if question.is_proven_by_fact() => Some(Gap::Confirmed),
        (PartnerAnswer::Yes, true) => Some(Gap::Unrefuted),
        // "Not applicable" is contradicted too: a population that fails shows that it applies.
        (PartnerAnswer::Yes | PartnerAnswer::NotApplicable, false) => Some(Gap::Contradicted),
        (PartnerAnswer::Partly | PartnerAnswer::No | PartnerAnswer::Unknown, true)
            if question.is_proven_by_fact() =>
        {
            Some(Gap::Better)
        }
        (
            PartnerAnswer::Partly
            | PartnerAnswer::No
            | PartnerAnswer::Unknown
            | PartnerAnswer::NotApplicable,
            _,
        ) => None,
    }
}

/// Distance of an answer from the goal, 0 to 3. A measured fact outweighs the answer, and *I do not
/// know* counts almost as much as *no*: an unknown protection cannot be relied on.
fn distance(answer: PartnerAnswer, gap: Option<Gap>) -> u32 {
    match (gap, answer) {
        (Some(Gap::Contradicted), _) | (None | Some(Gap::Unrefuted), PartnerAnswer::No) => 3,
        (Some(Gap::Better | Gap::Confirmed), _) => 0,
        (None | Some(Gap::Unrefuted), PartnerAnswer::Unknown) => 2,
        (None | Some(Gap::Unrefuted), PartnerAnswer::Partly) => 1,
        (None | Some(Gap::Unrefuted), PartnerAnswer::Yes | PartnerAnswer::NotApplicable) => 0,
    }
}

/// What to do first: at most `TO_DO` questions, by weight times distance.
pub fn to_do(values: &Values, fact: impl Fn(Question) -> Option<PortalFact>) -> Vec<Question> {
    let scored = Question::ALL.iter().filter_map(|question| {
        let answer = question.answer(values)?;
        let score =
            distance(answer, gap(*question, Some(answer), fact(*question))) * question.weight();
        (score > 0).then_some((score, *question))
    });
    let mut scored: Vec<(u32, Question)> = scored.collect();
    // Equal scores keep the order of the questions.
    scored.sort_by_key(|(score, question)| (std::cmp::Reverse(*score), *question));
    scored
        .into_iter()
        .take(TO_DO)
        .map(|(_, question)| question)
        .collect()
}

/// Questions without an answer.
pub fn open_questions(values: &Values) -> impl Iterator<Item = Question> + '_ {
    Question::ALL
        .iter()
        .copied()
        .filter(|question| question.answer(values).is_none())
}

/// The organisation's last assessment by day of signature, with its identifier. One that cannot be
/// read counts as not signed: a partner is held to less than it stated, never to more.
pub fn last(registers: &Registers, organisation: &str) -> Option<(String, Assessment)> {
    let is_its = |values: &Values| {
        values
            .get("organisation")
            .is_some_and(|value| value.first().is_some_and(|own| own == organisation))
    };
    let own = registers
        .read_those::<Assessment>(is_its)
        .entries
        .into_iter();
    own.max_by_key(|entry| entry.record.signed_on)
        .map(|entry| (entry.id, entry.record))
}

/// The last assessment of every organisation, in one pass: with 5,000 partners, calling `last` for
/// each made a start take minutes.
pub fn last_of_each(registers: &Registers) -> HashMap<String, (String, Assessment)> {
    let mut last: HashMap<String, (String, Assessment)> = HashMap::new();
    for entry in registers.read::<Assessment>().entries {
        let organisation = entry.record.organisation.0.clone();
        let known = last.get(&organisation);
        if known.is_none_or(|(_, known)| known.signed_on <= entry.record.signed_on) {
            last.insert(organisation, (entry.id, entry.record));
        }
    }
    last
}

/// The last day on which an assessment signed on `signed` is valid.
pub fn ends(signed: Date) -> Date {
    signed
        .checked_add(Span::new().months(MONTHS))
        .unwrap_or(Date::MAX)
}

/// The posture of an organisation. One that never signed has its grace period from `known_since`,
/// the day on which Digue first saw it; otherwise a new partner would be due on its first day.
pub fn posture(signed: Option<Date>, known_since: Date, grace_days: i64, today: Date) -> Posture {
    let end = signed.map_or(known_since, ends);
    let last = end
        .checked_add(Span::new().days(grace_days))
        .unwrap_or(Date::MAX);
    match signed {
        Some(_) if today <= end => Posture::Current,
        _ if today <= last => Posture::Grace,
        _ => Posture::Due,
    }
}

impl Assessment {
    /// The fields of the record in text form, answers included.
    pub fn answers(&self) -> Values {
        use crate::register::RegisterRecord as _;
        self.write()
    }
}

/// True for a field that holds an answer.
fn is_answer(field: &str) -> bool {
    Question::parse(field).is_some()
}

/// Keeps valid answers only: a form must not set `signed-on` or any other field of the record.
pub fn answers_of(values: Values) -> Values {
    let fits = |field: &str, texts: &[String]| {
        is_answer(field) && texts.len() == 1 && PartnerAnswer::parse(&texts[0]).is_some()
    };
    values
        .into_iter()
        .filter(|(field, texts)| fits(field, texts))
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::kinds::RegisterKind;

    fn values(pairs: &[(Question, PartnerAnswer)]) -> Values {
        pairs
            .iter()
            .map(|(question, answer)| (question.code().to_owned(), vec![answer.code().to_owned()]))
            .collect()
    }

    const ALL_WELL: Option<PortalFact> = Some(PortalFact {
        population: 5,
        failing: 0,
    });
    const TWO_MISS: Option<PortalFact> = Some(PortalFact {
        population: 5,
        failing: 2,
    });

    #[test]
    fn every_question_has_its_field_in_the_record() {
        let fields: Vec<&str> = RegisterKind::Assessment
            .fields()
            .iter()
            .map(|field| field.code)
            .collect();
        for question in Question::ALL {
            assert!(fields.contains(&question.code()), "{question:?}");
        }
        assert_eq!(Question::ALL.len(), 19);
        assert_eq!(
            Theme::ALL
                .iter()
                .flat_map(|theme| Question::of_theme(*theme))
                .count(),
            19
        );
    }

    #[test]
    fn what_is_said_stands_beside_what_is_seen() {
        const NOBODY: Option<PortalFact> = Some(PortalFact {
            population: 0,
            failing: 0,
        });
        for (question, answer, fact, expected) in [
            (
                Question::Passkeys,
                PartnerAnswer::Yes,
                ALL_WELL,
                Some(Gap::Confirmed),
            ),
            (
                Question::Passkeys,
                PartnerAnswer::Yes,
                TWO_MISS,
                Some(Gap::Contradicted),
            ),
            (
                Question::Passkeys,
                PartnerAnswer::NotApplicable,
                TWO_MISS,
                Some(Gap::Contradicted),
            ),
            (
                Question::Passkeys,
                PartnerAnswer::No,
                ALL_WELL,
                Some(Gap::Better),
            ),
            (
                Question::Passkeys,
                PartnerAnswer::Unknown,
                ALL_WELL,
                Some(Gap::Better),
            ),
            (Question::Passkeys, PartnerAnswer::No, TWO_MISS, None),
            (Question::Passkeys, PartnerAnswer::Yes, None, None),
            (Question::Passkeys, PartnerAnswer::Yes, NOBODY, None),
            (
                Question::Leavers,
                PartnerAnswer::Yes,
                ALL_WELL,
                Some(Gap::Unrefuted),
            ),
            (
                Question::Leavers,
                PartnerAnswer::Yes,
                TWO_MISS,
                Some(Gap::Contradicted),
            ),
            (Question::Leavers, PartnerAnswer::No, ALL_WELL, None),
        ] {
            assert_eq!(
                gap(question, Some(answer), fact),
                expected,
                "{question:?} {answer:?} {fact:?}"
            );
        }
    }

    #[test]
    fn the_gravest_comes_first_and_a_contradicted_yes_is_a_no() {
        let answers = values(&[
            (Question::Deputy, PartnerAnswer::No),
            (Question::Passkeys, PartnerAnswer::Yes),
            (Question::Backups, PartnerAnswer::Unknown),
            (Question::Stored, PartnerAnswer::Partly),
            (Question::Updates, PartnerAnswer::Yes),
        ]);
        let fact = |question| {
            (question == Question::Passkeys).then_some(PortalFact {
                population: 5,
                failing: 2,
            })
        };
        assert_eq!(
            to_do(&answers, fact),
            [Question::Passkeys, Question::Backups, Question::Deputy]
        );
        assert_eq!(to_do(&answers, |_| None)[0], Question::Backups);
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
        assert_eq!(
            posture(None, date(2026, 11, 1), 30, date(2026, 12, 1)),
            Posture::Grace
        );
        assert_eq!(
            posture(None, date(2026, 11, 1), 30, date(2026, 12, 2)),
            Posture::Due
        );
    }

    #[test]
    fn only_answers_of_the_list_are_kept() {
        let mut given = values(&[(Question::Backups, PartnerAnswer::Yes)]);
        given.insert("backups2".to_owned(), vec!["yes".to_owned()]);
        given.insert("offline".to_owned(), vec!["peut-être".to_owned()]);
        given.insert("signed-on".to_owned(), vec!["2026-11-22".to_owned()]);
        assert_eq!(
            answers_of(given),
            values(&[(Question::Backups, PartnerAnswer::Yes)])
        );
    }

    proptest! {
        #[test]
        fn what_is_proven_is_never_to_do_and_what_is_only_not_refuted_stays_as_it_was_said(
            places in proptest::collection::vec(0usize..5, 19),
        ) {
            let pairs: Vec<_> = Question::ALL.iter().copied().zip(places.iter().map(|at| PartnerAnswer::ALL[*at])).collect();
            let to_do = to_do(&values(&pairs), |_| ALL_WELL);
            for question in to_do {
                prop_assert!(!question.is_proven_by_fact());
                prop_assert!(pairs.iter().any(|(asked, answer)| *asked == question && *answer != PartnerAnswer::Yes));
            }
        }
    }
}
