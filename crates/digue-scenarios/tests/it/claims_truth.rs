//! What may be said of an incident, read from its log apart from the code under test: with
//! sentences that claim an act, codes that are for programs, and dates in their form. Tests of
//! pages take it in by its path.

use digue_casework::incidents::IncidentView;
use digue_locales::{Language, Value, text_with};
use digue_response::IncidentNote;
use digue_response::claim::ClaimKind;
use digue_response::clock::ClockKind;
use digue_response::sheet::Sheet;
use digue_types::Act;

/// Numbers that are the same for the same seed.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    /// Splitmix.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 11
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn one<T: Clone>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()].clone()
    }
}

/// What the log holds, read apart from the code under test.
pub(crate) struct Truth<'v>(&'v IncidentView);

impl Truth<'_> {
    fn any(&self, is_it: impl Fn(&IncidentNote) -> bool) -> bool {
        self.0
            .entries
            .iter()
            .any(|entry| is_it(&entry.note) && !self.is_taken_back(entry.number))
    }

    fn is_taken_back(&self, number: u32) -> bool {
        let taken = |note: &IncidentNote| matches!(note, IncidentNote::Withdrawn { entry, .. } if *entry == number);
        self.0.entries.iter().any(|entry| taken(&entry.note))
    }

    fn has_met(&self, wanted: ClockKind) -> bool {
        self.any(|note| matches!(note, IncidentNote::Met { clock, .. } if *clock == wanted))
    }

    /// The last of acts that undo one another.
    fn last(&self, is_it: impl Fn(&IncidentNote) -> Option<bool>) -> bool {
        self.0
            .entries
            .iter()
            .rev()
            .find_map(|entry| is_it(&entry.note))
            .unwrap_or(false)
    }

    fn is_closed(&self) -> bool {
        let about = &self.0.incident.about;
        let gate = self.last(|note| match note {
            IncidentNote::Seen {
                act,
                subject,
                after,
                ..
            } if *act == Act::GateSet && subject == about => Some(after == "closed"),
            _ => None,
        });
        let is_suspended = self.last(|note| match note {
            IncidentNote::Seen { act, subject, .. } if subject == about => match act {
                Act::AccountSuspended => Some(true),
                Act::AccountResumed => Some(false),
                _ => None,
            },
            _ => None,
        });
        gate || is_suspended
    }

    fn is_theft(&self) -> bool {
        let is_confirmed = self.0.entries.iter().any(|entry| match &entry.note {
            IncidentNote::Seen { act, after, .. } if *act == Act::FindingConfirmed => {
                self.last(|note| verdict_on(after, note))
            }
            _ => false,
        });
        let is_ransomware = self.any(|note| {
            matches!(
                note,
                IncidentNote::SheetAdded {
                    sheet: Sheet::Ransomware
                }
            )
        });
        is_confirmed && !is_ransomware && self.0.incident.about.is_account()
    }

    fn holds(&self, kind: ClaimKind) -> bool {
        match kind {
            ClaimKind::Authority => self.any(|note| matches!(note, IncidentNote::Submitted(_))),
            ClaimKind::Persons => self.has_met(ClockKind::Persons),
            ClaimKind::Public => self.has_met(ClockKind::Public),
            ClaimKind::Access => self.is_closed(),
            ClaimKind::Complaint => self.has_met(ClockKind::Complaint),
            ClaimKind::Controller => self.has_met(ClockKind::Processor),
            ClaimKind::EarlyWarning => self.has_met(ClockKind::EarlyWarning),
            ClaimKind::Nis2 => self.has_met(ClockKind::Nis2),
            ClaimKind::FinalReport => self.has_met(ClockKind::FinalReport),
        }
    }
}

/// True when the note confirms this finding as a theft, false when it clears it.
fn verdict_on(finding: &str, note: &IncidentNote) -> Option<bool> {
    match note {
        IncidentNote::Seen { act, after, .. } if after == finding => match act {
            Act::FindingConfirmed => Some(true),
            Act::FindingCleared => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Ways to say that something was done, whoever writes the sentence: those of version 0.1.0 among
/// them.
const DONE: [(ClaimKind, &[&str]); 4] = [
    (
        ClaimKind::Authority,
        &[
            "CNIL a été notifiée",
            "CNIL est notifiée",
            "CNIL est prévenue",
            "CNIL a été informée",
            "prévenu la CNIL",
            "authority was notified",
            "authority is notified",
            "authority was told",
            "told the CNIL",
            "told the data protection authority",
        ],
    ),
    (
        ClaimKind::Persons,
        &[
            "personnes concernées ont été informées",
            "personnes sont informées",
            "elles sont informées",
            "personne concernée reçoit",
            "avis a été adressé",
            "persons concerned were informed",
            "persons are told",
            "person concerned receives",
            "notice was addressed",
            "notice was sent",
            "they are told",
            "they have been informed",
        ],
    ),
    (
        ClaimKind::Access,
        &[
            "accès en cause a été fermé",
            "compte est fermé",
            "compte a été fermé",
            "avons fermé cet accès",
            "access in question was closed",
            "account is closed",
            "account was closed",
            "closed this access",
        ],
    ),
    (
        ClaimKind::Complaint,
        &["plainte a été déposée", "A complaint was filed"],
    ),
];

const THEFT: [&str; 6] = [
    "un compte volé a servi",
    "avec un compte volé",
    "Quelqu'un a volé un compte",
    "a stolen account was used",
    "with a stolen account",
    "Someone stole an account",
];

/// What is for programs and for nobody else.
pub(crate) fn codes() -> Vec<String> {
    let acts = Act::ALL
        .iter()
        .map(|act| act.code())
        .filter(|code| code.contains('-'));
    let clocks = ClockKind::ALL
        .iter()
        .map(|clock| clock.code())
        .filter(|code| code.contains('-'));
    let others = [
        "account:",
        "organisation:",
        "portal:",
        "finding:",
        "sessions:",
        "evidence:",
        "uninspected:",
        "fi-Iu7",
        "step-up",
        "caseload-only",
        "lower-bound",
        "upper-bound",
        "identite",
        "external-malicious",
        "internal-accidental",
        "{ $",
        "claim-",
        "happening-",
        "Z)",
    ];
    acts.chain(clocks)
        .chain(others)
        .map(ToOwned::to_owned)
        .collect()
}

/// `2026-11-28`, or the beginning of an instant of programs.
fn has_iso_date(text: &str) -> bool {
    text.as_bytes().windows(10).any(|signs| {
        signs.iter().enumerate().all(|(place, sign)| match place {
            4 | 7 => *sign == b'-',
            _ => sign.is_ascii_digit(),
        })
    })
}

pub(crate) fn check(said: &str, view: &IncidentView, codes: &[String], of: &str) {
    let truth = Truth(view);
    for (kind, phrases) in DONE {
        for phrase in phrases.iter().filter(|phrase| said.contains(**phrase)) {
            assert!(
                truth.holds(kind),
                "{of}: \u{ab}{phrase}\u{bb} without its act\n{said}"
            );
        }
    }
    for kind in ClaimKind::ALL {
        for language in Language::ALL {
            let at = [("at", Value::Text("\n".to_owned()))];
            let done = text_with(language, &format!("{}-done", kind.key()), &at);
            let beginning = done.split(['\u{2068}', '\n']).next().unwrap();
            let is_said = beginning.len() > 20 && said.contains(beginning);
            assert!(
                !is_said || truth.holds(*kind),
                "{of}: {beginning} without its act\n{said}"
            );
        }
    }
    for phrase in THEFT.iter().filter(|phrase| said.contains(**phrase)) {
        assert!(
            truth.is_theft(),
            "{of}: \u{ab}{phrase}\u{bb} and nobody confirmed a theft\n{said}"
        );
    }
    for code in codes {
        assert!(
            !said.contains(code.as_str()),
            "{of}: the code {code}\n{said}"
        );
    }
    assert!(!has_iso_date(said), "{of}: a date in another form\n{said}");
}
