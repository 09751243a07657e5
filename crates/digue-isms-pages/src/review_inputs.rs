//! The inputs of a management review (ISO/IEC 27001, 9.3.2 a to g), written from facts: each sentence
//! names the records or the numbers that it stands on.

use digue_compliance::isms::objectives::ShownObjective;
use digue_governance::objectives::Reached;
use digue_governance::review::{ReviewHistory, facts, last_review, measures_done};
use digue_isms::check::Check;
use digue_isms::kinds::{Finding, RegisterKind, Risk, RiskLevel};
use digue_isms::risk_scale::ScaleInForce;
use digue_isms::standing::CheckStatement;
use digue_pages::view::Localizer;

use crate::home::{IsmsOverview, late_and_euros};

/// What the registers do not say.
pub(crate) struct ReviewCounts {
    pub(crate) contradictions: usize,
    pub(crate) incidents: usize,
    /// Signed self-assessments of partners (9.3.2 e).
    pub(crate) assessments: usize,
}

/// The fields of a review with their texts, in the order of the form.
pub(crate) fn inputs(
    w: &Localizer,
    overview: &IsmsOverview,
    review: &str,
    objectives: &[ShownObjective],
    counts: &ReviewCounts,
) -> Vec<(&'static str, String)> {
    let last = last_review(&overview.registers, review);
    let facts = facts(&overview.registers, last.as_ref());
    let since = match &last {
        Some(last) => w.with(
            "review-since",
            [
                ("review", last.id.as_str().into()),
                ("on", w.day(last.held_on).into()),
            ],
        ),
        None => w.say("review-since-beginning"),
    };
    let changed = [
        ("review-changed-risks", &facts.risks),
        ("review-changed-documents", &facts.documents),
        ("review-audits", &facts.audited),
        ("review-closed", &facts.closed),
        ("review-accepted", &facts.accepted),
    ];
    let mut since_last = vec![since];
    since_last.extend(changed.map(|(key, ids)| named(w, key, ids)));
    vec![
        ("since-last", since_last.join("\n")),
        ("actions", actions(w, &facts)),
        ("issues", named(w, "review-issues", &facts.issues)),
        ("parties", named(w, "review-parties", &facts.parties)),
        (
            "performance",
            performance(w, overview, objectives, (&facts, counts)),
        ),
        ("feedback", feedback(w, counts)),
        ("risks", risks(w, overview, &facts)),
        (
            "improvement",
            named(w, "review-improvement", &facts.opportunities),
        ),
    ]
}

/// `Risques écrits ou modifiés : 2 (RI-1, RI-4).`
fn named(w: &Localizer, key: &'static str, ids: &[String]) -> String {
    let shown = if ids.is_empty() {
        "–".to_owned()
    } else {
        ids.join(", ")
    };
    let values = [("count", ids.len().into()), ("ids", shown.into())];
    w.with(key, values)
}

fn actions(w: &Localizer, facts: &ReviewHistory) -> String {
    let lines = [
        named(w, "review-decided-done", &facts.decided_done),
        named(w, "review-decided-open", &facts.decided_open),
    ];
    lines.join("\n")
}

fn performance(
    w: &Localizer,
    overview: &IsmsOverview,
    objectives: &[ShownObjective],
    (facts, counts): (&ReviewHistory, &ReviewCounts),
) -> String {
    let (late, euros) = late_and_euros(overview);
    let (done, all) = measures_done(&overview.registers);
    let measures = [
        ("count", all.into()),
        ("done", done.into()),
        ("late", late.into()),
        ("euros", euros.into()),
    ];
    let says = |says: CheckStatement| {
        let is = |check: &&Check| overview.measured.says(**check, overview.now) == says;
        Check::ALL.iter().filter(is).count()
    };
    let unknown = says(CheckStatement::Unknown) + says(CheckStatement::Disabled);
    let checks = [
        ("pass", says(CheckStatement::Pass).into()),
        ("fail", says(CheckStatement::Fail).into()),
        ("unknown", unknown.into()),
    ];
    let open = overview.registers.read::<Finding>().entries;
    let open = open.iter().filter(|one| one.record.closed_on.is_none());
    let findings = [
        ("open", open.count().into()),
        ("wrong", counts.contradictions.into()),
    ];
    let reached = |wanted: Reached| {
        let own = objectives
            .iter()
            .filter(|one| one.progress.reached == wanted);
        own.count()
    };
    let unmeasured: usize = [
        Reached::NoValue,
        Reached::NoTarget,
        Reached::TooOld,
        Reached::NotRun,
    ]
    .map(reached)
    .iter()
    .sum();
    let targets = [
        ("reached", reached(Reached::Yes).into()),
        ("missed", reached(Reached::No).into()),
        ("unmeasured", unmeasured.into()),
    ];
    let lines = [
        w.with("review-input-measures", measures),
        w.with("review-input-checks", checks),
        w.with("review-input-findings", findings),
        named(w, "review-audits", &facts.audited),
        w.with("review-input-objectives", targets),
        w.with1("review-input-incidents", "count", counts.incidents),
    ];
    lines.join("\n")
}

fn feedback(w: &Localizer, counts: &ReviewCounts) -> String {
    w.with1("review-input-assessments", "count", counts.assessments)
}

fn risks(w: &Localizer, overview: &IsmsOverview, facts: &ReviewHistory) -> String {
    let scale = ScaleInForce::of(&overview.registers, overview.now.today);
    let risks = overview.registers.read::<Risk>().entries;
    let is_high = |level: Option<RiskLevel>| level >= Some(RiskLevel::High);
    let high = risks
        .iter()
        .filter(|risk| is_high(risk.record.level(&scale)));
    let left = risks
        .iter()
        .filter(|risk| is_high(risk.record.residual(&scale)));
    let values = [
        (
            "count",
            overview.registers.of(RegisterKind::Risk).len().into(),
        ),
        ("high", high.count().into()),
        ("left", left.count().into()),
    ];
    let lines = [
        w.with("review-input-risks", values),
        named(w, "review-changed-risks", &facts.risks),
    ];
    lines.join("\n")
}
