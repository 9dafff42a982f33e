use lazy_runtime::prelude::*;
use std::rc::Rc;

#[delayed]
fn share(x: i64) -> Rc<i64> {
    Rc::new(x)
}

#[delayed]
fn try_share(x: i64) -> Result<Rc<i64>, String> {
    Ok(Rc::new(x))
}

fn main() {
    let _ = share(4);
    let _ = try_share(4);
}
