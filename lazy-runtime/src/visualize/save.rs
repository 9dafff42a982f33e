//! Pictures as files.

use std::path::Path;

use super::drawing::Drawing;
use super::error::Error;
use super::{dot, graphviz, svg};
use crate::files;

/// Writes a drawing in the format its path ends in.
///
/// The format and the directory are looked at before anything is drawn, so that mistakes cost no
/// time; the drawing is made only then.
pub(crate) fn save(path: &Path, drawing: impl FnOnce() -> Drawing) -> Result<(), Error> {
    let format = Format::of(path)?;
    check_directory(path)?;
    let drawing = drawing();
    let bytes = match format {
        Format::Dot => dot::print(&drawing).into_bytes(),
        Format::Svg => svg::print(&drawing).into_bytes(),
        Format::Png => graphviz::draw(dot::print(&drawing), "png", path)?,
        Format::Pdf => graphviz::draw(dot::print(&drawing), "pdf", path)?,
    };
    files::replace(path, &bytes).map_err(Error::io(path))
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

fn check_directory(path: &Path) -> Result<(), Error> {
    let directory = files::directory_of(path);
    match directory.is_dir() {
        true => Ok(()),
        false => Err(Error::MissingDirectory { path: path.to_owned(), directory }),
    }
}
