//! What a service manager hears of the real binary.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
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

#[test]
fn a_socket_that_the_manager_holds_outlives_the_process_and_refuses_nobody() {
    let mut instance = Instance::open(&Plan::usual(), obliging);
    assert!(instance.stop());
    let held = TcpListener::bind(instance.address).unwrap();
    for _ in 0..2 {
        // Nothing serves yet: it waits in the queue.
        let mut client = TcpStream::connect(instance.address).unwrap();
        let request = "GET / HTTP/1.1\r\nHost: digue.localhost\r\nConnection: close\r\n\r\n";
        client.write_all(request.as_bytes()).unwrap();
        let mut child = Command::new("sh")
            .args(["-c", "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" serve"])
            .arg(binary())
            .current_dir(instance.folder.path())
            .stdin(OwnedFd::from(held.try_clone().unwrap()))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        let pid = child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.unwrap().success());
        assert!(child.wait().unwrap().success());
    }
}
