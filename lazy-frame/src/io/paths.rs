//! From what the user names, a file, a folder or a pattern, to the files that are meant.

use std::fs;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, glob_with};

use crate::error::{FileError, Result};

/// The files that `pattern` names, sorted by path, at least one.
///
/// A file is itself, whatever its name. A folder is its files with one of the `extensions`, such as `csv` or `csv.gz`,
/// in capitals or not; hidden files are left out. Anything else is a pattern, in which `*`, `?`, `[...]` stand for
/// parts of a name, and `**` for folders.
pub(crate) fn files(pattern: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    if pattern.is_file() {
        return Ok(vec![pattern.to_owned()]);
    }
    let mut files = match pattern.is_dir() {
        true => of_folder(pattern, extensions)?,
        false => of_pattern(pattern)?,
    };
    files.sort();
    Ok(files)
}

fn of_folder(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let unreadable = |e| FileError::of(folder, "list the folder", e);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if has_extension(&path, extensions) && path.is_file() {
            files.push(path);
        }
    }
    if files.is_empty() {
        let reason = format!("the folder has no file that ends in .{}", extensions.join(", ."));
        return Err(FileError::new(folder, reason).into());
    }
    Ok(files)
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let ends = |extension: &&str| {
        name.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.') && stem.len() > 1)
    };
    !name.starts_with('.') && extensions.iter().any(ends)
}

fn of_pattern(pattern: &Path) -> Result<Vec<PathBuf>> {
    let text = pattern.to_str().filter(|text| text.contains(['*', '?', '[']));
    let Some(text) = text else {
        return Err(FileError::new(pattern, "there is no such file or folder").into());
    };
    let options = MatchOptions { require_literal_leading_dot: true, ..MatchOptions::new() };
    let matches = glob_with(text, options)
        .map_err(|e| FileError::of(pattern, "read this as a pattern of paths", e))?;
    let mut files = Vec::new();
    for path in matches {
        let path = path.map_err(|e| FileError::of(e.path().to_owned(), "list the folder", e))?;
        if path.is_file() {
            files.push(path);
        }
    }
    match files.is_empty() {
        true => Err(FileError::new(pattern, "no file matches this pattern").into()),
        false => Ok(files),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        folder
    }

    fn names(files: Result<Vec<PathBuf>>) -> Vec<String> {
        let name = |path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        files.unwrap().into_iter().map(name).collect()
    }

    #[test]
    fn a_folder_is_its_files_with_an_extension_by_name() {
        let folder = folder(&["b.csv", "a.CSV", "c.csv.gz", "d.txt", ".e.csv", "csv"]);
        fs::create_dir(folder.path().join("f.csv")).unwrap();
        assert_eq!(names(files(folder.path(), &["csv", "csv.gz"])), ["a.CSV", "b.csv", "c.csv.gz"]);
    }

    #[test]
    fn a_pattern_is_the_files_that_match() {
        let folder = folder(&["b1.csv", "b0.csv", "a.csv", ".b.csv"]);
        assert_eq!(names(files(&folder.path().join("b?.csv"), &["csv"])), ["b0.csv", "b1.csv"]);
        assert_eq!(names(files(&folder.path().join("*"), &[])), ["a.csv", "b0.csv", "b1.csv"]);
    }

    #[test]
    fn a_file_may_have_the_signs_of_a_pattern_in_its_name() {
        let folder = folder(&["a[1].dat", "a1.dat"]);
        assert_eq!(names(files(&folder.path().join("a[1].dat"), &["csv"])), ["a[1].dat"]);
    }

    #[test]
    fn nothing_found_is_an_error_that_names_the_pattern() {
        let folder = folder(&["a.txt"]);
        let message = |path: PathBuf| files(&path, &["csv", "tsv"]).unwrap_err().to_string();
        let path = |name: &str| folder.path().join(name);
        let shown = |name: &str| path(name).display().to_string();
        assert_eq!(message(path("*.csv")), shown("*.csv") + ": no file matches this pattern");
        assert_eq!(message(path("a.csv")), shown("a.csv") + ": there is no such file or folder");
        assert!(message(path("a***")).starts_with(&(shown("a***") + ": cannot read this as")));
        let expected =
            format!("{}: the folder has no file that ends in .csv, .tsv", folder.path().display());
        assert_eq!(message(folder.path().to_owned()), expected);
    }
}
