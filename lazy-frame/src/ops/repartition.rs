//! The operator of `repartition`.
