//! `[signals]`: streams of events from identity providers, and how many accounts they may close.

use std::time::Duration;

use digue_shared_signals::{
    ClosingBrake, KeySource, ReceiveRules, ReceiveWay, SignalRules, SubjectName, is_secure,
};
use http::Uri;

use super::addresses::parse_plain_name;
use super::reader::ConfigSection;
use super::secrets::secrets_of;

/// A transmitter is not asked more often, whatever the file says.
const EVERY_MIN: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_secs(5);
const WITHIN_MIN: Duration = Duration::from_mins(1);
const CLOSES_MAX: u32 = 100_000;
const STREAMS_MAX: usize = 32;
const TEXT_BYTES_MAX: usize = 1024;

pub(crate) fn read_signals(section: &ConfigSection<'_>) -> Option<SignalRules> {
    let usual = ClosingBrake::default();
    let closes_at_most = section.number("closes_at_most");
    if closes_at_most.is_some_and(|most| most > CLOSES_MAX) {
        section.fault("closes_at_most", "fault-value", CLOSES_MAX);
    }
    let within = section.duration("within").unwrap_or(usual.within);
    if within < WITHIN_MIN {
        section.fault("within", "fault-value", "1m");
    }
    let sections = section.sections("receive");
    if sections.is_empty() {
        return section.refuse("receive", "fault-missing", "");
    }
    if sections.len() > STREAMS_MAX {
        section.fault("receive", "fault-value", STREAMS_MAX);
    }
    let read: Vec<Option<ReceiveRules>> = sections.iter().map(read_stream).collect();
    let receive = read.into_iter().collect::<Option<Vec<ReceiveRules>>>()?;
    for (place, one) in receive.iter().enumerate() {
        if receive[..place].iter().any(|known| known.name == one.name) {
            sections[place].fault("name", "fault-signal-name", &one.name);
        }
    }
    Some(SignalRules {
        receive,
        brake: ClosingBrake {
            closes_at_most: closes_at_most.map_or(usual.closes_at_most, u64::from),
            within,
        },
    })
}

fn read_stream(section: &ConfigSection<'_>) -> Option<ReceiveRules> {
    // It stands in addresses and in the journal.
    let name = section.need("name", parse_plain_name);
    let issuer = section.need("issuer", parse_name);
    let audience = section.need("audience", parse_name);
    let keys = read_keys(section, issuer.as_deref());
    let way = read_way(section);
    let subject_issuers = section.texts("subject_issuers");
    let identified_by = match section.has("identified_by") {
        true => section.parse_all("identified_by", |word| {
            SubjectName::parse(word).ok_or("external-id, email, account")
        }),
        false => vec![SubjectName::ExternalId, SubjectName::Email],
    };
    let issuer = issuer?;
    Some(ReceiveRules {
        name: name?,
        audience: audience?,
        other_audiences: section.texts("other_audiences"),
        keys: keys?,
        // Most transmitters are the issuer whose subjects they name.
        subject_issuers: match section.has("subject_issuers") {
            true => subject_issuers,
            false => vec![issuer.clone()],
        },
        identified_by,
        way: way?,
        issuer,
    })
}

/// `keys`, or the configuration that the transmitter publishes, which needs its address.
fn read_keys(section: &ConfigSection<'_>, issuer: Option<&str>) -> Option<KeySource> {
    if section.has("keys") {
        return section.need("keys", parse_address).map(KeySource::Address);
    }
    let address = issuer?.parse::<Uri>();
    match address.is_ok_and(|address| is_secure(&address) && address.query().is_none()) {
        true => Some(KeySource::Discovered),
        false => section.refuse("keys", "fault-signal-keys", ""),
    }
}

/// `secret_file` for push, `poll` with its token for poll.
fn read_way(section: &ConfigSection<'_>) -> Option<ReceiveWay> {
    match (section.has("secret_file"), section.has("poll")) {
        (true, false) => read_push(section),
        (false, true) => read_poll(section),
        (true, true) => section.refuse("poll", "fault-signal-way", ""),
        (false, false) => section.refuse("secret_file", "fault-signal-way", ""),
    }
}

fn read_push(section: &ConfigSection<'_>) -> Option<ReceiveWay> {
    let path = section.path("secret_file")?;
    let text = section.accept("secret_file", std::fs::read_to_string(path))?;
    match secrets_of(&text) {
        Some(secrets) => Some(ReceiveWay::Push { secrets }),
        None => section.refuse("secret_file", "fault-token-short", ""),
    }
}

fn read_poll(section: &ConfigSection<'_>) -> Option<ReceiveWay> {
    let address = section.need("poll", parse_address);
    section.need_text("token_file")?;
    let token = section.path("token_file")?;
    let every = section.duration("every").unwrap_or(EVERY);
    if every < EVERY_MIN {
        section.fault("every", "fault-value", "1s");
    }
    Some(ReceiveWay::Poll {
        address: address?,
        token,
        every,
    })
}

/// Compared exactly with what a token says.
fn parse_name(text: &str) -> Result<String, &'static str> {
    let is_sound = (1..=TEXT_BYTES_MAX).contains(&text.len())
        && text.trim() == text
        && !text.chars().any(char::is_control);
    match is_sound {
        true => Ok(text.to_owned()),
        false => Err("https://annuaire.exemple.fr"),
    }
}

fn parse_address(text: &str) -> Result<Uri, &'static str> {
    let example = "https://annuaire.exemple.fr/signaux";
    let uri: Uri = text.parse().map_err(|_| example)?;
    match is_secure(&uri) {
        true => Ok(uri),
        false => Err(example),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::{ConfigFault, ConfigSource, WholeText};

    /// Reads a file beside which `secret` and `short` lie.
    fn read(text: &str) -> Result<SignalRules, Vec<(usize, &'static str)>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "s".repeat(32)).unwrap();
        std::fs::write(folder.path().join("short"), "s").unwrap();
        let whole = WholeText {
            text: text.to_owned(),
            ..WholeText::default()
        };
        let mut faults = Vec::new();
        let source = ConfigSource::of_kept(&folder.path().join("digue.toml"), &whole);
        let rules = source.read(&mut faults, |root| read_signals(&root.section("signals")?));
        let fault = |fault: &ConfigFault| (fault.line, fault.key);
        rules.ok_or_else(|| faults.iter().map(fault).collect())
    }

    const PUSH: &str = "[[signals.receive]]\nname = \"annuaire\"\n\
        issuer = \"https://idp.exemple.fr/agents\"\naudience = \"https://digue.exemple.fr\"\n\
        secret_file = \"secret\"\n";

    #[test]
    fn a_stream_needs_an_issuer_an_audience_and_a_way() {
        let rules = read(PUSH).unwrap();
        assert_eq!(rules.brake, ClosingBrake::default());
        let stream = &rules.receive[0];
        assert_eq!(stream.keys, KeySource::Discovered);
        assert_eq!(stream.subject_issuers, ["https://idp.exemple.fr/agents"]);
        assert_eq!(
            stream.identified_by,
            [SubjectName::ExternalId, SubjectName::Email]
        );
        assert!(matches!(&stream.way, ReceiveWay::Push { secrets } if secrets.len() == 1));
        let poll = PUSH.replace(
            "secret_file = \"secret\"\n",
            "poll = \"https://idp.exemple.fr/poll\"\ntoken_file = \"secret\"\nevery = \"30s\"\n\
             keys = \"http://127.0.0.1:9/keys\"\nidentified_by = [\"account\"]\nsubject_issuers = []\n",
        );
        let rules = read(&format!(
            "[signals]\ncloses_at_most = 0\nwithin = \"2h\"\n{poll}"
        ))
        .unwrap();
        assert_eq!(
            (rules.brake.closes_at_most, rules.brake.within),
            (0, Duration::from_hours(2))
        );
        let stream = &rules.receive[0];
        assert!(matches!(&stream.way, ReceiveWay::Poll { every, .. } if every.as_secs() == 30));
        assert!(matches!(stream.keys, KeySource::Address(_)));
        assert_eq!(stream.identified_by, [SubjectName::Account]);
        assert!(
            stream.subject_issuers.is_empty(),
            "an empty list is an answer"
        );
    }

    #[test]
    fn every_fault_has_its_line() {
        let with = |from: &str, to: &str| PUSH.replace(from, to);
        let secret = "secret_file = \"secret\"\n";
        for (text, expected) in [
            ("[signals]\n".to_owned(), (1, "fault-missing")),
            (format!("{PUSH}{PUSH}"), (7, "fault-signal-name")),
            (with("\"annuaire\"", "\"L'annuaire\""), (2, "fault-value")),
            (
                with("https://idp.exemple.fr/agents", "agents"),
                (1, "fault-signal-keys"),
            ),
            (
                with("https://idp.exemple.fr/agents", "http://idp.exemple.fr"),
                (1, "fault-signal-keys"),
            ),
            (
                with("audience = \"https://digue.exemple.fr\"\n", ""),
                (1, "fault-missing"),
            ),
            (with(secret, ""), (1, "fault-signal-way")),
            (with("\"secret\"", "\"short\""), (5, "fault-token-short")),
            (with("\"secret\"", "\"absent\""), (5, "fault-value")),
            (
                format!("{PUSH}poll = \"https://idp.exemple.fr/poll\"\n"),
                (6, "fault-signal-way"),
            ),
            (
                format!("{PUSH}keys = \"http://idp.exemple.fr/keys\"\n"),
                (6, "fault-value"),
            ),
            (
                format!("{PUSH}identified_by = [\"name\"]\n"),
                (6, "fault-value"),
            ),
            (format!("{PUSH}token = \"x\"\n"), (6, "fault-unknown-name")),
            (
                with(secret, "poll = \"https://idp.exemple.fr/poll\"\n"),
                (1, "fault-missing"),
            ),
            (
                with(
                    secret,
                    "poll = \"https://idp.exemple.fr/poll\"\ntoken_file = \"secret\"\nevery = \"0s\"\n",
                ),
                (7, "fault-value"),
            ),
            (
                format!("[signals]\nwithin = \"1s\"\n{PUSH}"),
                (2, "fault-value"),
            ),
            (
                format!("[signals]\ncloses_at_most = 100001\n{PUSH}"),
                (2, "fault-value"),
            ),
        ] {
            let faults = read(&text).unwrap_err();
            assert!(faults.contains(&expected), "{text}: {faults:?}");
        }
    }
}
