use lazy_runtime::prelude::*;
use lazy_runtime::token;

#[derive(Tokenize, HeapSize)]
struct Pair<T> {
    first: T,
    second: T,
}

struct Date;

fn main() {
    let by = 2;
    let scale = move |x: f64| x * f64::from(by);
    let _ = token(&Pair { first: scale, second: scale });
    let _ = token(&Date);
    let _ = Pair { first: Date, second: Date }.heap_size();
}
