//! The tables of known names, by portal; replaced as a whole, while requests are served.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use digue_identifiers::PersonNameTable;
use digue_types::PortalId;

/// The tables in force. A portal without one is searched for no names.
#[derive(Debug, Default)]
pub(crate) struct NameTables(ArcSwap<HashMap<PortalId, Arc<PersonNameTable>>>);

impl NameTables {
    pub(crate) fn of(&self, portal: &PortalId) -> Option<Arc<PersonNameTable>> {
        self.0.load().get(portal).cloned()
    }

    pub(crate) fn set(&self, portal: &PortalId, table: Option<Arc<PersonNameTable>>) {
        self.0.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            match &table {
                Some(table) => tables.insert(portal.clone(), table.clone()),
                None => tables.remove(portal),
            };
            tables
        });
    }
}
