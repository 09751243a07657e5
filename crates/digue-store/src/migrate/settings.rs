//! Splits the table `settings`, where each text had a codec of its own elsewhere, into typed
//! tables.

use digue_types::{AccountId, OrganisationId};
use sqlx::{AnyConnection, Row as _};

use crate::error::{StoreError, Stored};
use crate::migrate::rebuild::{is_refusal, keep, literal};

/// Names of settings. One that ends with a sign is followed by what it is about.
const NAMES: [&str; 14] = [
    "assessment-draft:",
    "assessment-known:",
    "assessment-reminded:",
    "caseload-version",
    "digest-at",
    "feed:",
    "feed-used:",
    "granted-rules:",
    "identity-cut.",
    "journal-head",
    "journal-head.",
    "kept-file:",
    "replaced:",
    "wanted-rules:",
];

const CASELOAD_VERSION: &str = "UPDATE installation SET caseload_version = $1";
const DIGEST_AT: &str = "UPDATE installation SET digest_at = $1";
const JOURNAL_HEAD: &str = "UPDATE installation SET journal_head = $1";
const FORMER_HEAD: &str = "INSERT INTO former_journal_heads (suffix, note) VALUES ($1, $2)";
const REPLACED: &str = "INSERT INTO replaced_files (target, version) VALUES ($1, $2)";
const DIGEST: &str = "INSERT INTO file_digests (file, digest) VALUES ($1, $2) \
                      ON CONFLICT (file, digest) DO UPDATE SET digest = excluded.digest";
const GRANTED: &str = "INSERT INTO rules (subject, state, text) VALUES ($1, 'granted', $2)";
const WANTED: &str = "INSERT INTO rules (subject, state, text) VALUES ($1, 'wanted', $2)";
const CUT: &str = "INSERT INTO identity_cuts (account, cut_at, lifted) VALUES ($1, $2, $3)";
// Those below store nothing when what they are about does not exist.
const FEED: &str = "INSERT INTO feeds (account, target, per_day) SELECT $1, $2, $3 \
                    WHERE EXISTS (SELECT 1 FROM accounts WHERE id = $1)";
const LOAD: &str = "INSERT INTO feed_loads (account, target, at, readings) SELECT $1, $2, $3, $4 \
                    WHERE EXISTS (SELECT 1 FROM feeds WHERE account = $1 AND target = $2) \
                    ON CONFLICT (account, target, at) \
                    DO UPDATE SET readings = feed_loads.readings + excluded.readings";
const DRAFT: &str = "INSERT INTO assessments (organisation, draft) \
                     SELECT id, $2 FROM organisations WHERE id = $1 \
                     ON CONFLICT (organisation) DO UPDATE SET draft = excluded.draft";
const KNOWN: &str = "INSERT INTO assessments (organisation, known_at) \
                     SELECT id, $2 FROM organisations WHERE id = $1 \
                     ON CONFLICT (organisation) DO UPDATE SET known_at = excluded.known_at";
const REMINDED: &str = "INSERT INTO assessments (organisation, reminded_at) \
                        SELECT id, $2 FROM organisations WHERE id = $1 \
                        ON CONFLICT (organisation) DO UPDATE SET reminded_at = excluded.reminded_at";

/// A statement that stores a part of a setting, with its values: texts first, then numbers.
struct TypedRow {
    statement: &'static str,
    texts: Vec<String>,
    numbers: Vec<i64>,
}

fn row<const T: usize, const N: usize>(
    statement: &'static str,
    texts: [String; T],
    numbers: [i64; N],
) -> TypedRow {
    TypedRow {
        statement,
        texts: texts.into(),
        numbers: numbers.into(),
    }
}

/// One setting of before.
struct Setting {
    name: String,
    value: String,
}

impl Setting {
    /// What it holds; `None` for a name that no version writes.
    fn rows(&self) -> Stored<Option<Vec<TypedRow>>> {
        let is_named = |name: &&str| match name.ends_with([':', '.']) {
            true => self.name.starts_with(*name),
            false => self.name == **name,
        };
        let Some(name) = NAMES.into_iter().find(is_named) else {
            return Ok(None);
        };
        let of = &self.name[name.len()..];
        let value = self.value.clone();
        let one = match name {
            "caseload-version" => row(CASELOAD_VERSION, [], [self.number()?]),
            "digest-at" => row(DIGEST_AT, [], [self.number()?]),
            "journal-head" => row(JOURNAL_HEAD, [value], []),
            "journal-head." => row(FORMER_HEAD, [of.to_owned(), value], []),
            "replaced:" => row(REPLACED, [of.to_owned()], [self.number()?]),
            "granted-rules:" => row(GRANTED, [of.to_owned(), value], []),
            "wanted-rules:" => row(WANTED, [of.to_owned(), value], []),
            "assessment-draft:" => row(DRAFT, [self.organisation(of)?, value], []),
            "assessment-known:" => row(KNOWN, [self.organisation(of)?], [self.number()?]),
            "assessment-reminded:" => row(REMINDED, [self.organisation(of)?], [self.number()?]),
            "identity-cut." => self.cut(of)?,
            "feed:" => {
                let (account, target) = self.feed(of)?;
                row(FEED, [account, target], [self.number()?])
            }
            "feed-used:" => return self.loads(of).map(Some),
            "kept-file:" => return Ok(Some(self.digests(of))),
            _ => unreachable!("every name of the list has its row"),
        };
        Ok(Some(vec![one]))
    }

    /// `MICROS`, with ` lifted` behind it once it was.
    fn cut(&self, account: &str) -> Stored<TypedRow> {
        let (at, lifted) = match self.value.strip_suffix(" lifted") {
            Some(at) => (at, 1),
            None => (self.value.as_str(), 0),
        };
        Ok(row(
            CUT,
            [self.account(account)?],
            [self.parse(at)?, lifted],
        ))
    }

    /// What a feed has loaded lately, as `MICROS:READINGS` separated by spaces.
    fn loads(&self, of: &str) -> Stored<Vec<TypedRow>> {
        let (account, target) = self.feed(of)?;
        let load = |load: &str| {
            let (at, readings) = load.split_once(':').ok_or_else(|| self.unreadable())?;
            Ok(row(
                LOAD,
                [account.clone(), target.clone()],
                [self.parse(at)?, self.parse(readings)?],
            ))
        };
        self.value
            .split(' ')
            .filter(|load| !load.is_empty())
            .map(load)
            .collect()
    }

    /// Digests separated by spaces.
    fn digests(&self, file: &str) -> Vec<TypedRow> {
        self.value
            .split(' ')
            .map(|digest| row(DIGEST, [file.to_owned(), digest.to_owned()], []))
            .collect()
    }

    /// The account and the target of `ACCOUNT/TARGET`. An account may hold a slash, a target begins
    /// with its kind.
    fn feed(&self, of: &str) -> Stored<(String, String)> {
        let ends = ["/caseload:", "/aliases:"]
            .into_iter()
            .filter_map(|start| of.rfind(start));
        let (account, target) = of.split_at(ends.max().ok_or_else(|| self.unreadable())?);
        Ok((self.account(account)?, target[1..].to_owned()))
    }

    fn number(&self) -> Stored<i64> {
        self.parse(&self.value)
    }

    fn parse(&self, text: &str) -> Stored<i64> {
        text.parse().map_err(|_| self.unreadable())
    }

    fn account(&self, name: &str) -> Stored<String> {
        AccountId::parse(name)
            .map(|id| id.to_string())
            .map_err(|_| self.unreadable())
    }

    fn organisation(&self, name: &str) -> Stored<String> {
        OrganisationId::parse(name)
            .map(|id| id.to_string())
            .map_err(|_| self.unreadable())
    }

    /// What cannot be read is not absent: the migration stops and names it.
    fn unreadable(&self) -> StoreError {
        self.unfit("it cannot be read".to_owned())
    }

    fn unfit(&self, cause: String) -> StoreError {
        StoreError::Unfit {
            table: "settings".to_owned(),
            row: self.name.clone(),
            cause,
        }
    }
}

/// Fills the typed tables, and drops `settings`. What belongs to nothing, and a name that no
/// version writes, are set aside.
///
/// # Errors
/// `Unfit` for a setting that cannot be read.
pub(crate) async fn split(connection: &mut AnyConnection) -> Stored<()> {
    sqlx::query("INSERT INTO installation (only_row) VALUES (1)")
        .execute(&mut *connection)
        .await?;
    // What feeds have used comes last, because it belongs to them.
    let rows =
        sqlx::query("SELECT name, value FROM settings ORDER BY name LIKE 'feed-used:%', name")
            .fetch_all(&mut *connection)
            .await?;
    for row in &rows {
        let setting = Setting {
            name: row.try_get("name")?,
            value: row.try_get("value")?,
        };
        if !store(connection, &setting).await? {
            let (name, value) = (literal(&setting.name), literal(&setting.value));
            let statement = format!("INSERT INTO settings (name, value) VALUES ({name}, {value})");
            keep(connection, "settings", &statement).await?;
        }
    }
    sqlx::query("DROP TABLE settings")
        .execute(connection)
        .await?;
    Ok(())
}

/// False for a setting that has no place.
async fn store(connection: &mut AnyConnection, setting: &Setting) -> Stored<bool> {
    let Some(rows) = setting.rows()? else {
        return Ok(false);
    };
    for TypedRow {
        statement,
        texts,
        numbers,
    } in rows
    {
        let mut query = sqlx::query(statement);
        for text in texts {
            query = query.bind(text);
        }
        for number in numbers {
            query = query.bind(number);
        }
        match query.execute(&mut *connection).await {
            Ok(done) if done.rows_affected() == 0 => return Ok(false),
            Ok(_) => {}
            Err(refusal) if is_refusal(&refusal) => return Err(setting.unfit(refusal.to_string())),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}
