//! Blocks for pages: rules by tag or attribute with a pattern, records by the elements that hold
//! one person each.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use digue_survey::embedded_json::EmbeddedSurvey;
use digue_survey::html_place::HtmlPlace;
use digue_survey::html_survey::HtmlSurvey;
use digue_survey::judge::{Accepted, PlaceVerdict};
use digue_survey::route_judge::JudgedPlace;
use digue_survey::shape::Telling;
use digue_survey::value::ValueContext;
use smol_str::SmolStr;

use crate::draft_context::{DraftContext, prefer_primary};
use crate::draft_embedded::embedded_rules;
use crate::finding::LearntFinding;
use crate::model::{LearntBlock, LearntRecords, LearntRule, LineReason};

/// The most selectors of records, and of what shows nobody.
const SELECTORS_MAX: usize = 8;

/// The most rules of one block.
const RULES_MAX: usize = 30;

/// The blocks to try for a page, the strictest first.
pub(crate) fn html_blocks(
    context: &mut DraftContext<'_>,
    empty: &LearntBlock,
    html: &HtmlSurvey,
    embedded: &EmbeddedSurvey,
) -> Vec<LearntBlock> {
    let in_json = embedded_rules(context, embedded, html.pages);
    // Also where these rules read them: another script of the page may hold others.
    if html.script_pages > 0 {
        let (path, pages) = (context.path.to_owned(), html.script_pages);
        context
            .findings
            .push(LearntFinding::IdentifiersInScripts { path, pages });
    }
    if html.is_cut {
        context.note_cut();
    }
    let mut persons = persons(context, html);
    let is_all_in_json = persons.is_empty() && !in_json.is_empty();
    persons.extend(in_json);
    let mut unnamed = context.unnamed(
        empty,
        !persons.is_empty() || html.of_none < html.pages,
        html.pages,
    );
    unnamed.persons.clone_from(&persons);
    if persons.is_empty() {
        return nobody_blocks(html, unnamed);
    }
    // No element holds one person each: a script fills them in.
    if is_all_in_json {
        return vec![unnamed];
    }
    let base = LearntBlock {
        persons,
        empty: empty_signs(html),
        ..empty.clone()
    };
    let mut blocks = record_blocks(html, &base);
    let all_loose: Vec<LearntBlock> = blocks.iter().map(LearntBlock::loose).collect();
    blocks.extend(all_loose);
    if html.of_many == 0 {
        let records = LearntRecords::Page;
        blocks.insert(0, LearntBlock { records, ..base });
    }
    blocks.push(unnamed.clone());
    blocks.push(LearntBlock {
        persons: Vec::new(),
        ..unnamed
    });
    blocks
}

/// The blocks for pages in which nobody was seen: the tables that were seen show nobody, and another
/// one with rows is refused.
fn nobody_blocks(html: &HtmlSurvey, unnamed: LearntBlock) -> Vec<LearntBlock> {
    let tables = other_tables(html);
    let counted = LearntBlock {
        no_person: tables,
        counts_undescribed: true,
        ..unnamed.clone()
    };
    vec![counted, unnamed]
}

/// The selectors of tables without a known person.
fn other_tables(html: &HtmlSurvey) -> Vec<String> {
    html.other_tables
        .keys()
        // Any of these selectors may also select a table that names persons.
        .filter(|_| html.tables_of_names.is_empty())
        .take(SELECTORS_MAX)
        .map(ToString::to_string)
        .collect()
}

/// The three selectors that are most likely to say that an answer is empty.
fn empty_signs(html: &HtmlSurvey) -> Vec<String> {
    let signs = html.signs_of_empty();
    let mut signs: Vec<String> = signs.iter().map(ToString::to_string).collect();
    let is_of_siblings = |sign: &String| sign.contains(" + ") || sign.ends_with(":first-child");
    signs.sort_by_key(|sign| {
        (
            !speaks_of_nothing(sign),
            is_of_siblings(sign),
            sign.len(),
            sign.clone(),
        )
    });
    signs.truncate(3);
    signs
}

/// `base` with each choice of records; tables that hold none of them show nobody.
fn record_blocks(html: &HtmlSurvey, base: &LearntBlock) -> Vec<LearntBlock> {
    let other_tables = other_tables(html);
    let block = |records| LearntBlock {
        records: LearntRecords::At(records),
        no_person: other_tables.clone(),
        ..base.clone()
    };
    record_choices(html).into_iter().map(block).collect()
}

/// True for a selector that names an empty answer.
fn speaks_of_nothing(selector: &str) -> bool {
    [
        "empty", "zero", "no-", "none", "aucun", "vide", "nothing", "blank",
    ]
    .iter()
    .any(|word| selector.to_ascii_lowercase().contains(word))
}

/// Selectors of records: all that were seen, then those on most pages, then those that are several
/// on a page, then the one with the most elements.
fn record_choices(html: &HtmlSurvey) -> Vec<Vec<String>> {
    // The choices of a filter are not the records of the list below it.
    let is_of_filter =
        |selector: &SmolStr| html.named_tables > 0 && selector.contains("option[value]");
    let mut found: Vec<(&SmolStr, usize, usize)> = html
        .records
        .iter()
        .filter(|(selector, _)| !is_of_filter(selector))
        .map(|(selector, seen)| (selector, seen.pages, seen.elements))
        .collect();
    found.sort_by_key(|(selector, pages, elements)| {
        (Reverse(*elements), Reverse(*pages), (*selector).clone())
    });
    let names = |chosen: &[(&SmolStr, usize, usize)]| -> Vec<String> {
        chosen
            .iter()
            .take(SELECTORS_MAX)
            .map(|(selector, ..)| selector.to_string())
            .collect()
    };
    let mut choices = vec![names(&found)];
    let often: Vec<_> = found
        .iter()
        .copied()
        .filter(|(_, pages, _)| pages * 2 > html.of_many)
        .collect();
    choices.push(names(&often));
    let several: Vec<_> = found
        .iter()
        .copied()
        .filter(|(_, pages, elements)| *elements >= 2 * pages)
        .collect();
    choices.push(names(&several));
    choices.push(names(&found[..found.len().min(1)]));
    choices.retain(|choice| !choice.is_empty());
    choices.dedup();
    choices
}

fn persons(context: &mut DraftContext<'_>, html: &HtmlSurvey) -> Vec<LearntRule> {
    // One for each selector, part and pattern.
    let mut rules: BTreeMap<(Vec<String>, Option<String>, Option<String>), LearntRule> =
        BTreeMap::new();
    let mut doubts = Vec::new();
    for JudgedPlace {
        place,
        context: value,
        verdict,
    } in context.judge.html(html)
    {
        match verdict {
            PlaceVerdict::Accepted(accepted) => {
                let rule = rule(context, place, value, accepted);
                let key = (rule.at.clone(), rule.take.clone(), rule.pattern.clone());
                rules.entry(key).or_insert(rule);
            }
            PlaceVerdict::Doubtful { kind, hits } => {
                doubts.push((place.selector.clone(), kind, hits))
            }
            PlaceVerdict::Nobody => {}
        }
    }
    for (place, kind, hits) in doubts {
        context.doubt(&place, kind, hits);
    }
    let mut rules: Vec<LearntRule> = rules.into_values().collect();
    prefer_primary(&mut rules);
    rules.sort_by_key(|rule| match rule.reason {
        LineReason::Hits(evidence) => Reverse(evidence.hits),
        _ => Reverse(0),
    });
    rules.truncate(RULES_MAX);
    rules
}

fn rule(
    context: &DraftContext<'_>,
    place: &HtmlPlace,
    value: &ValueContext,
    accepted: Accepted,
) -> LearntRule {
    let kind = context.known.kind(accepted.kind);
    let pattern = value
        .pattern(&kind.written())
        .unwrap_or_else(|| format!(r"^\s*({})\s*$", kind.written()));
    let is_told = kind.telling() == Telling::Alone && !kind.shape.is_shared();
    let selector = selector_of(place, value, is_told);
    LearntRule {
        take: place.attribute.as_ref().map(|name| format!("@{name}")),
        ..LearntRule::accepted(selector, Some(pattern), accepted)
    }
}

/// A pattern that tells needs no more than a tag; what other things have too needs its own place.
fn selector_of(place: &HtmlPlace, value: &ValueContext, is_told: bool) -> String {
    let is_told = match value {
        ValueContext::Path(_) | ValueContext::Query(_) => true,
        ValueContext::Whole | ValueContext::After(_) => is_told || place.loose.starts_with('['),
    };
    if is_told {
        place.loose.to_string()
    } else {
        place.selector.to_string()
    }
}
