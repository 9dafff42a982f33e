//! [`WriteCsv`].

use std::sync::Arc;

use polars::prelude::*;

use super::Sink;
use crate::io::write::Format;

/// CSV files to be written: made by [`Frame::write_csv`](crate::Frame::write_csv), and written by `compute`.
#[derive(Clone)]
#[must_use = "nothing is written before `compute`"]
pub struct WriteCsv(pub(super) Sink);

impl WriteCsv {
    fn with(self, change: impl FnOnce(&mut CsvWriterOptions)) -> Self {
        WriteCsv(self.0.with(|target| match &mut target.format {
            Format::Csv(options) => change(options),
            _ => unreachable!("the format is that of the method"),
        }))
    }

    fn with_style(self, change: impl FnOnce(&mut SerializeOptions)) -> Self {
        self.with(|options| change(Arc::make_mut(&mut options.serialize_options)))
    }

    /// Whether each file begins with the names of the columns; on by default.
    pub fn header(self, header: bool) -> Self {
        self.with(|options| options.include_header = header)
    }

    /// What stands between values; a comma by default.
    pub fn separator(self, separator: u8) -> Self {
        self.with_style(|style| style.separator = separator)
    }

    /// What stands around values that need it; `"` by default.
    pub fn quote_char(self, quote: u8) -> Self {
        self.with_style(|style| style.quote_char = quote)
    }

    /// Which values are quoted; by default those that need it.
    pub fn quote_style(self, quote_style: QuoteStyle) -> Self {
        self.with_style(|style| style.quote_style = quote_style)
    }

    /// The text of a null; empty by default.
    pub fn null_value(self, text: impl Into<PlSmallStr>) -> Self {
        self.with_style(|style| style.null = text.into())
    }

    /// What ends a line; `"\n"` by default.
    pub fn line_terminator(self, text: impl Into<PlSmallStr>) -> Self {
        self.with_style(|style| style.line_terminator = text.into())
    }

    /// The format of dates, such as `"%d.%m.%Y"`.
    pub fn date_format(self, format: impl Into<PlSmallStr>) -> Self {
        self.with_style(|style| style.date_format = Some(format.into()))
    }

    /// The format of times of day, such as `"%H:%M"`.
    pub fn time_format(self, format: impl Into<PlSmallStr>) -> Self {
        self.with_style(|style| style.time_format = Some(format.into()))
    }

    /// The format of datetimes, such as `"%d.%m.%Y %H:%M"`.
    pub fn datetime_format(self, format: impl Into<PlSmallStr>) -> Self {
        self.with_style(|style| style.datetime_format = Some(format.into()))
    }

    /// How many digits floating point numbers have after the point; as many as they need by default.
    pub fn float_precision(self, digits: usize) -> Self {
        self.with_style(|style| style.float_precision = Some(digits))
    }
}
