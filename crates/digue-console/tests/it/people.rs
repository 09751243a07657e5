//! People: who is behind an account, whom to call, how things are found, and what was just done.

use digue_locales::Language;
use digue_store::UnconfirmedRecord;
use digue_types::Timestamp;

use crate::html::{Element, parse};
use crate::world::{
    AGENT, AUDITOR, Answer, CISO, DELEGATE, DPO, Reader, STRANGER, Sent, World, multipart,
};

async fn get(world: &World, reader: Reader, target: &str) -> Answer {
    let answer = world
        .answer(reader, Language::French, Sent::get(target))
        .await;
    assert!(matches!(answer.status, 200 | 303), "{target}: {answer:?}");
    answer
}

async fn page(world: &World, reader: Reader, target: &str) -> Element {
    let answer = get(world, reader, target).await;
    assert_eq!(answer.status, 200, "{target}: {answer:?}");
    parse(&answer.text)
}

/// The addresses of the links on a page.
fn links(root: &Element) -> Vec<&str> {
    root.first("main")
        .unwrap()
        .all()
        .into_iter()
        .filter_map(|element| element.attribute("href"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_and_an_account_say_whom_to_call() {
    let world = World::lived_in().await;
    let waiting = format!("/watch/{}", world.names["FINDING-WAITING"]);
    let finding = page(&world, CISO, &waiting).await;
    assert!(
        finding.text().contains("Anne Petit") && links(&finding).contains(&"tel:0399001020"),
        "the delegate"
    );
    let account = page(&world, CISO, "/accounts/agent").await;
    for known in ["Anne Petit", "Qui appeler", "nom et téléphone inconnus"] {
        assert!(account.text().contains(known), "{known}");
    }
    assert!(
        links(&account).contains(&"/accounts/agent/holder"),
        "who may write it finds where"
    );
    let auditor = page(&world, AUDITOR, "/accounts/agent").await;
    assert!(!links(&auditor).contains(&"/accounts/agent/holder"));
    let own = page(&world, CISO, "/accounts?q=claire").await;
    assert!(
        own.text().replace('\u{a0}', " ").contains("01 99 00 56 78"),
        "a list finds a name and shows the number"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_names_whose_agreement_it_waits_for_and_their_number() {
    let world = World::lived_in().await;
    let wanted = [
        ("account", "nouveau"),
        ("organisation", "of-1"),
        ("role", "agent"),
        ("reason", "recrutement"),
    ];
    world.post(DELEGATE, "/approvals", &wanted).await;
    let of_delegate = page(&world, DELEGATE, "/approvals").await;
    for decider in [
        "Sacha Lemaire (RSSI), 01 99 00 12 34",
        "Claire Martin (DPO), 01 99 00 56 78",
    ] {
        assert!(
            of_delegate.text().contains(decider),
            "{decider}: {}",
            of_delegate.text()
        );
    }
    let of_ciso = page(&world, CISO, "/approvals").await;
    assert!(of_ciso.text().contains("attend votre accord"));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_organisations_incidents_and_records_are_found_in_part_and_unknown_is_said() {
    let world = World::lived_in().await;
    let led = get(&world, CISO, "/search?q=agent").await;
    assert_eq!(
        led.location.as_deref(),
        Some("/accounts/agent"),
        "an exact name opens its page"
    );
    let person = get(&world, CISO, "/search?q=P1").await;
    assert_eq!(person.location.as_deref(), Some("/persons?person=P1"));
    for (text, place) in [
        ("martin", "/accounts/dpo"),
        ("arras", "/organisations/of-1"),
        ("chef", "/accounts/cheffe"),
    ] {
        let found = page(&world, CISO, &format!("/search?q={text}")).await;
        assert!(
            links(&found).contains(&place),
            "{text}: {:?}",
            links(&found)
        );
    }
    let incident = page(&world, DPO, "/incidents").await;
    let title = links(&incident)
        .into_iter()
        .find(|place| place.starts_with("/incidents/in-"))
        .unwrap()
        .to_owned();
    let found = page(&world, DPO, "/search?q=inc-").await;
    assert!(
        links(&found).contains(&title.as_str()),
        "{:?}",
        links(&found)
    );
    let measure = format!("/smsi/registers/measure/{}", world.names["MEASURE"]);
    let found = page(
        &world,
        DPO,
        &format!("/search?q={}", world.names["MEASURE"].to_lowercase()),
    )
    .await;
    assert!(
        links(&found).contains(&measure.as_str()),
        "{:?}",
        links(&found)
    );
    for nobody in ["Durand-Introuvable", "P999", "zz"] {
        let found = page(&world, CISO, &format!("/search?q={nobody}")).await;
        assert!(
            found.text().contains(&format!("« {nobody} » est inconnu")),
            "{nobody}: {}",
            found.text()
        );
    }
    assert_eq!(
        world
            .answer(AGENT, Language::French, Sent::get("/search?q=martin"))
            .await
            .status,
        403
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_is_named_by_the_search() {
    let world = World::lived_in().await;
    world.break_incidents().await;
    let found = page(&world, CISO, "/search?q=introuvable").await;
    assert!(
        found.text().contains("n'a pas pu être lue"),
        "{}",
        found.text()
    );
    assert!(
        !found.text().contains("est inconnu"),
        "what could not be read may have it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_form_keeps_what_was_typed_and_says_what_is_wrong() {
    let world = World::lived_in().await;
    let fields = [
        ("name", "Léa & Cie"),
        ("job", "agente"),
        ("telephone", "demain"),
        ("email", ""),
    ];
    let answer = world
        .send_form(AGENT, "/accounts/agent/holder", &fields)
        .await;
    assert_eq!(answer.status, 422);
    let root = parse(&answer.text);
    let typed: Vec<&str> = root
        .all()
        .into_iter()
        .filter_map(|field| field.attribute("value"))
        .collect();
    assert!(
        typed.contains(&"Léa & Cie") && typed.contains(&"demain"),
        "{typed:?}"
    );
    assert!(root.text().contains("Indiquez un numéro"));
    let denied = world
        .send_form(AGENT, "/accounts/cheffe/holder", &fields)
        .await;
    assert_eq!(denied.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_said_once_with_the_way_back_and_a_link_cannot_say_it() {
    let world = World::lived_in().await;
    let fields = [
        ("account", "agent"),
        ("suspended", "1"),
        ("reason", "poste perdu"),
    ];
    let done = world.send_form(CISO, "/accounts/suspend", &fields).await;
    assert_eq!(done.location.as_deref(), Some("/accounts"));
    let cookie = done.cookie.expect("the notice");
    assert!(
        cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Lax")
            && cookie.contains("Max-Age=30")
    );
    let pair = cookie.split(';').next().unwrap();
    let shown = world
        .answer_with_cookie(CISO, pair, Sent::get("/accounts"))
        .await;
    let root = parse(&shown.text);
    assert!(
        root.text().contains("L'accès de agent est suspendu"),
        "{}",
        root.text()
    );
    assert!(links(&root).contains(&"/accounts?q=agent"), "the way back");
    assert!(shown.cookie.unwrap().contains("Max-Age=0"), "shown once");
    let linked = page(&world, CISO, "/accounts?done=suspended.agent").await;
    assert!(!linked.text().contains("est suspendu"));
    let forged = world
        .answer_with_cookie(
            CISO,
            "__Host-digue-done=erased.agent",
            Sent::get("/accounts"),
        )
        .await;
    assert!(
        !forged.text.contains("role=\"status\">["),
        "{}",
        forged.text
    );
}

/// Each chart has ranges of time, and marks the one it shows.
#[tokio::test(flavor = "multi_thread")]
async fn every_chart_over_time_offers_other_times() {
    let world = World::lived_in().await;
    let waiting = format!("/watch/{}", world.names["FINDING-WAITING"]);
    let week = format!("{waiting}?days=7");
    for (place, longer) in [
        ("/activity", "/activity?hours=24"),
        ("/accounts/agent", "/accounts/agent?list=persons&days=364"),
        (waiting.as_str(), week.as_str()),
        ("/persons?person=P1", "/persons?person=P1&days=91"),
    ] {
        let root = page(&world, CISO, place).await;
        assert!(
            links(&root).contains(&longer),
            "{place}: {:?}",
            links(&root)
        );
        let other = page(&world, CISO, longer).await;
        let current = other.first("main").unwrap().all();
        let marked = current
            .into_iter()
            .find(|link| link.attribute("href") == Some(longer))
            .unwrap();
        assert_eq!(marked.attribute("aria-current"), Some("true"), "{longer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_offer_accounts_and_organisations_and_take_a_part_of_a_name() {
    let world = World::lived_in().await;
    for place in [
        "/activity",
        "/scope",
        "/incidents",
        "/keys",
        "/approvals",
        "/requests",
    ] {
        let root = page(&world, DPO, place).await;
        let has_list = root
            .all()
            .into_iter()
            .any(|element| element.attribute("list") == Some("accounts"));
        let has_form = place == "/scope" || place == "/incidents" || place == "/requests";
        assert!(!has_form || has_list, "{place}");
    }
    let fields = [
        ("title", "Un appel"),
        ("source", "person"),
        ("account", "petit"),
    ];
    let opened = world.post(CISO, "/incidents", &fields).await;
    let incident = page(&world, CISO, &opened).await;
    assert!(
        incident.text().contains("cheffe"),
        "a name leads to its account: {}",
        incident.text()
    );
    let fields = [
        ("title", "Un appel"),
        ("source", "person"),
        ("account", "Jean Dupont"),
    ];
    assert_eq!(
        world.send_form(CISO, "/incidents", &fields).await.status,
        422
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_link_leads_to_the_passkey_and_a_late_one_says_whom_to_ask() {
    let world = World::new().await;
    let first = page(&world, CISO, "/self").await;
    let forms: Vec<&Element> = first
        .all()
        .into_iter()
        .filter(|form| form.attribute("data-passkey").is_some())
        .collect();
    assert_eq!(forms.len(), 1);
    assert_eq!(
        forms[0].attribute("data-passkey"),
        Some("create"),
        "nothing can be proved yet"
    );
    world.pass(60.0 * 24.0 * 3.0);
    let home = page(&world, CISO, "/").await;
    assert!(
        home.text().contains("0 étape sur 6 faite"),
        "{}",
        home.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_key_is_for_a_browser_in_which_nobody_is_signed_in() {
    let world = World::new().await;
    let asked = page(&world, STRANGER, "/.digue/printed-key").await;
    assert!(
        asked
            .all()
            .into_iter()
            .any(|field| field.attribute("name") == Some("key"))
    );
    let signed_in = page(&world, CISO, "/.digue/printed-key").await;
    assert!(
        signed_in
            .all()
            .into_iter()
            .all(|field| field.attribute("name") != Some("key"))
    );
    let wrong = world
        .send_form(
            STRANGER,
            "/.digue/printed-key",
            &[("key", "AAAAA-AAAAA-AAAAA-AAAAA")],
        )
        .await;
    assert_eq!(wrong.status, 422);
    assert_eq!(
        world
            .send_form(CISO, "/.digue/printed-key", &[("key", "A")])
            .await
            .status,
        409
    );
}

/// What is printed has no menu, and what counts keeps its colours.
#[test]
fn paper_has_no_menu_and_keeps_its_colours() {
    let sheet = include_str!("../../../digue-pages/assets/digue.css");
    let print = sheet.split("@media print").nth(1).unwrap();
    for hidden in [
        ".menu",
        ".filter",
        ".range",
        ".trail",
        ".list-act",
        "button",
    ] {
        assert!(
            print
                .split("display: none")
                .next()
                .unwrap()
                .contains(hidden),
            "{hidden}"
        );
    }
    for kept in [".situation", ".chip", ".matrix td", ".chart rect"] {
        assert!(
            print.contains(kept) && print.contains("print-color-adjust: exact"),
            "{kept}"
        );
    }
}

/// The menu offered the assessment, and the page answered "your role does not permit this".
#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_whose_holder_is_not_confirmed_reads_why_and_who_can_confirm() {
    let world = World::lived_in().await;
    let record = UnconfirmedRecord {
        account: DELEGATE.account.parse().unwrap(),
        asked_by: CISO.account.to_owned(),
        granted_by: String::new(),
        email: String::new(),
        handed_by: String::new(),
        invited_at: Timestamp::ZERO,
        since: Timestamp::ZERO,
    };
    world
        .app
        .unconfirmed()
        .save(&world.app, record)
        .await
        .unwrap();
    let refused = world
        .answer(DELEGATE, Language::French, Sent::get("/space/assessment"))
        .await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let text = parse(&refused.text).text();
    assert!(
        text.contains("pas encore confirmé") && text.contains("Peuvent le faire : dpo."),
        "who asked for the account cannot confirm it: {text}"
    );
    assert!(!text.contains("Votre rôle ne permet pas"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_several_accounts_says_that_it_is_made() {
    let world = World::lived_in().await;
    let file = "account,organisation,role,email\nun,of-1,agent,\ndeux,of-1,agent,\n";
    let body = multipart(&[("file", file), ("reason", "rentrée de septembre")]);
    let sent = Sent {
        method: "POST",
        target: "/approvals/onboard",
        kind: "multipart/form-data; boundary=x",
        body: body.into_bytes(),
    };
    let answer = world.answer(CISO, Language::French, sent).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let said = answer.cookie.unwrap_or_default();
    assert!(said.contains("digue-done=requested."), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_opens_nothing_stays_to_be_corrected() {
    let world = World::new().await;
    let sent = Sent {
        method: "POST",
        target: "/person/door",
        kind: "application/x-www-form-urlencoded",
        body: b"code=YV6C-FX83-DPG9-0".to_vec(),
    };
    let answer = world.answer(STRANGER, Language::French, sent).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    let root = parse(&answer.text);
    assert!(root.first("title").unwrap().text().starts_with("Erreur"));
    let field = root
        .all()
        .into_iter()
        .find(|one| one.attribute("id") == Some("code"))
        .unwrap();
    assert_eq!(field.attribute("value"), Some("YV6C-FX83-DPG9-0"));
    assert_eq!(field.attribute("aria-invalid"), Some("true"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decision_about_a_finding_stands_before_its_reasons() {
    let world = World::lived_in().await;
    let target = format!("/watch/{}", world.names["FINDING-WAITING"]);
    let root = page(&world, CISO, &target).await;
    let place = |wanted: &dyn Fn(&Element) -> bool| {
        let all = root.first("main").unwrap().all();
        all.iter().position(|element| wanted(element))
    };
    let decision = place(&|one| one.attribute("value") == Some("theft"));
    let reasons = place(&|one| one.attribute("id") == Some("reasons"));
    assert!(
        decision.is_some() && reasons.is_some() && decision < reasons,
        "{decision:?} {reasons:?}"
    );
}
