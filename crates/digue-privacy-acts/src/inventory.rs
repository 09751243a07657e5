//! An inventory of programs taken into the register: CycloneDX, osquery or GLPI. The changes are
//! shown first; a confirmation names exactly these.

use std::collections::{BTreeMap, BTreeSet};

use digue_app::files::sha256;
use digue_app::{Actor, App, LineFault, OperationError};
use digue_compliance::isms::{self, SaveError};
use digue_isms::field::{LINE_CHARS_MAX, Values};
use digue_isms::kinds::RegisterKind;
use digue_isms::privacy_kinds::Software;
use digue_isms::register::{RegisterEntry, Registers};
use digue_privacy::inventory::{InventoryError, InventoryForm, InventoryLine, ReadInventory, read};
use jiff::civil::Date;

const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What an inventory changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryPreview {
    pub form: InventoryForm,
    pub added: usize,
    /// Known programs with another version.
    pub changed: usize,
    /// Known ones that were seen again.
    pub same: usize,
    /// Lines of the file without a name.
    pub unnamed: u64,
    /// Programs of the last file of this tool that this one does not name. They stay: a machine may
    /// have been switched off.
    pub unseen: usize,
    /// SHA-256 of exactly these changes.
    pub digest: String,
}

/// What became of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InventoryOutcome {
    Taken(InventoryPreview),
    /// The register changed since the preview: nothing was written.
    Outdated(InventoryPreview),
}

type Changes = Vec<(Option<String>, Values)>;

/// Shows what a file would change; changes nothing.
///
/// # Errors
/// `Invalid` for a file of another form, or one that is too large.
pub async fn preview(
    app: &App,
    actor: &Actor,
    bytes: &[u8],
) -> Result<InventoryPreview, OperationError> {
    Ok(planned(app, actor, bytes).await?.0)
}

/// Applies the changes of a preview, named by its digest.
///
/// # Errors
/// As `preview`.
pub async fn import(
    app: &App,
    actor: &Actor,
    (bytes, digest): (&[u8], &str),
) -> Result<InventoryOutcome, OperationError> {
    let (preview, changes) = planned(app, actor, bytes).await?;
    if preview.digest != digest {
        return Ok(InventoryOutcome::Outdated(preview));
    }
    let saved = isms::save_all(app, actor, RegisterKind::Software, &changes).await;
    saved.map_err(|error: SaveError| OperationError::from(error))?;
    Ok(InventoryOutcome::Taken(preview))
}

async fn planned(
    app: &App,
    actor: &Actor,
    bytes: &[u8],
) -> Result<(InventoryPreview, Changes), OperationError> {
    actor.must_govern()?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(OperationError::Invalid("invalid-inventory"));
    }
    let file = bytes.to_vec();
    let read = app.blocking(move || read(&file)).await?;
    let read = read.map_err(|error| match error {
        InventoryError::Form | InventoryError::TooMany => {
            OperationError::Invalid("invalid-inventory")
        }
        InventoryError::Row(number) => {
            let line = usize::try_from(number).unwrap_or(usize::MAX);
            OperationError::Faults(vec![LineFault::new(line, "inventory-fault-row")])
        }
    })?;
    let registers = isms::registers(app, actor).await?;
    Ok(plan(&registers, &read, isms::now(app).today))
}

/// A program on a machine, whatever its version: what an inventory sees again.
type ProgramKey = (String, String, String);

fn key(name: &str, vendor: &str, place: &str) -> ProgramKey {
    [name, vendor, place].map(str::to_lowercase).into()
}

fn key_of(line: &InventoryLine) -> ProgramKey {
    key(&cut(&line.name), &cut(&line.vendor), &cut(&line.place))
}

fn plan(registers: &Registers, read: &ReadInventory, today: Date) -> (InventoryPreview, Changes) {
    let source = read.form.code();
    let known = registers.read::<Software>().entries;
    let mut by_key: BTreeMap<ProgramKey, Vec<&RegisterEntry<Software>>> = BTreeMap::new();
    for entry in known.iter().filter(|entry| entry.record.source.0 == source) {
        let one = &entry.record;
        let key = key(&one.title.0, &one.vendor.0, &one.place.0);
        by_key.entry(key).or_default().push(entry);
    }
    let mut preview = InventoryPreview {
        form: read.form,
        added: 0,
        changed: 0,
        same: 0,
        unnamed: read.unnamed,
        unseen: 0,
        digest: String::new(),
    };
    // Programs that the file names with their own version, too: none of them becomes another.
    let listed: BTreeSet<(ProgramKey, &str)> = read
        .lines
        .iter()
        .map(|line| (key_of(line), line.version.as_str()))
        .collect();
    let is_listed = |entry: &RegisterEntry<Software>| {
        let one = &entry.record;
        let key = key(&one.title.0, &one.vendor.0, &one.place.0);
        listed.contains(&(key, one.version.0.as_str()))
    };
    let mut changes = Changes::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for line in &read.lines {
        let own = by_key.get(&key_of(line)).map_or(&[][..], Vec::as_slice);
        let is_free = |entry: &&&RegisterEntry<Software>| !seen.contains(entry.id.as_str());
        // The same version first: of two versions side by side neither becomes the other.
        let same = own.iter().find(|one| one.record.version.0 == line.version);
        let entry = same.or_else(|| own.iter().filter(is_free).find(|one| !is_listed(one)));
        match entry {
            Some(entry) if entry.record.version.0 == line.version => preview.same += 1,
            Some(_) => preview.changed += 1,
            None => preview.added += 1,
        }
        if let Some(entry) = entry {
            seen.insert(&entry.id);
        }
        changes.push((
            entry.map(|entry| entry.id.clone()),
            values(
                registers,
                entry.map(|entry| entry.id.as_str()),
                line,
                (source, today),
            ),
        ));
    }
    let all = by_key.values().flatten();
    preview.unseen = all.filter(|one| !seen.contains(one.id.as_str())).count();
    preview.digest = sha256(serde_json::to_string(&changes).expect("strings always serialise"));
    (preview, changes)
}

/// The record of a line: what people wrote beside it stays.
fn values(
    registers: &Registers,
    id: Option<&str>,
    line: &InventoryLine,
    (source, today): (&str, Date),
) -> Values {
    let known = id.and_then(|id| registers.find(RegisterKind::Software, id));
    let mut values = known.map_or_else(Values::new, |known| known.values.clone());
    let today = today.to_string();
    for (field, text) in [
        ("title", line.name.as_str()),
        ("vendor", &line.vendor),
        ("version", &line.version),
        ("identifier", &line.identifier),
        ("place", &line.place),
        ("source", source),
        ("seen-on", &today),
    ] {
        let text = cut(text);
        // A file without the version says that nobody knows it now: the old one is not seen today.
        if !text.is_empty() {
            values.insert(field.to_owned(), vec![text]);
        } else if field == "version" {
            values.remove(field);
        }
    }
    values
}

/// A name that a field can hold: one line, not too long.
fn cut(text: &str) -> String {
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    line.trim().chars().take(LINE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use digue_isms::register::Revision;
    use digue_types::Timestamp;
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 30);

    fn read_of(rows: &[(&str, &str)]) -> ReadInventory {
        let rows = rows
            .iter()
            .map(|(name, version)| format!(r#"{{"name":"{name}","version":"{version}"}}"#));
        let rows: Vec<String> = rows.collect();
        read(format!("[{}]", rows.join(",")).as_bytes()).unwrap()
    }

    fn registers_of(changes: &Changes) -> Registers {
        let revision = |(place, (id, values)): (usize, &(Option<String>, Values))| Revision {
            kind: RegisterKind::Software,
            id: id.clone().unwrap_or_else(|| format!("LO-{}", place + 1)),
            number: 1,
            at: Timestamp::ZERO,
            by: "rssi".to_owned(),
            is_over: false,
            hash: String::new(),
            values: RegisterKind::Software.checked(values).unwrap(),
        };
        Registers::new(changes.iter().enumerate().map(revision))
    }

    fn counts(preview: &InventoryPreview) -> (usize, usize, usize, usize) {
        let InventoryPreview {
            added,
            changed,
            same,
            unseen,
            ..
        } = preview;
        (*added, *changed, *same, *unseen)
    }

    #[test]
    fn what_is_seen_again_is_the_same_program_with_its_new_version() {
        let first = [("openssl", "3.0.2"), ("nginx", "1.24.0"), ("exim4", "4.96")];
        let (shown, changes) = plan(&Registers::default(), &read_of(&first), TODAY);
        assert_eq!(counts(&shown), (3, 0, 0, 0));
        let registers = registers_of(&changes);
        let again = plan(&registers, &read_of(&first), TODAY);
        assert_eq!(counts(&again.0), (0, 0, 3, 0));
        let later = [("openssl", "3.0.15"), ("nginx", "1.24.0")];
        let (shown, changes) = plan(&registers, &read_of(&later), TODAY);
        // What the file no longer names stays in the register, and is counted.
        assert_eq!(counts(&shown), (0, 1, 1, 1));
        assert!(changes.iter().all(|(id, _)| id.is_some()));
    }

    #[test]
    fn two_versions_side_by_side_stay_two() {
        let both = [("python3", "3.11.2"), ("python3", "3.9.1")];
        let (_, changes) = plan(&Registers::default(), &read_of(&both), TODAY);
        let registers = registers_of(&changes);
        let next = [("python3", "3.11.2"), ("python3", "3.9.7")];
        let (shown, changes) = plan(&registers, &read_of(&next), TODAY);
        assert_eq!(counts(&shown), (0, 1, 1, 0));
        let ids: BTreeSet<_> = changes.iter().map(|(id, _)| id.clone()).collect();
        assert_eq!(ids.len(), 2);
    }
}
