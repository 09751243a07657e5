//! An Office file as its parts: a ZIP archive (ISO/IEC 29500-2). It does not know what a part holds.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::Unprintable;

/// What a package says about itself.
pub(crate) const CORE: &str = "docProps/core.xml";

/// The parts in their order.
pub(crate) struct OfficePackage(Vec<(String, Vec<u8>)>);

fn failed(error: impl ToString) -> Unprintable {
    Unprintable(error.to_string())
}

impl OfficePackage {
    /// One that we wrote.
    pub(crate) fn open(bytes: &[u8]) -> Result<Self, Unprintable> {
        Self::open_within(bytes, u64::MAX)
    }

    /// One that comes from elsewhere, at most so many bytes once unpacked.
    pub(crate) fn open_within(bytes: &[u8], bytes_max: u64) -> Result<Self, Unprintable> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(failed)?;
        let (mut parts, mut left) = (Vec::new(), bytes_max);
        for place in 0..archive.len() {
            let entry = archive.by_index(place).map_err(failed)?;
            let name = entry.name().map_err(failed)?.into_owned();
            if name.ends_with('/') {
                continue;
            }
            let mut bytes = Vec::new();
            // What the archive says of its sizes is not believed.
            entry.take(left.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
            left = left.checked_sub(bytes.len() as u64).ok_or_else(|| failed("the file is too large"))?;
            parts.push((name, bytes));
        }
        Ok(Self(parts))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// A part that is text; `None` when it is not there.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Unprintable> {
        let part = self.0.iter().find(|(known, _)| known == name);
        part.map(|(_, bytes)| String::from_utf8(bytes.clone()).map_err(failed)).transpose()
    }

    /// Writes a part anew; one that is not there is not added, as nothing would lead to it.
    pub(crate) fn replace(&mut self, name: &str, text: String) {
        if let Some((_, bytes)) = self.0.iter_mut().find(|(known, _)| known == name) {
            *bytes = text.into_bytes();
        }
    }

    /// Leaves parts out.
    pub(crate) fn leave_out(&mut self, names: &[&str]) {
        self.0.retain(|(name, _)| !names.contains(&name.as_str()));
    }

    pub(crate) fn written(&self) -> Result<Vec<u8>, Unprintable> {
        let mut file = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &self.0 {
            file.start_file(name.as_str(), SimpleFileOptions::default()).map_err(failed)?;
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
        let package = OfficePackage(vec![("big".to_owned(), vec![0; 1_000]), ("more".to_owned(), vec![1])]);
        let bytes = package.written().unwrap();
        assert!(OfficePackage::open_within(&bytes, 1_000).is_err());
        assert_eq!(OfficePackage::open_within(&bytes, 1_001).unwrap().names().count(), 2);
        assert!(OfficePackage::open(b"not a file").is_err());
    }
}
