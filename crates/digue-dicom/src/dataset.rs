//! Data sets: elements with their values, in sequences within sequences (PS3.5, 7).

use std::borrow::Cow;

use dicom_core::{Tag, VR};
use digue_identifiers::reading::Unreadable;
use digue_types::UnreadCause;

use crate::character_set::{CharacterSet, latin_1};
use crate::path::{ElementPlace, SequenceStep};
use crate::picture::{PictureDoubt, PictureFacts, PixelForm, is_overlay, is_pixel_data};
use crate::value::{ElementText, ValueForm, form_by_standard, form_of, has_long_length};
use crate::{DicomVisitor, EmbeddedDocument, unreadable};

/// Sequences within sequences. Structured reports have some twenty.
const DEPTH_MAX: usize = 64;
const UNDEFINED: u32 = u32::MAX;
const ITEM: Tag = Tag(0xfffe, 0xe000);
const ITEM_END: Tag = Tag(0xfffe, 0xe00d);
const SEQUENCE_END: Tag = Tag(0xfffe, 0xe0dd);
const SPECIFIC_CHARACTER_SET: Tag = Tag(0x0008, 0x0005);
const DOCUMENT: Tag = Tag(0x0042, 0x0011);
const DOCUMENT_TYPE: Tag = Tag(0x0042, 0x0012);
const DOCUMENT_LENGTH: Tag = Tag(0x0042, 0x0015);

/// How the elements of a data set are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) is_explicit: bool,
    pub(crate) is_big_endian: bool,
}

/// What those are written in that a program took over without knowing them (PS3.5, 6.2.2).
const IMPLICIT: Encoding = Encoding {
    is_explicit: false,
    is_big_endian: false,
};

/// Bytes that are read from their beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'b>(pub(crate) &'b [u8]);

impl<'b> Bytes<'b> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn short(&mut self, encoding: Encoding) -> Option<u16> {
        let bytes = self.array()?;
        Some(match encoding.is_big_endian {
            true => u16::from_be_bytes(bytes),
            false => u16::from_le_bytes(bytes),
        })
    }

    fn long(&mut self, encoding: Encoding) -> Option<u32> {
        let bytes = self.array()?;
        Some(match encoding.is_big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        })
    }

    pub(crate) fn tag(&mut self, encoding: Encoding) -> Option<Tag> {
        Some(Tag(self.short(encoding)?, self.short(encoding)?))
    }

    /// What stands before the value: what it holds, and its length.
    pub(crate) fn header(&mut self, tag: Tag, encoding: Encoding) -> Option<(ValueForm, u32)> {
        if !encoding.is_explicit {
            return Some((form_by_standard(tag), self.long(encoding)?));
        }
        let vr = VR::from_binary(self.array()?)?;
        let length = if has_long_length(vr) {
            self.take(2)?;
            self.long(encoding)?
        } else {
            self.short(encoding)?.into()
        };
        Some((form_of(vr), length))
    }
}

/// What ends the elements of a data set or an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LevelEnd {
    /// The bytes end.
    Bytes,
    /// Its delimiter comes.
    Delimiter,
}

/// What holds for the elements of one data set or item.
#[derive(Clone, Debug)]
struct DatasetLevel<'b> {
    set: CharacterSet,
    facts: PictureFacts,
    document: Option<(Tag, &'b [u8])>,
    document_type: Option<&'b [u8]>,
    document_length: Option<usize>,
}

/// Reads the data set of a file.
pub(crate) struct DatasetReader<'v> {
    visitor: &'v mut dyn DicomVisitor,
    place: ElementPlace,
}

impl<'v> DatasetReader<'v> {
    pub(crate) fn new(visitor: &'v mut dyn DicomVisitor) -> Self {
        Self {
            visitor,
            place: ElementPlace::outermost(Tag(0, 0)),
        }
    }

    /// Reads all elements; `class` is what the file meta information says of them.
    pub(crate) fn read(
        &mut self,
        mut bytes: Bytes<'_>,
        encoding: Encoding,
        class: &[u8],
    ) -> Result<(), Unreadable> {
        let (set, facts) = (CharacterSet::Undeclared, PictureFacts::of_class(class));
        self.level(&mut bytes, encoding, LevelEnd::Bytes, (set, facts))
    }

    /// An element of the file meta information.
    pub(crate) fn meta(
        &mut self,
        tag: Tag,
        form: ValueForm,
        value: &[u8],
    ) -> Result<(), Unreadable> {
        self.place.tag = tag;
        self.value(form, value, CharacterSet::Undeclared)
    }

    fn fault(&self, cause: UnreadCause) -> Unreadable {
        unreadable(cause, self.place.unread_place())
    }

    fn level<'b>(
        &mut self,
        bytes: &mut Bytes<'b>,
        encoding: Encoding,
        ending: LevelEnd,
        (set, facts): (CharacterSet, PictureFacts),
    ) -> Result<(), Unreadable> {
        let mut level = DatasetLevel {
            set,
            facts,
            document: None,
            document_type: None,
            document_length: None,
        };
        let mut last = None;
        loop {
            if bytes.0.is_empty() && ending == LevelEnd::Bytes {
                break;
            }
            let tag = bytes.tag(encoding);
            let tag = tag.ok_or_else(|| self.fault(UnreadCause::Syntax))?;
            if tag == ITEM_END && ending == LevelEnd::Delimiter {
                match bytes.long(encoding) {
                    Some(0) => break,
                    Some(_) | None => return Err(self.fault(UnreadCause::Syntax)),
                }
            }
            self.place.tag = tag;
            // Commands, file meta information and delimiters have no place here.
            if matches!(tag.group(), 0x0000..=0x0003 | 0xfffe | 0xffff) {
                return Err(self.fault(UnreadCause::Syntax));
            }
            // Of an element that comes twice, programs show the one or the other.
            if last.is_some_and(|last| last >= tag) {
                return Err(self.fault(UnreadCause::Ambiguous));
            }
            last = Some(tag);
            self.element(tag, bytes, encoding, &mut level)?;
        }
        self.end_document(&level)
    }

    fn element<'b>(
        &mut self,
        tag: Tag,
        bytes: &mut Bytes<'b>,
        encoding: Encoding,
        level: &mut DatasetLevel<'b>,
    ) -> Result<(), Unreadable> {
        let Some((form, length)) = bytes.header(tag, encoding) else {
            return Err(self.fault(UnreadCause::Syntax));
        };
        if is_overlay(tag) {
            self.visitor.picture(&self.place, PictureDoubt::Overlay)?;
        }
        if length == UNDEFINED {
            return match form {
                _ if is_pixel_data(tag) => self.fragments(tag, bytes, encoding, level),
                ValueForm::Sequence => {
                    self.sequence(tag, bytes, encoding, LevelEnd::Delimiter, level)
                }
                // Whatever the file is written in (PS3.5, 6.2.2, note 4).
                ValueForm::Unknown => {
                    self.sequence(tag, bytes, IMPLICIT, LevelEnd::Delimiter, level)
                }
                ValueForm::Text(_) | ValueForm::Binary => Err(self.fault(UnreadCause::Syntax)),
            };
        }
        let value = bytes.take(length as usize);
        let value = value.ok_or_else(|| self.fault(UnreadCause::Syntax))?;
        level.facts.note(tag, value, encoding.is_big_endian);
        match form {
            _ if is_pixel_data(tag) => self.pixels(tag, PixelForm::Native(value.len()), level),
            ValueForm::Sequence => {
                self.sequence(tag, &mut Bytes(value), encoding, LevelEnd::Bytes, level)
            }
            ValueForm::Unknown if value.starts_with(&[0xfe, 0xff, 0x00, 0xe0]) => {
                self.sequence(tag, &mut Bytes(value), IMPLICIT, LevelEnd::Bytes, level)
            }
            ValueForm::Text(_) | ValueForm::Binary | ValueForm::Unknown => {
                if tag == SPECIFIC_CHARACTER_SET {
                    level.set = CharacterSet::named(latin_1(value).trim_matches(['\0', ' ']));
                }
                match tag {
                    DOCUMENT => level.document = Some((tag, value)),
                    DOCUMENT_TYPE => level.document_type = Some(value),
                    DOCUMENT_LENGTH => {
                        let length = Bytes(value).long(encoding);
                        let length = length.ok_or_else(|| self.fault(UnreadCause::Syntax))?;
                        level.document_length = Some(length as usize);
                    }
                    _ => {}
                }
                self.value(form, value, level.set)
            }
        }
    }

    fn value(
        &mut self,
        form: ValueForm,
        value: &[u8],
        set: CharacterSet,
    ) -> Result<(), Unreadable> {
        match form {
            ValueForm::Text(form) => {
                let readings = set.decode(value);
                let readings = readings.ok_or_else(|| self.fault(UnreadCause::CharacterSet))?;
                let text = ElementText::new(form, readings);
                self.visitor.text(&self.place, &text)
            }
            ValueForm::Binary | ValueForm::Unknown | ValueForm::Sequence => {
                self.visitor.bytes(&self.place, value)
            }
        }
    }

    fn sequence<'b>(
        &mut self,
        tag: Tag,
        bytes: &mut Bytes<'b>,
        encoding: Encoding,
        ending: LevelEnd,
        level: &DatasetLevel<'b>,
    ) -> Result<(), Unreadable> {
        if self.place.sequences.len() >= DEPTH_MAX {
            return Err(self.fault(UnreadCause::TooDeep));
        }
        self.place.sequences.push(SequenceStep { tag, item: 0 });
        let around = (level.set, level.facts.for_item());
        loop {
            if bytes.0.is_empty() && ending == LevelEnd::Bytes {
                break;
            }
            let head = (bytes.tag(encoding), bytes.long(encoding));
            let (Some(next), Some(length)) = head else {
                return Err(self.fault(UnreadCause::Syntax));
            };
            match (next, length) {
                (SEQUENCE_END, 0) if ending == LevelEnd::Delimiter => break,
                (ITEM, UNDEFINED) => self.level(bytes, encoding, LevelEnd::Delimiter, around)?,
                (ITEM, length) => {
                    let item = bytes.take(length as usize);
                    let item = item.ok_or_else(|| self.fault(UnreadCause::Syntax))?;
                    self.level(&mut Bytes(item), encoding, LevelEnd::Bytes, around)?;
                }
                _ => return Err(self.fault(UnreadCause::Syntax)),
            }
            if let Some(step) = self.place.sequences.last_mut() {
                step.item += 1;
            }
        }
        self.place.sequences.pop();
        self.place.tag = tag;
        Ok(())
    }

    /// Pixels in pieces (PS3.5, A.4): no elements, and no text.
    fn fragments<'b>(
        &mut self,
        tag: Tag,
        bytes: &mut Bytes<'b>,
        encoding: Encoding,
        level: &DatasetLevel<'b>,
    ) -> Result<(), Unreadable> {
        loop {
            let head = (bytes.tag(encoding), bytes.long(encoding));
            match head {
                (Some(SEQUENCE_END), Some(0)) => break,
                (Some(ITEM), Some(length)) if length != UNDEFINED => {
                    let piece = bytes.take(length as usize);
                    piece.ok_or_else(|| self.fault(UnreadCause::Syntax))?;
                }
                _ => return Err(self.fault(UnreadCause::Syntax)),
            }
        }
        self.pixels(tag, PixelForm::Encapsulated, level)
    }

    fn pixels(
        &mut self,
        tag: Tag,
        form: PixelForm,
        level: &DatasetLevel<'_>,
    ) -> Result<(), Unreadable> {
        if !level.facts.explains(tag, form) {
            return Err(self.fault(UnreadCause::UnreadPart));
        }
        match level.facts.doubt() {
            Some(doubt) => self.visitor.picture(&self.place, doubt),
            None => Ok(()),
        }
    }

    /// Hands over the document of a data set, once its type is known.
    fn end_document(&mut self, level: &DatasetLevel<'_>) -> Result<(), Unreadable> {
        let Some((tag, bytes)) = level.document else {
            return Ok(());
        };
        self.place.tag = tag;
        // Values have an even number of bytes: one may be added to the document.
        let bytes = match level.document_length {
            Some(length) if length == bytes.len() || length + 1 == bytes.len() => &bytes[..length],
            Some(_) => return Err(self.fault(UnreadCause::Ambiguous)),
            None => bytes.strip_suffix(b"\0").unwrap_or(bytes),
        };
        let media_type = level.document_type.map_or(Cow::Borrowed(""), |text| {
            let text = latin_1(text).to_ascii_lowercase();
            Cow::Owned(text.trim_matches(['\0', ' ']).to_owned())
        });
        let document = EmbeddedDocument {
            media_type: &media_type,
            bytes,
        };
        self.visitor.document(&self.place, document)
    }
}
