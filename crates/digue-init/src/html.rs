//! Pieces of HTML: texts are always encoded.

use digue_locales::{Language, Value, text, text_with};
use html_escape::{encode_double_quoted_attribute, encode_text};

use crate::answers::FieldFault;

const STYLE: &str = include_str!("../assets/small.css");

/// A field of a form: its name, the type of its input, and the keys of its words.
#[derive(Clone, Copy)]
pub(crate) struct SmallField {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) label: &'static str,
    pub(crate) hint: &'static str,
}

/// The words of one language, encoded.
#[derive(Clone, Copy)]
pub(crate) struct Words(pub(crate) Language);

impl Words {
    pub(crate) fn say(self, key: &str) -> String {
        encode_text(&text(self.0, key)).into_owned()
    }

    pub(crate) fn say_with(self, key: &str, values: &[(&str, Value)]) -> String {
        encode_text(&text_with(self.0, key, values)).into_owned()
    }

    pub(crate) fn paragraph(self, key: &str) -> String {
        format!("<p>{}</p>", self.say(key))
    }

    /// A field with its label, hint, fault and value.
    pub(crate) fn field(self, field: &SmallField, value: &str, faults: &[FieldFault]) -> String {
        let (name, kind) = (field.name, field.kind);
        let fault = faults.iter().find(|(of, _)| *of == name);
        let (fault, marks) = match fault {
            Some((_, key)) => (
                format!("<p class=fault id=\"{name}.fault\">{}</p>", self.say(key)),
                format!(" aria-invalid=true aria-describedby=\"{name}.fault\""),
            ),
            None => (String::new(), String::new()),
        };
        format!(
            "<label for=\"{name}\">{}</label><p class=hint>{}</p>{fault}\
             <input type={kind} id=\"{name}\" name=\"{name}\" value=\"{}\"{marks}>",
            self.say(field.label),
            self.say(field.hint),
            encode_double_quoted_attribute(value),
        )
    }

    pub(crate) fn page(self, title: &str, refresh: Option<u8>, main: &str) -> String {
        let refresh = refresh.map_or(String::new(), |seconds| {
            format!("<meta http-equiv=refresh content={seconds}>")
        });
        let title = self.say(title);
        format!(
            "<!doctype html><html lang={}><head><meta charset=utf-8>\
             <meta name=viewport content=\"width=device-width, initial-scale=1\">\
             <meta name=referrer content=no-referrer><meta name=robots content=noindex>{refresh}\
             <title>{title}</title><style>{STYLE}</style></head>\
             <body><header><p>{}</p></header><main><h1>{title}</h1>{main}</main></body></html>",
            self.0.code(),
            self.say("small-name"),
        )
    }
}

/// An input's value or a text of the operator's.
pub(crate) fn shown(text: &str) -> String {
    encode_text(text).into_owned()
}
