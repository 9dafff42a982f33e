//! [`Draw`]: what the values of a column are drawn from.

use polars::prelude::{
    Column, DataType, IntoColumn, NamedFrom, PlSmallStr, Series, StringChunkedBuilder,
};
use rand::RngExt;
use rand::distr::{Distribution, Uniform};
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::Poisson;

/// What the values of a column are drawn from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Draw {
    /// One of these texts, each as likely as the others.
    Choice(Vec<String>),
    /// A whole number of the Poisson distribution with this mean.
    Poisson(f64),
    /// A number from the first, included, to the second, excluded.
    Uniform(f64, f64),
}

impl Draw {
    /// One of 26 first names, from Alice to Zelda.
    pub fn names() -> Draw {
        Draw::choice(NAMES)
    }

    /// One of some texts.
    pub fn choice<S: Into<String>>(texts: impl IntoIterator<Item = S>) -> Draw {
        Draw::Choice(texts.into_iter().map(Into::into).collect())
    }

    pub(super) fn dtype(&self) -> DataType {
        match self {
            Draw::Choice(_) => DataType::String,
            Draw::Poisson(_) => DataType::Int64,
            Draw::Uniform(..) => DataType::Float64,
        }
    }

    /// What is wrong with the parameters.
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Draw::Choice(texts) if texts.is_empty() => Err("there is no text to choose".into()),
            Draw::Choice(_) => Ok(()),
            Draw::Poisson(mean) if *mean > 0.0 && *mean <= MAX_MEAN => Ok(()),
            Draw::Poisson(mean) => {
                Err(format!("the mean is {mean}, and has to be above 0 and at most {MAX_MEAN:e}"))
            }
            Draw::Uniform(low, high) => {
                let wrong = format!("there is no number from {low} to {high}");
                Uniform::new(*low, *high).map(|_| ()).map_err(|_| wrong)
            }
        }
    }

    /// The first `n` values of a stream. More of them start with these.
    pub(super) fn column(
        &self,
        name: PlSmallStr,
        n: usize,
        mut stream: Xoshiro256PlusPlus,
    ) -> Column {
        const CHECKED: &str = "the parameters were checked when the dataset was built";
        match self {
            Draw::Choice(texts) => {
                let mut values = StringChunkedBuilder::new(name, n);
                (0..n)
                    .for_each(|_| values.append_value(&texts[stream.random_range(0..texts.len())]));
                values.finish().into_column()
            }
            Draw::Poisson(mean) => {
                let draws = Poisson::new(*mean).expect(CHECKED).sample_iter(stream);
                Series::new(name, draws.take(n).map(|value| value as i64).collect::<Vec<_>>())
                    .into()
            }
            Draw::Uniform(low, high) => {
                let draws = Uniform::new(*low, *high).expect(CHECKED).sample_iter(stream);
                Series::new(name, draws.take(n).collect::<Vec<f64>>()).into()
            }
        }
    }
}

/// The numbers that are drawn stay far within 64 bits.
const MAX_MEAN: f64 = 1e18;

const NAMES: [&str; 26] = [
    "Alice", "Bob", "Charlie", "Dan", "Edith", "Frank", "George", "Hannah", "Ingrid", "Jerry",
    "Kevin", "Laura", "Michael", "Norbert", "Oliver", "Patricia", "Quinn", "Ray", "Sarah", "Tim",
    "Ursula", "Victor", "Wendy", "Xavier", "Yvonne", "Zelda",
];

#[cfg(test)]
mod tests {
    use polars::prelude::{ChunkAgg, ChunkVar};
    use rand::SeedableRng;

    use super::*;

    fn column(draw: &Draw, n: usize) -> Column {
        draw.check().unwrap();
        draw.column("c".into(), n, Xoshiro256PlusPlus::seed_from_u64(7))
    }

    #[test]
    fn each_name_is_about_as_frequent() {
        let names = column(&Draw::names(), 26_000);
        let names = names.str().unwrap();
        for name in NAMES {
            let count = names.iter().filter(|value| *value == Some(name)).count();
            assert!((850..1150).contains(&count), "{name}: {count}");
        }
    }

    #[test]
    fn poisson_has_its_mean_as_variance() {
        for mean in [3.0, 1000.0] {
            let column = column(&Draw::Poisson(mean), 20_000);
            let values = column.i64().unwrap();
            assert!((values.mean().unwrap() / mean - 1.0).abs() < 0.02);
            assert!((values.var(1).unwrap() / mean - 1.0).abs() < 0.05);
        }
    }

    #[test]
    fn uniform_stays_between_its_bounds() {
        let column = column(&Draw::Uniform(-1.0, 1.0), 20_000);
        let values = column.f64().unwrap();
        assert!(values.iter().flatten().all(|x| (-1.0..1.0).contains(&x)));
        assert!((values.std(1).unwrap() - 0.577).abs() < 0.01);
        assert!(values.mean().unwrap().abs() < 0.02);
    }

    #[test]
    fn more_values_start_with_fewer() {
        for draw in [Draw::names(), Draw::Poisson(1000.0), Draw::Uniform(0.0, 1.0)] {
            assert_eq!(column(&draw, 50).head(Some(20)), column(&draw, 20));
        }
    }

    #[test]
    fn values_are_the_same_in_every_version() {
        let names = column(&Draw::names(), 3);
        let names: Vec<_> = names.str().unwrap().iter().flatten().collect();
        assert_eq!(names, ["Bob", "Edith", "Sarah"]);
        let ids = column(&Draw::Poisson(1000.0), 3);
        let xs = column(&Draw::Uniform(-1.0, 1.0), 2);
        let ids: Vec<_> = ids.i64().unwrap().iter().flatten().collect();
        let xs: Vec<_> = xs.f64().unwrap().iter().flatten().collect();
        assert_eq!(ids, [942, 1022, 990]);
        assert_eq!(xs, [-0.8892791270433338, -0.6557682911037648]);
    }

    #[test]
    fn parameters_that_make_no_sense_are_told() {
        let wrong = |draw: Draw| draw.check().unwrap_err();
        assert_eq!(wrong(Draw::Choice(vec![])), "there is no text to choose");
        assert_eq!(wrong(Draw::Uniform(1.0, 1.0)), "there is no number from 1 to 1");
        assert_eq!(wrong(Draw::Uniform(0.0, f64::NAN)), "there is no number from 0 to NaN");
        assert_eq!(
            wrong(Draw::Poisson(0.0)),
            "the mean is 0, and has to be above 0 and at most 1e18"
        );
        assert!(wrong(Draw::Poisson(f64::NAN)).contains("NaN"));
    }
}
