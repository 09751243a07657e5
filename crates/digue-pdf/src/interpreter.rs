//! The operators of a content stream that show text, and where.

use std::collections::HashMap;
use std::rc::Rc;

use digue_identifiers::reading::Unreadable;
use digue_types::{UnreadCause, UnreadPlace};
use lopdf::{Dictionary, Document, Object, ObjectId};

use crate::content::{ContentOperator, ContentReader, Operand};
use crate::font::PdfFont;
use crate::layout::PlacedGlyph;
use crate::streams::{StreamUnpacker, dictionary, name, number_of, resolve, value};
use crate::{object, unreadable};

/// Forms within forms.
const FORMS_MAX: usize = 12;
/// Operators of the whole file, those of forms once for each time they are shown.
const OPERATORS_MAX: usize = 4_000_000;
/// Glyphs of one page; a dense one has ten thousand.
const GLYPHS_MAX: usize = 400_000;
/// States that are kept for `Q`.
const STATES_MAX: usize = 512;

type Matrix = [f64; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `one` applied first.
fn product(one: &Matrix, two: &Matrix) -> Matrix {
    let [a, b, c, d, e, f] = *one;
    let [g, h, i, j, k, l] = *two;
    [
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + l,
    ]
}

#[derive(Clone)]
struct TextState {
    matrix: Matrix,
    font: Option<Rc<PdfFont>>,
    size: f64,
    character_spacing: f64,
    word_spacing: f64,
    horizontal: f64,
    leading: f64,
    rise: f64,
}

/// What a page or a form shows.
#[derive(Default)]
pub(crate) struct ShownContent {
    pub(crate) glyphs: Vec<PlacedGlyph>,
    /// Texts within the content that replace or describe what is shown (`ActualText`).
    pub(crate) asides: Vec<Vec<u8>>,
    pub(crate) has_picture: bool,
    pub(crate) has_drawing: bool,
}

/// Interprets the contents of one file.
pub(crate) struct Interpreter<'d> {
    document: &'d Document,
    pub(crate) unpacker: StreamUnpacker,
    fonts: HashMap<ObjectId, Rc<PdfFont>>,
    forms: HashMap<ObjectId, Rc<Vec<u8>>>,
    operators: usize,
    place: UnreadPlace,
}

impl<'d> Interpreter<'d> {
    pub(crate) fn new(document: &'d Document, unpacker: StreamUnpacker) -> Self {
        Self {
            document,
            unpacker,
            fonts: HashMap::new(),
            forms: HashMap::new(),
            operators: 0,
            place: UnreadPlace::default(),
        }
    }

    /// True when a page or a form before has shown this form.
    pub(crate) fn has_shown(&self, form: ObjectId) -> bool {
        self.forms.contains_key(&form)
    }

    /// The content of a page, or of a form by itself.
    pub(crate) fn show(
        &mut self,
        content: &[u8],
        resources: &'d Dictionary,
        place: UnreadPlace,
    ) -> Result<ShownContent, Unreadable> {
        self.place = place;
        let mut shown = ShownContent::default();
        self.run(content, resources, IDENTITY, &mut shown, 0)?;
        Ok(shown)
    }

    fn run(
        &mut self,
        content: &[u8],
        resources: &'d Dictionary,
        matrix: Matrix,
        shown: &mut ShownContent,
        depth: usize,
    ) -> Result<(), Unreadable> {
        if depth > FORMS_MAX {
            return Err(unreadable(UnreadCause::TooDeep, self.place.clone()));
        }
        let mut state = TextState {
            matrix,
            font: None,
            size: 0.0,
            character_spacing: 0.0,
            word_spacing: 0.0,
            horizontal: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        let mut kept: Vec<TextState> = Vec::new();
        let (mut text, mut line) = (IDENTITY, IDENTITY);
        let mut reader = ContentReader::new(content);
        while let Some(operator) = reader.next()? {
            self.operators += 1;
            if self.operators > OPERATORS_MAX {
                return Err(Unreadable::too_large());
            }
            let ContentOperator { name, operands } = operator;
            let number =
                |place: usize| operands.get(place).and_then(Operand::number).unwrap_or(0.0);
            let six = || std::array::from_fn(number);
            match name {
                b"q" if kept.len() < STATES_MAX => kept.push(state.clone()),
                b"q" => return Err(unreadable(UnreadCause::TooDeep, self.place.clone())),
                b"Q" => state = kept.pop().unwrap_or(state),
                b"cm" => state.matrix = product(&six(), &state.matrix),
                b"BT" => (text, line) = (IDENTITY, IDENTITY),
                b"Tm" => (text, line) = (six(), six()),
                b"Td" => next_line(&mut text, &mut line, number(0), number(1)),
                b"TD" => {
                    state.leading = -number(1);
                    next_line(&mut text, &mut line, number(0), number(1));
                }
                b"T*" => next_line(&mut text, &mut line, 0.0, -state.leading),
                b"Tf" => {
                    state.size = number(1);
                    state.font = self.font(&operands, resources)?;
                }
                b"Tc" => state.character_spacing = number(0),
                b"Tw" => state.word_spacing = number(0),
                b"Tz" => state.horizontal = number(0) / 100.0,
                b"TL" => state.leading = number(0),
                b"Ts" => state.rise = number(0),
                b"Tj" => self.text(&operands, &state, &mut text, shown)?,
                b"TJ" => {
                    if let Some(Operand::Array(items)) = operands.first() {
                        self.text(items, &state, &mut text, shown)?;
                    }
                }
                b"'" | b"\"" => {
                    if name == b"\"" {
                        state.word_spacing = number(0);
                        state.character_spacing = number(1);
                    }
                    next_line(&mut text, &mut line, 0.0, -state.leading);
                    let last = operands.len().saturating_sub(1);
                    self.text(&operands[last..], &state, &mut text, shown)?;
                }
                b"Do" => self.object(&operands, resources, &state.matrix, shown, depth)?,
                b"gs" => self.graphics_state(&operands, resources)?,
                b"BI" => shown.has_picture = true,
                b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" | b"S" | b"s" | b"sh" => {
                    shown.has_drawing = true;
                }
                b"BDC" | b"DP" => {
                    let texts = operands.into_iter().filter_map(|operand| match operand {
                        Operand::Dictionary(texts) => Some(texts),
                        _ => None,
                    });
                    shown.asides.extend(texts.flatten());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn resource(
        &self,
        operands: &[Operand],
        resources: &'d Dictionary,
        kind: &[u8],
    ) -> Option<&'d Object> {
        let Some(Operand::Name(name)) = operands.first() else {
            return None;
        };
        dictionary(self.document, resources, kind)?.get(name).ok()
    }

    fn font(
        &mut self,
        operands: &[Operand],
        resources: &'d Dictionary,
    ) -> Result<Option<Rc<PdfFont>>, Unreadable> {
        let Some(given) = self.resource(operands, resources, b"Font") else {
            return Ok(None);
        };
        // A font written in place has no number to be remembered by.
        let id = match given {
            Object::Reference(id) => Some(*id),
            _ => None,
        };
        if let Some(known) = id.and_then(|id| self.fonts.get(&id)) {
            return Ok(Some(known.clone()));
        }
        let Object::Dictionary(font) = resolve(self.document, given) else {
            return Ok(None);
        };
        let font = PdfFont::load(
            self.document,
            font,
            id.unwrap_or_default(),
            &mut self.unpacker,
        )?;
        let font = Rc::new(font);
        if let Some(id) = id {
            self.fonts.insert(id, font.clone());
        }
        Ok(Some(font))
    }

    /// A graphics state that sets a font: rare, and another font than `Tf` said would read wrongly.
    fn graphics_state(
        &self,
        operands: &[Operand],
        resources: &'d Dictionary,
    ) -> Result<(), Unreadable> {
        let state = self.resource(operands, resources, b"ExtGState");
        match state.map(|state| resolve(self.document, state)) {
            Some(Object::Dictionary(state)) if state.has(b"Font") => {
                Err(unreadable(UnreadCause::UnreadPart, self.place.clone()))
            }
            _ => Ok(()),
        }
    }

    fn text(
        &self,
        items: &[Operand],
        state: &TextState,
        text: &mut Matrix,
        shown: &mut ShownContent,
    ) -> Result<(), Unreadable> {
        for item in items {
            match item {
                Operand::Text(bytes) => self.show_text(bytes, state, text, shown)?,
                Operand::Number(number) => {
                    let across = -number / 1000.0 * state.size * state.horizontal;
                    *text = product(&[1.0, 0.0, 0.0, 1.0, across, 0.0], text);
                }
                Operand::Name(_) | Operand::Array(_) | Operand::Dictionary(_) | Operand::Word => {}
            }
        }
        Ok(())
    }

    fn show_text(
        &self,
        bytes: &[u8],
        state: &TextState,
        text: &mut Matrix,
        shown: &mut ShownContent,
    ) -> Result<(), Unreadable> {
        if bytes.is_empty() {
            return Ok(());
        }
        // Programs choose a font of their own where the file names none.
        let Some(font) = &state.font else {
            return Err(unreadable(UnreadCause::CharacterSet, self.place.clone()));
        };
        for code in font.codes(bytes) {
            let characters = code.text.ok_or_else(|| {
                let place = self
                    .place
                    .clone()
                    .and(", font ")
                    .and_place(&object(font.id.0));
                unreadable(UnreadCause::CharacterSet, place)
            })?;
            if shown.glyphs.len() >= GLYPHS_MAX {
                return Err(Unreadable::too_large());
            }
            let width = code.width / 1000.0 * state.size;
            let glyph = placed(characters, width, state, text);
            // Placed at no number, it is nowhere on a page: what it says is still in the file.
            match glyph {
                Some(glyph) => shown.glyphs.push(glyph),
                None => return Err(unreadable(UnreadCause::Syntax, self.place.clone())),
            }
            let word = if code.is_space {
                state.word_spacing
            } else {
                0.0
            };
            let across = (width + state.character_spacing + word) * state.horizontal;
            *text = product(&[1.0, 0.0, 0.0, 1.0, across, 0.0], text);
        }
        Ok(())
    }

    /// `Do`: a picture, or a form with content of its own.
    fn object(
        &mut self,
        operands: &[Operand],
        resources: &'d Dictionary,
        matrix: &Matrix,
        shown: &mut ShownContent,
        depth: usize,
    ) -> Result<(), Unreadable> {
        let Some(given) = self.resource(operands, resources, b"XObject") else {
            return Ok(());
        };
        let Object::Stream(stream) = resolve(self.document, given) else {
            return Ok(());
        };
        let Object::Reference(id) = given else {
            return Err(unreadable(UnreadCause::Syntax, self.place.clone()));
        };
        match name(self.document, &stream.dict, b"Subtype") {
            Some(b"Image") => shown.has_picture = true,
            Some(b"Form") => {
                let content = match self.forms.get(id) {
                    Some(known) => known.clone(),
                    None => {
                        let content = Rc::new(self.unpacker.unpack(stream, *id)?);
                        self.forms.insert(*id, content.clone());
                        content
                    }
                };
                let own = match value(self.document, &stream.dict, b"Matrix") {
                    Object::Array(numbers) if numbers.len() == 6 => std::array::from_fn(|place| {
                        number_of(resolve(self.document, &numbers[place])).unwrap_or(0.0)
                    }),
                    _ => IDENTITY,
                };
                // Without resources of its own a form has those of the page (ISO 32000-1, 7.8.3).
                let inner = dictionary(self.document, &stream.dict, b"Resources");
                let matrix = product(&own, matrix);
                self.run(
                    &content,
                    inner.unwrap_or(resources),
                    matrix,
                    shown,
                    depth + 1,
                )?;
            }
            _ => return Err(unreadable(UnreadCause::UnreadPart, object(id.0))),
        }
        Ok(())
    }
}

fn next_line(text: &mut Matrix, line: &mut Matrix, across: f64, down: f64) {
    *line = product(&[1.0, 0.0, 0.0, 1.0, across, down], line);
    *text = *line;
}

/// A glyph where it stands on the page; `None` when that is no place.
fn placed(characters: &str, width: f64, state: &TextState, text: &Matrix) -> Option<PlacedGlyph> {
    let raised = product(&[1.0, 0.0, 0.0, 1.0, 0.0, state.rise], text);
    let [a, b, c, d, x, y] = product(&raised, &state.matrix);
    let (along, upright) = (a.hypot(b), c.hypot(d));
    let size = (state.size.abs() * upright.max(along)).max(1e-6);
    // A negative size or width runs backwards: the line is the same.
    let (dx, dy) = match along > 0.0 {
        true => (a / along, b / along),
        false => (1.0, 0.0),
    };
    let start = x * dx + y * dy;
    let end = start + width * state.horizontal * along;
    let across = y * dx - x * dy;
    let turn = dy.atan2(dx) / std::f64::consts::TAU * 16.0;
    [start, end, across, size]
        .iter()
        .all(|number| number.is_finite())
        .then(|| PlacedGlyph {
            text: characters.to_owned(),
            start: start.min(end),
            end: start.max(end),
            across,
            size,
            direction: turn.round() as i32,
        })
}
