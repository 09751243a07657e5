//! Lists as readers use them: from the address, by keyboard, and several rows at once.

use digue_locales::Language;

use crate::html::{Element, parse};
use crate::world::{Answer, CISO, DELEGATE, DPO, Reader, Sent, World};

async fn get(world: &World, reader: Reader, target: &str) -> Answer {
    let answer = world
        .answer(reader, Language::French, Sent::get(target))
        .await;
    assert_eq!(answer.status, 200, "{target}: {answer:?}");
    answer
}

/// The text of the first cell with words of each row.
fn first_cells(root: &Element) -> Vec<String> {
    let rows = root.first("tbody").into_iter().flat_map(Element::elements);
    let cell = |row: &Element| {
        let cell = row
            .elements()
            .find(|cell| cell.attribute("data-label").is_some())
            .expect("a cell");
        cell.elements()
            .next()
            .map(Element::text)
            .unwrap_or_default()
    };
    rows.map(cell).collect()
}

const LISTS: [&str; 13] = [
    "/watch",
    "/accounts",
    "/organisations",
    "/sessions",
    "/approvals",
    "/break-glass",
    "/requests",
    "/messages/reports",
    "/assessments",
    "/smsi/checks",
    "/smsi/calendar",
    "/smsi/registers/measure",
    "/awareness/state",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_list_sorts_filters_and_says_how_much_it_shows() {
    let world = World::lived_in().await;
    for place in LISTS {
        let root = parse(&get(&world, CISO, place).await.text);
        let table = root
            .first("table")
            .unwrap_or_else(|| panic!("{place}: no rows"));
        assert_eq!(table.attribute("class"), Some("list"), "{place}");
        let count = first_cells(&root).len();
        let sorts: Vec<String> = table
            .first("thead")
            .unwrap()
            .all()
            .into_iter()
            .filter_map(|link| link.attribute("href").map(ToOwned::to_owned))
            .collect();
        assert!(sorts.len() > 2, "{place}: {sorts:?}");
        for sort in &sorts {
            let once = parse(&get(&world, CISO, sort).await.text);
            let code = sort.split("sort=").nth(1).unwrap();
            let back = parse(
                &get(&world, CISO, &sort.replace("sort=", "sort=-"))
                    .await
                    .text,
            );
            assert_eq!(first_cells(&once).len(), count, "{sort}");
            let order = |root: &Element| {
                let head = root.first("thead").unwrap().all();
                head.into_iter()
                    .filter_map(|th| th.attribute("aria-sort"))
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            assert_eq!(
                (order(&once), order(&back)),
                ("ascending".to_owned(), "descending".to_owned()),
                "{code}"
            );
        }
        let none = parse(
            &get(&world, CISO, &format!("{place}?q=introuvable"))
                .await
                .text,
        );
        // A page may have another table below its list.
        assert!(
            none.text().contains("Aucune ligne ne correspond"),
            "{place}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_a_list_has_the_rows_of_the_page() {
    let world = World::lived_in().await;
    let lines = |answer: &Answer| answer.text.lines().count() - 1;
    let all = get(&world, CISO, "/accounts.csv").await;
    let some = get(&world, CISO, "/accounts.csv?q=of-2").await;
    let page = parse(&get(&world, CISO, "/accounts?q=of-2").await.text);
    assert!(lines(&some) < lines(&all));
    assert_eq!(lines(&some), first_cells(&page).len());
    let chosen = get(&world, CISO, "/accounts.csv?row=agent&row=voisin").await;
    assert_eq!(lines(&chosen), 2);
    assert!(chosen.text.contains("voisin") && !chosen.text.contains("auditrice"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_keeps_what_is_usual_at_once_and_leaves_the_rest() {
    let world = World::lived_in().await;
    let place = format!("/reviews/{}", world.names["REVIEW"]);
    let usual = parse(
        &get(&world, DPO, &format!("{place}?choose=usual"))
            .await
            .text,
    );
    let boxes: Vec<&Element> = usual
        .all()
        .into_iter()
        .filter(|field| field.attribute("name") == Some("row"))
        .collect();
    let chosen: Vec<&str> = boxes
        .iter()
        .filter(|field| field.attribute("checked").is_some())
        .filter_map(|field| field.attribute("value"))
        .collect();
    assert!(chosen.len() < boxes.len(), "{chosen:?}");
    assert!(
        !boxes
            .iter()
            .any(|field| field.attribute("value") == Some("dpo")),
        "nobody reviews their own access"
    );
    // Something speaks against one of them today: nobody vouches for it without a word.
    let keep = |reason: &'static str| {
        [
            ("decision", "keep"),
            ("reason", reason),
            ("row", "voisin"),
            ("row", "equipe"),
        ]
    };
    let refused = world.send_form(DPO, &place, &keep("")).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    let kept = keep("vus avec leurs responsables");
    world.post(DPO, &place, &kept).await;
    let after = parse(&get(&world, DPO, &place).await.text);
    let open: Vec<&str> = after
        .all()
        .into_iter()
        .filter(|field| field.attribute("name") == Some("row"))
        .filter_map(|field| field.attribute("value"))
        .collect();
    assert!(
        !open.contains(&"voisin") && !open.contains(&"equipe") && open.contains(&"rssi"),
        "{open:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn suspending_chosen_accounts_needs_a_reason_and_reaches_only_them() {
    let world = World::lived_in().await;
    let place = format!("/reviews/{}", world.names["REVIEW"]);
    let without = b"decision=suspend&reason=&row=voisin".to_vec();
    let kind = "application/x-www-form-urlencoded";
    let sent = Sent {
        method: "POST",
        target: &place,
        kind,
        body: without,
    };
    assert_eq!(world.answer(CISO, Language::French, sent).await.status, 422);
    world
        .post(
            CISO,
            &place,
            &[
                ("decision", "suspend"),
                ("reason", "parti en juin"),
                ("row", "voisin"),
            ],
        )
        .await;
    let accounts = get(&world, CISO, "/accounts.csv").await.text;
    let line = |name: &str| {
        accounts
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    assert!(line("voisin").contains("suspendu"), "{}", line("voisin"));
    assert!(!line("adjointe").contains("suspendu"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_acts_on_its_own_accounts_only_whichever_rows_it_sends() {
    let world = World::lived_in().await;
    let place = format!("/reviews/{}", world.names["REVIEW"]);
    let body = b"decision=keep&reason=&row=voisin".to_vec();
    let sent = Sent {
        method: "POST",
        target: &place,
        kind: "application/x-www-form-urlencoded",
        body,
    };
    let refused = world.answer(DELEGATE, Language::French, sent).await;
    assert!(matches!(refused.status, 403 | 404), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn break_glass_uses_are_reviewed_together() {
    let world = World::lived_in().await;
    let root = parse(&get(&world, DPO, "/break-glass?choose=all").await.text);
    let rows: Vec<String> = root
        .all()
        .into_iter()
        .filter(|field| {
            field.attribute("name") == Some("row") && field.attribute("checked").is_some()
        })
        .filter_map(|field| field.attribute("value").map(ToOwned::to_owned))
        .collect();
    assert_eq!(rows.len(), 1);
    let fields: Vec<(&str, &str)> = rows.iter().map(|row| ("row", row.as_str())).collect();
    world.post(DPO, "/break-glass/review", &fields).await;
    assert!(
        get(&world, DPO, "/break-glass")
            .await
            .text
            .contains("examiné")
    );
}
