//! One walk over the tree of a page: matches the map's selectors, tracks open records, and counts
//! text outside them.
//!
//! The visible text is written once, into one string, and an element's text is a range of it:
//! copying it for each rule took seconds and a gigabyte on a page without `</td>`.

use std::borrow::Cow;
use std::collections::HashMap;

use digue_types::visible::{is_blank, visible};
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use super::{HtmlRecords, HtmlRule, HtmlRules, IdentifierPart, read_nested};
use digue_html::build::{BuiltPage, ParseManner, SEPARATOR};
use digue_html::matcher::{AwaitedMatches, Matcher};
use digue_html::references::{ReferenceContext, decoded};
use digue_html::selector::SelectableElement;
use digue_html::tag::{self, Tag};
use digue_html::tree::{HtmlTree, NONE};
use digue_identifiers::collector::{Collector, IdentifierOutcome};
use digue_identifiers::reading::{ReadingTally, Unreadable, WhyNobody};

/// Limit on the text given to rules, as a multiple of the page: a rule that selects three nested
/// elements gets the innermost text three times.
const REACHED_TIMES: usize = 16;

/// Attributes that a user reads or fills in.
const SHOWN_ATTRIBUTES: [&str; 5] = ["alt", "title", "value", "placeholder", "aria-label"];

/// Attributes that hold URLs: percent-encoded, and browsers drop tabs and line ends in them (WHATWG
/// URL).
const ADDRESS_ATTRIBUTES: [&str; 6] = ["href", "src", "action", "formaction", "data", "xlink:href"];

/// The purpose of a selector of the map.
#[derive(Clone, Copy)]
enum SelectorRole {
    Rule(usize),
    Compare(usize),
    Record,
    Empty,
    NoPerson,
}

/// The selectors of a map, ready to be matched.
pub(super) struct WalkPlan<'r> {
    rules: &'r HtmlRules,
    matcher: Matcher<'r>,
    roles: Vec<SelectorRole>,
}

impl<'r> WalkPlan<'r> {
    pub(super) fn new(rules: &'r HtmlRules) -> Self {
        let records: &[_] = match &rules.records {
            HtmlRecords::At(selectors) => selectors,
            HtmlRecords::Page | HtmlRecords::Unsaid => &[],
        };
        let of_rules = rules
            .rules
            .iter()
            .enumerate()
            .map(|(index, rule)| (SelectorRole::Rule(index), &rule.selector));
        let compared = rules
            .compare
            .iter()
            .enumerate()
            .map(|(index, rule)| (SelectorRole::Compare(index), &rule.selector));
        let roles: Vec<_> = records
            .iter()
            .map(|selector| (SelectorRole::Record, selector))
            .chain(
                rules
                    .empty
                    .iter()
                    .map(|selector| (SelectorRole::Empty, selector)),
            )
            .chain(
                rules
                    .no_person
                    .iter()
                    .map(|selector| (SelectorRole::NoPerson, selector)),
            )
            .chain(of_rules)
            .chain(compared)
            .collect();
        let matcher = Matcher::new(
            roles
                .iter()
                .enumerate()
                .map(|(target, (_, selector))| (target, *selector)),
        );
        Self {
            rules,
            matcher,
            roles: roles.into_iter().map(|(role, _)| role).collect(),
        }
    }

    fn rule(&self, role: SelectorRole) -> Option<&'r HtmlRule> {
        match role {
            SelectorRole::Rule(index) => self.rules.rules.get(index),
            SelectorRole::Compare(index) => self.rules.compare.get(index),
            SelectorRole::Record | SelectorRole::Empty | SelectorRole::NoPerson => None,
        }
    }
}

/// An open element.
#[derive(Default)]
struct OpenFrame {
    node: u32,
    /// The child to visit next.
    child: u32,
    children: u32,
    /// Children of each type so far, when a selector needs them; apart, because most need none and a
    /// frame is copied for each element.
    #[expect(clippy::box_collection, reason = "keeps the frame small")]
    types: Option<Box<HashMap<Tag, u32>>>,
    /// Number of text rules that select it.
    reaches: usize,
    has_unit: bool,
    is_hidden: bool,
    is_template: bool,
    is_no_person: bool,
    is_inline: bool,
    /// Start of its text in `visible`.
    start: usize,
}

/// An open record, or an open table row that is not a record.
struct OpenUnit {
    is_record: bool,
    is_row: bool,
    has_own: bool,
    has_text: bool,
    has_td: bool,
    has_th: bool,
    is_in_td: bool,
    /// Number of `no_person` parts around it.
    no_person: usize,
}

struct SelectorReach {
    role: SelectorRole,
    start: usize,
}

pub(super) struct HtmlWalk<'w, 't, 'k> {
    plan: &'w WalkPlan<'w>,
    tree: &'w HtmlTree<'t>,
    manner: ParseManner,
    found: &'w mut Collector<'k>,
    /// Level of nesting of this page within others (`srcdoc`).
    depth: usize,
    frames: Vec<OpenFrame>,
    awaited: Vec<AwaitedMatches>,
    chosen: Vec<usize>,
    attributes: Vec<(&'t str, Cow<'t, str>)>,
    units: Vec<OpenUnit>,
    reaches: Vec<SelectorReach>,
    hidden: usize,
    templates: usize,
    no_person: usize,
    visible: String,
    /// Range of the previous text, when nothing separates it from the next.
    last_text: Option<(usize, usize)>,
    asides: String,
    sweeps: bool,
    has_page_own: bool,
    reachable_bytes: usize,
    tally: ReadingTally,
}

struct CurrentElement<'c, 't> {
    tree: &'c HtmlTree<'t>,
    tag: Tag,
    attributes: &'c [(&'t str, Cow<'t, str>)],
    place: u32,
    place_of_type: u32,
}

impl SelectableElement for CurrentElement<'_, '_> {
    fn tag(&self) -> Tag {
        self.tag
    }

    fn name(&self) -> String {
        self.tree.names.name(self.tag)
    }

    fn attribute(&self, wanted: &str) -> Option<&str> {
        value_of(self.attributes, wanted)
    }

    fn place(&self) -> u32 {
        self.place
    }

    fn place_of_type(&self) -> u32 {
        self.place_of_type
    }

    fn has_quirks(&self) -> bool {
        self.tree.has_quirks
    }
}

fn value_of<'a>(attributes: &'a [(&str, Cow<'_, str>)], wanted: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| &**value)
}

impl<'w, 't, 'k> HtmlWalk<'w, 't, 'k> {
    pub(super) fn read(
        plan: &'w WalkPlan<'w>,
        built: &'w mut BuiltPage<'t>,
        manner: ParseManner,
        found: &'w mut Collector<'k>,
        depth: usize,
    ) -> Result<ReadingTally, Unreadable> {
        let sweeps = found.has_sweep();
        let mut walk = Self {
            plan,
            tree: &built.tree,
            manner,
            found,
            depth,
            frames: Vec::new(),
            awaited: vec![AwaitedMatches::default(); plan.matcher.width()],
            chosen: Vec::new(),
            attributes: Vec::new(),
            units: Vec::new(),
            reaches: Vec::new(),
            hidden: 0,
            templates: 0,
            no_person: 0,
            visible: String::new(),
            last_text: None,
            asides: std::mem::take(&mut built.asides),
            sweeps,
            has_page_own: false,
            reachable_bytes: built
                .tree
                .text
                .len()
                .saturating_mul(REACHED_TIMES)
                .saturating_add(1 << 16),
            tally: ReadingTally::default(),
        };
        walk.run()?;
        // A whole page is at most one record, however many of its elements carry the identifier.
        if let HtmlRecords::Page = plan.rules.records {
            walk.tally.records += usize::from(walk.has_page_own);
        }
        if sweeps {
            // Last of all: an identifier that a rule has found is not reported again as found by
            // the sweep.
            walk.found.sweep(&walk.visible, UnreadPlace::default)?;
            walk.found.sweep(&walk.asides, UnreadPlace::default)?;
        }
        Ok(walk.tally)
    }

    fn run(&mut self) -> Result<(), Unreadable> {
        let document = self.tree.node(0);
        self.frames.push(OpenFrame {
            child: document.first,
            ..OpenFrame::default()
        });
        while let Some(frame) = self.frames.last_mut() {
            let child = frame.child;
            if child == NONE {
                self.leave()?;
                continue;
            }
            let node = self.tree.node(child);
            frame.child = node.next;
            match node.tag {
                Tag::TEXT => self.text(child),
                _ => self.enter(child)?,
            }
        }
        Ok(())
    }

    // Elements.

    fn enter(&mut self, id: u32) -> Result<(), Unreadable> {
        let node = self.tree.node(id);
        self.read_attributes(id);
        self.choose(id);
        let mut frame = OpenFrame {
            node: id,
            child: node.first,
            is_inline: tag::is_inline(node.tag),
            // A template with `shadowrootmode` is a declarative shadow root: browsers show its
            // content at once.
            is_template: node.tag == tag::TEMPLATE && self.attribute("shadowrootmode").is_none(),
            ..OpenFrame::default()
        };
        frame.is_hidden = frame.is_template || is_hidden(node.tag, self.manner);
        if !frame.is_inline {
            self.separate();
        }
        frame.start = self.visible.len();
        self.note_cell(node.tag);
        self.hidden += usize::from(frame.is_hidden);
        self.templates += usize::from(frame.is_template);
        self.open_roles(&mut frame, node.tag);
        if self.sweeps {
            self.sweep_tag(node.tag);
        }
        if !self.units.is_empty()
            && !self.attributes.is_empty()
            && SHOWN_ATTRIBUTES
                .iter()
                .any(|name| self.attribute(name).is_some_and(|value| !is_blank(value)))
        {
            self.note_text();
        }
        if node.tag == tag::IFRAME {
            self.read_inner_page()?;
        }
        self.take_or_await(id, &mut frame)?;
        self.frames.push(frame);
        Ok(())
    }

    fn read_attributes(&mut self, id: u32) {
        self.attributes.clear();
        let node = self.tree.node(id);
        if node.start != NONE || matches!(node.tag, tag::HTML | tag::BODY) {
            let decode = |(name, value)| (name, decoded(value, ReferenceContext::Attribute));
            self.attributes.extend(self.tree.attributes(id).map(decode));
        }
    }

    fn attribute(&self, wanted: &str) -> Option<&str> {
        value_of(&self.attributes, wanted)
    }

    /// Matches the selectors; the targets of those that select the element are in `chosen`.
    fn choose(&mut self, id: u32) {
        self.chosen.clear();
        let tag = self.tree.node(id).tag;
        let needs_place_of_type = self.plan.matcher.needs_place_of_type;
        let mut place_of_type = 0;
        let mut place = 1;
        if let Some(parent) = self.frames.last_mut() {
            // Hidden elements count as well: `:nth-child` counts every element, whether shown or
            // not.
            parent.children += 1;
            place = parent.children;
            if needs_place_of_type {
                let count = parent.types.get_or_insert_default().entry(tag).or_default();
                *count += 1;
                place_of_type = *count;
            }
        }
        let current = CurrentElement {
            tree: self.tree,
            tag,
            attributes: &self.attributes,
            place,
            place_of_type,
        };
        let width = self.plan.matcher.width();
        let parent_start = self.awaited.len() - width;
        self.awaited
            .resize(self.awaited.len() + width, AwaitedMatches::default());
        let (parent, below) = self.awaited[parent_start..].split_at_mut(width);
        self.plan
            .matcher
            .enter(&current, parent, below, &mut self.chosen);
    }

    fn roles(&self) -> impl Iterator<Item = SelectorRole> + use<'_, 'w, 't, 'k> {
        self.chosen.iter().map(|target| self.plan.roles[*target])
    }

    fn note_cell(&mut self, tag: Tag) {
        let is_in_unit = self.frames.last().is_some_and(|parent| parent.has_unit);
        if let (true, Some(unit)) = (is_in_unit, self.units.last_mut()) {
            unit.has_td |= tag == tag::TD;
            unit.has_th |= tag == tag::TH;
            unit.is_in_td = tag == tag::TD;
        }
    }

    fn open_roles(&mut self, frame: &mut OpenFrame, tag: Tag) {
        frame.is_no_person = self
            .roles()
            .any(|role| matches!(role, SelectorRole::NoPerson));
        self.no_person += usize::from(frame.is_no_person);
        if self.hidden > 0 {
            return;
        }
        // A "nobody found" in a template or script is not shown, so it says nothing about this
        // answer.
        if self.roles().any(|role| matches!(role, SelectorRole::Empty)) {
            self.tally.nobody = Some(WhyNobody::DescribedAsEmpty);
        }
        // Rows outside records count as undescribed, so they are followed too: a second table must
        // not pass.
        let is_record = !frame.is_no_person
            && self
                .roles()
                .any(|role| matches!(role, SelectorRole::Record));
        let counts_rows = match self.plan.rules.records {
            // Without records, only where the map limits how many there may be.
            HtmlRecords::At(_) | HtmlRecords::Unsaid => true,
            HtmlRecords::Page => false,
        };
        let is_in_record = self.units.iter().any(|unit| unit.is_record);
        let is_row = tag == tag::TR;
        if is_record || is_row && counts_rows && !is_in_record && self.no_person == 0 {
            frame.has_unit = true;
            self.units.push(OpenUnit {
                is_record,
                is_row,
                has_own: false,
                has_text: false,
                has_td: false,
                has_th: false,
                is_in_td: false,
                no_person: self.no_person,
            });
        }
    }

    /// Notes a text inside the open record or row.
    fn note_text(&mut self) {
        if self.hidden > 0 {
            return;
        }
        if let Some(unit) = self.units.last_mut()
            && unit.no_person == self.no_person
        {
            unit.has_text |= unit.is_record || unit.is_in_td;
        }
    }

    /// Applies attribute rules now; text rules wait for the end of the element.
    fn take_or_await(&mut self, id: u32, frame: &mut OpenFrame) -> Result<(), Unreadable> {
        for at in 0..self.chosen.len() {
            let role = self.plan.roles[self.chosen[at]];
            let Some(rule) = self.plan.rule(role) else {
                continue;
            };
            let value = match &rule.take {
                IdentifierPart::Attribute(name) => {
                    let value = self.attribute(name).map(str::to_owned);
                    // The value of an option without `value` is its text (HTML, 4.10.10).
                    let is_option = self.tree.node(id).tag == tag::OPTION && name == "value";
                    match value {
                        Some(value) => Some((name, value)),
                        None if is_option => None,
                        None => continue,
                    }
                }
                IdentifierPart::Text => None,
            };
            match value {
                Some((name, value)) => self.take_attribute(role, rule, name, &value, id)?,
                None => {
                    self.reaches.push(SelectorReach {
                        role,
                        start: frame.start,
                    });
                    frame.reaches += 1;
                }
            }
        }
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Unreadable> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let width = self.plan.matcher.width();
        self.awaited.truncate(self.awaited.len() - width);
        for reach in self.reaches.split_off(self.reaches.len() - frame.reaches) {
            self.take_text(&reach, frame.node)?;
        }
        if frame.has_unit
            && let Some(unit) = self.units.pop()
        {
            self.conclude(&unit, frame.node)?;
        }
        if frame.is_hidden {
            self.hide_from(frame.start);
        }
        self.hidden -= usize::from(frame.is_hidden);
        self.templates -= usize::from(frame.is_template);
        self.no_person -= usize::from(frame.is_no_person);
        if !frame.is_inline {
            self.separate();
        }
        if matches!(self.tree.node(frame.node).tag, tag::TD | tag::TH)
            && self.frames.last().is_some_and(|parent| parent.has_unit)
            && let Some(unit) = self.units.last_mut()
        {
            unit.is_in_td = false;
        }
        Ok(())
    }

    fn conclude(&mut self, unit: &OpenUnit, node: u32) -> Result<(), Unreadable> {
        let is_header = unit.is_row && unit.has_th && !unit.has_td;
        if unit.has_own {
            self.tally.texts += 1;
            self.tally.records += usize::from(unit.is_record);
        // "Nobody found" in a record with text is not "nobody shown".
        } else if unit.is_record && unit.has_text && !is_header {
            return Err(ReadFailure::new(UnreadCause::NamelessRecord)
                .at(place_of(self.tree, node))
                .into());
        } else if !unit.is_record && unit.has_text {
            self.tally.texts += 1;
            let tree = self.tree;
            self.tally.add_undescribed(1, || place_of(tree, node));
        }
        Ok(())
    }

    // Texts.

    fn text(&mut self, id: u32) {
        let start = self.visible.len();
        self.tree.write_text(id, &mut self.visible);
        let changed = match visible(&self.visible[start..]) {
            Cow::Owned(seen) => Some(seen),
            Cow::Borrowed(_) => None,
        };
        if let Some(seen) = changed {
            self.visible.truncate(start);
            self.visible.push_str(&seen);
        }
        let end = self.visible.len();
        if end == start {
            return;
        }
        if !is_blank(&self.visible[start..]) {
            self.note_text();
        }
        if let (true, Some(last)) = (self.sweeps, self.last_text)
            && last.1 == start
            && !self.visible[..start].ends_with(char::is_whitespace)
            && !self.visible[start..].starts_with(char::is_whitespace)
        {
            // `P0002<b>7</b>`: the joined text is swept, and each part by itself too.
            for (start, end) in [last, (start, end)] {
                self.asides.push_str(&self.visible[start..end]);
                self.asides.push(SEPARATOR);
            }
        }
        self.last_text = Some((start, end));
    }

    /// Separates two blocks of text.
    fn separate(&mut self) {
        if !self.visible.is_empty() && !self.visible.ends_with(SEPARATOR) {
            self.visible.push(SEPARATOR);
        }
    }

    /// Removes the content of a script, style or template from the visible text, and leaves it to
    /// the sweep.
    fn hide_from(&mut self, start: usize) {
        if self.sweeps {
            self.asides.push_str(&self.visible[start..]);
            self.asides.push(SEPARATOR);
        }
        self.visible.truncate(start);
        // The text before a script joins the text after it, as the user sees them side by side.
        self.last_text = self.last_text.filter(|last| last.1 <= start);
    }

    /// Hands everything in a tag to the sweep: an identifier can be in any attribute, or in a name.
    fn sweep_tag(&mut self, tag: Tag) {
        // one.
        if !tag.is_short() {
            self.asides.push_str(&self.tree.names.name(tag));
            self.asides.push(SEPARATOR);
        }
        for (name, value) in &self.attributes {
            if !name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            {
                self.asides.push_str(name);
                self.asides.push(SEPARATOR);
            }
            if !value.is_empty() {
                self.asides.push_str(value);
                self.asides.push(SEPARATOR);
            }
        }
    }

    /// Reads the page within the page in `srcdoc`.
    fn read_inner_page(&mut self) -> Result<(), Unreadable> {
        let Some(inner) = self.attribute("srcdoc").map(str::to_owned) else {
            return Ok(());
        };
        if !is_blank(&inner) {
            // The content of the `iframe` element is a hidden fallback, but the page in `srcdoc` is
            // shown: it counts as text of the record around it.
            self.hidden -= 1;
            self.note_text();
            self.hidden += 1;
        }
        let tally = read_nested(self.plan, &inner, self.manner, self.found, self.depth + 1)?;
        self.has_page_own |= tally.records > 0;
        self.tally.add(tally);
        Ok(())
    }

    // Identifiers.

    fn take_attribute(
        &mut self,
        role: SelectorRole,
        rule: &HtmlRule,
        name: &str,
        value: &str,
        id: u32,
    ) -> Result<(), Unreadable> {
        // First as written: a pattern in the map may expect percent signs.
        let taken = self.take(role, rule, value, id)?;
        let is_address = ADDRESS_ATTRIBUTES.contains(&name);
        if taken == Some(IdentifierOutcome::NoMatch) && is_address {
            let address: String = value
                .chars()
                .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
                .collect();
            let address = percent_encoding::percent_decode_str(address.trim())
                .decode_utf8_lossy()
                .into_owned();
            if address != value {
                self.take(role, rule, &address, id)?;
            }
        }
        Ok(())
    }

    fn take_text(&mut self, reach: &SelectorReach, id: u32) -> Result<(), Unreadable> {
        let Some(rule) = self.plan.rule(reach.role) else {
            return Ok(());
        };
        let text = self.visible[reach.start..].replace(SEPARATOR, " ");
        // Nested elements selected by one rule each get all text inside them: without a limit,
        // quadratic.
        let Some(left) = self.reachable_bytes.checked_sub(text.len()) else {
            return Err(Unreadable::too_large());
        };
        self.reachable_bytes = left;
        self.take(reach.role, rule, &text, id).map(|_| ())
    }

    /// `None` when the text was not given to an identifier rule.
    fn take(
        &mut self,
        role: SelectorRole,
        rule: &HtmlRule,
        text: &str,
        id: u32,
    ) -> Result<Option<IdentifierOutcome>, Unreadable> {
        if let SelectorRole::Compare(_) = role {
            if self.templates == 0 {
                self.found.compare(&rule.pick, text);
            }
            return Ok(None);
        }
        // A template is filled by a script later: its placeholders are not values of the wrong
        // shape.
        if self.templates > 0 && (is_placeholder(text) || !self.found.could_hold_identifier(text)) {
            return Ok(None);
        }
        let tree = self.tree;
        let taken = self.found.take(&rule.pick, text, || place_of(tree, id))?;
        if taken.is_some() && self.templates == 0 {
            self.has_page_own |= rule.is_own;
            if let Some(unit) = self.units.last_mut() {
                // A row that is not a record counts as described once a rule takes an identifier
                // from it.
                unit.has_own |= rule.is_own || !unit.is_record;
            }
        }
        Ok(Some(taken))
    }
}

/// True for elements whose content is not shown as text.
const fn is_hidden(tag: Tag, manner: ParseManner) -> bool {
    matches!(
        tag,
        tag::SCRIPT | tag::STYLE | tag::IFRAME | tag::NOEMBED | tag::NOFRAMES
    ) || manner.runs_scripts && matches!(tag, tag::NOSCRIPT)
}

/// True for text that a script of the page will replace.
fn is_placeholder(text: &str) -> bool {
    ["{{", "${", "<%", "[["]
        .iter()
        .any(|sign| text.contains(sign))
}

/// The most element names in a place.
const PLACE_NAMES_MAX: usize = 4;

/// The path to an element as a selector. Names that are not of the standard become `*`: places are
/// journalled and logged, and a page could write a person into one.
fn place_of(tree: &HtmlTree<'_>, id: u32) -> UnreadPlace {
    let mut names = Vec::new();
    let mut at = id;
    while at != NONE && at != 0 && names.len() < PLACE_NAMES_MAX {
        names.push(tag::standard_name(tree.node(at).tag).unwrap_or("*"));
        at = tree.node(at).parent;
    }
    let mut position = 1;
    // Linear in the siblings, but only ever for a failure, and the first failure ends the reading.
    let mut before = tree.node(id).previous;
    while before != NONE {
        position += u64::from(tree.node(before).tag != Tag::TEXT);
        before = tree.node(before).previous;
    }
    let place = names
        .iter()
        .rev()
        .enumerate()
        .fold(UnreadPlace::default(), |place, (at, name)| {
            if at == 0 {
                place.and(name)
            } else {
                place.and(" > ").and(name)
            }
        });
    place.and(":nth-child(").and_number(position).and(")")
}
