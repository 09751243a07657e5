//! The rows of `data/0.1.0/rows.sql` as their readers must see them after every migration: what was
//! empty or zero is absent, and nothing else changed.

use digue_access::decide::Reduction;
use digue_access::session::{ClientIp, Device};
use digue_access::{AccountRecord, ApiKey, KeyProof, Reach, RequestOrigin, Role, Session};
use digue_store::{
    AlertChannel, ApiKeyRecord, ApprovalDecision, ApprovalRecord, Attempts, BreakGlassRecord,
    CampaignRecord, CheckRecord, ConnectionRecord, EntryRecord, FileRecord, FindingQuery,
    FindingRecord, FindingVerdict, GateRecord, HiddenRecord, IdentityRecord, IncidentRecord,
    KnownPerson, MailRecord, NoticeRecord, OrganisationRecord, PasskeyRecord, PasswordRecord,
    PreferenceRecord, ProviderSession, RecoveryRecord, ReportRecord, RequestRecord, ReviewLine,
    ReviewRecord, RevisionRecord, Store, SwitchRecord, UnconfirmedRecord,
};
use digue_types::{Gate, GateReason, OrganisationId, PortalId, SessionId, Subject, Timestamp};

use crate::{NOON, account};

const ZERO: Timestamp = Timestamp::ZERO;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(NOON.micros() + micros)
}

fn organisation(name: &str) -> OrganisationId {
    OrganisationId::parse(name).unwrap()
}

fn portal() -> PortalId {
    PortalId::parse("kairos").unwrap()
}

fn session_id(name: &str) -> SessionId {
    SessionId::parse(name).unwrap()
}

fn person(name: &str) -> KnownPerson {
    KnownPerson {
        population: "personnes".into(),
        person: name.into(),
    }
}

pub(crate) async fn holds_the_records_of_before(store: &Store) {
    accounts(store).await;
    restrictions(store).await;
    sessions(store).await;
    credentials(store).await;
    acts(store).await;
    findings(store).await;
    incidents(store).await;
    notices(store).await;
    isms(store).await;
    persons(store).await;
    settings(store).await;
}

async fn accounts(store: &Store) {
    let record = |of: &str, role, is_suspended| AccountRecord {
        organisation: organisation(of),
        role,
        is_suspended,
    };
    let expected = [
        (account("marie"), record("of-1", Role::Agent, true)),
        (account("paul"), record("of-2", Role::Deputy, false)),
        (account("prog"), record("of-2", Role::Agent, false)),
        (account("rssi"), record("op", Role::Ciso, false)),
    ];
    assert_eq!(store.accounts().await.unwrap(), expected);
    let named = |id: &str, name: &str, email: &str| OrganisationRecord {
        id: organisation(id),
        name: name.into(),
        email: email.into(),
    };
    let expected = [
        // It had no row, and an account.
        named("of-1", "of-1", ""),
        named("of-2", "Deux", ""),
        named("of-3", "Sans compte", ""),
        named("op", "Opérateur", "op@exemple.fr"),
    ];
    assert_eq!(store.organisations().await.unwrap(), expected);
    assert_eq!(
        store.contacts().await.unwrap(),
        [(account("marie"), "marie@exemple.fr".to_owned())].into()
    );
}

async fn restrictions(store: &Store) {
    let gate = |reach, gate, reason: &str, by: &str, micros| GateRecord {
        reach,
        gate,
        reason: GateReason::parse(reason),
        set_by: account(by),
        set_at: at(micros),
    };
    let of_account = |name: &str| Reach::Account(account(name));
    let expected = [
        // What restricts an account that does not exist stays: it may come.
        gate(
            of_account("gone"),
            Gate::Closed,
            "vol d'ordinateur",
            "digue",
            0,
        ),
        gate(of_account("marie"), Gate::Closed, "quarantine", "rssi", 0),
        gate(of_account("prog"), Gate::Closed, "quarantine", "rssi", 1),
        gate(Reach::Everything, Gate::StepUp, "", "rssi", 0),
    ];
    assert_eq!(store.gates().await.unwrap(), expected);
    let reduction = |percent| Reduction {
        percent,
        until: at(9),
    };
    let expected = [
        (account("gone"), reduction(5)),
        (account("marie"), reduction(10)),
    ];
    assert_eq!(store.reductions(at(8)).await.unwrap(), expected.into());
    let unconfirmed = |of: &str, asked: &str, granted: &str, micros| UnconfirmedRecord {
        account: account(of),
        asked_by: asked.into(),
        granted_by: granted.into(),
        email: String::new(),
        handed_by: String::new(),
        invited_at: ZERO,
        since: at(micros),
    };
    let expected = [
        unconfirmed("marie", "paul", "rssi", 0),
        unconfirmed("prog", "", "", 1),
    ];
    assert_eq!(store.unconfirmed().await.unwrap(), expected);
    for (of, device, expected) in [
        (
            "marie",
            "d1",
            Some(Attempts {
                failures: 0,
                failed_at: ZERO,
            }),
        ),
        (
            "nobody",
            "",
            Some(Attempts {
                failures: 5,
                failed_at: at(0),
            }),
        ),
        (
            "paul",
            "",
            Some(Attempts {
                failures: 2,
                failed_at: at(0),
            }),
        ),
        ("paul", "d1", None),
    ] {
        assert_eq!(
            store.attempts(&account(of), device).await.unwrap(),
            expected,
            "{of} {device}"
        );
    }
}

async fn sessions(store: &Store) {
    let session = |id: &str, of: &str, from: &str, micros| Session {
        id: session_id(id),
        account: account(of),
        organisation: organisation(from),
        host: "portail.test".into(),
        opened_at: at(micros),
        seen_at: at(micros),
        proved_at: ZERO,
        origin: RequestOrigin {
            ip: ClientIp::Unknown,
            agent: String::new(),
            tls: String::new(),
        },
        other_ip: ClientIp::Unknown,
        device: None,
    };
    let bound = Session {
        proved_at: at(1),
        origin: RequestOrigin {
            ip: ClientIp::read("192.0.2.1"),
            agent: "Firefox".into(),
            tls: "a_b".into(),
        },
        device: Some(Device {
            key: "{}".into(),
            cookie: [0x77; 32],
            until: at(9),
            before: None,
        }),
        ..session("s2", "paul", "of-2", 1)
    };
    let expected = [
        ([0x11; 32], session("s1", "marie", "of-1", 0)),
        ([0x22; 32], bound),
    ];
    assert_eq!(store.sessions().await.unwrap(), expected);
    let owed = ProviderSession {
        session: session_id("s2"),
        provider: "proconnect".into(),
        identity: "i1".into(),
        sid: String::new(),
        sealed_token: "scellé".into(),
    };
    assert_eq!(
        store.provider_session(&session_id("s2")).await.unwrap(),
        Some(owed)
    );
    assert!(
        store
            .accounts_of_provider_session("")
            .await
            .unwrap()
            .is_empty(),
        "no name is nobody's name"
    );
    for (token, of, state, proved_at) in [
        ([0xaa; 32], "marie", "", ZERO),
        ([0xbb; 32], "paul", "cd", at(0)),
    ] {
        let link = store.peek_link(&token, at(8)).await.unwrap().unwrap();
        assert_eq!(
            (link.account, link.state.as_str(), link.proved_at),
            (account(of), state, proved_at)
        );
        assert_eq!(
            (link.host.as_str(), link.expires_at),
            ("portail.test", at(9))
        );
    }
    let connection = ConnectionRecord {
        session: session_id("s1"),
        account: account("marie"),
        at: at(0),
        host: "portail.test".into(),
        ip: String::new(),
        agent: String::new(),
        means: "link".into(),
    };
    assert_eq!(
        store
            .connections_of(&account("marie"), "hand-over", 9)
            .await
            .unwrap(),
        [connection]
    );
}

async fn credentials(store: &Store) {
    let first = PasskeyRecord {
        id: "k1".into(),
        account: account("marie"),
        handle: "h1".into(),
        name: "téléphone".into(),
        credential: "{}".into(),
        counter: 0,
        is_backed_up: true,
        added_at: at(0),
        used_at: ZERO,
    };
    let second = PasskeyRecord {
        id: "k2".into(),
        account: account("paul"),
        handle: "h2".into(),
        name: String::new(),
        counter: u32::MAX,
        is_backed_up: false,
        used_at: at(1),
        ..first.clone()
    };
    assert_eq!(store.passkey("k1").await.unwrap(), Some(first));
    assert_eq!(store.passkey("k2").await.unwrap(), Some(second));
    let password = PasswordRecord {
        account: account("paul"),
        hash: "$argon2id$".into(),
        totp: "scellé".into(),
        totp_step: 0,
        changed_at: at(0),
    };
    assert_eq!(
        store.password_of(&account("paul")).await.unwrap(),
        Some(password)
    );
    assert_eq!(
        store.password_holders().await.unwrap(),
        [account("paul")].into()
    );
    assert_eq!(
        store.recovery_codes_left(&account("paul")).await.unwrap(),
        1
    );
    let identity = IdentityRecord {
        hash: "i1".into(),
        account: account("paul"),
        provider: "proconnect".into(),
        linked_at: at(0),
        used_at: ZERO,
    };
    assert_eq!(
        store.identities_of(&account("paul")).await.unwrap(),
        [identity]
    );
    let key = ApiKey {
        id: session_id("y1"),
        account: account("prog"),
        proof: KeyProof::Signed("t".into()),
        expires_at: at(9),
    };
    let record = ApiKeyRecord {
        secret: [0x66; 32],
        key,
        name: String::new(),
        added_at: at(0),
    };
    assert_eq!(store.keys().await.unwrap(), [record]);
}

async fn acts(store: &Store) {
    let approval = |id: &str, subject: &str, micros| ApprovalRecord {
        id: id.into(),
        kind: "open-gate".into(),
        subject: Subject::parse(subject).canonical(),
        detail: "open".into(),
        organisation: organisation("op"),
        reason: "fini".into(),
        asked_by: account("rssi"),
        asked_at: at(micros),
        expires_at: at(9),
        decided: None,
    };
    let decided = |is_granted| {
        Some(ApprovalDecision {
            by: account("rssi"),
            at: at(5),
            is_granted,
        })
    };
    let expected = [
        ApprovalRecord {
            kind: "add-accounts".into(),
            detail: String::new(),
            reason: String::new(),
            organisation: organisation("of-1"),
            asked_by: account("paul"),
            decided: decided(true),
            ..approval("ap-1", "account:marie", 4)
        },
        ApprovalRecord {
            reason: "retrouvé".into(),
            organisation: organisation("of-1"),
            asked_by: account("paul"),
            decided: decided(false),
            ..approval("ap-2", "account:marie", 3)
        },
        // A claim, whose process has died.
        approval("ap-3", "everything:", 2),
        approval("ap-4", "portal:kairos", 1),
    ];
    assert_eq!(store.approvals().await.unwrap(), expected);
    let recovery = RecoveryRecord {
        id: "re-1".into(),
        account: account("gone"),
        since: at(0),
        reason: "ordinateur volé".into(),
        asked_by: account("paul"),
        granted_by: account("rssi"),
        granted_at: at(1),
    };
    assert_eq!(store.recoveries().await.unwrap(), [recovery]);
    let glass = |id: &str, of: &str, micros, reviewed| BreakGlassRecord {
        id: id.into(),
        portal: portal(),
        account: account(of),
        justification: "urgence".into(),
        opened_at: at(micros),
        until: at(9),
        reviewed,
    };
    let expected = [
        glass("b1", "gone", 0, None),
        glass("b2", "marie", -1, Some((account("rssi"), at(1)))),
    ];
    assert_eq!(store.break_glass().await.unwrap(), expected);
    let first = MailRecord {
        id: "m1".into(),
        recipient: "a@exemple.fr".into(),
        kind: "confirmed".into(),
        account: account("gone"),
        detail: String::new(),
        tries: 0,
        next_at: at(0),
        expires_at: at(9),
    };
    let second = MailRecord {
        id: "m2".into(),
        recipient: "b@exemple.fr".into(),
        kind: "digest".into(),
        account: account("rssi"),
        detail: "1 2".into(),
        tries: u32::MAX,
        next_at: at(1),
        ..first.clone()
    };
    assert_eq!(store.mails().await.unwrap(), [first, second]);
}

async fn findings(store: &Store) {
    let finding = |id: &str, micros| FindingRecord {
        id: id.parse().unwrap(),
        at: at(micros),
        account: None,
        organisation: organisation("of-1"),
        portal: portal(),
        weight: "alert".into(),
        evidence: -3000,
        signals: "[]".into(),
        around: String::new(),
        persons: 0,
        action: "observe".into(),
        intended: "observe".into(),
        is_fused: false,
        verdict: None,
    };
    let verdict = |is_theft, reason: &str| {
        Some(FindingVerdict {
            is_theft,
            by: account("rssi"),
            at: at(4),
            reason: reason.into(),
        })
    };
    let expected = [
        finding("fi-1", 2),
        FindingRecord {
            account: Some(account("gone")),
            organisation: organisation("of-2"),
            weight: "containment".into(),
            evidence: 4210,
            persons: 40,
            action: "close-account".into(),
            intended: "close-portal".into(),
            verdict: verdict(true, ""),
            ..finding("fi-2", 1)
        },
        FindingRecord {
            account: Some(account("marie")),
            evidence: 10,
            persons: 1,
            action: "lower-budget".into(),
            intended: "step-up".into(),
            verdict: verdict(false, "un inventaire"),
            ..finding("fi-3", 0)
        },
    ];
    assert_eq!(
        store
            .findings_of(&FindingQuery::default(), 9)
            .await
            .unwrap(),
        expected
    );
    for channel in AlertChannel::ALL {
        let untold = store.untold_findings(channel, 9).await.unwrap();
        assert_eq!(untold, expected[..1], "what was sent is not sent again");
    }
}

async fn incidents(store: &Store) {
    let incident = |id: &str, number, journal| IncidentRecord {
        id: id.into(),
        number,
        opened_at: at(0),
        journal,
    };
    assert_eq!(
        store.incidents().await.unwrap(),
        [incident("in-2", 2, 7), incident("in-1", 1, 0)]
    );
    let first = EntryRecord {
        incident: "in-1".into(),
        number: 1,
        at: at(0),
        recorded_at: at(0),
        author: "rssi".into(),
        note: "{}".into(),
    };
    let second = EntryRecord {
        number: 2,
        at: at(1),
        recorded_at: at(2),
        author: "digue".into(),
        note: "{\"l'heure\":1}".into(),
        ..first.clone()
    };
    assert_eq!(store.incident_entries("").await.unwrap(), [first, second]);
    let file = FileRecord {
        subject: "incident:in-1".into(),
        hash: "ab".into(),
        name: String::new(),
        size: 3,
        kept_at: at(0),
        kept_by: account("rssi"),
    };
    assert_eq!(store.files("incident:in-1").await.unwrap(), [file]);
    assert_eq!(
        store.file_bytes("incident:in-1", "ab").await.unwrap(),
        Some(vec![0, 255, 7])
    );
}

async fn notices(store: &Store) {
    let first = CampaignRecord {
        id: "ca-1".into(),
        incident: "in-1".into(),
        version: 1,
        made_at: at(1),
        made_by: account("marie"),
        state: "preparing".into(),
        language: "fr".into(),
        subject: "Vos données".into(),
        blocks: "{}".into(),
        rate: 60,
        ended_at: ZERO,
        after: 0,
        source: "csv".into(),
        persons: 2,
        faults: "[]".into(),
    };
    let second = CampaignRecord {
        id: "ca-2".into(),
        version: 2,
        made_at: at(0),
        made_by: account("rssi"),
        state: "ended".into(),
        language: "fr-easy".into(),
        subject: String::new(),
        rate: 1,
        ended_at: at(5),
        after: 1,
        source: "query".into(),
        persons: 0,
        ..first.clone()
    };
    assert_eq!(store.campaigns().await.unwrap(), [first, second]);
    let first = NoticeRecord {
        campaign: "ca-1".into(),
        number: 1,
        code: 1 << 59,
        population: "personnes".into(),
        person: "P1".into(),
        seen: "{}".into(),
        channel: "mail".into(),
        destination: "p1@exemple.fr".into(),
        masked: "p•••@e•••.fr".into(),
        hash: "ab".into(),
        state: "waiting".into(),
        at: at(0),
        detail: String::new(),
        checks: 0,
        places: String::new(),
    };
    let second = NoticeRecord {
        number: 2,
        code: (1 << 59) + 1,
        person: "P2".into(),
        channel: "none".into(),
        destination: String::new(),
        masked: String::new(),
        hash: "cd".into(),
        state: "unreached".into(),
        checks: 3,
        places: "abcdefgh".into(),
        ..first.clone()
    };
    let third = NoticeRecord {
        campaign: "ca-2".into(),
        code: 0,
        channel: "letter".into(),
        destination: String::new(),
        masked: "P•••".into(),
        hash: "ef".into(),
        state: "returned".into(),
        detail: "5.1.1".into(),
        ..first.clone()
    };
    for notice in [first, second, third] {
        assert_eq!(
            store.notice_by_code(notice.code).await.unwrap(),
            Some(notice)
        );
    }
}

async fn isms(store: &Store) {
    let first = RevisionRecord {
        kind: "measure".into(),
        id: "ME-1".into(),
        number: 1,
        at: at(0),
        author: "rssi".into(),
        is_over: false,
        content: "{}".into(),
    };
    let second = RevisionRecord {
        number: 2,
        at: at(1),
        is_over: true,
        ..first.clone()
    };
    assert_eq!(store.all_revisions().await.unwrap(), [first, second]);
    let result = |micros, content: &str, hash: &str| CheckRecord {
        name: "passkeys".into(),
        at: at(micros),
        content: content.into(),
        hash: hash.into(),
    };
    let expected = [result(1, "", ""), result(0, "{}", "h1")];
    assert_eq!(store.check_results("passkeys", 9).await.unwrap(), expected);
    let switch = SwitchRecord {
        name: "passkeys".into(),
        author: "rssi".into(),
        reason: "migration".into(),
        until: at(9),
    };
    assert_eq!(store.check_switches().await.unwrap(), [switch]);
    let review = |id: &str, title: &str, opened, due, closed_at| ReviewRecord {
        id: id.into(),
        title: title.into(),
        opened_at: at(opened),
        opened_by: account("rssi"),
        due_at: at(due),
        closed_at,
    };
    let expected = [
        review("rv-1", "2025", 0, 9, ZERO),
        review("rv-2", "2024", -9, -5, at(-4)),
    ];
    assert_eq!(store.reviews().await.unwrap(), expected);
    let open = ReviewLine {
        review: "rv-1".into(),
        account: account("marie"),
        organisation: organisation("of-1"),
        facts: "{}".into(),
        decision: String::new(),
        decided_by: String::new(),
        decided_at: ZERO,
        reason: String::new(),
    };
    let decided = ReviewLine {
        review: "rv-2".into(),
        account: account("gone"),
        organisation: organisation("of-2"),
        facts: String::new(),
        decision: "suspend".into(),
        decided_by: "rssi".into(),
        decided_at: at(-6),
        reason: String::new(),
    };
    assert_eq!(store.review_lines("rv-1").await.unwrap(), [open]);
    assert_eq!(store.review_lines("rv-2").await.unwrap(), [decided]);
}

async fn persons(store: &Store) {
    let report = ReportRecord {
        id: "mr-1".into(),
        at: at(0),
        reporter: String::new(),
        verdict: "fraud".into(),
        signs: String::new(),
        look_alikes: String::new(),
        published_at: ZERO,
    };
    let published = ReportRecord {
        id: "mr-2".into(),
        at: at(1),
        reporter: "marie".into(),
        verdict: "genuine".into(),
        signs: "looks-like".into(),
        look_alikes: "exemp1e.fr".into(),
        published_at: at(2),
    };
    assert_eq!(store.reports(9).await.unwrap(), [published.clone(), report]);
    assert_eq!(store.published_reports(9).await.unwrap(), [published]);
    let opened = RequestRecord::opened("rq-1".into(), person("P1"), "access", at(0));
    let answered = RequestRecord {
        entry: 42,
        account: "marie".into(),
        reason: String::new(),
        text: "Je ne sais pas.".into(),
        extended_at: at(2),
        extended_why: "dossier complexe".into(),
        answered_at: at(3),
        answered_by: "rssi".into(),
        outcome: "explained".into(),
        ..RequestRecord::opened("rq-2".into(), person("P1"), "contest", at(1))
    };
    assert_eq!(store.requests().await.unwrap(), [opened, answered]);
    let first = PreferenceRecord {
        whose: person("P1"),
        sealed_email: "scellé".into(),
        language: "fr".into(),
        first_visits: true,
        monthly: false,
        told_entry: 0,
        digest_at: ZERO,
    };
    let second = PreferenceRecord {
        whose: person("P2"),
        language: "en".into(),
        first_visits: false,
        monthly: true,
        told_entry: 7,
        digest_at: at(0),
        ..first.clone()
    };
    assert_eq!(store.preferences().await.unwrap(), [first, second]);
    let first = HiddenRecord {
        id: "hd-1".into(),
        reach: Reach::Account(account("marie")),
        from: at(0),
        to: at(1),
        reason: "enquête".into(),
        set_by: account("rssi"),
        set_at: at(2),
        until: at(9),
        lifted_at: ZERO,
    };
    let second = HiddenRecord {
        id: "hd-2".into(),
        reach: Reach::Organisation(organisation("of-2")),
        set_at: at(1),
        lifted_at: at(3),
        ..first.clone()
    };
    assert_eq!(store.hidden().await.unwrap(), [first, second]);
}

async fn settings(store: &Store) {
    assert_eq!(store.caseload_version().await.unwrap(), Some(7));
    assert_eq!(store.digest_at().await.unwrap(), Some(at(0)));
    assert_eq!(
        store.journal_head().await.unwrap().as_deref(),
        Some("digue.test\n3\nAAAA\n")
    );
    let caseload = "caseload:personnes";
    assert_eq!(store.last_replacement(caseload).await.unwrap(), Some(5));
    assert_eq!(
        store.file_digests(caseload).await.unwrap(),
        ["a".repeat(64), "b".repeat(64)]
    );
    assert_eq!(
        store.file_digests("aliases:kairos").await.unwrap(),
        ["c".repeat(64)]
    );
    let program = account("prog");
    assert_eq!(store.feed(&program, caseload).await.unwrap(), Some(500));
    assert_eq!(
        store.feed(&program, "aliases:kairos").await.unwrap(),
        Some(0)
    );
    let loads = store.feed_loads(&program, caseload, ZERO).await.unwrap();
    assert_eq!(loads, [(at(0), 10), (at(1), 20)]);
    let portal = "portal:kairos".to_owned();
    assert_eq!(
        store.wanted_rules(&portal).await.unwrap().as_deref(),
        Some("")
    );
    let granted = store.granted_rules().await.unwrap();
    assert_eq!(
        granted,
        [(portal, "[portal]\nid = \"kairos\"\n".to_owned())]
    );
    let (of_1, of_2) = (organisation("of-1"), organisation("of-2"));
    assert_eq!(
        store.assessment_draft(&of_1).await.unwrap().as_deref(),
        Some("{\"a\":[\"b\"]}")
    );
    assert_eq!(store.assessment_draft(&of_2).await.unwrap(), None);
    assert_eq!(
        store.partners_known().await.unwrap(),
        [(of_2.clone(), at(0))].into()
    );
    assert_eq!(
        store.partners_reminded().await.unwrap(),
        [(of_2, at(1))].into()
    );
}
