//! CSV and TSV: identifiers in named columns.
//!
//! A table without the column, or a row too short to have it, cannot be read exactly and is
//! broken; nothing is assumed about who would have been in the missing cell.

use crate::identifier::{Found, Pick};
use crate::response::Uninspected;

/// A column that holds identifiers.
#[derive(Clone, Debug)]
pub struct ColumnRule {
    pub column: Column,
    pub pick: Pick,
}

/// How a map names a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// By the text of its header, in the first row.
    Named(String),
    /// By its place, from 1; the first row is then data.
    Number(usize),
}

/// Reads a table; without a delimiter, the one among `, ; tab |` that splits the header best.
pub fn read(
    rules: &[ColumnRule],
    delimiter: Option<u8>,
    text: &str,
    found: &mut Found<'_>,
) -> Result<(), Uninspected> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Ok(());
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or_else(|| guess_delimiter(text)))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut row = csv::StringRecord::new();
    let mut places: Option<Vec<usize>> = None;
    while reader.read_record(&mut row).map_err(|_| broken("a row does not parse"))? {
        let places = match &places {
            Some(places) => places,
            None => {
                let is_header = rules.iter().any(|rule| matches!(rule.column, Column::Named(_)));
                let found_places = locate(rules, row.iter())?;
                let places = places.insert(found_places);
                if is_header {
                    continue;
                }
                places
            }
        };
        for (rule, &place) in rules.iter().zip(places) {
            let cell = row.get(place).ok_or_else(|| broken("a row is too short"))?;
            found.take(&rule.pick, cell)?;
        }
    }
    Ok(())
}

/// Where each rule's column lies, from 0.
pub(crate) fn locate<'h>(
    rules: &[ColumnRule],
    header: impl Iterator<Item = &'h str> + Clone,
) -> Result<Vec<usize>, Uninspected> {
    let place_of = |rule: &ColumnRule| match &rule.column {
        Column::Number(number) => Ok(number - 1),
        Column::Named(name) => {
            let mut places = header.clone().enumerate().filter(|(_, cell)| cell.trim() == name);
            match (places.next(), places.next()) {
                (Some((place, _)), None) => Ok(place),
                (Some(_), Some(_)) => Err(broken(&format!("two columns are named {name:?}"))),
                (None, _) => Err(broken(&format!("no column is named {name:?}"))),
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

fn broken(what: &str) -> Uninspected {
    Uninspected::Broken(format!("table: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::IdentifierKind;

    #[track_caller]
    fn check(column: Column, text: &str, expected: Option<&[&str]>) {
        let kinds = [IdentifierKind { name: "id".into(), steps: vec![], shape: None }];
        let mut found = Found::new(&kinds, 100);
        let rules = [ColumnRule { column, pick: Pick { kind: 0, pattern: None } }];
        let result = read(&rules, None, text, &mut found);
        let texts: Vec<String> = found.into_identifiers().into_iter().map(|id| id.text.to_string()).collect();
        assert_eq!(
            result.ok().map(|()| texts),
            expected.map(|e| e.iter().map(|s| (*s).to_owned()).collect())
        );
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
