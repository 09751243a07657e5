//! Finds the columns of a table by its header.

use digue_types::visible::visible;
use digue_types::{ReadFailure, UnreadCause};

use super::{ColumnRule, MapColumn, TableRules};
use digue_identifiers::reading::Unreadable;

/// The most bytes in a header, enough for many columns with long names. A workbook can repeat one
/// long text in a whole row at no cost to its own size, and each candidate is compared with every
/// rule.
const HEADER_BYTES_MAX: usize = 256 << 10;

/// The header of a table, or its substitute where columns are given by number.
pub(super) struct Header<'r> {
    /// Rules whose column is present, with its position from 0.
    pub places: Vec<(&'r ColumnRule, usize)>,
    pub compare: Vec<(&'r ColumnRule, usize)>,
    /// Its texts as written, to recognise it when it is repeated.
    texts: Vec<(usize, Box<str>)>,
    /// By position, whether the map describes the column; empty when it allows any.
    is_described: Vec<bool>,
    /// Number of cells, including blank ones.
    pub width: usize,
}

/// What a row is, where a header is expected.
pub(super) enum Located<'r> {
    Header(Header<'r>),
    /// A required column is missing.
    Absent(Unreadable),
    /// A column occurs twice.
    Twice(Unreadable),
}

impl<'r> Header<'r> {
    /// Tries a row of these texts, `width` cells wide, as the header.
    pub(super) fn locate(
        rules: &'r TableRules,
        texts: &[(usize, &str)],
        width: usize,
    ) -> Located<'r> {
        let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
        if bytes > HEADER_BYTES_MAX {
            return Located::Absent(Self::first_own(rules));
        }
        let names: Vec<(usize, String)> = texts
            .iter()
            .map(|(place, text)| (*place, folded(text)))
            .collect();
        if rules.shows_nobody() {
            return Self::locate_fields(rules, texts, &names, width);
        }
        let mut places = Vec::new();
        let mut fault = None;
        for rule in &rules.columns {
            match place_of(rule, &names) {
                Ok(Some(place)) => places.push((rule, place)),
                Ok(None) if rule.is_optional => {}
                Ok(None) => return Located::Absent(column_fault(rule)),
                // Kept until all columns are found: a row that lacks one is not a header, and may
                // repeat any word.
                Err(twice) => fault = fault.or(Some(twice)),
            }
        }
        if let Some(fault) = fault {
            return Located::Twice(fault);
        }
        if !places.iter().any(|(rule, _)| rule.is_own) {
            return Located::Absent(Self::first_own(rules));
        }
        let mut compare = Vec::new();
        for rule in &rules.compare {
            match place_of(rule, &names) {
                Ok(Some(place)) => compare.push((rule, place)),
                // Not an error: an exact search without a value to compare is judged not exact
                // later.
                Ok(None) => {}
                Err(twice) => return Located::Twice(twice),
            }
        }
        let mut header = Self {
            places,
            compare,
            texts: texts
                .iter()
                .map(|(place, text)| (*place, (*text).into()))
                .collect(),
            is_described: Vec::new(),
            width,
        };
        header.describe(rules, &names);
        Located::Header(header)
    }

    /// The header of a table that shows nobody: every text of it is a column that the map names.
    fn locate_fields(
        rules: &'r TableRules,
        texts: &[(usize, &str)],
        names: &[(usize, String)],
        width: usize,
    ) -> Located<'r> {
        let fields: Vec<String> = rules.fields.iter().map(|field| folded(field)).collect();
        if names.is_empty() || !names.iter().all(|(_, name)| fields.contains(name)) {
            return Located::Absent(Self::first_own(rules));
        }
        let mut header = Self {
            places: Vec::new(),
            compare: Vec::new(),
            texts: texts
                .iter()
                .map(|(place, text)| (*place, (*text).into()))
                .collect(),
            is_described: Vec::new(),
            width,
        };
        header.describe(rules, names);
        Located::Header(header)
    }

    /// The fault of a missing identifier column.
    fn first_own(rules: &TableRules) -> Unreadable {
        let own = rules
            .columns
            .iter()
            .find(|rule| rule.is_own)
            .or(rules.columns.first());
        own.map_or_else(
            || ReadFailure::new(UnreadCause::Column).into(),
            column_fault,
        )
    }

    fn describe(&mut self, rules: &TableRules, names: &[(usize, String)]) {
        if rules.fields.is_empty() {
            return;
        }
        let fields: Vec<String> = rules.fields.iter().map(|field| folded(field)).collect();
        let by_rule = self.places.iter().chain(&self.compare);
        let by_field = names.iter().filter(|(_, name)| fields.contains(name));
        let places: Vec<usize> = by_rule
            .map(|(_, place)| *place)
            .chain(by_field.map(|(place, _)| *place))
            .collect();
        self.is_described = vec![false; places.iter().max().map_or(0, |last| last + 1)];
        for place in places {
            self.is_described[place] = true;
        }
    }

    /// True when the map describes only some columns, so that texts in others count.
    pub(super) fn counts_fields(&self) -> bool {
        !self.is_described.is_empty()
    }

    pub(super) fn describes(&self, place: usize) -> bool {
        self.is_described.get(place).copied().unwrap_or(false)
    }

    /// For a first row that is a record and not a header: only its width counts.
    pub(super) fn without_texts(self) -> Self {
        Self {
            texts: Vec::new(),
            ..self
        }
    }

    /// True when a row repeats the header, as in tables printed page by page.
    pub(super) fn is_repeated_by<'c>(
        &self,
        mut texts: impl Iterator<Item = (usize, &'c str)>,
    ) -> bool {
        let same = |known: &(usize, Box<str>)| {
            texts
                .next()
                .is_some_and(|(place, text)| place == known.0 && *text == *known.1)
        };
        !self.texts.is_empty() && self.texts.iter().all(same) && texts.next().is_none()
    }
}

/// The position of a rule's column; an error when two columns have its names.
fn place_of(rule: &ColumnRule, names: &[(usize, String)]) -> Result<Option<usize>, Unreadable> {
    let mut places = names.iter().filter(|(_, name)| bears(rule, name));
    match (places.next(), places.next()) {
        (Some((place, _)), None) => Ok(Some(*place)),
        (Some(_), Some(_)) => Err(column_fault(rule)),
        (None, _) => Ok(numbered_place(rule)),
    }
}

fn bears(rule: &ColumnRule, name: &str) -> bool {
    let is_name =
        |column: &MapColumn| matches!(column, MapColumn::Named(own) if folded(own) == name);
    rule.columns.iter().any(is_name)
}

fn numbered_place(rule: &ColumnRule) -> Option<usize> {
    rule.columns.iter().find_map(|column| match column {
        MapColumn::Number(number) => number.checked_sub(1),
        MapColumn::Named(_) => None,
    })
}

fn column_fault(rule: &ColumnRule) -> Unreadable {
    let names = rule.columns.iter().map(|column| match column {
        MapColumn::Named(name) => name.clone(),
        MapColumn::Number(number) => format!("#{number}"),
    });
    ReadFailure::new(UnreadCause::Column)
        .by_rule(&names.collect::<Vec<_>>().join(" | "))
        .into()
}

/// A header reduced for comparison: without invisible characters, surrounding quotes and white
/// space, and case.
fn folded(text: &str) -> String {
    let visible = visible(text);
    let plain = visible
        .trim()
        .trim_start_matches('=')
        .trim_matches(|c| matches!(c, '"' | '\''));
    plain
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}
