use lazy_runtime::prelude::*;

#[delayed(cache = "dis")]
fn load(path: &str) -> String {
    path.to_owned()
}

#[delayed(cache = disk)]
fn read(path: &str) -> String {
    path.to_owned()
}

#[delayed(cache, cache = "disk")]
fn both(path: &str) -> String {
    path.to_owned()
}

fn main() {
    let _ = (load("a"), read("b"), both("c"));
}
