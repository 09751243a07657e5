//! Writes a document as PDF: A4, one typeface, tagged for screen readers (PDF/UA-1, ISO 14289-1).

mod letter_sheet;
mod letters;
mod pages;
mod structure;

use krilla::color::rgb;
use krilla::configure::{Accessibility, Configuration, ConfigurationBuilder};
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};
use krilla::text::TextDirection;
use krilla::{Document as File, SerializeSettings};

use crate::Unprintable;
use crate::properties::MadeAt;
use crate::text::PrintableDocument;
use letters::{SMALL, TextStyle, broken};
use pages::{ContentMark, FOOT, PageSize, PdfPage, PdfPages};

pub(crate) fn printed(document: &PrintableDocument) -> Result<Vec<u8>, Unprintable> {
    let accessible = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish();
    let accessible = accessible.expect("a single validator cannot conflict with another");
    match printed_as(document, accessible) {
        // User text can break a rule of PDF/UA. A plain PDF that claims no conformance is better
        // than no document.
        Err(KrillaError::Validation(_)) => printed_as(document, Configuration::default()),
        other => other,
    }
    .map_err(|error| Unprintable(format!("{error:?}")))
}

fn printed_as(
    document: &PrintableDocument,
    configuration: Configuration,
) -> Result<Vec<u8>, KrillaError> {
    let mut pages = PdfPages::new(PageSize::of(document.shape), &document.title);
    if !document.title.is_empty() && !document.has_own_titles {
        pages.title(&document.title);
    }
    pages.blocks(&document.blocks);
    let settings = SerializeSettings {
        configuration,
        enable_tagging: true,
        ..SerializeSettings::default()
    };
    let mut file = File::new_with(settings);
    let titles = [
        document.title.as_str(),
        pages.structure.first_heading().unwrap_or_default(),
        &document.foot,
    ];
    let title = titles
        .into_iter()
        .find(|title| !title.is_empty())
        .unwrap_or_default()
        .to_owned();
    file.set_metadata(metadata(document, title.clone()));
    file.set_outline(pages.structure.outline(&title));
    let size = pages.size;
    let (all, sections, structure) = pages.finished();
    let mut drawn: Vec<Vec<Identifier>> = vec![Vec::new(); structure.leaves()];
    for (
        place,
        PdfPage {
            marks,
            section,
            is_back,
        },
    ) in all.iter().enumerate()
    {
        let settings = PageSettings::from_wh(size.width, size.height)
            .expect("width and height are positive constants");
        let mut page = file.start_page_with(settings);
        let mut surface = page.surface();
        if *is_back {
            surface.finish();
            page.finish();
            continue;
        }
        let number = 1 + all[..place]
            .iter()
            .filter(|one| one.section == *section)
            .count();
        let total = all
            .iter()
            .filter(|one| one.section == *section && !one.is_back)
            .count();
        let head = sections[*section].as_str();
        // The first page shows its own title.
        if number > 1 && !head.is_empty() {
            draw_margin(&mut surface, (size, FOOT), ArtifactType::Header, head);
        }
        for mark in marks {
            draw(&mut surface, mark, &mut drawn);
        }
        let foot = if document.foot.is_empty() {
            String::new()
        } else {
            format!("{} – ", document.foot)
        };
        let foot = format!("{foot}{number} / {total}");
        let y = size.height - FOOT;
        draw_margin(&mut surface, (size, y), ArtifactType::Footer, &foot);
        surface.finish();
        page.finish();
    }
    file.set_tag_tree(structure.tree(drawn, document.language));
    file.finish()
}

fn metadata(document: &PrintableDocument, title: String) -> Metadata {
    let mut metadata = Metadata::new().title(title).creator("Digue".to_owned());
    if !document.language.is_empty() {
        metadata = metadata.language(document.language.to_owned());
    }
    let Some(at) = document.made_at.as_deref().and_then(MadeAt::parse) else {
        return metadata;
    };
    let date = DateTime::new(at.year)
        .month(at.month)
        .day(at.day)
        .hour(at.hour)
        .minute(at.minute);
    let (hours, minutes) = at.offset;
    metadata.creation_date(
        date.second(at.second)
            .utc_offset_hour(hours)
            .utc_offset_minute(minutes),
    )
}

fn draw(surface: &mut Surface<'_>, mark: &ContentMark, drawn: &mut [Vec<Identifier>]) {
    match mark {
        ContentMark::Text {
            x,
            y,
            look,
            line,
            leaf,
        } => {
            // Without the space, a screen reader and a copy would join the last word of a line to
            // the first word of the next.
            let said = if line.ends_a_word {
                format!("{} ", line.text)
            } else {
                line.text.clone()
            };
            let shown = look.letters().shown(&said);
            if shown.trim().is_empty() {
                return;
            }
            // Characters that the font lacks are drawn as U+FFFD, but copied and read aloud as they
            // are.
            let actual = Some(said.as_str()).filter(|said| *said != shown);
            let span = SpanTag::empty().with_actual_text(actual);
            match leaf {
                Some(leaf) => {
                    leaf.take(surface.start_tagged(ContentTag::Span(span)), drawn);
                }
                None => {
                    surface.start_tagged(artifact(ArtifactType::PaginationOther));
                }
            }
            draw_text(surface, (*x, *y), *look, &shown);
            surface.end_tagged();
        }
        ContentMark::Rule { at, width, height } => {
            surface.start_tagged(artifact(ArtifactType::Layout));
            surface.set_fill(Some(ink(0xdc, 0xd9, 0xd3)));
            fill(surface, &[*at], *width, *height);
            surface.end_tagged();
        }
        ContentMark::Squares { places, side, leaf } => {
            match leaf {
                Some(leaf) => leaf.take(surface.start_tagged(ContentTag::Other), drawn),
                None => {
                    surface.start_tagged(artifact(ArtifactType::Layout));
                }
            }
            surface.set_fill(Some(ink(0, 0, 0)));
            fill(surface, places, *side, *side);
            surface.end_tagged();
        }
    }
}

fn artifact(kind: ArtifactType) -> ContentTag<'static> {
    ContentTag::Artifact(Artifact::with_kind(kind))
}

/// The head or the foot of a page: an artifact, so that screen readers do not repeat it on every
/// page. A title wider than the page is cut.
fn draw_margin(
    surface: &mut Surface<'_>,
    (size, y): (PageSize, f32),
    kind: ArtifactType,
    text: &str,
) {
    let look = TextStyle {
        size: SMALL,
        is_quiet: true,
        is_bold: false,
    };
    let shown = look.letters().shown(text);
    let lines = broken(&shown, size.inner(), look);
    surface.start_tagged(artifact(kind));
    if let Some(line) = lines.first() {
        draw_text(surface, (size.margin, y), look, &line.text);
    }
    surface.end_tagged();
}

fn draw_text(surface: &mut Surface<'_>, (x, y): (f32, f32), look: TextStyle, text: &str) {
    surface.set_fill(Some(if look.is_quiet {
        ink(0x5a, 0x66, 0x6c)
    } else {
        ink(0x1d, 0x23, 0x26)
    }));
    let (letters, mut x) = (look.letters(), x);
    for (font, run) in letters.runs(text) {
        let (at, font) = (Point::from_xy(x, y), font.font.clone());
        surface.draw_text(at, font, look.size, run, false, TextDirection::Auto);
        x += letters.width(run, look.size);
    }
}

fn ink(red: u8, green: u8, blue: u8) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: krilla::paint::FillRule::default(),
    }
}

fn fill(surface: &mut Surface<'_>, places: &[(f32, f32)], width: f32, height: f32) {
    let mut path = PathBuilder::new();
    for (x, y) in places {
        if let Some(rect) = Rect::from_xywh(*x, *y, width, height) {
            path.push_rect(rect);
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

#[cfg(test)]
mod tests;
