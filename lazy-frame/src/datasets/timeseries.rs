//! [`timeseries`]: random values over time, as much as you like.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use polars::prelude::*;
use polars::series::IsSorted;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::Draw;
use super::time::{Span, point};
use crate::divisions::Divisions;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::plan::{At, Bounds, Source, Wanted};

/// Random values over time: by default a row each second of January 2000, in 30 partitions of a day.
///
/// The columns are `timestamp`, `name` (26 names), `id` (Poisson with mean 1000), `x` and `y` (from -1 to 1); std
/// of `x` is about 0.577 for each name. The divisions are known. Partitions are made in their tasks; every column
/// of each has its own stream of random numbers (xoshiro256++), by its place among the columns: one that nobody
/// needs is not drawn, and leaving it out changes no value of the others.
///
/// # Examples
/// ```
/// use lazy_frame::datasets;
/// use lazy_frame::prelude::*;
///
/// let frame = datasets::timeseries().end("2000-01-03").freq("1h").seed(7).build()?;
/// assert_eq!(frame.npartitions(), 2);
/// assert_eq!(frame.compute()?.shape(), (48, 5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn timeseries() -> Timeseries {
    let columns = [
        ("name", Draw::names()),
        ("id", Draw::Poisson(1000.0)),
        ("x", Draw::Uniform(-1.0, 1.0)),
        ("y", Draw::Uniform(-1.0, 1.0)),
    ];
    Timeseries {
        start: "2000-01-01".into(),
        end: "2000-01-31".into(),
        freq: "1s".into(),
        partition_freq: "1d".into(),
        seed: None,
        columns: columns.map(|(name, draw)| (name.into(), draw)).into(),
        at: Location::caller(),
    }
}

/// How [`timeseries`] is to be; [`Timeseries::build`] makes a frame of it.
#[derive(Clone, Debug)]
pub struct Timeseries {
    start: String,
    end: String,
    freq: String,
    partition_freq: String,
    seed: Option<u64>,
    columns: Vec<(PlSmallStr, Draw)>,
    at: At,
}

impl Timeseries {
    /// The first time, such as `2000-01-01` (the default) or `2000-01-01T12:00:00`.
    pub fn start(self, start: impl Into<String>) -> Self {
        Timeseries { start: start.into(), ..self }
    }

    /// Where it ends; this time itself is not in it. By default `2000-01-31`.
    pub fn end(self, end: impl Into<String>) -> Self {
        Timeseries { end: end.into(), ..self }
    }

    /// The time from row to row, such as `1s` (the default), `500ms` or `1h30m`. Each partition starts anew.
    pub fn freq(self, freq: impl Into<String>) -> Self {
        Timeseries { freq: freq.into(), ..self }
    }

    /// The time that a partition spans, such as `1d` (the default), `2h` or `1mo`; the last one may be shorter.
    pub fn partition_freq(self, partition_freq: impl Into<String>) -> Self {
        Timeseries { partition_freq: partition_freq.into(), ..self }
    }

    /// Fixes all values. Without it one is drawn when the frame is built, so that two computations agree.
    pub fn seed(self, seed: u64) -> Self {
        Timeseries { seed: Some(seed), ..self }
    }

    /// The columns beside `timestamp`, and what they are drawn from, instead of `name`, `id`, `x` and `y`.
    ///
    /// # Examples
    /// ```
    /// use lazy_frame::datasets::{self, Draw};
    /// use lazy_frame::prelude::*;
    ///
    /// let columns = [("city", Draw::choice(["Oslo", "Rome"])), ("degrees", Draw::Uniform(-20.0, 40.0))];
    /// let frame = datasets::timeseries().freq("1h").columns(columns).build()?;
    /// assert_eq!(frame.compute()?.shape(), (30 * 24, 3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn columns<N: Into<PlSmallStr>>(
        self,
        columns: impl IntoIterator<Item = (N, Draw)>,
    ) -> Self {
        let columns = columns.into_iter().map(|(name, draw)| (name.into(), draw)).collect();
        Timeseries { columns, ..self }
    }

    /// The frame.
    ///
    /// # Errors
    /// [`Error::Option`] if a text cannot be read, if the end is not after the start, if a column has the name of
    /// another, or if its parameters make no sense.
    pub fn build(self) -> Result<Frame> {
        let at = self.at;
        Ok(Frame::from_source(Times::new(self)?, at))
    }
}

/// The column that the divisions are of.
const TIME: &str = "timestamp";

const TIME_TYPE: DataType = DataType::Datetime(TimeUnit::Microseconds, None);

/// The source that [`timeseries`] is.
struct Times {
    schema: SchemaRef,
    columns: Vec<(PlSmallStr, Draw)>,
    /// Where each partition starts, and where the last one ends.
    starts: Vec<i64>,
    freq: i64,
    seed: u64,
    text: String,
}

impl Times {
    fn new(options: Timeseries) -> Result<Times> {
        let Timeseries { start, end, freq, partition_freq, seed, columns, .. } = &options;
        let Span::Micros(freq_micros) = Span::parse("freq", freq)? else {
            let wrong = "counts months or years, which have no fixed length: count days instead";
            return Err(Error::Option(format!("freq: `{freq}` {wrong}")));
        };
        let starts = starts(&options)?;
        let seed = seed.unwrap_or_else(rand::random);
        let times = Times {
            schema: Arc::new(schema(columns)?),
            text: format!(
                "{start} to {end}, every {freq}, {partition_freq} a partition, seed {seed}"
            ),
            starts,
            freq: freq_micros,
            seed,
            columns: options.columns,
        };
        match (0..times.npartitions()).map(|i| times.height(i)).max() {
            Some(rows) if rows >= IdxSize::MAX as usize => Err(Error::Option(format!(
                "partition_freq: a partition would have {rows} rows: shorten it"
            ))),
            _ => Ok(times),
        }
    }

    fn height(&self, partition: usize) -> usize {
        let span = self.starts[partition + 1] - self.starts[partition];
        (span as u64).div_ceil(self.freq as u64) as usize
    }

    /// The first `n` values of a column.
    fn column(&self, partition: usize, name: &str, n: usize) -> Option<Column> {
        if name == TIME {
            return Some(self.times(partition, n));
        }
        let place = self.columns.iter().position(|(column, _)| column == name)?;
        let stream = stream(self.seed, partition, place);
        Some(self.columns[place].1.column(name.into(), n, stream))
    }

    fn times(&self, partition: usize, n: usize) -> Column {
        let start = self.starts[partition];
        let times = Int64Chunked::from_iter_values(
            TIME.into(),
            (0..n as i64).map(|i| start + i * self.freq),
        );
        let mut times = times.into_datetime(TimeUnit::Microseconds, None);
        times.physical_mut().set_sorted_flag(IsSorted::Ascending);
        times.into_column()
    }

    fn time(micros: i64) -> AnyValue<'static> {
        AnyValue::Datetime(micros, TimeUnit::Microseconds, None)
    }
}

/// Where each partition starts, and where the last one ends.
fn starts(options: &Timeseries) -> Result<Vec<i64>> {
    let Timeseries { start: from, end: to, partition_freq: every, .. } = options;
    let (start, end) = (point("start", from)?, point("end", to)?);
    if start >= end {
        return Err(Error::Option(format!("end: `{to}` is not after the start, `{from}`")));
    }
    let span = Span::parse("partition_freq", every)?;
    let mut starts = vec![start];
    while let Some(next) = span.after(start, starts.len() as i64)?.filter(|next| *next < end) {
        if starts.len() == MAX_PARTITIONS {
            let wrong = format!("would make more than {MAX_PARTITIONS} partitions");
            return Err(Error::Option(format!("partition_freq: `{every}` {wrong}")));
        }
        starts.push(next);
    }
    starts.push(end);
    Ok(starts)
}

const MAX_PARTITIONS: usize = 10_000_000;

fn schema(columns: &[(PlSmallStr, Draw)]) -> Result<Schema> {
    let mut schema = Schema::from_iter([(PlSmallStr::from(TIME), TIME_TYPE)]);
    for (name, draw) in columns {
        let wrong = |reason| Error::Option(format!("columns: `{name}`: {reason}"));
        draw.check().map_err(wrong)?;
        if schema.insert(name.clone(), draw.dtype()).is_some() {
            return Err(wrong("there are two columns of this name".into()));
        }
    }
    Ok(schema)
}

/// The random numbers of a column in a partition, unlike those of any other.
fn stream(seed: u64, partition: usize, column: usize) -> Xoshiro256PlusPlus {
    let place = scatter(scatter(seed) ^ partition as u64) ^ column as u64;
    Xoshiro256PlusPlus::seed_from_u64(scatter(place))
}

/// The finish of SplitMix64 (Steele, Lea and Flood 2014): numbers next to each other become unlike.
fn scatter(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl fmt::Debug for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "timeseries {}", self.text)
    }
}

impl Source for Times {
    fn name(&self) -> &'static str {
        "timeseries"
    }

    fn describe(&self) -> String {
        self.text.clone()
    }

    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn npartitions(&self) -> usize {
        self.starts.len() - 1
    }

    fn divisions(&self) -> Option<Divisions> {
        Some(Divisions::new(TIME, self.starts.iter().copied().map(Times::time).collect()))
    }

    fn rows(&self, partition: usize) -> Option<usize> {
        Some(self.height(partition))
    }

    fn bounds(&self, partition: usize, column: &str) -> Option<Bounds> {
        let first = self.starts[partition];
        let last = first + (self.height(partition) as i64 - 1) * self.freq;
        let bounds = Bounds { min: Times::time(first), max: Times::time(last), nulls: 0 };
        (column == TIME).then_some(bounds)
    }

    fn scan(&self, partition: usize, wanted: &Wanted) -> PolarsResult<LazyFrame> {
        let all = self.height(partition);
        let n = wanted.rows.map_or(all, |rows| rows.min(all));
        let column = |name: &PlSmallStr| self.column(partition, name, n);
        let columns = match &wanted.columns {
            Some(names) => names.iter().filter_map(column).collect(),
            None => self.schema.iter_names().filter_map(column).collect(),
        };
        Ok(DataFrame::new(n, columns)?.lazy())
    }
}

#[cfg(test)]
mod tests {
    use lazy_runtime::prelude::*;

    use super::*;

    fn small() -> Timeseries {
        timeseries().end("2000-01-04").freq("6h").seed(7)
    }

    #[test]
    fn january_has_a_row_each_second_in_30_days() {
        let frame = timeseries().build().unwrap();
        let plan = frame.plan().unwrap();
        assert_eq!(frame.npartitions(), 30);
        assert_eq!((0..30).map(|i| plan.rows(i).unwrap()).sum::<usize>(), 2_592_000);
        let divisions = frame.divisions().unwrap();
        assert_eq!((divisions.column(), divisions.bounds().len()), ("timestamp", 31));
        assert_eq!(divisions.bounds()[30].to_string(), "2000-01-31 00:00:00");
        let schema = frame.schema().unwrap();
        let columns: Vec<_> =
            schema.iter().map(|(name, dtype)| format!("{name}: {dtype}")).collect();
        assert_eq!(
            columns,
            ["timestamp: datetime[μs]", "name: str", "id: i64", "x: f64", "y: f64"]
        );
    }

    #[test]
    fn rows_are_apart_by_the_frequency() {
        let table = small().build().unwrap().compute().unwrap();
        let times = table.column("timestamp").unwrap().datetime().unwrap().physical();
        let start = point("", "2000-01-01").unwrap();
        let expected: Vec<_> = (0..12).map(|i| start + i * 6 * 3_600_000_000).collect();
        assert_eq!(times.to_vec_null_aware().left().unwrap(), expected);
    }

    #[test]
    fn a_seed_fixes_all_values() {
        let of = |seed| small().seed(seed).build().unwrap().compute().unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1).column("x").unwrap(), of(2).column("x").unwrap());
    }

    #[test]
    fn without_a_seed_two_computations_agree_and_two_frames_do_not() {
        let unseeded = || timeseries().end("2000-01-02").freq("1h").build().unwrap();
        let frame = unseeded();
        assert_eq!(frame.compute().unwrap(), frame.compute().unwrap());
        assert_ne!(frame.compute().unwrap(), unseeded().compute().unwrap());
    }

    #[test]
    fn columns_and_partitions_have_values_of_their_own() {
        let table = small().build().unwrap().compute().unwrap();
        let x = table.column("x").unwrap();
        assert_ne!(x, &table.column("y").unwrap().clone().with_name("x".into()));
        assert_ne!(x.slice(0, 4), x.slice(4, 4));
    }

    #[test]
    fn leaving_columns_or_rows_out_changes_no_value() {
        let times = Times::new(small()).unwrap();
        let all = times.scan(1, &Wanted::default()).unwrap().collect().unwrap();
        let columns: Arc<[PlSmallStr]> = ["id".into(), "y".into()].into();
        let wanted = Wanted { columns: Some(columns), rows: Some(3) };
        let some = times.scan(1, &wanted).unwrap().collect().unwrap();
        assert_eq!(some, all.select(["id", "y"]).unwrap().head(Some(3)));
    }

    #[test]
    fn a_shorter_rest_is_a_partition_too() {
        let times = Times::new(small().end("2000-01-03T05:00").freq("2h")).unwrap();
        assert_eq!((0..3).map(|i| times.height(i)).collect::<Vec<_>>(), [12, 12, 3]);
        let bounds = times.bounds(2, TIME).unwrap();
        assert_eq!(bounds.min.to_string(), "2000-01-03 00:00:00");
        assert_eq!(bounds.max.to_string(), "2000-01-03 04:00:00");
        assert!(times.bounds(2, "x").is_none());
    }

    #[test]
    fn partitions_may_be_months() {
        let frame = small().end("2000-12-31").partition_freq("1mo").build().unwrap();
        assert_eq!(frame.npartitions(), 12);
        assert_eq!(frame.divisions().unwrap().bounds()[2].to_string(), "2000-03-01 00:00:00");
    }

    #[test]
    fn options_that_make_no_sense_are_told() {
        let wrong = |options: Timeseries| options.build().unwrap_err().to_string();
        assert_eq!(
            wrong(small().start("2000-01-05")),
            "end: `2000-01-04` is not after the start, `2000-01-05`"
        );
        assert!(wrong(small().start("x")).starts_with("start: `x` is not a point in time"));
        assert!(wrong(small().freq("0s")).starts_with("freq: `0s` is no time at all"));
        assert!(wrong(small().freq("1mo")).starts_with("freq: `1mo` counts months"));
        assert!(wrong(small().partition_freq("day")).starts_with("partition_freq: `day` is not"));
        assert!(wrong(small().partition_freq("1us")).contains("more than 10000000 partitions"));
        assert!(wrong(small().freq("1us").partition_freq("9d")).contains("259200000000 rows"));
        let twice = [("x", Draw::names()), ("x", Draw::names())];
        assert_eq!(
            wrong(small().columns(twice)),
            "columns: `x`: there are two columns of this name"
        );
        let no_text = [("x", Draw::Choice(vec![]))];
        assert_eq!(wrong(small().columns(no_text)), "columns: `x`: there is no text to choose");
    }
}
