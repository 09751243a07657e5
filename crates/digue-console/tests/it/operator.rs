//! What the operator of the small world configures: one portal with one route, an identity
//! provider, no mail.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, Response};
use digue_access::{BudgetLimits, EnforcementMode, LimitsTable, Role, RouteAccess};
use digue_administration::loads::LoadTarget;
use digue_app::Areas;
use digue_app::alias_tables::AliasTables;
use digue_casework::CaseworkSettings;
use digue_casework::incidents::IncidentLog;
use digue_casework::operator::OperatorRules;
use digue_casework::security_contact::SecurityContact;
use digue_compliance::isms::LessonMeasures;
use digue_config::added_routes::AddedRouteReader;
use digue_evidence::EvidenceSettings;
use digue_gateway::path::Pattern;
use digue_gateway::portal::{
    BreakGlassRule, Identity, NamedHeaders, OnUninspected, Portal, QueryRule, Route, RouteKind,
    Timeouts, Upstream,
};
use digue_gateway::ports::{BoxFuture, LocalPages};
use digue_http::body::{Body, empty};
use digue_identifiers::IdentifierKind;
use digue_identity::IdentitySettings;
use digue_identity::invitations::MailedInvitations;
use digue_identity::password::PasswordRules;
use digue_identity::providers::{FactorRules, ProviderAudience, ProviderRules, UserInfo};
use digue_inspect::graphql::GraphQl;
use digue_inspect::{InspectionLimits, ResponseRules};
use digue_portal_login::name_mapping::IdentityMapping;
use digue_provisioning::brake::AccountBrake;
use digue_provisioning::{AccountGroups, GroupRule, ProvisioningRules};
use digue_response::notification::Field;
use digue_selfservice::comparisons;
use digue_shared_signals::{KeySource, ReceiveRules, ReceiveWay, SignalRules, SubjectName};
use digue_sources::SourceRules;
use digue_sources::brake::Brake;
use digue_sources::origin::SourceOrigin;
use digue_store::Store;
use digue_types::{
    AccountId, ActionName, OrganisationId, PopulationId, PortalId, RouteName, Timestamp,
};
use jiff::tz::TimeZone;

pub(crate) const CONSOLE: &str = "https://digue.test";
pub(crate) const PORTAL_HOST: &str = "portail.test";
/// Seals and hashes secrets.
pub(crate) const KEY: [u8; 32] = [7; 32];

/// All areas, with what a French operator configures; no mail leaves.
pub(crate) async fn areas(
    store: &Store,
    aliases: Arc<AliasTables>,
    zone: TimeZone,
    now: Timestamp,
) -> Areas {
    let areas = digue_app::areas(store, aliases, vec![Box::new(IncidentLog)])
        .await
        .unwrap();
    let areas = digue_mail::areas(areas, None, Box::new(MailedInvitations)).unwrap();
    let evidence = EvidenceSettings {
        comparisons: comparisons::all(),
        retentions: Default::default(),
        witnesses: Default::default(),
        client: None,
        now,
    };
    let identity = IdentitySettings {
        password: Some(PasswordRules { breached: None }),
        providers: vec![provider()],
        key: &KEY,
        console_url: CONSOLE,
    };
    let casework = CaseworkSettings {
        operator: OperatorRules {
            zone,
            is_insured: true,
            controller: controller(),
            security: Some(SecurityContact {
                contacts: vec!["mailto:securite@opco.test".to_owned()],
                policy: None,
                encryption: None,
            }),
            ..Default::default()
        },
        alerts: Default::default(),
        lessons: Box::new(LessonMeasures),
    };
    let areas = digue_identity::areas(digue_evidence::areas(areas, evidence), identity).unwrap();
    let areas = digue_notices::areas(digue_casework::areas(areas, casework), Default::default());
    let areas = digue_administration::areas(areas, Arc::new(AddedRouteReader));
    let areas = digue_sources::areas(areas, vec![caseloads()], None);
    let areas = digue_provisioning::areas(areas, Some(directory()));
    let areas = digue_shared_signals::areas(areas, streams());
    digue_selfservice::areas(digue_compliance::areas(areas, Default::default(), None))
}

/// A directory whose groups are two organisations.
pub(crate) fn directory() -> ProvisioningRules {
    let group = |name: &str, organisation: &str, role| GroupRule {
        name: name.to_owned(),
        organisation: OrganisationId::parse(organisation).unwrap(),
        role,
    };
    ProvisioningRules {
        groups: AccountGroups::Named(vec![
            group("Délégués of-1", "of-1", Role::Delegate),
            group("Agents of-1", "of-1", Role::Agent),
            group("Agents of-2", "of-2", Role::Agent),
        ]),
        brake: AccountBrake::default(),
        late_after: Duration::from_hours(72),
    }
}

/// The secret of the stream.
pub(crate) const STREAM_SECRET: &str = "le-secret-du-flux-de-l-annuaire-00";

/// A stream of events from which nothing came yet.
fn streams() -> SignalRules {
    SignalRules {
        receive: vec![ReceiveRules {
            name: "annuaire".to_owned(),
            issuer: "https://fournisseur.test".to_owned(),
            audience: CONSOLE.to_owned(),
            other_audiences: Vec::new(),
            keys: KeySource::Discovered,
            subject_issuers: vec!["https://fournisseur.test".to_owned()],
            identified_by: vec![SubjectName::Email],
            way: ReceiveWay::Push {
                secrets: vec![digue_gateway::identity::token_hash(STREAM_SECRET)],
            },
        }],
        ..SignalRules::default()
    }
}

/// A source of caseloads that was not read yet.
fn caseloads() -> SourceRules {
    SourceRules {
        name: "portefeuilles".to_owned(),
        look_up: None,
        target: LoadTarget::Caseload(PopulationId::parse("personnes").unwrap()).into(),
        origin: SourceOrigin::File("portefeuilles.csv".into()),
        account: AccountId::parse("flux").unwrap(),
        every: Duration::from_mins(5),
        late_after: Duration::from_mins(15),
        brake: Brake::default(),
    }
}

/// The fields of the notification that the configuration of an operator fills.
fn controller() -> BTreeMap<Field, String> {
    let said = [
        (Field::ControllerName, "France Formation"),
        (Field::ControllerNumber, "13000548100010"),
        (
            Field::ControllerAddress,
            "2 place de l'Hôtel-de-Ville, 62000 Arras",
        ),
        (Field::ControllerSector, "emploi et formation"),
        (Field::ControllerSize, "140"),
        (Field::NotifiedBy, "Dominique Petit"),
        (Field::ContactName, "Dominique Petit, DPO"),
        (Field::ContactMail, "dpo@france-formation.example"),
        (Field::ContactPhone, "03 21 00 00 00"),
    ];
    said.map(|(field, value)| (field, value.to_owned())).into()
}

fn provider() -> ProviderRules {
    ProviderRules {
        id: "proconnect".to_owned(),
        label: "ProConnect".to_owned(),
        issuer: "https://fournisseur.test".to_owned(),
        client: "digue".to_owned(),
        other_audiences: Vec::new(),
        secret: "un secret".to_owned(),
        serves: ProviderAudience::Accounts,
        scopes: Vec::new(),
        user_info: UserInfo::None,
        asked_claims: Vec::new(),
        acr: Vec::new(),
        factors: FactorRules::default(),
    }
}

pub(crate) fn portal() -> Portal {
    let limits = |day| BudgetLimits([None, None, Some(day), None]);
    Portal {
        id: PortalId::parse("portail").unwrap(),
        population: PopulationId::parse("personnes").unwrap(),
        hosts: vec![PORTAL_HOST.into()],
        upstream: Upstream {
            is_https: false,
            authority: "127.0.0.1:1".to_owned(),
            host: None,
        },
        identity: Identity::Session,
        mapping: IdentityMapping::default(),
        own_record: None,
        request_headers: Vec::new(),
        named_headers: NamedHeaders::default(),
        mode: EnforcementMode::Enforced,
        kinds: vec![IdentifierKind {
            name: "id".into(),
            steps: vec![],
            shape: None,
        }],
        primary: 0,
        limits: LimitsTable {
            account: limits(60),
            organisation: limits(400),
            ..LimitsTable::default()
        },
        classes: digue_access::ClassRules::default(),
        break_glass: BreakGlassRule {
            lasts: Duration::from_mins(15),
        },
        routes: vec![route()],
        timeouts: Timeouts::default(),
        report_tokens: Vec::new(),
        response_headers: Default::default(),
    }
}

fn route() -> Route {
    Route {
        name: RouteName::parse("fiche").unwrap(),
        methods: vec![],
        pattern: Pattern::parse("/fiche/{id}").unwrap(),
        when: Vec::new(),
        kind: RouteKind::Held,
        session: digue_gateway::portal::SessionDemand::Required,
        action: ActionName::parse("open").unwrap(),
        categories: vec![],
        access: RouteAccess {
            needs_caseload: true,
            allows_exact_search: false,
            keeps_found: Duration::ZERO,
            allows_break_glass: true,
            proof_age_max: None,
            shows_own: false,
        },
        request: vec![],
        exact_sets: vec![],
        creates: None,
        query: QueryRule::Any,
        graphql: GraphQl::Unread,
        response: ResponseRules {
            blocks: Vec::new(),
            errors: None,
        },
        uninspected: OnUninspected::default(),
        later: digue_gateway::remembered::LaterAnswers::default(),
        held_bytes_max: 1 << 20,
        inspect_limits: InspectionLimits::default(),
        request_bytes_max: 1 << 20,
    }
}

/// The gateway of this world serves no page: the router is asked directly.
pub(crate) struct NoPages;

impl LocalPages for NoPages {
    fn respond(&self, _: Request<Body>) -> BoxFuture<Response<Body>> {
        Box::pin(async { Response::new(empty()) })
    }
}
