//! What PDF files show: a file has texts and no places.

use digue_identifiers::reading::Unreadable;

use crate::known::KnownPersons;
use crate::packed_texts::{each_text, pdf_text};
use crate::sight::{DocumentSight, known_words};

/// PDF files of one route.
#[derive(Clone, Debug, Default)]
pub struct PdfSurvey {
    pub files: usize,
    pub files_with_known: usize,
    /// Pages that are not blank, and those that show a known identifier.
    pub pages: usize,
    pub pages_with_known: usize,
    /// Files with a picture.
    pub with_pictures: usize,
}

impl PdfSurvey {
    pub(crate) fn read(
        &mut self,
        known: &KnownPersons,
        bytes: &[u8],
    ) -> Result<DocumentSight, Unreadable> {
        let text = pdf_text(bytes)?;
        let mut sight = DocumentSight::default();
        for page in text.pages.iter().filter(|page| !page.is_blank()) {
            let mut readings = page.readings.iter();
            self.pages += 1;
            self.pages_with_known +=
                usize::from(readings.any(|text| !known_words(known, text).is_empty()));
        }
        each_text(&text, |text| sight.add_words(known, text));
        self.files += 1;
        self.files_with_known += usize::from(!sight.known.is_empty());
        self.with_pictures += usize::from(text.pages.iter().any(|page| page.has_picture));
        Ok(sight)
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        let Self {
            files,
            files_with_known,
            pages,
            pages_with_known,
            with_pictures,
        } = other;
        self.files += files;
        self.files_with_known += files_with_known;
        self.pages += pages;
        self.pages_with_known += pages_with_known;
        self.with_pictures += with_pictures;
    }
}
