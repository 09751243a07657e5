//! How exact an answer is: what could not be read, was not seen, or was found by a pattern.

use std::collections::HashSet;

use digue_types::{Inspection, Means, Outcome};

use crate::block::{ExposureRow, NOBODY};
use crate::names::ExposureContext;
use crate::scope::Quality;

/// Collects the quality of an answer, row by row.
#[derive(Default)]
pub(crate) struct QualityJudge {
    quality: Quality,
    /// Entries of responses that could not be fully read but in which persons were found: they have
    /// several rows and must count once.
    uninspected: HashSet<u64>,
}

impl QualityJudge {
    pub(crate) fn take(&mut self, context: &ExposureContext, row: &ExposureRow) {
        if context.outcome == Outcome::Refused {
            return;
        }
        match context.inspection {
            Inspection::TooLarge
            | Inspection::UnknownType
            | Inspection::Broken
            | Inspection::Stream
            | Inspection::NotLooked
            | Inspection::Partial
            | Inspection::Undescribed
            | Inspection::NameAlone => {
                // A response that showed nobody has one row.
                if row.person == NOBODY {
                    self.quality.uninspected += 1;
                } else {
                    self.uninspected.insert(row.entry);
                }
            }
            Inspection::RequestOnly | Inspection::Imported => {
                if row.person == NOBODY {
                    self.quality.unseen += 1;
                } else {
                    self.quality.presumed += 1;
                }
            }
            Inspection::Inspected | Inspection::NotReached | Inspection::Reported => {}
        }
        if row.person != NOBODY && is_by_pattern(context) {
            self.quality.swept += 1;
        }
    }

    pub(crate) fn quality(self) -> Quality {
        let partly = self.uninspected.len() as u64;
        Quality {
            uninspected: self.quality.uninspected + partly,
            ..self.quality
        }
    }
}

/// True when the person was found by a pattern, where the map describes nothing.
fn is_by_pattern(context: &ExposureContext) -> bool {
    match context.right {
        Some((_, Means::Sweep | Means::Header)) => true,
        Some((_, Means::Described | Means::Request)) | None => false,
    }
}

/// True when the response was seen and the person stood where the map describes persons.
pub(crate) fn is_certain(context: &ExposureContext) -> bool {
    !is_by_pattern(context)
        && !matches!(
            context.inspection,
            Inspection::RequestOnly | Inspection::Imported
        )
}
