//! [`Sketch`]: numbers summed up so that any quantile is known nearly.

use std::mem::take;

use lazy_runtime::HeapSize;
use polars::prelude::*;
use serde::{Deserialize, Serialize};

/// A summary of numbers from which quantiles are read, and which merges with those of other numbers.
///
/// Values lie in levels; one in level `h` stands for `2^h` of the numbers. When a level has [`CAPACITY`] values it is
/// sorted and every second one moves up, the first, third... and the second, fourth... in turns, so that what one
/// halving shifts up the next shifts down. A halving in level `h` changes the rank of no value by more than `2^h`.
/// There are about `n / (CAPACITY 2^h)` of them at most, so that for `n` numbers ranks are wrong by about
/// `n / CAPACITY` for each level that was full: 0.2 percent of the numbers for a million, 0.5 percent for a thousand
/// million, and in practice a small part of that. [`rank_error`](Self::rank_error) tells what it is for the numbers at
/// hand. For fewer than `CAPACITY` numbers quantiles are exact. It holds 8 bytes for each of at most `CAPACITY` values
/// a level.
///
/// No chance is involved: the same numbers in the same partitions give the same sketch.
///
/// After G. S. Manku, S. Rajagopalan, B. G. Lindsay, "Approximate medians and other quantiles in one pass and with
/// limited memory", SIGMOD 1998, and, for merging, P. K. Agarwal, G. Cormode, Z. Huang, J. Phillips, Z. Wei, K. Yi,
/// "Mergeable summaries", PODS 2012.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, HeapSize)]
pub(crate) struct Sketch {
    levels: Vec<Level>,
    /// By how much a rank can be wrong.
    error: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, HeapSize)]
struct Level {
    values: Vec<f64>,
    /// Whether the next halving keeps the second, fourth... value.
    second: bool,
}

/// How many values a level has when it is halved.
const CAPACITY: usize = 4096;

impl Sketch {
    /// Of the values that are not null; dates and times are the numbers that they are stored as, and NaN is larger than
    /// all others.
    ///
    /// # Errors
    /// The column holds no numbers.
    pub(crate) fn of(values: &Series) -> PolarsResult<Sketch> {
        let dtype = values.dtype();
        Sketch::check(values.name(), dtype)?;
        let numbers =
            if dtype.is_temporal() { values.cast(&DataType::Int64)? } else { values.clone() };
        let numbers = numbers.cast(&DataType::Float64)?;
        let mut sketch = Sketch::default();
        for number in numbers.f64()?.iter().flatten() {
            sketch.level(0).values.push(number);
            if sketch.levels[0].values.len() == CAPACITY {
                sketch.halve_full_levels();
            }
        }
        Ok(sketch)
    }

    /// Whether a column of this type holds numbers.
    pub(crate) fn check(name: &str, dtype: &DataType) -> PolarsResult<()> {
        polars_ensure!(
            dtype.is_numeric() || dtype.is_temporal(),
            InvalidOperation: "a quantile needs numbers, dates or times, but column `{name}` is {dtype}"
        );
        Ok(())
    }

    /// Of all the numbers of which these are. Their order may change the result within its error.
    pub(crate) fn merge(sketches: Vec<Sketch>) -> Sketch {
        let mut merged = Sketch::default();
        for sketch in sketches {
            merged.error += sketch.error;
            for (h, level) in sketch.levels.into_iter().enumerate() {
                let into = merged.level(h);
                into.values.extend(level.values);
                into.second ^= level.second;
            }
            merged.halve_full_levels();
        }
        merged
    }

    /// The value below which a part `q` of the numbers lies, between 0 and 1; a value between two numbers is in
    /// proportion between them. `None` if there are no numbers.
    pub(crate) fn quantile(&self, q: f64) -> Option<f64> {
        let last = self.count().checked_sub(1)?;
        let rank = q.clamp(0.0, 1.0) * last as f64;
        let weighted = self.weighted();
        let (low, high) = (at(&weighted, rank.floor() as u64)?, at(&weighted, rank.ceil() as u64)?);
        Some(if low == high { low } else { low + (high - low) * rank.fract() })
    }

    /// The largest part of the numbers by which the rank of a quantile can be wrong.
    #[cfg(test)]
    pub(crate) fn rank_error(&self) -> f64 {
        match self.count() {
            0 => 0.0,
            count => self.error as f64 / count as f64,
        }
    }

    fn count(&self) -> u64 {
        let of_level = |(h, level): (usize, &Level)| (level.values.len() as u64) << h;
        self.levels.iter().enumerate().map(of_level).sum()
    }

    fn level(&mut self, h: usize) -> &mut Level {
        if self.levels.len() <= h {
            self.levels.resize_with(h + 1, Level::default);
        }
        &mut self.levels[h]
    }

    /// From the bottom up, because each halving fills the level above.
    fn halve_full_levels(&mut self) {
        let mut h = 0;
        while h < self.levels.len() {
            if self.levels[h].values.len() >= CAPACITY {
                let kept = self.levels[h].halve();
                self.level(h + 1).values.extend(kept);
                self.error += 1 << h;
            }
            h += 1;
        }
    }

    /// The values in order, with the number of numbers up to and including each.
    fn weighted(&self) -> Vec<(f64, u64)> {
        let of_level = |(h, level): (usize, &Level)| {
            level.values.iter().map(move |&value| (value, 1 << h)).collect::<Vec<(f64, u64)>>()
        };
        let mut weighted: Vec<_> = self.levels.iter().enumerate().flat_map(of_level).collect();
        weighted.sort_unstable_by(|(a, _), (b, _)| order(a, b));
        let mut sum = 0;
        for (_, weight) in &mut weighted {
            sum += *weight;
            *weight = sum;
        }
        weighted
    }
}

impl Level {
    /// Every second value, to stand for two. The largest of an odd number of values stays.
    fn halve(&mut self) -> Vec<f64> {
        let mut values = take(&mut self.values);
        values.sort_unstable_by(order);
        if values.len() % 2 == 1 {
            self.values.extend(values.pop());
        }
        let first = usize::from(self.second);
        self.second = !self.second;
        values.into_iter().skip(first).step_by(2).collect()
    }
}

/// The value of a rank, counted from 0.
fn at(weighted: &[(f64, u64)], rank: u64) -> Option<f64> {
    let place = weighted.partition_point(|(_, up_to)| *up_to <= rank);
    weighted.get(place).map(|(value, _)| *value)
}

/// As Polars sorts: zeros are equal, and NaN is the largest, whatever its sign.
fn order(a: &f64, b: &f64) -> std::cmp::Ordering {
    a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    const QUANTILES: [f64; 7] = [0.0, 0.001, 0.25, 0.5, 0.9, 0.999, 1.0];

    fn of(values: &[f64]) -> Sketch {
        Sketch::of(&Series::new("x".into(), values)).expect("floats are numbers")
    }

    /// How far the rank of a quantile is from what it should be, as a part of the numbers.
    fn rank_error(sketch: &Sketch, sorted: &[f64], q: f64) -> f64 {
        let found = sketch.quantile(q).expect("there are numbers");
        let below = sorted.partition_point(|x| *x < found) as f64;
        let up_to = sorted.partition_point(|x| *x <= found) as f64;
        let wanted = q * (sorted.len() - 1) as f64;
        (below - 1.0 - wanted).max(wanted - up_to).max(0.0) / sorted.len() as f64
    }

    fn shapes(n: usize) -> Vec<Vec<f64>> {
        let mut random = StdRng::seed_from_u64(7);
        let uniform: Vec<f64> = (0..n).map(|_| random.random_range(0.0..1.0)).collect();
        let rising = (0..n).map(|i| i as f64).collect();
        let falling = (0..n).map(|i| -(i as f64)).collect();
        let few = uniform.iter().map(|x| (x * 5.0).floor()).collect();
        let skewed = uniform.iter().map(|x| (20.0 * x).exp()).collect();
        vec![uniform, rising, falling, few, skewed]
    }

    #[test]
    fn ranks_are_as_good_as_the_sketch_says() {
        for mut values in shapes(60_000) {
            let parts: Vec<Sketch> = values.chunks(7_001).map(of).collect();
            let pairs: Vec<Sketch> =
                parts.chunks(2).map(|pair| Sketch::merge(pair.to_vec())).collect();
            let merged = Sketch::merge(pairs);
            let whole = of(&values);
            values.sort_unstable_by(order);
            for sketch in [merged, whole] {
                assert_eq!(sketch.count(), 60_000);
                let bound = sketch.rank_error();
                assert!(bound < 5.0 / CAPACITY as f64, "{bound}");
                for q in QUANTILES {
                    let error = rank_error(&sketch, &values, q);
                    assert!(error <= bound, "{q}: {error} is more than {bound}");
                }
            }
        }
    }

    #[test]
    fn quantiles_of_few_numbers_are_those_of_polars() {
        let column = Series::new(
            "x".into(),
            [Some(3.5), None, Some(-1.0), Some(f64::NAN), Some(8.0), Some(0.25)],
        );
        let sketch = Sketch::of(&column).expect("floats are numbers");
        for q in [0.0, 0.1, 0.5, 0.7] {
            let wanted = column
                .f64()
                .expect("floats")
                .quantile(q, QuantileMethod::Linear)
                .expect("a quantile");
            let found = sketch.quantile(q);
            let error = found.zip(wanted).map(|(found, wanted)| (found - wanted).abs());
            assert!(error.is_some_and(|error| error < 1e-12), "{q}: {found:?} for {wanted:?}");
        }
        assert!(sketch.quantile(1.0).is_some_and(f64::is_nan));
        assert_eq!(sketch.rank_error(), 0.0);
    }

    #[test]
    fn no_numbers_have_no_quantile() {
        assert_eq!(of(&[]).quantile(0.5), None);
        assert_eq!(Sketch::merge(vec![of(&[]), of(&[2.0]), of(&[])]).quantile(0.5), Some(2.0));
    }

    #[test]
    fn times_are_numbers_and_words_are_not() {
        let days = Series::new("d".into(), [1, 2, 9]).cast(&DataType::Date).expect("days");
        assert_eq!(Sketch::of(&days).expect("dates are numbers").quantile(0.5), Some(2.0));
        let words = Series::new("w".into(), ["a", "b"]);
        let error = Sketch::of(&words).expect_err("words are not numbers").to_string();
        assert_eq!(error, "a quantile needs numbers, dates or times, but column `w` is str");
    }

    #[test]
    fn what_is_kept_stays_small() {
        let sketch = of(&shapes(60_000)[0]);
        assert!(sketch.heap_size() < 5 * 2 * CAPACITY * 8, "{}", sketch.heap_size());
    }
}
