//! Relations that came between two readings of a source.

use digue_types::{AccountId, OrganisationId, PopulationId, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::columns::{corrupt, name, text, time};
use crate::error::Stored;
use crate::store::Store;

/// Why an account has a person between two readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdditionOrigin {
    /// The source was asked for this one person.
    LookedUp,
    /// The account created the person at a portal.
    Created,
}

impl AdditionOrigin {
    pub const fn code(self) -> &'static str {
        match self {
            Self::LookedUp => "looked-up",
            Self::Created => "created",
        }
    }

    fn parse(code: &str) -> Option<Self> {
        [Self::LookedUp, Self::Created]
            .into_iter()
            .find(|origin| origin.code() == code)
    }
}

/// One person in the caseload of one account until the next reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdditionRecord {
    pub population: PopulationId,
    pub account: AccountId,
    /// Its organisation then: in another one the relation holds no more.
    pub organisation: OrganisationId,
    /// Canonical.
    pub person: String,
    pub origin: AdditionOrigin,
    pub added_at: Timestamp,
    /// Exclusive.
    pub until: Timestamp,
}

impl Store {
    /// Adds or renews, and forgets what ended before `forget`.
    pub async fn add_addition(&self, one: &AdditionRecord, forget: Timestamp) -> Stored<()> {
        let mut transaction = self.transaction().await?;
        sqlx::query("DELETE FROM caseload_additions WHERE until_at < $1")
            .bind(forget.micros())
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO caseload_additions (population, account, organisation, person, origin, \
             added_at, until_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (population, account, person) DO UPDATE SET \
             organisation = excluded.organisation, origin = excluded.origin, \
             added_at = excluded.added_at, until_at = excluded.until_at",
        )
        .bind(one.population.as_str())
        .bind(one.account.as_str())
        .bind(one.organisation.as_str())
        .bind(one.person.as_str())
        .bind(one.origin.code())
        .bind(one.added_at.micros())
        .bind(one.until.micros())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Those that hold at `now`.
    pub async fn additions(&self, now: Timestamp) -> Stored<Vec<AdditionRecord>> {
        let rows = sqlx::query(
            "SELECT population, account, organisation, person, origin, added_at, until_at \
             FROM caseload_additions WHERE until_at > $1 ORDER BY added_at, account, person",
        )
        .bind(now.micros())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Ends those of a population that were added before `before`.
    pub async fn end_additions(
        &self,
        population: &PopulationId,
        (before, now): (Timestamp, Timestamp),
    ) -> Stored<()> {
        sqlx::query(
            "UPDATE caseload_additions SET until_at = $1 \
             WHERE population = $2 AND added_at < $3 AND until_at > $1",
        )
        .bind(now.micros())
        .bind(population.as_str())
        .bind(before.micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// How many of this origin the account was given after `since`, ended ones included.
    pub async fn additions_of(
        &self,
        account: &AccountId,
        origin: AdditionOrigin,
        since: Timestamp,
    ) -> Stored<u64> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS count FROM caseload_additions \
             WHERE account = $1 AND origin = $2 AND added_at > $3",
        )
        .bind(account.as_str())
        .bind(origin.code())
        .bind(since.micros())
        .fetch_one(&self.pool)
        .await?;
        let count = row.try_get::<i64, _>("count")?;
        u64::try_from(count).map_err(|_| corrupt("count"))
    }
}

fn read(row: &AnyRow) -> Stored<AdditionRecord> {
    let origin = AdditionOrigin::parse(&text(row, "origin")?);
    Ok(AdditionRecord {
        population: name(row, "population", PopulationId::parse)?,
        account: name(row, "account", AccountId::parse)?,
        organisation: name(row, "organisation", OrganisationId::parse)?,
        person: text(row, "person")?,
        origin: origin.ok_or_else(|| corrupt("origin"))?,
        added_at: time(row, "added_at")?,
        until: time(row, "until_at")?,
    })
}
