//! The files in a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use super::options::Filter;
use super::problems::Problems;
use crate::error::{Error, Result};

/// A regular file. Its name is its path below the folder, with `/` between the segments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LocalFile {
    pub(super) name: String,
    pub(super) len: u64,
}

/// What was found in a folder. Only names that the filter selects are included, except in `folders` and
/// `obstacles`.
#[derive(Debug, Default)]
pub(super) struct LocalFiles {
    /// Sorted by name.
    pub(super) files: Vec<LocalFile>,
    pub(super) folders: BTreeSet<String>,
    /// Where a target can have neither a file nor a folder, and why.
    pub(super) obstacles: BTreeMap<String, &'static str>,
    /// What an upload cannot read.
    pub(super) problems: Problems,
}

/// Finds the files to upload. Symbolic links are followed.
pub(super) fn source(root: &Path, filter: &Filter) -> Result<LocalFiles> {
    Walk { filter, follow: true, found: LocalFiles::default(), open: Vec::new() }.run(root)
}

/// Finds the files in the target of a download. Symbolic links are not followed. The folder need not exist.
pub(super) fn target(root: &Path, filter: &Filter) -> Result<LocalFiles> {
    match fs::metadata(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(LocalFiles::default()),
        _ => Walk { filter, follow: false, found: LocalFiles::default(), open: Vec::new() }.run(root),
    }
}

struct Walk<'a> {
    filter: &'a Filter,
    follow: bool,
    found: LocalFiles,
    /// The folders on the path to the current one, without symbolic links.
    open: Vec<PathBuf>,
}

impl Walk<'_> {
    fn run(mut self, root: &Path) -> Result<LocalFiles> {
        let unreadable = |error| Error::local(format!("cannot read the folder {}", root.display()), error);
        self.open.push(fs::canonicalize(root).map_err(unreadable)?);
        self.entries(root, "").map_err(unreadable)?;
        self.found.files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(self.found)
    }

    fn entries(&mut self, path: &Path, name: &str) -> io::Result<()> {
        // collected, because each open folder would use a file descriptor
        let entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
        for entry in entries {
            let file_name = entry.file_name();
            let child = if name.is_empty() { String::new() } else { format!("{name}/") };
            match file_name.to_str() {
                Some(file_name) => self.entry(&entry, child + file_name)?,
                None => self.problem(
                    child + &file_name.to_string_lossy(),
                    "its name is not Unicode, as a key has to be",
                ),
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &DirEntry, name: String) -> io::Result<()> {
        let mut metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()), // deleted meanwhile
            Err(error) => return Err(error),
        };
        let is_link = metadata.is_symlink();
        if is_link {
            if !self.follow {
                self.found.obstacles.insert(name, "a symbolic link");
                return Ok(());
            }
            match fs::metadata(entry.path()) {
                Ok(target) => metadata = target,
                Err(error) => {
                    self.problem(name, format!("it is a symbolic link that cannot be followed: {error}"));
                    return Ok(());
                }
            }
        }
        if metadata.is_dir() {
            self.folder(entry, name, is_link);
        } else if metadata.is_file() {
            if self.filter.selects(&name) {
                self.found.files.push(LocalFile { name, len: metadata.len() });
            } else if !self.follow {
                self.found.obstacles.insert(name, "a file that the patterns exclude");
            }
        } else if self.follow {
            self.problem(name, "it is a device, a pipe or a socket");
        } else {
            self.found.obstacles.insert(name, "a device, a pipe or a socket");
        }
        Ok(())
    }

    fn folder(&mut self, entry: &DirEntry, name: String, is_link: bool) {
        if self.filter.excludes_folder(&name) {
            self.found.folders.insert(name);
            return;
        }
        let path = entry.path();
        let real = match self.open.last() {
            Some(parent) if !is_link => Ok(parent.join(entry.file_name())),
            _ => fs::canonicalize(&path),
        };
        let result = real.and_then(|real| {
            if self.open.contains(&real) {
                self.problem(name.clone(), "it is a symbolic link to a folder that contains it");
                return Ok(());
            }
            self.open.push(real);
            let result = self.entries(&path, &name);
            self.open.pop();
            result
        });
        match result {
            Ok(()) => {
                self.found.folders.insert(name);
            }
            Err(error) if self.follow => {
                self.found.problems.add(name, format!("the folder cannot be read: {error}"));
            }
            Err(_) => {
                self.found.obstacles.insert(name, "a folder that cannot be read");
            }
        }
    }

    /// Records what cannot be uploaded. In the target of a download, nothing needs to be read.
    fn problem(&mut self, name: String, reason: impl Into<String>) {
        if self.follow && self.filter.selects(&name) {
            self.found.problems.add(name, reason);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::{env, ffi::OsStr, process};

    use super::*;
    use crate::FolderOptions;

    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("plain-s3-local-{name}-{}", process::id()));
        fs::create_dir_all(folder.join("real/sub")).unwrap();
        fs::write(folder.join("real/sub/a.txt"), "12345").unwrap();
        fs::write(folder.join("b"), "1").unwrap();
        symlink("b", folder.join("link")).unwrap();
        symlink("real", folder.join("linked")).unwrap();
        symlink("..", folder.join("real/up")).unwrap();
        symlink("missing", folder.join("dangling")).unwrap();
        drop(UnixListener::bind(folder.join("socket")).unwrap());
        fs::write(folder.join(OsStr::from_bytes(b"\xff")), "").unwrap();
        folder
    }

    fn names(found: &LocalFiles) -> Vec<(&str, u64)> {
        found.files.iter().map(|file| (file.name.as_str(), file.len)).collect()
    }

    #[test]
    fn source_follows_links_and_reports_what_cannot_be_read() {
        let folder = folder("source");
        let found = source(&folder, &FolderOptions::new().filter().unwrap()).unwrap();
        assert_eq!(names(&found), [("b", 1), ("link", 1), ("linked/sub/a.txt", 5), ("real/sub/a.txt", 5)]);
        for name in ["dangling", "socket", "real/up", "linked/up", "\u{fffd}"] {
            assert!(found.problems.contains(name), "{name}: {:?}", found.problems);
        }
        let filter = FolderOptions::new().include("*.txt").filter().unwrap();
        let found = source(&folder, &filter).unwrap();
        assert_eq!(names(&found), [("linked/sub/a.txt", 5), ("real/sub/a.txt", 5)]);
        assert!(!found.problems.contains("dangling") && !found.problems.contains("socket"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn target_does_not_follow_links() {
        let folder = folder("target");
        let found = target(&folder, &FolderOptions::new().filter().unwrap()).unwrap();
        assert_eq!(names(&found), [("b", 1), ("real/sub/a.txt", 5)]);
        assert_eq!(found.folders.iter().collect::<Vec<_>>(), ["real", "real/sub"]);
        let obstacles: Vec<_> = found.obstacles.keys().map(String::as_str).collect();
        assert_eq!(obstacles, ["dangling", "link", "linked", "real/up", "socket"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn missing_folder_is_an_empty_target_but_no_source() {
        let filter = FolderOptions::new().filter().unwrap();
        let missing = env::temp_dir().join("plain-s3-local-missing");
        assert!(target(&missing, &filter).unwrap().files.is_empty());
        let error = source(&missing, &filter).unwrap_err().to_string();
        assert!(error.contains("cannot read the folder") && error.contains("missing"), "{error}");
    }
}
