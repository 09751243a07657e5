//! Blocks for JSON: a record is what one step of a list or of an object of many names leads to.

use std::collections::BTreeSet;

use digue_survey::json_survey::{JsonPlace, JsonSurvey};
use digue_survey::judge::PlaceVerdict;
use digue_survey::route_judge::JudgedPlace;
use smol_str::SmolStr;

use crate::draft_context::{DraftContext, shows_others};
use crate::finding::LearntFinding;
use crate::model::{LearntBlock, LearntRecords, LearntRule, LineReason};

/// Steps of all paths of a block, as the inspection bounds them.
const STEPS_MAX: usize = 120;

/// The most lists that were always empty of one route.
const EMPTY_LISTS_MAX: usize = 5;

/// The blocks to try for JSON, the strictest first.
pub(crate) fn json_blocks(
    context: &mut DraftContext<'_>,
    empty: &LearntBlock,
    json: &JsonSurvey,
) -> Vec<LearntBlock> {
    note(context, json);
    let persons = persons(context, json);
    let takes_names = persons.iter().any(|rule| rule.first_place().ends_with('~'));
    if json.keyed > 0 && !takes_names {
        context.findings.push(LearntFinding::KeyedByIdentifier {
            path: context.path.to_owned(),
            objects: json.keyed,
        });
    }
    let mut unnamed = context.unnamed(empty, !persons.is_empty(), json.documents);
    unnamed.persons.clone_from(&persons);
    let expected = expected(context, json);
    let persons: Vec<LearntRule> = persons.into_iter().chain(expected).collect();
    if persons.is_empty() {
        return nobody_blocks(context, json, unnamed);
    }
    let mut blocks = described(empty, json, &persons);
    // Known identifiers stand there, of whom it is not sure that they are persons: no map says that
    // they are nobody.
    let doubtful = doubtful_places(context, json);
    let is_doubtful = |part: &str| doubtful.iter().any(|at| at == part || is_below(at, part));
    for block in &mut blocks {
        block.no_person.retain(|part| !is_doubtful(part));
    }
    let loose: Vec<LearntBlock> = blocks.iter().map(LearntBlock::loose).collect();
    blocks.retain(|block| steps(block) <= STEPS_MAX);
    blocks.extend(loose.into_iter().filter(|block| steps(block) <= STEPS_MAX));
    unnamed.persons.truncate(20);
    blocks.push(unnamed.clone());
    // A rule that meets objects where it expects an identifier reads nothing; the sweep still does.
    blocks.push(LearntBlock {
        persons: Vec::new(),
        ..unnamed
    });
    blocks
}

/// The blocks for answers in which nobody was seen: texts may stand where some stood, and nowhere
/// else. What a portal shows elsewhere later is refused, as in a block with records.
fn nobody_blocks(
    context: &DraftContext<'_>,
    json: &JsonSurvey,
    unnamed: LearntBlock,
) -> Vec<LearntBlock> {
    let doubtful = doubtful_places(context, json);
    let is_doubtful = |part: &SmolStr| {
        doubtful
            .iter()
            .any(|at| *at == **part || is_below(at, part))
    };
    let with = |parts: BTreeSet<SmolStr>| LearntBlock {
        no_person: strings(parts),
        counts_undescribed: true,
        ..unnamed.clone()
    };
    let has_text = |(path, seen): &(&SmolStr, &JsonPlace)| {
        seen.texts > 0 && seen.objects + seen.lists == 0 && !is_doubtful(path)
    };
    let leaves: BTreeSet<SmolStr> = json
        .places
        .iter()
        .filter(has_text)
        .map(|(path, _)| path.clone())
        .collect();
    // Names of members of one object that count as texts: `{"Pau": 3}`.
    let has_names = |(path, seen): &(&SmolStr, &JsonPlace)| {
        let children = json
            .places
            .iter()
            .filter(|(other, _)| is_child(other, path));
        let mut children = children.peekable();
        seen.objects > 0
            && **path != "$"
            && !is_doubtful(path)
            && children.peek().is_some()
            && children.all(|(_, child)| child.texts + child.objects + child.lists == 0)
    };
    let counted = json
        .places
        .iter()
        .filter(has_names)
        .map(|(path, _)| path.clone());
    let with_names: BTreeSet<SmolStr> = leaves.iter().cloned().chain(counted).collect();
    let above: BTreeSet<SmolStr> = with_names
        .iter()
        .map(|path| SmolStr::new(record_of(path)))
        .filter(|path| *path != "$" && !is_doubtful(path))
        .collect();
    let mut blocks: Vec<LearntBlock> = [leaves, with_names, above]
        .into_iter()
        .filter(|parts| !parts.is_empty())
        .map(with)
        .filter(|block| steps(block) <= STEPS_MAX)
        .collect();
    blocks.push(unnamed);
    blocks
}

/// True when `path` is one step below `parent`.
fn is_child(path: &str, parent: &str) -> bool {
    let rest = path.strip_prefix(parent).unwrap_or_default();
    rest.starts_with(['.', '[']) && !rest[1..].contains(['.', '['])
}

/// Places where known identifiers stand, of whom it is not sure that they are persons.
fn doubtful_places(context: &DraftContext<'_>, json: &JsonSurvey) -> Vec<String> {
    let judged = context.judge.json(json).into_iter();
    judged
        .filter(|judged| matches!(judged.verdict, PlaceVerdict::Doubtful { .. }))
        .map(|judged| judged.place.to_string())
        .collect()
}

/// A strict block for each choice of records, and beside it one whose identifiers are all their own
/// records'.
fn described(empty: &LearntBlock, json: &JsonSurvey, persons: &[LearntRule]) -> Vec<LearntBlock> {
    let mut blocks = Vec::new();
    for records in record_choices(persons) {
        let strict = strict(empty, json, persons, &records);
        blocks.push(strict.clone());
        // A record whose nearest identifier is missing at times may have another one further down.
        if strict.persons.len() > 1 {
            blocks.push(strict.all_own());
        }
    }
    blocks
}

/// The block that describes everything that was seen.
fn strict(
    empty: &LearntBlock,
    json: &JsonSurvey,
    persons: &[LearntRule],
    records: &BTreeSet<SmolStr>,
) -> LearntBlock {
    let is_list = |record: &&SmolStr| record.ends_with(']') || record.ends_with('*');
    LearntBlock {
        records: LearntRecords::At(records.iter().map(ToString::to_string).collect()),
        empty: strings(records.iter().filter(is_list).cloned().collect()),
        no_person: no_person(json, persons, records),
        persons: persons.to_vec(),
        ..empty.clone()
    }
}

fn strings(paths: BTreeSet<SmolStr>) -> Vec<String> {
    paths.into_iter().map(|path| path.to_string()).collect()
}

fn steps(block: &LearntBlock) -> usize {
    let of = |path: &String| path.matches(['.', '[']).count() + 1;
    let records = match &block.records {
        LearntRecords::At(records) => records.iter().map(of).sum(),
        LearntRecords::Page
        | LearntRecords::Rows
        | LearntRecords::Lines
        | LearntRecords::Document
        | LearntRecords::Pages
        | LearntRecords::OfParts
        | LearntRecords::Unnamed(_) => 0,
    };
    let persons: usize = block.persons.iter().flat_map(|rule| &rule.at).map(of).sum();
    records
        + persons
        + block
            .empty
            .iter()
            .chain(&block.no_person)
            .map(of)
            .sum::<usize>()
}

fn note(context: &mut DraftContext<'_>, json: &JsonSurvey) {
    let path = || context.path.to_owned();
    if json.is_cut {
        context.note_cut();
    }
    let odd = json.places.iter().filter(|(_, seen)| has_odd_names(seen));
    context
        .findings
        .extend(odd.map(|(place, seen)| LearntFinding::OddMemberNames {
            path: path(),
            place: place.to_string(),
            objects: seen.objects,
        }));
}

/// Titles of columns as names are the same in every object; names of persons are many.
const fn has_odd_names(seen: &JsonPlace) -> bool {
    seen.odd_names > 0 && seen.objects > 0 && seen.odd_names > 30 * seen.objects
}

fn persons(context: &mut DraftContext<'_>, json: &JsonSurvey) -> Vec<LearntRule> {
    let mut rules = Vec::new();
    let mut doubts = Vec::new();
    for JudgedPlace {
        place: path,
        context: value,
        verdict,
    } in context.judge.json(json)
    {
        match verdict {
            PlaceVerdict::Accepted(accepted) => rules.push(context.rule(path, value, accepted)),
            PlaceVerdict::Doubtful { kind, hits } => doubts.push((path.clone(), kind, hits)),
            PlaceVerdict::Nobody => {}
        }
    }
    for (path, kind, hits) in doubts {
        context.doubt(&path, kind, hits);
    }
    only_needed(rules)
}

/// For lists that were always empty, the rule of the other routes: what comes is read by it, or
/// refused.
fn expected(context: &mut DraftContext<'_>, json: &JsonSurvey) -> Vec<LearntRule> {
    let mut rules = Vec::new();
    for place in always_empty(json) {
        context.findings.push(LearntFinding::AlwaysEmpty {
            path: context.path.to_owned(),
            place: place.to_string(),
        });
        if let Some(name) = context.usual_member
            && context.judge.calls_person(place)
        {
            rules.push(expected_rule(format!("{place}[:].{name}"), json.documents));
        }
    }
    rules
}

fn always_empty(json: &JsonSurvey) -> impl Iterator<Item = &SmolStr> {
    let is_empty = |(path, seen): &(&SmolStr, &JsonPlace)| {
        seen.lists > 0
            && seen.lists == seen.empties
            && !json.places.keys().any(|other| is_below(other, path))
    };
    let empty = json.places.iter().filter(is_empty);
    empty.map(|(path, _)| path).take(EMPTY_LISTS_MAX)
}

fn expected_rule(at: String, responses: usize) -> LearntRule {
    LearntRule {
        at: vec![at],
        take: None,
        kind: 0,
        pattern: None,
        own: None,
        optional: false,
        reason: LineReason::AlwaysEmpty { responses },
    }
}

/// Without rules of another kind for records that the primary kind names already: one person,
/// counted once.
pub(crate) fn only_needed(rules: Vec<LearntRule>) -> Vec<LearntRule> {
    let primary: BTreeSet<SmolStr> = rules
        .iter()
        .filter(|rule| rule.kind == 0)
        .map(|rule| record_of(&rule.at[0]))
        .collect();
    let is_needed = |rule: &LearntRule| {
        rule.kind == 0 || !primary.contains(&record_of(&rule.at[0])) || shows_others(rule)
    };
    rules.into_iter().filter(is_needed).collect()
}

/// The record of an identifier: up to the last step that leads to one of many.
fn record_of(path: &str) -> SmolStr {
    let list = path.rfind("[:]").map(|at| at + 3);
    let object = path.rfind(".*").map(|at| at + 2);
    let end = list.max(object).unwrap_or(1);
    SmolStr::new(&path[..end])
}

/// The records of all rules; then those without the document itself, of which an identifier beside
/// a list (a filter, a selection) makes no record.
fn record_choices(rules: &[LearntRule]) -> Vec<BTreeSet<SmolStr>> {
    let all: BTreeSet<SmolStr> = rules.iter().map(|rule| record_of(&rule.at[0])).collect();
    let mut lists = all.clone();
    let has_both = lists.remove("$") && !lists.is_empty();
    if has_both {
        vec![all, lists]
    } else {
        vec![all]
    }
}

/// The largest parts outside of records in which no person was seen.
fn no_person(json: &JsonSurvey, rules: &[LearntRule], records: &BTreeSet<SmolStr>) -> Vec<String> {
    if records.contains("$") {
        return Vec::new();
    }
    let leads_on = |path: &str| {
        let goals = rules
            .iter()
            .map(|rule| rule.at[0].as_str())
            .chain(records.iter().map(SmolStr::as_str));
        goals
            .into_iter()
            .any(|goal| goal == path || is_below(goal, path))
    };
    let is_in_record = |path: &str| {
        records
            .iter()
            .any(|record| record == path || is_below(path, record))
    };
    let mut parts: Vec<&SmolStr> = Vec::new();
    // In order, so that a part comes before those inside it.
    for path in json.places.keys() {
        let is_covered = parts.iter().any(|part| is_below(path, part));
        if *path != "$"
            && !is_covered
            && !leads_on(path)
            && !is_in_record(path)
            && shows_text(json, path)
        {
            parts.push(path);
        }
    }
    // Names of persons stand there: what follows is not "nobody".
    parts.retain(|part| {
        let inside = json
            .places
            .iter()
            .filter(|(path, _)| *path == *part || is_below(path, part));
        inside.map(|(_, seen)| seen.names).sum::<usize>() == 0
    });
    parts.into_iter().map(ToString::to_string).collect()
}

/// True when a part has a text, or names of members that could count as one.
fn shows_text(json: &JsonSurvey, path: &str) -> bool {
    let inside = json
        .places
        .iter()
        .filter(|(other, _)| *other == path || is_below(other, path));
    inside
        .into_iter()
        .any(|(_, seen)| seen.texts > 0 || seen.objects > 0)
}

/// True when `path` continues `start` by whole steps.
fn is_below(path: &str, start: &str) -> bool {
    path.strip_prefix(start)
        .is_some_and(|rest| rest.starts_with(['.', '[']))
}
