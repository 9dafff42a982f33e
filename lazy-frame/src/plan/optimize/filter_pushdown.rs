//! Rows that a filter drops are dropped as early as can be: before joins and shuffles, and within the scan, where Polars skips what it
//! need not read.

use std::collections::{HashMap, HashSet};
use std::mem;

use polars::prelude::{DataType, Expr, FunctionExpr, Operator, PlSmallStr, Schema, col};

use super::rewrite::{bottom_up, counted, over};
use crate::engine;
use crate::ops::row_wise::{RowWise, output_name};
use crate::plan::step::all_of;
use crate::plan::{At, Plan, Step};

/// From the users down it is told which conditions go how far; then the plan is rewritten once.
pub(super) fn apply(plan: &Plan) -> Plan {
    let (users, counted) = (plan.users(), counted(plan));
    let mut places: HashMap<_, Place> = HashMap::new();
    for plan in plan.users_first() {
        let mut place = places.remove(&plan.id()).unwrap_or_default();
        // What somebody else needs in full is not made a second time without some rows.
        let is_alone = |input: &Plan| users[&input.id()] == 1;
        let mut moving = mem::take(&mut place.above);
        let way = Way::through(&plan, &counted);
        match plan.inputs() {
            [input] if is_alone(input) && moving.iter().all(|condition| way.leaves(condition)) => {
                if let Some(Step::Filter(predicate)) = plan.operator().row_wise() {
                    let (free, stays) = split(predicate, plan.schema(), is_infallible);
                    moving.extend(Condition::all_of(free, plan.at()));
                    place.own = Some(Condition::all_of(stays, plan.at()).into_iter().collect());
                }
                places.entry(input.id()).or_default().above = moving;
            }
            inputs => {
                for condition in moving {
                    let (moved, stays) = way.of(condition);
                    place.above.extend(stays);
                    for (i, condition) in moved {
                        let to = match is_alone(&inputs[i]) {
                            true => &mut places.entry(inputs[i].id()).or_default().above,
                            false => place.below.entry(i).or_default(),
                        };
                        to.push(condition);
                    }
                }
            }
        }
        places.insert(plan.id(), place);
    }
    bottom_up(plan, |plan, inputs| places.remove(&plan.id()).unwrap_or_default().plan(plan, inputs))
}

/// What a filter asks of rows.
struct Condition {
    predicate: Expr,
    columns: Vec<PlSmallStr>,
    at: At,
}

impl Condition {
    fn new(predicate: Expr, at: At) -> Self {
        Condition { columns: predicate.clone().meta().root_names(), predicate, at }
    }

    fn all_of(conditions: Vec<Expr>, at: At) -> Option<Self> {
        all_of(conditions).map(|all| Condition::new(all, at))
    }

    fn filter(self, rows: Plan) -> Plan {
        let filtered = RowWise::plan(Step::Filter(self.predicate), rows, self.at);
        filtered.expect("that a condition fits the rows was seen where it was moved")
    }
}

/// The filters around a node, those above others first.
#[derive(Default)]
struct Place {
    /// What its rows have to meet.
    above: Vec<Condition>,
    /// What the rows of an input have to meet, where others need that input in full.
    below: HashMap<usize, Vec<Condition>>,
    /// What is left of its own conditions, if the node is a filter of which some may move.
    own: Option<Vec<Condition>>,
}

impl Place {
    fn plan(self, plan: &Plan, mut inputs: Vec<Plan>) -> Plan {
        let filtered = |rows, conditions: Vec<Condition>| {
            conditions.into_iter().rev().fold(rows, |rows, condition| condition.filter(rows))
        };
        for (i, conditions) in self.below {
            inputs[i] = filtered(inputs[i].clone(), conditions);
        }
        let node = match self.own {
            None => over(plan, inputs),
            Some(own) => filtered(inputs.remove(0), own),
        };
        filtered(node, self.above)
    }
}

/// What becomes of conditions below a node.
struct Way<'a> {
    plan: &'a Plan,
    is_closed: bool,
    /// The columns that it makes, where it leaves the other columns as they are.
    made: Option<Vec<PlSmallStr>>,
}

impl Way<'_> {
    fn through<'a>(plan: &'a Plan, counted: &HashSet<*const ()>) -> Way<'a> {
        let is_closed = counted.contains(&plan.id()) && plan.operator().cuts_by_rows();
        let made = match plan.operator().row_wise() {
            Some(Step::WithColumns(exprs)) => exprs.iter().map(output_name).collect(),
            Some(Step::Filter(_)) => Some(Vec::new()),
            _ => None,
        };
        Way { plan, is_closed, made }
    }

    /// Whether a condition is the same below the node.
    fn leaves(&self, condition: &Condition) -> bool {
        let made = self.made.as_ref();
        made.is_some_and(|made| !condition.columns.iter().any(|name| made.contains(name)))
    }

    /// The parts of a condition that the rows of inputs have to meet, and what cannot go further.
    fn of(&self, condition: Condition) -> (Vec<(usize, Condition)>, Option<Condition>) {
        if self.is_closed {
            return (Vec::new(), Some(condition));
        }
        if let Some(moved) = self.below(&condition.predicate, condition.at) {
            return (moved, None);
        }
        let below = |part: &Expr| self.below(part, condition.at);
        let can_move = |part: &Expr| below(part).is_some();
        let (move_on, stay) = split(&condition.predicate, self.plan.schema(), can_move);
        let moved = move_on.iter().filter_map(below).flatten().collect();
        (moved, Condition::all_of(stay, condition.at))
    }

    /// The predicate for each input that has to meet it; `None` where that would give other rows, or where there is no input.
    fn below(&self, predicate: &Expr, at: At) -> Option<Vec<(usize, Condition)>> {
        let inputs = self.plan.inputs();
        let moved = self.plan.operator().filter_inputs(predicate).into_iter().enumerate();
        let moved: Vec<_> = moved.filter_map(|(i, predicate)| Some((i, predicate?))).collect();
        // A key of the other side may be of another type.
        let fits = |(i, predicate): &(usize, Expr)| {
            inputs.len() == 1 || is_boolean(predicate, inputs[*i].schema())
        };
        let moves = !moved.is_empty() && moved.iter().all(fits);
        moves.then(|| moved.into_iter().map(|(i, moved)| (i, Condition::new(moved, at))).collect())
    }
}

/// The conditions of a predicate of which something is so, and the others. A null is a condition only beside others: then all stay.
fn split(
    predicate: &Expr,
    schema: &Schema,
    is_so: impl Fn(&Expr) -> bool,
) -> (Vec<Expr>, Vec<Expr>) {
    let (yes, no): (Vec<_>, Vec<_>) = conditions(predicate).into_iter().cloned().partition(is_so);
    let mut parts = yes.iter().chain(&no);
    match yes.is_empty() || no.is_empty() || parts.all(|part| is_boolean(part, schema)) {
        true => (yes, no),
        false => (Vec::new(), vec![predicate.clone()]),
    }
}

fn is_boolean(predicate: &Expr, schema: &Schema) -> bool {
    let expanded = engine::expand(std::slice::from_ref(predicate), schema);
    expanded.is_ok_and(|(_, made)| made.iter_values().eq([&DataType::Boolean]))
}

/// What has to be true for a conjunction to be.
pub(crate) fn conditions(predicate: &Expr) -> Vec<&Expr> {
    let (mut conditions, mut waiting) = (Vec::new(), vec![predicate]);
    while let Some(predicate) = waiting.pop() {
        match predicate {
            Expr::BinaryExpr { left, op: Operator::And | Operator::LogicalAnd, right } => {
                waiting.extend([&**right, &**left]);
            }
            other => conditions.push(other),
        }
    }
    conditions
}

/// The predicate as it reads before a step, where the rows that it drops may be dropped before.
pub(crate) fn before_step(step: &Step, predicate: &Expr) -> Option<Expr> {
    match step {
        Step::Filter(_) => Some(predicate.clone()),
        Step::Select(exprs) => renamed(exprs, predicate, false),
        Step::WithColumns(exprs) => renamed(exprs, predicate, true),
        Step::Explode(_) | Step::Unpivot(_) => None,
    }
}

/// The predicate over the columns that plain columns are made of; `None` if it needs one that is computed.
fn renamed(exprs: &[Expr], predicate: &Expr, others_stay: bool) -> Option<Expr> {
    let made: HashMap<_, _> = exprs.iter().filter_map(|e| Some((output_name(e)?, e))).collect();
    let origin = |name: &PlSmallStr| match made.get(name) {
        Some(Expr::Column(origin)) => Some(origin.clone()),
        Some(Expr::Alias(inner, _)) => match &**inner {
            Expr::Column(origin) => Some(origin.clone()),
            _ => None,
        },
        Some(_) => None,
        None => others_stay.then(|| name.clone()),
    };
    let names = predicate.clone().meta().root_names();
    let origins: HashMap<_, _> = names
        .into_iter()
        .map(|name| Some((name.clone(), origin(&name)?)))
        .collect::<Option<_>>()?;
    Some(predicate.clone().map_expr(|e| match e {
        Expr::Column(name) => col(origins.get(&name).cloned().unwrap_or(name)),
        other => other,
    }))
}

/// Whether a predicate can be evaluated for any row: it compares columns and values, and nothing is cast that may not fit. Rows that a
/// step before drops may be those for which another predicate would fail.
fn is_infallible(predicate: &Expr) -> bool {
    match predicate {
        Expr::Column(_) => true,
        Expr::Alias(inner, _) => is_infallible(inner),
        Expr::BinaryExpr { left, op, right }
            if op.is_comparison() || matches!(op, Operator::And | Operator::Or) =>
        {
            is_infallible(left) && is_infallible(right)
        }
        Expr::Function { input, function: FunctionExpr::Boolean(_) } => {
            input.iter().all(is_infallible)
        }
        constant => constant.clone().meta().root_names().is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;
    use polars::df;
    use polars::prelude::*;

    use crate::Frame;
    use crate::ops::testing::{agrees, table};

    fn frame(npartitions: usize) -> Frame {
        let table = df!["k" => [1, 2, 3, 4], "x" => [4, 3, 2, 1]].unwrap();
        Frame::from_polars(table, npartitions)
    }

    #[test]
    fn what_others_need_in_full_is_not_made_twice() {
        let joined = frame(4).inner_join(&frame(3).rename("x", "y"), "k", "k");
        let some = joined.with_columns([lit(1).alias("n")]).filter(col("x").gt(lit(2)));
        let both = some.select([col("y")]).concat(&joined.select([col("y")]));
        let joins = both.graph().names().iter().filter(|name| *name == "join").count();
        assert_eq!(joins, joined.npartitions(), "{}", both.explain());
        assert_eq!(both.compute().unwrap().height(), 2 + 4);
    }

    #[test]
    fn a_null_that_polars_takes_for_no_condition_is_told() {
        let more = frame(2).with_columns([(col("x") * lit(2)).alias("y")]);
        for condition in [col("y").gt(lit(2)), (col("x") + lit(1)).gt(lit(2))] {
            let filtered = more.filter(condition.clone().and(lit(NULL)));
            let error = filtered.compute().unwrap_err().to_string();
            assert!(error.contains("must be of type `Boolean`, got `Null`"), "{error}");
            let none = more.filter(condition.and(lit(NULL).cast(DataType::Boolean)));
            assert_eq!(none.compute().unwrap().height(), 0);
        }
    }

    #[test]
    fn each_condition_goes_as_far_as_it_can() {
        let more =
            frame(2).sort("x", Default::default()).with_columns([(col("x") * lit(2)).alias("y")]);
        let some =
            more.filter(col("k").gt(lit(1)).and(col("y").gt(lit(2)))).filter(col("x").lt(lit(3)));
        assert_eq!(some.compute().unwrap(), df!["k" => [3], "x" => [2], "y" => [4]].unwrap());
        let explained = some.explain();
        let (above, below) =
            explained.split_once("As it runs").unwrap().1.split_once("sort").unwrap();
        assert!(
            above.contains(r#"col("y")) > "#) && !above.contains(r#"col("k")) > "#),
            "{explained}"
        );
        assert!(
            below.contains(r#"col("k")) > "#) && below.contains(r#"col("x")) < "#),
            "{explained}"
        );
    }

    #[test]
    fn a_filter_stays_after_the_step_that_makes_its_column() {
        // The result has the name of the column that it is made of.
        let half = || [col("b") / lit(2), col("x")];
        let odd = || col("b").gt(lit(3)).and(col("x").gt(lit(0)));
        agrees(
            &table(),
            |f| f.with_columns(half()).filter(odd()),
            |f| f.with_columns(half()).filter(odd()),
        );
        agrees(&table(), |f| f.select(half()).filter(odd()), |f| f.select(half()).filter(odd()));
    }

    #[test]
    fn a_filter_stays_after_the_rows_that_a_list_becomes() {
        let lists = table().lazy().group_by_stable([col("i")]).agg([col("b")]).collect().unwrap();
        let items = || by_name(["b"], true, false);
        let options = ExplodeOptions { empty_as_null: true, keep_nulls: true };
        let agree = |lists: &DataFrame, some: Expr| {
            assert_eq!(lists.height(), 10);
            let frame = Frame::from_polars(lists.clone(), 3);
            let found = frame.explode(["b"]).filter(some.clone()).compute();
            let expected = lists.clone().lazy().explode(items(), options).filter(some).collect();
            assert_eq!(found.unwrap(), expected.unwrap());
        };
        agree(&lists, col("b").gt(lit(6)));
        agree(&lists, col("i").gt(lit(2)));
    }

    #[test]
    fn what_may_fail_is_asked_of_no_more_rows() {
        let texts = df!["s" => ["1", "none", "3", "none"]].unwrap();
        let frame = Frame::from_polars(texts, 2);
        let number = col("s").strict_cast(DataType::Int64);
        let numbers = Frame::from_polars(df!["s" => ["1", "3"]].unwrap(), 1);
        let some = frame.inner_join(&numbers, "s", "s").filter(number.gt(lit(1)));
        let found = some.compute().unwrap();
        assert_eq!(found, df!["s" => ["3"]].unwrap());
    }
}
