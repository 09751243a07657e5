use digue_html::selector::parse_selector;

use super::*;
use digue_identifiers::identifier::{IdentifierKind, Normalise};
use digue_identifiers::pattern::SearchPattern;
use digue_identifiers::reading::WhyNobody;
use digue_identifiers::shape::IdentifierShape;

fn kinds() -> [IdentifierKind; 1] {
    let shape = Some(IdentifierShape::new("^[0-9]{7}[A-Z]$").unwrap());
    [IdentifierKind {
        name: "id".into(),
        steps: vec![Normalise::Trim],
        shape,
    }]
}

fn rule(selector: &str, take: IdentifierPart) -> HtmlRule {
    HtmlRule {
        selector: parse_selector(selector).unwrap(),
        take,
        pick: Pick::whole(0, selector),
        is_own: true,
    }
}

fn by_pattern(selector: &str, attribute: &str, pattern: &str, is_own: bool) -> HtmlRule {
    HtmlRule {
        selector: parse_selector(selector).unwrap(),
        take: IdentifierPart::Attribute(attribute.into()),
        pick: Pick::by_pattern(0, SearchPattern::new(pattern).unwrap(), selector),
        is_own,
    }
}

fn rows_of(rules: Vec<HtmlRule>, records: &str) -> HtmlRules {
    let records = HtmlRecords::At(vec![parse_selector(records).unwrap()]);
    HtmlRules {
        rules,
        records,
        ..HtmlRules::default()
    }
}

fn cells() -> HtmlRules {
    rows_of(vec![rule("td.id", IdentifierPart::Text)], "tr")
}

struct Seen {
    tally: ReadingTally,
    ids: Vec<String>,
    compared: Vec<String>,
}

fn look_at(
    rules: &HtmlRules,
    charset: Option<&str>,
    page: &[u8],
    sweep: Option<&str>,
) -> Result<Seen, Unreadable> {
    let kinds = kinds();
    let sweep: Vec<Pick> = sweep
        .map(|pattern| Pick::by_pattern(0, SearchPattern::new(pattern).unwrap(), "sweep"))
        .into_iter()
        .collect();
    let mut found = Collector::new(&kinds, &sweep, 1000);
    let tally = read(
        rules,
        charset,
        page,
        &InspectionLimits::default(),
        &mut found,
    )?;
    let shown = found.into_shown();
    let ids = shown.identifiers().map(|id| id.text.to_string()).collect();
    let compared = shown
        .compared
        .iter()
        .map(|id| id.text.to_string())
        .collect();
    Ok(Seen {
        tally,
        ids,
        compared,
    })
}

fn look(rules: &HtmlRules, page: &str) -> Result<Seen, Unreadable> {
    look_at(rules, Some("utf-8"), page.as_bytes(), None)
}

#[track_caller]
fn check(rules: &HtmlRules, page: &str, expected: &[&str]) {
    let seen = look(rules, page).unwrap();
    assert_eq!(seen.ids, expected, "{page}");
    // Without records the rows are counted, and only a map that limits them takes note.
    if !matches!(rules.records, HtmlRecords::Unsaid) {
        assert_eq!(seen.tally.undescribed, 0, "{page}: {:?}", seen.tally);
    }
    if let HtmlRecords::At(_) = rules.records {
        assert_eq!(seen.tally.records, expected.len(), "{page}");
    }
}

#[track_caller]
fn check_cause(rules: &HtmlRules, page: &str, cause: UnreadCause, place: &str) {
    let unreadable = look(rules, page)
        .map(|seen| (seen.ids, seen.tally))
        .unwrap_err();
    assert_eq!(unreadable.detail.cause, cause, "{page}");
    assert_eq!(unreadable.detail.place.as_str(), place, "{page}");
}

#[track_caller]
fn check_swept(page: &str, expected: &[&str]) {
    let seen = look_at(
        &HtmlRules::default(),
        None,
        page.as_bytes(),
        Some(r"\b[0-9]{7}[A-Z]\b"),
    )
    .unwrap();
    let mut ids = seen.ids;
    ids.sort();
    assert_eq!(ids, expected, "{page}");
}

// Identifiers.

#[test]
fn reads_attributes_texts_links_and_options() {
    let only = |rule| HtmlRules {
        rules: vec![rule],
        ..HtmlRules::default()
    };
    let ids = ["1000001A", "1000002B"];
    check(
        &only(rule(
            "tr[data-id]",
            IdentifierPart::Attribute("data-id".into()),
        )),
        "<table><tr data-id=1000001A><tr DATA-ID='1000002B'>",
        &ids,
    );
    check(
        &only(rule("td.id", IdentifierPart::Text)),
        "<table><td class='id x'> <b>1000</b>001A </td><td>no<td class=id>1000002B",
        &ids,
    );
    check(
        &only(by_pattern("a", "href", "^/fiche/([0-9A-Z]+)", true)),
        "<a href='/fiche/1000001A?x'>a</a><a href='/aide'>b</a><a href=' /fi\nche/%31000002B'>c</a>",
        &ids,
    );
    check(
        &only(by_pattern("a", "href", "id=([0-9A-Z]+)", true)),
        "<a href='?a=1&amp;id=1000001A'>x</a><a href=?id=1000002B&copy=1>y</a>",
        &ids,
    );
    let options = "<select id=p><option value=1000001A>x<option>1000002B</select>";
    check(
        &only(rule(
            "select#p > option",
            IdentifierPart::Attribute("value".into()),
        )),
        options,
        &ids,
    );
    check(
        &only(rule("input", IdentifierPart::Attribute("value".into()))),
        "<input value=1000001A><input value='1000002&#66;'>",
        &ids,
    );
    check(
        &only(rule("textarea", IdentifierPart::Text)),
        "<textarea>1000001A</textarea><textarea>\n1000002&#66;\n</textarea>",
        &ids,
    );
}

#[test]
fn old_pages_without_end_tags_are_read() {
    check(
        &cells(),
        "<table><tr><td class=id>1000001A<td>Martin<tr><td class=id>1000002B<td>Durand</table>",
        &["1000001A", "1000002B"],
    );
    let items = rows_of(vec![rule("b", IdentifierPart::Text)], "li");
    check(
        &items,
        "<ul><li><b>1000001A</b> Martin<li><b>1000002B</b> Durand",
        &["1000001A", "1000002B"],
    );
    check(
        &rows_of(vec![rule("p.id", IdentifierPart::Text)], "div"),
        "<div><p class=id>1000001A",
        &["1000001A"],
    );
}

#[test]
fn an_identifier_is_what_a_person_sees() {
    for id in [
        "\n 1000001A\n",
        "1000001A&nbsp;",
        "1000&shy;001A",
        "100000<wbr>1A",
        "1000\u{200b}001A",
        "1000001&#65;",
        "<span>1000</span><!-- x -->001A",
        "<b>1000001A</b><script>var x = 2;</script>",
        "1000001A<template>x</template>",
        "10000\0 01A".replace(' ', "").as_str(),
        "&#49;000001A<style>b{}</style>",
    ] {
        check(
            &cells(),
            &format!("<table><tr><td class=id>{id}</td><td>Martin</td></tr></table>"),
            &["1000001A"],
        );
    }
    check_cause(
        &cells(),
        "<table><tr><td class=id>1000001A<br>1000002B</table>",
        UnreadCause::ValueShape,
        "table > tbody > tr > td:nth-child(1)",
    );
}

#[test]
fn a_page_in_another_character_set_is_read() {
    let by_attribute = rows_of(
        vec![rule("tr", IdentifierPart::Attribute("data-id".into()))],
        "tr",
    );
    let page = b"<html><body><table><tr data-id=\"1000001A\"><td>L\xe9a</td></tr></table>";
    for charset in [Some("iso-8859-1"), None, Some("utf-8"), Some("")] {
        assert_eq!(
            look_at(&by_attribute, charset, page, None).unwrap().ids,
            ["1000001A"]
        );
    }
    let wide: Vec<u8> = "\u{feff}<table><tr data-id=1000001A><td>Léa"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(
        look_at(&by_attribute, Some("utf-8"), &wide, None)
            .unwrap()
            .ids,
        ["1000001A"]
    );
}

#[test]
fn a_value_of_an_exact_search_is_kept_apart() {
    let mut rules = cells();
    rules.compare = vec![rule("td.numero", IdentifierPart::Text)];
    let seen = look(
        &rules,
        "<table><tr><td class=id>1000001A<td class=numero>1000009Z",
    )
    .unwrap();
    assert_eq!(
        (seen.ids, seen.compared),
        (vec!["1000001A".to_owned()], vec!["1000009Z".to_owned()])
    );
}

// Records.

#[test]
fn a_record_without_an_identifier_of_its_own_cannot_be_read() {
    let place = "body > table > tbody > tr:nth-child(2)";
    for bad in [
        "<tr><td>Durand",
        "<tr><td class=id><td>Durand",
        "<tr><td class=id>&nbsp;<td>Durand",
        "<tr><td><img alt=Durand>",
        "<tr><td><input value=Durand>",
        "<tr><td title='Durand'>",
        "<tr><td><textarea>Durand</textarea>",
        "<tr><td>\0Durand",
        "<tr><td><iframe srcdoc='Durand'></iframe>",
    ] {
        let page = format!("<table><tr><td class=id>1000001A<td>Martin{bad}</table>");
        check_cause(&cells(), &page, UnreadCause::NamelessRecord, place);
    }
}

#[test]
fn blank_rows_and_headers_are_no_records() {
    check(
        &cells(),
        "<table><tr><th>Numéro<th><input type=checkbox value=all><tr><td class=id>1000001A<td>x<tr><td class=id> <td>&nbsp;<tr></table>",
        &["1000001A"],
    );
}

#[test]
fn the_identifier_of_a_record_within_is_not_ones_own() {
    let page = "<div class=p>Martin <div class=p><i>1000002B</i> tutor</div></div>";
    let cards = rows_of(vec![rule("i", IdentifierPart::Text)], "div.p");
    check_cause(
        &cards,
        page,
        UnreadCause::NamelessRecord,
        "html > body > div:nth-child(1)",
    );
    check(
        &cards,
        "<div class=p><i>1000001A</i><div class=p><i>1000002B</i></div></div>",
        &["1000001A", "1000002B"],
    );
    let mut rules = cells();
    rules
        .rules
        .push(by_pattern("a", "href", "^/tuteur/(.*)$", false));
    let tutor = "<table><tr><td>Martin<td><a href=/tuteur/1000002B>x</a></table>";
    check_cause(
        &rules,
        tutor,
        UnreadCause::NamelessRecord,
        "body > table > tbody > tr:nth-child(1)",
    );
}

#[test]
fn a_place_names_no_element_that_the_page_made_up() {
    let cards = rows_of(vec![rule("i", IdentifierPart::Text)], ".p");
    for (page, place) in [
        (
            "<durand><martin class=p>x</martin></durand>",
            "html > body > * > *:nth-child(1)",
        ),
        (
            "<x-marie-durand class=p>x</x-marie-durand>",
            "html > body > *:nth-child(1)",
        ),
        (
            "<blockquote><p class=p>x</blockquote>",
            "html > body > blockquote > p:nth-child(1)",
        ),
    ] {
        check_cause(&cards, page, UnreadCause::NamelessRecord, place);
    }
}

#[test]
fn a_table_that_the_records_do_not_cover_is_counted() {
    let rules = rows_of(vec![rule("td.id", IdentifierPart::Text)], "#a tr");
    let page = "<p>menu</p><table id=a><tr><td class=id>1000001A</table><table><tr><th>Nom<tr><td>Durand<tr><td> </table>";
    let tally = look(&rules, page).unwrap().tally;
    assert_eq!((tally.records, tally.texts, tally.undescribed), (1, 2, 1));
    assert_eq!(
        tally.first_undescribed.unwrap().as_str(),
        "body > table > tbody > tr:nth-child(2)"
    );
    let described = HtmlRules {
        no_person: vec![parse_selector("#a ~ table").unwrap()],
        ..rules
    };
    assert_eq!(look(&described, page).unwrap().tally.undescribed, 0);
}

#[test]
fn tables_that_lay_out_the_page_are_described_by_the_map() {
    let mut rules = rows_of(vec![rule("td.id", IdentifierPart::Text)], ".liste tr");
    let page = "<table class=layout><tr><td><h1>Personnes</h1><table class=liste><tr><td class=id>1000001A</table></table>";
    assert_eq!(look(&rules, page).unwrap().tally.undescribed, 1);
    rules.no_person = vec![parse_selector("table.layout").unwrap()];
    check(&rules, page, &["1000001A"]);
    rules.no_person.push(parse_selector("tr.total").unwrap());
    check(
        &rules,
        &page.replace(
            "</table></table>",
            "<tr class=total><td>Total : 1</table></table>",
        ),
        &["1000001A"],
    );
}

#[test]
fn an_answer_is_empty_where_the_map_says_how_that_looks() {
    let rules = HtmlRules {
        empty: vec![parse_selector("p.none").unwrap()],
        ..cells()
    };
    let tally = look(&rules, "<p class=none>Aucun résultat").unwrap().tally;
    assert_eq!(
        (tally.records, tally.nobody),
        (0, Some(WhyNobody::DescribedAsEmpty))
    );
    assert_eq!(
        look(&rules, "<p>Aucun résultat").unwrap().tally.nobody,
        None
    );
    let hidden = "<template><p class=none>Aucun</p></template>";
    assert_eq!(look(&rules, hidden).unwrap().tally.nobody, None);
}

#[test]
fn a_page_of_one_person_has_their_identifier() {
    let rules = HtmlRules {
        records: HtmlRecords::Page,
        ..HtmlRules {
            rules: vec![rule("h1 b", IdentifierPart::Text)],
            ..HtmlRules::default()
        }
    };
    assert_eq!(
        look(&rules, "<h1>Martin <b>1000001A</b></h1>")
            .unwrap()
            .tally
            .records,
        1
    );
    assert_eq!(look(&rules, "<h1>Martin</h1>").unwrap().tally.records, 0);
    assert_eq!(
        look(&rules, r#"{"nom":"Martin"}"#).unwrap().tally.records,
        0
    );
}

// Readings.

#[test]
fn what_some_clients_read_otherwise_is_read_both_ways() {
    let row = "<table><tr><td class=id>1000001A</table>";
    check(
        &cells(),
        &format!("<noscript>{row}</noscript>"),
        &["1000001A"],
    );
    check(
        &cells(),
        &format!("<noscript><!--</noscript>{row}<!-- --></noscript>"),
        &["1000001A"],
    );
    check(
        &cells(),
        &format!("<iframe srcdoc='{}'></iframe>", row.replace('<', "&lt;")),
        &["1000001A"],
    );
    check(
        &cells(),
        "<tr><td class=id>1000001A<td>x<tr><td class=id>1000002B",
        &["1000001A", "1000002B"],
    );
    let xhtml = format!(
        "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><script src='x'/><body>{row}</body></html>"
    );
    check(&cells(), &xhtml, &["1000001A"]);
    check(
        &cells(),
        &format!("<x-list><template shadowrootmode=open>{row}</template></x-list>"),
        &["1000001A"],
    );
}

#[test]
fn a_pattern_of_a_row_is_nobody() {
    check(
        &cells(),
        "<template><tr><td class=id>{{ numero }}<td>{{ nom }}</tr></template><table><tr><td class=id>1000001A",
        &["1000001A"],
    );
}

#[test]
fn pages_within_pages_within_pages_are_not_followed_for_ever() {
    let mut page = "x".to_owned();
    for _ in 0..4 {
        page = format!(
            "<iframe srcdoc=\"{}\"></iframe>",
            page.replace('&', "&amp;").replace('"', "&quot;")
        );
    }
    check_cause(&cells(), &page, UnreadCause::TooDeep, "srcdoc");
}

// The sweep.

#[test]
fn the_sweep_looks_through_everything_that_the_page_holds() {
    for page in [
        "<p>1000001A</p>",
        "<p>1000<b>001</b>A</p>",
        "<!-- 1000001A -->",
        "<script>var a = '1000001\\u0041';</script>",
        "<style>/* 1000001A */</style>",
        "<noscript>1000001A</noscript>",
        "<template>1000001A</template>",
        "<textarea>1000001A</textarea>",
        "<title>1000001A</title>",
        "<iframe srcdoc='&lt;p>1000001A'></iframe>",
        "<p data-x='{&quot;id&quot;:&quot;1000001A&quot;}'>",
        "<meta content=1000001A>",
        "<a href='/x/%31000001A'>x</a>",
        "<!doctype html PUBLIC '1000001A'>",
        "<?php 1000001A ?>",
        "</p title=1000001A>",
        "<tr data-id=1000001A>",
        "<frameset>1000001A </frameset>",
        "<template><col>1000001A x</template>",
        "<p id=1 title='1000001A",
        "<p x='1' 1000001A>",
        "<x-1000001-1000001A>",
        "{\"id\":\"1000001A\"}",
        "<p>1000001&#65;</p>",
        "<p>1000&shy;001A",
        "<svg><![CDATA[1000001A]]></svg>",
        "<xmp>1000001A",
        "<select><option>1000001A",
        "<body><body data-x=1000001A>",
    ] {
        let expected: &[&str] = if page.contains("x-1000001") {
            &[]
        } else {
            &["1000001A"]
        };
        check_swept(page, expected);
    }
}

#[test]
fn the_sweep_finds_parts_and_glues_no_neighbours() {
    check_swept("<p>1000001A<b>7</b></p>", &["1000001A"]);
    check_swept(
        "<table><td>1000<td>001A</table><p>1000</p><p>001A</p><a title=1000 alt=001A>",
        &[],
    );
    check_swept(
        "<td>1000001A</td><td>1000002B</td>",
        &["1000001A", "1000002B"],
    );
}

// Bounds.

#[test]
fn the_work_grows_with_the_bytes() {
    for (piece, name) in [
        ("<td class=id>1000001A", "cells without end"),
        ("<table><tr><td>", "tables within tables"),
        ("<b class=x>", "formatting within formatting"),
        ("<p><b><i>x</p>", "formatting across paragraphs"),
        ("<a href=x><div>", "links across blocks"),
        ("<p>", "paragraphs"),
        ("</p>", "ends alone"),
        ("<li>x", "items"),
        ("<a ", "a tag without end"),
        ("<!--", "comments without end"),
        ("<body x>", "bodies"),
        ("<template>", "templates"),
        ("<svg><p>", "foreign content"),
        ("<x-y-z-long-name>", "long names"),
        ("&#x", "references without end"),
        ("</x>", "ends of nothing"),
        ("<select><option>", "controls"),
        ("<table>x", "texts before tables"),
        ("<table><b>", "formatting before tables"),
    ] {
        for count in [1000, 20_000] {
            let page = piece.repeat(count);
            // Excessive depth is refused at once, whatever follows.
            let Ok(built) = build::build(&page, ParseManner::default(), true) else {
                continue;
            };
            assert!(
                built.steps <= page.len() * 16,
                "{name}: {} steps for {} bytes",
                built.steps,
                page.len()
            );
            assert!(built.tree.nodes.len() <= page.len() + 16, "{name}");
            assert!(built.asides.len() <= page.len() * 2, "{name}");
        }
    }
}

#[test]
fn a_page_that_is_too_deep_is_refused() {
    check_cause(&cells(), &"<div>".repeat(600), UnreadCause::TooDeep, "");
    assert!(look(&cells(), &"<div>".repeat(400)).is_ok());
}

#[test]
fn texts_given_to_rules_again_and_again_are_bounded() {
    let rules = HtmlRules {
        rules: vec![rule("div", IdentifierPart::Text)],
        ..HtmlRules::default()
    };
    let page = "<div>".repeat(400) + &" ".repeat(100_000) + "1000001A";
    let unreadable = look(&rules, &page).map(|seen| seen.ids).unwrap_err();
    assert_eq!(unreadable.detail.cause, UnreadCause::TooLarge);
}
