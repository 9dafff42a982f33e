use lazy_runtime::prelude::*;

#[derive(Clone)]
struct Grid<T> {
    cells: Vec<T>,
}

#[delayed]
impl<T: Clone> Grid<T> {
    fn first(&self) -> Option<T> {
        self.cells.first().cloned()
    }
}

fn main() {
    let grid = Grid { cells: vec![1, 2] };
    let _ = grid.first();
}
