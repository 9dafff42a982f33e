//! Variance, skew, covariance and the like, compared with Polars on the whole.

use super::*;

#[test]
fn variances_are_those_of_polars() {
    check(["x", "f", "i", "b", "none"].map(|name| col(name).var(1)));
    check([0, 1, 2].map(|ddof| col("x").std(ddof)));
}

#[test]
fn higher_moments_are_those_of_polars() {
    check([true, false].map(|bias| col("x").skew(bias)));
    check([true, false].map(|bias| col("i").skew(bias)));
    check([true, false].map(|bias| col("x").kurtosis(true, bias)));
    check([true, false].map(|bias| col("f").kurtosis(false, bias)));
}

#[test]
fn covariance_and_correlation_are_those_of_polars() {
    check([0, 1, 2].map(|ddof| cov(col("x"), col("y"), ddof)));
    check([cov(col("f"), col("f") * lit(2), 1), cov(col("x"), col("none"), 1)]);
    check(
        [("x", "y"), ("i", "x"), ("f", "f"), ("b", "y"), ("x", "none")]
            .map(|(x, y)| pearson_corr(col(x), col(y))),
    );
}

#[test]
fn a_large_mean_takes_no_digits_from_what_is_measured_from_it() {
    let small: Vec<f64> = (0..64).map(|i| f64::from(i * 37 % 64) / 64.0).collect();
    let large: Vec<f64> = small.iter().map(|x| x + 1e9).collect();
    let rows = df!("small" => &small, "large" => &large).expect("columns of one height");
    let of = |name: &str| {
        [
            col(name).var(1),
            col(name).std(0),
            col(name).kurtosis(true, true),
            cov(col(name), col("small"), 1),
        ]
    };
    let value = |agg: Expr| {
        let decomposed = decompose(&[agg], &[], rows.schema()).expect("moments merge");
        in_pieces(&decomposed, &rows, &[], &[]).columns()[0]
            .f64()
            .expect("a float")
            .get(0)
            .expect("many values")
    };
    for (small, large) in of("small").into_iter().zip(of("large")) {
        let name = large.to_string();
        let (small, large) = (value(small), value(large));
        assert!((small - large).abs() < 1e-7, "{name}: {large} for {small}");
    }
}
