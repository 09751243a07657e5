//! Sweeps many short texts at a time.

use digue_types::UnreadPlace;

use crate::collector::Collector;
use crate::reading::Unreadable;

/// Bytes of short texts after which they are swept together.
const SWEPT_BYTES: usize = 64 << 10;

/// Collects short decoded texts and sweeps many at a time, with separators between them.
#[derive(Default)]
pub struct SweptTexts {
    joined: String,
}

impl SweptTexts {
    pub fn add(
        &mut self,
        text: &str,
        found: &mut Collector<'_>,
        place: impl Fn() -> UnreadPlace,
    ) -> Result<(), Unreadable> {
        if !found.has_sweep() || text.is_empty() {
            return Ok(());
        }
        self.joined.push_str(text);
        // A unit separator between them: joined without one, two texts could form an identifier.
        self.joined.push('\u{1f}');
        if self.joined.len() < SWEPT_BYTES {
            Ok(())
        } else {
            self.finish(found, place)
        }
    }

    pub fn finish(
        &mut self,
        found: &mut Collector<'_>,
        place: impl Fn() -> UnreadPlace,
    ) -> Result<(), Unreadable> {
        found.sweep(&self.joined, place)?;
        self.joined.clear();
        Ok(())
    }
}
