//! The folders that values become.

use std::path::PathBuf;

use polars::prelude::*;

/// The folders `key=value` of rows that have the same values.
pub(super) fn folders_of(group: &DataFrame, keys: &[PlSmallStr]) -> PolarsResult<PathBuf> {
    let mut folders = PathBuf::new();
    for key in keys {
        let value = group.column(key)?.head(Some(1)).cast(&DataType::String)?;
        let value = match value.str()?.get(0) {
            Some(value) => encoded(value),
            None => "__HIVE_DEFAULT_PARTITION__".to_owned(),
        };
        folders.push(format!("{}={value}", encoded(key)));
    }
    Ok(folders)
}

/// With `%` and two digits for each byte that could mean something else in a path.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b' ' => {
                encoded.push(byte.into())
            }
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}
