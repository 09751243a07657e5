//! Bounces (RFC 3464): which notice was not delivered, and why.
//!
//! Reports arrive in a Maildir. A report identifies its notice by the address that it was sent to,
//! or by the `Message-ID` that it quotes; both contain the notice's code, which cannot be guessed,
//! so that a forged report marks nothing. The status is kept, and no address; the person must be
//! reached by other means.

use std::path::Path;

use digue_app::{App, OperationError};
use digue_mail::maildir::{self, MessageReading};
use digue_response::code::Code;
use digue_store::NoticeRecord;

/// The largest report that is read.
const REPORT_BYTES_MAX: u64 = 1 << 20;
/// Files read in one call.
const REPORTS: usize = 500;

/// Stored where the report gives no status: "other or undefined" (RFC 3463, 3.1).
const NO_STATUS: &str = "5.0.0";

/// The failed delivery of one notice.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NoticeReturn {
    code: Code,
    /// The status code (RFC 3463), such as `5.1.1`; `None` when the report gives none that can be
    /// read.
    status: Option<String>,
}

/// Reads the reports that have arrived; returns how many notices bounced.
pub async fn read_due(app: &App) -> Result<u64, OperationError> {
    let Some(folder) = digue_mail::mailer(app)
        .and_then(|mailer| mailer.returns_folder())
        .map(Path::to_path_buf)
    else {
        return Ok(0);
    };
    let reports = maildir::waiting(app, folder, REPORT_BYTES_MAX, REPORTS).await?;
    let mut returned = 0;
    for (path, bytes) in reports {
        let report = bytes.as_deref().and_then(self::returned);
        if let Some(report) = &report
            && let Some(notice) = app.store().notice_by_code(report.code.bits()).await?
            // Only what was handed to a server can return; a report about another one is late or
            // forged.
            && matches!(notice.state.as_str(), "sent" | "uncertain")
        {
            let now = app.clock().now();
            let NoticeRecord {
                campaign, number, ..
            } = notice;
            let status = report.status.as_deref().unwrap_or(NO_STATUS);
            app.store()
                .set_notice(&campaign, number, "returned", status, now)
                .await?;
            returned += 1;
        }
        // Moved also when it was not understood, so that it is not read again; it is then for a
        // person.
        maildir::set_aside(app, path, MessageReading::of(report.as_ref())).await?;
    }
    Ok(returned)
}

/// The notice of a report of final failure; `None` for delays and anything else.
fn returned(bytes: &[u8]) -> Option<NoticeReturn> {
    let report = digue_messages::returned::returned(bytes)?;
    let mut codes = report
        .names
        .iter()
        .filter_map(|name| code_of_address(name).or_else(|| code_of_id(name)));
    let code = codes.next()?;
    // A notice has one recipient; where its address stands for several, one of them that failed is
    // enough to reach the person by other means.
    let status = report
        .failures
        .into_iter()
        .find_map(|failure| failure.status);
    Some(NoticeReturn { code, status })
}

/// The code in `retours+7k3m-9qxt-2bvn-r@exemple.fr`.
fn code_of_address(address: &str) -> Option<Code> {
    let (local, _) = address.rsplit_once('@')?;
    let (_, code) = local.rsplit_once('+')?;
    Code::parse(code).ok()
}

/// The code in `ca-….7K3M-9QXT-2BVN-R@exemple.fr`.
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
            assert_eq!(
                read,
                Some(NoticeReturn {
                    code,
                    status: Some("5.1.1".to_owned())
                }),
                "{to} {quoted}"
            );
        }
    }

    #[test]
    fn a_server_that_gave_up_after_days_is_a_return() {
        let text = report("retours@exemple.fr", "failed", "4.4.7", "message/rfc822");
        assert_eq!(
            returned(text.as_bytes()).unwrap().status.as_deref(),
            Some("4.4.7")
        );
    }

    #[test]
    fn a_delay_another_letter_and_hostile_bytes_are_no_return() {
        for (action, status) in [
            ("delayed", "4.4.1"),
            ("relayed", "2.0.0"),
            ("delivered", "2.0.0"),
        ] {
            let text = report("retours@exemple.fr", action, status, "message/rfc822");
            assert_eq!(returned(text.as_bytes()), None, "{action} {status}");
        }
        let nested = format!(
            "Content-Type: multipart/report; boundary=b\r\n\r\n{}",
            "--b\r\nContent-Type: message/rfc822\r\n\r\n".repeat(5000)
        );
        for bytes in [
            &b""[..],
            b"\xff\xfe\0",
            nested.as_bytes(),
            b"Subject: conges\r\n\r\nAbsent",
        ] {
            assert_eq!(returned(bytes), None);
        }
    }
}
