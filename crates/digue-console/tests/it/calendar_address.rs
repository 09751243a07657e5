//! The secret address of a calendar: what it shows, and to whom no longer.

use digue_locales::Language;

use crate::world::{AUDITOR, CISO, MANAGEMENT, Reader, STRANGER, Sent, World};

/// Issues an address for a reader; returns its path.
async fn issued(world: &World, reader: Reader) -> String {
    let page = world.post(reader, "/smsi/calendar/address", &[]).await;
    let (_, from) = page.split_once("<code>").unwrap();
    let (address, _) = from.split_once("</code>").unwrap();
    let path = address.find("/calendar/").unwrap();
    address[path..].to_owned()
}

async fn feed(world: &World, path: &str) -> (u16, String) {
    let answer = world
        .answer(STRANGER, Language::French, Sent::get(path))
        .await;
    (answer.status, answer.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_shows_ones_own_dates_until_it_is_replaced_or_deleted() {
    let world = World::new().await;
    for (title, owner) in [
        ("Clés de la direction", CISO.account),
        ("Autre chose", "x9"),
    ] {
        let fields = [
            ("title", title),
            ("owner", owner),
            ("priority", "p1"),
            ("declared", "to-do"),
            ("due", "2027-01-15"),
            ("description", "Léa Martin, 06 39 98 00 00"),
        ];
        world.post(CISO, "/smsi/registers/measure", &fields).await;
    }
    let path = issued(&world, CISO).await;
    let (status, file) = feed(&world, &path).await;
    assert_eq!(status, 200, "{file}");
    assert!(file.starts_with("BEGIN:VCALENDAR\r\n"), "{file}");
    assert!(file.contains("Clés de la direction"), "{file}");
    assert!(file.contains("DTSTART;VALUE=DATE:20270115\r\n"), "{file}");
    for hidden in ["Autre chose", "Léa Martin", "06 39", CISO.account] {
        assert!(!file.contains(hidden), "{hidden}: {file}");
    }
    // The management has its own, and nothing to do.
    let own = issued(&world, MANAGEMENT).await;
    let (status, file) = feed(&world, &own).await;
    assert_eq!((status, file.contains("VEVENT")), (200, false), "{file}");

    // A new one takes the place of the first.
    let second = issued(&world, CISO).await;
    assert_eq!(feed(&world, &path).await.0, 404);
    assert_eq!(feed(&world, &second).await.0, 200);
    world.post(CISO, "/smsi/calendar/address/revoke", &[]).await;
    assert_eq!(feed(&world, &second).await.0, 404);
    assert_eq!(feed(&world, &own).await.0, 200, "another's address stays");
    assert_eq!(feed(&world, "/calendar/inconnu").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_ends_with_the_rights_of_its_account() {
    let world = World::new().await;
    let path = issued(&world, AUDITOR).await;
    assert_eq!(feed(&world, &path).await.0, 200);
    world
        .account(AUDITOR.account, AUDITOR.organisation, "agent")
        .await;
    assert_eq!(feed(&world, &path).await.0, 404);
}
