//! The start page of each role: what awaits it, and that nothing is called nothing that could not
//! be read.

use digue_compliance::isms::awareness;
use digue_isms::awareness::Module;
use digue_locales::Language;

use crate::html::{Element, parse};
use crate::world::{
    AGENT, AUDITOR, CISO, DELEGATE, DPO, PORTAL_TEAM, READERS, Reader, STRANGER, Sent, World,
};

async fn home(world: &World, reader: Reader) -> Element {
    let answer = world.answer(reader, Language::French, Sent::get("/")).await;
    assert_eq!(answer.status, 200, "{}: {answer:?}", reader.role);
    parse(&answer.text)
}

fn has_class(element: &Element, class: &str) -> bool {
    element
        .attribute("class")
        .is_some_and(|all| all.split(' ').any(|one| one == class))
}

fn of_class<'e>(root: &'e Element, class: &str) -> Vec<&'e Element> {
    root.all()
        .into_iter()
        .filter(|element| has_class(element, class))
        .collect()
}

fn situation(root: &Element) -> &Element {
    of_class(root, "situation")[0]
}

/// The tasks of the reader, as (words, where the button leads).
fn tasks(root: &Element) -> Vec<(String, String)> {
    // Those that unfold, too.
    let mine = root
        .all()
        .into_iter()
        .filter(|list| has_class(list, "tasks") && !has_class(list, "quietly"));
    let tasks = mine.flat_map(|list| of_class(list, "task"));
    let task = |task: &Element| {
        let links: Vec<&Element> = task
            .all()
            .into_iter()
            .filter(|element| element.is("a"))
            .collect();
        assert_eq!(links.len(), 1, "one button each: {}", task.text());
        let what = of_class(task, "what")[0].text();
        (
            what,
            links[0].attribute("href").unwrap_or_default().to_owned(),
        )
    };
    tasks.map(task).collect()
}

fn leads(tasks: &[(String, String)], place: &str) -> bool {
    tasks.iter().any(|(_, leads_to)| leads_to == place)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ciso_reads_first_that_an_account_was_closed_and_goes_there() {
    let world = World::lived_in().await;
    // Results of two days ago say nothing about today.
    world.post(CISO, "/smsi/checks", &[]).await;
    let root = home(&world, CISO).await;
    let first = situation(&root);
    assert!(has_class(first, "bad"), "{first:?}");
    let text = first.text();
    assert!(
        text.contains("1 compte fermé à") && text.contains("à décider"),
        "{text}"
    );
    let closed = format!("/watch/{}", world.names["FINDING-CLOSED"]);
    let link = first.first("a").and_then(|link| link.attribute("href"));
    assert_eq!(link, Some(closed.as_str()));
    let mine = tasks(&root);
    assert!(
        mine[0].1.starts_with("/watch/"),
        "findings come first: {mine:?}"
    );
    assert!(
        leads(&mine, &closed)
            && leads(&mine, &format!("/watch/{}", world.names["FINDING-WAITING"]))
    );
    assert!(
        !leads(&mine, &format!("/watch/{}", world.names["FINDING-JUDGED"])),
        "{mine:?}"
    );
    let all = root.text();
    assert!(
        all.contains("1 vérification") || all.contains("vérifications en échec"),
        "{all}"
    );
    assert!(all.contains("Chiffrer les exports"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dpo_sees_the_clock_the_incident_and_the_contest() {
    let world = World::lived_in().await;
    let root = home(&world, DPO).await;
    let clocks = of_class(&root, "clocks");
    let words = clocks[0].text();
    assert!(
        words.contains("il reste") || words.contains("de retard"),
        "{words}"
    );
    assert!(words.contains("INC-2025-001"), "{words}");
    let mine = tasks(&root);
    assert!(
        leads(&mine, &format!("/incidents/{}", world.names["INCIDENT"])),
        "{mine:?}"
    );
    assert!(
        leads(&mine, &format!("/requests/{}", world.names["REQUEST"])),
        "{mine:?}"
    );
    let answered = format!("/requests/{}", world.names["REQUEST-ANSWERED"]);
    assert!(!leads(&mine, &answered), "{mine:?}");
    // A DPO may confirm a theft: it stands among what awaits them, with the button to decide.
    assert!(
        mine.iter().any(
            |(what, place)| what.contains("Décidez si ce compte a été volé : perdu")
                && place.starts_with("/watch/fi-")
        ),
        "{mine:?}"
    );
    let others = of_class(&root, "quietly");
    assert!(
        !others.iter().any(|list| list.text().contains("Décidez si")),
        "what the reader decides does not wait for others"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_page_names_no_person() {
    let world = World::lived_in().await;
    let before = world.entries();
    for reader in &READERS[1..] {
        let text = home(&world, *reader).await.text();
        for person in ["P1", "P2", "P3", "P4", "P5"] {
            assert!(
                !text.split(' ').any(|word| word == person),
                "{}: {person} in {text}",
                reader.role
            );
        }
    }
    assert_eq!(world.entries(), before, "it reads no evidence");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_gets_its_own_tasks_and_no_others() {
    let world = World::lived_in().await;
    let agent = tasks(&home(&world, AGENT).await);
    assert!(
        !agent.is_empty()
            && agent
                .iter()
                .all(|(_, place)| place.starts_with("/awareness")),
        "{agent:?}"
    );
    let delegate = tasks(&home(&world, DELEGATE).await);
    assert!(
        leads(&delegate, &format!("/reviews/{}", world.names["REVIEW"])),
        "{delegate:?}"
    );
    assert!(
        !delegate
            .iter()
            .any(|(_, place)| place.starts_with("/smsi") || place.starts_with("/incidents"))
    );
    let team = tasks(&home(&world, PORTAL_TEAM).await);
    assert!(
        team.iter()
            .all(|(_, place)| place.starts_with("/awareness")),
        "{team:?}"
    );
    let auditor = tasks(&home(&world, AUDITOR).await);
    assert!(
        auditor
            .iter()
            .all(|(_, place)| place.starts_with("/awareness")),
        "an auditor decides nothing: {auditor:?}"
    );
    let stranger = world
        .answer(STRANGER, Language::French, Sent::get("/"))
        .await;
    assert_eq!(stranger.location.as_deref(), Some("/.digue/sign-in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decided_finding_leaves_the_start_page_and_the_menu() {
    let world = World::lived_in().await;
    let badge = |root: &Element| {
        let entry = root
            .all()
            .into_iter()
            .find(|link| link.is("a") && link.attribute("href") == Some("/watch"));
        of_class(entry.expect("the menu has the findings"), "badge")
            .first()
            .map(|badge| badge.text())
    };
    assert_eq!(badge(&home(&world, CISO).await).as_deref(), Some("2"));
    for name in ["FINDING-CLOSED", "FINDING-WAITING"] {
        let id = world.names[name].clone();
        let verdict = [
            ("id", id.as_str()),
            ("verdict", "work"),
            ("reason", "inventaire de fin d'année"),
        ];
        world.post(CISO, "/watch/decide", &verdict).await;
    }
    let root = home(&world, CISO).await;
    assert_eq!(badge(&root), None);
    assert!(
        !tasks(&root)
            .iter()
            .any(|(_, place)| place.starts_with("/watch"))
    );
    assert!(!situation(&root).text().contains("compte fermé"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_do_is_said_with_the_time_of_the_look() {
    let world = World::new().await;
    for module in Module::ALL {
        let answers = module.right().map(ToOwned::to_owned);
        let actor = world.actor(AUDITOR);
        awareness::answer(&world.app, &actor, *module, &answers)
            .await
            .unwrap();
    }
    let root = home(&world, AUDITOR).await;
    assert!(tasks(&root).is_empty(), "{:?}", tasks(&root));
    let first = situation(&root);
    assert!(
        has_class(first, "good") && first.text().contains("Rien ne vous attend. Contrôlé à"),
        "{}",
        first.text()
    );
    assert!(
        root.text()
            .contains("Rien à faire pour vous. Dernier contrôle à")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_unknown_and_never_nothing() {
    let world = World::lived_in().await;
    world.break_incidents().await;
    let root = home(&world, DPO).await;
    let alarm = of_class(&root, "alarm");
    let words: String = alarm.iter().map(|one| one.text()).collect();
    assert!(
        words.contains("Inconnu") && words.contains("les incidents"),
        "{words}"
    );
    let entry = root
        .all()
        .into_iter()
        .find(|link| link.attribute("href") == Some("/incidents"));
    let badge = of_class(entry.expect("the menu has incidents"), "badge");
    assert_eq!(badge[0].text(), "?");
    // The other sources are read all the same.
    assert!(leads(
        &tasks(&root),
        &format!("/requests/{}", world.names["REQUEST"])
    ));
    assert!(!root.text().contains("Rien ne vous attend"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_marks_the_page_and_the_trail_leads_back() {
    let world = World::lived_in().await;
    let answer = world
        .answer(CISO, Language::French, Sent::get("/smsi/checks/passkeys"))
        .await;
    let root = parse(&answer.text);
    let here: Vec<&Element> = root
        .all()
        .into_iter()
        .filter(|link| {
            link.attribute("aria-current") == Some("page") && link.attribute("href").is_some()
        })
        .collect();
    let menu = here
        .iter()
        .filter(|link| link.first("svg").is_some())
        .collect::<Vec<_>>();
    assert_eq!(menu.len(), 1, "{here:?}");
    assert_eq!(menu[0].attribute("href"), Some("/smsi/checks"));
    let trail = of_class(&root, "trail")[0];
    let places: Vec<&str> = trail
        .all()
        .into_iter()
        .filter_map(|element| element.attribute("href"))
        .collect();
    assert_eq!(places, ["/smsi", "/smsi/checks"]);
    assert!(trail.text().starts_with("Gouverner"), "{}", trail.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_theme_is_chosen_without_script_and_kept() {
    let world = World::new().await;
    let sent = Sent {
        method: "POST",
        target: "/.digue/theme",
        kind: "application/x-www-form-urlencoded",
        body: b"theme=dark".to_vec(),
    };
    let chosen = world.answer(CISO, Language::French, sent).await;
    let cookie = chosen.cookie.expect("the choice is a cookie");
    assert!(cookie.starts_with("digue-theme=dark;"), "{cookie}");
    let page = world
        .answer_with_cookie(CISO, "digue-theme=dark", Sent::get("/self"))
        .await;
    assert_eq!(parse(&page.text).attribute("data-theme"), Some("dark"));
    let page = world
        .answer_with_cookie(CISO, "digue-theme=\"><script>", Sent::get("/self"))
        .await;
    assert_eq!(parse(&page.text).attribute("data-theme"), Some("device"));
}
