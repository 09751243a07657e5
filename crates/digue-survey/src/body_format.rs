//! What bodies are taken for: by their type, and where that says little, by their content.

use digue_inspect::json::outline::json_parts;
use digue_inspect::media_type::MediaType;
use digue_inspect::response::usual_types;
use digue_types::path_template::{PathTemplate, TemplatePart};
use digue_types::visible::is_blank;

/// What a body was taken for, by its type and its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BodyFormat {
    Json,
    NdJson,
    Html,
    Csv,
    Xlsx,
    Xml,
    Pdf,
    /// An archive, and every file that is one: Office documents without rows.
    Zip,
    /// Server-sent events.
    Events,
    Text,
    /// Style sheets, scripts, fonts, pictures, sound.
    Asset,
    /// No reader for it.
    Opaque,
}

/// True for types whose bodies are resources of pages.
pub fn is_asset(essence: &str) -> bool {
    const TYPES: [&str; 8] = [
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/x-javascript",
        "application/ecmascript",
        "application/wasm",
        "application/manifest+json",
        "application/font-woff",
    ];
    TYPES.contains(&essence)
        || ["image/", "font/", "audio/", "video/"]
            .iter()
            .any(|family| essence.starts_with(family))
}

/// How a body is read: by its type, and where that says little, by its content.
pub(crate) fn format_of(media: &MediaType, bytes: &[u8], template: &PathTemplate) -> BodyFormat {
    let is_usual = |format: &str| {
        let types: Vec<String> = usual_types(format)
            .iter()
            .map(|known| (*known).to_owned())
            .collect();
        media.fits_one(&types)
    };
    let last = template.0.last();
    let is_source_map = matches!(last, Some(TemplatePart::Literal(name)) if name.ends_with(".map"));
    if is_asset(&media.essence) || is_source_map {
        return BodyFormat::Asset;
    }
    if is_usual("ndjson") {
        return BodyFormat::NdJson;
    }
    if is_usual("events") {
        return BodyFormat::Events;
    }
    if is_usual("json") {
        return BodyFormat::Json;
    }
    if is_usual("xlsx") || bytes.starts_with(b"PK\x03\x04") && holds(bytes, b"xl/workbook") {
        return BodyFormat::Xlsx;
    }
    if is_usual("zip") || bytes.starts_with(b"PK\x03\x04") {
        return BodyFormat::Zip;
    }
    if is_usual("pdf") || bytes.starts_with(b"%PDF-") {
        return BodyFormat::Pdf;
    }
    let is_text = std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0);
    let start = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let is_json = || {
        matches!(start, Some(b'{' | b'['))
            && std::str::from_utf8(bytes).is_ok_and(|text| json_parts(text, &mut |_| {}).is_ok())
    };
    if is_usual("html") {
        return if is_json() {
            BodyFormat::Json
        } else {
            BodyFormat::Html
        };
    }
    if is_usual("csv") {
        return BodyFormat::Csv;
    }
    if is_usual("xml") {
        return BodyFormat::Xml;
    }
    match media.essence.as_str() {
        // Without a type a browser looks at the content, too.
        ""
        | "text/plain"
        | "application/octet-stream"
        | "application/vnd.ms-excel"
        | "text/x-csv"
        | "application/x-csv"
        | "application/force-download"
        | "application/download"
            if is_text =>
        {
            if is_json() {
                BodyFormat::Json
            } else if is_table(bytes) {
                BodyFormat::Csv
            } else if matches!(media.essence.as_str(), "" | "text/plain") {
                BodyFormat::Text
            } else {
                BodyFormat::Opaque
            }
        }
        "text/plain" => BodyFormat::Text,
        _ => BodyFormat::Opaque,
    }
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}

/// True for a text whose first lines have the same number of delimiters.
fn is_table(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !is_blank(line))
        .take(5)
        .collect();
    let counts = |delimiter: char| {
        lines
            .iter()
            .map(move |line| line.matches(delimiter).count())
    };
    lines.len() >= 2
        && [',', ';', '\t', '|']
            .into_iter()
            .any(|delimiter| counts(delimiter).all(|count| count > 0))
}
