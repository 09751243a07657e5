//! Scenarios on the real binary: `digue serve` between a raw client and a portal of one function.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod acme;
mod added_routes;
mod api;
mod backup;
mod breach;
mod browser;
mod budgets;
mod caseload;
mod cases;
#[path = "../../../digue-scenarios/tests/it/claims_truth.rs"]
mod claims_truth;
mod classes;
mod cluster;
mod commands;
mod complaint;
mod console;
mod corpus;
mod datasette;
mod demo;
mod doctor;
mod evidence;
mod first_hour;
mod gates;
mod hostile;
mod http2;
mod https;
mod identity;
mod instance;
mod journeys;
mod kill;
mod leaks;
mod learn;
mod log_lines;
mod map_report;
mod messages;
mod mirror;
mod monitoring;
mod names;
mod notices;
mod observed;
mod officer;
mod outside_body;
mod packages;
mod persons;
mod pilot;
mod pilot_learn;
mod provider;
mod proxies;
mod python;
mod reads;
mod recorded;
mod rollback;
mod scim;
mod security_contact;
mod service_manager;
#[path = "../../../digue-shared-journal/tests/it/servers.rs"]
#[allow(dead_code, reason = "its own crate stops servers in more ways")]
mod shared_servers;
mod sign_in;
mod signals;
mod smsi;
mod space;
mod starvation;
mod statements;
mod stolen;
mod traces;
mod uninspected;
mod watch;
mod webdriver;
mod websocket;
