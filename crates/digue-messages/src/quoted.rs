//! Messages quoted in the text of another: the lines that a mail program writes above a text that
//! it forwards or answers. Anyone can type them, so they prove nothing; they can only show a lie.

use crate::message::Mailbox;

/// The most lines that are searched.
const LINES_MAX: usize = 5000;
/// The most senders that are kept.
const SENDERS_MAX: usize = 10;
/// Lines after `De :` within which `Objet :` must follow.
const BLOCK_LINES: usize = 8;

const FROM: [&str; 6] = ["de", "from", "expéditeur", "sender", "von", "da"];
const SUBJECT: [&str; 5] = ["objet", "subject", "sujet", "betreff", "oggetto"];
/// `Le 27 nov. 2026 à 10:00, Portail <info@portail.fr> a écrit :`
const WROTE: [&str; 4] = ["a écrit", "wrote", "écrit", "schrieb"];

/// The value of a line `Name : value` whose name is one of `names`.
fn value(line: &str, names: &[&str]) -> Option<String> {
    let line = line.trim_start_matches(['>', ' ', '*', '\u{a0}']);
    let (name, value) = line.split_once(':')?;
    let name = name
        .trim_matches(|sign: char| sign.is_whitespace() || sign == '*')
        .to_lowercase();
    let value = value.trim_matches(|sign: char| sign.is_whitespace() || sign == '*');
    names.contains(&name.as_str()).then(|| value.to_owned())
}

/// The sender in the first lines of a text that was pasted with its header lines.
pub(crate) fn from_line(text: &str) -> Option<Mailbox> {
    // Only the head of what was pasted: `De :` in the middle belongs to a quoted message.
    text.lines()
        .take(40)
        .find_map(|line| value(line, &FROM))
        .map(|from| mailbox(&from))
}

pub(crate) fn subject_line(text: &str) -> Option<String> {
    text.lines().take(40).find_map(|line| value(line, &SUBJECT))
}

/// The claimed senders of quoted messages.
pub(crate) fn senders(text: &str) -> Vec<Mailbox> {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take(LINES_MAX)
        .collect();
    let mut senders: Vec<Mailbox> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let sender = sender_of(line, &lines[at + 1..]);
        if let Some(sender) = sender.filter(|sender| !senders.contains(sender)) {
            senders.push(sender);
        }
        if senders.len() == SENDERS_MAX {
            break;
        }
    }
    senders
}

/// The sender that a line names, with those below it.
fn sender_of(line: &str, below: &[&str]) -> Option<Mailbox> {
    let mut block = below.iter().take(BLOCK_LINES);
    match value(line, &FROM) {
        // `De : moi` alone is an ordinary sentence; with a subject near it, it is a header
        // block.
        Some(from) if block.any(|line| value(line, &SUBJECT).is_some()) => Some(mailbox(&from)),
        _ => wrote(line),
    }
}

fn wrote(line: &str) -> Option<Mailbox> {
    let line = line
        .trim_start_matches(['>', ' '])
        .trim_end_matches([':', ' ', '\u{a0}']);
    let line = WROTE
        .iter()
        .find_map(|word| line.strip_suffix(word))?
        .trim_end();
    let line = line.strip_suffix('>')?;
    let (before, address) = line.rsplit_once('<')?;
    // The date precedes the last comma.
    let name = before.rsplit_once(',').map_or(before, |(_, name)| name);
    Some(Mailbox {
        name: name.trim().to_owned(),
        address: address.trim().to_lowercase(),
    })
}

/// `Name <address>`, an address, or a name; Outlook writes `[mailto:…]`.
fn mailbox(text: &str) -> Mailbox {
    let plain = |text: &str| text.trim().trim_matches(['"', '\'', '*']).trim().to_owned();
    let split = text.split_once('<').or_else(|| text.split_once("[mailto:"));
    let (name, address) = match split {
        Some((name, rest)) => (plain(name), rest.split(['>', ']']).next().unwrap_or(rest)),
        None if text.contains('@') => (String::new(), text),
        None => (plain(text), ""),
    };
    Mailbox {
        name,
        address: address.trim().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_quoted_is_found_in_the_ways_of_mail_programs() {
        for text in [
            "Voir.\n\n________________________________\nDe : Portail <info@portai1.fr>\nEnvoyé : vendredi\nÀ : x\nObjet : Votre dossier\n\nBonjour",
            "-----Message d'origine-----\nDe\u{a0}: Portail [mailto:info@portai1.fr]\nEnvoyé : x\nObjet : y",
            "---------- Forwarded message ---------\nDe : Portail <info@portai1.fr>\nDate: ven.\nSubject: x\nTo: y",
            "> *De :* Portail <info@portai1.fr>\n> *Objet :* y",
            "Le ven. 27 nov. 2026 à 10:00, Portail <info@portai1.fr> a écrit :\n> Bonjour",
            "On Fri, 27 Nov 2026 at 10:00, Portail <info@portai1.fr> wrote:\n> Bonjour",
        ] {
            let expected = Mailbox {
                name: "Portail".to_owned(),
                address: "info@portai1.fr".to_owned(),
            };
            assert_eq!(senders(text), [expected], "{text}");
        }
        assert_eq!(senders("De : moi\nÀ : toi"), []);
        assert_eq!(senders("Ce qu'il a écrit :\nrien"), []);
    }
}
