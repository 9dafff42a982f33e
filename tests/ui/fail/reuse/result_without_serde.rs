use lazy_runtime::prelude::*;

#[derive(HeapSize)]
struct Forest {
    trees: Vec<f64>,
}

#[delayed(cache = "disk")]
fn train(depth: u32) -> Forest {
    Forest { trees: vec![f64::from(depth)] }
}

#[delayed(cache = "disk")]
fn train_all(depths: &[u32]) -> std::io::Result<Vec<Forest>> {
    let forest = |depth: &u32| Forest { trees: vec![f64::from(*depth)] };
    Ok(depths.iter().map(forest).collect())
}

#[delayed(cache = "disk")]
fn first<T: Clone + Tokenize + Send + Sync + 'static>(items: Vec<T>) -> T {
    items[0].clone()
}

fn main() {
    let _ = (train(1), train_all(vec![1]), first(vec![1]));
}
