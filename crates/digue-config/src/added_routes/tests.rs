//! Additions to a map: what fits it, what does not, and that a file always keeps the last word.

use digue_types::UnmappedAddress;

use super::*;

const MAP: &str = r#"
[portal]
name = "portail"
population = "personnes"
url = "https://portail.test"
upstream = "http://127.0.0.1:9000"

[identifiers.id]
shape = "[A-Z][0-9]{1,8}"

[[routes]]
name = "liste"
path = "/liste"
methods = ["GET"]
action = "list"
[[routes.response]]
format = "json"
records = ["$.items[*]"]
persons = [{ at = "$.items[*].id" }]
sweep = [{ pattern = '\b[A-Z][0-9]{1,8}\b' }]

[budgets.account]
"24h" = 50
"#;

const PIECES: &str = r#"
[[routes]]
name = "pieces"
path = "/pieces/{x}"
methods = ["GET"]
action = "read"

[[routes.response]]
format = "json"
records = ["$[*]"]
persons = [{ at = "$[*].id" }]
"#;

fn portal() -> PortalId {
    PortalId::parse("portail").unwrap()
}

fn kept(text: &str) -> WholeText {
    WholeText {
        text: text.to_owned(),
        ..WholeText::default()
    }
}

fn read(text: &str) -> PortalMap {
    let mut faults = Vec::new();
    let map = portal_map::read_kept(Path::new("portail"), &kept(text), &mut faults);
    map.unwrap_or_else(|| panic!("{faults:?}"))
}

fn route_names(map: &PortalMap) -> Vec<&str> {
    let mut names: Vec<&str> = map
        .portal
        .routes
        .iter()
        .map(|route| route.name.as_str())
        .collect();
    names.sort_unstable();
    names
}

fn tried(lines: &str) -> Result<RouteName, Vec<AddedLineFault>> {
    let (portal, file) = (portal(), kept(MAP).to_json());
    let map = MapTexts {
        portal: &portal,
        file: &file,
        added: vec![PIECES],
    };
    AddedRouteReader.route(&map, lines)
}

fn draft(address: &UnmappedAddress, use_as: AddressUse) -> String {
    let (portal, file) = (portal(), kept(MAP).to_json());
    let map = MapTexts {
        portal: &portal,
        file: &file,
        added: vec![PIECES],
    };
    AddedRouteReader.draft(&map, address, use_as)
}

#[test]
fn a_route_is_added_behind_the_file() {
    let CompletedMap { map, unfit } = completed(read(MAP), &[PIECES.to_owned()]);
    assert!(unfit.is_empty());
    assert_eq!(route_names(&map), ["liste", "pieces"]);
    // The table that the file ends with is not continued by what follows it.
    assert_eq!(map.portal.limits, read(MAP).portal.limits);
}

#[test]
fn the_file_has_the_last_word() {
    let with_own = format!("{MAP}\n{}", PIECES.replace("/pieces/{x}", "/dossier/{x}"));
    let CompletedMap { map, unfit } = completed(read(&with_own), &[PIECES.to_owned()]);
    assert!(unfit.is_empty());
    assert_eq!(map.source.text, with_own);
}

#[test]
fn what_does_not_fit_any_more_is_left_out_and_the_rest_stays() {
    let other_kind = PIECES.replace("at = \"$[*].id\"", "at = \"$[*].id\", as = \"nir\"");
    let fine = PIECES.replace("pieces", "notes");
    let CompletedMap { map, unfit } = completed(read(MAP), &[other_kind, fine]);
    assert_eq!(unfit.len(), 1);
    assert_eq!(route_names(&map), ["liste", "notes"]);
}

#[track_caller]
fn check_fault(lines: &str, key: &str, line: usize) {
    let faults = tried(lines).unwrap_err();
    assert!(
        faults
            .iter()
            .any(|fault| fault.key == key && fault.line == line),
        "{key} at {line} is not in {faults:?}"
    );
}

#[test]
fn nothing_but_one_route_is_added() {
    let key = "fault-added-one-route";
    let notes = PIECES.replace("pieces", "notes");
    for lines in [
        "",
        "# nothing",
        "mode = \"pilot\"",
        "routes = []",
        "[routes]\nname = \"notes\"",
        &format!("[portal]\nmode = \"pilot\"\n{notes}"),
        &format!("{notes}\n[budgets.account]\n\"24h\" = 100000\n"),
        &format!("\"24h\" = 100000\n{notes}"),
        &format!("{notes}\n[blocks.b]\nformat = \"nobody\"\n"),
        &format!("{notes}\n{}", PIECES.replace("pieces", "autres")),
    ] {
        check_fault(lines, key, 0);
    }
    assert_eq!(tried(&notes).unwrap().as_str(), "notes");
}

#[test]
fn faults_have_the_lines_of_what_was_typed() {
    check_fault(
        &PIECES
            .replace("pieces", "notes")
            .replace("[[routes]]", "[[routes]"),
        "fault-toml",
        2,
    );
    check_fault("\n[[routes]]\npath = \"/x\"\n", "fault-missing", 0);
    // The route's own reader.
    let unknown =
        "[[routes]]\nname = \"notes\"\npath = \"/notes\"\naction = \"read\"\nbudget = 7\n";
    let faults = tried(unknown).unwrap_err();
    assert_eq!(
        faults.iter().map(|fault| fault.line).collect::<Vec<_>>(),
        [5],
        "{faults:?}"
    );
    // A name that is taken, by the file and by an addition.
    check_fault(
        &PIECES
            .replace("pieces", "notes")
            .replace("\"notes\"", "\"liste\""),
        "fault-added-twice",
        0,
    );
    check_fault(PIECES, "fault-added-twice", 0);
    // A route that another one answers for would do nothing.
    let shadowed = PIECES.replace("\"pieces\"", "\"autres\"");
    let faults = tried(&shadowed).unwrap_err();
    assert_eq!(faults[0].key, "warning-route-twice", "{faults:?}");
}

/// Every draft of every kind of address is one sound route, which the address matches.
#[test]
fn a_draft_fits_the_map_it_was_made_for() {
    let templates = [
        "/",
        "/{x}",
        "/a/{x}/b/{x}/c",
        "/export-{x}.pdf",
        "/api/v1/usagers/{x}",
        "/dossiers/**",
        "/l'agenda/{x}",
    ];
    let types = [
        "text/html",
        "application/json",
        "text/csv",
        "application/pdf",
        "application/xml",
        "text/plain",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "image/png",
        "application/zip",
        "",
    ];
    for template in templates {
        for media in types {
            for method in ["GET", "POST", "PROPFIND"] {
                let address = UnmappedAddress::new(method, template, Some(media));
                for use_as in AddressUse::ALL {
                    let lines = draft(&address, use_as);
                    let name = tried(&lines).unwrap_or_else(|faults| {
                        panic!("{use_as:?} of {address:?}:\n{lines}\n{faults:?}")
                    });
                    let whole = completed(read(MAP), &[PIECES.to_owned(), lines]);
                    assert!(whole.unfit.is_empty());
                    let added = whole
                        .map
                        .portal
                        .routes
                        .iter()
                        .find(|route| route.name == name);
                    let added = added.expect("the draft is part of the map");
                    assert_eq!(added.methods.is_empty(), method == "PROPFIND");
                }
            }
        }
    }
}

#[test]
fn a_draft_searches_as_the_map_does_and_takes_no_name_twice() {
    let address = UnmappedAddress::new("GET", "/pieces/{x}", Some("application/json"));
    let lines = draft(&address, AddressUse::Persons);
    assert!(
        lines.contains("sweep = [{ pattern = '\\b[A-Z][0-9]{1,8}\\b' }]"),
        "{lines}"
    );
    assert!(lines.contains("name = \"pieces-2\""), "{lines}");
    assert!(lines.contains("records ="), "{lines}");
}

fn taken(lines: &str, outside: &[UnmappedAddress]) -> TakenAddresses {
    let (portal, file) = (portal(), kept(MAP).to_json());
    let map = MapTexts {
        portal: &portal,
        file: &file,
        added: vec![PIECES],
    };
    AddedRouteReader.taken(&map, lines, outside).unwrap()
}

#[test]
fn what_a_route_answers_in_the_place_of_others_is_known_before_it_is_granted() {
    let route = |path: &str, method: &str| {
        format!(
            "[[routes]]\nname = \"neuve\"\npath = \"{path}\"\nmethods = [\"{method}\"]\naction = \
             \"read\"\n[[routes.response]]\nformat = \"nobody\"\ntypes = [\"text/html\"]\n"
        )
    };
    let outside = [
        UnmappedAddress::new("GET", "/pieces/export", None),
        UnmappedAddress::new("GET", "/agenda/{x}", None),
        UnmappedAddress::new("POST", "/agenda/{x}", None),
    ];
    let names = |taken: &TakenAddresses| -> Vec<String> {
        taken.routes.iter().map(ToString::to_string).collect()
    };
    // `/pieces/{x}` answers the export now: that address is no matter of what is outside the map.
    let export = taken(&route("/pieces/export", "GET"), &outside);
    assert_eq!(
        (names(&export), export.addresses.len()),
        (vec!["pieces".to_owned()], 0)
    );
    // By another method they have nothing in common.
    assert_eq!(
        names(&taken(&route("/pieces/export", "POST"), &outside)),
        [""; 0]
    );
    // What is looser goes behind both, and takes what none of them answers.
    let rest = taken(&route("/**", "GET"), &outside);
    assert_eq!(names(&rest), [""; 0]);
    assert_eq!(rest.addresses, [outside[1].clone()]);
    let agenda = taken(&route("/agenda/{x}", "POST"), &outside);
    assert_eq!(
        (names(&agenda), agenda.addresses),
        (vec![], vec![outside[2].clone()])
    );
}
