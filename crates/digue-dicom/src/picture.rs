//! What a data set says of its pictures: whether they may show a text, and whether the pixels are as
//! many as it says.

use crate::character_set::latin_1;
use dicom_core::Tag;

/// Why a picture may show a text that is in no element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureDoubt {
    /// Burned In Annotation (0028,0301) is not `NO`, or the label of a slide is in the picture.
    BurntIn,
    /// It does not say so, and is of a class whose pictures usually have texts burnt in: captured
    /// screens, scanned papers, ultrasound, endoscopy.
    NotSaid,
    /// Text that is drawn over the picture, dot by dot.
    Overlay,
}

impl PictureDoubt {
    pub const fn name(self) -> &'static str {
        match self {
            Self::BurntIn => "burnt-in text",
            Self::NotSaid => "picture that may have burnt-in text",
            Self::Overlay => "overlay",
        }
    }
}

/// Classes (PS3.4, B.5) whose pictures come with a text of their maker, with all that are below
/// them.
const WRITTEN_ON: [&str; 6] = [
    // Secondary capture.
    "1.2.840.10008.5.1.4.1.1.7",
    // Ultrasound, also of earlier editions.
    "1.2.840.10008.5.1.4.1.1.3",
    "1.2.840.10008.5.1.4.1.1.3.1",
    "1.2.840.10008.5.1.4.1.1.6",
    "1.2.840.10008.5.1.4.1.1.6.1",
    // Visible light: endoscopy, microscopy, photographs.
    "1.2.840.10008.5.1.4.1.1.77.1",
];

/// What one data set, or one item, says of its pictures.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PictureFacts {
    rows: Option<u16>,
    columns: Option<u16>,
    samples: Option<u16>,
    bits: Option<u16>,
    /// `None` where the number cannot be read; one where it is not said.
    frames: Option<u64>,
    /// Two pixels share their colours.
    is_subsampled: bool,
    is_written_on: bool,
    burnt_in: BurntIn,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum BurntIn {
    #[default]
    Unsaid,
    No,
    /// `YES`, or a value that the standard does not know.
    Yes,
}

/// The form of the pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PixelForm {
    /// Of so many bytes.
    Native(usize),
    /// In pieces, as JPEG and others.
    Encapsulated,
}

/// (7FE0,0010), and its forms of floating point.
pub(crate) fn is_pixel_data(tag: Tag) -> bool {
    tag.group() == 0x7fe0 && matches!(tag.element(), 0x0008..=0x0010)
}

/// Dots of an overlay: repeating groups, of which the standard uses the even ones.
pub(crate) fn is_overlay(tag: Tag) -> bool {
    tag.group() & 0xff00 == 0x6000 && matches!(tag.element(), 0x0010 | 0x3000)
}

impl PictureFacts {
    /// Within an item: what holds for the whole holds for it until it says otherwise.
    pub(crate) fn for_item(self) -> Self {
        Self {
            is_written_on: self.is_written_on,
            burnt_in: self.burnt_in,
            frames: Some(1),
            ..Self::default()
        }
    }

    pub(crate) fn of_class(class: &[u8]) -> Self {
        let mut facts = Self {
            frames: Some(1),
            ..Self::default()
        };
        facts.note_class(class);
        facts
    }

    fn note_class(&mut self, class: &[u8]) {
        let class = latin_1(class);
        let class = class.trim_matches(['\0', ' ']);
        self.is_written_on |= WRITTEN_ON.iter().any(|known| {
            let rest = class.strip_prefix(known);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
    }

    /// Notes an element that says something of the pictures.
    pub(crate) fn note(&mut self, tag: Tag, value: &[u8], is_big_endian: bool) {
        let short = || {
            let bytes: [u8; 2] = value.try_into().ok()?;
            Some(match is_big_endian {
                true => u16::from_be_bytes(bytes),
                false => u16::from_le_bytes(bytes),
            })
        };
        let text = || latin_1(value);
        match (tag.group(), tag.element()) {
            (0x0008, 0x0016) => self.note_class(value),
            // Says how it was captured: digitised film, a screen, a video.
            (0x0008, 0x0064) => self.is_written_on |= !value.is_empty(),
            (0x0028, 0x0002) => self.samples = short(),
            (0x0028, 0x0004) => self.is_subsampled = text().contains("_422"),
            (0x0028, 0x0008) => self.frames = text().trim_matches(['\0', ' ']).parse().ok(),
            (0x0028, 0x0010) => self.rows = short(),
            (0x0028, 0x0011) => self.columns = short(),
            (0x0028, 0x0100) => self.bits = short(),
            (0x0028, 0x0301) | (0x0048, 0x0010) => self.note_burnt_in(tag, &text()),
            _ => {}
        }
    }

    fn note_burnt_in(&mut self, tag: Tag, text: &str) {
        let is_about_label = tag.group() == 0x0048;
        self.burnt_in = match (text.trim_matches(['\0', ' ']), self.burnt_in) {
            ("NO", known) if is_about_label => known,
            ("", known) => known,
            ("NO", BurntIn::Unsaid | BurntIn::No) => BurntIn::No,
            (_, BurntIn::Unsaid | BurntIn::No | BurntIn::Yes) => BurntIn::Yes,
        };
    }

    /// Whether pixels may show a text.
    pub(crate) fn doubt(&self) -> Option<PictureDoubt> {
        match self.burnt_in {
            BurntIn::Yes => Some(PictureDoubt::BurntIn),
            BurntIn::Unsaid if self.is_written_on => Some(PictureDoubt::NotSaid),
            BurntIn::Unsaid | BurntIn::No => None,
        }
    }

    /// True when native pixels are as many as the data set says: behind them, elements could hide.
    pub(crate) fn explains(&self, tag: Tag, form: PixelForm) -> bool {
        let PixelForm::Native(length) = form else {
            return true;
        };
        let bits = match tag.element() {
            0x0008 => Some(32),
            0x0009 => Some(64),
            _ => self.bits.map(u128::from),
        };
        let (Some(rows), Some(columns), Some(bits), Some(frames)) =
            (self.rows, self.columns, bits, self.frames)
        else {
            return false;
        };
        let pixels = u128::from(rows) * u128::from(columns) * u128::from(frames);
        let is_length = |samples: u128| {
            let bytes = (pixels * samples * bits).div_ceil(8);
            bytes + bytes % 2 == length as u128 || bytes == length as u128
        };
        let samples = u128::from(self.samples.unwrap_or(1));
        is_length(samples) || (self.is_subsampled && is_length(2))
    }
}
