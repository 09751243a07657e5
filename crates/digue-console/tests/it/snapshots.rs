//! Each page as it is shown in each language to each role, kept as a text that people review.
//!
//! `DIGUE_SNAPSHOTS=write cargo test -p digue-console --test it snapshots` writes them anew; the
//! change is then read like any other, with `git diff`.
//!
//! `DIGUE_PAGES=FOLDER cargo test -p digue-console --test it pages_to_look_at` writes the pages as
//! a browser gets them, `FOLDER/fr-dpo/home.html`; `benchmarks/look FOLDER` takes pictures of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use digue_locales::Language;

use crate::html::{Element, Node, parse};
use crate::pages::{PAGES, Page, WorldState};
use crate::world::{Answer, READERS, Reader, Sent, World};

/// A page in one language, as each reader gets it.
pub(crate) struct Shown {
    pub(crate) page: &'static Page,
    pub(crate) language: Language,
    pub(crate) answers: Vec<(Reader, Answer)>,
}

impl Shown {
    /// The pages among the answers, read, with their reader.
    pub(crate) fn pages(&self) -> impl Iterator<Item = (Reader, &Answer, Element)> {
        let pages = self.answers.iter().filter(|(_, answer)| answer.is_page());
        pages.map(|(reader, answer)| (*reader, answer, parse(&answer.text)))
    }

    /// For the message of a failed check.
    pub(crate) fn place(&self, reader: Reader) -> String {
        format!(
            "{} ({}, {})",
            self.page.target,
            self.language.code(),
            reader.role
        )
    }
}

/// Every page in every language for every reader, asked once for all tests.
pub(crate) static SHOWN: LazyLock<Vec<Shown>> = LazyLock::new(|| {
    let asking = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(ask_all())
    });
    asking.join().unwrap()
});

async fn ask_all() -> Vec<Shown> {
    let mut shown = Vec::new();
    let mut world: Option<(WorldState, World)> = None;
    for page in PAGES {
        let here = match world.take() {
            Some((state, here)) if state == page.state => here,
            _ => world_in(page.state).await,
        };
        let before = here.entries();
        for language in Language::ALL {
            let mut answers = Vec::new();
            for reader in READERS {
                answers.push((reader, ask(&here, page, reader, language).await));
            }
            shown.push(Shown {
                page,
                language,
                answers,
            });
        }
        // A page that reads evidence leaves an entry, which other pages show: they get a world of
        // their own.
        if here.entries() == before {
            world = Some((page.state, here));
        }
    }
    shown
}

async fn world_in(state: WorldState) -> World {
    match state {
        WorldState::New => World::new().await,
        WorldState::LivedIn | WorldState::OnPortal => World::lived_in().await,
        WorldState::Stale => {
            let world = World::lived_in().await;
            world.wait_an_hour();
            world
        }
    }
}

async fn ask(world: &World, page: &Page, reader: Reader, language: Language) -> Answer {
    let mut target = page.target.to_owned();
    for (name, id) in world.names.iter().rev() {
        target = target.replace(name, id);
    }
    let sent = Sent::get(&target);
    let mut answer = match page.state {
        WorldState::OnPortal => world.answer_on_portal(reader, language, sent).await,
        WorldState::LivedIn | WorldState::Stale | WorldState::New => {
            world.answer(reader, language, sent).await
        }
    };
    answer.text = fixed(&world.names, &answer.text);
    answer.location = answer.location.map(|place| fixed(&world.names, &place));
    answer
}

/// Prefixes of random names (`digue_app::secret`).
const PREFIXES: [&str; 13] = [
    "ap", "bg", "ca", "fi", "hd", "in", "key", "ml", "mr", "re", "rq", "rv", "s",
];

/// `text` with what stands for the random names in it.
fn fixed(names: &BTreeMap<&'static str, String>, text: &str) -> String {
    let mut text = text.to_owned();
    for (name, id) in names {
        text = text.replace(id.as_str(), name);
    }
    let mut out = String::new();
    let mut word = String::new();
    for sign in text.chars().chain(std::iter::once('\n')) {
        if sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_') {
            word.push(sign);
            continue;
        }
        out.push_str(&without_randomness(&word));
        word.clear();
        out.push(sign);
    }
    out.pop();
    out
}

fn without_randomness(word: &str) -> String {
    // At the end of a word: the id of an element has another name before it.
    let head = word
        .get(..word.len().saturating_sub(12))
        .and_then(|head| head.strip_suffix('-'));
    if let Some(head) = head
        && PREFIXES.contains(&head.rsplit('-').next().unwrap_or_default())
    {
        return format!("{head}-RANDOM");
    }
    let is_hash = word.len() >= 12 && word.chars().all(|sign| sign.is_ascii_hexdigit());
    let has = |is: fn(&char) -> bool| word.chars().any(|sign| is(&sign));
    let is_secret = word.len() >= 16 && has(char::is_ascii_digit) && has(char::is_ascii_uppercase);
    if is_hash || is_secret {
        return "RANDOM".to_owned();
    }
    word.to_owned()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots")
}

/// The text of a page's snapshot.
fn text_of(page: &Page) -> String {
    let mut text = format!("GET {}\n", page.target);
    for shown in SHOWN.iter().filter(|shown| std::ptr::eq(shown.page, page)) {
        // Answers that are the same, with their readers, in the order of the table of routes.
        let mut kinds: Vec<(String, Vec<&str>)> = Vec::new();
        for (reader, answer) in &shown.answers {
            let said = said(answer);
            match kinds.iter_mut().find(|(known, _)| *known == said) {
                Some((_, readers)) => readers.push(reader.role),
                None => kinds.push((said, vec![reader.role])),
            }
        }
        // The longest page first: others are shown by their differences from it.
        kinds.sort_by_key(|(said, _)| {
            std::cmp::Reverse((said.starts_with("200"), said.lines().count()))
        });
        let longest = kinds[0].0.clone();
        for (place, (said, readers)) in kinds.iter().enumerate() {
            let (status, body) = said.split_once('\n').unwrap_or((said, ""));
            let _ = writeln!(
                text,
                "\n=== {} {}: {}",
                shown.language.code(),
                status,
                readers.join(", ")
            );
            let is_variant = place > 0 && status.starts_with("200") && longest.starts_with("200");
            if is_variant {
                text.push_str(&differences(
                    longest.split_once('\n').map_or("", |(_, body)| body),
                    body,
                ));
            } else {
                text.push_str(body);
            }
        }
    }
    text
}

/// The status of an answer, and what its page says.
fn said(answer: &Answer) -> String {
    match &answer.location {
        Some(place) => format!("{} to {place}\n", answer.status),
        None if answer.is_page() => {
            let root = parse(&answer.text);
            let main = root.first("main").expect("a page has a main part");
            let mut main = main.clone();
            // It says the same to every reader: reviewed in the locales, and its presence checked
            // on every page.
            main.children.retain(|child| {
                !matches!(child, Node::Element(element) if element.attribute("class") == Some("page-help"))
            });
            format!("{}\n{}", answer.status, main.outline())
        }
        None => format!("{} {}\n", answer.status, answer.kind),
    }
}

/// The lines by which `other` differs from `known`, `-` and `+`.
fn differences(known: &str, other: &str) -> String {
    let (known, other): (Vec<&str>, Vec<&str>) = (known.lines().collect(), other.lines().collect());
    // The longest common subsequence, from the end.
    let mut common = vec![vec![0_u32; other.len() + 1]; known.len() + 1];
    for left in (0..known.len()).rev() {
        for right in (0..other.len()).rev() {
            common[left][right] = if known[left] == other[right] {
                common[left + 1][right + 1] + 1
            } else {
                common[left + 1][right].max(common[left][right + 1])
            };
        }
    }
    let (mut left, mut right) = (0, 0);
    let mut out = String::new();
    while left < known.len() || right < other.len() {
        if left < known.len() && right < other.len() && known[left] == other[right] {
            (left, right) = (left + 1, right + 1);
        } else if right == other.len()
            || (left < known.len() && common[left + 1][right] >= common[left][right + 1])
        {
            let _ = writeln!(out, "-{}", known[left]);
            left += 1;
        } else {
            let _ = writeln!(out, "+{}", other[right]);
            right += 1;
        }
    }
    out
}

/// What stands above every page: the menu of each role.
fn menu() -> String {
    let mut text = String::from("The head of /awareness\n");
    for shown in SHOWN.iter().filter(|shown| shown.page.name == "awareness") {
        for (reader, answer, root) in shown.pages() {
            if answer.status == 200 {
                let _ = writeln!(text, "\n=== {} {}", shown.language.code(), reader.role);
                for part in ["header", "nav"] {
                    text.push_str(
                        &root
                            .first(part)
                            .expect("a page has a head and a menu")
                            .outline(),
                    );
                }
            }
        }
    }
    text
}

#[test]
fn every_page_is_as_its_snapshot_says() {
    #[expect(
        clippy::disallowed_methods,
        reason = "people ask for it on the command line of the test"
    )]
    let writes = std::env::var("DIGUE_SNAPSHOTS").is_ok_and(|said| said == "write");
    let texts = PAGES.iter().map(|page| (page.name, text_of(page)));
    let texts: BTreeMap<&str, String> = texts.chain([("menu", menu())]).collect();
    assert_eq!(
        texts.len(),
        PAGES.len() + 1,
        "each page has a name of its own"
    );
    let mut changed = Vec::new();
    for (name, text) in &texts {
        let file = folder().join(format!("{name}.txt"));
        if writes {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&file, text).unwrap();
            continue;
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        if kept != *text {
            changed.push(format!("{name}\n{}", differences(&kept, text)));
        }
    }
    for item in std::fs::read_dir(folder()).unwrap() {
        let path = item.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            texts.contains_key(name.as_str()),
            "{name}.txt is of no page"
        );
    }
    assert!(
        changed.is_empty(),
        "{}\nReview, then: DIGUE_SNAPSHOTS=write cargo test -p digue-console --test it snapshots",
        changed.join("\n")
    );
}

/// Looks and layout are for people to judge: without a folder nothing is written.
#[test]
fn pages_to_look_at() {
    #[expect(
        clippy::disallowed_methods,
        reason = "people ask for it on the command line of the test"
    )]
    let Ok(folder) = std::env::var("DIGUE_PAGES") else {
        return;
    };
    for shown in SHOWN.iter() {
        for (reader, answer) in shown.answers.iter().filter(|(_, answer)| answer.is_page()) {
            let place =
                PathBuf::from(&folder).join(format!("{}-{}", shown.language.code(), reader.role));
            std::fs::create_dir_all(&place).unwrap();
            std::fs::write(
                place.join(format!("{}.html", shown.page.name)),
                &answer.text,
            )
            .unwrap();
        }
    }
}

#[test]
fn differences_are_the_lines_that_were_taken_and_added() {
    assert_eq!(differences("a\nb\nc", "a\nx\nc\nd"), "-b\n+x\n+d\n");
    assert_eq!(differences("a", "a"), "");
}
