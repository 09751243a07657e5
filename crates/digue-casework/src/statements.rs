//! Sentences of documents and pages about an incident: claims, events, acts, counts. A claim comes
//! with its fact from `digue-response`; nothing here turns a decision into something done.

use digue_app::signals::{journalled_signals, sentences};
use digue_locales::{Value, number, text_with};
use digue_response::affected::AffectedVersion;
use digue_response::claim::{Claim, ClaimKind, ClaimStanding};
use digue_response::incident::{EntryKind, ReopenedGate};
use digue_response::sheet::{MeasuredFacts, SheetFact};
use digue_response::vocabulary::DataKind;
use digue_response::{Incident, IncidentEntry, IncidentNote};
use digue_types::visible::is_blank;
use digue_types::{AccountId, Act, Gate, GateReason, Subject, Timestamp};

use crate::incidents::IncidentView;
use crate::notice_style::Style;
use crate::paper_reader::PaperReader;
use crate::subject_names::SubjectNames;

/// The claims that a person reads in a notice, in order.
const NOTICE_CLAIMS: [ClaimKind; 2] = [ClaimKind::Access, ClaimKind::Authority];

/// What is done to the access of one account, and its word in a sentence.
const ACCESS_ACTS: [(Act, &str); 3] = [
    (Act::SessionCut, "cut"),
    (Act::AccountSuspended, "suspended"),
    (Act::AccountResumed, "resumed"),
];

/// The acts that are measures against a breach.
fn is_measure(act: Act) -> bool {
    act == Act::GateSet || ACCESS_ACTS.iter().any(|(known, _)| *known == act)
}

/// What those outside may ask about, and whatever was done.
fn is_for_all(claim: &Claim) -> bool {
    match claim.kind() {
        ClaimKind::Authority | ClaimKind::Persons | ClaimKind::Public | ClaimKind::Access => true,
        ClaimKind::Complaint
        | ClaimKind::Controller
        | ClaimKind::EarlyWarning
        | ClaimKind::Nis2
        | ClaimKind::FinalReport => matches!(claim.standing(), ClaimStanding::Done(_)),
    }
}

impl PaperReader {
    pub(crate) fn sentence(&self, key: &str, values: &[(&str, String)]) -> String {
        let values: Vec<_> = values
            .iter()
            .map(|(name, value)| (*name, Value::from(value.clone())))
            .collect();
        text_with(self.language, key, &values)
    }

    fn hour(&self, claim: Claim) -> String {
        claim.hour().map(|at| self.spelled(at)).unwrap_or_default()
    }

    /// A claim as a sentence: done with its date, due by its deadline, or not done.
    pub fn claim(&self, claim: Claim) -> String {
        self.sentence(&claim.key(), &[("at", self.hour(claim))])
    }

    /// The same for officers: with the author of the act, its receipt, and contradictions with what
    /// Digue sent itself.
    pub(crate) fn claim_with_source(&self, view: &IncidentView, claim: Claim) -> String {
        let sentence = self.claim(claim);
        let ClaimStanding::Done(fact) = claim.standing() else {
            return sentence;
        };
        let Some(entry) = view
            .entries
            .iter()
            .find(|entry| entry.number == fact.entry())
        else {
            return sentence;
        };
        let receipt = match &entry.note {
            // Digue's own campaign counted it.
            IncidentNote::Met {
                persons: Some(_), ..
            } => return sentence,
            IncidentNote::Met { receipt, .. } => receipt.as_str(),
            IncidentNote::Submitted(submission) => submission.receipt.as_str(),
            _ => return sentence,
        };
        let (by, receipt) = (self.person(&entry.author), receipt.trim().to_owned());
        let key = if is_blank(&receipt) {
            "claim-stated-bare"
        } else {
            "claim-stated"
        };
        let stated = self.sentence(
            key,
            &[("claim", sentence), ("by", by), ("receipt", receipt)],
        );
        match claim.kind() {
            ClaimKind::Persons => [stated]
                .into_iter()
                .chain(self.notices_beside(view))
                .collect::<Vec<_>>()
                .join(" "),
            _ => stated,
        }
    }

    /// The outcome of Digue's own notices beside what a person states. A letter that Digue prepared
    /// is delivered by others, and a statement after a campaign says how the rest was informed:
    /// neither is a contradiction. Notices that did not leave after the statement are one.
    fn notices_beside(&self, view: &IncidentView) -> Option<String> {
        let incident = &view.incident;
        let open = incident.open_campaign()?;
        let persons = incident.notified_or_notices();
        let is_before = incident.last_informed() < Some(open);
        let is_denied = is_before && persons.left_out() > 0;
        let count = |of: u64| number(self.language, of);
        let counts = [
            ("sent", count(persons.sent)),
            ("listed", count(persons.listed)),
            ("unsent", count(persons.unsent)),
            ("unreached", count(persons.unreached)),
        ];
        let key = if is_denied {
            "claim-notices-differ"
        } else if persons.left_out() > 0 {
            "claim-notices-rest"
        } else {
            "claim-notices-otherwise"
        };
        Some(self.sentence(key, &counts))
    }

    /// Every claim with its source.
    pub fn claims_with_sources(&self, view: &IncidentView) -> Vec<String> {
        let claims = view.incident.claims(&view.clocks, view.now);
        claims
            .into_iter()
            .map(|claim| self.claim_with_source(view, claim))
            .collect()
    }

    /// Every claim of an incident at its present state.
    pub fn claims(&self, view: &IncidentView) -> Vec<String> {
        let claims = view.incident.claims(&view.clocks, view.now);
        claims.into_iter().map(|claim| self.claim(claim)).collect()
    }

    /// The claims for those outside: what was done of all duties, and of those not done yet the ones
    /// that they may ask about. That no complaint is filed yet, and what the insurer asks for, is for
    /// the officers alone.
    pub(crate) fn claims_outside(&self, view: &IncidentView) -> Vec<String> {
        let claims = view.incident.claims(&view.clocks, view.now).into_iter();
        claims
            .filter(is_for_all)
            .map(|claim| self.claim(claim))
            .collect()
    }

    /// The same with receipts, and with what Digue's own notices show: for the authority and the
    /// police.
    pub(crate) fn claims_to_authorities(&self, view: &IncidentView) -> Vec<String> {
        let claims = view.incident.claims(&view.clocks, view.now).into_iter();
        claims
            .filter(is_for_all)
            .map(|claim| self.claim_with_source(view, claim))
            .collect()
    }

    pub(crate) fn claim_of(&self, view: &IncidentView, kind: ClaimKind) -> String {
        self.claim_with_source(view, view.incident.claim(kind, &view.clocks, view.now))
    }

    /// When it happened, as the beginning of a sentence; empty rather than the time of something
    /// else.
    fn when(&self, incident: &Incident, prefix: &str) -> String {
        let (key, from, to) = match incident.occurred {
            None => ("unknown", String::new(), String::new()),
            Some((from, None)) => ("since", self.date(from), String::new()),
            Some((from, Some(to))) if self.date(from) == self.date(to) => {
                ("on", self.date(from), String::new())
            }
            Some((from, Some(to))) => ("between", self.date(from), self.date(to)),
        };
        self.sentence(
            &format!("{prefix}when-{key}"),
            &[("from", from), ("to", to)],
        )
    }

    /// What happened, as far as the log shows.
    pub fn happened(&self, incident: &Incident) -> String {
        self.sentence(
            incident.happening().key(),
            &[("when", self.when(incident, ""))],
        )
    }

    /// The same for the authority, with the number of persons and the kinds of data.
    pub(crate) fn what_happened(&self, incident: &Incident) -> String {
        let happened = self.happened(incident);
        let Some(version) = incident.affected() else {
            return happened;
        };
        let kinds = self.kinds(version.by_category.keys().cloned().collect::<Vec<_>>());
        let values = [
            ("happened", happened),
            ("persons", self.persons(Some(version))),
            (
                "kinds",
                if kinds.is_empty() {
                    self.say("paper-unknown")
                } else {
                    kinds.join(", ")
                },
            ),
        ];
        let what = self.sentence("breach-what", &values);
        let fewer = self.all_left_out(incident);
        std::iter::once(what)
            .chain(fewer)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// A fact of a checklist as a sentence; what is not known is said to be unknown.
    pub(crate) fn fact(&self, fact: SheetFact, facts: &MeasuredFacts) -> String {
        let count = |count: usize| number(self.language, count as u64);
        let unknown = || self.say("paper-unknown");
        let affected = facts.affected.as_ref();
        let values: Vec<(&str, String)> = match fact {
            SheetFact::Accounts => {
                let Some(known) = facts.concerned else {
                    return self.say("fact-unnamed");
                };
                vec![
                    ("accounts", count(known.accounts)),
                    ("sessions", count(known.sessions)),
                ]
            }
            SheetFact::Affected => {
                let persons = affected.map(|affected| number(self.language, affected.persons));
                vec![("persons", persons.unwrap_or_else(unknown))]
            }
            SheetFact::Categories => {
                let kinds = affected.map(|affected| self.kinds(&affected.categories).join(", "));
                let kinds = kinds.filter(|kinds| !kinds.is_empty());
                vec![("categories", kinds.unwrap_or_else(unknown))]
            }
            SheetFact::Findings => {
                let Some(found) = facts.findings else {
                    return self.say("fact-unnamed");
                };
                vec![
                    ("findings", count(found.all)),
                    ("waiting", count(found.waiting)),
                ]
            }
            SheetFact::Journal => vec![("entries", number(self.language, facts.journal))],
            SheetFact::Organisation => match facts.colleagues {
                Some(colleagues) => vec![("accounts", count(colleagues))],
                None => return self.say("fact-unnamed"),
            },
            SheetFact::Uninspected => {
                let unread = affected.map(|affected| number(self.language, affected.uninspected));
                vec![("reason", unread.unwrap_or_else(unknown))]
            }
        };
        self.sentence(&format!("fact-{}", fact.code()), &values)
    }

    /// The same for a person, with what was done about it.
    pub fn notice_happened(&self, view: &IncidentView, style: Style) -> String {
        let incident = &view.incident;
        let claims = NOTICE_CLAIMS.into_iter().filter(|kind| {
            // After a mistake, or without an account, there is no access to close.
            *kind != ClaimKind::Access || incident.about.is_account()
        });
        let claims = claims.map(|kind| incident.claim(kind, &view.clocks, view.now));
        let key = incident.happening().key();
        let parts: Vec<String> = match style {
            Style::Plain(_) => {
                let when = self.when(incident, "");
                let happened = self.sentence(&format!("notice-{key}"), &[("when", when)]);
                std::iter::once(happened)
                    .chain(claims.map(|claim| self.claim(claim)))
                    .collect()
            }
            Style::Easy(_) => {
                let happened = [
                    self.say(&format!("notice-easy-{key}")),
                    self.when(incident, "notice-easy-"),
                ];
                let claims = claims.map(|claim| {
                    let key = claim.key().replacen("claim-", "claim-easy-", 1);
                    self.sentence(&key, &[("at", self.hour(claim))])
                });
                happened
                    .into_iter()
                    .chain(claims)
                    .chain([self.say("notice-easy-fault")])
                    .collect()
            }
        };
        parts.join(" ")
    }

    /// The number of persons and how exact it is; said plainly when nobody counted.
    pub fn persons(&self, version: Option<&AffectedVersion>) -> String {
        let Some(version) = version else {
            return self.say("persons-unknown");
        };
        let key = format!("persons-{}", version.quality.code());
        self.sentence(
            &key,
            &[("shown", number(self.language, version.everybody()))],
        )
    }

    /// That persons of earlier lists are not in later ones, and why: one sentence for each list.
    pub fn all_left_out(&self, incident: &Incident) -> Vec<String> {
        let versions = incident.affected.iter();
        versions
            .filter_map(|version| self.left_out(version))
            .collect()
    }

    /// That persons of an earlier list are not in this one, and why; `None` where it has them all.
    pub fn left_out(&self, version: &AffectedVersion) -> Option<String> {
        let left_out = version.left_out.as_ref()?;
        let values = [
            ("version", Value::from(version.number)),
            ("count", Value::from(left_out.persons)),
            ("shown", number(self.language, left_out.persons).into()),
            ("reason", left_out.reason.as_str().into()),
        ];
        Some(text_with(self.language, "affected-left-out", &values))
    }

    /// Categories of a map in the authority's terms, each once; others unchanged.
    pub fn kinds(&self, categories: impl AsRef<[String]>) -> Vec<String> {
        let mut kinds: Vec<String> = Vec::new();
        for category in categories.as_ref() {
            let kind = DataKind::of_category(category);
            let kind_name = kind.map_or_else(|| category.clone(), |kind| self.say(kind.key()));
            if !kinds.contains(&kind_name) {
                kinds.push(kind_name);
            }
        }
        kinds
    }

    /// A subject of the journal in words (`account:a1`, `record:ME-3`); its name where that is what
    /// people gave it.
    pub fn named(&self, subject: &Subject) -> String {
        let counted = |key: &str, count: u64| self.say1(key, "count", number(self.language, count));
        let of = |key: &str, name: String| self.say1(key, "name", name);
        match subject.clone().canonical() {
            Subject::Account(_) | Subject::Organisation(_) | Subject::Portal(_) => {
                self.subject(subject)
            }
            Subject::Accounts(count) => counted("subject-accounts", count),
            Subject::Incident(_) | Subject::Affected { .. } => self.say("subject-incident"),
            // Their names are random, or the hash of an identifier.
            Subject::Finding(_) => self.say("subject-finding"),
            Subject::Campaign(_) => self.say("subject-campaign"),
            Subject::Review(_) => self.say("subject-review"),
            Subject::Report(_) => self.say("subject-report"),
            Subject::Person(_) => self.say("subject-person"),
            Subject::Session(_) => self.say("subject-session"),
            Subject::File(_) => self.say("subject-file"),
            Subject::Rules(_) => self.say("subject-rules"),
            Subject::Everything => self.say("subject-everything"),
            Subject::Policies => self.say("subject-policies"),
            Subject::Proxies => self.say("subject-proxies"),
            Subject::Template => self.say("subject-template"),
            Subject::Journal | Subject::WholeJournal => self.say("subject-journal"),
            Subject::Administration => self.say("subject-administration"),
            Subject::Check(code) => {
                let key = format!("check-{code}");
                // A check of a later version has only its code.
                if digue_locales::has(self.language, &key) {
                    self.say(&key)
                } else {
                    code
                }
            }
            Subject::Complaint(reference) => of("subject-complaint", reference),
            Subject::Statement(version) => counted("subject-statement", version),
            Subject::Entries { first, count } => {
                let last = first.saturating_add(count.saturating_sub(1));
                let ends = [("first", first.to_string()), ("last", last.to_string())];
                self.sentence("subject-entries", &ends)
            }
            Subject::Receipt(entry) => of("subject-receipt", entry.to_string()),
            Subject::History(account)
            | Subject::Exposures(account)
            | Subject::Persons(account)
            | Subject::LookBack(account) => of("subject-history", account.to_string()),
            Subject::Scope { persons } => counted("subject-scope", persons),
            Subject::Requests(count) => counted("subject-requests", count),
            subject @ (Subject::Nothing
            | Subject::Population(_)
            | Subject::Caseload(_)
            | Subject::Aliases(_)
            | Subject::Classes(_)
            | Subject::Record(_)
            | Subject::Sights(_)
            | Subject::Repository(_)
            | Subject::Other(_)) => subject.name(),
        }
    }

    /// `account:a1` in words.
    pub fn subject(&self, subject: &Subject) -> String {
        let named = |key: &str, name: String| self.sentence(key, &[("name", name)]);
        match subject.clone().canonical() {
            Subject::Account(account) => named("subject-account", account.to_string()),
            Subject::Organisation(organisation) => {
                named("subject-organisation", organisation.to_string())
            }
            Subject::Portal(portal) => named("subject-portal", portal.to_string()),
            _ => self.say("subject-other"),
        }
    }

    /// An act of the journal in words: what was done to whom, and the reason if a person gave one.
    pub fn act(
        &self,
        act: Act,
        subject: &Subject,
        after: &str,
        (by, reason): (&str, &str),
    ) -> String {
        let who = ("who", self.subject(subject));
        let gate = Gate::parse(after).filter(|_| act == Act::GateSet);
        let what = match gate {
            Some(gate) => self.sentence(&format!("taken-{}", gate.code()), &[who]),
            None => self.sentence(
                "taken-other",
                &[("act", self.say(&format!("act-{}", act.code()))), who],
            ),
        };
        // Only the reason of a gate has a form: that of another act may begin with the same words.
        let gate_reason = gate.map(|_| GateReason::parse(reason));
        let written = if let Some(GateReason::Officer(text)) = gate_reason {
            text
        } else {
            reason.to_owned()
        };
        // Reasons that Digue writes are in the form of the journal: signals become sentences, the
        // rest is left to the page of the finding.
        let is_person = !by.is_empty() && by != "digue";
        if is_person && !written.is_empty() {
            return self.pair(&what, &written);
        }
        match journalled_signals(reason).filter(|_| !is_person) {
            Some(signals) => [vec![format!("{what}.")], sentences(self.language, &signals)]
                .concat()
                .join(" "),
            None => what,
        }
    }

    /// `portal:portail open` in words.
    pub fn reopened(&self, what: &str) -> String {
        match ReopenedGate::parse(what) {
            Some(ReopenedGate { subject, gate }) => self.sentence(
                &format!("taken-{}", gate.code()),
                &[("who", self.subject(&subject))],
            ),
            None => self.subject(&Subject::parse(what)),
        }
    }

    /// One sentence of what was done, from an entry of the log; `None` for an entry that is not an
    /// act.
    pub(crate) fn taken(&self, entry: &IncidentEntry, names: &SubjectNames) -> Option<String> {
        let at = self.spelled(entry.at);
        let what = match &entry.note {
            IncidentNote::Said {
                kind: EntryKind::Action,
                text,
                ..
            } => text.clone(),
            IncidentNote::Seen {
                act,
                subject,
                after,
                reason,
                by,
                ..
            } if is_measure(*act) => match self.done(*act, subject, after, (&at, names)) {
                Some(done) => return Some(self.done_because(done, by, reason)),
                None => self.act(*act, subject, after, (by, reason)),
            },
            IncidentNote::Reopening { what, text, .. } => {
                let gate = ReopenedGate::parse(what);
                let done = gate.and_then(|ReopenedGate { subject, gate }| {
                    self.done(Act::GateSet, &subject, gate.code(), (&at, names))
                });
                match done {
                    Some(done) => return Some(self.done_because(done, &entry.author, text)),
                    None => self.pair(&self.reopened(what), text),
                }
            }
            _ => return None,
        };
        Some(self.sentence("taken-at", &[("at", at), ("what", what)]))
    }

    /// "Le compte X de l'organisme Y a été fermé le 28 novembre 2026 à 3 h 47", without its end;
    /// `None` for an act that is no measure, and for what has no name.
    fn done(
        &self,
        act: Act,
        subject: &Subject,
        after: &str,
        (at, names): (&str, &SubjectNames),
    ) -> Option<String> {
        let known = ACCESS_ACTS.into_iter().find(|(known, _)| *known == act);
        let word = match known {
            Some((_, word)) => word,
            None => Gate::parse(after)?.code(),
        };
        let (key, name) = match subject.clone().canonical() {
            Subject::Account(account) => ("acted-account", self.account_of(&account, names)),
            Subject::Organisation(id) => ("acted-organisation", names.organisation(&id)),
            Subject::Portal(portal) => ("acted-portal", portal.to_string()),
            _ => return None,
        };
        let values = [
            ("act", word.to_owned()),
            ("name", name),
            ("at", at.to_owned()),
        ];
        Some(self.sentence(key, &values))
    }

    /// An account with its organisation, where that is known.
    pub(crate) fn account_of(&self, account: &AccountId, names: &SubjectNames) -> String {
        let name = account.to_string();
        match names.organisation_of(account) {
            Some(organisation) => {
                let organisation = organisation.to_owned();
                self.sentence(
                    "account-of",
                    &[("name", name), ("organisation", organisation)],
                )
            }
            None => name,
        }
    }

    /// What was done, by whom and why. Reasons that Digue writes are signals, and become sentences.
    fn done_because(&self, done: String, by: &str, reason: &str) -> String {
        let reason = if let GateReason::Officer(text) = GateReason::parse(reason) {
            text
        } else {
            reason.to_owned()
        };
        if by.is_empty() || by == "digue" {
            let why = journalled_signals(&reason).map(|signals| sentences(self.language, &signals));
            return match why.filter(|why| !why.is_empty()) {
                Some(why) => self.sentence(
                    "acted-by-digue-because",
                    &[("done", done), ("why", why.join(" "))],
                ),
                None => self.sentence("acted-by-digue", &[("done", done)]),
            };
        }
        let (by, why) = (
            by.to_owned(),
            reason.trim().trim_end_matches('.').to_owned(),
        );
        let key = if is_blank(&why) {
            "acted-by"
        } else {
            "acted-by-because"
        };
        self.sentence(key, &[("done", done), ("by", by), ("why", why)])
    }

    /// An entry of the log for the complaint; `None` where it is of no use there.
    pub(crate) fn logged(&self, note: &IncidentNote) -> Option<String> {
        Some(match note {
            IncidentNote::Said { text, .. } => text.clone(),
            IncidentNote::Seen {
                act,
                subject,
                after,
                reason,
                journal,
                by,
                ..
            } => {
                let what = self.act(*act, subject, after, (by, reason));
                // Findings from before the incident was opened have no own entry to cite.
                if *journal == 0 {
                    return Some(what);
                }
                self.sentence(
                    "act-cited",
                    &[("what", what), ("entry", journal.to_string())],
                )
            }
            IncidentNote::StateSet { state, reason } => self.pair(&self.say(state.key()), reason),
            IncidentNote::Aware { at, reason, of } => {
                let at = self.moment(Timestamp::from_micros(*at));
                let aware = self.sentence("log-aware", &[("at", at), ("of", self.say(of.key()))]);
                self.pair(&aware, reason)
            }
            _ => return None,
        })
    }
}
