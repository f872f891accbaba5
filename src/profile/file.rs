//! One profile file: reading it, and finding the properties of a section.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::ini::{self, Problem};
use crate::error::{Error, Result};

/// The section whose properties are defaults for all other sections of its file, as in Python's `configparser`.
const ALL_SECTIONS: &str = "DEFAULT";

pub(crate) type Properties = BTreeMap<String, Property>;

/// The value of a property, and the line that sets it.
#[derive(Clone)]
pub(crate) struct Property {
    pub(crate) value: String,
    pub(crate) place: Place,
}

/// A line of a profile file. `Display` prints it as `path:line`.
#[derive(Clone)]
pub(crate) struct Place {
    path: Arc<str>,
    line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

/// One of the two files.
pub(super) struct ProfileFile {
    pub(super) path: Option<Arc<str>>,
    pub(super) content: Content,
}

pub(super) enum Content {
    Parsed(ini::File),
    /// There is nothing to read, for this reason.
    Absent(&'static str),
    Unreadable(io::Error),
}

impl ProfileFile {
    pub(super) fn absent(reason: &'static str) -> Self {
        Self { path: None, content: Content::Absent(reason) }
    }

    pub(super) fn read(path: &Path) -> Self {
        // reading a pipe could block; aws-cli, too, reads regular files only
        let content = match fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => {
                Content::Absent("which is not a regular file")
            }
            Ok(_) => match fs::read(path) {
                Ok(bytes) => Content::Parsed(ini::parse(&bytes)),
                Err(error) => Content::Unreadable(error),
            },
            // a home directory that is not a directory, such as /dev/null, has no files
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Content::Absent("which does not exist")
            }
            // a container may run as a user who has no access to its home directory, and aws-cli ignores that
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Content::Absent("whose folder this user cannot access")
            }
            Err(error) => Content::Unreadable(error),
        };
        Self { path: Some(path.display().to_string().into()), content }
    }

    pub(super) fn path(&self) -> &str {
        self.path.as_deref().unwrap_or_default()
    }

    pub(super) fn place(&self, line: usize) -> Place {
        Place { path: self.path.clone().unwrap_or_default(), line }
    }

    /// Describes what was searched: `/home/a/.aws/config, which does not exist`.
    pub(super) fn describe(&self, usual: &str) -> String {
        let name = self.path.as_deref().map_or_else(|| format!("no {usual} file"), str::to_owned);
        match &self.content {
            Content::Parsed(_) => name,
            Content::Absent(reason) => format!("{name}, {reason}"),
            Content::Unreadable(_) => format!("{name}, which cannot be read"),
        }
    }

    pub(super) fn sections(&self) -> impl Iterator<Item = &ini::Section> {
        match &self.content {
            Content::Parsed(file) => file.sections.as_slice(),
            _ => &[],
        }
        .iter()
    }

    pub(super) fn readable(&self) -> Result<()> {
        match &self.content {
            Content::Unreadable(error) => {
                let copy = io::Error::new(error.kind(), error.to_string());
                Err(Error::local(format!("cannot read {}", self.path()), copy).with_hint(
                    "Correct it, or set AWS_SHARED_CREDENTIALS_FILE or AWS_CONFIG_FILE to another file.",
                ))
            }
            _ => Ok(()),
        }
    }

    /// Returns the properties of the last matching section, or an error if a line of it is wrong.
    pub(super) fn properties(&self, matches: impl Fn(&ini::Section) -> bool) -> Result<Option<Properties>> {
        self.readable()?;
        if let Content::Parsed(ini::File { stray_line: Some(line), .. }) = self.content {
            return Err(Error::invalid(format!("{}: the line is in no section", self.place(line)))
                .with_hint("Write [default], or the header of another section, above it."));
        }
        let mut found: Option<&ini::Section> = None;
        for section in self.sections().filter(|section| matches(section)) {
            if let Some(other) = found.filter(|other| other.name == section.name) {
                let place = self.place(section.line);
                return Err(Error::invalid(format!(
                    "{place}: the section [{}] exists already",
                    section.name
                ))
                .with_hint(format!("Move its properties to line {}.", other.line)));
            }
            found = Some(section);
        }
        let Some(section) = found else { return Ok(None) };
        let defaults = self.sections().filter(|section| section.name == ALL_SECTIONS);
        let mut properties = Properties::new();
        for section in defaults.chain([section]) {
            if let Some((line, problem)) = section.problem {
                return Err(self.malformed(line, problem, &section.name));
            }
            properties.extend(section.entries.iter().map(|entry| {
                let property = Property { value: entry.value.clone(), place: self.place(entry.line) };
                (entry.name.clone(), property)
            }));
        }
        Ok(Some(properties))
    }

    fn malformed(&self, line: usize, problem: Problem, section: &str) -> Error {
        let place = self.place(line);
        let (text, hint) = match problem {
            Problem::Syntax => (
                "the line is not a [section], a name = value or a # comment",
                "Correct or remove it.".to_owned(),
            ),
            Problem::Duplicate => (
                "the property is set a second time",
                format!("Remove one of the two lines from the section [{section}]."),
            ),
            Problem::Encoding => ("the line is not UTF-8", "Save the file in UTF-8.".to_owned()),
        };
        Error::invalid(format!("{place}: {text}")).with_hint(hint)
    }
}
