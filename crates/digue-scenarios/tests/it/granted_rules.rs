//! Rules that were granted, withdrawn or replaced, and put back in the database beside Digue.

use digue_access::Role;
use digue_administration::approvals::RulesGuard;
use digue_administration::decisions;
use digue_administration::map_additions::{self, AddOutcome};
use digue_administration::rules::{self, RulesStanding};
use digue_app::Actor;
use digue_config::reader::WholeText;
use digue_evidence::stored_records::{self, RecordDifference, StoredFault, StoredKind};
use digue_types::{PortalId, RouteName};

use crate::app::{Home, Plan};
use crate::approvals::somebody;

const MAP: &str = r#"
[portal]
name = "portail"
population = "personnes"
url = "https://portail.test"
upstream = "http://127.0.0.1:9000"

[identifiers.id]
shape = "[A-Z][0-9]{1,8}"

[[routes]]
name = "liste"
path = "/liste"
methods = ["GET"]
action = "list"

[[routes.response]]
format = "json"
records = ["$.items[*]"]
persons = [{ at = "$.items[*].id" }]

[budgets.account]
"24h" = 50
"#;

const PIECES: &str = r#"
[[routes]]
name = "pieces"
path = "/pieces/{x}"
methods = ["GET"]
action = "read"

[[routes.response]]
format = "json"
records = ["$[*]"]
persons = [{ at = "$[*].id" }]
"#;

struct Scene {
    home: Home,
    ciso: Actor,
    dpo: Actor,
    portal: PortalId,
}

impl Scene {
    async fn open() -> Self {
        let home = Home::with(Plan {
            on_disk: true,
            ..Plan::default()
        })
        .await;
        let ciso = somebody(&home, "rssi", "operateur", Role::Ciso).await;
        let dpo = somebody(&home, "dpo", "operateur", Role::Dpo).await;
        let portal = PortalId::parse("portail").unwrap();
        let scene = Self {
            home,
            ciso,
            dpo,
            portal,
        };
        rules::take_over(&scene.home.app, &scene.of_map(), &scene.map())
            .await
            .unwrap();
        scene
    }

    fn of_map(&self) -> RulesGuard {
        RulesGuard::Portal(self.portal.clone())
    }

    fn map(&self) -> String {
        let text = MAP.to_owned();
        WholeText {
            text,
            ..WholeText::default()
        }
        .to_json()
    }

    async fn grant(&self, lines: &str) {
        let app = &self.home.app;
        let reason = "les conseillers en ont besoin";
        let asked = map_additions::add(app, &self.ciso, &self.portal, lines, reason).await;
        match asked.unwrap() {
            AddOutcome::Waits(id) => {
                drop(decisions::decide(app, &self.dpo, &id, true).await.unwrap())
            }
            AddOutcome::Faults(faults) => panic!("{faults:?}"),
        }
    }

    async fn withdraw(&self) {
        let route = RouteName::parse("pieces").unwrap();
        map_additions::withdraw(&self.home.app, &self.ciso, &self.portal, &route)
            .await
            .unwrap();
    }

    async fn in_force(&self) -> Vec<String> {
        map_additions::granted_lines(&self.home.app, &self.portal)
            .await
            .unwrap()
    }

    async fn row(&self) -> String {
        let rows = self.home.store.granted_rules().await.unwrap();
        let name = "portal:portail pieces";
        rows.into_iter().find(|(of, _)| of == name).unwrap().1
    }

    /// Writes the row as a thief of the machine would.
    async fn put_back(&self, row: &str) {
        let name = "portal:portail pieces";
        self.home.store.set_granted_rules(name, row).await.unwrap();
    }

    async fn differences(&self) -> Vec<RecordDifference> {
        let compared =
            stored_records::compare(&self.home.app, &Actor::digue(), StoredKind::ALL).await;
        compared.unwrap().differences.into_iter().collect()
    }

    async fn standing(&self, kept: Option<&str>, file: &str) -> RulesStanding {
        rules::standing(&self.home.app, &self.of_map(), kept, file).await
    }
}

fn difference(name: &str, fault: StoredFault) -> RecordDifference {
    RecordDifference {
        kind: StoredKind::Rules,
        name: name.to_owned(),
        fault,
    }
}

#[tokio::test]
async fn a_withdrawn_route_that_is_put_back_is_named_and_not_in_force() {
    let scene = Scene::open().await;
    scene.grant(PIECES).await;
    assert_eq!(scene.in_force().await, [PIECES]);
    assert_eq!(scene.differences().await, []);
    let first = scene.row().await;
    scene.withdraw().await;
    assert!(scene.in_force().await.is_empty());
    assert_eq!(scene.differences().await, []);

    let differs = [difference("portal:portail pieces", StoredFault::Differs)];
    scene.put_back(&first).await;
    assert!(scene.in_force().await.is_empty(), "its seal is genuine");
    assert_eq!(scene.differences().await, differs);

    // Granted again with other lines, it is in force; the first lines never again.
    scene.put_back("").await;
    let narrower = PIECES.replace("/pieces/{x}", "/pieces/une/{x}");
    scene.grant(&narrower).await;
    assert_eq!(scene.in_force().await, [narrower]);
    assert_eq!(scene.differences().await, []);
    scene.put_back(&first).await;
    assert!(scene.in_force().await.is_empty());
    assert_eq!(scene.differences().await, differs);
    scene.put_back("").await;
    assert_eq!(scene.differences().await, differs);
    let sql = "DELETE FROM rules WHERE subject = 'portal:portail pieces'";
    assert!(scene.home.change_beside(sql) > 0);
    assert_eq!(
        scene.differences().await,
        [difference("portal:portail pieces", StoredFault::Missing)]
    );
}

#[tokio::test]
async fn a_stored_map_that_nobody_granted_is_named_and_not_in_force() {
    let scene = Scene::open().await;
    let (granted, other) = (scene.map(), scene.map().replace("50", "5000"));
    let contradicted = RulesStanding::Contradicted;
    assert_eq!(
        scene.standing(Some(&granted), &other).await,
        RulesStanding::Stored
    );
    assert_eq!(scene.standing(Some(&other), &other).await, contradicted);
    assert_eq!(scene.standing(None, &other).await, contradicted);
    // The file as it was granted stands, whatever is stored.
    for kept in [Some(granted.as_str()), Some(other.as_str()), None] {
        assert_eq!(
            scene.standing(kept, &granted).await,
            RulesStanding::FileGranted
        );
    }
    assert_eq!(scene.differences().await, []);
    let sql = "UPDATE rules SET text = replace(text, '50', '5000')";
    assert!(scene.home.change_beside(sql) > 0);
    assert_eq!(
        scene.differences().await,
        [difference("portal:portail", StoredFault::Differs)]
    );
    let sql = "DELETE FROM rules";
    assert!(scene.home.change_beside(sql) > 0);
    let stored = rules::granted(&scene.home.app).await.unwrap();
    assert!(stored.is_empty() && !rules::has_no_maps(&scene.home.app, &stored));
}
