//! CSV files cut anywhere give what Polars reads of the whole.

mod errors;

use std::fs;
use std::io::Write;

use lazy_runtime::Collection;
use polars::prelude::*;
use polars_io::utils::compression::CompressedWriter;
use polars_io::utils::file::{Writable, WritableTrait};
use proptest::prelude::*;
use tempfile::TempDir;

use super::ReadCsv;
use crate::frame::Frame;

struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Folder(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn csv(&self, name: &str) -> ReadCsv {
        Frame::read_csv(self.path(name))
    }

    /// The error without the folder.
    fn error(&self, read: ReadCsv) -> String {
        let error = match read.build() {
            Ok(frame) => frame.compute().unwrap_err().to_string(),
            Err(e) => e.to_string(),
        };
        error.replace(&self.path(""), "")
    }
}

fn one(text: &str) -> Folder {
    Folder::new(&[("a.csv", text)])
}

type Whole = fn(LazyCsvReader) -> LazyCsvReader;
type Parts = fn(ReadCsv) -> ReadCsv;

/// Every size of a partition gives the rows that Polars reads of the whole file.
fn same(text: &str, whole: Whole, parts: Parts) {
    let folder = one(text);
    let path = PlRefPath::new(folder.path("a.csv"));
    let expected = whole(LazyCsvReader::new(path)).finish().unwrap().collect().unwrap();
    let mut most = 0;
    for bytes in 1..=text.len() {
        let frame = parts(folder.csv("a.csv")).partition_bytes(bytes).build().unwrap();
        most = most.max(frame.npartitions());
        let found = frame.compute().unwrap();
        assert_eq!(found.schema(), expected.schema(), "{bytes} of {text:?}");
        assert!(found.equals_missing(&expected), "{bytes} of {text:?}:\n{found}\n{expected}");
    }
    let rows = expected.height();
    assert!(rows < 2 || most > 1, "{text:?} was never cut");
}

fn same_plain(text: &str) {
    same(text, |whole| whole, |parts| parts);
}

#[test]
fn quotes_may_hold_line_ends_anywhere() {
    same_plain("a,b\n1,\"x\ny\"\n2,\"\"\"\n\"\"\"\n3,\"\n\n\"\n4,\"\"\n5,plain\n");
    same_plain("\"a\n1\",b\n\"1,\n2\",3\n\",\",4\n");
    same(
        "a;b\n1;'x\n\"y'\n2;'''\n'''\n3;z\"\n",
        |whole| whole.with_separator(b';').with_quote_char(Some(b'\'')),
        |parts| parts.separator(b';').quote_char(Some(b'\'')),
    );
    same(
        "a,b\n1,\"\n2,x\"\n3,y\n",
        |whole| whole.with_quote_char(None),
        |parts| parts.quote_char(None),
    );
}

#[test]
fn files_end_as_they_like() {
    for text in ["a,b\n1,2\n3,4", "a,b\n1,2\n3,4\n", "a,b\n1,2\n3,4\n\n", "a,b\n", "a,b", "a\n"] {
        same_plain(text);
    }
    same_plain("a,b\r\n1,x\r\n\"2\",\"y\r\nz\"\r\n3,\r\n");
    same_plain("\u{feff}a,b\n1,x\n2,y\n");
    same_plain("\n\r\n\na,b\n1,2\n3,4\n");
}

#[test]
fn blank_lines_and_lines_that_lack_fields_are_as_polars_has_them() {
    same_plain("a,b\n1,2\n\n3,4\n\n\n5,6\n");
    same_plain("a,b,c\n1,2,3\n4\n5,6\n7,,8\n");
    same_plain("a\nx\n\ny\n");
}

#[test]
fn comments_are_no_rows_and_their_quotes_no_quotes() {
    same(
        "# \"top\na,b\n#\"\n1,\"x\n#y\"\n# z\n2,w\n3,v\n#end\n",
        |whole| whole.with_comment_prefix(Some("#".into())),
        |parts| parts.comment_prefix("#"),
    );
    same(
        "a,b\n1,2\n\"#\",3",
        |whole| whole.with_comment_prefix(Some("#".into())),
        |parts| parts.comment_prefix("#"),
    );
    same(
        "//top\na,b\n1,x\n//\"\n2,/\n",
        |whole| whole.with_comment_prefix(Some("//".into())).with_quote_char(None),
        |parts| parts.comment_prefix("//").quote_char(None),
    );
}

#[test]
fn rows_before_the_header_are_skipped() {
    same(
        "made by\n\"some\nprogram\"\na,b\n1,2\n3,4\n",
        |whole| whole.with_skip_rows(2),
        |parts| parts.skip_rows(2),
    );
    same(
        "made by\n1,2\n3,4\n5,6\n",
        |whole| whole.with_skip_rows(1).with_has_header(false),
        |parts| parts.skip_rows(1).has_header(false),
    );
}

#[test]
fn files_without_header_have_numbered_columns() {
    same(
        "1,x\n2,\"y\nz\"\n3,w\n",
        |whole| whole.with_has_header(false),
        |parts| parts.has_header(false),
    );
    same("1,x,\n2\n", |whole| whole.with_has_header(false), |parts| parts.has_header(false));
    same(
        "1,x\n2,\n",
        |whole| whole.with_has_header(false).with_infer_schema_length(Some(0)),
        |parts| parts.has_header(false).infer_schema_length(Some(0)),
    );
    same("\u{feff}1\n2\n", |whole| whole.with_has_header(false), |parts| parts.has_header(false));
}

#[test]
fn values_are_read_as_told() {
    same(
        "d;x;n\n2024-01-31;1,5;-\n2024-02-01;2,25;7\n;;\n",
        |whole| {
            whole
                .with_separator(b';')
                .with_decimal_comma(true)
                .with_try_parse_dates(true)
                .with_null_values(Some(NullValues::AllColumns(vec!["-".into()])))
        },
        |parts| parts.separator(b';').decimal_comma(true).try_parse_dates(true).null_values(["-"]),
    );
    same(
        "a,b\nx,\n,x\n",
        |whole| {
            whole
                .with_missing_is_null(false)
                .with_null_values(Some(NullValues::Named(vec![("a".into(), "x".into())])))
        },
        |parts| parts.missing_is_null(false).null_values_of([("a", "x")]),
    );
    same(
        "a|1;2|3;",
        |whole| whole.with_separator(b'|').with_eol_char(b';'),
        |parts| parts.separator(b'|').eol_char(b';'),
    );
    same(
        "a,b\n1,2,3\n4,5,6,7\n8\n",
        |whole| whole.with_truncate_ragged_lines(true),
        |parts| parts.truncate_ragged_lines(true),
    );
    same(
        "a\n1\nx\n3\n",
        |whole| whole.with_ignore_errors(true).with_infer_schema_length(Some(1)),
        |parts| parts.ignore_errors(true).infer_schema_length(Some(1)),
    );
}

#[test]
fn types_are_those_of_the_first_rows_or_of_all() {
    let text = "a,a,b,c,d\n1,true,,x,1\n2,false,,2,1.5\n";
    same_plain(text);
    same(text, |w| w.with_infer_schema_length(None), |p| p.infer_schema_length(None));
    same(text, |w| w.with_infer_schema_length(Some(0)), |p| p.infer_schema_length(Some(0)));
    same(
        "a,b\n1,2\n3,4\n",
        |whole| {
            let dtypes = Schema::from_iter([Field::new("b".into(), DataType::Float64)]);
            whole.with_dtype_overwrite(Some(Arc::new(dtypes)))
        },
        |parts| parts.dtypes([("b", DataType::Float64)]),
    );
}

#[test]
fn text_that_is_not_utf8_is_replaced_on_request() {
    let folder = Folder::new(&[]);
    fs::write(folder.path("a.csv"), b"a,b\n1,x\n2,\xff\n").unwrap();
    let lossy = folder.csv("a.csv").encoding(CsvEncoding::LossyUtf8).partition_bytes(1);
    let found = lossy.build().unwrap().compute().unwrap();
    assert!(found.equals(&df!["a" => [1_i64, 2], "b" => ["x", "\u{fffd}"]].unwrap()));
    let error = folder.error(folder.csv("a.csv").partition_bytes(4));
    assert!(error.contains("a.csv, line 3: invalid UTF-8: byte 0xff"), "{error}");
}

#[test]
fn files_are_read_in_the_order_of_their_names() {
    let folder = Folder::new(&[("b.csv", "x,y\n3,c\n"), ("a.csv", "x,y\n1,a\n2,b\n")]);
    let frame = folder.csv("*.csv").include_file_paths("file").build().unwrap();
    let (a, b) = (folder.path("a.csv"), folder.path("b.csv"));
    let expected = df!["x" => [1_i64, 2, 3], "y" => ["a", "b", "c"], "file" => [&*a, &*a, &*b]];
    assert!(frame.compute().unwrap().equals(&expected.unwrap()));
    let schema = frame.schema().unwrap();
    assert_eq!(
        schema.iter_names().map(|name| name.as_str()).collect::<Vec<_>>(),
        ["x", "y", "file"]
    );
    let described = frame.plan().unwrap().operator().describe();
    assert_eq!(described.replace(&folder.path(""), ""), "*.csv (2 files, 20 B)");
}

#[test]
fn some_columns_in_another_order() {
    let folder = one("a,b,c\n1,x,2\n3,y,4\n");
    let read = || folder.csv("a.csv").partition_bytes(1);
    let frame = read().columns(["c", "a"]).build().unwrap();
    let expected = df!["c" => [2_i64, 4], "a" => [1_i64, 3]].unwrap();
    assert_eq!(frame.schema().unwrap(), *expected.schema());
    assert!(frame.compute().unwrap().equals(&expected));
    let paths = read().columns(["p", "a"]).include_file_paths("p").build().unwrap();
    assert_eq!(paths.compute().unwrap().get_column_names(), ["p", "a"]);
    assert_eq!(
        folder.error(read().columns(["d"])),
        "read_csv: columns: there is no column `d`; the columns are a, b, c"
    );
}

#[test]
fn a_schema_that_is_given_is_not_inferred() {
    let folder = one("a,b\n1,2\n3,4\n");
    let schema = |names: &[&str]| {
        let field = |name: &&str| Field::new((*name).into(), DataType::String);
        names.iter().map(field).collect::<Schema>()
    };
    let frame = folder.csv("a.csv").schema(schema(&["a", "b"])).build().unwrap();
    assert!(frame.compute().unwrap().equals(&df!["a" => ["1", "3"], "b" => ["2", "4"]].unwrap()));
    let error = |names| folder.error(folder.csv("a.csv").schema(schema(names)));
    assert_eq!(
        error(&["b", "a"]),
        "a.csv, line 1, column `a`: the header has another order, expected b, a"
    );
    assert_eq!(
        error(&["a"]),
        "a.csv, line 1, column `b`: the header has one more column, expected a"
    );
}

#[test]
fn the_first_rows_of_all_files() {
    let files = [("a.csv", "x\n1\n\"2\"\n"), ("b.csv", "x\n3\n4\n"), ("c.csv", "x\n5\n")];
    let folder = Folder::new(&files);
    for n in 0..=6 {
        for bytes in [1, 4, 100] {
            let frame = folder.csv("*").n_rows(n).partition_bytes(bytes).build().unwrap();
            let found = frame.compute().unwrap();
            let expected: Vec<i64> = (1..=5).take(n).collect();
            assert!(found.equals(&df!["x" => expected].unwrap()), "{n} {bytes} {found}");
        }
    }
}

#[test]
fn a_text_that_begins_as_a_compressed_file_does_is_a_text() {
    let folder = one("x^2,y\n1,2\n3,4\n");
    let found = folder.csv("a.csv").partition_bytes(1).build().unwrap().compute().unwrap();
    assert!(found.equals(&df!["x^2" => [1_i64, 3], "y" => [2_i64, 4]].unwrap()));
    fs::write(folder.path("a.csv"), b"\xff\xfea\0\n\0").unwrap();
    let error = folder.error(folder.csv("a.csv"));
    assert_eq!(error, "a.csv: the file is UTF-16, expected UTF-8: convert it");
}

#[test]
fn compressed_files_are_one_partition() {
    let folder = Folder::new(&[("a.csv", "x,y\n1,a\n2,b\n")]);
    let writable = |name: &str| Writable::Local(fs::File::create(folder.path(name)).unwrap());
    let write = |mut writer: CompressedWriter, text: &str| {
        writer.write_all(text.as_bytes()).unwrap();
        writer.close().unwrap();
    };
    write(CompressedWriter::gzip(writable("b.csv.gz"), None), "x,y\n3,c\n4,\"\n\"\n");
    write(CompressedWriter::zstd(writable("c.csv.zst"), None).unwrap(), "x,y\n5,z\n");
    let read = || folder.csv("*").partition_bytes(1);
    let frame = read().build().unwrap();
    assert_eq!(frame.npartitions(), 4);
    let expected = df!["x" => [1_i64, 2, 3, 4, 5], "y" => ["a", "b", "c", "\n", "z"]].unwrap();
    assert!(frame.compute().unwrap().equals(&expected));
    let first = read().n_rows(3).build().unwrap().compute().unwrap();
    assert!(first.equals(&expected.head(Some(3))));
    let bytes = fs::read(folder.path("b.csv.gz")).unwrap();
    fs::write(folder.path("b.csv.gz"), &bytes[..bytes.len() - 12]).unwrap();
    let error = folder.error(folder.csv("b.csv.gz"));
    assert!(error.contains("b.csv.gz: cannot read the file"), "{error}");
    write(CompressedWriter::gzip(writable("d.csv.gz"), None), "x\n3\n4,5\n");
    let error = folder.error(folder.csv("d.csv.gz"));
    assert!(error.contains("d.csv.gz, line 3: 2 fields where there are 1 columns"), "{error}");
}

#[test]
fn a_projection_and_a_filter_are_done_while_reading() {
    use crate::plan::Wanted;
    let folder = one("a,b,c\n1,x,2\n3,y,4\n");
    let frame = folder.csv("a.csv").build().unwrap();
    let plan = frame.plan().unwrap();
    let scan = plan.operator().scan().unwrap();
    let rows = scan.source.scan(0, &Wanted::default()).unwrap();
    let plan = rows.filter(col("c").gt(lit(2))).select([col("a")]).explain(true).unwrap();
    assert!(plan.contains("PROJECT 2/3 COLUMNS"), "{plan}");
    assert!(plan.contains("SELECTION: col(\"c\") > 2"), "{plan}");
}

#[test]
fn the_first_rows_of_a_partition_are_read_alone() {
    use crate::plan::Wanted;
    let folder = one("#\na\n1\n#\n\"2\n\"\n3\n\n5\n");
    let frame = folder.csv("a.csv").comment_prefix("#").build().unwrap();
    let source = &frame.plan().unwrap().operator().scan().unwrap().source;
    let all = frame.compute().unwrap();
    for n in 0..=6 {
        let wanted = Wanted { rows: Some(n), columns: None };
        let rows = source.scan(0, &wanted).unwrap().collect().unwrap();
        assert!(rows.equals_missing(&all.head(Some(n))), "{n}: {rows}");
    }
}

/// Fields of signs that matter, quoted where they have to be.
fn nasty() -> impl Strategy<Value = String> {
    let field =
        prop::collection::vec(prop::sample::select(vec!["a", "\"", "\n", ",", "\r", "#"]), 0..4);
    let line = prop::collection::vec(field, 2);
    prop::collection::vec(line, 0..5).prop_map(|lines| {
        let written = |field: &Vec<&str>| match field.concat() {
            text if text.contains(['"', '\n', ',', '\r']) => {
                format!("\"{}\"", text.replace('"', "\"\""))
            }
            text => text,
        };
        let line = |fields: &Vec<Vec<&str>>| {
            fields.iter().map(written).collect::<Vec<_>>().join(",") + "\n"
        };
        "x,y\n".to_owned() + &lines.iter().map(line).collect::<String>()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_within_quotes_is_cut_rightly(text in nasty()) {
        same_plain(&text);
    }
}
