//! Where the records of a document are, and whom each of them names. Which persons may be shown is
//! not known here.
//!
//! Only the outermost records count: what is nested in one leaves with it.

use std::ops::Range;

use digue_types::visible::is_blank;
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use super::children::ReachedNode;
use super::scan::{DEPTH_MAX, ScanFault, Scanner, ValueKind};
use super::walk::{JsonWalk, WalkStart};
use super::{Bits, JsonRules, Unreadable, in_line, syntax, unescaped};
use digue_identifiers::collector::IdentifierSearch;
use digue_identifiers::identifier::Identifier;

/// A record, by places in the text.
#[derive(Debug)]
pub(crate) struct PlacedRecord {
    pub(crate) value: Range<usize>,
    /// The name of the member that it is, with its quotes, unless the map writes this name.
    pub(crate) name: Option<Range<usize>>,
    /// A member above it has a name that the map does not write, and that may be the person's:
    /// without the record, the name would stay.
    pub(crate) is_below_name: bool,
    /// By the rules and by the sweep.
    pub(crate) identifiers: Vec<Identifier>,
}

/// The children of one list or object, some of which are records.
#[derive(Debug, Default)]
pub(crate) struct SiblingRecords {
    /// All children, members with their names.
    pub(crate) children: Vec<Range<usize>>,
    /// Records, by their number among the children.
    pub(crate) records: Vec<(usize, PlacedRecord)>,
}

/// All outermost records of a document.
#[derive(Debug, Default)]
pub(crate) struct PlacedRecords {
    pub(crate) siblings: Vec<SiblingRecords>,
    /// Documents of a line that are one record each; from a line's start to the next one's.
    pub(crate) lines: Vec<(Range<usize>, PlacedRecord)>,
    /// The whole document is one record.
    pub(crate) is_one: bool,
}

impl JsonRules {
    /// The records of one document.
    pub(crate) fn places(
        &self,
        text: &str,
        search: IdentifierSearch<'_>,
    ) -> Result<PlacedRecords, Unreadable> {
        let mut placed = PlacedRecords::default();
        if let Some(_record) = self.add_places(text, 0, search, &mut placed)? {
            placed.is_one = true;
        }
        Ok(placed)
    }

    /// The records of one document a line.
    pub(crate) fn line_places(
        &self,
        text: &str,
        search: IdentifierSearch<'_>,
    ) -> Result<PlacedRecords, Unreadable> {
        let mut placed = PlacedRecords::default();
        let mut at = 0;
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            if !is_blank(line) {
                let record = self
                    .add_places(line, at, search, &mut placed)
                    .map_err(|unreadable| in_line(unreadable, number))?;
                placed
                    .lines
                    .extend(record.map(|record| (at..at + line.len(), record)));
            }
            at += line.len();
        }
        Ok(placed)
    }

    /// Adds the records of a document that begins at `base`; returns it when it is one itself.
    fn add_places(
        &self,
        text: &str,
        base: usize,
        search: IdentifierSearch<'_>,
        placed: &mut PlacedRecords,
    ) -> Result<Option<PlacedRecord>, Unreadable> {
        let mut walk = PlaceWalk {
            rules: self,
            search,
            text,
            base,
            input: Scanner::new(text),
            depth: 0,
            names_above: 0,
            records: placed.lines.len(),
            placed,
        };
        let start = self.whole();
        let read = walk.value(start.active, start.reached, None);
        let ended = read.and_then(|record| walk.input.end().map(|()| record).map_err(Into::into));
        ended.map_err(|stop| match stop {
            PlaceStop::Fault(ScanFault(at)) => syntax(1, at + 1),
            PlaceStop::Unreadable(unreadable) => unreadable,
        })
    }
}

enum PlaceStop {
    Fault(ScanFault),
    Unreadable(Unreadable),
}

impl From<ScanFault> for PlaceStop {
    fn from(fault: ScanFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Unreadable> for PlaceStop {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(unreadable)
    }
}

struct PlaceWalk<'a, 't> {
    rules: &'a JsonRules,
    search: IdentifierSearch<'a>,
    text: &'t str,
    base: usize,
    input: Scanner<'t>,
    depth: usize,
    /// Members above the current node whose names the map does not write.
    names_above: usize,
    records: usize,
    placed: &'a mut PlacedRecords,
}

impl PlaceWalk<'_, '_> {
    /// Walks through a value; returns it when it is a record. `name`: its own, unless the map
    /// writes it.
    fn value(
        &mut self,
        active: Bits,
        reached: Bits,
        name: Option<Range<usize>>,
    ) -> Result<Option<PlacedRecord>, PlaceStop> {
        if active == 0 && reached == 0 {
            self.input.skip()?;
            return Ok(None);
        }
        let start = self.input.place();
        let kind = self.input.begin()?;
        if self.is_record(kind, reached) {
            // Its place takes more memory than it does: as many records as identifiers.
            if self.records == self.search.identifiers_max {
                return Err(Unreadable::too_large().into());
            }
            self.records += 1;
            self.input.skip_rest(kind)?;
            let value = start..self.input.end_place();
            let start = WalkStart { active, reached };
            return Ok(Some(PlacedRecord {
                identifiers: self.identifiers(&self.text[value.clone()], start)?,
                value: self.base + value.start..self.base + value.end,
                name: name.map(|name| self.base + name.start..self.base + name.end),
                is_below_name: self.names_above > 0,
            }));
        }
        if self.depth == DEPTH_MAX {
            return Err(Unreadable::from(ReadFailure::new(UnreadCause::TooDeep)).into());
        }
        self.depth += 1;
        // The name of a container stands above the records in it.
        self.names_above += usize::from(name.is_some());
        match kind {
            ValueKind::Object => self.object(active)?,
            ValueKind::Array => self.array(active)?,
            ValueKind::Text | ValueKind::Number | ValueKind::Word | ValueKind::Null => {
                self.input.skip_rest(kind)?;
            }
        }
        self.names_above -= usize::from(name.is_some());
        self.depth -= 1;
        Ok(None)
    }

    /// As for the inspection: a list is a record where a rule takes its identifier at an index.
    fn is_record(&self, kind: ValueKind, reached: Bits) -> bool {
        let records = reached & self.rules.masks.records;
        match kind {
            ValueKind::Object | ValueKind::Text | ValueKind::Number => records != 0,
            ValueKind::Array => records & self.rules.list_records != 0,
            ValueKind::Word | ValueKind::Null => false,
        }
    }

    fn identifiers(&self, record: &str, start: WalkStart) -> Result<Vec<Identifier>, Unreadable> {
        let mut found = self.search.collector();
        JsonWalk::read(self.rules, record, start, None, &mut found)?;
        if found.has_sweep() {
            // Without escapes: `\u0050` would hide an identifier from a pattern.
            found.sweep(&unescaped(record), UnreadPlace::default)?;
        }
        Ok(found.into_identifiers())
    }

    fn object(&mut self, active: Bits) -> Result<(), PlaceStop> {
        let children = self.rules.children_of(active, true);
        let mut siblings = SiblingRecords::default();
        while let Some((start, key)) = self.input.placed_key(siblings.children.is_empty())? {
            let ReachedNode { below, targets } = self.rules.member(&children, &key);
            let name = (!self.rules.names(&key)).then(|| start..self.name_end(start));
            let record = self.value(below, targets, name)?;
            self.note(&mut siblings, start, record);
        }
        self.keep(siblings);
        Ok(())
    }

    /// The place after a member's name.
    fn name_end(&self, start: usize) -> usize {
        let inside = &self.text[start + 1..];
        start + 1 + super::string_end(inside) + 1
    }

    fn array(&mut self, active: Bits) -> Result<(), PlaceStop> {
        let children = self.rules.children_of(active, false);
        let mut siblings = SiblingRecords::default();
        while self.input.element(siblings.children.is_empty())? {
            let start = self.input.place();
            let ReachedNode { below, targets } =
                self.rules.element(&children, siblings.children.len());
            let record = self.value(below, targets, None)?;
            self.note(&mut siblings, start, record);
        }
        self.keep(siblings);
        Ok(())
    }

    fn note(&self, siblings: &mut SiblingRecords, start: usize, record: Option<PlacedRecord>) {
        let number = siblings.children.len();
        siblings
            .children
            .push(self.base + start..self.base + self.input.end_place());
        siblings
            .records
            .extend(record.map(|record| (number, record)));
    }

    fn keep(&mut self, siblings: SiblingRecords) {
        if !siblings.records.is_empty() {
            self.placed.siblings.push(siblings);
        }
    }
}
