//! A person, as the tables about persons name one.

use sqlx::any::AnyRow;

use crate::columns::text;
use crate::error::Stored;

/// A person of a population, under the portal's identifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KnownPerson {
    pub population: String,
    pub person: String,
}

pub(crate) fn read(row: &AnyRow) -> Stored<KnownPerson> {
    Ok(KnownPerson {
        population: text(row, "population")?,
        person: text(row, "person")?,
    })
}
