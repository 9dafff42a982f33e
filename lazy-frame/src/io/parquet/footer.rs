//! [`Footer`]: what the end of a Parquet file tells about it.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::*;
use polars_io::parquet::metadata::{FileMetadataRef, ParquetStatistics, deserialize};

use crate::error::FileError;
use crate::plan::Bounds;

/// The columns and row groups of a file.
pub(super) struct Footer {
    metadata: FileMetadataRef,
    columns: Arc<ArrowSchema>,
}

/// What a Parquet file begins and ends with.
const MAGIC: &[u8; 4] = b"PAR1";

impl Footer {
    pub(super) fn read(path: &Path) -> Result<Footer, FileError> {
        let unopened = |e| FileError::of(path, "open the file", e);
        let mut file = File::open(path).map_err(unopened)?;
        if file.metadata().map_err(unopened)?.len() == 0 {
            return Err(FileError::new(path, "the file is empty, expected Parquet"));
        }
        let mut head = [0; 4];
        if file.read_exact(&mut head).is_err() || &head != MAGIC {
            let reason = "the file is not Parquet: it does not begin with `PAR1`";
            return Err(FileError::new(path, reason));
        }
        let unreadable =
            |e| FileError::of(path, "read the end of the Parquet file, which may be cut off", e);
        let mut reader = ParquetReader::new(file);
        let metadata = reader.get_metadata().map_err(unreadable)?.clone();
        let columns = reader.schema().map_err(unreadable)?;
        Ok(Footer { metadata, columns })
    }

    pub(super) fn schema(&self) -> Schema {
        Schema::from_arrow_schema(&self.columns)
    }

    /// How many rows each row group has.
    pub(super) fn group_rows(&self) -> Vec<usize> {
        self.metadata.row_groups.iter().map(|group| group.num_rows()).collect()
    }

    /// The bounds of a column in some rows, from the statistics of their row groups. `None` where any of these lacks
    /// them, where the rows are not all of a group, and for types whose statistics cannot be relied on: those of
    /// floating point columns leave NaN out.
    pub(super) fn bounds(&self, rows: &Range<usize>, column: &str) -> Option<Bounds> {
        let field = self.columns.get(column)?;
        let dtype = DataType::from_arrow_field(field);
        if !has_order(&dtype) {
            return None;
        }
        let mut bounds: Option<Bounds> = None;
        let mut nulls = 0;
        let mut start = 0;
        for (i, group) in self.metadata.row_groups.iter().enumerate() {
            let end = start + group.num_rows();
            let outside = end <= rows.start || rows.end <= start;
            if !outside && start < end {
                if start < rows.start || rows.end < end {
                    return None;
                }
                let (missing, range) = self.of_group(i, field, &dtype)?;
                nulls += missing;
                bounds = match (bounds, range) {
                    (Some(a), Some((min, max))) => Some(Bounds {
                        min: if min < a.min { min } else { a.min },
                        max: if max > a.max { max } else { a.max },
                        nulls: 0,
                    }),
                    (None, Some((min, max))) => Some(Bounds { min, max, nulls: 0 }),
                    (a, None) => a,
                };
            }
            start = end;
        }
        bounds.map(|bounds| Bounds { nulls, ..bounds })
    }

    /// The number of nulls, and the bounds if there is another value; `None` if that is not known.
    fn of_group(&self, i: usize, field: &ArrowField, dtype: &DataType) -> Option<OfGroup> {
        let group = &self.metadata.row_groups[i];
        let mut columns = group.columns_under_root_iter(&field.name)?;
        let kind = &group
            .columns_under_root_iter(&field.name)?
            .next()?
            .descriptor()
            .descriptor
            .primitive_type;
        let is_int96 = kind.logical_type.is_none() && kind.converted_type.is_none();
        if dtype.is_datetime() && is_int96 {
            return None;
        }
        let found = deserialize(field, &mut columns, &self.metadata.footer_buf).ok()??;
        let ParquetStatistics::Column(found) = found else { return None };
        let found = found.into_arrow().ok()?;
        let nulls = found.null_count? as usize;
        if nulls == group.num_rows() {
            return Some((nulls, None));
        }
        let value = |array| {
            let series = Series::try_from((field, vec![array])).ok()?;
            let value = series.get(0).ok()?.into_static();
            let whole = value.get_str().is_none_or(|text| text.len() < MAYBE_CUT);
            (series.dtype() == dtype && !value.is_null() && whole).then_some(value)
        };
        Some((nulls, Some((value(found.min_value?)?, value(found.max_value?)?))))
    }
}

/// Texts of so many bytes may be the beginnings of longer ones: writers cut at 64 bytes, and not all of them say so.
const MAYBE_CUT: usize = 48;

type OfGroup = (usize, Option<(AnyValue<'static>, AnyValue<'static>)>);

/// Whether the smallest and the largest value mean the same to all who write files.
fn has_order(dtype: &DataType) -> bool {
    use DataType::*;
    matches!(
        dtype,
        Boolean
            | Int8
            | Int16
            | Int32
            | Int64
            | UInt8
            | UInt16
            | UInt32
            | UInt64
            | String
            | Date
            | Datetime(..)
            | Duration(_)
            | Time
    )
}
