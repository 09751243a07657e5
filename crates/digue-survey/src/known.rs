//! The persons that the operator knows: identifiers of one or several kinds, and names.
//!
//! They are the seeds of learning. A value is known in whatever letter case and with whatever
//! separators the portal writes it; how it was written decides the steps of its kind in the map.

use std::collections::{HashMap, HashSet};

use digue_identifiers::{GlobalType, Normalise, relay_id};
use digue_types::visible::visible;
use digue_types::written::folded;
use regex::Regex;
use smol_str::SmolStr;

use crate::names::NameIndex;
use crate::shape::{NIR_SPACED, Telling, ValueShape};

/// Letters and digits from which a value is also known without its separators.
const COMPACT_FROM: usize = 7;

/// The longest identifier, in bytes.
const VALUE_BYTES_MAX: usize = digue_types::person::PERSON_REF_BYTES_MAX;

/// A table of persons as it was read: one row for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonsTable {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// The columns to use, by name. An empty list leaves the choice to the names and values of the
/// columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnChoice {
    pub identifiers: Vec<String>,
    pub names: Vec<String>,
}

/// What a column of the table was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonsColumn {
    Primary,
    Identifier,
    /// Addresses of mail, which agents and services have, too: they identify where most of those
    /// that stand at a place are known.
    Mailbox,
    Name,
    Unused,
}

/// Why a table of persons cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonsTableFault {
    #[error("there is no column {0}")]
    UnknownColumn(String),
    #[error("no column has an identifier of its own for each row")]
    NoIdentifier,
    #[error("there is no row below the header")]
    Empty,
}

/// One kind of known identifiers.
#[derive(Clone, Debug)]
pub struct KnownKind {
    /// As the map names it.
    pub name: String,
    pub shape: ValueShape,
    regex: Regex,
    /// By person; empty where the person has none.
    values: Vec<String>,
    /// Made from what was seen beside another kind, and not by the operator.
    pub is_seen: bool,
}

/// The persons that are known.
#[derive(Clone, Debug, Default)]
pub struct KnownPersons {
    kinds: Vec<KnownKind>,
    index: HashMap<SmolStr, KnownValue>,
    pub(crate) names: NameIndex,
    count: usize,
    is_given: bool,
}

/// A value of the list, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct KnownValue {
    pub(crate) kind: u16,
    pub(crate) person: u32,
}

/// How a text differs from the value that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Spelling {
    pub(crate) other_case: bool,
    pub(crate) other_separators: bool,
    /// In base 64 behind the name of this type.
    pub(crate) relay: Option<GlobalType>,
}

impl KnownPersons {
    /// Reads the persons of a table.
    ///
    /// # Errors
    /// [`PersonsTableFault`]
    pub fn from_table(
        table: &PersonsTable,
        choice: &ColumnChoice,
    ) -> Result<(Self, Vec<PersonsColumn>), PersonsTableFault> {
        if table.rows.is_empty() {
            return Err(PersonsTableFault::Empty);
        }
        let columns = column_uses(table, choice)?;
        let mut known = Self {
            is_given: true,
            ..Self::default()
        };
        let cell = |row: &Vec<String>, column: usize| {
            row.get(column)
                .map(|cell| cell.trim().to_owned())
                .unwrap_or_default()
        };
        for (column, _) in columns
            .iter()
            .enumerate()
            .filter(|(_, used)| **used == PersonsColumn::Primary)
        {
            known.add_kind(
                &table.header[column],
                table.rows.iter().map(|row| cell(row, column)).collect(),
            );
        }
        for (column, _) in columns
            .iter()
            .enumerate()
            .filter(|(_, used)| **used == PersonsColumn::Identifier)
        {
            known.add_kind(
                &table.header[column],
                table.rows.iter().map(|row| cell(row, column)).collect(),
            );
        }
        if known.kinds.is_empty() {
            return Err(PersonsTableFault::NoIdentifier);
        }
        for (column, _) in columns
            .iter()
            .enumerate()
            .filter(|(_, used)| **used == PersonsColumn::Mailbox)
        {
            let kinds = known.kinds.len();
            known.add_kind(
                &table.header[column],
                table.rows.iter().map(|row| cell(row, column)).collect(),
            );
            for kind in &mut known.kinds[kinds..] {
                kind.shape.telling = kind.shape.telling.min(Telling::Rare);
            }
        }
        for (person, row) in table.rows.iter().enumerate() {
            let names: Vec<String> = (0..columns.len())
                .filter(|column| columns[*column] == PersonsColumn::Name)
                .map(|column| cell(row, column))
                .collect();
            let parts: Vec<&str> = names
                .iter()
                .map(String::as_str)
                .filter(|part| !part.is_empty())
                .collect();
            known.names.add(person as u32, &parts);
        }
        Ok((known, columns))
    }

    /// Adds the names of persons whose identifiers are not known: of the columns that are called
    /// names, of all without one.
    pub fn add_names(&mut self, table: &PersonsTable) {
        let columns = name_columns(table);
        for row in &table.rows {
            let parts: Vec<&str> = columns
                .iter()
                .filter_map(|column| row.get(*column))
                .map(|cell| cell.trim())
                .collect();
            self.names.add(self.count as u32, &parts);
            self.count += 1;
        }
    }

    /// Persons that were not given by the operator but inferred from traffic.
    pub(crate) fn inferred(name: &str, values: Vec<String>) -> Self {
        let mut known = Self::default();
        known.add_kind(name, values);
        known
    }

    /// Adds a kind: `values` by person, blank where a person has none.
    pub(crate) fn add_kind(&mut self, header: &str, values: Vec<String>) {
        let Some(shape) = ValueShape::of(values.iter().map(String::as_str)) else {
            return;
        };
        self.count = self.count.max(values.len());
        self.index_kind(self.kinds.len() as u16, &values);
        let name = self.kind_name(header);
        let regex = shape.regex();
        self.kinds.push(KnownKind {
            name,
            shape,
            regex,
            values,
            is_seen: false,
        });
    }

    fn index_kind(&mut self, kind: u16, values: &[String]) {
        for (person, value) in values.iter().enumerate() {
            let known = KnownValue {
                kind,
                person: person as u32,
            };
            for key in keys(value) {
                // Two kinds may share a value, as a number and a key do: the first kind has it.
                self.index.entry(key).or_insert(known);
            }
        }
    }

    /// For each given kind after the first, its values with those of the first.
    pub fn given_pairs(&self) -> Vec<(&str, Vec<(String, String)>)> {
        let given = self.kinds.iter().skip(1).filter(|kind| !kind.is_seen);
        given
            .map(|kind| (kind.name.as_str(), self.pairs(&kind.values)))
            .collect()
    }

    /// Adds a kind that was seen beside the first, unless its shape is that of any word or number:
    /// with such a kind the inspection could tell no title of a table from a person. Returns its
    /// name.
    pub(crate) fn add_seen_kind(&mut self, header: &str, values: &[String]) -> String {
        let name = self.kind_name(header);
        let is_ordinary = ValueShape::of(values.iter().map(String::as_str))
            .is_none_or(|shape| shape.is_ordinary());
        if !is_ordinary {
            self.add_kind(header, values.to_vec());
            if let Some(kind) = self.kinds.last_mut() {
                kind.is_seen = true;
            }
        }
        name
    }

    /// A name for a kind that no other has.
    fn kind_name(&self, header: &str) -> String {
        let plain: String = folded(header)
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        let mut name = plain.trim_matches('_').to_owned();
        if name.is_empty() {
            name = "id".to_owned();
        }
        while self.kinds.iter().any(|kind| kind.name == name) {
            name.push('2');
        }
        name
    }

    /// Number of persons.
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    pub fn kinds(&self) -> &[KnownKind] {
        &self.kinds
    }

    /// False when the identifiers were inferred from the traffic itself.
    pub const fn is_given(&self) -> bool {
        self.is_given
    }

    /// True when there are names to look for.
    pub fn has_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// Whose identifier the whole of `text` is.
    pub(crate) fn value(&self, text: &str) -> Option<(KnownValue, Spelling)> {
        let text = text.trim();
        if text.is_empty() || text.len() > VALUE_BYTES_MAX + 32 {
            return None;
        }
        if let Some((known, of)) = self.in_global_identifier(text) {
            let spelling = Spelling {
                relay: Some(of),
                ..Spelling::default()
            };
            return Some((known, spelling));
        }
        let key = folded_key(text);
        let mut spelling = Spelling::default();
        let known = match self.index.get(&key) {
            Some(known) => *known,
            None => {
                let compact = compact_key(&key)?;
                spelling.other_separators = true;
                *self.index.get(&compact)?
            }
        };
        let value = &self.kinds[usize::from(known.kind)].values[known.person as usize];
        spelling.other_case = !spelling.other_separators && value != text
            || spelling.other_separators
                && text.chars().any(char::is_lowercase) != value.chars().any(char::is_lowercase);
        Some((known, spelling))
    }

    /// Whose identifier stands in a global one: `Type:id` in base 64.
    fn in_global_identifier(&self, text: &str) -> Option<(KnownValue, GlobalType)> {
        let (of, own) = relay_id(text)?;
        let known = self.index.get(&folded_key(&own))?;
        let value = &self.kinds[usize::from(known.kind)].values[known.person as usize];
        (*value == own).then_some((*known, of))
    }

    /// The number of the person whose identifier the whole of `text` is.
    pub fn person(&self, text: &str) -> Option<u32> {
        self.value(text).map(|(value, _)| value.person)
    }

    /// The first kind that `text` could be an identifier of, by its shape.
    pub(crate) fn fitting(&self, text: &str) -> Option<u16> {
        let text = text.trim();
        self.kinds
            .iter()
            .position(|kind| kind.fits(text))
            .map(|place| place as u16)
    }

    /// Folds what the portal writes otherwise than the list does.
    pub(crate) fn fold(&mut self, kind: u16, spelling: Spelling) {
        self.kinds[usize::from(kind)].fold(spelling);
    }

    /// Takes the shape of a kind for one that nothing else has.
    pub(crate) fn tell_alone(&mut self, kind: u16) {
        let kind = &mut self.kinds[usize::from(kind)];
        kind.shape = kind.shape.as_sole();
    }

    /// The identifier of the first kind, blank for a person who has none.
    pub fn primary(&self, person: u32) -> &str {
        let values = self.kinds.first().map(|kind| &kind.values);
        values
            .and_then(|values| values.get(person as usize))
            .map_or("", String::as_str)
    }

    pub fn kind(&self, kind: u16) -> &KnownKind {
        &self.kinds[usize::from(kind)]
    }

    /// Identifiers of the first kind with those of another, given by person.
    pub(crate) fn pairs(&self, others: &[String]) -> Vec<(String, String)> {
        let Some(primary) = self.kinds.first() else {
            return Vec::new();
        };
        let both = primary.values.iter().zip(others);
        both.filter(|(own, other)| !own.is_empty() && !other.is_empty())
            .map(|(own, other)| (own.clone(), other.clone()))
            .collect()
    }
}

impl KnownKind {
    pub(crate) fn fits(&self, text: &str) -> bool {
        !text.is_empty() && text.len() <= VALUE_BYTES_MAX && self.regex.is_match(text)
    }

    /// Number of values.
    pub fn count(&self) -> usize {
        self.values.iter().filter(|value| !value.is_empty()).count()
    }

    pub fn telling(&self) -> Telling {
        self.shape.telling
    }

    /// Folds what the portal writes in several ways: letter case, separators.
    fn fold(&mut self, spelling: Spelling) {
        // Whatever else is folded: it is undone first.
        if let Some(step) = spelling.relay.map(Normalise::Relay)
            && !self.shape.steps.contains(&step)
        {
            self.shape.steps.insert(0, step);
        }
        let spelling = Spelling {
            relay: None,
            ..spelling
        };
        let mut steps = self.shape.steps.clone();
        // A known form (UUID, mailbox, NIR) has the step that folds it, and a fold is made once.
        let is_folded = steps
            .iter()
            .any(|step| !matches!(step, Normalise::Relay(_)));
        if is_folded || spelling == Spelling::default() {
            return;
        }
        if spelling.other_separators {
            steps.push(Normalise::Compact);
        }
        let has_letters = |value: &String| value.chars().any(char::is_alphabetic);
        if spelling.other_case && self.values.iter().any(has_letters) {
            let has_upper = self.values.iter().any(|value| has_upper(value));
            steps.push(match has_upper {
                true => Normalise::Upper,
                false => Normalise::Lower,
            });
        }
        if let Some(shape) = ValueShape::with_steps(&self.values, &steps) {
            self.regex = shape.regex();
            self.shape = shape;
        }
    }

    /// The pattern of its values as the portal writes them, before any step.
    pub fn written(&self) -> String {
        let steps = &self.shape.steps;
        let has = |wanted: Normalise| steps.contains(&wanted);
        let own = if has(Normalise::Nir) {
            NIR_SPACED.to_owned()
        } else if has(Normalise::Compact) {
            self.written_apart()
        } else if has(Normalise::Upper) || has(Normalise::Lower) {
            format!("(?i:{})", self.shape.pattern)
        } else {
            self.shape.pattern.clone()
        };
        let global = steps.iter().filter_map(|step| match step {
            Normalise::Relay(of) => Some(of.pattern()),
            _ => None,
        });
        let global: Vec<String> = global.collect();
        match global.is_empty() {
            true => own,
            false => format!("(?:{own}|{})", global.join("|")),
        }
    }

    /// With a separator between any two signs.
    fn written_apart(&self) -> String {
        let plain = |value: &String| value.chars().filter(|c| c.is_alphanumeric()).count();
        let lengths = self.values.iter().map(plain);
        let lengths: Vec<usize> = lengths.filter(|length| *length > 0).collect();
        let (least, most) = (lengths.iter().min().copied(), lengths.iter().max().copied());
        let (least, most) = (least.unwrap_or(1).max(2) - 1, most.unwrap_or(1).max(2));
        format!("[0-9A-Za-z](?:[ ._-]?[0-9A-Za-z]){{{least},{most}}}")
    }
}

fn folded_key(text: &str) -> SmolStr {
    if text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_lowercase())
    {
        return SmolStr::new(text);
    }
    visible(text)
        .trim()
        .chars()
        .flat_map(char::to_uppercase)
        .collect()
}

fn has_upper(text: &str) -> bool {
    text.chars().any(char::is_uppercase)
}

/// The key without separators, when that leaves enough to tell.
fn compact_key(key: &SmolStr) -> Option<SmolStr> {
    let is_separator = |c: char| c.is_whitespace() || ".-_/".contains(c);
    if !key.chars().any(is_separator) {
        return None;
    }
    let compact: SmolStr = key.chars().filter(|c| !is_separator(*c)).collect();
    (compact.chars().count() >= COMPACT_FROM).then_some(compact)
}

/// The keys under which a value is found.
fn keys(value: &str) -> impl Iterator<Item = SmolStr> {
    let key = folded_key(value.trim());
    let compact = compact_key(&key);
    [
        Some(key).filter(|key| !key.is_empty() && key.len() <= VALUE_BYTES_MAX),
        compact,
    ]
    .into_iter()
    .flatten()
}

/// Words of column names, folded, that are parts of a person's name.
const NAME_WORDS: [&str; 18] = [
    "nom",
    "prenom",
    "prenoms",
    "name",
    "firstname",
    "lastname",
    "first",
    "last",
    "surname",
    "givenname",
    "given",
    "family",
    "familyname",
    "fullname",
    "forename",
    "patronyme",
    "usage",
    "naissance",
];

/// Words of column names that identify.
const IDENTIFIER_WORDS: [&str; 22] = [
    "id",
    "ids",
    "uuid",
    "guid",
    "numero",
    "num",
    "no",
    "n",
    "number",
    "ref",
    "reference",
    "code",
    "matricule",
    "nir",
    "ine",
    "pk",
    "key",
    "identifiant",
    "identifier",
    "mrn",
    "username",
    "login",
];

/// The columns of a list of names that are called names; all without one.
pub(crate) fn name_columns(table: &PersonsTable) -> Vec<usize> {
    let cells = |column: usize| table.rows.iter().filter_map(move |row| row.get(column));
    let is_name =
        |column: &usize| guess(&table.header[*column], cells(*column)) == PersonsColumn::Name;
    let columns: Vec<usize> = (0..table.header.len()).filter(is_name).collect();
    if columns.is_empty() {
        (0..table.header.len()).collect()
    } else {
        columns
    }
}

pub(crate) fn column_uses(
    table: &PersonsTable,
    choice: &ColumnChoice,
) -> Result<Vec<PersonsColumn>, PersonsTableFault> {
    let place = |wanted: &String| {
        let same = |name: &String| folded(name) == folded(wanted);
        let found = table.header.iter().position(same);
        found.ok_or_else(|| PersonsTableFault::UnknownColumn(wanted.clone()))
    };
    let identifiers = choice
        .identifiers
        .iter()
        .map(place)
        .collect::<Result<Vec<_>, _>>()?;
    let names = choice
        .names
        .iter()
        .map(place)
        .collect::<Result<Vec<_>, _>>()?;
    let mut uses = vec![PersonsColumn::Unused; table.header.len()];
    for (column, header) in table.header.iter().enumerate() {
        let guessed = guess(header, table.rows.iter().filter_map(|row| row.get(column)));
        uses[column] = match guessed {
            PersonsColumn::Name if names.is_empty() => PersonsColumn::Name,
            PersonsColumn::Identifier if identifiers.is_empty() => PersonsColumn::Identifier,
            PersonsColumn::Mailbox if identifiers.is_empty() => PersonsColumn::Mailbox,
            _ => PersonsColumn::Unused,
        };
    }
    for column in names {
        uses[column] = PersonsColumn::Name;
    }
    for column in &identifiers {
        uses[*column] = PersonsColumn::Identifier;
    }
    let first = identifiers.first().copied();
    let primary = first.or_else(|| {
        uses.iter()
            .position(|used| *used == PersonsColumn::Identifier)
    });
    uses[primary.ok_or(PersonsTableFault::NoIdentifier)?] = PersonsColumn::Primary;
    Ok(uses)
}

/// What a column is, by its name and its values.
fn guess<'r>(header: &str, values: impl Iterator<Item = &'r String>) -> PersonsColumn {
    let words = words_of(header);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let values: Vec<&str> = values
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
        .collect();
    let distinct: HashSet<&str> = values.iter().copied().collect();
    let is_distinct = distinct.len() * 10 >= values.len() * 9 && !values.is_empty();
    let has_digits = values
        .iter()
        .filter(|value| value.bytes().any(|byte| byte.is_ascii_digit()))
        .count();
    if has(&NAME_WORDS) && has_digits * 10 < values.len().max(1) {
        return PersonsColumn::Name;
    }
    let is_compact = values
        .iter()
        .all(|value| value.len() <= VALUE_BYTES_MAX && !value.contains(' '));
    let is_mail = values.iter().all(|value| value.contains('@'));
    if is_mail && is_distinct && is_compact {
        return PersonsColumn::Mailbox;
    }
    if has(&IDENTIFIER_WORDS) && is_distinct && is_compact && !is_mail {
        return PersonsColumn::Identifier;
    }
    PersonsColumn::Unused
}

/// The words of a name as programs and people write it: `student_id`, `studentId`, `N° élève`.
pub(crate) fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = c.is_lowercase();
        if c.is_alphanumeric() {
            words.last_mut().expect("never empty").push(c);
        }
    }
    words
        .into_iter()
        .filter(|word| !word.is_empty())
        .map(|word| folded(&word))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(header: &[&str], rows: &[&[&str]]) -> PersonsTable {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        PersonsTable {
            header: owned(header),
            rows: rows.iter().map(|row| owned(row)).collect(),
        }
    }

    fn students() -> PersonsTable {
        table(
            &[
                "student_id",
                "uuid",
                "Nom",
                "Prénom",
                "Date de naissance",
                "ville",
            ],
            &[
                &[
                    "P0001",
                    "0b7f9d6e-3f0e-4f6e-9d4c-0a1b2c3d4e5f",
                    "DUPONT",
                    "Marie",
                    "2001-01-02",
                    "Évreux",
                ],
                &[
                    "P0002",
                    "1b7f9d6e-3f0e-4f6e-9d4c-0a1b2c3d4e5f",
                    "PETIT",
                    "Jean",
                    "2001-01-03",
                    "Évreux",
                ],
            ],
        )
    }

    #[test]
    fn columns_are_taken_for_what_their_names_and_values_say() {
        let (known, columns) =
            KnownPersons::from_table(&students(), &ColumnChoice::default()).unwrap();
        use PersonsColumn::{Identifier, Name, Primary, Unused};
        assert_eq!(columns, [Primary, Identifier, Name, Name, Unused, Unused]);
        let names: Vec<&str> = known.kinds.iter().map(|kind| kind.name.as_str()).collect();
        assert_eq!(names, ["student_id", "uuid"]);
        assert!(known.has_names());
        assert_eq!(known.len(), 2);
    }

    #[test]
    fn the_operators_choice_decides() {
        let choice = ColumnChoice {
            identifiers: vec!["UUID".into()],
            names: vec!["nom".into()],
        };
        let (known, columns) = KnownPersons::from_table(&students(), &choice).unwrap();
        assert_eq!(columns[1], PersonsColumn::Primary);
        assert_eq!(
            (columns[0], columns[3]),
            (PersonsColumn::Unused, PersonsColumn::Unused)
        );
        assert_eq!(known.kinds.len(), 1);
        let choice = ColumnChoice {
            identifiers: vec!["nir".into()],
            names: vec![],
        };
        let fault = KnownPersons::from_table(&students(), &choice).map(|_| ());
        assert_eq!(fault, Err(PersonsTableFault::UnknownColumn("nir".into())));
    }

    #[test]
    fn a_table_without_identifiers_or_rows_is_refused() {
        let none =
            KnownPersons::from_table(&table(&["ville"], &[&["Évreux"]]), &ColumnChoice::default());
        assert_eq!(none.map(|_| ()), Err(PersonsTableFault::NoIdentifier));
        let empty = KnownPersons::from_table(&table(&["id"], &[]), &ColumnChoice::default());
        assert_eq!(empty.map(|_| ()), Err(PersonsTableFault::Empty));
    }

    #[test]
    fn a_value_is_known_however_it_is_written() {
        let rows: Vec<Vec<&str>> = vec![vec!["AB-123-45"], vec!["CD-999-01"], vec!["12"]];
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let (known, _) =
            KnownPersons::from_table(&table(&["id"], &rows), &ColumnChoice::default()).unwrap();
        let person = |text: &str| {
            known
                .value(text)
                .map(|(value, spelling)| (value.person, spelling))
        };
        let same = Spelling::default();
        assert_eq!(person(" AB-123-45 "), Some((0, same)));
        assert_eq!(
            person("ab-123-45"),
            Some((
                0,
                Spelling {
                    other_case: true,
                    ..same
                }
            ))
        );
        assert_eq!(
            person("CD 999 01"),
            Some((
                1,
                Spelling {
                    other_separators: true,
                    ..same
                }
            ))
        );
        assert_eq!(person("12"), Some((2, same)));
        assert_eq!(person("1-2"), None);
        assert_eq!(person(""), None);
    }

    #[test]
    fn names_without_identifiers_are_known_too() {
        let mut known = KnownPersons::from_table(&students(), &ColumnChoice::default())
            .unwrap()
            .0;
        known.add_names(&table(
            &["Nom", "Prénom", "ville"],
            &[&["ROUX", "Léa", "Pau"]],
        ));
        known.add_names(&table(&["personne"], &[&["Albert Camus"]]));
        assert_eq!(known.len(), 4);
        let found = |text: &str| {
            let mut scan = crate::names::NameScan::new(&known.names);
            scan.read(text);
            scan.found
                .iter()
                .map(|found| found.person)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (found("Léa Roux"), found("Roux Pau"), found("Camus, Albert")),
            (vec![2], vec![], vec![3])
        );
    }

    #[test]
    fn names_of_columns_are_split_into_words() {
        assert_eq!(words_of("studentId"), ["student", "id"]);
        assert_eq!(words_of("N° d'élève"), ["n", "d", "eleve"]);
        assert_eq!(words_of("PATIENT_ID"), ["patient", "id"]);
    }
}
