//! Downloads of an object into a writer.

use std::io::{self, Write};

use super::download;
use super::download_options::Download;
use super::progress::Progress;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::operation::Operation;
use crate::ops::object_source::Source;
use crate::ops::{GetObjectOptions, ObjectReader};

impl Client {
    /// Writes the content of an object into a writer, such as standard output or a compressor, and flushes it.
    ///
    /// The content is received while it is written, so memory use does not depend on the size of the object: at most
    /// 2.5 MiB. After a lost connection, the download resumes at the same byte. The length is always verified, and the
    /// cheapest checksum that the server returned (see [`Verification`](crate::Verification)). The last bytes are
    /// written only after the verification, unless the server does not announce the length.
    ///
    /// To download to a file, use [`download_file`](Self::download_file), which never leaves an incomplete one.
    ///
    /// # Errors
    ///
    /// Fails with [`LocalIo`](crate::ErrorKind::LocalIo) if the writer fails; [`Error::get_ref`] returns its error.
    /// Otherwise returns the errors of [`get_object`](Self::get_object) and of reading the object. If the call fails,
    /// discard what was written: it is incomplete, and may be damaged. It is not written a second time.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.download_to("my-new-bucket", "hello.txt", std::io::stdout())?;
    ///
    /// let mut content = Vec::new();
    /// let download = client.download_to("my-new-bucket", "hello.txt", &mut content)?;
    /// assert_eq!(download.bytes, content.len() as u64);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn download_to(&self, bucket: &str, key: &str, writer: impl Write) -> Result<Download> {
        self.download_to_with(bucket, key, writer, &GetObjectOptions::new())
    }

    /// Writes a range or a version of an object into a writer, or the object under conditions; see
    /// [`download_to`](Self::download_to).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`download_to`](Self::download_to) and
    /// [`get_object_with`](Self::get_object_with).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::GetObjectOptions;
    ///
    /// let start = GetObjectOptions::new().range(..512);
    /// client.download_to_with("my-new-bucket", "backup.tar", std::io::stdout(), &start)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn download_to_with(
        &self,
        bucket: &str,
        key: &str,
        mut writer: impl Write,
        options: &GetObjectOptions,
    ) -> Result<Download> {
        download_to(Source::new(self, bucket, key, options), &mut writer)
            .map_err(|error| error.with_context(|| Operation::on_object("download_to", bucket, key)))
    }
}

fn download_to(source: Source, writer: &mut dyn Write) -> Result<Download> {
    let failed = |error: io::Error| {
        Error::local("cannot write the content", error).with_hint(
            "The writer that was passed to the call returned this error: Error::get_ref returns it.",
        )
    };
    let mut object = ObjectReader::open(source)?;
    let total = object.metadata.content_length;
    let mut write = |bytes: &[u8]| writer.write_all(bytes).map_err(failed);
    download::copy(&mut object, &mut write, 0, total, &Progress::default())?;
    writer.flush().map_err(failed)?;
    Ok(Download::of(object, 0))
}
