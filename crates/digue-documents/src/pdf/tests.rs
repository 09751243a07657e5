//! The properties and the structure tree of a PDF.

use proptest::prelude::*;

use crate::{Document, DocumentBlock, LetterHead, PageShape, PostalAddress, pdf};

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

/// Number of structure elements of this type.
fn elements(bytes: &[u8], name: &str) -> usize {
    let named = [format!("/S/{name}"), format!("/S /{name}")];
    let of = |mark: &String| {
        let ends = |at: usize| {
            !bytes
                .get(at + mark.len())
                .is_some_and(u8::is_ascii_alphanumeric)
        };
        let parts = bytes.windows(mark.len()).enumerate();
        parts
            .filter(|(at, part)| *part == mark.as_bytes() && ends(*at))
            .count()
    };
    named.iter().map(of).sum()
}

fn full_of(text: &str) -> Document {
    let said = || text.to_owned();
    let blocks = vec![
        DocumentBlock::Quiet(said()),
        DocumentBlock::Heading(said()),
        DocumentBlock::Paragraph(said()),
        DocumentBlock::Point(Some(1), said()),
        DocumentBlock::Point(Some(2), said()),
        DocumentBlock::Pair(said(), said()),
        DocumentBlock::Pair(said(), said()),
        DocumentBlock::Table {
            header: vec![said(), said()],
            rows: vec![vec![said()], vec![], vec![said(), said()]],
        },
        DocumentBlock::Squares {
            says: said(),
            beside: said(),
            rows: vec![vec![true, false]],
        },
        DocumentBlock::Signature(vec![said(), said()]),
        DocumentBlock::Break,
        DocumentBlock::Title(said()),
    ];
    Document {
        title: said(),
        language: "fr",
        foot: said(),
        blocks,
        ..Document::default()
    }
}

#[test]
fn a_page_is_heard_as_headings_paragraphs_lists_and_tables() {
    let made_at = Some("2026-11-28T10:00:00Z".to_owned());
    let bytes = pdf(&Document {
        made_at,
        ..full_of("Été")
    })
    .unwrap();
    for said in [
        "/MarkInfo",
        "/StructTreeRoot",
        "/DisplayDocTitle true",
        "pdfuaid:part",
        "/Lang",
        "D:20261128100000",
    ] {
        assert!(holds(&bytes, said), "{said}");
    }
    for (name, expected) in [
        ("H1", 2),
        ("H2", 1),
        ("L", 1),
        ("LI", 2),
        ("Lbl", 2),
        ("Table", 2),
        ("TR", 6),
        ("TH", 4),
        ("TD", 8),
        ("Figure", 1),
    ] {
        assert_eq!(elements(&bytes, name), expected, "{name}");
    }
}

#[test]
fn each_letter_of_a_file_is_a_sheet_with_its_own_heading() {
    let letter = |n: u32| {
        [
            DocumentBlock::Letter(Box::new(LetterHead {
                recipient: PostalAddress::of(&format!("Personne {n}\n62000 Arras")),
                subject: format!("Objet {n}"),
                ..LetterHead::default()
            })),
            DocumentBlock::Heading("Vos données".to_owned()),
            DocumentBlock::Signature(vec!["Le délégué".to_owned(), "Camille".to_owned()]),
        ]
    };
    let bytes = pdf(&Document {
        title: "Courriers".to_owned(),
        has_own_titles: true,
        language: "fr",
        blocks: (1..=3).flat_map(letter).collect(),
        ..Document::default()
    })
    .unwrap();
    assert!(holds(&bytes, "pdfuaid:part"));
    assert_eq!((elements(&bytes, "H1"), elements(&bytes, "H2")), (3, 3));
    assert!(
        holds(&bytes, "/Count 5"),
        "three letters, and an empty back before each further one"
    );
}

#[test]
fn a_table_of_many_columns_lies_across_the_page_and_its_header_is_read_once() {
    let bytes = pdf(&Document {
        title: "Registre".to_owned(),
        language: "fr",
        shape: PageShape::Landscape,
        blocks: vec![DocumentBlock::Table {
            header: vec!["Référence".to_owned(); 9],
            rows: vec![vec!["mot ".repeat(12); 9]; 30],
        }],
        ..Document::default()
    })
    .unwrap();
    assert!(holds(&bytes, "[0 0 842 595]"), "landscape");
    assert_eq!(elements(&bytes, "TH"), 9, "repeated on paper alone");
}

#[test]
fn letters_have_a_title_that_is_not_printed_and_a_file_without_one_takes_its_first_heading() {
    let blocks = vec![
        DocumentBlock::Title("Vos données".to_owned()),
        DocumentBlock::Paragraph("texte".to_owned()),
    ];
    let letters = Document {
        title: "Courriers de la campagne".to_owned(),
        has_own_titles: true,
        language: "fr",
        blocks: blocks.clone(),
        ..Document::default()
    };
    let bytes = pdf(&letters).unwrap();
    assert!(holds(&bytes, "Courriers de la campagne") && elements(&bytes, "H1") == 1);
    let bytes = pdf(&Document {
        language: "fr",
        blocks,
        ..Document::default()
    })
    .unwrap();
    assert!(holds(&bytes, "pdfuaid:part") && holds(&bytes, "Vos données"));
}

#[test]
fn signs_that_the_letters_lack_keep_the_file_accessible() {
    for text in [
        "漢字",
        "👩‍👩‍👧 été",
        "\u{feff}a",
        "مرحبا",
        "e\u{301}\u{327}",
        "a\u{ad}b",
        "\u{e000}",
        "\u{1f1eb}",
    ] {
        let bytes = pdf(&full_of(text)).unwrap();
        assert!(holds(&bytes, "pdfuaid:part"), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_text_in_any_place_is_printed_with_its_structure(text in any::<String>()) {
        let bytes = pdf(&full_of(&text)).unwrap();
        prop_assert!(holds(&bytes, "/StructTreeRoot"));
    }
}
