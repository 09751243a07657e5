//! The version of the rules in force, as each entry of the journal names it.
//!
//! It is computed from the texts that were read, never from the files again: what a map names (keys
//! of an issuer, the hash of a token) is part of it, and a file that changed meanwhile is not.

use std::collections::BTreeMap;

use super::portal_map::PortalMap;
use super::reader::WholeText;

/// A number that changes with maps, the files that they name, and policies.
pub fn rules_version(maps: &[PortalMap], policies: &BTreeMap<String, String>) -> u64 {
    let mut fingerprint = RulesFingerprint::default();
    for map in maps {
        fingerprint.add_whole(&map.source);
        // Its lower limits are in force with the granted map.
        map.narrowed_by
            .iter()
            .for_each(|waiting| fingerprint.add_whole(waiting));
    }
    fingerprint.add_texts(policies);
    fingerprint.0
}

/// FNV-1a: distinguishes two sets of rules, and protects nothing.
struct RulesFingerprint(u64);

impl Default for RulesFingerprint {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl RulesFingerprint {
    fn add_whole(&mut self, whole: &WholeText) {
        self.add_text(&whole.text);
        self.add_texts(&whole.files);
    }

    fn add_texts(&mut self, texts: &BTreeMap<String, String>) {
        // The number first: without it two maps with their files could be cut differently and give
        // one number.
        self.add_bytes(&texts.len().to_le_bytes());
        for (name, text) in texts {
            self.add_text(name);
            self.add_text(text);
        }
    }

    /// With its length: a line that moves from one file to the next is a change.
    fn add_text(&mut self, text: &str) {
        self.add_bytes(&text.len().to_le_bytes());
        self.add_bytes(text.as_bytes());
    }

    fn add_bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::portal_map;

    const MAP: &str = r#"
[portal]
name = "kairos"
url = "https://kairos.exemple.fr"
upstream = "http://127.0.0.1:9000"

[identifiers.id]
primary = true

[report]
token_file = "jeton"

[[routes]]
name = "fiche"
path = "/fiche/{id}"
methods = ["GET"]
action = "open"
request = [{ as = "id", in = "path", at = "id" }]
[[routes.response]]
format = "json"
records = ["$"]
undescribed = "any"
persons = [{ as = "id", at = "$.id" }]
"#;

    fn read(folder: &Path) -> Option<PortalMap> {
        portal_map::read(
            &folder.join("kairos.toml"),
            &mut Vec::new(),
            &mut Vec::new(),
        )
    }

    fn version_of(folder: &Path, policies: &[(&str, &str)]) -> u64 {
        let texts = policies
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        rules_version(&[read(folder).unwrap()], &texts)
    }

    #[test]
    fn every_file_on_which_a_rule_depends_changes_the_version() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("kairos.toml", MAP);
        write("jeton", "un-jeton-qui-est-bien-assez-long-pour-servir");
        let (one, two) = (
            ("a.cedar", "forbid (principal, action, resource);"),
            ("b.cedar", ""),
        );
        let before = version_of(folder.path(), &[one, two]);
        assert_eq!(version_of(folder.path(), &[one, two]), before);
        assert_ne!(version_of(folder.path(), &[one]), before);
        assert_ne!(
            version_of(folder.path(), &[("a.cedar", ""), ("b.cedar", one.1)]),
            before
        );
        write("jeton", "un-autre-jeton-qui-est-bien-assez-long");
        assert_ne!(
            version_of(folder.path(), &[one, two]),
            before,
            "a file that the map names"
        );
        write("jeton", "un-jeton-qui-est-bien-assez-long-pour-servir");
        write("kairos.toml", &format!("{MAP}\n# commented\n"));
        assert_ne!(version_of(folder.path(), &[one, two]), before);
    }

    #[test]
    fn what_is_in_force_of_a_waiting_map_changes_the_version() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("kairos.toml"), MAP).unwrap();
        std::fs::write(
            folder.path().join("jeton"),
            "un-jeton-qui-est-bien-assez-long-pour-servir",
        )
        .unwrap();
        let granted = read(folder.path()).unwrap();
        let mut narrowed = read(folder.path()).unwrap();
        narrowed.narrowed_by = Some(WholeText::default());
        assert_ne!(
            rules_version(&[granted], &BTreeMap::new()),
            rules_version(&[narrowed], &BTreeMap::new())
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_fault_and_not_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("kairos.toml"), MAP).unwrap();
        let mut faults = Vec::new();
        let map = portal_map::read(
            &folder.path().join("kairos.toml"),
            &mut faults,
            &mut Vec::new(),
        );
        assert!(map.is_none() && !faults.is_empty());
        let mut faults = Vec::new();
        assert!(portal_map::read(folder.path(), &mut faults, &mut Vec::new()).is_none());
        assert_eq!(faults[0].key, "fault-unreadable");
    }
}
