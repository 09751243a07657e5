//! Lists of pages: sorted, filtered by words and by values, paged, chosen row by row and exported,
//! all from the address and without script. A list says its columns and rows once; the page and the
//! file follow from them.
//!
//! It knows nothing of what is listed.

mod cell;
mod request;

use askama::Template;
use axum::response::Response;
use digue_locales::Language;
use digue_types::written::folded;

pub use self::cell::{CellPart, ChipTone, ListCell, RowButton, RowField, RowForm};
pub use self::request::{ChosenRows, TableQuery};

use self::request::SortOrder;
use crate::view::{Localizer, csv, csv_beside};

/// Rows on one page.
const PAGE_ROWS: usize = 50;
/// The most values that a list offers to filter by.
const OPTIONS_MAX: usize = 24;

/// Where a column is, and how it is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ColumnUse {
    Text,
    Number,
    /// Few values, by which the list can be filtered.
    Choice,
    /// Only in the file.
    File,
    /// Only on the page: buttons.
    Acts,
}

pub struct ListColumn {
    code: &'static str,
    name: String,
    is: ColumnUse,
}

impl ListColumn {
    /// A column of texts, dates or names. `code` stands in the address of the sorted list.
    pub fn text(code: &'static str, name: String) -> Self {
        Self {
            code,
            name,
            is: ColumnUse::Text,
        }
    }

    pub fn number(code: &'static str, name: String) -> Self {
        Self {
            code,
            name,
            is: ColumnUse::Number,
        }
    }

    pub fn choice(code: &'static str, name: String) -> Self {
        Self {
            code,
            name,
            is: ColumnUse::Choice,
        }
    }

    pub fn file(code: &'static str, name: String) -> Self {
        Self {
            code,
            name,
            is: ColumnUse::File,
        }
    }

    pub fn acts(name: String) -> Self {
        Self {
            code: "",
            name,
            is: ColumnUse::Acts,
        }
    }
}

pub struct ListRow {
    /// The name under which the row is chosen.
    id: String,
    cells: Vec<ListCell>,
    is_marked: bool,
    /// It may be chosen for the act on several rows.
    is_open: bool,
    /// It is chosen when the reader asks for the usual ones.
    is_usual: bool,
}

impl ListRow {
    pub fn new(id: impl ToString, cells: impl Into<Vec<ListCell>>) -> Self {
        Self {
            id: id.to_string(),
            cells: cells.into(),
            is_marked: false,
            is_open: true,
            is_usual: false,
        }
    }

    /// Coloured, because it shows a refusal or a delay.
    pub fn marked(self, is_marked: bool) -> Self {
        Self { is_marked, ..self }
    }

    /// Whether the act on several rows applies to it, and whether it is one of the usual ones.
    pub fn chosen_by(self, is_open: bool, is_usual: bool) -> Self {
        Self {
            is_open,
            is_usual,
            ..self
        }
    }
}

/// An act on all chosen rows. Rows are sent as `row`, one each.
pub struct ListAct {
    pub target: String,
    pub hidden: Vec<(&'static str, String)>,
    pub fields: Vec<RowField>,
    pub buttons: Vec<RowButton>,
    /// The link that chooses the usual rows; `None` where there are no such.
    pub usual: Option<String>,
    /// What the act does, for an act that hurts.
    pub warning: String,
}

/// A list as its page describes it.
pub struct ListTable {
    /// Read aloud, and the name of the region.
    pub caption: String,
    pub place: String,
    /// The address of the file; empty without one.
    pub file: String,
    /// What stands there while there is no row, and teaches how one comes.
    pub empty: String,
    pub columns: Vec<ListColumn>,
    pub rows: Vec<ListRow>,
    pub act: Option<ListAct>,
}

/// A list as its page shows it; pages put it in with `{{ list|safe }}`.
#[derive(Template)]
#[template(path = "table.html")]
pub struct ShownTable {
    w: Localizer,
    caption: String,
    place: String,
    empty: String,
    text: String,
    choices: Vec<ShownChoice>,
    /// What the filter keeps of the address, as (name, value).
    kept: Vec<(String, String)>,
    is_filtered: bool,
    head: Vec<ShownHead>,
    rows: Vec<ShownRow>,
    matched: usize,
    total: usize,
    page: usize,
    pages: usize,
    before: Option<String>,
    after: Option<String>,
    /// The address of the filtered file; empty without one.
    file: String,
    file_place: String,
    act: Option<ListAct>,
    choose_all: String,
    choose_usual: String,
    reset: String,
    chosen: usize,
}

struct ShownChoice {
    code: &'static str,
    name: String,
    /// As (value, is chosen).
    options: Vec<(String, bool)>,
}

struct ShownHead {
    name: String,
    is_number: bool,
    /// The address of the list sorted by this column; empty where it cannot be sorted.
    sort: String,
    /// `ascending`, `descending` or empty.
    order: &'static str,
}

struct ShownRow {
    id: String,
    /// Read aloud beside the box of the row: its first words.
    name: String,
    is_marked: bool,
    is_open: bool,
    is_chosen: bool,
    cells: Vec<ShownCell>,
}

struct ShownCell {
    label: String,
    is_number: bool,
    is_acts: bool,
    parts: Vec<CellPart>,
}

impl ListTable {
    /// The rows that the request asks for, in its order.
    fn matching(&mut self, query: &TableQuery) -> Vec<ListRow> {
        let wanted: Vec<String> = folded(&query.text)
            .split_whitespace()
            .map(ToOwned::to_owned)
            .collect();
        let by_value: Vec<(usize, &str)> = self
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.is == ColumnUse::Choice)
            .filter_map(|(place, column)| Some((place, query.value(column.code)?)))
            .collect();
        let mut rows = std::mem::take(&mut self.rows);
        rows.retain(|row| {
            by_value
                .iter()
                .all(|(place, value)| row.cells[*place].filter_value() == *value)
                && wanted
                    .iter()
                    .all(|word| row.cells.iter().any(|cell| cell.has_word(word)))
        });
        let sorted = query.sort.as_ref().and_then(|(code, order)| {
            let place = self
                .columns
                .iter()
                .position(|column| column.code == code && is_sortable(column))?;
            Some((place, *order))
        });
        if let Some((place, order)) = sorted {
            // Stable: rows with the same value keep the order of the list.
            rows.sort_by(|a, b| {
                let (a, b) = (a.cells[place].sort_key(), b.cells[place].sort_key());
                let by_value = if order == SortOrder::Descending {
                    b.cmp(a)
                } else {
                    a.cmp(b)
                };
                // A cell without a value is last in both orders.
                a.is_nothing().cmp(&b.is_nothing()).then(by_value)
            });
        }
        rows
    }

    /// The list as its page shows it.
    pub fn shown(mut self, w: &Localizer, query: &TableQuery) -> ShownTable {
        let total = self.rows.len();
        let choices = self.choices(query);
        let rows = self.matching(query);
        let matched = rows.len();
        let pages = matched.div_ceil(PAGE_ROWS).max(1);
        // A filter may leave fewer pages than the address names.
        let page = query.page.clamp(1, pages);
        let codes: Vec<&str> = choices.iter().map(|choice| choice.code).collect();
        let head = self
            .columns
            .iter()
            .filter(|column| column.is != ColumnUse::File);
        let head = head
            .map(|column| shown_head(&self.place, column, query))
            .collect();
        let has_act = self.act.is_some();
        let rows: Vec<ShownRow> = rows
            .into_iter()
            .skip((page - 1) * PAGE_ROWS)
            .take(PAGE_ROWS)
            .enumerate()
            .map(|(number, row)| shown_row(&self.columns, row, number, query, has_act))
            .collect();
        let step = |page: usize| query.address(&self.place, &[("page", page.to_string().as_str())]);
        let is_filtered =
            !query.text.is_empty() || codes.iter().any(|code| query.value(code).is_some());
        ShownTable {
            w: w.clone(),
            chosen: rows.iter().filter(|row| row.is_chosen).count(),
            before: (page > 1).then(|| step(page - 1)),
            after: (page < pages).then(|| step(page + 1)),
            file: if self.file.is_empty() {
                String::new()
            } else {
                query.address(&self.file, &[("page", "")])
            },
            choose_all: query.address(&self.place, &[("choose", "all")]),
            choose_usual: query.address(&self.place, &[("choose", "usual")]),
            reset: query.without_filter(&self.place, &codes),
            kept: query.kept(&codes),
            text: query.text.clone(),
            caption: self.caption,
            place: self.place,
            empty: self.empty,
            file_place: self.file,
            act: self.act,
            choices,
            is_filtered,
            head,
            rows,
            matched,
            total,
            page,
            pages,
        }
    }

    /// The values of the columns that have few, in their order of appearance.
    fn choices(&self, query: &TableQuery) -> Vec<ShownChoice> {
        let choice = |(place, column): (usize, &ListColumn)| {
            let mut values: Vec<&str> = Vec::new();
            for row in &self.rows {
                let value = row.cells[place].filter_value();
                if !value.is_empty() && !values.contains(&value) {
                    values.push(value);
                }
                // Within the loop: a column with a name for each row is not read to its end.
                if values.len() > OPTIONS_MAX {
                    return None;
                }
            }
            let chosen = query.value(column.code);
            // A filter that is in force stays visible even when nothing has its value any more.
            let missing = chosen.filter(|chosen| !values.contains(chosen));
            values.extend(missing);
            let options = values
                .into_iter()
                .map(|value| (value.to_owned(), chosen == Some(value)))
                .collect();
            Some(ShownChoice {
                code: column.code,
                name: column.name.clone(),
                options,
            })
        };
        let columns = self.columns.iter().enumerate();
        let known = columns
            .filter(|(_, column)| column.is == ColumnUse::Choice)
            .filter_map(choice);
        known
            .filter(|choice| choice.options.len() > 1 || query.value(choice.code).is_some())
            .collect()
    }

    /// The filtered list as a file: the chosen rows where some are, otherwise all that match.
    pub fn csv(self, query: &TableQuery, language: Language, name: &str) -> Response {
        let (header, rows) = self.filed(query);
        csv(language, name, &header, rows.into_iter())
    }

    /// The same with the warning of its page, if there is one.
    pub fn csv_beside(self, query: &TableQuery, w: &Localizer, name: &str) -> Response {
        let (header, rows) = self.filed(query);
        csv_beside(w, name, &header, rows.into_iter())
    }

    /// The header and the lines of the file.
    fn filed(mut self, query: &TableQuery) -> (Vec<String>, Vec<Vec<String>>) {
        let mut rows = self.matching(query);
        if !query.chosen.is_empty() {
            rows.retain(|row| query.chosen.contains(&row.id));
        }
        let is_filed = |place: &usize| self.columns[*place].is != ColumnUse::Acts;
        let places: Vec<usize> = (0..self.columns.len()).filter(is_filed).collect();
        let header: Vec<String> = places
            .iter()
            .map(|place| self.columns[*place].name.clone())
            .collect();
        let lines = rows.iter().map(|row| {
            let cells = places.iter().map(|place| row.cells[*place].filed());
            cells.collect()
        });
        (header, lines.collect())
    }
}

fn is_sortable(column: &ListColumn) -> bool {
    !matches!(column.is, ColumnUse::Acts | ColumnUse::File)
}

fn shown_head(place: &str, column: &ListColumn, query: &TableQuery) -> ShownHead {
    let order = query.order_of(column.code).filter(|_| is_sortable(column));
    let next = match order {
        Some(SortOrder::Ascending) => format!("-{}", column.code),
        Some(SortOrder::Descending) | None => column.code.to_owned(),
    };
    ShownHead {
        name: column.name.clone(),
        is_number: column.is == ColumnUse::Number,
        sort: if is_sortable(column) {
            query.address(place, &[("sort", next.as_str()), ("page", "")])
        } else {
            String::new()
        },
        order: match order {
            Some(SortOrder::Ascending) => "ascending",
            Some(SortOrder::Descending) => "descending",
            None => "",
        },
    }
}

fn shown_row(
    columns: &[ListColumn],
    row: ListRow,
    number: usize,
    query: &TableQuery,
    has_act: bool,
) -> ShownRow {
    let name = row
        .cells
        .first()
        .map(ListCell::first_words)
        .unwrap_or_default();
    let cells = row
        .cells
        .into_iter()
        .zip(columns)
        .filter(|(_, column)| column.is != ColumnUse::File);
    let cells = cells.enumerate().map(|(place, (cell, column))| ShownCell {
        label: column.name.clone(),
        is_number: column.is == ColumnUse::Number,
        is_acts: column.is == ColumnUse::Acts,
        parts: cell.parts(&format!("{number}-{place}")),
    });
    let is_open = row.is_open || !has_act;
    ShownRow {
        is_chosen: is_open && query.chooses(&row.id, row.is_usual),
        id: row.id,
        name,
        is_marked: row.is_marked,
        is_open,
        cells: cells.collect(),
    }
}

impl ShownTable {
    /// How much of the list is on the page, in words.
    fn count(&self) -> String {
        let w = &self.w;
        let values = [
            ("total", self.total.into()),
            ("shown", w.number(self.total).into()),
            ("matched", w.number(self.matched).into()),
        ];
        if self.is_filtered {
            w.with("list-count-filtered", values)
        } else {
            w.with("list-count", values)
        }
    }

    fn has_boxes(&self) -> bool {
        self.act.is_some() || !self.file.is_empty()
    }
}

#[cfg(test)]
mod tests;
