//! The opinion about a message: facts first, then a verdict that claims no more than they show.
//!
//! *Genuine* needs a verified signature over everything that was read, and *fraud* a lie;
//! everything else is suspicious or unknown.

use digue_types::lists;

use crate::domains::{is_under, looks_like, readable};
use crate::message::{Mailbox, ReadMessage, SubmittedMessage, UnreadPart};
use crate::proof::{Proof, ServerCheck, SignatureCheck};

lists! {
    /// The verdict on a message.
    MessageVerdict "verdict" {
        /// A verified signature of an official sender covers it, and all of it was read.
        Genuine "genuine",
        /// It contains a lie about its origin or a link.
        Fraud "fraud",
        /// It asks for what official senders never ask, or has other odd traits.
        Suspicious "suspicious",
        /// No fact decides.
        Unknown "unknown",
    }

    /// A fact about a message.
    Sign "sign" {
        /// A verified signature of the sender's own domain: the only proof.
        Proven "proven",
        /// According to the newest line, a machine of the sender's domain delivered it; no proof.
        SentFrom "sent-from",
        OfficialUnproven "official-unproven",
        SignatureBroken "signature-broken",
        SignaturePartial "signature-partial",
        SignatureUnverifiable "signature-unverifiable",
        SentElsewhere "sent-elsewhere",
        /// Signature or delivery fails, and the domain asks to reject such messages (DMARC).
        Forged "forged",
        SeveralSenders "several-senders",
        /// It quotes an official sender, and nothing proves what is quoted.
        QuotedUnproven "quoted-unproven",
        /// The message to which another is attached, whose own sender is not proven.
        CarrierUnproven "carrier-unproven",
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
        /// Attached files of which only the names were read.
        NotOpened "not-opened",
        /// Parts were not read; see `Opinion::unread`.
        Unread "unread",
    }
}

/// What is known about official senders.
#[derive(Clone, Debug, Default)]
pub struct OfficialSenders {
    /// Domains from which official messages come and to which they link.
    pub domains: Vec<String>,
    /// Names by which people know them: `France Travail`.
    pub names: Vec<String>,
    /// Subjects of the campaigns under way.
    pub subjects: Vec<String>,
}

/// The result of looking up a notice's code that stands in the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeSeen {
    Genuine,
    Unknown,
    Copied,
}

/// The verdict with its reasons: each sign with its subject (a domain, a file name).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    pub verdict: MessageVerdict,
    pub signs: Vec<(Sign, String)>,
    /// Domains that look like an official one.
    pub look_alikes: Vec<String>,
    pub unread: Vec<UnreadPart>,
    /// Index of the message that the verdict is about; `None` when no message was read.
    pub about: Option<usize>,
}

/// Extensions of files that run code or can hide such files.
const RUNS: [&str; 24] = [
    "exe", "scr", "com", "bat", "cmd", "ps1", "vbs", "js", "jse", "wsf", "hta", "msi", "lnk",
    "iso", "img", "jar", "docm", "xlsm", "pptm", "html", "htm", "svg", "zip", "rar",
];

/// Phrases that ask for what no official sender asks for.
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

/// Words before a secret that say that nobody asks for it.
const DENIALS: [&str; 8] = [
    "jamais",
    "ne demand",
    "ne vous demand",
    "never",
    "do not ask",
    "will not ask",
    "changez",
    "change your",
];

/// Phrases that put the reader under pressure.
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

/// How a message was submitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SubmissionWay {
    /// As a file or a text, by a user who asks about it.
    Shown,
    /// Mailed to the message desk: the message itself is the question, and the messages that it
    /// carries or quotes are its subject.
    Forwarded,
}

/// Facts about one message.
#[derive(Default)]
struct MessageFacts {
    signs: Vec<(Sign, String)>,
    look_alikes: Vec<String>,
}

impl MessageFacts {
    fn add(&mut self, sign: Sign, about: impl Into<String>) {
        let fact = (sign, about.into());
        if !self.signs.contains(&fact) {
            self.signs.push(fact);
        }
    }

    fn add_once(&mut self, sign: Sign, about: impl Into<String>) {
        if !self.has(&[sign]) {
            self.add(sign, about);
        }
    }

    fn has(&self, wanted: &[Sign]) -> bool {
        self.signs.iter().any(|(sign, _)| wanted.contains(sign))
    }
}

/// Judges a submission by its facts. `proofs` are those of its messages, in the same order.
pub fn judge(
    submission: &SubmittedMessage,
    proofs: &[Proof],
    known: &OfficialSenders,
    code: Option<CodeSeen>,
    how: SubmissionWay,
) -> Opinion {
    let mut all: Vec<MessageFacts> = Vec::new();
    for (place, read) in submission.messages.iter().enumerate() {
        // A missing proof proves nothing; it must not make a message a fraud either.
        let proof = proofs.get(place).copied().unwrap_or_default();
        all.push(facts(read, proof, known));
    }
    let of_whole = of_whole(submission, code);
    for facts in &mut all {
        facts.signs.extend(of_whole.iter().cloned());
    }
    let (verdict, about) = decide(submission, &mut all, known, how);
    let mut opinion = Opinion {
        verdict,
        signs: of_whole,
        look_alikes: Vec::new(),
        unread: submission.unread.clone(),
        about,
    };
    // Signs of the judged message come first.
    let place = about.unwrap_or(0).min(all.len());
    let (first, rest) = all.split_at_mut(place);
    let mut signs: Vec<(Sign, String)> = Vec::new();
    for facts in rest.iter_mut().chain(first) {
        for fact in core::mem::take(&mut facts.signs) {
            if !signs.contains(&fact) {
                signs.push(fact);
            }
        }
        opinion.look_alikes.append(&mut facts.look_alikes);
    }
    if !signs.is_empty() {
        opinion.signs = signs;
    }
    opinion.look_alikes.sort();
    opinion.look_alikes.dedup();
    opinion
}

/// The verdict, and the message that it is about: the worst of the messages asked about, or of
/// those that carry them when these are worse.
fn decide(
    submission: &SubmittedMessage,
    all: &mut [MessageFacts],
    known: &OfficialSenders,
    how: SubmissionWay,
) -> (MessageVerdict, Option<usize>) {
    let carries = |place: usize| {
        let is_question = place == 0 && how == SubmissionWay::Forwarded;
        is_question
            || submission
                .messages
                .get(place)
                .is_some_and(|read| read.carries)
    };
    let (carriers, asked): (Vec<usize>, Vec<usize>) =
        (0..all.len()).partition(|place| carries(*place));
    let mut leans = false;
    for place in &carriers {
        leans |= of_carrier(&mut all[*place], &submission.messages[*place], known, how);
    }
    let worst_of = |places: &[usize]| {
        let verdicts = places.iter().map(|place| (verdict(&all[*place]), *place));
        verdicts.max_by_key(|(verdict, place)| (weight(*verdict), core::cmp::Reverse(*place)))
    };
    match (worst_of(&asked), worst_of(&carriers)) {
        (None, None) => (MessageVerdict::Unknown, None),
        (None, Some((own, place))) => (own, Some(place)),
        (Some((worst, _)), Some((own, place)))
            if own != MessageVerdict::Unknown && weight(own) > weight(worst) =>
        {
            (own, Some(place))
        }
        // A genuine message attached to one that only claims to be official: a fraud may rely on
        // it.
        (Some((MessageVerdict::Genuine, place)), _) if leans => {
            (MessageVerdict::Unknown, Some(place))
        }
        (Some((worst, place)), _) => (worst, Some(place)),
    }
}

/// A carrying message comes from a user who forwards, or from a fraud that relies on a genuine
/// message. Its content counts and its proof does not: a signature of the carrier says nothing
/// about what it carries. True when it claims to be official without proof.
fn of_carrier(
    carrier: &mut MessageFacts,
    read: &ReadMessage,
    known: &OfficialSenders,
    how: SubmissionWay,
) -> bool {
    let is_proven = carrier.has(&[Sign::Proven]);
    without_proof(carrier);
    if is_proven || how == SubmissionWay::Forwarded {
        return false;
    }
    let names = [&read.from_address, &read.from_name, &read.subject].into_iter();
    let about = names
        .filter(|name| !name.trim().is_empty())
        .map(String::as_str)
        .next()
        .unwrap_or("–");
    carrier.add(Sign::CarrierUnproven, about);
    is_official(&readable(read.from_domain()), known)
}

/// Removes signs about the origin of a carrying message: they say nothing about the message that is
/// asked about.
fn without_proof(carrier: &mut MessageFacts) {
    carrier.signs.retain(|(sign, _)| {
        !matches!(
            sign,
            Sign::Proven
                | Sign::SentFrom
                | Sign::OfficialUnproven
                | Sign::SignatureBroken
                | Sign::SignaturePartial
                | Sign::SignatureUnverifiable
                | Sign::SentElsewhere
                | Sign::Forged
                | Sign::NotOpened
        )
    });
}

const fn weight(verdict: MessageVerdict) -> u8 {
    match verdict {
        MessageVerdict::Genuine => 0,
        MessageVerdict::Unknown => 1,
        MessageVerdict::Suspicious => 2,
        MessageVerdict::Fraud => 3,
    }
}

/// Signs about the submission as a whole.
fn of_whole(submission: &SubmittedMessage, code: Option<CodeSeen>) -> Vec<(Sign, String)> {
    let code = code.map(|code| match code {
        CodeSeen::Genuine => Sign::CodeGenuine,
        CodeSeen::Unknown => Sign::CodeUnknown,
        CodeSeen::Copied => Sign::CodeCopied,
    });
    let unread = (!submission.unread.is_empty()).then_some(Sign::Unread);
    code.into_iter()
        .chain(unread)
        .map(|sign| (sign, String::new()))
        .collect()
}

fn facts(read: &ReadMessage, proof: Proof, known: &OfficialSenders) -> MessageFacts {
    let mut facts = MessageFacts::default();
    of_sender(read, proof, known, &mut facts);
    of_quoted(read, known, &mut facts);
    of_links(read, known, &mut facts);
    of_words(read, &mut facts);
    if known
        .subjects
        .iter()
        .any(|subject| !subject.is_empty() && same_words(subject, &read.subject))
    {
        facts.add(Sign::Campaign, read.subject.clone());
    }
    facts
}

fn is_official(domain: &str, known: &OfficialSenders) -> bool {
    known.domains.iter().any(|one| is_under(domain, one))
}

fn of_sender(read: &ReadMessage, proof: Proof, known: &OfficialSenders, facts: &mut MessageFacts) {
    let first = Mailbox {
        name: read.from_name.clone(),
        address: read.from_address.clone(),
    };
    let domain = readable(read.from_domain());
    if !read.more_senders.is_empty() {
        let all = core::iter::once(&first)
            .chain(&read.more_senders)
            .map(|one| one.address.as_str());
        facts.add(
            Sign::SeveralSenders,
            all.take(4).collect::<Vec<_>>().join(", "),
        );
    }
    if is_official(&domain, known) {
        of_proof(proof, &domain, facts);
    }
    for sender in core::iter::once(&first).chain(&read.more_senders) {
        of_name(sender, known, facts);
    }
    let replies = read.reply_domain();
    if !replies.is_empty() && !is_under(replies, &domain) && !is_under(&domain, replies) {
        facts.add(Sign::RepliesElsewhere, replies);
    }
}

/// Signs about the origin of a message that claims an official domain.
fn of_proof(proof: Proof, domain: &str, facts: &mut MessageFacts) {
    let (is_broken, is_foreign) = (
        proof.signature == SignatureCheck::Broken,
        proof.server == ServerCheck::Foreign,
    );
    match proof.signature {
        SignatureCheck::Verified => return facts.add(Sign::Proven, domain),
        SignatureCheck::Broken => facts.add(Sign::SignatureBroken, domain),
        SignatureCheck::Partial => facts.add(Sign::SignaturePartial, domain),
        SignatureCheck::Unverifiable => facts.add(Sign::SignatureUnverifiable, domain),
        SignatureCheck::Missing => {}
    }
    match proof.server {
        ServerCheck::Own => facts.add(Sign::SentFrom, domain),
        ServerCheck::Foreign => facts.add(Sign::SentElsewhere, domain),
        ServerCheck::Unknown => {}
    }
    // Mailing lists break signatures, and relays are foreign machines: both happen to honest
    // messages, so only the domain's own DMARC policy makes a failure a forgery. A signature that
    // cannot be verified here proves nothing false.
    let fails = is_broken || (is_foreign && proof.signature == SignatureCheck::Missing);
    if fails && proof.is_strict && proof.server != ServerCheck::Own {
        facts.add(Sign::Forged, domain);
    } else {
        facts.add(Sign::OfficialUnproven, domain);
    }
}

/// Signs about a sender that looks official and is not.
fn of_name(sender: &Mailbox, known: &OfficialSenders, facts: &mut MessageFacts) {
    let domain = readable(sender.domain());
    if is_official(&domain, known) {
        return;
    }
    if let Some(official) = looks_like(&domain, &known.domains) {
        facts.add(Sign::LooksLike, format!("{domain} / {official}"));
        facts.look_alikes.push(domain);
        return;
    }
    if let Some(claimed) = claimed_by(sender, known).filter(|_| !domain.is_empty()) {
        facts.add(Sign::ClaimsName, format!("{claimed} / {domain}"));
    }
}

/// Mail programs show the name and hide the address, so frauds write an address into the name.
fn claimed_by<'k>(sender: &Mailbox, known: &'k OfficialSenders) -> Option<&'k String> {
    let name = sender.name.to_lowercase();
    let mut names = known.names.iter();
    let claimed = names.find(|known| contains_words(&sender.name, known));
    claimed.or_else(|| {
        let mut domains = known.domains.iter();
        domains.find(|known| name.contains(&format!("@{known}")))
    })
}

/// Signs about quoted senders. Quoted lines can be typed by anyone: they can reveal a lie and never
/// prove an origin.
fn of_quoted(read: &ReadMessage, known: &OfficialSenders, facts: &mut MessageFacts) {
    for sender in &read.quoted {
        let domain = readable(sender.domain());
        let is_named = known
            .names
            .iter()
            .any(|name| contains_words(&sender.name, name));
        if is_official(&domain, known) || (domain.is_empty() && is_named) {
            let about = if domain.is_empty() {
                sender.name.clone()
            } else {
                domain
            };
            facts.add(Sign::QuotedUnproven, about);
        } else {
            of_name(sender, known, facts);
        }
    }
}

fn of_links(read: &ReadMessage, known: &OfficialSenders, facts: &mut MessageFacts) {
    let is_known = |host: &str| known.domains.iter().any(|domain| is_under(host, domain));
    let claims = known
        .names
        .iter()
        .any(|name| contains_words(&read.text, name) || contains_words(&read.subject, name));
    for link in read.links.iter().filter(|link| !is_known(&link.host)) {
        let shown = link.shown.to_lowercase();
        if let Some(domain) = known
            .domains
            .iter()
            .find(|domain| shown.contains(domain.as_str()) && !shown.contains(&link.host))
        {
            facts.add_once(Sign::LinkLies, format!("{domain} / {}", link.host));
        } else if let Some(official) = looks_like(&link.host, &known.domains) {
            facts.add_once(Sign::LinkLooksLike, format!("{} / {official}", link.host));
            facts.look_alikes.push(link.host.clone());
        } else if claims {
            facts.add_once(Sign::LinkElsewhere, link.host.clone());
        }
    }
}

fn of_words(read: &ReadMessage, facts: &mut MessageFacts) {
    let text = format!("{}\n{}", read.subject, read.text)
        .to_lowercase()
        .replace(['\u{a0}', '\u{202f}', '’'], " ");
    if let Some(word) = SECRETS.iter().find(|word| asks(&text, word)) {
        facts.add(Sign::AsksSecret, *word);
    }
    if let Some(word) = URGES.iter().find(|word| text.contains(**word)) {
        facts.add(Sign::Urges, *word);
    }
    let ending = |name: &String| {
        name.rsplit_once('.')
            .map(|(_, ending)| ending.to_lowercase())
    };
    if let Some(name) = read
        .attachments
        .iter()
        .find(|name| ending(name).is_some_and(|end| RUNS.contains(&end.as_str())))
    {
        facts.add(Sign::Attachment, name.clone());
    }
    let names: Vec<&str> = read
        .attachments
        .iter()
        .take(5)
        .map(String::as_str)
        .collect();
    if !names.is_empty() {
        facts.add(Sign::NotOpened, names.join(", "));
    }
}

/// True when a text mentions a secret without a denial in the 80 bytes before: official notices
/// warn "we never ask for your password", and tell readers to change it.
fn asks(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let mut start = at.saturating_sub(80);
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &text[start..at];
        !DENIALS.iter().any(|denial| before.contains(denial))
    })
}

fn words(text: &str) -> String {
    let plain = text.to_lowercase();
    let words = plain
        .split(|sign: char| !sign.is_alphanumeric())
        .filter(|word| !word.is_empty());
    format!(" {} ", words.collect::<Vec<_>>().join(" "))
}

fn contains_words(text: &str, name: &str) -> bool {
    let (text, name) = (words(text), words(name));
    name.trim().len() > 1 && text.contains(&name)
}

fn same_words(one: &str, other: &str) -> bool {
    words(one) == words(other)
}

fn verdict(facts: &MessageFacts) -> MessageVerdict {
    let lies = [
        Sign::Forged,
        Sign::LooksLike,
        Sign::LinkLies,
        Sign::LinkLooksLike,
        Sign::CodeCopied,
    ];
    let claims = facts.has(&[Sign::ClaimsName]);
    if facts.has(&lies)
        || (claims && facts.has(&[Sign::AsksSecret, Sign::LinkElsewhere, Sign::Attachment]))
    {
        return MessageVerdict::Fraud;
    }
    if facts.has(&[Sign::Proven]) {
        verdict_of_proven(facts)
    } else {
        verdict_of_unproven(facts)
    }
}

fn verdict_of_proven(facts: &MessageFacts) -> MessageVerdict {
    // Even a proven sender never asks for a secret: such a request has to be confirmed first.
    if facts.has(&[
        Sign::AsksSecret,
        Sign::Attachment,
        Sign::LinkElsewhere,
        Sign::SeveralSenders,
    ]) {
        return MessageVerdict::Suspicious;
    }
    // The signature does not vouch for quoted messages, and unread parts were not judged.
    if facts.has(&[Sign::Unread, Sign::QuotedUnproven]) {
        MessageVerdict::Unknown
    } else {
        MessageVerdict::Genuine
    }
}

fn verdict_of_unproven(facts: &MessageFacts) -> MessageVerdict {
    let odd = [
        Sign::AsksSecret,
        Sign::Attachment,
        Sign::ClaimsName,
        Sign::CodeUnknown,
        Sign::SeveralSenders,
    ];
    let hurries =
        facts.has(&[Sign::Urges]) && facts.has(&[Sign::LinkElsewhere, Sign::RepliesElsewhere]);
    if facts.has(&odd) || hurries {
        MessageVerdict::Suspicious
    } else {
        MessageVerdict::Unknown
    }
}
