//! Loading caseloads and alias tables: whole files, all or nothing, effective at once.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use digue_access::caseload::{self, CaseloadFaultKind, Caseloads};
use digue_gateway::Portal;
use digue_types::{AccountId, Act, OrganisationId, PopulationId, Timestamp};

use crate::actor::Actor;
use crate::aliases::{self, AliasFault};
use crate::error::{LineFault, OperationError};
use crate::files::keep;
use crate::house::{House, Words};

/// What a load did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    pub relations: usize,
    pub version: u64,
}

/// Replaces the caseloads of a population by those of a CSV; the file is kept for the next start.
pub async fn replace(
    house: &House,
    actor: &Actor,
    population: &PopulationId,
    csv: Vec<u8>,
) -> Result<Loaded, OperationError> {
    actor.must_load()?;
    let portal = portal_of(house, population)?;
    let decoys = house.sentry().decoys_of(population);
    let (caseloads, csv) = parse(portal, csv, decoys).await?;
    let mut rules = house.rules().await;
    let version = rules.caseload_version + 1;
    let relations = caseloads.relations();
    let words = Words {
        subject: format!("population:{population}"),
        before: format!("version:{}", rules.caseload_version),
        after: format!("version:{version} relations:{relations}"),
        ..Words::default()
    };
    house.write_down(actor, Act::CaseloadLoaded, words).await?;
    keep(&file_of(house, population), &csv)
        .map_err(|error| OperationError::Unavailable(error.to_string()))?;
    house.store.set_setting("caseload-version", &version.to_string()).await?;
    rules.caseloads.insert(population.clone(), Arc::new(caseloads));
    rules.caseload_version = version;
    house.publish(&rules);
    Ok(Loaded { relations, version })
}

/// Adds the relations of a CSV to those in force.
pub async fn add(
    house: &House,
    actor: &Actor,
    population: &PopulationId,
    csv: Vec<u8>,
) -> Result<Loaded, OperationError> {
    actor.must_load()?;
    let kept = std::fs::read(file_of(house, population)).unwrap_or_default();
    let joined = join(&kept, &csv).ok_or(OperationError::Invalid("invalid-caseload-columns"))?;
    replace(house, actor, population, joined).await
}

/// One relation that two persons agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    pub population: PopulationId,
    /// Canonical.
    pub person: String,
    /// One account; the whole organisation otherwise.
    pub account: Option<AccountId>,
    pub organisation: OrganisationId,
    /// Exclusive.
    pub until: Option<Timestamp>,
}

/// Adds it to the file in force, whatever columns that file has.
pub(crate) async fn add_one(house: &House, addition: &Addition, reason: &str) -> Result<(), OperationError> {
    let Addition { population, .. } = addition;
    let kept = std::fs::read(file_of(house, population)).unwrap_or_default();
    let csv = with_row(&kept, addition, reason).map_err(OperationError::Unavailable)?;
    replace(house, &Actor::digue(), population, csv).await.map(drop)
}

/// The canonical form of a person of a population, as somebody typed it.
pub(crate) fn canonical(
    house: &House,
    population: &PopulationId,
    typed: &str,
) -> Result<String, OperationError> {
    let portal = portal_of(house, population)?;
    let person = portal.kinds[portal.primary].canonical(typed.trim());
    person.map(String::from).ok_or(OperationError::Invalid("invalid-person"))
}

/// A file with one row more; a column that the row needs and the file lacks is added to it.
fn with_row(kept: &[u8], addition: &Addition, reason: &str) -> Result<Vec<u8>, String> {
    let fault = |error: csv::Error| error.to_string();
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(kept);
    let mut columns: Vec<String> = reader
        .headers()
        .map_err(fault)?
        .iter()
        .map(|cell| cell.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    let before = columns.len();
    let until = addition.until.map(|until| until.to_string()).unwrap_or_default();
    let account = addition.account.as_ref().map_or("", AccountId::as_str);
    let organisation = if account.is_empty() { addition.organisation.as_str() } else { "" };
    let cells = [
        ("account", account),
        ("organisation", organisation),
        ("person", addition.person.as_str()),
        ("reason", reason),
        ("until", until.as_str()),
    ];
    for (name, value) in cells {
        if !value.is_empty() && columns.iter().all(|column| column != name) {
            columns.push(name.to_owned());
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(kept.len() + 200));
    writer.write_record(&columns).map_err(fault)?;
    let mut row = csv::ByteRecord::new();
    while reader.read_byte_record(&mut row).map_err(fault)? {
        (before..columns.len()).for_each(|_| row.push_field(b""));
        writer.write_byte_record(&row).map_err(fault)?;
    }
    let value =
        |column: &String| cells.iter().find(|(name, _)| name == column).map_or("", |(_, value)| value);
    writer.write_record(columns.iter().map(value)).map_err(fault)?;
    writer.into_inner().map_err(|error| error.to_string())
}

/// Two files with the same header, as one.
fn join(kept: &[u8], added: &[u8]) -> Option<Vec<u8>> {
    if kept.is_empty() {
        return Some(added.to_vec());
    }
    let split = |bytes: &[u8]| {
        let end = bytes.iter().position(|b| *b == b'\n').map_or(bytes.len(), |place| place + 1);
        let (header, rows) = bytes.split_at(end);
        (header.trim_ascii().to_vec(), rows.to_vec())
    };
    let ((header, mut rows), (other, more)) = (split(kept), split(added));
    if header != other {
        return None;
    }
    if !rows.is_empty() && !rows.ends_with(b"\n") {
        rows.push(b'\n');
    }
    let mut joined = header;
    joined.push(b'\n');
    joined.extend(rows);
    joined.extend(more);
    Some(joined)
}

/// Loads what the last start left; a population without a file has an empty caseload: nobody.
pub async fn load_kept(house: &House) -> Result<(), OperationError> {
    let hosts = house.gateway().hosts();
    let populations: std::collections::BTreeSet<PopulationId> =
        hosts.portals().map(|portal| portal.population.clone()).collect();
    for population in populations {
        let csv = match std::fs::read(file_of(house, &population)) {
            Ok(csv) => csv,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(OperationError::Unavailable(error.to_string())),
        };
        // Planted since: the file holds as it is, and reading the decoy is evidence all the same.
        let (caseloads, _) = parse(portal_of(house, &population)?, csv, HashSet::new()).await?;
        let mut rules = house.rules().await;
        rules.caseloads.insert(population, Arc::new(caseloads));
        house.publish(&rules);
    }
    Ok(())
}

async fn parse(
    portal: Arc<Portal>,
    csv: Vec<u8>,
    decoys: HashSet<String>,
) -> Result<(Caseloads, Vec<u8>), OperationError> {
    // Ten million lines take seconds: not on a worker that serves requests.
    let parsed = tokio::task::spawn_blocking(move || {
        let primary = &portal.kinds[portal.primary];
        let canonical = |text: &str| {
            let person = primary.canonical(text).map(String::from).ok_or(CaseloadFaultKind::Person)?;
            if decoys.contains(&person) { Err(CaseloadFaultKind::Decoy) } else { Ok(person) }
        };
        let result = caseload::read_csv(csv.as_slice(), &portal.population, &canonical);
        (result, csv)
    });
    let (result, csv) = parsed.await.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    Ok((
        result.map_err(|faults| OperationError::Faults(faults.into_iter().map(LineFault::from).collect()))?,
        csv,
    ))
}

fn portal_of(house: &House, population: &PopulationId) -> Result<Arc<Portal>, OperationError> {
    let hosts = house.gateway().hosts();
    let found = hosts.portals().find(|portal| portal.population == *population).cloned();
    found.ok_or(OperationError::NotFound("population"))
}

fn file_of(house: &House, population: &PopulationId) -> PathBuf {
    house.data_folder.join("caseloads").join(format!("{population}.csv"))
}

fn alias_file(data_folder: &Path, portal: &digue_types::PortalId) -> PathBuf {
    data_folder.join("aliases").join(format!("{portal}.csv"))
}

fn read_aliases(map: &Portal, text: &str) -> Result<aliases::Table, Vec<AliasFault>> {
    let canonical = |kind: &str, text: &str| {
        map.kinds
            .iter()
            .find(|known| known.name == kind)
            .and_then(|known| known.canonical(text))
            .map(String::from)
    };
    let primary = &map.kinds[map.primary];
    aliases::read_table(text, &canonical, &|text| primary.canonical(text).map(String::from))
}

/// Loads the alias tables that the last start left.
pub fn load_kept_aliases(house: &House) -> Result<(), OperationError> {
    for portal in house.gateway().hosts().portals() {
        if let Some(table) = kept_aliases(&house.data_folder, portal)? {
            house.aliases.set(portal.id.clone(), table);
        }
    }
    Ok(())
}

/// The alias table of one portal, as it was last loaded.
pub fn kept_aliases(data_folder: &Path, portal: &Portal) -> Result<Option<aliases::Table>, OperationError> {
    let path = alias_file(data_folder, &portal.id);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(OperationError::Unavailable(error.to_string())),
    };
    let table = read_aliases(portal, &text);
    table.map(Some).map_err(|_| OperationError::Unavailable(format!("{} has faults", path.display())))
}

/// Replaces the alias table of a portal.
pub async fn replace_aliases(
    house: &House,
    actor: &Actor,
    portal: &digue_types::PortalId,
    text: &str,
) -> Result<usize, OperationError> {
    actor.must_load()?;
    let hosts = house.gateway().hosts();
    let map = hosts.portal(portal).ok_or(OperationError::NotFound("portal"))?.clone();
    let told = |fault: AliasFault| LineFault::new(fault.line, &format!("alias-fault-{}", fault.fault));
    let table = read_aliases(&map, text)
        .map_err(|faults| OperationError::Faults(faults.into_iter().map(told).collect()))?;
    let count = table.len();
    let words =
        Words { subject: format!("portal:{portal}"), after: format!("aliases:{count}"), ..Words::default() };
    house.write_down(actor, Act::AliasesLoaded, words).await?;
    keep(&alias_file(&house.data_folder, portal), text.as_bytes())
        .map_err(|error| OperationError::Unavailable(error.to_string()))?;
    house.aliases.set(portal.clone(), table);
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_goes_into_a_file_of_any_columns() {
        let addition = |account: Option<&str>, until: Option<Timestamp>| Addition {
            population: PopulationId::parse("personnes").unwrap(),
            person: "P7".to_owned(),
            account: account.map(|account| AccountId::parse(account).unwrap()),
            organisation: OrganisationId::parse("of-1").unwrap(),
            until,
        };
        let until = Timestamp::parse_rfc3339("2026-12-01T00:00:00Z");
        for (kept, addition, expected) in [
            ("", addition(None, None), "organisation,person,reason\nof-1,P7,suivi\n"),
            (
                "account,person\na1,P1",
                addition(Some("a2"), None),
                "account,person,reason\na1,P1,\na2,P7,suivi\n",
            ),
            (
                "person,organisation,until\nP1,of-2,2027-01-01\n",
                addition(None, until),
                "person,organisation,until,reason\nP1,of-2,2027-01-01,\nP7,of-1,2026-12-01T00:00:00Z,suivi\n",
            ),
        ] {
            let csv = with_row(kept.as_bytes(), &addition, "suivi").unwrap();
            assert_eq!(String::from_utf8(csv).unwrap(), expected, "{kept:?}");
        }
        assert!(with_row(b"account,person\na1\n", &addition(None, None), "suivi").is_err());
    }

    #[test]
    fn files_with_one_header_are_joined_and_others_are_not() {
        let joined = join(b"account,person\na,1", b"account,person\r\nb,2\n").unwrap();
        assert_eq!(joined, b"account,person\na,1\nb,2\n");
        assert_eq!(join(b"account,person\na,1", b"person,account\n1,a\n"), None);
        assert_eq!(join(b"", b"account,person\n"), Some(b"account,person\n".to_vec()));
    }
}
