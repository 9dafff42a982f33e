//! The runtime reached through another crate, which exports it under a path of its own.
#![no_implicit_prelude]

mod facade {
    pub mod graphs {
        pub use ::lazy_runtime as engine;
    }
    pub use ::lazy_runtime::prelude::delayed as lazy;
}

#[facade::lazy(crate = "crate::facade::graphs::engine")]
fn add(a: i32, b: &[i32]) -> ::std::result::Result<i32, ::std::string::String> {
    ::std::result::Result::Ok(a + ::std::iter::Iterator::sum::<i32>(b.iter()))
}

#[derive(::std::clone::Clone)]
struct Model(f64);

#[facade::lazy(crate = "crate::facade::graphs::engine", trait = "LazyModel")]
impl Model {
    fn score(&self, x: f64) -> f64 {
        self.0 * x
    }
}

fn call(model: facade::graphs::engine::Delayed<Model>) -> facade::graphs::engine::Delayed<f64> {
    model.score(2.0)
}

fn main() {
    let _: facade::graphs::engine::Delayed<i32> = add(1, ::std::vec![2]);
    let _ = call;
}
