//! E5 and the notices of a national breach: from *contain* to the signed list of 340,000 persons,
//! and from the list to one prepared notice for each.
//!
//! `cargo bench -p digue-scenarios --bench breach [-- PERSONS]`. Journal and SQLite on disk, sync
//! on.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at its first fault, and prints its figures"
)]

use std::io::Write as _;
use std::time::Instant;

use digue_access::{Reach, Role};
use digue_app::gates;
use digue_casework::notice_style::Style;
use digue_casework::{breach, incidents};
use digue_exposure::ScopeQuestion;
use digue_notices::CampaignRequest;
use digue_response::IncidentNote;
use digue_response::incident::Source;
use digue_types::{Event, Gate, PersonRef};

#[path = "../tests/it/app.rs"]
#[allow(dead_code, reason = "the tests' house, of which a bench needs a part")]
mod app;

use app::{Home, Plan};

fn main() {
    let persons = std::env::args()
        .skip(1)
        .find_map(|text| text.parse().ok())
        .unwrap_or(340_000_usize);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure(persons));
}

async fn measure(persons: usize) {
    let home = Home::with(Plan {
        on_disk: true,
        ..Plan::default()
    })
    .await;
    let account = home.account("dpo", Role::Ciso).await;
    let dpo = digue_app::Actor {
        account,
        role: Role::Ciso,
        proved_at: home.now(),
    };
    let begun = Instant::now();
    let mut number = 0_u64;
    while (number as usize) < persons {
        let events = (0..2000.min(persons - number as usize)).map(|_| {
            let name = format!("P{number:07}");
            let mut event = digue_testkit::events::shown(number, "a1", &name);
            if let Event::Exposure(exposure) = &mut event {
                exposure.categories = vec![
                    "identite".parse().expect("a name"),
                    "nir".parse().expect("a name"),
                ];
                exposure.shown[0].persons = vec![PersonRef::parse(&name).expect("a reference")];
            }
            number += 1;
            event
        });
        home.append(events.collect()).await;
    }
    home.settled().await;
    println!(
        "{persons} exposures journalled in {:.1} s",
        begun.elapsed().as_secs_f64()
    );

    let contain = Instant::now();
    let reach = Reach::Account("a1".parse().expect("a name"));
    gates::set_gate(&home.app, &dpo, reach, Gate::Closed, "vol probable")
        .await
        .expect("a gate");
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Containment,
        "Kairos",
        digue_types::Subject::parse("account:a1"),
    )
    .await
    .expect("it opens");
    let question = ScopeQuestion {
        accounts: vec!["a1".parse().expect("a name")],
        ..ScopeQuestion::default()
    };
    let version = breach::compute_affected(&home.app, &dpo, &id, question)
        .await
        .expect("a set");
    println!(
        "contain to signed list (E5): {} persons in {:.1} s, sha256 {}",
        version.persons,
        contain.elapsed().as_secs_f64(),
        &version.hash[..16]
    );

    let reason = "les faits du journal le montrent".to_owned();
    let decided = IncidentNote::PersonsDecided {
        inform: true,
        exemption: None,
        reason,
    };
    incidents::add(&home.app, &dpo, &id, None, decided)
        .await
        .expect("decided");
    let mut contacts = Vec::from("person,email\n");
    for number in 0..persons {
        writeln!(contacts, "P{number:07},p{number}@example.fr").expect("memory");
    }
    let style = Style::ALL[0];
    let (subject, blocks) = digue_notices::proposed(&home.app, &dpo, &id, style)
        .await
        .expect("a template");
    let happened = "Quelqu'un a lu des fiches avec un compte volé.".to_owned();
    let blocks = digue_notices::Blocks {
        contact: "dpo@exemple.fr".to_owned(),
        happened,
        ..blocks
    };
    let subject = subject.replace("[à compléter]", "Exemple");
    let begun = Instant::now();
    let asked = CampaignRequest {
        version: 1,
        after: None,
        style,
        subject,
        blocks,
        rate: 60_000,
        contacts,
    };
    digue_notices::prepare(&home.app, &dpo, &id, asked)
        .await
        .expect("asked for");
    digue_notices::prepare_due(&home.app)
        .await
        .expect("prepared");
    let took = begun.elapsed().as_secs_f64();
    let campaigns = digue_notices::campaigns(&home.app, &dpo, &id)
        .await
        .expect("campaigns");
    println!(
        "notices prepared: {} in {took:.1} s",
        campaigns[0].channels["mail"]
    );
}
