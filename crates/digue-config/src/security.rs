//! `[security]`: whom people tell of a weakness that they found.

use digue_casework::security_contact::SecurityContact;

use super::reader::ConfigSection;

pub(crate) fn read_security(section: &ConfigSection<'_>) -> Option<SecurityContact> {
    let before = section.texts("contact").len();
    let contacts = section.parse_all("contact", parse_contact);
    if before == 0 {
        return section.refuse("contact", "fault-missing", "");
    }
    Some(SecurityContact {
        policy: section.parse("policy", parse_page),
        encryption: section.parse("encryption", parse_key_place),
        contacts: Some(contacts).filter(|read| read.len() == before)?,
    })
}

/// An address of mail, a telephone or a page, as the URI that RFC 9116 asks for.
fn parse_contact(text: &str) -> Result<String, &'static str> {
    let example = "securite@exemple.fr | tel:+33-1-02-03-04-05 | https://exemple.fr/signaler";
    let is_uri = ["mailto:", "tel:", "https://"]
        .iter()
        .any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    // A mail address may be quoted, and then holds what would begin a field.
    if !is_one_word(text) {
        return Err(example);
    }
    if is_uri {
        return Ok(text.to_owned());
    }
    let mail = digue_administration::onboarding::parse_email(text).ok_or(example)?;
    Ok(format!("mailto:{mail}"))
}

fn parse_page(text: &str) -> Result<String, &'static str> {
    let is_page = text.starts_with("https://") && is_one_word(text);
    is_page
        .then(|| text.to_owned())
        .ok_or("https://exemple.fr/securite")
}

/// RFC 9116, 2.5.4: a page, a DNS record, or a fingerprint; never the key itself.
fn parse_key_place(text: &str) -> Result<String, &'static str> {
    let schemes = ["https://", "dns:", "openpgp4fpr:"];
    let is_place = schemes.iter().any(|scheme| text.starts_with(scheme)) && is_one_word(text);
    is_place
        .then(|| text.to_owned())
        .ok_or("https://exemple.fr/cle.asc | openpgp4fpr:...")
}

/// Nothing that would begin a line or a field of its own.
fn is_one_word(text: &str) -> bool {
    text.chars().all(|sign| sign.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_a_uri_and_never_a_line_of_its_own() {
        for (text, uri) in [
            ("securite@opco.test", Some("mailto:securite@opco.test")),
            (
                "mailto:securite@opco.test",
                Some("mailto:securite@opco.test"),
            ),
            ("tel:+33-1-02-03-04-05", Some("tel:+33-1-02-03-04-05")),
            (
                "https://opco.test/signaler",
                Some("https://opco.test/signaler"),
            ),
            ("http://opco.test/signaler", None),
            ("https://", None),
            ("opco", None),
            ("https://opco.test/\nPolicy: https://autre.test", None),
            ("a@opco.test\nContact: mailto:b@autre.test", None),
        ] {
            assert_eq!(parse_contact(text).ok().as_deref(), uri, "{text}");
        }
    }

    #[test]
    fn a_policy_is_a_page_and_an_encryption_the_place_of_a_key() {
        assert!(parse_page("https://opco.test/securite").is_ok());
        assert!(parse_page("opco.test").is_err());
        assert!(parse_key_place("openpgp4fpr:5f2de5521c63a801ab59ccb603d49de44b29100f").is_ok());
        assert!(parse_key_place("-----BEGIN PGP PUBLIC KEY BLOCK-----").is_err());
    }
}
