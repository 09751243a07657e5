//! Alias tables: other identifiers of the same persons, one CSV for each portal.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use digue_gateway::ports::Aliases;
use digue_types::{PersonRef, PortalId};

/// Kind and identifier, to person.
pub type Table = HashMap<(String, String), PersonRef>;

/// All tables in force.
#[derive(Default)]
pub struct AliasTables(ArcSwap<HashMap<PortalId, Table>>);

impl AliasTables {
    pub fn set(&self, portal: PortalId, table: Table) {
        self.0.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            tables.insert(portal.clone(), table.clone());
            Arc::new(tables)
        });
    }
}

impl Aliases for AliasTables {
    fn resolve(&self, portal: &PortalId, kind: &str, identifier: &str) -> Option<PersonRef> {
        let tables = self.0.load();
        // Two short texts; the tables of a portal are looked at only for its secondary kinds.
        tables.get(portal)?.get(&(kind.to_owned(), identifier.to_owned())).cloned()
    }
}

/// A line of an alias file that cannot be used, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasFault {
    pub line: usize,
    pub fault: &'static str,
}

/// Reads `kind,identifier,person` lines; `canonical` brings an identifier of a kind to its form.
pub fn read_table(
    text: &str,
    canonical: &dyn Fn(&str, &str) -> Option<String>,
    canonical_person: &dyn Fn(&str) -> Option<String>,
) -> Result<Table, Vec<AliasFault>> {
    let mut table = Table::new();
    let mut faults = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let line_number = place + 1;
        if line_number == 1 {
            if line.trim_start_matches('\u{feff}').trim() != "kind,identifier,person" {
                return Err(vec![AliasFault { line: 1, fault: "header" }]);
            }
            continue;
        }
        if line.trim().is_empty() {
            continue;
        }
        match read_line(line, canonical, canonical_person) {
            Ok((key, person)) => match table.get(&key) {
                Some(known) if *known != person => {
                    faults.push(AliasFault { line: line_number, fault: "two-persons" });
                }
                _ => {
                    table.insert(key, person);
                }
            },
            Err(fault) => faults.push(AliasFault { line: line_number, fault }),
        }
    }
    if faults.is_empty() { Ok(table) } else { Err(faults) }
}

fn read_line(
    line: &str,
    canonical: &dyn Fn(&str, &str) -> Option<String>,
    canonical_person: &dyn Fn(&str) -> Option<String>,
) -> Result<((String, String), PersonRef), &'static str> {
    let cells: Vec<&str> = line.split(',').map(str::trim).collect();
    let [kind, identifier, person] = cells[..] else {
        return Err("row");
    };
    let identifier = canonical(kind, identifier).ok_or("identifier")?;
    let person = canonical_person(person).ok_or("person")?;
    let person = PersonRef::parse(&person).map_err(|_| "person")?;
    Ok(((kind.to_owned(), identifier), person))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Table, Vec<AliasFault>> {
        let canonical = |kind: &str, text: &str| {
            (kind == "nir").then(|| text.replace(' ', "")).filter(|text| !text.is_empty())
        };
        read_table(text, &canonical, &|text| (!text.is_empty()).then(|| text.to_owned()))
    }

    #[test]
    fn several_identifiers_lead_to_one_person() {
        let table = read("kind,identifier,person\nnir,1 85 05,P1\nnir,2 90 01,P2\n").unwrap();
        assert_eq!(table[&("nir".to_owned(), "18505".to_owned())].as_str(), "P1");
    }

    #[test]
    fn faults_are_listed_with_their_lines() {
        let text = "kind,identifier,person\nmail,x,P1\nnir,1\nnir,1,P1\nnir,1,P2\nnir,2,\n";
        let faults: Vec<(usize, &str)> = read(text).unwrap_err().iter().map(|f| (f.line, f.fault)).collect();
        assert_eq!(faults, [(2, "identifier"), (3, "row"), (5, "two-persons"), (6, "person")]);
        assert_eq!(read("a,b\n").unwrap_err()[0].fault, "header");
    }
}
