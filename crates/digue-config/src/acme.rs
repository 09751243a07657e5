//! `[acme]`: the authority that certifies the hosts of listeners.

use std::path::Path;

use digue_acme::{AcmeRules, ChallengeMethod, ExternalAccount};

use super::addresses::parse_directory_url;
use super::listeners::{CertificateOrigin, ListenerSettings, TlsFiles};
use super::reader::ConfigSection;

/// The folder of the account and the certificate, in the data folder.
pub(crate) const FOLDER: &str = "certificates";

/// What listeners with `acme = true` serve: key and chain are in one file.
pub(crate) fn files(data_folder: &Path) -> TlsFiles {
    let kept = digue_acme::kept_certificate(&data_folder.join(FOLDER));
    TlsFiles {
        certificate: kept.clone(),
        key: kept,
        origin: CertificateOrigin::Acme,
    }
}

pub(crate) fn read_acme(section: &ConfigSection<'_>, data_folder: &Path) -> Option<AcmeRules> {
    let directory = section.need("directory", parse_directory_url);
    let contact = section
        .has("contact")
        .then(|| section.need("contact", parse_mail));
    // Each authority has its own: nobody agrees to them unread.
    if section.boolean("terms_agreed") != Some(true) {
        section.fault("terms_agreed", "fault-acme-terms", "");
    }
    let methods = [
        ("tls-alpn-01", ChallengeMethod::TlsAlpn),
        ("http-01", ChallengeMethod::Http),
    ];
    let method = section.choice("challenge", &methods);
    let external = read_external(section);
    Some(AcmeRules {
        directory: directory?,
        contact: contact.map_or(Some(None), |read| read.map(Some))?,
        method: method.unwrap_or(ChallengeMethod::TlsAlpn),
        external: external?,
        folder: data_folder.join(FOLDER),
    })
}

/// The inner `None` is of an authority that needs none.
fn read_external(section: &ConfigSection<'_>) -> Option<Option<ExternalAccount>> {
    match (section.text("account_id"), section.path("account_key_file")) {
        (None, None) => Some(None),
        (Some(_), None) => section.refuse("account_key_file", "fault-missing", ""),
        (None, Some(_)) => section.refuse("account_id", "fault-missing", ""),
        (Some(id), Some(path)) => {
            let text = section.accept("account_key_file", std::fs::read_to_string(path))?;
            match ExternalAccount::of_text(&id, &text) {
                Some(account) => Some(Some(account)),
                None => section.refuse("account_key_file", "fault-acme-key", ""),
            }
        }
    }
}

fn parse_mail(text: &str) -> Result<String, &'static str> {
    let is_mail = text.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !text.contains(char::is_whitespace)
    });
    if is_mail {
        Ok(text.to_owned())
    } else {
        Err("rssi@exemple.fr")
    }
}

/// What listeners and `[acme]` say of each other.
pub(crate) fn must_agree(
    root: &ConfigSection<'_>,
    rules: Option<&AcmeRules>,
    listeners: &[Option<ListenerSettings>],
) {
    let mut known = listeners.iter().flatten();
    let is_used = known.clone().any(ListenerSettings::has_acme);
    let is_plain = known.any(|listener| listener.tls.is_none());
    match rules {
        None if is_used => root.fault("acme", "fault-missing", ""),
        Some(_) if !is_used => root.fault("acme", "fault-acme-unused", ""),
        // The authority looks at port 80 without TLS (RFC 8555, 8.3).
        Some(rules) if rules.method == ChallengeMethod::Http && !is_plain => {
            root.fault("acme", "fault-acme-plain", "");
        }
        _ => {}
    }
}
