//! Shared by the benches of the release binary: a configured installation, its officer's browser,
//! its journal before the start, and reproducible random numbers.

#![allow(
    clippy::mod_module_files,
    reason = "beside the benchmarks it would be one of them"
)]

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use digue_journal::disk::Disk;
use digue_journal::keyring::{Keyring, MasterKey, PeriodLength};
use digue_journal::note::Signer;
use digue_journal::observer::NoObserver;
use digue_journal::{Journal, JournalOptions};
use digue_testkit::{Client, Portal, Reply};

pub(crate) const CONSOLE: &str = "digue.localhost";
pub(crate) const NAME: &str = "digue.bench";
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

pub(crate) struct Instance {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) address: SocketAddr,
    link: String,
    _portal: Portal,
}

/// A process that ends with its owner.
pub(crate) struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Instance {
    pub(crate) fn configure() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let portal = Portal::start(|_| Reply::new("application/json", "{}"));
        let address = TcpListener::bind("127.0.0.1:0")
            .and_then(|l| l.local_addr())
            .expect("a free port");
        let settings = format!(
            "[digue]\nname = \"{NAME}\"\n[watch]\nautomatic = \"observe\"\n[console]\nurl = \"http://{CONSOLE}:{}\"\n[[listeners]]\n\
             address = \"{address}\"\n[limits]\nrequests_per_minute = 4000000000\n[sessions]\nproof = \"1h\"\n",
            address.port()
        );
        std::fs::write(folder.path().join("digue.toml"), settings).expect("written");
        std::fs::create_dir_all(folder.path().join("portals")).expect("a folder");
        let map = format!(
            "[portal]\nname = \"portail\"\npopulation = \"personnes\"\nurl = \"http://portail.localhost:{}\"\n\
             upstream = \"{}\"\n[identifiers.id]\nshape = \"[A-Z0-9]{{1,20}}\"\n[[routes]]\nname = \"fiche\"\n\
             path = \"/fiche\"\naction = \"open\"\ncategories = [\"identite\"]\ncaseload = \"not-required\"\n\
             [[routes.response]]\nformat = \"json\"\nrecords = [\"$\"]\npersons = [{{ at = \"$.id\" }}]\n",
            address.port(),
            portal.url()
        );
        std::fs::write(folder.path().join("portals/portail.toml"), map).expect("written");
        let mut instance = Self {
            folder,
            address,
            link: String::new(),
            _portal: portal,
        };
        instance.digue(&["account", "rssi", "--organisation", "op", "--role", "rssi"]);
        instance.digue(&[
            "account",
            "thief",
            "--organisation",
            "of-1",
            "--role",
            "agent",
        ]);
        let link = instance.digue(&["link", "rssi", "--host", CONSOLE]);
        instance.link = link
            .trim()
            .split("link=")
            .nth(1)
            .expect("a link")
            .to_owned();
        instance
    }

    pub(crate) fn digue(&self, arguments: &[&str]) -> String {
        let done = Command::new(env!("CARGO_BIN_EXE_digue"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("LANG", "en")
            .output()
            .expect("it runs");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    pub(crate) fn serve(&self) -> Served {
        let mut child = Command::new(env!("CARGO_BIN_EXE_digue"))
            .args(["serve", "--language", "en"])
            .current_dir(self.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let ready = lines.any(|line| line.is_ok_and(|line| line.contains("Digue is running")));
        let served = Served(child);
        assert!(ready, "Digue is running");
        std::thread::spawn(move || lines.for_each(drop));
        served
    }

    pub(crate) fn officer(&self) -> Client {
        let client = Client::new(self.address, CONSOLE);
        let entered = client.send(
            "POST",
            "/.digue/enter",
            &[FORM],
            format!("link={}", self.link).as_bytes(),
        );
        let cookie = entered.header("set-cookie").expect("a session");
        let secret = cookie
            .strip_prefix("__Host-digue=")
            .expect("ours")
            .split(';')
            .next()
            .expect("its value");
        client.with_cookie(secret)
    }
}

pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    /// SplitMix64.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(z ^ (z >> 31)) * u128::from(limit)) >> 64) as u64
    }
}

/// The journal of a stopped installation.
pub(crate) fn open(folder: &Path) -> Journal {
    let keys = folder.join("data/keys");
    let read = |name: &str| -> [u8; 32] {
        std::fs::read(keys.join(name))
            .expect("a key")
            .try_into()
            .expect("32 bytes")
    };
    let disk = Disk::new(&folder.join("data/journal"));
    let draw = |bytes: &mut [u8]| {
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), bytes)
            .expect("randomness");
    };
    let master = MasterKey::new(&read("master.key"));
    Journal::open(JournalOptions {
        keyring: Keyring::new(disk.clone(), master, PeriodLength::Month, Box::new(draw)),
        disk,
        signer: Signer::from_seed(NAME, &read("journal.key")).expect("a key"),
        queue_max: 64,
        checkpoint_every: Duration::from_millis(500),
        observer: Box::new(NoObserver),
    })
    .expect("it opens")
}
