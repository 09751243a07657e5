//! A commented configuration to start from.

use std::fs;
use std::path::Path;

use digue_locales::{Language, Value};
use digue_terminal::{BAD, GOOD, NOT_RUN, Output};

/// Files of the initial configuration, in both languages.
const FILES: [(&str, &str, &str); 3] = [
    (
        "digue.toml",
        include_str!("../assets/fr/digue.toml"),
        include_str!("../assets/en/digue.toml"),
    ),
    (
        "portals/portail.toml",
        include_str!("../assets/fr/portail.toml"),
        include_str!("../assets/en/portail.toml"),
    ),
    (
        "policies/hours.cedar",
        include_str!("../assets/fr/hours.cedar"),
        include_str!("../assets/en/hours.cedar"),
    ),
];

/// Writes the files; one that is there stays, and nothing is written. The exit code.
pub fn write(out: &Output, folder: &Path) -> u8 {
    if let Some((name, ..)) = FILES.iter().find(|(name, ..)| folder.join(name).exists()) {
        let file = folder.join(name).display().to_string();
        out.complain("init-exists", &[("file", Value::from(file))]);
        return BAD;
    }
    for (name, french, english) in FILES {
        let text = if out.language == Language::French {
            french
        } else {
            english
        };
        let path = folder.join(name);
        let written = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, text));
        if let Err(error) = written {
            return out
                .failed(&anyhow::Error::from(error).context(path.display().to_string()))
                .max(NOT_RUN);
        }
    }
    let file = folder.join("digue.toml").display().to_string();
    let values = [
        ("folder", Value::from(folder.display().to_string())),
        ("file", Value::from(file)),
    ];
    out.say("init-done", &values);
    GOOD
}
