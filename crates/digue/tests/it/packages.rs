//! The Debian package and the container image, built from the binary of the tests.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::instance::binary;

fn packages() -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    Path::new(&here)
        .join("../../contrib/packages")
        .canonicalize()
        .unwrap()
}

fn run(command: &mut Command) -> String {
    let done = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(done.status.success(), "{command:?}: {}", said(&done));
    String::from_utf8(done.stdout).unwrap()
}

fn said(done: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    )
}

/// The binary of the tests without its debug lines, which are nine tenths of it.
fn stripped() -> &'static Path {
    static STRIPPED: OnceLock<PathBuf> = OnceLock::new();
    STRIPPED.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("digue-stripped");
        run(Command::new("strip").arg("-o").arg(&path).arg(binary()));
        path
    })
}

/// Builds the package of the tests' binary in `folder`.
fn build(folder: &Path) -> PathBuf {
    let mut build = Command::new(packages().join("build-deb"));
    let name = run(build
        .arg(stripped())
        .arg(folder)
        .args(["--compression", "none"]));
    PathBuf::from(name.trim())
}

/// A folder in which dpkg takes itself for the only one, and runs the scripts of packages without a
/// chroot.
struct DpkgRoot(tempfile::TempDir);

impl DpkgRoot {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "var/lib/dpkg/info",
            "var/lib/dpkg/updates",
            "etc",
            "usr/bin",
        ] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("var/lib/dpkg/status"), "").unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn dpkg(&self, arguments: &[&str]) -> Output {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg(format!("--root={}", self.0.path().display()));
        dpkg.args([
            "--force-script-chrootless",
            "--force-depends",
            "--force-not-root",
            "--force-bad-path",
            "--no-triggers",
        ]);
        // A user without the folder's rights over `/var/log` may run the tests.
        dpkg.arg(format!("--log={}", self.path("dpkg.log").display()));
        dpkg.args(arguments).env("LANG", "C").output().unwrap()
    }

    fn install(&self, package: &Path) {
        let done = self.dpkg(&["--install", &package.display().to_string()]);
        assert!(done.status.success(), "{}", said(&done));
    }
}

#[test]
fn the_package_holds_the_binary_its_unit_and_no_configuration_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let package = build(folder.path());
    let listed = run(Command::new("dpkg-deb").arg("--contents").arg(&package));
    let files: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .collect();
    for name in [
        "./usr/bin/digue",
        "./usr/lib/systemd/system/digue.service",
        "./usr/lib/sysusers.d/digue.conf",
        "./usr/lib/tmpfiles.d/digue.conf",
        "./usr/share/doc/digue/copyright",
        "./usr/share/doc/digue/operation.md",
        "./usr/share/doc/digue/SECURITY.md",
        "./usr/share/doc/digue/examples/digue.rules.yml",
        "./usr/share/doc/digue/examples/grafana.json",
        "./usr/share/bash-completion/completions/digue",
        "./usr/share/zsh/vendor-completions/_digue",
        "./usr/share/fish/vendor_completions.d/digue.fish",
        "./usr/share/man/man1/digue.1.gz",
        "./usr/share/man/man1/digue-doctor.1.gz",
        "./usr/share/man/fr/man1/digue-doctor.1.gz",
    ] {
        assert!(files.contains(name), "{name}: {listed}");
    }
    assert!(
        listed.lines().all(|line| line.contains("root/root")),
        "{listed}"
    );
    assert!(
        !listed.contains("./etc") && !listed.contains("./var"),
        "{listed}"
    );
    let control = run(Command::new("dpkg-deb").arg("--field").arg(&package));
    assert!(
        control.contains("Package: digue\n") && control.contains("libc6 (>= 2."),
        "{control}"
    );
    assert!(
        !control.replace("digue@localhost", "").contains('@'),
        "a place that was not filled in: {control}"
    );
    // The same again, byte for byte.
    let again = tempfile::tempdir().unwrap();
    assert!(
        fs::read(&package).unwrap() == fs::read(build(again.path())).unwrap(),
        "another package"
    );
}

#[test]
fn the_unit_is_valid_and_exposes_little() {
    let folder = tempfile::tempdir().unwrap();
    // `verify` looks for the program, which is not installed here.
    let unit = fs::read_to_string(packages().join("systemd/digue.service")).unwrap();
    let path = folder.path().join("digue.service");
    fs::write(&path, unit.replace("/usr/bin/digue", binary())).unwrap();
    if Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_err()
    {
        println!("systemd-analyze is not here: the unit is not verified");
        return;
    }
    let verified = Command::new("systemd-analyze")
        .arg("verify")
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        verified.status.success() && said(&verified).trim().is_empty(),
        "{}",
        said(&verified)
    );
    // In tenths: 2.0 of 10.
    let mut security = Command::new("systemd-analyze");
    let done = security
        .args(["security", "--no-pager", "--offline=yes", "--threshold=20"])
        .arg(&path)
        .output();
    let done = done.unwrap();
    assert!(done.status.success(), "{}", said(&done));
}

#[test]
fn installed_upgraded_downgraded_removed_and_purged_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let package = build(folder.path());
    let root = DpkgRoot::new();
    root.install(&package);
    assert_eq!(
        fs::metadata(root.path("usr/bin/digue"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o755
    );
    let passwd = fs::read_to_string(root.path("etc/passwd")).unwrap();
    assert!(passwd.contains("digue:"), "{passwd}");
    for (name, mode) in [("etc/digue", 0o750), ("var/lib/digue", 0o700)] {
        assert_eq!(
            fs::metadata(root.path(name)).unwrap().permissions().mode() & 0o777,
            mode,
            "{name}"
        );
    }
    let settings = root.path("etc/digue/digue.toml");
    let written = fs::read_to_string(&settings).unwrap();
    assert!(written.contains("data = \"/var/lib/digue\""), "{written}");
    assert!(
        written.contains("url = \"sqlite:/var/lib/digue/state.db\""),
        "{written}"
    );
    let checked = Command::new(binary())
        .arg("check")
        .arg("--config")
        .arg(&settings)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", said(&checked));

    // The administrator's work and the evidence.
    let (mine, evidence) = (
        format!("{written}\n# ours\n"),
        root.path("var/lib/digue/journal/checkpoint"),
    );
    fs::write(&settings, &mine).unwrap();
    fs::create_dir_all(evidence.parent().unwrap()).unwrap();
    fs::write(&evidence, "evidence").unwrap();
    let is_kept = || {
        fs::read_to_string(&settings).unwrap() == mine
            && fs::read(&evidence).unwrap() == b"evidence"
    };

    let newer = with_version(&package, folder.path(), "99.0.0");
    root.install(&newer);
    assert!(is_kept());
    let done = root.dpkg(&["--install", &package.display().to_string()]);
    assert!(
        !done.status.success() && said(&done).contains("restore a backup"),
        "{}",
        said(&done)
    );
    assert!(is_kept());
    let status = run(Command::new("dpkg-query")
        .arg(format!(
            "--admindir={}",
            root.path("var/lib/dpkg").display()
        ))
        .args(["-W", "digue"]));
    assert_eq!(status.trim(), "digue\t99.0.0");

    assert!(root.dpkg(&["--remove", "digue"]).status.success());
    assert!(!root.path("usr/bin/digue").exists() && is_kept());
    let purged = root.dpkg(&["--purge", "digue"]);
    assert!(purged.status.success(), "{}", said(&purged));
    assert!(is_kept());
}

/// The same package under another version, as a later release would be.
fn with_version(package: &Path, folder: &Path, version: &str) -> PathBuf {
    let tree = folder.join(version);
    run(Command::new("dpkg-deb")
        .arg("--raw-extract")
        .args([package, &tree]));
    let known = run(Command::new("dpkg-deb")
        .arg("--field")
        .arg(package)
        .arg("Version"));
    for name in ["control", "preinst"] {
        let path = tree.join("DEBIAN").join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(known.trim()), "{name}");
        fs::write(&path, text.replace(known.trim(), version)).unwrap();
    }
    let built = folder.join(format!("digue_{version}.deb"));
    run(Command::new("dpkg-deb")
        .args(["--root-owner-group", "-Znone", "--build"])
        .args([&tree, &built]));
    built
}

#[test]
fn the_image_runs_from_its_own_files_and_has_no_shell() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    run(Command::new(packages().join("build-image-root"))
        .arg(stripped())
        .arg(&root));
    let mut names = BTreeSet::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                names.insert(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    assert!(
        names
            .iter()
            .all(|name| !["sh", "bash", "dash", "busybox"].contains(&name.as_str())),
        "{names:?}"
    );
    // Its own loader and libraries, and none of this system's.
    let loader =
        ["lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1"].map(|name| root.join(name));
    let loader = loader
        .iter()
        .find(|path| path.exists())
        .expect("the loader is in the image");
    let libraries = run(Command::new("find")
        .arg(&root)
        .args(["-name", "*.so.*", "-printf", "%h\n"]));
    let libraries: BTreeSet<&str> = libraries.lines().collect();
    let libraries = libraries.into_iter().collect::<Vec<_>>().join(":");
    let mut command = Command::new(loader);
    command
        .args(["--inhibit-cache", "--library-path", &libraries])
        .arg(root.join("usr/bin/digue"));
    assert!(run(command.arg("--version")).starts_with("digue "));
    let recipe = fs::read_to_string(packages().join("oci/Containerfile")).unwrap();
    assert!(
        recipe.contains("\nFROM scratch\n") && recipe.contains("\nUSER 65532:65532\n"),
        "{recipe}"
    );
}

#[test]
fn the_bill_of_materials_lists_what_is_compiled_in_and_is_the_same_each_time() {
    let made = || run(&mut Command::new(packages().join("sbom")));
    let text = made();
    let bom: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&bom["bomFormat"], &bom["specVersion"]),
        (&"CycloneDX".into(), &"1.5".into())
    );
    let components = bom["components"].as_array().unwrap();
    let names: BTreeSet<&str> = components
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    for name in ["ring", "rustls", "sqlx", "digue-journal"] {
        assert!(names.contains(name), "{name} is missing");
    }
    // Tests use these, and nobody is given them.
    for name in [
        "criterion",
        "proptest",
        "html5ever",
        "digue-testkit",
        "tidy",
    ] {
        assert!(!names.contains(name), "{name} is not compiled in");
    }
    for one in components {
        let is_ours = one["name"].as_str().unwrap().starts_with("digue");
        let digest = one["hashes"][0]["content"].as_str();
        assert!(
            is_ours || digest.is_some_and(|digest| digest.len() == 64),
            "{one}"
        );
        assert!(
            one["licenses"][0]["expression"]
                .as_str()
                .is_some_and(|licence| licence != "NOASSERTION"),
            "{one}"
        );
    }
    assert!(text == made());
}
