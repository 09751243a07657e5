//! Blocks for XML: a record is the largest element that holds one person, or the whole document.

use std::collections::BTreeSet;

use digue_survey::judge::PlaceVerdict;
use digue_survey::route_judge::JudgedPlace;
use digue_survey::xml_survey::XmlSurvey;
use smol_str::SmolStr;

use crate::draft_context::DraftContext;
use crate::finding::LearntFinding;
use crate::model::{LearntBlock, LearntRecords, LearntRule, LineReason};

/// The most rules, and the most other paths, of one block.
const PATHS_MAX: usize = 30;

/// The blocks to try for XML, the strictest first.
pub(crate) fn xml_blocks(
    context: &mut DraftContext<'_>,
    empty: &LearntBlock,
    xml: &XmlSurvey,
) -> Vec<LearntBlock> {
    if xml.is_cut {
        context.findings.push(LearntFinding::TooManyPlaces {
            path: context.path.to_owned(),
        });
    }
    let persons = persons(context, xml);
    let mut unnamed = context.unnamed(empty, !persons.is_empty(), xml.documents);
    unnamed.persons.clone_from(&persons);
    let only_searched = LearntBlock {
        persons: Vec::new(),
        ..unnamed.clone()
    };
    let records = records(xml, &persons);
    if records.is_empty() {
        return vec![unnamed, only_searched];
    }
    let lists = records
        .iter()
        .filter_map(|record| parent_of(record))
        .map(str::to_owned);
    let strict = LearntBlock {
        empty: lists.collect::<BTreeSet<_>>().into_iter().collect(),
        no_person: no_person(xml, &persons, &records),
        records: LearntRecords::At(records),
        persons,
        ..empty.clone()
    };
    let mut all_own = strict.clone();
    all_own
        .persons
        .iter_mut()
        .for_each(|rule| rule.own = Some(true));
    let loose = |block: &LearntBlock| LearntBlock {
        no_person: Vec::new(),
        allows_undescribed: true,
        ..block.clone()
    };
    let (loose_strict, loose_own) = (loose(&strict), loose(&all_own));
    vec![
        strict,
        all_own,
        loose_strict,
        loose_own,
        unnamed,
        only_searched,
    ]
}

fn persons(context: &mut DraftContext<'_>, xml: &XmlSurvey) -> Vec<LearntRule> {
    let mut rules = Vec::new();
    let mut doubts = Vec::new();
    for JudgedPlace {
        place: path,
        context: value,
        verdict,
    } in context.judge.xml(xml)
    {
        match verdict {
            PlaceVerdict::Accepted(accepted) => {
                let kind = context.known.kind(accepted.kind);
                let whole = || {
                    accepted
                        .has_others
                        .then(|| format!(r"^\s*({})\s*$", kind.written()))
                };
                rules.push(LearntRule {
                    at: vec![path.to_string()],
                    take: None,
                    kind: usize::from(accepted.kind),
                    pattern: value.pattern(&kind.written()).or_else(whole),
                    own: None,
                    optional: false,
                    reason: LineReason::Hits(accepted.evidence),
                });
            }
            PlaceVerdict::Doubtful { kind, hits } => doubts.push((path.clone(), kind, hits)),
            PlaceVerdict::Nobody => {}
        }
    }
    for (path, kind, hits) in doubts {
        context.doubt(&path, kind, hits);
    }
    let has_primary = rules.iter().any(|rule| rule.kind == 0);
    rules.retain(|rule| rule.kind == 0 || !has_primary);
    rules.truncate(PATHS_MAX);
    rules
}

/// The elements that hold one person each and whose identifier a rule takes; of documents of one
/// person, the root.
fn records(xml: &XmlSurvey, persons: &[LearntRule]) -> Vec<String> {
    let is_reached = |record: &str| persons.iter().any(|rule| is_within(&rule.at[0], record));
    let found = xml.records.keys().map(SmolStr::to_string);
    let root = xml
        .places
        .keys()
        .find(|path| path.matches('/').count() == 1)
        .filter(|_| xml.of_many == 0);
    let mut records: Vec<String> = match root {
        Some(root) => vec![root.to_string()],
        None => found.collect(),
    };
    records.retain(|record| is_reached(record));
    records.truncate(PATHS_MAX);
    records
}

/// The largest elements outside of records in which no person was seen.
fn no_person(xml: &XmlSurvey, persons: &[LearntRule], records: &[String]) -> Vec<String> {
    let leads_on = |path: &str| {
        let goals = persons
            .iter()
            .map(|rule| rule.at[0].as_str())
            .chain(records.iter().map(String::as_str));
        goals.into_iter().any(|goal| is_within(goal, path))
    };
    let is_in_record = |path: &str| records.iter().any(|record| is_within(path, record));
    let names_within = |part: &str| {
        let inside = xml.places.iter().filter(|(path, _)| is_within(path, part));
        inside.map(|(_, place)| place.names).sum::<usize>()
    };
    let mut parts: Vec<&SmolStr> = Vec::new();
    // In order, so that an element comes before those inside it.
    for (path, place) in &xml.places {
        let is_covered = parts.iter().any(|part| is_within(path, part));
        let is_element = place.elements > 0;
        if is_element
            && !is_covered
            && !leads_on(path)
            && !is_in_record(path)
            && names_within(path) == 0
        {
            parts.push(path);
        }
    }
    parts
        .into_iter()
        .take(PATHS_MAX)
        .map(SmolStr::to_string)
        .collect()
}

fn parent_of(path: &str) -> Option<&str> {
    path.rsplit_once('/')
        .map(|(parent, _)| parent)
        .filter(|parent| !parent.is_empty())
}

/// True when `path` is `start` or inside it.
fn is_within(path: &str, start: &str) -> bool {
    path.strip_prefix(start)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
