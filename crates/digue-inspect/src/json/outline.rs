//! The parts of a document in order, for those who write its rules: no rule is applied, nobody is
//! found.

use digue_types::{ReadFailure, UnreadCause};

use super::scan::{DEPTH_MAX, ScanFault, Scanner, ValueKind};
use digue_identifiers::reading::Unreadable;

/// One part of a JSON document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonPart<'p> {
    Object,
    List,
    /// The name of a member; its value follows.
    Name(&'p str),
    /// The end of the innermost object or list.
    End,
    Text(&'p str),
    /// As written.
    Number(&'p str),
    Null,
    /// `true`, `false`, `NaN` and the like.
    Word,
}

/// Passes the parts of a document to `take`, in time linear in its length.
///
/// # Errors
/// `Syntax` for a text that the inspection would not read either, `TooDeep` beyond its depth.
pub fn json_parts(text: &str, take: &mut dyn FnMut(JsonPart<'_>)) -> Result<(), Unreadable> {
    let mut input = Scanner::new(super::without_guard(text));
    pass_parts(&mut input, take).map_err(|stop| match stop {
        OutlineStop::Syntax => ReadFailure::new(UnreadCause::Syntax).into(),
        OutlineStop::TooDeep => ReadFailure::new(UnreadCause::TooDeep).into(),
    })
}

enum OutlineStop {
    Syntax,
    TooDeep,
}

impl From<ScanFault> for OutlineStop {
    fn from(_: ScanFault) -> Self {
        Self::Syntax
    }
}

fn pass_parts(
    input: &mut Scanner<'_>,
    take: &mut dyn FnMut(JsonPart<'_>),
) -> Result<(), OutlineStop> {
    // For each open container, whether it is an object and whether a child has been read.
    let mut open: Vec<(bool, bool)> = Vec::new();
    loop {
        match input.begin()? {
            kind @ (ValueKind::Object | ValueKind::Array) => {
                if open.len() == DEPTH_MAX {
                    return Err(OutlineStop::TooDeep);
                }
                let is_object = kind == ValueKind::Object;
                open.push((is_object, false));
                take(if is_object {
                    JsonPart::Object
                } else {
                    JsonPart::List
                });
            }
            ValueKind::Text => take(JsonPart::Text(&input.text()?)),
            ValueKind::Number => take(JsonPart::Number(input.number()?)),
            ValueKind::Null => take(JsonPart::Null),
            ValueKind::Word => take(JsonPart::Word),
        }
        // The next child of an open container, or the end of all of them.
        loop {
            let Some((is_object, has_child)) = open.last_mut() else {
                return Ok(input.end()?);
            };
            let is_first = !std::mem::replace(has_child, true);
            let goes_on = match *is_object {
                true => input
                    .key(is_first)?
                    .map(|name| take(JsonPart::Name(&name)))
                    .is_some(),
                false => input.element(is_first)?,
            };
            if goes_on {
                break;
            }
            open.pop();
            take(JsonPart::End);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> Option<String> {
        let mut written = String::new();
        let read = json_parts(text, &mut |part| {
            written.push_str(&match part {
                JsonPart::Object => "{".to_owned(),
                JsonPart::List => "[".to_owned(),
                JsonPart::Name(name) => format!("{name}:"),
                JsonPart::End => ".".to_owned(),
                JsonPart::Text(text) => format!("{text},"),
                JsonPart::Number(number) => format!("{number}#"),
                JsonPart::Null => "~".to_owned(),
                JsonPart::Word => "w".to_owned(),
            });
        });
        read.ok().map(|()| written)
    }

    #[test]
    fn every_part_comes_in_its_order() {
        let text =
            "\u{feff} )]}',\n{\"a\": [1, \"x\\u0041\", {}, [], null, true, NaN], \"b\": -1.5e3}";
        assert_eq!(
            written(text).as_deref(),
            Some("{a:[1#xA,{.[.~ww.b:-1.5e3#.")
        );
        assert_eq!(written("\"x\"").as_deref(), Some("x,"));
        for bad in ["", "{", "[1,]", "{\"a\"}", "[1] 2", "nul"] {
            assert_eq!(written(bad), None, "{bad}");
        }
        assert_eq!(written(&"[".repeat(200)), None);
    }

    proptest! {
        /// It reads what the inspection reads, and nothing else.
        #[test]
        fn it_reads_what_the_inspection_reads(text in "[\\[\\]{}\",:1a\\\\ ]{0,24}") {
            let rules = super::super::JsonRules::new(super::super::JsonMap::default()).unwrap();
            let mut found = digue_identifiers::Collector::new(&[], &[], 1);
            let plain = super::super::without_guard(&text);
            prop_assert_eq!(written(&text).is_some(), rules.read(plain, &mut found).is_ok());
        }
    }
}
