//! What stands around a page: its place in the menu, what awaits the reader, and the theme they
//! chose.

use digue_app::names::VisibleNames;
use digue_tasks::{TaskCount, TaskSource};
use digue_types::lists;

use crate::done::DoneNotice;

lists! {
    /// Colours of the pages.
    #[derive(Default)]
    ColourTheme "theme" {
        /// As the reader's device is set.
        #[default]
        Device "device",
        Light "light",
        Dark "dark",
    }
}

/// What stands around the page of one request.
#[derive(Clone, Debug, Default)]
pub struct PageFrame {
    pub path: String,
    pub theme: ColourTheme,
    /// What awaits the reader, by source.
    pub counts: Vec<(TaskSource, TaskCount)>,
    /// Names that the reader may see.
    pub names: VisibleNames,
    /// What the reader has just done.
    pub done: Option<DoneNotice>,
    /// The journal's database may lose what it acknowledged, and the operator accepts it.
    pub danger_asynchronous: bool,
}
