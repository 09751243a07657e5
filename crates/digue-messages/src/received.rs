//! Parses `Received` lines (RFC 5321, 4.4): the machine that delivered a message, as seen by the
//! server that wrote the line. The name that a machine gives itself (HELO) is never taken for an
//! address.
//!
//! Servers write these lines in different formats. A line that is not understood ends the parsing:
//! lines below it may be a forger's. Version 0.1.0 skipped such a line, took the forger's line
//! below for the reader's own server, and called a forged message genuine.

use core::net::IpAddr;

/// Honest messages pass through fewer servers.
const HOPS_MAX: usize = 20;
const LINE_BYTES_MAX: usize = 4096;

/// One step of a message, as its line describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceivedHop {
    /// Received from another machine.
    Machine { ip: IpAddr, helo: String },
    /// A step within one server: the line names no other machine.
    Within,
}

/// Where parsing of the lines ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ChainEnd {
    /// Every line was parsed.
    #[default]
    Whole,
    /// The next line is not understood; it and those below prove nothing.
    Unreadable,
}

/// The steps of a message, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReceivedChain {
    pub hops: Vec<ReceivedHop>,
    pub end: ChainEnd,
}

/// Parses lines in the order of the message, up to the first that is not understood.
pub fn chain<'l>(lines: impl Iterator<Item = &'l [u8]>) -> ReceivedChain {
    let mut hops = Vec::new();
    for line in lines {
        // Beyond the limit the chain is unreadable rather than complete: a forger must not push a
        // line out of sight.
        let hop = (hops.len() < HOPS_MAX)
            .then(|| core::str::from_utf8(line).ok().and_then(hop))
            .flatten();
        let Some(hop) = hop else {
            return ReceivedChain {
                hops,
                end: ChainEnd::Unreadable,
            };
        };
        hops.push(hop);
    }
    ReceivedChain {
        hops,
        end: ChainEnd::Whole,
    }
}

/// True for addresses of private networks, which no SPF record names: RFC 1918, RFC 6598
/// (100.64.0.0/10), RFC 4193, loopback and link-local.
pub fn is_internal(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            let is_shared = first == 100 && second & 0xC0 == 64;
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || is_shared
        }
        IpAddr::V6(ip) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
        }
    }
}

enum ReceivedToken {
    Word(String),
    Comment(String),
}

impl ReceivedToken {
    fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own.eq_ignore_ascii_case(word))
    }
}

/// Parses one line; `None` when it is not understood or is ambiguous.
pub fn hop(line: &str) -> Option<ReceivedHop> {
    let tokens = tokens(line)?;
    match tokens.as_slice() {
        [first, ReceivedToken::Word(claimed), rest @ ..] if first.is_word("from") => {
            from(claimed, rest)
        }
        // Gmail, Postfix: a step within the server.
        [first, rest @ ..] if first.is_word("by") => rest
            .iter()
            .all(|token| !token.is_word("from"))
            .then_some(ReceivedHop::Within),
        [ReceivedToken::Comment(text)] if text.starts_with("qmail ") => Some(ReceivedHop::Within),
        _ => None,
    }
}

/// `claimed` is the name that the machine gave itself, or, with Exim and Yahoo, its address.
fn from(claimed: &str, rest: &[ReceivedToken]) -> Option<ReceivedHop> {
    // Two `by` are ambiguous: the first may be part of a HELO that imitates a line.
    let mut ends = rest
        .iter()
        .enumerate()
        .filter(|(_, token)| token.is_word("by"));
    let (end, _) = ends.next()?;
    if ends.next().is_some() {
        return None;
    }
    let mut addresses: Vec<IpAddr> = Vec::new();
    let mut helo = None;
    for token in &rest[..end] {
        // A word where a comment belongs: an unknown format, or a HELO with spaces.
        let ReceivedToken::Comment(text) = token else {
            return None;
        };
        let (found, said) = comment(text);
        addresses.extend(found);
        helo = helo.or(said);
    }
    if end == 0 && is_delivered(&rest[1..]) {
        return Some(ReceivedHop::Within);
    }
    // Some servers write the address as the machine's name, too.
    addresses.dedup();
    let ip = match (addresses.as_slice(), &helo) {
        ([ip], _) => *ip,
        // `from [203.0.113.9] (helo=x)`, `from 203.0.113.9 (EHLO x)`: the HELO is in the comment,
        // so the first word is the address that the server saw.
        ([], Some(_)) => address(claimed)?,
        _ => return None,
    };
    Some(ReceivedHop::Machine {
        ip,
        helo: helo.unwrap_or_else(|| claimed.trim_matches(['[', ']']).to_owned()),
    })
}

/// True for delivery into a mailbox or from a local program: no other machine was involved.
fn is_delivered(after_by: &[ReceivedToken]) -> bool {
    let mut words = after_by
        .iter()
        .skip_while(|token| !token.is_word("with"))
        .skip(1);
    words.next().is_some_and(|how| {
        ["lmtp", "lmtps", "lmtpa", "lmtpsa", "local"]
            .iter()
            .any(|word| how.is_word(word))
    })
}

/// The addresses in a comment, and the HELO. Values of `helo=` and `ident=` come from the sender
/// and never count as addresses.
fn comment(text: &str) -> (Vec<IpAddr>, Option<String>) {
    let (mut addresses, mut helo, mut is_said) = (Vec::new(), None, false);
    for word in text.split_whitespace() {
        let small = word.to_ascii_lowercase();
        if is_said {
            helo = Some(word.to_owned());
            is_said = false;
        } else if matches!(small.as_str(), "helo" | "ehlo" | "lhlo") {
            is_said = true;
        } else if small.starts_with("helo=") {
            helo = Some(word[5..].to_owned());
        } else if !small.starts_with("ident=") {
            addresses.extend(address(word.trim_matches(['(', ')'])));
        }
    }
    (addresses, helo)
}

/// `[203.0.113.9]`, `[IPv6:2001:db8::1]`, `[203.0.113.9]:2525`, `203.0.113.9`, `fe80::1%6`.
fn address(word: &str) -> Option<IpAddr> {
    let inner = match word.strip_prefix('[') {
        Some(rest) => in_brackets(rest)?,
        None => word,
    };
    let inner = match inner.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("ipv6:") => &inner[5..],
        _ => inner,
    };
    let inner = inner.split_once('%').map_or(inner, |(inner, _)| inner);
    // `::ffff:203.0.113.9` is the IPv4 address, by which SPF records name it.
    inner.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

/// What stands before the closing bracket, with nothing or a port after it.
fn in_brackets(rest: &str) -> Option<&str> {
    let (inner, port) = rest.split_once(']')?;
    let is_port = port
        .strip_prefix(':')
        .is_some_and(|port| port.parse::<u16>().is_ok());
    (port.is_empty() || is_port).then_some(inner)
}

/// Words and comments up to the date; `None` when parentheses are unbalanced.
fn tokens(line: &str) -> Option<Vec<ReceivedToken>> {
    if line.len() > LINE_BYTES_MAX {
        return None;
    }
    let (mut tokens, mut text, mut depth) = (Vec::new(), String::new(), 0_u32);
    let mut signs = line.chars();
    while let Some(sign) = signs.next() {
        match (sign, depth) {
            ('(', _) => {
                if depth == 0 {
                    push_word(&mut tokens, &mut text);
                } else {
                    text.push(sign);
                }
                depth += 1;
            }
            // An unbalanced parenthesis may close a comment that the server opened: what follows
            // would be the sender's own words.
            (')', 0) => return None,
            (')', 1) => {
                tokens.push(ReceivedToken::Comment(
                    core::mem::take(&mut text).trim().to_owned(),
                ));
                depth = 0;
            }
            (')', _) => {
                text.push(sign);
                depth -= 1;
            }
            // What follows is the date.
            (';', 0) => break,
            ('\\', _) => text.extend(signs.next()),
            (sign, 0) if sign.is_whitespace() => push_word(&mut tokens, &mut text),
            (sign, _) => text.push(sign),
        }
    }
    if depth > 0 {
        return None;
    }
    push_word(&mut tokens, &mut text);
    Some(tokens)
}

fn push_word(tokens: &mut Vec<ReceivedToken>, text: &mut String) {
    if !text.is_empty() {
        tokens.push(ReceivedToken::Word(core::mem::take(text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(ip: &str, helo: &str) -> Option<ReceivedHop> {
        Some(ReceivedHop::Machine {
            ip: ip.parse().unwrap(),
            helo: helo.to_owned(),
        })
    }

    #[test]
    fn every_servers_way_names_the_machine_that_it_saw() {
        for (line, ip, helo) in [
            // Postfix
            (
                "from smtp.a.fr (mx.a.fr [203.0.113.9])\r\n\t(using TLSv1.3 with cipher X (256/256 bits))\r\n\t(Client did not present a certificate)\r\n\tby mx.moi.example (Postfix) with ESMTPS id 4; Sat",
                "203.0.113.9",
                "smtp.a.fr",
            ),
            (
                "from a.fr (unknown [IPv6:2001:db8::9]) by mx (Postfix) with ESMTP id 1; Sat",
                "2001:db8::9",
                "a.fr",
            ),
            // Exim
            (
                "from [203.0.113.9] (helo=smtp.a.fr)\n by mx with esmtp (Exim 4.96) id 1; Sat",
                "203.0.113.9",
                "smtp.a.fr",
            ),
            (
                "from mx.a.fr ([203.0.113.9]:51234 helo=smtp.a.fr) by mx with esmtps (TLS1.3) (Exim 4.97) id 1; Sat",
                "203.0.113.9",
                "smtp.a.fr",
            ),
            (
                "from mx.a.fr ([203.0.113.9]) by mx with esmtp (Exim 4.97) id 1; Sat",
                "203.0.113.9",
                "mx.a.fr",
            ),
            // Exchange, Microsoft 365
            (
                "from AM0PR01MB1.eurprd01.prod.exchangelabs.com (2603:10a6:208::1) by DB9.eurprd01.prod.outlook.com (2603:10a6:10::2) with Microsoft SMTP Server (version=TLS1_2) id 15.20; Sat",
                "2603:10a6:208::1",
                "AM0PR01MB1.eurprd01.prod.exchangelabs.com",
            ),
            (
                "from EX1.moi.local ([fe80::1c6d:2]) by EX2.moi.local ([fe80::1%6]) with mapi id 15.02; Sat",
                "fe80::1c6d:2",
                "EX1.moi.local",
            ),
            (
                "from smtp.a.fr (203.0.113.9) by AM5.mail.protection.outlook.com (10.152.16.150) with Microsoft SMTP Server id 15.20; Sat",
                "203.0.113.9",
                "smtp.a.fr",
            ),
            // Gmail
            (
                "from smtp.a.fr (smtp.a.fr. [203.0.113.9])\r\n        by mx.google.com with ESMTPS id x\r\n        for <lea@gmail.example>\r\n        (version=TLS1_3 cipher=X bits=256/256);\r\n        Sat",
                "203.0.113.9",
                "smtp.a.fr",
            ),
            // Yahoo
            (
                "from 203.0.113.9 (EHLO smtp.a.fr)\n by 10.1.2.3 with SMTPs; Sat",
                "203.0.113.9",
                "smtp.a.fr",
            ),
            // iCloud
            (
                "from smtp.a.fr (smtp.a.fr [203.0.113.9])\tby p00-icloudmta-smtpin (Postfix) with ESMTPS id 1\tfor <l@icloud.example>; Sat",
                "203.0.113.9",
                "smtp.a.fr",
            ),
            (
                "from st11p00 ( [203.0.113.9]) by ms11 (Oracle Communications Messaging Server 8.0) with ESMTPS id <0@x>; Sat",
                "203.0.113.9",
                "st11p00",
            ),
            // Sendmail, qmail
            (
                "from smtp.a.fr (smtp.a.fr [203.0.113.9] (may be forged)) by mx (8.17.1/8.17.1) with ESMTP id 1; Sat",
                "203.0.113.9",
                "smtp.a.fr",
            ),
            (
                "from unknown (HELO smtp.a.fr) (203.0.113.9) by 0 with SMTP; Sat",
                "203.0.113.9",
                "smtp.a.fr",
            ),
        ] {
            assert_eq!(hop(line), machine(ip, helo), "{line}");
        }
        for line in [
            "by 2002:a05:6402:1a:b0:1 with SMTP id 4csp1; Sat",
            "by mx.moi.example (Postfix, from userid 1000) id 1; Sat",
            "(qmail 12 invoked by uid 0); Sat",
            "from mx.moi.example by imap.moi.example with LMTP id x (envelope-from <a@b.fr>) for <c@d.fr>; Sat",
            "from list by mx.moi.example with local (Exim 4.96) id 1; Sat",
        ] {
            assert_eq!(hop(line), Some(ReceivedHop::Within), "{line}");
        }
    }

    #[test]
    fn what_a_machine_calls_itself_is_no_address() {
        for line in [
            "from [192.0.2.25] (unknown [203.0.113.9]) by mx (Postfix) with ESMTP id 1; Sat",
            "from [203.0.113.9] (helo=[192.0.2.25]) by mx with esmtp (Exim 4.96) id 1; Sat",
            "from mx.a.fr ([203.0.113.9] helo=[192.0.2.25] ident=[192.0.2.25]) by mx with esmtp id 1; Sat",
            "from 203.0.113.9 (EHLO [192.0.2.25]) by 10.1.2.3 with SMTPs; Sat",
        ] {
            assert!(
                matches!(hop(line), Some(ReceivedHop::Machine { ip, .. }) if ip.to_string() == "203.0.113.9"),
                "{line}"
            );
        }
        for line in [
            "from [192.0.2.25] by mx with SMTP; Sat",
            "from 192.0.2.25 by mx with SMTP; Sat",
            "from a (mail.portail.fr [192.0.2.25]) (unknown [203.0.113.9]) by mx (Postfix); Sat",
            "from a ([192.0.2.25]) by b ([203.0.113.9]) by mx with SMTP; Sat",
            "from a b ([192.0.2.25]) by mx; Sat",
            "from a (x [192.0.2.25] by mx; Sat",
            "from a (x [192.0.2.25])",
            "by mx from a ([192.0.2.25]); Sat",
            "from a (x [192.0.2.25:25]) by mx; Sat",
            "",
            ";",
        ] {
            assert_eq!(hop(line), None, "{line}");
        }
    }

    #[test]
    fn a_line_that_is_not_understood_ends_the_chain() {
        let good = "from smtp.a.fr (smtp.a.fr [192.0.2.25]) by mx (Postfix) with ESMTPS id 9; Sat";
        let read = chain(["someone was here", good].map(str::as_bytes).into_iter());
        assert_eq!(
            read,
            ReceivedChain {
                hops: Vec::new(),
                end: ChainEnd::Unreadable
            }
        );
        let read = chain([good, "\u{fffd} from", good].map(str::as_bytes).into_iter());
        assert_eq!((read.hops.len(), read.end), (1, ChainEnd::Unreadable));
        let read = chain(core::iter::repeat_n(good.as_bytes(), HOPS_MAX + 1));
        assert_eq!(
            (read.hops.len(), read.end),
            (HOPS_MAX, ChainEnd::Unreadable)
        );
    }
}
