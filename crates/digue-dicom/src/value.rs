//! What the value of an element is, by its representation (VR).

use std::borrow::Cow;

use dicom_core::dictionary::{DataDictionary, VirtualVr};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::StandardDataDictionary;

/// What is in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueForm {
    Text(TextParts),
    Binary,
    Sequence,
    /// A private element without a representation, or one that its writer did not know.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextParts {
    /// Several values are joined by backslashes.
    Several,
    /// A backslash is a letter.
    One,
    /// Parts of a name are joined by `^`, its spellings by `=`.
    PersonNames,
}

/// The text of a value.
#[derive(Clone, Debug)]
pub struct ElementText<'b> {
    form: TextParts,
    readings: Vec<Cow<'b, str>>,
}

impl<'b> ElementText<'b> {
    pub(crate) fn new(form: TextParts, readings: Vec<Cow<'b, str>>) -> Self {
        // Readers end a text at its first zero byte, or go on behind it.
        let visible = |text: Cow<'b, str>| match text.contains('\0') {
            true => Cow::Owned(text.trim_end_matches('\0').replace('\0', "\n")),
            false => text,
        };
        Self {
            form,
            readings: readings.into_iter().map(visible).collect(),
        }
    }

    /// The whole text, in each way in which it may be read.
    pub fn readings(&self) -> impl Iterator<Item = &str> {
        self.readings.iter().map(AsRef::as_ref)
    }

    /// Each value by itself, without the blanks around it.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let is_one = self.form == TextParts::One;
        self.readings().flat_map(move |text| {
            let values = text.split(move |c| c == '\\' && !is_one);
            values.map(str::trim)
        })
    }

    /// A name as a person reads it, with blanks between its parts.
    pub fn person_names(&self) -> Option<String> {
        (self.form == TextParts::PersonNames).then(|| {
            let texts: Vec<String> = self
                .readings()
                .map(|text| text.replace(['^', '='], " ").replace('\\', "\n"))
                .collect();
            texts.join("\n")
        })
    }
}

/// What a representation holds.
pub(crate) fn form_of(vr: VR) -> ValueForm {
    match vr {
        VR::AE
        | VR::AS
        | VR::CS
        | VR::DA
        | VR::DS
        | VR::DT
        | VR::IS
        | VR::LO
        | VR::SH
        | VR::TM
        | VR::UC
        | VR::UI => ValueForm::Text(TextParts::Several),
        VR::PN => ValueForm::Text(TextParts::PersonNames),
        VR::LT | VR::ST | VR::UR | VR::UT => ValueForm::Text(TextParts::One),
        VR::SQ => ValueForm::Sequence,
        VR::UN => ValueForm::Unknown,
        VR::AT
        | VR::FL
        | VR::FD
        | VR::OB
        | VR::OD
        | VR::OF
        | VR::OL
        | VR::OV
        | VR::OW
        | VR::SL
        | VR::SS
        | VR::SV
        | VR::UL
        | VR::US
        | VR::UV => ValueForm::Binary,
    }
}

/// Representations with a length of four bytes, after two that are reserved (PS3.5, 7.1.2).
pub(crate) fn has_long_length(vr: VR) -> bool {
    matches!(
        vr,
        VR::OB
            | VR::OD
            | VR::OF
            | VR::OL
            | VR::OV
            | VR::OW
            | VR::SQ
            | VR::SV
            | VR::UC
            | VR::UN
            | VR::UR
            | VR::UT
            | VR::UV
    )
}

/// What an element holds where only the standard says it (implicit VR).
pub(crate) fn form_by_standard(tag: Tag) -> ValueForm {
    match StandardDataDictionary.by_tag(tag).map(|entry| entry.vr) {
        Some(VirtualVr::Exact(vr)) => form_of(vr),
        Some(_) => ValueForm::Binary,
        None => ValueForm::Unknown,
    }
}
