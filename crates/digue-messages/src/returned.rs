//! Bounces: delivery status reports of mail servers (RFC 3464).

use mail_parser::{MessagePart, MimeHeaders as _, PartType};

use crate::shape;

/// A report that a message could not be delivered to one recipient or more, finally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BounceReport {
    /// The recipients that it was not delivered to, in the order of the report; never empty.
    pub failures: Vec<RecipientFailure>,
    /// The addresses to which the report was sent, then the `Message-ID`s that it quotes: both
    /// identify the notice.
    pub names: Vec<String>,
}

/// A recipient to whom the mail server no longer tries to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientFailure {
    /// Status code of RFC 3463, such as `5.1.1`, or `4.4.7` after days of attempts; `None` when the
    /// report has none that can be read.
    pub status: Option<String>,
}

/// Reads a report of final failure; `None` for delays, for deliveries, or for any other message.
pub fn returned(bytes: &[u8]) -> Option<BounceReport> {
    let message = shape::parsed(bytes)?;
    let reports = message
        .parts
        .iter()
        .filter(|part| is(part, "message", "delivery-status"));
    let failures: Vec<RecipientFailure> = reports
        .flat_map(|part| failures(&String::from_utf8_lossy(part.contents())))
        .collect();
    if failures.is_empty() {
        return None;
    }
    let quoted = message.parts.iter().filter_map(quoted_id);
    // The address comes first: servers are free not to quote the message.
    let back = message
        .to()
        .into_iter()
        .flat_map(|to| to.iter())
        .filter_map(|to| to.address.as_deref());
    let names = back.map(ToOwned::to_owned).chain(quoted).collect();
    Some(BounceReport { failures, names })
}

/// The id of the message that a part gives back, whole or by its headers.
fn quoted_id(part: &MessagePart<'_>) -> Option<String> {
    match &part.body {
        PartType::Message(quoted) => quoted.message_id().map(ToOwned::to_owned),
        _ if is(part, "text", "rfc822-headers") => {
            let headers = shape::headers(part.contents())?;
            headers.message_id().map(ToOwned::to_owned)
        }
        _ => None,
    }
}

fn is(part: &MessagePart<'_>, kind: &str, subtype: &str) -> bool {
    part.content_type().is_some_and(|known| {
        known.c_type.eq_ignore_ascii_case(kind)
            && known
                .c_subtype
                .as_deref()
                .is_some_and(|known| known.eq_ignore_ascii_case(subtype))
    })
}

/// The failures among the recipients of a report: its groups of fields are separated by blank
/// lines, the first describes the message and each further one a recipient (RFC 3464, 2.1).
fn failures(report: &str) -> Vec<RecipientFailure> {
    let lines: Vec<&str> = report.lines().collect();
    lines
        .split(|line| line.trim().is_empty())
        .filter_map(failure)
        .collect()
}

/// The failure of one recipient. `failed` means that no further attempt is made, whatever the class
/// of the status: servers give up on temporary faults with a status of class 4 (RFC 3464, 2.3.3).
fn failure(fields: &[&str]) -> Option<RecipientFailure> {
    // A line that begins with white space continues the one above it.
    let own_lines = fields.iter().filter(|line| !line.starts_with([' ', '\t']));
    let own_fields: Vec<_> = own_lines.filter_map(|line| line.split_once(':')).collect();
    let field = |name: &str| {
        let mut fields = own_fields.iter();
        let found = fields.find(|(known, _)| known.trim().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    };
    let action = field("action")?
        .split(|sign: char| !sign.is_ascii_alphabetic())
        .next()
        .unwrap_or_default();
    action
        .eq_ignore_ascii_case("failed")
        .then(|| RecipientFailure {
            status: field("status").and_then(status_code),
        })
}

/// `5.1.1` of `5.1.1 (no such user)`: a class and two numbers of up to three digits (RFC 3463, 2).
fn status_code(text: &str) -> Option<String> {
    let end = text
        .find(|sign: char| !sign.is_ascii_digit() && sign != '.')
        .unwrap_or(text.len());
    let code = &text[..end];
    let parts: Vec<&str> = code.split('.').collect();
    let [class, subject, detail] = parts[..] else {
        return None;
    };
    let is_number = |part: &str| (1..=3).contains(&part.len());
    (matches!(class, "4" | "5") && is_number(subject) && is_number(detail)).then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statuses of the failures in a report with these groups of fields.
    fn statuses(groups: &[&str]) -> Option<Vec<Option<String>>> {
        let report = format!(
            "From: MAILER-DAEMON@mx.example\r\nTo: retours@exemple.fr\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n{}\r\n\
             --b--\r\n",
            groups.join("\r\n\r\n")
        );
        let report = returned(report.as_bytes())?;
        Some(
            report
                .failures
                .into_iter()
                .map(|failure| failure.status)
                .collect(),
        )
    }

    const DELIVERED: &str =
        "Final-Recipient: rfc822; un@example.fr\r\nAction: relayed\r\nStatus: 2.0.0";
    const DELAYED: &str =
        "Final-Recipient: rfc822; deux@example.fr\r\nAction: delayed\r\nStatus: 4.4.1";
    const FAILED: &str = "Final-Recipient: rfc822; trois@example.fr\r\nAction: failed (lasting)\r\nStatus: 5.1.1 (no user)";
    const EXPIRED: &str =
        "Final-Recipient: rfc822; quatre@example.fr\r\nAction: Failed\r\nStatus: 4.4.7";

    fn codes(codes: &[&str]) -> Option<Vec<Option<String>>> {
        Some(codes.iter().map(|code| Some((*code).to_owned())).collect())
    }

    #[test]
    fn every_recipient_of_a_report_is_read() {
        assert_eq!(statuses(&[FAILED]), codes(&["5.1.1"]));
        assert_eq!(statuses(&[DELIVERED, DELAYED, FAILED]), codes(&["5.1.1"]));
        assert_eq!(
            statuses(&[EXPIRED, DELIVERED, FAILED]),
            codes(&["4.4.7", "5.1.1"])
        );
        assert_eq!(statuses(&[DELIVERED, DELAYED]), None);
        assert_eq!(statuses(&[]), None);
    }

    #[test]
    fn fields_belong_to_their_own_recipient() {
        // The second has no status, and does not borrow the one of the first.
        let bare = "Final-Recipient: rfc822; cinq@example.fr\r\nAction: failed";
        assert_eq!(statuses(&[DELIVERED, bare]), Some(vec![None]));
        assert_eq!(
            statuses(&[&format!("{bare}\r\nStatus: unknown")]),
            Some(vec![None])
        );
        assert_eq!(
            statuses(&[&format!("{bare}\r\nStatus: 5.1234.1")]),
            Some(vec![None])
        );
        // A diagnostic that quotes a field on a line of its own.
        let quoting = "Action: delayed\r\nDiagnostic-Code: smtp; 450 try later\r\n Action: failed";
        assert_eq!(statuses(&[quoting]), None);
    }
}
