//! Uploads of a file, or of a reader of unknown length, to an object.

use std::io::{Read, Seek as _};
use std::path::Path;

use super::multipart;
use super::part_reader::Source;
use super::upload_options::{Upload, UploadOptions};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::file_system::{self, FileState};
use crate::operation::Operation;

/// # Files and large objects
///
/// Objects of any size, verified. Large ones are transferred in parts.
impl Client {
    /// Uploads a file of any size.
    ///
    /// A file of at most one part (16 MiB) is stored by a single request, a larger one by a multipart upload.
    /// Each byte is read once, and one part is held in memory. Every part is sent with its MD5 and retried on
    /// its own if it fails. The ETag of the object is compared at the end. If the server cannot complete the upload,
    /// for example because it has lost a part, the whole file is uploaded again, once.
    ///
    /// The media type is derived from the extension of the file's name, such as `text/html` for `.html`, unless
    /// [`PutObjectOptions::content_type`](crate::PutObjectOptions::content_type) sets one.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](ErrorKind::InvalidInput) if the path is that of a directory, a device, a pipe
    /// or a socket. Fails with [`LocalIo`](ErrorKind::LocalIo) if the file cannot be read, or if its size, its
    /// modification time or, on Unix, its change time is another one at the end. This detects writes, even if
    /// the modification time was set back, but also a new name or mode. Otherwise returns the same errors as
    /// [`put_object`](Self::put_object). A failed upload is aborted. If that fails
    /// too, the error states this, and [`Error::upload_id`] is the ID to pass to
    /// [`abort_multipart_upload`](Self::abort_multipart_upload).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.upload_file("my-new-bucket", "backup.tar", "backup.tar")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_file(&self, bucket: &str, key: &str, path: impl AsRef<Path>) -> Result<Upload> {
        self.upload_file_with(bucket, key, path, &UploadOptions::new())
    }

    /// Uploads a file with metadata, another part size, resumption or progress; see
    /// [`upload_file`](Self::upload_file).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`upload_file`](Self::upload_file).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{PutObjectOptions, UploadOptions};
    ///
    /// let object = PutObjectOptions::new().content_type("application/x-tar").metadata("host", "larrys-laptop");
    /// let options = UploadOptions::new().object(object);
    /// client.upload_file_with("my-new-bucket", "backup.tar", "backup.tar", &options)?;
    ///
    /// let options = options.keep_parts();
    /// if let Err(error) = client.upload_file_with("my-new-bucket", "backup.tar", "backup.tar", &options) {
    ///     let Some(id) = error.upload_id() else { return Err(error) };
    ///     // Later, perhaps in another run of the program:
    ///     client.upload_file_with("my-new-bucket", "backup.tar", "backup.tar", &options.resume(id))?;
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_file_with(
        &self,
        bucket: &str,
        key: &str,
        path: impl AsRef<Path>,
        options: &UploadOptions<'_>,
    ) -> Result<Upload> {
        let (path, mut options) = (path.as_ref(), options.clone());
        options.object = options.object.default_content_type(path);
        self.upload_path(bucket, key, path, &options)
            .map_err(|error| error.with_context(|| Operation::on_object("upload_file", bucket, key)))
    }

    fn upload_path(
        &self,
        bucket: &str,
        key: &str,
        path: &Path,
        options: &UploadOptions<'_>,
    ) -> Result<Upload> {
        let (file, before) = file_system::open_regular(path).map_err(|error| match error.kind() {
            ErrorKind::InvalidInput => error.with_hint("upload_reader accepts any reader."),
            _ => error,
        })?;
        let unreadable = |error| Error::local(format!("cannot read {}", path.display()), error);
        let verify_unchanged = |read: u64| -> Result<()> {
            let now = file.metadata().map_err(unreadable)?;
            if read == before.len && FileState::of(&now) == before {
                return Ok(());
            }
            let message = format!("{} changed while it was uploaded", path.display());
            Err(Error::new(ErrorKind::LocalIo, message)
                .with_hint("Upload it again when no other program writes to it."))
        };
        let rewind = || (&file).rewind().map_err(unreadable);
        let source = Source {
            reader: &mut &file,
            len: Some(before.len),
            path: Some(path),
            rewind: Some(&rewind),
            verify_unchanged: &verify_unchanged,
        };
        multipart::upload(self, bucket, key, source, options)
    }

    /// Uploads everything that a reader yields, whatever its length.
    ///
    /// Works like [`upload_file`](Self::upload_file), but the length need not be known. At most 10,000 parts
    /// are uploaded (1000 on Scaleway), and never twice: a reader cannot start again.
    ///
    /// # Errors
    ///
    /// Fails with [`LocalIo`](ErrorKind::LocalIo) if the reader fails; [`Error::get_ref`]
    /// returns its error. Fails with [`InvalidInput`](ErrorKind::InvalidInput) if it
    /// yields more than 10,000 parts. Otherwise returns the same errors as
    /// [`upload_file`](Self::upload_file).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use std::process::{Command, Stdio};
    ///
    /// let mut tar = Command::new("tar").args(["-c", "public"]).stdout(Stdio::piped()).spawn()?;
    /// let archive = tar.stdout.take().expect("stdout is piped");
    /// client.upload_reader("my-new-bucket", "public.tar", archive)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_reader(&self, bucket: &str, key: &str, reader: impl Read) -> Result<Upload> {
        self.upload_reader_with(bucket, key, reader, &UploadOptions::new())
    }

    /// Uploads everything that a reader yields, with options; see [`upload_reader`](Self::upload_reader).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`upload_reader`](Self::upload_reader).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::UploadOptions;
    ///
    /// // 10,000 parts of 100 MiB: up to 1 TB
    /// let options = UploadOptions::new().part_size(100 << 20);
    /// let database = std::fs::File::open("backup.tar")?;
    /// client.upload_reader_with("my-new-bucket", "database", database, &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_reader_with(
        &self,
        bucket: &str,
        key: &str,
        mut reader: impl Read,
        options: &UploadOptions<'_>,
    ) -> Result<Upload> {
        let source = Source {
            reader: &mut reader,
            len: None,
            path: None,
            rewind: None,
            verify_unchanged: &|_| Ok(()),
        };
        multipart::upload(self, bucket, key, source, options)
            .map_err(|error| error.with_context(|| Operation::on_object("upload_reader", bucket, key)))
    }
}
