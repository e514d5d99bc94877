//! Ids of spans and traces as columns hold them: hex digits as the bytes they spell, which is half the room.
//!
//! Sources name spans by 16 hex digits, traces by 32 and many things by a UUID. An id that reads back as anything but
//! itself stays text, so every id has one form and equal ids are equal columns.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use std::fmt::Write;

/// Hex digits that are worth packing.
const HEX_DIGITS: std::ops::RangeInclusive<usize> = 8..=64;

/// What a packed UUID begins with, which its dashes are.
const DASH: u8 = b'-';

const UUID_BYTES: usize = 1 + 16;

/// Where a UUID has its dashes.
const DASHES: [usize; 4] = [8, 13, 18, 23];

/// An id on its way into a column, or one that a column is compared with.
pub(crate) enum StoredId<'a> {
    Text(&'a str),
    Bytes([u8; 32], usize),
}

impl<'a> From<&'a str> for StoredId<'a> {
    fn from(id: &'a str) -> Self {
        packed(id).unwrap_or(Self::Text(id))
    }
}

fn packed<'a>(id: &str) -> Option<StoredId<'a>> {
    let id = id.as_bytes();
    let mut bytes = [0; 32];
    if id.len() == 36 && DASHES.iter().all(|&at| id[at] == b'-') {
        bytes[0] = DASH;
        let mut digits = [0; 32];
        let mut at = 0;
        for (place, &digit) in id.iter().enumerate() {
            if !DASHES.contains(&place) {
                digits[at] = digit;
                at += 1;
            }
        }
        spelled(&digits, &mut bytes[1..])?;
        return Some(StoredId::Bytes(bytes, UUID_BYTES));
    }
    // Hex of this one length would read back as a UUID.
    if !HEX_DIGITS.contains(&id.len()) || id.len() == 2 * UUID_BYTES {
        return None;
    }
    spelled(id, &mut bytes)?;
    Some(StoredId::Bytes(bytes, id.len() / 2))
}

/// The bytes that lower-case hex digits spell.
fn spelled(digits: &[u8], bytes: &mut [u8]) -> Option<()> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(())
}

fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl StoredId<'_> {
    fn value(&self) -> ValueRef<'_> {
        match self {
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes, length) => ValueRef::Blob(&bytes[..*length]),
        }
    }
}

impl ToSql for StoredId<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.value()))
    }
}

impl From<StoredId<'_>> for rusqlite::types::Value {
    fn from(id: StoredId<'_>) -> Self {
        match id {
            StoredId::Text(text) => Self::Text(text.to_owned()),
            StoredId::Bytes(bytes, length) => Self::Blob(bytes[..length].to_vec()),
        }
    }
}

/// An id read from a column.
pub(crate) struct ReadId(pub(crate) String);

impl FromSql for ReadId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Text(_) => Ok(Self(value.as_str()?.to_owned())),
            ValueRef::Blob(bytes) => Ok(Self(unpacked(bytes))),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

fn unpacked(bytes: &[u8]) -> String {
    let (dashed, bytes) = match bytes {
        [DASH, rest @ ..] if bytes.len() == UUID_BYTES => (true, rest),
        _ => (false, bytes),
    };
    let mut id = String::with_capacity(2 * bytes.len() + 4);
    for byte in bytes {
        if dashed && DASHES.contains(&id.len()) {
            id.push('-');
        }
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rusqlite::Connection;

    fn through_a_column(id: &str) -> (String, &'static str) {
        let conn = Connection::open_in_memory().unwrap();
        conn.query_row("SELECT ?1, typeof(?1)", [StoredId::from(id)], |row| {
            let kind: String = row.get(1)?;
            let kind = if kind == "blob" { "blob" } else { "text" };
            Ok((row.get::<_, ReadId>(0)?.0, kind))
        })
        .unwrap()
    }

    #[test]
    fn ids_as_sources_write_them_come_back_and_are_packed() {
        for id in [
            "00f067aa0ba902b7",
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert_eq!(through_a_column(id), (id.to_owned(), "blob"));
        }
        for id in [
            "",
            "7",
            "00F067AA0BA902B7",
            "00f067aa0ba902b",
            "chatcmpl-9xYz",
            "2d0190a1b2c3d47e5f8a9b0c1d2e3f4a5b",
            "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g",
            "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4A5b",
            "ünïcödé-ünïcödé-ünïcödé",
        ] {
            assert_eq!(through_a_column(id), (id.to_owned(), "text"));
        }
    }

    proptest! {
        #[test]
        fn every_id_comes_back_as_it_was(id in "\\PC{0,70}|[0-9a-f]{0,70}|[0-9a-f-]{36}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}") {
            prop_assert_eq!(through_a_column(&id).0, id);
        }
    }
}
