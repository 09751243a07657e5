//! The common shape of identifiers, as a regular expression: runs of digits and letters, and the
//! signs between.
//!
//! A shape is made from the operator's own list alone. What a portal sprays on its pages cannot
//! loosen or tighten it, nor decide whether it is searched for everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use digue_identifiers::{IdentifierKind, Normalise};
use regex::Regex;

/// The most forms of one shape, before letters and digits are no longer told apart.
const FORMS_MAX: usize = 6;

/// Digits from which a number alone is told from dates, amounts, telephone and order numbers.
const TELLING_DIGITS: usize = 11;

/// Values with which letters that never change are taken for a fixed beginning.
const CONSTANT_FROM: usize = 3;

/// The letters that a word of an identifier may have, whatever the longest known one.
const WORD_LETTERS: usize = 24;

/// Texts of any page: a shape that one of them has is searched for nowhere but where a rule points.
/// The words are those by which the inspection tells a shape that distinguishes nothing.
const ORDINARY: [&str; 20] = [
    "nom",
    "NOM",
    "Total",
    "id",
    "Identifiant",
    "Marie",
    "2026",
    "12",
    "2026-01-31",
    "20260131",
    "31/01/2026",
    "0612345678",
    "06.12.34.56.78",
    "+33612345678",
    "1700000000000",
    "12.50",
    "1000",
    "75011",
    "v1.2.3",
    "A4",
];

/// How identifiers of one kind are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueShape {
    /// For the whole, without anchors.
    pub pattern: String,
    /// The steps to the one form that the pattern describes.
    pub steps: Vec<Normalise>,
    pub telling: Telling,
    /// Whether every value begins, and ends, with a letter or a digit.
    word_ends: (bool, bool),
}

/// How much a value of this shape says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Telling {
    /// Short numbers and plain words: half of what has the shape names something else.
    Short,
    /// Longer numbers, of which few exist: a known one is hardly another's by chance.
    Rare,
    /// Nothing else on a page is written so.
    Alone,
}

impl Telling {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Rare => "rare",
            Self::Alone => "alone",
        }
    }
}

impl ValueShape {
    /// The shape of values that are not blank; `None` without any.
    pub fn of<'v>(values: impl IntoIterator<Item = &'v str>) -> Option<Self> {
        let values: Vec<&str> = values
            .into_iter()
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect();
        if values.is_empty() {
            return None;
        }
        let mut shape = known_form(&values).unwrap_or_else(|| by_runs(&values));
        shape.word_ends = word_ends(&values);
        Some(shape)
    }

    /// True when ordinary words or short numbers have it, by which the inspection tells shapes that
    /// distinguish nothing.
    pub(crate) fn is_ordinary(&self) -> bool {
        let regex = self.regex();
        ORDINARY[..8].iter().any(|text| regex.is_match(text))
    }

    /// True for shapes in which programs write other things, too: what is drawn at random, digests,
    /// long numbers, addresses of mail. A value that is not known and has such a shape is more likely
    /// another thing's than a person's.
    pub fn is_shared(&self) -> bool {
        let class = |pattern: &str, class: &str| {
            let counts = pattern.strip_prefix(class);
            counts.is_some_and(|rest| !rest.contains(['[', '|', '\\', '(']))
        };
        let pattern = self.pattern.as_str();
        matches!(pattern, UUID | MAIL | NIR)
            || class(pattern, "[0-9A-Za-z]")
            || class(pattern, "[0-9A-Za-z_-]")
            || class(pattern, "[0-9]")
    }

    /// True for letters, digits and signs between them: no word and no number is written so.
    pub(crate) fn is_structured(&self) -> bool {
        let has = |class: &str| self.pattern.contains(class);
        let has_letters = has("[a-z]") || has("[A-Z]");
        let has_sign = has(r"\.") || has(r"\-") || has("_") || has("@") || has(r"\/");
        has_letters && has("[0-9]") && has_sign && !has("|") && !self.is_ordinary()
    }

    /// The same shape, where nothing else is written so.
    #[must_use]
    pub(crate) fn as_sole(&self) -> Self {
        Self {
            telling: Telling::Alone,
            ..self.clone()
        }
    }

    /// True when words of letters alone have it, as one login of many is `admin`. Said to the
    /// inspection, it would take titles of columns for persons.
    pub fn is_of_words(&self) -> bool {
        let regex = self.regex();
        (2..=14).any(|length| {
            let (upper, lower) = ("E".repeat(length), "e".repeat(length));
            let title = format!("E{}", &lower[1..]);
            [upper, lower, title]
                .iter()
                .any(|word| regex.is_match(word))
        })
    }

    /// Matches the whole of a text in its canonical form.
    pub fn regex(&self) -> Regex {
        compiled(&format!("^(?:{})$", self.pattern))
    }

    /// The pattern as it is searched for in running text; `None` unless the shape tells by itself.
    pub fn sweep(&self) -> Option<String> {
        if self.telling != Telling::Alone {
            return None;
        }
        // Where the canonical form folds letter case, the portal may write either.
        let folds = |step: &Normalise| matches!(step, Normalise::Upper | Normalise::Lower);
        let case = if self.steps.iter().any(folds) {
            "(?i)"
        } else {
            ""
        };
        Some(match self.pattern.as_str() {
            // Every sign of a mailbox may stand before it, so a word's end is none.
            MAIL => format!("{case}(?:^|[^A-Za-z0-9._%+'-])({MAIL})"),
            NIR => format!(r"\b({NIR_SPACED})\b"),
            pattern => {
                let (start, end) = self.word_ends;
                let end_of = |is_word| if is_word { r"\b" } else { "" };
                format!("{case}{}(?:{pattern}){}", end_of(start), end_of(end))
            }
        })
    }

    /// The shape of the same values once `steps` were applied to them.
    #[must_use]
    pub fn with_steps(values: &[String], steps: &[Normalise]) -> Option<Self> {
        let kind = IdentifierKind {
            name: String::new(),
            steps: steps.to_vec(),
            shape: None,
        };
        let canonical: Vec<String> = values
            .iter()
            .filter_map(|value| kind.canonical(value))
            .map(|value| value.to_string())
            .collect();
        let shape = Self::of(canonical.iter().map(String::as_str))?;
        let steps = if shape.steps.is_empty() {
            steps.to_vec()
        } else {
            shape.steps
        };
        Some(Self { steps, ..shape })
    }
}

/// Patterns are made here from classes, counts and escaped literals.
pub(crate) fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("made of classes, counts and escaped texts")
}

const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
// A local part has 64 octets at most (RFC 5321, 4.5.3.1.1).
const MAIL: &str = "[a-z0-9._%+'-]{1,64}@[a-z0-9.-]{1,80}[a-z0-9]";
/// A French NIR without its key: sex, year, month (or a code from 20 on), place, order.
const NIR: &str = "[12][0-9]{2}(?:0[1-9]|1[0-2]|[2-9][0-9])(?:[0-9]{2}|2[AB])[0-9]{6}";
/// The same as people write it, with its key.
pub(crate) const NIR_SPACED: &str = "[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]|[2-9][0-9]) ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3}(?: ?[0-9]{2})?";

/// Shapes that are the same everywhere.
fn known_form(values: &[&str]) -> Option<ValueShape> {
    static FORMS: LazyLock<[(Regex, &str, &[Normalise]); 3]> = LazyLock::new(|| {
        [
            (
                compiled(&format!("(?i)^{UUID}$")),
                UUID,
                &[Normalise::Lower],
            ),
            (
                compiled(&format!("(?i)^{MAIL}$")),
                MAIL,
                &[Normalise::Lower],
            ),
            (
                compiled(&format!("^{NIR}(?:[0-9]{{2}})?$")),
                NIR,
                &[Normalise::Nir],
            ),
        ]
    });
    FORMS.iter().find_map(|(regex, pattern, steps)| {
        let fits = |value: &&str| match steps {
            [Normalise::Nir] => {
                let compact: String = value.chars().filter(|c| !c.is_whitespace()).collect();
                regex.is_match(&compact)
            }
            _ => regex.is_match(value),
        };
        let pattern = (*pattern).to_owned();
        let shape = || ValueShape {
            pattern,
            steps: steps.to_vec(),
            telling: Telling::Alone,
            word_ends: (true, true),
        };
        // One NIR may be a number of thirteen digits of any kind.
        let is_enough = *steps != [Normalise::Nir] || values.len() >= CONSTANT_FROM;
        (is_enough && values.iter().all(fits)).then(shape)
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum RunClass {
    Digits,
    Upper,
    Lower,
    /// Letters and digits that change places.
    Mixed,
    Sign(char),
}

/// Whether all values begin with a sign of words, and whether all end with one.
fn word_ends(values: &[&str]) -> (bool, bool) {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut starts = values.iter().map(|value| value.chars().next());
    let mut ends = values.iter().map(|value| value.chars().next_back());
    (starts.all(is_word), ends.all(is_word))
}

/// One run of a form, over all values that have it.
#[derive(Clone, Debug)]
struct ShapeRun {
    class: RunClass,
    min: usize,
    max: usize,
    /// The text, as long as all values have the same.
    constant: Option<String>,
    has_leading_zero: bool,
}

impl ShapeRun {
    fn new(class: RunClass, text: String) -> Self {
        let length = text.chars().count();
        Self {
            class,
            min: length,
            max: length,
            has_leading_zero: text.starts_with('0'),
            constant: Some(text),
        }
    }

    fn widen(&mut self, text: &str) {
        let length = text.chars().count();
        self.min = self.min.min(length);
        self.max = self.max.max(length);
        self.has_leading_zero |= text.starts_with('0');
        self.constant = self.constant.take().filter(|known| known == text);
    }
}

fn class_of(c: char, is_coarse: bool) -> RunClass {
    match c {
        '0'..='9' if !is_coarse => RunClass::Digits,
        'A'..='Z' if !is_coarse => RunClass::Upper,
        'a'..='z' if !is_coarse => RunClass::Lower,
        _ if c.is_ascii_alphanumeric() => RunClass::Mixed,
        // Letters of other alphabets are signs: values that differ in them have no common form.
        _ => RunClass::Sign(c),
    }
}

fn runs_of(value: &str, is_coarse: bool) -> Vec<(RunClass, String)> {
    let mut runs: Vec<(RunClass, String)> = Vec::new();
    for c in value.chars() {
        let class = class_of(c, is_coarse);
        match runs.last_mut() {
            Some((last, text)) if *last == class && !matches!(class, RunClass::Sign(_)) => {
                text.push(c)
            }
            _ => runs.push((class, c.to_string())),
        }
    }
    runs
}

type RunForms = BTreeMap<Vec<RunClass>, (usize, Vec<ShapeRun>)>;

fn forms_of(values: &[&str], is_coarse: bool) -> RunForms {
    let mut forms: RunForms = BTreeMap::new();
    for value in values {
        let runs = runs_of(value, is_coarse);
        let classes = runs.iter().map(|(class, _)| *class).collect();
        let (count, form) = forms.entry(classes).or_default();
        *count += 1;
        for (place, (class, text)) in runs.into_iter().enumerate() {
            match form.get_mut(place) {
                Some(run) => run.widen(&text),
                None => form.push(ShapeRun::new(class, text)),
            }
        }
    }
    forms
}

fn by_runs(values: &[&str]) -> ValueShape {
    let mut forms = forms_of(values, false);
    if forms.len() > FORMS_MAX {
        forms = forms_of(values, true);
    }
    if forms.len() > FORMS_MAX {
        return of_any_form(values);
    }
    let written: Vec<String> = forms
        .values()
        .map(|(count, runs)| written(runs, *count))
        .collect();
    let pattern = if written.len() == 1 {
        written[0].clone()
    } else {
        format!("(?:{})", written.join("|"))
    };
    let telling = telling_of(&forms, &pattern, values);
    ValueShape {
        pattern,
        steps: Vec::new(),
        telling,
        word_ends: (true, true),
    }
}

/// Values without a common form: the signs that occur, and the lengths.
fn of_any_form(values: &[&str]) -> ValueShape {
    let lengths = values.iter().map(|value| value.chars().count());
    let (min, max) = (
        lengths.clone().min().unwrap_or(1),
        lengths.max().unwrap_or(1),
    );
    if are_random(values) {
        return ValueShape {
            pattern: format!("[0-9A-Za-z_-]{{{min},{max}}}"),
            steps: Vec::new(),
            telling: random_telling(values),
            word_ends: (true, true),
        };
    }
    let class = class_of_any(values);
    ValueShape {
        pattern: format!("{class}{{{min},{}}}", max + 2),
        steps: Vec::new(),
        telling: Telling::Short,
        word_ends: (true, true),
    }
}

/// Letters, digits, and every other sign of the values.
fn class_of_any(values: &[&str]) -> String {
    let chars = values.iter().flat_map(|value| value.chars());
    let signs: BTreeSet<char> = chars.filter(|c| !c.is_alphanumeric()).collect();
    let mut class = String::from(r"[\p{L}0-9");
    for sign in signs {
        class.push_str(&regex::escape(&sign.to_string()));
    }
    class.push(']');
    class
}

fn written(runs: &[ShapeRun], count: usize) -> String {
    let mut pattern = String::new();
    let is_number = matches!(
        runs,
        [ShapeRun {
            class: RunClass::Digits,
            ..
        }]
    );
    for run in runs {
        let constant = run
            .constant
            .as_ref()
            .filter(|_| count >= CONSTANT_FROM && run.class != RunClass::Digits);
        match (run.class, constant) {
            (RunClass::Sign(sign), _) => pattern.push_str(&regex::escape(&sign.to_string())),
            (RunClass::Mixed, None) => write_class(&mut pattern, "[0-9A-Za-z]", run.min, run.max),
            (_, Some(text)) => pattern.push_str(&regex::escape(text)),
            (RunClass::Upper, None) => {
                let (min, max) = letters(run);
                write_class(&mut pattern, "[A-Z]", min, max);
            }
            (RunClass::Lower, None) => {
                let (min, max) = letters(run);
                write_class(&mut pattern, "[a-z]", min, max);
            }
            (RunClass::Digits, None) => {
                let (min, max) = digits(run, is_number);
                write_class(&mut pattern, "[0-9]", min, max);
            }
        }
    }
    pattern
}

/// Counters grow: a number of changing length may gain digits, one written with leading zeros does
/// not.
fn digits(run: &ShapeRun, is_number: bool) -> (usize, usize) {
    let is_fixed = run.min == run.max && (run.has_leading_zero || run.min >= 6 || !is_number);
    match (is_fixed, is_number) {
        (true, _) => (run.min, run.max),
        (false, true) => (1, run.max + 2),
        (false, false) => (run.min, run.max + 1),
    }
}

/// Letters of changing length are words: those of the next person may be shorter or longer, and a
/// person whom the shape does not fit is shown and not found.
fn letters(run: &ShapeRun) -> (usize, usize) {
    match run.min == run.max {
        true => (run.min, run.max),
        false => (1, (run.max * 2).max(WORD_LETTERS)),
    }
}

fn write_class(pattern: &mut String, class: &str, min: usize, max: usize) {
    pattern.push_str(class);
    let written = match (min, max) {
        (1, 1) => Ok(()),
        (min, max) if min == max => write!(pattern, "{{{min}}}"),
        (min, max) => write!(pattern, "{{{min},{max}}}"),
    };
    written.expect("writing to a `String` cannot fail");
}

/// Signs from which a text in no order is one that a program drew: of ten letters and digits a
/// thousand million million exist.
const RANDOM_SIGNS: usize = 8;

/// True for texts that a program drew at random (Parse, Firebase, nanoid): most of them change
/// between digits, capitals and small letters as no word does.
fn are_random(values: &[&str]) -> bool {
    let is_plain = |value: &&str| {
        value.len() >= RANDOM_SIGNS
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let random = values.iter().filter(|value| is_in_no_order(value)).count();
    values.len() >= CONSTANT_FROM && values.iter().all(is_plain) && random * 10 >= values.len() * 8
}

/// True for a text that changes between digits, capitals and small letters as no word does.
pub(crate) fn is_in_no_order(text: &str) -> bool {
    let class = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        _ => 2,
    };
    let two = text.as_bytes().windows(2);
    let changes = two.filter(|two| class(two[0]) != class(two[1]));
    text.len() >= RANDOM_SIGNS && changes.count() * 3 >= text.len()
}

/// How much texts that a program drew say by themselves.
fn random_telling(values: &[&str]) -> Telling {
    let shortest = values.iter().map(|value| value.len()).min().unwrap_or(0);
    match shortest >= 16 {
        true => Telling::Alone,
        // A known one is no coincidence, and ten letters may be a word.
        false => Telling::Rare,
    }
}

fn telling_of(forms: &RunForms, pattern: &str, values: &[&str]) -> Telling {
    let count = values.len();
    let regex = compiled(&format!("^(?:{pattern})$"));
    let has_mixed =
        |(_, runs): &(usize, Vec<ShapeRun>)| runs.iter().any(|run| run.class == RunClass::Mixed);
    if forms.values().any(has_mixed) && are_random(values) {
        return random_telling(values);
    }
    if ORDINARY.iter().any(|text| regex.is_match(text)) {
        return sparse(forms, count);
    }
    if forms.values().all(|(_, runs)| tells_alone(runs)) {
        Telling::Alone
    } else {
        sparse(forms, count)
    }
}

fn tells_alone(runs: &[ShapeRun]) -> bool {
    let digits = least(runs, RunClass::Digits);
    digits >= TELLING_DIGITS
        || (has_letters(runs) && digits >= 3)
        || least(runs, RunClass::Mixed) >= 12
}

/// The fewest signs of a class that a value of these runs has.
fn least(runs: &[ShapeRun], class: RunClass) -> usize {
    let of_class = runs.iter().filter(|run| run.class == class);
    of_class.map(|run| run.min).sum()
}

fn has_letters(runs: &[ShapeRun]) -> bool {
    runs.iter()
        .any(|run| matches!(run.class, RunClass::Upper | RunClass::Lower))
}

/// Numbers of which so few exist that a known one is no coincidence.
fn sparse(forms: &RunForms, count: usize) -> Telling {
    let is_sparse = forms.values().all(|(_, runs)| {
        let digits = least(runs, RunClass::Digits);
        let room = 10f64.powi(i32::try_from(digits).unwrap_or(i32::MAX).min(300));
        let letters = least(runs, RunClass::Upper) + least(runs, RunClass::Lower);
        // `mdupont7`: no word ends so, and hardly any other name of a program begins so.
        let is_login = letters >= 4 && digits >= 1;
        digits >= 6 && count as f64 / room < 0.02 || letters > 0 && digits >= 2 || is_login
    });
    if is_sparse {
        Telling::Rare
    } else {
        Telling::Short
    }
}

#[cfg(test)]
mod tests {
    use digue_identifiers::IdentifierShape;
    use proptest::prelude::*;

    use super::*;

    fn shape(values: &[&str]) -> ValueShape {
        ValueShape::of(values.iter().copied()).unwrap()
    }

    #[track_caller]
    fn check(values: &[&str], pattern: &str, telling: Telling) {
        let made = shape(values);
        assert_eq!(
            (made.pattern.as_str(), made.telling),
            (pattern, telling),
            "{values:?}"
        );
    }

    #[test]
    fn numbers_with_letters_tell_by_themselves() {
        check(&["P0001", "P0420", "P9999"], "P[0-9]{4}", Telling::Alone);
        check(
            &["1000040B", "1000041C", "2000041D"],
            "[0-9]{7}[A-Z]",
            Telling::Alone,
        );
        check(
            &["AB-12-345", "CD-99-001", "XY-00-777"],
            "[A-Z]{2}\\-[0-9]{2}\\-[0-9]{3}",
            Telling::Alone,
        );
        check(&["P1", "P42", "P600"], "P[0-9]{1,4}", Telling::Short);
    }

    #[test]
    fn short_numbers_need_a_second_sign() {
        check(&["1", "42", "600"], "[0-9]{1,5}", Telling::Short);
        check(&["10", "42", "60"], "[0-9]{1,4}", Telling::Short);
        check(&["0012", "0420", "9999"], "[0-9]{4}", Telling::Short);
        check(
            &["2026001", "2026002", "2026003"],
            "[0-9]{7}",
            Telling::Rare,
        );
        check(&["marie", "paul", "jeanne"], "[a-z]{1,24}", Telling::Short);
    }

    #[test]
    fn shapes_that_are_the_same_everywhere_are_known() {
        let uuids = [
            "0b7f9d6e-3f0e-4f6e-9d4c-0a1b2c3d4e5f",
            "1B7F9D6E-3F0E-7F6E-9D4C-0A1B2C3D4E5F",
        ];
        assert_eq!(shape(&uuids).pattern, UUID);
        assert_eq!(shape(&uuids).steps, [Normalise::Lower]);
        assert_eq!(shape(&["a.b@c.fr", "x@y.org"]).pattern, MAIL);
        let nirs = ["1 85 05 75 116 001 23", "2850575116002", "285122A116002"];
        assert_eq!(shape(&nirs).steps, [Normalise::Nir]);
        assert_eq!(shape(&nirs).telling, Telling::Alone);
        // Milliseconds are no NIR: their month is none.
        assert!(!shape(&nirs).regex().is_match("1700000000000"));
    }

    #[test]
    fn a_shape_that_words_have_is_known() {
        for values in [
            ["marie", "paul", "jeanne"],
            ["admin", "m.dupont.1", "j.petit.2"],
            ["AB", "CD", "EFG"],
        ] {
            assert!(shape(&values).is_of_words(), "{values:?}");
        }
        for values in [
            ["P0001", "P0002", "P0003"],
            ["1", "2", "30"],
            ["m.dupont.1", "j.petit.2", "a.b.3"],
        ] {
            assert!(!shape(&values).is_of_words(), "{values:?}");
        }
    }

    #[test]
    fn a_shape_of_anything_is_never_searched_for() {
        let any = [
            "a b", "1", "X-1", "é", "b.c.d", "1/2/3", "q_q", "W:W", "k,k",
        ];
        assert_eq!(shape(&any).telling, Telling::Short);
        assert_eq!(shape(&any).sweep(), None);
        assert!(any.iter().all(|value| shape(&any).regex().is_match(value)));
        assert_eq!(ValueShape::of(["", " "]), None);
    }

    #[test]
    fn what_is_searched_for_is_no_date_amount_or_telephone_number() {
        for values in [
            ["20260101", "20251231", "20240229"],
            ["0612345678", "0712345678", "0199999999"],
        ] {
            assert_eq!(shape(&values).sweep(), None, "{values:?}");
        }
        assert_eq!(
            shape(&["P0001", "P0002", "P0003"]).sweep().as_deref(),
            Some(r"\b(?:P[0-9]{4})\b")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        /// A shape fits the values that it was made of, and its expression compiles.
        #[test]
        fn a_shape_fits_its_own_values(
            values in proptest::collection::vec("[A-Za-z0-9é._@/ :^\\]\\[-]{1,14}", 1..40),
        ) {
            let kept: Vec<&str> = values.iter().map(|v| v.trim()).filter(|v| !v.is_empty()).collect();
            if let Some(made) = ValueShape::of(kept.iter().copied()) {
                let kind = IdentifierKind {
                    name: "x".into(), steps: made.steps.clone(), shape: Some(IdentifierShape::new(&format!("^(?:{})$", made.pattern)).unwrap()),
                };
                for value in &kept {
                    prop_assert!(kind.canonical(value).is_some(), "{} {}", value, made.pattern);
                }
                if let Some(sweep) = made.sweep() { prop_assert!(Regex::new(&sweep).is_ok()); }
            }
        }

        /// Numbered values are found by their sweep in running text.
        #[test]
        fn a_telling_shape_is_found_in_running_text(
            prefix in "[A-Z]{1,3}", numbers in proptest::collection::vec(0u32..100_000, 5..30),
        ) {
            let values: Vec<String> = numbers.iter().map(|n| format!("{prefix}{n:05}")).collect();
            let made = ValueShape::of(values.iter().map(String::as_str)).unwrap();
            let sweep = Regex::new(&made.sweep().unwrap()).unwrap();
            for value in &values {
                let text = format!("voir ({value}), fin");
                prop_assert_eq!(sweep.find(&text).unwrap().as_str(), value);
            }
        }
    }
}
