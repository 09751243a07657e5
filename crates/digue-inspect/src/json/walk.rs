//! One pass over a document: tracks the position and the open records, takes identifiers, and
//! counts text outside records. The paths are compiled in `json`; nothing here knows JSONPath.

use std::borrow::Cow;

use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use super::children::{ChildRules, ReachedNode, set_bits};
use super::mask::Masking;
use super::scan::{DEPTH_MAX, ScanFault, Scanner, ValueKind};
use super::{
    Bits, Collector, JsonRules, NodeTarget, Pick, ReadingTally, Unreadable, WhyNobody, inexact,
    is_blank, not_identifier, syntax, whole_number,
};

/// Digits from which a number outside every record counts as text: telephone and social security
/// numbers.
const TELLING_DIGITS: usize = 7;

/// The smallest number with `TELLING_DIGITS` digits.
const TELLING_FROM: f64 = 1e6;

/// Why a walk ends early.
enum WalkStop {
    Fault(ScanFault),
    Unreadable(Unreadable),
}

impl From<ScanFault> for WalkStop {
    fn from(fault: ScanFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Unreadable> for WalkStop {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(unreadable)
    }
}

/// One step of the path from the root to the current node.
enum PathStep<'t> {
    /// A member, with its number from 1 among those of its object.
    Key(Cow<'t, str>, usize),
    Index(usize),
}

/// An open record.
struct OpenJsonRecord {
    record: usize,
    /// Its depth: number of steps from the root.
    depth: usize,
    has_own: bool,
}

pub(super) struct JsonWalk<'a, 'k, 't> {
    rules: &'a JsonRules,
    found: &'a mut Collector<'k>,
    input: Scanner<'t>,
    trail: Vec<PathStep<'t>>,
    records: Vec<OpenJsonRecord>,
    /// Records whose own identifier is the name of the member that is read next.
    named: Bits,
    /// The value that is read now is such a record.
    closed_by_name: bool,
    /// What the rules say below the last array and the last object: records of a list are alike.
    known: [(Bits, ChildRules); 2],
    /// Number of `no_person` parts around the current node.
    no_person: usize,
    /// How many of the undescribed texts are names of members rather than values.
    names: u64,
    tally: ReadingTally,
    /// Set for a document in which records were masked: those that are count as read.
    masking: Option<&'a Masking>,
}

/// Where a walk begins: the steps awaited below the node, and the targets that it reaches.
#[derive(Clone, Copy, Debug)]
pub(super) struct WalkStart {
    pub(super) active: Bits,
    pub(super) reached: Bits,
}

impl<'a, 'k, 't> JsonWalk<'a, 'k, 't> {
    /// Reads a value, and what follows it in `text` must be white space.
    pub(super) fn read(
        rules: &'a JsonRules,
        text: &'t str,
        start: WalkStart,
        masking: Option<&'a Masking>,
        found: &'a mut Collector<'k>,
    ) -> Result<ReadingTally, Unreadable> {
        let mut walk = Self {
            rules,
            found,
            input: Scanner::new(text),
            trail: Vec::new(),
            records: Vec::new(),
            named: 0,
            closed_by_name: false,
            // No step is awaited, and so of no child anything is said.
            known: [(0, ChildRules::default()); 2],
            no_person: 0,
            names: 0,
            tally: ReadingTally::default(),
            masking,
        };
        match walk
            .value(start.active, start.reached)
            .and_then(|()| Ok(walk.input.end()?))
        {
            Ok(()) => Ok(walk.tally),
            Err(WalkStop::Unreadable(unreadable)) => Err(unreadable),
            Err(WalkStop::Fault(ScanFault(at))) => {
                Err(syntax_at(&text.as_bytes()[..at.min(text.len())]))
            }
        }
    }

    /// Reads one value, given the steps awaited below it and the targets that it reaches.
    fn value(&mut self, active: Bits, reached: Bits) -> Result<(), WalkStop> {
        // Most of a document is described by no path: skipping takes no step on the trail and no
        // string.
        if active == 0 && reached == 0 {
            return if self.counts_here() {
                self.count()
            } else {
                Ok(self.input.skip()?)
            };
        }
        if let Some(masking) = self.masking
            && reached & self.rules.masks.records != 0
            && self.skip_masked(masking)?
        {
            return Ok(());
        }
        let shows_nobody = reached & self.rules.masks.no_person != 0;
        self.no_person += usize::from(shows_nobody);
        let kind = self.input.begin()?;
        if !matches!(kind, ValueKind::Object | ValueKind::Array) {
            self.close_named_value(reached);
        }
        match kind {
            ValueKind::Object | ValueKind::Array => self.container(kind, active, reached)?,
            ValueKind::Text => {
                let text = self.input.text()?;
                self.leaf(reached, &text)?;
            }
            ValueKind::Number => {
                let number = self.input.number()?;
                self.number(reached, number)?;
            }
            // Portals write `null` for "nobody" as well as `[]` and `""`; a `false` there is a
            // changed portal.
            ValueKind::Null => self.note_empty(reached),
            ValueKind::Word => {
                if let Some(pick) = self.picks(reached).next() {
                    return Err(not_identifier(pick, self.place()).into());
                }
            }
        }
        self.no_person -= usize::from(shows_nobody);
        Ok(())
    }

    /// A record that is a plain value, under a name that identifies it.
    fn close_named_value(&mut self, reached: Bits) {
        let named = std::mem::take(&mut self.named) & reached;
        self.tally.records += usize::from(named != 0 && self.records.is_empty());
        self.closed_by_name = named != 0;
    }

    /// Takes the identifiers that the name of a member is.
    fn take_name(&mut self, names: Bits, name: &str) -> Result<(), WalkStop> {
        for target in set_bits(names) {
            let NodeTarget::Pick { pick, own_below } = &self.rules.targets[target] else {
                continue;
            };
            let place = || place_of(self.rules, &self.trail);
            if self.found.take(pick, name, place)?.is_some() {
                for (record, _) in own_below.iter().filter(|(_, distance)| *distance == 0) {
                    self.named |= 1 << record;
                }
                self.give_own(target);
            }
        }
        Ok(())
    }

    /// Skips a record that is masked whole, name included; false leaves it to be read.
    fn skip_masked(&mut self, masking: &Masking) -> Result<bool, WalkStop> {
        if let Some(PathStep::Key(name, _)) = self.trail.last()
            && !masking.keeps_record_name(self.rules, name)
        {
            return Ok(false);
        }
        let place = self.input.place();
        let mut ahead = self.input.clone();
        ahead.skip()?;
        if !masking.is_masked(self.rules, self.input.between(place, ahead.end_place()))? {
            return Ok(false);
        }
        self.input = ahead;
        self.tally.records += 1;
        Ok(true)
    }

    fn container(&mut self, kind: ValueKind, active: Bits, reached: Bits) -> Result<(), WalkStop> {
        // A list or object where the map expects an identifier: the portal has changed, and
        // skipping it would lose the persons inside.
        if let Some(pick) = self.picks(reached).next()
            && !self.leads_further(active)
        {
            return Err(not_identifier(pick, self.place()).into());
        }
        if self.trail.len() == DEPTH_MAX {
            return Err(Unreadable::from(ReadFailure::new(UnreadCause::TooDeep)).into());
        }
        let opened = self.open_records(kind, reached);
        let children = match kind {
            ValueKind::Object => self.object(active)?,
            _ => self.array(active)?,
        };
        if children == 0 {
            self.note_empty(reached);
        }
        for _ in 0..opened {
            let record = self.records.pop().expect("`open_records` pushed this many");
            // Only now: the member with the identifier may be the last of its object.
            if !record.has_own {
                return Err(self.nameless().into());
            }
            self.tally.records += 1;
        }
        Ok(())
    }

    /// Opens the records that a container is. A list is a record only when a rule takes its
    /// identifier at an index; otherwise it is a list of things that the map describes further
    /// down.
    fn open_records(&mut self, kind: ValueKind, reached: Bits) -> usize {
        let mut opened = 0;
        let named = std::mem::take(&mut self.named);
        let mut rest = reached & self.rules.masks.records;
        while rest != 0 {
            let record = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            if kind == ValueKind::Object || self.rules.list_records & (1 << record) != 0 {
                self.records.push(OpenJsonRecord {
                    record,
                    depth: self.trail.len(),
                    has_own: named & (1 << record) != 0,
                });
                opened += 1;
            }
        }
        opened
    }

    fn nameless(&self) -> Unreadable {
        ReadFailure::new(UnreadCause::NamelessRecord)
            .at(self.place())
            .into()
    }

    fn children_of(&mut self, active: Bits, is_object: bool) -> ChildRules {
        let known = &mut self.known[usize::from(is_object)];
        if known.0 != active {
            *known = (active, self.rules.children_of(active, is_object));
        }
        known.1
    }

    fn object(&mut self, active: Bits) -> Result<usize, WalkStop> {
        let mut count = 0;
        let mut counted_names = CountedNames::default();
        // Names at the root belong to the interface, and inside a record nothing is counted.
        let counts_names = self.counts_here() && !self.trail.is_empty();
        let checks_fields = !self.rules.fields.is_empty()
            && self
                .records
                .last()
                .is_some_and(|record| record.depth == self.trail.len());
        let is_noted = checks_fields || self.counts_here();
        let children = self.children_of(active, true);
        let skips_plain = !is_noted && children.every == ReachedNode::default();
        loop {
            // Not before the first: what it skips begins with a comma.
            if skips_plain && count > 0 {
                count += self
                    .input
                    .skip_plain_members(|key| self.rules.awaits(&children, key));
            }
            let Some(key) = self.input.key(count == 0)? else {
                break;
            };
            count += 1;
            let ReachedNode {
                below,
                targets: reached,
            } = self.rules.member(&children, &key);
            if below == 0 && reached == 0 && !is_noted {
                // The fast path for most members of a record: no rule waits for them and nothing
                // counts.
                self.input.skip()?;
                continue;
            }
            let is_undescribed = reached == 0 && !self.leads_further(below);
            let is_stray = checks_fields
                && reached == 0
                && !self.rules.fields.iter().any(|field| *field == *key);
            let is_telling = is_undescribed && self.counts_here() && !is_plain_name(&key);
            // Names that inner objects have counted are taken off, or one would hide those of this
            // object.
            let texts_before = self.tally.undescribed - self.names;
            let is_unusual = counts_names && is_undescribed && !is_telling && !is_measure(&key);
            let names = reached & self.rules.masks.names;
            let name = (names != 0).then(|| key.clone());
            self.trail.push(PathStep::Key(key, count));
            if is_stray || is_telling {
                self.add_undescribed();
            }
            if let Some(name) = name {
                self.take_name(names, &name)?;
            }
            self.value(below, reached & !names)?;
            self.trail.pop();
            counted_names.see(
                is_undescribed,
                is_unusual,
                self.tally.undescribed - self.names > texts_before,
            );
        }
        if counts_names {
            for _ in 0..counted_names.undescribed() {
                self.names += 1;
                self.add_undescribed();
            }
        }
        Ok(count)
    }

    fn array(&mut self, active: Bits) -> Result<usize, WalkStop> {
        let mut count = 0;
        let children = self.children_of(active, false);
        while self.input.element(count == 0)? {
            let ReachedNode {
                below,
                targets: reached,
            } = self.rules.element(&children, count);
            self.trail.push(PathStep::Index(count));
            count += 1;
            self.value(below, reached)?;
            self.trail.pop();
        }
        Ok(count)
    }

    /// Reads a text that a path reaches.
    fn leaf(&mut self, reached: Bits, text: &str) -> Result<(), WalkStop> {
        self.compare(reached, text);
        let mut has_own = false;
        let mut has_identifier = false;
        for target in set_bits(reached & self.rules.masks.picks) {
            let NodeTarget::Pick { pick, own_below } = &self.rules.targets[target] else {
                continue;
            };
            let place = || place_of(self.rules, &self.trail);
            if self.found.take(pick, text, place)?.is_some() {
                has_identifier = true;
                has_own |= own_below
                    .iter()
                    .any(|(record, distance)| *distance == 0 && reached & (1 << record) != 0);
                self.give_own(target);
            }
        }
        self.tally.texts += u64::from(has_identifier);
        let is_record = reached & self.rules.masks.records != 0 && self.records.is_empty();
        if std::mem::take(&mut self.closed_by_name) {
            return Ok(());
        }
        if has_own {
            self.tally.records += usize::from(is_record);
        } else if !has_identifier && is_blank(text) {
            self.note_empty(reached);
        } else if is_record {
            return Err(self.nameless().into());
        } else if !has_identifier && reached & self.rules.masks.no_person == 0 && self.counts_here()
        {
            self.add_undescribed();
        }
        Ok(())
    }

    fn number(&mut self, reached: Bits, written: &str) -> Result<(), WalkStop> {
        if let Some(pick) = self.picks(reached).next() {
            // A client may round 2^53 and beyond, or print an exponent: which person it shows is
            // then unknown.
            let whole = whole_number(written).ok_or_else(|| inexact(pick, self.place()))?;
            return self.leaf(reached, &whole);
        }
        self.compare(reached, written);
        if reached & self.rules.masks.records != 0 && is_telling_number(written) {
            return self.leaf(reached, written);
        }
        self.count_number(written);
        Ok(())
    }

    /// Marks the open records at the rule's distance above as having their own identifier.
    fn give_own(&mut self, target: usize) {
        let NodeTarget::Pick { own_below, .. } = &self.rules.targets[target] else {
            return;
        };
        let depth = self.trail.len();
        for open in &mut self.records {
            open.has_own |= own_below.contains(&(open.record, depth - open.depth));
        }
    }

    fn compare(&mut self, reached: Bits, text: &str) {
        for target in set_bits(reached & self.rules.masks.compare) {
            if let NodeTarget::Compare(pick) = &self.rules.targets[target] {
                self.found.compare(pick, text);
            }
        }
    }

    fn note_empty(&mut self, reached: Bits) {
        if reached & self.rules.masks.empty != 0 {
            self.tally.nobody = Some(WhyNobody::DescribedAsEmpty);
        }
    }

    fn picks(&self, reached: Bits) -> impl Iterator<Item = &'a Pick> + use<'a> {
        let rules = self.rules;
        set_bits(reached & rules.masks.picks).filter_map(|target| match &rules.targets[target] {
            NodeTarget::Pick { pick, .. } => Some(pick),
            _ => None,
        })
    }

    /// True when a path continues below this node other than by "anywhere below": `..id` is awaited
    /// everywhere and describes no member.
    fn leads_further(&self, active: Bits) -> bool {
        set_bits(active).any(|bit| !self.rules.steps[bit].is_descendant)
    }

    /// True where a text counts as undescribed.
    fn counts_here(&self) -> bool {
        self.rules.counts_texts && self.records.is_empty() && self.no_person == 0
    }

    /// Reads a value that no path reaches, outside every record.
    fn count(&mut self) -> Result<(), WalkStop> {
        if self.trail.len() == DEPTH_MAX {
            return Err(Unreadable::from(ReadFailure::new(UnreadCause::TooDeep)).into());
        }
        match self.input.begin()? {
            ValueKind::Object => self.object(0).map(|_| ()),
            ValueKind::Array => self.array(0).map(|_| ()),
            ValueKind::Text => {
                if !is_blank(&self.input.text()?) {
                    self.add_undescribed();
                }
                Ok(())
            }
            ValueKind::Number => {
                let number = self.input.number()?;
                self.count_number(number);
                Ok(())
            }
            ValueKind::Null | ValueKind::Word => Ok(()),
        }
    }

    fn count_number(&mut self, written: &str) {
        if is_telling_number(written) && self.counts_here() {
            self.add_undescribed();
        }
    }

    fn add_undescribed(&mut self) {
        self.tally.texts += 1;
        let (rules, trail) = (self.rules, &self.trail);
        self.tally.add_undescribed(1, || place_of(rules, trail));
    }

    fn place(&self) -> UnreadPlace {
        place_of(self.rules, &self.trail)
    }
}

/// Member names of one object that may be persons: `{"durand": 3, "martin": []}` names persons
/// without any text. Where no member is described and none holds a text, all names count except
/// words for measures and permissions.
#[derive(Default)]
struct CountedNames {
    is_described: bool,
    has_text: bool,
    unusual: usize,
}

impl CountedNames {
    fn see(&mut self, is_undescribed: bool, is_unusual: bool, has_text: bool) {
        self.is_described |= !is_undescribed;
        self.has_text |= has_text;
        self.unusual += usize::from(is_unusual);
    }

    fn undescribed(&self) -> usize {
        if self.is_described || self.has_text {
            0
        } else {
            self.unusual
        }
    }
}

/// True for names made of words for counts, positions and times: `totalPages`, `total_pages`.
fn is_measure(key: &str) -> bool {
    let mut rest = key.trim_start_matches(['_', '$', '@']);
    if PERMISSIONS.iter().any(|word| {
        rest.strip_prefix(word)
            .is_some_and(|end| !end.starts_with(char::is_lowercase))
    }) {
        return true;
    }
    while !rest.is_empty() {
        let end = rest[1..]
            .find(|c: char| !c.is_ascii_lowercase())
            .map_or(rest.len(), |end| end + 1);
        let word = rest[..end].trim_matches(['_', '-', '.', ':']);
        if !word.is_empty() && !is_measure_word(word) && !word.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        rest = &rest[end..];
    }
    true
}

fn is_measure_word(word: &str) -> bool {
    let lowered = |measure: &&str| {
        let letters = word.bytes().map(|byte| byte.to_ascii_lowercase());
        measure.bytes().cmp(letters)
    };
    MEASURES.binary_search_by(lowered).is_ok()
}

const PERMISSIONS: [&str; 8] = [
    "allow", "allowed", "can", "enable", "enabled", "has", "is", "should",
];

/// Sorted, for a binary search.
const MEASURES: [&str; 154] = [
    "actif",
    "active",
    "amount",
    "average",
    "avg",
    "batch",
    "bytes",
    "cache",
    "closed",
    "code",
    "compte",
    "count",
    "counts",
    "created",
    "current",
    "cursor",
    "data",
    "date",
    "day",
    "days",
    "debug",
    "debut",
    "deleted",
    "disabled",
    "done",
    "duration",
    "duree",
    "elapsed",
    "elements",
    "enabled",
    "end",
    "entries",
    "erreur",
    "erreurs",
    "error",
    "errors",
    "expires",
    "facets",
    "failed",
    "filter",
    "filtered",
    "filters",
    "fin",
    "first",
    "found",
    "from",
    "height",
    "hits",
    "hour",
    "hours",
    "id",
    "in",
    "index",
    "info",
    "items",
    "last",
    "length",
    "level",
    "limit",
    "link",
    "links",
    "list",
    "liste",
    "lists",
    "matched",
    "max",
    "message",
    "messages",
    "meta",
    "metadata",
    "min",
    "minutes",
    "month",
    "more",
    "ms",
    "nb",
    "new",
    "next",
    "no",
    "nombre",
    "number",
    "of",
    "offset",
    "ok",
    "open",
    "options",
    "order",
    "ordre",
    "page",
    "pager",
    "pages",
    "pagination",
    "paging",
    "parametres",
    "params",
    "pending",
    "per",
    "permissions",
    "position",
    "prev",
    "previous",
    "prochain",
    "progress",
    "query",
    "rank",
    "rate",
    "read",
    "records",
    "remaining",
    "result",
    "resultat",
    "resultats",
    "results",
    "revision",
    "rows",
    "score",
    "seconds",
    "self",
    "size",
    "skip",
    "skipped",
    "sort",
    "sorting",
    "start",
    "stats",
    "status",
    "step",
    "succes",
    "success",
    "successful",
    "suivant",
    "sum",
    "summary",
    "taille",
    "taux",
    "time",
    "timestamp",
    "timing",
    "to",
    "took",
    "total",
    "totals",
    "tri",
    "ttl",
    "type",
    "unread",
    "updated",
    "user",
    "valeur",
    "value",
    "version",
    "warnings",
    "weight",
    "width",
];

/// Counts the digits of the whole part, as those of a fraction belong to a measurement. `6.12e8`
/// has nine.
fn is_telling_number(written: &str) -> bool {
    // Most numbers are too short to tell anything; an exponent makes a few digits a large number.
    if written.len() < TELLING_DIGITS && !written.bytes().any(|byte| matches!(byte, b'e' | b'E')) {
        return false;
    }
    let whole = written.split(['.', 'e', 'E']).next().unwrap_or_default();
    let has_digits = whole.bytes().filter(u8::is_ascii_digit).count() >= TELLING_DIGITS;
    let is_scaled = written.contains(['e', 'E']);
    has_digits
        || (is_scaled
            && written
                .parse::<f64>()
                .is_ok_and(|number| number.abs() >= TELLING_FROM))
}

/// True for a name as programs write it. Any other key may be the name of a person.
pub(crate) fn is_plain_name(key: &str) -> bool {
    let starts_plain =
        key.starts_with(|c: char| c.is_ascii_lowercase() || matches!(c, '_' | '$' | '@'));
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '@' | '.' | '-' | ':');
    starts_plain && key.len() <= 40 && key[1..].chars().all(is_plain) && !key[1..].contains('@')
}

/// The path from the root. A member that the map does not name is given by its number (`.#2`): even
/// a plain name (`durand`) may be that of a person.
fn place_of(rules: &JsonRules, trail: &[PathStep<'_>]) -> UnreadPlace {
    trail
        .iter()
        .fold(UnreadPlace::from("$"), |place, step| match step {
            PathStep::Key(name, _) if rules.names(name) => place.and(".").and_map_word(name),
            PathStep::Key(_, number) => place.and(".#").and_number(*number as u64),
            PathStep::Index(index) => place.and("[").and_number(*index as u64).and("]"),
        })
}

fn syntax_at(before: &[u8]) -> Unreadable {
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before
        .iter()
        .rev()
        .take_while(|byte| **byte != b'\n')
        .count()
        + 1;
    syntax(line, column)
}
