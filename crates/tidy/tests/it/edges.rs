//! Promise 7: which crate may use which, and which one owns a heavy dependency.

use crate::repository::{crates, dependencies, root, shipped};

/// Layer of each crate, and the crates of this workspace that it may use.
const LAYERS: &[(&str, u8, &[&str])] = &[
    ("digue-types", 0, &[]),
    ("digue-locales", 0, &[]),
    ("digue-html", 0, &[]),
    ("digue-documents", 0, &[]),
    ("digue-identifiers", 1, &["digue-types"]),
    ("digue-journal", 1, &["digue-types"]),
    ("digue-logs", 1, &["digue-types"]),
    ("digue-access", 1, &["digue-types"]),
    ("digue-detection", 1, &["digue-types"]),
    ("digue-response", 1, &["digue-types"]),
    ("digue-messages", 1, &["digue-types"]),
    ("digue-http", 1, &["digue-types"]),
    ("digue-portal-login", 1, &["digue-types"]),
    ("digue-backup", 1, &["digue-types"]),
    ("digue-scim", 1, &["digue-types"]),
    ("digue-security-events", 1, &["digue-types"]),
    ("digue-isms", 2, &["digue-types", "digue-response"]),
    ("digue-exposure", 2, &["digue-types", "digue-journal"]),
    ("digue-store", 2, &["digue-types", "digue-access"]),
    ("digue-shared-journal", 2, &["digue-journal"]),
    ("digue-connections", 2, &["digue-access", "digue-http"]),
    ("digue-decode", 2, &["digue-types", "digue-identifiers"]),
    (
        "digue-refusals",
        2,
        &["digue-types", "digue-locales", "digue-http"],
    ),
    ("digue-pdf", 2, &["digue-types", "digue-identifiers"]),
    ("digue-dicom", 2, &["digue-types", "digue-identifiers"]),
    ("digue-acme", 2, &["digue-types", "digue-http"]),
    ("digue-telemetry", 2, &["digue-http"]),
    ("digue-governance", 3, &["digue-types", "digue-isms"]),
    (
        "digue-privacy",
        3,
        &["digue-types", "digue-response", "digue-isms"],
    ),
    (
        "digue-continuity",
        3,
        &[
            "digue-types",
            "digue-journal",
            "digue-http",
            "digue-backup",
            "digue-store",
        ],
    ),
    (
        "digue-tables",
        3,
        &["digue-types", "digue-identifiers", "digue-decode"],
    ),
    (
        "digue-quotas",
        3,
        &[
            "digue-types",
            "digue-access",
            "digue-http",
            "digue-refusals",
        ],
    ),
    (
        "digue-headers",
        3,
        &[
            "digue-types",
            "digue-identifiers",
            "digue-http",
            "digue-decode",
            "digue-refusals",
        ],
    ),
    (
        "digue-inspect",
        4,
        &[
            "digue-types",
            "digue-html",
            "digue-identifiers",
            "digue-decode",
            "digue-pdf",
            "digue-dicom",
            "digue-tables",
        ],
    ),
    (
        "digue-resources",
        5,
        &[
            "digue-types",
            "digue-identifiers",
            "digue-http",
            "digue-refusals",
            "digue-quotas",
            "digue-inspect",
        ],
    ),
    (
        "digue-survey",
        5,
        &[
            "digue-types",
            "digue-identifiers",
            "digue-decode",
            "digue-pdf",
            "digue-tables",
            "digue-inspect",
        ],
    ),
    (
        "digue-ordered-files",
        5,
        &[
            "digue-types",
            "digue-identifiers",
            "digue-decode",
            "digue-quotas",
            "digue-inspect",
        ],
    ),
    (
        "digue-gateway",
        6,
        &[
            "digue-types",
            "digue-locales",
            "digue-identifiers",
            "digue-access",
            "digue-http",
            "digue-portal-login",
            "digue-connections",
            "digue-decode",
            "digue-refusals",
            "digue-telemetry",
            "digue-quotas",
            "digue-headers",
            "digue-inspect",
            "digue-resources",
            "digue-ordered-files",
        ],
    ),
    (
        "digue-learn",
        6,
        &[
            "digue-types",
            "digue-html",
            "digue-identifiers",
            "digue-decode",
            "digue-tables",
            "digue-inspect",
            "digue-survey",
        ],
    ),
    ("digue-har", 6, &["digue-survey"]),
    (
        "digue-app",
        7,
        &[
            "digue-types",
            "digue-locales",
            "digue-identifiers",
            "digue-journal",
            "digue-access",
            "digue-detection",
            "digue-http",
            "digue-exposure",
            "digue-store",
            "digue-tables",
            "digue-quotas",
            "digue-gateway",
        ],
    ),
    (
        "digue-replay",
        7,
        &[
            "digue-types",
            "digue-locales",
            "digue-journal",
            "digue-logs",
            "digue-access",
            "digue-detection",
            "digue-gateway",
        ],
    ),
    (
        "digue-mail",
        8,
        &[
            "digue-types",
            "digue-locales",
            "digue-access",
            "digue-messages",
            "digue-store",
            "digue-app",
        ],
    ),
    (
        "digue-uploads",
        8,
        &["digue-types", "digue-locales", "digue-tables", "digue-app"],
    ),
    (
        "digue-evidence",
        8,
        &[
            "digue-types",
            "digue-locales",
            "digue-documents",
            "digue-journal",
            "digue-access",
            "digue-response",
            "digue-http",
            "digue-exposure",
            "digue-store",
            "digue-app",
        ],
    ),
    (
        "digue-secret-addresses",
        9,
        &["digue-types", "digue-app", "digue-evidence"],
    ),
    (
        "digue-identity",
        9,
        &[
            "digue-types",
            "digue-access",
            "digue-http",
            "digue-exposure",
            "digue-store",
            "digue-gateway",
            "digue-app",
            "digue-mail",
            "digue-evidence",
        ],
    ),
    (
        "digue-casework",
        10,
        &[
            "digue-types",
            "digue-locales",
            "digue-documents",
            "digue-access",
            "digue-detection",
            "digue-response",
            "digue-messages",
            "digue-http",
            "digue-exposure",
            "digue-store",
            "digue-tables",
            "digue-app",
            "digue-mail",
            "digue-uploads",
            "digue-evidence",
            "digue-identity",
        ],
    ),
    (
        "digue-administration",
        11,
        &[
            "digue-types",
            "digue-locales",
            "digue-journal",
            "digue-logs",
            "digue-access",
            "digue-detection",
            "digue-response",
            "digue-backup",
            "digue-store",
            "digue-connections",
            "digue-gateway",
            "digue-app",
            "digue-mail",
            "digue-evidence",
            "digue-identity",
            "digue-casework",
        ],
    ),
    (
        "digue-notices",
        11,
        &[
            "digue-types",
            "digue-locales",
            "digue-documents",
            "digue-response",
            "digue-messages",
            "digue-store",
            "digue-app",
            "digue-mail",
            "digue-evidence",
            "digue-casework",
        ],
    ),
    (
        "digue-isms-words",
        11,
        &[
            "digue-types",
            "digue-locales",
            "digue-documents",
            "digue-isms",
            "digue-tables",
            "digue-app",
            "digue-uploads",
            "digue-casework",
        ],
    ),
    (
        "digue-sources",
        12,
        &[
            "digue-types",
            "digue-access",
            "digue-http",
            "digue-portal-login",
            "digue-store",
            "digue-gateway",
            "digue-app",
            "digue-administration",
        ],
    ),
    (
        "digue-provisioning",
        12,
        &[
            "digue-types",
            "digue-access",
            "digue-scim",
            "digue-store",
            "digue-gateway",
            "digue-app",
            "digue-administration",
        ],
    ),
    (
        "digue-shared-signals",
        12,
        &[
            "digue-types",
            "digue-access",
            "digue-http",
            "digue-security-events",
            "digue-store",
            "digue-gateway",
            "digue-app",
            "digue-identity",
            "digue-administration",
        ],
    ),
    (
        "digue-backup-acts",
        12,
        &[
            "digue-types",
            "digue-locales",
            "digue-journal",
            "digue-access",
            "digue-response",
            "digue-backup",
            "digue-isms",
            "digue-app",
            "digue-casework",
            "digue-administration",
        ],
    ),
    (
        "digue-compliance",
        13,
        &[
            "digue-types",
            "digue-locales",
            "digue-html",
            "digue-documents",
            "digue-journal",
            "digue-access",
            "digue-detection",
            "digue-response",
            "digue-backup",
            "digue-isms",
            "digue-exposure",
            "digue-store",
            "digue-governance",
            "digue-privacy",
            "digue-continuity",
            "digue-tables",
            "digue-app",
            "digue-mail",
            "digue-uploads",
            "digue-evidence",
            "digue-identity",
            "digue-casework",
            "digue-administration",
            "digue-notices",
            "digue-isms-words",
            "digue-backup-acts",
        ],
    ),
    (
        "digue-selfservice",
        14,
        &[
            "digue-types",
            "digue-locales",
            "digue-documents",
            "digue-access",
            "digue-response",
            "digue-isms",
            "digue-exposure",
            "digue-store",
            "digue-app",
            "digue-mail",
            "digue-evidence",
            "digue-identity",
            "digue-casework",
            "digue-compliance",
        ],
    ),
    (
        "digue-privacy-acts",
        14,
        &[
            "digue-types",
            "digue-locales",
            "digue-html",
            "digue-documents",
            "digue-isms",
            "digue-privacy",
            "digue-app",
            "digue-evidence",
            "digue-casework",
            "digue-sources",
            "digue-compliance",
        ],
    ),
    (
        "digue-config",
        14,
        &[
            "digue-types",
            "digue-locales",
            "digue-html",
            "digue-identifiers",
            "digue-journal",
            "digue-logs",
            "digue-access",
            "digue-detection",
            "digue-response",
            "digue-messages",
            "digue-portal-login",
            "digue-backup",
            "digue-store",
            "digue-connections",
            "digue-acme",
            "digue-continuity",
            "digue-tables",
            "digue-headers",
            "digue-inspect",
            "digue-gateway",
            "digue-mail",
            "digue-evidence",
            "digue-identity",
            "digue-casework",
            "digue-administration",
            "digue-notices",
            "digue-sources",
            "digue-provisioning",
            "digue-shared-signals",
            "digue-backup-acts",
            "digue-compliance",
        ],
    ),
    (
        "digue-doctor",
        15,
        &[
            "digue-types",
            "digue-locales",
            "digue-identifiers",
            "digue-journal",
            "digue-http",
            "digue-backup",
            "digue-exposure",
            "digue-store",
            "digue-shared-journal",
            "digue-continuity",
            "digue-gateway",
            "digue-app",
            "digue-mail",
            "digue-evidence",
            "digue-identity",
            "digue-shared-signals",
            "digue-backup-acts",
            "digue-config",
        ],
    ),
    (
        "digue-tasks",
        15,
        &[
            "digue-types",
            "digue-access",
            "digue-detection",
            "digue-response",
            "digue-isms",
            "digue-exposure",
            "digue-app",
            "digue-mail",
            "digue-casework",
            "digue-administration",
            "digue-sources",
            "digue-provisioning",
            "digue-shared-signals",
            "digue-compliance",
            "digue-selfservice",
        ],
    ),
    (
        "digue-terminal",
        15,
        &[
            "digue-types",
            "digue-locales",
            "digue-journal",
            "digue-logs",
            "digue-app",
            "digue-evidence",
            "digue-config",
        ],
    ),
    (
        "digue-demo",
        15,
        &[
            "digue-types",
            "digue-locales",
            "digue-journal",
            "digue-access",
            "digue-response",
            "digue-messages",
            "digue-isms",
            "digue-exposure",
            "digue-store",
            "digue-app",
            "digue-replay",
            "digue-mail",
            "digue-identity",
            "digue-casework",
            "digue-administration",
            "digue-compliance",
            "digue-selfservice",
        ],
    ),
    (
        "digue-metrics",
        16,
        &[
            "digue-types",
            "digue-journal",
            "digue-isms",
            "digue-exposure",
            "digue-app",
            "digue-compliance",
            "digue-tasks",
        ],
    ),
    (
        "digue-pages",
        16,
        &[
            "digue-types",
            "digue-locales",
            "digue-access",
            "digue-response",
            "digue-app",
            "digue-evidence",
            "digue-casework",
            "digue-administration",
            "digue-tasks",
        ],
    ),
    (
        "digue-cluster",
        16,
        &[
            "digue-locales",
            "digue-journal",
            "digue-shared-journal",
            "digue-config",
            "digue-terminal",
        ],
    ),
    (
        "digue-map-commands",
        16,
        &[
            "digue-types",
            "digue-locales",
            "digue-identifiers",
            "digue-logs",
            "digue-access",
            "digue-decode",
            "digue-tables",
            "digue-inspect",
            "digue-survey",
            "digue-gateway",
            "digue-learn",
            "digue-har",
            "digue-app",
            "digue-config",
            "digue-terminal",
        ],
    ),
    (
        "digue-replay-commands",
        16,
        &[
            "digue-types",
            "digue-locales",
            "digue-logs",
            "digue-detection",
            "digue-app",
            "digue-replay",
            "digue-administration",
            "digue-terminal",
        ],
    ),
    (
        "digue-init",
        16,
        &[
            "digue-types",
            "digue-locales",
            "digue-access",
            "digue-app",
            "digue-identity",
            "digue-administration",
            "digue-terminal",
        ],
    ),
    (
        "digue-rehearsal",
        16,
        &[
            "digue-types",
            "digue-locales",
            "digue-journal",
            "digue-response",
            "digue-backup",
            "digue-exposure",
            "digue-continuity",
            "digue-app",
            "digue-replay",
            "digue-casework",
            "digue-notices",
            "digue-backup-acts",
            "digue-terminal",
            "digue-demo",
        ],
    ),
    (
        "digue-api",
        17,
        &[
            "digue-types",
            "digue-locales",
            "digue-access",
            "digue-detection",
            "digue-exposure",
            "digue-app",
            "digue-evidence",
            "digue-identity",
            "digue-casework",
            "digue-administration",
            "digue-notices",
            "digue-sources",
            "digue-selfservice",
            "digue-pages",
        ],
    ),
    (
        "digue-isms-pages",
        17,
        &[
            "digue-types",
            "digue-access",
            "digue-response",
            "digue-isms",
            "digue-governance",
            "digue-privacy",
            "digue-app",
            "digue-uploads",
            "digue-evidence",
            "digue-secret-addresses",
            "digue-casework",
            "digue-backup-acts",
            "digue-compliance",
            "digue-privacy-acts",
            "digue-pages",
        ],
    ),
    (
        "digue-registers-api",
        18,
        &[
            "digue-types",
            "digue-locales",
            "digue-isms",
            "digue-app",
            "digue-compliance",
            "digue-pages",
            "digue-api",
        ],
    ),
    (
        "digue-people-pages",
        18,
        &[
            "digue-types",
            "digue-access",
            "digue-messages",
            "digue-isms",
            "digue-app",
            "digue-evidence",
            "digue-identity",
            "digue-casework",
            "digue-administration",
            "digue-notices",
            "digue-sources",
            "digue-provisioning",
            "digue-shared-signals",
            "digue-backup-acts",
            "digue-compliance",
            "digue-selfservice",
            "digue-pages",
            "digue-api",
        ],
    ),
    (
        "digue-console",
        19,
        &[
            "digue-types",
            "digue-locales",
            "digue-access",
            "digue-detection",
            "digue-response",
            "digue-scim",
            "digue-exposure",
            "digue-app",
            "digue-mail",
            "digue-evidence",
            "digue-identity",
            "digue-casework",
            "digue-administration",
            "digue-notices",
            "digue-provisioning",
            "digue-compliance",
            "digue-selfservice",
            "digue-tasks",
            "digue-pages",
            "digue-api",
            "digue-isms-pages",
            "digue-registers-api",
            "digue-people-pages",
        ],
    ),
    ("digue", 20, &["*"]),
    (
        "digue-testkit",
        21,
        &[
            "digue-types",
            "digue-html",
            "digue-identifiers",
            "digue-journal",
            "digue-logs",
            "digue-scim",
            "digue-exposure",
            "digue-tables",
            "digue-inspect",
            "digue-survey",
            "digue-gateway",
            "digue-learn",
            "digue-har",
        ],
    ),
    ("digue-scenarios", 21, &[]),
    ("tidy", 21, &[]),
];

#[test]
fn every_crate_has_its_layer_and_every_layer_its_crate() {
    let mut known: Vec<&str> = LAYERS.iter().map(|(name, ..)| *name).collect();
    known.sort_unstable();
    assert_eq!(crates(), known);
}

#[test]
fn crates_depend_downwards_only_and_where_the_table_says() {
    let layer_of = |name: &str| {
        LAYERS
            .iter()
            .find(|(known, ..)| *known == name)
            .map(|(_, layer, _)| *layer)
    };
    for (name, layer, allowed) in LAYERS {
        for dependency in dependencies(name, "dependencies") {
            let Some(below) = layer_of(&dependency) else {
                continue;
            };
            assert!(
                below < *layer,
                "{name} (layer {layer}) uses {dependency} (layer {below})"
            );
            let is_allowed = allowed.contains(&"*") || allowed.contains(&dependency.as_str());
            assert!(is_allowed, "{name} may not use {dependency}");
            assert_ne!(dependency, "digue-testkit", "{name} ships the test kit");
        }
        let used = dependencies(name, "dependencies");
        let unused = allowed
            .iter()
            .find(|allowed| **allowed != "*" && !used.iter().any(|used| used == *allowed));
        assert_eq!(
            unused, None,
            "{name} no longer uses it: take it off the table"
        );
    }
}

/// Libraries that one crate chose for the house, and who else may touch them, with the reason.
const OWNERS: &[(&str, &[&str])] = &[
    // The state's SQL, and the journal's.
    ("sqlx", &["digue-store", "digue-shared-journal"]),
    ("rustic_core", &["digue-backup"]),
    ("aes256ctr_poly1305aes", &["digue-backup"]),
    ("blahaj", &["digue-backup"]),
    ("bip39", &["digue-backup"]),
    ("cedar-policy", &["digue-access"]),
    // The answers of object stores are XML, too.
    (
        "quick-xml",
        &["digue-tables", "digue-inspect", "digue-backup"],
    ),
    ("serde_json_path", &["digue-inspect"]),
    // Caseload files and lists of accounts are CSV, too.
    (
        "csv",
        &[
            "digue-logs",
            "digue-access",
            "digue-app",
            "digue-administration",
            "digue-sources",
        ],
    ),
    ("hyper", &["digue-http", "digue-gateway", "digue-replay"]),
    ("hyper-rustls", &["digue-http"]),
    ("tokio-rustls", &["digue-gateway"]),
    ("instant-acme", &["digue-acme"]),
    ("jsonwebtoken", &["digue-http"]),
    ("webauthn-rs", &["digue-identity"]),
    ("argon2", &["digue-identity"]),
    ("openidconnect", &["digue-identity"]),
    ("lettre", &["digue-mail"]),
    ("mail-parser", &["digue-messages"]),
    ("mail-auth", &["digue-messages"]),
    ("cfb", &["digue-messages"]),
    ("parquet", &["digue-evidence"]),
    ("krilla", &["digue-documents"]),
    ("lopdf", &["digue-pdf"]),
    ("dicom-core", &["digue-dicom"]),
    ("dicom-dictionary-std", &["digue-dicom"]),
    ("docx-rs", &["digue-documents"]),
    // The sample portal offers an export.
    ("rust_xlsxwriter", &["digue-documents", "digue-replay"]),
    (
        "qrcodegen",
        &["digue-identity", "digue-notices", "digue-terminal"],
    ),
    ("totp-rs", &["digue-identity"]),
    ("zxcvbn", &["digue-identity"]),
    ("tls-parser", &["digue-connections"]),
    ("x509-parser", &["digue-doctor"]),
    (
        "askama",
        &[
            "digue-pages",
            "digue-isms-pages",
            "digue-people-pages",
            "digue-console",
        ],
    ),
    // The sample portal, the first page of the demonstration and the first hour of a small
    // organisation are web applications; the binary hands requests over.
    (
        "axum",
        &[
            "digue-pages",
            "digue-api",
            "digue-isms-pages",
            "digue-people-pages",
            "digue-registers-api",
            "digue-console",
            "digue-replay",
            "digue-demo",
            "digue-init",
            "digue",
        ],
    ),
    ("fluent-bundle", &["digue-locales"]),
    ("clap", &["digue"]),
    ("clap_complete", &["digue"]),
    ("clap_mangen", &["digue"]),
    // The script of the demonstration is a file that people edit.
    ("toml", &["digue-config", "digue-demo"]),
    // Maps are edited, and not written anew.
    ("toml_edit", &["digue-learn"]),
    ("minicbor", &["digue-journal"]),
    ("prometheus-client", &["digue-metrics"]),
    ("opentelemetry", &["digue-telemetry"]),
    ("opentelemetry_sdk", &["digue-telemetry"]),
    ("opentelemetry-otlp", &["digue-telemetry"]),
    ("tracing-opentelemetry", &["digue-telemetry"]),
    ("tracing-subscriber", &["digue-telemetry"]),
];

#[test]
fn heavy_dependencies_have_one_owner() {
    for (library, owners) in OWNERS {
        for name in crates() {
            let uses = dependencies(&name, "dependencies").contains(&(*library).to_owned());
            assert!(
                !uses || owners.contains(&name.as_str()),
                "{name} uses {library}"
            );
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

const PURE: [&str; 20] = [
    "digue-types",
    "digue-journal",
    "digue-identifiers",
    "digue-decode",
    "digue-pdf",
    "digue-tables",
    "digue-inspect",
    "digue-logs",
    "digue-access",
    "digue-detection",
    "digue-response",
    "digue-documents",
    "digue-isms",
    "digue-governance",
    "digue-privacy",
    "digue-messages",
    "digue-scim",
    "digue-security-events",
    "digue-survey",
    "digue-learn",
];

#[test]
fn layer_1_does_no_io_reads_no_clock_and_draws_no_randomness() {
    let exceptions = ["digue-journal/src/disk.rs", "digue-journal/src/journal.rs"];
    for (path, text) in shipped() {
        let place = path.to_string_lossy().replace('\\', "/");
        let is_pure = PURE
            .iter()
            .any(|name| place.contains(&format!("crates/{name}/")));
        if !is_pure
            || exceptions
                .iter()
                .any(|exception| place.ends_with(exception))
        {
            continue;
        }
        for word in IMPURE {
            assert!(!text.contains(word), "{place} uses {word}");
        }
    }
}

#[test]
fn the_gateway_never_sees_the_store_and_the_console_neither_sql_nor_the_journal() {
    let uses = |name: &str, dependency: &str| {
        dependencies(name, "dependencies").contains(&dependency.to_owned())
    };
    assert!(!uses("digue-gateway", "digue-store") && !uses("digue-gateway", "digue-journal"));
    for name in ["digue-pages", "digue-api", "digue-console"] {
        assert!(
            !uses(name, "sqlx") && !uses(name, "digue-journal"),
            "{name}"
        );
    }
    for (path, text) in shipped() {
        let place = path.to_string_lossy().into_owned();
        if place.contains("digue-console") || place.contains("digue-gateway") {
            for word in ["SELECT ", "INSERT INTO", "DELETE FROM"] {
                assert!(!text.contains(word), "{place} speaks SQL");
            }
        }
    }
}

/// The app gives both to operations; the console asks operations.
#[test]
fn the_console_takes_neither_the_store_nor_the_journal_from_the_app() {
    for (path, text) in shipped() {
        let place = path.to_string_lossy();
        // However the call is broken over lines.
        let text: String = text.split_whitespace().collect();
        for call in [".store()", ".journal()"] {
            let is_edge = ["pages", "api", "console"]
                .iter()
                .any(|name| place.contains(&format!("crates/digue-{name}/")));
            assert!(!is_edge || !text.contains(call), "{place} calls {call}");
        }
    }
}

/// The fuzz targets have a lock file of their own, which no build of this workspace brings up to
/// date.
#[test]
fn the_lock_of_the_fuzz_targets_names_the_crates_that_are_used() {
    let lock = std::fs::read_to_string(root().join("fuzz/Cargo.lock")).unwrap();
    let mut count = 0;
    for package in lock.split("[[package]]") {
        let named = |line: &str| {
            line.trim()
                .trim_matches(|sign| "\", ".contains(sign))
                .to_owned()
        };
        let name = package
            .lines()
            .find_map(|line| line.strip_prefix("name = "))
            .map(named);
        let Some(name) = name.filter(|name| crates().contains(name)) else {
            continue;
        };
        let list = package.split("dependencies = [").nth(1).unwrap_or_default();
        let mut locked: Vec<String> = list
            .lines()
            .map(named)
            .filter(|used| crates().contains(used))
            .collect();
        let mut used = dependencies(&name, "dependencies");
        used.retain(|used| crates().contains(used));
        locked.sort();
        used.sort();
        assert_eq!(locked, used, "{name}: run `cargo metadata` in fuzz/");
        count += 1;
    }
    assert!(count > 5, "{count}");
}
