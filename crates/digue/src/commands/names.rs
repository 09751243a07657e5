//! `digue names`: makes the table of known names of a portal, as keyed hashes.
//!
//! The list is read and forgotten; neither it nor a name is kept.

use std::path::Path;

use anyhow::{Context as _, Result};
use digue_gateway::Portal;
use digue_identifiers::PersonNameTableBuilder;
use digue_locales::Value;
use digue_survey::known::ColumnChoice;
use digue_survey::named_persons::NamedPerson;
use digue_types::PersonRef;

use super::loading::{loaded, portal_named};
use crate::cli::names::NamesArguments;
use crate::keys;
use digue_map_commands::arguments::HarArguments;
use digue_map_commands::learn::persons_file;
use digue_map_commands::name_files;
use digue_terminal::{BAD, GOOD, NOT_RUN, Output, input};

pub(super) fn run(out: &Output, arguments: &NamesArguments) -> u8 {
    let Some(config) = loaded(out, &arguments.config) else {
        return NOT_RUN;
    };
    let Some(portal) = portal_named(out, &config, &arguments.portal) else {
        return NOT_RUN;
    };
    let folder = &config.settings.data_folder;
    let done = match &arguments.persons {
        None => remove(out, folder, portal),
        Some(list) => make(out, folder, portal, list),
    };
    done.unwrap_or_else(|error| out.failed(&error))
}

fn remove(out: &Output, folder: &Path, portal: &Portal) -> Result<u8> {
    let path = name_files::path(folder, &portal.id);
    match std::fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    }
    out.say(
        "names-removed",
        &[("portal", Value::from(portal.id.as_str()))],
    );
    Ok(GOOD)
}

/// What the rows of the lists were.
#[derive(Default)]
struct NamesTally {
    /// Rows whose name is a single word, or blank.
    unsearched: usize,
    /// Rows whose identifier the map would not read.
    unreadable: usize,
}

fn make(out: &Output, folder: &Path, portal: &Portal, list: &HarArguments) -> Result<u8> {
    let key = keys::names_key(&folder.join("keys"))?;
    let mut builder = PersonNameTableBuilder::new(key);
    let mut tally = NamesTally::default();
    let read = [(&list.persons, true), (&list.names_file, false)];
    for (path, has_identifiers) in read
        .into_iter()
        .filter_map(|(path, has)| Some((path.as_ref()?, has)))
    {
        let Some(table) = persons_file::table_of(out, path) else {
            return Ok(NOT_RUN);
        };
        let Some(table) = table else {
            out.complain(
                "learn-persons-unread",
                &[("file", Value::from(input::shown(out.language, path)))],
            );
            return Ok(NOT_RUN);
        };
        let choice = ColumnChoice {
            identifiers: list.identifiers.clone(),
            names: list.names.clone(),
        };
        let persons = if has_identifiers {
            table.named_persons(&choice)
        } else {
            Ok(table.names_alone())
        };
        match persons {
            Ok(persons) => persons
                .iter()
                .for_each(|person| add(&mut builder, portal, person, &mut tally)),
            Err(fault) => {
                persons_file::report(out, path, &fault);
                return Ok(NOT_RUN);
            }
        }
    }
    let table = builder.finish()?;
    let path = name_files::path(folder, &portal.id);
    name_files::store(&path, &table).with_context(|| path.display().to_string())?;
    let values = [
        ("portal", Value::from(portal.id.as_str())),
        ("persons", Value::from(table.persons())),
        ("unsearched", Value::from(tally.unsearched)),
        ("unreadable", Value::from(tally.unreadable)),
    ];
    out.say("names-made", &values);
    Ok(if tally.unreadable > 0 || table.persons() == 0 {
        BAD
    } else {
        GOOD
    })
}

fn add(
    builder: &mut PersonNameTableBuilder,
    portal: &Portal,
    person: &NamedPerson<'_>,
    tally: &mut NamesTally,
) {
    let kind = &portal.kinds[portal.primary];
    let canonical = person.identifier.map(|text| kind.canonical(text));
    let reference = canonical
        .flatten()
        .and_then(|text| PersonRef::parse(&text).ok());
    // A name whose identifier the map cannot read is searched for all the same: nothing will ever
    // stand beside it.
    tally.unreadable += usize::from(person.identifier.is_some() && reference.is_none());
    let has_name = builder.add(reference.as_ref().map(PersonRef::as_str), &person.names);
    tally.unsearched += usize::from(!has_name);
}
