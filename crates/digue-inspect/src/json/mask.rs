//! Masks a record: every value is replaced by one that says nothing, and the names of its members
//! stay where they say nothing either.

use std::collections::HashSet;

use super::scan::{ScanFault, Scanner, ValueKind};
use super::{JsonRules, Unreadable, is_plain_name, syntax};

/// What a masked text says. Escaped, so that it is the same in every character set.
const MASK: &str = "\"\\u2026\"";
/// The name of a masked member.
const MASKED_NAME: &str = "\u{2026}";

/// Which names of members stay in masked records.
#[derive(Debug, Default)]
pub(crate) struct Masking {
    /// Names of members that records which stay have, too.
    pub(crate) shared_names: HashSet<String>,
}

impl Masking {
    /// A name says nothing about a person when the map writes it, or when it is a program's word
    /// that another record has: `{"notes": {"DUPONT Marie": 3}}` names a person.
    fn keeps(&self, rules: &JsonRules, name: &str) -> bool {
        name == MASKED_NAME
            || rules.names(name)
            || is_plain_name(name) && self.shared_names.contains(name)
    }

    /// True for a name under which a masked record may stand: one that the map writes. Any other may
    /// be the person's: `{"123": {...}}`.
    pub(crate) fn keeps_record_name(&self, rules: &JsonRules, name: &str) -> bool {
        name == MASKED_NAME || rules.names(name)
    }

    /// A masked record: texts become `"…"`, other values `null`, lists within it empty (their
    /// lengths would tell how many visits a person had). A record that is a list keeps its length,
    /// which is that of a table's row.
    pub(crate) fn mask(&self, rules: &JsonRules, record: &str) -> Result<String, Unreadable> {
        let mut writer = MaskWriter {
            masking: self,
            rules,
            input: Scanner::new(record),
            out: String::with_capacity(record.len()),
        };
        let written = writer
            .value(true)
            .and_then(|()| writer.input.end())
            // The document was read before, so that this is not reached.
            .map_err(|ScanFault(at)| syntax(1, at + 1));
        written.map(|()| writer.out)
    }

    /// True when masking would change nothing.
    pub(super) fn is_masked(&self, rules: &JsonRules, record: &str) -> Result<bool, Unreadable> {
        Ok(self.mask(rules, record)? == record)
    }

    /// The replacement of a member's name.
    pub(crate) const fn name() -> &'static str {
        MASK
    }
}

struct MaskWriter<'m, 't> {
    masking: &'m Masking,
    rules: &'m JsonRules,
    input: Scanner<'t>,
    out: String,
}

impl MaskWriter<'_, '_> {
    fn value(&mut self, is_record: bool) -> Result<(), ScanFault> {
        match self.input.begin()? {
            ValueKind::Object => self.object(),
            ValueKind::Array if is_record => self.row(),
            kind @ ValueKind::Array => {
                self.out.push_str("[]");
                self.input.skip_rest(kind)
            }
            kind @ ValueKind::Text => {
                self.out.push_str(MASK);
                self.input.skip_rest(kind)
            }
            kind @ (ValueKind::Number | ValueKind::Word | ValueKind::Null) => {
                self.out.push_str("null");
                self.input.skip_rest(kind)
            }
        }
    }

    fn object(&mut self) -> Result<(), ScanFault> {
        self.out.push('{');
        let mut is_first = true;
        while let Some(name) = self.input.key(is_first)? {
            if !is_first {
                self.out.push(',');
            }
            is_first = false;
            // `MASKED_NAME` goes the other way and is written as `MASK`: `is_masked` needs a masked
            // record to come out of this byte for byte.
            if name != MASKED_NAME && self.masking.keeps(self.rules, &name) {
                let written = serde_json::to_string(&name).expect("a string always serialises");
                self.out.push_str(&written);
            } else {
                self.out.push_str(MASK);
            }
            self.out.push(':');
            self.value(false)?;
        }
        self.out.push('}');
        Ok(())
    }

    fn row(&mut self) -> Result<(), ScanFault> {
        self.out.push('[');
        let mut is_first = true;
        while self.input.element(is_first)? {
            if !is_first {
                self.out.push(',');
            }
            is_first = false;
            self.value(false)?;
        }
        self.out.push(']');
        Ok(())
    }
}
