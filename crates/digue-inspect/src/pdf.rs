//! PDF files: every text that a person can read in one is searched for identifiers. What shows no
//! text (a picture, a page of lines) is not taken for nobody.

use digue_identifiers::collector::Collector;
use digue_identifiers::reading::{ReadingTally, Unreadable};
use digue_pdf::{PageText, PdfLimits, PdfText};
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use crate::limits::InspectionLimits;

/// How a PDF file is read. Identifiers are what the block's patterns find.
#[derive(Clone, Copy, Debug, Default)]
pub struct PdfRules {
    pub records: PdfRecords,
    pub pictures: PicturesChoice,
}

/// What one person's record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PdfRecords {
    /// The map names no records.
    #[default]
    Unsaid,
    /// Each page that is not blank has an identifier.
    Pages,
    /// The file has at least one.
    Document,
}

/// What the map says of pictures in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PicturesChoice {
    /// They may show a text, such as a scanned letter.
    #[default]
    Refuse,
    /// They show nobody: logos, signatures.
    ShowNobody,
}

pub(crate) fn text_of(bytes: &[u8], unpacked_bytes_max: usize) -> Result<PdfText, Unreadable> {
    digue_pdf::read(bytes, &PdfLimits { unpacked_bytes_max })
}

pub(crate) fn read(
    rules: PdfRules,
    bytes: &[u8],
    limits: &InspectionLimits,
    found: &mut Collector<'_>,
) -> Result<ReadingTally, Unreadable> {
    let text = text_of(bytes, limits.decoded_bytes_max)?;
    let mut tally = ReadingTally {
        unpacked: text.unpacked,
        ..ReadingTally::default()
    };
    let mut has_identifier = false;
    for page in &text.pages {
        check_visible(rules.pictures, page)?;
        let mut readings = page.readings.iter();
        let names_someone = readings.any(|reading| found.holds_identifier(reading));
        for reading in &page.readings {
            found.sweep(reading, || page.place.clone())?;
        }
        has_identifier |= names_someone;
        if rules.records == PdfRecords::Pages && !page.is_blank() {
            if !names_someone {
                return Err(unread(UnreadCause::NamelessRecord, page.place.clone()));
            }
            tally.records += 1;
        }
    }
    for aside in &text.asides {
        found.sweep(aside, UnreadPlace::default)?;
    }
    tally.records += usize::from(rules.records == PdfRecords::Document && has_identifier);
    Ok(tally)
}

/// Checks that what a page shows is text.
pub(crate) fn check_visible(pictures: PicturesChoice, page: &PageText) -> Result<(), Unreadable> {
    let hides = |what: &'static str| {
        let place = page.place.clone().and(what);
        Err(unread(UnreadCause::UnreadPart, place))
    };
    match pictures {
        PicturesChoice::Refuse if page.has_picture => hides(", picture"),
        // Letters can be drawn as lines: where nothing else is on the page, they probably are.
        PicturesChoice::Refuse | PicturesChoice::ShowNobody
            if page.is_blank() && page.has_drawing =>
        {
            hides(", drawing")
        }
        // A page that is one picture is a scan, whatever the map says of logos.
        PicturesChoice::ShowNobody if page.is_blank() && page.has_picture => hides(", picture"),
        PicturesChoice::Refuse | PicturesChoice::ShowNobody => Ok(()),
    }
}

fn unread(cause: UnreadCause, place: UnreadPlace) -> Unreadable {
    ReadFailure::new(cause).at(place).into()
}

#[cfg(test)]
mod tests {
    use digue_identifiers::identifier::{IdentifierKind, Pick};
    use digue_identifiers::pattern::SearchPattern;
    use digue_identifiers::reading::ResponseReading;

    use super::*;
    use crate::response::{BlockRules, Message, ResponseRules, RuleBlock, inspect};

    /// A page for each content: text in Helvetica, or operators after `!`.
    fn file(pages: &[&str]) -> Vec<u8> {
        let mut objects = vec![
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            String::new(),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        ];
        let mut kids = Vec::new();
        for page in pages {
            let content = match page.strip_prefix('!') {
                Some(operators) => operators.to_owned(),
                None => format!("BT /F 12 Tf 50 700 Td ({page}) Tj ET"),
            };
            let length = content.len();
            objects.push(format!(
                "<< /Length {length} >>\nstream\n{content}\nendstream"
            ));
            let content = objects.len();
            objects.push(format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {content} 0 R \
                 /Resources << /Font << /F 3 0 R >> >> >>"
            ));
            kids.push(format!("{} 0 R", objects.len()));
        }
        objects[1] = format!(
            "<< /Type /Pages /Count {} /Kids [{}] >>",
            kids.len(),
            kids.join(" ")
        );
        let mut text = "%PDF-1.4\n".to_owned();
        let mut list = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
        for (place, object) in objects.iter().enumerate() {
            list += &format!("{:010} 00000 n \n", text.len());
            text += &format!("{} 0 obj\n{object}\nendobj\n", place + 1);
        }
        let start = text.len();
        let count = objects.len() + 1;
        text +=
            &format!("{list}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
        text.into_bytes()
    }

    fn look(records: PdfRecords, pictures: PicturesChoice, bytes: &[u8]) -> ResponseReading {
        let rules = PdfRules { records, pictures };
        let mut block = RuleBlock::new(vec!["application/pdf".into()], BlockRules::Pdf(rules));
        let pattern = SearchPattern::new(r"\bP[0-9]{4}\b").unwrap();
        block.sweep = vec![Pick::by_pattern(0, pattern, "sweep")];
        let rules = ResponseRules {
            blocks: vec![block],
            errors: None,
        };
        let message = Message {
            status: 200,
            content_type: Some("application/pdf"),
            content_encoding: "",
            body: bytes,
        };
        let kinds = [IdentifierKind {
            name: "id".into(),
            steps: vec![],
            shape: None,
        }];
        inspect(&rules, &kinds, &message, &InspectionLimits::default())
    }

    #[track_caller]
    fn check(reading: &ResponseReading, expected: Result<usize, UnreadCause>) {
        let seen = match reading {
            ResponseReading::Persons(shown) => Ok(shown.found.len()),
            ResponseReading::ShowsNobody(_) => Ok(0),
            ResponseReading::Unreadable(why) => Err(why.detail.cause),
        };
        assert_eq!(seen, expected, "{reading:?}");
    }

    #[test]
    fn records_are_pages_or_the_whole() {
        use PdfRecords::{Document, Pages, Unsaid};
        let refuse = PicturesChoice::Refuse;
        let two = file(&["P0001 Durand", "P0002 Martin"]);
        let letter = file(&["P0001 Durand", "suite de la lettre"]);
        let nobody = file(&["Durand", "Martin"]);
        check(&look(Pages, refuse, &two), Ok(2));
        check(
            &look(Pages, refuse, &letter),
            Err(UnreadCause::NamelessRecord),
        );
        check(&look(Document, refuse, &letter), Ok(1));
        check(&look(Document, refuse, &nobody), Err(UnreadCause::NoRecord));
        check(&look(Unsaid, refuse, &two), Err(UnreadCause::NoRecord));
        check(&look(Pages, refuse, &file(&["P0001", "!"])), Ok(1));
    }

    #[test]
    fn a_scan_is_not_nobody() {
        let picture = "!BI /W 1 /H 1 ID x EI";
        let logo = "!BI /W 1 /H 1 ID x EI BT /F 12 Tf (P0001) Tj ET";
        let (refuse, believed) = (PicturesChoice::Refuse, PicturesChoice::ShowNobody);
        let document = PdfRecords::Document;
        check(
            &look(document, refuse, &file(&[logo])),
            Err(UnreadCause::UnreadPart),
        );
        check(&look(document, believed, &file(&[logo])), Ok(1));
        let both = file(&[logo, picture]);
        check(
            &look(document, believed, &both),
            Err(UnreadCause::UnreadPart),
        );
        let drawn = file(&["P0001", "!0 0 m 9 9 l S"]);
        check(
            &look(document, believed, &drawn),
            Err(UnreadCause::UnreadPart),
        );
    }
}
