//! `digue demo --attack kairos`: the flood, the refusal, and the number that stays at the budget.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use digue_testkit::Client;

use crate::instance::binary;

/// A demonstration without an attack, for trying it out by hand.
pub(crate) struct Stage {
    child: std::process::Child,
    /// Agent, delegate, data protection officer, security officer.
    pub(crate) links: Vec<String>,
    /// The second security officer's.
    pub(crate) second: String,
}

impl Stage {
    pub(crate) fn open() -> Self {
        let mut child = Command::new(binary())
            .args(["demo", "--language", "en", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let mut links = Vec::new();
        while links.len() < 5 {
            let line = lines.next().expect("the banner names five links");
            if line.contains("link=") {
                links.push(line.trim().to_owned());
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        let second = links.pop().expect("five links");
        Self {
            child,
            links,
            second,
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_played_theft_stays_at_the_budget() {
    let mut child = Command::new(binary())
        .args([
            "demo",
            "--language",
            "en",
            "--port",
            "0",
            "--attack",
            "kairos",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut links = Vec::new();
    // Ends with the test, however that ends.
    let _stage = Stage {
        child,
        links: Vec::new(),
        second: String::new(),
    };
    let mut shown = Vec::new();
    // Ten reports are twenty seconds: by then the budget has been met long ago.
    for line in lines.by_ref() {
        if let Some(link) = line
            .trim()
            .strip_prefix("http://")
            .filter(|line| line.contains("link="))
        {
            links.push(link.to_owned());
        }
        if let Some(count) = line.strip_suffix(" persons shown") {
            shown.push(count.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
        }
        if shown.len() == 10 {
            break;
        }
    }
    assert_eq!(links.len(), 5);
    // 19 of its own caseload, 10 exact searches a minute: then no one.
    assert!(shown.iter().all(|count| *count <= 19 + 10), "{shown:?}");
    assert!(shown.last().unwrap() > &0);
    check_the_officers_page(&links[3]);
}

fn check_the_officers_page(link: &str) {
    let (authority, rest) = link.split_once('/').unwrap();
    let port: u16 = authority.rsplit_once(':').unwrap().1.parse().unwrap();
    let client = Client::new(([127, 0, 0, 1], port).into(), authority);
    let token = rest.rsplit_once('=').unwrap().1;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let entered = client.send(
        "POST",
        "/.digue/enter",
        &form,
        format!("link={token}").as_bytes(),
    );
    let cookie = entered.header("set-cookie").unwrap();
    let secret = cookie
        .strip_prefix("__Host-digue=")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let page = client.with_cookie(secret).get("/").text();
    assert!(page.contains("of-212.agent2"), "{page}");
}
