use lazy_runtime::prelude::*;

#[derive(Clone)]
struct Model(f64);

impl Model {
    #[delayed]
    fn fit(data: &[f64]) -> Self {
        Model(data[0])
    }

    #[delayed]
    fn score(&self, x: f64) -> f64 {
        self.0 * x
    }
}

fn main() {
    let model: Model = Model::fit(&[1.0]);
    let _: f64 = model.score(2.0);
}
