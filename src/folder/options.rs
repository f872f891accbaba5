//! The options of transfers of folders, and which files they select.

use super::pattern::Pattern;
use crate::error::Result;
use crate::transfer::progress::{Progress, ProgressResult};
use crate::transfer::{DownloadOptions, UploadOptions};

/// Options for [`Client::upload_folder_with`](crate::Client::upload_folder_with) and
/// [`Client::download_prefix_with`](crate::Client::download_prefix_with).
///
/// # Patterns
///
/// [`include`](Self::include) and [`exclude`](Self::exclude) take patterns for the path of a file below the
/// folder, which is the key without the prefix. On every system, `/` separates its segments.
///
/// | pattern | matches |
/// |---|---|
/// | `*.tmp` | without `/`: files of this name in any folder |
/// | `img/*.png` or `/robots.txt` | with `/` at the start or inside: the whole path |
/// | `cache/` | with `/` at the end: everything in folders of this name, anywhere; `/cache/` only at the top |
/// | `?`, `*` | one character, or any number of characters, except `/` |
/// | `**` | any number of characters, including `/`; `a/**/b` also matches `a/b` |
///
/// All other characters match themselves; case matters. Matching never takes exponential time.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct FolderOptions<'a> {
    include: Vec<String>,
    exclude: Vec<String>,
    pub(super) delete: bool,
    pub(super) dry_run: bool,
    pub(super) size_only: bool,
    pub(super) skip_invalid: bool,
    pub(super) portable_names: bool,
    pub(super) upload: UploadOptions<'a>,
    pub(super) download: DownloadOptions<'a>,
    pub(super) progress: Progress<'a, FolderProgress>,
}

impl<'a> FolderOptions<'a> {
    /// Creates the default options: all files, and nothing is deleted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects only files that match this pattern, or another one that is included.
    pub fn include(mut self, pattern: impl Into<String>) -> Self {
        self.include.push(pattern.into());
        self
    }

    /// Leaves out files that match this pattern, even if they are included. They are neither transferred nor
    /// deleted.
    pub fn exclude(mut self, pattern: impl Into<String>) -> Self {
        self.exclude.push(pattern.into());
        self
    }

    /// Deletes what the source does not have, so that the target becomes a mirror of the source.
    ///
    /// Deletions come last, and only if everything was transferred. If the source has no file at all, which
    /// usually means that its name is wrong, the call fails instead. Folders that become empty are kept, and
    /// so are zero-byte objects whose keys end with `/`.
    pub fn delete(mut self) -> Self {
        self.delete = true;
        self
    }

    /// Compares everything, but neither transfers nor deletes anything. The summary contains what would be
    /// done.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Regards a file and an object of the same size as equal, without a checksum.
    ///
    /// Faster for large files, and necessary if the ETags of the bucket are not checksums, as with SSE-KMS:
    /// everything would be transferred each time. A change that keeps the size is not noticed.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::FolderOptions;
    ///
    /// let options = FolderOptions::new().size_only();
    /// let plan = client.plan_upload_folder("my-new-bucket", "site/", "public", &options)?;
    /// println!("{} files have the same size as their object", plan.unchanged());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn size_only(mut self) -> Self {
        self.size_only = true;
        self
    }

    /// Skips names that cannot be transferred, instead of failing. [`FolderSummary::skipped`](crate::FolderSummary::skipped) lists them.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::FolderOptions;
    ///
    /// let options = FolderOptions::new().skip_invalid().portable_names();
    /// let plan = client.plan_download_prefix("my-new-bucket", "photos/", "photos", &options)?;
    /// for skipped in plan.skipped() {
    ///     println!("{}: {}", skipped.key, skipped.message);
    /// }
    /// println!("{}", plan.run()?);
    /// assert!(std::path::Path::new("photos/2011/beach.jpg").exists());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn skip_invalid(mut self) -> Self {
        self.skip_invalid = true;
        self
    }

    /// Rejects names that some system cannot hold, even if this one can: those that Windows does not allow,
    /// and those that differ only in case.
    ///
    /// By default, the rules of this system apply to names, and those of the target's file system to case.
    pub fn portable_names(mut self) -> Self {
        self.portable_names = true;
        self
    }

    /// Sets the options of each upload: media type, metadata, ACL, encryption or part size. Downloads ignore
    /// them.
    ///
    /// A progress callback in these options is replaced by [`progress`](Self::progress), if that is set.
    pub fn upload_options(mut self, options: UploadOptions<'a>) -> Self {
        self.upload = options;
        self
    }

    /// Sets the options of each download, such as the customer key. Uploads ignore them.
    ///
    /// A progress callback in these options is replaced by [`progress`](Self::progress), if that is set.
    /// Objects larger than 16 MiB are always downloaded with [`DownloadOptions::resume`].
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{DownloadOptions, FolderOptions};
    ///
    /// let options = FolderOptions::new().download_options(DownloadOptions::new().skip_sync());
    /// client.download_prefix_with("my-new-bucket", "photos/", "photos", &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn download_options(mut self, options: DownloadOptions<'a>) -> Self {
        self.download = options;
        self
    }

    /// Calls `f` before and after each step, and while it transfers data.
    ///
    /// If `f` returns [`ControlFlow::Break`](std::ops::ControlFlow::Break), the step is cancelled, and
    /// no further one is run.
    pub fn progress<R: ProgressResult>(
        mut self,
        f: impl Fn(&FolderProgress) -> R + Send + Sync + 'a,
    ) -> Self {
        self.progress = Progress::new(move |progress| f(&progress));
        self
    }

    pub(super) fn filter(&self) -> Result<Filter> {
        let parse = |patterns: &[String]| -> Result<Vec<Pattern>> {
            patterns.iter().map(|text| Pattern::parse(text)).collect()
        };
        Ok(Filter { include: parse(&self.include)?, exclude: parse(&self.exclude)? })
    }
}

/// How far the steps of a [`FolderPlan`](crate::FolderPlan) are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FolderProgress {
    /// How many steps are finished, including those that failed.
    pub steps: u64,
    /// How many steps the plan has.
    pub total_steps: u64,
    /// How many bytes were transferred.
    pub bytes: u64,
    /// How many bytes the plan transfers.
    pub total_bytes: u64,
}

impl FolderProgress {
    /// Creates the progress of an empty plan, for tests of code that handles it.
    pub fn new() -> Self {
        Self::default()
    }
}

/// The parsed patterns.
#[derive(Debug)]
pub(super) struct Filter {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

impl Filter {
    pub(super) fn selects(&self, name: &str) -> bool {
        (self.include.is_empty() || self.include.iter().any(|pattern| pattern.matches(name)))
            && !self.exclude.iter().any(|pattern| pattern.matches(name))
    }

    /// Returns `true` if nothing in this folder can be selected.
    pub(super) fn excludes_folder(&self, name: &str) -> bool {
        self.exclude.iter().any(|pattern| pattern.matches_folder(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclude_wins_over_include() {
        let options =
            FolderOptions::new().include("*.html").include("img/").exclude("draft*").exclude("old/");
        let filter = options.filter().unwrap();
        for (name, selected) in [
            ("a.html", true),
            ("x/a.html", true),
            ("img/a.png", true),
            ("a.png", false),
            ("draft.html", false),
            ("old/a.html", false),
        ] {
            assert_eq!(filter.selects(name), selected, "{name}");
        }
        assert!(filter.excludes_folder("x/old") && !filter.excludes_folder("img"));
        assert!(FolderOptions::new().filter().unwrap().selects("anything"));
        assert!(FolderOptions::new().include("").filter().is_err());
    }
}
