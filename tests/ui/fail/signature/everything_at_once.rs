use lazy_runtime::prelude::*;

#[delayed(cache, retries = "often")]
async unsafe fn mix(xs: &mut [f64], rest: impl Clone, #[cfg(unix)] name: &str) -> &str {
    let _ = (xs, rest);
    name
}

fn main() {
    let _ = mix(&mut [1.0], 4, "x");
}
