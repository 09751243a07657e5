//! Personal data: the registers about it, what they lack, the terms of retention as counted, and
//! their papers.

use askama::Template;
use axum::extract::{Path, State};
use digue_app::{Actor, OperationError};
use digue_casework::papers::PaperFormat;
use digue_compliance::isms::observed;
use digue_isms::field::Values;
use digue_isms::kinds::RegisterKind;
use digue_isms::privacy_kinds::Processing;
use digue_isms::register::{RegisterRecord as _, Registers};
use digue_privacy::gaps::{PrivacyGap, REGISTERS};
use digue_privacy::observed::CategoryComparison;
use digue_privacy::retention::JudgedRule;
use digue_privacy_acts::overview::{PrivacyOverview, overview};
use digue_privacy_acts::papers::{PrivacyPaper, paper};
use digue_privacy_acts::privacy_words::PrivacyWords;

use digue_pages::differences::words_with;
use digue_pages::error::{PageAnswer, PageError, PageResponse};
use digue_pages::state::Console;
use digue_pages::table::{
    ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, Media, kept, page};
use digue_pages::visitor::Visitor;

use crate::home::{IsmsOverview, isms_overview};

#[derive(Template)]
#[template(path = "isms_privacy.html")]
struct PrivacyPage {
    w: Localizer,
    /// As (code, number of records).
    registers: Vec<(&'static str, usize)>,
    gaps: usize,
    list: ShownTable,
    rules: Vec<ShownRule>,
    tab: &'static str,
}

/// A term of retention in words.
struct ShownRule {
    id: String,
    title: String,
    state: String,
    is_within: bool,
    /// The last count; empty without one.
    share: String,
    /// Records of which nobody can say; empty where there are none.
    undated: String,
}

fn shown_rule(w: &Localizer, words: &PrivacyWords<'_>, rule: &JudgedRule) -> ShownRule {
    let share = rule.state.share();
    ShownRule {
        id: rule.entry.id.clone(),
        title: rule.entry.record.title.0.clone(),
        state: words.retention(rule.state),
        is_within: rule.state.is_within(),
        share: share.map_or_else(String::new, |share| words.share(&rule.entry.record, share)),
        undated: match share.map(|share| share.undated) {
            None | Some(Some(0)) => String::new(),
            Some(Some(count)) => w.counted("retention-undated", count),
            Some(None) => w.say("retention-undated-unknown"),
        },
    }
}

fn words<'r>(w: &Localizer, registers: &'r Registers) -> PrivacyWords<'r> {
    PrivacyWords {
        language: w.reader().language,
        registers,
    }
}

fn gap_table(w: &Localizer, registers: &Registers, gaps: &[PrivacyGap]) -> ListTable {
    let words = words(w, registers);
    let row = |gap: &PrivacyGap| {
        let place = format!("/smsi/registers/{}/{}", gap.kind.code(), gap.id);
        let title = match gap.title.as_str() {
            "" => words.title(gap.kind, &gap.id),
            title => title.to_owned(),
        };
        let cells = [
            ListCell::chip(words.gap(gap), ChipTone::Bad),
            ListCell::text(&gap.id),
            ListCell::link(place, title),
            ListCell::text(w.coded("kind", gap.kind.code())),
        ];
        ListRow::new(&gap.id, cells)
    };
    ListTable {
        caption: w.say("privacy-gaps"),
        place: "/smsi/privacy".to_owned(),
        file: "/smsi/privacy.csv".to_owned(),
        empty: w.say("privacy-gaps-none"),
        rows: gaps.iter().map(row).collect(),
        columns: vec![
            ListColumn::text("gap", w.say("privacy-gaps")),
            ListColumn::text("record", w.say("column-record")),
            ListColumn::text("title", w.say("column-title")),
            ListColumn::choice("register", w.say("column-register")),
        ],
        act: None,
    }
}

/// The registers, what they lack, and the words of the page.
async fn read(
    console: &Console,
    visitor: &Visitor,
) -> Result<(IsmsOverview, PrivacyOverview, Localizer), PageError> {
    let (actor, isms) = isms_overview(console, visitor).await?;
    let found = overview(&console.app, &actor, &isms.registers).await?;
    let w = words_with(console, visitor, &isms.comparison.differences);
    Ok((isms, found, w))
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    query: TableQuery,
) -> PageAnswer {
    let (isms, found, w) = read(&console, &visitor).await?;
    let registers = &isms.registers;
    let words = words(&w, registers);
    Ok(page(&PrivacyPage {
        registers: REGISTERS
            .iter()
            .map(|kind| (kind.code(), registers.of(*kind).len()))
            .collect(),
        gaps: found.gaps.len(),
        list: gap_table(&w, registers, &found.gaps).shown(&w, &query),
        rules: found
            .rules
            .iter()
            .map(|rule| shown_rule(&w, &words, rule))
            .collect(),
        tab: "privacy",
        w,
    }))
}

pub async fn csv(
    State(console): State<Console>,
    visitor: Visitor,
    query: TableQuery,
) -> PageResponse {
    let (isms, found, w) = read(&console, &visitor).await?;
    Ok(gap_table(&w, &isms.registers, &found.gaps).csv_beside(&query, &w, "privacy"))
}

/// A paper: `controller.pdf`, `processor.xlsx`, `AI-2.docx`.
pub async fn file(
    State(console): State<Console>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> PageResponse {
    let app = &console.app;
    let actor = visitor.actor(app)?;
    let reader = console.words(&visitor).reader();
    let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
    let form = PaperFormat::parse(ending).ok_or(OperationError::NotFound("form"))?;
    let wanted = PrivacyPaper::parse(stem).ok_or(OperationError::NotFound("file"))?;
    let bytes = paper(app, &actor, &reader, &wanted, form).await?;
    Ok(kept(&name, Media(form.media()), bytes))
}

/// A processing as it is observed, beside what its sheet declares.
pub(crate) struct ShownObserved {
    /// Categories of the map.
    pub(crate) categories: Vec<String>,
    pub(crate) undeclared: Vec<String>,
    pub(crate) agreeing: Vec<String>,
    pub(crate) unseen: Vec<String>,
    pub(crate) unattributed: Vec<String>,
    pub(crate) recipients: Vec<String>,
}

/// What is observed of a record; `None` for one that names no portal that is there.
pub(crate) async fn observed_of(
    console: &Console,
    actor: &Actor,
    w: &Localizer,
    (kind, values): (RegisterKind, &Values),
) -> Result<Option<ShownObserved>, OperationError> {
    if kind != RegisterKind::Processing {
        return Ok(None);
    }
    // A form with faults is shown without it.
    let Ok(processing) = Processing::read(values) else {
        return Ok(None);
    };
    if processing.portal.0.is_empty() {
        return Ok(None);
    }
    let Some(seen) = observed::of_portal(&console.app, actor, &processing.portal.0).await? else {
        return Ok(None);
    };
    let compared = CategoryComparison::of(&processing.categories.0, &seen.shown);
    let names = |kinds: &[digue_response::vocabulary::DataKind]| {
        kinds.iter().map(|kind| w.say(kind.key())).collect()
    };
    Ok(Some(ShownObserved {
        categories: seen.categories,
        undeclared: names(&compared.undeclared),
        agreeing: names(&compared.agreeing),
        unseen: names(&compared.unseen),
        unattributed: compared.unattributed,
        recipients: seen.recipients,
    }))
}
