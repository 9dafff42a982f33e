//! What is needed of Polars' inside: the only module that knows how Polars runs, hashes, and what an expression is to its planner.
//!
//! A partition is computed on the thread of its task. Polars has a thread pool of its own, and whoever waits for it from within
//! a worker of ours steals further partitions meanwhile: with 365 files all 365 were open at once. So Polars is told to stay
//! on the thread that calls it. That cannot be said of a rayon worker, where Polars would then panic; each worker
//! has a companion thread, which is handed the plan while the worker sleeps.

use std::any::Any;
use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use lazy_runtime::{Runtime, stand_in};
use polars::prelude::*;
use polars_async::executor::ALLOW_RAYON_THREADS;
use polars_core::prelude::row_encode::_get_rows_encoded_ca;
use polars_core::utils::accumulate_dataframes_vertical;
use polars_plan::prelude::{
    Arena, ExprToIRContext, OptFlags, expand_expression, is_elementwise_rec, is_scalar_ae,
    to_expr_ir,
};

use crate::error::without_advice;

/// Computes a plan on this thread alone.
pub(crate) fn collect(plan: LazyFrame) -> PolarsResult<DataFrame> {
    computed(plan, Engine::InMemory)
}

/// Computes a plan on the threads that Polars streams with, whichever are free. Float sums may differ in their last digits from run to run.
pub(crate) fn stream(plan: LazyFrame) -> PolarsResult<DataFrame> {
    computed(plan, Engine::Streaming)
}

/// The same for a plan that reads several partitions, of which Polars has as many open as it has threads: one such plan at a time, so that
/// there are no more, and threads do not compete.
pub(crate) fn stream_in_turn(plan: LazyFrame) -> PolarsResult<DataFrame> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    stream(plan)
}

fn computed(plan: LazyFrame, engine: Engine) -> PolarsResult<DataFrame> {
    let result = alone(move || plan.collect_with_engine(engine));
    result.map(|result| result.unwrap_single()).map_err(without_advice)
}

/// Computes a plan that groups so many rows: those of a large table are streamed, which finds groups faster, and small ones are not, which starts faster.
pub(crate) fn grouped(plan: LazyFrame, rows: usize) -> PolarsResult<DataFrame> {
    if rows > LARGE { stream(plan) } else { collect(plan) }
}

const LARGE: usize = 50_000;

/// The rows of plans of one schema, of which there is at least one, in any order.
pub(crate) fn union(mut plans: Vec<LazyFrame>) -> PolarsResult<LazyFrame> {
    if plans.len() == 1 {
        return Ok(plans.remove(0));
    }
    let arguments = UnionArgs { rechunk: false, maintain_order: false, ..Default::default() };
    polars::prelude::concat(plans, arguments)
}

/// Does something with Polars that stays on this thread, or on one that stands in for it.
pub(crate) fn alone<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    if !ALLOW_RAYON_THREADS.get() {
        return work();
    }
    if rayon::current_thread_index().is_some() {
        return COMPANION.with(|companion| companion.get_or_init(Companion::start).run(work));
    }
    let _alone = Alone::begin();
    work()
}

thread_local! {
    static COMPANION: OnceCell<Companion> = const { OnceCell::new() };
}

/// Polars stays on this thread until this is dropped.
struct Alone;

impl Alone {
    fn begin() -> Self {
        ALLOW_RAYON_THREADS.set(false);
        Alone
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        ALLOW_RAYON_THREADS.set(true);
    }
}

type Job = Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>;
type Done = thread::Result<Box<dyn Any + Send>>;

/// A thread that does one worker's work with Polars. It ends with the worker.
///
/// A function of the user's that runs here may compute something in turn: it does so as a part of the worker's task.
struct Companion {
    jobs: SyncSender<Job>,
    done: Receiver<Done>,
}

/// As the workers of the runtime: expressions nest deeply.
const STACK: usize = 16 << 20;

impl Companion {
    fn start() -> Self {
        let (jobs, to_do) = sync_channel::<Job>(1);
        let (give, done) = sync_channel(1);
        let work = move || {
            ALLOW_RAYON_THREADS.set(false);
            for job in to_do {
                let done = catch_unwind(AssertUnwindSafe(|| stand_in(job)));
                if give.send(done).is_err() {
                    return;
                }
            }
        };
        let started =
            thread::Builder::new().name("lazy-frame".into()).stack_size(STACK).spawn(work);
        started.expect("a thread can be started: the pool has started its own");
        Companion { jobs, done }
    }

    fn run<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> R {
        let runtime = Runtime::current();
        let job: Job = Box::new(move || Box::new(runtime.install(work)));
        self.jobs.send(job).expect("the companion lives as long as its worker");
        match self.done.recv().expect("the companion answers each job") {
            Ok(result) => *result.downcast().expect("the answer is that of the job"),
            Err(panic) => resume_unwind(panic),
        }
    }
}

/// The frames one below the other.
pub(crate) fn concat(frames: Vec<DataFrame>) -> PolarsResult<DataFrame> {
    accumulate_dataframes_vertical(frames)
}

/// The expressions with selectors and wildcards replaced by the columns that they stand for, and the schema of the result.
pub(crate) fn expand(exprs: &[Expr], schema: &Schema) -> PolarsResult<(Vec<Expr>, Schema)> {
    polars_plan::prelude::prepare_projection(exprs.to_vec(), schema, &mut OptFlags::default())
}

/// The expressions with selectors and wildcards replaced, which do not stand for some columns, as those of the keys of a group-by.
pub(crate) fn expand_beside(
    exprs: &[Expr],
    but: &[PlSmallStr],
    schema: &Schema,
) -> PolarsResult<Vec<Expr>> {
    let but = but.iter().cloned().collect();
    let mut expanded = Vec::with_capacity(exprs.len());
    for expr in exprs {
        expand_expression(expr, &but, schema, &mut expanded, &mut OptFlags::default())?;
    }
    Ok(expanded)
}

/// Whether each row of the result needs that row of the input alone.
pub(crate) fn is_row_wise(expr: &Expr, schema: &Schema) -> PolarsResult<bool> {
    let mut arena = Arena::new();
    let mut context = ExprToIRContext::new(&mut arena, schema);
    context.allow_unknown = true;
    let node = to_expr_ir(expr.clone().map_expr(without_tables), &mut context)?.node();
    Ok(is_elementwise_rec(node, &arena))
}

/// What `replace` looks values up in stands beside the column as a second one would, of another length, and needs no rows.
fn without_tables(expr: Expr) -> Expr {
    match expr {
        Expr::Function {
            mut input,
            function: function @ (FunctionExpr::Replace | FunctionExpr::ReplaceStrict { .. }),
        } => {
            for table in input.iter_mut().skip(1).take(2) {
                if let Expr::Literal(LiteralValue::Series(_)) = table {
                    *table = lit(NULL);
                }
            }
            Expr::Function { input, function }
        }
        other => other,
    }
}

/// Whether the result is one row, however many rows there are.
pub(crate) fn is_scalar(expr: &Expr) -> bool {
    let schema = Schema::default();
    let mut arena = Arena::new();
    let mut context = ExprToIRContext::new(&mut arena, &schema);
    context.allow_unknown = true;
    context.check_column_names = false;
    to_expr_ir(expr.clone(), &mut context).is_ok_and(|ir| is_scalar_ae(ir.node(), &arena))
}

/// A hash for each row that is the same in every call and every process of this version; nulls are equal.
pub(crate) fn hash_rows(keys: &DataFrame) -> PolarsResult<Vec<u64>> {
    let mut hashes = Vec::with_capacity(keys.height());
    let state = PlSeedableRandomStateQuality::fixed();
    polars_core::hashing::columns_to_hashes(keys, Some(state), &mut hashes)?;
    Ok(hashes)
}

/// The type in which keys of two types are compared, as Polars compares them in a join; `None` where it does not.
pub(crate) fn common_key(left: &DataType, right: &DataType) -> Option<DataType> {
    match left == right {
        true => Some(left.clone()),
        false => polars_core::utils::get_numeric_upcast_supertype_lossless(left, right),
    }
}

/// For each row bytes whose order is that of a sort by these columns, with nulls first or last; NaNs are equal and the largest, zeros are equal.
pub(crate) fn ordered_keys(
    keys: &[Column],
    descending: &[bool],
    nulls_last: &[bool],
) -> PolarsResult<BinaryOffsetChunked> {
    _get_rows_encoded_ca(PlSmallStr::EMPTY, keys, descending, nulls_last, false)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use lazy_runtime::Scratch;

    use super::*;
    use crate::Frame;

    #[test]
    fn a_function_of_the_users_may_compute_with_the_runtime_of_its_task() {
        let (give, done) = channel();
        // On a thread of its own, so that the test ends when this does not.
        thread::spawn(move || {
            let table = df!["x" => [1, 2, 3]].unwrap();
            let runtime = Runtime::builder().num_threads(1).memory_limit(1 << 30).build().unwrap();
            let (inner, frame) = (runtime.clone(), Frame::from_polars(table, 2));
            let lengths = [frame.len(), frame.filter(col("x").gt(lit(1))).len()];
            let mapped = frame.map_partitions(move |rows: DataFrame| {
                assert_eq!(inner.compute(&lengths).unwrap(), [3, 2]);
                assert_eq!(inner.spawn(&lengths[1].clone()).join().unwrap(), 2);
                let limit = Scratch::current().limit().unwrap_or(0) as u64;
                let limit = lit(limit).cast(DataType::UInt64);
                rows.lazy().with_column(limit).collect()
            });
            let _ = give.send(runtime.compute(&mapped).unwrap());
        });
        let found = done.recv_timeout(Duration::from_secs(60)).expect("the run ends");
        assert_eq!(found.columns()[1].u64().unwrap().sum(), Some(3 << 30));
    }

    #[test]
    fn a_panic_of_the_users_is_told_and_the_worker_goes_on() {
        let runtime = Runtime::builder().num_threads(1).build().unwrap();
        let frame = Frame::from_polars(df!["x" => [1, 2, 3]].unwrap(), 2);
        let schema = frame.schema().unwrap();
        let mapped =
            frame.map_partitions_with_schema(schema, |rows: DataFrame| match rows.height() {
                1 => panic!("one row"),
                _ => Ok::<_, PolarsError>(rows),
            });
        let error = runtime.compute(&mapped).unwrap_err().to_string();
        assert!(error.ends_with("panicked: one row"), "{error}");
        assert_eq!(runtime.compute(&frame.filter(col("x").gt(lit(1)))).unwrap().height(), 2);
    }
}
