use lazy_runtime::prelude::*;

#[delayed]
async fn fetch(url: String) -> String {
    url
}

fn main() {
    let _: Delayed<String> = fetch("https://example.org");
}
