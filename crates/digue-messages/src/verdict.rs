//! The opinion about a message: facts first, and a verdict that says no more than they do.

use digue_types::lists;

use crate::domains::{is_under, looks_like, readable};
use crate::proof::{Finding, Proof};
use crate::read::Read;

lists! {
    /// What is to be thought of a message.
    Verdict "verdict" {
        /// Proven to come from an official sender.
        Genuine "genuine",
        /// Something in it is a lie.
        Fraud "fraud",
        /// It asks for what an official sender never asks.
        Suspicious "suspicious",
        /// Nothing tells.
        Unknown "unknown",
    }

    /// A fact about a message.
    Sign "sign" {
        Proven "proven",
        OfficialUnproven "official-unproven",
        Forged "forged",
        LooksLike "looks-like",
        ClaimsName "claims-name",
        LinkLies "link-lies",
        LinkLooksLike "link-looks-like",
        LinkElsewhere "link-elsewhere",
        RepliesElsewhere "replies-elsewhere",
        AsksSecret "asks-secret",
        Urges "urges",
        Attachment "attachment",
        CodeGenuine "code-genuine",
        CodeUnknown "code-unknown",
        CodeCopied "code-copied",
        Campaign "campaign",
    }
}

/// What is known of official senders.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Domains that official messages come from, and lead to.
    pub domains: Vec<String>,
    /// Names that people know them by: `France Travail`.
    pub names: Vec<String>,
    /// Subjects of the messages that are sent now.
    pub subjects: Vec<String>,
}

/// A code in the text, as the house knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeSeen {
    Genuine,
    Unknown,
    Copied,
}

/// What is thought of a message, and why: each sign with what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    pub verdict: Verdict,
    pub signs: Vec<(Sign, String)>,
    /// Domains that look like an official one.
    pub look_alikes: Vec<String>,
}

/// Endings of files that run, or hide what runs.
const RUNS: [&str; 24] = [
    "exe", "scr", "com", "bat", "cmd", "ps1", "vbs", "js", "jse", "wsf", "hta", "msi", "lnk", "iso", "img",
    "jar", "docm", "xlsm", "pptm", "html", "htm", "svg", "zip", "rar",
];

/// What no official sender asks for, in the words of the day.
const SECRETS: [&str; 22] = [
    "mot de passe",
    "code de validation",
    "code de vérification",
    "code reçu par sms",
    "carte bancaire",
    "numéro de carte",
    "coordonnées bancaires",
    "votre rib",
    "vos identifiants",
    "confirmez votre identité",
    "confirmer votre identité",
    "mettez à jour vos informations",
    "mettre à jour vos informations",
    "authentification de votre compte",
    "password",
    "verification code",
    "bank details",
    "credit card",
    "confirm your identity",
    "update your information",
    "installez",
    "anydesk",
];

const URGES: [&str; 12] = [
    "sous 24 h",
    "sous 48 h",
    "dernier rappel",
    "immédiatement",
    "sera suspendu",
    "sera suspendue",
    "sera bloqué",
    "sera clôturé",
    "radiation",
    "within 24 h",
    "will be suspended",
    "final notice",
];

/// Judges a message by its facts.
pub fn judge(read: &Read, proof: Proof, known: &Known, code: Option<CodeSeen>) -> Opinion {
    let mut signs: Vec<(Sign, String)> = Vec::new();
    let mut look_alikes = Vec::new();
    let domain = &readable(read.from_domain());
    let is_official = known.domains.iter().any(|one| is_under(domain, one));
    of_sender(read, proof, known, is_official, &mut signs, &mut look_alikes);
    of_links(read, known, &mut signs, &mut look_alikes);
    of_words(read, &mut signs);
    if known.subjects.iter().any(|subject| !subject.is_empty() && same_words(subject, &read.subject)) {
        signs.push((Sign::Campaign, read.subject.clone()));
    }
    if let Some(code) = code {
        let sign = match code {
            CodeSeen::Genuine => Sign::CodeGenuine,
            CodeSeen::Unknown => Sign::CodeUnknown,
            CodeSeen::Copied => Sign::CodeCopied,
        };
        signs.push((sign, String::new()));
    }
    signs.dedup();
    look_alikes.sort();
    look_alikes.dedup();
    Opinion { verdict: verdict(&signs), signs, look_alikes }
}

fn of_sender(
    read: &Read,
    proof: Proof,
    known: &Known,
    is_official: bool,
    signs: &mut Vec<(Sign, String)>,
    look_alikes: &mut Vec<String>,
) {
    let domain = readable(read.from_domain());
    if is_official {
        // A failed signature alone happens on the way; with nothing that holds, the sender is not who it says.
        let fails = proof.dkim == Finding::Fails || proof.spf == Finding::Fails;
        let sign = match (proof.is_aligned(), fails && proof.is_strict) {
            (true, _) => Sign::Proven,
            (false, true) => Sign::Forged,
            (false, false) => Sign::OfficialUnproven,
        };
        signs.push((sign, domain.clone()));
    } else if let Some(official) = looks_like(&domain, &known.domains) {
        signs.push((Sign::LooksLike, format!("{domain} / {official}")));
        look_alikes.push(domain.clone());
    } else if let Some(name) = known.names.iter().find(|name| contains_words(&read.from_name, name)) {
        signs.push((Sign::ClaimsName, format!("{name} / {domain}")));
    }
    let replies = read.reply_domain();
    if !replies.is_empty() && !is_under(replies, &domain) && !is_under(&domain, replies) {
        signs.push((Sign::RepliesElsewhere, replies.to_owned()));
    }
}

fn of_links(read: &Read, known: &Known, signs: &mut Vec<(Sign, String)>, look_alikes: &mut Vec<String>) {
    let is_known = |host: &str| known.domains.iter().any(|domain| is_under(host, domain));
    let claims = known
        .names
        .iter()
        .any(|name| contains_words(&read.text, name) || contains_words(&read.subject, name));
    for link in read.links.iter().filter(|link| !is_known(&link.host)) {
        let shown = link.shown.to_lowercase();
        if let Some(domain) =
            known.domains.iter().find(|domain| shown.contains(domain.as_str()) && !shown.contains(&link.host))
        {
            push_once(signs, Sign::LinkLies, format!("{domain} / {}", link.host));
        } else if let Some(official) = looks_like(&link.host, &known.domains) {
            push_once(signs, Sign::LinkLooksLike, format!("{} / {official}", link.host));
            look_alikes.push(link.host.clone());
        } else if claims {
            push_once(signs, Sign::LinkElsewhere, link.host.clone());
        }
    }
}

fn of_words(read: &Read, signs: &mut Vec<(Sign, String)>) {
    let text =
        format!("{}\n{}", read.subject, read.text).to_lowercase().replace(['\u{a0}', '\u{202f}', '’'], " ");
    if let Some(word) = SECRETS.iter().find(|word| asks(&text, word)) {
        signs.push((Sign::AsksSecret, (*word).to_owned()));
    }
    if let Some(word) = URGES.iter().find(|word| text.contains(**word)) {
        signs.push((Sign::Urges, (*word).to_owned()));
    }
    let ending = |name: &String| name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    if let Some(name) =
        read.attachments.iter().find(|name| ending(name).is_some_and(|end| RUNS.contains(&end.as_str())))
    {
        signs.push((Sign::Attachment, name.clone()));
    }
}

/// True when a text speaks of a secret without saying that nobody asks for it.
fn asks(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let mut start = at.saturating_sub(80);
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &text[start..at];
        let denies = [
            "jamais",
            "ne demand",
            "ne vous demand",
            "never",
            "do not ask",
            "will not ask",
            "changez",
            "change your",
        ];
        !denies.iter().any(|denial| before.contains(denial))
    })
}

fn push_once(signs: &mut Vec<(Sign, String)>, sign: Sign, about: String) {
    if signs.iter().all(|(known, _)| *known != sign) {
        signs.push((sign, about));
    }
}

fn words(text: &str) -> String {
    let plain = text.to_lowercase();
    let words = plain.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty());
    format!(" {} ", words.collect::<Vec<_>>().join(" "))
}

fn contains_words(text: &str, name: &str) -> bool {
    let (text, name) = (words(text), words(name));
    name.trim().len() > 1 && text.contains(&name)
}

fn same_words(one: &str, other: &str) -> bool {
    words(one) == words(other)
}

fn verdict(signs: &[(Sign, String)]) -> Verdict {
    let has = |wanted: &[Sign]| signs.iter().any(|(sign, _)| wanted.contains(sign));
    let lies = [Sign::Forged, Sign::LooksLike, Sign::LinkLies, Sign::LinkLooksLike, Sign::CodeCopied];
    if has(&lies)
        || (has(&[Sign::ClaimsName]) && has(&[Sign::AsksSecret, Sign::LinkElsewhere, Sign::Attachment]))
    {
        return Verdict::Fraud;
    }
    let odd = [Sign::AsksSecret, Sign::Attachment, Sign::ClaimsName, Sign::CodeUnknown];
    if has(&[Sign::Proven]) {
        // Even from the right sender: what it never asks for is asked about first.
        return if has(&[Sign::AsksSecret, Sign::Attachment, Sign::LinkElsewhere]) {
            Verdict::Suspicious
        } else {
            Verdict::Genuine
        };
    }
    if has(&odd) || (has(&[Sign::Urges]) && has(&[Sign::LinkElsewhere, Sign::RepliesElsewhere])) {
        return Verdict::Suspicious;
    }
    Verdict::Unknown
}
