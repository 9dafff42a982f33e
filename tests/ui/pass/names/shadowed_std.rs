//! A program whose own names are those that macros usually rely on.
#![allow(unused, non_camel_case_types)]

use lazy_runtime::prelude::delayed;

mod core {}
mod std {}
mod lazy_runtime_of_mine {}
struct Option;
struct Some;
struct None;
struct Result;
struct Ok;
struct Err;
struct Vec;
struct Box;
struct String;
struct Delayed;
struct Function;
struct Parameter;
struct str_;
trait Clone {}
trait Copy {}
trait Sized_ {}
trait Send {}
trait Sync {}
trait Fn {}
trait Into {}
trait IntoArg {}
trait Describe {}
fn drop() {}
fn own() {}
fn lend() {}
fn task() {}
fn show() {}
macro_rules! concat {
    () => {};
}
macro_rules! module_path {
    () => {};
}
macro_rules! stringify {
    () => {};
}
macro_rules! unreachable {
    () => {};
}

#[derive(::std::clone::Clone)]
struct Model(f64);

#[delayed]
fn exponent(x: i64, y: u32) -> i64 {
    x.pow(y)
}

#[delayed]
fn mean(xs: &[f64], weights: ::std::vec::Vec<f64>) -> ::std::result::Result<f64, ::std::string::String> {
    let total: f64 = weights.iter().sum();
    ::std::result::Result::Ok(xs.iter().sum::<f64>() / total)
}

#[delayed]
impl Model {
    fn score(&self, x: f64) -> f64 {
        self.0 * x
    }
}

fn main() {
    let _: ::lazy_runtime::Delayed<i64> = exponent(4, 5);
    let _: ::lazy_runtime::Delayed<f64> = mean(::std::vec![1.0], ::std::vec![1.0]);
}
