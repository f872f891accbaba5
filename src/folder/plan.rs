//! Plans: which files are transferred and which are deleted. Everything is compared and checked before the
//! first step.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::compare;
use super::local::{self, LocalFile, LocalFiles};
use super::names::{self, CaseClashes, Rules};
use super::options::{Filter, FolderOptions, FolderProgress};
use super::problems::Problems;
use super::run::FolderPlan;
use super::step::{FolderAction, Shared, Work};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::etag::ETag;
use crate::listing::{self, ListOptions};
use crate::validate;

/// An object of the listing, without its name.
struct Remote {
    size: u64,
    e_tag: Option<ETag>,
}

/// The objects under the prefix, by the name of their file: the key without the prefix.
type RemoteFiles = BTreeMap<String, Remote>;

/// Both sides of a transfer, and the steps found so far.
struct Planner<'a> {
    shared: Shared<'a>,
    filter: Filter,
    problems: Problems,
    work: Vec<Work>,
    unchanged: u64,
}

/// Plans the upload of a folder.
pub(super) fn upload<'a>(
    client: &Client,
    bucket: &str,
    prefix: &str,
    folder: &Path,
    options: &FolderOptions<'a>,
) -> Result<FolderPlan<'a>> {
    let mut planner = Planner::new(client, bucket, prefix, folder, options)?;
    let LocalFiles { mut files, problems, .. } = local::source(folder, &planner.filter)?;
    planner.problems = problems;
    files.retain(|file| match validate::key(&planner.shared.key(&file.name)) {
        Ok(()) => true,
        Err(error) => {
            planner.problems.add(file.name.clone(), error.to_string());
            false
        }
    });
    planner.check_problems("uploaded")?;
    let mut remote = planner.list()?;
    remote.retain(|name, _| !is_folder_marker(name));
    planner.check_source("folder", files.is_empty(), remote.is_empty())?;

    for LocalFile { name, len } in files {
        let existing = remote.remove(&name);
        if existing.is_none() && names::is_temporary(&name) {
            continue;
        }
        planner.transfer(FolderAction::Upload, name, len, len, existing.as_ref())?;
    }
    if planner.shared.options.delete {
        remote.retain(|name, _| !planner.problems.covers(name));
        planner.work.extend(remote.into_keys().map(|name| Work::new(FolderAction::DeleteObject, name, 0)));
    }
    Ok(planner.finish())
}

/// Plans the download of a prefix.
pub(super) fn download<'a>(
    client: &Client,
    bucket: &str,
    prefix: &str,
    folder: &Path,
    options: &FolderOptions<'a>,
) -> Result<FolderPlan<'a>> {
    if !options.download.is_whole() {
        return Err(Error::invalid(
            "the download options select a range or a part of an object; a folder needs whole objects",
        ));
    }
    let mut planner = Planner::new(client, bucket, prefix, folder, options)?;
    let local = local::target(folder, &planner.filter)?;
    let mut remote = planner.list()?;
    remote.retain(|name, object| !is_folder_marker(name) || object.size > 0);
    planner.check_names(&remote, &local);
    planner.check_problems("downloaded")?;
    remote.retain(|name, _| !planner.problems.contains(name));
    planner.check_source("prefix", remote.is_empty(), local.files.is_empty())?;

    let mut existing: BTreeMap<String, u64> =
        local.files.into_iter().map(|file| (file.name, file.len)).collect();
    for (name, object) in remote {
        let len = existing.remove(&name);
        let size = object.size;
        planner.transfer(FolderAction::Download, name, size, len.unwrap_or(0), len.map(|_| &object))?;
    }
    if planner.shared.options.delete {
        existing.retain(|name, _| !planner.problems.covers(name) && !names::is_temporary(name));
        planner.work.extend(existing.into_keys().map(|name| Work::new(FolderAction::DeleteFile, name, 0)));
    }
    Ok(planner.finish())
}

/// Returns `true` for the key of a folder, which graphical clients store as an empty object.
fn is_folder_marker(name: &str) -> bool {
    name.is_empty() || name.ends_with('/')
}

impl<'a> Planner<'a> {
    fn new(
        client: &Client,
        bucket: &str,
        prefix: &str,
        folder: &Path,
        options: &FolderOptions<'a>,
    ) -> Result<Self> {
        validate::bucket(bucket)?;
        if folder.as_os_str().is_empty() {
            return Err(Error::invalid("the path of the folder is empty; use . for the current folder"));
        }
        let separator = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
        Ok(Self {
            filter: options.filter()?,
            shared: Shared {
                client: client.clone(),
                bucket: bucket.to_owned(),
                prefix: format!("{prefix}{separator}"),
                folder: folder.to_owned(),
                options: options.clone(),
                progress: Mutex::new(FolderProgress::new()),
            },
            problems: Problems::default(),
            work: Vec::new(),
            unchanged: 0,
        })
    }

    /// Lists the objects under the prefix that the filter selects.
    fn list(&self) -> Result<RemoteFiles> {
        let Shared { client, bucket, prefix, .. } = &self.shared;
        let mut files = RemoteFiles::new();
        for object in client.list_objects_with(bucket, &ListOptions::new().prefix(prefix)) {
            let object = object?;
            let Some(name) = object.key.strip_prefix(prefix.as_str()) else {
                return Err(listing::malformed(format!(
                    "the server listed {:?}, which does not start with the prefix {prefix:?}",
                    object.key
                )));
            };
            if self.filter.selects(name) {
                files.insert(name.to_owned(), Remote { size: object.size, e_tag: object.e_tag });
            }
        }
        Ok(files)
    }

    /// Finds the keys that cannot be files in the target folder.
    fn check_names(&mut self, remote: &RemoteFiles, local: &LocalFiles) {
        let portable = self.shared.options.portable_names;
        let rules = if portable { Rules::Windows } else { Rules::HERE };
        let mut clashes = CaseClashes::default();
        local.files.iter().map(|file| &file.name).chain(&local.folders).for_each(|name| {
            clashes.add(name);
        });
        let is_file = |name: &str| local.files.binary_search_by(|file| file.name.as_str().cmp(name)).is_ok();
        let mut clashing = Vec::new();
        for name in remote.keys() {
            if let Err(reason) = rules.check(name) {
                self.problems.add(name, reason);
                continue;
            }
            for folder in names::parents(name) {
                if remote.contains_key(folder) {
                    self.problems.add(folder, format!("{name:?} needs a folder of this name"));
                } else if let Some(what) = local.obstacles.get(folder) {
                    self.problems.add(name, format!("{folder:?} is {what} in the target folder"));
                } else if is_file(folder) {
                    self.problems.add(name, format!("{folder:?} is a file in the target folder"));
                }
            }
            if let Some(what) = local.obstacles.get(name) {
                self.problems.add(name, format!("it is {what} in the target folder"));
            } else if local.folders.contains(name) {
                self.problems.add(name, "it is a folder in the target folder");
            }
            if let Some(earlier) = clashes.add(name) {
                clashing.push((name, format!("it differs from {earlier:?} only in case")));
            }
        }
        if !clashing.is_empty() && (portable || !names::distinguishes_case(&self.shared.folder)) {
            clashing.into_iter().for_each(|(name, reason)| self.problems.add(name, reason));
        }
    }

    fn check_problems(&self, what: &str) -> Result<()> {
        if self.shared.options.skip_invalid {
            return Ok(());
        }
        self.problems.ensure_none(&self.shared.prefix, what)
    }

    /// Fails if an empty source would delete everything in the target.
    fn check_source(&self, source: &str, source_is_empty: bool, target_is_empty: bool) -> Result<()> {
        if !self.shared.options.delete || !source_is_empty || target_is_empty {
            return Ok(());
        }
        let message =
            format!("the {source} to transfer has no files, so everything in the target would be deleted");
        Err(Error::invalid(message).with_hint(
            "Check the name and the patterns. Use delete_prefix or std::fs::remove_dir_all to delete everything.",
        ))
    }

    /// Adds a transfer of `size` bytes, unless the file of `len` bytes and the object are equal.
    fn transfer(
        &mut self,
        action: FolderAction,
        name: String,
        size: u64,
        len: u64,
        existing: Option<&Remote>,
    ) -> Result<()> {
        let equal = match existing {
            Some(object) if object.size == len => self.is_equal(&name, object)?,
            _ => false,
        };
        if equal {
            self.unchanged += 1;
        } else {
            self.work.push(Work { replaces: existing.is_some(), ..Work::new(action, name, size) });
        }
        Ok(())
    }

    fn is_equal(&self, name: &str, object: &Remote) -> Result<bool> {
        let Shared { options, .. } = &self.shared;
        match &object.e_tag {
            _ if options.size_only => Ok(true),
            Some(e_tag) => {
                let part_size = options.upload.part_size;
                compare::is_proven_equal(&self.shared.path(name), object.size, e_tag, part_size)
            }
            None => Ok(false),
        }
    }

    fn finish(self) -> FolderPlan<'a> {
        let Self { mut shared, problems, work, unchanged, .. } = self;
        let total_bytes = work.iter().map(|work| work.bytes).sum();
        let progress =
            FolderProgress { total_steps: work.len() as u64, total_bytes, ..FolderProgress::new() };
        shared.progress = Mutex::new(progress);
        let skipped = problems.into_skipped(&shared.prefix);
        FolderPlan::new(Arc::new(shared), work, unchanged, skipped)
    }
}
