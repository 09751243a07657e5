//! The capacity in which an account signs: its role at that time. The codes are those of the roles of
//! accounts, which this crate does not know.

use digue_types::lists;

lists! {
    /// The role of an account when it signed.
    Capacity "role" {
        Agent "agent",
        Deputy "deputy",
        Delegate "delegate",
        PortalTeam "portal-team",
        Ciso "rssi",
        Dpo "dpo",
        Auditor "auditor",
        Management "direction",
    }
}
