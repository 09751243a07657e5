//! The objects of a file: references followed, streams unpacked within one limit.

use digue_identifiers::reading::Unreadable;
use digue_types::UnreadCause;
use lopdf::{DecompressError, Dictionary, Document, Error, Object, ObjectId, Stream};

use crate::{object, unreadable};

/// References that lead to references; more are a loop.
const HOPS_MAX: usize = 16;

/// What a reference leads to; an object that is absent is `null` (ISO 32000-1, 7.3.10).
pub(crate) fn resolve<'d>(document: &'d Document, mut given: &'d Object) -> &'d Object {
    for _ in 0..HOPS_MAX {
        let Object::Reference(id) = given else {
            return given;
        };
        match document.objects.get(id) {
            Some(object) => given = object,
            None => return &Object::Null,
        }
    }
    &Object::Null
}

/// The value of a key, followed.
pub(crate) fn value<'d>(
    document: &'d Document,
    dictionary: &'d Dictionary,
    key: &[u8],
) -> &'d Object {
    match dictionary.get(key) {
        Ok(given) => resolve(document, given),
        Err(_) => &Object::Null,
    }
}

/// The dictionary of a key; also that of a stream.
pub(crate) fn dictionary<'d>(
    document: &'d Document,
    parent: &'d Dictionary,
    key: &[u8],
) -> Option<&'d Dictionary> {
    dictionary_of(value(document, parent, key))
}

pub(crate) fn dictionary_of(given: &Object) -> Option<&Dictionary> {
    match given {
        Object::Dictionary(dictionary) => Some(dictionary),
        Object::Stream(stream) => Some(&stream.dict),
        Object::Null
        | Object::Boolean(_)
        | Object::Integer(_)
        | Object::Real(_)
        | Object::Name(_)
        | Object::String(..)
        | Object::Array(_)
        | Object::Reference(_) => None,
    }
}

pub(crate) fn number_of(given: &Object) -> Option<f64> {
    match given {
        Object::Integer(number) => Some(*number as f64),
        Object::Real(number) => Some(f64::from(*number)),
        Object::Null
        | Object::Boolean(_)
        | Object::Name(_)
        | Object::String(..)
        | Object::Array(_)
        | Object::Dictionary(_)
        | Object::Stream(_)
        | Object::Reference(_) => None,
    }
}

/// The number of a key; `usual` where there is none.
pub(crate) fn number(document: &Document, parent: &Dictionary, key: &[u8], usual: f64) -> f64 {
    number_of(value(document, parent, key)).unwrap_or(usual)
}

pub(crate) fn name<'d>(
    document: &'d Document,
    parent: &'d Dictionary,
    key: &[u8],
) -> Option<&'d [u8]> {
    match value(document, parent, key) {
        Object::Name(name) => Some(name),
        _ => None,
    }
}

/// Unpacks streams; all of them together have one limit.
#[derive(Debug)]
pub(crate) struct StreamUnpacker {
    left: usize,
}

impl StreamUnpacker {
    pub(crate) const fn new(left: usize) -> Self {
        Self { left }
    }

    pub(crate) const fn left(&self) -> usize {
        self.left
    }

    pub(crate) fn unpack(&mut self, stream: &Stream, id: ObjectId) -> Result<Vec<u8>, Unreadable> {
        // A file outside of this one.
        if stream.dict.has(b"F") {
            return Err(unreadable(UnreadCause::UnreadPart, object(id.0)));
        }
        match stream.get_plain_content_with_limit(self.left) {
            Ok(bytes) => {
                self.left -= bytes.len().min(self.left);
                Ok(bytes)
            }
            Err(Error::Decompress(DecompressError::MemoryLimitExceeded { .. })) => {
                Err(Unreadable::too_large())
            }
            Err(_) => Err(unreadable(UnreadCause::Syntax, object(id.0))),
        }
    }
}
