use lazy_runtime::prelude::*;

#[derive(Clone)]
struct Model;

#[delayed(name = "model")]
impl Model {
    #[delayed(eager = "score_now")]
    fn score(&self) -> f64 {
        1.0
    }

    #[delayed = "fit"]
    fn fit() -> Model {
        Model
    }
}

#[delayed(skip)]
fn double(x: i64) -> i64 {
    2 * x
}

#[delayed(trait = "Doubling")]
fn double_again(x: i64) -> i64 {
    2 * x
}

fn main() {
    let _ = Delayed::<Model>::fit().score();
    let _ = (double(1), double_again(1));
}
