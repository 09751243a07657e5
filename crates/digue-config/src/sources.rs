//! `[[sources]]`: where caseloads, alias tables, classes and accounts come from, read again and
//! again.

use std::time::Duration;

use digue_administration::loads::LoadTarget;
use digue_provisioning::brake::AccountBrake;
use digue_provisioning::{AccountGroups, ProvisioningRules};
use digue_sources::brake::Brake;
use digue_sources::origin::SourceOrigin;
use digue_sources::{SourceRules, SourceTarget};
use digue_store::ContactSource;
use digue_types::{AccountId, PopulationId, PortalId};
use http::Uri;

use super::addresses::parse_plain_name;
use super::reader::ConfigSection;
use super::response::read_contacts;

const EVERY: Duration = Duration::from_mins(5);
/// A database is not asked more often, whatever the file says.
const EVERY_MIN: Duration = Duration::from_secs(30);
const LATE_AFTER: Duration = Duration::from_mins(15);

pub(crate) fn read_sources(sections: &[ConfigSection<'_>]) -> Option<Vec<SourceRules>> {
    let read: Vec<Option<SourceRules>> = sections.iter().map(read_source).collect();
    let sources = read.into_iter().collect::<Option<Vec<SourceRules>>>()?;
    for (place, section) in sections.iter().enumerate() {
        check_earlier(section, &sources[place], &sources[..place]);
    }
    Some(sources)
}

fn check_earlier(section: &ConfigSection<'_>, one: &SourceRules, earlier: &[SourceRules]) {
    if earlier.iter().any(|known| known.name == one.name) {
        section.fault("name", "fault-source-name", &one.name);
    }
    // Each would replace what the other one loaded.
    if earlier.iter().any(|known| known.target == one.target) {
        section.fault("name", "fault-source-target", one.target.name());
    }
}

fn read_source(section: &ConfigSection<'_>) -> Option<SourceRules> {
    // It stands in addresses and names the source's file.
    let name = section.need("name", parse_plain_name);
    let target = read_target(section);
    let origin = read_origin(section);
    let look_up = read_look_up(section, target.as_ref(), origin.as_ref());
    let account = section.need("account", AccountId::parse);
    let (every, late_after) = read_times(section);
    Some(SourceRules {
        name: name?,
        target: target?,
        origin: origin?,
        look_up: look_up?,
        account: account?,
        every,
        late_after,
        brake: read_brake(section),
    })
}

/// `caseload = POPULATION`, `aliases = PORTAL`, `classes = POPULATION`, `target = "accounts"` or
/// `target = "retention"`.
fn read_target(section: &ConfigSection<'_>) -> Option<SourceTarget> {
    let keys = ["caseload", "aliases", "classes", "target"];
    let there: Vec<&str> = keys.into_iter().filter(|key| section.has(key)).collect();
    let table = match there[..] {
        [] => return section.refuse("caseload", "fault-missing", ""),
        ["caseload"] => section
            .need("caseload", PopulationId::parse)
            .map(LoadTarget::Caseload),
        ["aliases"] => section
            .need("aliases", PortalId::parse)
            .map(LoadTarget::Aliases),
        ["classes"] => section
            .need("classes", PopulationId::parse)
            .map(LoadTarget::Classes),
        ["target"] => return section.need("target", parse_whole),
        [_, another, ..] => return section.refuse(another, "fault-source-one-target", ""),
        [_] => None,
    };
    table.map(SourceTarget::Table)
}

fn parse_whole(text: &str) -> Result<SourceTarget, &'static str> {
    match text {
        "accounts" => Ok(SourceTarget::Accounts),
        "retention" => Ok(SourceTarget::Retention),
        _ => Err("accounts, retention"),
    }
}

/// The rules of a list of accounts, where a source has one.
pub(crate) fn list_rules(sources: &[SourceRules]) -> Option<ProvisioningRules> {
    let is_list = |rules: &&SourceRules| rules.target == SourceTarget::Accounts;
    let source = sources.iter().find(is_list)?;
    Some(ProvisioningRules {
        groups: AccountGroups::Listed,
        brake: AccountBrake {
            shrinks_at_most: source.brake.shrinks_at_most,
            grows_at_most: source.brake.grows_at_most,
            ..AccountBrake::default()
        },
        late_after: source.late_after,
    })
}

/// `lookup`: the question about one person and one account, to the same database.
fn read_look_up(
    section: &ConfigSection<'_>,
    target: Option<&SourceTarget>,
    origin: Option<&SourceOrigin>,
) -> Option<Option<ContactSource>> {
    let Some(query) = section.text("lookup") else {
        return Some(None);
    };
    let is_caseload = matches!(
        target,
        Some(SourceTarget::Table(LoadTarget::Caseload(_))) | None
    );
    // Without them it would say the same of everybody.
    let names_both = query.contains("$1") && (query.contains("$2") || query.contains("$3"));
    match origin {
        Some(SourceOrigin::Query(source)) if is_caseload && names_both => {
            Some(Some(ContactSource {
                url: source.url.clone(),
                query,
            }))
        }
        _ => section.refuse("lookup", "fault-source-lookup", ""),
    }
}

/// How often a source is read, and after how long it is late.
fn read_times(section: &ConfigSection<'_>) -> (Duration, Duration) {
    let every = section.duration("every").unwrap_or(EVERY);
    if every < EVERY_MIN {
        section.fault("every", "fault-value", "30s");
    }
    let late_after = section.duration("late_after");
    let late_after = late_after.unwrap_or_else(|| LATE_AFTER.max(every * 3));
    if late_after <= every {
        section.fault("late_after", "fault-source-late", "");
    }
    (every, late_after)
}

/// `query` with its database, `file`, or `address`.
fn read_origin(section: &ConfigSection<'_>) -> Option<SourceOrigin> {
    let kinds = ["query", "file", "address"].map(|key| section.has(key));
    match kinds {
        [true, false, false] => read_contacts(section).map(SourceOrigin::Query),
        [false, true, false] => section.path("file").map(SourceOrigin::File),
        [false, false, true] => read_source_address(section),
        [false, false, false] => section.refuse("query", "fault-missing", ""),
        [_, true, _] => section.refuse("file", "fault-source-one-origin", ""),
        [_, false, _] => section.refuse("address", "fault-source-one-origin", ""),
    }
}

fn read_source_address(section: &ConfigSection<'_>) -> Option<SourceOrigin> {
    Some(SourceOrigin::Address {
        uri: section.need("address", parse_address)?,
        token: section.path("token_file"),
    })
}

fn read_brake(section: &ConfigSection<'_>) -> Brake {
    let usual = Brake::default();
    Brake {
        shrinks_at_most: percent(section, "shrinks_at_most", 100).unwrap_or(usual.shrinks_at_most),
        grows_at_most: percent(section, "grows_at_most", 10_000).unwrap_or(usual.grows_at_most),
    }
}

/// A whole number of percent. A table may double, and lose at most everything.
fn percent(section: &ConfigSection<'_>, key: &str, most: u32) -> Option<u32> {
    let number = section.number(key)?;
    if number > most {
        section.fault(key, "fault-value", most);
        return None;
    }
    Some(number)
}

/// Over HTTPS, except on this machine: the rows are persons, and the token opens them.
fn parse_address(text: &str) -> Result<Uri, &'static str> {
    let example = "https://donnees.exemple.fr/portefeuilles.csv";
    let uri: Uri = text.parse().map_err(|_| example)?;
    let is_here = matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let is_secure = uri.scheme_str() == Some("https");
    if uri.host().is_some() && (is_secure || (is_here && uri.scheme_str() == Some("http"))) {
        Ok(uri)
    } else {
        Err(example)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::reader::{ConfigFault, ConfigSource, WholeText};

    fn read(text: &str) -> Result<Vec<SourceRules>, Vec<(usize, &'static str)>> {
        let whole = WholeText {
            text: text.to_owned(),
            ..WholeText::default()
        };
        let mut faults = Vec::new();
        let source = ConfigSource::of_kept(Path::new("digue.toml"), &whole);
        let rules = source.read(&mut faults, |root| read_sources(&root.sections("sources")));
        let fault = |fault: &ConfigFault| (fault.line, fault.key);
        rules.ok_or_else(|| faults.iter().map(fault).collect())
    }

    const NAME: &str = "[[sources]]\nname = \"s\"\naccount = \"flux\"\n";
    const QUERY: &str = "query = \"SELECT 1\"\nurl = \"mysql://h/b\"\n";

    #[test]
    fn a_source_feeds_one_thing_from_one_origin() {
        for (target, expected) in [
            ("caseload = \"p\"", "caseload:p"),
            ("aliases = \"p\"", "aliases:p"),
            ("classes = \"p\"", "classes:p"),
            ("target = \"accounts\"", "accounts"),
            ("target = \"retention\"", "retention"),
        ] {
            let rules = read(&format!("{NAME}{target}\n{QUERY}")).unwrap();
            assert_eq!(rules[0].target.name(), expected);
        }
        for (targets, fault) in [
            ("", (1, "fault-missing")),
            (
                "caseload = \"p\"\nclasses = \"p\"\n",
                (5, "fault-source-one-target"),
            ),
            (
                "caseload = \"p\"\naliases = \"p\"\n",
                (5, "fault-source-one-target"),
            ),
            (
                "caseload = \"p\"\ntarget = \"accounts\"\n",
                (5, "fault-source-one-target"),
            ),
            ("target = \"comptes\"\n", (4, "fault-value")),
        ] {
            let faults = read(&format!("{NAME}{targets}{QUERY}")).unwrap_err();
            assert!(faults.contains(&fault), "{targets}: {faults:?}");
        }
    }

    #[test]
    fn a_list_of_accounts_has_the_brake_of_a_directory() {
        let text = format!("{NAME}target = \"accounts\"\nshrinks_at_most = 3\n{QUERY}");
        let rules = list_rules(&read(&text).unwrap()).unwrap();
        assert_eq!(rules.groups, AccountGroups::Listed);
        let brake = AccountBrake {
            shrinks_at_most: 3,
            ..AccountBrake::default()
        };
        assert_eq!(rules.brake, brake);
        let table = read(&format!("{NAME}caseload = \"p\"\n{QUERY}")).unwrap();
        assert!(list_rules(&table).is_none());
    }

    #[test]
    fn a_look_up_is_about_one_person_and_one_account_and_gives_a_caseload() {
        let with = |target: &str, origin: &str, lookup: &str| {
            read(&format!(
                "{NAME}{target} = \"p\"\n{origin}lookup = \"{lookup}\"\n"
            ))
        };
        for pair in ["$1 AND b = $2", "$1 AND b = $3"] {
            let rules = with("caseload", QUERY, &format!("SELECT 1 WHERE a = {pair}")).unwrap();
            assert!(rules[0].look_up.as_ref().unwrap().query.contains(pair));
            assert_eq!(rules[0].look_up.as_ref().unwrap().url, "mysql://h/b");
        }
        let good = "SELECT 1 WHERE a = $1 AND b = $2";
        for (target, origin, lookup) in [
            ("classes", QUERY, good),
            ("caseload", "file = \"a.csv\"\n", good),
            ("caseload", QUERY, "SELECT 1 WHERE a = $1"),
            ("caseload", QUERY, "SELECT 1 WHERE b = $2"),
        ] {
            let faults = with(target, origin, lookup).unwrap_err();
            let is_it = |(_, key): &(usize, &'static str)| *key == "fault-source-lookup";
            assert!(
                faults.iter().any(is_it),
                "{target} {origin} {lookup}: {faults:?}"
            );
        }
    }
}
