//! [`Tables`]: files that know their own columns, read as one frame.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::polars_utils::slice_enum::Slice;
use polars::prelude::*;
use polars_plan::plans::hive::{get_hive_parts_iter, hive_partitions_from_paths};

use super::folders::Found;
use super::stamp::Stamp;
use super::{ReadIpc, ReadParquet};
use crate::divisions::Divisions;
use crate::engine;
use crate::error::{Error, FileError, Result, reason};
use crate::names::IntoNames;
use crate::plan::{Bounds, Source, Wanted};

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

macro_rules! readers {
    ($($reader:ident)*) => {$(
        impl $reader {
            fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
                change(&mut self.options);
                self
            }

            /// These columns alone, in this order. Not needed for speed: what nobody uses is not read.
            pub fn columns(self, names: impl IntoNames) -> Self {
                self.with(|options| options.columns = Some(names.into_names()))
            }

            /// The columns of the files and their types, instead of those of the first file. Files may have more
            /// columns, which are not read. It may have keys of folders, too, whose types are guessed otherwise.
            pub fn schema(self, schema: impl Into<SchemaRef>) -> Self {
                self.with(|options| options.schema = Some(schema.into()))
            }

            /// Whether a column that a file lacks is read as null; off by default, when it is an error.
            pub fn allow_missing_columns(self, missing_columns: bool) -> Self {
                self.with(|options| options.missing_columns = missing_columns)
            }

            /// Whether folders `key=value` are columns; by default where there are such folders below the one that was
            /// asked for.
            pub fn hive(self, hive: bool) -> Self {
                self.with(|options| options.hive = Some(hive))
            }

            /// A further column of this name, with the path of the file that a row is from.
            pub fn include_file_paths(self, name: impl Into<PlSmallStr>) -> Self {
                self.with(|options| options.file_paths = Some(name.into()))
            }

            /// The first `n` rows of all files, and no others.
            pub fn n_rows(self, n: usize) -> Self {
                self.with(|options| options.rows = Some(n))
            }
        }
    )*};
}

readers!(ReadIpc ReadParquet);

/// What is particular to a kind of files.
pub(crate) trait Kind: Send + Sync + 'static {
    /// The name of the step, such as `read-parquet`.
    const NAME: &'static str;

    /// How Polars reads such files.
    fn scan(sources: ScanSources, arguments: UnifiedScanArgs) -> PolarsResult<LazyFrame>;

    /// What a file tells of a column in some of its rows.
    fn bounds(&self, part: &Part, column: &str) -> Option<Bounds> {
        let _ = (part, column);
        None
    }
}

/// Files of one schema, as a source.
pub(crate) struct Tables<K> {
    kind: K,
    path: PathBuf,
    files: Vec<Table>,
    parts: Vec<Part>,
    schema: SchemaRef,
    file_paths: Option<PlSmallStr>,
    pub(crate) divisions: Option<Divisions>,
}

/// A file, and the columns of which it has one value only: keys of its folders, and what it lacks.
struct Table {
    path: PathBuf,
    stamp: Stamp,
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

impl<K: Kind> Tables<K> {
    /// The schemas are those of the files, in their order.
    pub(crate) fn new(
        kind: K,
        found: Found,
        schemas: &[Schema],
        parts: Vec<Part>,
        options: &Options,
    ) -> Result<Tables<K>> {
        let expected = options.schema.as_deref().unwrap_or(&schemas[0]);
        let keys = keys(&found, expected, options)?;
        let schema = schema(&found, expected, keys.as_ref(), options)?;
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
                    other => return Err(misfit(&found, i, name, other, dtype, options).into()),
                }
            }
            let other = has.iter_names().find(|name| !expected.contains(name));
            if let (Some(name), None, None) = (other, &options.columns, &options.schema) {
                let first = found.files[0].display();
                let reason =
                    format!("the column is not in {first}: choose `columns` to leave it out");
                return Err(FileError::new(path, reason).column(name.as_str()).into());
            }
            files.push(Table { path: path.clone(), stamp: found.stamps[i].clone(), constants });
        }
        let parts = first_rows(parts, options.rows);
        let (path, file_paths) = (found.path, options.file_paths.clone());
        Ok(Tables { kind, path, files, parts, schema, file_paths, divisions: None })
    }

    /// The file that a partition is of.
    pub(crate) fn file(&self, partition: usize) -> &Path {
        &self.files[self.parts[partition].file].path
    }

    /// Polars' plan of some files, with the columns that these do not have.
    fn read(
        &self,
        files: &[&Table],
        wanted: &Wanted,
        arguments: UnifiedScanArgs,
    ) -> PolarsResult<LazyFrame> {
        files.iter().try_for_each(|file| file.stamp.check(&file.path))?;
        let paths = files.iter().map(|file| PlRefPath::try_from_path(&file.path));
        let sources = ScanSources::Paths(paths.collect::<PolarsResult<_>>()?);
        let arguments = UnifiedScanArgs {
            glob: false,
            hive_options: HiveOptions::new_disabled(),
            include_file_paths: self.file_paths.clone(),
            ..arguments
        };
        let columns: Vec<_> = match &wanted.columns {
            Some(columns) => columns.iter().cloned().map(col).collect(),
            None => self.schema.iter_names().cloned().map(col).collect(),
        };
        let constant =
            |(name, value): &(PlSmallStr, Scalar)| lit(value.clone()).alias(name.clone());
        let constants: Vec<_> = files[0].constants.iter().map(constant).collect();
        Ok(K::scan(sources, arguments)?.with_columns(constants).select(columns))
    }

    fn constant(&self, part: &Part, column: &str) -> Option<&Scalar> {
        let mut constants = self.files[part.file].constants.iter();
        constants.find(|(name, _)| name == column).map(|(_, value)| value)
    }
}

impl<K: Kind> fmt::Debug for Tables<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", K::NAME, self.describe())
    }
}

impl<K: Kind> Source for Tables<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn describe(&self) -> String {
        match self.files.len() {
            1 => self.path.display().to_string(),
            n => format!("{}, {n} files", self.path.display()),
        }
    }

    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn npartitions(&self) -> usize {
        self.parts.len()
    }

    fn divisions(&self) -> Option<Divisions> {
        self.divisions.clone()
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        Some(self.parts[partition].rows.len())
    }

    fn bounds(&self, partition: usize, column: &str) -> Option<Bounds> {
        let part = &self.parts[partition];
        let Some(value) = self.constant(part, column) else {
            return self.kind.bounds(part, column);
        };
        let value = value.value().clone();
        let known = !value.is_null() && !part.rows.is_empty();
        known.then(|| Bounds { min: value.clone(), max: value, nulls: 0 })
    }

    fn streams(&self) -> bool {
        true
    }

    fn scan(&self, partition: usize, wanted: &Wanted) -> PolarsResult<LazyFrame> {
        let part = &self.parts[partition];
        let slice = Slice::Positive { offset: part.rows.start, len: part.rows.len() };
        let pre_slice = (!part.whole).then_some(slice);
        let arguments = UnifiedScanArgs { pre_slice, ..Default::default() };
        self.read(&[&self.files[part.file]], wanted, arguments)
    }

    /// Neighbours that are whole files with the same constants are one scan, which opens few of them at a time.
    fn scan_all(&self, partitions: &[usize], wanted: &Wanted) -> PolarsResult<LazyFrame> {
        let file = |partition: &usize| &self.files[self.parts[*partition].file];
        let are_alike = |a: &usize, b: &usize| {
            let whole = self.parts[*a].whole && self.parts[*b].whole;
            whole && file(a).constants == file(b).constants
        };
        let scans = partitions.chunk_by(are_alike).map(|alike| {
            let [_, _, ..] = alike else { return self.scan(alike[0], wanted) };
            // A column that only some of the files have is not one of the frame.
            let extra_columns_policy = ExtraColumnsPolicy::Ignore;
            let arguments = UnifiedScanArgs { extra_columns_policy, ..Default::default() };
            self.read(&alike.iter().map(file).collect::<Vec<_>>(), wanted, arguments)
        });
        engine::union(scans.collect::<PolarsResult<_>>()?)
    }

    /// The error of reading a part, with the file.
    fn explain(&self, partition: usize, _: &Wanted, error: PolarsError) -> PolarsError {
        let path = self.file(partition).display().to_string();
        let reason = reason(&error);
        match reason.contains(&path) {
            true => error,
            false => PolarsError::ComputeError(format!("{path}: {reason}").into()),
        }
    }
}

/// The first rows of all; at least one part, if without rows.
fn first_rows(parts: Vec<Part>, limit: Option<usize>) -> Vec<Part> {
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

/// The values of the folders `key=value`: a column a key, a row a file. Their types are those of the schema, where it has
/// the keys.
fn keys(found: &Found, schema: &Schema, options: &Options) -> Result<Option<DataFrame>> {
    if options.hive == Some(false) {
        return Ok(None);
    }
    let names = found.keys(&found.files[0]);
    let mut paths = Vec::with_capacity(found.files.len());
    for file in &found.files {
        let wrong = |reason: String| Err(FileError::new(file, reason).into());
        let has = found.keys(file);
        if has != names {
            let (first, names, has) = (found.files[0].display(), names.join(", "), has.join(", "));
            return wrong(format!(
                "the folders above have the keys `{has}`, those of {first} `{names}`: \
                turn `hive` off, or read the folders alone"
            ));
        }
        let path = PlRefPath::try_from_path(found.below_root(file))?;
        if !get_hive_parts_iter(&path).map(|(key, _)| key).eq(names.iter().copied()) {
            return wrong(format!(
                "the folders above have a value of `{}` that is not UTF-8, or has a `*`: \
                rename the folder, or turn `hive` off",
                names.join(", ")
            ));
        }
        paths.push(path);
    }
    let wrong = |reason: String| Err(FileError::new(&found.files[0], reason).into());
    if let Some(key) = names.iter().enumerate().find(|(i, key)| names[..*i].contains(key)) {
        return wrong(format!("the folders above have the key `{}` twice", key.1));
    }
    if names.is_empty() {
        return match options.hive {
            Some(_) => wrong("hive: the file is in no folder that is called `key=value`".into()),
            None => Ok(None),
        };
    }
    let doing = "read the keys of the folders, of which `schema` can tell the types";
    let values = hive_partitions_from_paths(&paths, 0, None, schema, true)
        .map_err(|e| FileError::of(&found.files[0], doing, e))?;
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
    if let Some(name) = &options.file_paths {
        chosen.with_column(name.clone(), DataType::String);
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
