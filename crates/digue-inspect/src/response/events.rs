//! Streams that never end: server-sent events and lines, one piece after the other.
//!
//! A piece is inspected as if it were a response of its own, so that it can leave before the next
//! one has come. Events are read as browsers read them (HTML, 9.2.6): by their name, the rules for
//! their data; everything else in them is swept.

use digue_identifiers::collector::{Collector, IdentifierSearch};
use digue_identifiers::identifier::Pick;
use digue_identifiers::reading::{ReadingTally, Unreadable, WhyNobody};
use digue_types::glob::NameGlob;
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use super::{BlockRules, RuleBlock};
use crate::limits::InspectionLimits;

/// The most bytes of one piece, unless the map says otherwise.
pub const PIECE_BYTES_USUAL: usize = 256 << 10;

/// How the events of a stream are read.
#[derive(Clone, Debug)]
pub struct EventRules {
    /// The first whose name fits reads the event.
    pub events: Vec<EventRule>,
}

/// How events with certain names are read.
#[derive(Clone, Debug)]
pub struct EventRule {
    /// `message` for events without a name.
    pub names: Vec<NameGlob>,
    /// Reads the event's data.
    pub block: RuleBlock,
}

/// What ends a piece of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceEnd {
    /// A blank line ends an event.
    BlankLine,
    /// Each line is a piece.
    Line,
}

/// How a response is released while it still comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamRules {
    pub end: PieceEnd,
    pub piece_bytes_max: usize,
}

/// Cuts a stream into pieces.
#[derive(Debug)]
pub struct PieceCutter {
    rules: StreamRules,
    buffer: Vec<u8>,
    /// Bytes in which no end was found.
    searched: usize,
}

impl PieceCutter {
    pub const fn new(rules: StreamRules) -> Self {
        Self {
            rules,
            buffer: Vec::new(),
            searched: 0,
        }
    }

    pub fn add(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole piece, with its end; `None` until more bytes come.
    ///
    /// # Errors
    /// A piece is larger than the limit.
    pub fn next_piece(&mut self) -> Result<Option<Vec<u8>>, Unreadable> {
        let end = match self.rules.end {
            PieceEnd::Line => self.line_end(),
            PieceEnd::BlankLine => self.blank_line_end(),
        };
        if end.unwrap_or(self.buffer.len()) > self.rules.piece_bytes_max {
            return Err(Unreadable::too_large());
        }
        let Some(end) = end else {
            // An end can begin with the last byte but one.
            self.searched = self.buffer.len().saturating_sub(2);
            return Ok(None);
        };
        self.searched = 0;
        let rest = self.buffer.split_off(end);
        Ok(Some(std::mem::replace(&mut self.buffer, rest)))
    }

    /// What is left when the stream has ended: programs differ in whether they show it.
    pub fn rest(self) -> Vec<u8> {
        self.buffer
    }

    fn line_end(&self) -> Option<usize> {
        let from = self.searched;
        let found = memchr::memchr2(b'\n', b'\r', self.buffer.get(from..)?)?;
        Some(from + found + 1)
    }

    /// After two ends of lines. `\r\n` may be cut in two: what is left of it is an empty piece.
    fn blank_line_end(&self) -> Option<usize> {
        let mut at = self.searched;
        while let Some(found) = memchr::memchr2(b'\n', b'\r', self.buffer.get(at..)?) {
            let end = at + found;
            let next = match self.buffer.get(end..)? {
                [b'\r', b'\n', ..] => end + 2,
                _ => end + 1,
            };
            match self.buffer.get(next) {
                Some(b'\n' | b'\r') => return Some(next + 1),
                Some(_) | None => at = next,
            }
        }
        None
    }
}

/// One event of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
struct StreamEvent {
    name: String,
    data: Option<String>,
}

/// The events of a text. An event without data is none (HTML, 9.2.6).
fn events_of(text: &str) -> Vec<StreamEvent> {
    let mut events = Vec::new();
    let mut event = StreamEvent::default();
    for line in lines(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        if line.is_empty() {
            events.push(std::mem::take(&mut event));
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut event.name),
            "data" => {
                let data = event.data.get_or_insert_default();
                data.push_str(value);
                data.push('\n');
            }
            _ => {}
        }
    }
    // Without a blank line after it: browsers drop it, others show it.
    events.push(event);
    events.retain(|event| event.data.is_some());
    for data in events.iter_mut().filter_map(|event| event.data.as_mut()) {
        data.pop();
    }
    events
}

/// The name and the data of each event of a text, as browsers read them.
pub fn each_event(text: &str, mut take: impl FnMut(&str, &str)) {
    for event in events_of(text) {
        let name = match event.name.as_str() {
            "" => "message",
            name => name,
        };
        take(name, event.data.as_deref().unwrap_or_default());
    }
}

/// Lines that end with `\n`, `\r` or `\r\n`.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').flat_map(|line| {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.split('\r')
    })
}

impl EventRules {
    fn of(&self, name: &str) -> Option<&RuleBlock> {
        let name = if name.is_empty() { "message" } else { name };
        let mut rules = self.events.iter();
        let rule = rules.find(|rule| rule.names.iter().any(|known| known.fits(name)))?;
        Some(&rule.block)
    }

    /// The data of each event, with the block that reads it.
    ///
    /// # Errors
    /// The text is not UTF-8, as event streams are, or the map has no rule for an event.
    pub(crate) fn each(
        &self,
        bytes: &[u8],
        mut take: impl FnMut(&RuleBlock, &str, &UnreadPlace) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| ReadFailure::new(UnreadCause::CharacterSet))?;
        for (number, event) in (1..).zip(events_of(text)) {
            let place = UnreadPlace::numbered("event ", number);
            let block = self
                .of(&event.name)
                .ok_or_else(|| ReadFailure::new(UnreadCause::UnreadPart).at(place.clone()))?;
            take(block, event.data.as_deref().unwrap_or_default(), &place)?;
        }
        Ok(())
    }
}

/// Reads all events of a body.
pub(crate) fn read(
    rules: &EventRules,
    bytes: &[u8],
    status: u16,
    limits: &InspectionLimits,
    found: &mut Collector<'_>,
) -> Result<ReadingTally, Unreadable> {
    let mut tally = ReadingTally::default();
    let text = String::from_utf8_lossy(bytes);
    found.sweep(&text, UnreadPlace::default)?;
    rules.each(bytes, |block, data, place| {
        let entry = read_data(block, data, status, limits, found)
            .map_err(|unreadable| within(place, unreadable))?;
        tally.records += entry.records;
        tally.nobody = tally.nobody.or(entry.nobody);
        Ok(())
    })?;
    if tally.records == 0 {
        // Comments and names without data: nothing that anybody is shown.
        tally.nobody = tally.nobody.or(Some(WhyNobody::EmptyBody));
    }
    Ok(tally)
}

fn read_data(
    block: &RuleBlock,
    data: &str,
    status: u16,
    limits: &InspectionLimits,
    found: &mut Collector<'_>,
) -> Result<ReadingTally, Unreadable> {
    let nobody = |why| ReadingTally {
        nobody: Some(why),
        ..ReadingTally::default()
    };
    if data.is_empty() {
        return Ok(nobody(WhyNobody::EmptyBody));
    }
    if matches!(block.rules, BlockRules::Nobody) {
        return Ok(nobody(WhyNobody::Stated));
    }
    let search = found.search();
    let sweep: Vec<Pick> = search.sweep.iter().chain(&block.sweep).cloned().collect();
    let mut own = IdentifierSearch {
        sweep: &sweep,
        ..search
    }
    .collector();
    let text = (Some("utf-8"), data.as_bytes());
    let mut tally = block.read(text, status, limits, None, &mut own)?;
    tally.nobody = block.conclude(status, &tally, &own)?;
    found.absorb(own)?;
    Ok(tally)
}

fn within(place: &UnreadPlace, unreadable: Unreadable) -> Unreadable {
    let Unreadable { cause, detail } = unreadable;
    let place = match detail.place.as_str() {
        "" => place.clone(),
        _ => place.clone().and(": ").and_place(&detail.place),
    };
    Unreadable {
        cause,
        detail: detail.at(place),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(end: PieceEnd, text: &[u8], step: usize) -> Vec<String> {
        let mut cutter = PieceCutter::new(StreamRules {
            end,
            piece_bytes_max: 4 << 10,
        });
        let mut pieces = Vec::new();
        for bytes in text.chunks(step) {
            cutter.add(bytes);
            while let Some(piece) = cutter.next_piece().unwrap() {
                pieces.push(String::from_utf8(piece).unwrap());
            }
        }
        pieces.push(String::from_utf8(cutter.rest()).unwrap());
        pieces
    }

    #[test]
    fn a_stream_is_cut_after_blank_lines_or_lines() {
        let events = "data: a\n\ndata: b\ndata: c\r\n\r\n: ping\r\rdata: d";
        assert_eq!(
            cut(PieceEnd::BlankLine, events.as_bytes(), 1000),
            [
                "data: a\n\n",
                "data: b\ndata: c\r\n\r",
                "\n: ping\r\r",
                "data: d"
            ]
        );
        assert_eq!(
            cut(PieceEnd::Line, b"{}\n[]\r\n1", 1000),
            ["{}\n", "[]\r", "\n", "1"]
        );
        let mut cutter = PieceCutter::new(StreamRules {
            end: PieceEnd::Line,
            piece_bytes_max: 4,
        });
        cutter.add(b"12345");
        assert!(cutter.next_piece().is_err());
    }

    #[test]
    fn events_are_read_as_browsers_read_them() {
        let text = "\u{feff}: c\nevent: add\ndata: a\ndata:b\n\nid: 1\n\ndata\r\rdata:  x";
        let found: Vec<(String, Option<String>)> = events_of(text)
            .into_iter()
            .map(|event| (event.name, event.data))
            .collect();
        let data = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                ("add".into(), data("a\nb")),
                (String::new(), data("")),
                (String::new(), data(" x")),
            ]
        );
    }

    proptest! {
        /// Whatever arrives together: the pieces are the stream, and each event is in one of them.
        #[test]
        fn no_cut_of_the_network_changes_the_events(
            text in "(data: [ab]{0,3}|event: x|: c|\n|\r|\r\n|\n\n|\r\r){0,20}",
            step in 1usize..9,
        ) {
            let pieces = cut(PieceEnd::BlankLine, text.as_bytes(), step);
            prop_assert_eq!(pieces.concat(), text.clone());
            let named = |event: StreamEvent| (event.name, event.data);
            let whole: Vec<_> = events_of(&text).into_iter().map(named).collect();
            let by_piece: Vec<_> = pieces.iter().flat_map(|piece| events_of(piece)).map(named).collect();
            prop_assert_eq!(by_piece, whole);
        }
    }
}
