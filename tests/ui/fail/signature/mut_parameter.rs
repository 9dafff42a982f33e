use lazy_runtime::prelude::*;

#[delayed]
fn sort(xs: &mut Vec<f64>) {
    xs.sort_by(f64::total_cmp);
}

#[delayed]
fn clear<'a>(buffer: &'a mut [u8], rest: Option<&mut str>) -> usize {
    buffer.fill(0);
    rest.map_or(0, |rest| rest.len())
}

fn main() {
    let mut xs = vec![2.0, 1.0];
    let _ = sort(&mut xs);
    let _ = clear(&mut [1, 2], None::<&mut str>);
}
