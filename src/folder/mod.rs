//! Transfers between a local folder and the objects under a prefix.
//!
//! A plan is made first (`plan.rs`): it lists both sides, compares them (`compare.rs`) and checks all names
//! (`names.rs`). Then its steps (`step.rs`) are run, by `run.rs` or by the caller.

mod compare;
mod local;
mod names;
mod options;
mod pattern;
mod plan;
mod problems;
mod run;
mod step;

use std::path::Path;

pub use options::{FolderOptions, FolderProgress};
pub use run::{FolderPlan, FolderSummary};
pub use step::{FolderAction, FolderStep};

use crate::client::Client;
use crate::error::Result;
use crate::operation::Operation;

/// # Folders
///
/// A local folder and the objects under a prefix. Only what differs is transferred.
impl Client {
    /// Uploads the files of a folder and its subfolders that the bucket does not have yet or that differ.
    ///
    /// The file `img/a.png` becomes the object `PREFIX/img/a.png`. The prefixes `site` and `site/` are the
    /// same; the empty prefix is the whole bucket. Nothing is deleted, unless
    /// [`FolderOptions::delete`] makes the prefix a mirror of the folder.
    ///
    /// A file is left out if an object has its name and size, and if the object's ETag proves that the content
    /// is equal. For that, the file is read; no request is needed except the listing. Times do not matter. An
    /// ETag that is not a checksum proves nothing: see [`FolderOptions::size_only`].
    ///
    /// Symbolic links are followed. Before anything is sent, the call fails if the folder contains something
    /// that cannot be uploaded: a dangling or circular link, a device, pipe or socket, a subfolder that cannot
    /// be read, or a name that is not Unicode or longer than a key. Empty folders, permissions and times are
    /// not stored.
    ///
    /// # Errors
    ///
    /// - [`LocalIo`](crate::ErrorKind::LocalIo) if the folder cannot be read, or contains something that cannot
    ///   be uploaded. [`Error::failures`](crate::Error::failures) lists up to 1000 of these names.
    /// - [`PartialFailure`](crate::ErrorKind::PartialFailure) if some files could not be uploaded, for example
    ///   because they cannot be read or changed meanwhile; see [`FolderPlan::run`].
    /// - Errors of [`list_objects`](Self::list_objects).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let summary = client.upload_folder("my-new-bucket", "site/", "public")?;
    /// println!("{summary}");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_folder(
        &self,
        bucket: &str,
        prefix: &str,
        folder: impl AsRef<Path>,
    ) -> Result<FolderSummary> {
        self.upload_folder_with(bucket, prefix, folder, &FolderOptions::new())
    }

    /// Uploads selected files of a folder, deletes objects that it does not have, as a dry run or with
    /// progress; see [`upload_folder`](Self::upload_folder).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`upload_folder`](Self::upload_folder). Fails with
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a pattern is empty, or if the folder has no files and
    /// [`FolderOptions::delete`] would delete all objects.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{CannedAcl, FolderOptions, PutObjectOptions, UploadOptions};
    ///
    /// let public = PutObjectOptions::new().acl(CannedAcl::PublicRead).cache_control("max-age=300");
    /// let mirror = FolderOptions::new()
    ///     .exclude("*.tmp")
    ///     .delete()
    ///     .upload_options(UploadOptions::new().object(public))
    ///     .progress(|done| eprint!("\r{} of {} bytes", done.bytes, done.total_bytes));
    /// println!("{}", client.upload_folder_with("my-new-bucket", "site/", "public", &mirror)?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_folder_with(
        &self,
        bucket: &str,
        prefix: &str,
        folder: impl AsRef<Path>,
        options: &FolderOptions<'_>,
    ) -> Result<FolderSummary> {
        plan::upload(self, bucket, prefix, folder.as_ref(), options)
            .and_then(FolderPlan::run)
            .map_err(|error| error.with_context(|| Operation::on_object("upload_folder", bucket, prefix)))
    }

    /// Compares a folder with a prefix, and returns the steps of [`upload_folder`](Self::upload_folder)
    /// without running them.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`upload_folder_with`](Self::upload_folder_with), except those of the steps.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use std::sync::Mutex;
    /// use plain_s3::FolderOptions;
    ///
    /// let plan = client.plan_upload_folder("my-new-bucket", "site/", "public", &FolderOptions::new())?;
    /// let steps = Mutex::new(plan);
    /// let next = || steps.lock().unwrap().next();
    /// std::thread::scope(|scope| {
    ///     for _ in 0..8 {
    ///         scope.spawn(|| {
    ///             while let Some(step) = next() {
    ///                 if let Err(error) = step.run() {
    ///                     eprintln!("{error}");
    ///                 }
    ///             }
    ///         });
    ///     }
    /// });
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn plan_upload_folder<'a>(
        &self,
        bucket: &str,
        prefix: &str,
        folder: impl AsRef<Path>,
        options: &FolderOptions<'a>,
    ) -> Result<FolderPlan<'a>> {
        plan::upload(self, bucket, prefix, folder.as_ref(), options).map_err(|error| {
            error.with_context(|| Operation::on_object("plan_upload_folder", bucket, prefix))
        })
    }

    /// Downloads the objects under a prefix that a folder does not have yet or that differ.
    ///
    /// The object `PREFIX/img/a.png` becomes the file `img/a.png` in the folder, which is created if needed.
    /// The prefixes `site` and `site/` are the same; the empty prefix is the whole bucket. Nothing is deleted,
    /// unless [`FolderOptions::delete`] makes the folder a mirror of the prefix. Files and objects are compared
    /// as by [`upload_folder`](Self::upload_folder).
    ///
    /// No key can leave the folder. Before anything is written, the call fails if a key cannot be a file in it:
    ///
    /// - it has an empty segment, or a segment `.` or `..`, such as `../a`, `/a` or `a//b`; or it contains NUL;
    /// - a segment is longer than 255 bytes; on Windows, it is a name that Windows does not allow;
    /// - it is also the folder of another key, such as `a` beside `a/b`;
    /// - it differs from another key or file only in case, and the file system does not distinguish them;
    /// - the folder has something else of this name: a subfolder, or a file in place of a subfolder;
    /// - the path leads through a symbolic link. Links in the folder are neither followed, replaced nor deleted.
    ///
    /// Empty objects whose keys end with `/` are ignored. Each file gets its name only when it is complete and
    /// verified, so an interrupted call can be repeated, and transfers only what is missing. The partial file of
    /// an object larger than 16 MiB is kept, and the next call continues it.
    ///
    /// # Errors
    ///
    /// - [`LocalIo`](crate::ErrorKind::LocalIo) if the folder cannot be read, or some keys cannot be files in it.
    ///   [`Error::failures`](crate::Error::failures) lists up to 1000 of them.
    /// - [`PartialFailure`](crate::ErrorKind::PartialFailure) if some objects could not be downloaded; see
    ///   [`FolderPlan::run`].
    /// - Errors of [`list_objects`](Self::list_objects).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// println!("{}", client.download_prefix("my-new-bucket", "site/", "public")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn download_prefix(
        &self,
        bucket: &str,
        prefix: &str,
        folder: impl AsRef<Path>,
    ) -> Result<FolderSummary> {
        self.download_prefix_with(bucket, prefix, folder, &FolderOptions::new())
    }

    /// Downloads selected objects under a prefix, deletes files that it does not have, as a dry run or with
    /// progress; see [`download_prefix`](Self::download_prefix).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`download_prefix`](Self::download_prefix). Fails with
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a pattern is empty, if the download options select a
    /// range or a part, or if the prefix has no objects and [`FolderOptions::delete`] would delete
    /// all files.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::FolderOptions;
    ///
    /// let mirror = FolderOptions::new().include("*.html").delete().dry_run();
    /// println!("{}", client.download_prefix_with("my-new-bucket", "site/", "public", &mirror)?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn download_prefix_with(
        &self,
        bucket: &str,
        prefix: &str,
        folder: impl AsRef<Path>,
        options: &FolderOptions<'_>,
    ) -> Result<FolderSummary> {
        plan::download(self, bucket, prefix, folder.as_ref(), options)
            .and_then(FolderPlan::run)
            .map_err(|error| error.with_context(|| Operation::on_object("download_prefix", bucket, prefix)))
    }

    /// Compares a prefix with a folder, and returns the steps of [`download_prefix`](Self::download_prefix)
    /// without running them. [`plan_upload_folder`](Self::plan_upload_folder) shows how to run them on several
    /// threads.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`download_prefix_with`](Self::download_prefix_with), except those of the steps.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::FolderOptions;
    ///
    /// for step in client.plan_download_prefix("my-new-bucket", "site/", "public", &FolderOptions::new())? {
    ///     println!("{step}");
    ///     step.run()?;
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn plan_download_prefix<'a>(
        &self,
        bucket: &str,
        prefix: &str,
        folder: impl AsRef<Path>,
        options: &FolderOptions<'a>,
    ) -> Result<FolderPlan<'a>> {
        plan::download(self, bucket, prefix, folder.as_ref(), options).map_err(|error| {
            error.with_context(|| Operation::on_object("plan_download_prefix", bucket, prefix))
        })
    }
}
