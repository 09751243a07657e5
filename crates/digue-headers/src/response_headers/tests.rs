use digue_identifiers::{IdentifierShape, Normalise};

use super::*;

fn kinds(shape: &str) -> Vec<IdentifierKind> {
    let shape = IdentifierShape::new(&format!("^(?:{shape})$")).unwrap();
    vec![IdentifierKind {
        name: "numero".to_owned(),
        steps: vec![Normalise::Upper],
        shape: Some(shape),
    }]
}

/// A kind whose shape distinguishes its identifiers from every other word.
fn telling_kinds() -> Vec<IdentifierKind> {
    kinds("[0-9]{7}[A-Z]")
}

#[test]
fn an_identifier_hidden_in_a_header_is_found() {
    for value in [
        "/connexion?suite=MTAwMDAwMUE=",
        "/fiche?curseur=eyJpZCI6IjEwMDAwMDFBIn0",
        "/fiche/1%C2%A0000%C2%A0001A",
    ] {
        let found = pass(&telling_kinds(), &[], ("location", value)).1;
        assert_eq!(found, ["1000001A"], "{value}");
    }
}

#[test]
fn a_shape_is_looked_for_anywhere_however_it_is_anchored() {
    for shape in [
        "[0-9]{7}[A-Z]",
        "^[0-9]{7}[A-Z]$",
        "^[0-9]{7}[A-Z]$|^X[0-9]{9}$",
        r"\A[0-9]{7}(?:[A-Z]\z)",
        "([0-9]{7}[A-Z]$)|(^Z)",
        r"[0-9]{7}[A-Z]|a\$",
    ] {
        let found = pass(&kinds(shape), &[], ("link", "</fiche/1000001A>; rel=next")).1;
        assert_eq!(found, ["1000001A"], "{shape}");
    }
}

fn pass(
    kinds: &[IdentifierKind],
    named: &[&str],
    header: (&str, &str),
) -> (Vec<String>, Vec<String>) {
    let named = named.iter().map(|name| name.parse().unwrap()).collect();
    let rules = HeaderRules::new(named, kinds);
    let mut headers = HeaderMap::new();
    headers.append(
        header.0.parse::<HeaderName>().unwrap(),
        HeaderValue::from_bytes(header.1.as_bytes()).unwrap(),
    );
    let sweep = HeaderSweep {
        rules: &rules,
        kinds,
        picks: Vec::new(),
    };
    let shown = sweep.pass_held(&mut headers);
    let passed = headers
        .values()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    (
        passed,
        shown
            .into_iter()
            .map(|identifier| identifier.text.to_string())
            .collect(),
    )
}

#[track_caller]
fn passes(name: &str, value: &str) {
    assert_eq!(
        pass(&telling_kinds(), &[], (name, value)),
        (vec![value.to_owned()], vec![]),
        "{name}: {value}"
    );
}

#[track_caller]
fn shows(name: &str, value: &str) {
    let shown = vec!["1000001A".to_owned()];
    assert_eq!(
        pass(&telling_kinds(), &[], (name, value)),
        (vec![value.to_owned()], shown),
        "{name}: {value}"
    );
}

#[track_caller]
fn is_stripped(name: &str, value: &str) {
    assert_eq!(
        pass(&telling_kinds(), &[], (name, value)),
        (vec![], vec![]),
        "{name}: {value}"
    );
}

#[test]
fn headers_of_a_fixed_vocabulary_pass() {
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        (
            "content-type",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        ("content-length", "10000040"),
        ("content-language", "fr-FR, en"),
        ("date", "Fri, 10 Jul 2026 09:00:00 GMT"),
        ("last-modified", "Fri, 10 Jul 2026 09:00:00 GMT"),
        ("retry-after", "120"),
        ("vary", "Accept-Encoding, Cookie"),
        ("allow", "GET, HEAD"),
        ("cache-control", "private, max-age=0, no-store"),
        (
            "strict-transport-security",
            "max-age=31536000; includeSubDomains",
        ),
        ("x-frame-options", "SAMEORIGIN"),
        ("x-content-type-options", "nosniff"),
        (
            "referrer-policy",
            "no-referrer, strict-origin-when-cross-origin",
        ),
        ("cross-origin-opener-policy", "same-origin"),
        ("access-control-allow-origin", "*"),
        (
            "content-security-policy",
            "default-src 'self'; script-src 'nonce-1000001A' 'sha256-1000001A='",
        ),
        ("www-authenticate", "Bearer realm=\"portail\""),
        (
            "set-cookie",
            "s=abc; Max-Age=31536000; Expires=Fri, 10-Jul-2026 09:00:00 GMT; Path=/; SameSite=Lax",
        ),
    ] {
        passes(name, value);
    }
}

#[test]
fn whom_a_header_shows_is_found() {
    for (name, value) in [
        ("location", "/fiche/1000001A"),
        ("location", "/fiche/%31000001a?x=y"),
        ("content-location", "/fiche/1000001A"),
        ("link", "</fiche/1000001A>; rel=\"next\""),
        ("refresh", "0; url=/fiche/&#49;000001A"),
        (
            "content-disposition",
            "attachment; filename*=UTF-8''fiche_1000001%41.pdf",
        ),
        (
            "content-disposition",
            "attachment; filename=\"=?utf-8?B?MTAwMDAwMUE=?=\"",
        ),
        ("set-cookie", "vu=1000001A; Path=/"),
        ("set-cookie", "a=b; Path=/fiche/1000001A"),
        ("set-cookie", "a=b; Max-Age=1000001A"),
        (
            "content-security-policy",
            "default-src 'self'; report-uri /csp?p=1000001A",
        ),
        ("www-authenticate", "Basic realm=\"1000001A\""),
        ("content-language", "fr-x-1000001A"),
        ("vary", "X-1000001A"),
        ("cache-control", "private=\"1000001A\""),
        ("retry-after", "1000001A"),
    ] {
        shows(name, value);
    }
    // Without its type a body would be read as another: the type stays, and shows no one.
    let (passed, shown) = pass(
        &[],
        &[],
        ("content-type", "text/html; name=1000001A; charset=utf-8"),
    );
    assert_eq!(
        (passed, shown),
        (vec!["text/html; charset=utf-8".to_owned()], vec![])
    );
}

#[test]
fn what_no_standard_knows_or_a_cache_obeys_does_not_pass() {
    for (name, value) in [
        ("x-total-count", "7"),
        ("x-person", "1000001A"),
        ("server", "nginx"),
        ("etag", "\"1\""),
        ("expires", "0"),
        ("pragma", "no-cache"),
        ("age", "1"),
        ("accept-ranges", "bytes"),
        ("clear-site-data", "\"cookies\""),
        ("x-accel-expires", "60"),
        ("x-accel-redirect", "/interne"),
        ("surrogate-control", "max-age=60"),
        ("cdn-cache-control", "max-age=60"),
        ("cloudflare-cdn-cache-control", "max-age=60"),
        ("digue-receipt", "12"),
    ] {
        is_stripped(name, value);
    }
}

#[test]
fn a_header_that_the_map_names_passes_and_is_looked_through() {
    let named = ["x-total-count", "x-person", "etag"];
    let one = |header| pass(&telling_kinds(), &named, header);
    assert_eq!(one(("x-total-count", "7")), (vec!["7".to_owned()], vec![]));
    assert_eq!(
        one(("x-person", "1000001A")),
        (vec!["1000001A".to_owned()], vec!["1000001A".to_owned()])
    );
    // No map may let a cached copy live on.
    assert_eq!(one(("etag", "\"1\"")), (vec![], vec![]));
}

#[test]
fn where_nothing_recognises_an_identifier_only_what_the_map_names_passes() {
    for shape in ["[A-Za-z0-9-]{1,40}", ".+", "[0-9]{1,10}", "[0-9]{8}"] {
        let kinds = kinds(shape);
        assert!(
            !HeaderRules::new(Vec::new(), &kinds).has_shapes(),
            "{shape}"
        );
        assert_eq!(
            pass(&kinds, &[], ("location", "/fiche/x")),
            (vec![], vec![]),
            "{shape}"
        );
        let named = pass(&kinds, &["location"], ("location", "/fiche/x"));
        assert_eq!(named, (vec!["/fiche/x".to_owned()], vec![]), "{shape}");
        assert_eq!(pass(&kinds, &[], ("x-frame-options", "DENY")).0.len(), 1);
    }
    for shape in ["[0-9]{7}[A-Z]", "[12][0-9]{12}", "[^@ ]+@[^@ ]+", "P[0-9]+"] {
        assert!(
            HeaderRules::new(Vec::new(), &kinds(shape)).has_shapes(),
            "{shape}"
        );
    }
}

#[test]
fn an_asset_loses_the_header_that_names_somebody_and_keeps_the_others() {
    let kinds = telling_kinds();
    let rules = HeaderRules::new(Vec::new(), &kinds);
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("etag", "\"v1\""),
        ("cache-control", "public, max-age=60"),
        ("x-person", "1000001A"),
        ("location", "/static/1000001A.png"),
        ("clear-site-data", "\"*\""),
    ] {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    HeaderSweep {
        rules: &rules,
        kinds: &kinds,
        picks: Vec::new(),
    }
    .pass_assets(&mut headers);
    let names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
    assert_eq!(names, ["etag", "cache-control"]);
}

#[test]
fn an_address_of_the_portal_becomes_the_public_one() {
    for (name, value, expected) in [
        (
            "location",
            "http://interne:9000/fiche/1",
            "https://portail.fr/fiche/1",
        ),
        ("location", "HTTPS://Interne:9000", "https://portail.fr"),
        ("location", "//interne:9000/x", "https://portail.fr/x"),
        (
            "location",
            "http://interne:90001/x",
            "http://interne:90001/x",
        ),
        ("location", "/fiche/1", "/fiche/1"),
        (
            "link",
            "<http://interne:9000/a>; rel=next, </b>",
            "<https://portail.fr/a>; rel=next, </b>",
        ),
        (
            "refresh",
            "5; url=http://interne:9000/a",
            "5; url=https://portail.fr/a",
        ),
    ] {
        let mut headers = HeaderMap::new();
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        rewrite_addresses(&mut headers, "interne:9000", "https://portail.fr");
        assert_eq!(headers[name], expected, "{value}");
    }
}

#[test]
fn the_name_of_a_file_is_searched_word_by_word() {
    let pattern = digue_identifiers::pattern::SearchPattern::new(r"\b[0-9]{7}[A-Z]\b").unwrap();
    let pick = Pick::by_pattern(0, pattern, "sweep");
    let kinds = [IdentifierKind {
        name: "id".into(),
        steps: vec![],
        shape: None,
    }];
    let rules = HeaderRules::new(Vec::new(), &kinds);
    for value in [
        "attachment; filename=\"1000001A_IRM.dcm\"",
        "attachment; filename*=UTF-8''irm_1000001A_t%c3%aate.zip",
        "attachment; filename*0=\"1000\"; filename*1=\"001A_irm.zip\"",
    ] {
        let mut headers = HeaderMap::new();
        headers.append("content-disposition", HeaderValue::from_static(value));
        let sweep = HeaderSweep {
            rules: &rules,
            kinds: &kinds,
            picks: vec![&pick],
        };
        let shown = sweep.pass_held(&mut headers);
        assert_eq!(shown.len(), 1, "{value}");
        assert_eq!(shown[0].text, "1000001A");
    }
}

#[test]
fn the_type_of_several_parts_keeps_a_boundary_that_names_nobody() {
    let kinds = [];
    let rules = HeaderRules::new(Vec::new(), &kinds);
    for (value, expected) in [
        (
            "multipart/related; type=\"application/dicom\"; boundary=2c5bb4b8-1f0e-4d1a-9a65-0f63a7d7c1aa",
            "multipart/related; type=\"application/dicom\"; boundary=2c5bb4b8-1f0e-4d1a-9a65-0f63a7d7c1aa",
        ),
        (
            "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50",
            "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50",
        ),
        (
            "multipart/related; boundary=dupont-marie; charset=utf-8",
            "multipart/related; charset=utf-8",
        ),
        (
            "application/dicom; transfer-syntax=1.2.840.10008.1.2.1000001",
            "application/dicom",
        ),
    ] {
        let mut headers = HeaderMap::new();
        headers.append("content-type", HeaderValue::from_static(value));
        HeaderSweep {
            rules: &rules,
            kinds: &kinds,
            picks: Vec::new(),
        }
        .pass_held(&mut headers);
        assert_eq!(headers["content-type"], expected);
    }
}
