//! What `digue demo --attack` can play.

/// What happens to the demonstration once it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DemoAttackKind {
    /// A stolen account reads all that it can.
    StolenAccount,
    /// Everything is encrypted, and comes back.
    Ransomware,
}

impl DemoAttackKind {
    /// The names of the command line.
    pub const NAMES: [&str; 2] = ["kairos", "rancongiciel"];

    /// The kind of a name of `NAMES`.
    pub fn parse(name: &str) -> Option<Self> {
        let place = Self::NAMES.iter().position(|known| *known == name)?;
        [Self::StolenAccount, Self::Ransomware].get(place).copied()
    }
}
