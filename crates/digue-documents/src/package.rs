//! An Office file as a list of named parts in a ZIP archive (ISO/IEC 29500-2). It knows nothing of
//! the content of a part.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::Unprintable;

/// The part that holds title, language, author and dates.
pub(crate) const CORE: &str = "docProps/core.xml";

/// The parts, in the order of the archive.
pub(crate) struct OfficePackage(Vec<(String, Vec<u8>)>);

fn failed(error: impl ToString) -> Unprintable {
    Unprintable(error.to_string())
}

impl OfficePackage {
    /// Opens a package that a library of ours has just written: no limit on its size.
    pub(crate) fn open(bytes: &[u8]) -> Result<Self, Unprintable> {
        Self::open_within(bytes, u64::MAX)
    }

    /// Opens a package from outside; fails when its parts unpack to more than `bytes_max` in total.
    pub(crate) fn open_within(bytes: &[u8], bytes_max: u64) -> Result<Self, Unprintable> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(failed)?;
        let (mut parts, mut left) = (Vec::new(), bytes_max);
        for place in 0..archive.len() {
            let entry = archive.by_index(place).map_err(failed)?;
            let name = entry.name().map_err(failed)?.into_owned();
            // Folders have no content, and OPC knows none.
            if name.ends_with('/') {
                continue;
            }
            let mut bytes = Vec::new();
            // Count the bytes that come out instead of trusting the sizes in the archive's
            // directory: a ZIP bomb lies there. One byte more than what is left is read, to tell
            // "full" from "too large".
            entry
                .take(left.saturating_add(1))
                .read_to_end(&mut bytes)
                .map_err(failed)?;
            left = left
                .checked_sub(bytes.len() as u64)
                .ok_or_else(|| failed("the file is too large"))?;
            parts.push((name, bytes));
        }
        Ok(Self(parts))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The text of a part; `None` when there is no such part.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Unprintable> {
        let part = self.0.iter().find(|(known, _)| known == name);
        // A copy: the part stays as it is until it is replaced.
        part.map(|(_, bytes)| String::from_utf8(bytes.clone()).map_err(failed))
            .transpose()
    }

    /// Replaces a part. A part that is missing is not added: no relationship would lead to it.
    pub(crate) fn replace(&mut self, name: &str, text: String) {
        if let Some((_, bytes)) = self.0.iter_mut().find(|(known, _)| known == name) {
            *bytes = text.into_bytes();
        }
    }

    /// Adds a part. The caller writes the relationship that leads to it.
    pub(crate) fn add(&mut self, name: &str, text: String) {
        self.0.push((name.to_owned(), text.into_bytes()));
    }

    /// Removes parts.
    pub(crate) fn leave_out(&mut self, names: &[&str]) {
        self.0.retain(|(name, _)| !names.contains(&name.as_str()));
    }

    pub(crate) fn written(&self) -> Result<Vec<u8>, Unprintable> {
        let mut file = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &self.0 {
            file.start_file(name.as_str(), SimpleFileOptions::default())
                .map_err(failed)?;
            file.write_all(bytes).map_err(failed)?;
        }
        Ok(file.finish().map_err(failed)?.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_to_more_than_its_share_is_refused() {
        let package = OfficePackage(vec![
            ("big".to_owned(), vec![0; 1_000]),
            ("more".to_owned(), vec![1]),
        ]);
        let bytes = package.written().unwrap();
        assert!(OfficePackage::open_within(&bytes, 1_000).is_err());
        assert_eq!(
            OfficePackage::open_within(&bytes, 1_001)
                .unwrap()
                .names()
                .count(),
            2
        );
        assert!(OfficePackage::open(b"not a file").is_err());
    }
}
