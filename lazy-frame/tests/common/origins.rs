//! Where the rows of a frame come from: memory, tasks, or files.

use lazy_frame::PartitionBy;
use lazy_frame::polars::prelude::*;
use lazy_frame::prelude::Frame;
use lazy_runtime::delayed;
use proptest::prelude::*;
use tempfile::TempDir;

use super::tables::pieces;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Origin {
    /// Whole, cut by the library.
    Memory,
    Tasks,
    Parquet,
    Csv,
    Ipc,
}

pub(crate) fn in_memory() -> impl Strategy<Value = Origin> {
    prop_oneof![Just(Origin::Memory), Just(Origin::Tasks)]
}

pub(crate) fn in_files() -> impl Strategy<Value = Origin> {
    prop_oneof![3 => Just(Origin::Parquet), 1 => Just(Origin::Csv), 1 => Just(Origin::Ipc)]
}

impl Origin {
    /// The table as it can be written there and read again.
    pub(crate) fn fits(self, table: &DataFrame) -> DataFrame {
        match self {
            // An empty text reads as null; lists and durations cannot be written.
            Origin::Csv => {
                let rows = table.drop_many(["l", "p", "f"]).lazy();
                rows.filter(col("g").neq_missing(lit("")))
                    .collect()
                    .expect("columns that there are")
            }
            _ => table.clone(),
        }
    }

    /// The frame of a table that [fits](Origin::fits). Files go into a folder.
    pub(crate) fn frame(
        self,
        table: &DataFrame,
        cuts: &[usize],
        folder: &TempDir,
        number: usize,
    ) -> Frame {
        let pieces = pieces(table, cuts);
        let folder = folder.path().join(number.to_string());
        if self == Origin::Memory {
            return Frame::from_polars(table.clone(), pieces.len());
        }
        if self == Origin::Tasks {
            return Frame::from_delayed(
                pieces.into_iter().map(delayed).collect(),
                table.schema().clone(),
            );
        }
        std::fs::create_dir(&folder).expect("a folder of its own");
        for (i, piece) in pieces.iter().enumerate() {
            let mut piece = piece.clone();
            let file = std::fs::File::create(folder.join(format!("{i}.{}", self.extension())))
                .expect("a new file");
            let written = match self {
                Origin::Parquet => ParquetWriter::new(file)
                    .with_row_group_size(Some(8))
                    .finish(&mut piece)
                    .map(drop),
                Origin::Csv => CsvWriter::new(file).include_header(true).finish(&mut piece),
                _ => IpcWriter::new(file).finish(&mut piece),
            };
            written.expect("a file that can be written");
        }
        let files = folder.join(format!("*.{}", self.extension()));
        let frame = match self {
            Origin::Parquet => Frame::read_parquet(files)
                .partition_by(match cuts.len() {
                    0 | 2 => PartitionBy::RowGroup,
                    1 => PartitionBy::Rows(20),
                    _ => PartitionBy::File,
                })
                .build(),
            Origin::Csv => {
                Frame::read_csv(files).schema(table.schema().clone()).partition_bytes(400).build()
            }
            _ => Frame::read_ipc(files).build(),
        };
        frame.expect("files that were just written")
    }

    fn extension(self) -> &'static str {
        match self {
            Origin::Parquet => "parquet",
            Origin::Csv => "csv",
            _ => "arrow",
        }
    }
}
