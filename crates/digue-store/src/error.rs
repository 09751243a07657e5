//! What can go wrong with the state.

/// The database operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// Also for NULL where a value is required: what cannot be read is an error, and never an
    /// absent value.
    #[error("the stored value `{0}` is not valid")]
    Corrupt(String),
    #[error("the number {0} is too large to be stored")]
    TooLarge(u64),
    #[error("the database was written by a newer version of Digue")]
    Newer,
    /// Two names of version 0.1.0 are spellings of one.
    #[error(
        "`{one}` and `{other}` in the table `{table}` are one name since version 0.2: letter case, width and \
         composition do not count any more. After a backup, delete the row of the one that is to go from this \
         table; what opened it goes with it. Then start again"
    )]
    SameName {
        table: String,
        one: String,
        other: String,
    },
    /// An earlier version's row that a migration must not lose and cannot take over.
    #[error(
        "the row `{row}` of the table `{table}` has a value that no version of Digue writes: {cause}. Nothing \
         was changed. After a backup, correct or delete this row, then start again"
    )]
    Unfit {
        table: String,
        row: String,
        cause: String,
    },
}

impl From<sqlx::Error> for StoreError {
    /// A column that cannot be read says so: the database answered, and trying again would not
    /// help.
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { index, .. } => {
                Self::Corrupt(index.trim_matches('"').to_owned())
            }
            other => Self::Unavailable(other),
        }
    }
}

pub(crate) type Stored<T> = Result<T, StoreError>;
