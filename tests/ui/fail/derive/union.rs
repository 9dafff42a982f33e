use lazy_runtime::prelude::*;

#[derive(Clone, Copy, Tokenize, HeapSize)]
union Bits {
    float: f32,
    int: u32,
}

#[derive(Clone, Copy, Tokenize, HeapSize)]
#[repr(C, packed(2))]
struct Packed {
    float: f32,
    int: u32,
}

fn main() {
    // Neither of these adds an error.
    let _ = lazy_runtime::token(&Bits { int: 1 });
    let _ = Packed { float: 1.0, int: 1 }.heap_size();
}
