//! A MariaDB server of this run's own: Debian's package, loopback, a free port, a folder that goes
//! away with it. And what a source reads there.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use digue_store::ContactSource;

struct Server {
    port: u16,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts a server; the test fails when the package is not installed.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let data_dir = format!("--datadir={}", data.display());
        // As root the server asks to be told so.
        let id = Command::new("id").arg("-u").output().unwrap();
        let user = (id.stdout.trim_ascii() == b"0").then_some("--user=root");
        run(Command::new("mariadb-install-db")
            .args([
                "--no-defaults",
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
            ])
            .arg(&data_dir)
            .args(user));
        let process = Command::new("/usr/sbin/mariadbd")
            .arg("--no-defaults")
            .arg(&data_dir)
            .args(user)
            .args([
                "--bind-address=127.0.0.1",
                "--skip-log-bin",
                "--innodb-buffer-pool-size=16M",
            ])
            .arg(format!("--port={port}"))
            .arg(format!(
                "--socket={}",
                folder.path().join("socket").display()
            ))
            .arg(format!(
                "--pid-file={}",
                folder.path().join("pid").display()
            ))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            port,
            process,
            _folder: folder,
        };
        run(server.client("mariadb-admin").args(["--wait=60", "ping"]));
        server
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.args(["--no-defaults", "--protocol=tcp", "-h127.0.0.1", "-uroot"]);
        command.arg(format!("-P{}", self.port));
        command
    }

    fn run_sql(&self, sql: &str) {
        run(self.client("mariadb").args(["-e", sql]));
    }

    fn source(&self, query: &str) -> ContactSource {
        ContactSource {
            url: format!("mysql://lecture:secret@127.0.0.1:{}/suivi", self.port),
            query: query.to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It holds nothing that outlives the test.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(command: &mut Command) {
    let done = command.stdout(Stdio::null()).output().unwrap();
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

const COLUMNS: [&str; 3] = ["account", "person", "until"];

async fn rows(source: &ContactSource) -> Result<Vec<Vec<String>>, digue_store::StoreError> {
    let mut rows = Vec::new();
    let mut take = |row: Vec<String>| {
        rows.push(row);
        true
    };
    source.read_columns(&COLUMNS, &mut take).await?;
    Ok(rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_is_read_and_never_written() {
    let server = Server::start();
    server.run_sql(
        "CREATE DATABASE suivi CHARACTER SET utf8mb4; USE suivi; \
         CREATE TABLE suivi (conseiller VARCHAR(40), numero BIGINT, note TEXT, fin DATE); \
         INSERT INTO suivi VALUES ('élise', 12, '0012', NULL), ('a2', 13, '0013', '2027-01-31'); \
         CREATE USER lecture@'127.0.0.1' IDENTIFIED BY 'secret'; \
         GRANT ALL ON suivi.* TO lecture@'127.0.0.1';",
    );
    let all = "SELECT conseiller AS account, numero AS person, CAST(fin AS CHAR) AS until \
               FROM suivi ORDER BY numero";
    let expected = [["élise", "12", ""], ["a2", "13", "2027-01-31"]];
    assert_eq!(rows(&server.source(all)).await.unwrap(), expected);
    // Leading zeros are those of a text, whatever its type.
    let texts = server.source("SELECT note AS person FROM suivi ORDER BY numero");
    assert_eq!(rows(&texts).await.unwrap()[0], ["", "0012", ""]);

    // Even an account that may write does not.
    for write in [
        "DELETE FROM suivi",
        "INSERT INTO suivi VALUES ('a3', 14, '', NULL)",
        "UPDATE suivi SET numero = 1",
        "DROP TABLE suivi",
        "CREATE TABLE autre (a INT)",
        "TRUNCATE TABLE suivi",
        "SELECT 1; DELETE FROM suivi",
    ] {
        let done = rows(&server.source(write)).await;
        assert!(done.is_err(), "{write}: {done:?}");
    }
    assert_eq!(rows(&server.source(all)).await.unwrap(), expected);
    // A value that is neither text nor a whole number is no row with a blank.
    assert!(rows(&server.source("SELECT 1.5 AS person")).await.is_err());

    // The values of a question, in whichever order the query names them.
    let question = "SELECT conseiller AS account, numero AS person, NULL AS until FROM suivi \
                    WHERE conseiller = $2 AND numero = $1 AND $1 <> ''";
    let source = server.source(question);
    let found = source
        .look_up(&COLUMNS, &["13", "a2", "of-1"])
        .await
        .unwrap();
    assert_eq!(found, [["a2", "13", ""]]);
    assert!(
        source
            .look_up(&COLUMNS, &["13", "élise", "of-1"])
            .await
            .unwrap()
            .is_empty()
    );
    let hostile = source
        .look_up(&COLUMNS, &["13' OR '1' = '1", "a2", ""])
        .await
        .unwrap();
    assert_eq!(
        hostile.len(),
        1,
        "MariaDB reads a number from the front of a text"
    );
    let other = source
        .look_up(&COLUMNS, &["x' OR '1' = '1", "a2", ""])
        .await
        .unwrap();
    assert!(other.is_empty());
    let found = server
        .source("SELECT note AS person FROM suivi WHERE conseiller = $1")
        .find(&["a2".to_owned()])
        .await;
    assert_eq!(found.unwrap(), ["0013"]);

    let wrong = ContactSource {
        url: format!("mysql://lecture:faux@127.0.0.1:{}/suivi", server.port),
        ..server.source(all)
    };
    assert!(rows(&wrong).await.is_err());
}
