//! Random tables, and the pieces that they are cut into.

use lazy_frame::polars::prelude::*;
use proptest::prelude::*;

use super::dice::Dice;

/// What a table is made from.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    /// How many different keys there are at most.
    keys: usize,
    /// A value in so many is null; none for 0, all for 1.
    nulls: usize,
    seed: u64,
}

/// No row, one, or up to 60; few keys, or about as many as rows.
pub(crate) fn shapes() -> impl Strategy<Value = Shape> {
    let rows = prop_oneof![1 => Just(0_usize), 1 => Just(1), 8 => 2..60_usize];
    let keys = prop_oneof![3 => 1..5_usize, 1 => Just(100_usize)];
    let nulls = prop_oneof![2 => Just(0_usize), 6 => Just(5), 1 => Just(2), 1 => Just(1)];
    (rows, keys, nulls, 0..1_000_000_u64).prop_map(|(rows, keys, nulls, seed)| Shape {
        rows,
        keys,
        nulls,
        seed,
    })
}

/// Where a table is cut into 1, 2, 3 or 7 pieces, in thousandths of its height; equal cuts are pieces without rows.
pub(crate) fn cuts() -> impl Strategy<Value = Vec<usize>> {
    let n = prop_oneof![Just(0_usize), Just(1), Just(2), Just(6)];
    let cut = prop_oneof![1 => Just(0_usize), 1 => Just(1000), 6 => 0..=1000_usize];
    n.prop_flat_map(move |n| proptest::collection::vec(cut.clone(), n)).prop_map(|mut cuts| {
        cuts.sort_unstable();
        cuts
    })
}

/// The pieces of a table.
pub(crate) fn pieces(table: &DataFrame, cuts: &[usize]) -> Vec<DataFrame> {
    let height = table.height();
    let mut bounds = vec![0];
    bounds.extend(cuts.iter().map(|cut| cut * height / 1000));
    bounds.push(height);
    bounds.windows(2).map(|pair| table.slice(pair[0] as i64, pair[1] - pair[0])).collect()
}

impl Shape {
    /// As many rows of the same kind, with other values.
    pub(crate) fn other(&self) -> Shape {
        Shape { seed: self.seed + 1, ..self.clone() }
    }

    fn values<T>(&self, salt: u64, mut value: impl FnMut(&mut Dice) -> T) -> Vec<Option<T>> {
        let mut dice = Dice::new(self.seed ^ (salt << 32));
        let nulls = self.nulls;
        (0..self.rows)
            .map(|_| (nulls == 0 || !dice.one_in(nulls)).then(|| value(&mut dice)))
            .collect()
    }

    /// Numbers whose sums are exact in any order, in some tables NaN, infinity and a negative zero among them.
    fn float(&self, dice: &mut Dice) -> f64 {
        match dice.below(12) {
            0 if self.seed.is_multiple_of(3) => f64::NAN,
            1 if self.seed.is_multiple_of(6) => f64::INFINITY,
            2 => -0.0,
            _ => dice.between(-40, 40) as f64 / 4.0,
        }
    }

    /// A column of each kind: keys `k` and `g`, numbers, text, times, lists, and `n`, which numbers the rows.
    pub(crate) fn table(&self) -> DataFrame {
        let keys = self.keys as i64;
        let texts = ["", "b", "a", "ab", "a text that is too long to be kept inline", "é"];
        let text = |dice: &mut Dice| match self.keys {
            100 => format!("{}{}", dice.pick(&texts), dice.below(20)),
            n => texts[dice.below(n.min(texts.len()))].to_owned(),
        };
        let ints = |salt, low, high| {
            Series::new("".into(), self.values(salt, |dice| dice.between(low, high)))
        };
        let floats = |salt| Series::new("".into(), self.values(salt, |dice| self.float(dice)));
        let cast =
            |series: Series, dtype| series.cast(&dtype).expect("a type that holds small numbers");
        let millis = DataType::Datetime(TimeUnit::Milliseconds, None);
        let list = |dice: &mut Dice| {
            let items = dice.below(4);
            Series::new("".into(), (0..items).map(|_| dice.between(0, 3)).collect::<Vec<_>>())
        };
        let lists = self.values(12, list).into_iter().collect::<ListChunked>().into_series();
        let lists = cast(lists, DataType::List(Box::new(DataType::Int64)));
        let columns = [
            ("k", ints(1, 0, keys - 1)),
            ("g", Series::new("".into(), self.values(2, text))),
            ("i", cast(ints(3, -50, 50), DataType::Int32)),
            ("u", cast(ints(4, 0, 200), DataType::UInt8)),
            ("x", floats(5)),
            ("y", floats(6)),
            ("f", cast(floats(7), DataType::Float32)),
            ("b", Series::new("".into(), self.values(8, |dice| dice.one_in(2)))),
            ("d", cast(cast(ints(9, 0, 50), DataType::Int32), DataType::Date)),
            ("t", cast(ints(10, 0, 100_000), millis)),
            ("p", cast(ints(11, -9_000, 9_000), DataType::Duration(TimeUnit::Microseconds))),
            ("l", lists),
            ("n", Series::new("".into(), (0..self.rows as i64).collect::<Vec<_>>())),
        ];
        let columns =
            columns.into_iter().map(|(name, values)| values.with_name(name.into()).into());
        DataFrame::new(self.rows, columns.collect()).expect("columns of one height")
    }
}
