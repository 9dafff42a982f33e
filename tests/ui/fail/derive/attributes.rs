use lazy_runtime::Tokenizer;
use lazy_runtime::prelude::*;

#[derive(Tokenize, HeapSize)]
#[tokenize(crate = lazy_runtime)]
#[heap_size(skip)]
struct Settings {
    #[tokenize(skp)]
    rate: f64,
    #[tokenize(with = "write_depth")]
    #[heap_size(with)]
    depth: u32,
    #[tokenize(skip, with = write_depth)]
    folds: u32,
    #[tokenize]
    #[heap_size = "skip"]
    seed: u64,
    #[tokenize(skip = true)]
    #[heap_size(crate = "lazy_runtime")]
    title: String,
    #[tokenize(skip)]
    #[tokenize(skip)]
    since: u64,
    #[heap_size(bound = "T")]
    until: u64,
}

#[derive(Tokenize)]
enum Kernel {
    #[tokenize(skip)]
    Linear,
    Cubic(#[tokenize(skip, skip)] u8),
}

fn write_depth(depth: &u32, tokenizer: &mut Tokenizer) {
    depth.tokenize(tokenizer);
}

fn main() {
    let _ = Kernel::Linear;
}
