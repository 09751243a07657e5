//! CSV and TSV: identifiers in named columns.
//!
//! A table without the column, or a row too short to have it, cannot be read exactly and is
//! broken; nothing is assumed about who would have been in the missing cell.

use digue_types::{Unread, UnreadCause};

use crate::identifier::Collector;
use crate::reading::{Tally, Unreadable, WhyNobody};
use crate::table::{Column, ColumnRule, TableRules};

/// Reads a table; without a delimiter, the one among `, ; tab |` that splits the header best.
pub fn read(rules: &TableRules, text: &str, found: &mut Collector<'_>) -> Result<Tally, Unreadable> {
    let text = text.trim_start_matches('\u{feff}');
    let columns = &rules.columns;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(rules.delimiter.unwrap_or_else(|| guess_delimiter(text)))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut row = csv::StringRecord::new();
    let mut places: Option<Vec<usize>> = None;
    let mut tally = Tally { nobody: Some(WhyNobody::EmptyTable), ..Tally::default() };
    while reader.read_record(&mut row).map_err(|_| Unread::new(UnreadCause::Syntax))? {
        let places = match &places {
            Some(places) => places,
            None => {
                let is_header = columns.iter().any(|rule| matches!(rule.columns[0], Column::Named(_)));
                let found_places = locate(columns, row.iter())?;
                let places = places.insert(found_places);
                if is_header {
                    continue;
                }
                places
            }
        };
        for (rule, &place) in columns.iter().zip(places) {
            let cell = row.get(place).ok_or_else(|| Unread::new(UnreadCause::ShortRow))?;
            let _ = found.take(&rule.pick, cell, String::new)?;
        }
        tally.records += 1;
    }
    found.sweep(text, String::new)?;
    Ok(tally)
}

/// Where each rule's column lies, from 0.
pub(crate) fn locate<'h>(
    rules: &[ColumnRule],
    header: impl Iterator<Item = &'h str> + Clone,
) -> Result<Vec<usize>, Unreadable> {
    let place_of = |rule: &ColumnRule| match &rule.columns[0] {
        Column::Number(number) => Ok(number - 1),
        Column::Named(name) => {
            let mut places = header.clone().enumerate().filter(|(_, cell)| cell.trim() == name);
            match (places.next(), places.next()) {
                (Some((place, _)), None) => Ok(place),
                _ => Err(Unread::new(UnreadCause::Column).by_rule(name).into()),
            }
        }
    };
    rules.iter().map(place_of).collect()
}

fn guess_delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |delimiter: &u8| header.bytes().filter(|b| b == delimiter).count();
    // The first of equals wins, so a header of one column is read with commas.
    let mut best = b',';
    for delimiter in [b';', b'\t', b'|'] {
        if count(&delimiter) > count(&best) {
            best = delimiter;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::{IdentifierKind, Pick};

    #[track_caller]
    fn check(column: Column, text: &str, expected: Option<&[&str]>) {
        let kinds = [IdentifierKind { name: "id".into(), steps: vec![], shape: None }];
        let mut found = Collector::new(&kinds, &[], 100);
        let columns = vec![ColumnRule::new(column, Pick::whole(0, "id"))];
        let result = read(&TableRules { columns, ..TableRules::default() }, text, &mut found);
        let texts: Vec<String> = found.into_identifiers().into_iter().map(|id| id.text.to_string()).collect();
        assert_eq!(result.ok().map(|_| texts), expected.map(|e| e.iter().map(|s| (*s).to_owned()).collect()));
    }

    fn named() -> Column {
        Column::Named("id".into())
    }

    #[test]
    fn reads_the_named_column_whatever_the_separator() {
        check(named(), "id,nom\n1,Dupont\n2,Durand\n", Some(&["1", "2"]));
        check(named(), "\u{feff}nom;id\r\n\"Du;pont\";1\r\n", Some(&["1"]));
        check(named(), "nom\tid\nDupont\t7\n", Some(&["7"]));
        check(named(), "id\n1\n", Some(&["1"]));
        check(Column::Number(2), "x,1\ny,2\n", Some(&["1", "2"]));
    }

    #[test]
    fn a_quoted_line_break_is_not_a_new_row() {
        check(named(), "nom,id\n\"a\nb\",1\n", Some(&["1"]));
    }

    #[test]
    fn a_table_without_the_column_is_broken() {
        check(named(), "numero,nom\n1,Dupont\n", None);
        check(named(), "id,id\n1,2\n", None);
        check(named(), "nom,id\nDupont\n", None);
        check(named(), "", Some(&[]));
    }
}
