//! Pictures as files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use super::drawing::Drawing;
use super::error::Error;
use super::{dot, graphviz, svg};

/// Writes a drawing in the format its path ends in.
///
/// The format and the directory are looked at before anything is drawn, so that mistakes cost no
/// time; the drawing is made only then.
pub(crate) fn save(path: &Path, drawing: impl FnOnce() -> Drawing) -> Result<(), Error> {
    let format = Format::of(path)?;
    let directory = directory(path)?;
    let drawing = drawing();
    let bytes = match format {
        Format::Dot => dot::print(&drawing).into_bytes(),
        Format::Svg => svg::print(&drawing).into_bytes(),
        Format::Png => graphviz::draw(dot::print(&drawing), "png", path)?,
        Format::Pdf => graphviz::draw(dot::print(&drawing), "pdf", path)?,
    };
    write(path, &directory, &bytes)
}

#[derive(Clone, Copy)]
enum Format {
    Dot,
    Svg,
    Png,
    Pdf,
}

impl Format {
    fn of(path: &Path) -> Result<Format, Error> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("dot" | "gv") => Ok(Format::Dot),
            Some("svg") => Ok(Format::Svg),
            Some("png") => Ok(Format::Png),
            Some("pdf") => Ok(Format::Pdf),
            _ => Err(Error::UnknownFormat { path: path.to_owned() }),
        }
    }
}

fn directory(path: &Path) -> Result<PathBuf, Error> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    match directory.is_dir() {
        true => Ok(directory),
        false => Err(Error::MissingDirectory { path: path.to_owned(), directory }),
    }
}

/// Writes beside the target and renames, so that a reader never sees half a picture and a failure
/// leaves the old one.
fn write(path: &Path, directory: &Path, bytes: &[u8]) -> Result<(), Error> {
    static UNIQUE: AtomicU64 = AtomicU64::new(0);
    let unique = UNIQUE.fetch_add(1, Ordering::Relaxed);
    let beside = directory.join(format!(".lazy-picture-{}-{unique}", process::id()));
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|source| {
        // The first error is the one to tell.
        let _ = fs::remove_file(&beside);
        Error::Io { path: path.to_owned(), source }
    })
}
