//! What pages of one route have in common: which elements carry known identifiers, and which
//! elements hold one person each.

use std::collections::{BTreeMap, BTreeSet};

use digue_inspect::document_element::DocumentElement;
use digue_types::path_template::is_variable;
use digue_types::visible::is_blank;
use smol_str::{SmolStr, format_smolstr};

use crate::alias::AliasPlace;
use crate::exchange::pairs;
use crate::held::{HeldPersons, RecordElements, absorb_records, held_with_children, is_record};
use crate::html_place::{
    ADDRESSES, HtmlPlace, address_parts, attribute_place, compound, is_elsewhere, own_anchor,
    record_selector, text_place,
};
use crate::known::{KnownPersons, KnownValue};
use crate::names::{NameBeside, NamePart, NameScan, name_beside, parts_with_children};
use crate::shape::Telling;
use crate::sight::{DocumentSight, SeenValue, known_words};
use crate::tally::{FirstKinds, PlaceTally, absorb_tallies};
use crate::value::{Spot, SpotSeen, TextKind, ValueContext, spots};

/// The most places, and the most features, of one route.
const PLACES_MAX: usize = 3000;

/// The most parameters of links and forms of one route.
const PARAMETERS_MAX: usize = 300;

/// The most values of links of one page.
const LINKED_MAX: usize = 300;

/// Elements whose whole text is one value, and those around them.
const CELLS: [&str; 6] = ["td", "th", "li", "dd", "p", "option"];
const AROUND_CELLS: [&str; 4] = ["body", "tr", "tbody", "html"];

/// Elements whose content nobody sees.
const HIDDEN: [&str; 4] = ["script", "style", "template", "iframe"];

/// Attributes that never name a person in a way that a rule could use.
const IGNORED: [&str; 21] = [
    "class",
    "style",
    "width",
    "height",
    "colspan",
    "rowspan",
    "tabindex",
    "type",
    "lang",
    "rel",
    "target",
    "media",
    "rows",
    "cols",
    "size",
    "span",
    "start",
    "step",
    "min",
    "maxlength",
    "minlength",
];

/// Attributes that a person reads.
const READ: [&str; 5] = ["alt", "title", "value", "placeholder", "aria-label"];

/// The pages of one route.
#[derive(Clone, Debug, Default)]
pub struct HtmlSurvey {
    pub pages: usize,
    /// Pages with no, one and several known persons.
    pub of_none: usize,
    pub(crate) of_one: usize,
    pub of_many: usize,
    pub(crate) tallies: BTreeMap<(HtmlPlace, ValueContext), PlaceTally>,
    /// By selector.
    pub records: BTreeMap<SmolStr, RecordElements>,
    /// Tables with rows and without a known person, by selector.
    pub other_tables: BTreeMap<SmolStr, usize>,
    /// The parameters of links and forms, by the last segment of the address that they lead to; the
    /// page's own is empty.
    pub parameters: BTreeMap<SmolStr, BTreeSet<String>>,
    /// Pages with a table in whose rows known names stand, and no known identifier.
    pub named_tables: usize,
    /// Those tables, by selector.
    pub tables_of_names: BTreeSet<SmolStr>,
    /// Elements by selector: on how many pages without, and with, a known person.
    features: BTreeMap<SmolStr, (usize, usize)>,
    /// Pages whose scripts hold known identifiers that nothing else on them shows.
    pub script_pages: usize,
    /// Elements on all pages, to tell whether two routes are alike.
    pub(crate) shape: BTreeSet<SmolStr>,
    pub is_cut: bool,
}

impl HtmlSurvey {
    pub(crate) fn read(
        &mut self,
        known: &KnownPersons,
        elements: &[DocumentElement],
    ) -> DocumentSight {
        PageReader::new(self, known, elements).read()
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.pages += other.pages;
        self.of_none += other.of_none;
        self.of_one += other.of_one;
        self.of_many += other.of_many;
        self.script_pages += other.script_pages;
        self.is_cut |= other.is_cut;
        self.named_tables += other.named_tables;
        self.absorb_places(other);
    }

    fn absorb_places(&mut self, other: Self) {
        absorb_tallies(&mut self.tallies, other.tallies);
        absorb_records(&mut self.records, other.records);
        for (key, count) in other.other_tables {
            *self.other_tables.entry(key).or_default() += count;
        }
        for (key, (without, with)) in other.features {
            let own = self.features.entry(key).or_default();
            own.0 += without;
            own.1 += with;
        }
        self.shape.extend(other.shape);
        self.tables_of_names.extend(other.tables_of_names);
        for (target, names) in other.parameters {
            self.parameters.entry(target).or_default().extend(names);
        }
    }

    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        let common = self.shape.intersection(&other.shape).count();
        let all = self.shape.len() + other.shape.len() - common;
        if all == 0 {
            1.0
        } else {
            common as f64 / all as f64
        }
    }

    /// The elements that all pages without a person have, and no other.
    pub fn signs_of_empty(&self) -> Vec<SmolStr> {
        if self.of_none == 0 {
            return Vec::new();
        }
        let is_sign = |(_, (without, with)): &(&SmolStr, &(usize, usize))| {
            *without == self.of_none && *with == 0
        };
        self.features
            .iter()
            .filter(is_sign)
            .map(|(selector, _)| selector.clone())
            .collect()
    }
}

struct WaitingMark {
    element: usize,
    place: HtmlPlace,
    spot: Spot,
}

struct PageReader<'r> {
    survey: &'r mut HtmlSurvey,
    known: &'r KnownPersons,
    elements: &'r [DocumentElement],
    /// For each element, its place among its siblings, from 1, and the number of its children.
    order: Vec<(usize, usize)>,
    hidden: Vec<bool>,
    names: NameScan<'r>,
    marks: Vec<WaitingMark>,
    /// By element.
    parts: Vec<NamePart>,
    /// Typed values of addresses, of no known kind.
    beside: Vec<(usize, AliasPlace, SmolStr)>,
    linked: Vec<(ValueContext, SmolStr)>,
}

impl<'r> PageReader<'r> {
    fn new(
        survey: &'r mut HtmlSurvey,
        known: &'r KnownPersons,
        elements: &'r [DocumentElement],
    ) -> Self {
        let names = NameScan::new(&known.names);
        Self {
            survey,
            known,
            elements,
            order: order_of(elements),
            hidden: hidden_of(elements),
            names,
            marks: Vec::new(),
            parts: Vec::new(),
            beside: Vec::new(),
            linked: Vec::new(),
        }
    }

    fn read(mut self) -> DocumentSight {
        let mut scripts: Vec<KnownValue> = Vec::new();
        for id in 0..self.elements.len() {
            let element = &self.elements[id];
            let from = self.names.position;
            if !self.hidden[id] {
                self.attributes(id);
                self.text(id);
            }
            if element.name == "script" {
                self.names.read(&element.text);
                scripts.extend(known_words(self.known, &element.text));
            }
            self.parts.push(NamePart {
                parent: element.parent,
                from,
                to: self.names.position,
            });
        }
        parts_with_children(&mut self.parts);
        self.parameters();
        self.survey.pages += 1;
        let (sight, held) = self.count();
        let has_shown = |value: &KnownValue| {
            sight
                .known
                .iter()
                .any(|seen| seen.value.person == value.person)
        };
        self.survey.script_pages += usize::from(scripts.iter().any(|value| !has_shown(value)));
        self.features(&held);
        let records = self.records(&held);
        let mut sight = sight;
        sight.beside = self.beside_records(&held, &records);
        sight.linked = std::mem::take(&mut self.linked);
        sight
            .known
            .extend(scripts.into_iter().map(|value| SeenValue {
                value,
                is_confirmed: false,
                is_paging: false,
            }));
        sight
    }

    /// The parameters that links have, and fields of forms whose values the page gives.
    fn parameters(&mut self) {
        for id in 0..self.elements.len() {
            let element = &self.elements[id];
            match element.name.as_str() {
                "a" => {
                    let address = element.attribute("href").unwrap_or("");
                    // Of another site, or written by who writes texts in the portal.
                    if is_elsewhere(address) {
                        continue;
                    }
                    let (path, query) = address_parts(address);
                    for (name, _) in pairs(query) {
                        self.parameter(path, name);
                    }
                }
                "select" | "input" => {
                    let given = ["hidden", "checkbox", "radio", "submit"];
                    let kind = element.attribute("type").unwrap_or_default();
                    let is_given = element.name == "select" || given.contains(&kind);
                    let name = element.attribute("name").filter(|_| is_given);
                    let Some((name, form)) = name.zip(self.form_of(id)) else {
                        continue;
                    };
                    let action = self.elements[form].attribute("action").unwrap_or_default();
                    if is_elsewhere(action) {
                        continue;
                    }
                    let (path, _) = address_parts(action);
                    self.parameter(path, name.to_owned());
                }
                _ => {}
            }
        }
    }

    fn parameter(&mut self, path: &str, name: String) {
        let target = path.rsplit('/').find(|segment| !segment.is_empty());
        let target = SmolStr::new(target.unwrap_or_default());
        let all: usize = self.survey.parameters.values().map(BTreeSet::len).sum();
        let is_name = !name.is_empty() && name.len() <= 60 && !is_variable(&name);
        if is_name && all < PARAMETERS_MAX {
            self.survey
                .parameters
                .entry(target)
                .or_default()
                .insert(name);
        }
    }

    /// The form around an element whose fields become parameters.
    fn form_of(&self, id: usize) -> Option<usize> {
        let mut at = self.elements[id].parent;
        while let Some(element) = at {
            if self.elements[element].name == "form" {
                let method = self.elements[element].attribute("method");
                let is_read = method.is_none_or(|method| method.eq_ignore_ascii_case("get"));
                return is_read.then_some(element);
            }
            at = self.elements[element].parent;
        }
        None
    }

    fn attributes(&mut self, id: usize) {
        let element = &self.elements[id];
        for (name, value) in &element.attributes {
            if READ.contains(&name.as_str()) {
                self.names.read(value);
            }
            if IGNORED.contains(&name.as_str()) || value.is_empty() || value.len() > 2000 {
                continue;
            }
            let is_address = ADDRESSES.contains(&name.as_str());
            let kind = if is_address {
                TextKind::Address
            } else {
                TextKind::Value
            };
            let (known, marks, elements) = (self.known, &mut self.marks, self.elements);
            let (beside, linked) = (&mut self.beside, &mut self.linked);
            let mut place = None;
            spots(known, value, kind, &mut |spot| {
                // Most attributes are nobody's: their place is made only for what could be
                // someone's.
                match &spot.seen {
                    SpotSeen::Known { .. } | SpotSeen::Alike { .. } => {
                        let place = place
                            .get_or_insert_with(|| attribute_place(elements, id, name))
                            .clone();
                        marks.push(WaitingMark {
                            element: id,
                            place,
                            spot,
                        });
                    }
                    SpotSeen::Variable(text) => {
                        if linked.len() < LINKED_MAX {
                            linked.push((spot.context.clone(), text.clone()));
                        }
                        if let ValueContext::Path(before) = &spot.context {
                            beside.push((id, AliasPlace::Path(before.clone()), text.clone()));
                        }
                    }
                    SpotSeen::Other => {}
                }
            });
        }
    }

    fn text(&mut self, id: usize) {
        let element = &self.elements[id];
        if is_blank(&element.text) {
            return;
        }
        self.names.read(&element.text);
        let whole = self.whole_text_of(id);
        let (known, marks) = (self.known, &mut self.marks);
        let mut place = None;
        spots(known, &element.text, TextKind::Value, &mut |spot| {
            let is_address = matches!(spot.context, ValueContext::Path(_) | ValueContext::Query(_));
            if spot.seen.is_of_kind() && !is_address {
                let place = place
                    .get_or_insert_with(|| text_place(self.elements, &self.order, whole))
                    .clone();
                marks.push(WaitingMark {
                    element: whole,
                    place,
                    spot,
                });
            }
        });
    }

    /// The outermost element whose text is that of `id` and nothing else: `td` for
    /// `<td><b>P0001</b></td>`.
    fn whole_text_of(&self, id: usize) -> usize {
        let mut at = id;
        while let Some(parent) = self.elements[at].parent {
            let is_wrapped = self.order[parent].1 == 1 && is_blank(&self.elements[parent].text);
            let (own, around) = (&self.elements[at].name, &self.elements[parent].name);
            if !is_wrapped
                || CELLS.contains(&own.as_str())
                || AROUND_CELLS.contains(&around.as_str())
            {
                break;
            }
            at = parent;
        }
        at
    }

    /// Counts what was found, and says for each element whom it holds.
    fn count(&mut self) -> (DocumentSight, Vec<HeldPersons>) {
        let mut held = vec![HeldPersons::None; self.elements.len()];
        let mut sight = DocumentSight {
            names: self.names.found.len(),
            ..DocumentSight::default()
        };
        let mut counted = BTreeSet::new();
        let mut first = FirstKinds::default();
        let marks = std::mem::take(&mut self.marks);
        let mut names_beside = Vec::with_capacity(marks.len());
        for mark in &marks {
            let mut beside = NameBeside::Unclear;
            if let SpotSeen::Known { value, .. } = mark.spot.seen {
                beside = name_beside(&self.names.found, &self.parts, mark.element, value.person);
                let is_confirmed = beside == NameBeside::Own;
                let is_paging = mark.spot.context.is_paging();
                sight.known.push(SeenValue {
                    value,
                    is_confirmed,
                    is_paging,
                });
                let is_telling = self.known.kind(value.kind).telling() > Telling::Short;
                let is_said = mark.place.person_word.is_some() || mark.spot.context.calls_person();
                if is_telling || is_confirmed || (is_said && !is_paging) {
                    held[mark.element] = held[mark.element].and(HeldPersons::One(value.person));
                    first.note(value);
                }
            }
            names_beside.push(beside);
        }
        for (mark, beside) in marks.into_iter().zip(names_beside) {
            let signs = first.signs(&mark.spot.seen, beside);
            let key = (mark.place, mark.spot.context.clone());
            if self.survey.tallies.len() >= PLACES_MAX && !self.survey.tallies.contains_key(&key) {
                self.survey.is_cut = true;
                continue;
            }
            let is_first = counted.insert(key.clone());
            let tally = self.survey.tallies.entry(key).or_default();
            tally.add(&mark.spot, signs);
            tally.responses += usize::from(is_first);
        }
        held_with_children(self.elements, &mut held);
        (sight, held)
    }

    fn features(&mut self, held: &[HeldPersons]) {
        let is_empty = held.first().is_none_or(|root| *root == HeldPersons::None);
        let mut seen = BTreeSet::new();
        // By parent, the child before.
        let mut before: BTreeMap<Option<usize>, usize> = BTreeMap::new();
        for (id, element) in self.elements.iter().enumerate() {
            let previous = before.insert(element.parent, id);
            if self.hidden[id] {
                continue;
            }
            if let Some(own) = own_anchor(element) {
                // An empty list may have nothing that others lack, and lack what stands before its
                // end elsewhere.
                seen.insert(match previous {
                    Some(previous) => {
                        format_smolstr!("{} + {own}", compound(&self.elements[previous]))
                    }
                    None => format_smolstr!("{own}:first-child"),
                });
                seen.insert(own);
            }
            if self.survey.shape.len() < PLACES_MAX {
                let parent = element
                    .parent
                    .map_or("", |parent| self.elements[parent].name.as_str());
                self.survey
                    .shape
                    .insert(format_smolstr!("{parent}>{}", compound(element)));
            }
        }
        for feature in seen {
            if self.survey.features.len() >= PLACES_MAX
                && !self.survey.features.contains_key(&feature)
            {
                self.survey.is_cut = true;
                continue;
            }
            let counts = self.survey.features.entry(feature).or_default();
            if is_empty {
                counts.0 += 1
            } else {
                counts.1 += 1
            }
        }
    }

    /// For each element, the record that it is in.
    fn records(&mut self, held: &[HeldPersons]) -> Vec<Option<usize>> {
        match held.first() {
            None | Some(HeldPersons::None) => self.survey.of_none += 1,
            Some(HeldPersons::One(_)) => self.survey.of_one += 1,
            Some(HeldPersons::Many) => self.survey.of_many += 1,
        }
        let mut in_record: Vec<Option<usize>> = vec![None; self.elements.len()];
        let mut on_page: BTreeMap<SmolStr, usize> = BTreeMap::new();
        let mut record_tables = BTreeSet::new();
        let mut bare_rows = Vec::new();
        for (id, element) in self.elements.iter().enumerate() {
            let Some(parent) = element.parent else {
                continue;
            };
            in_record[id] = in_record[parent];
            if is_record(self.elements, held, id) {
                in_record[id] = Some(id);
                if let Some(selector) = record_selector(self.elements, id) {
                    *on_page.entry(selector).or_default() += 1;
                }
            }
            if element.name == "tr" {
                let table = self.table_of(id);
                if in_record[id].is_some() || held[id] != HeldPersons::None {
                    record_tables.insert(table);
                } else {
                    bare_rows.push((id, table));
                }
            }
        }
        for (selector, elements) in on_page {
            self.survey
                .records
                .entry(selector)
                .or_default()
                .add(elements);
        }
        let bare: Vec<Option<usize>> = bare_rows
            .into_iter()
            .filter(|(id, table)| !record_tables.contains(table) && self.has_data_cell(*id))
            .map(|(_, table)| table)
            .collect();
        // A table that names persons shows them, whatever identifies them.
        let (named, bare): (Vec<usize>, Vec<usize>) = bare
            .into_iter()
            .flatten()
            .partition(|table| self.names_within(*table));
        self.survey.named_tables += usize::from(!named.is_empty());
        let named: BTreeSet<SmolStr> = named
            .into_iter()
            .filter_map(|table| record_selector(self.elements, table))
            .collect();
        self.survey.tables_of_names.extend(named);
        let tables: BTreeSet<SmolStr> = bare
            .into_iter()
            .filter_map(|table| record_selector(self.elements, table))
            .collect();
        for table in tables {
            *self.survey.other_tables.entry(table).or_default() += 1;
        }
        in_record
    }

    /// Values of links in a record that names one person; on a page of one person, of the page.
    fn beside_records(
        &self,
        held: &[HeldPersons],
        records: &[Option<usize>],
    ) -> Vec<(AliasPlace, u32, SmolStr)> {
        let is_of_one = matches!(held.first(), Some(HeldPersons::One(_)));
        let record_of = |element: usize| records[element].or(is_of_one.then_some(0));
        let of_person = |((record, place), value): ((usize, &AliasPlace), Option<&SmolStr>)| {
            let HeldPersons::One(person) = held[record] else {
                return None;
            };
            Some((place.clone(), person, value?.clone()))
        };
        let values = self.beside_each(&record_of).into_iter();
        values.filter_map(of_person).collect()
    }

    /// For each record and place the value beside it, `None` where it has several.
    fn beside_each(
        &self,
        record_of: &dyn Fn(usize) -> Option<usize>,
    ) -> BTreeMap<(usize, &AliasPlace), Option<&SmolStr>> {
        let mut values: BTreeMap<(usize, &AliasPlace), Option<&SmolStr>> = BTreeMap::new();
        for (element, place, value) in &self.beside {
            let Some(record) = record_of(*element) else {
                continue;
            };
            let known = values.entry((record, place)).or_insert(Some(value));
            // Two values after the same text: neither is the record's own.
            *known = known.filter(|known| *known == value);
        }
        values
    }

    /// True for an element inside which a known name stands.
    fn names_within(&self, id: usize) -> bool {
        let NamePart { from, to, .. } = self.parts[id];
        let found = &self.names.found;
        let first = found.partition_point(|sighting| sighting.position <= from);
        found
            .get(first)
            .is_some_and(|sighting| sighting.position <= to)
    }

    fn table_of(&self, id: usize) -> Option<usize> {
        let mut at = Some(id);
        while let Some(element) = at {
            if self.elements[element].name == "table" {
                return Some(element);
            }
            at = self.elements[element].parent;
        }
        None
    }

    fn has_data_cell(&self, row: usize) -> bool {
        let is_cell =
            |element: &DocumentElement| element.parent == Some(row) && element.name == "td";
        self.elements[row..].iter().take(400).any(is_cell)
    }
}

/// For each element, its place among its siblings, from 1, and the number of its children.
fn order_of(elements: &[DocumentElement]) -> Vec<(usize, usize)> {
    let mut order = vec![(1, 0); elements.len()];
    for (id, element) in elements.iter().enumerate() {
        if let Some(parent) = element.parent {
            order[parent].1 += 1;
            order[id].0 = order[parent].1;
        }
    }
    order
}

fn hidden_of(elements: &[DocumentElement]) -> Vec<bool> {
    let mut hidden = vec![false; elements.len()];
    for (id, element) in elements.iter().enumerate() {
        let is_inside_hidden = element.parent.is_some_and(|parent| hidden[parent]);
        hidden[id] = is_inside_hidden || HIDDEN.contains(&element.name.as_str());
    }
    hidden
}

#[cfg(test)]
mod tests {
    use digue_inspect::html::outline::page_elements;

    use super::*;
    use crate::known::{ColumnChoice, PersonsTable};

    fn known() -> KnownPersons {
        let rows = (0..30).map(|n| vec![format!("P{n:04}")]).collect();
        let table = PersonsTable {
            header: vec!["id".into()],
            rows,
        };
        KnownPersons::from_table(&table, &ColumnChoice::default())
            .unwrap()
            .0
    }

    fn survey(pages: &[&str]) -> HtmlSurvey {
        let (known, mut survey) = (known(), HtmlSurvey::default());
        for page in pages {
            survey.read(
                &known,
                &page_elements(None, page.as_bytes(), 1 << 20).unwrap(),
            );
        }
        survey
    }

    #[track_caller]
    fn check_records(page: &str, expected: &[&str]) {
        let found = survey(&[page]).records;
        assert_eq!(
            found.keys().map(SmolStr::as_str).collect::<Vec<_>>(),
            expected,
            "{page}"
        );
    }

    #[test]
    fn the_largest_element_of_one_person_is_the_record() {
        check_records(
            "<table class=liste><tr><td>P0001<td>a<tr><td>P0002<td>b</table>",
            &["table.liste tbody tr"],
        );
        check_records(
            "<main id=main><div class='carte odd'><p>P0001</p></div><div class=carte><p>P0002</p></div></main>",
            &["#main div.carte"],
        );
        check_records(
            "<ul><li>P0001 <a href=/f/P0001>x</a><li>P0002</ul>",
            &["li"],
        );
        check_records(
            "<select name=x><option value=''>-<option value=P0001>a<option value=P0002>b</select>",
            &["option[value]:not([value=\"\"])"],
        );
        check_records("<p>P0001</p><p>P0001</p>", &[]);
        check_records(
            "<div id=haut>P0001</div><div id=corps>P0002</div>",
            &["#corps", "#haut"],
        );
        check_records(
            "<div id=liste><div>P0001<div>a</div></div><div>P0002</div></div>",
            &["#liste > div"],
        );
        check_records("<div><div>P0001</div><div>P0002</div></div>", &[]);
    }

    #[test]
    fn places_are_named_by_what_a_person_wrote() {
        let of = |page: &str| {
            let found = survey(&[page]);
            let known = found
                .tallies
                .iter()
                .find(|(_, tally)| tally.hits() > 0)
                .unwrap();
            let ((place, context), _) = known;
            (
                place.selector.to_string(),
                place.attribute.as_deref().map(str::to_owned),
                context.clone(),
            )
        };
        assert_eq!(of("<a href='/fiche/P0001'>x</a>").0, "a");
        assert_eq!(
            of("<table><tr><td class=numero><b>P0001</b></table>").0,
            "td.numero"
        );
        assert_eq!(
            of("<table id=tableau><tr><td>x<td>P0001</table>").0,
            "#tableau td:nth-child(2)"
        );
        let (selector, attribute, context) = of("<div data-eleve=P0001>a</div>");
        assert_eq!(
            (selector.as_str(), attribute.as_deref()),
            ("div[data-eleve]", Some("data-eleve"))
        );
        assert_eq!(context, ValueContext::Whole);
        assert_eq!(
            of("<div id=row-P0001>a</div>").2,
            ValueContext::After("row-".into())
        );
    }

    #[test]
    fn tables_of_nobody_and_signs_of_empty_pages_are_known() {
        let found = survey(&[
            "<table class=liste><tr><td>P0001<tr><td>P0002</table><table class=chiffres><tr><td>12</table>",
            "<p class=aucun-resultat>Rien</p><table class=chiffres><tr><td>13</table>",
        ]);
        assert_eq!(
            found
                .other_tables
                .keys()
                .map(SmolStr::as_str)
                .collect::<Vec<_>>(),
            ["table.chiffres"]
        );
        assert!(found.signs_of_empty().contains(&"p.aucun-resultat".into()));
        assert_eq!((found.of_none, found.of_many), (1, 1));
    }

    #[test]
    fn an_empty_list_may_be_known_by_what_it_lacks() {
        let found = survey(&[
            "<form><div class=liste><p>P0001<p>P0002</div><p class=nombre>2</p></form>",
            "<form><input name=q><p class=nombre>0</p></form>",
        ]);
        assert_eq!(found.signs_of_empty(), ["input + p.nombre"]);
    }

    #[test]
    fn identifiers_of_scripts_alone_are_counted() {
        let page = "<p>P0001</p><script>var all=['P0002']</script>";
        assert_eq!(survey(&[page]).script_pages, 1);
        assert_eq!(
            survey(&["<p>P0002</p><script>'P0002'</script>"]).script_pages,
            0
        );
    }
}
