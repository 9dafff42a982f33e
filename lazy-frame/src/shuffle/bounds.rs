//! [`Bounds`]: between which rows an ordered table is cut.

use std::sync::Arc;

use polars::prelude::*;

use crate::engine;

/// By which columns rows are compared, and which way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) by: Arc<[PlSmallStr]>,
    descending: Arc<[bool]>,
    nulls_last: Arc<[bool]>,
}

impl Order {
    /// The order of a sort with these options, which are for each column or for all of them.
    pub(crate) fn new(
        by: impl IntoIterator<Item = PlSmallStr>,
        options: &SortMultipleOptions,
    ) -> Self {
        let by: Arc<[PlSmallStr]> = by.into_iter().collect();
        let each = |flags: &[bool]| match flags {
            [one] => vec![*one; by.len()].into(),
            flags => flags.into(),
        };
        let (descending, nulls_last) = (each(&options.descending), each(&options.nulls_last));
        Order { by, descending, nulls_last }
    }

    /// For each row bytes that are compared as the rows are.
    fn keys(&self, rows: &DataFrame) -> PolarsResult<BinaryOffsetChunked> {
        let columns = self.by.iter().map(|name| rows.column(name).cloned());
        let columns = columns.collect::<PolarsResult<Vec<_>>>()?;
        engine::ordered_keys(&columns, &self.descending, &self.nulls_last)
    }
}

/// The first row of each partition but the first one.
///
/// Rows with equal keys are told apart by where they stood, so that they can be cut, too: a table whose rows are all
/// equal is cut evenly.
#[derive(Clone, Debug)]
pub(crate) struct Bounds(Arc<[Row]>);

/// A row as far as it matters to an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    key: Box<[u8]>,
    partition: usize,
    row: usize,
}

impl Bounds {
    /// Bounds before all rows that are equal to these or follow them. `rows` are sorted.
    pub(crate) fn at(order: &Order, rows: &DataFrame) -> PolarsResult<Self> {
        let keys = order.keys(rows)?;
        let row = |key: &[u8]| Row { key: key.into(), partition: 0, row: 0 };
        Ok(Bounds(bytes(&keys).map(row).collect()))
    }

    /// Bounds between `n` partitions of about the same number of rows.
    pub(crate) fn between(samples: Vec<Sample>, n: usize) -> Self {
        let weighed = |sample: Sample| {
            let weight = sample.of as f64 / sample.rows.len() as f64;
            sample.rows.into_iter().map(move |row| (row, weight))
        };
        let mut rows: Vec<(Row, f64)> = samples.into_iter().flat_map(weighed).collect();
        rows.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let total: f64 = rows.iter().map(|(_, weight)| weight).sum();
        let mut bounds = Vec::with_capacity(n - 1);
        let mut before = 0.0;
        for (row, weight) in rows {
            while bounds.len() < n - 1 && before >= total * (bounds.len() + 1) as f64 / n as f64 {
                bounds.push(row.clone());
            }
            before += weight;
        }
        Bounds(bounds.into())
    }

    /// The bucket of each row of a partition.
    pub(super) fn places(
        &self,
        order: &Order,
        rows: &DataFrame,
        partition: usize,
    ) -> PolarsResult<Vec<usize>> {
        let keys = order.keys(rows)?;
        let place = |(row, key)| {
            let row = (key, partition, row);
            self.0.partition_point(|bound| (&*bound.key, bound.partition, bound.row) <= row)
        };
        Ok(bytes(&keys).enumerate().map(place).collect())
    }
}

/// Some rows of a partition.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    rows: Vec<Row>,
    /// Of how many.
    of: usize,
}

impl Sample {
    /// Up to `n` rows, spread over the partition: one out of each of `n` stretches, at a place that follows no pattern.
    pub(crate) fn of(
        order: &Order,
        rows: &DataFrame,
        partition: usize,
        n: usize,
    ) -> PolarsResult<Self> {
        let height = rows.height();
        let n = n.min(height);
        let place = |i: usize| {
            let (start, end) = (i * height / n, (i + 1) * height / n);
            start + scramble((partition as u64) << 32 | i as u64) as usize % (end - start)
        };
        let places: Vec<usize> = (0..n).map(place).collect();
        let index = places.iter().map(|place| *place as IdxSize).collect();
        let by = rows.select(order.by.iter().cloned())?;
        let keys = order.keys(&by.take(&IdxCa::from_vec(PlSmallStr::EMPTY, index))?)?;
        let row = |(key, row): (&[u8], usize)| Row { key: key.into(), partition, row };
        let rows = bytes(&keys).zip(places).map(row).collect();
        Ok(Sample { rows, of: height })
    }
}

/// The finaliser of splitmix64 (Steele, Lea and Flood, 2014).
fn scramble(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn bytes(keys: &BinaryOffsetChunked) -> impl Iterator<Item = &[u8]> {
    keys.downcast_iter().flat_map(|chunk| chunk.values_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order {
        Order::new(["k".into()], &SortMultipleOptions::default())
    }

    fn cut(table: &DataFrame, n: usize) -> Vec<usize> {
        let samples = vec![Sample::of(&order(), table, 0, 64).unwrap()];
        let bounds = Bounds::between(samples, n);
        let mut counts = vec![0; n];
        bounds.places(&order(), table, 0).unwrap().into_iter().for_each(|i| counts[i] += 1);
        counts
    }

    #[test]
    fn sampled_bounds_cut_evenly() {
        let numbers = |i: u64| scramble(i) % 1_000;
        let table = df!["k" => (0..1_000).map(numbers).collect::<Vec<_>>()].unwrap();
        for counts in [cut(&table, 2), cut(&table, 5)] {
            let even = 1_000 / counts.len();
            assert!(counts.iter().all(|n| n.abs_diff(even) < even / 2), "{counts:?}");
        }
    }

    #[test]
    fn equal_rows_are_cut_evenly() {
        let table = df!["k" => [7; 1_000]].unwrap();
        let counts = cut(&table, 4);
        assert!(counts.iter().all(|n| n.abs_diff(250) < 50), "{counts:?}");
    }

    #[test]
    fn a_sample_weighs_as_much_as_the_partition() {
        let large = df!["k" => (0..900).collect::<Vec<i32>>()].unwrap();
        let small = df!["k" => (900..1_000).collect::<Vec<i32>>()].unwrap();
        let none = small.slice(0, 0);
        let samples = [&large, &small, &none].into_iter().enumerate();
        let samples = samples.map(|(i, table)| Sample::of(&order(), table, i, 50).unwrap());
        let bounds = Bounds::between(samples.collect(), 2);
        let first = bounds.places(&order(), &large, 0).unwrap().into_iter().filter(|i| *i == 0);
        assert!(first.count().abs_diff(500) < 50);
    }

    #[test]
    fn no_rows_give_no_bounds() {
        let none = df!["k" => [0; 0]].unwrap();
        assert_eq!(cut(&none, 3), [0, 0, 0]);
    }
}
