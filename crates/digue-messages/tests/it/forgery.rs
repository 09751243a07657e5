//! Changes that a forger can make without the sender's key: none of them makes a message genuine.

use std::cell::Cell;

use digue_messages::{MessageVerdict, read};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::mail::{carrier, file, opinion};

/// Lines that a forger inserts: those of servers, verdicts of others, and signatures of genuine
/// messages.
const LINES: [&str; 16] = [
    "Received: from smtp.portail.fr (smtp.portail.fr [192.0.2.25]) by mx.moi.example (Postfix) with ESMTPS id 9; x",
    "Received: from [192.0.2.25] (helo=smtp.portail.fr) by mx.moi.example with esmtp (Exim 4.96) id 1; x",
    "Received: from 192.0.2.25 (EHLO smtp.portail.fr) by 10.1.2.3 with SMTPs; x",
    "Received: from [203.0.113.9] (helo=[192.0.2.25]) by mx.moi.example with esmtp (Exim 4.96) id 1; x",
    "Received: by 2002:a05:6402:1a:b0:1 with SMTP id 4csp1; x",
    "Received: nothing that anybody writes",
    "Received-SPF: pass (mx: domain of info@portail.fr designates 192.0.2.25 as permitted sender)",
    "Authentication-Results: mx.moi.example; dkim=pass header.d=portail.fr; spf=pass; dmarc=pass",
    "ARC-Authentication-Results: i=1; mx.moi.example; dkim=pass header.d=portail.fr; dmarc=pass",
    "Return-Path: <info@portail.fr>",
    "Return-Path: <>",
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=portail.fr; s=rsa; h=from; bh=; b=",
    "DKIM-Signature: v=1; a=none; d=portail.fr; s=rsa; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AA==",
    "From: Portail Emploi <info@portail.fr>",
    "Sender: info@portail.fr",
    "Content-Type: message/rfc822",
];

#[derive(Clone, Debug)]
enum Change {
    Insert(prop::sample::Index, usize),
    /// Inserts a line of a genuine message.
    Transplant(prop::sample::Index, prop::sample::Index),
    Duplicate(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    Remove(prop::sample::Index),
    Truncate(prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    use prop::sample::Index;
    prop_oneof![
        4 => (any::<Index>(), 0..LINES.len()).prop_map(|(at, line)| Change::Insert(at, line)),
        3 => (any::<Index>(), any::<Index>()).prop_map(|(at, line)| Change::Transplant(at, line)),
        2 => any::<Index>().prop_map(Change::Duplicate),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Change::Swap(one, other)),
        1 => any::<Index>().prop_map(Change::Remove),
        1 => any::<Index>().prop_map(Change::Truncate),
    ]
}

/// Header lines with their continuation lines, and the body.
fn lines_of(bytes: &[u8]) -> (Vec<String>, String) {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<String> = Vec::new();
    for line in head.split("\r\n") {
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => *last = format!("{last}\r\n{line}"),
            _ => lines.push(line.to_owned()),
        }
    }
    (lines, body.to_owned())
}

fn changed(bytes: &[u8], changes: &[Change], donor: &[String]) -> Vec<u8> {
    let (mut lines, body) = lines_of(bytes);
    let mut whole = None;
    for change in changes {
        let count = lines.len();
        match change {
            Change::Insert(at, line) => lines.insert(at.index(count + 1), LINES[*line].to_owned()),
            Change::Transplant(at, line) => {
                lines.insert(at.index(count + 1), donor[line.index(donor.len())].clone())
            }
            Change::Duplicate(at) if count > 0 => {
                let line = lines[at.index(count)].clone();
                lines.insert(at.index(count), line);
            }
            Change::Swap(one, other) if count > 0 => {
                lines.swap(one.index(count), other.index(count))
            }
            Change::Remove(at) if count > 0 => drop(lines.remove(at.index(count))),
            Change::Truncate(at) => whole = Some(*at),
            _ => {}
        }
    }
    let mut bytes = format!("{}\r\n\r\n{body}", lines.join("\r\n")).into_bytes();
    if let Some(at) = whole {
        bytes.truncate(at.index(bytes.len()));
    }
    bytes
}

fn verdict(bytes: &[u8]) -> Option<MessageVerdict> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    read(bytes)
        .ok()
        .map(|_| runtime.block_on(opinion(bytes, None)).verdict)
}

const UNSIGNED: [&str; 4] = [
    "attached/unsigned_forged.eml",
    "forged-received/exim.eml",
    "forged-received/yahoo.eml",
    "attached/phish_plain.eml",
];

fn unsigned(name: &str) -> Vec<u8> {
    let text = String::from_utf8(file(name))
        .unwrap()
        .replace("\r\n", "\n")
        .replace('\n', "\r\n");
    // Change the body: otherwise the domain's own signature, transplanted, would make it genuine
    // again.
    text.replace("le 3.", "le 4.").into_bytes()
}

#[test]
fn a_forged_mail_whose_first_line_is_in_another_servers_way_is_not_genuine() {
    for name in UNSIGNED {
        let found = verdict(&unsigned(name));
        assert!(
            matches!(found, Some(MessageVerdict::Unknown | MessageVerdict::Fraud)),
            "{name}: {found:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_reordering_duplication_truncation_or_insertion_makes_an_unsigned_mail_genuine(
        which in 0..UNSIGNED.len(),
        changes in proptest::collection::vec(change(), 0..12),
        is_attached in any::<bool>(),
    ) {
        let (donor, _) = lines_of(&file("signed/relaxed.eml"));
        let forged = changed(&unsigned(UNSIGNED[which]), &changes, &donor);
        let forged = if is_attached {
            carrier("Lea <lea@exemple.org>", "voir", &[("Content-Type: message/rfc822", &forged)])
        } else {
            forged
        };
        prop_assert_ne!(verdict(&forged), Some(MessageVerdict::Genuine), "{}", String::from_utf8_lossy(&forged));
    }
}

#[test]
fn what_is_genuine_is_shown_as_it_was_signed() {
    let genuine = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(1500));
    let followed = runner.run(&proptest::collection::vec(change(), 1..8), |changes| {
        let signed = file("signed/relaxed.eml");
        let (donor, _) = lines_of(&file("attached/phish_plain.eml"));
        let changed = changed(&signed, &changes, &donor);
        if verdict(&changed) == Some(MessageVerdict::Genuine) {
            genuine.set(genuine.get() + 1);
            let (found, original) = (read(&changed).unwrap(), read(&signed).unwrap());
            // White space at the ends is not signed (RFC 6376, 3.4.4).
            let said = |read: &digue_messages::ReadMessage| {
                let words: Vec<String> = read
                    .text
                    .split_whitespace()
                    .map(ToOwned::to_owned)
                    .collect();
                (
                    read.from_address.clone(),
                    read.subject.clone(),
                    words,
                    read.reply_to.clone(),
                )
            };
            prop_assert_eq!(said(&found.messages[0]), said(&original.messages[0]));
        }
        Ok(())
    });
    followed.unwrap_or_else(|error| panic!("{error}"));
    assert!(genuine.get() > 0, "no changed message was still genuine");
}
