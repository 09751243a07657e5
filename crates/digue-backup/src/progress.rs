//! How far a backup or a restore is, in bytes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustic_core::{HiddenProgress, Progress, ProgressBars, ProgressType, RusticProgress};

/// Takes what was done of what there is to do; called from any thread, thousands of times a second.
pub trait ProgressSink: Send + Sync + 'static {
    /// `all` is 0 while it is not known.
    fn bytes(&self, done: u64, all: u64);
}

/// The library's progress bars, reduced to their bytes.
pub(crate) struct ByteProgress(Arc<dyn ProgressSink>);

impl ByteProgress {
    pub(crate) fn new(sink: Arc<dyn ProgressSink>) -> Self {
        Self(sink)
    }
}

impl fmt::Debug for ByteProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByteProgress")
    }
}

impl ProgressBars for ByteProgress {
    fn progress(&self, kind: ProgressType, _prefix: &str) -> Progress {
        match kind {
            ProgressType::Bytes => Progress::new(ByteBar {
                sink: self.0.clone(),
                done: AtomicU64::new(0),
                all: AtomicU64::new(0),
            }),
            ProgressType::Spinner | ProgressType::Counter => Progress::new(HiddenProgress),
        }
    }
}

struct ByteBar {
    sink: Arc<dyn ProgressSink>,
    done: AtomicU64,
    all: AtomicU64,
}

impl ByteBar {
    fn tell(&self) {
        self.sink.bytes(
            self.done.load(Ordering::Relaxed),
            self.all.load(Ordering::Relaxed),
        );
    }
}

impl fmt::Debug for ByteBar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByteBar")
    }
}

impl RusticProgress for ByteBar {
    fn is_hidden(&self) -> bool {
        false
    }

    fn set_length(&self, all: u64) {
        self.all.store(all, Ordering::Relaxed);
        self.tell();
    }

    fn set_title(&self, _title: &str) {}

    fn inc(&self, more: u64) {
        self.done.fetch_add(more, Ordering::Relaxed);
        self.tell();
    }

    fn finish(&self) {
        self.tell();
    }
}
