use lopdf::xref::XrefType;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use proptest::prelude::*;

use super::*;

const LIMITS: PdfLimits = PdfLimits {
    unpacked_bytes_max: 8 << 20,
};

/// A file that is being made.
struct Writer {
    document: Document,
    pages: ObjectId,
    kids: Vec<Object>,
    fonts: Dictionary,
}

impl Writer {
    fn new() -> Self {
        let mut document = Document::with_version("1.4");
        let pages = document.new_object_id();
        let font = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
            "Encoding" => "WinAnsiEncoding",
        });
        let fonts = dictionary! { "F1" => font };
        Self {
            document,
            pages,
            kids: Vec::new(),
            fonts,
        }
    }

    fn resources(&self) -> Dictionary {
        dictionary! { "Font" => self.fonts.clone() }
    }

    fn page_with(&mut self, content: &[u8], resources: Dictionary, more: Dictionary) {
        let mut stream = Stream::new(Dictionary::new(), content.to_vec());
        stream.compress().unwrap();
        let content = self.document.add_object(stream);
        let mut page = dictionary! {
            "Type" => "Page", "Parent" => self.pages, "Contents" => content,
            "Resources" => resources,
        };
        page.extend(&more);
        let page = self.document.add_object(page);
        self.kids.push(page.into());
    }

    fn page(&mut self, content: &str) {
        let resources = self.resources();
        self.page_with(content.as_bytes(), resources, Dictionary::new());
    }

    fn finish_with(mut self, more: Dictionary) -> Vec<u8> {
        let tree = dictionary! {
            "Type" => "Pages", "Count" => self.kids.len() as i64, "Kids" => self.kids,
        };
        self.document
            .objects
            .insert(self.pages, Object::Dictionary(tree));
        let mut root = dictionary! { "Type" => "Catalog", "Pages" => self.pages };
        root.extend(&more);
        let root = self.document.add_object(root);
        self.document.trailer.set("Root", root);
        let mut bytes = Vec::new();
        self.document.save_to(&mut bytes).unwrap();
        bytes
    }

    fn finish(self) -> Vec<u8> {
        self.finish_with(Dictionary::new())
    }
}

fn one(content: &str) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.page(content);
    writer.finish()
}

fn all_texts(read: &PdfText) -> Vec<&str> {
    let pages = read.pages.iter().flat_map(|page| &page.readings);
    pages.chain(&read.asides).map(String::as_str).collect()
}

#[track_caller]
fn check_shows(bytes: &[u8], text: &str) {
    let read = read(bytes, &LIMITS).unwrap();
    let texts = all_texts(&read);
    assert!(texts.iter().any(|known| known.contains(text)), "{texts:?}");
}

#[track_caller]
fn check_unread(bytes: &[u8], cause: UnreadCause) {
    let read = read(bytes, &LIMITS);
    assert!(
        matches!(&read, Err(why) if why.detail.cause == cause),
        "{read:?}"
    );
}

#[test]
fn words_are_whole_however_they_are_placed() {
    for content in [
        "BT /F1 12 Tf 50 700 Td (N 1234567A) Tj ET",
        "BT /F1 12 Tf 50 700 Td [(N 12) -5 (345) 20 (67A)] TJ ET",
        "BT /F1 12 Tf 1 0 0 1 50 700 Tm (N 123) Tj (4567A) Tj ET",
        "BT /F1 12 Tf 14 TL 50 700 Td (x) Tj (N 1234567A) ' ET",
        "BT /F1 12 Tf 50 700 Td <4E 2031323334353637 41> Tj ET",
        // Spaced letters, a scaled page, a turned one.
        "BT /F1 12 Tf 4 Tc 50 700 Td (N 1234567A) Tj ET",
        "q .1 0 0 .1 0 0 cm BT /F1 120 Tf 500 7000 Td (N 12345) Tj (67A) Tj ET Q",
        "q 0 1 -1 0 0 0 cm BT /F1 12 Tf 50 700 Td (N 12345) Tj (67A) Tj ET Q",
    ] {
        check_shows(&one(content), "1234567A");
    }
    // From the end to the beginning, as some programs write right-aligned columns.
    let backwards: String = "1234567A"
        .char_indices()
        .rev()
        .map(|(place, letter)| format!("BT /F1 12 Tf {} 700 Td ({letter}) Tj ET ", 50 + place * 7))
        .collect();
    check_shows(&one(&backwards), "1234567A");
    let read = read(
        &one("BT /F1 12 Tf 50 700 Td (A) Tj 200 0 Td (B) Tj 0 -14 Td (C) Tj ET"),
        &LIMITS,
    );
    assert_eq!(read.unwrap().pages[0].readings, ["A B\nC"]);
}

#[test]
fn what_a_font_does_not_say_is_unreadable() {
    let with_font = |font: Dictionary, content: &str| {
        let mut writer = Writer::new();
        let font = writer.document.add_object(font);
        writer.fonts.set("F2", font);
        writer.page(content);
        writer.finish()
    };
    let shown = "BT /F2 12 Tf 50 700 Td (P1) Tj ET";
    let embedded = |encoding: Object| {
        let mut writer = Writer::new();
        let file = writer
            .document
            .add_object(Stream::new(Dictionary::new(), vec![1, 2]));
        let descriptor = writer
            .document
            .add_object(dictionary! { "FontFile2" => file });
        let font = writer.document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "TrueType", "BaseFont" => "ABCDEF+Helvetica",
            "FontDescriptor" => descriptor, "Encoding" => encoding,
        });
        writer.fonts.set("F2", font);
        writer.page(shown);
        writer.finish()
    };
    check_unread(&embedded(Object::Null), UnreadCause::CharacterSet);
    check_shows(&embedded("WinAnsiEncoding".into()), "P1");
    let differences = |names: [&str; 2]| {
        let names = names.map(|name| Object::Name(name.into()));
        let mut list = vec![Object::Integer(49), names[0].clone(), Object::Integer(80)];
        list.push(names[1].clone());
        Object::Dictionary(dictionary! { "Type" => "Encoding", "Differences" => list })
    };
    check_shows(&embedded(differences(["seven", "Q"])), "Q7");
    check_unread(
        &embedded(differences(["seven", "g12"])),
        UnreadCause::CharacterSet,
    );
    let composite = dictionary! {
        "Type" => "Font", "Subtype" => "Type0", "Encoding" => "Identity-H",
        "DescendantFonts" => vec![Object::Dictionary(dictionary! { "DW" => 500 })],
    };
    check_unread(
        &with_font(composite.clone(), shown),
        UnreadCause::CharacterSet,
    );
    let mut other = composite;
    other.set("Encoding", Object::Name(b"UniGB-UCS2-H".to_vec()));
    check_unread(&with_font(other, shown), UnreadCause::CharacterSet);
    check_unread(&one("BT 12 0 Td (P1) Tj ET"), UnreadCause::CharacterSet);
}

fn composite(writer: &mut Writer, map: &str) -> ObjectId {
    let map = Stream::new(Dictionary::new(), map.as_bytes().to_vec());
    let map = writer.document.add_object(map);
    writer.document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type0", "Encoding" => "Identity-H", "ToUnicode" => map,
        "DescendantFonts" => vec![Object::Dictionary(dictionary! {
            "W" => vec![3.into(), vec![Object::Integer(600); 10].into()],
        })],
    })
}

#[test]
fn a_table_of_characters_makes_a_font_of_numbers_readable() {
    let mut writer = Writer::new();
    let font = composite(
        &mut writer,
        "1 beginbfrange <0003> <000C> <0030> endbfrange 1 beginbfchar <0020> <0050> endbfchar",
    );
    writer.fonts.set("F2", font);
    writer.page("BT /F2 12 Tf 50 700 Td <0020 0003 0004 0005> Tj ET");
    check_shows(&writer.finish(), "P012");
    let mut writer = Writer::new();
    let font = composite(&mut writer, "1 beginbfchar <0020> <E001> endbfchar");
    writer.fonts.set("F2", font);
    writer.page("BT /F2 12 Tf 50 700 Td <0020> Tj ET");
    check_unread(&writer.finish(), UnreadCause::CharacterSet);
}

#[test]
fn texts_are_found_in_forms_annotations_fields_and_titles() {
    let text = "BT /F1 12 Tf 0 0 Td (P0001) Tj ET";
    let form = |writer: &mut Writer| {
        let resources = writer.resources();
        let head =
            dictionary! { "Type" => "XObject", "Subtype" => "Form", "Resources" => resources };
        writer
            .document
            .add_object(Stream::new(head, text.as_bytes().to_vec()))
    };
    let mut writer = Writer::new();
    let inner = form(&mut writer);
    let resources = dictionary! { "XObject" => dictionary! { "X" => inner } };
    writer.page_with(b"q /X Do Q", resources, Dictionary::new());
    check_shows(&writer.finish(), "P0001");
    let mut writer = Writer::new();
    let appearance = form(&mut writer);
    let note = dictionary! { "Type" => "Annot", "AP" => dictionary! { "N" => appearance } };
    let resources = writer.resources();
    writer.page_with(
        b"",
        resources,
        dictionary! { "Annots" => vec![note.into()] },
    );
    check_shows(&writer.finish(), "P0001");
    for value in [
        Object::string_literal("P0001"),
        Object::string_literal(b"\xfe\xff\0P\x000\x000\x000\x001".to_vec()),
    ] {
        let mut writer = Writer::new();
        let note = dictionary! { "Type" => "Annot", "Contents" => value.clone() };
        writer.page_with(
            b"",
            Dictionary::new(),
            dictionary! { "Annots" => vec![note.into()] },
        );
        check_shows(&writer.finish(), "P0001");
        let mut writer = Writer::new();
        writer.page("");
        let outline = writer.document.add_object(dictionary! { "Title" => value });
        check_shows(
            &writer.finish_with(dictionary! { "Outlines" => outline }),
            "P0001",
        );
    }
    check_shows(
        &one("/Span << /ActualText (P0001) >> BDC BT /F1 9 Tf (x) Tj ET EMC"),
        "P0001",
    );
}

#[test]
fn what_no_reader_handles_is_never_passed_over() {
    let attached = |key: &str| {
        let mut writer = Writer::new();
        writer.page("");
        writer
            .document
            .add_object(dictionary! { key => Object::Null, "A" => 1 });
        writer.finish()
    };
    for key in ["EF", "JS", "XFA", "Sound"] {
        check_unread(&attached(key), UnreadCause::UnreadPart);
    }
    let mut writer = Writer::new();
    writer.page("");
    let unknown = dictionary! { "Type" => "EmbeddedFile" };
    writer
        .document
        .add_object(Stream::new(unknown, b"x".to_vec()));
    check_unread(&writer.finish(), UnreadCause::UnreadPart);
    let mut encrypted = Writer::new();
    encrypted.page("");
    encrypted
        .document
        .trailer
        .set("Encrypt", dictionary! { "Filter" => "Standard" });
    assert!(read(&encrypted.finish(), &LIMITS).is_err());
    for bytes in [
        &b""[..],
        b"%PDF-1.4",
        b"<html>",
        b"%PDF-1.4\ntrailer <<>>\nstartxref\n0\n%%EOF",
    ] {
        check_unread(bytes, UnreadCause::Syntax);
    }
}

#[test]
fn what_stands_outside_of_objects_is_text_of_the_file() {
    let whole = one("BT /F1 12 Tf (Bonjour) Tj ET");
    for (before, after) in [
        ("", "\n1000009Z\n"),
        ("", "\n% 1000009Z"),
        ("% 1000009Z\n", "\n"),
    ] {
        let mut bytes = whole.clone();
        bytes.extend_from_slice(after.as_bytes());
        // Behind the last object, so that no place in the file's list changes.
        let list = memchr::memmem::rfind(&bytes, b"startxref").expect("a file has one");
        bytes.splice(list..list, before.bytes());
        check_shows(&bytes, "1000009Z");
    }
    let mut archive = whole;
    archive.extend_from_slice(b"\nPK\x03\x04\x14\x00");
    check_unread(&archive, UnreadCause::UnreadPart);
}

#[test]
fn an_earlier_revision_is_not_passed_over() {
    let mut writer = Writer::new();
    writer.document.reference_table.cross_reference_type = XrefType::CrossReferenceTable;
    writer.page("BT /F1 12 Tf 50 700 Td (P0001) Tj ET");
    let bytes = writer.finish();
    check_shows(&bytes, "P0001");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let list = text.rfind("startxref").unwrap();
    let start: usize = text[list + 10..].lines().next().unwrap().parse().unwrap();
    let mut updated = bytes.clone();
    let at = updated.len();
    updated.extend_from_slice(
        b"2 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>\nendobj\n",
    );
    let next = updated.len();
    let trailer_at = text.rfind("trailer").unwrap();
    let trailer = text[trailer_at + 7..list].trim().trim_end_matches(">>");
    updated.extend_from_slice(
        format!("xref\n2 1\n{at:010} 00000 n \ntrailer\n{trailer}/Prev {start} >>\nstartxref\n{next}\n%%EOF").as_bytes(),
    );
    check_unread(&updated, UnreadCause::UnreadPart);
}

#[test]
fn pictures_and_drawings_are_reported() {
    let mut writer = Writer::new();
    let head = dictionary! { "Subtype" => "Image", "Width" => 1, "Height" => 1 };
    let picture = writer.document.add_object(Stream::new(head, vec![0]));
    let resources = dictionary! { "XObject" => dictionary! { "I" => picture } };
    writer.page_with(b"/I Do", resources, Dictionary::new());
    writer.page("0 0 10 10 re f");
    writer.page("BI /W 1 /H 1 ID x EI");
    let read = read(&writer.finish(), &LIMITS).unwrap();
    let seen: Vec<(bool, bool, bool)> = read
        .pages
        .iter()
        .map(|page| (page.has_picture, page.has_drawing, page.is_blank()))
        .collect();
    assert_eq!(
        seen,
        [
            (true, false, true),
            (false, true, true),
            (true, false, true)
        ]
    );
}

#[test]
fn bombs_are_refused_before_they_are_unpacked() {
    let mut writer = Writer::new();
    writer.page(&" ".repeat(9 << 20));
    check_unread(&writer.finish(), UnreadCause::TooLarge);
    // A form that shows itself, and forms that show each other twice.
    let mut writer = Writer::new();
    let mut inner = None;
    for _ in 0..11 {
        let mut head = dictionary! { "Subtype" => "Form" };
        let mut content = "q Q ".to_owned();
        if let Some(inner) = inner {
            let forms =
                dictionary! { "XObject" => dictionary! { "X" => Object::Reference(inner) } };
            head.set("Resources", forms);
            content = "/X Do ".repeat(20);
        }
        inner = Some(
            writer
                .document
                .add_object(Stream::new(head, content.into_bytes())),
        );
    }
    let resources = dictionary! { "XObject" => dictionary! { "X" => inner.unwrap() } };
    writer.page_with(b"/X Do", resources, Dictionary::new());
    check_unread(&writer.finish(), UnreadCause::TooLarge);
    let mut writer = Writer::new();
    let id = writer.document.new_object_id();
    let own = dictionary! { "XObject" => dictionary! { "X" => id } };
    let head = dictionary! { "Subtype" => "Form", "Resources" => own.clone() };
    let form = Stream::new(head, b"/X Do".to_vec());
    writer.document.objects.insert(id, form.into());
    writer.page_with(b"/X Do", own, Dictionary::new());
    check_unread(&writer.finish(), UnreadCause::TooDeep);
}

/// How a word is written.
fn written(word: &str, form: u8, x: u32, y: u32) -> String {
    let letters: Vec<char> = word.chars().collect();
    match form % 5 {
        0 => format!("BT /F1 10 Tf {x} {y} Td ({word}) Tj ET\n"),
        1 => {
            let pieces: Vec<String> = letters.iter().map(|c| format!("({c})")).collect();
            format!("BT /F1 10 Tf {x} {y} Td [{}] TJ ET\n", pieces.join(" 3 "))
        }
        2 => {
            let (start, end) = word.split_at(word.len() / 2);
            format!("BT /F1 10 Tf {x} {y} Td ({start}) Tj ({end}) Tj ET\n")
        }
        3 => {
            let hex: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
            format!("BT /F1 10 Tf 1 0 0 1 {x} {y} Tm <{hex}> Tj ET\n")
        }
        // Letter by letter from the last, where Helvetica puts them.
        _ => letters
            .iter()
            .enumerate()
            .rev()
            .map(|(place, c)| {
                let at = f64::from(x) + place as f64 * 5.56;
                format!("BT /F1 10 Tf {at} {y} Td ({c}) Tj ET\n")
            })
            .collect(),
    }
}

proptest! {
    #[test]
    fn every_number_on_a_page_is_in_a_reading(
        words in proptest::collection::vec((1_000_000u32..9_999_999, 0u8..5, 0u32..3), 1..12),
        order in any::<u64>(),
    ) {
        let mut pieces: Vec<(u64, String, String)> = words
            .iter()
            .enumerate()
            .map(|(row, (number, form, column))| {
                let y = 780 - u32::try_from(row).unwrap() * 20;
                let text = written(&number.to_string(), *form, 40 + column * 180, y);
                (order.wrapping_mul(row as u64 * 2 + 1), number.to_string(), text)
            })
            .collect();
        pieces.sort();
        let content: String = pieces.iter().map(|(_, _, text)| text.as_str()).collect();
        let read = read(&one(&content), &LIMITS).unwrap();
        for (_, number, _) in &pieces {
            prop_assert!(read.pages[0].readings.iter().any(|text| {
                text.split_whitespace().any(|word| word == number)
            }), "{number} {:?}", read.pages[0].readings);
        }
    }

    #[test]
    fn no_change_of_bytes_makes_a_panic_or_hides_the_number(
        place in any::<prop::sample::Index>(),
        value in proptest::collection::vec(any::<u8>(), 1..4),
    ) {
        let mut bytes = one("BT /F1 12 Tf 50 700 Td (N 1234567A) Tj ET");
        let place = place.index(bytes.len() - value.len());
        bytes[place..place + value.len()].copy_from_slice(&value);
        // Whatever is read must be a page whose text is known or empty: never an error of ours.
        if let Ok(read) = read(&bytes, &LIMITS) {
            prop_assert!(!read.pages.is_empty());
        }
    }
}
