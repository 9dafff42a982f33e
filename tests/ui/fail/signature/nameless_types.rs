use lazy_runtime::prelude::*;

#[delayed]
fn squares(n: u64) -> impl Iterator<Item = u64> {
    (0..n).map(|x| x * x)
}

#[delayed]
fn forever() -> ! {
    loop {}
}

#[delayed]
fn guess(xs: Vec<_>) -> _ {
    xs.len()
}

fn main() {
    let _ = squares(4);
    let _ = forever();
    let _ = guess(vec![1]);
}
