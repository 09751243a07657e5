//! Approval requests; and the forms that request accounts and recoveries.

use askama::Template;
use std::collections::HashMap;

use axum::Form;
use axum::extract::{Multipart, State};
use axum::response::{IntoResponse, Redirect, Response};
use digue_access::keys::KeyProof;
use digue_access::{Reach, Role};
use digue_administration::approvals::{
    self, ApprovalRequest, NewAccount, ReopeningStep, RulesGuard, WaitingApproval,
};
use digue_administration::decisions;
use digue_administration::holders::HolderBook;
use digue_administration::loads::LoadGrowth;
use digue_administration::map_additions::{self, TakenRequests};
use digue_administration::{onboarding, organisations, printed_key};
use digue_app::{Actor, OperationError};
use digue_backup_acts::acceptance::{self, ProposedAcceptance};
use digue_backup_acts::deletion::{self, RepositoryDeletion};
use digue_casework::incidents;
use digue_casework::typed_form::local_time;
use digue_evidence::stored_records::StoredKind;
use digue_identity::invitations::{self, INVITATION_LASTS, Invitation};
use digue_identity::providers;
use digue_types::{AccountId, Gate, OrganisationId, Subject};
use serde::Deserialize;

use digue_pages::choices::NameChoices;
use digue_pages::differences::words_beside;
use digue_pages::done::{DoneAct, done};
use digue_pages::error::{PageAnswer, PageRedirect, PageResponse};
use digue_pages::form::account_named;
use digue_pages::holder::holder_in_line;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    CellPart, ChipTone, ListCell, ListColumn, ListRow, ListTable, RowButton, RowForm, ShownTable,
    TableQuery,
};
use digue_pages::view::{Localizer, page, with_ceremony};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "approvals.html")]
struct ApprovalsPage {
    w: Localizer,
    list: ShownTable,
    open: usize,
    organisation: String,
    names: NameChoices,
    roles: Vec<Role>,
    /// Sensitive acts would first require a proof.
    is_fresh: bool,
    may_export: bool,
    deletions: Vec<RepositoryDeletion>,
    acceptances: Vec<ProposedAcceptance>,
    may_delete: bool,
    may_keep: bool,
}

/// What a request contains besides its subject, one line each.
fn details(w: &Localizer, waiting: &WaitingApproval) -> Vec<String> {
    let record = &waiting.record;
    let named = || w.reader().named(&record.subject);
    match ApprovalRequest::of(record) {
        Ok(ApprovalRequest::AddAccounts(accounts)) => accounts
            .iter()
            .map(|account| account_line(w, account))
            .collect(),
        Ok(ApprovalRequest::RecoverAccount { since, .. }) => {
            vec![
                named(),
                w.with1("approval-kind-since", "at", w.moment(since)),
            ]
        }
        Ok(ApprovalRequest::Load(load)) => {
            let unknown = load
                .unknown
                .map(|cause| w.coded("load-unknown", cause.code()));
            let first = std::iter::once(named()).chain(unknown);
            first.chain(growth(w, &load.growth)).collect()
        }
        Ok(request) => std::iter::once(named())
            .chain(request_in_words(w, &request))
            .collect(),
        // The stored request cannot be read: no one can approve it, and the page says so.
        Err(_) => vec![named(), w.say("approval-unreadable")],
    }
}

/// What would be done, in words.
fn request_in_words(w: &Localizer, request: &ApprovalRequest) -> Vec<String> {
    let gate = |gate: Gate| w.with1("approval-gate", "gate", w.coded("gate", gate.code()));
    match request {
        ApprovalRequest::OpenGate { gate: wanted, .. } => vec![gate(*wanted)],
        ApprovalRequest::Reopen(step) => {
            let percent = w.with1(
                "approval-percent",
                "percent",
                w.number(usize::from(step.percent)),
            );
            vec![gate(step.gate), percent]
        }
        ApprovalRequest::MoveAccount {
            organisation, role, ..
        } => vec![format!(
            "{}, {}",
            w.organisation(organisation),
            w.coded("role", role.code())
        )],
        ApprovalRequest::HandOver { from, to, .. } => {
            vec![format!("{} → {}", w.person(from), w.person(to))]
        }
        ApprovalRequest::AllowFeed {
            target, per_day, ..
        } => vec![
            w.reader().named(&target.subject()),
            w.counted("approval-per-day", *per_day),
        ],
        ApprovalRequest::IssueKey { proof, name, .. } => {
            let proof = match proof {
                KeyProof::Signed(_) => w.say("approval-key-signed"),
                KeyProof::Directory => w.say("approval-key-directory"),
            };
            vec![name.clone(), proof]
        }
        ApprovalRequest::AcceptSnapshots(acceptance) => {
            let of = acceptance.snapshots.iter().map(|one| {
                let cause = w.coded("frozen", one.cause.code());
                format!("{} {cause}", one.snapshot.short())
            });
            std::iter::once(w.coded("accepted-as", acceptance.accepted_as.code()))
                .chain(of)
                .collect()
        }
        // Their summaries are lines of names and of the map, without codes of their own.
        ApprovalRequest::WidenRules { .. }
        | ApprovalRequest::AddToCaseload(_)
        | ApprovalRequest::OpenRecord(_)
        | ApprovalRequest::DeleteBackups(_) => {
            let lines = request.summary();
            lines.lines().map(ToOwned::to_owned).collect()
        }
        // Said above, with what only they have.
        ApprovalRequest::AddAccounts(_)
        | ApprovalRequest::RecoverAccount { .. }
        | ApprovalRequest::ExportJournal
        | ApprovalRequest::Load(_) => Vec::new(),
    }
}

/// Accounts whose theft was confirmed, with the reference of the incident that is still open. Who
/// grants a reopening has to read it, whatever the reason says.
type StolenAccounts = HashMap<AccountId, String>;

/// What the rows of requests say beside the requests.
struct ApprovalFacts {
    book: HolderBook,
    stolen: StolenAccounts,
    /// By request: what an added route takes; `None` where it does not fit the map any more.
    taken: HashMap<String, Option<TakenRequests>>,
    /// There is one officer, and their printed key is worth the second person's agreement.
    is_alone: bool,
}

impl ApprovalFacts {
    async fn read(
        console: &Console,
        actor: &Actor,
        waiting: &[WaitingApproval],
    ) -> Result<Self, OperationError> {
        Ok(Self {
            taken: taken_by_routes(console, waiting).await?,
            book: HolderBook::read(&console.app, actor).await?,
            stolen: stolen(console, actor).await?,
            is_alone: printed_key::sole_officer(&console.app).is_some(),
        })
    }
}

/// What each added route that waits takes from others.
async fn taken_by_routes(
    console: &Console,
    waiting: &[WaitingApproval],
) -> Result<HashMap<String, Option<TakenRequests>>, OperationError> {
    let mut all = HashMap::new();
    let open = waiting
        .iter()
        .filter(|one| !one.is_over && one.record.decided.is_none());
    for one in open {
        let Ok(ApprovalRequest::WidenRules {
            of: RulesGuard::AddedRoute(portal, _),
            detail,
        }) = ApprovalRequest::of(&one.record)
        else {
            continue;
        };
        // Its first line is the digest of the text.
        let lines = detail.split_once('\n').map_or("", |(_, lines)| lines);
        let taken = match map_additions::taken(&console.app, &portal, lines).await {
            // The map of the portal was taken away.
            Err(OperationError::NotFound(_)) => None,
            taken => taken?,
        };
        all.insert(one.record.id.clone(), taken);
    }
    Ok(all)
}

/// What a route takes, a line each.
fn taken_in_words(w: &Localizer, taken: Option<&TakenRequests>) -> Vec<String> {
    let Some(taken) = taken else {
        return vec![w.say("approval-route-unfit")];
    };
    if taken.routes.is_empty() && taken.outside.is_empty() {
        return vec![w.say("approval-route-takes-nothing")];
    }
    let routes = taken.routes.iter().map(|(route, count)| {
        let values = [
            ("route", route.to_string().into()),
            ("count", i64::try_from(*count).unwrap_or(i64::MAX).into()),
            ("shown", w.number(*count).into()),
            ("recent", w.number(taken.recent).into()),
        ];
        w.with("approval-route-takes-route", values)
    });
    let outside = taken.outside.iter().map(|(address, count)| {
        let method = address.method.code();
        let values = [
            ("address", format!("{method} {}", address.template).into()),
            ("count", i64::try_from(*count).unwrap_or(i64::MAX).into()),
            ("shown", w.number(*count).into()),
        ];
        w.with("approval-route-takes-address", values)
    });
    routes.chain(outside).collect()
}

async fn stolen(console: &Console, actor: &Actor) -> Result<StolenAccounts, OperationError> {
    let views = match incidents::list(&console.app, actor).await {
        Ok(views) => views,
        // A delegate sees no incidents of others, and decides about no gate.
        Err(OperationError::Denied) => return Ok(StolenAccounts::new()),
        Err(error) => return Err(error),
    };
    let open = views
        .into_iter()
        .filter(|view| !view.incident.is_closed() && view.incident.acts.theft().is_some());
    let accounts = open.filter_map(|view| match &view.incident.about {
        Subject::Account(account) => Some((account.clone(), view.reference())),
        _ => None,
    });
    Ok(accounts.collect())
}

fn account_line(w: &Localizer, account: &NewAccount) -> String {
    let email = account
        .email
        .as_ref()
        .map(|email| format!(", {email}"))
        .unwrap_or_default();
    let role = w.coded("role", account.role.code());
    format!(
        "{} – {}, {role}{email}",
        account.account, account.organisation
    )
}

/// The growth of access by a load, in words.
fn growth(w: &Localizer, growth: &LoadGrowth) -> Vec<String> {
    let LoadGrowth {
        rows,
        persons,
        accounts,
        organisations,
        readings,
        endless,
        merges,
    } = *growth;
    let all = [
        ("load-growth-rows", rows),
        ("load-growth-persons", persons),
        ("load-growth-accounts", accounts),
        ("load-growth-organisations", organisations),
        ("load-growth-readings", readings),
        ("load-growth-endless", endless),
        ("load-growth-merges", merges),
    ];
    let there = all.into_iter().filter(|(_, count)| *count > 0);
    there
        .map(|(key, count)| w.counted(key, usize::try_from(count).unwrap_or(usize::MAX)))
        .collect()
}

fn table(w: &Localizer, waiting: &[WaitingApproval], facts: &ApprovalFacts) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    ListTable {
        caption: w.say("approvals-title"),
        place: "/approvals".to_owned(),
        file: "/approvals.csv".to_owned(),
        empty: w.say("approvals-none"),
        columns: vec![
            ListColumn::text("at", name("at")),
            ListColumn::text("until", name("until")),
            ListColumn::text("account", w.say("column-asked-by")),
            ListColumn::choice("kind", name("approval")),
            ListColumn::file("subject", name("subject")),
            ListColumn::text("reason", name("reason")),
            ListColumn::choice("decided", name("decided")),
        ],
        rows: waiting.iter().map(|one| row(w, one, facts)).collect(),
        act: None,
    }
}

/// The most lines of a request that stand in its row; the file of a load has all.
const DETAILS_SHOWN: usize = 12;

fn row(w: &Localizer, waiting: &WaitingApproval, facts: &ApprovalFacts) -> ListRow {
    let record = &waiting.record;
    let cells = [
        ListCell::moment(w, record.asked_at),
        ListCell::moment(w, record.expires_at),
        asker(w, &record.asked_by, &facts.book),
        request_cell(w, waiting, facts),
        ListCell::account(w, &record.subject),
        ListCell::text(&record.reason),
        decided(w, waiting, facts),
    ];
    ListRow::new(&record.id, cells)
}

/// What is requested, with its first details.
fn request_cell(w: &Localizer, waiting: &WaitingApproval, facts: &ApprovalFacts) -> ListCell {
    let record = &waiting.record;
    let theft = match ApprovalRequest::of(record) {
        Ok(
            ApprovalRequest::OpenGate { reach, .. }
            | ApprovalRequest::Reopen(ReopeningStep { reach, .. }),
        ) => match reach {
            Reach::Account(account) => facts.stolen.get(&account).cloned(),
            Reach::Organisation(_) | Reach::Portal(_) | Reach::Everything => None,
        },
        _ => None,
    };
    let unreadable = |_| w.say("approval-unreadable");
    let summary = ApprovalRequest::of(record).map_or_else(unreadable, |request| request.summary());
    let mut details = details(w, waiting);
    if let Some(taken) = facts.taken.get(&record.id) {
        let lines = details.split_off(1);
        details.extend(taken_in_words(w, taken.as_ref()));
        details.extend(lines);
    }
    // What two persons say of backups is read whole.
    let shown = match record.kind.as_str() {
        "accept-snapshots" | "delete-backups" => details.len(),
        // A route is granted by its lines.
        "widen-rules" if facts.taken.contains_key(&record.id) => details.len(),
        _ => DETAILS_SHOWN,
    };
    let more = details.len().saturating_sub(shown);
    details.truncate(shown);
    if more > 0 {
        details.push(w.counted("approval-details-more", more));
    }
    let details = details.into_iter().map(CellPart::Quiet);
    let kind = ListCell::text(w.coded("approval-kind", &record.kind));
    let kind = match theft {
        Some(reference) => kind.and_chip(
            w.with1("approval-theft", "reference", reference),
            ChipTone::Bad,
        ),
        None => kind,
    };
    details
        .fold(kind, ListCell::and)
        .filed_as(format!("{} {summary}", record.kind))
}

/// Name and telephone of who asked.
fn asker(w: &Localizer, account: &AccountId, book: &HolderBook) -> ListCell {
    match book.of(account).filter(|holder| holder.written.is_some()) {
        Some(holder) => ListCell::text(holder.name())
            .and_quiet(w.coded("role", holder.role.code()))
            .and_telephone(holder.telephone()),
        None => ListCell::text(account),
    }
    .filed_as(account)
}

/// The most deciders that a row names.
const DECIDERS_SHOWN: usize = 3;

/// Whose approval it waits for, with their telephones; or that nobody can give it.
fn waits_for(w: &Localizer, waiting: &WaitingApproval, facts: &ApprovalFacts) -> ListCell {
    if waiting.deciders.is_empty() {
        let is_alone = facts.is_alone && waiting.record.kind == "add-accounts";
        let explain = match is_alone {
            true => "approval-nobody-yet-explain",
            false => "approval-nobody-explain",
        };
        return ListCell::chip(w.say("approval-nobody"), ChipTone::Bad).and_quiet(w.say(explain));
    }
    let cell = ListCell::chip(w.say("approval-waits"), ChipTone::Watch);
    let named = waiting.deciders.iter().take(DECIDERS_SHOWN);
    let cell = named
        .map(|account| decider(w, account, &facts.book))
        .fold(cell, ListCell::and_quiet);
    match waiting.deciders.len().saturating_sub(DECIDERS_SHOWN) {
        0 => cell,
        more => cell.and_quiet(w.counted("approval-deciders-more", more)),
    }
}

/// Who can decide, with the telephone where the holder is known.
fn decider(w: &Localizer, account: &AccountId, book: &HolderBook) -> String {
    match book.of(account) {
        Some(holder) => holder_in_line(w, &holder),
        None => account.to_string(),
    }
}

fn decided(w: &Localizer, waiting: &WaitingApproval, facts: &ApprovalFacts) -> ListCell {
    if let Some(decision) = decision_cell(w, waiting, &facts.book) {
        return decision;
    }
    if waiting.is_over {
        return ListCell::chip(w.say("approval-expired"), ChipTone::Plain).filed_as("");
    }
    if !waiting.may_decide {
        return waits_for(w, waiting, facts).filed_as("");
    }
    let waits = ListCell::chip(w.say("approval-waits-you"), ChipTone::Watch).filed_as("");
    waits.and_form(decide_form(w, &waiting.record.id))
}

/// The outcome, and who decided when; `None` before a decision.
fn decision_cell(w: &Localizer, waiting: &WaitingApproval, book: &HolderBook) -> Option<ListCell> {
    let decided = waiting.record.decided.as_ref()?;
    let (outcome, tone) = if decided.is_granted {
        ("granted", ChipTone::Good)
    } else {
        ("refused", ChipTone::Bad)
    };
    let (by, at) = (&decided.by, decided.at);
    let cell = ListCell::chip(w.coded("approval", outcome), tone)
        .and_quiet(format!("{}, {}", book.name(by), w.moment(at)))
        .filed_as(format!("{by} {at} {}", decided.is_granted));
    Some(cell)
}

fn decide_form(w: &Localizer, id: &str) -> RowForm {
    let grant = RowButton::sending("granted", "1", w.say("approval-grant"), "main");
    let refuse = RowButton::sending("granted", "0", w.say("approval-refuse"), "danger");
    RowForm::to("/approvals/decide")
        .hidden("id", id)
        .button(grant)
        .button(refuse)
}

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let mut waiting = approvals::list(&console.app, &actor).await?;
    // What the reader can decide comes first.
    waiting.sort_by_key(|one| (!one.may_decide, one.is_over));
    let facts = ApprovalFacts::read(&console, &actor, &waiting).await?;
    let own = visitor
        .session
        .as_ref()
        .map(|session| session.organisation.to_string());
    let age = console.app.clock().now().since(actor.proved_at);
    let w = words_beside(&console, &visitor, &[StoredKind::Approval], None).await?;
    let page = page(&ApprovalsPage {
        open: waiting.iter().filter(|one| !one.is_over).count(),
        list: table(&w, &waiting, &facts).shown(&w, &query),
        names: NameChoices::of(&w, &facts.book),
        w,
        organisation: own.unwrap_or_default(),
        roles: organisations::roles_to_give(&actor),
        is_fresh: age <= console.app.proof_lasts(),
        may_export: actor.role.can_watch(),
        deletions: deletion::standings(&console.app, &actor).await?,
        acceptances: acceptance::proposals(&console.app, &actor).await?,
        may_delete: actor.role.can_act(),
        may_keep: actor.role.can_review(),
    });
    Ok(with_ceremony(page))
}

pub async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let waiting = approvals::list(&console.app, &actor).await?;
    let w = Localizer::new(&visitor);
    let facts = ApprovalFacts::read(&console, &actor, &waiting).await?;
    Ok(table(&w, &waiting, &facts).csv(&query, visitor.language, "approvals"))
}

#[derive(Deserialize)]
pub struct AccountForm {
    account: String,
    organisation: String,
    role: String,
    #[serde(default)]
    email: String,
    reason: String,
}

impl AccountForm {
    fn parse(&self) -> Result<NewAccount, OperationError> {
        let wrong = || OperationError::Invalid("invalid-account-name");
        Ok(NewAccount {
            account: AccountId::parse(self.account.trim()).map_err(|_| wrong())?,
            organisation: OrganisationId::parse(self.organisation.trim()).map_err(|_| wrong())?,
            role: Role::parse(&self.role).ok_or_else(wrong)?,
            email: self.email()?,
        })
    }

    /// `None` where none was typed.
    fn email(&self) -> Result<Option<String>, OperationError> {
        match self.email.trim() {
            "" => Ok(None),
            text => onboarding::parse_email(text)
                .map(Some)
                .ok_or(OperationError::Invalid("invalid-email")),
        }
    }
}

/// Requests a new account.
pub async fn add_account(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<AccountForm>,
) -> PageResponse {
    let request = ApprovalRequest::AddAccounts(vec![form.parse()?]);
    approvals::ask(&console.app, &actor, &request, &form.reason).await?;
    Ok(done("/approvals", DoneAct::Requested, form.account.trim()))
}

async fn file_and_reason(mut form: Multipart) -> Result<(Vec<u8>, String), OperationError> {
    let (mut file, mut reason) = (Vec::new(), String::new());
    let unreadable = |_| OperationError::Invalid("invalid-upload");
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name() {
            Some("file") => file = field.bytes().await.map_err(unreadable)?.to_vec(),
            Some("reason") => reason = field.text().await.map_err(unreadable)?,
            _ => {}
        }
    }
    Ok((file, reason))
}

/// Requests many accounts, from a file.
pub async fn onboard(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    form: Multipart,
) -> PageResponse {
    let (file, reason) = file_and_reason(form).await?;
    let request = onboarding::read(&console.app, &actor, &file).await?;
    approvals::ask(&console.app, &actor, &request, &reason).await?;
    let about = Localizer::new(&visitor).reader().named(&request.subject());
    Ok(done("/approvals", DoneAct::Requested, about))
}

#[derive(Deserialize)]
pub struct RecoverForm {
    account: String,
    /// `2026-11-22T08:30`, in the console's zone.
    since: String,
    reason: String,
}

/// Requests the recovery of an account.
pub async fn recover(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<RecoverForm>,
) -> PageResponse {
    let account = account_named(&form.account)?;
    let since = local_time(&form.since, &console.zone)?;
    let request = ApprovalRequest::RecoverAccount {
        account: account.clone(),
        since,
    };
    approvals::ask(&console.app, &actor, &request, &form.reason).await?;
    Ok(done("/approvals", DoneAct::Requested, &account))
}

#[derive(Deserialize)]
pub struct ReasonForm {
    reason: String,
}

/// Requests an export of the journal.
pub async fn ask_export(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    Form(form): Form<ReasonForm>,
) -> PageResponse {
    let request = ApprovalRequest::ExportJournal;
    approvals::ask(&console.app, &actor, &request, &form.reason).await?;
    let about = Localizer::new(&visitor).reader().named(&request.subject());
    Ok(done("/approvals", DoneAct::Requested, about))
}

#[derive(Deserialize)]
pub struct BackupDeletionForm {
    repository: String,
    reason: String,
}

/// Requests the deletion of backups that was planned last.
pub async fn ask_backup_deletion(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<BackupDeletionForm>,
) -> PageResponse {
    let BackupDeletionForm { repository, reason } = form;
    deletion::ask(&console.app, &actor, &repository, &reason).await?;
    Ok(done("/approvals", DoneAct::Requested, repository))
}

/// Requests that what freezes deletion is accepted as it was proposed last.
pub async fn ask_acceptance(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<BackupDeletionForm>,
) -> PageResponse {
    let BackupDeletionForm { repository, reason } = form;
    acceptance::ask(&console.app, &actor, &repository, &reason).await?;
    Ok(done("/approvals", DoneAct::Requested, repository))
}

/// Stops an agreed deletion of backups.
pub async fn keep_backups(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<BackupDeletionForm>,
) -> PageResponse {
    let BackupDeletionForm { repository, reason } = form;
    deletion::cancel(&console.app, &actor, &repository, &reason).await?;
    Ok(done("/approvals", DoneAct::BackupsKept, repository))
}

#[derive(Deserialize)]
pub struct ApprovalDecisionForm {
    id: String,
    granted: u8,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    w: Localizer,
    invitations: Vec<Invitation>,
    hours: u64,
    /// The link is on the page.
    is_shown: bool,
    /// It is sent by mail.
    is_sent: bool,
}

fn invited(visitor: &Visitor, invitations: Vec<Invitation>, is_sent: bool) -> Response {
    let hours = INVITATION_LASTS.as_secs() / 3600;
    let is_shown = invitations.iter().any(|one| one.link.is_some());
    page(&InvitationPage {
        w: Localizer::new(visitor),
        invitations,
        hours,
        is_shown,
        is_sent,
    })
    .into_response()
}

/// Approves or refuses. The approver of an account sees who will be invited, and no link.
pub async fn decide(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<ApprovalDecisionForm>,
) -> PageResponse {
    let app = &console.app;
    let actor = visitor.actor(app)?;
    let decided = decisions::decide(app, &actor, &form.id, form.granted == 1).await?;
    if decided.invitations.is_empty() {
        let act = if form.granted == 1 {
            DoneAct::Granted
        } else {
            DoneAct::Refused
        };
        return Ok(done("/approvals", act, ""));
    }
    Ok(invited(&visitor, decided.invitations, false))
}

#[derive(Deserialize)]
pub struct InviteForm {
    account: String,
    /// Not empty: by mail, to the address of the request.
    #[serde(default)]
    mail: String,
}

/// Hands over the invitation of an account in quarantine: its link, shown once, or by mail.
pub async fn invite(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Form(form): Form<InviteForm>,
) -> PageResponse {
    let account = account_named(&form.account)?;
    let invitation = if form.mail.is_empty() {
        invitations::hand_over(&console.app, &actor, &account).await
    } else {
        invitations::send(&console.app, &actor, &account).await
    };
    let is_sent = !form.mail.is_empty();
    Ok(invited(&visitor, vec![invitation?], is_sent))
}

#[derive(Template)]
#[template(path = "identity_invitation.html")]
struct IdentityInvitationPage {
    w: Localizer,
    account: AccountId,
}

/// Invites the holder of an active account to link an identity.
pub async fn invite_identity(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Form(form): Form<InviteForm>,
) -> PageAnswer {
    let account = account_named(&form.account)?;
    providers::invite_holder(&console.app, &actor, &account).await?;
    Ok(page(&IdentityInvitationPage {
        w: Localizer::new(&visitor),
        account,
    }))
}

#[derive(Deserialize)]
pub struct ConfirmForm {
    account: String,
    /// As the holder said it.
    #[serde(default)]
    code: String,
    how: String,
}

/// Confirms the holder of an account, which ends its quarantine.
pub async fn confirm(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<ConfirmForm>,
) -> PageRedirect {
    let account = account_named(&form.account)?;
    invitations::confirm(&console.app, &actor, &account, &form.code, &form.how).await?;
    Ok(Redirect::to("/accounts"))
}
