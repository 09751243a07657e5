//! `Received` lines in the formats of common servers: whatever they say, nothing is genuine without
//! a signature.

use digue_messages::{MessageVerdict, Sign};

use crate::mail::opinion;

/// Each server's line about a machine: `IP` stands for its address, `HELO` for the name it gives
/// itself.
const SERVERS: [(&str, &str); 11] = [
    (
        "Postfix",
        "from HELO (rdns.example [IP])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n\t\
         by mx.moi.example (Postfix) with ESMTPS id 4; Sat, 28 Nov 2026 01:00:00 +0000",
    ),
    (
        "Exim, no name",
        "from [IP] (helo=HELO)\r\n\tby mx.moi.example with esmtp (Exim 4.96)\r\n\t(envelope-from <info@portail.fr>) \
         id 1; Sat, 28 Nov 2026 01:00:00 +0000",
    ),
    (
        "Exim, a name",
        "from rdns.example ([IP]:51234 helo=HELO)\r\n\tby mx.moi.example with esmtps (TLS1.3) (Exim 4.97) id 1; \
         Sat, 28 Nov 2026 01:00:00 +0000",
    ),
    (
        "Exchange",
        "from HELO (IP) by EX1.moi.local\r\n (10.0.0.4) with Microsoft SMTP Server (version=TLS1_2,\r\n \
         cipher=TLS_ECDHE) id 15.2.1544.4; Sat, 28 Nov 2026 01:00:00 +0000",
    ),
    (
        "Microsoft 365",
        "from HELO (IP) by\r\n AM5EUR03FT012.mail.protection.outlook.com (10.152.16.150) with Microsoft SMTP\r\n \
         Server (version=TLS1_3) id 15.20.9160.10 via Frontend Transport; Sat, 28 Nov 2026 01:00:00 +0000",
    ),
    (
        "Gmail",
        "from HELO (rdns.example. [IP])\r\n        by mx.google.com with ESMTPS id 5b1f17b1804b1\r\n        for \
         <lea@gmail.example>\r\n        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n        \
         Fri, 27 Nov 2026 17:00:00 -0800 (PST)",
    ),
    (
        "Yahoo",
        "from IP (EHLO HELO)\r\n by 10.1.2.3 with SMTPs\r\n (version=TLS1_3); Sat, 28 Nov 2026 01:00:00 +0000",
    ),
    (
        "iCloud",
        "from HELO (rdns.example [IP])\r\n\tby p00-icloudmta-smtpin-us-east-1a (Postfix) with ESMTPS id 12\r\n\tfor \
         <l@icloud.example>; Sat, 28 Nov 2026 01:00:00 +0000 (UTC)",
    ),
    (
        "iCloud, earlier",
        "from HELO ( [IP])\r\n by ms11p00im (Oracle Communications Messaging Server 8.0.2)\r\n with ESMTPS id \
         <0@ms11p00im>; Sat, 28 Nov 2026 01:00:00 +0000 (GMT)",
    ),
    (
        "Sendmail",
        "from HELO (rdns.example [IP] (may be forged))\r\n\tby mx.moi.example (8.17.1/8.17.1) with ESMTP id 4; Sat, \
         28 Nov 2026 01:00:00 +0000",
    ),
    (
        "qmail",
        "from unknown (HELO HELO) (IP)\r\n  by 0 with SMTP; 28 Nov 2026 01:00:00 -0000",
    ),
];

/// A machine of the official domain, and a foreign one.
const OWN: &str = "192.0.2.25";
const OTHER: &str = "203.0.113.9";

fn line(way: &str, ip: &str, helo: &str) -> String {
    // qmail also writes the word `HELO`: replace the last one.
    let (before, after) = way.rsplit_once("HELO").unwrap();
    format!(
        "Received: {}\r\n",
        format!("{before}{helo}{after}").replace("IP", ip)
    )
}

fn unsigned(lines: &[String]) -> Vec<u8> {
    format!(
        "Return-Path: <info@portail.fr>\r\n{}From: Portail Emploi <info@portail.fr>\r\nTo: lea@exemple.org\r\n\
         Subject: Votre rendez-vous\r\nDate: Sat, 28 Nov 2026 01:00:00 +0000\r\nMessage-ID: <1@portail.fr>\r\n\r\n\
         Bonjour, votre nouveau rendez-vous est le 3.\r\n",
        lines.concat()
    )
    .into_bytes()
}

#[tokio::test]
async fn the_machine_that_each_server_names_is_compared_with_the_senders_records() {
    for (server, way) in SERVERS {
        let honest = opinion(&unsigned(&[line(way, OWN, "smtp.portail.fr")]), None).await;
        assert_eq!(
            honest.verdict,
            MessageVerdict::Unknown,
            "{server}: {:?}",
            honest.signs
        );
        assert!(
            honest.signs.iter().any(|(sign, _)| *sign == Sign::SentFrom),
            "{server}: {:?}",
            honest.signs
        );
        assert!(
            honest.signs.iter().all(|(sign, _)| *sign != Sign::Proven),
            "{server}"
        );
        for helo in ["smtp.portail.fr", "[192.0.2.25]"] {
            let foreign = opinion(&unsigned(&[line(way, OTHER, helo)]), None).await;
            assert_eq!(
                foreign.verdict,
                MessageVerdict::Fraud,
                "{server}, {helo}: {:?}",
                foreign.signs
            );
            assert!(
                foreign
                    .signs
                    .iter()
                    .any(|(sign, _)| *sign == Sign::SentElsewhere),
                "{server}, {helo}"
            );
        }
    }
}

#[tokio::test]
async fn lines_that_a_forger_wrote_beneath_make_nothing_genuine() {
    for (server, way) in SERVERS {
        for (_, made_up) in SERVERS {
            let lines = [
                line(way, OTHER, "smtp.portail.fr"),
                line(made_up, OWN, "smtp.portail.fr"),
            ];
            let found = opinion(&unsigned(&lines), None).await;
            assert!(
                matches!(
                    found.verdict,
                    MessageVerdict::Unknown | MessageVerdict::Fraud
                ),
                "{server}: {:?} {:?}",
                found.verdict,
                found.signs
            );
            assert!(
                found.signs.iter().all(|(sign, _)| *sign != Sign::SentFrom),
                "{server}: {:?}",
                found.signs
            );
        }
    }
}

#[tokio::test]
async fn a_line_that_is_not_understood_says_nothing_and_hides_nothing() {
    let odd = [
        "Received: somewhere, some time\r\n".to_owned(),
        "Received: from a b c by d; x\r\n".to_owned(),
        "Received: from x (y [203.0.113.9]) (z [192.0.2.25]) by d; x\r\n".to_owned(),
        "Received: from x ((y [192.0.2.25]) by d; x\r\n".to_owned(),
        "Received:\r\n".to_owned(),
    ];
    for first in odd {
        let lines = [first.clone(), line(SERVERS[0].1, OWN, "smtp.portail.fr")];
        let found = opinion(&unsigned(&lines), None).await;
        assert_eq!(
            found.verdict,
            MessageVerdict::Unknown,
            "{first}: {:?}",
            found.signs
        );
        assert!(
            found.signs.iter().all(|(sign, _)| *sign != Sign::SentFrom),
            "{first}: {:?}",
            found.signs
        );
    }
}

#[tokio::test]
async fn machines_within_the_readers_own_network_are_nobodys() {
    let within = "Received: from ex1.moi.local (10.0.0.4) by ex2.moi.local (10.0.0.5) with Microsoft SMTP Server id 15; x\r\n";
    let gmail = "Received: by 2002:a05:6402:1a:b0:1 with SMTP id 4csp1; x\r\n";
    for above in [within, gmail] {
        let alone = opinion(&unsigned(&[above.to_owned()]), None).await;
        assert_eq!(
            alone.verdict,
            MessageVerdict::Unknown,
            "{above}: {:?}",
            alone.signs
        );
        let foreign = opinion(
            &unsigned(&[above.to_owned(), line(SERVERS[5].1, OTHER, "x.example")]),
            None,
        )
        .await;
        assert_eq!(
            foreign.verdict,
            MessageVerdict::Fraud,
            "{above}: {:?}",
            foreign.signs
        );
    }
}
