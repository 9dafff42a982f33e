//! [`Found`]: the files that a path stands for, and the folders `key=value` that they are in.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::paths::{self, key};
use super::stamp::Stamp;
use crate::error::Result;

/// The files of a path: a file, a folder, or a pattern.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// What was asked for.
    pub(crate) path: PathBuf,
    /// Sorted; at least one.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) stamps: Vec<Stamp>,
    /// The keys of a file are the folders `key=value` between this and the file.
    root: PathBuf,
}

impl Found {
    /// Of a folder, the files that have one of the extensions, in it and in its folders `key=value`, these only if
    /// `hive` is not `Some(false)`. Of a file, with `Some(true)`, all folders above it may be keys.
    pub(crate) fn at(path: &Path, extensions: &[&str], hive: Option<bool>) -> Result<Found> {
        let files = paths::files(path, extensions, hive != Some(false))?;
        let root = match path.is_file() {
            true if hive == Some(true) => PathBuf::new(),
            true => path.parent().unwrap_or(path).to_owned(),
            false if path.is_dir() => path.to_owned(),
            false => before_pattern(path),
        };
        let stamps = files.iter().map(|file| Stamp::of(file)).collect::<Result<_, _>>()?;
        Ok(Found { path: path.to_owned(), files, stamps, root })
    }

    /// The path of a file below the root.
    pub(crate) fn below_root<'a>(&self, file: &'a Path) -> &'a Path {
        file.strip_prefix(&self.root).unwrap_or(file)
    }

    /// The keys of the folders that a file is in, outermost first.
    pub(crate) fn keys<'a>(&self, file: &'a Path) -> Vec<&'a str> {
        let folders = self.below_root(file).parent().unwrap_or(Path::new(""));
        folders.iter().filter_map(|folder| key(folder.to_str()?)).collect()
    }
}

/// The folders before the first one that is a pattern.
fn before_pattern(path: &Path) -> PathBuf {
    let is_name = |part: &&OsStr| !part.to_string_lossy().contains(['*', '?', '[']);
    path.iter().take_while(is_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    fn names(found: &Found) -> Vec<&str> {
        found.files.iter().map(|file| found.below_root(file).to_str().unwrap()).collect()
    }

    #[test]
    fn a_folder_is_its_files_with_the_extension_and_those_of_its_key_folders() {
        let files = ["b.x", "a.x", "a.y", ".c.x", "k=1/j=2/d.x", "other/e.x", "k=a=b/f.x"];
        let folder = folder(&files);
        let found = Found::at(folder.path(), &["x"], None).unwrap();
        assert_eq!(names(&found), ["a.x", "b.x", "k=1/j=2/d.x"]);
        assert_eq!(found.keys(&found.files[0]), Vec::<&str>::new());
        assert_eq!(found.keys(&found.files[2]), ["k", "j"]);
        let found = Found::at(folder.path(), &["x", "y"], Some(false)).unwrap();
        assert_eq!(names(&found), ["a.x", "a.y", "b.x"]);
    }

    #[test]
    fn keys_are_looked_for_below_what_was_asked_for() {
        let folder = folder(&["k=1/a.x", "k=2/b.x"]);
        let root = folder.path();
        let found = Found::at(&root.join("k=*/*.x"), &["x"], None).unwrap();
        assert_eq!(
            (names(&found), found.keys(&found.files[1])),
            (vec!["k=1/a.x", "k=2/b.x"], vec!["k"])
        );
        let found = Found::at(&root.join("k=1"), &["x"], None).unwrap();
        assert_eq!((names(&found), found.keys(&found.files[0])), (vec!["a.x"], vec![]));
        let found = Found::at(&root.join("k=1/a.x"), &["x"], Some(true)).unwrap();
        assert_eq!(found.keys(&found.files[0]), ["k"]);
        let found = Found::at(&root.join("k=1/a.x"), &["x"], None).unwrap();
        assert_eq!(found.keys(&found.files[0]), Vec::<&str>::new());
    }

    #[test]
    fn nothing_found_is_an_error_that_names_the_path() {
        let folder = folder(&["a.y"]);
        let error = |path: &Path| Found::at(path, &["x"], None).unwrap_err().to_string();
        assert!(error(folder.path()).ends_with("the folder has no file that ends in .x"));
        assert!(error(&folder.path().join("*.x")).ends_with("*.x: no file matches this pattern"));
        let missing = error(&folder.path().join("a.x"));
        assert!(missing.ends_with("a.x: there is no such file or folder"));
    }
}
