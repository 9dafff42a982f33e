//! Aggregations of all rows, of which some can be taken apart and some cannot.

use std::sync::Arc;

use lazy_runtime::{Delayed, delayed};
use polars::prelude::*;

use super::{Query, tree, whole};
use crate::plan::{Columns, Piece, Step};

/// Only the columns of those that cannot be taken apart are brought together.
pub(super) fn beside(pieces: Vec<Piece>, query: &Arc<Query>) -> Delayed<DataFrame> {
    let part = |agg: &&Expr| {
        Query::new(vec![], vec![(*agg).clone()], vec![], &query.input)
            .is_ok_and(|q| q.decomposed.is_some())
    };
    let (parts, rest): (Vec<_>, Vec<_>) = query.aggs.iter().partition(part);
    let (Some(parts), Some(rest)) = (some(parts, query), some(rest, query)) else {
        return whole::gathered(narrow(pieces, query), query);
    };
    // Both need the partitions.
    let made: Vec<_> = pieces.into_iter().map(Piece::once).collect();
    let reduced = tree::reduce(made.clone(), &parts);
    let gathered = whole::gathered(narrow(made, &rest), &rest);
    side_by_side(reduced, gathered, query.clone())
}

/// The query of some of the aggregations, if there are any.
fn some(aggs: Vec<&Expr>, query: &Query) -> Option<Arc<Query>> {
    let aggs: Vec<_> = aggs.into_iter().cloned().collect();
    let some = !aggs.is_empty();
    some.then(|| Query::new(vec![], aggs, vec![], &query.input).ok().map(Arc::new))?
}

fn narrow(pieces: Vec<Piece>, query: &Query) -> Vec<Piece> {
    let columns = Columns::of(&query.aggs).within(&query.input);
    let select = Step::Select(columns.into_iter().map(col).collect());
    pieces.into_iter().map(|piece| piece.step(select.clone())).collect()
}

#[delayed(name = "aggregate", fallible)]
fn side_by_side(
    reduced: &DataFrame,
    gathered: &DataFrame,
    query: Arc<Query>,
) -> PolarsResult<DataFrame> {
    let all = reduced.hstack(gathered.columns())?;
    let name = |agg: &Expr| agg.clone().meta().output_name();
    all.select(query.aggs.iter().map(name).collect::<PolarsResult<Vec<_>>>()?)
}
