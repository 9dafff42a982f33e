use lazy_runtime::prelude::*;
use std::fmt::Debug;

#[delayed]
fn longest<'a, 'b: 'a>(one: &'a str, other: &'b str) -> usize {
    one.len().max(other.len())
}

#[delayed]
fn show<'a, T: Debug + 'a>(x: &'a T) -> String
where
    'a: 'static,
    T: PartialEq<&'a str>,
{
    format!("{x:?}")
}

fn main() {
    let _ = longest("a", "b");
    let _ = show(4);
}
