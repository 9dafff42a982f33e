use lazy_runtime::prelude::*;

#[delayed]
fn words(line: String) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn main() {
    let words = words("a b");
    let first: String = words[0].clone();
    println!("{first}");
    let plain: Vec<String> = words;
    println!("{}", plain.len());
}
