//! The folders that values become.

use std::path::PathBuf;

use polars::prelude::*;

use crate::engine;

/// The rows that go into each folder `key=value`, without the keys. Values that have the same text share a folder.
pub(super) fn by_folder(
    table: DataFrame,
    keys: &[PlSmallStr],
) -> PolarsResult<Vec<(PathBuf, DataFrame)>> {
    let text = |key: &PlSmallStr| col(key.clone()).cast(DataType::String).fill_null(lit(NULL));
    let texts = table.lazy().with_columns(keys.iter().map(text).collect::<Vec<_>>());
    let groups = engine::collect(texts)?.partition_by_stable(keys.iter().cloned(), true)?;
    let folders = groups.into_iter().map(|group| {
        let folders: PolarsResult<PathBuf> = keys.iter().map(|key| folder(&group, key)).collect();
        Ok((folders?, group.drop_many(keys.iter().cloned())))
    });
    folders.collect()
}

/// What stands for a null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

fn folder(group: &DataFrame, key: &PlSmallStr) -> PolarsResult<String> {
    let value = group.column(key)?.str()?.get(0).unwrap_or(NULL);
    Ok(format!("{key}={}", encoded(value)))
}

/// Whether a folder of this key is read as one. Readers take a key as it is written, so that nothing can stand for a
/// sign that has a meaning in a path.
pub(crate) fn is_key(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '=', '\0'])
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
