//! [`Asof`]: each row beside the row of another frame whose key is nearest.

mod lower;
mod ranges;
#[cfg(test)]
mod tests;

use polars::prelude::{AsOfOptions, Expr, IntoLazy, JoinArgs, LazyFrame, PlSmallStr, SchemaRef};

use super::join::names::{Origin, beside, needs};
use super::join::{Keys, Side};
use crate::engine;
use crate::error::{StepError, reason};
use crate::plan::{At, Columns, Lowering, Operator, Piece, Plan, empty};
use ranges::Ranges;

/// The rows of the left plan, each with at most one of the right plan.
#[derive(Debug)]
pub(crate) struct Asof {
    rule: Rule,
    /// Which partitions of the right side each of the left one needs, where that is known.
    ranges: Option<Ranges>,
    origins: Vec<Origin>,
    inputs: [Plan; 2],
}

/// Which rows are joined, and how.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// A pair.
    keys: Keys,
    args: JoinArgs,
    options: AsOfOptions,
}

impl Rule {
    fn apply(&self, left: LazyFrame, right: LazyFrame) -> LazyFrame {
        left.join(right, self.keys.of(Side::Left), self.keys.of(Side::Right), self.args.clone())
    }

    fn by(&self, side: Side) -> &[PlSmallStr] {
        let by = match side {
            Side::Left => &self.options.left_by,
            Side::Right => &self.options.right_by,
        };
        by.as_deref().unwrap_or_default()
    }

    /// Whether the right key is left out of the result.
    fn is_merged(&self, right: &str) -> bool {
        let same = self.keys.column(Side::Left) == Some(right)
            && self.keys.column(Side::Right) == Some(right);
        self.by(Side::Right).iter().any(|by| by == right) || (self.args.should_coalesce() && same)
    }
}

impl Asof {
    /// What Polars refuses of these types, it refuses of no rows, too.
    pub(crate) fn check(
        keys: Keys,
        args: JoinArgs,
        options: AsOfOptions,
        inputs: [Plan; 2],
        at: At,
    ) -> Result<Plan, StepError> {
        let rule = Rule { keys, args, options };
        let [left, right] = inputs.each_ref().map(|input| empty(input.schema()).lazy());
        let plan = rule.apply(left, right);
        engine::collect(plan).map_err(|e| inputs[0].misfit("join_asof", reason(&e), at))?;
        Asof::plan(rule, inputs, at)
    }

    fn plan(rule: Rule, inputs: [Plan; 2], at: At) -> Result<Plan, StepError> {
        let schema =
            schema(&rule, &inputs).map_err(|reason| inputs[0].misfit("join_asof", reason, at))?;
        let [left, right] = &inputs;
        let (npartitions, divisions) = (left.npartitions(), left.divisions().cloned());
        let ranges = ranges::ranges(&rule, left, right);
        let kept = right.schema().iter_names().filter(|name| !rule.is_merged(name)).cloned();
        let origins = beside(
            left.schema().iter_names().cloned().collect(),
            kept.collect(),
            rule.args.suffix(),
        );
        Ok(Plan::new(Asof { rule, ranges, origins, inputs }, schema, npartitions, divisions, at))
    }
}

fn schema(rule: &Rule, inputs: &[Plan; 2]) -> Result<SchemaRef, String> {
    let [left, right] = inputs.each_ref().map(|input| empty(input.schema()).lazy());
    rule.apply(left, right).collect_schema().map_err(|e| reason(&e))
}

impl Operator for Asof {
    fn name(&self) -> &'static str {
        "join-asof"
    }

    fn describe(&self) -> String {
        let strategy = format!("{:?}", self.rule.options.strategy).to_lowercase();
        let mut text = format!("{strategy} on {}", self.rule.keys);
        if !self.rule.by(Side::Left).is_empty() {
            text += &format!(" by {}", self.rule.by(Side::Left).join(", "));
        }
        text + match self.ranges {
            Some(_) => "; each partition of the left side meets those of its range",
            None => "; each partition of the left side meets the whole right side",
        }
    }

    fn inputs(&self) -> &[Plan] {
        &self.inputs
    }

    fn over(&self, inputs: Vec<Plan>, at: At) -> Result<Plan, StepError> {
        let inputs = inputs.try_into().expect("a join has two inputs");
        Asof::plan(self.rule.clone(), inputs, at)
    }

    fn needs(&self, wanted: &Columns) -> Vec<Columns> {
        let of_side = |side| match wanted {
            Columns::All => Columns::All,
            wanted => needs(&self.origins, wanted, side)
                .and(self.rule.keys.columns(side))
                .and(Columns::names(self.rule.by(side).iter().cloned())),
        };
        vec![of_side(Side::Left), of_side(Side::Right)]
    }

    fn hashed_by(&self) -> Option<&[PlSmallStr]> {
        self.inputs[0].hashed_by()
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        self.inputs[0].rows(partition)
    }

    /// Rows of the left side are dropped before as well as after; which row of the right side is the nearest, all of
    /// them tell.
    fn filter_inputs(&self, predicate: &Expr) -> Vec<Option<Expr>> {
        let names = predicate.clone().meta().root_names();
        let left = names.iter().all(|name| self.inputs[0].schema().contains(name));
        vec![left.then(|| predicate.clone()), None]
    }

    fn lower(&self, _: &Plan, lowering: &mut Lowering) -> Vec<Piece> {
        lower::pieces(self, lowering)
    }
}
