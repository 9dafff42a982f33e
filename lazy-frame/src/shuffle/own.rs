//! Pieces with strings of their own.

use polars::prelude::*;

/// The rows with their own copy of all strings: a gathered piece shares those of its partition, all of them, so that no
/// memory would be free when it goes to disk, and with lists of strings all would be written.
pub(super) fn with_own_strings(rows: DataFrame) -> PolarsResult<DataFrame> {
    if !rows.dtypes().iter().any(DataType::contains_views) {
        return Ok(rows);
    }
    let own = |column: &Column| match column.dtype().contains_views() {
        true => Ok(copied(column.as_materialized_series())?.into_column()),
        false => Ok(column.clone()),
    };
    let columns = rows.columns().iter().map(own).collect::<PolarsResult<_>>()?;
    DataFrame::new(rows.height(), columns)
}

fn copied(values: &Series) -> PolarsResult<Series> {
    let name = values.name().clone();
    match values.dtype() {
        DataType::String => {
            Ok(StringChunked::from_iter_options(name, values.str()?.iter()).into_series())
        }
        DataType::Binary => {
            Ok(BinaryChunked::from_iter_options(name, values.binary()?.iter()).into_series())
        }
        DataType::List(inner) if inner.contains_views() => {
            Ok(values.list()?.apply_to_inner(&|inner| copied(&inner))?.into_series())
        }
        DataType::Struct(_) => Ok(values.struct_()?.try_apply_fields(copied)?.into_series()),
        _ => Ok(values.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_the_same_and_smaller() {
        let text = |i: usize| (i % 7 != 3).then(|| format!("{i}: a string of many bytes, {i}"));
        let texts: Vec<_> = (0..1_000).map(text).collect();
        let whole = df!["s" => texts].unwrap().lazy().select([
            col("s").cast(DataType::Binary).alias("b"),
            concat_list([col("s")]).unwrap().alias("l"),
            as_struct(vec![col("s"), lit(1).alias("one")]).alias("t"),
            col("s"),
        ]);
        let whole = whole.collect().unwrap();
        let index = IdxCa::from_vec(PlSmallStr::EMPTY, (0..1_000).step_by(100).collect());
        let shared = whole.take(&index).unwrap();
        let own = with_own_strings(shared.clone()).unwrap();
        assert!(own.equals_missing(&shared) && own.schema() == shared.schema());
        let bytes = |rows: &DataFrame| rows.clone().serialize_to_bytes().unwrap().len();
        assert!(bytes(&own) * 5 < bytes(&shared), "{} {}", bytes(&own), bytes(&shared));
    }
}
