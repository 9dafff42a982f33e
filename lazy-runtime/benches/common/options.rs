//! What a bench is told: words of the form `name=value`, lists with commas.
//!
//! A row that needs a process of its own, because the peak of resident memory only ever grows, is the same program started
//! again with the same words and some more, of which `row` is one. It prints its cells on one line, parted by tabs.

use std::process::{Command, Stdio, exit};
use std::str::FromStr;
use std::thread::available_parallelism;

/// The words a bench was given.
pub(crate) struct Options {
    given: Vec<(String, String)>,
}

/// What only a row's own process is given.
const OF_ROWS: [&str; 2] = ["row", "iterations"];

impl Options {
    /// The words given to this process; `None` if it is run as a test, which has no use for figures.
    ///
    /// `cargo bench` passes `--bench`, and `cargo test --all-targets` does not. A word that is not among `known` ends the process.
    pub(crate) fn given(known: &[&str]) -> Option<Self> {
        let (flags, words): (Vec<_>, Vec<_>) =
            std::env::args().skip(1).partition(|word| word.starts_with("--"));
        if !flags.iter().any(|flag| flag == "--bench") {
            return None;
        }
        let part = |word: String| match word.split_once('=') {
            Some((name, value)) if known.contains(&name) || OF_ROWS.contains(&name) => {
                (name.to_owned(), value.to_owned())
            }
            _ => refuse(&format!("`{word}` is not understood: options are {}", listed(known))),
        };
        Some(Options { given: words.into_iter().map(part).collect() })
    }

    /// The last value given under this name.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The value given under this name, or the default.
    pub(crate) fn or<T: FromStr>(&self, name: &str, default: T) -> T {
        self.text(name).map_or(default, |value| read(name, value))
    }

    /// The values given under this name, or the defaults.
    pub(crate) fn list<T: FromStr>(&self, name: &str, default: Vec<T>) -> Vec<T> {
        let values = |text: &str| text.split(',').map(|value| read(name, value)).collect();
        self.text(name).map_or(default, values)
    }

    /// Whether a row or table of this name is wanted: `only` lists those that are.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.text("only").is_none_or(|only| only.split(',').any(|wanted| wanted == name))
    }

    /// Numbers of threads to measure with: one, and one for each core.
    pub(crate) fn threads(&self) -> Vec<usize> {
        let mut threads = vec![1, cores()];
        threads.dedup();
        self.list("threads", threads)
    }

    /// The cells of a row that runs in a process of its own, with these words added to ours.
    pub(crate) fn row<const N: usize>(&self, added: [(&str, String); N]) -> Vec<String> {
        let ours = self.given.iter().map(|(name, value)| format!("{name}={value}"));
        let words = ours.chain(added.map(|(name, value)| format!("{name}={value}")));
        let program = std::env::current_exe().expect("a bench is a file");
        let mut row = Command::new(program);
        let row = row.arg("--bench").args(words).stderr(Stdio::inherit());
        let output = row.output().expect("a program that runs can be started again");
        assert!(output.status.success(), "a row of the table failed");
        let line = String::from_utf8(output.stdout).expect("a row prints text");
        line.trim_end().split('\t').map(str::to_owned).collect()
    }
}

/// Hands a row's cells to the process that waits for them.
pub(crate) fn hand_over(cells: &[String]) {
    println!("{}", cells.join("\t"));
}

/// How many threads run at once on this machine.
pub(crate) fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

fn read<T: FromStr>(name: &str, value: &str) -> T {
    value.parse().unwrap_or_else(|_| refuse(&format!("`{name}={value}` is not understood")))
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("{name}=..")).collect::<Vec<_>>().join(" ")
}

fn refuse(why: &str) -> ! {
    eprintln!("{why}");
    exit(2)
}
