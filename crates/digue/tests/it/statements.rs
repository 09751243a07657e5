//! Random acts through the console, then every page of the incidents in both languages: no page
//! claims an act that no one performed. The log is read from the store afterwards, independently of
//! the pages.

use digue_casework::incidents::IncidentView;
use digue_casework::subject_names::SubjectNames;
use digue_response::clock::RULES;
use digue_response::{Incident, IncidentEntry};
use digue_store::Store;
use digue_testkit::Client;
use digue_types::Timestamp;
use jiff::tz::TimeZone;

use crate::claims_truth::{Draw, check, codes};
use crate::instance::{Instance, Plan, digue, obliging};

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];
const INCIDENTS: u64 = 8;
const ACTS: u64 = 24;
const BECAUSE: &str = "parce+que+les+faits+le+montrent";
const PAGES: [&str; 6] = [
    "",
    "/sheets",
    "/affected",
    "/notification",
    "/decisions",
    "/notices",
];

#[test]
fn pages_of_random_incidents_say_only_what_was_done() {
    let mut instance = Instance::open(&Plan::usual(), obliging);
    assert!(instance.stop());
    let dpo = [
        "account",
        "dpo",
        "--organisation",
        "operateur",
        "--role",
        "dpo",
    ];
    assert!(digue(instance.folder.path(), &dpo).status.success());
    instance.start();
    let (dpo, ciso) = (instance.console_session("dpo"), instance.officer());
    let mut taken = 0;
    let mut places = Vec::new();
    for seed in 0..INCIDENTS {
        let mut draw = Draw(seed);
        let about = draw.one(&["account=a1", "account=b1", "organisation=of-1", "x="]);
        let body = format!("title=Consultations+inhabituelles&source=person&{about}");
        let opened = dpo.send("POST", "/incidents", &FORM, body.as_bytes());
        let place = opened
            .header("location")
            .expect("it leads to the incident")
            .to_owned();
        for _ in 0..ACTS {
            taken += usize::from(act(&mut draw, &place, &dpo, &ciso));
        }
        places.push(place);
    }
    assert!(taken > 60, "the incidents have acts to speak of: {taken}");
    let said = pages(&dpo, &places);
    assert!(instance.stop());
    let views = views(instance.folder.path());
    let codes = codes();
    for (place, of, text) in said {
        let id = place.trim_start_matches("/incidents/");
        let view = views.iter().find(|view| view.record.id == id).unwrap();
        check(&text, view, &codes, &of);
    }
}

/// One random act; true when it was taken.
fn act(draw: &mut Draw, place: &str, dpo: &Client, ciso: &Client) -> bool {
    let at = "2026-01-05T10:30";
    let yes = draw.one(&["yes", "no"]);
    let (target, body) = match draw.below(14) {
        0 => (
            "/entries",
            format!("note=aware&at={at}&of=data&reason={BECAUSE}"),
        ),
        1 => (
            "/entries",
            format!("note=authority&notify={yes}&reason={BECAUSE}"),
        ),
        2 => (
            "/entries",
            format!("note=persons&inform=yes&reason={BECAUSE}"),
        ),
        3 => (
            "/entries",
            format!("note=submitted&stage=initial&at={at}&receipt="),
        ),
        4 | 5 => {
            let clock = draw.one(&["persons", "complaint", "processor", "public"]);
            (
                "/entries",
                format!("note=met&clock={clock}&at={at}&to=par+lettre&receipt=r4"),
            )
        }
        6 => (
            "/entries",
            format!(
                "note=withdrawn&entry={}&reason={BECAUSE}",
                draw.below(ACTS) + 1
            ),
        ),
        7 => (
            "/entries",
            format!("note=role&role=controller&insured={}&nis2=1", draw.below(2)),
        ),
        8 => (
            "/entries",
            format!(
                "note=delay&clock={}&reason={BECAUSE}",
                draw.one(&["authority", "persons"])
            ),
        ),
        9 => {
            let state = draw.one(&["confirmed", "contained", "dismissed", "suspected"]);
            (
                "/entries",
                format!("note=state&state={state}&reason={BECAUSE}"),
            )
        }
        10 => (
            "/entries",
            format!(
                "note=sheet&sheet={}",
                draw.one(&["ransomware", "stolen-account", "leak"])
            ),
        ),
        11 => (
            "/entries",
            format!(
                "note=corrected&entry={}&text=autrement",
                draw.below(ACTS) + 1
            ),
        ),
        12 => {
            let account = draw.one(&["a1", "b1"]);
            let body = format!("scope=account&name={account}&gate=closed&reason={BECAUSE}");
            return ciso.send("POST", "/gates", &FORM, body.as_bytes()).status == 303;
        }
        _ => {
            let (account, suspended) = (draw.one(&["a1", "b1"]), draw.below(2));
            let body = format!("account={account}&suspended={suspended}&reason={BECAUSE}");
            return ciso
                .send("POST", "/accounts/suspend", &FORM, body.as_bytes())
                .status
                == 303;
        }
    };
    dpo.send("POST", &format!("{place}{target}"), &FORM, body.as_bytes())
        .status
        == 303
}

/// Every page of each incident in both languages: its incident, its name, the words that people
/// read.
fn pages(dpo: &Client, places: &[String]) -> Vec<(String, String, String)> {
    let mut said = Vec::new();
    for place in places {
        for page in PAGES {
            for language in ["fr", "en"] {
                let target = format!("{place}{page}");
                let answer = dpo.send("GET", &target, &[("accept-language", language)], b"");
                assert_eq!(answer.status, 200, "{target}: {}", answer.text());
                said.push((
                    place.clone(),
                    format!("{target} {language}"),
                    read(&answer.text()),
                ));
            }
        }
    }
    said
}

/// The words of a page: what stands between its tags, without forms, whose lists name what may be
/// chosen.
fn read(html: &str) -> String {
    let main = html
        .split("<main")
        .nth(1)
        .expect("a main part")
        .split("</main>")
        .next()
        .unwrap();
    let mut words = String::new();
    for (place, part) in main.split("<form").enumerate() {
        let part = if place == 0 {
            part
        } else {
            part.split("</form>").nth(1).unwrap_or_default()
        };
        for text in part.split('<') {
            words.push_str(text.split_once('>').map_or("", |(_, text)| text));
            words.push(' ');
        }
    }
    // "Open sessions: 2" is a sentence, `sessions:2` a code.
    let words = words.replace(": ", " ");
    words
        .replace("&#39;", "'")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// What the store holds, folded.
fn views(folder: &std::path::Path) -> Vec<IncidentView> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let url = format!("sqlite:{}", folder.join("data/state.db").display());
        let store = Store::open(&url).await.unwrap();
        let mut views = Vec::new();
        for record in store.incidents().await.unwrap() {
            let stored = store.incident_entries(&record.id).await.unwrap();
            let entries: Vec<IncidentEntry> = stored
                .into_iter()
                .map(|entry| IncidentEntry {
                    number: entry.number,
                    at: entry.at,
                    recorded_at: entry.recorded_at,
                    author: entry.author,
                    note: serde_json::from_str(&entry.note).unwrap(),
                })
                .collect();
            let incident = Incident::of(&entries).unwrap();
            let clocks = incident.clocks(&RULES, &TimeZone::UTC);
            views.push(IncidentView {
                record,
                entries,
                incident,
                clocks,
                names: SubjectNames::default(),
                now: Timestamp::ZERO,
            });
        }
        views
    })
}
