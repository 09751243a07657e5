//! The cells of a list: what they show, how they sort, and what stands in the file.

use digue_types::Timestamp;
use digue_types::written::folded;
use jiff::civil::Date;

use crate::view::{Localizer, ShownCount};

/// The tone of a word; the word itself says the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChipTone {
    Good,
    /// Something to look at.
    Watch,
    Bad,
    Plain,
}

impl ChipTone {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "chip good",
            Self::Watch => "chip watch",
            Self::Bad => "chip bad",
            Self::Plain => "chip",
        }
    }
}

/// How a cell compares.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum SortKey {
    Number(i64),
    Text(String),
    Nothing,
}

/// A text as people put it in order: `ME-2` before `ME-10`. The length of each number stands before
/// its digits, so that a comparison sign by sign compares numbers.
fn natural(text: &str) -> String {
    let text = folded(text);
    let mut key = String::with_capacity(text.len() + 4);
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|sign: char| sign.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from
            .find(|sign: char| !sign.is_ascii_digit())
            .unwrap_or(from.len());
        let digits = from[..end].trim_start_matches('0');
        key.push_str(before);
        // After `9`, `:` and what follows it: the order of lengths holds for numbers of any length
        // that a list has.
        let length = u32::try_from(digits.len()).unwrap_or(u32::MAX).min(64);
        key.extend(char::from_u32(u32::from('0') + length));
        key.push_str(digits);
        rest = &from[end..];
    }
    key.push_str(rest);
    key
}

impl SortKey {
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }
}

/// One piece of a cell, on a line of its own.
pub enum CellPart {
    Text(String),
    Quiet(String),
    Link { place: String, text: String },
    Chip { text: String, tone: ChipTone },
    Code(String),
    Form(RowForm),
}

/// A form within a row.
pub struct RowForm {
    pub target: String,
    /// The word that unfolds it; empty for a form that is always there.
    pub fold: String,
    pub explain: String,
    pub hidden: Vec<(&'static str, String)>,
    pub fields: Vec<RowField>,
    pub buttons: Vec<RowButton>,
}

impl RowForm {
    /// A form that is always there and sends nothing yet.
    pub fn to(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            fold: String::new(),
            explain: String::new(),
            hidden: Vec::new(),
            fields: Vec::new(),
            buttons: Vec::new(),
        }
    }

    pub fn folded(self, fold: String) -> Self {
        Self { fold, ..self }
    }

    pub fn explained(self, explain: String) -> Self {
        Self { explain, ..self }
    }

    pub fn hidden(mut self, name: &'static str, value: impl ToString) -> Self {
        self.hidden.push((name, value.to_string()));
        self
    }

    pub fn field(mut self, field: RowField) -> Self {
        self.fields.push(field);
        self
    }

    pub fn button(mut self, button: RowButton) -> Self {
        self.buttons.push(button);
        self
    }
}

pub struct RowField {
    pub name: &'static str,
    pub label: String,
    /// `text` or `datetime-local`.
    pub kind: &'static str,
    pub value: String,
    pub min: usize,
    pub max: usize,
    pub is_required: bool,
    /// Given by the list: unique on the page.
    pub id: String,
}

impl RowField {
    pub fn text(name: &'static str, label: String, min: usize, max: usize) -> Self {
        let (kind, value, id) = ("text", String::new(), String::new());
        Self {
            name,
            label,
            kind,
            value,
            min,
            max,
            is_required: min > 0,
            id,
        }
    }

    pub fn reason(w: &Localizer) -> Self {
        Self::text("reason", w.say("column-reason"), 5, 500)
    }

    pub fn moment(name: &'static str, label: String, value: String) -> Self {
        Self {
            kind: "datetime-local",
            value,
            is_required: true,
            ..Self::text(name, label, 0, 0)
        }
    }
}

pub struct RowButton {
    /// Empty: it sends nothing of its own.
    pub name: &'static str,
    pub value: String,
    pub label: String,
    /// `main`, `danger`, `plain`, or empty.
    pub style: &'static str,
    /// Read aloud instead of the label where that is the same in each row; may be empty.
    pub aloud: String,
}

impl RowButton {
    pub fn new(label: String, style: &'static str) -> Self {
        Self {
            name: "",
            value: String::new(),
            label,
            style,
            aloud: String::new(),
        }
    }

    pub fn sending(name: &'static str, value: &str, label: String, style: &'static str) -> Self {
        Self {
            name,
            value: value.to_owned(),
            ..Self::new(label, style)
        }
    }

    pub fn aloud(self, aloud: String) -> Self {
        Self { aloud, ..self }
    }
}

pub struct ListCell {
    parts: Vec<CellPart>,
    sort: SortKey,
    /// In the file, and what the list is filtered by.
    filed: String,
}

/// Parts one below the other; it sorts as an empty cell.
impl FromIterator<CellPart> for ListCell {
    fn from_iter<T: IntoIterator<Item = CellPart>>(parts: T) -> Self {
        parts.into_iter().fold(Self::empty(), Self::and)
    }
}

impl ListCell {
    fn new(part: CellPart, text: &str) -> Self {
        let sort = if text.is_empty() {
            SortKey::Nothing
        } else {
            SortKey::Text(natural(text))
        };
        Self {
            parts: vec![part],
            sort,
            filed: text.to_owned(),
        }
    }

    pub fn empty() -> Self {
        Self {
            parts: Vec::new(),
            sort: SortKey::Nothing,
            filed: String::new(),
        }
    }

    pub fn text(text: impl ToString) -> Self {
        let text = text.to_string();
        Self::new(CellPart::Text(text.clone()), &text)
    }

    pub fn link(place: String, text: impl ToString) -> Self {
        let text = text.to_string();
        Self::new(
            CellPart::Link {
                place,
                text: text.clone(),
            },
            &text,
        )
    }

    /// A link, for readers who may open it.
    pub fn link_if(may_open: bool, place: String, text: impl ToString) -> Self {
        if may_open {
            Self::link(place, text)
        } else {
            Self::text(text)
        }
    }

    /// An account by its holder's name, the identifier below it; in the file, the identifier.
    pub fn account(w: &Localizer, account: impl ToString) -> Self {
        let account = account.to_string();
        let name = w.person(&account);
        Self::text(&name).identified(&name, account)
    }

    /// The same, as a link to its page.
    pub fn account_link(w: &Localizer, account: impl ToString) -> Self {
        let account = account.to_string();
        let name = w.person(&account);
        Self::link(format!("/accounts/{account}"), &name).identified(&name, account)
    }

    /// An organisation by its name; in the file, its identifier.
    pub fn organisation(w: &Localizer, id: impl ToString) -> Self {
        let id = id.to_string();
        Self::text(w.organisation(&id)).filed_as(id)
    }

    fn identified(self, name: &str, id: String) -> Self {
        let below = if name == id { "" } else { id.as_str() };
        self.and_quiet(below).filed_as(&id)
    }

    pub fn chip(text: impl ToString, tone: ChipTone) -> Self {
        let text = text.to_string();
        Self::new(
            CellPart::Chip {
                text: text.clone(),
                tone,
            },
            &text,
        )
    }

    pub fn code(text: impl ToString) -> Self {
        let text = text.to_string();
        Self::new(CellPart::Code(text.clone()), &text)
    }

    pub fn number(w: &Localizer, count: impl ShownCount) -> Self {
        let count = count.count();
        Self {
            parts: vec![CellPart::Text(w.number(count))],
            sort: SortKey::Number(i64::try_from(count).unwrap_or(i64::MAX)),
            filed: count.to_string(),
        }
    }

    pub fn moment(w: &Localizer, at: Timestamp) -> Self {
        Self::text(w.moment(at)).sorted(at.micros()).filed_as(at)
    }

    /// A moment that leads to the page of its row.
    pub fn moment_link(w: &Localizer, at: Timestamp, place: String) -> Self {
        Self::link(place, w.moment(at))
            .sorted(at.micros())
            .filed_as(at)
    }

    pub fn date(w: &Localizer, at: Timestamp) -> Self {
        Self::text(w.date(at))
            .sorted(at.micros())
            .filed_as(w.file_date(at))
    }

    pub fn day(w: &Localizer, day: Date) -> Self {
        // Only the order matters: 372 is twelve months of 31 days.
        let days = i64::from(day.year()) * 372 + i64::from(day.month()) * 31 + i64::from(day.day());
        Self::text(w.day(day)).sorted(days).filed_as(day)
    }

    pub fn form(form: RowForm) -> Self {
        Self {
            parts: vec![CellPart::Form(form)],
            ..Self::empty()
        }
    }

    pub fn and(mut self, part: CellPart) -> Self {
        self.parts.push(part);
        self
    }

    pub fn and_quiet(self, text: impl ToString) -> Self {
        let text = text.to_string();
        if text.is_empty() {
            self
        } else {
            self.and(CellPart::Quiet(text))
        }
    }

    /// A number that stays on one line.
    pub fn and_telephone(self, telephone: &str) -> Self {
        self.and_quiet(telephone.replace(' ', "\u{a0}"))
    }

    pub fn and_chip(self, text: String, tone: ChipTone) -> Self {
        self.and(CellPart::Chip { text, tone })
    }

    pub fn and_form(self, form: RowForm) -> Self {
        self.and(CellPart::Form(form))
    }

    pub fn and_if(self, is_there: bool, part: impl FnOnce() -> CellPart) -> Self {
        if is_there { self.and(part()) } else { self }
    }

    pub fn sorted(self, key: i64) -> Self {
        Self {
            sort: SortKey::Number(key),
            ..self
        }
    }

    /// What stands in the file.
    pub fn filed_as(self, text: impl ToString) -> Self {
        Self {
            filed: text.to_string(),
            ..self
        }
    }

    pub(super) fn sort_key(&self) -> &SortKey {
        &self.sort
    }

    pub(super) fn filed(&self) -> String {
        self.filed.clone()
    }

    /// What the reader sees first; the file may have a code.
    pub(super) fn filter_value(&self) -> &str {
        self.parts
            .iter()
            .find_map(CellPart::words)
            .unwrap_or_default()
    }

    pub(super) fn first_words(&self) -> String {
        self.filter_value().to_owned()
    }

    /// `word` is folded.
    pub(super) fn has_word(&self, word: &str) -> bool {
        let words = self.parts.iter().filter_map(CellPart::words);
        words
            .chain([self.filed.as_str()])
            .any(|text| folded(text).contains(word))
    }

    /// The parts, with fields that have an id of their own below `id`.
    pub(super) fn parts(mut self, id: &str) -> Vec<CellPart> {
        for (number, part) in self.parts.iter_mut().enumerate() {
            if let CellPart::Form(form) = part {
                for (place, field) in form.fields.iter_mut().enumerate() {
                    field.id = format!("row-{id}-{number}-{place}");
                }
            }
        }
        self.parts
    }
}

impl CellPart {
    fn words(&self) -> Option<&str> {
        match self {
            Self::Text(text)
            | Self::Quiet(text)
            | Self::Link { text, .. }
            | Self::Chip { text, .. }
            | Self::Code(text) => Some(text),
            Self::Form(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_stand_in_the_order_in_which_people_count() {
        let mut ids = vec![
            "ME-10",
            "ME-1",
            "me-2",
            "RI-1",
            "ME-11",
            "A.5.9",
            "A.5.15",
            "Été 2",
            "INC-2026-004",
            "INC-2026-003",
            "",
        ];
        ids.sort_by_key(|id| natural(id));
        assert_eq!(
            ids,
            [
                "",
                "A.5.9",
                "A.5.15",
                "Été 2",
                "INC-2026-003",
                "INC-2026-004",
                "ME-1",
                "me-2",
                "ME-10",
                "ME-11",
                "RI-1"
            ]
        );
    }

    #[test]
    fn numbers_behind_the_same_letters_are_in_the_order_of_numbers() {
        let around = |power: u32| {
            let at = 10_u64.pow(power);
            [at - 1, at, at + 1, at * 9]
        };
        let numbers: Vec<u64> = (0..19).flat_map(around).chain([u64::MAX]).collect();
        let key = |number: u64| natural(&format!("ME-{number}"));
        for a in &numbers {
            for b in &numbers {
                assert_eq!(key(*a).cmp(&key(*b)), a.cmp(b), "{a} and {b}");
            }
        }
    }
}
