//! Bounces: delivery status reports of mail servers (RFC 3464).

use mail_parser::{MessagePart, MimeHeaders as _, PartType};

use crate::shape;

/// A report that a message could not be delivered, finally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BounceReport {
    /// Status code of RFC 3463, such as `5.1.1`.
    pub status: String,
    /// The addresses to which the report was sent, then the `Message-ID`s that it quotes: both identify the
    /// notice.
    pub names: Vec<String>,
}

/// Reads a report of final failure; `None` for a delay or any other message.
pub fn returned(bytes: &[u8]) -> Option<BounceReport> {
    let message = shape::parsed(bytes)?;
    let status = message.parts.iter().filter(|part| is(part, "message", "delivery-status"));
    let status = status.filter_map(|part| failed(&String::from_utf8_lossy(part.contents()))).next()?;
    let quoted = message.parts.iter().filter_map(|part| match &part.body {
        PartType::Message(quoted) => quoted.message_id().map(ToOwned::to_owned),
        _ if is(part, "text", "rfc822-headers") => {
            let headers = shape::headers(part.contents())?;
            headers.message_id().map(ToOwned::to_owned)
        }
        _ => None,
    });
    let back = message.to().into_iter().flat_map(|to| to.iter()).filter_map(|to| to.address.as_deref());
    let names = back.map(ToOwned::to_owned).chain(quoted).collect();
    Some(BounceReport { status, names })
}

fn is(part: &MessagePart<'_>, kind: &str, subtype: &str) -> bool {
    part.content_type().is_some_and(|known| {
        known.c_type.eq_ignore_ascii_case(kind)
            && known.c_subtype.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(subtype))
    })
}

/// The status of the first recipient, when its delivery failed for good.
fn failed(report: &str) -> Option<String> {
    let field = |name: &str| {
        report.lines().filter_map(|line| line.split_once(':')).find_map(|(known, value)| {
            known.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let status: String =
        field("status")?.chars().take_while(|sign| sign.is_ascii_digit() || *sign == '.').collect();
    let is_final = field("action")?.eq_ignore_ascii_case("failed") && status.starts_with("5.");
    // The longest status of RFC 3463, `5.` and two numbers of three digits, is shorter.
    (is_final && status.len() <= 11).then_some(status)
}
