//! [`Keys`]: what is compared, on both sides.

use std::fmt;
use std::sync::Arc;

use polars::prelude::{DataType, Expr, PlSmallStr, PolarsError};

use crate::engine;
use crate::error::{StepError, reason};
use crate::plan::{At, Columns, Plan};

/// One of the two frames that are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

impl Side {
    pub(crate) fn other(self) -> Side {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Left => "left",
            Side::Right => "right",
        })
    }
}

/// Pairs of expressions that are to be equal.
#[derive(Clone, Debug)]
pub(crate) struct Keys(Arc<[Pair]>);

#[derive(Debug)]
pub(crate) struct Pair {
    left: Expr,
    right: Expr,
    /// The type in which both are compared.
    dtype: DataType,
    /// Whether both have that type.
    same_type: bool,
}

impl Keys {
    /// The keys of both sides without selectors: as many of one side as of the other, of types that can be compared,
    /// each of its own row alone.
    pub(crate) fn check(
        step: &str,
        sides: [(&Plan, &[Expr]); 2],
        at: At,
    ) -> Result<Keys, StepError> {
        let [(left, left_on), (right, right_on)] = sides;
        let left_keys = typed(step, left, left_on, Side::Left, at)?;
        let right_keys = typed(step, right, right_on, Side::Right, at)?;
        let (n, m) = (left_keys.len(), right_keys.len());
        if n != m {
            let reason =
                format!("{n} keys of the left side against {m} of the right: give as many of each");
            return Err(StepError::new(step, reason, &Default::default(), at));
        }
        let pairs = left_keys.into_iter().zip(right_keys).map(|(left, right)| pair(left, right));
        let pairs = pairs.collect::<Result<_, _>>();
        pairs.map(Keys).map_err(|reason| StepError::new(step, reason, &Default::default(), at))
    }

    pub(crate) fn of(&self, side: Side) -> Vec<Expr> {
        self.0.iter().map(|pair| pair.of(side).clone()).collect()
    }

    /// The keys of a side in the types in which they are compared.
    pub(crate) fn comparable(&self, side: Side) -> Vec<Expr> {
        let key = |(i, pair): (usize, &Pair)| {
            let key = pair.of(side).clone();
            let key = if pair.same_type { key } else { key.cast(pair.dtype.clone()) };
            key.alias(format!("key {i}"))
        };
        self.0.iter().enumerate().map(key).collect()
    }

    /// Whether the partitions of a side are those of a shuffle by its keys.
    pub(crate) fn are_hashed(&self, side: Side, plan: &Plan) -> bool {
        plan.hashed_by().is_some() && plan.hashed_by() == self.hashed_columns(side).as_deref()
    }

    /// The keys of a side, if all are columns in the type in which they are compared.
    pub(crate) fn hashed_columns(&self, side: Side) -> Option<Vec<PlSmallStr>> {
        let column = |pair: &Pair| pair.column(side).filter(|_| pair.same_type).map(Into::into);
        self.0.iter().map(column).collect()
    }

    /// The columns of a side that its keys are made of.
    pub(crate) fn columns(&self, side: Side) -> Columns {
        Columns::of(self.0.iter().map(|pair| pair.of(side)))
    }

    /// Whether a column is a key of a side.
    pub(crate) fn has_column(&self, side: Side, name: &str) -> bool {
        self.number_of(side, name) > 0
    }

    /// In how many pairs a column is the key of a side.
    pub(crate) fn number_of(&self, side: Side, name: &str) -> usize {
        self.0.iter().filter(|pair| pair.column(side) == Some(name)).count()
    }

    /// The column that is the only key of a side.
    pub(crate) fn column(&self, side: Side) -> Option<&str> {
        match &*self.0 {
            [pair] => pair.column(side),
            _ => None,
        }
    }

    /// The type of the only key.
    pub(crate) fn single_type(&self) -> Option<&DataType> {
        match &*self.0 {
            [pair] => Some(&pair.dtype),
            _ => None,
        }
    }

    pub(crate) fn are_columns(&self) -> bool {
        let sides = [Side::Left, Side::Right];
        self.0.iter().all(|pair| sides.iter().all(|side| pair.column(*side).is_some()))
    }

    /// The column of the other side that equals a column of one side, and is of the same type.
    pub(crate) fn counterpart(&self, side: Side, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter().filter(|pair| pair.same_type);
        pairs.find(|pair| pair.column(side) == Some(name))?.column(side.other())
    }
}

impl Pair {
    pub(crate) fn of(&self, side: Side) -> &Expr {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }

    /// The name of the column, if the key is one.
    fn column(&self, side: Side) -> Option<&str> {
        match self.of(side) {
            Expr::Column(name) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Pair { left, right, .. }) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            match left == right {
                true => write!(f, "{comma}{left}")?,
                false => write!(f, "{comma}{left} = {right}")?,
            }
        }
        Ok(())
    }
}

/// The expressions of one side, with their types.
fn typed(
    step: &str,
    plan: &Plan,
    exprs: &[Expr],
    side: Side,
    at: At,
) -> Result<Vec<(Expr, DataType)>, StepError> {
    let schema = plan.schema();
    let misfit = |reason: String| plan.misfit(step, format!("the {side} side: {reason}"), at);
    let failed = |e: PolarsError| misfit(reason(&e));
    let mut keys = Vec::with_capacity(exprs.len());
    for expr in exprs {
        let (expanded, types) =
            engine::expand(std::slice::from_ref(expr), schema).map_err(failed)?;
        for (key, dtype) in expanded.into_iter().zip(types.iter_values()) {
            if !engine::is_row_wise(&key, schema).map_err(failed)? {
                return Err(misfit(format!("the key `{key}` needs more than its own row")));
            }
            keys.push((key, dtype.clone()));
        }
    }
    Ok(keys)
}

fn pair((left, l): (Expr, DataType), (right, r): (Expr, DataType)) -> Result<Pair, String> {
    let Some(dtype) = engine::common_key(&l, &r) else {
        return Err(format!(
            "the left key `{left}` is {l}, the right key `{right}` is {r}: cast one of them"
        ));
    };
    Ok(Pair { left, right, dtype, same_type: l == r })
}
