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
