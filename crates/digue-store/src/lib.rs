//! State that people change: organisations, accounts and their credentials, approval requests,
//! gates, sessions, links, break glass, queued mail.
//!
//! SQLite by default, PostgreSQL by URL; one SQL text serves both, and one contract suite runs
//! against both. Nothing here decides; nothing above this crate sees SQL. What was shown to whom is
//! not stored here but in the journal.

mod accounts;
mod additions;
mod approvals;
mod assessments;
mod attempts;
mod break_glass;
mod campaigns;
mod check_switches;
mod checks;
mod columns;
mod connections;
mod contact_source;
mod contacts;
mod copies;
mod database;
mod deadline_alerts;
mod error;
mod feeds;
mod file_digests;
mod files;
mod findings;
mod gates;
mod granted_keys;
mod hidden;
mod holders;
mod identities;
mod identity_cuts;
mod identity_invitations;
mod incident_entries;
mod incidents;
mod inspection;
mod installation;
mod keys;
mod links;
mod mails;
mod migrate;
mod notices;
mod organisations;
mod passkeys;
mod passwords;
mod person;
mod person_codes;
mod preferences;
mod provider_sessions;
mod recoveries;
mod reductions;
mod replaced_files;
mod reports;
mod requests;
mod review_lines;
mod reviews;
mod revisions;
mod rules;
mod scim;
mod sessions;
mod set_aside;
mod signals;
mod sources;
mod store;
mod unconfirmed;

pub use additions::{AdditionOrigin, AdditionRecord};
pub use approvals::{ApprovalDecision, ApprovalRecord};
pub use attempts::Attempts;
pub use break_glass::{BreakGlassRecord, live_break_glass};
pub use campaigns::CampaignRecord;
pub use check_switches::SwitchRecord;
pub use checks::CheckRecord;
pub use connections::ConnectionRecord;
pub use contact_source::{ContactRow, ContactSource};
pub use error::StoreError;
pub use files::FileRecord;
pub use findings::{
    AlertChannel, CLOSING_ACTIONS, FindingCount, FindingQuery, FindingRecord, FindingVerdict,
    FindingsAbout,
};
pub use gates::GateRecord;
pub use granted_keys::GrantedKeyRecord;
pub use hidden::HiddenRecord;
pub use holders::HolderRecord;
pub use identities::IdentityRecord;
pub use identity_cuts::IdentityCutRecord;
pub use incident_entries::EntryRecord;
pub use incidents::IncidentRecord;
pub use inspection::{SchemaStanding, StateInspection, inspect, remembered_head};
pub use keys::ApiKeyRecord;
pub use links::StoreConnection;
pub use mails::MailRecord;
pub use notices::NoticeRecord;
pub use organisations::OrganisationRecord;
pub use passkeys::PasskeyRecord;
pub use passwords::PasswordRecord;
pub use person::KnownPerson;
pub use person_codes::PersonCode;
pub use preferences::PreferenceRecord;
pub use provider_sessions::ProviderSession;
pub use recoveries::RecoveryRecord;
pub use reports::ReportRecord;
pub use requests::{EnteredRequest, RequestRecord};
pub use review_lines::ReviewLine;
pub use reviews::ReviewRecord;
pub use revisions::RevisionRecord;
pub use scim::{ScimDay, ScimState, ScimUserRecord};
pub use set_aside::SetAsideRecord;
pub use signals::{SignalRecord, SignalStreamRecord, WaitingSignalRecord};
pub use sources::{DayOfChanges, HeldChange, SourceRecord};
pub use store::Store;
pub use unconfirmed::UnconfirmedRecord;
