//! Makes answers of bytes, with the persons really in them beside, and compares:
//! `digue_testkit::truth`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| digue_testkit::targets::run("truth", bytes));
