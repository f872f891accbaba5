//! Names that cannot be transferred. They are collected and reported together, before anything is changed.

use std::collections::BTreeMap;

use super::names;
use crate::error::{Error, ErrorKind, KeyFailure};

/// How many problems an error lists in [`Error::failures`].
const MAX_LISTED: usize = 1000;
/// How many of them the text of the error contains.
const MAX_SHOWN: usize = 5;

/// The problems found while a plan was made, by name.
#[derive(Debug, Default)]
pub(super) struct Problems(BTreeMap<String, String>);

impl Problems {
    /// Adds a problem, unless this name has one already.
    pub(super) fn add(&mut self, name: impl Into<String>, reason: impl Into<String>) {
        self.0.entry(name.into()).or_insert_with(|| reason.into());
    }

    /// Returns `true` if the name has a problem itself.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns `true` if the name, or a folder that contains it, has a problem.
    pub(super) fn covers(&self, name: &str) -> bool {
        self.0.contains_key(name) || names::parents(name).any(|folder| self.0.contains_key(folder))
    }

    /// Returns the problems as the list of a summary, whose names are keys.
    pub(super) fn into_skipped(self, prefix: &str) -> Vec<KeyFailure> {
        self.0.into_iter().map(|problem| failure(prefix, problem)).collect()
    }

    /// Fails if there are problems, with an error that lists them. `what` completes "cannot be".
    pub(super) fn ensure_none(&self, prefix: &str, what: &str) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let shown: Vec<String> =
            self.0.iter().take(MAX_SHOWN).map(|(name, why)| format!("{name:?}: {why}")).collect();
        let count = self.0.len();
        let more = count.saturating_sub(MAX_SHOWN);
        let message = format!(
            "{count} {} cannot be {what}, so nothing was changed. {}{}",
            if count == 1 { "name" } else { "names" },
            shown.join("; "),
            if more > 0 { format!("; and {more} more") } else { String::new() }
        );
        let listed = self.0.iter().take(MAX_LISTED);
        let failures = listed.map(|(name, why)| failure(prefix, (name.clone(), why.clone()))).collect();
        Err(Error::new(ErrorKind::LocalIo, message)
            .with_failures(failures)
            .with_hint("Exclude them, or skip them with FolderOptions::skip_invalid."))
    }
}

fn failure(prefix: &str, (name, message): (String, String)) -> KeyFailure {
    KeyFailure { message, ..KeyFailure::new(format!("{prefix}{name}"), "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_lists_the_first_problems_and_counts_all() {
        let mut problems = Problems::default();
        problems.ensure_none("p/", "downloaded").unwrap();
        for i in 0..2000 {
            problems.add(format!("{i:04}"), "it is odd");
            problems.add(format!("{i:04}"), "a second reason");
        }
        let error = problems.ensure_none("p/", "downloaded").unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with(
                "2000 names cannot be downloaded, so nothing was changed. \"0000\": it is odd; "
            ),
            "{text}"
        );
        assert!(text.contains("; and 1995 more. Exclude them"), "{text}");
        assert_eq!((error.failures().len(), error.failures()[0].key.as_str()), (1000, "p/0000"));
    }

    #[test]
    fn problem_of_a_folder_covers_its_files() {
        let mut problems = Problems::default();
        problems.add("a/b", "");
        assert!(
            problems.covers("a/b")
                && problems.covers("a/b/c")
                && !problems.covers("a")
                && !problems.covers("a/bc")
        );
        assert!(problems.contains("a/b") && !problems.contains("a/b/c"));
    }
}
