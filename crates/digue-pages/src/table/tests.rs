use super::*;
use crate::visitor::Visitor;

fn words() -> Localizer {
    Localizer::new(&Visitor::nobody())
}

fn query(query: &[(&str, &str)]) -> TableQuery {
    TableQuery::of(
        query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

#[test]
fn a_day_is_filed_as_the_day_that_the_page_shows() {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(1));
    let w = Localizer::in_zone(&Visitor::nobody(), &zone);
    // Midnight in the zone may be the day before in Universal Time, and the last second of a day the
    // day after it.
    for seconds in [1_763_593_200, 1_763_596_799, 1_751_320_800, 1_751_407_199] {
        let at = digue_types::Timestamp::from_secs(seconds);
        let cell = ListCell::date(&w, at);
        let filed: jiff::civil::Date = cell.filed().parse().unwrap();
        assert_eq!(cell.first_words(), w.day(filed));
    }
}

fn list(count: usize) -> ListTable {
    let w = words();
    let row = |number: usize| {
        let role = if number.is_multiple_of(2) {
            "agent"
        } else {
            "délégué"
        };
        ListRow::new(
            number,
            [
                ListCell::text(format!("compte-{number}")),
                ListCell::text(role),
                ListCell::number(&w, number * 7 % 10),
            ],
        )
    };
    ListTable {
        caption: "Comptes".to_owned(),
        place: "/accounts".to_owned(),
        file: "/accounts.csv".to_owned(),
        empty: "Rien".to_owned(),
        columns: vec![
            ListColumn::text("account", "Compte".to_owned()),
            ListColumn::choice("role", "Rôle".to_owned()),
            ListColumn::number("persons", "Personnes".to_owned()),
        ],
        rows: (0..count).map(row).collect(),
        act: None,
    }
}

fn ids(shown: &ShownTable) -> Vec<&str> {
    shown.rows.iter().map(|row| row.id.as_str()).collect()
}

#[test]
fn a_list_sorts_by_the_value_and_not_by_its_text() {
    let shown = list(10).shown(&words(), &query(&[("sort", "-persons")]));
    assert_eq!(
        ids(&shown),
        ["7", "4", "1", "8", "5", "2", "9", "6", "3", "0"]
    );
    assert_eq!(
        (shown.head[2].order, shown.head[2].sort.as_str()),
        ("descending", "/accounts?sort=persons")
    );
    assert_eq!(shown.head[0].sort, "/accounts?sort=account");
}

#[test]
fn a_filter_stays_in_each_address_of_the_list() {
    let shown = list(300).shown(
        &words(),
        &query(&[
            ("q", "COMPTE-1"),
            ("role", "agent"),
            ("page", "2"),
            ("view", "x"),
        ]),
    );
    assert_eq!((shown.matched, shown.total, shown.pages), (55, 300, 2));
    assert_eq!(
        shown.before.as_deref(),
        Some("/accounts?role=agent&view=x&q=COMPTE-1&page=1")
    );
    assert_eq!(shown.file, "/accounts.csv?role=agent&view=x&q=COMPTE-1");
    assert_eq!(shown.reset, "/accounts?view=x");
    assert_eq!(shown.rows.len(), 5);
    assert!(
        shown.is_filtered
            && shown.choices[0]
                .options
                .contains(&("agent".to_owned(), true))
    );
}

#[test]
fn a_page_that_does_not_exist_is_the_last_one() {
    assert_eq!(list(60).shown(&words(), &query(&[("page", "9")])).page, 2);
    assert_eq!(list(60).shown(&words(), &query(&[("page", "x")])).page, 1);
    assert_eq!(list(0).shown(&words(), &query(&[])).pages, 1);
}

#[test]
fn a_value_that_nothing_has_any_more_finds_nothing_and_stays_visible() {
    let shown = list(4).shown(&words(), &query(&[("role", "auditeur")]));
    assert_eq!(shown.matched, 0);
    assert!(
        shown.choices[0]
            .options
            .contains(&("auditeur".to_owned(), true))
    );
}

#[test]
fn rows_that_are_not_open_are_never_chosen() {
    let mut table = list(3);
    let rows = std::mem::take(&mut table.rows).into_iter().enumerate();
    table.rows = rows
        .map(|(number, row)| row.chosen_by(number != 0, number == 2))
        .collect();
    table.act = Some(ListAct {
        target: "/accounts".to_owned(),
        hidden: Vec::new(),
        fields: Vec::new(),
        buttons: Vec::new(),
        usual: None,
        warning: String::new(),
    });
    let chosen = |shown: ShownTable| {
        shown
            .rows
            .iter()
            .map(|row| row.is_chosen)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        chosen(table.shown(&words(), &query(&[("choose", "all")]))),
        [false, true, true]
    );
}
