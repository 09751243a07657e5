//! A gateway on a journal in PostgreSQL, on servers of this run's own: what it refuses to serve on.

use digue_testkit::Client;

use crate::instance::{Instance, Plan, digue, obliging};
use crate::shared_servers::Servers;

/// An instance whose journal was moved into the database.
fn shared(servers: &Servers) -> (Instance, Client) {
    servers.database("digue");
    let urls = [servers.url(0, "digue"), servers.url(1, "digue")];
    let plan = Plan::usual()
        .replace(
            "path = \"/fiche/{id}\"",
            "path = \"/fiche/{id}\"\ncaseload = \"not-required\"",
        )
        .replace(
            "path = \"/liste\"",
            "path = \"/liste\"\ncaseload = \"not-required\"",
        )
        .settings(&format!(
            "[store]\nurl = \"{0}\"\n[journal]\nstorage = \"local\"\n\
             databases = [\"{0}\", \"{1}\"]\n",
            urls[0], urls[1]
        ));
    let mut instance = Instance::open(&plan, obliging);
    let client = instance.sign_in("a1");
    assert_eq!(client.get("/fiche/Pbefore").status, 200);
    assert!(instance.stop());
    must(&digue(instance.folder.path(), &["journal", "share"]));
    let file = instance.folder.path().join("digue.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, settings.replace("\"local\"", "\"postgresql\"")).unwrap();
    (instance, client)
}

fn must(done: &std::process::Output) {
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{errors}");
}

#[test]
fn a_server_that_does_not_replicate_is_refused_unless_the_operator_accepts_it() {
    let servers = Servers::start();
    let (mut instance, a1) = shared(&servers);
    servers.empty_standbys(0);
    servers.wait_until(
        0,
        "SELECT current_setting('synchronous_standby_names') = ''",
    );
    let refused = digue(instance.folder.path(), &["serve"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("does not replicate synchronously"), "{said}");
    let file = instance.folder.path().join("digue.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let accepts = "storage = \"postgresql\"\ndanger_asynchronous = true";
    std::fs::write(&file, settings.replace("storage = \"postgresql\"", accepts)).unwrap();
    instance.start();
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let officer = instance.officer();
    let home = officer.send("GET", "/", &[("accept-language", "en")], b"");
    let home = home.text();
    assert!(home.contains("does not replicate synchronously"), "{home}");
    assert!(instance.stop());
    // Another key than the other gateways have is refused, too.
    std::fs::write(
        instance.folder.path().join("data/keys/secrets.key"),
        [7; 32],
    )
    .unwrap();
    let refused = digue(instance.folder.path(), &["serve"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("secrets.key"), "{said}");
}
