//! Identifiers and names of a list of persons, row by row, for a table of names.

use crate::known::{
    ColumnChoice, PersonsColumn, PersonsTable, PersonsTableFault, column_uses, name_columns,
};

/// One row of a list of persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPerson<'t> {
    /// The first identifier; `None` where the row has none.
    pub identifier: Option<&'t str>,
    /// The parts of the name, none of them blank.
    pub names: Vec<&'t str>,
}

impl PersonsTable {
    /// The persons of a list with identifiers and names.
    ///
    /// # Errors
    /// [`PersonsTableFault`]; `UnknownColumn` also for a list without any column of names, called
    /// `nom`.
    pub fn named_persons(
        &self,
        choice: &ColumnChoice,
    ) -> Result<Vec<NamedPerson<'_>>, PersonsTableFault> {
        if self.rows.is_empty() {
            return Err(PersonsTableFault::Empty);
        }
        let uses = column_uses(self, choice)?;
        let names: Vec<usize> = columns_used(&uses, PersonsColumn::Name).collect();
        if names.is_empty() {
            return Err(PersonsTableFault::UnknownColumn("nom".to_owned()));
        }
        let primary = columns_used(&uses, PersonsColumn::Primary).next();
        let rows = self.rows.iter();
        Ok(rows.map(|row| person(row, primary, &names)).collect())
    }

    /// The persons of a list of names alone.
    pub fn names_alone(&self) -> Vec<NamedPerson<'_>> {
        let names = name_columns(self);
        self.rows
            .iter()
            .map(|row| person(row, None, &names))
            .collect()
    }
}

fn columns_used(uses: &[PersonsColumn], wanted: PersonsColumn) -> impl Iterator<Item = usize> {
    let uses = uses.iter().enumerate();
    uses.filter(move |(_, used)| **used == wanted)
        .map(|(column, _)| column)
}

fn person<'t>(row: &'t [String], identifier: Option<usize>, names: &[usize]) -> NamedPerson<'t> {
    let cell = |column: usize| {
        row.get(column)
            .map(|cell| cell.trim())
            .filter(|cell| !cell.is_empty())
    };
    NamedPerson {
        identifier: identifier.and_then(cell),
        names: names.iter().filter_map(|column| cell(*column)).collect(),
    }
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

    #[test]
    fn each_row_has_its_identifier_and_the_parts_of_its_name() {
        let rows: [&[&str]; 2] = [
            &["P1", " DUPONT ", "Marie", "Pau"],
            &["", "PETIT", "", "Pau"],
        ];
        let list = table(&["id", "Nom", "Prénom", "ville"], &rows);
        let persons = list.named_persons(&ColumnChoice::default()).unwrap();
        let first = NamedPerson {
            identifier: Some("P1"),
            names: vec!["DUPONT", "Marie"],
        };
        assert_eq!(
            persons,
            [
                first,
                NamedPerson {
                    identifier: None,
                    names: vec!["PETIT"]
                }
            ]
        );
        let alone = table(&["personne"], &[&["Albert Camus"]]);
        assert_eq!(
            alone.names_alone(),
            [NamedPerson {
                identifier: None,
                names: vec!["Albert Camus"]
            }]
        );
    }

    #[test]
    fn a_list_without_names_or_rows_is_refused() {
        let none = table(&["id", "ville"], &[&["P1", "Pau"]]);
        let fault = |list: &PersonsTable| list.named_persons(&ColumnChoice::default()).unwrap_err();
        assert_eq!(fault(&none), PersonsTableFault::UnknownColumn("nom".into()));
        assert_eq!(fault(&table(&["id", "nom"], &[])), PersonsTableFault::Empty);
    }
}
