//! What is wrong with a file is told with line and column.

use polars::prelude::*;

use super::*;

#[test]
fn a_value_that_does_not_fit_is_told_with_line_and_column() {
    let text = "a,b\n1,\"x\n\"\n2,y\n2.5,z\n";
    for bytes in [1, 8, 100] {
        let folder = one(text);
        let read = folder.csv("a.csv").infer_schema_length(Some(2)).partition_bytes(bytes);
        let error = folder.error(read);
        let expected = "a.csv, line 5, column `a`: `2.5` is no i64; the type is that of the first 2 rows: \
             `.infer_schema_length(None)` looks at all rows, `.dtypes([(\"a\", ...)])` gives the column another";
        assert!(error.contains(expected), "{error}");
    }
    let folder = one(text);
    assert_eq!(
        folder.csv("a.csv").infer_schema_length(None).build().unwrap().compute().unwrap().height(),
        3
    );
}

#[test]
fn a_ragged_line_is_told() {
    for bytes in [1, 6, 100] {
        let folder = one("a,b\n1,2\n3,4,5\n6,7\n");
        let error = folder.error(folder.csv("a.csv").partition_bytes(bytes));
        assert!(error.contains("a.csv, line 3: 3 fields where there are 2 columns"), "{error}");
    }
}

#[test]
fn quotes_within_fields_that_are_not_quoted_are_told() {
    let folder = one("a,b\n1,2\n3\",4\n5\",6\n");
    let error = folder.error(folder.csv("a.csv"));
    assert!(error.contains("a.csv, line 3: a quote stands within a field"), "{error}");
    let frame = folder.csv("a.csv").quote_char(None).partition_bytes(1).build().unwrap();
    assert_eq!(frame.compute().unwrap().height(), 3);
}

#[test]
fn a_header_that_would_be_several_lines_is_told() {
    let folder = one("#\n5\" disk,b\n1,2\n3,\"4\"\n");
    let read = || folder.csv("a.csv").comment_prefix("#");
    let error = folder.error(read());
    assert!(error.contains("a.csv, line 2: a quote stands within a field"), "{error}");
    assert_eq!(read().quote_char(None).build().unwrap().compute().unwrap().height(), 2);
    let folder = one("\"a,b\n1,2\n3,4\n");
    let error = folder.error(folder.csv("a.csv").truncate_ragged_lines(true));
    assert!(error.contains("a.csv, line 1: a quote is opened in this line and not"), "{error}");
}

#[test]
fn a_file_that_was_cut_off_is_told() {
    let error = |text: &str| {
        let folder = one(text);
        folder.error(folder.csv("a.csv").partition_bytes(5))
    };
    let found = error("a,b,c\n1,2,3\n4,5");
    assert!(
        found.contains("a.csv, line 3: the last line has 2 of 3 fields and no line end"),
        "{found}"
    );
    let found = error("a,b\n1,2\n3,\"4\n5,6\n");
    assert!(
        found.contains("a.csv, line 3: a quote is opened in this line and not closed"),
        "{found}"
    );
}

#[test]
fn files_that_are_not_there_or_empty_are_told() {
    let folder = Folder::new(&[("a.csv", ""), ("b.csv", "\n\n"), ("c.csv", "x\n")]);
    let error = |name: &str| folder.error(folder.csv(name));
    assert_eq!(error("d.csv"), "d.csv: there is no such file or folder");
    assert_eq!(error("d*.csv"), "d*.csv: no file matches this pattern");
    assert_eq!(error("a.csv"), "a.csv: the file is empty");
    assert_eq!(error("b.csv"), "b.csv: the file has no line that is a row or a header");
    let error = folder.error(folder.csv("c.csv").skip_rows(1));
    assert_eq!(error, "c.csv: the file has no more than the 1 rows that are skipped");
}

#[test]
fn a_file_with_another_header_is_told() {
    let error = |header: &str| {
        let folder =
            Folder::new(&[("a.csv", "x,y\n1,2\n"), ("b.csv", &format!("\n{header}\n1,2\n"))]);
        folder.error(folder.csv("*.csv"))
    };
    assert_eq!(
        error("x"),
        "b.csv, line 2, column `y`: the header lacks this column, expected x, y"
    );
    assert_eq!(
        error("x,y,z"),
        "b.csv, line 2, column `z`: the header has one more column, expected x, y"
    );
    assert_eq!(
        error("y,x"),
        "b.csv, line 2, column `y`: the header has another order, expected x, y"
    );
}

#[test]
fn a_file_that_changes_after_building_is_told() {
    let folder = one("a\n1\n2\n");
    let frame = folder.csv("a.csv").build().unwrap();
    fs::write(folder.path("a.csv"), "a\n1\n").unwrap();
    assert!(
        frame.compute().unwrap_err().to_string().contains("has changed since the frame was built")
    );
    fs::write(folder.path("a.csv"), "a\n11\n222\n3\n").unwrap();
    assert!(
        frame.compute().unwrap_err().to_string().contains("has changed since the frame was built")
    );
    fs::remove_file(folder.path("a.csv")).unwrap();
    let error = frame.compute().unwrap_err().to_string();
    assert!(error.contains("cannot read the file: No such file"), "{error}");
}

#[test]
fn an_error_of_a_step_stays_as_it_is() {
    let folder = one("a\nx\n");
    let frame = folder.csv("a.csv").build().unwrap();
    let frame = frame.select([col("a").strict_cast(DataType::Int64)]);
    let error = frame.compute().unwrap_err().to_string();
    assert!(error.contains("conversion from `str` to `i64` failed"), "{error}");
}

#[test]
fn options_that_make_no_sense_are_told() {
    let folder = one("a\n1\n");
    let error = |read: ReadCsv| folder.error(read);
    let csv = || folder.csv("a.csv");
    assert!(error(csv().separator(b'"')).contains("have to differ, found '\"' twice"));
    assert!(error(csv().decimal_comma(true)).contains("the separator cannot be a comma"));
    assert!(error(csv().partition_bytes(0)).contains("partition_bytes is 0"));
    assert!(error(csv().comment_prefix("")).contains("comment_prefix is empty"));
    assert!(error(csv().include_file_paths("a")).contains("have a column `a`"));
    assert_eq!(error(csv().columns(["a", "a"])), "read_csv: columns: `a` is there twice");
    let nulls = csv().null_values_of([("a", "x"), ("a", "y")]);
    assert!(error(nulls).contains("null_values_of: `a` is there twice"));
    assert!(
        error(csv().dtypes([("b", DataType::Int8)])).contains("dtypes: there is no column `b`")
    );
}
