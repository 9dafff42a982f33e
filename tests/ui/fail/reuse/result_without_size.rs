use lazy_runtime::prelude::*;

struct Image {
    pixels: Vec<u8>,
}

#[delayed(cache)]
fn load(path: &str) -> Image {
    Image { pixels: path.into() }
}

#[delayed(cache)]
fn load_all(paths: &[String]) -> Result<Vec<Image>, std::io::Error> {
    Ok(paths.iter().map(|path| Image { pixels: path.clone().into() }).collect())
}

#[delayed(cache)]
fn name(path: &str) -> &'static str {
    let _ = path;
    "name"
}

#[delayed(cache)]
fn largest<T: Ord + Clone + Tokenize + Send + Sync + 'static>(items: Vec<T>) -> T {
    items.into_iter().max().unwrap()
}

#[delayed]
impl Image {
    #[delayed(cache)]
    fn scaled(&self, by: u32) -> Image {
        let _ = by;
        Image { pixels: self.pixels.clone() }
    }
}

fn main() {
    let _ = (load("a"), load_all(vec!["b".to_owned()]), name("c"), largest(vec![1]));
}
