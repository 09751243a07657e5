//! `digue.toml`: listeners, console, folders, limits.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use digue_access::SessionLimits;
use digue_access::session::HeldTo;
use digue_acme::AcmeRules;
use digue_casework::security_contact::SecurityContact;
use digue_compliance::space::PartnerRules;
use digue_connections::client_address::{ClientHeader, TrustedProxies};
use digue_evidence::retention::{Retention, RetentionError};
use digue_evidence::witnesses::{WitnessPeer, WitnessRules};
use digue_identity::password::PasswordRules;
use digue_identity::providers::ProviderRules;
use digue_journal::cosign::CosignerKey;
use digue_journal::keyring::PeriodLength;
use digue_mail::{BounceSettings, Dkim, MailSettings, Protection};
use digue_messages::DnsRecords;
use digue_notices::desk::DeskRules;
use digue_provisioning::ProvisioningRules;
use digue_shared_signals::SignalRules;
use digue_sources::SourceRules;
use digue_types::OperatorContact;
use ipnet::IpNet;

use super::acme;
use super::addresses::{parse_public_url, parse_store_url, parse_witness_url};
use super::backup::{BackupSettings, read_backup};
use super::limits::{LimitSettings, read_limits};
use super::listeners::read_listener;
pub use super::listeners::{CertificateOrigin, ListenerSettings, TlsFiles};
use super::log::{LogSettings, read_log};
use super::providers::read_providers;
use super::reader::{ConfigFault, ConfigSection, ConfigSource};
use super::response::{ResponseSettings, read_help, read_response};
use super::scim::read_scim;
use super::secrets::secrets_of;
use super::security::read_security;
use super::signals::read_signals;
use super::sources::{list_rules, read_sources};
use super::traces::{TraceSettings, read_traces};
use super::watch::{WatchSettings, read_watch};

/// `digue.toml`, checked.
#[derive(Clone)]
pub struct Settings {
    /// The file it was read from.
    pub file: PathBuf,
    /// The journal's name and the issuer of identities: a schema-less URL of the operator's.
    pub name: String,
    pub time_zone: String,
    pub data_folder: PathBuf,
    pub portals_folder: PathBuf,
    /// False for an organisation that has no portal: an empty folder of maps is then no fault.
    pub has_portal: bool,
    pub policies_folder: Option<PathBuf>,
    pub listeners: Vec<ListenerSettings>,
    /// The authority of listeners with `acme = true`.
    pub acme: Option<AcmeRules>,
    /// Where programs read readiness and figures, when `[monitoring]` is configured.
    pub monitoring: Option<SocketAddr>,
    /// Which lines are written, where `[log]` says so.
    pub log: Option<LogSettings>,
    /// None are sent where `[traces]` is not written.
    pub traces: Option<TraceSettings>,
    pub console_url: String,
    pub console_host: String,
    pub journal: JournalSettings,
    pub store_url: String,
    /// Where `[backup]` is configured.
    pub backup: Option<BackupSettings>,
    pub sessions: SessionLimits,
    /// How long a proof of identity is fresh.
    pub proof_lasts: Duration,
    /// Passwords with one-time codes, where they are allowed.
    pub password: Option<PasswordRules>,
    /// External identity providers.
    pub providers: Vec<ProviderRules>,
    pub sources: Vec<SourceRules>,
    /// The operator's directory (`[scim]`), or the rules of a source of accounts.
    pub scim: Option<ProvisioningRules>,
    /// Streams of events from identity providers (`[signals]`); none where it is not configured.
    pub signals: SignalRules,
    pub mail: Option<MailSettings>,
    pub watch: WatchSettings,
    pub partners: PartnerRules,
    pub desk: DeskRules,
    pub response: ResponseSettings,
    /// Whom people can ask who were refused.
    pub contact: Option<OperatorContact>,
    /// Whom people tell of a weakness that they found (`[security]`).
    pub security: Option<SecurityContact>,
    pub proxies: TrustedProxies,
    pub limits: LimitSettings,
    /// PEM file of certificate authorities for HTTPS portals, besides the system's.
    pub upstream_authorities: Option<PathBuf>,
}

/// `[journal]`: its keys, the retention of Digue's own acts, and its witnesses.
#[derive(Clone, Debug)]
pub struct JournalSettings {
    pub period: PeriodLength,
    /// The file of the key that wraps the period keys.
    pub master_key: PathBuf,
    pub retention: Retention,
    /// True when anyone may read checkpoint and tiles on the console's host.
    pub is_published: bool,
    pub witnesses: WitnessRules,
    /// True when entries become durable in a database that several gateways share.
    pub is_shared: bool,
    /// The servers of that database, whichever of them is the primary; those of the state unless
    /// others are named. Empty when there is none of PostgreSQL.
    pub databases: Vec<String>,
    /// This gateway's name among those that share it, for people; that of the host unless another
    /// one is given.
    pub gateway: Option<String>,
    /// Accepts a database that does not replicate synchronously.
    pub danger_asynchronous: bool,
}

/// `[messages]`: what the message desk compares suspicious messages with.
fn read_messages(section: Option<ConfigSection<'_>>) -> Option<DeskRules> {
    let Some(section) = section else {
        return Some(DeskRules::default());
    };
    let records = match section.path("records") {
        None => DnsRecords::default(),
        Some(path) => section.accept("records", records_of(&path))?,
    };
    let domains: Vec<String> = section
        .texts("domains")
        .iter()
        .map(|domain| domain.to_lowercase())
        .collect();
    Some(DeskRules {
        domains,
        names: section.texts("names"),
        records: Arc::new(records),
        inbox: section.path("inbox"),
    })
}

/// `[partners]`: what partner organisations must do.
fn read_partners(section: Option<ConfigSection<'_>>) -> PartnerRules {
    let usual = PartnerRules::default();
    let grace = section.and_then(|section| section.duration("assessment_grace"));
    let days = grace.and_then(|grace| i64::try_from(grace.as_secs() / 86_400).ok());
    PartnerRules {
        assessment_grace_days: days.unwrap_or(usual.assessment_grace_days),
    }
}

/// Reads the file; faults go to `faults`.
pub(crate) fn read(file: &Path, faults: &mut Vec<ConfigFault>) -> Option<Settings> {
    ConfigSource::open(file, faults)?.read(faults, |root| {
        let digue = root.need_section("digue");
        let console = root.need_section("console");
        // Relative to the configuration file, not to the working directory: a service and a shell
        // start elsewhere.
        let folder = |key: &str, usual: &str| {
            let section = digue.as_ref()?;
            let named = section.path(key);
            Some(named.unwrap_or_else(|| section.folder().join(usual)))
        };
        let data_folder = folder("data", "data");
        let acme_files = data_folder.as_deref().map(acme::files);
        let listeners: Vec<Option<ListenerSettings>> = root
            .sections("listeners")
            .iter()
            .map(|section| read_listener(section, acme_files.as_ref()))
            .collect();
        if listeners.is_empty() {
            root.fault("listeners", "fault-missing", "");
        }
        let authority = match (root.section("acme"), &data_folder) {
            (Some(section), Some(folder)) => Some(acme::read_acme(&section, folder)),
            _ => None,
        };
        // Only with all of both: half of one says nothing of the other.
        if authority.as_ref().is_none_or(Option::is_some) {
            let rules = authority.as_ref().and_then(Option::as_ref);
            acme::must_agree(root, rules, &listeners);
        }
        let (sessions, proof_lasts) = read_sessions(root.section("sessions"));
        let password = root
            .section("password")
            .and_then(|section| read_password(&section));
        let providers = read_providers(&root.sections("providers"));
        let sources = read_sources(&root.sections("sources"));
        let scim = root.section("scim").map(|section| read_scim(&section));
        let list = sources.as_deref().and_then(list_rules);
        let signals = root
            .section("signals")
            .map(|section| read_signals(&section));
        // Each would close whom the other one names.
        if scim.is_some() && list.is_some() {
            root.fault("scim", "fault-scim-list", "");
        }
        let mail = root.section("mail").map(|section| read_mail(&section));
        let watch = read_watch(root.section("watch"));
        let desk = read_messages(root.section("messages"));
        let partners = read_partners(root.section("partners"));
        let response = read_response(root.section("response"));
        let contact = response
            .as_ref()
            .and_then(|response| read_help(root.section("help"), response));
        let security = root
            .section("security")
            .map(|section| read_security(&section));
        let limits = read_limits(root.section("limits").as_ref());
        let proxies = root.section("proxies").map_or_else(
            || Some(TrustedProxies::default()),
            |section| read_proxies(&section),
        );
        let upstream = root.section("upstream");
        let upstream_authorities = upstream.and_then(|section| section.path("authorities"));
        let store_url = root
            .section("store")
            .and_then(|section| section.parse("url", parse_store_url));
        let console_url = console.and_then(|section| section.need("url", parse_public_url));
        let journal = root.section("journal");
        let backup = root.section("backup").map(|section| read_backup(&section));
        let log = root.section("log").map(|section| read_log(&section));
        let traces = root.section("traces").map(|section| read_traces(&section));
        let monitoring = root.section("monitoring");
        let monitoring =
            monitoring.map(|section| section.need("address", str::parse::<SocketAddr>));
        let portals_folder = folder("portals", "portals");
        let policies = digue
            .as_ref()
            .filter(|section| section.has("policies"))
            .and_then(|_| folder("policies", "policies"));
        let (digue, data_folder) = (digue?, data_folder?);
        let name = digue.need("name", parse_name);
        let time_zone = digue.parse("time_zone", parse_zone);
        let has_portal = digue.boolean("has_portal").unwrap_or(true);
        let (console_url, console_host) = console_url?;
        let mut journal = read_journal(journal, &data_folder)?;
        let state = store_url.iter().filter(|url| !url.starts_with("sqlite:"));
        // The next gateway reads the state of the one before: gates, sessions, accounts.
        if journal.is_shared && state.clone().next().is_none() {
            root.fault("journal", "fault-journal-state", "");
        }
        if journal.databases.is_empty() {
            journal.databases = state.cloned().collect();
        }
        Some(Settings {
            file: file.to_owned(),
            name: name?,
            // Legal days and working hours need a zone, and the operators that Digue is made for
            // are in France.
            time_zone: time_zone.unwrap_or_else(|| "Europe/Paris".to_owned()),
            portals_folder: portals_folder?,
            has_portal,
            policies_folder: policies,
            journal,
            store_url: store_url
                .unwrap_or_else(|| format!("sqlite:{}", data_folder.join("state.db").display())),
            backup: backup.map_or(Some(None), |read| read.map(Some))?,
            data_folder,
            listeners: listeners.into_iter().collect::<Option<Vec<_>>>()?,
            acme: authority.map_or(Some(None), |read| read.map(Some))?,
            monitoring: monitoring.map_or(Some(None), |read| read.map(Some))?,
            log,
            traces: traces.map_or(Some(None), |read| read.map(Some))?,
            console_url,
            console_host,
            sessions,
            proof_lasts,
            password,
            providers: providers?,
            sources: sources?,
            scim: scim.map_or(Some(list), |read| read.map(Some))?,
            signals: signals.unwrap_or_else(|| Some(SignalRules::default()))?,
            mail: mail.map_or(Some(None), |read| read.map(Some))?,
            watch: watch?,
            partners,
            desk: desk?,
            response: response?,
            contact,
            security: security.map_or(Some(None), |read| read.map(Some))?,
            proxies: proxies?,
            limits,
            upstream_authorities,
        })
    })
}

/// `[proxies]`: their networks, the header with the client's address, and the secret that proves
/// their own questions.
fn read_proxies(section: &ConfigSection<'_>) -> Option<TrustedProxies> {
    let networks = section.parse_all("trusted", str::parse::<IpNet>);
    let words = [
        ("x-forwarded-for", ClientHeader::XForwardedFor),
        ("forwarded", ClientHeader::Forwarded),
    ];
    let says_client_in = section.choice("client_header", &words).unwrap_or_default();
    let secrets = match section.path("secret_file") {
        None => Vec::new(),
        Some(path) => read_proxy_secrets(section, &path)?,
    };
    Some(TrustedProxies {
        networks,
        says_client_in,
        asks_secret: !secrets.is_empty(),
        secrets,
    })
}

fn read_proxy_secrets(section: &ConfigSection<'_>, path: &Path) -> Option<Vec<[u8; 32]>> {
    let text = section.accept("secret_file", std::fs::read_to_string(path))?;
    let Some(secrets) = secrets_of(&text) else {
        return section.refuse("secret_file", "fault-token-short", "");
    };
    Some(secrets)
}

fn records_of(path: &Path) -> Result<DnsRecords, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    DnsRecords::parse(&text).map_err(|fault| fault.to_string())
}

fn read_journal(section: Option<ConfigSection<'_>>, data: &Path) -> Option<JournalSettings> {
    let master_key = data.join("keys/master.key");
    let Some(section) = section else {
        return Some(JournalSettings {
            period: PeriodLength::Month,
            master_key,
            retention: Retention::default(),
            is_published: false,
            witnesses: WitnessRules::default(),
            is_shared: false,
            databases: Vec::new(),
            gateway: None,
            danger_asynchronous: false,
        });
    };
    let words = [("month", PeriodLength::Month), ("day", PeriodLength::Day)];
    Some(JournalSettings {
        period: section.choice("period", &words).unwrap_or_default(),
        master_key: section.path("master_key").unwrap_or(master_key),
        retention: read_retention(&section)?,
        is_published: section.boolean("published").unwrap_or(false),
        witnesses: read_witnesses(&section)?,
        is_shared: section
            .choice("storage", &[("local", false), ("postgresql", true)])
            .unwrap_or(false),
        databases: section.texts("databases"),
        gateway: section.text("gateway"),
        danger_asynchronous: section.boolean("danger_asynchronous").unwrap_or(false),
    })
}

/// `retention`, and the `retention_reason` that a longer one requires.
pub(crate) fn read_retention(section: &ConfigSection<'_>) -> Option<Retention> {
    let usual = Retention::default();
    let keep = section.duration("retention").unwrap_or(usual.keep);
    let reason = section
        .text("retention_reason")
        .filter(|reason| !reason.trim().is_empty());
    match Retention::new(keep, reason) {
        Ok(retention) => Some(retention),
        Err(error) => refuse_retention(section, error),
    }
}

fn refuse_retention(section: &ConfigSection<'_>, error: RetentionError) -> Option<Retention> {
    match error {
        RetentionError::TooShort => section.refuse("retention", "fault-retention-short", "180d"),
        RetentionError::NeedsReason => {
            section.refuse("retention_reason", "fault-retention-reason", "366d")
        }
        RetentionError::TooLong => section.refuse("retention", "fault-retention-long", "1096d"),
    }
}

fn read_witnesses(section: &ConfigSection<'_>) -> Option<WitnessRules> {
    let sections = section.sections("witnesses");
    let witnesses: Vec<Option<WitnessPeer>> = sections.iter().map(read_witness).collect();
    let witnesses = witnesses.into_iter().collect::<Option<Vec<_>>>()?;
    // All of them unless said otherwise: a smaller quorum is a decision that the operator takes in
    // writing.
    let quorum = section
        .number("quorum")
        .map_or(witnesses.len(), |count| count as usize);
    if quorum > witnesses.len() {
        return section.refuse("quorum", "fault-value", format!("<= {}", witnesses.len()));
    }
    let usual = WitnessRules::default();
    Some(WitnessRules {
        witnesses,
        quorum,
        every: section.duration("witness_every").unwrap_or(usual.every),
        alarm_after: section
            .duration("witness_alarm")
            .unwrap_or(usual.alarm_after),
    })
}

fn read_witness(section: &ConfigSection<'_>) -> Option<WitnessPeer> {
    let key = section.need("key", CosignerKey::parse);
    let url = section.need("url", parse_witness_url);
    Some(WitnessPeer {
        key: key?,
        url: url?,
    })
}

/// The limits of sessions, and how long a proof of identity is fresh.
fn read_sessions(section: Option<ConfigSection<'_>>) -> (SessionLimits, Duration) {
    let (usual, usual_proof) = (SessionLimits::default(), Duration::from_mins(5));
    let Some(section) = section else {
        return (usual, usual_proof);
    };
    let limits = SessionLimits {
        idle: section.duration("idle").unwrap_or(usual.idle),
        absolute: section.duration("absolute").unwrap_or(usual.absolute),
        held_to: read_held_to(&section).unwrap_or(usual.held_to),
    };
    // An idle time beyond the absolute one would never be reached, and its author would rely on it.
    if limits.idle > limits.absolute {
        section.fault("idle", "fault-value", "idle > absolute");
    }
    (limits, section.duration("proof").unwrap_or(usual_proof))
}

/// `held_to = ["network", "agent", "tls"]`.
fn read_held_to(section: &ConfigSection<'_>) -> Option<HeldTo> {
    if !section.has("held_to") {
        return None;
    }
    // A list that is there is complete: `["tls"]` gives the other two up.
    let mut held_to = HeldTo {
        network: false,
        agent: false,
        tls: false,
    };
    for word in section.texts("held_to") {
        match word.as_str() {
            "network" => held_to.network = true,
            "agent" => held_to.agent = true,
            "tls" => held_to.tls = true,
            _ => section.fault("held_to", "fault-value", "network | agent | tls"),
        }
    }
    Some(held_to)
}

/// `[password]` allows passwords: `allowed = true`, and the list of breached ones to check against.
fn read_password(section: &ConfigSection<'_>) -> Option<PasswordRules> {
    let is_allowed = section.boolean("allowed").unwrap_or(false);
    let breached = section.path("breached");
    if let Some(path) = &breached
        // Checked at the start: a missing list would otherwise be found when the first password is
        // set.
        && let Err(error) = std::fs::metadata(path)
    {
        section.fault("breached", "fault-value", error);
    }
    is_allowed.then_some(PasswordRules { breached })
}

fn read_mail(section: &ConfigSection<'_>) -> Option<MailSettings> {
    let words = [
        ("tls", Protection::Tls),
        ("starttls", Protection::StartTls),
        ("danger-none", Protection::DangerNone),
    ];
    let protection = section
        .choice("protection", &words)
        .unwrap_or(Protection::Tls);
    let host = section.need_text("host")?;
    let is_here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1");
    // Without TLS the password and the mails would cross a network in the clear.
    if protection == Protection::DangerNone && !is_here {
        section.fault("protection", "fault-value", "danger-none: localhost");
        return None;
    }
    let usual = match protection {
        Protection::Tls => 465,
        Protection::StartTls => 587,
        Protection::DangerNone => 25,
    };
    let port = section
        .number("port")
        .map_or(Some(usual), |port| u16::try_from(port).ok());
    let Some(port) = port else {
        section.fault("port", "fault-value", "1-65535");
        return None;
    };
    let password = match section.path("password_file").map(std::fs::read_to_string) {
        None => None,
        Some(Ok(text)) => Some(text.trim().to_owned()),
        Some(Err(error)) => {
            section.fault("password_file", "fault-value", error);
            return None;
        }
    };
    let from = section.need("from", parse_mail_address)?;
    let dkim = match section.path("dkim_key_file").map(std::fs::read_to_string) {
        None => None,
        Some(Ok(key)) => {
            let named = |key: &str| section.need_text(key);
            Some(Dkim {
                domain: named("dkim_domain")?,
                selector: named("dkim_selector")?,
                key,
            })
        }
        Some(Err(error)) => {
            section.fault("dkim_key_file", "fault-value", error);
            return None;
        }
    };
    let returns = match section.path("returns_folder") {
        Some(folder) => {
            let address = section.need("returns", parse_mail_address)?;
            Some(BounceSettings { address, folder })
        }
        None => None,
    };
    Some(MailSettings {
        host,
        port,
        protection,
        user: section.text("user"),
        password,
        from,
        dkim,
        returns,
    })
}

fn parse_mail_address(text: &str) -> Result<String, &'static str> {
    digue_administration::onboarding::parse_email(text).ok_or("digue@exemple.fr")
}

fn parse_name(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty()
        && text.len() <= 128
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._/".contains(c));
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("digue.exemple.fr".to_owned())
    }
}

fn parse_zone(text: &str) -> Result<String, String> {
    jiff::tz::TimeZone::get(text)
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}
