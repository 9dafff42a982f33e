use lazy_runtime::prelude::*;

#[delayed]
fn words(line: String) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn main() {
    let words = words("a b");
    for word in &words {
        println!("{word:?}");
    }
    let _: Vec<usize> = words.into_iter().map(|word| word.len()).collect();
}
