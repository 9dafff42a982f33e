//! [`Format`].

use std::fs::File;
use std::io::{BufWriter, Write};

use polars::prelude::*;

/// How rows are written into a file.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    Parquet(ParquetWriteOptions),
    Csv(CsvWriterOptions),
    Ipc(IpcWriterOptions),
}

impl Format {
    pub(crate) fn extension(&self) -> &'static str {
        match self {
            Format::Parquet(_) => "parquet",
            Format::Csv(_) => "csv",
            Format::Ipc(_) => "arrow",
        }
    }

    /// What is wrong with the options.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Format::Parquet(ParquetWriteOptions { row_group_size: Some(0), .. }) => {
                Err("row_group_size: 0 rows, expected at least 1".into())
            }
            Format::Csv(options) => check_style(&options.serialize_options),
            Format::Parquet(_) | Format::Ipc(_) => Ok(()),
        }
    }

    /// Whether a column of this type can be written.
    pub(crate) fn has(&self, dtype: &DataType) -> bool {
        let has_text = !(dtype.is_nested() || dtype.is_binary() || dtype.is_duration());
        has_text || !matches!(self, Format::Csv(_))
    }

    pub(super) fn write(&self, file: &File, table: &mut DataFrame) -> PolarsResult<()> {
        match self {
            Format::Parquet(options) => {
                let mut file = BufWriter::new(file);
                options.to_writer(&mut file).set_parallel(false).finish(table)?;
                Ok(file.flush()?)
            }
            Format::Csv(options) => {
                let style = &options.serialize_options;
                CsvWriter::new(file)
                    .n_threads(1)
                    .include_header(options.include_header)
                    .with_separator(style.separator)
                    .with_quote_char(style.quote_char)
                    .with_quote_style(style.quote_style)
                    .with_null_value(style.null.clone())
                    .with_line_terminator(style.line_terminator.clone())
                    .with_date_format(style.date_format.clone())
                    .with_time_format(style.time_format.clone())
                    .with_datetime_format(style.datetime_format.clone())
                    .with_float_precision(style.float_precision)
                    .finish(table)
            }
            Format::Ipc(options) => {
                let mut file = BufWriter::new(file);
                options.to_writer(&mut file).with_parallel(false).finish(table)?;
                Ok(file.flush()?)
            }
        }
    }
}

/// That what is written can be told apart when it is read.
fn check_style(style: &SerializeOptions) -> Result<(), String> {
    let (separator, quote) = (style.separator, style.quote_char);
    let ends: &[u8] = style.line_terminator.as_bytes();
    if separator == quote || ends.contains(&separator) || ends.contains(&quote) {
        return Err("write_csv: separator, quote_char and line_terminator have to differ".into());
    }
    if ends.is_empty() {
        return Err("write_csv: the line_terminator is empty, expected such as `\\n`".into());
    }
    match style.float_precision {
        Some(digits) if digits > MAX_DIGITS => {
            Err(format!("write_csv: float_precision is {digits}, expected at most {MAX_DIGITS}"))
        }
        _ => Ok(()),
    }
}

/// As many digits as Rust formats.
const MAX_DIGITS: usize = u16::MAX as usize;
