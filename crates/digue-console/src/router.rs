//! Every route on one screen.

use digue_api::{acts, reads, usage};
use digue_app::App;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{any, get, post, put};
use jiff::tz::TimeZone;

use crate::account::{
    device, own, own_incidents, person_requests, person_space, provider, settings, sign_in,
};
use crate::bodies;
use crate::body_storage::Bodies;
use crate::directory;
use crate::response::{
    breach, incident_acts, incident_notes, incident_steps, incidents, notices, register_import,
};
use crate::state::{Console, Demo};
use crate::watch::{
    findings, gates, journal, live, overview, person, portal_routes, portals, scope, search,
    sessions, tasks,
};
use crate::{error, form, proof, refill, surround, view};
use digue_isms_pages::{
    awareness, calendar_address, checks, continuity, contradictions, evidence, exchanges, files,
    governance, home, import, privacy, record_acts, registers, reviews, revisions, samples,
    software,
};
use digue_people_pages::{
    account, accounts, approvals, break_glass, classes, desk, event_streams, holders, keys,
    organisations, printed_key, record_access, requests, signals, sources, space,
};

pub fn router(app: Arc<App>, zone: TimeZone, demo: Option<Arc<dyn Demo>>) -> Router {
    let console = Console {
        app,
        zone,
        demo,
        bodies: Bodies::new(),
        counts: Arc::default(),
        names: Arc::default(),
    };
    let pages = pages()
        .merge(response())
        .merge(governance())
        .merge(people())
        .merge(programs())
        .merge(provisioning())
        .merge(corner())
        .fallback(sign_in::not_found)
        .method_not_allowed_fallback(sign_in::method_not_allowed)
        // Innermost: it reads a form only after `bodies` has admitted it.
        .layer(middleware::from_fn_with_state(
            console.clone(),
            proof::keep_form,
        ))
        // `bodies` limits who may send how much; handlers get a complete body.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(
            console.clone(),
            bodies::admit,
        ))
        // Before bodies are admitted: only the key of a directory counts at its addresses.
        .layer(middleware::from_fn_with_state(
            console.clone(),
            directory::identify,
        ))
        // Likewise: only the secret of a stream counts at its address.
        .layer(middleware::from_fn_with_state(
            console.clone(),
            event_streams::identify,
        ))
        // Outside of `bodies`: a foreign page must not send a body that counts to the account whose
        // cookie the browser adds.
        .layer(middleware::from_fn_with_state(
            console.clone(),
            form::refuse_foreign_posts,
        ))
        // Outermost: applies also to responses of the layers that can fail.
        .layer(middleware::from_fn_with_state(
            console.clone(),
            error::show_errors,
        ))
        .layer(middleware::from_fn(view::protect))
        // Before everything that makes a page.
        .layer(middleware::from_fn_with_state(
            console.clone(),
            surround::surround,
        ))
        .with_state(console);
    // Around all of it: a refused form is answered with its own page.
    Router::new()
        .fallback_service(pages.clone())
        .layer(middleware::from_fn_with_state(pages, refill::refill))
}

/// The pages.
fn pages() -> Router<Console> {
    Router::new()
        // Overview
        .route("/", get(tasks::show))
        .route("/activity", get(overview::show))
        .route("/minutes.csv", get(overview::minutes_csv))
        .route("/events", get(live::events))
        .route("/search", get(search::search))
        .route("/portals", get(portals::list))
        .route("/portals.csv", get(portals::list_csv))
        .route("/portals/{portal}/routes.toml", get(portal_routes::as_file))
        .route(
            "/portals/{portal}/routes/new",
            get(portal_routes::show).post(portal_routes::add),
        )
        .route(
            "/portals/{portal}/routes/{route}/withdraw",
            post(portal_routes::withdraw),
        )
        .route("/settings", get(settings::show))
        .route("/watch", get(findings::list))
        .route("/watch.csv", get(findings::list_csv))
        .route("/watch/{finding}", get(findings::show))
        // Who saw whom
        .route("/accounts", get(accounts::list))
        .route("/accounts.csv", get(accounts::list_csv))
        .route("/accounts/{account}", get(account::show))
        .route(
            "/accounts/{account}/exposures.csv",
            get(account::exposures_csv),
        )
        .route("/accounts/{account}/persons.csv", get(account::persons_csv))
        .route(
            "/accounts/{account}/look-back.csv",
            get(account::look_back_csv),
        )
        .route(
            "/accounts/{account}/holder",
            get(holders::show).post(holders::save),
        )
        .route(
            "/organisations",
            get(organisations::list).post(organisations::save),
        )
        .route("/organisations.csv", get(organisations::list_csv))
        .route("/organisations/{organisation}", get(organisations::show))
        .route(
            "/organisations/{organisation}/accounts.csv",
            get(organisations::accounts_csv),
        )
        .route("/sessions", get(sessions::list))
        .route("/sessions.csv", get(sessions::list_csv))
        .route("/journal", get(journal::show))
        .route("/journal.ndjson", get(journal::export))
        .route("/journal/{entry}/receipt", get(scope::receipt))
        .route("/scope", get(scope::show))
        .route("/scope.csv", get(scope::list_csv))
        .route("/scope.ndjson", get(scope::signed_list))
        .route("/persons", get(person::show))
        .route("/persons/sights.csv", get(person::sights_csv))
        // Acts
        .route("/accounts/suspend", post(accounts::suspend))
        .route("/accounts/confirm", post(approvals::confirm))
        .route("/accounts/invite", post(approvals::invite))
        .route("/accounts/identity", post(approvals::invite_identity))
        .route(
            "/approvals",
            get(approvals::list).post(approvals::add_account),
        )
        .route("/approvals/onboard", post(approvals::onboard))
        .route("/approvals/recover", post(approvals::recover))
        .route("/approvals/export", post(approvals::ask_export))
        .route(
            "/approvals/delete-backups",
            post(approvals::ask_backup_deletion),
        )
        .route(
            "/approvals/accept-snapshots",
            post(approvals::ask_acceptance),
        )
        .route("/approvals/keep-backups", post(approvals::keep_backups))
        .route("/approvals.csv", get(approvals::list_csv))
        .route("/approvals/decide", post(approvals::decide))
        .route("/gates", post(gates::set))
        .route("/sessions/cut", post(gates::cut))
        .route("/break-glass", get(break_glass::list))
        .route("/break-glass/list.csv", get(break_glass::list_csv))
        .route("/break-glass/review", post(break_glass::review))
        .route("/classes", get(classes::list))
        .route("/classes.csv", get(classes::list_csv))
        .route("/watch/decide", post(findings::decide))
        .route("/demo/attack", post(overview::attack))
        // Sources of caseloads and aliases
        .route("/sources", get(sources::list))
        .route("/sources.csv", get(sources::list_csv))
        .route("/sources/{source}/read", post(sources::read))
        .route("/sources/{source}/release", post(sources::release))
        .route("/directory/release", post(sources::release_directory))
        // Events from identity providers
        .route("/signals", get(signals::show))
        .route("/signals.csv", get(signals::list_csv))
        .route("/signals/decide", post(signals::decide))
        // API keys
        .route("/keys", get(keys::list).post(keys::ask))
        .route("/keys/revoke", post(keys::revoke))
        // The user's own account
        .route("/self", get(own::show))
        .route("/self/passkeys/begin", post(own::begin_adding))
        .route("/self/passkeys/finish", post(own::finish_adding))
        .route("/self/passkeys/remove", post(own::remove))
        .route("/self/keys", post(own::fetch_key))
        .route(
            "/self/password",
            get(own::show_password).post(own::set_password),
        )
        .route("/self/identities", get(own::choose_provider))
        .route("/self/identities/remove", post(own::unlink))
        .route("/self/password/remove", post(own::remove_password))
        .route("/self/sessions/cut", post(own::cut))
}

/// Incidents, and the data-breach register.
fn response() -> Router<Console> {
    Router::new()
        .route("/incidents", get(incidents::list).post(incidents::open))
        .route("/incidents.csv", get(incidents::list_csv))
        .route("/incidents/{incident}", get(incidents::show))
        .route("/incidents/{incident}/sheets", get(incident_steps::sheets))
        .route(
            "/incidents/{incident}/affected",
            get(incident_steps::affected).post(breach::compute),
        )
        .route(
            "/incidents/{incident}/affected/{version}",
            get(breach::signed_list),
        )
        .route(
            "/incidents/{incident}/decisions",
            get(incident_steps::decisions),
        )
        .route(
            "/incidents/{incident}/notification",
            get(incident_steps::notification),
        )
        .route(
            "/incidents/{incident}/notification.json",
            get(breach::notification_json),
        )
        .route(
            "/incidents/{incident}/closing",
            get(incident_steps::closing),
        )
        .route(
            "/incidents/{incident}/steps/{step}",
            post(incident_steps::save),
        )
        .route("/incidents/{incident}/notices/begin", post(notices::begin))
        .route(
            "/incidents/{incident}/notices",
            get(notices::show).post(notices::prepare),
        )
        .route(
            "/incidents/{incident}/notices/{campaign}",
            get(notices::campaign).post(notices::set_state),
        )
        .route(
            "/incidents/{incident}/notices/{campaign}/{file}",
            get(notices::file),
        )
        // Public: is this message genuine?
        .route("/check", get(notices::check).post(notices::check_code))
        .route("/check/messages.txt", get(notices::messages))
        .route("/incidents/{incident}/entries", post(incident_notes::add))
        .route("/incidents/{incident}/papers/{paper}", get(breach::paper))
        .route(
            "/incidents/{incident}/files",
            post(incident_acts::keep_file),
        )
        .route(
            "/incidents/{incident}/files/{hash}",
            get(incident_acts::file),
        )
        .route("/incidents/{incident}/check", post(incident_acts::check))
        .route(
            "/incidents/{incident}/reopening",
            post(incident_acts::reopen),
        )
        // For partner organisations
        .route(
            "/own-incidents",
            get(own_incidents::list).post(own_incidents::report),
        )
        .route(
            "/own-incidents/{incident}/partner.pdf",
            get(own_incidents::paper),
        )
        .route("/register", get(breach::register))
        .route("/register/import", post(register_import::import))
        .route("/register/papers/{paper}", get(breach::register_paper))
        .route("/register.csv", get(breach::register_csv))
        .route("/register.json", get(breach::register_json))
}

/// The ISMS, reviews of access, awareness training.
fn governance() -> Router<Console> {
    Router::new()
        .route("/smsi", get(home::home))
        .route("/smsi/start", get(home::ask_start).post(home::begin))
        .route("/smsi/calendar", get(home::calendar))
        .route("/smsi/calendar.csv", get(home::calendar_csv))
        .route("/smsi/calendar.ics", get(home::calendar_ics))
        .route("/smsi/calendar/address", post(calendar_address::issue))
        .route(
            "/smsi/calendar/address/revoke",
            post(calendar_address::revoke),
        )
        .route("/calendar/{secret}", get(calendar_address::feed))
        .route("/smsi/contradictions", get(contradictions::wrong))
        .route("/smsi/contradictions.csv", get(contradictions::wrong_csv))
        .route(
            "/smsi/continuity",
            get(continuity::plan).post(continuity::take),
        )
        .route("/smsi/continuity/{file}", get(continuity::file))
        .route("/smsi/software", get(software::show).post(software::take))
        .route("/smsi/software.csv", get(software::csv))
        .route("/smsi/privacy", get(privacy::show))
        .route("/smsi/privacy.csv", get(privacy::csv))
        .route("/smsi/privacy/{file}", get(privacy::file))
        .route("/smsi/ebios", get(home::ebios))
        .route("/smsi/exchange", get(exchanges::exchanges))
        .route("/smsi/exchange/pia", post(exchanges::take_pia))
        .route("/smsi/exchange/template", post(exchanges::take_template))
        .route("/smsi/exchange/{file}", get(checks::exported))
        .route("/smsi/registers", get(registers::registers))
        .route(
            "/smsi/registers/{kind}",
            get(registers::list).post(registers::add),
        )
        .route("/smsi/registers/{kind}/new", get(registers::new))
        .route("/smsi/registers/{kind}/import", post(import::import))
        .route(
            "/smsi/registers/{kind}/{record}",
            get(registers::show).post(registers::save),
        )
        .route(
            "/smsi/registers/{kind}/{record}/sign",
            post(record_acts::sign),
        )
        .route("/smsi/registers/{kind}/{record}/end", post(registers::end))
        .route(
            "/smsi/registers/{kind}/{record}/fill",
            post(record_acts::fill),
        )
        .route(
            "/smsi/registers/{kind}/{record}/ask",
            post(record_acts::ask),
        )
        .route(
            "/smsi/registers/{kind}/{record}/revisions",
            get(revisions::revisions),
        )
        .route("/smsi/clauses", get(governance::clause_table))
        .route("/smsi/policies", get(governance::policy_list))
        .route("/smsi/policies/{topic}", post(governance::begin_policy))
        .route("/smsi/objectives", get(governance::objective_list))
        .route("/smsi/programmes/{record}", get(governance::programme))
        .route("/smsi/evidence/{record}", post(evidence::attach))
        .route("/smsi/evidence/{record}/file", get(evidence::file))
        .route("/smsi/evidence/{record}/preview", get(evidence::preview))
        .route("/smsi/samples", get(samples::samples))
        .route("/smsi/samples.csv", get(samples::samples_csv))
        .route("/smsi/files/{file}", get(files::file))
        .route("/smsi/documents/{record}", post(files::attach))
        .route("/smsi/checks", get(checks::list).post(checks::run))
        .route("/smsi/checks.csv", get(checks::list_csv))
        .route(
            "/smsi/checks/{check}",
            get(checks::show).post(checks::switch),
        )
        .route(
            "/smsi/statement",
            get(checks::statement_page).post(checks::freeze),
        )
        .route("/smsi/statement/{file}", get(checks::statement_file))
        .route("/smsi/frameworks/{framework}", get(checks::frameworks))
        // Every access, looked at once a year
        .route("/reviews", get(reviews::list).post(reviews::open))
        .route(
            "/reviews/{review}",
            get(reviews::show).post(reviews::decide),
        )
        .route("/reviews/{review}/lines.csv", get(reviews::show_csv))
        // For every user
        .route("/awareness", get(awareness::list))
        .route("/awareness/state", get(awareness::state))
        .route("/awareness/state.csv", get(awareness::state_csv))
        .route(
            "/awareness/{module}",
            get(awareness::show).post(awareness::answer),
        )
        .route(
            "/awareness/documents/{record}",
            get(awareness::file).post(awareness::read),
        )
        .route("/awareness/texts/{record}", get(awareness::text))
}

/// The spaces of partner organisations and of persons, and the operator's answers.
fn people() -> Router<Console> {
    Router::new()
        .route("/space", get(space::show))
        .route("/space/persons", post(space::ask_person))
        .route("/space/break-glass", post(space::doubt))
        .route("/space/hand-over", post(space::hand_over))
        .route("/space/leave", post(space::leave))
        .route("/space/assessment", get(space::assess).post(space::answer))
        .route("/space/assessment/sign", post(space::sign))
        .route("/space/assessment.xlsx", get(space::sheet))
        .route("/space/assessment/import", post(space::take))
        .route("/space/attestation.pdf", get(space::attest))
        // Public: the message desk
        .route("/messages", get(desk::ask).post(desk::examine))
        // For the person whose record it is
        .route("/person", get(person_space::show))
        .route(
            "/person/door",
            get(person_space::sign_in).post(person_space::enter),
        )
        .route("/person/letter", post(person_space::ask_letter))
        .route("/person/leave", post(person_space::leave))
        .route("/person/consultations.csv", get(person_space::rows_csv))
        .route(
            "/person/ask",
            get(person_requests::question).post(person_requests::ask),
        )
        .route("/person/withdraw", post(person_requests::withdraw))
        .route("/person/information", get(person_requests::information))
        .route("/person/news", post(person_space::preference))
        .route("/person/embed", get(person_space::embed))
        .route("/accessibility", get(settings::accessibility))
        .route("/requests", get(requests::list).post(requests::enter))
        .route("/requests/{request}/{file}", get(requests::letter_file))
        .route("/requests.csv", get(requests::list_csv))
        .route("/requests/letters", post(requests::letters))
        .route("/requests/hidden", post(requests::hide))
        .route(
            "/requests/{request}",
            get(requests::show).post(requests::answer),
        )
        .route("/messages/reports", get(desk::reports))
        .route("/messages/reports.csv", get(desk::reports_csv))
        .route("/messages/publish", post(desk::publish))
        .route("/assessments", get(space::standings))
        .route("/assessments.csv", get(space::standings_csv))
}

/// The API: `assets/openapi.json`.
fn programs() -> Router<Console> {
    Router::new()
        .route("/api/v1/openapi.json", get(digue_api::openapi))
        .route("/api/v1/overview", get(reads::overview))
        .route("/api/v1/portals", get(reads::portals))
        .route("/api/v1/sources", get(reads::sources))
        .route("/api/v1/sources/{source}/read", post(acts::read_source))
        .route("/api/v1/settings", get(reads::settings))
        .route("/api/v1/accounts", get(reads::accounts))
        .route("/api/v1/accounts/{account}", get(reads::account))
        .route(
            "/api/v1/accounts/{account}/look-back",
            get(reads::look_back),
        )
        .route("/api/v1/accounts/{account}/suspension", put(acts::suspend))
        .route(
            "/api/v1/accounts/{account}/confirmation",
            post(acts::confirm),
        )
        .route("/api/v1/accounts/{account}/invitation", post(acts::invite))
        .route("/api/v1/accounts/{account}/cut", post(acts::cut))
        .route("/api/v1/persons", get(reads::person))
        .route("/api/v1/person-links", post(acts::person_link))
        // Estonia's protocol: a portal shows the log in its own pages
        .route("/v2/findUsage", get(usage::find))
        .route("/v2/usagePeriod", get(usage::period))
        .route("/v2/heartbeat", get(usage::heartbeat))
        .route("/api/v1/scope", get(reads::scope))
        .route("/api/v1/organisations", get(reads::organisations))
        .route(
            "/api/v1/organisations/{organisation}",
            get(reads::organisation).put(acts::save_organisation),
        )
        .route("/api/v1/sessions", get(reads::sessions))
        .route("/api/v1/approvals", get(reads::approvals).post(acts::ask))
        .route("/api/v1/approvals/{approval}/decision", post(acts::decide))
        .route("/api/v1/gates", get(reads::gates).put(acts::set_gate))
        .route("/api/v1/break-glass", get(reads::break_glass))
        .route("/api/v1/break-glass/{id}/review", post(acts::review))
        .route("/api/v1/incidents", get(reads::incidents))
        .route("/api/v1/incidents/{incident}", get(reads::incident))
        .route("/api/v1/findings", get(reads::findings))
        .route("/api/v1/findings/{finding}/verdict", post(acts::verdict))
        .route("/api/v1/journal", get(reads::journal))
        .route("/api/v1/keys", get(reads::keys))
        .route("/api/v1/keys/{key}/revocation", post(acts::revoke))
        .route(
            "/api/v1/caseloads/{population}",
            put(digue_api::replace_caseload).post(digue_api::add_caseload),
        )
        .route("/api/v1/aliases/{portal}", put(digue_api::replace_aliases))
        .route("/api/v1/registers", get(digue_registers_api::kinds))
        .route(
            "/api/v1/registers/{kind}",
            get(digue_registers_api::list).post(digue_registers_api::add),
        )
        .route(
            "/api/v1/registers/{kind}/{record}",
            get(digue_registers_api::read).put(digue_registers_api::change),
        )
        .route(
            "/api/v1/evidence/{record}/file",
            put(digue_registers_api::put_file),
        )
        .route("/api/{*rest}", any(digue_api::not_found))
}

/// The operator's directory: SCIM 2.0, by its own key.
fn provisioning() -> Router<Console> {
    Router::new()
        .route("/scim/v2/ServiceProviderConfig", get(directory::answer))
        .route("/scim/v2/ResourceTypes", get(directory::answer))
        .route("/scim/v2/ResourceTypes/{kind}", get(directory::answer))
        .route("/scim/v2/Schemas", get(directory::answer))
        .route("/scim/v2/Schemas/{schema}", get(directory::answer))
        .route(
            "/scim/v2/Users",
            get(directory::answer).post(directory::answer),
        )
        .route("/scim/v2/.search", post(directory::answer))
        .route("/scim/v2/Users/.search", post(directory::answer))
        .route("/scim/v2/Groups/.search", post(directory::answer))
        .route(
            "/scim/v2/Users/{user}",
            get(directory::answer)
                .put(directory::answer)
                .patch(directory::answer)
                .delete(directory::answer),
        )
        .route(
            "/scim/v2/Groups",
            get(directory::answer).post(directory::answer),
        )
        .route(
            "/scim/v2/Groups/{group}",
            get(directory::answer)
                .put(directory::answer)
                .patch(directory::answer)
                .delete(directory::answer),
        )
        .route("/scim/{*rest}", any(directory::answer))
}

/// Digue's own paths, on every host.
fn corner() -> Router<Console> {
    Router::new()
        .route("/.digue/sign-in", get(sign_in::sign_in))
        .route(
            "/.digue/enter",
            get(sign_in::enter_page).post(sign_in::enter),
        )
        // For the second person of an operator with one officer
        .route(
            "/.digue/printed-key",
            get(printed_key::show).post(printed_key::use_key),
        )
        .route("/.digue/passkey/begin", post(sign_in::begin))
        .route("/.digue/passkey/finish", post(sign_in::finish))
        .route("/.digue/password", post(sign_in::by_password))
        // Sign-in at an external identity provider
        .route("/.digue/provider/{provider}", get(provider::begin))
        .route("/.digue/provider/{provider}/back", get(provider::back))
        .route("/.digue/provider/{provider}/logout", post(provider::logout))
        .route("/.digue/signals/{stream}", post(event_streams::push))
        .route("/.digue/identity/link", post(provider::link))
        .route("/.digue/identity/code", post(provider::by_code))
        .route("/.digue/identity/end", get(provider::end))
        .route("/.digue/left", get(provider::left))
        .route("/.digue/prove", post(proof::by_password))
        .route("/.digue/welcome", get(sign_in::welcome))
        .route("/.digue/hand-over", post(sign_in::hand_over))
        .route("/.digue/device/register", post(device::register))
        .route("/.digue/device/refresh", post(device::refresh))
        .route("/.digue/leave", post(sign_in::leave))
        .route("/.digue/language", post(sign_in::language))
        .route(
            "/.digue/break-glass",
            get(break_glass::ask).post(break_glass::open),
        )
        .route(
            "/.digue/record",
            get(record_access::show).post(record_access::ask),
        )
        .route("/.digue/jwks.json", get(sign_in::jwks))
        .route("/.digue/tlog/{*path}", get(scope::published))
        // At the host of the console alone: that of a portal is the portal's own.
        .route("/.well-known/security.txt", get(settings::security_contact))
        .route("/.digue/theme", post(surround::choose_theme))
        .route("/.digue/assets/mark.svg", get(view::mark))
        .route("/.digue/assets/inter-latin.woff2", get(view::typeface))
        .route("/.digue/assets/digue.css", get(view::style_sheet))
        .route("/.digue/assets/passkey.js", get(view::passkey_script))
        .route("/.digue/assets/live.js", get(view::live_script))
}
