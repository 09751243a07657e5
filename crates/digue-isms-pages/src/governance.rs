//! What an audit of clauses 4 to 10 opens: the table of clauses, policies, objectives with their
//! curves, programmes of audits.

use askama::Template;
use axum::extract::{Path, State};
use digue_access::Role;
use digue_app::OperationError;
use digue_compliance::isms::objectives::ShownObjective;
use digue_compliance::isms::policies::{PolicyState, TopicPolicy};
use digue_compliance::isms::{clauses, objectives, policies};
use digue_evidence::stored_records::StoredKind;
use digue_governance::clauses::{ClauseLine, ClauseState};
use digue_governance::objectives::{Curve, ObjectiveValue, Reached};
use digue_governance::programme::{AuditCover, Dependence, ProgrammeView};
use digue_isms::kinds::{PolicyTopic, RegisterKind};
use digue_pages::differences::words_beside;
use digue_pages::done::{DoneAct, done};
use digue_pages::error::{PageAnswer, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::ChipTone;
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

/// A clause in words.
struct ShownClause {
    line: ClauseLine,
    title: String,
    tone: ChipTone,
}

#[derive(Template)]
#[template(path = "isms_clauses.html")]
struct ClausesPage {
    w: Localizer,
    clauses: Vec<ShownClause>,
    /// The number of clauses in each state.
    counts: Vec<(&'static str, usize)>,
    tab: &'static str,
}

impl ClausesPage {
    /// The most records that a gap names; the register has all.
    const IDS_SHOWN: usize = 8;

    /// The register of a record by its prefix; `None` for what is no record, as a control.
    fn place(id: &str) -> Option<String> {
        let (prefix, _) = id.split_once('-')?;
        let mut kinds = RegisterKind::ALL.iter();
        let kind = kinds.find(|kind| kind.prefix() == prefix)?;
        Some(format!("/smsi/registers/{}/{id}", kind.code()))
    }
}

pub async fn clause_table(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageAnswer {
    let lines = clauses::table(&console.app, &actor).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Record], None).await?;
    let count = |state: &ClauseState| {
        let own = lines.iter().filter(|line| line.state == *state);
        (state.code(), own.count())
    };
    let counts = ClauseState::ALL.iter().rev().map(count).collect();
    let shown = |line: ClauseLine| ShownClause {
        title: w.say(&line.clause.key()),
        tone: match line.state {
            ClauseState::Present => ChipTone::Good,
            ClauseState::Partial => ChipTone::Watch,
            ClauseState::Missing => ChipTone::Bad,
        },
        line,
    };
    Ok(page(&ClausesPage {
        clauses: lines.into_iter().map(shown).collect(),
        counts,
        tab: "clauses",
        w,
    }))
}

#[derive(Template)]
#[template(path = "isms_policies.html")]
struct PoliciesPage {
    w: Localizer,
    policies: Vec<TopicPolicy>,
    may_write: bool,
    tab: &'static str,
}

impl PoliciesPage {
    const fn tone(state: &PolicyState) -> ChipTone {
        match state {
            PolicyState::Signed => ChipTone::Good,
            PolicyState::Broken => ChipTone::Bad,
            PolicyState::Draft | PolicyState::Waiting => ChipTone::Watch,
            PolicyState::Missing => ChipTone::Plain,
        }
    }
}

pub async fn policy_list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageAnswer {
    let policies = policies::policies(&console.app, &actor).await?;
    Ok(page(&PoliciesPage {
        w: words_beside(&console, &visitor, &[StoredKind::Record], None).await?,
        policies,
        may_write: visitor.role.is_some_and(Role::can_govern),
        tab: "policies",
    }))
}

/// Begins a policy from its template.
pub async fn begin_policy(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(topic): Path<String>,
) -> PageResponse {
    actor.must_govern()?;
    let topic = PolicyTopic::parse(&topic).ok_or(OperationError::NotFound("policy"))?;
    let id = policies::begin(&console.app, &actor, topic, visitor.language).await?;
    let place = format!("/smsi/registers/document/{id}");
    Ok(done(&place, DoneAct::RecordSaved, id))
}

#[derive(Template)]
#[template(path = "isms_objectives.html")]
struct ObjectivesPage {
    w: Localizer,
    objectives: Vec<ShownObjective>,
    may_write: bool,
    tab: &'static str,
}

impl ObjectivesPage {
    /// The most values of a table; the curve has all.
    const VALUES_SHOWN: usize = 12;

    const fn tone(reached: &Reached) -> ChipTone {
        match reached {
            Reached::Yes => ChipTone::Good,
            Reached::No => ChipTone::Bad,
            Reached::NoTarget | Reached::NoValue | Reached::TooOld | Reached::NotRun => {
                ChipTone::Watch
            }
        }
    }

    /// The last values, the newest first.
    fn last(values: &[ObjectiveValue]) -> Vec<ObjectiveValue> {
        let last = values.iter().rev().take(Self::VALUES_SHOWN);
        last.copied().collect()
    }

    /// The places of a curve as SVG has them: `8,152 300,20`.
    fn line(curve: &Curve) -> String {
        let place = |(right, down): &(i64, i64)| format!("{right},{down}");
        curve.places.iter().map(place).collect::<Vec<_>>().join(" ")
    }

    fn target(w: &Localizer, one: &ShownObjective) -> String {
        let record = &one.objective.record;
        let side = record.side.0.map(|side| w.say(side.key()));
        let target = one
            .progress
            .target
            .as_ref()
            .map(|target| Self::number(w, target));
        let target = target.unwrap_or_else(|| record.target.0.clone());
        let unit = record.unit.0.clone();
        let words = side.into_iter().chain([target, unit]);
        let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
        w.with1("objectives-target", "target", words.join(" "))
    }

    /// A value in hundredths, as the reader writes numbers.
    fn number(w: &Localizer, hundredths: &i64) -> String {
        let text = format!("{:.2}", *hundredths as f64 / 100.0);
        // `95.50` is `95.5`, and `100.00` is `100`.
        w.number_text(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

pub async fn objective_list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageAnswer {
    let kinds = [StoredKind::Record, StoredKind::Check];
    Ok(page(&ObjectivesPage {
        objectives: objectives::objectives(&console.app, &actor).await?,
        w: words_beside(&console, &visitor, &kinds, None).await?,
        may_write: visitor.role.is_some_and(Role::can_govern),
        tab: "objectives",
    }))
}

#[derive(Template)]
#[template(path = "isms_programme.html")]
struct ProgrammePage {
    w: Localizer,
    id: String,
    view: ProgrammeView,
    counts: Vec<(&'static str, usize)>,
    /// Why an audit is not independent, as (audit, sentence).
    dependent: Vec<(String, String)>,
    tab: &'static str,
}

impl ProgrammePage {
    const fn tone(cover: &AuditCover) -> ChipTone {
        match cover {
            AuditCover::Done => ChipTone::Good,
            AuditCover::Planned => ChipTone::Plain,
            AuditCover::Never => ChipTone::Bad,
        }
    }
}

pub async fn programme(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> PageAnswer {
    let view = clauses::audit_programme(&console.app, &actor, &id).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Record], None).await?;
    let dependent = view.dependent.iter().map(|one| {
        let auditor = w.person(&one.auditor);
        let sentence = match &one.dependence {
            Dependence::Measures(ids) => w.with(
                "programme-own-measures",
                [
                    ("auditor", auditor.into()),
                    ("measures", ids.join(", ").into()),
                ],
            ),
            Dependence::Role(role) => w.with(
                "programme-own-role",
                [
                    ("auditor", auditor.into()),
                    ("role", w.say(role.key()).into()),
                ],
            ),
        };
        (one.id.clone(), sentence)
    });
    let covers = [AuditCover::Done, AuditCover::Planned, AuditCover::Never];
    Ok(page(&ProgrammePage {
        dependent: dependent.collect(),
        counts: covers.map(|cover| (cover.code(), view.count(cover))).into(),
        id,
        view,
        tab: "registers",
        w,
    }))
}
