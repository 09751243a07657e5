//! Inventories of programs from other tools: a software bill of materials (CycloneDX JSON), rows of
//! osquery, rows of a GLPI export. Each becomes lines with the names that the file gives.

use serde_json::Value as Json;

/// The most programs of one file.
pub const LINES_MAX: usize = 20_000;

/// A program as an inventory names it. Blank where the file has nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct InventoryLine {
    pub name: String,
    pub vendor: String,
    pub version: String,
    /// Package URL or CPE name.
    pub identifier: String,
    /// The machine that it was found on.
    pub place: String,
}

/// The tool that wrote a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InventoryForm {
    CycloneDx,
    Osquery,
    Glpi,
}

impl InventoryForm {
    /// Its locale key follows `inventory-form-`; stored as the source of a record.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CycloneDx => "cyclonedx",
            Self::Osquery => "osquery",
            Self::Glpi => "glpi",
        }
    }
}

/// Why a file is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InventoryError {
    #[error("the file is of none of the known forms")]
    Form,
    #[error("the file has more programs than are taken at once")]
    TooMany,
    /// A quote that is never closed, or a row with more cells than the header: what follows cannot be
    /// told apart.
    #[error("row {0} of the file cannot be told apart from the next")]
    Row(u64),
}

/// The lines of a file, and what of it has no name and is left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadInventory {
    pub form: InventoryForm,
    /// Each once, in their order.
    pub lines: Vec<InventoryLine>,
    pub unnamed: u64,
}

/// Reads a file, whichever of the known tools wrote it.
///
/// # Errors
/// A file of another form, or with too many programs.
pub fn read(bytes: &[u8]) -> Result<ReadInventory, InventoryError> {
    let text = std::str::from_utf8(bytes).map_err(|_| InventoryError::Form)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let (form, rows) = if let Ok(json) = serde_json::from_str::<Json>(text) {
        of_json(&json).ok_or(InventoryError::Form)?
    } else {
        match of_json_lines(text) {
            Some(rows) => rows,
            None => of_csv(text)?,
        }
    };
    if rows.len() > LINES_MAX {
        return Err(InventoryError::TooMany);
    }
    let all = rows.len() as u64;
    let mut lines: Vec<InventoryLine> = rows
        .into_iter()
        .filter(|line| !line.name.is_empty())
        .collect();
    let unnamed = all - lines.len() as u64;
    lines.sort();
    lines.dedup();
    Ok(ReadInventory {
        form,
        lines,
        unnamed,
    })
}

type Rows = (InventoryForm, Vec<InventoryLine>);

fn of_json(json: &Json) -> Option<Rows> {
    if json["bomFormat"] == "CycloneDX" {
        let mut lines = Vec::new();
        components(json.get("components"), 0, &mut lines)?;
        return Some((InventoryForm::CycloneDx, lines));
    }
    let rows = json.as_array()?;
    let lines: Option<Vec<InventoryLine>> = rows.iter().map(osquery_row).collect();
    Some((InventoryForm::Osquery, lines?))
}

/// The most levels of components within components: deeper ones only occur in a hostile file.
const DEPTH_MAX: usize = 64;

/// The components and those within them; `None` for a list of another form.
fn components(list: Option<&Json>, depth: usize, lines: &mut Vec<InventoryLine>) -> Option<()> {
    let list = match list {
        None | Some(Json::Null) => return Some(()),
        Some(Json::Array(list)) if depth < DEPTH_MAX => list,
        Some(_) => return None,
    };
    for one in list {
        let text = |name: &str| one[name].as_str().unwrap_or_default().trim().to_owned();
        let vendor = [&one["supplier"]["name"], &one["publisher"], &one["group"]]
            .into_iter()
            .find_map(Json::as_str);
        let identifier = match text("purl") {
            purl if purl.is_empty() => text("cpe"),
            purl => purl,
        };
        lines.push(InventoryLine {
            name: text("name"),
            vendor: vendor.unwrap_or_default().trim().to_owned(),
            version: text("version"),
            identifier,
            place: String::new(),
        });
        components(one.get("components"), depth + 1, lines)?;
    }
    Some(())
}

/// A row of `programs`, `deb_packages`, `rpm_packages`, `apps` or `homebrew_packages`, bare or in the
/// envelope of a result log; `None` for another object.
fn osquery_row(row: &Json) -> Option<InventoryLine> {
    let columns = row.get("columns").unwrap_or(row).as_object()?;
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| columns.get(*name));
        found
            .and_then(Json::as_str)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    if !columns.contains_key("name") {
        return None;
    }
    let host = row.get("hostIdentifier").and_then(Json::as_str);
    Some(InventoryLine {
        name: text(&["name"]),
        vendor: text(&["publisher", "vendor", "maintainer"]),
        version: text(&["version", "bundle_short_version"]),
        identifier: text(&["identifying_number", "bundle_identifier"]),
        place: host.map_or_else(|| text(&["host", "hostname"]), ToOwned::to_owned),
    })
}

/// The lines of a result log: one object each.
fn of_json_lines(text: &str) -> Option<Rows> {
    let rows = text.lines().filter(|line| !line.trim().is_empty());
    let lines: Option<Vec<InventoryLine>> = rows
        .map(|line| osquery_row(&serde_json::from_str(line).ok()?))
        .collect();
    lines
        .filter(|lines| !lines.is_empty())
        .map(|lines| (InventoryForm::Osquery, lines))
}

/// Columns of GLPI's export of software and of its versions, as facts: French and English headers.
const NAMES: [&str; 4] = ["nom", "name", "logiciel", "software"];
const VENDORS: [&str; 4] = ["éditeur", "editeur", "publisher", "fabricant"];
const VERSIONS: [&str; 4] = ["version", "versions", "versions - nom", "versions - name"];
const PLACES: [&str; 4] = ["ordinateur", "computer", "ordinateurs", "élément"];

fn of_csv(text: &str) -> Result<Rows, InventoryError> {
    let first = text.lines().next().ok_or(InventoryError::Form)?;
    // GLPI writes semicolons, spreadsheets of English tools commas.
    let sign = if first.contains(';') { ';' } else { ',' };
    let all = rows_of(text, sign);
    // A text in quotes that is no table of ours is told by its header first.
    let mut rows = all.rows.into_iter();
    let header: Vec<String> = rows
        .next()
        .ok_or(InventoryError::Form)?
        .iter()
        .map(|cell| cell.to_lowercase())
        .collect();
    let place = |names: &[&str]| {
        header
            .iter()
            .position(|cell| names.contains(&cell.as_str()))
    };
    let wanted = |names: &[&str]| place(names).ok_or(InventoryError::Form);
    let (name, version) = (wanted(&NAMES)?, wanted(&VERSIONS)?);
    if let Some(row) = all.unclosed {
        return Err(InventoryError::Row(row));
    }
    let (vendor, machine) = (place(&VENDORS), place(&PLACES));
    let mut lines = Vec::new();
    for (number, row) in (2..).zip(rows) {
        if row.len() > header.len() {
            return Err(InventoryError::Row(number));
        }
        let at = |place: Option<usize>| {
            let cell = place.and_then(|place| row.get(place));
            cell.cloned().unwrap_or_default()
        };
        let versions = at(Some(version));
        // GLPI lists all versions of a program in one cell, a line each.
        let mut versions: Vec<&str> = versions.lines().map(str::trim).collect();
        if versions.is_empty() {
            versions.push("");
        }
        lines.extend(versions.into_iter().map(|version| InventoryLine {
            name: at(Some(name)),
            vendor: at(vendor),
            version: version.to_owned(),
            identifier: String::new(),
            place: at(machine),
        }));
    }
    Ok((InventoryForm::Glpi, lines))
}

/// The rows of a CSV that have content.
struct CsvRows {
    rows: Vec<Vec<String>>,
    /// The row, from 1, in which a quote begins that is never closed.
    unclosed: Option<u64>,
}

/// The rows of a text (RFC 4180): cells that begin with a quote hold signs and line ends, and quotes
/// doubled. A quote within another cell (`24" driver`) is a sign like others.
fn rows_of(text: &str, sign: char) -> CsvRows {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut is_quoted = false;
    let mut quoted_in = 1;
    let mut signs = text.chars().peekable();
    while let Some(one) = signs.next() {
        match one {
            '"' if is_quoted && signs.peek() == Some(&'"') => {
                signs.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                is_quoted = true;
                quoted_in = rows.len() as u64 + 1;
            }
            one if one == sign && !is_quoted => row.push(trimmed(&mut cell)),
            '\n' if !is_quoted => {
                row.push(trimmed(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            one => cell.push(one),
        }
    }
    row.push(trimmed(&mut cell));
    rows.push(row);
    rows.retain(|row: &Vec<String>| row.iter().any(|cell| !cell.is_empty()));
    CsvRows {
        rows,
        unclosed: is_quoted.then_some(quoted_in),
    }
}

fn trimmed(cell: &mut String) -> String {
    std::mem::take(cell).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, vendor: &str, version: &str) -> InventoryLine {
        InventoryLine {
            name: name.to_owned(),
            vendor: vendor.to_owned(),
            version: version.to_owned(),
            ..InventoryLine::default()
        }
    }

    #[test]
    fn a_bill_of_materials_gives_its_components_and_those_within_them() {
        let file = br#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[
            {"type":"library","name":"log4j-core","group":"org.apache.logging.log4j","version":"2.14.1",
             "purl":"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"},
            {"type":"application","name":"portail","components":[
                {"name":"openssl","version":"3.0.2","supplier":{"name":"OpenSSL"}}]},
            {"type":"file","version":"1"}]}"#;
        let read = read(file).unwrap();
        assert_eq!(read.form, InventoryForm::CycloneDx);
        let names: Vec<&str> = read.lines.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["log4j-core", "openssl", "portail"]);
        assert_eq!(read.lines[0].vendor, "org.apache.logging.log4j");
        assert!(read.lines[0].identifier.starts_with("pkg:maven/"));
        // A program without a version is one all the same, and one without a name is counted.
        assert_eq!((read.lines[2].version.as_str(), read.unnamed), ("", 1));
    }

    #[test]
    fn rows_of_osquery_are_read_bare_and_from_a_log() {
        let bare = br#"[{"name":"7-Zip","version":"21.07","publisher":"Igor Pavlov"}]"#;
        let log = br#"{"name":"pack_inventory","hostIdentifier":"poste-12","action":"added","columns":{"name":"7-Zip","version":"21.07","publisher":"Igor Pavlov"}}
{"hostIdentifier":"poste-13","columns":{"name":"7-Zip","version":""}}"#;
        let expected = line("7-Zip", "Igor Pavlov", "21.07");
        assert_eq!(read(bare).unwrap().lines, [expected]);
        let read = read(log).unwrap();
        assert_eq!(read.form, InventoryForm::Osquery);
        let places: Vec<&str> = read.lines.iter().map(|one| one.place.as_str()).collect();
        assert_eq!(places, ["poste-13", "poste-12"]);
    }

    #[test]
    fn glpi_lists_several_versions_in_one_cell() {
        let file = "\u{feff}Nom;\u{c9}diteur;Versions - Nom\n\"Firefox; ESR\";Mozilla;\"115.3\n128.1\"\nPDF \"\"x\"\";;\n";
        let read = read(file.as_bytes()).unwrap();
        assert_eq!(read.form, InventoryForm::Glpi);
        let first = line("Firefox; ESR", "Mozilla", "115.3");
        let second = line("Firefox; ESR", "Mozilla", "128.1");
        assert_eq!(read.lines[..2], [first, second]);
        assert_eq!(read.lines.len(), 3);
    }

    #[test]
    fn a_file_of_another_form_is_refused_and_never_empty() {
        for file in [
            &b"{}"[..],
            b"[{\"a\":1}]",
            b"bonjour",
            b"a;b\n1;2",
            b"\xff\xfe",
            b"[1]",
        ] {
            assert_eq!(read(file), Err(InventoryError::Form), "{file:?}");
        }
    }
}
