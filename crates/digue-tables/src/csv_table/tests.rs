use regex::Regex;

use super::*;
use crate::table::{ColumnRule, MapColumn};
use digue_identifiers::identifier::{IdentifierKind, Pick};
use digue_identifiers::pattern::SearchPattern;
use digue_identifiers::reading::WhyNobody;
use digue_identifiers::shape::IdentifierShape;

fn kinds(shape: Option<&str>) -> Vec<IdentifierKind> {
    let shape = shape.map(|shape| IdentifierShape::new(&format!("^(?:{shape})$")).unwrap());
    vec![IdentifierKind {
        name: "numero".into(),
        steps: vec![],
        shape,
    }]
}

fn rule(column: &str) -> ColumnRule {
    let named = match column.strip_prefix('#') {
        Some(number) => MapColumn::Number(number.parse().unwrap()),
        None => MapColumn::Named(column.into()),
    };
    ColumnRule::new(named, Pick::whole(0, column))
}

fn rules(column: &str) -> TableRules {
    TableRules {
        columns: vec![rule(column)],
        ..TableRules::default()
    }
}

fn look(
    rules: &TableRules,
    shape: Option<&str>,
    text: &str,
) -> Result<(Vec<String>, ReadingTally), ReadFailure> {
    let kinds = kinds(shape);
    let mut found = Collector::new(&kinds, &[], 1_000);
    let tally = read(rules, text, &mut found).map_err(|unreadable| unreadable.detail)?;
    let texts = found
        .into_identifiers()
        .into_iter()
        .map(|identifier| identifier.text.to_string());
    Ok((texts.collect(), tally))
}

const SHAPE: Option<&str> = Some("[0-9]{7}[A-Z]");

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let (mut found, _) =
        look(&rules("numero"), SHAPE, text).unwrap_or_else(|why| panic!("{why} in {text}"));
    found.sort();
    assert_eq!(found, expected, "{text}");
}

#[track_caller]
fn check_cause(text: &str, cause: UnreadCause) {
    let read = look(&rules("numero"), SHAPE, text);
    assert!(
        matches!(&read, Err(why) if why.cause == cause),
        "{read:?} in {text}"
    );
}

#[track_caller]
fn check_shapeless(column: &str, text: &str, expected: Option<&[&str]>) {
    let found = look(&rules(column), None, text)
        .ok()
        .map(|(found, _)| found);
    let expected = expected.map(|texts| texts.iter().map(|text| (*text).to_owned()).collect());
    assert_eq!(found, expected, "{text}");
}

#[test]
fn reads_the_named_column_whatever_the_separator() {
    check_shapeless("id", "id,nom\n1,Dupont\n2,Durand\n", Some(&["1", "2"]));
    check_shapeless("id", "\u{feff}nom;id\r\n\"Du;pont\";1\r\n", Some(&["1"]));
    check_shapeless("id", "nom\tid\nDupont\t7\n", Some(&["7"]));
    check_shapeless("id", "id\n1\n", Some(&["1"]));
    check_shapeless("#2", "x,1\ny,2\n", Some(&["1", "2"]));
    check_shapeless("id", "nom,id\n\"a\nb\",1\n", Some(&["1"]));
    check("numero\r1000001A\r1000002B", &["1000001A", "1000002B"]);
}

#[test]
fn a_table_without_the_column_is_unreadable() {
    check_shapeless("id", "numero,nom\n1,Dupont\n", None);
    check_shapeless("id", "id,id\n1,2\n", None);
    check_shapeless("id", "nom,id\nDupont\n", None);
    check_cause("nom;prenom\nMartin;Léa\n", UnreadCause::Column);
    check_cause(
        "numero;Numéro;NUMERO\n1000001A;x;1000002B\n",
        UnreadCause::Column,
    );
    check_cause("", UnreadCause::Column);
}

#[test]
fn a_backslash_before_a_quote_hides_no_row() {
    let text = "numero;nom;note\r\n1000001A;Martin;ok\r\n1000002B;Durand;\"chemin C:\\\"\"\r\n1000003C;Petit;ok\r\n\
                1000004D;Roux;ok\r\n1000005E;Blanc;\"vu le 3\"\r\n1000006F;Noir;ok\r\n";
    check(
        text,
        &[
            "1000001A", "1000002B", "1000003C", "1000004D", "1000005E", "1000006F",
        ],
    );
    // A value that ends in a backslash, next to one with a quote after a backslash.
    check(
        "numero;note\n1000001A;\"dossier C:\\\"\n1000002B;\"chemin C:\\\"\"\n1000003C;\"x\"\n",
        &["1000001A", "1000002B", "1000003C"],
    );
}

#[test]
fn a_quote_that_crosses_lines_hides_no_row() {
    check(
        "numero;note\n1000001A;\"debut\n1000002B;x\n1000003C;fin\"\n",
        &["1000001A", "1000002B", "1000003C"],
    );
    check_shapeless(
        "id",
        "id;note\n1;\"debut\n2;x\n3;fin\"\n",
        Some(&["1", "2", "3"]),
    );
    check(
        "numero;note\n1000001A;\"debut\n1000002B;x\n",
        &["1000001A", "1000002B"],
    );
    check(
        "numero;\"note\n1000001A;x\n1000002B;\"y\n",
        &["1000001A", "1000002B"],
    );
    check_cause(
        "numero;note\n1000001A;\"debut\n1000002B\n;x\n",
        UnreadCause::Syntax,
    );
}

#[test]
fn several_lines_in_one_cell_are_one_record() {
    check(
        "numero;adresse\n1000001A;\"12 rue X\n80000 Amiens\"\n1000002B;\n",
        &["1000001A", "1000002B"],
    );
    check(
        "adresse;numero\n\"12, rue X\r\n\r\n80000; Amiens\";1000001A\n",
        &["1000001A"],
    );
}

#[test]
fn the_separator_line_of_excel_is_no_row() {
    check(
        "\u{feff}sep=;\r\nnumero;nom\r\n1000001A;Martin\r\n1000002B;Léa\r\n",
        &["1000001A", "1000002B"],
    );
    check("\"sep=^\"\nnumero^nom\n1000001A^M;x\n", &["1000001A"]);
    check("SEP=\t\nnom\tnumero\nMartin\t1000001A\n", &["1000001A"]);
}

#[test]
fn titles_blank_rows_and_totals_are_no_records() {
    check(
        "Liste des demandeurs au 28/11/2026\r\n\r\nnumero;nom\r\n1000001A;Martin\r\n",
        &["1000001A"],
    );
    check(
        "Liste;;\n;;\nnumero;nom;x\n1000001A;Martin;\n;;\n;;\n",
        &["1000001A"],
    );
    for total in [
        "Total : 1",
        "Sous-total;;12",
        "Nombre de lignes: 4",
        ";Total général;1",
        "TOTAL",
        "Count: 1",
    ] {
        check(
            &format!("numero;nom;n\n1000001A;Martin;1\n{total}\n"),
            &["1000001A"],
        );
        check_shapeless(
            "numero",
            &format!("numero;nom;n\n1;Martin;1\n{total}\n"),
            Some(&["1"]),
        );
    }
    check(
        "numero;nom\n1000001A;Martin\nnumero;nom\n1000002B;Roux\n",
        &["1000001A", "1000002B"],
    );
}

#[test]
fn what_only_looks_like_a_caption_is_a_record() {
    for row in [
        "Total : 1000002B",
        "Total : Durand",
        ";Durand",
        ";12",
        "Durand",
        "Total;0601020304;x",
    ] {
        let text = format!("numero;nom\n1000001A;Martin\n{row}\n");
        assert!(look(&rules("numero"), SHAPE, &text).is_err(), "{row}");
    }
    check_cause(
        "1000009Z\nnumero;nom\n1000001A;Martin\n",
        UnreadCause::NamelessRecord,
    );
    check_cause(
        "Durand;Paul\nnumero;nom\n1000001A;Martin\n",
        UnreadCause::NamelessRecord,
    );
    check_shapeless("numero", "1009\nnumero;nom\n1;Martin\n", None);
    check_cause(
        "numero;nom\n1000001A;Martin\n;Durand\n",
        UnreadCause::NamelessRecord,
    );
}

#[test]
fn the_map_says_which_rows_are_captions() {
    let captions = Some(Regex::new("^(Légende|Source)").unwrap());
    let rules = TableRules {
        captions,
        ..rules("numero")
    };
    let (found, tally) = look(
        &rules,
        SHAPE,
        "Source : SI;2026\nnumero;nom\n1000001A;Martin\nLégende;A = actif\n",
    )
    .unwrap();
    assert_eq!(
        (found.as_slice(), tally.records),
        (&["1000001A".to_owned()][..], 1)
    );
    assert!(look(&rules, SHAPE, "numero;nom\nSource 1000001A;Martin\n").is_err());
}

#[test]
fn guards_against_formulas_are_undone_and_formulas_are_not_read() {
    check(
        "numero;nom\n=\"1000001A\";Martin\n'1000002B;Durand\n\"=\"\"1000003C\"\"\";x\n\t1000004D;y\n",
        &["1000001A", "1000002B", "1000003C", "1000004D"],
    );
    for formula in [
        "=1000001&\"A\"",
        "=HYPERLINK(\"/f/1000001A\")",
        "=A1",
        "=\"1000001A\"&\"\"",
    ] {
        check_cause(
            &format!("numero\tnom\n{formula}\tMartin\n"),
            UnreadCause::Formula,
        );
        assert!(
            look(
                &rules("numero"),
                None,
                &format!("numero\tnom\n{formula}\tMartin\n")
            )
            .is_err()
        );
    }
}

#[test]
fn a_header_that_holds_another_delimiter_does_not_confuse() {
    check(
        "numero;nom, prénom\r\n1000001A;Martin, Léa\r\n",
        &["1000001A"],
    );
    check(
        "Numero |\"nom, prénom; et autres\"\n1000001A|a,b;c\n",
        &["1000001A"],
    );
    check("\u{feff}\" NUMERO\u{a0}\"\n1000001A\n", &["1000001A"]);
}

#[test]
fn a_number_of_column_does_not_take_the_header_for_data() {
    let numbered = rules("#1");
    let found = |text| look(&numbered, SHAPE, text).map(|(found, _)| found);
    assert_eq!(
        found("numero;nom\n1000001A;Martin\n").unwrap(),
        ["1000001A"]
    );
    assert_eq!(
        found("1000001A;Martin\n1000002B;Roux\n").unwrap(),
        ["1000001A", "1000002B"]
    );
    assert_eq!(
        found("Liste;\nnumero;nom\n1000001A;Martin\n").unwrap(),
        ["1000001A"]
    );
    assert_eq!(found("numero\n1000001A\n").unwrap(), ["1000001A"]);
    for text in [
        ";Durand\n1000001A;x\n",
        "1000001;Durand\n1000001A;x\n",
        "Durand;1000009Z\n1000001A;x\n",
        "a;b\nc;d\n",
    ] {
        assert!(found(text).is_err(), "{text}");
    }
}

#[test]
fn names_of_a_column_are_alternatives_and_rules_may_be_optional() {
    let mail = ColumnRule {
        columns: vec![
            MapColumn::Named("Email".into()),
            MapColumn::Named("E-mail".into()),
        ],
        is_optional: true,
        ..rule("Email")
    };
    let number = ColumnRule {
        is_optional: true,
        ..rule("numero")
    };
    let rules = TableRules {
        columns: vec![mail, number],
        ..TableRules::default()
    };
    let found = |text| look(&rules, None, text).map(|(found, _)| found);
    assert_eq!(found("e-mail;nom\na@b.fr;x\n").unwrap(), ["a@b.fr"]);
    assert_eq!(found("nom;numero\nx;7\n").unwrap(), ["7"]);
    assert_eq!(
        found("EMAIL;numero\n;7\na@b.fr;\n").unwrap(),
        ["7", "a@b.fr"]
    );
    assert_eq!(
        found("Email;E-mail\na;b\n").unwrap_err().cause,
        UnreadCause::Column
    );
    assert_eq!(
        found("nom;prenom\na;b\n").unwrap_err().cause,
        UnreadCause::Column
    );
}

#[test]
fn somebody_elses_identifier_does_not_name_a_row() {
    let tutor = ColumnRule {
        is_own: false,
        is_optional: true,
        ..rule("tuteur")
    };
    let rules = TableRules {
        columns: vec![rule("numero"), tutor],
        ..TableRules::default()
    };
    let found = |text| look(&rules, SHAPE, text).map(|(found, _)| found);
    assert_eq!(
        found("numero;tuteur\n1000001A;1000002B\n1000003C;\n").unwrap(),
        ["1000001A", "1000002B", "1000003C"]
    );
    assert_eq!(
        found("numero;tuteur\n;1000002B\n").unwrap_err().cause,
        UnreadCause::NamelessRecord
    );
}

#[test]
fn persons_in_cells_that_no_header_names_or_in_the_header_are_not_passed_over() {
    check(
        "numero;nom\n1000001A;Martin;\n1000002B;Roux;note;2\n",
        &["1000001A", "1000002B"],
    );
    check_cause(
        "numero;nom\n1000001A;Martin;1000009Z\n",
        UnreadCause::Ambiguous,
    );
    check_cause(
        "nom;numero;ref\nMartin;1000009Z;1000001A;\n",
        UnreadCause::Ambiguous,
    );
    check_shapeless("numero", "numero;nom\n1;Martin;2;Durand\n", None);
    check_cause(
        "numero;1000008H;1000009Z\n1000001A;x;y\n",
        UnreadCause::Column,
    );
}

#[test]
fn columns_that_the_map_does_not_describe_are_counted() {
    let rules = TableRules {
        fields: vec!["nom".into()],
        ..rules("numero")
    };
    let (_, tally) = look(
        &rules,
        SHAPE,
        "numero;nom;nir\n1000001A;Martin;1\n1000002B;x;\n",
    )
    .unwrap();
    assert_eq!((tally.texts, tally.undescribed), (5, 1));
    assert_eq!(
        tally.first_undescribed.unwrap().as_str(),
        "line 2, column 3"
    );
}

#[test]
fn a_table_of_other_things_has_the_columns_that_the_map_names() {
    let rules = TableRules {
        fields: vec!["code".into(), "libelle".into()],
        ..TableRules::default()
    };
    let (_, tally) = look(&rules, SHAPE, "libelle;code\nLot;A\nLot;B\n").unwrap();
    assert_eq!(
        (tally.records, tally.undescribed, tally.nobody),
        (0, 0, None)
    );
    for other in [
        "code;libelle;nom\nA;Lot;Martin\n",
        "A;Lot\n",
        "nom\nMartin\n",
    ] {
        let read = look(&rules, SHAPE, other);
        assert!(read.is_err(), "{other}");
    }
    let (_, wider) = look(&rules, SHAPE, "code;libelle;\nA;Lot;Martin\n").unwrap();
    assert_eq!(wider.undescribed, 1);
}

#[test]
fn a_header_without_rows_shows_nobody() {
    let nobody = |text| look(&rules("numero"), SHAPE, text).map(|(_, tally)| tally.nobody);
    assert_eq!(
        nobody("numero;nom\r\n;\r\n"),
        Ok(Some(WhyNobody::EmptyTable))
    );
    assert_eq!(nobody("numero;nom\n1000001A;x"), Ok(None));
    assert!(nobody("numero;\"nom\n;Durand\n").is_err());
}

/// Found by the property test: with quotes that cross lines, the file is complete and has one
/// person.
#[test]
fn careless_quotes_that_make_a_whole_file_by_chance_hide_nobody() {
    let text = "nom;note;numero\n\";;1000000A\n;a\";\";1000001A\n;\";1000002A\n";
    check(text, &["1000000A", "1000001A", "1000002A"]);
}

#[test]
fn a_fault_names_rule_line_and_shape() {
    let why = look(
        &rules("numero"),
        SHAPE,
        "numero;nom\n1000001A;x\nDurand;y\n",
    )
    .unwrap_err();
    assert_eq!(
        why.to_string(),
        "value-shape, rule numero, at line 3, column 1, shape Aaaaaa"
    );
    let why = look(&rules("numero"), SHAPE, "nom\nx\n").unwrap_err();
    assert_eq!(why.to_string(), "column, rule numero");
}

#[test]
fn the_sweep_reads_decoded_cells_of_every_row() {
    let kinds = kinds(SHAPE);
    let sweep = [Pick::by_pattern(
        0,
        SearchPattern::new(r"\b[0-9]{7}[A-Z]\b").unwrap(),
        "sweep",
    )];
    let mut found = Collector::new(&kinds, &sweep, 100);
    let text = "Tuteur : 1000007G;\nnumero;note\n1000001A;\"vu \"\"1000002B\"\" &#49;000003C\"\n";
    assert!(
        read(&rules("numero"), text, &mut found).is_err(),
        "the title holds an identifier"
    );
    let mut found = Collector::new(&kinds, &sweep, 100);
    let text = "Tuteurs;\nnumero;note\n1000001A;\"vu \"\"1000002B\"\" &#49;000003C\"\n";
    assert!(read(&rules("numero"), text, &mut found).is_ok());
    assert_eq!(found.count(), 3);
}

#[test]
fn an_old_spreadsheet_in_windows_1252() {
    let path = format!(
        "{}/tests/fixtures/04-csv-1252.csv",
        env!("CARGO_MANIFEST_DIR")
    );
    let bytes = std::fs::read(path).unwrap();
    check(
        &digue_decode::text(None, &bytes).unwrap(),
        &["1000001A", "1000002B"],
    );
}

mod generated {
    use proptest::prelude::*;

    use super::*;

    /// The way in which a program writes a cell.
    #[derive(Clone, Copy, Debug)]
    enum Writer {
        /// RFC 4180, quotes where needed.
        Needed,
        /// RFC 4180, quotes everywhere.
        Always,
        /// `fputcsv` of PHP.
        Php,
        /// A backslash before quotes and backslashes.
        Backslash,
        /// Texts joined with delimiters, without quoting, as careless programs do.
        Joined,
    }

    fn written(writer: Writer, cell: &str, delimiter: char) -> String {
        let needs = cell.contains([delimiter, '"', '\n', '\r', '\\', ' ', '\t']);
        match writer {
            Writer::Needed if !needs => cell.to_owned(),
            Writer::Needed | Writer::Always => format!("\"{}\"", cell.replace('"', "\"\"")),
            Writer::Backslash if !needs => cell.to_owned(),
            Writer::Backslash => format!("\"{}\"", cell.replace('\\', "\\\\").replace('"', "\\\"")),
            Writer::Php if !needs => cell.to_owned(),
            Writer::Php => {
                let mut text = String::from("\"");
                let mut is_escaped = false;
                for c in cell.chars() {
                    if c == '"' && !is_escaped {
                        text.push('"');
                    }
                    is_escaped = c == '\\';
                    text.push(c);
                }
                text + "\""
            }
            // A program that only joins texts has no line breaks in them, or nothing would work.
            Writer::Joined => cell.replace(['\n', '\r'], " "),
        }
    }

    fn writer() -> impl Strategy<Value = Writer> {
        prop_oneof![
            Just(Writer::Needed),
            Just(Writer::Always),
            Just(Writer::Php),
            Just(Writer::Backslash),
            Just(Writer::Joined)
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// For any note and any program that writes the file: every person is found and no one
        /// else, or the file is unreadable.
        #[test]
        fn a_table_shows_exactly_its_persons_or_is_unreadable(
            persons in proptest::collection::vec((1_000_000u32..9_999_999, "[\\\\\"a;, \n'=|-]{0,6}", "[\\\\\"b\n; ]{0,4}"), 0..7),
            writer in writer(), delimiter in prop_oneof![Just(','), Just(';'), Just('\t'), Just('|')],
            place in 0usize..3, end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
            has_hint in any::<bool>(), has_title in any::<bool>(), has_total in any::<bool>(),
            is_said in any::<bool>(),
        ) {
            let mut text = String::new();
            if has_hint {
                text += &format!("sep={delimiter}{end}");
            }
            if has_title {
                text += &format!("Export{end}{end}");
            }
            let mut add = |cells: [&str; 2], id: &str| {
                let mut row: Vec<&str> = cells.to_vec();
                row.insert(place, id);
                let row: Vec<String> = row.iter().map(|cell| written(writer, cell, delimiter)).collect();
                text += &row.join(&delimiter.to_string());
                text += end;
            };
            add(["nom", "note"], "numero");
            let mut truth = Vec::new();
            for (number, name, note) in &persons {
                let id = format!("{number}A");
                add([name, note], &id);
                truth.push(id);
            }
            if has_total {
                add(["Total", "1"], "");
            }
            truth.sort();
            truth.dedup();
            let rules = TableRules { delimiter: is_said.then_some(delimiter as u8), ..rules("numero") };
            match look(&rules, SHAPE, &text) {
                Ok((mut found, _)) => {
                    found.sort();
                    prop_assert_eq!(found, truth, "{}", text);
                }
                // Well-formed files whose rows have no quote trouble must be read.
                Err(why) => prop_assert!(text.contains('"') || matches!(writer, Writer::Joined), "{why} in {text}"),
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[numero;,\"\\\\\n\r\t|='1A é\u{feff}]{0,80}") {
            let _ = look(&rules("numero"), None, &text);
            let _ = look(&rules("#2"), SHAPE, &text);
        }
    }
}

#[test]
fn a_shape_that_any_word_has_makes_no_header_an_identifier() {
    let wide = Some("[A-Za-z0-9-]{1,40}");
    let text = "nom;numero\r\nDupont;B1\r\nDurand;B2\r\n";
    assert_eq!(look(&rules("numero"), wide, text).unwrap().0, ["B1", "B2"]);
}

#[test]
fn rows_are_given_as_they_are_seen() {
    let rows = csv_rows("\u{feff}sep=;\n\"a;b\";=\"0012\"\r\n;x\n", b',');
    assert_eq!(rows, [vec!["a;b", "0012"], vec!["", "x"]]);
}
