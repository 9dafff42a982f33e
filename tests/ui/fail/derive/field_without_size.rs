use lazy_runtime::prelude::*;

struct Image {
    pixels: *const u8,
}

#[derive(HeapSize)]
struct Picture {
    title: &'static str,
    image: Image,
}

#[derive(HeapSize)]
enum Layer {
    Empty,
    Filled(Vec<Image>),
}

fn main() {}
