//! The start of an ISMS: some answers become first registers, in the language of the user.

use digue_app::{Actor, App, OperationError};
use digue_types::visible::is_blank;
use std::collections::HashMap;

use digue_isms::check::Check;
use digue_isms::field::Values;
use digue_isms::framework::{self, Framework};
use digue_isms::kinds::{Inclusion, PolicyTopic, RegisterKind};
use digue_isms::register::Registers;
use digue_isms::start::{
    Answers, Hosting, OBJECTIVES, Owner, SeedMeasure, Who, measures, reason, risks,
};
use digue_locales::{Language, text};
use jiff::Span;
use jiff::civil::Date;

use super::{IsmsState, RevisionDraft, add_all, in_force, now};

/// True while the registers are empty.
pub async fn is_empty(app: &App, actor: &Actor) -> Result<bool, OperationError> {
    super::must_read(actor)?;
    Ok(in_force(app).await?.is_empty())
}

/// Writes scope, roles, risks, measures and a calendar.
///
/// # Errors
/// `Conflict` when the registers are not empty; `Invalid` without the organisation's name and its
/// head.
pub async fn begin(
    app: &App,
    actor: &Actor,
    answers: &Answers,
    language: Language,
) -> Result<(), OperationError> {
    actor.must_govern()?;
    if is_blank(&answers.name) || is_blank(&answers.head) {
        return Err(OperationError::Invalid("invalid-start"));
    }
    let _one_at_a_time = app.area::<IsmsState>().writing.lock().await;
    if !in_force(app).await?.is_empty() {
        return Err(OperationError::Conflict);
    }
    let mut book = SeedRegisters {
        drafts: Vec::new(),
        language,
        today: now(app).today,
    };
    book.context(answers);
    book.roles(answers);
    book.assets(answers);
    let named = book.measures(answers);
    book.risks(answers, &named);
    book.objectives(answers);
    book.applicability();
    book.governance(answers);
    book.programme();
    book.calendar(answers);
    // The seeds are constants: valid fields and links are a matter of tests, not of users.
    debug_assert!(fits(&book.drafts));
    add_all(app, actor, book.drafts).await
}

fn fits(drafts: &[RevisionDraft]) -> bool {
    let registers = Registers::new(drafts.iter().map(|draft| digue_isms::Revision {
        kind: draft.kind,
        id: draft.id.clone(),
        number: draft.number,
        at: digue_types::Timestamp::ZERO,
        by: String::new(),
        is_over: false,
        hash: String::new(),
        values: draft.values.clone(),
    }));
    drafts.iter().all(|draft| {
        draft
            .kind
            .checked(&draft.values)
            .is_ok_and(|values| values == draft.values)
            && super::unknown_links(&registers, draft.kind, &draft.values).is_ok()
    })
}

/// The clauses and controls of each year of the first programme, by the beginnings of their ids:
/// organisation and people, then premises and operation, then techniques.
const AUDITED: [(&str, &[&str]); 3] = [
    (
        "seed-audit-1",
        &["clause-4", "clause-5", "clause-6", "clause-9", "iso-5."],
    ),
    (
        "seed-audit-2",
        &["clause-7", "clause-10", "clause-9", "iso-6.", "iso-7."],
    ),
    ("seed-audit-3", &["clause-8", "clause-9", "iso-8."]),
];

struct SeedRegisters {
    drafts: Vec<RevisionDraft>,
    language: Language,
    today: Date,
}

impl SeedRegisters {
    fn say(&self, key: &str) -> String {
        text(self.language, key)
    }

    /// Adds a record and returns its id.
    fn add(&mut self, kind: RegisterKind, fields: &[(&str, String)]) -> String {
        let number = self
            .drafts
            .iter()
            .filter(|draft| draft.kind == kind)
            .count()
            + 1;
        let id = format!("{}-{number}", kind.prefix());
        let filled = fields.iter().filter(|(_, value)| !is_blank(value));
        let values: Values = filled
            .map(|(field, value)| ((*field).to_owned(), vec![value.trim().to_owned()]))
            .collect();
        // A seed that does not fit stays as it is: the assertion in `begin` finds it in tests.
        let values = kind.checked(&values).unwrap_or(values);
        self.drafts.push(RevisionDraft {
            kind,
            id: id.clone(),
            number: 1,
            is_over: false,
            values,
        });
        id
    }

    fn in_days(&self, days: i32) -> String {
        self.today
            .checked_add(Span::new().days(days))
            .map(|day| day.to_string())
            .unwrap_or_default()
    }

    fn context(&mut self, answers: &Answers) {
        let scope = self.say(&format!("seed-scope-{}", answers.who.code()));
        let title = format!("{} – {scope}", answers.name.trim());
        self.add(
            RegisterKind::Context,
            &[("title", title), ("about", "scope".to_owned())],
        );
        let mut parties = vec!["persons", "cnil"];
        if answers.has_partners {
            parties.push("partners");
        }
        if answers.hosting != Hosting::Own {
            parties.push("hosting");
        }
        parties.extend(answers.bonds.iter().map(|bond| bond.code()));
        for party in parties {
            let (title, wants) = (
                self.say(&format!("seed-party-{party}")),
                self.say(&format!("seed-party-{party}-wants")),
            );
            self.add(
                RegisterKind::Context,
                &[
                    ("title", title),
                    ("about", "party".to_owned()),
                    ("requirement", wants),
                ],
            );
        }
    }

    fn roles(&mut self, answers: &Answers) {
        let held = [
            ("top-management", &answers.head),
            ("ciso", &answers.ciso),
            ("dpo", &answers.dpo),
            // Left open: those who run the system must not audit their own work (ISO/IEC 27001,
            // 9.2.2).
            ("internal-auditor", &String::new()),
        ];
        for (role, holder) in held {
            let duties = self.say(&format!("seed-role-{role}"));
            let fields = [
                ("role", role.to_owned()),
                ("holder", holder.clone()),
                ("duties", duties),
                (
                    "appointed",
                    if holder.is_empty() {
                        String::new()
                    } else {
                        self.today.to_string()
                    },
                ),
            ];
            self.add(RegisterKind::Role, &fields);
        }
    }

    fn assets(&mut self, answers: &Answers) {
        let mut assets = vec![("records", "primary", "4")];
        assets.push(if answers.has_portal {
            ("portal", "supporting", "3")
        } else {
            ("tools", "supporting", "3")
        });
        assets.extend([
            ("mail", "supporting", "3"),
            ("workstations", "supporting", "2"),
            ("backups", "supporting", "4"),
        ]);
        for (asset, about, need) in assets {
            let title = self.say(&format!("seed-asset-{asset}"));
            let fields = [
                ("title", title),
                ("about", about.to_owned()),
                ("owner", answers.head.clone()),
                ("confidentiality", need.to_owned()),
                ("integrity", "3".to_owned()),
                ("availability", "3".to_owned()),
            ];
            self.add(RegisterKind::Asset, &fields);
        }
    }

    /// Adds the measures that apply; returns their ids by code.
    fn measures(&mut self, answers: &Answers) -> HashMap<&'static str, String> {
        let fitting: Vec<&SeedMeasure> = measures(answers);
        fitting
            .into_iter()
            .map(|seed| {
                let key = format!("seed-measure-{}", seed.code);
                let (title, how) = (self.say(&key), self.say(&format!("{key}-how")));
                let checks: Vec<&str> = seed.checks.iter().map(|check| check.code()).collect();
                // Without a portal the gateway measures nothing: only the checks of the registers
                // remain.
                let checks = if answers.has_portal {
                    checks.join(",")
                } else {
                    registers_only(seed)
                };
                let fields = [
                    ("title", title),
                    ("description", how),
                    ("about", seed.about.code().to_owned()),
                    ("purpose", seed.purpose.code().to_owned()),
                    ("priority", seed.priority.code().to_owned()),
                    ("owner", answers.owner(seed.owner).to_owned()),
                    (
                        "due",
                        seed.due(self.today)
                            .map(|due| due.to_string())
                            .unwrap_or_default(),
                    ),
                    ("declared", "to-do".to_owned()),
                    ("origin", seed.origin.code().to_owned()),
                    ("requirements", seed.requirements.join(",")),
                    ("checks", checks),
                ];
                (seed.code, self.add(RegisterKind::Measure, &fields))
            })
            .collect()
    }

    fn risks(&mut self, answers: &Answers, named: &HashMap<&'static str, String>) {
        for risk in risks(answers) {
            let key = format!("seed-risk-{}", risk.code);
            let (title, path) = (self.say(&key), self.say(&format!("{key}-path")));
            let measures: Vec<&str> = risk
                .measures
                .iter()
                .filter_map(|code| named.get(code).map(String::as_str))
                .collect();
            let signals: Vec<&str> = risk.signals.iter().map(|check| check.code()).collect();
            let fields = [
                ("title", title),
                ("path", path),
                ("owner", answers.head.clone()),
                ("likelihood", risk.likelihood.code().to_owned()),
                ("gravity", risk.gravity.code().to_owned()),
                ("residual-likelihood", risk.residual.0.code().to_owned()),
                ("residual-gravity", risk.residual.1.code().to_owned()),
                ("treatment", "mitigate".to_owned()),
                ("measures", measures.join(",")),
                (
                    "signals",
                    if answers.has_portal {
                        signals.join(",")
                    } else {
                        String::new()
                    },
                ),
                ("review-on", self.in_days(365)),
            ];
            self.add(RegisterKind::Risk, &fields);
        }
    }

    fn objectives(&mut self, answers: &Answers) {
        for seed in OBJECTIVES {
            if !answers.has_portal && !is_own(seed.check) {
                continue;
            }
            let fields = [
                ("title", self.say(&format!("seed-objective-{}", seed.code))),
                ("indicator", self.say(&seed.check.key())),
                ("side", seed.side.code().to_owned()),
                ("target", seed.target.to_owned()),
                ("unit", self.say(seed.unit)),
                ("check", seed.check.code().to_owned()),
                ("figure", seed.figure.code().to_owned()),
                ("owner", answers.owner(Owner::Ciso).to_owned()),
                ("due", self.in_days(365)),
            ];
            self.add(RegisterKind::Objective, &fields);
        }
    }

    /// A reason for each control that no measure of the first hour gives one (6.1.3 d).
    fn applicability(&mut self) {
        let covered: Vec<String> = self
            .drafts
            .iter()
            .filter(|draft| draft.kind == RegisterKind::Measure)
            .flat_map(|draft| {
                draft
                    .values
                    .get("requirements")
                    .cloned()
                    .unwrap_or_default()
            })
            .collect();
        let is_open = |id: &&str| !covered.iter().any(|known| known == id);
        let open = framework::controls().map(|control| control.id);
        let open: Vec<&str> = open.filter(is_open).collect();
        for inclusion in Inclusion::ALL {
            let own = open.iter().filter(|id| reason(id) == *inclusion);
            let own: Vec<&str> = own.copied().collect();
            if own.is_empty() {
                continue;
            }
            let fields = [
                ("requirement", own.join(",")),
                ("applies", "yes".to_owned()),
                ("inclusion", inclusion.code().to_owned()),
            ];
            self.add(RegisterKind::Applicability, &fields);
        }
    }

    /// What clauses 4 to 10 ask for beside risks and measures, to be revised like the rest.
    fn governance(&mut self, answers: &Answers) {
        let head = answers.head.clone();
        let ciso = answers.owner(Owner::Ciso).to_owned();
        let issues = [
            ("external", "seed-issue-external"),
            ("internal", "seed-issue-internal"),
            ("climate", "seed-issue-climate"),
        ];
        for (about, key) in issues {
            let is_relevant = if about == "climate" { "yes" } else { "" };
            let fields = [
                ("title", self.say(key)),
                ("about", about.to_owned()),
                ("effect", self.say(&format!("{key}-effect"))),
                ("relevant", is_relevant.to_owned()),
            ];
            self.add(RegisterKind::Context, &fields);
        }
        let scale = [
            ("title", self.say("seed-scale")),
            ("likelihood-words", self.say("seed-scale-likelihood")),
            ("gravity-words", self.say("seed-scale-gravity")),
            ("moderate", "4".to_owned()),
            ("high", "8".to_owned()),
            ("critical", "12".to_owned()),
            ("accepted", "moderate".to_owned()),
            ("who-accepts", self.say("seed-scale-who")),
            ("starts-on", self.today.to_string()),
        ];
        self.add(RegisterKind::RiskScale, &scale);
        let opportunity = [
            ("title", self.say("seed-opportunity")),
            ("benefit", self.say("seed-opportunity-benefit")),
            ("action", self.say("seed-opportunity-action")),
            ("owner", head.clone()),
            ("due", self.in_days(180)),
        ];
        self.add(RegisterKind::Opportunity, &opportunity);
        let change = [
            ("title", self.say("seed-change")),
            ("purpose", self.say("seed-change-purpose")),
            ("effects", self.say("seed-change-effects")),
            ("owner", ciso.clone()),
            ("due", self.in_days(365)),
        ];
        self.add(RegisterKind::PlannedChange, &change);
        for (key, side, owner) in [
            ("seed-communication-policy", "internal", &head),
            ("seed-communication-incident", "internal", &ciso),
            ("seed-communication-authority", "external", &ciso),
            ("seed-communication-persons", "external", &head),
        ] {
            let fields = [
                ("title", self.say(key)),
                ("side", side.to_owned()),
                ("recipients", self.say(&format!("{key}-with"))),
                ("occasion", self.say(&format!("{key}-when"))),
                ("means", self.say(&format!("{key}-how"))),
                ("owner", owner.clone()),
            ];
            self.add(RegisterKind::CommunicationLine, &fields);
        }
        for (key, person) in [
            ("seed-competence-ciso", ciso.clone()),
            ("seed-competence-dpo", answers.owner(Owner::Dpo).to_owned()),
        ] {
            let fields = [
                ("title", self.say(key)),
                ("person", person),
                ("action", self.say(&format!("{key}-action"))),
                ("due", self.in_days(180)),
                ("acquired", "not-yet".to_owned()),
            ];
            self.add(RegisterKind::Competence, &fields);
        }
        for (key, about) in [
            ("seed-resource-time", "time"),
            ("seed-resource-money", "money"),
        ] {
            let fields = [
                ("title", self.say(key)),
                ("about", about.to_owned()),
                ("needed", self.say(&format!("{key}-needed"))),
                ("owner", head.clone()),
                ("review-on", self.in_days(300)),
            ];
            self.add(RegisterKind::ResourceNeed, &fields);
        }
    }

    /// Three years of audits, which examine each clause and each control once.
    fn programme(&mut self) {
        let ends_on = self.today.saturating_add(Span::new().years(3));
        let programme = [
            ("title", self.say("seed-programme")),
            ("starts-on", self.today.to_string()),
            ("ends-on", ends_on.to_string()),
            ("method", self.say("seed-programme-method")),
        ];
        let id = self.add(RegisterKind::AuditProgramme, &programme);
        for (year, (title, themes)) in (0..).zip(AUDITED) {
            let criteria = [Framework::Clauses, Framework::Iso].into_iter();
            let criteria = criteria.flat_map(framework::requirements);
            let is_of_year = |one: &&framework::Requirement| {
                themes.iter().any(|theme| one.id.starts_with(theme))
            };
            let criteria: Vec<&str> = criteria.filter(is_of_year).map(|one| one.id).collect();
            let day = 180 + 365 * year;
            let audit = [
                ("title", self.say(title)),
                ("scope", self.say("seed-audit-scope")),
                ("criteria", criteria.join(",")),
                ("programme", id.clone()),
                ("auditor", self.say("seed-audit-auditor")),
                ("planned-from", self.in_days(day)),
            ];
            self.add(RegisterKind::Audit, &audit);
        }
    }

    fn calendar(&mut self, answers: &Answers) {
        let review = [
            ("title", self.say("seed-review")),
            ("held-on", self.in_days(300)),
            ("chair", answers.head.clone()),
        ];
        self.add(RegisterKind::Review, &review);
        let campaign = [
            ("title", self.say("seed-campaign")),
            ("modules", "passwords,phishing,calls,reporting".to_owned()),
            ("audience", "everybody".to_owned()),
            ("starts-on", self.today.to_string()),
            ("due", self.in_days(45)),
        ];
        self.add(RegisterKind::Campaign, &campaign);
        let processing = [
            (
                "title",
                self.say(&format!("seed-processing-{}", answers.who.code())),
            ),
            (
                "role",
                if answers.who == Who::Operator {
                    "controller"
                } else {
                    "processor"
                }
                .to_owned(),
            ),
            ("purposes", self.say("seed-processing-purposes")),
            ("data", self.data(answers)),
            ("review-on", self.in_days(60)),
        ];
        self.add(RegisterKind::Processing, &processing);
        let policy = super::policies::template(
            PolicyTopic::InformationSecurity,
            self.language,
            answers.name.trim(),
            self.today,
        );
        let policy: Vec<(&str, String)> = policy
            .iter()
            .filter_map(|(field, texts)| Some((field.as_str(), texts.first()?.clone())))
            .collect();
        self.add(RegisterKind::Document, &policy);
    }

    fn data(&self, answers: &Answers) -> String {
        let names = answers
            .data
            .iter()
            .map(|data| self.say(&format!("data-held-{}", data.code())));
        names.collect::<Vec<_>>().join(", ")
    }
}

/// The checks of a seed that need no portal.
fn registers_only(seed: &SeedMeasure) -> String {
    let kept = seed
        .checks
        .iter()
        .filter(|check| is_own(**check))
        .map(|check| check.code());
    kept.collect::<Vec<_>>().join(",")
}

/// True for checks of registers and people, which need no gateway.
const fn is_own(check: Check) -> bool {
    use Check as C;
    matches!(
        check,
        C::Awareness
            | C::Roles
            | C::MeasuresLate
            | C::RisksReviewed
            | C::AuditsDone
            | C::DocumentsCurrent
            | C::ProcessingCurrent
            | C::RetentionPeriods
            | C::AssetsOwned
            | C::Backups
            | C::RestoreDrills
            | C::Software
            | C::IncidentDeadlines
            | C::IncidentLessons
    )
}

/// The three most urgent measures that are not in place, as (id, title).
pub fn three_things(registers: &Registers) -> Vec<(String, String)> {
    let mut open: Vec<_> = registers
        .read::<digue_isms::kinds::Measure>()
        .entries
        .into_iter()
        .filter(|measure| {
            use digue_isms::kinds::Declared::{Dropped, InPlace};
            !matches!(measure.record.declared.0, Some(InPlace | Dropped))
        })
        .collect();
    open.sort_by_key(|measure| (measure.record.priority.0, measure.record.due));
    open.into_iter()
        .take(3)
        .map(|measure| (measure.id, measure.record.title.0))
        .collect()
}
