use lazy_runtime::prelude::*;

#[delayed(name = 3)]
fn a() {}

#[delayed(name)]
fn b() {}

#[delayed(name("b"))]
fn c() {}

#[delayed(name = "")]
fn d() {}

#[delayed(retries = "three")]
fn e() {}

#[delayed(retries = -1)]
fn f() {}

#[delayed(fallible = true)]
fn g() -> Result<(), String> {
    Ok(())
}

#[delayed(eager = "not a name")]
fn h() {}

#[delayed(eager = plain)]
fn i() {}

#[delayed(crate = "lazy runtime")]
fn j() {}

#[delayed("k")]
fn k() {}

#[delayed(cache = "tape")]
fn l() {}

#[delayed(retries =)]
fn m() {}

fn main() {
    let _ = (a(), b(), c(), d(), e(), f(), g(), h(), i(), j(), k(), l());
}
