//! The operator's directory: it closes at once and opens nothing by itself, and a thief of its key gets
//! no account, no officer and no stopped operator.

use std::time::Duration;

use digue_access::{KeyProof, Role, Session};
use digue_administration::approvals::{self, ApprovalRequest};
use digue_administration::{accounts, decisions, provisioning};
use digue_app::{Actor, OperationError};
use digue_identity::{invitations, keys, sign_in};
use digue_provisioning::brake::AccountBrake;
use digue_provisioning::overview::{self, DirectoryOverview, DirectoryStanding, WantedChange};
use digue_provisioning::{
    AccountGroups, GroupRule, ProvisioningRules, ScimAnswer, ScimRequest, answer, authenticate,
    release,
};
use digue_tasks::{AwaitedAct, TaskSource};
use digue_types::{AccountId, Act, Gate, OrganisationId, Timestamp};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};

use crate::app::{CONSOLE_HOST, Home, Plan};
use crate::approvals::{again, somebody};
use crate::passkey::client;

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ACCOUNT: &str = "urn:digue:params:scim:schemas:extension:1.0:Account";
const AGENTS: &str = "Agents of-1";
const CHIEFS: &str = "Chefs of-1";
const OTHERS: &str = "Agents of-2";

fn account(name: &str) -> AccountId {
    AccountId::parse(name).unwrap()
}

fn rules() -> ProvisioningRules {
    let group = |name: &str, organisation: &str, role| GroupRule {
        name: name.to_owned(),
        organisation: OrganisationId::parse(organisation).unwrap(),
        role,
    };
    ProvisioningRules {
        groups: AccountGroups::Named(vec![
            group(CHIEFS, "of-1", Role::Delegate),
            group(AGENTS, "of-1", Role::Agent),
            group(OTHERS, "of-2", Role::Agent),
        ]),
        brake: AccountBrake::default(),
        late_after: Duration::from_hours(72),
    }
}

/// An operator with its directory, and `agents` accounts `a01`... that were there before.
struct Directory {
    home: Home,
    ciso: Actor,
    dpo: Actor,
    key: HeaderMap,
}

impl Directory {
    async fn of(agents: usize) -> Self {
        let home = Home::with(Plan {
            scim: Some(rules()),
            ..Plan::default()
        })
        .await;
        let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
        let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
        somebody(&home, "flux", "op", Role::PortalTeam).await;
        for number in 1..=agents {
            somebody(&home, &format!("a{number:02}"), "of-1", Role::Agent).await;
        }
        let mut found = Self {
            home,
            ciso,
            dpo,
            key: HeaderMap::new(),
        };
        let (_, secret) = found.issue("flux", KeyProof::Directory).await.unwrap();
        found.key = bearer(&secret);
        found
    }

    /// A key that two persons agreed to and the holder of the account collected.
    async fn issue(
        &self,
        holder: &str,
        proof: KeyProof,
    ) -> Result<(digue_types::SessionId, String), OperationError> {
        let request = ApprovalRequest::IssueKey {
            account: account(holder),
            proof,
            name: "annuaire".to_owned(),
        };
        let ciso = again(&self.home, &self.ciso);
        let id = approvals::ask(&self.home.app, &ciso, &request, "un annuaire").await?;
        let dpo = again(&self.home, &self.dpo);
        decisions::decide(&self.home.app, &dpo, &id, true).await?;
        let session = sign_in_as(&self.home, holder).await;
        let issued = keys::fetch(&self.home.app, &session, &id).await?;
        Ok((issued.id, issued.secret))
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let answer = self.ask(method, path, body, &self.key).await;
        (answer.status, answer.body.unwrap_or_default())
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Value,
        headers: &HeaderMap,
    ) -> ScimAnswer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let caller = match authenticate(&self.home.app, headers) {
            Ok(caller) => caller,
            Err(error) => return digue_provisioning::refusal(&error),
        };
        let (path, body) = (format!("/scim/v2{path}"), body.to_string());
        let request = ScimRequest {
            method: &method,
            path: &path,
            query: Some(query),
            headers,
            body: body.as_bytes(),
        };
        answer(&self.home.app, &caller, request).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, Value::Null).await
    }

    async fn add(&self, name: &str) -> (u16, Value) {
        let body = json!({"schemas": [], "userName": name, "externalId": format!("x-{name}"),
            "displayName": format!("Nom de {name}"), "active": true,
            "emails": [{"value": "nom@exemple.fr", "type": "work"}],
            "phoneNumbers": [{"value": "poste 12"}]});
        self.send(Method::POST, "/Users", body).await
    }

    async fn patch(&self, path: &str, operations: Value) -> (u16, Value) {
        let body = json!({"schemas": [PATCH], "Operations": operations});
        self.send(Method::PATCH, path, body).await
    }

    async fn set_active(&self, name: &str, is_active: bool) -> (u16, Value) {
        let word = if is_active { "True" } else { "False" };
        let operation = json!([{"op": "Replace", "path": "active", "value": word}]);
        self.patch(&format!("/Users/{name}"), operation).await
    }

    async fn group(&self, name: &str) -> String {
        let filter = format!("displayName eq \"{name}\"").replace(' ', "%20");
        let (status, list) = self.get(&format!("/Groups?filter={filter}")).await;
        assert_eq!((status, &list["totalResults"]), (200, &json!(1)), "{list}");
        format!("/Groups/{}", list["Resources"][0]["id"].as_str().unwrap())
    }

    async fn join(&self, group: &str, names: &[&str]) -> (u16, Value) {
        let members: Vec<Value> = names.iter().map(|name| json!({"value": name})).collect();
        let operation = json!([{"op": "Add", "path": "members", "value": members}]);
        self.patch(&self.group(group).await, operation).await
    }

    fn record(&self, name: &str) -> Option<digue_access::AccountRecord> {
        let rules = self.home.app.gateway().rules();
        rules.directory.find(&account(name)).cloned()
    }

    fn is_closed(&self, name: &str) -> bool {
        self.record(name).unwrap().is_suspended
    }

    fn closed(&self, agents: usize) -> usize {
        let names = (1..=agents).map(|number| format!("a{number:02}"));
        names.filter(|name| self.is_closed(name)).count()
    }

    async fn overview(&self) -> DirectoryOverview {
        overview::overview(&self.home.app, &self.ciso)
            .await
            .unwrap()
            .unwrap()
    }

    async fn waiting(&self) -> Vec<(String, WantedChange)> {
        let found = self.overview().await.waiting;
        let one = |one: overview::WaitingChange| (one.account.to_string(), one.change);
        found.into_iter().map(one).collect()
    }

    async fn release(&self, actor: &Actor) -> Result<usize, OperationError> {
        let digest = self.overview().await.digest;
        release(&self.home.app, &again(&self.home, actor), &digest).await
    }

    /// The tasks of sources, with their beginning.
    async fn tasks(&self) -> Vec<(AwaitedAct, Timestamp)> {
        let board = digue_tasks::board(&self.home.app, &self.ciso).await;
        let tasks = board.mine.into_iter().chain(board.others);
        let of_sources = tasks.filter(|task| task.source() == TaskSource::Sources);
        of_sources.map(|task| (task.act, task.since)).collect()
    }

    fn count(&self, act: Act) -> usize {
        let acts = self.home.acts();
        acts.iter().filter(|(known, _)| *known == act).count()
    }
}

/// A session of an account that is there.
async fn sign_in_as(home: &Home, name: &str) -> Session {
    let (id, digue) = (account(name), Actor::digue());
    let hour = Duration::from_hours(1);
    let link = sign_in::issue_link(&home.app, &digue, &id, CONSOLE_HOST, hour).await;
    let link = link.unwrap();
    let token = link.split_once("link=").unwrap().1;
    let origin = client();
    let entered = sign_in::enter(&home.app, token, CONSOLE_HOST, &origin).await;
    entered.unwrap().1
}

fn bearer(secret: &str) -> HeaderMap {
    let mut value = HeaderValue::try_from(format!("Bearer {secret}")).unwrap();
    value.set_sensitive(true);
    [(AUTHORIZATION, value)].into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_of_the_directory_belongs_to_nobody_until_two_persons_say_whose_it_is() {
    let directory = Directory::of(0).await;
    let chief = somebody(&directory.home, "cheffe", "of-1", Role::Delegate).await;
    let deputy = somebody(&directory.home, "adjointe", "of-1", Role::Deputy).await;
    let (status, user) = directory.add("Léa.Martin@Exemple.fr").await;
    assert_eq!(status, 201, "{user}");
    assert_eq!(user["id"], "léa.martin@exemple.fr");
    assert_eq!(
        (&user[ACCOUNT]["state"], &user["active"]),
        (&json!("none"), &json!(true))
    );
    assert_eq!(
        directory.record("léa.martin@exemple.fr"),
        None,
        "it is in no group"
    );

    let (status, _) = directory.join(AGENTS, &["LÉA.MARTIN@exemple.fr"]).await;
    assert_eq!(status, 204);
    let record = directory.record("léa.martin@exemple.fr").unwrap();
    assert_eq!(
        (record.organisation.as_str(), record.role),
        ("of-1", Role::Agent)
    );
    let (_, user) = directory.get("/Users/l%C3%A9a.martin%40exemple.fr").await;
    assert_eq!(user[ACCOUNT]["state"], "quarantined");
    assert_eq!(user["groups"][0]["display"], AGENTS);
    let app = &directory.home.app;
    let new = account("léa.martin@exemple.fr");
    let gates = &app.gateway().rules().gates;
    assert_eq!(gates.everywhere(&record.organisation, &new), Gate::Closed);
    assert!(app.unconfirmed().has(&new));
    // Who holds the key has asked, and neither hands over nor confirms.
    let flux = Actor {
        account: account("flux"),
        role: Role::Ciso,
        proved_at: directory.home.now(),
    };
    assert!(!invitations::may_hand_over(app, &flux, &new));
    assert!(!invitations::may_confirm(app, &flux, &new));
    assert!(invitations::may_hand_over(app, &chief, &new));
    invitations::hand_over(app, &chief, &new).await.unwrap();
    assert!(!invitations::may_confirm(app, &chief, &new));
    assert!(invitations::may_confirm(app, &deputy, &new));
    // The holder's name stands with the account, and not in the journal.
    let holder = directory
        .home
        .store
        .holders()
        .await
        .unwrap()
        .remove(&new)
        .unwrap();
    assert_eq!(
        (holder.name.as_str(), holder.telephone.as_str()),
        ("Nom de Léa.Martin@Exemple.fr", "")
    );
    let acts = directory.home.acts();
    assert!(
        acts.iter()
            .all(|(_, text)| !text.contains("Nom de") && !text.contains('@')
                || text.contains(new.as_str()))
    );
    assert_eq!(directory.count(Act::HolderSaved), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_directory_is_out_at_once() {
    let directory = Directory::of(20).await;
    let session = sign_in_as(&directory.home, "a01").await;
    let app = &directory.home.app;
    assert_eq!(app.gateway().sessions_of(&account("a01")).len(), 1);
    let (status, user) = directory.set_active("A01", false).await;
    assert_eq!(
        (status, &user["active"], &user[ACCOUNT]["state"]),
        (200, &json!(false), &json!("closed"))
    );
    assert!(app.gateway().sessions_of(&account("a01")).is_empty());
    assert!(matches!(
        Actor::of_session(app, &session),
        Err(OperationError::Denied)
    ));
    // Again is no second act.
    directory.set_active("a01", false).await;
    // Removed from the group, and deleted: the same.
    let group = directory.group(AGENTS).await;
    let gone = json!([{"op": "remove", "path": "members[value eq \"a02\"]"}]);
    assert_eq!(directory.patch(&group, gone).await.0, 204);
    let (status, _) = directory
        .send(Method::DELETE, "/Users/a03", Value::Null)
        .await;
    assert_eq!(status, 204);
    assert_eq!(directory.closed(20), 3);
    assert_eq!(directory.get("/Users/a03").await.0, 404);
    assert!(
        directory.record("a03").is_some(),
        "the account and its history stay"
    );
    assert_eq!(directory.waiting().await, []);
    assert_eq!(directory.count(Act::AccountSuspended), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_key_stops_no_operator_and_opens_no_account() {
    let directory = Directory::of(12).await;
    // All at once: nothing happens.
    let group = directory.group(AGENTS).await;
    let (status, _) = directory
        .patch(&group, json!([{"op": "remove", "path": "members"}]))
        .await;
    assert_eq!((status, directory.closed(12)), (204, 0));
    assert_eq!(directory.waiting().await.len(), 12);
    let (_, user) = directory.get("/Users/a05").await;
    assert_eq!(
        (&user["active"], &user[ACCOUNT]["waiting"]),
        (&json!(true), &json!("close"))
    );
    // What was held stays held, one by one and on the next day, too.
    directory.home.clock.pass(Duration::from_hours(25));
    for number in 1..=12 {
        directory.set_active(&format!("a{number:02}"), false).await;
    }
    assert_eq!(
        (directory.closed(12), directory.waiting().await.len()),
        (0, 12)
    );
    // The directory takes it back.
    let names: Vec<String> = (1..=12).map(|number| format!("a{number:02}")).collect();
    for name in &names {
        directory.set_active(name, true).await;
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(directory.join(AGENTS, &names).await.0, 204);
    assert_eq!(
        (directory.closed(12), directory.waiting().await),
        (0, vec![])
    );
    // One by one: half of a small operator, and no more in a day.
    for name in &names {
        directory.set_active(name, false).await;
    }
    assert_eq!(
        (directory.closed(12), directory.waiting().await.len()),
        (6, 6)
    );
    let (status, _) = directory
        .send(Method::DELETE, "/Users/a12", Value::Null)
        .await;
    assert_eq!((status, directory.closed(12)), (202, 6), "it waits");

    // New accounts: ten in a day.
    for number in 0..12 {
        directory.add(&format!("n{number:02}")).await;
    }
    let new: Vec<String> = (0..12).map(|number| format!("n{number:02}")).collect();
    let all: Vec<&str> = new.iter().map(String::as_str).collect();
    directory.join(OTHERS, &all).await;
    assert!(
        new.iter().all(|name| directory.record(name).is_none()),
        "a list is done whole or not"
    );
    assert_eq!(directory.waiting().await.len(), 6 + 12);

    // The first page says so; a program, the key's own account and an agent release nothing.
    let overview = directory.overview().await;
    assert_eq!(overview.standing, DirectoryStanding::Held);
    let acts: Vec<AwaitedAct> = directory
        .tasks()
        .await
        .into_iter()
        .map(|task| task.0)
        .collect();
    assert_eq!(acts, [AwaitedAct::DecideDirectory { changes: 18 }]);
    let program = Actor::of_program(&directory.home.app, &account("rssi")).unwrap();
    let released = release(&directory.home.app, &program, &overview.digest).await;
    assert!(matches!(released, Err(OperationError::Denied)));
    let flux = Actor {
        account: account("flux"),
        role: Role::Ciso,
        proved_at: directory.home.now(),
    };
    assert!(matches!(
        directory.release(&flux).await,
        Err(OperationError::Involved)
    ));
    let stale = release(
        &directory.home.app,
        &again(&directory.home, &directory.ciso),
        "00",
    )
    .await;
    assert!(matches!(stale, Err(OperationError::Conflict)));
    let old = release(&directory.home.app, &directory.ciso, &overview.digest).await;
    assert!(matches!(old, Err(OperationError::ProofNeeded)));
    // The DPO opens, in quarantine; closing and resuming is the CISO's.
    assert_eq!(directory.release(&directory.dpo).await.unwrap(), 12);
    assert!(
        new.iter()
            .all(|name| directory.home.app.unconfirmed().has(&account(name)))
    );
    assert!(matches!(
        directory.release(&directory.dpo).await,
        Err(OperationError::Denied)
    ));
    assert_eq!(directory.release(&directory.ciso).await.unwrap(), 6);
    assert_eq!(
        (directory.closed(12), directory.waiting().await),
        (12, vec![])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_waits_for_a_person() {
    let directory = Directory::of(20).await;
    directory.set_active("a01", false).await;
    let (status, user) = directory.set_active("a01", true).await;
    assert_eq!(
        (status, &user["active"], &user[ACCOUNT]["waiting"]),
        (200, &json!(false), &json!("reopen"))
    );
    assert!(directory.is_closed("a01"));
    assert_eq!(
        directory.waiting().await,
        [("a01".to_owned(), WantedChange::Reopen)]
    );
    // The CISO suspended it: the directory's word changes nothing of that.
    let app = &directory.home.app;
    accounts::set_suspended(app, &directory.ciso, &account("a02"), true, "poste volé")
        .await
        .unwrap();
    directory.set_active("a02", true).await;
    let put = json!({"userName": "a02", "active": true, "displayName": "A"});
    let (_, user) = directory.send(Method::PUT, "/Users/a02", put).await;
    assert_eq!(
        (&user["active"], directory.is_closed("a02")),
        (&json!(false), true)
    );
    // Neither does leaving out what it is.
    directory.set_active("a03", false).await;
    directory
        .send(Method::PUT, "/Users/a03", json!({"userName": "a03"}))
        .await;
    assert!(directory.is_closed("a03"));
    // Deleted and added again is the same account, closed until a person opens it.
    directory
        .send(Method::DELETE, "/Users/a04", Value::Null)
        .await;
    assert_eq!(directory.add("a04").await.0, 201);
    directory.join(AGENTS, &["a04"]).await;
    assert!(directory.is_closed("a04"));
    assert_eq!(directory.release(&directory.ciso).await.unwrap(), 2);
    assert!(
        !directory.is_closed("a01") && !directory.is_closed("a04") && directory.is_closed("a02")
    );
    assert_eq!(directory.count(Act::AccountResumed), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_taken_at_once_and_given_by_a_person() {
    let directory = Directory::of(20).await;
    somebody(&directory.home, "cheffe", "of-1", Role::Delegate).await;
    directory.join(AGENTS, &["cheffe"]).await;
    assert_eq!(
        directory.record("cheffe").unwrap().role,
        Role::Delegate,
        "it is in both"
    );
    let gone = json!([{"op": "remove", "path": "members", "value": [{"value": "cheffe"}]}]);
    directory.patch(&directory.group(CHIEFS).await, gone).await;
    assert_eq!(directory.record("cheffe").unwrap().role, Role::Agent);
    directory.join(CHIEFS, &["a01"]).await;
    assert_eq!(directory.record("a01").unwrap().role, Role::Agent);
    // Another organisation gives other persons.
    directory.join(OTHERS, &["a02"]).await;
    let gone = json!([{"op": "remove", "path": "members[value eq \"a02\"]"}]);
    directory.patch(&directory.group(AGENTS).await, gone).await;
    assert_eq!(
        directory.record("a02").unwrap().organisation.as_str(),
        "of-1"
    );
    let waiting = directory.waiting().await;
    assert_eq!(
        waiting,
        [
            ("a01".to_owned(), WantedChange::Move),
            ("a02".to_owned(), WantedChange::Move)
        ]
    );
    assert_eq!(directory.release(&directory.dpo).await.unwrap(), 2);
    assert_eq!(directory.record("a01").unwrap().role, Role::Delegate);
    assert_eq!(
        directory.record("a02").unwrap().organisation.as_str(),
        "of-2"
    );
    // What people decide in Digue stays until the directory speaks of it again.
    let moved = Actor::digue();
    let to = (&OrganisationId::parse("of-1").unwrap(), Role::Agent);
    provisioning::move_account(&directory.home.app, &moved, &account("a01"), to)
        .await
        .unwrap();
    directory
        .patch(
            "/Users/a01",
            json!([{"op": "add", "path": "title", "value": "x"}]),
        )
        .await;
    assert_eq!(directory.record("a01").unwrap().role, Role::Agent);
    assert_eq!(directory.waiting().await, []);
}

/// Promise 32: no way of the protocol leads to an officer, however it is spelled.
#[tokio::test(flavor = "multi_thread")]
async fn no_directory_reaches_an_account_of_the_operator() {
    let directory = Directory::of(20).await;
    somebody(&directory.home, "étrangère", "of-9", Role::Agent).await;
    // A reader takes these for the same, and so does Digue.
    for spelling in ["rssi", "RSSI", "  Rssi ", "ｒｓｓｉ", "𝐫𝐬𝐬𝐢", "rſſi"] {
        let (status, error) = directory.add(spelling).await;
        assert_eq!(
            (status, &error["scimType"]),
            (409, &json!("uniqueness")),
            "{spelling}"
        );
        for body in [
            json!({"userName": spelling, "active": false}),
            json!({"userName": "a01"}),
        ] {
            let path = format!("/Users/{}", spelling.trim().replace(' ', "%20"));
            let (status, error) = directory.send(Method::PUT, &path, body).await;
            assert_eq!(
                (status, &error["scimType"]),
                (403, &json!("mutability")),
                "{spelling}"
            );
            assert_eq!(directory.get(&path).await.0, 403);
            assert_eq!(
                directory.send(Method::DELETE, &path, Value::Null).await.0,
                403
            );
            assert_eq!(
                directory
                    .set_active(path.trim_start_matches("/Users/"), false)
                    .await
                    .0,
                403
            );
        }
        for group in [AGENTS, CHIEFS] {
            let (status, error) = directory.join(group, &["a01", spelling]).await;
            assert_eq!(
                (status, &error["scimType"]),
                (403, &json!("mutability")),
                "{spelling}"
            );
        }
    }
    // One account does not become another.
    for body in [
        json!({"userName": "rssi"}),
        json!({"userName": "RSSI", "id": "rssi"}),
        json!({"userName": "a02"}),
    ] {
        let (status, error) = directory.send(Method::PUT, "/Users/a01", body).await;
        assert_eq!((status, &error["scimType"]), (400, &json!("mutability")));
    }
    for operations in [
        json!([{"op": "replace", "path": "userName", "value": "rssi"}]),
        json!([{"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:UserName", "value": "rssi"}]),
        json!([{"op": "replace", "value": {"USERNAME": "rssi"}}]),
        json!([{"op": "add", "value": {"userName": "dpo", "active": false}}]),
        json!([{"op": "replace", "path": "id", "value": "rssi"}]),
        json!([{"op": "replace", "path": "groups", "value": [{"value": "x"}]}]),
        json!([{"op": "replace", "path": format!("{ACCOUNT}:role"), "value": "rssi"}]),
    ] {
        let (status, error) = directory.patch("/Users/a01", operations.clone()).await;
        assert_eq!(
            (status, &error["scimType"]),
            (400, &json!("mutability")),
            "{operations}"
        );
    }
    for name in ["roles", "entitlements"] {
        let add = json!([{"op": "add", "path": name, "value": [{"value": "rssi"}]}]);
        let (status, error) = directory.patch("/Users/a01", add).await;
        assert_eq!((status, &error["scimType"]), (403, &json!("mutability")));
        let (status, _) = directory
            .send(
                Method::POST,
                "/Users",
                json!({"userName": "n1", name: [{"value": "rssi"}]}),
            )
            .await;
        assert_eq!(status, 403);
    }
    // No list says that they are there, nor does one say it of organisations beyond.
    for query in [
        "userName eq \"rssi\"",
        "id eq \"rssi\"",
        "userName sw \"rss\"",
        "userName eq \"étrangère\"",
    ] {
        let query = query.replace(' ', "%20");
        let (_, list) = directory.get(&format!("/Users?filter={query}")).await;
        assert_eq!(list["totalResults"], 0, "{query}");
    }
    assert_eq!(directory.add("étrangère").await.0, 409);
    assert_eq!(directory.set_active("étrangère", false).await.0, 404);
    assert_eq!(directory.join(AGENTS, &["étrangère"]).await.0, 400);
    // Groups are those of the configuration.
    for (name, status) in [("Officers", 403), ("agents OF-1", 409)] {
        let (found, _) = directory
            .send(Method::POST, "/Groups", json!({"displayName": name}))
            .await;
        assert_eq!(found, status);
    }
    let group = directory.group(AGENTS).await;
    assert_eq!(
        directory.send(Method::DELETE, &group, Value::Null).await.0,
        403
    );
    let renamed = json!([{"op": "replace", "path": "displayName", "value": CHIEFS}]);
    assert_eq!(directory.patch(&group, renamed).await.0, 400);
    // An account that the directory named first, and that two persons then made an officer's.
    directory.add("future").await;
    somebody(&directory.home, "future", "op", Role::Dpo).await;
    assert_eq!(directory.set_active("future", false).await.0, 403);
    assert_eq!(directory.join(CHIEFS, &["future"]).await.0, 403);
    // One of its users that became an officer: what waits is void.
    directory.set_active("a03", false).await;
    directory.set_active("a03", true).await;
    somebody(&directory.home, "a03", "op", Role::Auditor).await;
    assert_eq!(directory.waiting().await, []);
    assert_eq!(directory.set_active("a03", false).await.0, 403);
    for officer in ["rssi", "dpo", "flux", "étrangère"] {
        assert!(!directory.is_closed(officer));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_identifier_of_the_directory_is_one_user() {
    let directory = Directory::of(20).await;
    assert_eq!(directory.add("n1").await.0, 201);
    let taken = json!({"userName": "n2", "externalId": "x-n1"});
    assert_eq!(
        directory
            .send(Method::POST, "/Users", taken.clone())
            .await
            .0,
        409
    );
    let replaced = json!([{"op": "replace", "path": "externalId", "value": "x-n1"}]);
    let (status, error) = directory.patch("/Users/a01", replaced).await;
    assert_eq!((status, &error["scimType"]), (409, &json!("uniqueness")));
    let (_, list) = directory
        .get("/Users?filter=externalId%20eq%20%22x-n1%22")
        .await;
    assert_eq!(
        (&list["totalResults"], &list["Resources"][0]["id"]),
        (&json!(1), &json!("n1"))
    );
    assert_eq!(directory.add("N1").await.0, 409);
    // Who was deleted gives it free.
    directory
        .send(Method::DELETE, "/Users/n1", Value::Null)
        .await;
    assert_eq!(directory.send(Method::POST, "/Users", taken).await.0, 201);
    for wrong in [
        json!({}),
        json!({"userName": ""}),
        json!({"userName": "a b"}),
        json!({"userName": "digue"}),
        json!({"userName": "x".repeat(500)}),
        json!({"userName": "n3", "title": "x".repeat(2000)}),
    ] {
        assert_eq!(
            directory
                .send(Method::POST, "/Users", wrong.clone())
                .await
                .0,
            400,
            "{wrong}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_pages_and_versions_are_kept() {
    let directory = Directory::of(20).await;
    let (_, page) = directory
        .get("/Users?startIndex=19&count=5&attributes=userName")
        .await;
    assert_eq!(
        (&page["totalResults"], &page["itemsPerPage"]),
        (&json!(20), &json!(2))
    );
    assert_eq!(
        page["Resources"][0],
        json!({"schemas": page["Resources"][0]["schemas"], "id": "a19", "userName": "a19"})
    );
    let (_, page) = directory
        .get("/Users?filter=active%20eq%20true%20and%20userName%20co%20%220%22&count=0")
        .await;
    assert_eq!(
        (&page["totalResults"], &page["Resources"]),
        (&json!(11), &json!([]))
    );
    let deep = format!("/Users?filter={}", "(".repeat(1000));
    let (status, error) = directory.get(&deep).await;
    assert_eq!((status, &error["scimType"]), (400, &json!("invalidFilter")));
    let (_, page) = directory.get("/Groups?excludedAttributes=members").await;
    assert_eq!(
        (&page["totalResults"], page["Resources"][0].get("members")),
        (&json!(3), None)
    );
    let search =
        json!({"filter": "displayName pr or userName sw \"a2\"", "startIndex": 1, "count": 3});
    let (_, page) = directory.send(Method::POST, "/.search", search).await;
    let ids: Vec<&Value> = page["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["meta"]["resourceType"])
        .collect();
    assert_eq!(
        (&page["totalResults"], ids),
        (
            &json!(4),
            vec![&json!("User"), &json!("Group"), &json!("Group")]
        )
    );
    // Entra ID asks whether one is a member.
    let group = directory.group(AGENTS).await;
    let id = group.trim_start_matches("/Groups/");
    let filter = format!("id%20eq%20%22{id}%22%20and%20members%20eq%20%22A07%22");
    let (_, page) = directory
        .get(&format!("/Groups?filter={filter}&attributes=id"))
        .await;
    assert_eq!(page["totalResults"], 1);

    let read = directory
        .ask(Method::GET, "/Users/a01", Value::Null, &directory.key)
        .await;
    let version = read
        .headers
        .iter()
        .find(|(name, _)| name == http::header::ETAG)
        .unwrap()
        .1
        .clone();
    let mut headers = directory.key.clone();
    headers.insert(
        http::header::IF_NONE_MATCH,
        HeaderValue::try_from(&version).unwrap(),
    );
    let again = directory
        .ask(Method::GET, "/Users/a01", Value::Null, &headers)
        .await;
    assert_eq!(again.status, 304);
    headers.remove(http::header::IF_NONE_MATCH);
    headers.insert(
        http::header::IF_MATCH,
        HeaderValue::try_from(&version).unwrap(),
    );
    let title =
        json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "x"}]});
    let first = directory
        .ask(Method::PATCH, "/Users/a01", title.clone(), &headers)
        .await;
    let second = directory
        .ask(Method::PATCH, "/Users/a01", title, &headers)
        .await;
    assert_eq!((first.status, second.status), (200, 412));
    for path in [
        "/ServiceProviderConfig",
        "/ResourceTypes",
        "/ResourceTypes/User",
        "/Schemas",
    ] {
        assert_eq!(directory.get(path).await.0, 200, "{path}");
    }
    assert_eq!(directory.get("/Me").await.0, 404);
    assert_eq!(
        directory
            .send(Method::DELETE, "/Users", Value::Null)
            .await
            .0,
        405
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_key_of_a_directory_counts() {
    let directory = Directory::of(1).await;
    let status = async |headers: &HeaderMap| {
        let asked = directory.ask(Method::GET, "/Users", Value::Null, headers);
        asked.await.status
    };
    assert_eq!(status(&directory.key).await, 200);
    // A key of programs shows a signature, and is no directory's.
    let (_, secret) = directory
        .issue("flux", KeyProof::Signed("x".repeat(43)))
        .await
        .unwrap();
    assert_eq!(status(&bearer(&secret)).await, 401);
    let secret = directory.key[AUTHORIZATION]
        .to_str()
        .unwrap()
        .trim_start_matches("Bearer ")
        .to_owned();
    let as_dpop = [(
        AUTHORIZATION,
        HeaderValue::try_from(format!("DPoP {secret}")).unwrap(),
    )];
    assert_eq!(status(&as_dpop.into_iter().collect()).await, 401);
    let mut twice = directory.key.clone();
    twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer x"));
    assert_eq!(status(&twice).await, 401);
    assert_eq!(status(&HeaderMap::new()).await, 401);
    // Partners carry none.
    let refused = directory.issue("a01", KeyProof::Directory).await;
    assert!(matches!(
        refused,
        Err(OperationError::Invalid("invalid-scim-account"))
    ));
    // It ends with the role, the account and the key.
    somebody(&directory.home, "flux", "op", Role::Auditor).await;
    assert_eq!(status(&directory.key).await, 401);
    somebody(&directory.home, "flux", "op", Role::PortalTeam).await;
    assert_eq!(status(&directory.key).await, 200);
    let app = &directory.home.app;
    accounts::set_suspended(app, &directory.ciso, &account("flux"), true, "poste volé")
        .await
        .unwrap();
    assert_eq!(status(&directory.key).await, 401);
    directory.home.clock.pass(Duration::from_hours(91 * 24));
    accounts::set_suspended(
        app,
        &directory.ciso,
        &account("flux"),
        false,
        "poste retrouvé",
    )
    .await
    .unwrap();
    assert_eq!(status(&directory.key).await, 401, "a key lasts ninety days");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_directory_is_an_alarm_with_its_age() {
    let directory = Directory::of(1).await;
    assert_eq!(
        directory.overview().await.standing,
        DirectoryStanding::Unheard
    );
    directory.get("/Users").await;
    let heard_at = directory.home.now();
    directory.home.clock.pass(Duration::from_hours(72));
    assert_eq!(
        directory.overview().await.standing,
        DirectoryStanding::Fresh
    );
    directory.home.clock.pass(Duration::from_secs(1));
    let late = directory.overview().await;
    assert_eq!(
        (late.standing, late.heard_at),
        (DirectoryStanding::Late, Some(heard_at))
    );
    let tasks = directory.tasks().await;
    assert_eq!(tasks, [(AwaitedAct::RepairDirectory, heard_at)]);
    directory.get("/Users").await;
    assert_eq!(
        directory.overview().await.standing,
        DirectoryStanding::Fresh
    );
}
