//! Scenarios on the real binary: `digue serve` between a raw client and a portal of one function.

mod api;
mod breach;
mod browser;
mod budgets;
mod caseload;
mod commands;
mod console;
mod corpus;
mod datasette;
mod demo;
mod evidence;
mod gates;
mod hostile;
mod house;
mod http2;
mod https;
mod identity;
mod kill;
mod mirror;
mod python;
mod routes;
mod stolen;
mod uninspected;
mod watch;
mod webdriver;
mod websocket;
