//! The figures of an incident that people declare and that its list of persons measures.

use digue_types::lists;

use crate::notification::Field;

lists! {
    /// A figure of an incident that people declare and that its list of persons measures.
    DeclaredFigure "incident-figure" {
        Persons "persons",
        Records "records",
        DataKinds "data-kinds",
        /// The first and the last hour at which persons were shown.
        Begin "begin",
        End "end",
        /// The account, organisation or portal of the incident.
        Subject "subject",
    }
}

impl DeclaredFigure {
    /// The field of the authority's form that declares it; `None` for what the incident was opened
    /// with.
    pub const fn field(self) -> Option<Field> {
        match self {
            Self::Persons => Some(Field::PersonCount),
            Self::Records => Some(Field::RecordCount),
            Self::DataKinds => Some(Field::DataKinds),
            Self::Begin => Some(Field::StartedAt),
            Self::End => Some(Field::EndedAt),
            Self::Subject => None,
        }
    }
}
