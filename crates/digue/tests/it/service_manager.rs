//! What a service manager hears of the real binary.

use std::io::Read as _;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};

use crate::instance::{Instance, Plan, binary, obliging};

fn heard(manager: &UnixDatagram) -> String {
    let mut message = [0; 64];
    let length = manager.recv(&mut message).unwrap();
    String::from_utf8_lossy(&message[..length]).into_owned()
}

#[test]
fn a_service_manager_hears_ready_alive_and_stopping() {
    let mut instance = Instance::open(&Plan::usual(), obliging);
    assert!(instance.stop());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    let mut child = Command::new(binary())
        .arg("serve")
        .current_dir(instance.folder.path())
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "200000")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    assert_eq!(heard(&manager), "READY=1");
    assert_eq!([heard(&manager), heard(&manager)], ["WATCHDOG=1"; 2]);
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    while heard(&manager) != "STOPPING=1" {}
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
}
