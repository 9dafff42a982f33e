//! `#[delayed]` on `impl` blocks.
#![deny(warnings)]

use lazy_runtime::prelude::*;
use std::collections::HashMap;

#[derive(Clone)]
struct Model {
    weights: Vec<f64>,
}

#[delayed]
impl Model {
    const LIMIT: usize = 4;

    fn fit(data: &[f64], rate: f64) -> Model {
        Model { weights: data.iter().map(|x| x * rate).take(Self::LIMIT).collect() }
    }

    fn score(&self, data: &[f64]) -> f64 {
        self.weights[0] * data[0]
    }

    fn scaled(mut self, by: f64) -> Self {
        self.weights[0] *= by;
        self
    }

    fn merge(self, others: Vec<Self>, _limits: [usize; Self::LIMIT]) -> HashMap<String, Self> {
        others.into_iter().chain([self]).map(|model| (String::new(), model)).collect()
    }

    #[delayed(name = "model to text", retries = 2)]
    fn render<'a>(&'a self, title: &'a str) -> Result<String, std::fmt::Error> {
        Ok(format!("{title}: {}", self.weights.len()))
    }

    #[delayed(infallible)]
    fn outcome(&self) -> Result<f64, String> {
        Ok(self.weights[0])
    }

    fn project<T: From<f64> + Send + Sync + 'static, const N: usize>(&self, _rows: [f64; N]) -> Vec<T> {
        self.weights.iter().map(|weight| T::from(*weight)).collect()
    }

    #[delayed(skip)]
    fn push(&mut self, weight: f64) {
        self.weights.push(weight);
    }

    #[delayed(skip)]
    fn iter(&self) -> impl Iterator<Item = &f64> {
        self.weights.iter()
    }
}

#[delayed(trait = "DelayedModelIo")]
impl Model {
    fn load(path: &std::path::Path) -> std::io::Result<Model> {
        std::fs::read_to_string(path).map(|text| Model { weights: vec![text.len() as f64] })
    }
}

mod shapes {
    use lazy_runtime::prelude::*;

    #[derive(Clone, Debug)]
    pub struct Grid<T, const N: usize> {
        pub cells: [T; N],
    }

    #[delayed]
    impl<T, const N: usize> Grid<T, N>
    where
        T: Clone + Send + Sync + std::fmt::Debug + 'static,
    {
        pub fn filled(cell: T) -> Self {
            Grid { cells: [(); N].map(|()| cell.clone()) }
        }

        pub(crate) fn cells(&self) -> Vec<T> {
            self.cells.to_vec()
        }

        pub fn zip_with<U: Clone + Send + Sync + 'static>(self, others: Vec<U>) -> Vec<(T, U)> {
            self.helper();
            self.cells.into_iter().zip(others).collect()
        }

        fn helper(&self) {}
    }
}

use shapes::DelayedGrid as _;

fn main() {
    let mut plain = Model::fit(&[1.0], 0.1);
    plain.push(2.0);
    assert_eq!(plain.iter().count(), 2);
    let data: Delayed<Vec<f64>> = numbers();
    let model = Delayed::<Model>::fit(&data, 0.1);
    assert_eq!(model.score(&data).compute().unwrap(), 0.1);
    let _: Delayed<f64> = model.clone().score(vec![1.0]);
    let scaled: Delayed<Model> = model.scaled(2.0);
    let _: Delayed<HashMap<String, Model>> = model.merge(vec![scaled.clone(), scaled], [1; 4]);
    let text: Delayed<String> = model.render("title");
    assert_eq!((text.name(), text.compute().unwrap()), ("model to text", "title: 1".to_owned()));
    assert_eq!(model.outcome().compute().unwrap(), Ok(0.1));
    let _: Delayed<Vec<f64>> = model.project::<f64, 2>([1.0, 2.0]);
    let _: Delayed<Model> = Delayed::<Model>::load(std::path::PathBuf::from("model"));
    let grid = Delayed::<shapes::Grid<i32, 3>>::filled(1);
    let _: Delayed<Vec<i32>> = grid.cells();
    assert_eq!(grid.zip_with(&data).compute().unwrap(), [(1, 1.0)]);
}

#[delayed]
fn numbers() -> Vec<f64> {
    vec![1.0]
}
