use lazy_runtime::prelude::*;

#[delayed(size = String::capacity)]
fn load(path: &str) -> String {
    path.to_owned()
}

#[delayed(cache = "disk", size = String::capacity)]
fn read(path: &str) -> String {
    path.to_owned()
}

#[delayed(cache, size = "String::capacity")]
fn quoted(path: &str) -> String {
    path.to_owned()
}

fn main() {
    let _ = (load("a"), read("b"), quoted("c"));
}
