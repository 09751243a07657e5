//! HTTP/2 as RFC 9113 asks for it, from a client that breaks its rules.

use std::process::Command;

use crate::instance::{Instance, PORTAL_HOST, Plan, obliging};
use crate::python::{conformance, python};

#[test]
fn the_listener_does_what_http2_asks() {
    let instance = Instance::open(&Plan::usual(), obliging);
    let done = Command::new(python("python"))
        .arg(conformance())
        .arg(instance.address.port().to_string())
        .args(["--host", PORTAL_HOST])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    let failed: Vec<&str> = said
        .lines()
        .filter(|line| !line.starts_with("ok"))
        .collect();
    assert!(done.status.success(), "{failed:#?}");
    assert!(said.lines().count() > 80, "{said}");
}
