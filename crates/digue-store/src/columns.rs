//! Columns to values and back: values from the database are checked like any other input.

use digue_access::session::TokenHash;
use digue_types::{AccountId, IdError, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::error::{StoreError, Stored};

pub(crate) fn corrupt(column: &str) -> StoreError {
    StoreError::Corrupt(column.to_owned())
}

pub(crate) fn text(row: &AnyRow, column: &str) -> Stored<String> {
    Ok(row.try_get::<String, _>(column)?)
}

pub(crate) fn time(row: &AnyRow, column: &str) -> Stored<Timestamp> {
    Ok(Timestamp::from_micros(row.try_get::<i64, _>(column)?))
}

pub(crate) fn optional_text(row: &AnyRow, column: &str) -> Stored<Option<String>> {
    Ok(row.try_get::<Option<String>, _>(column)?)
}

pub(crate) fn optional_time(row: &AnyRow, column: &str) -> Stored<Option<Timestamp>> {
    Ok(row
        .try_get::<Option<i64>, _>(column)?
        .map(Timestamp::from_micros))
}

// Records say *absent* with an empty text and the time zero, the database with NULL. A value that
// cannot be read is an error in all of these, and the database has neither of the two: its
// constraints refuse them.

pub(crate) fn optional_whole(row: &AnyRow, column: &str) -> Stored<Option<u64>> {
    let number: Option<i64> = row.try_get(column)?;
    number
        .map(|number| u64::try_from(number).map_err(|_| corrupt(column)))
        .transpose()
}

pub(crate) fn text_or_empty(row: &AnyRow, column: &str) -> Stored<String> {
    Ok(optional_text(row, column)?.unwrap_or_default())
}

pub(crate) fn time_or_zero(row: &AnyRow, column: &str) -> Stored<Timestamp> {
    Ok(optional_time(row, column)?.unwrap_or(Timestamp::ZERO))
}

pub(crate) fn number_or_zero(row: &AnyRow, column: &str) -> Stored<u32> {
    match row.try_get::<Option<i64>, _>(column)? {
        Some(number) => u32::try_from(number).map_err(|_| corrupt(column)),
        None => Ok(0),
    }
}

/// The index of a journal entry; zero for none.
pub(crate) fn entry_or_zero(row: &AnyRow, column: &str) -> Stored<u64> {
    match row.try_get::<Option<i64>, _>(column)? {
        Some(entry) => u64::try_from(entry).map_err(|_| corrupt(column)),
        None => Ok(0),
    }
}

pub(crate) fn present(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

pub(crate) fn present_time(at: Timestamp) -> Option<i64> {
    (at != Timestamp::ZERO).then(|| at.micros())
}

pub(crate) fn present_entry(entry: u64) -> Stored<Option<i64>> {
    if entry == 0 {
        Ok(None)
    } else {
        signed(entry).map(Some)
    }
}

pub(crate) fn number(row: &AnyRow, column: &str) -> Stored<u32> {
    u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| corrupt(column))
}

pub(crate) fn whole(row: &AnyRow, column: &str) -> Stored<u64> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| corrupt(column))
}

pub(crate) fn is_true(row: &AnyRow, column: &str) -> Stored<bool> {
    match row.try_get::<i64, _>(column)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(corrupt(column)),
    }
}

/// A name that is checked by `parse`.
pub(crate) fn name<T>(
    row: &AnyRow,
    column: &str,
    parse: impl Fn(&str) -> Result<T, IdError>,
) -> Stored<T> {
    parse(&text(row, column)?).map_err(|_| corrupt(column))
}

/// How many credentials of a kind an account has: the columns `account` and `held`.
pub(crate) fn held_count(row: &AnyRow) -> Stored<(AccountId, usize)> {
    let held = usize::try_from(row.try_get::<i64, _>("held")?).map_err(|_| corrupt("held"))?;
    Ok((name(row, "account", AccountId::parse)?, held))
}

/// Both databases have signed integers only.
pub(crate) fn signed(count: u64) -> Stored<i64> {
    i64::try_from(count).map_err(|_| StoreError::TooLarge(count))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Option<TokenHash> {
    let mut bytes = [0; 32];
    // ASCII, or the pairs below could cut a character in two.
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
