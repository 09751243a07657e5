//! Promise 1 on the real binary: what clients received is in the journal, whenever it was killed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::instance::{Instance, Plan, obliging, shown_to};

#[test]
fn no_entry_no_bytes_when_killed_under_load() {
    let plan = Plan::usual().replace(
        "path = \"/fiche/{id}\"",
        "path = \"/fiche/{id}\"\ncaseload = \"not-required\"",
    );
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    let received: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    for round in 0..4 {
        let stop = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..6)
            .map(|reader| {
                let (a1, received, stop) = (a1.clone(), received.clone(), stop.clone());
                std::thread::spawn(move || {
                    for number in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let id = format!("P{round}-{reader}-{number}");
                        let Ok(answer) = a1.try_send("GET", &format!("/fiche/{id}"), &[], b"")
                        else {
                            break;
                        };
                        // Even a body that was cut short was received.
                        if answer.text().contains(&id) {
                            received.lock().unwrap().insert(id);
                        }
                    }
                })
            })
            .collect();
        let before = received.lock().unwrap().len();
        while received.lock().unwrap().len() < before + 60 + round * 17 {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        instance.kill();
        stop.store(true, Ordering::Relaxed);
        readers
            .into_iter()
            .for_each(|reader| reader.join().unwrap());
        instance.start();
    }
    let journalled: BTreeSet<String> = shown_to(&instance.history(), "a1").into_iter().collect();
    let received = received.lock().unwrap();
    assert!(received.len() >= 240);
    let missing: Vec<&String> = received.difference(&journalled).collect();
    assert!(
        missing.is_empty(),
        "received and not journalled: {missing:?}"
    );
}
