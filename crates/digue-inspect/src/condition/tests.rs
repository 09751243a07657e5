use proptest::prelude::*;

use super::*;

fn condition(source: ConditionSource, values: &[&str]) -> RequestCondition {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    RequestCondition::new(source, values)
}

fn json(path: &str, values: &[&str]) -> RequestCondition {
    condition(
        ConditionSource::Json(ConditionPath::parse(path).unwrap()),
        values,
    )
}

fn of_json(condition: &RequestCondition, body: &str) -> ConditionReading {
    condition.reading(&RequestContent::of("", "application/json", body.as_bytes()))
}

use ConditionReading::{Holds, HoldsNot, Unreadable, Unseen};

#[test]
fn a_method_is_read_where_the_map_says() {
    let reads = json("$.method", &["person.read", "person.search"]);
    for (body, expected) in [
        (r#"{"method":"person.read","params":[1]}"#, Holds),
        (
            r#"{"params":{"method":"x"},"method":"person.search"}"#,
            Holds,
        ),
        (r#"{"method":"person.\u0072ead"}"#, Holds),
        (r#"{"method":"person.delete"}"#, HoldsNot),
        (r#"{"method":"person.read "}"#, HoldsNot),
        (r#"{"method":["person.read"]}"#, Unreadable),
        (r#"{"method":null}"#, Unreadable),
        (r#"{"params":{"method":"person.read"}}"#, HoldsNot),
        (r#"[{"method":"person.read"}]"#, HoldsNot),
        ("[]", HoldsNot),
    ] {
        assert_eq!(of_json(&reads, body), expected, "{body}");
    }
    let each = json("$[:].method", &["person.read"]);
    for (body, expected) in [
        (
            r#"[{"method":"person.read"},{"method":"person.read"}]"#,
            Holds,
        ),
        (r#"[{"method":"person.read"},{"method":"x"}]"#, HoldsNot),
        (r#"[{"method":"person.read"},{}]"#, HoldsNot),
        ("[]", HoldsNot),
    ] {
        assert_eq!(of_json(&each, body), expected, "{body}");
    }
}

#[test]
fn what_the_portal_could_read_otherwise_meets_no_condition() {
    let reads = json("$.method", &["a"]);
    for body in [
        r#"{"method":"a","method":"b"}"#,
        r#"{"method":"b","method":"a"}"#,
        r#"{"method":"a","Method":"b"}"#,
        r#"{"method":"a","x":{"method[]":"b"}}"#,
        r#"{"method":"a","x":{"y":1,"y":2}}"#,
        r#"{"method":"a"}{"method":"b"}"#,
        r#"{"method":"a""#,
        "",
    ] {
        assert_eq!(of_json(&reads, body), Unreadable, "{body}");
    }
    let body = br#"{"method":"a"}"#;
    for content_type in [
        "",
        "text/plain",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded",
    ] {
        let content = RequestContent::of("", content_type, body);
        assert_eq!(reads.reading(&content), Unreadable, "{content_type}");
    }
    assert_eq!(reads.reading(&RequestContent::of_head("")), Unseen);
}

#[test]
fn a_parameter_or_field_is_given_once() {
    let query = condition(ConditionSource::Query("do".into()), &["list"]).without_body();
    for (text, expected) in [
        ("do=list&x=1", Holds),
        ("d%6f=l%69st", Holds),
        ("do=delete", HoldsNot),
        ("x=1", HoldsNot),
        ("do=list&do=delete", Unreadable),
        ("do=list&do=list", Unreadable),
        ("do=list&DO=delete", Unreadable),
        ("do=list&do[]=delete", Unreadable),
    ] {
        assert_eq!(
            query.reading(&RequestContent::of_head(text)),
            expected,
            "{text}"
        );
    }
    let form = condition(ConditionSource::Form("do".into()), &["list"]);
    let of = |content_type: &str, body: &str| {
        form.reading(&RequestContent::of("", content_type, body.as_bytes()))
    };
    let plain = "application/x-www-form-urlencoded";
    assert_eq!(of(plain, "do=list"), Holds);
    assert_eq!(of(plain, "do=list&do=delete"), Unreadable);
    assert_eq!(of("multipart/form-data; boundary=x", "do=list"), Unreadable);
}

#[test]
fn a_parameter_that_the_body_could_say_otherwise_meets_no_condition() {
    let query = condition(ConditionSource::Query("do".into()), &["list"]);
    assert!(query.needs_body());
    assert_eq!(query.reading(&RequestContent::of_head("do=list")), Unseen);
    let (form, json) = ("application/x-www-form-urlencoded", "application/json");
    for (content_type, body, expected) in [
        ("", "", Holds),
        (form, "name=x", Holds),
        (form, "do=delete", Unreadable),
        (form, "Do[]=delete", Unreadable),
        (json, r#"{"x":1}"#, Holds),
        (json, r#"{"x":{"do":"delete"}}"#, Unreadable),
        ("multipart/form-data; boundary=x", "--x", Unreadable),
        ("", "do=delete", Unreadable),
    ] {
        let content = RequestContent::of("do=list", content_type, body.as_bytes());
        assert_eq!(query.reading(&content), expected, "{content_type} {body}");
    }
}

#[test]
fn more_names_than_are_looked_at_meet_no_condition() {
    let form = condition(ConditionSource::Form("do".into()), &["list"]);
    let body = "do=list".to_owned() + &"&a".repeat(NAMES_MAX);
    let content = RequestContent::of("", "application/x-www-form-urlencoded", body.as_bytes());
    assert_eq!(form.reading(&content), Unreadable);
}

#[test]
fn all_root_fields_of_all_operations_are_among_those_of_the_map() {
    let reads = condition(
        ConditionSource::GraphQl,
        &["query personnes", "query dossiers"],
    );
    let of = |query: &str| {
        let body = serde_json::json!({ "query": query }).to_string();
        of_json(&reads, &body)
    };
    assert_eq!(of("{ personnes { id nom } }"), Holds);
    assert_eq!(
        of("query A { personnes { id } } query B { dossiers(a: \"}\") { id } }"),
        Holds
    );
    assert_eq!(of("{ personnes { id } journal { id } }"), HoldsNot);
    assert_eq!(
        of("query A { personnes { id } } mutation B { delete(id: 1) }"),
        HoldsNot
    );
    assert_eq!(of("mutation { personnes { id } }"), HoldsNot);
    assert_eq!(of("{ personnes: journal { id } }"), HoldsNot);
    assert_eq!(
        of("{ ...x } fragment x on Query { journal { id } }"),
        Unreadable
    );
}

#[test]
fn a_request_that_cannot_be_read_has_no_route_at_all() {
    let reads = [json("$.method", &["a"])];
    let none: [RequestCondition; 0] = [];
    let routes = || [("reads", &reads[..]), ("rest", &none[..])];
    let of = |body: &str| {
        let content = RequestContent::of("", "application/json", body.as_bytes());
        answering(routes(), &content)
    };
    assert_eq!(of(r#"{"method":"a"}"#), ["reads"]);
    assert_eq!(of(r#"{"method":"b"}"#), ["rest"]);
    assert_eq!(of(r#"{"method":"a","method":"b"}"#), [""; 0]);
    assert_eq!(
        answering(routes(), &RequestContent::of_head("")),
        ["reads", "rest"]
    );
}

#[test]
fn fewer_requests_come_first() {
    let narrow = [json("$.method", &["a"])];
    let wide = [json("$.method", &["a", "b"])];
    let both = [
        json("$.method", &["a", "b"]),
        condition(ConditionSource::Query("x".into()), &["1"]),
    ];
    let other = [json("$.method", &["c"])];
    assert!(implies(&narrow, &wide) && !implies(&wide, &narrow));
    assert!(implies(&both, &wide) && by_conditions(&both, &wide).is_lt());
    assert!(by_conditions(&narrow, &wide).is_lt() && by_conditions(&wide, &[]).is_lt());
    assert!(excludes(&narrow, &other) && !excludes(&narrow, &wide) && implies(&narrow, &[]));
}

/// Every value that some parser takes for the method: each member of that name, in any order.
fn methods_for_some_portal(body: &str) -> Vec<String> {
    let names = ["method", "Method", "METHOD"];
    names
        .iter()
        .flat_map(|name| {
            let start = format!("\"{name}\":\"");
            body.match_indices(&start)
                .map(|(at, _)| {
                    let rest = &body[at + start.len()..];
                    rest[..rest.find('"').unwrap_or(0)].to_owned()
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

proptest! {
    /// Whichever of several members a portal takes, it is one of the condition's values.
    #[test]
    fn no_portal_takes_another_method_than_the_condition(
        members in proptest::collection::vec(
            ("(method|Method|METHOD|id|params)", "[ab]"),
            0..4,
        ),
        closes in proptest::bool::weighted(0.9),
    ) {
        let members: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":\"{value}\""))
            .collect();
        let body = format!("{{{}{}", members.join(","), if closes { "}" } else { "" });
        if of_json(&json("$.method", &["a"]), &body) == Holds {
            let taken = methods_for_some_portal(&body);
            prop_assert!(!taken.is_empty() && taken.iter().all(|method| method == "a"), "{}", body);
        }
    }
}
