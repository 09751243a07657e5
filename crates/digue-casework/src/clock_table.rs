//! The legal clocks of an incident as a table of a document.

use digue_documents::DocumentBlock;
use digue_response::deadline::DeadlineStanding;

use crate::incidents::IncidentView;
use crate::paper_reader::PaperReader;

/// The legal clocks and their state.
pub(crate) fn clocks(view: &IncidentView, reader: &PaperReader) -> Vec<DocumentBlock> {
    if view.clocks.is_empty() {
        return Vec::new();
    }
    let header =
        ["clocks-duty", "clocks-basis", "clocks-due", "clocks-met"].map(|key| reader.say(key));
    let rows = view.clocks.iter().map(|clock| {
        vec![
            reader.say(clock.rule.kind.key()),
            clock.rule.basis.to_owned(),
            clock.due_at.map_or_else(
                || reader.say("clocks-without-delay"),
                |due| match clock.is_presumed {
                    true => reader.say1("clocks-due-presumed", "at", reader.moment(due)),
                    false => reader.moment(due),
                },
            ),
            match view.incident.deadline(clock, view.now) {
                Some(DeadlineStanding::LeftOpen) => reader.say("clock-left-open"),
                Some(
                    DeadlineStanding::Kept | DeadlineStanding::Running | DeadlineStanding::Exceeded,
                )
                | None => clock
                    .met_at
                    .map(|met| reader.moment(met))
                    .unwrap_or_default(),
            },
        ]
    });
    let table = DocumentBlock::Table {
        header: header.to_vec(),
        rows: rows.collect(),
    };
    vec![DocumentBlock::Heading(reader.say("clocks-title")), table]
}
