//! Reports as the systems of Debian 12 wrote them; Proxmox's by its published types.

use super::*;

const RESTIC: &str = include_str!("../../tests/reports/restic-0.14.0.json");
const BORG: &str = include_str!("../../tests/reports/borg-1.2.4.json");
const PGBACKREST: &str = include_str!("../../tests/reports/pgbackrest-2.45.json");
const PGBACKREST_WITHOUT_STANZA: &str =
    include_str!("../../tests/reports/pgbackrest-2.45-empty.json");
const PROXMOX: &str = include_str!("../../tests/reports/proxmox.json");

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

fn of(format: ReportFormat, text: &str) -> ReportStanding {
    ReportStanding::of(format, text, &paris()).unwrap()
}

fn secs(text: &str) -> i64 {
    Timestamp::parse_rfc3339(text).unwrap().secs()
}

#[test]
fn each_system_is_read_in_its_own_words() {
    let restic = ReportStanding::Made {
        at_secs: secs("2026-11-29T01:50:11Z"),
        bytes: None,
    };
    assert_eq!(of(ReportFormat::Restic, RESTIC), restic);
    let pgbackrest = ReportStanding::Made {
        at_secs: 1_795_916_907,
        bytes: Some(22_992_584),
    };
    assert_eq!(of(ReportFormat::PgBackRest, PGBACKREST), pgbackrest);
    // The running one at the end is none yet.
    let proxmox = ReportStanding::Failed {
        last_secs: Some(1_795_912_000),
    };
    assert_eq!(of(ReportFormat::Proxmox, PROXMOX), proxmox);
}

#[test]
fn a_time_without_an_offset_is_of_the_operators_zone() {
    let made = ReportStanding::Made {
        at_secs: secs("2026-11-29T01:48:03Z"),
        bytes: None,
    };
    assert_eq!(of(ReportFormat::Borg, BORG), made);
    let of_borg_2 = BORG.replace(".000000\"", ".000000+01:00\"");
    assert_eq!(
        ReportStanding::of(ReportFormat::Borg, &of_borg_2, &TimeZone::UTC).unwrap(),
        made
    );
}

#[test]
fn an_archive_that_was_interrupted_is_none() {
    let interrupted = BORG.replace("\"name\": \"mardi\"", "\"name\": \"mardi.checkpoint\"");
    let made = ReportStanding::Made {
        at_secs: secs("2026-11-29T01:48:01Z"),
        bytes: None,
    };
    assert_eq!(of(ReportFormat::Borg, &interrupted), made);
}

#[test]
fn a_newer_failure_speaks_before_an_older_success() {
    let text = r#"{"backups": [
        {"at": "2026-11-28T02:00:00Z", "outcome": "made", "bytes": 12},
        {"at": "2026-11-29T02:00:00Z", "outcome": "failed"}]}"#;
    let failed = ReportStanding::Failed {
        last_secs: Some(secs("2026-11-28T02:00:00Z")),
    };
    assert_eq!(of(ReportFormat::Declared, text), failed);
    let at_once = text.replace("2026-11-28", "2026-11-29");
    assert!(matches!(
        of(ReportFormat::Declared, &at_once),
        ReportStanding::Failed { .. }
    ));
    let damaged = PGBACKREST.replace("\"error\":false", "\"error\":true");
    assert_eq!(
        of(ReportFormat::PgBackRest, &damaged),
        ReportStanding::Failed { last_secs: None }
    );
}

#[test]
fn a_report_of_nothing_is_empty_and_not_a_success() {
    assert_eq!(of(ReportFormat::Restic, "[]"), ReportStanding::Empty);
    assert_eq!(
        of(ReportFormat::Declared, r#"{"backups": []}"#),
        ReportStanding::Empty
    );
}

#[test]
fn what_is_not_in_its_form_is_no_report() {
    for format in ReportFormat::ALL {
        for text in ["", "null", "{}", "[{}]", "Fatal: unable to open repository"] {
            assert!(
                ReportStanding::of(format, text, &paris()).is_err(),
                "{format:?} {text}"
            );
        }
    }
    let complaint = ReportStanding::of(
        ReportFormat::PgBackRest,
        PGBACKREST_WITHOUT_STANZA,
        &paris(),
    );
    assert!(
        matches!(complaint, Err(ReportError::Complaint(said)) if said == "missing stanza path")
    );
    let invented = r#"{"backups": [{"at": "yesterday", "outcome": "made"}]}"#;
    assert!(ReportStanding::of(ReportFormat::Declared, invented, &paris()).is_err());
}

#[test]
fn each_format_has_a_code() {
    for format in ReportFormat::ALL {
        assert_eq!(ReportFormat::parse(format.code()), Some(format));
    }
}
