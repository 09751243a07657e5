//! The console's router, driven in process over a small world: no network, no browser.

mod checks;
mod home;
mod html;
mod lists;
mod operator;
mod pages;
mod routes;
mod snapshots;
mod world;
