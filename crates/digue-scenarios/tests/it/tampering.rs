//! One stored value after the other is changed beside Digue, chosen at random: the comparison with
//! the journal names each, and nothing else once it is put back.

use std::process::Command;
use std::time::Duration;

use digue_access::Role;
use digue_app::{Actor, OperationError};
use digue_casework::incidents;
use digue_compliance::isms::{awareness, checks, exchange, measured, statement};
use digue_evidence::reading::EvidenceForm;
use digue_evidence::stored_records::{self, RecordDifference, StoredKind};
use digue_identity::person_sessions::SignedInPerson;
use digue_isms::check::{Check, NotRun};
use digue_isms::kinds::RegisterKind;
use digue_locales::Language;
use digue_response::incident::Source;
use digue_selfservice::persons::requests::{self, PersonRequest, RequestKind, RequestOutcome};
use digue_store::KnownPerson;
use digue_types::Subject;

use crate::app::{Home, Plan};
use crate::approvals::somebody;
use crate::isms::{add, give_reasons};

/// How many values are changed.
const CHANGES: u32 = 60;

/// Changes one value of one row, or takes the row away, and prints how to undo it. A letter or digit
/// becomes another one: what the text says changes, and not only its layout.
const BREAK: &str = r#"
import base64, json, random, sqlite3, sys
base = sqlite3.connect(sys.argv[1], timeout=30)
chance = random.Random(int(sys.argv[2]))
places = {
    'records': ['content', 'author'],
    'check_results': ['content'],
    'check_switches': ['reason', 'author'],
    'kept_files': ['bytes'],
    'person_requests': ['text', 'answer', 'person', 'answered_by'],
    'incident_entries': ['note', 'author'],
}
def other(sign):
    if sign.isdigit():
        return chance.choice([one for one in '0123456789' if one != sign])
    return chance.choice([one for one in 'abcdefghijklmnopqrstuvwxyz' if one != sign.lower()])
def encoded(value):
    return ['b', base64.b64encode(value).decode()] if isinstance(value, bytes) else ['v', value]
while True:
    table = chance.choice(sorted(places))
    rows = [row[0] for row in base.execute(f'SELECT rowid FROM {table} ORDER BY rowid')]
    if not rows:
        continue
    row = chance.choice(rows)
    if chance.random() < 0.15:
        names = ['rowid'] + [one[1] for one in base.execute(f'PRAGMA table_info({table})')]
        kept = base.execute(f'SELECT {", ".join(names)} FROM {table} WHERE rowid = ?', [row]).fetchone()
        base.execute(f'DELETE FROM {table} WHERE rowid = ?', [row])
        marks = ', '.join('?' for _ in names)
        undo = [f'INSERT INTO {table} ({", ".join(names)}) VALUES ({marks})', [encoded(one) for one in kept]]
        said = f'{table} {row} taken away'
        break
    column = chance.choice(places[table])
    old = base.execute(f'SELECT {column} FROM {table} WHERE rowid = ?', [row]).fetchone()[0]
    signs = [place for place, sign in enumerate(old) if isinstance(sign, int) or (sign.isascii() and sign.isalnum())]
    if not signs:
        continue
    place = chance.choice(signs)
    if isinstance(old, bytes):
        new = old[:place] + bytes([old[place] ^ (1 << chance.randrange(8))]) + old[place + 1:]
    else:
        new = old[:place] + other(old[place]) + old[place + 1:]
    base.execute(f'UPDATE {table} SET {column} = ? WHERE rowid = ?', [new, row])
    undo = [f'UPDATE {table} SET {column} = ? WHERE rowid = ?', [encoded(old), encoded(row)]]
    said = f'{table}.{column} {row} at {place}: {old!r:.200}'
    break
base.commit()
print(json.dumps({'said': said, 'undo': undo}))
"#;

const UNDO: &str = r"
import base64, json, sqlite3, sys
base = sqlite3.connect(sys.argv[1], timeout=30)
sql, values = json.loads(sys.argv[2])['undo']
base.execute(sql, [base64.b64decode(value) if kind == 'b' else value for kind, value in values])
base.commit()
";

fn run(home: &Home, script: &str, argument: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "./test says where its Python is")]
    let place = std::env::var("DIGUE_TEST_PYTHON");
    let python = place.map_or("python3".to_owned(), |place| format!("{place}/bin/python"));
    let file = home.folder().join("state.db");
    let done = Command::new(python)
        .args(["-c", script])
        .arg(file)
        .arg(argument)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    String::from_utf8(done.stdout).unwrap()
}

/// An operator with one of everything that is compared here.
async fn lived_in() -> Home {
    let home = Home::with(Plan {
        on_disk: true,
        ..Plan::default()
    })
    .await;
    let app = &home.app;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let agent = somebody(&home, "a1", "of-1", Role::Agent).await;
    let (today, later) = (home.today(0), home.today(300));
    let policy = [
        ("title", "Politique"),
        ("about", "policy"),
        ("edition", "1"),
        ("audience", "everybody"),
        ("approved-by", "directrice"),
        ("approved-on", today.as_str()),
    ];
    let policy = add(&home, &ciso, RegisterKind::Document, &policy).await;
    awareness::attach(
        app,
        &ciso,
        &policy,
        "politique.txt",
        b"Chacun ses dossiers.",
    )
    .await
    .unwrap();
    awareness::read(app, &agent, &policy).await.unwrap();
    let risk = [("title", "Vol"), ("likelihood", "2"), ("gravity", "2")];
    let risk = add(&home, &ciso, RegisterKind::Risk, &risk).await;
    let accepted = [
        ("risk", risk.as_str()),
        ("residual-likelihood", "2"),
        ("residual-gravity", "2"),
        ("justification", "le reste se supporte"),
        ("approver", "directrice"),
        ("accepted-on", today.as_str()),
        ("expires-on", later.as_str()),
    ];
    let accepted = add(&home, &ciso, RegisterKind::Acceptance, &accepted).await;
    let head = somebody(&home, "directrice", "op", Role::Auditor).await;
    let kind = RegisterKind::Acceptance;
    digue_compliance::isms::signatures::sign(app, &head, kind, &accepted, 1)
        .await
        .unwrap();
    for _ in 0..2 {
        for check in [Check::Lockout, Check::Dormant] {
            checks::run_one(app, check).await.unwrap();
        }
        home.clock.pass(Duration::from_hours(24 * 20));
    }
    let until = home.now().plus(Duration::from_hours(24 * 30));
    checks::switch(
        app,
        &ciso,
        Check::ClockDrift,
        until,
        "remplacement du serveur",
    )
    .await
    .unwrap();
    let [ciso, dpo] = [ciso, dpo].map(|actor| Actor {
        proved_at: home.now(),
        ..actor
    });
    give_reasons(&home, &ciso).await;
    statement::freeze(app, &ciso).await.unwrap();
    let incident = incidents::open(app, &dpo, Source::Person, "Une plainte", Subject::Nothing)
        .await
        .unwrap();
    incidents::keep_file(app, &dpo, &incident, "recepisse.txt", b"recu le 3 mars")
        .await
        .unwrap();
    let person = SignedInPerson::vouched_for(KnownPerson {
        population: "personnes".to_owned(),
        person: "P1".to_owned(),
    });
    let request = PersonRequest {
        kind: RequestKind::Rectification,
        entry: None,
        reason: None,
        text: "Mon adresse est fausse.".to_owned(),
    };
    requests::ask(app, &person, &request).await.unwrap();
    let all = requests::list(app, &dpo, EvidenceForm::Shown)
        .await
        .unwrap();
    let answer = "Votre adresse a été corrigée.";
    let outcome = RequestOutcome::Done;
    requests::answer(app, &dpo, &all[0].record.id, outcome, answer)
        .await
        .unwrap();
    home
}

async fn differences(home: &Home) -> Vec<RecordDifference> {
    let compared = stored_records::compare(&home.app, &Actor::digue(), StoredKind::ALL).await;
    compared.unwrap().differences.into_iter().collect()
}

#[tokio::test]
async fn one_value_that_is_changed_anywhere_is_named() {
    let home = lived_in().await;
    assert_eq!(differences(&home).await, []);
    for seed in 1..=CHANGES {
        let made = run(&home, BREAK, &seed.to_string());
        let found = differences(&home).await;
        assert!(!found.is_empty(), "seed {seed} goes unnoticed: {made}");
        run(&home, UNDO, &made);
        assert_eq!(differences(&home).await, [], "seed {seed}: {made}");
    }
}

#[tokio::test]
async fn a_result_that_was_changed_is_no_result_and_exports_say_so() {
    let home = lived_in().await;
    let ciso = somebody(&home, "rssi2", "op", Role::Ciso).await;
    let says = async || {
        let measured = measured(&home.app, &ciso).await.unwrap();
        measured.results[&Check::Lockout].found.not_run
    };
    assert_eq!(says().await, None);
    let language = Language::English;
    let exports = async || {
        let oscal = exchange::oscal(&home.app, &ciso, language).await.unwrap();
        let library = exchange::ciso_assistant(&home.app, &ciso, language);
        [oscal.to_string(), library.await.unwrap()]
    };
    let warning = digue_locales::text(language, "stored-differs");
    for export in exports().await {
        assert!(!export.contains(&warning), "{export}");
    }
    let sql = "UPDATE check_results SET content = replace(content, '\"pass\"', '\"fail\"') \
               WHERE name = 'lockout'";
    assert!(home.change_beside(sql) > 0);
    assert_eq!(says().await, Some(NotRun::Altered));
    for export in exports().await {
        assert!(export.contains(&warning), "{export}");
    }
    let refused = statement::freeze(&home.app, &ciso).await;
    assert!(
        matches!(refused, Err(OperationError::Unconfirmed(_))),
        "{refused:?}"
    );
    // Run again, it is a result again.
    checks::run_one(&home.app, Check::Lockout).await.unwrap();
    assert_eq!(says().await, None);
}

#[tokio::test]
async fn an_earlier_revision_that_is_brought_back_is_not_read_as_the_last() {
    let home = lived_in().await;
    let agent = somebody(&home, "a2", "of-1", Role::Agent).await;
    let ciso = somebody(&home, "rssi2", "op", Role::Ciso).await;
    let other = b"Chacun ses dossiers, et seulement les siens.";
    awareness::attach(&home.app, &ciso, "DO-1", "politique.txt", other)
        .await
        .unwrap();
    awareness::file(&home.app, &agent, "DO-1").await.unwrap();
    let sql = "DELETE FROM records WHERE kind = 'document' AND number = \
               (SELECT MAX(number) FROM records WHERE kind = 'document')";
    assert!(home.change_beside(sql) > 0);
    let any = [
        ("title", "autre"),
        ("priority", "p1"),
        ("declared", "to-do"),
    ];
    add(&home, &ciso, RegisterKind::Measure, &any).await;
    for refused in [
        awareness::file(&home.app, &agent, "DO-1").await.map(drop),
        awareness::read(&home.app, &agent, "DO-1").await,
    ] {
        assert!(
            matches!(refused, Err(OperationError::FileAltered(_))),
            "{refused:?}"
        );
    }
}
