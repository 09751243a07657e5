//! The directory's interface, met by a public SCIM client over the network.

use std::path::Path;
use std::process::Command;

use crate::api::Officers;
use crate::instance::{CONSOLE_HOST, Instance, Plan, obliging};
use crate::python::python;

#[test]
fn a_public_client_of_scim_finds_what_the_rfc_says() {
    let plan = Plan::usual().settings(
        "[sessions]\nproof = \"1h\"\n\
         [scim]\nfree_a_day = 1000\nshrinks_at_most = 100\n\
         [[scim.groups]]\nname = \"Agents of-1\"\norganisation = \"of-1\"\n",
    );
    let mut instance = Instance::open(&plan, obliging);
    let officers = Officers::of(&mut instance);
    let secret = officers.secret(&mut instance, "rssi2", "scim");
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let done = Command::new(python("python"))
        .arg(Path::new(&here).join("../../tests/check_scim.py"))
        .arg(format!("http://{}/scim/v2", instance.address))
        .args([CONSOLE_HOST, &secret, "Agents of-1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    println!("{said}");
    assert!(
        done.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    // It opens nothing else, and without it nothing opens.
    let bearer = format!("Bearer {secret}");
    let with = [("authorization", bearer.as_str())];
    let stranger = digue_testkit::Client::new(instance.address, CONSOLE_HOST);
    assert_eq!(
        stranger.send("GET", "/api/v1/accounts", &with, b"").status,
        401
    );
    assert_eq!(stranger.get("/scim/v2/Users").status, 401);
    let officer = instance.console_session("rssi2");
    assert_eq!(officer.get("/scim/v2/Users").status, 401);
    let acts = instance.acts();
    let act = |name: &str| {
        acts.iter()
            .any(|entry| entry["act"] == name && entry["actor"] == "rssi2")
    };
    assert!(act("account-saved") && act("account-suspended"), "{acts:?}");
}
