//! Fields that name other records.

use std::marker::PhantomData;

use crate::field::{
    FieldError, FieldShape, FieldValue, LINE_CHARS_MAX, LINKS_MAX, names, only, owned,
};
use crate::record::RegisterRecord;

/// The identifier of a record of a kind, or none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordLink<R>(pub Option<String>, PhantomData<fn() -> R>);

impl<R> RecordLink<R> {
    pub fn to(name: &str) -> Self {
        Self(Some(name.to_owned()), PhantomData)
    }
}

impl<R> Default for RecordLink<R> {
    fn default() -> Self {
        Self(None, PhantomData)
    }
}

impl<R: RegisterRecord> FieldValue for RecordLink<R> {
    const SHAPE: FieldShape = FieldShape::Link(R::KIND);

    fn read(texts: &[String]) -> Result<Self, FieldError> {
        match only(texts) {
            Some(name) if name.len() > LINE_CHARS_MAX => Err(FieldError::Long),
            name => Ok(Self(name.map(ToOwned::to_owned), PhantomData)),
        }
    }

    fn write(&self) -> Vec<String> {
        owned(self.0.as_ref())
    }
}

/// Identifiers of records of a kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordLinks<R>(pub Vec<String>, PhantomData<fn() -> R>);

impl<R> RecordLinks<R> {
    pub fn to(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().collect(), PhantomData)
    }
}

impl<R> Default for RecordLinks<R> {
    fn default() -> Self {
        Self(Vec::new(), PhantomData)
    }
}

impl<R: RegisterRecord> FieldValue for RecordLinks<R> {
    const SHAPE: FieldShape = FieldShape::Links(R::KIND);

    fn read(texts: &[String]) -> Result<Self, FieldError> {
        let names = names(texts);
        if names.len() > LINKS_MAX {
            Err(FieldError::Long)
        } else {
            Ok(Self(names, PhantomData))
        }
    }

    fn write(&self) -> Vec<String> {
        self.0.clone()
    }
}
