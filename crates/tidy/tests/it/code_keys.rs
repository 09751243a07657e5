//! Keys that end in the code of a value: each value has its text in both languages.
//!
//! `coded("role", role.code())` and `format!("act-{}", act.code())` name no key that could be
//! looked up. The table says whose codes follow which prefix; a prefix that is new in sources or
//! templates must be entered.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::locales::keys;
use crate::repository::{shipped, templates};
use crate::tokens::source_files;

/// Prefixes of keys, and the enums whose codes follow them. `lists!` says its prefix itself and is
/// read there.
const KEYS_OF_CODES: &[(&str, &[&str])] = &[
    ("accepted-as", &["AcceptedAs"]),
    ("account-list", &["AccountHistory"]),
    ("act", &["Act"]),
    ("action", &["Action"]),
    ("action-taken", &["Action"]),
    ("addition", &["AdditionCause"]),
    ("added-draft", &["AddressUse"]),
    ("awareness", &["Awareness"]),
    ("backup-failure", &["BackupFailure"]),
    ("basis", &["Basis"]),
    ("bond", &["Bond"]),
    ("caseload-fault", &["CaseloadFaultKind"]),
    ("check", &["Check"]),
    ("clock", &["ClockKind"]),
    ("data-held", &["Data"]),
    ("desk-advice", &["MessageVerdict"]),
    ("doctor-check", &["HealthCheck"]),
    ("doctor-state", &["HealthState"]),
    ("drill-step", &["DrillStep"]),
    ("due", &["DueKind"]),
    ("entry-kind", &["EntryKind"]),
    ("fact", &["SheetFact"]),
    ("file-not-taken", &["UnfinishedFile"]),
    ("load-unknown", &["UnfinishedFile"]),
    ("finding", &["VerifyFindingKind"]),
    ("first-step", &["FirstStep"]),
    ("first-step-why", &["FirstStep"]),
    ("framework", &["Framework"]),
    ("frozen", &["FreezeCause"]),
    ("gap", &["Gap"]),
    ("gate", &["Gate"]),
    ("hosting", &["Hosting"]),
    ("implementation", &["Implementation"]),
    ("incident-source", &["Source"]),
    ("incident-state", &["IncidentState"]),
    ("kind", &["RegisterKind"]),
    ("known", &["Known"]),
    ("learn-change", &["ChangeKind"]),
    ("learn-confidence", &["RuleConfidence"]),
    ("learn-finding", &["LearntFinding"]),
    ("learn-gap", &["BodyGap"]),
    ("learn-telling", &["Telling"]),
    ("likelihood", &["Likelihood"]),
    ("log-answer", &["Answer"]),
    ("mail-kind", &["Mail"]),
    ("means", &["SignInMeans"]),
    ("module", &["Module"]),
    ("not-run", &["NotRun"]),
    ("outcome", &["Outcome", "CheckOutcome"]),
    ("contest-reason", &["ContestReason"]),
    ("continuity-gap", &["ContinuityGapKind"]),
    ("outcome-request", &["RequestOutcome"]),
    ("people", &["People"]),
    ("person", &["PersonKind"]),
    ("person-basis", &["Basis", "ConsultationDoubt"]),
    ("persons", &["AffectedQuality"]),
    ("population", &["SamplePopulation"]),
    ("priority", &["Priority"]),
    ("posture", &["Posture"]),
    ("quality", &["AffectedQuality"]),
    ("question", &["Question"]),
    ("question-do", &["Question"]),
    ("question-theme", &["Theme"]),
    ("question-why", &["Question"]),
    ("register-fault", &["ViolationCellFault"]),
    ("request", &["RequestKind"]),
    ("reviews-decision", &["AccessDecision"]),
    ("risk-gravity", &["RiskGravity"]),
    ("risk-level", &["RiskLevel"]),
    ("role", &["Role"]),
    ("said", &["PartnerAnswer"]),
    ("says", &["CheckStatement"]),
    ("scope", &["CountBound", "Scope"]),
    ("seed-processing", &["Who"]),
    ("seed-scope", &["Who"]),
    ("sign-short", &["Sign"]),
    ("signal", &["SignalKind"]),
    ("smsi-role", &["RoleKey"]),
    ("stage", &["Stage"]),
    ("state-is", &["IncidentState"]),
    ("standing", &["MeasureState"]),
    ("stored", &["StoredKind"]),
    ("taken", &["Gate"]),
    ("theme", &["ColourTheme"]),
    ("tour", &["TourRole"]),
    ("unfit", &["FieldError"]),
    ("unread", &["UnreadCause"]),
    ("verdict", &["FindingOutcome", "MessageVerdict"]),
    ("verdict-short", &["MessageVerdict"]),
    ("watch-unread", &["LineError"]),
    ("weight", &["Weight"]),
    ("who", &["Who"]),
    ("class-rule", &["ClassRule"]),
    ("window", &["SlidingWindow"]),
    ("approval-kind", &["ApprovalRequest"]),
    ("wrong", &["ContradictionKind"]),
    ("yes-no", &["YesNo"]),
];

/// Prefixes that other words follow: columns, steps, papers, states, from a list beside their use.
/// This list only shrinks.
const KEYS_OF_WORDS: [&str; 42] = [
    "approval",
    "break-glass",
    "campaign",
    "channel",
    "column",
    "command-form",
    "command-journal",
    "csv-column",
    "decide",
    "entry-field",
    "file-name",
    "import-column",
    "import-register",
    "import-reject",
    "limit",
    "mode-explain",
    "moment",
    "month",
    "notice",
    "notice-easy",
    "notice-state",
    "notice-style",
    "paper",
    "paper-link",
    "portal-mode",
    "reason",
    "report-fault",
    "req",
    "saved",
    "scope-compare",
    "seed-asset",
    "seed-measure",
    "seed-objective",
    "seed-party",
    "seed-risk",
    "seed-role",
    "session",
    "severity",
    "sheet-action",
    "smsi-view",
    "space-out",
    "watch",
];

/// Lists whose keys do not end with the code.
const ENDINGS: [(&str, &[&str]); 1] = [("ClaimKind", &["-done", "-due", "-soon", "-undone"])];

/// The codes of an enum, and the prefix of its keys where it says one.
#[derive(Debug, Default)]
struct CodedEnum {
    prefix: Option<String>,
    codes: Vec<String>,
}

#[test]
fn every_code_that_is_shown_has_its_text_in_both_languages() {
    let (enums, languages) = (coded_enums(), ["fr", "en"].map(keys));
    let mut missing = Vec::new();
    let mut look_up = |key: String| {
        if languages.iter().any(|known| !known.contains(&key)) {
            missing.push(key);
        }
    };
    for (prefix, names) in KEYS_OF_CODES {
        for name in *names {
            let found = enums
                .get(*name)
                .unwrap_or_else(|| panic!("no enum {name} with codes: {prefix}"));
            found
                .codes
                .iter()
                .for_each(|code| look_up(format!("{prefix}-{code}")));
        }
    }
    for (name, found) in &enums {
        let Some(prefix) = &found.prefix else {
            continue;
        };
        let endings = ENDINGS
            .iter()
            .find(|(list, _)| list == name)
            .map_or(&[""][..], |(_, endings)| endings);
        for code in &found.codes {
            endings
                .iter()
                .for_each(|ending| look_up(format!("{prefix}-{code}{ending}")));
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_key_that_a_value_names_exists() {
    let (known, mut count) = (keys("fr"), 0);
    for file in source_files() {
        for function in functions(&file.tokens) {
            let is_key = function.name == "key" || function.name.ends_with("_key");
            // One that gives a `String` composes it.
            if is_key && function.gives_a_static {
                for key in texts_of_arms(&function.body) {
                    count += 1;
                    assert!(known.contains(&key), "{}: {key}", file.place);
                }
            }
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn every_prefix_of_keys_says_whose_codes_follow_it() {
    let known = keys("fr");
    let mut sources: Vec<String> = shipped().into_iter().map(|(_, text)| text).collect();
    sources.extend(
        templates()
            .iter()
            .map(|path| fs::read_to_string(path).unwrap()),
    );
    let used: BTreeSet<String> = sources.iter().flat_map(|text| prefixes(text)).collect();
    let is_prefix = |prefix: &&String| {
        known
            .iter()
            .any(|key| key.starts_with(&format!("{prefix}-")))
    };
    let used: Vec<&str> = used.iter().filter(is_prefix).map(String::as_str).collect();
    let is_listed = |prefix: &str| {
        KEYS_OF_CODES.iter().any(|(listed, _)| *listed == prefix) || KEYS_OF_WORDS.contains(&prefix)
    };
    let unlisted: Vec<&&str> = used.iter().filter(|prefix| !is_listed(prefix)).collect();
    assert!(unlisted.is_empty(), "enter them in the table: {unlisted:?}");
    let listed = KEYS_OF_CODES
        .iter()
        .map(|(listed, _)| listed)
        .chain(&KEYS_OF_WORDS);
    let idle: Vec<&&str> = listed.filter(|prefix| !used.contains(prefix)).collect();
    assert!(idle.is_empty(), "used nowhere: {idle:?}");
}

/// The prefixes in a text: `"role-{}"`, `"role-{code}"`, and what follows `coded(`.
fn prefixes(text: &str) -> Vec<String> {
    let pieces: Vec<&str> = text.split('"').collect();
    let mut found = Vec::new();
    for (place, piece) in pieces.iter().enumerate() {
        let before = place
            .checked_sub(1)
            .map_or("", |before| pieces[before])
            .trim_end();
        // In a template it is an attribute.
        let is_formatted = !piece.contains("{{");
        let formatted = piece
            .strip_suffix('}')
            .filter(|_| is_formatted)
            .and_then(|rest| rest.rsplit_once("-{"));
        let named = before.ends_with("coded(").then_some(*piece);
        let prefix = named
            .or(formatted.map(|(prefix, _)| prefix))
            .unwrap_or_default();
        let is_plain = prefix
            .chars()
            .all(|sign| sign.is_ascii_lowercase() || sign == '-');
        if !prefix.is_empty() && is_plain {
            found.push(prefix.to_owned());
        }
    }
    found
}

/// Every enum with codes: those of `lists!`, `coded!`, macros of one file, and `fn code` by hand.
fn coded_enums() -> BTreeMap<String, CodedEnum> {
    let mut enums = BTreeMap::new();
    for file in source_files() {
        let trees: Vec<TokenTree> = file.tokens.clone().into_iter().collect();
        let own = own_macros(&trees);
        for (name, group) in macro_calls(&trees) {
            match name.as_str() {
                "lists" | "coded" => read_lists(&group, &mut enums),
                _ => {
                    if let Some((_, listed)) = own.iter().find(|(of, _)| *of == name) {
                        let codes = codes_after_names(&group);
                        if !codes.is_empty() {
                            enums.insert(
                                listed.clone(),
                                CodedEnum {
                                    prefix: None,
                                    codes,
                                },
                            );
                        }
                    }
                }
            }
        }
        for (name, body) in implementations(&trees) {
            for function in functions(&body) {
                let codes = texts_of_arms(&function.body);
                if matches!(function.name.as_str(), "code" | "kind") && !codes.is_empty() {
                    enums.entry(name.clone()).or_insert(CodedEnum {
                        prefix: None,
                        codes,
                    });
                }
            }
        }
    }
    assert!(enums.len() > 100, "{}", enums.len());
    enums
}

/// `name!{...}` and `name!(...)` outside of everything else.
fn macro_calls(trees: &[TokenTree]) -> Vec<(String, TokenStream)> {
    let calls = trees.windows(3).filter_map(|window| match window {
        [
            TokenTree::Ident(name),
            TokenTree::Punct(sign),
            TokenTree::Group(group),
        ] if sign.as_char() == '!' => Some((name.to_string(), group.stream())),
        _ => None,
    });
    calls.collect()
}

/// Macros of this file that declare an enum with codes: the name of the macro and of the enum.
fn own_macros(trees: &[TokenTree]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for window in trees.windows(4) {
        if let [
            TokenTree::Ident(word),
            TokenTree::Punct(_),
            TokenTree::Ident(name),
            TokenTree::Group(body),
        ] = window
            && *word == "macro_rules"
        {
            let mut declared = Vec::new();
            crate::tokens::declared_types(&body.stream(), &mut declared);
            found.extend(
                declared
                    .into_iter()
                    .map(|declared| (name.to_string(), declared)),
            );
        }
    }
    found
}

/// `Name "prefix" { Variant "code", ... }`, or `Name { Variant = 1 "code", ... }`.
fn read_lists(group: &TokenStream, enums: &mut BTreeMap<String, CodedEnum>) {
    let trees: Vec<TokenTree> = group.clone().into_iter().collect();
    for (place, tree) in trees.iter().enumerate() {
        let TokenTree::Group(body) = tree else {
            continue;
        };
        if body.delimiter() != Delimiter::Brace {
            continue;
        }
        let (name, prefix) = match &trees[..place] {
            [.., TokenTree::Ident(name), TokenTree::Literal(prefix)] => {
                (name, text_of(&prefix.to_string()))
            }
            [.., TokenTree::Ident(name)] => (name, None),
            _ => continue,
        };
        let codes = codes_after_names(&body.stream());
        enums.insert(name.to_string(), CodedEnum { prefix, codes });
    }
}

/// The texts behind names, with a number between at most: `Variant "code"`, `Variant = 1 "code"`.
fn codes_after_names(stream: &TokenStream) -> Vec<String> {
    let trees: Vec<TokenTree> = stream.clone().into_iter().collect();
    let mut codes = Vec::new();
    for (place, tree) in trees.iter().enumerate() {
        let TokenTree::Literal(literal) = tree else {
            continue;
        };
        let is_code = match &trees[..place] {
            [.., TokenTree::Ident(_)] => true,
            [
                ..,
                TokenTree::Ident(_),
                TokenTree::Punct(sign),
                TokenTree::Literal(_),
            ] => sign.as_char() == '=',
            _ => false,
        };
        codes.extend(text_of(&literal.to_string()).filter(|_| is_code));
    }
    codes
}

/// The names and bodies of `impl Name { ... }`.
fn implementations(trees: &[TokenTree]) -> Vec<(String, TokenStream)> {
    let mut found = Vec::new();
    let mut is_open = false;
    for (place, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(word) if *word == "impl" => is_open = true,
            TokenTree::Group(body) if is_open && body.delimiter() == Delimiter::Brace => {
                is_open = false;
                if let Some(TokenTree::Ident(name)) =
                    place.checked_sub(1).map(|before| &trees[before])
                {
                    found.push((name.to_string(), body.stream()));
                }
            }
            TokenTree::Ident(_)
            | TokenTree::Group(_)
            | TokenTree::Punct(_)
            | TokenTree::Literal(_) => {}
        }
    }
    found
}

struct SourceFunction {
    name: String,
    /// Its signature names `'static`.
    gives_a_static: bool,
    body: TokenStream,
}

/// Functions at any depth.
fn functions(stream: &TokenStream) -> Vec<SourceFunction> {
    let trees: Vec<TokenTree> = stream.clone().into_iter().collect();
    let mut found = Vec::new();
    let mut open = None;
    for (place, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(word) if *word == "fn" => open = Some(place),
            TokenTree::Group(group) => {
                if group.delimiter() == Delimiter::Brace
                    && let Some(start) = open.take()
                {
                    let signature = &trees[start..place];
                    let is_static = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if *word == "static");
                    found.push(SourceFunction {
                        name: signature
                            .get(1)
                            .map(ToString::to_string)
                            .unwrap_or_default(),
                        gives_a_static: signature.iter().any(is_static),
                        body: group.stream(),
                    });
                }
                found.extend(functions(&group.stream()));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

/// The texts that arms of a match give: `=> "text"`.
fn texts_of_arms(stream: &TokenStream) -> Vec<String> {
    let trees: Vec<TokenTree> = stream.clone().into_iter().collect();
    let mut found = Vec::new();
    for (place, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Literal(literal)
                if matches!(&trees[..place], [.., TokenTree::Punct(one), TokenTree::Punct(two)]
                if one.as_char() == '=' && two.as_char() == '>') =>
            {
                found.extend(text_of(&literal.to_string()));
            }
            TokenTree::Group(group) => found.extend(texts_of_arms(&group.stream())),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

/// The content of a text in quotes.
fn text_of(literal: &str) -> Option<String> {
    literal
        .strip_prefix('"')?
        .strip_suffix('"')
        .map(ToOwned::to_owned)
}
