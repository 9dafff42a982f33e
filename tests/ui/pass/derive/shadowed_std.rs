//! Derives in a program whose own names are those that macros usually rely on.
#![allow(unused, non_camel_case_types)]
#![no_implicit_prelude]

mod core {}
mod std {}
mod lazy_runtime {}
struct usize;
struct bool;
struct Tokenizer;
trait Tokenize_ {}
macro_rules! unreachable {
    () => {};
}

#[derive(::lazy_runtime::Tokenize, ::lazy_runtime::HeapSize)]
enum Shape {
    Circle(f64),
    Square { side: f64 },
}

fn main() {
    let _ = ::lazy_runtime::token(&Shape::Circle(1.0));
}
