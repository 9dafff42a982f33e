//! What `timeseries`, `csv_folder`, `larger_than_memory` and `grid_search` do around their job: options, help, errors. There is nothing of frames
//! in it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, vec};

/// What was written behind the name of the program.
pub(crate) type Arguments = vec::IntoIter<String>;

/// Reads the options and does the job with them. Prints the usage if it is asked for, and what went wrong.
pub(crate) fn start<Options>(
    name: &str,
    usage: &str,
    parse: fn(Arguments) -> Result<Options, String>,
    job: fn(&Options) -> Result<(), Box<dyn Error>>,
) -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "-h" || argument == "--help") {
        println!("{usage}");
        return ExitCode::SUCCESS;
    }
    let options = match parse(arguments.into_iter()) {
        Ok(options) => options,
        Err(mistake) => {
            eprintln!("{name}: {mistake}\n\n{usage}");
            return ExitCode::from(2);
        }
    };
    match job(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What stands behind an option.
pub(crate) fn value(arguments: &mut Arguments, option: &str) -> Result<String, String> {
    arguments.next().ok_or_else(|| format!("{option} needs a value"))
}

/// A folder for what a program writes, unless it is told another.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target").join(name)
}
