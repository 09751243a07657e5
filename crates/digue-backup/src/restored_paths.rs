//! The paths of a snapshot, before a byte is restored: its author may be a thief.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use crate::BackupError;

/// The paths that were seen.
#[derive(Default)]
pub(crate) struct RestoredPaths(HashSet<PathBuf>);

impl RestoredPaths {
    /// # Errors
    /// `Escapes` for a path that leads out of the folder, and for one that comes twice: a link and a
    /// folder of the same name would lead what is below the folder through the link.
    pub(crate) fn add(&mut self, path: &Path) -> Result<(), BackupError> {
        if stays_inside(path) && self.0.insert(path.to_owned()) {
            Ok(())
        } else {
            Err(BackupError::Escapes(path.to_owned()))
        }
    }
}

fn stays_inside(path: &Path) -> bool {
    let mut parts = path.components();
    parts.all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_out_or_comes_twice_is_refused() {
        let mut paths = RestoredPaths::default();
        for path in ["a", "a/b", "a/c", "b"] {
            assert!(paths.add(Path::new(path)).is_ok(), "{path}");
        }
        for path in ["../a", "a/../../b", "/etc/passwd", "a", "a/b"] {
            assert!(paths.add(Path::new(path)).is_err(), "{path}");
        }
    }
}
