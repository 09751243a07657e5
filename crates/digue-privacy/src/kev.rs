//! The catalogue of vulnerabilities known to be exploited (CISA, `known_exploited_vulnerabilities`
//! JSON), beside the programs in use. The catalogue names products and rarely versions: a match says
//! whether the version is concerned, is not, or cannot be told.

use std::collections::{BTreeSet, HashMap};

use digue_isms::privacy_kinds::Software;
use digue_isms::register::RegisterEntry;
use jiff::civil::Date;
use serde::Deserialize;

use crate::version_range::{ProgramVersion, bound_of};

/// The catalogue, as the file has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KevCatalogue {
    pub version: String,
    /// The day of its release.
    pub released: Date,
    pub entries: Vec<KevEntry>,
}

/// One vulnerability.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KevEntry {
    /// `CVE-2024-1234`.
    pub cve: String,
    pub vendor: String,
    pub product: String,
    pub name: String,
    pub added: Date,
    pub description: String,
    pub action: String,
    /// Used in ransomware campaigns; `None` where the catalogue does not know.
    pub ransomware: Option<bool>,
}

/// Why a file is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KevError {
    #[error("the file is not a catalogue of known exploited vulnerabilities")]
    Form,
    /// A catalogue that lost entries on the way would pass for complete.
    #[error("the catalogue says {said} entries and has {found}")]
    Incomplete { said: u64, found: u64 },
    /// Its day is still to come: nobody knows how old it is.
    #[error("the catalogue was released on {0}, a day to come")]
    ToCome(Date),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CatalogueFile {
    catalog_version: String,
    date_released: String,
    count: u64,
    vulnerabilities: Vec<EntryFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryFile {
    #[serde(rename = "cveID")]
    cve: String,
    vendor_project: String,
    product: String,
    vulnerability_name: String,
    date_added: Date,
    short_description: String,
    required_action: String,
    #[serde(default)]
    known_ransomware_campaign_use: String,
}

impl KevCatalogue {
    /// # Errors
    /// A file of another form, or one whose own count is not the number of its entries.
    pub fn parse(bytes: &[u8]) -> Result<Self, KevError> {
        let file: CatalogueFile = serde_json::from_slice(bytes).map_err(|_| KevError::Form)?;
        let found = file.vulnerabilities.len() as u64;
        if found != file.count {
            let said = file.count;
            return Err(KevError::Incomplete { said, found });
        }
        // An instant: its day is enough.
        let day = file
            .date_released
            .get(..10)
            .and_then(|day| day.parse().ok());
        let entry = |one: EntryFile| KevEntry {
            cve: one.cve,
            vendor: one.vendor_project,
            product: one.product,
            name: one.vulnerability_name,
            added: one.date_added,
            description: one.short_description,
            action: one.required_action,
            ransomware: match one.known_ransomware_campaign_use.as_str() {
                "Known" => Some(true),
                _ => None,
            },
        };
        Ok(Self {
            version: file.catalog_version,
            released: day.ok_or(KevError::Form)?,
            entries: file.vulnerabilities.into_iter().map(entry).collect(),
        })
    }
}

/// Whether the version in use is concerned.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum KevVerdict {
    /// The catalogue's text names a bound, and the version is within it.
    Affected,
    /// The inventory has no version that can be compared.
    VersionUnknown,
    /// The catalogue names no version, or several.
    RangeUnknown,
    /// The text names one bound, and the version is beyond it.
    NotAffected,
}

impl KevVerdict {
    /// Its locale key follows `kev-`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::VersionUnknown => "version-unknown",
            Self::RangeUnknown => "range-unknown",
            Self::NotAffected => "not-affected",
        }
    }

    /// True unless the version is known not to be concerned.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::NotAffected)
    }
}

/// A program in use and a vulnerability of its product.
#[derive(Clone, PartialEq, Debug)]
pub struct KevMatch<'m> {
    pub software: &'m RegisterEntry<Software>,
    pub entry: &'m KevEntry,
    pub verdict: KevVerdict,
}

/// Every match, those that concern the version first.
pub fn matches<'m>(
    inventory: &'m [RegisterEntry<Software>],
    catalogue: &'m KevCatalogue,
) -> Vec<KevMatch<'m>> {
    let names: Vec<(Vec<String>, Vec<String>)> = catalogue
        .entries
        .iter()
        .map(|entry| (words(&entry.vendor), words(&entry.product)))
        .collect();
    // Each program against each entry would take minutes for the largest inventories.
    let mut by_word: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, (its_vendor, its_product)) in names.iter().enumerate() {
        let listed = match is_range(its_product) {
            true => its_vendor.as_slice(),
            false => its_product.get(..1).unwrap_or_default(),
        };
        for word in listed {
            by_word.entry(word).or_default().push(place);
        }
    }
    let mut found = Vec::new();
    for software in inventory {
        let name = words(&software.record.title.0);
        let vendor = words(&software.record.vendor.0);
        let whole = [vendor.as_slice(), name.as_slice()].concat();
        let listed = whole.iter().filter_map(|word| by_word.get(word.as_str()));
        let places: BTreeSet<usize> = listed.flatten().copied().collect();
        for place in places {
            let (entry, (its_vendor, its_product)) = (&catalogue.entries[place], &names[place]);
            if is_product((&name, &vendor, &whole), (its_vendor, its_product)) {
                let verdict = verdict(&software.record, entry);
                found.push(KevMatch {
                    software,
                    entry,
                    verdict,
                });
            }
        }
    }
    found.sort_by(|a, b| {
        (a.verdict, &a.entry.cve, &a.software.id).cmp(&(b.verdict, &b.entry.cve, &b.software.id))
    });
    found
}

/// True where a program is the product. A name that stands alone for many products ("Server") counts
/// only with its vendor.
fn is_product(
    (name, vendor, whole): (&[String], &[String], &[String]),
    (its_vendor, its_product): (&[String], &[String]),
) -> bool {
    if its_product.is_empty() || name.is_empty() {
        return false;
    }
    let is_vendor = !its_vendor.is_empty()
        && (contains(whole, its_vendor) || contains(its_vendor, vendor) && !vendor.is_empty());
    if is_range(its_product) {
        return is_vendor;
    }
    // Debian and Red Hat name packages by the product alone: `openssl`, `exim4`.
    let is_named = contains(name, its_product) || name == its_product;
    is_named && (is_vendor || vendor.is_empty() || its_vendor == its_product)
}

/// "Multiple Products" names the vendor's whole range.
fn is_range(product: &[String]) -> bool {
    product.first().is_some_and(|word| word == "multiple")
}

/// True where the words of `part` stand in `whole` side by side.
fn contains(whole: &[String], part: &[String]) -> bool {
    !part.is_empty() && whole.windows(part.len()).any(|window| window == part)
}

/// The words of a name in small letters.
fn words(name: &str) -> Vec<String> {
    name.to_lowercase()
        .split(|sign: char| !(sign.is_alphanumeric() || sign == '+' || sign == '#'))
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

fn verdict(software: &Software, entry: &KevEntry) -> KevVerdict {
    let Some(version) = ProgramVersion::parse(&software.version.0) else {
        return KevVerdict::VersionUnknown;
    };
    let bound = bound_of(&entry.description).or_else(|| bound_of(&entry.name));
    // Of "multiple products" the text names each with its own versions.
    let bound = bound.filter(|_| !is_range(&words(&entry.product)));
    match bound.map(|bound| bound.concerns(&version)) {
        None => KevVerdict::RangeUnknown,
        Some(None) => KevVerdict::VersionUnknown,
        Some(Some(true)) => KevVerdict::Affected,
        Some(Some(false)) => KevVerdict::NotAffected,
    }
}

#[cfg(test)]
mod tests {
    use digue_isms::field::ShortText;
    use digue_types::Timestamp;

    use super::*;

    fn file(count: u64) -> String {
        format!(
            r#"{{"title":"CISA Catalog","catalogVersion":"2026.11.20","dateReleased":"2026-11-20T15:00:00.1Z","count":{count},
            "vulnerabilities":[
            {{"cveID":"CVE-2021-44228","vendorProject":"Apache","product":"Log4j2","vulnerabilityName":"Apache Log4j2 Remote Code Execution Vulnerability",
              "dateAdded":"2021-12-10","shortDescription":"Apache Log4j2 contains a vulnerability before 2.15.0 where JNDI features do not protect.","requiredAction":"Update.","dueDate":"2021-12-24","knownRansomwareCampaignUse":"Known","notes":"","cwes":[]}},
            {{"cveID":"CVE-2024-9999","vendorProject":"Fortinet","product":"FortiOS","vulnerabilityName":"Fortinet FortiOS Out-of-Bound Write",
              "dateAdded":"2024-02-09","shortDescription":"Fortinet FortiOS contains an out-of-bound write.","requiredAction":"Update.","dueDate":"2024-02-16","knownRansomwareCampaignUse":"Unknown","notes":""}}]}}"#
        )
    }

    fn software(id: &str, name: &str, vendor: &str, version: &str) -> RegisterEntry<Software> {
        RegisterEntry {
            id: id.to_owned(),
            number: 1,
            at: Timestamp::ZERO,
            by: String::new(),
            record: Software {
                title: ShortText(name.to_owned()),
                vendor: ShortText(vendor.to_owned()),
                version: ShortText(version.to_owned()),
                ..Software::default()
            },
        }
    }

    #[test]
    fn a_catalogue_that_lost_entries_is_not_taken() {
        let whole = KevCatalogue::parse(file(2).as_bytes()).unwrap();
        assert_eq!(whole.released, "2026-11-20".parse::<Date>().unwrap());
        assert_eq!(whole.entries[0].ransomware, Some(true));
        assert_eq!(whole.entries[1].ransomware, None);
        let lost = KevCatalogue::parse(file(3).as_bytes());
        assert_eq!(lost, Err(KevError::Incomplete { said: 3, found: 2 }));
        assert_eq!(KevCatalogue::parse(b"{}"), Err(KevError::Form));
    }

    #[test]
    fn a_match_says_whether_the_version_can_be_told() {
        let catalogue = KevCatalogue::parse(file(2).as_bytes()).unwrap();
        let inventory = [
            software("LO-1", "log4j2", "Apache Software Foundation", "2.14.1"),
            software("LO-2", "Apache Log4j2", "", "2.17.0"),
            software("LO-3", "Log4j2", "", ""),
            software("LO-4", "FortiOS", "Fortinet", "7.2.1"),
            software("LO-5", "Firefox", "Mozilla", "115"),
            // The same word of another vendor.
            software("LO-6", "FortiOS", "Autre", "1"),
        ];
        let found = matches(&inventory, &catalogue);
        let told: Vec<(&str, &str)> = found
            .iter()
            .map(|one| (one.software.id.as_str(), one.verdict.code()))
            .collect();
        let expected = [
            ("LO-1", "affected"),
            ("LO-3", "version-unknown"),
            ("LO-4", "range-unknown"),
            ("LO-2", "not-affected"),
        ];
        assert_eq!(told, expected);
    }
}
