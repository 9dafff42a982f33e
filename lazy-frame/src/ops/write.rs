//! The tasks that write the partitions of a plan: one for each, joined with the row-wise steps before, and one that
//! names all files.

use lazy_runtime::{Delayed, delayed};
use polars::prelude::{DataFrame, PolarsResult};

use crate::engine;
use crate::error::FileError;
use crate::io::write::{Format, Pending, Target, Written};
use crate::plan::{Fused, Plan};

/// The task that has written all of a plan.
pub(crate) fn tasks(plan: &Plan, target: &Target) -> Delayed<Written> {
    let pieces = plan.pieces();
    let digits = pieces.len().saturating_sub(1).to_string().len().max(4);
    let parts: Vec<_> = pieces
        .into_iter()
        .enumerate()
        .map(|(i, piece)| {
            let stem = format!("part-{i:0digits$}");
            match target.format {
                Format::Parquet(_) => write_parquet(piece.input, piece.fused, target.clone(), stem),
                Format::Csv(_) => write_csv(piece.input, piece.fused, target.clone(), stem),
                Format::Ipc(_) => write_ipc(piece.input, piece.fused, target.clone(), stem),
            }
        })
        .collect();
    commit(parts, target.clone())
}

macro_rules! named {
    ($($name:literal $function:ident),*) => {
        $(#[delayed(name = $name, fallible)]
        fn $function(
            input: Option<DataFrame>,
            fused: Fused,
            target: Target,
            stem: String,
        ) -> PolarsResult<Pending> {
            write(input, fused, target, stem)
        })*
    };
}

// A function for each name that a task can have.
named! { "write-parquet" write_parquet, "write-csv" write_csv, "write-ipc" write_ipc }

fn write(
    input: Option<DataFrame>,
    fused: Fused,
    target: Target,
    stem: String,
) -> PolarsResult<Pending> {
    engine::alone(move || {
        let table = fused.collect(input, |rows| rows)?;
        target.write(&stem, table)
    })
}

#[delayed(fallible)]
fn commit(parts: Vec<Pending>, target: Target) -> Result<Written, FileError> {
    target.commit(parts)
}
