//! What mail servers send back (RFC 3464): which notice did not arrive, and why.
//!
//! A report lands in a folder (Maildir) that the operator's mail is delivered to. It names its notice
//! by the address that it was sent back to, or by the `Message-ID` that it quotes; both hold a code
//! that nobody guesses. The status is kept and no address; the person is to be reached otherwise.

use std::path::{Path, PathBuf};

use digue_response::code::Code;
use digue_store::NoticeRecord;
use mail_parser::{MessageParser, MessagePart, MimeHeaders as _, PartType};

use crate::error::OperationError;
use crate::house::House;

/// A report that quotes more than this quotes too much.
const REPORT_BYTES_MAX: u64 = 1 << 20;
/// Files read at a time.
const REPORTS: usize = 500;

/// What a report says of one notice.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Returned {
    code: Code,
    /// RFC 3463: `5.1.1`.
    status: String,
}

/// Reads the reports that arrived; how many notices came back.
pub async fn read_due(house: &House) -> Result<u64, OperationError> {
    let Some(folder) = house.mailer().and_then(|mailer| mailer.returns_folder()).map(Path::to_path_buf)
    else {
        return Ok(0);
    };
    let unavailable = |error: &dyn ToString| OperationError::Unavailable(error.to_string());
    let read = tokio::task::spawn_blocking(move || read_folder(&folder)).await;
    let reports = read.map_err(|error| unavailable(&error))?.map_err(|error| unavailable(&error))?;
    let mut returned = 0;
    for (path, report) in reports {
        if let Some(report) = &report
            && let Some(notice) = house.store.notice_by_code(report.code.bits()).await?
            && matches!(notice.state.as_str(), "sent" | "uncertain")
        {
            let now = house.clock.now();
            let NoticeRecord { campaign, number, .. } = notice;
            house.store.set_notice(&campaign, number, "returned", &report.status, now).await?;
            returned += 1;
        }
        // Read, or for somebody to read: it does not come up again.
        set_aside(&path, report.is_some()).map_err(|error| unavailable(&error))?;
    }
    Ok(returned)
}

fn read_folder(folder: &Path) -> std::io::Result<Vec<(PathBuf, Option<Returned>)>> {
    let mut reports = Vec::new();
    for entry in std::fs::read_dir(folder.join("new"))?.take(REPORTS) {
        let entry = entry?;
        if !entry.file_type()?.is_file() {
            continue;
        }
        let is_short = entry.metadata()?.len() <= REPORT_BYTES_MAX;
        let report = if is_short { returned(&std::fs::read(entry.path())?) } else { None };
        reports.push((entry.path(), report));
    }
    Ok(reports)
}

/// From `new` to `cur`, as Maildir has it: `S` for seen.
fn set_aside(path: &Path, is_seen: bool) -> std::io::Result<()> {
    let folder = path.parent().and_then(Path::parent).unwrap_or(path).join("cur");
    std::fs::create_dir_all(&folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    std::fs::rename(path, folder.join(format!("{name}:2,{}", if is_seen { "S" } else { "" })))
}

/// The notice of a report that says for good that it did not arrive; a delay is not the end.
fn returned(bytes: &[u8]) -> Option<Returned> {
    let message = MessageParser::default().parse(bytes)?;
    let status = message.parts.iter().filter(|part| is(part, "message", "delivery-status"));
    let status = status.filter_map(|part| failed(&String::from_utf8_lossy(part.contents()))).next()?;
    let quoted = message.parts.iter().filter_map(|part| match &part.body {
        PartType::Message(quoted) => quoted.message_id().map(ToOwned::to_owned),
        _ if is(part, "text", "rfc822-headers") => {
            let headers = MessageParser::default().parse_headers(part.contents())?;
            headers.message_id().map(ToOwned::to_owned)
        }
        _ => None,
    });
    let back = message.to().into_iter().flat_map(|to| to.iter()).filter_map(|to| to.address.as_deref());
    let mut codes = back.filter_map(code_of_address).chain(quoted.filter_map(|id| code_of_id(&id)));
    let code = codes.next()?;
    Some(Returned { code, status })
}

fn is(part: &MessagePart<'_>, kind: &str, subtype: &str) -> bool {
    part.content_type().is_some_and(|known| {
        known.c_type.eq_ignore_ascii_case(kind)
            && known.c_subtype.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(subtype))
    })
}

/// The status of the first recipient that was given up.
fn failed(report: &str) -> Option<String> {
    let field = |name: &str| {
        report.lines().filter_map(|line| line.split_once(':')).find_map(|(known, value)| {
            known.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let status: String =
        field("status")?.chars().take_while(|sign| sign.is_ascii_digit() || *sign == '.').collect();
    let is_final = field("action")?.eq_ignore_ascii_case("failed") && status.starts_with("5.");
    (is_final && status.len() <= 11).then_some(status)
}

/// `retours+7k3m-9qxt-2bvn-r@exemple.fr`.
fn code_of_address(address: &str) -> Option<Code> {
    let (local, _) = address.rsplit_once('@')?;
    let (_, code) = local.rsplit_once('+')?;
    Code::parse(code).ok()
}

/// `ca-….7K3M-9QXT-2BVN-R@exemple.fr`.
fn code_of_id(id: &str) -> Option<Code> {
    let (local, _) = id.rsplit_once('@')?;
    let (_, code) = local.rsplit_once('.')?;
    Code::parse(code).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(to: &str, action: &str, status: &str, quoted: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example\r\nTo: {to}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nNo such user.\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
             Final-Recipient: rfc822; un@example.fr\r\nAction: {action}\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; 550 <un@example.fr> unknown\r\n\r\n\
             --b\r\nContent-Type: {quoted}\r\n\r\nMessage-ID: <ca-1.{}@exemple.fr>\r\nSubject: Avis\r\n\r\n\
             --b--\r\n",
            Code::of([7; 8])
        )
    }

    #[test]
    fn a_failure_is_read_by_its_address_or_by_what_it_quotes() {
        let code = Code::of([7; 8]);
        let by_address = format!("retours+{}@exemple.fr", code.to_string().to_lowercase());
        for (to, quoted) in [
            (by_address.as_str(), "text/plain"),
            ("retours@exemple.fr", "text/rfc822-headers"),
            ("retours@exemple.fr", "message/rfc822"),
        ] {
            let read = returned(report(to, "failed", "5.1.1 (no such user)", quoted).as_bytes());
            assert_eq!(read, Some(Returned { code, status: "5.1.1".to_owned() }), "{to} {quoted}");
        }
    }

    #[test]
    fn a_delay_another_letter_and_hostile_bytes_are_no_return() {
        for (action, status) in [("delayed", "4.4.1"), ("failed", "4.2.2"), ("delivered", "2.0.0")] {
            let text = report("retours@exemple.fr", action, status, "message/rfc822");
            assert_eq!(returned(text.as_bytes()), None, "{action} {status}");
        }
        let nested = format!(
            "Content-Type: multipart/report; boundary=b\r\n\r\n{}",
            "--b\r\nContent-Type: message/rfc822\r\n\r\n".repeat(5000)
        );
        for bytes in [&b""[..], b"\xff\xfe\0", nested.as_bytes(), b"Subject: conges\r\n\r\nAbsent"] {
            assert_eq!(returned(bytes), None);
        }
    }
}
