//! Reading the repository: manifests and sources, nothing else.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    // Asked at run time: a target folder shared by two clones would keep the path of the other one.
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the manifest of a test lies"
    )]
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    Path::new(&folder).join("../..").canonicalize().unwrap()
}

/// The crates, by name.
pub(crate) fn crates() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|item| item.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

pub(crate) fn manifest(name: &str) -> String {
    fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap()
}

/// The names under a manifest's `[section]`.
pub(crate) fn dependencies(name: &str, section: &str) -> Vec<String> {
    let text = manifest(name);
    let header = format!("[{section}]");
    let lines = text.lines().skip_while(|line| *line != header).skip(1);
    let names = lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| {
            let name = line.split(['.', ' ', '=']).next()?;
            (!name.is_empty() && !name.starts_with('#')).then(|| name.to_owned())
        });
    names.collect()
}

/// Every file below `folder` with this extension.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(items) = fs::read_dir(&folder) else {
            continue;
        };
        for item in items {
            let path = item.unwrap().path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') && name != "node_modules"
            {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Templates of pages, and of what all pages share.
pub(crate) fn templates() -> Vec<PathBuf> {
    let folders = [
        "digue-pages",
        "digue-isms-pages",
        "digue-people-pages",
        "digue-console",
    ]
    .map(|name| root().join("crates").join(name).join("templates"));
    folders
        .iter()
        .flat_map(|folder| files(folder, "html"))
        .collect()
}

/// The files of modules that a source declares for tests only.
fn test_modules(path: &Path, text: &str) -> Vec<PathBuf> {
    let is_root = ["lib.rs", "main.rs"]
        .iter()
        .any(|root| path.ends_with(root));
    let folder = if is_root {
        path.parent().unwrap().to_owned()
    } else {
        path.with_extension("")
    };
    let names = text
        .split("#[cfg(test)]\nmod ")
        .skip(1)
        .filter_map(|rest| rest.split_once(';'));
    let names = names.map(|(name, _)| name).filter(|name| {
        name.chars()
            .all(|sign| sign.is_alphanumeric() || sign == '_')
    });
    names
        .map(|name| folder.join(name).with_extension("rs"))
        .collect()
}

/// Sources that ship: without tests, benches and inline test modules.
pub(crate) fn shipped() -> Vec<(PathBuf, String)> {
    let mut sources = Vec::new();
    for name in crates()
        .iter()
        .filter(|name| !matches!(name.as_str(), "tidy" | "digue-testkit"))
    {
        let paths = files(&root().join("crates").join(name).join("src"), "rs");
        let texts: Vec<String> = paths
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        let tests: Vec<PathBuf> = paths
            .iter()
            .zip(&texts)
            .flat_map(|(path, text)| test_modules(path, text))
            .collect();
        for (path, text) in paths.into_iter().zip(texts) {
            if tests.contains(&path) {
                continue;
            }
            let end = text.find("\n#[cfg(test)]").unwrap_or(text.len());
            sources.push((path, text[..end].to_owned()));
        }
    }
    assert!(sources.len() > 50);
    sources
}
