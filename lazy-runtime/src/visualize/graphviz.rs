//! The program `dot` of Graphviz, asked for the formats we do not write ourselves.
//!
//! graphviz-rust can run `dot` as well, but waits for it without end and hands back its failure and
//! its absence as the same kind of error.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::error::Error;

/// Long enough for graphs that nobody will read.
const PATIENCE: Duration = Duration::from_secs(120);

/// A picture of `dot` in `format`; `path` is named in errors only.
pub(crate) fn draw(dot: String, format: &str, path: &Path) -> Result<Vec<u8>, Error> {
    let mut command = Command::new("dot");
    command.arg(format!("-T{format}"));
    if format == "png" {
        // Viewers show transparent pixels as anything from white to black; 144 dots an inch keep
        // letters sharp on present screens.
        command.args(["-Gbgcolor=white", "-Gdpi=144"]);
    }
    run(command, dot, path, PATIENCE)
}

fn run(command: Command, input: String, path: &Path, patience: Duration) -> Result<Vec<u8>, Error> {
    let mut child = start(command).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Error::MissingProgram { path: path.to_owned(), source },
        _ => Error::Io { path: path.to_owned(), source },
    })?;
    // All three pipes are served at once, or a full one would stop the program for good.
    let input = child.stdin.take().map(|pipe| thread::spawn(move || feed(pipe, &input)));
    let output = child.stdout.take().map(drain);
    let errors = child.stderr.take().map(drain);
    let status = wait(&mut child, patience).map_err(Error::io(path))?;
    let Some(status) = status else {
        return Err(Error::TimedOut { path: path.to_owned(), after: patience });
    };
    input.map(JoinHandle::join);
    let picture = joined(output).map_err(Error::io(path))?;
    if status.success() {
        return Ok(picture);
    }
    let message = joined(errors).map_err(Error::io(path))?;
    let message = String::from_utf8_lossy(&message).into_owned();
    Err(Error::Program { path: path.to_owned(), status, message })
}

fn start(mut command: Command) -> io::Result<Child> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// A program that ends early leaves the rest unread, and its status tells why.
fn feed(mut pipe: impl Write, text: &str) {
    let _ = pipe.write_all(text.as_bytes());
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).map(|_| bytes)
    })
}

fn joined(reader: Option<JoinHandle<io::Result<Vec<u8>>>>) -> io::Result<Vec<u8>> {
    let read = reader.map(JoinHandle::join);
    read.unwrap_or(Ok(Ok(Vec::new()))).unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
}

/// How the program ended, or nothing if it had to be stopped.
fn wait(child: &mut Child, patience: Duration) -> io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() > patience {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(command: &mut Command, patience: Duration) -> Error {
        let command = std::mem::replace(command, Command::new(""));
        run(command, "digraph {}".into(), Path::new("z.png"), patience).unwrap_err()
    }

    #[test]
    fn a_missing_program_is_an_error_with_a_remedy() {
        let error = ask(&mut Command::new("lazy-runtime-no-such-program"), PATIENCE);
        assert!(matches!(error, Error::MissingProgram { .. }));
        let expected = "cannot write `z.png`: the program `dot` of Graphviz was not found; install \
                        Graphviz (Debian: apt-get install graphviz), or save as `.svg` or `.dot`, \
                        which need no program";
        assert_eq!(error.to_string(), expected);
    }

    #[cfg(unix)]
    #[test]
    fn a_failing_program_is_quoted() {
        let error = ask(Command::new("sh").args(["-c", "echo no such font >&2; exit 3"]), PATIENCE);
        assert!(matches!(error, Error::Program { .. }), "{error}");
        assert!(error.to_string().ends_with("(exit status: 3) and said: no such font"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_hangs_is_stopped() {
        let error = ask(Command::new("sleep").arg("60"), Duration::from_millis(50));
        assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    }
}
