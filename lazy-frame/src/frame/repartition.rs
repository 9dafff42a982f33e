//! Methods: repartition.
