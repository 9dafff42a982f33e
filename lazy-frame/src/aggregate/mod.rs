//! An aggregation taken apart into what a partition gives, how that is merged, and what is made of it in the end.
//!
//! [`decompose`] walks Polars' expressions. What it finds below the arithmetic, the aggregations themselves, it
//! replaces by columns of state: a sum by the sums of the partitions, a variance by counts, sums and squared
//! deviations. What is left above them needs one row a group and is done last. An aggregation that needs all rows of a
//! group at once has no such state; then the rows are brought together first and this module has no part in it.

mod centred;
mod leaf;
mod rows;
mod sketch;
mod state;
mod walk;

use polars::prelude::*;

use crate::engine;
use crate::plan::empty;
use state::States;
use walk::Walk;

pub(crate) use leaf::is_top_k;
pub(crate) use sketch::Sketch;

/// Aggregations as columns of state, which merge.
#[derive(Clone, Debug)]
pub(crate) struct Decomposed {
    partial: Vec<Expr>,
    merge: Vec<Expr>,
    finish: Vec<Expr>,
}

impl Decomposed {
    /// The state of these rows: one row a group, the keys first, or one row if there are no keys.
    pub(crate) fn partial(&self, rows: LazyFrame, keys: &[Expr]) -> LazyFrame {
        per_group(rows, keys, &self.partial)
    }

    /// The state of all rows, in the columns of [`partial`](Self::partial), so that it merges further. The partial
    /// states lie one below the other, in the order of the partitions.
    pub(crate) fn merge(&self, partials: LazyFrame, keys: &[PlSmallStr]) -> LazyFrame {
        per_group(partials, &columns(keys), &self.merge)
    }

    /// What was asked for, of merged state that has one row a group.
    pub(crate) fn finish(&self, merged: LazyFrame, keys: &[PlSmallStr]) -> LazyFrame {
        let mut results = columns(keys);
        results.extend_from_slice(&self.finish);
        merged.select(results)
    }

    /// With the types that are wanted of the results, if the states merge to states and the results need one row of
    /// them each.
    fn checked(
        mut self,
        keys: &[Expr],
        schema: &Schema,
        wanted: &Schema,
    ) -> PolarsResult<Option<Self>> {
        let (_, key_schema) = engine::expand(keys, schema)?;
        let names: Vec<_> = key_schema.iter_names_cloned().collect();
        let state = self.partial(empty(schema).lazy(), keys).collect_schema()?;
        if self.merge(empty(&state).lazy(), &names).collect_schema()? != state {
            return Ok(None);
        }
        for result in &self.finish {
            if !engine::is_row_wise(result, &state)? {
                return Ok(None);
            }
        }
        let found = self.finish(empty(&state).lazy(), &names).collect_schema()?;
        for (result, (name, dtype)) in self.finish.iter_mut().zip(wanted.iter().skip(names.len())) {
            match found.get(name) {
                Some(found) if found == dtype => {}
                Some(_) => *result = result.clone().strict_cast(dtype.clone()),
                None => return Ok(None),
            }
        }
        Ok(Some(self))
    }
}

fn per_group(rows: LazyFrame, keys: &[Expr], aggs: &[Expr]) -> LazyFrame {
    match keys {
        [] => rows.select(aggs),
        keys => rows.group_by(keys).agg(aggs),
    }
}

fn columns(names: &[PlSmallStr]) -> Vec<Expr> {
    names.iter().map(|name| col(name.clone())).collect()
}

/// Takes aggregations apart that have neither selectors nor wildcards. `None` if one of them needs all rows of a group
/// at once, or is a mistake, which Polars explains better.
pub(crate) fn decompose(aggs: &[Expr], keys: &[Expr], schema: &Schema) -> Option<Decomposed> {
    let wanted = per_group(empty(schema).lazy(), keys, aggs).collect_schema().ok()?;
    let (_, key_schema) = engine::expand(keys, schema).ok()?;
    let taken = schema.iter_names().chain(key_schema.iter_names());
    let mut walk = Walk { schema, grouped: !keys.is_empty(), states: States::beside(taken) };
    let results: Vec<Expr> = aggs.iter().map(|agg| walk.top(agg)).collect::<Option<_>>()?;
    let names = wanted.iter_names_cloned().skip(key_schema.len());
    let finish = results.into_iter().zip(names).map(|(result, name)| result.alias(name)).collect();
    if walk.states.is_empty() {
        let _ = walk.rows(); // Literals alone: a row is needed to set them beside.
    }
    let (partial, merge) = walk.states.into_columns();
    Decomposed { partial, merge, finish }.checked(keys, schema, &wanted).ok()?
}

/// Whether an expression gives one row a group: each column that it names is below an aggregation.
pub(crate) fn is_aggregation(expr: &Expr) -> bool {
    engine::is_scalar(expr)
}

#[cfg(test)]
mod tests;
