//! Which columns of a plan are needed.

use std::collections::BTreeSet;

use polars::prelude::{Expr, PlSmallStr, Schema};

/// Columns that somebody needs, by name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Columns {
    All,
    Some(BTreeSet<PlSmallStr>),
}

impl Columns {
    pub(crate) fn none() -> Self {
        Columns::Some(BTreeSet::new())
    }

    pub(crate) fn is_none(&self) -> bool {
        *self == Columns::none()
    }

    /// The columns that expressions mention; selectors are expanded already.
    pub(crate) fn of<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> Self {
        Columns::Some(exprs.into_iter().flat_map(|e| e.clone().meta().root_names()).collect())
    }

    pub(crate) fn names(names: impl IntoIterator<Item = PlSmallStr>) -> Self {
        Columns::Some(names.into_iter().collect())
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        match self {
            Columns::All => true,
            Columns::Some(names) => names.contains(name),
        }
    }

    /// What either of two needs.
    pub(crate) fn and(self, other: Columns) -> Self {
        match (self, other) {
            (Columns::Some(mut a), Columns::Some(b)) => {
                a.extend(b);
                Columns::Some(a)
            }
            _ => Columns::All,
        }
    }

    /// These without some.
    pub(crate) fn without<'a>(self, names: impl IntoIterator<Item = &'a PlSmallStr>) -> Self {
        match self {
            Columns::All => Columns::All,
            Columns::Some(mut kept) => {
                names.into_iter().for_each(|name| {
                    kept.remove(name);
                });
                Columns::Some(kept)
            }
        }
    }

    /// Those of a schema that are needed, in its order. At least one, so that rows can be counted.
    pub(crate) fn within(&self, schema: &Schema) -> Vec<PlSmallStr> {
        let needed: Vec<_> =
            schema.iter_names().filter(|name| self.contains(name)).cloned().collect();
        match needed.is_empty() {
            true => schema.iter_names().take(1).cloned().collect(),
            false => needed,
        }
    }
}
