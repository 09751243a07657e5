//! The file as a whole: its layout, its pages, and every other part that can hold a text.

use std::collections::HashSet;
use std::io::Read as _;
use std::ops::Range;

use digue_identifiers::reading::Unreadable;
use digue_types::UnreadCause;
use flate2::bufread::ZlibDecoder;
use lopdf::xref::XrefEntry;
use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};
use memchr::memmem;

use crate::content::{ContentReader, unescaped};
use crate::interpreter::{Interpreter, ShownContent};
use crate::layout::readings;
use crate::streams::{StreamUnpacker, dictionary, dictionary_of, name, resolve, value};
use crate::{PageText, PdfLimits, PdfText, object, unreadable};

/// Bytes of objects, without the data of streams: a byte of them takes up to twenty in memory.
const STRUCTURE_BYTES_MAX: usize = 4 << 20;
/// The longest dictionary of a stream.
const STREAM_HEAD_BYTES_MAX: usize = 64 << 10;
const PAGES_MAX: usize = 5_000;
/// Dictionaries within dictionaries.
const DEPTH_MAX: usize = 64;
/// Pages take their resources from the nodes above them.
const PARENTS_MAX: usize = 32;

pub(crate) fn read(bytes: &[u8], limits: &PdfLimits) -> Result<PdfText, Unreadable> {
    let Layout { heads, asides } = check_layout(bytes)?;
    let options = LoadOptions {
        strict: true,
        max_decompressed_size: Some(STRUCTURE_BYTES_MAX),
        ..LoadOptions::default()
    };
    let broken = || unreadable(UnreadCause::Syntax, "file");
    let document = Document::load_mem_with_options(bytes, options).map_err(|_| broken())?;
    if document.trailer.has(b"Encrypt") {
        return Err(unreadable(UnreadCause::UnreadPart, "encryption"));
    }
    // Repaired, it is another file to each program that repairs it.
    if document.xref_recovery.is_some() {
        return Err(broken());
    }
    check_revisions(&document, &heads)?;
    let mut roles = StreamRoles::default();
    let mut text = PdfText {
        asides,
        ..PdfText::default()
    };
    for (id, given) in &document.objects {
        roles.visit(given, 0).map_err(|fault| fault.at(*id))?;
        collect_texts(given, &mut text.asides);
    }
    let unpacker = StreamUnpacker::new(limits.unpacked_bytes_max);
    let mut interpreter = Interpreter::new(&document, unpacker);
    read_pages(&document, &mut interpreter, &mut text)?;
    read_others(&document, &mut interpreter, &roles, &mut text)?;
    text.unpacked = limits.unpacked_bytes_max - interpreter.unpacker.left();
    Ok(text)
}

/// An object as its head stands in the file.
struct ObjectHead {
    number: u32,
    at: usize,
    /// A cross-reference stream, which need not list itself.
    is_list: bool,
}

/// A file as its bytes follow each other.
struct Layout {
    heads: Vec<ObjectHead>,
    /// Comments, and what stands behind the end: in no object, and for anyone who opens the file in
    /// a text editor.
    asides: Vec<String>,
}

/// Finds the objects of a file without any of its lists, and bounds what loading it costs.
fn check_layout(bytes: &[u8]) -> Result<Layout, Unreadable> {
    let broken = || unreadable(UnreadCause::Syntax, "file");
    if !bytes.starts_with(b"%PDF-") {
        return Err(broken());
    }
    let (mut heads, mut at, mut head_end) = (Vec::new(), 0, 0);
    let (mut structure, mut packed_lists) = (0_usize, STRUCTURE_BYTES_MAX);
    // Everything but the data of streams.
    let mut parts = Vec::new();
    let (objects, streams) = (memmem::Finder::new(b"obj"), memmem::Finder::new(b"stream"));
    let next = |finder: &memmem::Finder<'_>, from: usize| {
        finder.find(bytes.get(from..)?).map(|place| from + place)
    };
    let (mut object_at, mut stream_at) = (next(&objects, 0), next(&streams, 0));
    loop {
        if object_at.is_some_and(|place| place < at) {
            object_at = next(&objects, at);
        }
        if stream_at.is_some_and(|place| place < at) {
            stream_at = next(&streams, at);
        }
        match (object_at, stream_at) {
            (Some(place), stream) if stream.is_none_or(|stream| place < stream) => {
                structure += place + 3 - at;
                parts.push(at..place + 3);
                at = place + 3;
                if let Some((number, start)) = head_before(bytes, place) {
                    head_end = at;
                    heads.push(ObjectHead {
                        number,
                        at: start,
                        is_list: false,
                    });
                }
            }
            (_, Some(place)) => {
                let keyword = place + 6;
                structure += keyword - at;
                parts.push(at..keyword);
                at = keyword;
                let head = bytes.get(head_end..place).unwrap_or_default();
                let Some(data) = data_after(bytes, keyword).filter(|_| is_dictionary(head)) else {
                    continue;
                };
                if head.len() > STREAM_HEAD_BYTES_MAX {
                    return Err(Unreadable::too_large());
                }
                let end = memmem::find(&bytes[data..], b"endstream").ok_or_else(broken)?;
                let packed = &bytes[data..data + end];
                let is_list = check_list(&unescaped(head), packed, &mut packed_lists)?;
                if let Some(last) = heads.last_mut() {
                    last.is_list = is_list;
                }
                at = data + end + 9;
            }
            _ => break,
        }
        if structure > STRUCTURE_BYTES_MAX {
            return Err(Unreadable::too_large());
        }
    }
    if structure + (bytes.len() - at) > STRUCTURE_BYTES_MAX {
        return Err(Unreadable::too_large());
    }
    parts.push(at..bytes.len());
    let mut asides = comments(bytes, parts);
    asides.extend(text_behind_end(bytes)?);
    Ok(Layout { heads, asides })
}

/// The comments in these parts of a file; a percent sign within a string is taken for one, too.
fn comments(bytes: &[u8], parts: Vec<Range<usize>>) -> Vec<String> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(last) if last.end == part.start => last.end = part.end,
            Some(_) | None => joined.push(part),
        }
    }
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let lines = joined
        .into_iter()
        .flat_map(|part| bytes[part].split(is_end));
    let comment = |line: &[u8]| {
        let start = line.iter().position(|byte| *byte == b'%')?;
        Some(latin(&line[start..]))
    };
    lines.filter_map(comment).collect()
}

/// What follows the last mark of an end.
fn text_behind_end(bytes: &[u8]) -> Result<Option<String>, Unreadable> {
    const END: &[u8] = b"%%EOF";
    let Some(end) = memmem::rfind(bytes, END) else {
        return Ok(None);
    };
    let behind = &bytes[end + END.len()..];
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    if behind.iter().all(is_blank) {
        return Ok(None);
    }
    let is_text = |byte: &u8| is_blank(byte) || !byte.is_ascii_control();
    match behind.iter().all(is_text) {
        true => Ok(Some(latin(behind))),
        // Another file, such as an archive.
        false => Err(unreadable(UnreadCause::UnreadPart, "end of the file")),
    }
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// `12 0 ` before `obj`: the number, and where it begins.
fn head_before(bytes: &[u8], keyword: usize) -> Option<(u32, usize)> {
    let back = |mut at: usize, fits: fn(&u8) -> bool| {
        let from = at;
        while at > 0 && from - at < 32 && fits(&bytes[at - 1]) {
            at -= 1;
        }
        (at < from).then_some(at)
    };
    let space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    let after_generation = match back(keyword, space) {
        Some(at) => at,
        // `12 0obj` is read by some programs.
        None => keyword,
    };
    let generation = back(after_generation, u8::is_ascii_digit)?;
    let after_number = back(generation, space)?;
    let start = back(after_number, u8::is_ascii_digit)?;
    let number = std::str::from_utf8(&bytes[start..after_number]).ok()?;
    Some((number.parse().ok()?, start))
}

fn is_dictionary(head: &[u8]) -> bool {
    head.trim_ascii_end().ends_with(b">>")
}

/// The place of the data after `stream` and its end of line.
fn data_after(bytes: &[u8], keyword: usize) -> Option<usize> {
    match bytes.get(keyword..)? {
        [b'\r', b'\n', ..] => Some(keyword + 2),
        [b'\n' | b'\r', ..] => Some(keyword + 1),
        _ => None,
    }
}

/// True for a cross-reference stream. These and streams of objects are unpacked by loading alone:
/// they may have one filter, and unpack to `left` bytes together.
fn check_list(head: &[u8], packed: &[u8], left: &mut usize) -> Result<bool, Unreadable> {
    let has = |word: &[u8]| memmem::find(head, word).is_some();
    let is_list = has(b"/XRef");
    if !is_list && !has(b"/ObjStm") {
        return Ok(false);
    }
    let filters = memmem::find_iter(head, b"Decode").count()
        - memmem::find_iter(head, b"DecodeParms").count();
    let is_plain = filters == 0 && !has(b"/Filter");
    let unpacked = if is_plain {
        packed.len()
    } else if filters == 1 && has(b"/FlateDecode") {
        let mut unpacked = Vec::new();
        let mut reader = ZlibDecoder::new(packed).take(*left as u64 + 1);
        // Damaged data are reported when the file is loaded; here only their size counts.
        let _ = reader.read_to_end(&mut unpacked);
        unpacked.len()
    } else {
        return Err(unreadable(UnreadCause::UnreadPart, "filter of a list"));
    };
    *left = left
        .checked_sub(unpacked)
        .ok_or_else(Unreadable::too_large)?;
    Ok(is_list)
}

/// Every object in the bytes is the one that the file's list names: others are of an earlier
/// revision, which some programs still show.
fn check_revisions(document: &Document, heads: &[ObjectHead]) -> Result<(), Unreadable> {
    let mut seen = HashSet::new();
    for head in heads {
        let listed = document.reference_table.get(head.number);
        let is_listed = matches!(listed, Some(XrefEntry::Normal { offset, .. })
            if *offset as usize == head.at);
        if (!is_listed && !head.is_list) || !seen.insert(head.at) {
            return Err(unreadable(UnreadCause::UnreadPart, object(head.number)));
        }
    }
    Ok(())
}

/// Streams whose content is no text, by the keys that lead to them.
#[derive(Default)]
struct StreamRoles {
    silent: HashSet<ObjectId>,
    /// Contents of pages: read with their page.
    contents: HashSet<ObjectId>,
    /// Glyphs that are drawn: their font says which characters they are.
    glyphs: HashSet<ObjectId>,
}

/// Something that shows, or runs, what no reader here handles.
struct UnreadObject;

impl UnreadObject {
    fn at(&self, id: ObjectId) -> Unreadable {
        unreadable(UnreadCause::UnreadPart, object(id.0))
    }
}

/// Fonts, profiles and tables.
const SILENT: [&[u8]; 8] = [
    b"FontFile",
    b"FontFile2",
    b"FontFile3",
    b"ToUnicode",
    b"CIDSet",
    b"CIDToGIDMap",
    b"DestOutputProfile",
    b"Encoding",
];

/// Attached files, scripts and forms that other programs lay out.
const UNREAD: [&[u8]; 8] = [
    b"EF",
    b"EmbeddedFiles",
    b"JS",
    b"XFA",
    b"RichMediaContent",
    b"3DD",
    b"Sound",
    b"Movie",
];

impl StreamRoles {
    fn visit(&mut self, given: &Object, depth: usize) -> Result<(), UnreadObject> {
        if depth > DEPTH_MAX {
            return Err(UnreadObject);
        }
        match given {
            Object::Array(items) => {
                // `[/ICCBased stream]`, `[/Indexed base most stream]`.
                if let [Object::Name(name), .., Object::Reference(last)] = items.as_slice()
                    && matches!(name.as_slice(), b"ICCBased" | b"Indexed")
                {
                    self.silent.insert(*last);
                }
                items
                    .iter()
                    .try_for_each(|item| self.visit(item, depth + 1))
            }
            Object::Dictionary(dictionary) => self.visit_dictionary(dictionary, depth),
            Object::Stream(stream) => self.visit_dictionary(&stream.dict, depth),
            Object::Null
            | Object::Boolean(_)
            | Object::Integer(_)
            | Object::Real(_)
            | Object::Name(_)
            | Object::String(..)
            | Object::Reference(_) => Ok(()),
        }
    }

    fn visit_dictionary(
        &mut self,
        dictionary: &Dictionary,
        depth: usize,
    ) -> Result<(), UnreadObject> {
        for (key, item) in dictionary {
            if UNREAD.contains(&key.as_slice()) {
                return Err(UnreadObject);
            }
            let target = match key.as_slice() {
                b"Contents" if dictionary.has_type(b"Page") => Some(&mut self.contents),
                b"CharProcs" => Some(&mut self.glyphs),
                known if SILENT.contains(&known) => Some(&mut self.silent),
                _ => None,
            };
            if let Some(target) = target {
                target.extend(references(item));
            }
            self.visit(item, depth + 1)?;
        }
        Ok(())
    }
}

fn references(given: &Object) -> Vec<ObjectId> {
    match given {
        Object::Reference(id) => vec![*id],
        Object::Array(items) => items.iter().filter_map(reference).collect(),
        Object::Dictionary(items) => items
            .iter()
            .filter_map(|(_, item)| reference(item))
            .collect(),
        _ => Vec::new(),
    }
}

fn reference(given: &Object) -> Option<ObjectId> {
    match given {
        Object::Reference(id) => Some(*id),
        _ => None,
    }
}

/// The texts of an object, wherever they are in it. `ID` is random bytes.
fn collect_texts(given: &Object, texts: &mut Vec<String>) {
    match given {
        Object::String(bytes, _) => texts.extend(readings_of(bytes)),
        Object::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Object::Dictionary(dictionary) => collect_of(dictionary, texts),
        Object::Stream(stream) => collect_of(&stream.dict, texts),
        Object::Null
        | Object::Boolean(_)
        | Object::Integer(_)
        | Object::Real(_)
        | Object::Name(_)
        | Object::Reference(_) => {}
    }
}

fn collect_of(dictionary: &Dictionary, texts: &mut Vec<String>) {
    for (_, item) in dictionary.iter().filter(|(key, _)| *key != b"ID") {
        collect_texts(item, texts);
    }
}

/// A text string: UTF-16 or UTF-8 with a mark, else one byte for each character.
fn readings_of(bytes: &[u8]) -> Vec<String> {
    let one_byte = bytes.iter().map(|byte| char::from(*byte)).collect();
    let units = |from: &[u8]| {
        let (units, _) = from.as_chunks::<2>();
        units.to_vec()
    };
    match bytes {
        [0xfe, 0xff, rest @ ..] => {
            let units = units(rest).into_iter().map(u16::from_be_bytes);
            let units: Vec<u16> = units.collect();
            vec![String::from_utf16_lossy(&units)]
        }
        [0xff, 0xfe, rest @ ..] => {
            let units = units(rest).into_iter().map(u16::from_le_bytes);
            let units: Vec<u16> = units.collect();
            vec![String::from_utf16_lossy(&units)]
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => vec![String::from_utf8_lossy(rest).into_owned()],
        _ => vec![one_byte],
    }
}

/// All pages in the file, also those that its tree of pages leaves out.
fn read_pages<'d>(
    document: &'d Document,
    interpreter: &mut Interpreter<'d>,
    text: &mut PdfText,
) -> Result<(), Unreadable> {
    for (id, given) in &document.objects {
        let Object::Dictionary(page) = given else {
            continue;
        };
        if name(document, page, b"Type") != Some(b"Page") {
            continue;
        }
        if text.pages.len() >= PAGES_MAX {
            return Err(Unreadable::too_large());
        }
        let content = content_of(document, page, *id, &mut interpreter.unpacker)?;
        let resources = resources_of(document, page).unwrap_or(page);
        let place = object(id.0);
        let shown = interpreter.show(&content, resources, place.clone())?;
        let page = take(shown, place, &mut text.asides);
        text.pages.push(page);
    }
    if text.pages.is_empty() {
        return Err(unreadable(UnreadCause::Syntax, "file"));
    }
    Ok(())
}

fn take(
    shown: ShownContent,
    place: digue_types::UnreadPlace,
    asides: &mut Vec<String>,
) -> PageText {
    asides.extend(shown.asides.iter().flat_map(|bytes| readings_of(bytes)));
    PageText {
        place,
        readings: readings(shown.glyphs),
        has_picture: shown.has_picture,
        has_drawing: shown.has_drawing,
    }
}

fn content_of(
    document: &Document,
    page: &Dictionary,
    id: ObjectId,
    unpacker: &mut StreamUnpacker,
) -> Result<Vec<u8>, Unreadable> {
    let parts: Vec<&Object> = match value(document, page, b"Contents") {
        Object::Array(parts) => parts.iter().map(|part| resolve(document, part)).collect(),
        one => vec![one],
    };
    let mut content = Vec::new();
    for part in parts {
        match part {
            Object::Stream(stream) => {
                content.extend(unpacker.unpack(stream, id)?);
                // Between two streams there is white space (ISO 32000-1, 7.8.2).
                content.push(b'\n');
            }
            Object::Null => {}
            _ => return Err(unreadable(UnreadCause::Syntax, object(id.0))),
        }
    }
    Ok(content)
}

fn resources_of<'d>(document: &'d Document, page: &'d Dictionary) -> Option<&'d Dictionary> {
    let mut node = page;
    for _ in 0..PARENTS_MAX {
        if let Some(resources) = dictionary(document, node, b"Resources") {
            return Some(resources);
        }
        node = dictionary(document, node, b"Parent")?;
    }
    None
}

/// Every stream that no page has shown: forms of annotations and fields, patterns, properties. One
/// of an unknown kind could be anything.
fn read_others<'d>(
    document: &'d Document,
    interpreter: &mut Interpreter<'d>,
    roles: &StreamRoles,
    text: &mut PdfText,
) -> Result<(), Unreadable> {
    for (id, given) in &document.objects {
        let Object::Stream(stream) = given else {
            continue;
        };
        let kind = name(document, &stream.dict, b"Type");
        let subtype = name(document, &stream.dict, b"Subtype");
        let has = |key: &[u8]| stream.dict.has(key);
        if roles.glyphs.contains(id) {
            let content = interpreter.unpacker.unpack(stream, *id)?;
            check_glyph(&content, *id)?;
            continue;
        }
        let is_page = roles.contents.contains(id);
        let is_silent = roles.silent.contains(id)
            || is_page
            || matches!(kind, Some(b"XRef" | b"ObjStm"))
            || has(b"FunctionType")
            || has(b"ShadingType")
            || has(b"CMapName");
        match (kind, subtype) {
            (_, Some(b"Image")) if !is_page => {}
            (_, Some(b"Form")) if interpreter.has_shown(*id) => {}
            (_, Some(b"Form")) | (Some(b"Pattern"), _) => {
                let content = interpreter.unpacker.unpack(stream, *id)?;
                let own = dictionary_of(given).unwrap_or(&stream.dict);
                let resources = dictionary(document, own, b"Resources").unwrap_or(own);
                let shown = interpreter.show(&content, resources, object(id.0))?;
                let form = take(shown, object(id.0), &mut text.asides);
                text.asides.extend(form.readings.iter().cloned());
                // A picture in the form of an annotation is a picture of the page.
                if form.has_picture {
                    text.pages.push(form);
                }
            }
            (Some(b"Metadata"), _) => {
                let content = interpreter.unpacker.unpack(stream, *id)?;
                text.asides
                    .push(String::from_utf8_lossy(&content).into_owned());
            }
            _ if is_silent => {}
            _ => return Err(unreadable(UnreadCause::UnreadPart, object(id.0))),
        }
    }
    Ok(())
}

/// A glyph that shows text of its own would be another text than its font says.
fn check_glyph(content: &[u8], id: ObjectId) -> Result<(), Unreadable> {
    let mut reader = ContentReader::new(content);
    while let Some(operator) = reader.next()? {
        if matches!(operator.name, b"Tj" | b"TJ" | b"'" | b"\"" | b"Do") {
            return Err(unreadable(UnreadCause::UnreadPart, object(id.0)));
        }
    }
    Ok(())
}
