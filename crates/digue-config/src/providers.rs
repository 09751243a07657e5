//! `[[providers]]`: external identity providers, for accounts and for persons.

use digue_identity::providers::{
    FactorRules, PersonBy, PersonRules, ProviderAudience, ProviderRules, UserInfo,
};
use digue_types::PopulationId;

use super::addresses::parse_plain_name;
use super::reader::ConfigSection;
use super::response::read_contacts;

/// Reads every provider; two with one name are a fault.
pub(crate) fn read_providers(sections: &[ConfigSection<'_>]) -> Option<Vec<ProviderRules>> {
    let read: Vec<Option<ProviderRules>> = sections.iter().map(read_provider).collect();
    let providers = read.into_iter().collect::<Option<Vec<ProviderRules>>>()?;
    for (place, one) in providers.iter().enumerate() {
        if providers[..place].iter().any(|known| known.id == one.id) {
            sections[place].fault("id", "fault-value", &one.id);
            return None;
        }
    }
    Some(providers)
}

fn read_provider(section: &ConfigSection<'_>) -> Option<ProviderRules> {
    // It appears in URLs.
    let id = section.need("id", parse_plain_name);
    let label = section
        .text("label")
        .filter(|label| !label.trim().is_empty());
    let issuer = section.need("issuer", parse_issuer);
    let client = section.need_text("client");
    let secret = read_secret(section);
    let serves_persons = section.need("for", |word| match word {
        "accounts" => Ok(false),
        "persons" => Ok(true),
        _ => Err("accounts | persons"),
    });
    let words = [
        ("signed", UserInfo::Signed),
        ("none", UserInfo::None),
        ("danger-unsigned", UserInfo::DangerUnsigned),
    ];
    let user_info = section
        .choice("userinfo", &words)
        .unwrap_or(UserInfo::Signed);
    let person = section.section("person");
    let serves = match (serves_persons?, person) {
        (false, None) => ProviderAudience::Accounts,
        (true, Some(section)) => ProviderAudience::Persons(read_person(&section)?),
        (false, Some(_)) => {
            section.fault("person", "fault-value", "for = \"persons\"");
            return None;
        }
        (true, None) => {
            section.fault("person", "fault-missing", "");
            return None;
        }
    };
    let usual = FactorRules::default();
    // An empty list is an answer, and not the same as no line: it switches the factor off.
    let or = |key: &str, usual: Vec<String>| {
        if section.has(key) {
            section.texts(key)
        } else {
            usual
        }
    };
    Some(ProviderRules {
        label: label.or_else(|| id.clone())?,
        id: id?,
        issuer: issuer?,
        client: client?,
        other_audiences: section.texts("other_audiences"),
        secret: secret?,
        serves,
        scopes: section.texts("scopes"),
        user_info,
        asked_claims: or("asked_claims", vec!["amr".to_owned()]),
        acr: section.texts("acr"),
        factors: FactorRules {
            strong_amr: or("strong_amr", usual.strong_amr),
            strong_acr: or("strong_acr", usual.strong_acr),
            bound_amr: or("bound_amr", usual.bound_amr),
        },
    })
}

/// A file with the client's secret, because configurations are copied and shown.
fn read_secret(section: &ConfigSection<'_>) -> Option<String> {
    // For its fault: `path` reports none for a missing line.
    section.need_text("secret_file")?;
    match section.path("secret_file").map(std::fs::read_to_string)? {
        Ok(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Ok(_) => section.refuse("secret_file", "fault-missing", ""),
        Err(error) => section.refuse("secret_file", "fault-value", error),
    }
}

/// `[providers.person]`: a claim that is the portal's own identifier, or a source in which to look
/// it up.
fn read_person(section: &ConfigSection<'_>) -> Option<PersonRules> {
    Some(PersonRules {
        population: section.need("population", PopulationId::parse)?,
        by: read_person_by(section)?,
    })
}

fn read_person_by(section: &ConfigSection<'_>) -> Option<PersonBy> {
    if section.has("claim") {
        return section.need_text("claim").map(PersonBy::Claim);
    }
    let claims = section.texts("claims");
    if claims.is_empty() {
        return section.refuse("claims", "fault-missing", "");
    }
    let source = read_contacts(section)?;
    Some(PersonBy::Source { source, claims })
}

/// Compared exactly with the provider's own statement, so it is not normalised here.
fn parse_issuer(text: &str) -> Result<String, &'static str> {
    let example = "https://fournisseur.exemple.fr";
    let uri: http::Uri = text.parse().map_err(|_| example)?;
    let is_secure = uri.scheme_str() == Some("https") && uri.query().is_none();
    if is_secure {
        Ok(text.to_owned())
    } else {
        Err(example)
    }
}
