//! Throws bytes at the target `dicom` of `digue_testkit::targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| digue_testkit::targets::run("dicom", bytes));
