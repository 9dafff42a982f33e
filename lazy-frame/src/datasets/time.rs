//! Points in time and spans between them, from text, in microseconds.

use polars::prelude::{Duration, NamedFrom, PolarsResult, StringChunked, StringMethods, TimeUnit};

use crate::error::{Error, Result};

/// Microseconds since 1970 of a date or a time of day on a date.
pub(super) fn point(option: &str, text: &str) -> Result<i64> {
    let values = StringChunked::new("".into(), [text.replacen(' ', "T", 1)]);
    let raise = StringChunked::new("".into(), ["raise"]);
    let parsed = |format: &&str| {
        let unit = TimeUnit::Microseconds;
        let times = values.as_datetime(Some(format), unit, false, false, None, &raise).ok()?;
        times.physical().get(0).filter(|micros| YEARS.contains(micros))
    };
    FORMATS.iter().find_map(parsed).ok_or_else(|| {
        Error::Option(format!(
            "{option}: `{text}` is not a point in time: write it as `2000-01-31` or `2000-01-31T12:30:00`"
        ))
    })
}

/// From year 1 to 9999: the span between any two has room in 64 bits.
const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

const FORMATS: [&str; 3] = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"];

/// A span of time that follows upon itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Span {
    Micros(i64),
    Months(i64),
}

impl Span {
    /// Reads what Polars writes: `1d`, `1h30m`, `1mo`.
    pub(super) fn parse(option: &str, text: &str) -> Result<Span> {
        let fail = |what: &str| Err(Error::Option(format!("{option}: `{text}` {what}")));
        match total(text) {
            None => fail("is not a span of time: write it as `1s`, `2h30m`, `1d` or `1mo`"),
            Some((0, 0)) => fail("is no time at all: it has to be at least `1us`"),
            Some((0, nanos)) if nanos % 1_000 != 0 => fail("is not a whole number of microseconds"),
            Some((0, nanos)) => match i64::try_from(nanos / 1_000) {
                Ok(micros) => Ok(Span::Micros(micros)),
                Err(_) => fail("is too long"),
            },
            Some((months, 0)) if months > MAX_MONTHS => fail("is too long"),
            Some((months, 0)) => Ok(Span::Months(months)),
            Some(_) => fail("mixes months or years with units of fixed length"),
        }
    }

    /// The point that lies `n` spans after another; `None` past the end of what can be told.
    pub(super) fn after(self, start: i64, n: i64) -> PolarsResult<Option<i64>> {
        match self {
            Span::Micros(micros) => {
                Ok(micros.checked_mul(n).and_then(|far| start.checked_add(far)))
            }
            Span::Months(months) => match months.checked_mul(n).filter(|far| *far <= MAX_MONTHS) {
                Some(far) => {
                    Duration::try_parse(&format!("{far}mo"))?.add_us(start, None).map(Some)
                }
                None => Ok(None),
            },
        }
    }
}

/// Ten thousand years.
const MAX_MONTHS: i64 = 120_000;

/// Months and nanoseconds; `None` if that is not a span, or is past all bounds.
fn total(mut text: &str) -> Option<(i64, i128)> {
    let (mut months, mut nanos) = (0i64, 0i128);
    if text.is_empty() {
        return None;
    }
    while !text.is_empty() {
        let (number, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(end);
        let number: i64 = number.parse().ok()?;
        match unit {
            "mo" => months = months.checked_add(number)?,
            "q" => months = months.checked_add(number.checked_mul(3)?)?,
            "y" => months = months.checked_add(number.checked_mul(12)?)?,
            fixed => nanos = nanos.checked_add(i128::from(number) * nanoseconds(fixed)?)?,
        }
        text = rest;
    }
    Some((months, nanos))
}

fn nanoseconds(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        "w" => 604_800_000_000_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;

    #[test]
    fn points_are_dates_with_or_without_a_time() {
        assert_eq!(point("start", "1970-01-02").unwrap(), DAY);
        assert_eq!(point("start", "1970-01-01T12:30").unwrap(), 45_000_000_000);
        assert_eq!(point("start", "1970-01-01 00:00:01").unwrap(), 1_000_000);
        assert!(point("start", "0001-01-01").is_ok() && point("end", "9999-12-31T23:59").is_ok());
        assert_eq!(point("start", "1970-01-01T00:00:01.5").unwrap(), 1_500_000);
    }

    #[test]
    fn what_is_no_point_is_told_with_its_option() {
        for text in [
            "",
            "yesterday",
            "2000-13-01",
            "2000-01-01T25:00:00",
            "2000-01-01x",
            "0000-12-31",
            "+10000-01-01",
        ] {
            let error = point("end", text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("end: `{text}` is not a point")), "{error}");
        }
    }

    #[test]
    fn spans_add_up() {
        assert_eq!(Span::parse("freq", "1s").unwrap(), Span::Micros(1_000_000));
        assert_eq!(Span::parse("freq", "1h30m").unwrap(), Span::Micros(5_400_000_000));
        assert_eq!(Span::parse("freq", "2d").unwrap(), Span::Micros(2 * DAY));
        assert_eq!(Span::parse("freq", "1y1q").unwrap(), Span::Months(15));
    }

    #[test]
    fn what_is_no_span_is_told() {
        let said = |text: &str| Span::parse("freq", text).unwrap_err().to_string();
        for text in ["", "1", "s", "1 s", "-1s", "1x", "99999999999999999999s"] {
            assert!(said(text).contains("is not a span of time"), "{text}");
        }
        assert_eq!(said("0s"), "freq: `0s` is no time at all: it has to be at least `1us`");
        assert_eq!(said("5ns"), "freq: `5ns` is not a whole number of microseconds");
        assert_eq!(said("1mo1d"), "freq: `1mo1d` mixes months or years with units of fixed length");
        assert_eq!(said("9999999999999d"), "freq: `9999999999999d` is too long");
        assert_eq!(said("999999y"), "freq: `999999y` is too long");
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let start = point("start", "2000-01-31").unwrap();
        let after = |n| Span::Months(1).after(start, n).unwrap().unwrap();
        assert_eq!(after(1), point("", "2000-02-29").unwrap());
        assert_eq!(after(2), point("", "2000-03-31").unwrap());
        assert_eq!(Span::Micros(i64::MAX).after(start, 2).unwrap(), None);
    }
}
