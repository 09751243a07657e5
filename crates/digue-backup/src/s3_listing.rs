//! What an S3 server answers about the versions of objects, read strictly: a page that is not in the
//! form of `ListObjectVersions` is an error, never an empty repository.

use digue_types::Timestamp;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event as XmlEvent;
use quick_xml::reader::Reader;

/// One version of one object, or a marker that hides the versions before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ListedVersion {
    pub(crate) key: String,
    pub(crate) version: String,
    /// 0 for a marker.
    pub(crate) bytes: u64,
    /// When the store took it.
    pub(crate) modified: Timestamp,
    pub(crate) is_marker: bool,
}

/// One page, and where the next one begins.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct VersionPage {
    pub(crate) versions: Vec<ListedVersion>,
    pub(crate) next: Option<PageStart>,
}

/// `key-marker` and `version-id-marker`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PageStart {
    pub(crate) key: String,
    pub(crate) version: String,
}

#[derive(Default)]
struct RawVersion {
    key: Option<String>,
    version: Option<String>,
    bytes: Option<u64>,
    modified: Option<Timestamp>,
}

impl RawVersion {
    fn complete(self, is_marker: bool) -> Result<ListedVersion, String> {
        let missing = || "a version lacks key, id, size or date".to_owned();
        let bytes = if is_marker { Some(0) } else { self.bytes };
        Ok(ListedVersion {
            key: self.key.ok_or_else(missing)?,
            version: self.version.ok_or_else(missing)?,
            bytes: bytes.ok_or_else(missing)?,
            modified: self.modified.ok_or_else(missing)?,
            is_marker,
        })
    }
}

/// Reads one page of `ListObjectVersions`.
pub(crate) fn parse_versions(xml: &[u8]) -> Result<VersionPage, String> {
    let xml = std::str::from_utf8(xml).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(xml);
    let mut path: Vec<String> = Vec::new();
    let (mut text, mut is_listing, mut is_truncated) = (String::new(), false, None);
    let (mut raw, mut versions) = (RawVersion::default(), Vec::new());
    let (mut next_key, mut next_version) = (None, None);
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            XmlEvent::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                if path.is_empty() {
                    is_listing = name == "ListVersionsResult";
                }
                path.push(name);
                text.clear();
            }
            XmlEvent::Text(piece) => {
                text.push_str(&piece);
            }
            XmlEvent::GeneralRef(name) => {
                text.push_str(resolve_predefined_entity(&name).ok_or("an unknown entity")?);
            }
            XmlEvent::End(_) => {
                let ended: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
                match ended.as_slice() {
                    ["Version"] => versions.push(std::mem::take(&mut raw).complete(false)?),
                    ["DeleteMarker"] => versions.push(std::mem::take(&mut raw).complete(true)?),
                    ["Version" | "DeleteMarker", field] => take(&mut raw, field, &text)?,
                    ["IsTruncated"] => is_truncated = Some(text == "true"),
                    ["NextKeyMarker"] => next_key = Some(text.clone()),
                    ["NextVersionIdMarker"] => next_version = Some(text.clone()),
                    _ => {}
                }
                path.pop();
                text.clear();
            }
            XmlEvent::Eof => break,
            _ => {}
        }
    }
    if !is_listing || !path.is_empty() {
        return Err("not a whole list of versions".to_owned());
    }
    let next = match (is_truncated, next_key) {
        (Some(false), _) => None,
        (Some(true), Some(key)) => Some(PageStart {
            key,
            version: next_version.unwrap_or_default(),
        }),
        // What comes after is not known: it is not nothing.
        (Some(true), None) | (None, _) => {
            return Err("the list does not say where it goes on".to_owned());
        }
    };
    Ok(VersionPage { versions, next })
}

fn take(raw: &mut RawVersion, field: &str, text: &str) -> Result<(), String> {
    match field {
        "Key" => raw.key = Some(text.to_owned()),
        "VersionId" => raw.version = Some(text.to_owned()),
        "Size" => raw.bytes = Some(text.parse().map_err(|_| format!("size {text}"))?),
        "LastModified" => raw.modified = Some(time(text)?),
        _ => {}
    }
    Ok(())
}

/// A date of a store, as headers and lists carry it.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| format!("date {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>sauvegarde</Name>
<IsTruncated>true</IsTruncated><NextKeyMarker>d/keys/1</NextKeyMarker><NextVersionIdMarker>v&amp;3</NextVersionIdMarker>
<Version><Key>d/config</Key><VersionId>v1</VersionId><IsLatest>false</IsLatest>
<LastModified>2026-11-28T10:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>155</Size><Owner><ID>Key</ID></Owner></Version>
<DeleteMarker><Key>d/config</Key><VersionId>v2</VersionId><LastModified>2026-11-29T10:00:00Z</LastModified></DeleteMarker>
</ListVersionsResult>"#;

    #[test]
    fn versions_and_markers_are_read_with_their_page() {
        let page = parse_versions(PAGE.as_bytes()).unwrap();
        assert_eq!(page.versions.len(), 2);
        assert_eq!(page.versions[0].bytes, 155);
        assert_eq!(
            (
                page.versions[1].is_marker,
                page.versions[1].version.as_str()
            ),
            (true, "v2")
        );
        let next = page.next.unwrap();
        assert_eq!(
            (next.key.as_str(), next.version.as_str()),
            ("d/keys/1", "v&3")
        );
    }

    #[test]
    fn what_is_no_whole_list_is_an_error_and_never_an_empty_repository() {
        let cut = &PAGE[..PAGE.len() / 2];
        let no_page = PAGE.replace("<NextKeyMarker>d/keys/1</NextKeyMarker>", "");
        let no_size = PAGE.replace("<Size>155</Size>", "");
        for wrong in [cut, &no_page, &no_size, "", "<Error><Code>X</Code></Error>"] {
            assert!(parse_versions(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
