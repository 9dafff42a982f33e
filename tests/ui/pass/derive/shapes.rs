//! Every shape that the derives take: names, generics, attributes.
#![deny(warnings)]

use lazy_runtime::Tokenizer;
use lazy_runtime::prelude::*;
use std::borrow::Cow;
use std::fmt::Debug;
use std::marker::PhantomData;

#[derive(Tokenize, HeapSize)]
pub struct Unit;

#[derive(Tokenize, HeapSize)]
pub struct Empty {}

#[derive(Tokenize, HeapSize)]
pub struct Tuple(pub u8, pub String);

#[derive(Tokenize, HeapSize)]
pub struct Raw {
    pub r#type: String,
    pub r#match: [u8; 4],
    pub __tokenizer: u8,
    pub __field0: u8,
}

#[derive(Tokenize, HeapSize)]
pub enum Shape {
    Point,
    Circle(f64),
    Square { side: f64, r#type: Option<Box<Shape>> },
    r#Loop(),
    #[deprecated]
    Old(u8),
}

#[derive(Tokenize, HeapSize)]
pub enum Nothing {}

#[derive(Tokenize, HeapSize)]
pub struct Generic<'a, T: Debug + 'static, const N: usize, U = u8>
where
    T: Clone,
{
    pub items: [T; N],
    pub text: Cow<'a, str>,
    pub kind: PhantomData<U>,
}

#[derive(Tokenize)]
pub struct Borrowed<'a, T: ?Sized> {
    pub text: &'a T,
    pub size: &'a [usize],
}

pub struct Foreign(u64);

#[derive(Tokenize, HeapSize)]
pub struct Attributes {
    #[tokenize(skip)]
    #[heap_size(skip)]
    pub left_out: Foreign,
    #[tokenize(with = write_foreign)]
    #[heap_size(with = Foreign::size)]
    pub by_function: Foreign,
    #[tokenize(with = write_list::<u8>)]
    #[heap_size(with = <Vec<u8>>::capacity)]
    pub by_path: Vec<u8>,
}

impl Foreign {
    fn size(&self) -> usize {
        self.0 as usize
    }
}

fn write_foreign(foreign: &Foreign, tokenizer: &mut Tokenizer) {
    foreign.0.tokenize(tokenizer);
}

fn write_list<T: Tokenize>(list: &Vec<T>, tokenizer: &mut Tokenizer) {
    list.tokenize(tokenizer);
}

mod facade {
    pub mod engine {
        pub use ::lazy_runtime as lazy;
    }
}

#[derive(Tokenize, HeapSize)]
#[tokenize(crate = "facade::engine::lazy")]
#[heap_size(crate = "crate::facade::engine::lazy")]
pub struct Elsewhere(f64);

macro_rules! made {
    ($name:ident { $($field:ident: $ty:ty,)* }) => {
        #[derive(Tokenize, HeapSize)]
        pub struct $name {
            $(pub $field: $ty,)*
        }
    };
}

made!(Made { first: Vec<u8>, second: Tuple, });

fn main() {
    let shape = Shape::Square { side: 1.0, r#type: Some(Box::new(Shape::Point)) };
    assert_eq!(shape.heap_size(), std::mem::size_of::<Shape>());
    assert_eq!(lazy_runtime::token(&Shape::r#Loop()), lazy_runtime::token("Loop"));
    assert_eq!(lazy_runtime::token(&Elsewhere(1.0)), lazy_runtime::token(&1.0));
    let borrowed = Borrowed { text: "text", size: &[1] };
    assert_eq!(lazy_runtime::token(&borrowed), lazy_runtime::token(&("text", [1_usize])));
}
