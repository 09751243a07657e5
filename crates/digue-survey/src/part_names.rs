//! The names of entries and events, as a map writes them: what is of their kind, and no value.

use crate::known::KnownPersons;

/// The media type that programs give a file of this name.
pub(crate) fn type_of_name(name: &str) -> &'static str {
    match ending_of(name).unwrap_or_default() {
        "csv" | "tsv" => "text/csv",
        "json" => "application/json",
        "ndjson" | "jsonl" => "application/x-ndjson",
        "html" | "htm" | "xhtml" => "text/html",
        "xml" | "rels" | "svg" => "application/xml",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "css" => "text/css",
        "js" => "text/javascript",
        "woff" | "woff2" | "ttf" | "otf" => "font/woff2",
        _ => "text/plain",
    }
}

fn ending_of(name: &str) -> Option<&str> {
    let (_, ending) = file_name(name).rsplit_once('.')?;
    (!ending.is_empty() && ending.len() <= 8).then_some(ending)
}

/// The last segment of a name.
fn file_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// `exports/fiche-0012.CSV` as a rule names it: `fiche-*.csv`, in any folder.
pub(crate) fn name_pattern(name: &str, is_of_person: &dyn Fn(&str) -> bool) -> String {
    let file = file_name(name).to_lowercase();
    match ending_of(&file) {
        Some(ending) => {
            let stem = &file[..file.len() - ending.len() - 1];
            format!("{}.{ending}", plain_words(stem, is_of_person))
        }
        None => plain_words(&file, is_of_person),
    }
}

/// A word that names a person, and is no part of a map.
pub(crate) fn is_of_person(known: &KnownPersons, word: &str) -> bool {
    known.value(word).is_some() || known.names.has_words(word)
}

/// `*.csv` of `fiche-*.csv`.
pub(crate) fn by_ending(pattern: &str) -> String {
    ending_of(pattern).map_or_else(|| "*".to_owned(), |ending| format!("*.{ending}"))
}

/// A name with a star in the place of words that have a digit or name a person, and of what
/// stands between two of them.
pub(crate) fn plain_words(name: &str, is_of_person: &dyn Fn(&str) -> bool) -> String {
    let is_break = |c: char| "-_. ".contains(c);
    let is_plain = |word: &str| {
        !word
            .chars()
            .any(|c| c.is_numeric() || c == '*' || c.is_control())
            && !is_of_person(word)
    };
    let mut pattern = String::new();
    let mut between = String::new();
    for word in name.split_inclusive(is_break) {
        let plain = word.trim_end_matches(is_break);
        let is_star = !plain.is_empty() && !is_plain(plain);
        if !(is_star && pattern.ends_with('*')) {
            pattern.push_str(&between);
            pattern.push_str(if is_star { "*" } else { plain });
        }
        between = word[plain.len()..].to_owned();
    }
    pattern.push_str(&between);
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, pattern: &str) {
        assert_eq!(name_pattern(name, &|word| word == "dupont"), pattern);
    }

    #[test]
    fn a_name_keeps_what_is_of_its_kind() {
        check("exports/personnes.csv", "personnes.csv");
        check("fiche-0012.JSON", "fiche-*.json");
        check("2026-11-29 liste.csv", "* liste.csv");
        check("IMG_2026_001.png", "img_*.png");
        check("lettre Dupont.pdf", "lettre *.pdf");
        check("P0012/", "");
        check("LISEZMOI", "lisezmoi");
        check("*.csv", "*.csv");
        check("P12.tar.gz", "*.tar.gz");
        check("a--b.txt", "a--b.txt");
        assert_eq!(by_ending("fiche-*.json"), "*.json");
        assert_eq!(by_ending("lisezmoi"), "*");
    }
}
