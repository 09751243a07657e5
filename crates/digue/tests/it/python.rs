//! Programs of the Python environment that `./test` prepares: third-party portals and clients.

use std::path::{Path, PathBuf};

/// The program `name` of the environment.
pub(crate) fn python(name: &str) -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "./test says where it put the environment"
    )]
    let said = ["DIGUE_TEST_PYTHON", "HOME"].map(|name| std::env::var(name).ok());
    let [folder, home] = said;
    let folder =
        folder.unwrap_or_else(|| format!("{}/.cache/digue/python", home.unwrap_or_default()));
    let program = Path::new(&folder).join("bin").join(name);
    assert!(program.exists(), "run ./test once: it installs {name}");
    program
}

/// A file of a package of the environment.
pub(crate) fn site_packages(file: &str) -> PathBuf {
    let libraries = python("python").parent().unwrap().join("../lib");
    let folders = std::fs::read_dir(libraries)
        .unwrap()
        .map(|folder| folder.unwrap().path());
    let found = folders
        .map(|folder| folder.join("site-packages").join(file))
        .find(|path| path.exists());
    found.unwrap_or_else(|| panic!("run ./test once: it installs {file}"))
}

/// The conformance script of the repository's `tests` folder.
pub(crate) fn conformance() -> PathBuf {
    script("h2.py")
}

/// A file of the repository's `tests` folder.
pub(crate) fn script(name: &str) -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    Path::new(&here).join("../../tests").join(name)
}
