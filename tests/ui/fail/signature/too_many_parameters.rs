use lazy_runtime::prelude::*;

#[delayed]
fn sum(
    a: i8, b: i8, c: i8, d: i8, e: i8, f: i8, g: i8, h: i8,
    i: i8, j: i8, k: i8, l: i8, m: i8, n: i8, o: i8, p: i8,
    q: i8, r: i8,
) -> i8 {
    a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r
}

fn main() {
    let _ = sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18);
}
