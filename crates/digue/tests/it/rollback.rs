//! An older copy of the journal's folder is valid by itself: checkpoints remembered elsewhere
//! refuse it, and nothing of either is touched.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::instance::{Instance, Plan, digue, obliging};

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
}

/// An instance that showed P1, was copied, and then showed P2; its folder, and the copy's.
fn grown() -> (Instance, tempfile::TempDir) {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1", "P2"]), obliging);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 200);
    assert!(instance.stop());
    let older = tempfile::tempdir().unwrap();
    copy(&instance.folder.path().join("data"), older.path());
    instance.start();
    assert_eq!(a1.get("/fiche/P2").status, 200);
    assert!(instance.stop());
    (instance, older)
}

fn put_back(instance: &Instance, older: &Path) {
    fs::rename(instance.journal(), instance.folder.path().join("newer")).unwrap();
    copy(&older.join("journal"), &instance.journal());
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

#[test]
fn an_older_journal_does_not_start_and_both_are_kept() {
    let (mut instance, older) = grown();
    put_back(&instance, older.path());
    let folder = instance.folder.path().to_owned();
    let data = folder.join("data");
    let before = files(&data);
    let refused = digue(&folder, &["serve"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(
        said(&refused).contains("Nothing was changed"),
        "{}",
        said(&refused)
    );
    let changed: Vec<PathBuf> = files(&data)
        .into_iter()
        .filter(|(path, bytes)| before.get(path) != Some(bytes))
        .map(|(path, _)| path)
        .collect();
    // The state's own files may move; the evidence does not.
    assert!(
        changed
            .iter()
            .all(|path| path.to_string_lossy().contains("state.db")),
        "{changed:?}"
    );
    let verified = digue(&folder, &["journal", "verify"]);
    assert_eq!(verified.status.code(), Some(1), "{}", said(&verified));
    assert!(
        said(&verified).contains("older than the state recorded"),
        "{}",
        said(&verified)
    );
    // Each place alone is enough: the index, the file beside, the store.
    for kept in ["index", "journal-head", "store"] {
        let aside = tempfile::tempdir().unwrap();
        for place in ["index", "journal-head"]
            .into_iter()
            .filter(|place| *place != kept)
        {
            fs::rename(data.join(place), aside.path().join(place)).unwrap();
        }
        assert_eq!(digue(&folder, &["serve"]).status.code(), Some(2), "{kept}");
        for place in ["index", "journal-head"]
            .into_iter()
            .filter(|place| *place != kept)
        {
            fs::rename(aside.path().join(place), data.join(place)).unwrap();
        }
    }
    // The newer one, put back, continues.
    fs::remove_dir_all(instance.journal()).unwrap();
    fs::rename(folder.join("newer"), instance.journal()).unwrap();
    instance.start();
    assert_eq!(instance.history().len(), 2);
}

#[test]
fn a_loss_is_accepted_by_an_act_that_is_an_entry() {
    let (mut instance, older) = grown();
    put_back(&instance, older.path());
    let folder = instance.folder.path().to_owned();
    let accepted = digue(&folder, &["journal", "accept"]);
    assert_eq!(accepted.status.code(), Some(0), "{}", said(&accepted));
    let names: Vec<String> = fs::read_dir(folder.join("data"))
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        names.iter().any(|name| name.starts_with("index.")),
        "{names:?}"
    );
    assert!(
        names.iter().any(|name| name.starts_with("journal-head.")),
        "{names:?}"
    );
    instance.start();
    assert!(
        instance
            .acts()
            .iter()
            .any(|act| act["act"] == "journal-accepted")
    );
    assert!(said(&digue(&folder, &["journal", "accept"])).contains("nothing to accept"));
}

#[test]
fn a_journal_that_went_on_otherwise_does_not_start() {
    let (mut instance, older) = grown();
    let newer = tempfile::tempdir().unwrap();
    let data = instance.folder.path().join("data");
    copy(&data, newer.path());
    // The older one continues by itself, further than the newer one.
    fs::remove_dir_all(&data).unwrap();
    copy(older.path(), &data);
    for _ in 0..5 {
        instance.start();
        assert!(instance.stop());
    }
    copy(&instance.journal(), &older.path().join("fork"));
    fs::remove_dir_all(&data).unwrap();
    copy(newer.path(), &data);
    fs::remove_dir_all(instance.journal()).unwrap();
    copy(&older.path().join("fork"), &instance.journal());
    let refused = digue(instance.folder.path(), &["serve"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(
        said(&refused).contains("is not the one recorded"),
        "{}",
        said(&refused)
    );
}

/// A state that was restored from yesterday knows less than the journal: nothing of the journal is
/// lost.
#[test]
fn an_older_state_beside_a_newer_journal_starts() {
    let (mut instance, older) = grown();
    let data = instance.folder.path().join("data");
    for (path, _) in files(&data)
        .into_iter()
        .filter(|(path, _)| path.to_string_lossy().contains("state.db"))
    {
        fs::remove_file(path).unwrap();
    }
    for (path, bytes) in files(older.path()) {
        if path.to_string_lossy().contains("state.db") {
            fs::write(data.join(path.strip_prefix(older.path()).unwrap()), bytes).unwrap();
        }
    }
    instance.start();
    assert_eq!(instance.history().len(), 2);
}
