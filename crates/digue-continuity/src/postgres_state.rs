//! The state in PostgreSQL: a consistent dump beside the other files of a backup, and its restore into
//! an empty database, for proof.
//!
//! PostgreSQL's own programs do both. Passwords are given to them in their environment: the words of
//! a command are shown to every account of the machine.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::ContinuityError;

/// In the data folder of a backup, where a state in SQLite has `state.db`.
pub const DUMP: &str = "state.pgdump";

type Ran<T> = Result<T, ContinuityError>;

/// True for the address of a PostgreSQL database.
pub(crate) fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// Dumps a database as of one moment.
///
/// # Errors
/// `Postgres` when `pg_dump` is not there or fails; nothing is left then.
pub(crate) fn dump(url: &str, into: &Path) -> Ran<()> {
    let draft = into.with_extension("draft");
    let address = DatabaseAddress::of(url);
    let mut command = address.command("pg_dump");
    // Without owners and rights: a machine that restores has other accounts.
    command
        .args(["--format=custom", "--no-owner", "--no-privileges", "--file"])
        .arg(&draft)
        .arg("--dbname")
        .arg(&address.url);
    run("pg_dump", command)?;
    fs::rename(&draft, into).map_err(ContinuityError::file(into))
}

/// A database that was made for one proof, and goes with it.
pub(crate) struct ProofDatabase {
    server: DatabaseAddress,
    name: String,
}

impl ProofDatabase {
    /// Makes an empty one on a server and restores a dump into it, whole or not at all.
    ///
    /// # Errors
    /// `Postgres` when a program is not there, the account may make no database, or the dump does not
    /// load.
    pub(crate) fn restore(server: &str, dump: &Path) -> Ran<Self> {
        let mut drawn = [0; 8];
        SystemRandom::new()
            .fill(&mut drawn)
            .map_err(|_| failed("createdb", "no random numbers"))?;
        let digits: String = drawn.iter().map(|byte| format!("{byte:02x}")).collect();
        let database = Self {
            server: DatabaseAddress::of(server),
            name: format!("digue_drill_{digits}"),
        };
        let mut made = database.server.command("createdb");
        made.arg("--maintenance-db")
            .arg(&database.server.url)
            .arg(&database.name);
        run("createdb", made)?;
        let mut restored = database.server.command("pg_restore");
        restored
            .args([
                "--exit-on-error",
                "--single-transaction",
                "--no-owner",
                "--no-privileges",
            ])
            .arg("--dbname")
            .arg(database.server.with_name(&database.name))
            .arg(dump);
        run("pg_restore", restored)?;
        Ok(database)
    }

    /// Its address, with the password of the server's.
    pub(crate) fn url(&self) -> String {
        self.server.whole_with_name(&self.name)
    }
}

impl Drop for ProofDatabase {
    fn drop(&mut self) {
        let mut dropped = self.server.command("dropdb");
        dropped
            .args(["--force", "--if-exists", "--maintenance-db"])
            .arg(&self.server.url)
            .arg(&self.name);
        // One that stays is seen by the administrator of that server; the proof is made.
        let _ = run("dropdb", dropped);
    }
}

/// An address without its password, and the password.
struct DatabaseAddress {
    whole: String,
    url: String,
    password: Option<String>,
}

impl DatabaseAddress {
    fn of(url: &str) -> Self {
        let parts = || {
            let (scheme, rest) = url.split_once("://")?;
            let (login, place) = rest.split_once('@')?;
            let (user, password) = login.split_once(':')?;
            Some((format!("{scheme}://{user}@{place}"), decoded(password)))
        };
        let (bare, password) = parts().map_or((url.to_owned(), None), |(bare, password)| {
            (bare, Some(password))
        });
        Self {
            whole: url.to_owned(),
            url: bare,
            password,
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        if let Some(password) = &self.password {
            command.env("PGPASSWORD", password);
        }
        command
    }

    fn with_name(&self, name: &str) -> String {
        named(&self.url, name)
    }

    fn whole_with_name(&self, name: &str) -> String {
        named(&self.whole, name)
    }
}

/// The same server, another database.
fn named(url: &str, name: &str) -> String {
    let (address, query) = match url.split_once('?') {
        Some((address, query)) => (address, format!("?{query}")),
        None => (url, String::new()),
    };
    let after_scheme = address.find("://").map_or(0, |at| at + 3);
    let server = match address[after_scheme..].find('/') {
        Some(at) => &address[..after_scheme + at],
        None => address,
    };
    format!("{server}/{name}{query}")
}

/// Percent-decoding, as addresses write a password.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|_| *first == b'%');
        let byte =
            digits.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn failed(program: &'static str, said: &str) -> ContinuityError {
    ContinuityError::Postgres {
        program,
        said: said.trim().to_owned(),
    }
}

fn run(program: &'static str, mut command: Command) -> Ran<Output> {
    let done = command.stdin(Stdio::null()).output();
    let done = done.map_err(|error| failed(program, &error.to_string()))?;
    if done.status.success() {
        return Ok(done);
    }
    Err(failed(program, &String::from_utf8_lossy(&done.stderr)))
}

#[cfg(test)]
#[path = "../../digue-store/tests/it/postgres.rs"]
mod postgres;

#[cfg(test)]
mod tests {
    use digue_store::Store;

    use super::*;
    use crate::restored::state_faults;

    #[test]
    fn a_dump_comes_back_in_an_empty_database_which_goes_with_the_proof() {
        let server = postgres::start();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let url = named(&server.url, "postgres");
        runtime.block_on(async {
            let store = Store::open(&url).await.unwrap();
            store
                .note_deadline_alert("IN-1", "authority", 50)
                .await
                .unwrap();
            store.close().await;
        });
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("data")).unwrap();
        let file = folder.path().join("data").join(DUMP);
        dump(&url, &file).unwrap();

        let restored = ProofDatabase::restore(&server.url, &file).unwrap();
        let found = runtime.block_on(async {
            let store = Store::open(&restored.url()).await.unwrap();
            let found = store
                .has_deadline_alert("IN-1", "authority", 50)
                .await
                .unwrap();
            store.close().await;
            found
        });
        assert!(found);
        assert_eq!(proofs(&server.url), "1");
        drop(restored);
        // Opened, migrated and checked: a state without accounts is found, and leaves no database.
        let faults = state_faults(folder.path(), Some(&server.url)).unwrap();
        assert_eq!(faults, Some(vec!["accounts: 0".to_owned()]));
        // Without a server nothing was tried, and nothing is said to be good.
        assert_eq!(state_faults(folder.path(), None).unwrap(), None);
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..whole.len() / 2]).unwrap();
        let broken = state_faults(folder.path(), Some(&server.url));
        assert!(
            matches!(broken, Err(ContinuityError::Postgres { .. })),
            "{broken:?}"
        );
        assert_eq!(proofs(&server.url), "0");
        // A database that is not there leaves no dump behind.
        let none = dump(
            &named(&server.url, "nulle-part"),
            &folder.path().join("autre"),
        );
        assert!(none.is_err());
        assert!(!folder.path().join("autre").exists());
    }

    /// How many databases of proofs a server has.
    fn proofs(server: &str) -> String {
        let mut asked = Command::new("psql");
        asked.args(["-tA", "--dbname", server, "-c"]);
        asked.arg("select count(*) from pg_database where datname like 'digue_drill%'");
        let said = run("psql", asked).unwrap().stdout;
        String::from_utf8(said).unwrap().trim().to_owned()
    }

    #[test]
    fn a_password_is_no_word_of_a_command_and_another_database_keeps_the_rest() {
        let address =
            DatabaseAddress::of("postgres://digue:p%40ss@db.exemple.fr:5433/digue?sslmode=require");
        assert_eq!(
            address.url,
            "postgres://digue@db.exemple.fr:5433/digue?sslmode=require"
        );
        assert_eq!(address.password.as_deref(), Some("p@ss"));
        assert_eq!(
            address.with_name("autre"),
            "postgres://digue@db.exemple.fr:5433/autre?sslmode=require"
        );
        assert_eq!(
            address.whole_with_name("autre"),
            "postgres://digue:p%40ss@db.exemple.fr:5433/autre?sslmode=require"
        );
        let bare = DatabaseAddress::of("postgres://localhost");
        assert_eq!(
            (bare.with_name("a").as_str(), bare.password),
            ("postgres://localhost/a", None)
        );
    }
}
