use lazy_runtime::prelude::*;

struct Refused;

#[delayed]
fn check(x: i64) -> Result<i64, Refused> {
    if x > 0 { Ok(x) } else { Err(Refused) }
}

fn main() {
    let _ = check(4);
}
