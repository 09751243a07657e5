//! Promise 7: which crate may use which, and which one owns a heavy dependency.

use crate::repository::{crates, dependencies, shipped};

/// Layer of each crate, and the crates of this workspace that it may use.
const LAYERS: &[(&str, u8, &[&str])] = &[
    ("digue-types", 0, &[]),
    ("digue-locales", 0, &[]),
    ("digue-journal", 1, &["digue-types"]),
    ("digue-inspect", 1, &["digue-types"]),
    ("digue-access", 1, &["digue-types"]),
    ("digue-detection", 1, &["digue-types"]),
    ("digue-response", 1, &["digue-types"]),
    ("digue-documents", 1, &[]),
    ("digue-isms", 1, &["digue-types"]),
    ("digue-messages", 1, &["digue-types"]),
    ("digue-exposure", 2, &["digue-types", "digue-journal"]),
    ("digue-store", 2, &["digue-types", "digue-access"]),
    ("digue-gateway", 2, &["digue-types", "digue-access", "digue-inspect", "digue-locales"]),
    (
        "digue-operations",
        3,
        &[
            "digue-types",
            "digue-journal",
            "digue-access",
            "digue-inspect",
            "digue-detection",
            "digue-response",
            "digue-isms",
            "digue-messages",
            "digue-documents",
            "digue-exposure",
            "digue-store",
            "digue-gateway",
            "digue-locales",
        ],
    ),
    (
        "digue-console",
        4,
        &[
            "digue-types",
            "digue-access",
            "digue-detection",
            "digue-response",
            "digue-isms",
            "digue-messages",
            "digue-exposure",
            "digue-store",
            "digue-operations",
            "digue-locales",
        ],
    ),
    (
        "digue-replay",
        4,
        &[
            "digue-types",
            "digue-access",
            "digue-detection",
            "digue-gateway",
            "digue-inspect",
            "digue-journal",
            "digue-locales",
        ],
    ),
    ("digue", 5, &["*"]),
    (
        "digue-testkit",
        9,
        &["digue-types", "digue-journal", "digue-inspect", "digue-exposure", "digue-gateway"],
    ),
    ("tidy", 9, &[]),
];

#[test]
fn every_crate_has_its_layer_and_every_layer_its_crate() {
    let mut known: Vec<&str> = LAYERS.iter().map(|(name, ..)| *name).collect();
    known.sort_unstable();
    assert_eq!(crates(), known);
}

#[test]
fn crates_depend_downwards_only_and_where_the_table_says() {
    let layer_of = |name: &str| LAYERS.iter().find(|(known, ..)| *known == name).map(|(_, layer, _)| *layer);
    for (name, layer, allowed) in LAYERS {
        for dependency in dependencies(name, "dependencies") {
            let Some(below) = layer_of(&dependency) else {
                continue;
            };
            assert!(below < *layer, "{name} (layer {layer}) uses {dependency} (layer {below})");
            let is_allowed = allowed.contains(&"*") || allowed.contains(&dependency.as_str());
            assert!(is_allowed, "{name} may not use {dependency}");
            assert_ne!(dependency, "digue-testkit", "{name} ships the test kit");
        }
    }
}

/// Libraries that one crate chose for the house, and who else may touch them, with the reason.
const OWNERS: &[(&str, &[&str])] = &[
    ("sqlx", &["digue-store"]),
    ("cedar-policy", &["digue-access"]),
    ("quick-xml", &["digue-inspect"]),
    ("serde_json_path", &["digue-inspect"]),
    // Caseload files and lists of accounts are CSV, too.
    ("csv", &["digue-inspect", "digue-access", "digue-operations"]),
    ("hyper", &["digue-gateway", "digue-replay"]),
    ("hyper-rustls", &["digue-gateway"]),
    ("tokio-rustls", &["digue-gateway"]),
    ("jsonwebtoken", &["digue-gateway"]),
    ("webauthn-rs", &["digue-operations"]),
    ("argon2", &["digue-operations"]),
    ("openidconnect", &["digue-operations"]),
    ("lettre", &["digue-operations"]),
    ("mail-parser", &["digue-messages"]),
    ("mail-auth", &["digue-messages"]),
    ("cfb", &["digue-messages"]),
    ("parquet", &["digue-operations"]),
    ("krilla", &["digue-documents"]),
    ("docx-rs", &["digue-documents"]),
    // The sample portal offers an export.
    ("rust_xlsxwriter", &["digue-documents", "digue-replay"]),
    ("qrcodegen", &["digue-operations"]),
    ("totp-rs", &["digue-operations"]),
    ("zxcvbn", &["digue-operations"]),
    ("tls-parser", &["digue-gateway"]),
    ("askama", &["digue-console"]),
    // The sample portal is a web application; the binary hands requests over.
    ("axum", &["digue-console", "digue-replay", "digue"]),
    ("fluent-bundle", &["digue-locales"]),
    ("clap", &["digue"]),
    ("toml", &["digue"]),
    ("minicbor", &["digue-journal"]),
];

#[test]
fn heavy_dependencies_have_one_owner() {
    for (library, owners) in OWNERS {
        for name in crates() {
            let uses = dependencies(&name, "dependencies").contains(&(*library).to_owned());
            assert!(!uses || owners.contains(&name.as_str()), "{name} uses {library}");
        }
    }
}

/// What the pure crates may not do; the journal's file module is the one named exception.
const IMPURE: [&str; 9] = [
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "SystemTime",
    "Instant::now",
    "tokio::",
    "SystemRandom",
    "File::open",
];

const PURE: [&str; 9] = [
    "digue-types",
    "digue-journal",
    "digue-inspect",
    "digue-access",
    "digue-detection",
    "digue-response",
    "digue-documents",
    "digue-isms",
    "digue-messages",
];

#[test]
fn layer_1_does_no_io_reads_no_clock_and_draws_no_randomness() {
    let exceptions = ["digue-journal/src/disk.rs", "digue-journal/src/journal.rs"];
    for (path, text) in shipped() {
        let place = path.to_string_lossy().replace('\\', "/");
        let is_pure = PURE.iter().any(|name| place.contains(&format!("crates/{name}/")));
        if !is_pure || exceptions.iter().any(|exception| place.ends_with(exception)) {
            continue;
        }
        for word in IMPURE {
            assert!(!text.contains(word), "{place} uses {word}");
        }
    }
}

#[test]
fn the_gateway_never_sees_the_store_and_the_console_neither_sql_nor_the_journal() {
    let uses =
        |name: &str, dependency: &str| dependencies(name, "dependencies").contains(&dependency.to_owned());
    assert!(!uses("digue-gateway", "digue-store") && !uses("digue-gateway", "digue-journal"));
    assert!(!uses("digue-console", "sqlx") && !uses("digue-console", "digue-journal"));
    for (path, text) in shipped() {
        let place = path.to_string_lossy().into_owned();
        if place.contains("digue-console") || place.contains("digue-gateway") {
            for word in ["SELECT ", "INSERT INTO", "DELETE FROM"] {
                assert!(!text.contains(word), "{place} speaks SQL");
            }
        }
    }
}
