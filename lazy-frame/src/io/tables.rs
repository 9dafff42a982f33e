//! [`Tables`]: files that know their own columns, read as one frame.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use polars::polars_utils::slice_enum::Slice;
use polars::prelude::*;
use polars_plan::plans::hive::hive_partitions_from_paths;

use super::folders::Found;
use crate::engine;
use crate::error::{Error, FileError, Result, reason};
use crate::plan::{Bounds, Wanted};

/// What is wanted of the files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) columns: Option<Vec<PlSmallStr>>,
    pub(crate) schema: Option<SchemaRef>,
    pub(crate) missing_columns: bool,
    /// `None`: where the folders are `key=value`.
    pub(crate) hive: Option<bool>,
    /// The name of a column with the path of the file.
    pub(crate) file_paths: Option<PlSmallStr>,
    pub(crate) rows: Option<usize>,
}

/// Files of one schema.
#[derive(Debug)]
pub(crate) struct Tables {
    files: Vec<Table>,
    schema: SchemaRef,
    file_paths: Option<PlSmallStr>,
}

/// A file, and the columns of which it has one value only: keys of its folders, and what it lacks.
#[derive(Debug)]
struct Table {
    path: PathBuf,
    constants: Vec<(PlSmallStr, Scalar)>,
}

/// Rows of a file that are a partition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) file: usize,
    pub(crate) rows: Range<usize>,
    /// Whether these are all rows of the file.
    pub(crate) whole: bool,
}

impl Tables {
    /// The schemas are those of the files, in their order.
    pub(crate) fn new(found: &Found, schemas: &[Schema], options: &Options) -> Result<Tables> {
        let keys = keys(found, &schemas[0], options)?;
        let expected = options.schema.as_deref().unwrap_or(&schemas[0]);
        let schema = schema(found, expected, keys.as_ref(), options)?;
        let mut files = Vec::with_capacity(schemas.len());
        for (i, (path, has)) in found.files.iter().zip(schemas).enumerate() {
            let mut constants = constants(keys.as_ref(), i)?;
            for (name, dtype) in expected.iter() {
                let is_key = keys.as_ref().is_some_and(|keys| keys.schema().contains(name));
                if is_key || !schema.contains(name) {
                    continue;
                }
                match has.get(name) {
                    Some(found) if found == dtype => {}
                    Some(DataType::Null) => constants.push(missing(name, dtype)),
                    None if options.missing_columns => constants.push(missing(name, dtype)),
                    other => return Err(misfit(found, i, name, other, dtype, options).into()),
                }
            }
            let other = has.iter_names().find(|name| !expected.contains(name));
            if let (Some(name), None, None) = (other, &options.columns, &options.schema) {
                let first = found.files[0].display();
                let reason =
                    format!("the column is not in {first}: choose `columns` to leave it out");
                return Err(FileError::new(path, reason).column(name.as_str()).into());
            }
            files.push(Table { path: path.clone(), constants });
        }
        Ok(Tables { files, schema, file_paths: options.file_paths.clone() })
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    pub(crate) fn path(&self, file: usize) -> &PathBuf {
        &self.files[file].path
    }

    /// The wanted columns of a part. `scan` is how Polars reads the file.
    pub(crate) fn scan(
        &self,
        part: &Part,
        wanted: &Wanted,
        scan: impl FnOnce(ScanSources, UnifiedScanArgs) -> PolarsResult<LazyFrame>,
    ) -> PolarsResult<LazyFrame> {
        let file = &self.files[part.file];
        let slice = Slice::Positive { offset: part.rows.start, len: part.rows.len() };
        let arguments =
            UnifiedScanArgs { pre_slice: (!part.whole).then_some(slice), ..self.arguments() };
        let path = PlRefPath::try_from_path(&file.path)?;
        let rows = scan(ScanSources::Paths([path].into_iter().collect()), arguments)?;
        Ok(self.columns(rows, file, wanted))
    }

    /// The wanted columns of several parts. Neighbours that are whole files with the same constants are one scan, which opens few of them at a
    /// time.
    pub(crate) fn scan_all(
        &self,
        parts: &[&Part],
        wanted: &Wanted,
        scan: impl Fn(ScanSources, UnifiedScanArgs) -> PolarsResult<LazyFrame>,
    ) -> PolarsResult<LazyFrame> {
        let file = |part: &Part| &self.files[part.file];
        let are_alike =
            |a: &&Part, b: &&Part| a.whole && b.whole && file(a).constants == file(b).constants;
        let scans = parts.chunk_by(are_alike).map(|parts| {
            let [first, _, ..] = parts else { return self.scan(parts[0], wanted, &scan) };
            let paths = parts.iter().map(|part| PlRefPath::try_from_path(&file(part).path));
            let paths = ScanSources::Paths(paths.collect::<PolarsResult<_>>()?);
            // A column that only some of the files have is not one of the frame.
            let extra_columns_policy = ExtraColumnsPolicy::Ignore;
            let rows = scan(paths, UnifiedScanArgs { extra_columns_policy, ..self.arguments() })?;
            Ok(self.columns(rows, file(first), wanted))
        });
        engine::union(scans.collect::<PolarsResult<_>>()?)
    }

    fn arguments(&self) -> UnifiedScanArgs {
        UnifiedScanArgs {
            glob: false,
            hive_options: HiveOptions::new_disabled(),
            include_file_paths: self.file_paths.clone(),
            ..Default::default()
        }
    }

    fn columns(&self, rows: LazyFrame, file: &Table, wanted: &Wanted) -> LazyFrame {
        let columns: Vec<_> = match &wanted.columns {
            Some(columns) => columns.iter().cloned().map(col).collect(),
            None => self.schema.iter_names().cloned().map(col).collect(),
        };
        let constant =
            |(name, value): &(PlSmallStr, Scalar)| lit(value.clone()).alias(name.clone());
        let constants: Vec<_> = file.constants.iter().map(constant).collect();
        rows.with_columns(constants).select(columns)
    }

    /// An error of reading a part, with the file.
    pub(crate) fn explain(&self, part: &Part, error: PolarsError) -> PolarsError {
        let path = self.path(part.file).display().to_string();
        let reason = reason(&error);
        match reason.contains(&path) {
            true => error,
            false => PolarsError::ComputeError(format!("{path}: {reason}").into()),
        }
    }

    /// Known without reading where the file has one value only.
    pub(crate) fn bounds(&self, part: &Part, column: &str) -> Option<Bounds> {
        let value = self.constant(part, column)?.value().clone();
        let known = !value.is_null() && !part.rows.is_empty();
        known.then(|| Bounds { min: value.clone(), max: value, nulls: 0 })
    }

    /// Whether the file has one value only in a column.
    pub(crate) fn is_constant(&self, part: &Part, column: &str) -> bool {
        self.constant(part, column).is_some()
    }

    fn constant(&self, part: &Part, column: &str) -> Option<&Scalar> {
        let mut constants = self.files[part.file].constants.iter();
        constants.find(|(name, _)| name == column).map(|(_, value)| value)
    }
}

/// The first rows of all; at least one part, if without rows.
pub(crate) fn first_rows(parts: Vec<Part>, limit: Option<usize>) -> Vec<Part> {
    let Some(mut left) = limit else { return parts };
    let mut kept = Vec::new();
    for mut part in parts {
        if left < part.rows.len() {
            part = Part { rows: part.rows.start..part.rows.start + left, whole: false, ..part };
        }
        left -= part.rows.len();
        kept.push(part);
        if left == 0 {
            break;
        }
    }
    kept
}

/// The values of the folders `key=value`: a column a key, a row a file.
fn keys(found: &Found, first: &Schema, options: &Options) -> Result<Option<DataFrame>> {
    let names = found.keys(&found.files[0]);
    if options.hive == Some(true) && names.is_empty() {
        let reason = "hive: the file is in no folder that is called `key=value`";
        return Err(FileError::new(&found.files[0], reason).into());
    }
    if options.hive == Some(false) || names.is_empty() {
        return Ok(None);
    }
    let mut paths = Vec::with_capacity(found.files.len());
    for file in &found.files {
        let has = found.keys(file);
        if has != names {
            let (first, names, has) = (found.files[0].display(), names.join(", "), has.join(", "));
            let reason = format!(
                "the folders above have the keys `{has}`, those of {first} `{names}`: \
                turn `hive` off, or read the folders alone"
            );
            return Err(FileError::new(file, reason).into());
        }
        paths.push(PlRefPath::try_from_path(found.below_root(file))?);
    }
    let values = hive_partitions_from_paths(&paths, 0, None, first, true)
        .map_err(|e| FileError::of(&found.files[0], "read the keys of the folders", e))?;
    Ok(values.map(|values| values.df().clone()))
}

fn constants(keys: Option<&DataFrame>, file: usize) -> Result<Vec<(PlSmallStr, Scalar)>> {
    let columns = keys.map_or(&[][..], |keys| keys.columns());
    let values = columns.iter().map(|column| {
        let value = column.get(file)?.into_static();
        Ok((column.name().clone(), Scalar::new(column.dtype().clone(), value)))
    });
    values.collect()
}

fn missing(name: &PlSmallStr, dtype: &DataType) -> (PlSmallStr, Scalar) {
    (name.clone(), Scalar::null(dtype.clone()))
}

/// The columns that the frame has: those of the files, keys in their places or at the end, the path.
fn schema(
    found: &Found,
    expected: &Schema,
    keys: Option<&DataFrame>,
    options: &Options,
) -> Result<SchemaRef> {
    let mut all = expected.clone();
    if let Some(keys) = keys {
        for (name, dtype) in keys.schema().iter() {
            all.with_column(name.clone(), dtype.clone());
        }
    }
    if let Some(name) = &options.file_paths
        && all.with_column(name.clone(), DataType::String).is_some()
    {
        let reason =
            format!("include_file_paths: there is a column `{name}` already, take another name");
        return Err(Error::Option(reason));
    }
    let Some(columns) = &options.columns else { return Ok(Arc::new(all)) };
    let mut chosen = Schema::with_capacity(columns.len());
    for name in columns {
        let Some(dtype) = all.get(name) else {
            let there: Vec<_> = all.iter_names().map(|name| name.as_str()).collect();
            let reason = format!("there is no such column; the columns are {}", there.join(", "));
            return Err(FileError::new(&found.files[0], reason).column(name.as_str()).into());
        };
        if chosen.with_column(name.clone(), dtype.clone()).is_some() {
            return Err(Error::Option(format!("columns: `{name}` is there twice")));
        }
    }
    Ok(Arc::new(chosen))
}

/// A file that does not have a column as the others have it.
fn misfit(
    found: &Found,
    file: usize,
    name: &str,
    has: Option<&DataType>,
    expected: &DataType,
    options: &Options,
) -> FileError {
    let other = match options.schema {
        Some(_) => "the schema that was given".to_owned(),
        None => found.files[0].display().to_string(),
    };
    let reason = match has {
        Some(has) => format!("the column is {has} here, and {expected} in {other}"),
        None => format!(
            "the column is not there, and is {expected} in {other}: \
            `allow_missing_columns` reads it as null"
        ),
    };
    FileError::new(&found.files[file], reason).column(name)
}
