//! What a frame prints: its structure.

use std::fmt;

use super::Frame;
use crate::divisions::Divisions;
use crate::plan::Plan;

/// Prints the structure: columns with their types, partitions with their divisions, the last step, and how many
/// tasks there are. Computes nothing.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = match self.plan() {
            Ok(plan) => plan,
            Err(mistake) => return write!(f, "Frame with a mistake:\n{mistake}"),
        };
        writeln!(f, "Frame{}:", divided(plan.divisions()))?;
        write!(f, "{}", table(plan))?;
        write!(f, "Step name: {}, {}", plan.operator().name(), n_tasks(plan))
    }
}

/// The structure, in a line.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = match self.plan() {
            Ok(plan) => plan,
            Err(mistake) => return write!(f, "Frame({})", one_line(&mistake.to_string())),
        };
        let columns: Vec<_> =
            plan.schema().iter().map(|(name, dtype)| format!("{name}: {dtype}")).collect();
        let columns = elide(&columns, ", ".len(), WIDTH, |text| text.chars().count());
        let columns: Vec<_> = columns.into_iter().map(|text| text.map_or("...", |t| t)).collect();
        let divided = divided(plan.divisions());
        let (npartitions, name) = (plan.npartitions(), plan.operator().name());
        write!(f, "Frame({}; npartitions={npartitions}{divided}; ", columns.join(", "))?;
        write!(f, "step name: {name}, {})", n_tasks(plan))
    }
}

pub(super) fn n_tasks(plan: &Plan) -> String {
    match plan.n_tasks() {
        1 => "1 task".into(),
        n => format!("{n} tasks"),
    }
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn divided(divisions: Option<&Divisions>) -> String {
    divisions.map(|known| format!(" divided by {}", known.column())).unwrap_or_default()
}

/// Lines are not longer than this.
const WIDTH: usize = 100;

/// Names and bounds are not longer than this.
const CELL: usize = 30;

const DOTS: &str = "...";

/// Texts one below the other.
struct Cells {
    texts: Vec<String>,
    width: usize,
}

impl Cells {
    fn new(texts: impl IntoIterator<Item = String>) -> Self {
        let texts: Vec<_> = texts.into_iter().map(shorten).collect();
        let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
        Cells { texts, width }
    }
}

/// A row for each division under the columns' names; the first has their types.
fn table(plan: &Plan) -> String {
    let labels = labels(plan);
    let height = labels.len();
    let corner = format!("npartitions={}", plan.npartitions());
    let left = Cells::new([corner].into_iter().chain(labels));
    let dots = || (1..height).map(|_| DOTS.to_owned());
    let columns: Vec<_> = plan
        .schema()
        .iter()
        .map(|(name, dtype)| {
            Cells::new([name.to_string(), dtype.to_string()].into_iter().chain(dots()))
        })
        .collect();
    let elided = Cells::new([DOTS.to_owned(), DOTS.to_owned()].into_iter().chain(dots()));
    let shown = elide(&columns, GAP.len(), WIDTH - left.width, |column| column.width);
    let mut text = String::new();
    for row in 0..=height {
        let mut line = format!("{:<1$}", left.texts[row], left.width);
        for column in &shown {
            let column = column.unwrap_or(&elided);
            line += &format!("{GAP}{:>1$}", column.texts[row], column.width);
        }
        text += line.trim_end();
        text += "\n";
    }
    text
}

const GAP: &str = "  ";

/// What stands beside each row: the bounds, where they are known; the first and the last two of them if there are many.
fn labels(plan: &Plan) -> Vec<String> {
    let n = plan.npartitions() + 1;
    let Some(divisions) = plan.divisions() else {
        return vec![String::new(); n.min(SHOWN)];
    };
    let bounds = divisions.bounds();
    let shown: Vec<_> = match n <= SHOWN {
        true => bounds.iter().collect(),
        false => bounds[..2].iter().chain(&bounds[n - 2..]).collect(),
    };
    let mut labels: Vec<_> = shown.iter().map(ToString::to_string).collect();
    if labels.iter().all(|label| label.ends_with(MIDNIGHT)) {
        labels.iter_mut().for_each(|label| label.truncate(label.len() - MIDNIGHT.len()));
    }
    if n > SHOWN {
        labels.insert(2, DOTS.to_owned());
    }
    labels
}

/// How many rows there are at most.
const SHOWN: usize = 5;

/// What a point in time that is a date ends in.
const MIDNIGHT: &str = " 00:00:00";

fn shorten(text: String) -> String {
    if text.chars().count() <= CELL {
        return text;
    }
    text.chars().take(CELL - DOTS.len()).chain(DOTS.chars()).collect()
}

/// The items that fit into a line, from both ends alternately; `None` stands for those between. The first is there
/// always.
fn elide<T>(items: &[T], gap: usize, room: usize, width: impl Fn(&T) -> usize) -> Vec<Option<&T>> {
    let cost = |item: &T| width(item) + gap;
    if items.iter().map(cost).sum::<usize>() <= room {
        return items.iter().map(Some).collect();
    }
    let (mut front, mut back) = (0, items.len());
    let mut left = room.saturating_sub(DOTS.len() + gap);
    while front < back {
        let from_front = front <= items.len() - back;
        let next = cost(&items[if from_front { front } else { back - 1 }]);
        if next > left && front > 0 {
            break;
        }
        left = left.saturating_sub(next);
        match from_front {
            true => front += 1,
            false => back -= 1,
        }
    }
    let ends = items[..front].iter().map(Some);
    ends.chain([None]).chain(items[back..].iter().map(Some)).collect()
}

#[cfg(test)]
mod tests {
    use lazy_runtime::delayed;
    use lazy_runtime::prelude::*;
    use polars::prelude::*;

    use super::*;
    use crate::datasets::timeseries;

    fn lines(text: &[&str]) -> String {
        text.join("\n")
    }

    fn table(npartitions: usize) -> Frame {
        Frame::from_polars(
            df!["x" => [1_i64, 2, 3, 4, 5, 6], "city" => ["a"; 6]].unwrap(),
            npartitions,
        )
    }

    #[test]
    fn divisions_stand_beside_the_types() {
        let frame = timeseries().build().unwrap();
        let structure = |step: &str| {
            lines(&[
                "Frame divided by timestamp:",
                "npartitions=30     timestamp  name   id    x    y",
                "2000-01-01      datetime[μs]   str  i64  f64  f64",
                "2000-01-02               ...   ...  ...  ...  ...",
                "...                      ...   ...  ...  ...  ...",
                "2000-01-30               ...   ...  ...  ...  ...",
                "2000-01-31               ...   ...  ...  ...  ...",
                &format!("Step name: {step}, 30 tasks"),
            ])
        };
        assert_eq!(frame.to_string(), structure("timeseries"));
        assert_eq!(frame.filter(col("y").gt(lit(0.0))).to_string(), structure("filter"));
    }

    #[test]
    fn times_of_day_are_told_where_there_are_any() {
        let times = timeseries().end("2000-01-01T12:00").partition_freq("6h").freq("1h");
        let frame = times.columns([("x", crate::datasets::Draw::Poisson(5.0))]).build().unwrap();
        let expected = lines(&[
            "Frame divided by timestamp:",
            "npartitions=2           timestamp    x",
            "2000-01-01 00:00:00  datetime[μs]  i64",
            "2000-01-01 06:00:00           ...  ...",
            "2000-01-01 12:00:00           ...  ...",
            "Step name: timeseries, 2 tasks",
        ]);
        assert_eq!(frame.to_string(), expected);
    }

    #[test]
    fn without_divisions_the_left_is_empty() {
        let expected = lines(&[
            "Frame:",
            "npartitions=6    x  city",
            "               i64   str",
            "               ...   ...",
            "               ...   ...",
            "               ...   ...",
            "               ...   ...",
            "Step name: from-polars, 6 tasks",
        ]);
        assert_eq!(table(6).to_string(), expected);
    }

    #[test]
    fn one_partition_has_two_rows() {
        let expected = lines(&[
            "Frame:",
            "npartitions=1    x  city",
            "               i64   str",
            "               ...   ...",
            "Step name: from-polars, 1 task",
        ]);
        assert_eq!(table(1).to_string(), expected);
    }

    #[test]
    fn what_was_persisted_keeps_the_name_of_its_step() {
        let filtered = table(3).filter(col("x").gt(lit(2)));
        let tail = |frame: &Frame| frame.to_string().lines().last().unwrap().to_owned();
        assert_eq!(tail(&filtered), "Step name: filter, 6 tasks");
        let expected = lines(&[
            "Frame:",
            "npartitions=3    x  city",
            "               i64   str",
            "               ...   ...",
            "               ...   ...",
            "               ...   ...",
            "Step name: filter, 3 tasks",
        ]);
        assert_eq!(filtered.persist().unwrap().to_string(), expected);
    }

    #[test]
    fn a_mistake_is_printed_instead() {
        let wrong = table(2).filter(col("z").gt(lit(2))).filter(lit(true));
        let text = wrong.to_string();
        let expected = "Frame with a mistake:\nfilter: there is no column `z`; the columns are x: i64, city: str\n  at ";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.contains("display.rs"), "{text}");
        let debug = format!("{wrong:?}");
        assert!(debug.starts_with("Frame(filter: there is no column `z`;"), "{debug}");
        assert!(!debug.contains('\n'));
    }

    #[test]
    fn many_columns_are_elided_in_the_middle() {
        let columns =
            (0..50).map(|i| Column::new(format!("measurement_{i}").into(), [i])).collect();
        let frame = Frame::from_polars(DataFrame::new(1, columns).unwrap(), 1);
        let expected = lines(&[
            "Frame:",
            "npartitions=1  measurement_0  measurement_1  measurement_2  ...  measurement_48  measurement_49",
            "                         i32            i32            i32  ...             i32             i32",
            "                         ...            ...            ...  ...             ...             ...",
            "Step name: from-polars, 1 task",
        ]);
        assert_eq!(frame.to_string(), expected);
    }

    #[test]
    fn long_names_are_shortened() {
        let column = Column::new("long ".repeat(40).into(), [1]);
        let frame = Frame::from_polars(DataFrame::new(1, vec![column]).unwrap(), 1);
        assert!(frame.to_string().contains("  long long long long long lo...\n"), "{frame}");
    }

    #[test]
    fn debug_is_the_same_in_a_line() {
        let expected = "Frame(x: i64, city: str; npartitions=2; step name: from-polars, 2 tasks)";
        assert_eq!(format!("{:?}", table(2)), expected);
        let divided = format!("{:?}", timeseries().build().unwrap());
        assert!(
            divided.contains("; npartitions=30 divided by timestamp; step name: timeseries"),
            "{divided}"
        );
    }

    #[test]
    fn partitions_of_the_user_count_with_what_makes_them() {
        let partition = delayed(df!["x" => [1]].unwrap());
        let schema = Schema::from_iter([("x".into(), DataType::Int32)]);
        let frame = Frame::from_delayed(vec![partition], schema);
        assert!(frame.to_string().ends_with("Step name: from-delayed, 2 tasks"), "{frame}");
    }
}
