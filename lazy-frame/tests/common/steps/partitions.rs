//! The same rows in other partitions.

use lazy_frame::polars::prelude::*;
use lazy_frame::prelude::Frame;
use lazy_runtime::Collection;

use super::super::chain::Chain;
use super::super::dice::Dice;
use super::super::exprs::is_plain;
use super::some_names;

/// The same rows in other partitions.
pub(super) fn cut(chain: &Chain, dice: &mut Dice) -> Chain {
    let n = dice.pick(&[1_usize, 2, 4, 9]);
    let same = |rows: LazyFrame| rows;
    if dice.one_in(3) {
        let single = |frame: &Frame| {
            (0..frame.npartitions()).map(|i| frame.partition(i)).collect::<Vec<_>>()
        };
        return chain.step(
            "partitions",
            chain.is_ordered,
            |ours| lazy_frame::concat(single(ours)),
            same,
        );
    }
    if dice.one_in(3) {
        let bytes = 1 + dice.below(900);
        let said = format!("repartition_bytes {bytes}");
        return chain.step(said, chain.is_ordered, |ours| ours.repartition_bytes(bytes), same);
    }
    if dice.one_in(4) {
        // Each computed by itself: both choose alike.
        let seed = dice.roll();
        let split = |frame: &Frame| lazy_frame::concat(frame.random_split(&[0.4, 0.6], seed));
        return chain.step("random_split", false, split, same);
    }
    if dice.one_in(4) {
        let kept = |frame: &Frame| {
            frame.persist().unwrap_or_else(|error| panic!("{:#?}: {error}", chain.log))
        };
        return chain.step("persist", chain.is_ordered, kept, same);
    }
    match some_names(chain, dice, is_plain, 2) {
        Some(keys) if dice.one_in(2) => {
            chain.step(format!("shuffle {keys:?} {n}"), false, |ours| ours.shuffle(&keys, n), same)
        }
        _ => chain.step(
            format!("repartition {n}"),
            chain.is_ordered,
            |ours| ours.repartition(n),
            same,
        ),
    }
}

/// Partitions that are ranges of a column, and are known to be.
pub(super) fn divide(chain: &Chain, dice: &mut Dice) -> Chain {
    let known = chain.ours.divisions().map(|known| PlSmallStr::from(known.column()));
    if let (Some(column), true) = (&known, dice.one_in(2)) {
        let Some(values) = bounds(chain, column, dice) else { return chain.clone() };
        let ends = chain.ours.divisions().expect("they are known").bounds();
        let mut bounds: Vec<AnyValue<'static>> = values.iter().map(AnyValue::into_static).collect();
        (bounds[0], *bounds.last_mut().expect("two at least")) =
            (ends[0].clone(), ends[ends.len() - 1].clone());
        let dtype = values.dtype();
        let bounds = Series::from_any_values_and_dtype(column.clone(), &bounds, dtype, true)
            .expect("of one type");
        let bounds = bounds.unique_stable().expect("values that compare");
        return chain.step(
            format!("repartition_divisions {bounds:?}"),
            false,
            |ours| ours.repartition_divisions(bounds),
            |theirs| theirs,
        );
    }
    let divides = |dtype: &DataType| is_plain(dtype) && !dtype.is_float() && !dtype.is_bool();
    let Some(names) = some_names(chain, dice, divides, 1) else { return chain.clone() };
    let name =
        if chain.schema().contains("n") && dice.one_in(2) { "n".into() } else { names[0].clone() };
    let sorted = chain.ours.set_sorted(&name);
    if sorted.schema().is_ok() {
        return chain.step(
            format!("set_sorted {name}"),
            chain.is_ordered,
            |_| sorted,
            |theirs| theirs,
        );
    }
    let present = chain.step(
        format!("drop_nulls {name}"),
        chain.is_ordered,
        |ours| ours.drop_nulls(Some(&[&name])),
        |theirs| theirs.filter(col(name.clone()).is_not_null()),
    );
    let Some(bounds) = bounds(&present, &name, dice) else { return present };
    present.step(
        format!("set_divisions {name} {bounds:?}"),
        false,
        |ours| ours.set_divisions(&name, bounds),
        |theirs| theirs,
    )
}

/// The least and the largest value, and some between.
fn bounds(chain: &Chain, column: &str, dice: &mut Dice) -> Option<Series> {
    let values =
        chain.theirs.column(column).ok()?.as_materialized_series().drop_nulls().unique().ok()?;
    let values = values.sort(SortOptions::default()).ok()?;
    let last = values.len().checked_sub(1).filter(|last| *last > 0)?;
    let mut places: Vec<IdxSize> =
        (0..dice.below(4)).map(|_| 1 + dice.below(last) as IdxSize).collect();
    places.extend([0, last as IdxSize]);
    places.sort_unstable();
    places.dedup();
    values.take(&IdxCa::from_vec("".into(), places)).ok()
}
