//! From what the user names, a file, a folder or a pattern, to the files that are meant.

use std::fs;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, glob_with};

use crate::error::{FileError, Result};

/// The files that `pattern` names, sorted by path, at least one.
///
/// A file is itself, whatever its name. A folder is its files with one of the `extensions`, such as `csv` or `csv.gz`,
/// in capitals or not, with those of its folders `key=value` if `key_folders`; hidden ones are left out. Anything else
/// is a pattern, in which `*`, `?`, `[...]` stand for parts of a name, and `**` for folders.
pub(crate) fn files(
    pattern: &Path,
    extensions: &[&str],
    key_folders: bool,
) -> Result<Vec<PathBuf>> {
    if pattern.is_file() {
        return Ok(vec![pattern.to_owned()]);
    }
    let mut files = match pattern.is_dir() {
        true => of_folder(pattern, extensions, key_folders)?,
        false => of_pattern(pattern)?,
    };
    files.sort();
    Ok(files)
}

fn of_folder(folder: &Path, extensions: &[&str], key_folders: bool) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    gather(folder, extensions, key_folders, &mut files)?;
    if files.is_empty() {
        let reason = format!("the folder has no file that ends in .{}", extensions.join(", ."));
        return Err(FileError::new(folder, reason).into());
    }
    Ok(files)
}

/// The files of a folder that have one of the extensions, with those of its folders `key=value` if `key_folders`.
pub(crate) fn gather(
    folder: &Path,
    extensions: &[&str],
    key_folders: bool,
    files: &mut Vec<PathBuf>,
) -> Result<(), FileError> {
    let unreadable = |e| FileError::of(folder, "list the folder", e);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if key_folders && key(&name).is_some() {
                gather(&path, extensions, key_folders, files)?;
            }
        } else if has_extension(&name, extensions) && is_file(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether this is a file, or a link to nothing: that nothing is there is told when it is opened.
fn is_file(path: &Path) -> bool {
    path.is_file() || !path.exists()
}

/// The key of a folder `key=value`.
pub(crate) fn key(folder: &str) -> Option<&str> {
    let (key, value) = folder.split_once('=')?;
    (!key.is_empty() && !value.contains('=')).then_some(key)
}

fn has_extension(name: &str, extensions: &[&str]) -> bool {
    let name = name.to_lowercase();
    let ends = |extension: &&str| {
        name.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.') && stem.len() > 1)
    };
    extensions.iter().any(ends)
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
        if is_file(&path) {
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
        assert_eq!(
            names(files(folder.path(), &["csv", "csv.gz"], false)),
            ["a.CSV", "b.csv", "c.csv.gz"]
        );
    }

    #[test]
    fn a_pattern_is_the_files_that_match() {
        let folder = folder(&["b1.csv", "b0.csv", "a.csv", ".b.csv"]);
        assert_eq!(
            names(files(&folder.path().join("b?.csv"), &["csv"], false)),
            ["b0.csv", "b1.csv"]
        );
        assert_eq!(
            names(files(&folder.path().join("*"), &[], false)),
            ["a.csv", "b0.csv", "b1.csv"]
        );
    }

    #[test]
    fn a_file_may_have_the_signs_of_a_pattern_in_its_name() {
        let folder = folder(&["a[1].dat", "a1.dat"]);
        assert_eq!(names(files(&folder.path().join("a[1].dat"), &["csv"], false)), ["a[1].dat"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_is_not_left_out() {
        let folder = folder(&["a.csv"]);
        std::os::unix::fs::symlink("nowhere", folder.path().join("b.csv")).unwrap();
        assert_eq!(names(files(folder.path(), &["csv"], false)), ["a.csv", "b.csv"]);
        assert_eq!(names(files(&folder.path().join("*"), &[], false)), ["a.csv", "b.csv"]);
    }

    #[test]
    fn nothing_found_is_an_error_that_names_the_pattern() {
        let folder = folder(&["a.txt"]);
        let message = |path: PathBuf| files(&path, &["csv", "tsv"], false).unwrap_err().to_string();
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
