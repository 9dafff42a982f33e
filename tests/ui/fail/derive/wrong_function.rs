use lazy_runtime::prelude::*;

#[derive(Tokenize, HeapSize)]
struct Settings {
    #[tokenize(with = write_days)]
    #[heap_size(with = String::len)]
    since: Vec<u8>,
}

fn write_days(_: u64) {}

fn main() {}
