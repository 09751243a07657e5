//! The forms in which messages are submitted: each is read or reported as unread, never a silent
//! "unknown" from the covering message alone.

use std::io::{Cursor, Write as _};
use std::path::Path;

use digue_messages::{MessageVerdict, Sign, SubmissionWay, UnreadKind};

use crate::mail::{BLANK, Mail, carrier, file, judged, opinion};

const LEA: &str = "Lea <lea@exemple.org>";
const EML: &str = "Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=m.eml";
const EML_BASE64: &str = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64";
const OCTETS: &str =
    "Content-Type: application/octet-stream; name=m.eml\r\nContent-Transfer-Encoding: base64";
const NAMELESS: &str =
    "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64";
const AS_TEXT: &str =
    "Content-Type: text/plain; name=m.eml\r\nContent-Disposition: attachment; filename=m.eml";

fn base64(bytes: &[u8]) -> Vec<u8> {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::new();
    for (place, group) in bytes.chunks(3).enumerate() {
        let number = group
            .iter()
            .fold(0_u32, |number, byte| number << 8 | u32::from(*byte))
            << (8 * (3 - group.len()));
        for at in 0..4 {
            let sign = SIGNS[(number >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= group.len() { sign } else { b'=' });
        }
        if place % 19 == 18 {
            text.extend_from_slice(b"\r\n");
        }
    }
    text
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// An Outlook message with these properties.
fn outlook(properties: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut compound = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    compound
        .create_stream("/__properties_version1.0")
        .unwrap()
        .write_all(&[0; 32])
        .unwrap();
    for (name, bytes) in properties {
        let path = Path::new("/").join(name);
        compound.create_storage_all(path.parent().unwrap()).unwrap();
        compound
            .create_stream(&path)
            .unwrap()
            .write_all(bytes)
            .unwrap();
    }
    compound.into_inner().into_inner()
}

fn phish() -> Vec<u8> {
    file("attached/phish_plain.eml")
}

fn signed() -> Vec<u8> {
    file("signed/relaxed.eml")
}

fn lf(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8(bytes.to_vec())
        .unwrap()
        .replace("\r\n", "\n")
        .into_bytes()
}

#[tokio::test]
async fn a_verified_signature_of_the_senders_domain_is_the_one_proof() {
    use MessageVerdict::{Genuine, Suspicious, Unknown};
    for (name, verdict, sign) in [
        ("signed/relaxed.eml", Genuine, Sign::Proven),
        ("signed/simple.eml", Genuine, Sign::Proven),
        ("signed/rsa-1024.eml", Genuine, Sign::Proven),
        ("signed/rsa-sha1.eml", Unknown, Sign::SignatureUnverifiable),
        ("signed/length-intact.eml", Unknown, Sign::SignaturePartial),
        (
            "signed/length-appended.eml",
            Suspicious,
            Sign::SignaturePartial,
        ),
        (
            "signed/subject-unsigned.eml",
            Unknown,
            Sign::SignaturePartial,
        ),
        (
            "signed/key-in-test.eml",
            Unknown,
            Sign::SignatureUnverifiable,
        ),
        (
            "signed/key-unknown.eml",
            Unknown,
            Sign::SignatureUnverifiable,
        ),
        // Signed with keys that are not in the records: neither proven nor a fraud.
        (
            "attached/signed_relaxed.eml",
            Unknown,
            Sign::SignatureUnverifiable,
        ),
        (
            "attached/signed_LF_only.eml",
            Unknown,
            Sign::SignatureUnverifiable,
        ),
        ("attached/emlx.eml", Unknown, Sign::SignatureUnverifiable),
        (
            "attached/mbox_From_line.eml",
            Unknown,
            Sign::SignatureUnverifiable,
        ),
        (
            "attached/BOM_before.eml",
            Unknown,
            Sign::SignatureUnverifiable,
        ),
        (
            "attached/leading_blank_line.eml",
            Unknown,
            Sign::SignatureUnverifiable,
        ),
    ] {
        let found = opinion(&file(name), None).await;
        assert_eq!(found.verdict, verdict, "{name}: {:?}", found.signs);
        assert!(
            found.signs.iter().any(|(known, _)| *known == sign),
            "{name}: {:?}",
            found.signs
        );
    }
}

/// Everything that version 0.1.0 was tested with, without the keys of the signed messages.
#[tokio::test]
async fn every_case_that_was_kept_has_its_answer() {
    use MessageVerdict::{Fraud, Suspicious, Unknown};
    let cases = [
        ("BOM_before", Unknown),
        // Changed by a mailing list: its domain asks to reject it.
        ("bad_sig_footer_added_", Fraud),
        ("ed25519_rsa", Unknown),
        ("emlx", Unknown),
        ("fwd_as_attachment", Unknown),
        ("fwd_attachment_base64_octet", Unknown),
        ("fwd_rfc822_base64", Unknown),
        ("ics_invite", Fraud),
        ("iso2022_subj", Fraud),
        ("l_appended", Suspicious),
        ("l_intact", Unknown),
        ("leading_blank_line", Unknown),
        ("mbox_From_line", Unknown),
        ("outlook_msg", Unknown),
        ("phish_fwd_octet_base64", Fraud),
        ("phish_inline_forward_Outlook_FR_", Fraud),
        ("phish_plain", Fraud),
        ("raw_utf8_headers", Fraud),
        ("rsa1024", Unknown),
        ("rsa_sha1", Unknown),
        ("signed_LF_only", Unknown),
        ("signed_ed25519", Unknown),
        ("signed_relaxed", Unknown),
        ("signed_simple", Unknown),
        ("smime", Unknown),
        ("text_utf16_txt", Fraud),
        ("two_From", Suspicious),
        ("two_From_rev", Suspicious),
        ("unsigned_forged", Fraud),
        ("winmail_dat", Unknown),
    ];
    for (name, verdict) in cases {
        let found = opinion(&file(&format!("attached/{name}.eml")), None).await;
        assert_eq!(
            found.verdict, verdict,
            "{name}: {:?} {:?}",
            found.signs, found.unread
        );
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/attached");
    assert_eq!(
        std::fs::read_dir(folder).unwrap().count(),
        cases.len(),
        "a case without an answer"
    );
}

#[tokio::test]
async fn a_genuine_message_is_genuine_in_every_form_it_is_kept_in() {
    let signed = signed();
    let list =
        b"<?xml version=\"1.0\"?>\n<!DOCTYPE plist>\n<plist version=\"1.0\"><dict/></plist>\n";
    let count = |count: usize| format!("{count}\n").into_bytes();
    let bare = lf(&signed);
    for (name, bytes) in [
        ("as sent", signed.clone()),
        ("line ends of a machine", bare.clone()),
        ("mark before it", [b"\xef\xbb\xbf", &signed[..]].concat()),
        ("empty line before it", [b"\r\n", &signed[..]].concat()),
        (
            "mbox",
            [
                b"From - Sat Nov 28 01:00:00 2026\r\nX-Mozilla-Status: 0001\r\n",
                &signed[..],
            ]
            .concat(),
        ),
        ("emlx", [&count(bare.len()), &bare[..], list].concat()),
        (
            "emlx, counted with other line ends",
            [&count(signed.len()), &bare[..], list].concat(),
        ),
        (
            "UTF-16",
            [
                b"\xff\xfe",
                &utf16(core::str::from_utf8(&signed).unwrap())[..],
            ]
            .concat(),
        ),
        ("attached", carrier(LEA, "voir PJ", &[(EML, &signed)])),
        (
            "attached, base64",
            carrier(LEA, "voir PJ", &[(EML_BASE64, &base64(&signed))]),
        ),
        (
            "attached, octets",
            carrier(LEA, "voir PJ", &[(OCTETS, &base64(&signed))]),
        ),
        (
            "attached, octets without a name",
            carrier(LEA, "voir PJ", &[(NAMELESS, &base64(&signed))]),
        ),
        (
            "attached, as text",
            carrier(LEA, "voir PJ", &[(AS_TEXT, &signed)]),
        ),
        (
            "attached to an attached one",
            carrier(LEA, "a", &[(EML, &carrier(LEA, "b", &[(EML, &signed)]))]),
        ),
    ] {
        let found = opinion(&bytes, None).await;
        assert_eq!(
            found.verdict,
            MessageVerdict::Genuine,
            "{name}: {:?} {:?}",
            found.signs,
            found.unread
        );
    }
}

#[tokio::test]
async fn a_fraud_is_one_in_every_form_it_is_handed_in() {
    let phish = phish();
    let text = "De : Portail Emploi <info@portai1.fr>\r\nObjet : Votre dossier\r\n\r\nConfirmez votre mot de passe https://vol.example/\r\n";
    let properties = [
        ("__substg1.0_0037001F", utf16("Votre dossier")),
        ("__substg1.0_0C1A001F", utf16("Portail Emploi")),
        ("__substg1.0_0C1F001F", utf16("info@portai1.fr")),
        (
            "__substg1.0_1000001F",
            utf16("Confirmez votre mot de passe https://vol.example/"),
        ),
    ];
    let sent = (
        "__substg1.0_007D001F",
        utf16(core::str::from_utf8(&phish).unwrap()),
    );
    let packed = (
        "__attach_version1.0_#00000000/__substg1.0_37010102",
        phish.clone(),
    );
    for (name, bytes) in [
        ("plain", phish.clone()),
        ("attached", carrier(LEA, "voir PJ", &[(EML, &phish)])),
        (
            "attached, base64",
            carrier(LEA, "voir PJ", &[(EML_BASE64, &base64(&phish))]),
        ),
        (
            "attached, octets",
            file("attached/phish_fwd_octet_base64.eml"),
        ),
        (
            "quoted by Outlook",
            file("attached/phish_inline_forward_Outlook_FR_.eml"),
        ),
        (
            "letters of ISO 2022 and a lying link",
            file("attached/iso2022_subj.eml"),
        ),
        ("headers in UTF-8", file("attached/raw_utf8_headers.eml")),
        ("words in UTF-16", file("attached/text_utf16_txt.eml")),
        (
            "words in UTF-16, attached",
            carrier(
                LEA,
                "voir",
                &[(
                    "Content-Type: application/octet-stream; name=m.txt\r\nContent-Transfer-Encoding: base64",
                    &base64(&[b"\xff\xfe", &utf16(text)[..]].concat()),
                )],
            ),
        ),
        ("words", text.as_bytes().to_vec()),
        (
            "words in Windows-1252",
            [text.as_bytes(), b"identit\xe9"].concat(),
        ),
        ("an invitation", file("attached/ics_invite.eml")),
        ("Outlook, written", outlook(&properties)),
        ("Outlook, received", outlook(&[sent])),
        (
            "Outlook, attached",
            carrier(
                LEA,
                "voir",
                &[(
                    "Content-Type: application/vnd.ms-outlook; name=m.msg\r\nContent-Transfer-Encoding: base64",
                    &base64(&outlook(&properties)),
                )],
            ),
        ),
        ("attached to a message of Outlook", outlook(&[packed])),
        (
            "two attached, one of them genuine",
            carrier(LEA, "voir", &[(EML, &signed()), (EML, &phish)]),
        ),
    ] {
        for how in [SubmissionWay::Shown, SubmissionWay::Forwarded] {
            let found = judged(&bytes, None, how).await;
            assert_eq!(
                found.verdict,
                MessageVerdict::Fraud,
                "{name}: {:?} {:?}",
                found.signs,
                found.unread
            );
        }
    }
}

#[tokio::test]
async fn what_was_not_read_is_named_and_nothing_is_genuine_then() {
    let encrypted = b"From: a@b.fr\r\nTo: c\r\nSubject: d\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CAMIACAQ==\r\n";
    let pgp = b"From: a@b.fr\r\nTo: c\r\nSubject: d\r\nMIME-Version: 1.0\r\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b--\r\n";
    let picture = b"From: a@b.fr\r\nTo: c\r\nSubject: d\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p><img src=\"cid:1\"></p>\r\n";
    let attach = |head: &str, bytes: &[u8]| carrier(LEA, "voir PJ", &[(head, bytes)]);
    let msg =
        "Content-Type: application/octet-stream; name=m.msg\r\nContent-Transfer-Encoding: base64";
    let only_rtf = outlook(&[("__substg1.0_10090102", b"LZFu".to_vec())]);
    for (name, bytes, kind) in [
        (
            "a broken message of Outlook",
            file("attached/outlook_msg.eml"),
            UnreadKind::Outlook,
        ),
        (
            "one that is attached",
            attach(msg, &base64(&file("attached/outlook_msg.eml"))),
            UnreadKind::Outlook,
        ),
        (
            "text in a form of Outlook's",
            only_rtf,
            UnreadKind::OutlookText,
        ),
        (
            "winmail.dat",
            file("attached/winmail_dat.eml"),
            UnreadKind::Winmail,
        ),
        (
            "winmail.dat by itself",
            b"\x78\x9f\x3e\x22\x01\0facture.exe\0".to_vec(),
            UnreadKind::Winmail,
        ),
        (
            "winmail.dat under another name",
            attach(
                "Content-Type: application/octet-stream; name=x.dat\r\nContent-Transfer-Encoding: base64",
                b"eJ8+IgEAZmFjdHVyZS5leGUA",
            ),
            UnreadKind::Winmail,
        ),
        ("S/MIME", encrypted.to_vec(), UnreadKind::Encrypted),
        ("PGP", pgp.to_vec(), UnreadKind::Encrypted),
        (
            "a message cut in the middle",
            attach(OCTETS, b"RnJvb*****"),
            UnreadKind::Damaged,
        ),
        (
            "a message that is a picture",
            picture.to_vec(),
            UnreadKind::Picture,
        ),
        (
            "a picture of a message",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
            UnreadKind::Picture,
        ),
        (
            "a PDF of a message",
            b"%PDF-1.7\n%\xe2\xe3".to_vec(),
            UnreadKind::Pdf,
        ),
        (
            "a PDF that calls itself a message",
            attach(OCTETS, &base64(b"%PDF-1.7\n%\xe2\xe3")),
            UnreadKind::Pdf,
        ),
        (
            "a part of a message",
            attach("Content-Type: message/partial; id=1; number=1", b"x"),
            UnreadKind::Partial,
        ),
    ] {
        let found = opinion(&bytes, None).await;
        assert!(
            found.unread.iter().any(|unread| unread.kind == kind),
            "{name}: {:?}",
            found.unread
        );
        assert!(
            found.signs.iter().any(|(sign, _)| *sign == Sign::Unread),
            "{name}: {:?}",
            found.signs
        );
        assert!(
            matches!(
                found.verdict,
                MessageVerdict::Unknown | MessageVerdict::Suspicious
            ),
            "{name}: {:?}",
            found.verdict
        );
    }
    // The covering message is signed by an official sender: its signature says nothing of what is
    // unread.
    let mail = Mail {
        attachment: Some("m.msg"),
        signed: true,
        ..BLANK
    };
    let found = opinion(&mail.bytes(), None).await;
    assert_eq!(
        found.verdict,
        MessageVerdict::Genuine,
        "words in a file: {:?} {:?}",
        found.signs,
        found.unread
    );
    assert!(
        found.signs.contains(&(Sign::NotOpened, "m.msg".to_owned())),
        "{:?}",
        found.signs
    );
}

#[tokio::test]
async fn a_genuine_message_in_the_hands_of_a_fraud_makes_it_no_better() {
    let genuine = signed();
    for (name, from, text, verdict) in [
        (
            "says it is official",
            "Portail Emploi <info@portail.fr>",
            "Voir ci-joint.",
            MessageVerdict::Unknown,
        ),
        (
            "looks official",
            "Portail Emploi <info@portai1.fr>",
            "Voir ci-joint.",
            MessageVerdict::Fraud,
        ),
        (
            "takes the name",
            "Portail Emploi <x@vol.example>",
            "Voir ci-joint.",
            MessageVerdict::Suspicious,
        ),
        (
            "asks",
            "x@vol.example",
            "Répondez avec votre numéro de carte.",
            MessageVerdict::Suspicious,
        ),
        (
            "leads to a look-alike",
            "x@vol.example",
            "https://portail-connexion.example/",
            MessageVerdict::Fraud,
        ),
    ] {
        let found = opinion(&carrier(from, text, &[(EML, &genuine)]), None).await;
        assert_eq!(found.verdict, verdict, "{name}: {:?}", found.signs);
    }
    // With nothing against the carrier, the answer is about the attached message, and says so.
    let found = opinion(&carrier(LEA, "voir PJ", &[(EML, &genuine)]), None).await;
    assert_eq!(
        (found.verdict, found.about),
        (MessageVerdict::Genuine, Some(1))
    );
    assert!(
        found
            .signs
            .contains(&(Sign::CarrierUnproven, "lea@exemple.org".to_owned())),
        "{:?}",
        found.signs
    );
}

#[tokio::test]
async fn the_signature_of_whoever_forwards_says_nothing_of_what_is_forwarded() {
    let quoting = |from: &str| {
        format!(
            "Qu'en dites-vous ?\n\nDe : {from}\nEnvoyé : vendredi\nObjet : Dossier\n\nRappelez-moi."
        )
    };
    let official = quoting("Portail Emploi <info@portail.fr>");
    let mail = Mail {
        signed: true,
        text: &official,
        ..BLANK
    }
    .bytes();
    let found = opinion(&mail, None).await;
    assert_eq!(found.verdict, MessageVerdict::Unknown, "{:?}", found.signs);
    assert!(
        found
            .signs
            .iter()
            .any(|(sign, _)| *sign == Sign::QuotedUnproven),
        "{:?}",
        found.signs
    );
    // An agent's own signed question is not the message that the desk judges.
    let other = quoting("Ali <ali@centre.example>");
    let mail = Mail {
        signed: true,
        text: &other,
        ..BLANK
    }
    .bytes();
    assert_eq!(
        judged(&mail, None, SubmissionWay::Forwarded).await.verdict,
        MessageVerdict::Unknown
    );
    let looks = quoting("Portail Emploi <info@portai1.fr>");
    let mail = Mail {
        signed: true,
        text: &looks,
        ..BLANK
    }
    .bytes();
    assert_eq!(
        judged(&mail, None, SubmissionWay::Forwarded).await.verdict,
        MessageVerdict::Fraud
    );
}

#[tokio::test]
async fn several_senders_are_never_genuine() {
    for name in ["attached/two_From.eml", "attached/two_From_rev.eml"] {
        let found = opinion(&file(name), None).await;
        assert!(
            matches!(
                found.verdict,
                MessageVerdict::Suspicious | MessageVerdict::Fraud
            ),
            "{name}: {:?}",
            found.signs
        );
        assert!(
            found
                .signs
                .iter()
                .any(|(sign, _)| *sign == Sign::SeveralSenders),
            "{name}: {:?}",
            found.signs
        );
    }
    let signed = String::from_utf8(signed()).unwrap();
    for (name, changed) in [
        (
            "before",
            format!("From: Voleur <x@vol.example>\r\n{signed}"),
        ),
        (
            "in one line",
            signed.replace(
                "<info@portail.fr>\r\nTo",
                "<info@portail.fr>, x@vol.example\r\nTo",
            ),
        ),
        (
            "below",
            signed.replace("\r\nTo: ", "\r\nFrom: Voleur <x@vol.example>\r\nTo: "),
        ),
        (
            "the same",
            format!("From: Portail Emploi <info@portail.fr>\r\n{signed}"),
        ),
        (
            "with a space",
            format!("From : Voleur <x@vol.example>\r\n{signed}"),
        ),
        ("another subject", format!("Subject: Payez ici\r\n{signed}")),
        (
            "another answer",
            format!("Reply-To: x@vol.example\r\n{signed}"),
        ),
        (
            "another type",
            format!("Content-Type: text/html\r\nContent-Type: text/plain\r\n{signed}"),
        ),
    ] {
        let found = opinion(changed.as_bytes(), None).await;
        assert_ne!(
            found.verdict,
            MessageVerdict::Genuine,
            "{name}: {:?}",
            found.signs
        );
    }
}
