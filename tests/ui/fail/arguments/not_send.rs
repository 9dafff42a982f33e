use lazy_runtime::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;

#[delayed]
fn total(xs: Rc<Vec<f64>>, log: &RefCell<String>) -> f64 {
    log.borrow_mut().push('x');
    xs.iter().sum()
}

fn main() {
    let _ = total(Rc::new(vec![1.0]), RefCell::new(String::new()));
}
