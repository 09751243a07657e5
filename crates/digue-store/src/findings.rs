//! The findings of detection, the verdicts on them, and which channel has sent them.

use digue_types::{AccountId, FindingId, OrganisationId, PortalId, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::columns::{
    corrupt, is_true, name, number, optional_text, present, text, text_or_empty, time, whole,
};
use crate::error::Stored;
use crate::store::Store;

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRecord {
    pub id: FindingId,
    pub at: Timestamp,
    /// `None`: about the organisation as a whole.
    pub account: Option<AccountId>,
    pub organisation: OrganisationId,
    pub portal: PortalId,
    /// `alert` or `containment`.
    pub weight: String,
    /// Thousandths of the decimal logarithm of the odds.
    pub evidence: i64,
    /// The signals as JSON, the strongest first.
    pub signals: String,
    /// The days around it, as JSON; empty where they were not kept.
    pub around: String,
    /// Persons shown to the account that day.
    pub persons: u32,
    /// What was done, and what the playbook intended.
    pub action: String,
    pub intended: String,
    /// Too many accounts had been closed automatically: people were asked first.
    pub is_fused: bool,
    pub verdict: Option<FindingVerdict>,
}

/// The verdict of a person on a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingVerdict {
    /// A theft; otherwise work.
    pub is_theft: bool,
    pub by: AccountId,
    pub at: Timestamp,
    pub reason: String,
}

/// What the findings asked for are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingsAbout {
    Account(AccountId),
    /// The organisation as a whole, and each of its accounts.
    Organisation(OrganisationId),
    /// The organisation as a whole alone.
    OrganisationItself(OrganisationId),
    Portal(PortalId),
}

/// Which findings are asked for: those of which everything holds that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingQuery {
    pub about: Option<FindingsAbout>,
    /// Both ends belong to the period.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Without a verdict.
    pub is_undecided: bool,
    /// Decided to be work.
    pub is_work: bool,
    /// Decided to be a theft.
    pub is_theft: bool,
    /// Held back by the fuse.
    pub is_fused: bool,
    /// An account, an organisation or a portal was closed.
    pub has_closed: bool,
}

/// How many findings a query selects, and when the first of them was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FindingCount {
    pub findings: u64,
    pub oldest: Option<Timestamp>,
}

/// A way on which findings reach other systems. Each has its own progress: what one of them has is
/// not sent to it again because the other one failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertChannel {
    Webhook,
    Syslog,
}

impl AlertChannel {
    pub const ALL: [Self; 2] = [Self::Webhook, Self::Syslog];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Syslog => "syslog",
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Webhook => "webhook_at",
            Self::Syslog => "syslog_at",
        }
    }
}

/// The actions that close, by their codes.
pub const CLOSING_ACTIONS: [&str; 3] = ["close-account", "close-organisation", "close-portal"];

/// A value of a condition.
enum ConditionValue {
    Text(String),
    Number(i64),
}

impl FindingQuery {
    /// The `WHERE` of this query, with its values in order.
    fn conditions(&self) -> (String, Vec<ConditionValue>) {
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        let mut ask = |condition: &str, value: ConditionValue| {
            values.push(value);
            conditions.push(format!("{condition} ${}", values.len()));
        };
        let text = |text: &str| ConditionValue::Text(text.to_owned());
        match &self.about {
            Some(FindingsAbout::Account(account)) => ask("account =", text(account.as_str())),
            Some(FindingsAbout::Organisation(of)) => ask("organisation =", text(of.as_str())),
            Some(FindingsAbout::OrganisationItself(of)) => {
                ask("account IS NULL AND organisation =", text(of.as_str()));
            }
            Some(FindingsAbout::Portal(portal)) => ask("portal =", text(portal.as_str())),
            None => {}
        }
        if let Some(since) = self.since {
            ask("at >=", ConditionValue::Number(since.micros()));
        }
        if let Some(until) = self.until {
            ask("at <=", ConditionValue::Number(until.micros()));
        }
        if self.is_work {
            ask("verdict =", text("work"));
        }
        if self.is_theft {
            ask("verdict =", text("theft"));
        }
        if self.is_fused {
            ask("fused =", ConditionValue::Number(1));
        }
        if self.has_closed {
            let codes = CLOSING_ACTIONS.map(|code| format!("'{code}'"));
            conditions.push(format!("action IN ({})", codes.join(", ")));
        }
        if self.is_undecided {
            conditions.push("decided_at IS NULL".to_owned());
        }
        if conditions.is_empty() {
            return (String::new(), values);
        }
        (format!("WHERE {}", conditions.join(" AND ")), values)
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

fn bound(query: Query<'_>, values: Vec<ConditionValue>) -> Query<'_> {
    values.into_iter().fold(query, |query, value| match value {
        ConditionValue::Text(text) => query.bind(text),
        ConditionValue::Number(number) => query.bind(number),
    })
}

const COLUMNS: &str = "id, at, account, organisation, portal, weight, evidence, signals, persons, action, \
                       intended, around, fused, verdict, decided_by, decided_at, reason";

impl Store {
    pub async fn add_finding(&self, finding: &FindingRecord) -> Stored<()> {
        let sql = "INSERT INTO findings (id, at, account, organisation, portal, weight, evidence, signals, persons, \
                   action, intended, around, fused) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        sqlx::query(sql)
            .bind(finding.id.as_str())
            .bind(finding.at.micros())
            .bind(finding.account.as_ref().map(AccountId::as_str))
            .bind(finding.organisation.as_str())
            .bind(finding.portal.as_str())
            .bind(finding.weight.as_str())
            .bind(finding.evidence)
            .bind(finding.signals.as_str())
            .bind(i64::from(finding.persons))
            .bind(finding.action.as_str())
            .bind(finding.intended.as_str())
            .bind(present(finding.around.as_str()))
            .bind(i64::from(finding.is_fused))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The findings that a query selects, newest first, at most `most`.
    pub async fn findings_of(&self, asked: &FindingQuery, most: u32) -> Stored<Vec<FindingRecord>> {
        let (conditions, values) = asked.conditions();
        let limit = values.len() + 1;
        let sql = format!(
            "SELECT {COLUMNS} FROM findings {conditions} ORDER BY at DESC, id LIMIT ${limit}"
        );
        let query = bound(sqlx::query(sqlx::AssertSqlSafe(sql)), values).bind(i64::from(most));
        query
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(read)
            .collect()
    }

    /// How many findings a query selects: all of them, however many there are.
    pub async fn count_findings(&self, asked: &FindingQuery) -> Stored<FindingCount> {
        let (conditions, values) = asked.conditions();
        let sql =
            format!("SELECT COUNT(*) AS findings, MIN(at) AS oldest FROM findings {conditions}");
        let row = bound(sqlx::query(sqlx::AssertSqlSafe(sql)), values)
            .fetch_one(&self.pool)
            .await?;
        let oldest: Option<i64> = row.try_get("oldest")?;
        Ok(FindingCount {
            findings: whole(&row, "findings")?,
            oldest: oldest.map(Timestamp::from_micros),
        })
    }

    pub async fn finding(&self, id: &str) -> Stored<Option<FindingRecord>> {
        let sql = format!("SELECT {COLUMNS} FROM findings WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Findings that were not sent on this channel, oldest first, at most `most`.
    pub async fn untold_findings(
        &self,
        channel: AlertChannel,
        most: u32,
    ) -> Stored<Vec<FindingRecord>> {
        // The column is a constant of this file; nothing that comes from outside is part of the
        // text.
        let sql = format!(
            "SELECT {COLUMNS} FROM findings WHERE {} IS NULL ORDER BY at, id LIMIT $1",
            channel.column()
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(i64::from(most))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Records that a finding was sent on this channel.
    pub async fn tell_finding(&self, id: &str, channel: AlertChannel, at: Timestamp) -> Stored<()> {
        let sql = format!(
            "UPDATE findings SET {} = $1 WHERE id = $2",
            channel.column()
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(at.micros())
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The same for all findings, where nobody listens: a receiver that is added later gets later
    /// findings.
    pub async fn skip_findings(&self, channel: AlertChannel, at: Timestamp) -> Stored<()> {
        let sql = format!(
            "UPDATE findings SET {0} = $1 WHERE {0} IS NULL",
            channel.column()
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(at.micros())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Decides, once: of two at the same time, one succeeds.
    pub async fn decide_finding(&self, id: &str, verdict: &FindingVerdict) -> Stored<bool> {
        let done = sqlx::query(
            "UPDATE findings SET verdict = $1, decided_by = $2, decided_at = $3, reason = $4 \
             WHERE id = $5 AND decided_at IS NULL",
        )
        .bind(if verdict.is_theft { "theft" } else { "work" })
        .bind(verdict.by.as_str())
        .bind(verdict.at.micros())
        .bind(present(verdict.reason.as_str()))
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Withdraws a verdict that could not be journalled.
    pub async fn release_finding(&self, id: &str, by: &AccountId) -> Stored<()> {
        sqlx::query(
            "UPDATE findings SET verdict = NULL, decided_by = NULL, decided_at = NULL, reason = NULL \
             WHERE id = $1 AND decided_by = $2",
        )
        .bind(id)
        .bind(by.as_str())
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Stored<FindingRecord> {
    let account = optional_text(row, "account")?.map(|text| AccountId::parse(&text));
    Ok(FindingRecord {
        id: name(row, "id", FindingId::parse)?,
        at: time(row, "at")?,
        account: account.transpose().map_err(|_| corrupt("account"))?,
        organisation: name(row, "organisation", OrganisationId::parse)?,
        portal: name(row, "portal", PortalId::parse)?,
        weight: text(row, "weight")?,
        evidence: row.try_get("evidence")?,
        signals: text(row, "signals")?,
        around: text_or_empty(row, "around")?,
        persons: number(row, "persons")?,
        action: text(row, "action")?,
        intended: text(row, "intended")?,
        is_fused: is_true(row, "fused")?,
        verdict: verdict(row)?,
    })
}

fn verdict(row: &AnyRow) -> Stored<Option<FindingVerdict>> {
    let is_theft = match optional_text(row, "verdict")?.as_deref() {
        None => return Ok(None),
        Some("theft") => true,
        Some("work") => false,
        // Detection learns from verdicts: an unknown one must not be taken for either.
        Some(_) => return Err(corrupt("verdict")),
    };
    Ok(Some(FindingVerdict {
        is_theft,
        by: name(row, "decided_by", AccountId::parse)?,
        at: time(row, "decided_at")?,
        reason: text_or_empty(row, "reason")?,
    }))
}
