//! Times and sizes as people read them.

/// A time in nanoseconds, in three digits or so: `1.23 ms`.
pub(crate) fn time(nanoseconds: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "us")];
    match units.into_iter().find(|&(unit, _)| nanoseconds >= unit * 0.9995) {
        Some((unit, name)) => format!("{} {name}", digits(nanoseconds / unit)),
        None => format!("{nanoseconds:.0} ns"),
    }
}

/// A number of bytes: `1.5 MiB`.
pub(crate) fn bytes(bytes: f64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = |power: i32| f64::from(2).powi(power);
    match units.into_iter().find(|&(power, _)| bytes >= unit(power) * 0.9995) {
        Some((power, name)) => format!("{} {name}", digits(bytes / unit(power))),
        None => format!("{bytes:.0} B"),
    }
}

fn digits(value: f64) -> String {
    match value {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_three_digits() {
        let cases = [
            (0.0, "0 ns"),
            (999.0, "999 ns"),
            (1_000.0, "1.00 us"),
            (12_345.0, "12.3 us"),
            (999_999.0, "1.00 ms"),
            (123_456_789.0, "123 ms"),
            (61e9, "61.0 s"),
            (4321e9, "4321 s"),
        ];
        cases.into_iter().for_each(|(nanoseconds, text)| assert_eq!(time(nanoseconds), text));
    }

    #[test]
    fn sizes_are_in_powers_of_1024() {
        let cases = [(0.0, "0 B"), (1023.0, "1023 B"), (1536.0, "1.50 KiB"), (3e9, "2.79 GiB")];
        cases.into_iter().for_each(|(size, text)| assert_eq!(bytes(size), text));
    }
}
