//! Findings: what detection found and when, compared with the usual level, what was done, and how
//! much less would have raised no finding.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use digue_administration::holders::HolderBook;
use digue_administration::reopening::{self, ClearedAccess};
use digue_administration::watch_lists::written_minute;
use digue_app::signals::{innocence, reasons, sentences};
use digue_app::{Actor, OperationError};
use digue_casework::findings::{
    self, FindingDeciders, FindingOutcome, FindingView, ListedFinding, StoredSurroundings,
    WatchView,
};
use digue_detection::{Action, DeclaredBatch, Signal, Surroundings, Weight};
use digue_evidence::stored_records::StoredKind;
use digue_types::{AccountId, FindingId, Gate, Timestamp};
use serde::Deserialize;

use crate::chart::{Bar, ChartRange, RangeLinks, RangeQuery, bars};
use crate::differences::words_beside;
use crate::error::{PageAnswer, PageRedirect, PageResponse};
use crate::holder::HolderCard;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::table::{
    CellPart, ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use crate::view::{Localizer, page};
use crate::visitor::Visitor;

const CHART_WIDTH: f64 = 720.0;
const CHART_HEIGHT: f64 = 120.0;

#[derive(Template)]
#[template(path = "findings.html")]
struct FindingsPage {
    w: Localizer,
    view: WatchView,
    list: ShownTable,
    /// False alarms per 1,000 account-days, with one decimal.
    rate: String,
    /// Hours since the oldest undecided finding.
    oldest_hours: u64,
}

fn table(w: &Localizer, findings: &[ListedFinding]) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    ListTable {
        caption: w.say("watch-title"),
        place: "/watch".to_owned(),
        file: "/watch.csv".to_owned(),
        empty: w.say("watch-none"),
        columns: vec![
            ListColumn::text("at", name("at")),
            ListColumn::text("account", name("account")),
            ListColumn::file("organisation", name("organisation")),
            ListColumn::choice("portal", name("portal")),
            ListColumn::choice("weight", name("weight")),
            ListColumn::file("evidence", name("evidence")),
            ListColumn::number("persons", name("persons")),
            ListColumn::choice("done", name("done")),
            ListColumn::text("reason", name("reason")),
            ListColumn::choice("decided", name("decided")),
        ],
        rows: findings
            .iter()
            .map(|finding| finding_row(w, finding))
            .collect(),
        act: None,
    }
}

fn finding_row(w: &Localizer, finding: &ListedFinding) -> ListRow {
    let place = format!("/watch/{}", finding.id);
    let said = finding.signals.in_words(w.reader().language);
    let whose = match &finding.account {
        Some(account) => {
            ListCell::account_link(w, account).and_quiet(w.organisation(&finding.organisation))
        }
        None => ListCell::link(
            format!("/organisations/{}", finding.organisation),
            w.organisation(&finding.organisation),
        )
        .filed_as(""),
    };
    let decided = match &finding.decided {
        Some(decided) => {
            let tone = match decided.outcome {
                FindingOutcome::Theft => ChipTone::Bad,
                FindingOutcome::Work => ChipTone::Good,
            };
            ListCell::chip(w.coded("verdict", decided.outcome.code()), tone)
                .and_quiet(w.person(&decided.by))
                .filed_as(format!("{} {}", decided.by, decided.at))
        }
        None => ListCell::chip(w.say("watch-undecided-one"), ChipTone::Watch)
            .and(CellPart::Link {
                place: place.clone(),
                text: w.say("watch-decide"),
            })
            .filed_as(""),
    };
    let done = ListCell::text(w.maybe_coded("action-taken", finding.action.map(Action::code)))
        .and_if(finding.is_fused, || {
            let intended = w.maybe_coded("action", finding.intended.map(Action::code));
            CellPart::Chip {
                text: w.with1("watch-held-intended", "action", intended),
                tone: ChipTone::Watch,
            }
        });
    let cells = [
        ListCell::moment_link(w, finding.at, place),
        whose,
        ListCell::text(&finding.organisation),
        ListCell::text(&finding.portal),
        ListCell::text(w.maybe_coded("weight", finding.weight.map(Weight::code))),
        ListCell::text(format!("{:.1}", finding.evidence)),
        ListCell::number(w, finding.persons),
        done,
        // The strongest signal on the page, all of them in the file.
        ListCell::text(said.first().cloned().unwrap_or_default()).filed_as(said.join(" ")),
        decided,
    ];
    ListRow::new(&finding.id, cells)
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageAnswer {
    let view = findings::view(&console.app, &actor).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Finding], None).await?;
    let rate = view.false_alarms as f64 * 1000.0 / view.account_days.max(1) as f64;
    let oldest_hours = view
        .oldest
        .map_or(0, |oldest| view.now.since(oldest).as_secs() / 3600);
    let rate = w.decimal(rate);
    let list = table(&w, &view.findings).shown(&w, &query);
    Ok(page(&FindingsPage {
        w,
        list,
        rate,
        oldest_hours,
        view,
    }))
}

pub(crate) async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let view = findings::view(&console.app, &actor).await?;
    let w = console.words(&visitor);
    Ok(table(&w, &view.findings).csv(&query, visitor.language, "findings"))
}

#[derive(Template)]
#[template(path = "finding.html")]
struct FindingPage {
    w: Localizer,
    finding: ListedFinding,
    /// As (sentence, evidence).
    reasons: Vec<(String, String)>,
    /// What is stored and cannot be read.
    unread: Option<String>,
    evidence: String,
    /// How much less would have raised no finding, where that is known.
    innocent: Option<String>,
    around: Option<AroundRows>,
    /// Why the surrounding days are not known.
    unknown: Option<String>,
    /// The rate of such evidence in honest work, as one in this many account-days.
    odds: u64,
    days: Vec<(Timestamp, u64)>,
    /// Persons that the account saw on the day of the finding, before and after it.
    seen_that_day: Option<u64>,
    bars: Vec<Bar>,
    bar_width: f64,
    top: u64,
    /// The usual level of a day, and its height in the chart.
    usual: Option<(u64, f64)>,
    gate: Gate,
    /// The period in which automatic closings are counted, in hours.
    fuse_hours: u32,
    /// The declared automatic work of the account, one sentence each.
    batches: Vec<String>,
    /// Other findings of the same event: they are decided with it.
    sisters: Vec<SisterFinding>,
    /// The open incident about the same subject.
    incident: Option<String>,
    /// Who may decide: the CISO's accounts, the DPO's who stand in, and by which rule.
    deciders: String,
    /// Whom to call: the holder and the leaders of their organisation.
    people: Option<HolderCard>,
    organisation: String,
    ranges: RangeLinks,
    /// The reader may confirm a theft; and decide that it was work.
    may_confirm: bool,
    may_clear: bool,
    saved: bool,
    /// Access that stays closed although the finding was work.
    reopening: Option<Reopening>,
}

/// How access is given back.
struct Reopening {
    scope: &'static str,
    name: String,
    /// The opening was requested, and waits for a second person.
    is_asked: bool,
    /// The reader may request it.
    may_ask: bool,
}

impl Reopening {
    fn of(actor: &Actor, cleared: ClearedAccess) -> Self {
        Self {
            scope: cleared.reach.scope().code(),
            name: cleared.reach.name().to_owned(),
            is_asked: cleared.is_asked,
            may_ask: actor.role.can_act(),
        }
    }
}

/// The days of the account, its portal and its organisation, in words.
struct AroundRows {
    sheets: String,
    usual: String,
    portal: String,
    organisation: String,
    /// The usual level was taken from peers.
    early: Option<String>,
}

fn rows_of(w: &Localizer, around: &Surroundings) -> AroundRows {
    // Below 1.1 times the ordinary level the page would show `1.0 times`.
    let times = |factor: f32| match factor >= 1.1 {
        true => w.with1(
            "finding-around-factor",
            "factor",
            w.decimal(f64::from(factor)),
        ),
        false => w.say("finding-around-ordinary"),
    };
    let early = || {
        let values = [
            ("days", around.portal_days.into()),
            ("accounts", around.known_accounts.into()),
        ];
        w.with("finding-early", values)
    };
    AroundRows {
        sheets: w.counted("finding-around-sheets", around.sheets),
        usual: w.counted("finding-around-most", around.usual),
        portal: times(around.portal_factor),
        organisation: times(around.organisation_factor),
        early: around.is_early.then(early),
    }
}

/// An undecided finding of the same event, in one line.
struct SisterFinding {
    id: FindingId,
    at: Timestamp,
    /// The sentence of the strongest signal.
    lead: String,
}

/// Who may confirm a theft, by which rule, and who may decide that it was work.
fn deciders_text(w: &Localizer, deciders: &FindingDeciders, book: &HolderBook) -> String {
    let name = |account: &AccountId| match book
        .of(account)
        .filter(|known| !known.telephone().is_empty())
    {
        Some(known) => format!("{}, {}", known.name(), known.telephone()),
        None => book.name(account),
    };
    let names = |accounts: &[AccountId]| match accounts {
        [] => w.say("verdict-nobody"),
        _ => accounts.iter().map(name).collect::<Vec<_>>().join(" ; "),
    };
    let values = [
        ("cisos", names(&deciders.cisos).into()),
        ("dpos", names(&deciders.dpos).into()),
    ];
    w.with("verdict-who", values)
}

fn sister_line(w: &Localizer, finding: ListedFinding) -> SisterFinding {
    // What cannot be read has its own sentence, so that the line is empty only without any signal.
    let lead = finding
        .signals
        .in_words(w.reader().language)
        .into_iter()
        .next()
        .unwrap_or_default();
    SisterFinding {
        id: finding.id,
        at: finding.at,
        lead,
    }
}

fn batch_line(w: &Localizer, batch: &DeclaredBatch) -> String {
    let values = [
        ("from", written_minute(batch.from_minute).into()),
        ("until", written_minute(batch.until_minute).into()),
        ("persons", w.number(batch.persons).into()),
    ];
    w.with("finding-batch", values)
}

fn unknown(w: &Localizer, finding: &ListedFinding) -> Option<String> {
    match finding.around {
        StoredSurroundings::Kept(_) => None,
        // A finding about an organisation never has surroundings.
        StoredSurroundings::NotKept => finding
            .account
            .as_ref()
            .map(|_| w.say("finding-around-not-kept")),
        StoredSurroundings::Unreadable => Some(w.say("finding-around-unreadable")),
    }
}

/// Each reason with its evidence; signals of which none is a reason by itself have one sentence and
/// no number.
fn reason_rows(w: &Localizer, signals: &[Signal]) -> Vec<(String, String)> {
    let numbers = reasons(signals).map(|signal| w.decimal(f64::from(signal.evidence)));
    let sentences = sentences(w.reader().language, signals).into_iter();
    sentences
        .zip(numbers.chain(std::iter::repeat(String::new())))
        .collect()
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    Query(saved): Query<SavedVerdict>,
    Query(asked): Query<RangeQuery>,
) -> PageAnswer {
    let FindingView {
        finding,
        days,
        gate,
        fuse_hours,
        batches,
        sisters,
        incident,
        deciders,
    } = findings::finding(&console.app, &actor, &id).await?;
    let cleared = reopening::cleared(&console.app, &actor).await?.into_iter();
    let reopening = cleared
        .filter(|one| one.finding == finding.id)
        .map(|one| Reopening::of(&actor, one))
        .next();
    let w = words_beside(&console, &visitor, &[StoredKind::Finding], Some(&id)).await?;
    let book = HolderBook::read(&console.app, &actor).await?;
    let people = match &finding.account {
        Some(account) => HolderCard::of_account(&w, &book, account, false),
        None => HolderCard::of_organisation(&w, &book, &finding.organisation),
    };
    let signals = finding.signals.readable();
    let known = finding.around.known();
    // It was computed for the strongest signal, which may be no reason by itself.
    let lead = reasons(signals)
        .next()
        .filter(|lead| signals.first() == Some(lead));
    let innocent = known
        .zip(lead)
        .map(|(around, lead)| innocence(visitor.language, &around, lead));
    let mut days: Vec<(Timestamp, u64)> = days
        .into_iter()
        .map(|(day, persons)| (Timestamp::from_secs(day * 86_400), persons as u64))
        .collect();
    let that_day = finding.at.secs() / 86_400 * 86_400;
    let seen_that_day = days
        .iter()
        .find(|(day, _)| day.secs() == that_day)
        .map(|(_, persons)| *persons);
    let range = ChartRange::days(&asked);
    let shown = usize::try_from(range.length()).unwrap_or(usize::MAX);
    let days = days.split_off(days.len().saturating_sub(shown));
    let values: Vec<u64> = days.iter().map(|(_, persons)| *persons).collect();
    let top = values.iter().copied().max().unwrap_or(0);
    let of_days = signals.iter().find(|signal| signal.figures.minutes >= 1440);
    let usual = of_days
        .map(|signal| u64::from(signal.figures.usual / (signal.figures.minutes / 1440)).max(1));
    let usual = usual.map(|usual| {
        let share = (usual as f64 / top.max(1) as f64).min(1.0);
        (usual, CHART_HEIGHT * (1.0 - share))
    });
    Ok(page(&FindingPage {
        reasons: reason_rows(&w, signals),
        unread: finding.signals.unread(visitor.language),
        innocent,
        around: known.map(|around| rows_of(&w, &around)),
        unknown: unknown(&w, &finding),
        evidence: w.decimal(finding.evidence),
        odds: 10_f64.powf(finding.evidence.clamp(0.0, 9.0)) as u64,
        bars: bars(&values, CHART_WIDTH, CHART_HEIGHT),
        bar_width: (CHART_WIDTH / values.len().max(1) as f64 - 2.0).max(1.0),
        top,
        usual,
        days,
        seen_that_day,
        gate,
        fuse_hours,
        batches: batches.iter().map(|batch| batch_line(&w, batch)).collect(),
        may_confirm: findings::must_decide(&actor, FindingOutcome::Theft).is_ok(),
        may_clear: findings::must_decide(&actor, FindingOutcome::Work).is_ok(),
        saved: !saved.saved.is_empty(),
        reopening,
        sisters: sisters
            .into_iter()
            .map(|sister| sister_line(&w, sister))
            .collect(),
        incident,
        deciders: deciders_text(&w, &deciders, &book),
        people,
        organisation: book.organisation(&finding.organisation),
        ranges: RangeLinks::new(
            &w,
            &format!("/watch/{}?", finding.id),
            &ChartRange::BY_DAY[..2],
            range,
        ),
        finding,
        w,
    }))
}

/// In the address of a finding that was just decided.
#[derive(Deserialize)]
pub(crate) struct SavedVerdict {
    #[serde(default)]
    saved: String,
}

#[derive(Deserialize)]
pub(crate) struct VerdictForm {
    id: String,
    /// `theft` or `work`.
    verdict: String,
    reason: String,
}

pub(crate) async fn decide(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<VerdictForm>,
) -> PageRedirect {
    let outcome = FindingOutcome::parse(&form.verdict)
        .ok_or(OperationError::Invalid("incident-refused-value"))?;
    let done = findings::decide(&console.app, &actor, &form.id, outcome, &form.reason).await?;
    Ok(Redirect::to(&match done.incident {
        Some(incident) => format!(
            "/incidents/{incident}/sheets?saved=theft&also={}",
            done.sisters
        ),
        None => format!("/watch/{}?saved=work", form.id),
    }))
}
