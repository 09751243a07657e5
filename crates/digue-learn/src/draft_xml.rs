//! Blocks for XML: a record is the largest element that holds one person, or the whole document.

use std::collections::BTreeSet;

use digue_survey::judge::PlaceVerdict;
use digue_survey::route_judge::JudgedPlace;
use digue_survey::xml_survey::XmlSurvey;
use smol_str::SmolStr;

use crate::draft_context::{DraftContext, prefer_primary};

use crate::model::{LearntBlock, LearntRecords, LearntRule};

/// The most rules, and the most other paths, of one block.
const PATHS_MAX: usize = 30;

/// The blocks to try for XML, the strictest first.
pub(crate) fn xml_blocks(
    context: &mut DraftContext<'_>,
    empty: &LearntBlock,
    xml: &XmlSurvey,
) -> Vec<LearntBlock> {
    if xml.is_cut {
        context.note_cut();
    }
    let persons = persons(context, xml);
    let mut unnamed = context.unnamed(empty, !persons.is_empty(), xml.documents);
    unnamed.persons.clone_from(&persons);
    let only_searched = LearntBlock {
        persons: Vec::new(),
        ..unnamed.clone()
    };
    let records = records(xml, &persons);
    if persons.is_empty() {
        let parts = leaves(xml);
        let counted = LearntBlock {
            no_person: parts,
            counts_undescribed: true,
            ..unnamed.clone()
        };
        let counted = Some(counted).filter(|block| !block.no_person.is_empty());
        return counted.into_iter().chain([unnamed]).collect();
    }
    if records.is_empty() {
        return vec![unnamed, only_searched];
    }
    let strict = LearntBlock {
        empty: lists(&records),
        no_person: no_person(xml, &persons, &records),
        records: LearntRecords::At(records),
        persons,
        ..empty.clone()
    };
    let all_own = strict.all_own();
    let (loose_strict, loose_own) = (strict.loose(), all_own.loose());
    vec![
        strict,
        all_own,
        loose_strict,
        loose_own,
        unnamed,
        only_searched,
    ]
}

/// The elements that hold the records, each once.
fn lists(records: &[String]) -> Vec<String> {
    let parents = records.iter().filter_map(|record| parent_of(record));
    let lists: BTreeSet<String> = parents.map(str::to_owned).collect();
    lists.into_iter().collect()
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
                rules.push(context.rule(path, value, accepted));
            }
            PlaceVerdict::Doubtful { kind, hits } => doubts.push((path.clone(), kind, hits)),
            PlaceVerdict::Nobody => {}
        }
    }
    for (path, kind, hits) in doubts {
        context.doubt(&path, kind, hits);
    }
    prefer_primary(&mut rules);
    rules.truncate(PATHS_MAX);
    rules
}

/// The elements that hold one person each and whose identifier a rule takes; of documents of one
/// person, the root.
fn records(xml: &XmlSurvey, persons: &[LearntRule]) -> Vec<String> {
    let is_reached = |record: &String| persons.iter().any(|rule| is_within(&rule.at[0], record));
    let root = root_of(xml).filter(|_| xml.of_many == 0);
    let mut records: Vec<String> = match root {
        Some(root) => vec![root.to_string()],
        None => xml.records.keys().map(SmolStr::to_string).collect(),
    };
    records.retain(is_reached);
    records.truncate(PATHS_MAX);
    records
}

fn root_of(xml: &XmlSurvey) -> Option<&SmolStr> {
    xml.places
        .keys()
        .find(|path| path.matches('/').count() == 1)
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

/// The innermost elements, none with more of them than a block may name.
fn leaves(xml: &XmlSurvey) -> Vec<String> {
    let is_leaf = |path: &&SmolStr| {
        let mut others = xml.places.keys();
        !path.contains('@')
            && !others.any(|other| other != *path && !other.contains('@') && is_within(other, path))
    };
    let leaves: Vec<String> = xml
        .places
        .keys()
        .filter(is_leaf)
        .map(SmolStr::to_string)
        .collect();
    if leaves.len() > PATHS_MAX {
        Vec::new()
    } else {
        leaves
    }
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
