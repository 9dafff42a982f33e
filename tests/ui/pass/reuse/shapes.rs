//! Pure and cached functions and methods of every shape.
#![deny(warnings)]

use lazy_runtime::prelude::*;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

#[delayed(pure)]
fn add(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed(pure, name = "mean", retries = 1)]
fn average(values: &[f64], weights: HashMap<String, f64>, path: &Path) -> Result<f64, String> {
    let total: f64 = weights.values().sum();
    match values {
        [] => Err(format!("{} is empty", path.display())),
        values => Ok(values.iter().sum::<f64>() / total),
    }
}

#[delayed(cache)]
fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[delayed(cache = "memory")]
fn nothing() {}

#[delayed(pure, cache = "disk", fallible)]
fn load(name: String, parts: (u8, Option<u16>)) -> std::io::Result<HashMap<String, u16>> {
    Ok(HashMap::from([(name, parts.1.unwrap_or(parts.0.into()))]))
}

#[delayed(cache = "disk", infallible, eager = "checked_now")]
fn checked(value: u32) -> Result<u32, String> {
    Ok(value)
}

#[delayed(pure)]
fn largest<T: Ord + Clone + Tokenize + Send + Sync + 'static>(items: Vec<T>, _: [T; 2]) -> Option<T> {
    items.into_iter().max()
}

#[delayed(cache)]
fn kept<T>(items: &Arc<Vec<T>>, (at, by): (usize, usize)) -> T
where
    T: Clone + Send + Sync + 'static + HeapSize,
{
    items[at + by].clone()
}

/// A type of another crate, so to say.
pub struct Image<T>(Vec<T>);

impl<T> Image<T> {
    fn n_bytes(&self) -> usize {
        self.0.capacity() * size_of::<T>()
    }
}

#[delayed(cache, size = Image::n_bytes)]
fn image(side: usize) -> Image<u8> {
    Image(vec![0; side * side])
}

#[delayed(cache, size = <Image<T>>::n_bytes)]
fn filled<'a, T, const N: usize>(pixel: &'a T) -> Result<Image<T>, String>
where
    T: Clone + Send + Sync + 'static,
{
    Ok(Image(vec![pixel.clone(); N]))
}

/// What is kept of such results is asked without an error about lifetimes.
#[delayed(pure)]
fn names(n: usize) -> (Vec<&'static str>, HashMap<&'static str, Cow<'static, str>>, Option<&'static [u8]>) {
    (vec!["a"; n], HashMap::new(), None)
}

#[delayed(cache)]
fn label(n: usize) -> Cow<'static, str> {
    if n == 0 { "none".into() } else { n.to_string().into() }
}

trait Shape: Send + Sync {
    fn area(&self) -> f64;
}

#[derive(Clone, Tokenize)]
struct Square(f64);

impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}

#[delayed(pure)]
fn area(shape: &dyn Shape, times: f64) -> f64 {
    shape.area() * times
}

#[derive(Clone, Tokenize, HeapSize)]
pub struct Model<T> {
    weights: Vec<T>,
}

#[delayed]
impl<T: Clone + Send + Sync + 'static + Tokenize + HeapSize> Model<T> {
    #[delayed(pure)]
    pub fn fit(weights: &[T]) -> Model<T> {
        Model { weights: weights.to_vec() }
    }

    #[delayed(cache)]
    pub fn first(self, _seed: u64) -> Option<T> {
        self.weights.into_iter().next()
    }

    #[delayed(cache, size = Self::n_bytes)]
    pub fn twice<U: Into<T> + Clone + Send + Sync + 'static>(&self, more: U) -> Result<Self, String> {
        let weights = self.weights.iter().cloned().chain([more.into()]).collect();
        Ok(Model { weights })
    }

    #[delayed(skip)]
    pub fn n_bytes(&self) -> usize {
        self.weights.capacity() * size_of::<T>()
    }
}

#[delayed(pure)]
#[deprecated]
#[must_use]
pub fn old(x: u8) -> u8 {
    x
}

fn main() {
    let x = add(1, 2);
    assert_eq!(add(&x, 3).compute().unwrap(), 6);
    let weights = HashMap::from([("a".to_owned(), 2.0)]);
    assert_eq!(average(vec![1.0, 3.0], weights, "a.csv").compute().unwrap(), 2.0);
    assert_eq!(words("a b").compute().unwrap(), ["a", "b"]);
    nothing().compute().unwrap();
    assert_eq!(load("a", (1, None)).compute().unwrap()["a"], 1);
    assert_eq!(checked(3).compute().unwrap(), checked_now(3));
    assert_eq!(largest(vec![1, 2], [3, 4]).compute().unwrap(), Some(2));
    assert_eq!(kept::<u8>(Arc::new(vec![1, 2, 3]), (1, 1)).compute().unwrap(), 3);
    assert_eq!(image(4).map_ref(Image::n_bytes).compute().unwrap(), 16);
    assert_eq!(filled::<u16, 3>(&delayed(5)).map_ref(|image| image.0.len()).compute().unwrap(), 3);
    let _ = area(&delayed(Box::new(Square(2.0)) as Box<dyn Shape>), 1.0);
    assert_eq!(names(2).compute().unwrap().0, ["a", "a"]);
    assert_eq!(label(2).compute().unwrap(), "2");
    let model = Delayed::<Model<u64>>::fit(vec![5, 6]);
    assert_eq!(model.first(1).compute().unwrap(), Some(5));
    let more = model.twice(7_u32);
    assert_eq!(more.map_ref(Model::n_bytes).compute().unwrap(), 24);
}
