//! [`Join`]: rows of two frames beside each other.
//!
//! How it is done is chosen from the numbers of partitions and from the divisions, see [`Strategy`]; what each
//! partition does is one plan of Polars: the row-wise steps of its sides, and the join.

mod align;
mod filter;
mod keys;
mod lower;
pub(crate) mod names;
mod strategy;
#[cfg(test)]
mod tests;

use polars::prelude::{Expr, IntoLazy, JoinArgs, JoinType, LazyFrame, PlSmallStr, SchemaRef};

pub(crate) use keys::{Keys, Side};
pub(crate) use lower::{nothing, together};

use crate::divisions::Divisions;
use crate::error::{StepError, reason};
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan, empty};
use names::{Origin, origins};
use strategy::Strategy;

/// The rows of two plans whose keys are equal.
#[derive(Debug)]
pub(crate) struct Join {
    rule: Rule,
    strategy: Strategy,
    /// Where each column of the result comes from.
    origins: Vec<Origin>,
    /// The columns whose hash tells in which partition a row of the result is.
    hashed_by: Option<Vec<PlSmallStr>>,
    inputs: [Plan; 2],
}

/// Which rows are joined, and how.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    keys: Keys,
    args: JoinArgs,
}

impl Rule {
    fn apply(&self, left: LazyFrame, right: LazyFrame) -> LazyFrame {
        left.join(right, self.keys.of(Side::Left), self.keys.of(Side::Right), self.args.clone())
    }

    /// The schema of the result, found by planning the join of no rows.
    fn schema(&self, left: &Plan, right: &Plan) -> Result<SchemaRef, String> {
        let [left, right] = [left, right].map(|side| empty(side.schema()).lazy());
        self.apply(left, right).collect_schema().map_err(|e| reason(&e))
    }
}

impl Join {
    pub(crate) fn plan(
        keys: Keys,
        args: JoinArgs,
        left: Plan,
        right: Plan,
        at: At,
    ) -> Result<Plan, StepError> {
        let rule = Rule { keys, args };
        let schema =
            rule.schema(&left, &right).map_err(|reason| left.misfit("join", reason, at))?;
        let strategy = Strategy::choose(&rule, &left, &right)
            .map_err(|reason| left.misfit("join", reason, at))?;
        let origins = origins(&rule, left.schema(), right.schema());
        let inputs = [left, right];
        let mut join = Join { rule, strategy, origins, hashed_by: None, inputs };
        join.hashed_by = join.hashed();
        let (npartitions, divisions) = (join.npartitions(), join.divisions());
        Ok(Plan::new(join, schema, npartitions, divisions, at))
    }

    fn input(&self, side: Side) -> &Plan {
        &self.inputs[side as usize]
    }

    fn npartitions(&self) -> usize {
        match &self.strategy {
            Strategy::Whole(side) => self.input(side.other()).npartitions(),
            Strategy::Aligned(ranges) => ranges.len(),
            Strategy::Shuffle(n) => *n,
        }
    }

    /// The divisions of the side that stays where it is, if their column is in the result.
    fn divisions(&self) -> Option<Divisions> {
        let side = self.stays()?;
        // Rows that are of the other side alone have nulls in its column.
        let has_all_rows = match self.rule.args.how {
            JoinType::Full => false,
            JoinType::Left => side == Side::Left,
            JoinType::Right => side == Side::Right,
            _ => true,
        };
        if !has_all_rows {
            return None;
        }
        let before = self.input(side).divisions()?;
        let name = self.renamed(side, before.column())?;
        Some(Divisions::new(name, before.bounds().to_vec()))
    }

    fn hashed(&self) -> Option<Vec<PlSmallStr>> {
        let rename = |side, names: &[PlSmallStr]| {
            names.iter().map(|name| self.renamed(side, name)).collect::<Option<_>>()
        };
        if let Some(side) = self.stays() {
            return rename(side, self.input(side).hashed_by()?);
        }
        let side = match (&self.strategy, &self.rule.args.how) {
            (Strategy::Aligned(_), _) | (_, JoinType::Full) => return None,
            (_, JoinType::Right) => Side::Right,
            _ => Side::Left,
        };
        rename(side, &self.rule.keys.hashed_columns(side)?)
    }

    /// The side each of whose partitions meets the whole other side, and whose rows are all that the result is made of.
    fn stays(&self) -> Option<Side> {
        match self.strategy {
            Strategy::Whole(side) if strategy::is_looked_up(&self.rule.args.how, side) => {
                Some(side.other())
            }
            _ => None,
        }
    }

    /// What a column of a side is called in the result, if it is there.
    fn renamed(&self, side: Side, column: &str) -> Option<PlSmallStr> {
        let origin = self.origins.iter().find(|origin| origin.is(side, column))?;
        Some(origin.name.clone())
    }
}

impl Operator for Join {
    fn name(&self) -> &'static str {
        "join"
    }

    fn describe(&self) -> String {
        let how = self.rule.args.how.to_string().to_lowercase();
        match self.rule.args.how {
            JoinType::Cross => format!("{how}; {}", self.strategy),
            _ => format!("{how} on {}; {}", self.rule.keys, self.strategy),
        }
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        let [left, right] = inputs.try_into().expect("a join has two inputs");
        Join::plan(self.rule.keys.clone(), self.rule.args.clone(), left, right, at)
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        let needs = |side| match wanted {
            Columns::All => Columns::All,
            wanted => names::needs(&self.origins, wanted, side).and(self.rule.keys.columns(side)),
        };
        vec![needs(Side::Left), needs(Side::Right)]
    }

    fn hashed_by(&self) -> Option<&[PlSmallStr]> {
        self.hashed_by.as_deref()
    }

    fn filter_inputs(&self, predicate: &Expr) -> Vec<Option<Expr>> {
        filter::inputs(&self.rule, &self.origins, predicate)
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        lower::pieces(self, lowering)
    }
}
