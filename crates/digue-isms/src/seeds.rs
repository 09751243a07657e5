//! The twelve risks and the measures with which a management system begins. Texts are in the
//! locales.

use jiff::civil::Date;

use crate::answers::{Answers, Bond, Hosting, Owner};
use crate::check::Check;
use crate::kinds::{
    Inclusion, Likelihood, MeasureKind, MeasureOrigin, Priority, Purpose, RiskGravity,
};
use Check as C;
use Likelihood::{V1, V2, V3, V4};
use MeasureKind::{Organisational as Org, People as Ppl, Physical as Phy, Technological as Tec};
use MeasureOrigin::{GoodPractice, Law, Partner, Risk};
use Owner::{Ciso, Dpo, Head};
use Priority::{P1, P2, P3};
use Purpose::{Detect, Govern, Identify, Protect, Recover, Respond};
use RiskGravity::{G2, G3, G4};

/// A risk of the first hour.
#[derive(Clone, Copy, Debug)]
pub struct SeedRisk {
    pub code: &'static str,
    pub likelihood: Likelihood,
    pub gravity: RiskGravity,
    pub residual: (Likelihood, RiskGravity),
    /// Codes of the measures that lower it.
    pub measures: &'static [&'static str],
    pub signals: &'static [Check],
}

/// A measure of the first hour.
#[derive(Clone, Copy, Debug)]
pub struct SeedMeasure {
    pub code: &'static str,
    pub about: MeasureKind,
    pub purpose: Purpose,
    pub priority: Priority,
    /// Days until it is due.
    pub days: i32,
    pub owner: Owner,
    pub origin: MeasureOrigin,
    pub requirements: &'static [&'static str],
    pub checks: &'static [Check],
    pub(crate) fits: fn(&Answers) -> bool,
}

impl SeedMeasure {
    pub fn fits(&self, answers: &Answers) -> bool {
        (self.fits)(answers)
    }

    pub fn due(&self, today: Date) -> Option<Date> {
        today.checked_add(jiff::Span::new().days(self.days)).ok()
    }
}

#[rustfmt::skip]
pub(crate) const RISKS: &[SeedRisk] = &[
    risk("stolen-account", V4, G4, (V2, G3), &["passkeys", "watch", "caseloads", "workstations"], &[C::Passkeys, C::WatchActs]),
    risk("helpdesk-deceived", V3, G4, (V1, G3), &["helpdesk", "two-persons", "awareness-calls"], &[C::TwoPersons]),
    risk("delegate-creates-accounts", V3, G4, (V1, G3), &["two-persons", "arrivals", "rights-review"], &[C::QuarantineOld]),
    risk("rights-too-wide", V3, G4, (V2, G2), &["caseloads", "rights-review", "leavers"], &[C::BeyondPeers, C::WideCaseloads]),
    risk("slow-reading", V3, G3, (V2, G2), &["watch", "budgets", "decoys"], &[C::Decoys]),
    risk("curious-insider", V3, G2, (V2, G2), &["journal", "awareness-passwords", "charter"], &[C::JournalVerified]),
    risk("ransomware", V3, G4, (V2, G2), &["backups", "restore-drill", "updates", "recovery-plan"], &[C::Backups, C::RestoreDrills]),
    risk("journal-lost", V2, G3, (V1, G2), &["journal", "witnesses", "backups"], &[C::JournalVerified, C::JournalWitnessed]),
    risk("false-messages", V4, G2, (V3, RiskGravity::G1), &["official-messages", "awareness-phishing"], &[C::Awareness]),
    risk("supplier-fails", V3, G3, (V2, G2), &["contracts", "recovery-plan"], &[C::PartnerContacts]),
    risk("backup-key-lost", V2, G4, (V1, G3), &["backup-keys", "restore-drill"], &[C::RestoreDrills]),
    risk("key-person", V3, G3, (V2, G2), &["roles", "procedures", "deputies"], &[C::Roles]),
];

const fn risk(
    code: &'static str,
    likelihood: Likelihood,
    gravity: RiskGravity,
    residual: (Likelihood, RiskGravity),
    measures: &'static [&'static str],
    signals: &'static [Check],
) -> SeedRisk {
    SeedRisk {
        code,
        likelihood,
        gravity,
        residual,
        measures,
        signals,
    }
}

macro_rules! measures {
    ($($code:literal $about:ident $purpose:ident $priority:ident $days:literal $owner:ident $origin:ident
       [$($requirement:literal)*] [$($check:ident)*] $fits:expr;)+) => {
        &[$(SeedMeasure {
            code: $code,
            about: $about,
            purpose: $purpose,
            priority: $priority,
            days: $days,
            owner: $owner,
            origin: $origin,
            requirements: &[$($requirement),*],
            checks: &[$(Check::$check),*],
            fits: $fits,
        },)+]
    };
}

const fn always(_: &Answers) -> bool {
    true
}

const fn portal(answers: &Answers) -> bool {
    answers.has_portal
}

const fn partners(answers: &Answers) -> bool {
    answers.has_partners
}

fn own_machines(answers: &Answers) -> bool {
    answers.hosting != Hosting::Provider
}

fn bigger(answers: &Answers) -> bool {
    !answers.is_small()
}

fn qualiopi(answers: &Answers) -> bool {
    answers.bonds.contains(&Bond::Qualiopi)
}

#[rustfmt::skip]
pub(crate) const MEASURES: &[SeedMeasure] = measures! {
    "passkeys" Tec Protect P1 30 Ciso Risk ["iso-8.5" "iso-5.17" "anssi-13" "cnil-4" "demand-1" "recyf-8"] [Passkeys] always;
    "officers-passkeys" Tec Protect P1 7 Ciso Risk ["iso-8.2" "anssi-5" "recyf-11"] [OfficersPasskeys] portal;
    "lockout" Tec Protect P1 7 Ciso Law ["iso-8.5" "anssi-10" "cnil-4"] [Lockout] portal;
    "sessions" Tec Protect P2 30 Ciso Risk ["iso-8.5" "iso-6.7" "cnil-4"] [SessionLength SessionsOld] portal;
    "caseloads" Tec Protect P1 60 Ciso Law ["iso-8.3" "iso-5.15" "anssi-9" "cnil-5" "demand-2"] [PortalsEnforced WideCaseloads BeyondPeers] portal;
    "budgets" Tec Protect P1 30 Ciso Risk ["iso-8.12" "iso-8.6" "demand-2"] [Budgets] portal;
    "coverage" Tec Detect P2 60 Ciso Risk ["iso-8.12" "iso-5.9"] [Coverage Uninspected] portal;
    "watch" Tec Detect P1 30 Ciso Law ["iso-8.16" "iso-8.12" "demand-2" "recyf-20"] [WatchActs FalseAlarms] portal;
    "decoys" Tec Detect P2 60 Ciso GoodPractice ["iso-8.16" "iso-5.7"] [Decoys] portal;
    "alerts" Tec Detect P2 60 Ciso Risk ["iso-8.16" "iso-6.8"] [AlertsLeave FindingsDecided] portal;
    "journal" Tec Detect P1 30 Ciso Law ["iso-8.15" "iso-5.33" "iso-5.28" "anssi-36" "cnil-16" "demand-2"] [JournalVerified] portal;
    "witnesses" Tec Detect P3 120 Ciso GoodPractice ["iso-5.33" "iso-8.15"] [JournalWitnessed] portal;
    "retention" Tec Protect P2 60 Dpo Law ["iso-8.10" "iso-5.34" "cnil-16"] [Retention] portal;
    "clocks" Tec Protect P3 90 Ciso GoodPractice ["iso-8.17"] [ClockDrift] own_machines;
    "encryption" Tec Protect P1 30 Ciso Law ["iso-8.24" "iso-8.20" "anssi-21" "cnil-21"] [Encrypted] always;
    "configuration" Tec Protect P3 120 Ciso GoodPractice ["iso-8.9" "iso-8.32"] [Configuration] portal;
    "rights-review" Org Protect P1 90 Ciso Law ["iso-5.18" "anssi-9" "cnil-5" "recyf-10"] [RightsReviews] always;
    "leavers" Org Protect P1 30 Ciso Law ["iso-5.18" "iso-6.5" "anssi-6" "cnil-5" "recyf-10"] [Dormant NeverUsed] always;
    "arrivals" Org Protect P2 60 Ciso Risk ["iso-5.16" "anssi-6"] [QuarantineOld] portal;
    "two-persons" Org Protect P1 30 Ciso Risk ["iso-5.3" "iso-8.18"] [TwoPersons BreakGlass] portal;
    "shared-accounts" Org Protect P1 30 Ciso Law ["iso-5.16" "anssi-8" "cnil-4"] [] always;
    "helpdesk" Org Protect P1 30 Ciso Risk ["iso-5.17" "iso-6.8"] [] always;
    "deputies" Org Govern P2 60 Ciso Risk ["iso-5.2" "recyf-3"] [Deputies Leaders] partners;
    "contracts" Org Govern P2 120 Dpo Law ["iso-5.19" "iso-5.20" "iso-5.22" "anssi-3" "cnil-14" "demand-4" "recyf-3"] [PartnerContacts] always;
    "partner-assessment" Org Identify P2 120 Ciso Partner ["iso-5.22" "demand-4"] [] partners;
    "exports" Org Protect P2 60 Ciso Risk ["iso-5.14" "iso-8.12"] [ExportsGranted] portal;
    "awareness-passwords" Ppl Protect P1 45 Ciso Law ["iso-6.3" "anssi-2" "cnil-3" "demand-3" "recyf-4"] [Awareness] always;
    "awareness-phishing" Ppl Protect P1 45 Ciso Law ["iso-6.3" "anssi-2" "demand-3"] [Awareness] always;
    "awareness-calls" Ppl Protect P2 60 Ciso Risk ["iso-6.3" "demand-3"] [Awareness] always;
    "charter" Ppl Govern P2 90 Head Law ["iso-5.10" "iso-6.2" "iso-6.6" "cnil-2"] [] always;
    "reporting" Ppl Respond P1 30 Ciso Law ["iso-6.8" "demand-3" "recyf-12"] [] always;
    "official-messages" Org Respond P2 60 Dpo Risk ["iso-5.14" "anssi-24"] [MailSigned] always;
    "incident-plan" Org Respond P1 60 Ciso Law ["iso-5.24" "iso-5.26" "anssi-40" "cnil-19" "recyf-12"] [IncidentDeadlines] always;
    "incident-drill" Org Respond P2 150 Ciso GoodPractice ["iso-5.24" "recyf-14" "recyf-15"] [Containment] always;
    "incident-evidence" Org Respond P2 60 Dpo Law ["iso-5.28" "iso-5.25"] [IncidentEvidence] portal;
    "authorities" Org Respond P1 15 Dpo Law ["iso-5.5" "iso-5.31"] [] always;
    "lessons" Org Govern P3 180 Ciso GoodPractice ["iso-5.27" "recyf-12"] [IncidentLessons] always;
    "workstations" Tec Protect P1 60 Ciso Risk ["iso-8.1" "iso-8.7" "anssi-14" "anssi-17" "cnil-6" "recyf-9"] [] always;
    "updates" Tec Protect P1 30 Ciso Law ["iso-8.8" "iso-8.19" "anssi-34" "recyf-5"] [Software] always;
    "disk-encryption" Tec Protect P2 90 Ciso Risk ["iso-8.24" "iso-7.9" "anssi-31" "cnil-7"] [] always;
    "premises" Phy Protect P3 120 Head GoodPractice ["iso-7.1" "iso-7.2" "iso-7.7" "anssi-26" "cnil-12" "recyf-6"] [] always;
    "backups" Tec Recover P1 30 Ciso Risk ["iso-8.13" "anssi-37" "cnil-17" "recyf-13"] [Backups] always;
    "restore-drill" Tec Recover P1 90 Ciso Risk ["iso-8.13" "iso-5.30" "cnil-18" "recyf-15"] [RestoreDrills] always;
    "backup-keys" Org Recover P1 30 Head Risk ["iso-8.13" "iso-8.24"] [] always;
    "recovery-plan" Org Recover P2 150 Head Risk ["iso-5.29" "iso-5.30" "cnil-18" "recyf-13"] [] always;
    "policy" Org Govern P1 30 Head Law ["iso-5.1" "iso-5.4" "cnil-1" "recyf-2"] [DocumentsCurrent] always;
    "procedures" Org Govern P3 150 Ciso GoodPractice ["iso-5.37"] [DocumentsCurrent] bigger;
    "roles" Org Govern P1 15 Head Law ["iso-5.2" "iso-5.4" "anssi-39" "recyf-2"] [Roles] always;
    "inventory" Org Identify P2 90 Ciso Law ["iso-5.9" "iso-5.12" "anssi-4" "recyf-1"] [AssetsOwned] always;
    "processing" Org Identify P1 60 Dpo Law ["iso-5.34" "iso-5.31"] [ProcessingCurrent] always;
    "dpia" Org Identify P2 120 Dpo Law ["iso-5.34" "iso-5.8" "cnil-20"] [] |answers| answers.has_sensitive();
    "risk-review" Org Identify P2 180 Ciso Law ["iso-5.7" "anssi-41" "cnil-20" "recyf-16"] [RisksReviewed] always;
    "internal-audit" Org Govern P2 180 Head Law ["iso-5.35" "iso-5.36" "anssi-38" "recyf-17"] [AuditsDone MeasuresLate] always;
    "management-review" Org Govern P2 300 Head Law ["iso-5.4" "iso-5.36"] [] always;
    "qualiopi-file" Org Govern P2 90 Head Law ["qualiopi-17" "qualiopi-18" "qualiopi-27" "qualiopi-31" "qualiopi-32"] [] qualiopi;
};

/// Why a control is included at the beginning: by the origin of the measures that meet it, or, where
/// none of the first hour does, by what it protects. An officer revises it.
pub fn reason(control: &str) -> Inclusion {
    let meets = |measure: &&SeedMeasure| measure.requirements.contains(&control);
    let of_measure = MEASURES.iter().filter(meets).map(|measure| measure.origin);
    // The law before the risk: of two reasons the one that leaves no choice.
    let strongest = of_measure
        .map(MeasureOrigin::inclusion)
        .min_by_key(|one| match one {
            Inclusion::Legal => 0,
            Inclusion::Contract => 1,
            Inclusion::Risk => 2,
            Inclusion::GoodPractice => 3,
        });
    let others = || match control {
        "iso-5.32" | "iso-7.10" | "iso-7.14" | "iso-8.11" | "iso-8.33" => Inclusion::Legal,
        "iso-5.21" | "iso-5.23" | "iso-8.30" => Inclusion::Contract,
        "iso-5.6" | "iso-5.13" | "iso-6.4" | "iso-7.6" | "iso-7.12" | "iso-7.13" | "iso-8.27" => {
            Inclusion::GoodPractice
        }
        _ => Inclusion::Risk,
    };
    strongest.unwrap_or_else(others)
}
