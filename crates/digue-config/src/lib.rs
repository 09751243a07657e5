//! The operator's files: `digue.toml`, one map for each portal, policies.
//!
//! Reading never stops at the first fault: `digue check` prints them all, with file and line.

mod acme;
pub mod added_routes;
mod addresses;
pub mod backup;
mod class_rules;
mod creates;
pub mod handed_on;
pub mod limits;
mod listeners;
pub mod log;
mod login;
pub mod map_change;
mod pick;
pub mod portal_map;
mod providers;
pub mod proxy_change;
pub mod reader;
pub mod response;
mod response_rules;
mod routes;
pub mod rules_version;
mod scim;
mod secrets;
mod security;
pub mod server;
mod signals;
mod sources;
pub mod traces;
pub mod watch;
mod when;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use digue_access::Policies;
use digue_administration::loads::LoadTarget;
use digue_evidence::retention::Retention;
use digue_gateway::Portal;
use digue_identity::providers::ProviderAudience;
use digue_sources::SourceTarget;
use digue_types::PortalId;

use portal_map::PortalMap;
use reader::ConfigFault;
use server::Settings;

/// A complete configuration without faults.
pub struct Config {
    pub settings: Settings,
    pub maps: Vec<PortalMap>,
    pub policies: PolicyFiles,
    /// Valid, but most likely a mistake.
    pub warnings: Vec<ConfigFault>,
}

impl Config {
    pub fn portals(&self) -> impl Iterator<Item = &Portal> {
        self.maps.iter().map(|map| &map.portal)
    }

    /// The retention of each portal's exposures.
    pub fn retentions(&self) -> Vec<(PortalId, Retention)> {
        retentions(&self.maps)
    }
}

/// The retention of each portal's exposures.
pub fn retentions(maps: &[PortalMap]) -> Vec<(PortalId, Retention)> {
    maps.iter()
        .map(|map| (map.portal.id.clone(), map.retention.clone()))
        .collect()
}

/// The public URL of each portal, by host.
pub fn portal_urls(maps: &[PortalMap]) -> Vec<(String, String)> {
    let of = |map: &PortalMap| -> Vec<(String, String)> {
        map.portal
            .hosts
            .iter()
            .map(|host| (host.clone(), map.url.clone()))
            .collect()
    };
    maps.iter().flat_map(of).collect()
}

/// Ports of the public URLs.
pub fn public_ports(maps: &[PortalMap], console_url: &str) -> Vec<u16> {
    let urls = maps.iter().map(|map| map.url.as_str()).chain([console_url]);
    urls.filter_map(|url| url.parse::<http::Uri>().ok()?.port_u16())
        .collect()
}

/// Policy files by name, and the policies that they form together.
#[derive(Default)]
pub struct PolicyFiles {
    pub texts: BTreeMap<String, String>,
    pub policies: Policies,
}

/// Parses policy files as they were stored.
pub fn parse_policies(
    texts: &BTreeMap<String, String>,
) -> Result<Policies, Vec<digue_access::policy::PolicyFault>> {
    let files: Vec<(String, String)> = texts
        .iter()
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect();
    Policies::parse(&files)
}

/// What could be read of a configuration, with its faults: one that does not start is looked at all
/// the same.
pub struct ConfigReading {
    /// `None` when `digue.toml` has faults.
    pub settings: Option<Settings>,
    /// Those without faults of their own.
    pub maps: Vec<PortalMap>,
    policies: Option<PolicyFiles>,
    pub faults: Vec<ConfigFault>,
    pub warnings: Vec<ConfigFault>,
}

/// Reads everything that `file` refers to, or lists all faults.
pub fn load(file: &Path) -> Result<Config, Vec<ConfigFault>> {
    let ConfigReading {
        settings,
        maps,
        policies,
        faults,
        warnings,
    } = examine(file);
    match (settings, policies) {
        (Some(settings), Some(policies)) if faults.is_empty() => Ok(Config {
            settings,
            maps,
            policies,
            warnings,
        }),
        _ => Err(faults),
    }
}

/// Reads everything that `file` refers to, as far as it can be read.
pub fn examine(file: &Path) -> ConfigReading {
    let mut faults = Vec::new();
    let settings = server::read(file, &mut faults);
    let Some(settings) = settings else {
        // The maps are still read, from their default folder, so that one run shows every fault.
        let folder = file.parent().unwrap_or(Path::new(""));
        for path in files_in(&folder.join("portals"), "toml", &mut faults) {
            portal_map::read(&path, &mut faults, &mut Vec::new());
        }
        if folder.join("policies").is_dir() {
            read_policies(&folder.join("policies"), &mut faults);
        }
        let (maps, warnings) = (Vec::new(), Vec::new());
        return ConfigReading {
            settings: None,
            maps,
            policies: None,
            faults,
            warnings,
        };
    };
    let mut warnings = Vec::new();
    let mut maps = Vec::new();
    for path in files_in(&settings.portals_folder, "toml", &mut faults) {
        if let Some(map) = portal_map::read(&path, &mut faults, &mut warnings) {
            maps.push((path, map));
        }
    }
    if maps.is_empty() && faults.is_empty() && settings.has_portal {
        faults.push(ConfigFault::of_file(
            &settings.portals_folder,
            "fault-no-portal",
            "",
        ));
    }
    let portals: Vec<(&Path, &Portal)> = maps
        .iter()
        .map(|(path, map)| (path.as_path(), &map.portal))
        .collect();
    check_together(&settings, &portals, &mut faults);
    class_rules::warn_together(&settings, &portals, &mut warnings);
    let policies = match &settings.policies_folder {
        Some(folder) => read_policies(folder, &mut faults),
        None => Some(PolicyFiles::default()),
    };
    let maps = maps.into_iter().map(|(_, map)| map).collect();
    ConfigReading {
        settings: Some(settings),
        maps,
        policies,
        faults,
        warnings,
    }
}

/// Checks that need all maps together.
fn check_together(
    settings: &Settings,
    portals: &[(&Path, &Portal)],
    faults: &mut Vec<ConfigFault>,
) {
    for (place, (path, portal)) in portals.iter().enumerate() {
        // Each pair once; the fault is reported at the later file.
        for (_, other) in &portals[..place] {
            if other.id == portal.id {
                faults.push(ConfigFault::of_file(
                    path,
                    "fault-portal-twice",
                    portal.id.as_str(),
                ));
            }
            if let Some(host) = portal.hosts.iter().find(|host| other.hosts.contains(host)) {
                faults.push(ConfigFault::of_file(path, "fault-host-twice", host));
            }
        }
        if portal.hosts.contains(&settings.console_host) {
            faults.push(ConfigFault::of_file(
                path,
                "fault-host-twice",
                &settings.console_host,
            ));
        }
    }
    for provider in &settings.providers {
        if let ProviderAudience::Persons(rules) = &provider.serves
            && portals
                .iter()
                .all(|(_, portal)| portal.population != rules.population)
        {
            let file = settings.file.clone();
            let detail = rules.population.to_string();
            let name = format!("providers.{}.person.population", provider.id);
            faults.push(ConfigFault {
                file,
                line: 0,
                key: "fault-unknown-population",
                name,
                detail,
            });
        }
    }
    for source in &settings.sources {
        let is_known = match &source.target {
            SourceTarget::Table(
                LoadTarget::Caseload(population) | LoadTarget::Classes(population),
            ) => portals
                .iter()
                .any(|(_, portal)| portal.population == *population),
            SourceTarget::Table(LoadTarget::Aliases(id)) => {
                portals.iter().any(|(_, portal)| portal.id == *id)
            }
            SourceTarget::Accounts | SourceTarget::Retention => true,
        };
        if !is_known {
            faults.push(ConfigFault {
                file: settings.file.clone(),
                line: 0,
                key: "fault-unknown-population",
                name: format!("sources.{}", source.name),
                detail: source.target.name(),
            });
        }
    }
    for known in &settings.watch.work {
        if portals.iter().all(|(_, portal)| portal.id != known.portal) {
            let (file, line) = (settings.file.clone(), known.line);
            let (name, detail) = ("watch.work".to_owned(), known.portal.to_string());
            faults.push(ConfigFault {
                file,
                line,
                key: "fault-watch-portal",
                name,
                detail,
            });
        }
    }
    for decoy in &settings.watch.decoys {
        let portal = portals
            .iter()
            .find(|(_, portal)| portal.id.as_str() == decoy.portal);
        // A decoy that the portal writes differently would never be recognised.
        let is_met = portal.is_some_and(|(_, portal)| {
            portal.kinds[portal.primary]
                .canonical(&decoy.person)
                .as_deref()
                == Some(&*decoy.person)
        });
        if !is_met {
            let (file, line) = (decoy.file.clone(), decoy.line);
            faults.push(ConfigFault {
                file,
                line,
                key: "fault-decoy",
                name: String::new(),
                detail: decoy.portal.clone(),
            });
        }
    }
}

fn read_policies(folder: &Path, faults: &mut Vec<ConfigFault>) -> Option<PolicyFiles> {
    let mut files = Vec::new();
    for path in files_in(folder, "cedar", faults) {
        match std::fs::read_to_string(&path) {
            Ok(text) => files.push((path.display().to_string(), text)),
            Err(error) => faults.push(ConfigFault::of_file(
                &path,
                "fault-unreadable",
                &error.to_string(),
            )),
        }
    }
    match Policies::parse(&files) {
        Ok(policies) => {
            let name = |path: String| {
                Path::new(&path)
                    .file_name()
                    .map_or(path.clone(), |n| n.to_string_lossy().into())
            };
            let texts = files
                .into_iter()
                .map(|(path, text)| (name(path), text))
                .collect();
            Some(PolicyFiles { texts, policies })
        }
        Err(found) => {
            faults.extend(found.into_iter().map(|fault| {
                let file = PathBuf::from(fault.file);
                ConfigFault {
                    file,
                    line: fault.line,
                    key: "fault-policy",
                    name: String::new(),
                    detail: fault.message,
                }
            }));
            None
        }
    }
}

fn files_in(folder: &Path, extension: &str, faults: &mut Vec<ConfigFault>) -> Vec<PathBuf> {
    let items = match std::fs::read_dir(folder) {
        Ok(items) => items,
        Err(error) => {
            faults.push(ConfigFault::unreadable(folder, &error));
            return Vec::new();
        }
    };
    let mut paths = Vec::new();
    for item in items {
        match item {
            Ok(item) => paths.push(item.path()),
            // A map or a policy that cannot be listed must not be missing in silence.
            Err(error) => faults.push(ConfigFault::unreadable(folder, &error)),
        }
    }
    paths.retain(|path| path.extension().is_some_and(|e| e == extension));
    // The order of a folder is the file system's; faults and versions must not depend on it.
    paths.sort();
    paths
}

#[cfg(test)]
mod map_keys;
