//! An element of a page or of an XML document, for those who write its rules.

use smol_str::SmolStr;

/// An element. Elements are in document order: each comes after its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentElement {
    /// In lower case for HTML, without prefix for XML.
    pub name: SmolStr,
    /// Its parent's place in the list; `None` for the root.
    pub parent: Option<usize>,
    /// Names as those of elements, values decoded.
    pub attributes: Vec<(SmolStr, String)>,
    /// Its own texts, decoded and joined, without those of the elements inside it.
    pub text: String,
}

impl DocumentElement {
    /// The value of an attribute.
    pub fn attribute(&self, wanted: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.as_str())
    }
}
