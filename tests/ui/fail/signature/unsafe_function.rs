use lazy_runtime::prelude::*;

#[delayed]
unsafe fn read(xs: &[u8], at: usize) -> u8 {
    unsafe { *xs.get_unchecked(at) }
}

fn main() {
    let _: Delayed<u8> = read(vec![1, 2], 1);
}
