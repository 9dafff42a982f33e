use lazy_runtime::prelude::*;

#[derive(Clone)]
struct Model {
    weights: Vec<f64>,
}

#[delayed]
impl Model {
    fn push(&mut self, weight: f64) {
        self.weights.push(weight);
    }

    async fn fetch(url: String) -> Model {
        Model { weights: vec![url.len() as f64] }
    }

    fn iter(&self) -> impl Iterator<Item = &f64> {
        self.weights.iter()
    }

    fn first(&self) -> &f64 {
        &self.weights[0]
    }

    fn boxed(self: Box<Self>) -> Model {
        *self
    }

    fn name(&self) -> String {
        String::from("model")
    }

    fn merge(&self, other: &mut Self) -> Self {
        other.clone()
    }

    #[delayed(skip, retires = 3)]
    fn skipped(&self) {}
}

fn main() {
    let mut plain = Model { weights: vec![] };
    plain.push(1.0);
    let model = Delayed::<Model>::fetch("https://example.org");
    let _ = model.push(1.0);
    let _ = model.iter();
    let _ = model.first();
    let _ = model.boxed();
    let _ = model.merge(&mut plain);
}
