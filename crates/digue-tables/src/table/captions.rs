//! Rows that are not records: titles above a table, totals below it.
//!
//! A row is a caption only when all of its words are known, or when the map says so: a person taken
//! for a caption would not be counted.

use super::TableRules;
use digue_identifiers::collector::Collector;

/// The most bytes in a caption.
const CAPTION_BYTES_MAX: usize = 1_000;

/// The most digits of a number that counts rows rather than naming a person.
const COUNT_DIGITS_MAX: usize = 3;

/// Words that make a row a total.
const TOTALS: [&str; 16] = [
    "total",
    "totaux",
    "totals",
    "soustotal",
    "subtotal",
    "subtotals",
    "somme",
    "sommes",
    "sum",
    "nombre",
    "nb",
    "nbre",
    "effectif",
    "effectifs",
    "count",
    "number",
];

/// Other words that totals may contain.
const BESIDE: [&str; 51] = [
    "sous",
    "sub",
    "général",
    "generale",
    "générale",
    "general",
    "généraux",
    "partiel",
    "grand",
    "overall",
    "de",
    "des",
    "du",
    "d",
    "la",
    "le",
    "les",
    "l",
    "par",
    "et",
    "of",
    "the",
    "all",
    "and",
    "n",
    "no",
    "page",
    "sur",
    "ligne",
    "lignes",
    "personne",
    "personnes",
    "dossier",
    "dossiers",
    "demandeur",
    "demandeurs",
    "fiche",
    "fiches",
    "enregistrement",
    "enregistrements",
    "résultat",
    "résultats",
    "record",
    "records",
    "row",
    "rows",
    "line",
    "lines",
    "entries",
    "results",
    "people",
];

/// True for a title above a table: a single text that cannot be an identifier, or a caption.
pub(super) fn is_title(rules: &TableRules, texts: &[(usize, &str)], found: &Collector<'_>) -> bool {
    if !is_short(texts) {
        return false;
    }
    let is_alone = texts.len() == 1 && !found.could_hold_identifier(texts[0].1);
    is_alone || is_said(rules, texts, found) || is_total(texts, 0, found)
}

/// True for a row below the header that is not a record. `records`: number of records before it.
pub(super) fn is_caption(
    rules: &TableRules,
    texts: &[(usize, &str)],
    records: usize,
    found: &Collector<'_>,
) -> bool {
    is_short(texts) && (is_total(texts, records, found) || is_said(rules, texts, found))
}

fn is_short(texts: &[(usize, &str)]) -> bool {
    texts.iter().map(|(_, text)| text.len()).sum::<usize>() <= CAPTION_BYTES_MAX
}

/// True when the map's pattern matches and no text has the shape of an identifier: a careless
/// pattern must not hide a person.
fn is_said(rules: &TableRules, texts: &[(usize, &str)], found: &Collector<'_>) -> bool {
    let Some(captions) = &rules.captions else {
        return false;
    };
    let trimmed: Vec<&str> = texts.iter().map(|(_, text)| text.trim()).collect();
    let mut texts = texts.iter().map(|(_, text)| *text);
    captions.is_match(&trimmed.join(" ")) && !texts.any(|text| found.looks_like_identifier(text))
}

/// `Total : 12`, `Sous-total;;12`, `Number of rows: 4`.
fn is_total(texts: &[(usize, &str)], records: usize, found: &Collector<'_>) -> bool {
    let mut is_total = false;
    for word in texts.iter().flat_map(|(_, text)| words(text)) {
        if TOTALS.contains(&word.as_str()) {
            is_total = true;
        } else if !BESIDE.contains(&word.as_str()) && !is_count(&word, records, found) {
            return false;
        }
    }
    is_total
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// True for a number that counts rows: small, equal to the number of records, or unlike any
/// identifier.
fn is_count(word: &str, records: usize, found: &Collector<'_>) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
        && (word.len() <= COUNT_DIGITS_MAX
            || word.parse() == Ok(records)
            || !found.could_hold_identifier(word))
}
