//! What every kind of record can do: name its fields, be read from their texts, and be written
//! again.

use crate::field::{FieldDef, FieldFault, Values};
use crate::register_kind::RegisterKind;

/// A kind of record with typed fields.
pub trait RegisterRecord: Sized + Default + Clone {
    const KIND: RegisterKind;

    fn fields() -> &'static [FieldDef];

    /// Parses the text form of every field.
    ///
    /// # Errors
    /// Every field that does not fit, with the reason.
    fn read(values: &Values) -> Result<Self, Vec<FieldFault>>;

    fn write(&self) -> Values;
}
