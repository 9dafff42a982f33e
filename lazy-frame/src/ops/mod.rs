//! The operators, one a file: what a step needs, its schema, and the tasks that it becomes.

pub(crate) mod aggregate;
pub(crate) mod asof;
pub(crate) mod border;
pub(crate) mod concat;
pub(crate) mod cumulative;
pub(crate) mod head;
pub(crate) mod held;
pub(crate) mod join;
pub(crate) mod known_divisions;
pub(crate) mod map_partitions;
pub(crate) mod over;
pub(crate) mod overlap;
pub(crate) mod partitions;
pub(crate) mod projection;
pub(crate) mod quantile_approx;
pub(crate) mod reach;
pub(crate) mod refused;
pub(crate) mod repartition;
pub(crate) mod row_index;
pub(crate) mod row_wise;
pub(crate) mod sample;
pub(crate) mod scan;
pub(crate) mod set_divisions;
pub(crate) mod shuffle;
pub(crate) mod sort;
pub(crate) mod totals;
pub(crate) mod top_k;
pub(crate) mod tree;
pub(crate) mod staged;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod time_windows;
pub(crate) mod unique;
pub(crate) mod write;
