//! [`Sample`]: rows that chance chooses.

use lazy_runtime::delayed;
use polars::prelude::*;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::engine;
use crate::error::StepError;
use crate::plan::{At, Columns, Fused, Lowering, Operator, Piece, Plan};

/// Each row has a number from 0 to 1, which the seed and its place decide; those between two bounds are taken.
#[derive(Debug)]
pub(crate) struct Sample {
    between: (f64, f64),
    seed: u64,
    inputs: [Plan; 1],
}

impl Sample {
    pub(crate) fn plan(between: (f64, f64), seed: u64, input: Plan, at: At) -> Plan {
        let (schema, n) = (input.schema().clone(), input.npartitions());
        let divisions = input.divisions().cloned();
        Plan::new(Sample { between, seed, inputs: [input] }, schema, n, divisions, at)
    }
}

impl Operator for Sample {
    fn name(&self) -> &'static str {
        "sample"
    }

    fn describe(&self) -> String {
        let (from, to) = self.between;
        format!("{:.3} of the rows, seed {}", to.min(1.0) - from, self.seed)
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, mut inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        Ok(Sample::plan(self.between, self.seed, inputs.remove(0), at))
    }

    fn counts_partitions(&self) -> bool {
        true
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        vec![wanted.clone()]
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        let pieces = lowering.pieces(&self.inputs[0]).into_iter().enumerate();
        let sampled = pieces.map(|(partition, piece)| {
            sample(piece.input, piece.fused, self.between, self.seed, partition as u64)
        });
        sampled.map(Piece::made).collect()
    }
}

#[delayed(fallible)]
fn sample(
    input: Option<DataFrame>,
    fused: Fused,
    between: (f64, f64),
    seed: u64,
    partition: u64,
) -> PolarsResult<DataFrame> {
    let rows = fused.collect(input, |rows| rows)?;
    // The streams of two partitions, and those of two seeds, have nothing in common: each state is made of both by SplitMix64.
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(stream.random::<u64>() ^ partition);
    let taken = |_| {
        let number: f64 = stream.random();
        between.0 <= number && number < between.1
    };
    let mask: BooleanChunked = (0..rows.height()).map(taken).map(Some).collect();
    engine::alone(move || rows.filter(&mask))
}

#[cfg(test)]
mod tests {
    use polars::df;

    use crate::Frame;

    #[test]
    fn the_last_part_of_a_split_is_told_by_its_fraction() {
        let frame = Frame::from_polars(df!["x" => [1, 2]].unwrap(), 1);
        let parts = frame.random_split(&[0.8, 0.2], 7);
        assert!(parts[1].explain().contains("sample  0.200 of the rows"), "{}", parts[1].explain());
    }
}
