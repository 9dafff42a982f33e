//! [`States`]: the columns that the partitions give and that merge.

use polars::prelude::*;

/// Columns of state, each kept once however many aggregations are made of it.
#[derive(Debug)]
pub(super) struct States {
    prefix: String,
    partial: Vec<Expr>,
    merge: Vec<Expr>,
}

impl States {
    /// Columns whose names are none of those taken.
    pub(super) fn beside<'a>(taken: impl Iterator<Item = &'a PlSmallStr>) -> Self {
        let taken: Vec<_> = taken.collect();
        let mut prefix = String::from("_state");
        while taken.iter().any(|name| name.starts_with(&prefix)) {
            prefix.insert(0, '_');
        }
        States { prefix, partial: Vec::new(), merge: Vec::new() }
    }

    /// The column of a state, which is made of the rows of a partition by `partial`, and of the column in several
    /// partitions by `merge`. `partial` says all that `merge` depends on.
    pub(super) fn keep(&mut self, partial: Expr, merge: impl FnOnce(Expr) -> Expr) -> Expr {
        if let Some(kept) = self.partial.iter().position(|other| *other == partial) {
            return self.column(kept);
        }
        let column = self.column(self.partial.len());
        self.partial.push(partial);
        self.merge.push(merge(column.clone()));
        column
    }

    pub(super) fn is_empty(&self) -> bool {
        self.partial.is_empty()
    }

    /// The expressions by which the columns are made and merged, in that order.
    pub(super) fn into_columns(self) -> (Vec<Expr>, Vec<Expr>) {
        let name = |(i, expr): (usize, Expr)| expr.alias(format!("{}{i}", self.prefix));
        let partial = self.partial.into_iter().enumerate().map(name).collect();
        let merge = self.merge.into_iter().enumerate().map(name).collect();
        (partial, merge)
    }

    fn column(&self, i: usize) -> Expr {
        col(format!("{}{i}", self.prefix))
    }
}
