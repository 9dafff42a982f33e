use lazy_runtime::prelude::*;

struct Parser<'a>(&'a str);

#[delayed]
impl<'a> Parser<'a> {
    fn len(&self) -> usize {
        self.0.len()
    }
}

#[delayed]
impl Parser<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn main() {
    let line = String::from("a b");
    let _ = (Parser(&line).len(), Parser(&line).is_empty());
}
