//! Genuine and fraudulent messages with their expected verdicts. All are written for this test; the
//! frauds follow those seen after the breaches of 2024 to 2026.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod forgery;
mod forms;
mod hops;
mod mail;

use digue_messages::verdict::CodeSeen;
use digue_messages::{DnsRecords, MessageVerdict, Proof, Sign, proof, read};

use crate::mail::{BLANK, Mail, opinion, records};

#[tokio::test]
async fn every_message_of_the_corpus_gets_its_verdict() {
    let link = |shown: &str, to: &str| {
        format!("<p>Portail Emploi vous écrit : <a href=\"{to}\">{shown}</a></p>")
    };
    let (lies, looks, elsewhere, own) = (
        link("https://portail.fr/espace", "https://vol.example/espace"),
        link("Mon espace", "https://portail-connexion.example/a"),
        link("Mon espace", "https://bit.example/x"),
        link("Mon espace", "https://www.portail.fr/espace"),
    );
    let corpus: Vec<(&str, Mail<'_>, MessageVerdict)> = vec![
        (
            "signed",
            Mail {
                signed: true,
                ..BLANK
            },
            MessageVerdict::Genuine,
        ),
        (
            "signed, from below",
            Mail {
                signed: true,
                from: "info@envoi.portail.fr",
                ..BLANK
            },
            MessageVerdict::Genuine,
        ),
        (
            "sent from where it sends",
            Mail {
                handed_by: Some("192.0.2.5"),
                ..BLANK
            },
            MessageVerdict::Unknown,
        ),
        (
            "signed, own link",
            Mail {
                signed: true,
                html: Some(&own),
                ..BLANK
            },
            MessageVerdict::Genuine,
        ),
        (
            "a notice that says what is never asked",
            Mail {
                signed: true,
                subject: "Vos données : ce qui s'est passé",
                text: "Nous ne vous demanderons jamais votre mot de passe. Changez votre mot de passe vous-même.",
                ..BLANK
            },
            MessageVerdict::Genuine,
        ),
        (
            "sent from elsewhere",
            Mail {
                handed_by: Some("198.51.100.7"),
                ..BLANK
            },
            MessageVerdict::Fraud,
        ),
        ("no proof at all", BLANK, MessageVerdict::Unknown),
        (
            "no proof, asks for the card",
            Mail {
                text: "Merci d'indiquer votre numéro de carte.",
                ..BLANK
            },
            MessageVerdict::Suspicious,
        ),
        (
            "signed, asks for a password",
            Mail {
                signed: true,
                text: "Répondez avec votre mot de passe.",
                ..BLANK
            },
            MessageVerdict::Suspicious,
        ),
        (
            "one letter less",
            Mail {
                from: "Info <info@portai.fr>",
                ..BLANK
            },
            MessageVerdict::Fraud,
        ),
        (
            "another ending",
            Mail {
                from: "Info <info@portail.com>",
                ..BLANK
            },
            MessageVerdict::Fraud,
        ),
        (
            "name in a longer one",
            Mail {
                from: "Info <info@portail-verification.example>",
                ..BLANK
            },
            MessageVerdict::Fraud,
        ),
        (
            "cyrillic",
            Mail {
                from: "Info <info@xn--prtail-wqf.fr>",
                ..BLANK
            },
            MessageVerdict::Fraud,
        ),
        (
            "claims the name and asks",
            Mail {
                from: "Portail Emploi <agence@gmail.example>",
                text: "Confirmez votre identité en répondant.",
                ..BLANK
            },
            MessageVerdict::Fraud,
        ),
        (
            "claims the name",
            Mail {
                from: "Portail Emploi <agence@gmail.example>",
                ..BLANK
            },
            MessageVerdict::Suspicious,
        ),
        (
            "link that lies",
            Mail {
                from: "Service <a@b.example>",
                html: Some(&lies),
                ..BLANK
            },
            MessageVerdict::Fraud,
        ),
        (
            "link that looks alike",
            Mail {
                from: "Service <a@b.example>",
                html: Some(&looks),
                ..BLANK
            },
            MessageVerdict::Fraud,
        ),
        (
            "link elsewhere, in a hurry",
            Mail {
                from: "Service <a@b.example>",
                text: "Portail Emploi : répondez sous 24 heures.",
                html: Some(&elsewhere),
                ..BLANK
            },
            MessageVerdict::Suspicious,
        ),
        (
            "an archive",
            Mail {
                from: "RH <rh@cabinet.example>",
                attachment: Some("convocation.zip"),
                ..BLANK
            },
            MessageVerdict::Suspicious,
        ),
        (
            "a program",
            Mail {
                from: "RH <rh@cabinet.example>",
                attachment: Some("facture.pdf.exe"),
                ..BLANK
            },
            MessageVerdict::Suspicious,
        ),
        (
            "a plain attachment",
            Mail {
                from: "RH <rh@cabinet.example>",
                attachment: Some("cv.pdf"),
                ..BLANK
            },
            MessageVerdict::Unknown,
        ),
        (
            "from a colleague",
            Mail {
                from: "Ali <ali@centre.example>",
                text: "On déjeune ?",
                ..BLANK
            },
            MessageVerdict::Unknown,
        ),
        (
            "replies elsewhere, in a hurry",
            Mail {
                from: "RH <rh@cabinet.example>",
                reply_to: Some("x@boite.example"),
                text: "Dernier rappel.",
                ..BLANK
            },
            MessageVerdict::Suspicious,
        ),
    ];
    for (name, mail, expected) in &corpus {
        let found = opinion(&mail.bytes(), None).await;
        assert_eq!(found.verdict, *expected, "{name}: {:?}", found.signs);
    }
}

#[tokio::test]
async fn a_signed_message_that_was_changed_is_proven_no_more() {
    let bytes = Mail {
        signed: true,
        handed_by: Some("198.51.100.7"),
        ..BLANK
    }
    .bytes();
    assert_eq!(
        opinion(&bytes, None).await.verdict,
        MessageVerdict::Genuine,
        "a signature survives forwarding"
    );
    let changed = String::from_utf8(bytes)
        .unwrap()
        .replace("pour mardi", "pour jeudi");
    let found = opinion(changed.as_bytes(), None).await;
    assert_eq!(found.verdict, MessageVerdict::Fraud, "{:?}", found.signs);
    assert!(found.signs.iter().any(|(sign, _)| *sign == Sign::Forged));
}

#[tokio::test]
async fn a_relay_of_the_readers_own_house_is_no_forgery_and_proves_nothing() {
    let genuine = Mail {
        handed_by: Some("192.0.2.5"),
        ..BLANK
    }
    .bytes();
    let relayed = [b"Received: from mx.exemple.fr (mx [203.0.113.9]) by boite.exemple.fr; Sun, 22 Nov 2026 10:00:05 +0000\r\n", &genuine[..]].concat();
    assert_eq!(
        opinion(&relayed, None).await.verdict,
        MessageVerdict::Unknown
    );
    // Lines further down may be invented: they make nothing genuine.
    let forged = Mail {
        handed_by: Some("198.51.100.7"),
        ..BLANK
    }
    .bytes();
    assert_eq!(opinion(&forged, None).await.verdict, MessageVerdict::Fraud);
}

#[tokio::test]
async fn a_forwarded_message_is_the_one_that_is_judged() {
    let inner = Mail {
        from: "Info <info@portail.com>",
        ..BLANK
    }
    .bytes();
    let mut outer =
        b"From: marie@exemple.fr\r\nTo: desk@exemple.fr\r\nSubject: Tr: suspect\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nVoici.\r\n\
        --b\r\nContent-Type: message/rfc822\r\n\r\n"
            .to_vec();
    outer.extend(inner);
    outer.extend_from_slice(b"\r\n--b--\r\n");
    let found = opinion(&outer, None).await;
    assert_eq!(found.verdict, MessageVerdict::Fraud, "{:?}", found.signs);
    assert_eq!(found.look_alikes, ["portail.com"]);
}

#[tokio::test]
async fn texts_and_messages_of_a_telephone_are_judged_by_what_they_say() {
    for (text, code, expected) in [
        (
            "Portail Emploi : votre dossier sera suspendu, https://portail-dossier.example/x",
            None,
            MessageVerdict::Fraud,
        ),
        (
            "De : Portail Emploi <aide@gmail.example>\nObjet : urgent\n\nEnvoyez votre RIB.",
            None,
            MessageVerdict::Fraud,
        ),
        (
            "Un message vous attend dans votre espace. Code 7K3M-9QXT-2BVN-R",
            Some(CodeSeen::Genuine),
            MessageVerdict::Unknown,
        ),
        (
            "Un message vous attend. Code 0000-0000-0000-0",
            Some(CodeSeen::Unknown),
            MessageVerdict::Suspicious,
        ),
        (
            "Un message vous attend. Code 7K3M-9QXT-2BVN-R",
            Some(CodeSeen::Copied),
            MessageVerdict::Fraud,
        ),
        (
            "Votre colis attend, réglez les frais avec votre carte bancaire",
            None,
            MessageVerdict::Suspicious,
        ),
        ("Rendez-vous demain à 9 h", None, MessageVerdict::Unknown),
    ] {
        let found = opinion(text.as_bytes(), code).await;
        assert_eq!(found.verdict, expected, "{text}: {:?}", found.signs);
    }
}

#[tokio::test]
async fn a_name_that_nobody_brought_does_not_exist() {
    let foreign = Mail {
        from: "x@vol.example",
        ..BLANK
    }
    .bytes();
    let submission = read(&foreign).unwrap();
    assert_eq!(
        proof::prove_all(&submission, &records()).await,
        [Proof::default()]
    );
    assert!(DnsRecords::parse("portail.fr TXT \"v=spf9\"").is_err());
    assert!(DnsRecords::parse("n'importe quoi").is_err());
}
