//! Reads TOML in such a way that every fault is found, with its line.
//!
//! A [`ConfigSection`] is one table. Values are requested by name; a wrong type, a value that does
//! not parse and a name that was never requested all become faults, and reading continues.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use digue_locales::{Language, Value, text_with};
use toml::de::{DeTable, DeValue};

type Spanned<T> = toml::Spanned<T>;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
    pub file: PathBuf,
    /// From 1; 0 when the fault concerns the whole file.
    pub line: usize,
    /// Locale key.
    pub key: &'static str,
    /// The name in the file.
    pub name: String,
    pub detail: String,
}

impl ConfigFault {
    pub(crate) fn of_file(file: &Path, key: &'static str, detail: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: 0,
            key,
            name: String::new(),
            detail: detail.to_owned(),
        }
    }

    pub(crate) fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        Self::of_file(file, "fault-unreadable", &error.to_string())
    }

    /// `file:line: sentence`.
    pub fn say(&self, language: Language) -> String {
        let values = [
            ("name", Value::from(self.name.as_str())),
            ("detail", Value::from(self.detail.as_str())),
        ];
        let sentence = text_with(language, self.key, &values);
        format!("{} {sentence}", self.place())
    }

    fn place(&self) -> String {
        let file = self.file.display();
        match self.line {
            0 => format!("{file}:"),
            line => format!("{file}:{line}:"),
        }
    }
}

/// A file being read, and the files that it names.
pub(crate) struct ConfigSource {
    file: PathBuf,
    text: String,
    faults: RefCell<Vec<ConfigFault>>,
    warnings: RefCell<Vec<ConfigFault>>,
    /// The named files as they were stored; `None` reads them from disk.
    kept: Option<BTreeMap<String, String>>,
    /// The named files read so far.
    named: RefCell<BTreeMap<String, String>>,
}

/// The complete content of a file: its text, and that of each file that it names.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct WholeText {
    pub text: String,
    pub files: BTreeMap<String, String>,
}

impl WholeText {
    /// One text, from which `of_json` restores it.
    pub fn to_json(&self) -> String {
        serde_json::json!({"text": self.text, "files": self.files}).to_string()
    }

    pub fn of_json(json: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(json).ok()?;
        let text = value["text"].as_str()?.to_owned();
        let files = value["files"].as_object()?.iter();
        let files = files.map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned())));
        Some(Self {
            text,
            files: files.collect::<Option<_>>()?,
        })
    }
}

impl ConfigSource {
    /// The file's text; an unreadable file is a fault.
    pub(crate) fn open(file: &Path, faults: &mut Vec<ConfigFault>) -> Option<Self> {
        match std::fs::read_to_string(file) {
            Ok(text) => Some(Self {
                file: file.to_owned(),
                text,
                faults: RefCell::default(),
                warnings: RefCell::default(),
                kept: None,
                named: RefCell::default(),
            }),
            Err(error) => {
                faults.push(ConfigFault::unreadable(file, &error));
                None
            }
        }
    }

    /// A file as it was stored, under its former name.
    pub(crate) fn of_kept(file: &Path, whole: &WholeText) -> Self {
        Self {
            file: file.to_owned(),
            text: whole.text.clone(),
            faults: RefCell::default(),
            warnings: RefCell::default(),
            kept: Some(whole.files.clone()),
            named: RefCell::default(),
        }
    }

    /// The text, and the named files that were read so far.
    fn whole(&self) -> WholeText {
        WholeText {
            text: self.text.clone(),
            files: self.named.borrow().clone(),
        }
    }

    /// Parses the file and passes the root table to `read`; all faults go to `faults`. `None` when
    /// there were any.
    pub(crate) fn read<T>(
        self,
        faults: &mut Vec<ConfigFault>,
        read: impl FnOnce(&ConfigSection<'_>) -> Option<T>,
    ) -> Option<T> {
        self.read_and_warn(faults, &mut Vec::new(), read)
    }

    /// `read`, with likely mistakes going to `warnings`.
    pub(crate) fn read_and_warn<T>(
        self,
        faults: &mut Vec<ConfigFault>,
        warnings: &mut Vec<ConfigFault>,
        read: impl FnOnce(&ConfigSection<'_>) -> Option<T>,
    ) -> Option<T> {
        let (root, errors) = DeTable::parse_recoverable(&self.text);
        for error in &errors {
            let line = error.span().map_or(0, |span| self.line_at(span.start));
            self.push(line, "fault-toml", "", error.message());
        }
        let value = {
            let span = root.span();
            let section = ConfigSection::new(&self, root.get_ref(), span, String::new());
            let value = read(&section);
            if !errors.is_empty() {
                // After a syntax error names look missing or unknown: report the cause only.
                section
                    .used
                    .borrow_mut()
                    .extend(section.table.keys().map(|k| k.get_ref().to_string()));
            }
            value
        };
        let found = self.faults.into_inner();
        let is_sound = found.is_empty();
        faults.extend(found);
        warnings.extend(self.warnings.into_inner());
        value.filter(|_| is_sound)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    fn line_at(&self, offset: usize) -> usize {
        self.text.as_bytes()[..offset.min(self.text.len())]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1
    }

    fn warn(&self, line: usize, key: &'static str, name: &str, detail: &str) {
        self.warnings.borrow_mut().push(ConfigFault {
            file: self.file.clone(),
            line,
            key,
            name: name.to_owned(),
            detail: detail.to_owned(),
        });
    }

    fn push(&self, line: usize, key: &'static str, name: &str, detail: &str) {
        self.faults.borrow_mut().push(ConfigFault {
            file: self.file.clone(),
            line,
            key,
            name: name.to_owned(),
            detail: detail.to_owned(),
        });
    }
}

/// One table of the file.
pub(crate) struct ConfigSection<'s> {
    source: &'s ConfigSource,
    table: &'s DeTable<'s>,
    span: Range<usize>,
    path: String,
    used: RefCell<BTreeSet<String>>,
}

impl Drop for ConfigSection<'_> {
    fn drop(&mut self) {
        // Only now are all requested names known; the others are misspelt, or of another version.
        let used = self.used.borrow();
        for key in self
            .table
            .keys()
            .filter(|key| !used.contains(key.get_ref().as_ref()))
        {
            let line = self.source.line_at(key.span().start);
            self.source
                .push(line, "fault-unknown-name", &self.name(key.get_ref()), "");
        }
    }
}

impl<'s> ConfigSection<'s> {
    fn new(
        source: &'s ConfigSource,
        table: &'s DeTable<'s>,
        span: Range<usize>,
        path: String,
    ) -> Self {
        Self {
            source,
            table,
            span,
            path,
            used: RefCell::default(),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.source.folder()
    }

    /// The text of a file that this one names, in the same folder.
    pub(crate) fn read_file(&self, name: &str) -> std::io::Result<String> {
        self.read_named(name, |text| text)
    }

    /// `read_file`, storing only what `keep` returns: of a secret, its hash.
    pub(crate) fn read_named(
        &self,
        name: &str,
        keep: impl FnOnce(String) -> String,
    ) -> std::io::Result<String> {
        let text = match &self.source.kept {
            Some(kept) => kept
                .get(name)
                .cloned()
                .ok_or(std::io::ErrorKind::NotFound)?,
            None => keep(std::fs::read_to_string(self.source.folder().join(name))?),
        };
        self.source
            .named
            .borrow_mut()
            .insert(name.to_owned(), text.clone());
        Ok(text)
    }

    /// Everything read so far.
    pub(crate) fn whole(&self) -> WholeText {
        self.source.whole()
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn find(&self, key: &str) -> Option<&'s Spanned<DeValue<'s>>> {
        #[cfg(test)]
        asked::note(&self.path, key);
        self.used.borrow_mut().insert(key.to_owned());
        self.table.get(key)
    }

    fn fault_at(
        &self,
        value: &Spanned<DeValue<'_>>,
        fault: &'static str,
        key: &str,
        detail: impl Display,
    ) {
        let line = self.source.line_at(value.span().start);
        self.source
            .push(line, fault, &self.name(key), &detail.to_string());
    }

    /// A fault of a value that parses but is not acceptable.
    pub(crate) fn fault(&self, key: &str, fault: &'static str, detail: impl Display) {
        match self.table.get(key) {
            Some(value) => self.fault_at(value, fault, key, detail),
            None => {
                let line = self.source.line_at(self.span.start);
                self.source
                    .push(line, fault, &self.name(key), &detail.to_string());
            }
        }
    }

    fn typed<T>(
        &self,
        key: &str,
        wanted: &str,
        read: impl FnOnce(&'s DeValue<'s>) -> Option<T>,
    ) -> Option<T> {
        let value = self.find(key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            self.fault_at(value, "fault-type", key, wanted);
        }
        read
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.typed(key, "text", |value| value.as_str().map(ToOwned::to_owned))
    }

    pub(crate) fn need_text(&self, key: &str) -> Option<String> {
        self.must_have(key);
        self.text(key)
    }

    fn must_have(&self, key: &str) {
        #[cfg(test)]
        asked::note(&self.path, key);
        if !self.table.contains_key(key) {
            self.used.borrow_mut().insert(key.to_owned());
            let line = self.source.line_at(self.span.start);
            self.source.push(line, "fault-missing", &self.name(key), "");
        }
    }

    /// Reports a fault where a value would be returned.
    pub(crate) fn refuse<T>(
        &self,
        key: &str,
        fault: &'static str,
        detail: impl Display,
    ) -> Option<T> {
        self.fault(key, fault, detail);
        None
    }

    /// A value that was read; why it was not is a fault.
    pub(crate) fn accept<T, E: Display>(&self, key: &str, read: Result<T, E>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => self.refuse(key, "fault-value", error),
        }
    }

    /// Text that must parse.
    pub(crate) fn parse<T, E: Display>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(key)?;
        self.accept(key, parse(&text))
    }

    pub(crate) fn need<T, E: Display>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.must_have(key);
        self.parse(key, parse)
    }

    /// One of the listed words.
    pub(crate) fn choice<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        self.parse(key, |text| {
            let found = words.iter().find(|(word, _)| *word == text);
            found.map(|(_, value)| *value).ok_or_else(|| listed(words))
        })
    }

    pub(crate) fn boolean(&self, key: &str) -> Option<bool> {
        self.typed(key, "true | false", DeValue::as_bool)
    }

    pub(crate) fn number(&self, key: &str) -> Option<u32> {
        self.typed(key, "0, 1, 2...", |value| {
            let integer = value.as_integer()?;
            // TOML has hexadecimal, octal and binary integers, too.
            u32::from_str_radix(integer.as_str(), integer.radix()).ok()
        })
    }

    /// `500ms`, `30s`, `15min`, `10h`, `7d`.
    pub(crate) fn duration(&self, key: &str) -> Option<Duration> {
        self.parse(key, parse_duration)
    }

    /// `64KiB`, `16MiB`, `1GiB`, or a plain number of bytes as text.
    pub(crate) fn bytes(&self, key: &str) -> Option<u64> {
        self.parse(key, parse_bytes)
    }

    pub(crate) fn path(&self, key: &str) -> Option<PathBuf> {
        self.text(key).map(|text| self.source.folder().join(text))
    }

    /// A list of texts; a single text is a list of one.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        self.typed(key, "[text, ...]", |value| {
            if let Some(text) = value.as_str() {
                return Some(vec![text.to_owned()]);
            }
            text_items(value)
        })
        .unwrap_or_default()
    }

    /// A list of texts that must parse, each with its own line; a single text is a list of one.
    pub(crate) fn parse_all<T, E: Display>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let Some(value) = self.find(key) else {
            return Vec::new();
        };
        if value.get_ref().as_str().is_some() {
            return self.parse(key, parse).into_iter().collect();
        }
        self.list(key, "[text, ...]")
            .filter_map(|item| self.parse_item(key, item, &parse))
            .collect()
    }

    fn parse_item<T, E: Display>(
        &self,
        key: &str,
        item: &Spanned<DeValue<'_>>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let Some(text) = item.get_ref().as_str() else {
            self.fault_at(item, "fault-type", key, "[text, ...]");
            return None;
        };
        parse(text)
            .map_err(|error| self.fault_at(item, "fault-value", key, error))
            .ok()
    }

    /// The items of a list; none where there is no list.
    fn list(
        &self,
        key: &str,
        wanted: &str,
    ) -> impl Iterator<Item = &'s Spanned<DeValue<'s>>> + use<'s> {
        let list = self.typed(key, wanted, |value| value.as_array());
        list.into_iter().flat_map(|list| list.iter())
    }

    /// The table at a place of a list.
    fn nth(
        &self,
        key: &str,
        place: usize,
        item: &'s Spanned<DeValue<'s>>,
    ) -> Option<ConfigSection<'s>> {
        let table = item.get_ref().as_table()?;
        let path = format!("{}[{}]", self.name(key), place + 1);
        Some(ConfigSection::new(self.source, table, item.span(), path))
    }

    pub(crate) fn is_text(&self, key: &str) -> bool {
        self.table
            .get(key)
            .is_some_and(|value| value.get_ref().as_str().is_some())
    }

    /// A list whose items are texts or tables.
    pub(crate) fn texts_or_sections(&self, key: &str) -> Vec<Result<String, ConfigSection<'s>>> {
        let wanted = "[text, { name = text }, ...]";
        let mut items = Vec::new();
        for (place, item) in self.list(key, wanted).enumerate() {
            if let Some(text) = item.get_ref().as_str() {
                items.push(Ok(text.to_owned()));
            } else if let Some(section) = self.nth(key, place, item) {
                items.push(Err(section));
            } else {
                self.fault_at(item, "fault-type", key, wanted);
            }
        }
        items
    }

    /// The section's own name in the file.
    pub(crate) fn own_name(&self) -> String {
        self.path.clone()
    }

    /// The line of the section, for later messages.
    pub(crate) fn line(&self) -> usize {
        self.source.line_at(self.span.start)
    }

    /// The line of a value of the section, for later messages.
    pub(crate) fn line_of(&self, key: &str) -> usize {
        self.source.line_at(
            self.table
                .get(key)
                .map_or(self.span.start, |value| value.span().start),
        )
    }

    /// Reports something valid that is most likely a mistake.
    pub(crate) fn warn(&self, key: &str, warning: &'static str, detail: impl Display) {
        let start = self
            .table
            .get(key)
            .map_or(self.span.start, |value| value.span().start);
        let (line, name) = (self.source.line_at(start), self.name(key));
        self.source.warn(line, warning, &name, &detail.to_string());
    }

    /// A list of lists of texts.
    pub(crate) fn text_sets(&self, key: &str) -> Vec<Vec<String>> {
        self.typed(key, "[[text, ...], ...]", |value| {
            let sets = value.as_array()?;
            sets.iter().map(|set| text_items(set.get_ref())).collect()
        })
        .unwrap_or_default()
    }

    pub(crate) fn section(&self, key: &str) -> Option<ConfigSection<'s>> {
        let value = self.find(key)?;
        match value.get_ref().as_table() {
            Some(table) => Some(ConfigSection::new(
                self.source,
                table,
                value.span(),
                self.name(key),
            )),
            None => {
                self.fault_at(value, "fault-type", key, "[table]");
                None
            }
        }
    }

    pub(crate) fn need_section(&self, key: &str) -> Option<ConfigSection<'s>> {
        self.must_have(key);
        self.section(key)
    }

    /// The names in the table, in file order.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<(usize, String)> = self
            .table
            .keys()
            .map(|key| (key.span().start, key.get_ref().to_string()))
            .collect();
        names.sort();
        names.into_iter().map(|(_, name)| name).collect()
    }

    /// Tables of a table, in file order.
    pub(crate) fn named_sections(&self) -> Vec<(String, ConfigSection<'s>)> {
        let mut sections = Vec::new();
        for (key, value) in self.table {
            let name = key.get_ref().to_string();
            self.used.borrow_mut().insert(name.clone());
            match value.get_ref().as_table() {
                Some(table) => {
                    let path = self.name(&name);
                    let section = ConfigSection::new(self.source, table, key.span(), path);
                    sections.push((name, section));
                }
                None => self.fault_at(value, "fault-type", &name, "[table]"),
            }
        }
        sections.sort_by_key(|(_, section)| section.span.start);
        sections
    }

    /// Takes all names for known: those of a section that was read before.
    pub(crate) fn seen_all(&self) {
        let names = self.names();
        self.used.borrow_mut().extend(names);
    }

    /// An array of tables.
    pub(crate) fn sections(&self, key: &str) -> Vec<ConfigSection<'s>> {
        let mut sections = Vec::new();
        for (place, item) in self.list(key, "[[table]]").enumerate() {
            match self.nth(key, place, item) {
                Some(section) => sections.push(section),
                None => self.fault_at(item, "fault-type", key, "[[table]]"),
            }
        }
        sections
    }
}

pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let units = [
        ("ms", 1),
        ("min", 60_000),
        ("s", 1000),
        ("h", 3_600_000),
        ("d", 86_400_000),
    ];
    in_units(text, &units)
        .map(Duration::from_millis)
        .ok_or_else(|| "500ms | 30s | 15min | 10h | 7d".to_owned())
}

/// A count times the size of its unit.
fn in_units(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    units.iter().find_map(|(unit, size)| {
        let count: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        count.checked_mul(*size)
    })
}

/// The words of a choice, as a fault names them.
fn listed<T>(words: &[(&str, T)]) -> String {
    let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    words.join(" | ")
}

fn text_items(value: &DeValue<'_>) -> Option<Vec<String>> {
    let items = value.as_array()?.iter();
    items
        .map(|item| item.get_ref().as_str().map(ToOwned::to_owned))
        .collect()
}

pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let units = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1u64 << 30),
        ("", 1),
    ];
    in_units(text, &units).ok_or_else(|| "64KiB | 16MiB | 1GiB".to_owned())
}

/// The keys that reading asks for: the reference of keys is compared with them.
#[cfg(test)]
pub(crate) mod asked {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    thread_local! {
        static KEYS: RefCell<BTreeSet<(String, String)>> = RefCell::default();
    }

    pub(super) fn note(path: &str, key: &str) {
        let place = (path.to_owned(), key.to_owned());
        KEYS.with_borrow_mut(|keys| keys.insert(place));
    }

    /// The keys asked for in this thread since the last time, by the path of their table.
    pub(crate) fn take() -> BTreeSet<(String, String)> {
        KEYS.with_borrow_mut(std::mem::take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_have_units() {
        assert_eq!(parse_duration("15min"), Ok(Duration::from_mins(15)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert!(parse_duration("15").is_err());
        assert!(parse_duration("1 week").is_err());
        assert_eq!(parse_bytes("16MiB"), Ok(16 << 20));
        assert_eq!(parse_bytes("512"), Ok(512));
        assert!(parse_bytes("16MB").is_err());
    }
}
