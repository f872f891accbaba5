//! The names of files: which keys can be files below a folder, and which of them would be the same file.

use std::collections::{HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process;

use crate::transfer::partial_file;

/// The longest name of a file on the usual file systems: bytes on Unix, UTF-16 units on Windows.
const MAX_NAME: usize = 255;

/// Names that Windows reserves for devices, with any extension.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// Which names a file system can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    /// Everything except `/` and NUL.
    Unix,
    /// The rules of Windows, which names on other systems comply with, too.
    Windows,
}

impl Rules {
    /// The rules of the system that the program runs on.
    pub(super) const HERE: Self = if cfg!(windows) { Self::Windows } else { Self::Unix };

    /// Checks that a name, relative to a folder and with `/` between its segments, is a file below that
    /// folder. Otherwise returns the reason.
    pub(super) fn check(self, name: &str) -> Result<(), String> {
        for segment in name.split('/') {
            match segment {
                "" => return Err("it has an empty segment, which no file system can hold".into()),
                "." | ".." => return Err(format!("its segment {segment:?} is not the name of a file")),
                _ => self.check_segment(segment)?,
            }
        }
        Ok(())
    }

    fn check_segment(self, segment: &str) -> Result<(), String> {
        if segment.contains('\0') {
            return Err("it contains a NUL character".into());
        }
        if segment.len() > MAX_NAME && (self == Self::Unix || segment.encode_utf16().count() > MAX_NAME) {
            return Err(format!(
                "a segment is {} bytes long; file systems limit a name to {MAX_NAME}",
                segment.len()
            ));
        }
        if self == Self::Unix {
            return Ok(());
        }
        let is_invalid =
            |c: char| c.is_ascii_control() || matches!(c, '<' | '>' | ':' | '"' | '\\' | '|' | '?' | '*');
        if let Some(c) = segment.chars().find(|&c| is_invalid(c)) {
            return Err(format!("it contains {c:?}, which Windows does not allow"));
        }
        if segment.ends_with(['.', ' ']) {
            return Err("a segment ends with a dot or a space, which Windows removes".into());
        }
        if is_device(segment) {
            return Err(format!("Windows reserves the name {segment:?} for a device"));
        }
        Ok(())
    }
}

fn is_device(segment: &str) -> bool {
    let stem = segment.split('.').next().unwrap_or(segment).trim_end().to_uppercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device).is_some_and(|n| {
            matches!(n, "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
        })
    };
    DEVICES.contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
}

/// Returns the folders that contain a file, from the outermost: `a` and `a/b` for `a/b/c`.
pub(super) fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
}

/// Returns `true` for the temporary files of downloads.
pub(super) fn is_temporary(name: &str) -> bool {
    partial_file::is_temporary_name(name.rsplit('/').next().unwrap_or(name))
}

/// Finds names that a file system could regard as the same file: they, or folders that contain them, differ
/// only in case.
#[derive(Default)]
pub(super) struct CaseClashes<'n> {
    seen: HashMap<String, &'n str>,
    known: HashSet<&'n str>,
}

impl<'n> CaseClashes<'n> {
    /// Adds a name. Returns an earlier one that it clashes with, which may be a folder.
    pub(super) fn add(&mut self, name: &'n str) -> Option<&'n str> {
        for part in parents(name).chain([name]) {
            if !self.known.insert(part) {
                continue;
            }
            let earlier = *self.seen.entry(fold(part)).or_insert(part);
            if earlier != part {
                return Some(earlier);
            }
        }
        None
    }
}

/// Folds the case of a name at least as far as any file system does.
fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.chars()
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// Returns `true` if the file system of a folder, which need not exist yet, distinguishes names that differ
/// only in case.
///
/// No system call returns this, so a file is created for a moment.
pub(super) fn distinguishes_case(folder: &Path) -> bool {
    let by_default = !cfg!(any(windows, target_vendor = "apple"));
    let in_current = |path| if path == Path::new("") { Path::new(".") } else { path };
    let Some(existing) = folder.ancestors().map(in_current).find(|path| path.is_dir()) else {
        return by_default;
    };
    let name = format!(".plain-s3-{}.CASE.part", process::id());
    let (upper, lower) = (existing.join(&name), existing.join(name.to_lowercase()));
    if OpenOptions::new().write(true).create_new(true).open(&upper).is_err() {
        return by_default;
    }
    let distinguishes = fs::symlink_metadata(lower).is_err();
    let _ = fs::remove_file(upper); // nothing can be done about it, and the file is empty
    distinguishes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_leave_the_folder_are_rejected() {
        for name in [
            "..",
            "../evil",
            "a/../../evil",
            "a/..",
            ".",
            "./a",
            "a/.",
            "/etc/passwd",
            "//a",
            "a//b",
            "a/",
            "",
            "/",
            "a\0b",
            "\0",
        ] {
            for rules in [Rules::Unix, Rules::Windows] {
                assert!(rules.check(name).is_err(), "{name:?} {rules:?}");
            }
        }
        for name in ["C:\\x", "C:x", "c:", "..\\evil", "a\\..\\..\\evil", "\\\\server\\share", "file::$DATA"]
        {
            Rules::Unix.check(name).unwrap();
            assert!(Rules::Windows.check(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn ordinary_names_are_accepted() {
        for name in [
            "a",
            "a/b.c",
            "...",
            "..a",
            ".hidden",
            " a",
            "a b",
            "日本/語",
            "COM10",
            "COMMON",
            "nul_",
            "e\u{301}",
        ] {
            if name != "..." {
                Rules::Windows.check(name).unwrap();
            }
            Rules::Unix.check(name).unwrap();
        }
    }

    #[test]
    fn names_that_windows_cannot_hold_are_rejected_by_its_rules() {
        for name in [
            "a?", "a*", "a<b", "a>b", "a|b", "a\"b", "a:b", "a\nb", "a.", "a ", "x./y", "NUL", "nul.txt",
            "a/con", "Com1.log", "LPT9", "com¹", "aux .c", "conin$",
        ] {
            assert!(Rules::Windows.check(name).is_err(), "{name:?}");
            Rules::Unix.check(name).unwrap();
        }
    }

    #[test]
    fn name_is_limited_to_255_bytes_or_utf16_units() {
        let (fits, long) = (format!("x/{}", "k".repeat(255)), "k".repeat(256));
        for rules in [Rules::Unix, Rules::Windows] {
            rules.check(&fits).unwrap();
            assert!(rules.check(&long).is_err(), "{rules:?}");
        }
        let accents = "é".repeat(200);
        Rules::Windows.check(&accents).unwrap();
        assert!(Rules::Unix.check(&accents).unwrap_err().contains("400 bytes"));
    }

    #[test]
    fn case_clashes_include_folders() {
        let mut clashes = CaseClashes::default();
        for (name, clash) in [
            ("a/b", None),
            ("a/b", None),
            ("a/c", None),
            ("A/d", Some("a")),
            ("a/B", Some("a/b")),
            ("É", None),
            ("é", Some("É")),
            ("ß", None),
            ("ẞ", Some("ß")),
            ("σ", None),
            ("ς", Some("σ")),
            ("other", None),
        ] {
            assert_eq!(clashes.add(name), clash, "{name}");
        }
    }

    #[test]
    fn probe_leaves_nothing_behind() {
        let folder = std::env::temp_dir().join(format!("plain-s3-names-{}", process::id()));
        fs::create_dir(&folder).unwrap();
        let distinguishes = distinguishes_case(&folder.join("not/yet/there"));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::write(folder.join("a"), "").unwrap();
        assert_eq!(fs::metadata(folder.join("A")).is_err(), distinguishes);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn temporary_files_are_recognised() {
        for name in ["a/.x.0123456789abcdef.part", ".x.txt.etag-%22abc%22.part"] {
            assert!(is_temporary(name), "{name}");
        }
        for name in ["x.0123456789abcdef.part", ".x.part", ".x.0123.part", "a.part", ".x.etag-a.part/b"] {
            assert!(!is_temporary(name), "{name}");
        }
    }

    #[test]
    fn parents_are_the_folders_of_a_name() {
        assert_eq!(parents("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(parents("a").count(), 0);
    }
}
