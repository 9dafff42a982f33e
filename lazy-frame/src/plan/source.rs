//! [`Source`]: where the rows of a frame come from.

use std::fmt;
use std::sync::Arc;

use polars::prelude::{AnyValue, LazyFrame, PlSmallStr, PolarsError, PolarsResult, SchemaRef};

use crate::divisions::Divisions;
use crate::engine;

/// Something that gives the partitions of a frame: files, or values that a function makes.
///
/// Whatever can be told without reading rows is told; reading happens in [`Source::scan`], in a task.
pub(crate) trait Source: fmt::Debug + Send + Sync + 'static {
    /// The name of the step and of its tasks, such as `read-csv`.
    fn name(&self) -> &'static str;

    /// What `explain` says beside the name: the files, in a line.
    fn describe(&self) -> String;

    /// All columns that there are.
    fn schema(&self) -> &SchemaRef;

    /// At least 1.
    fn npartitions(&self) -> usize;

    /// The range of values of each partition, where they are known to be apart and sorted.
    fn divisions(&self) -> Option<Divisions> {
        None
    }

    /// How many rows a partition has, where that is known without reading them.
    fn rows(&self, partition: usize) -> Option<usize> {
        let _ = partition;
        None
    }

    /// The smallest and the largest value of a column in a partition, and how many are null, where that is known
    /// without reading.
    fn bounds(&self, partition: usize, column: &str) -> Option<Bounds> {
        let _ = (partition, column);
        None
    }

    /// Whether what [`scan`](Source::scan) gives has read no rows, so that Polars reads them bit by bit.
    fn streams(&self) -> bool {
        false
    }

    /// The rows of a partition as a plan of Polars, which applies projection and filters to it. It gives the wanted
    /// columns, and may give others. Called in a task; whatever is wrong with a file is the error of that task.
    fn scan(&self, partition: usize, wanted: &Wanted) -> PolarsResult<LazyFrame>;

    /// The rows of several partitions as one plan, one below the other, in any order.
    fn scan_all(&self, partitions: &[usize], wanted: &Wanted) -> PolarsResult<LazyFrame> {
        let each = partitions.iter().map(|partition| self.scan(*partition, wanted));
        engine::union(each.collect::<PolarsResult<_>>()?)
    }

    /// The error with which the plan of a partition failed, with the file and the line where these can be found. Called
    /// in a task; may read again.
    fn explain(&self, partition: usize, wanted: &Wanted, error: PolarsError) -> PolarsError {
        let _ = (partition, wanted);
        error
    }
}

/// What is known of a column in a partition. NaN counts as larger than any number.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    pub(crate) min: AnyValue<'static>,
    pub(crate) max: AnyValue<'static>,
    pub(crate) nulls: usize,
}

/// What is wanted of a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Wanted {
    /// The columns in the order of the schema; `None`: all of them.
    pub(crate) columns: Option<Arc<[PlSmallStr]>>,
    /// The first rows of each partition are enough; `None`: all of them.
    pub(crate) rows: Option<usize>,
}

impl Wanted {
    pub(crate) fn apply(&self, rows: LazyFrame) -> LazyFrame {
        let rows = match &self.columns {
            Some(columns) => {
                rows.select(columns.iter().cloned().map(polars::prelude::col).collect::<Vec<_>>())
            }
            None => rows,
        };
        match self.rows {
            Some(n) => super::first_rows(rows, n),
            None => rows,
        }
    }
}
