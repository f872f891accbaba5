//! GetObject.

use crate::client::Client;
use crate::error::Result;
use crate::ops::object_reader::ObjectReader;
use crate::ops::object_source::Source;
use crate::ops::options::get_object::GetObjectOptions;

impl Client {
    /// Opens an object for reading. The returned reader is a [`Read`](std::io::Read) and has the object's
    /// metadata.
    /// ([GetObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html))
    ///
    /// The content is received while the caller reads it; only a buffer is held in memory.
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the object or the bucket does not exist
    /// ([`is_not_found`](crate::Error::is_not_found)). Reading fails if the content is incomplete or does not
    /// match its ETag; see [`ObjectReader`].
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let text = client.get_object("my-new-bucket", "hello.txt")?.text()?;
    /// assert_eq!(text, "Hello World!");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object(&self, bucket: &str, key: &str) -> Result<ObjectReader> {
        self.get_object_with(bucket, key, &GetObjectOptions::new())
    }

    /// Opens an object for reading, with a range, a version or conditions; see
    /// [`get_object`](Self::get_object).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_object`](Self::get_object), and those of the options:
    /// [`is_invalid_range`](crate::Error::is_invalid_range),
    /// [`is_not_modified`](crate::Error::is_not_modified) and
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::GetObjectOptions;
    ///
    /// let head = GetObjectOptions::new().range(0..512);
    /// let bytes = client.get_object_with("my-new-bucket", "backup.tar", &head)?.bytes()?;
    /// assert_eq!(bytes.len(), 512);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_with(
        &self,
        bucket: &str,
        key: &str,
        options: &GetObjectOptions,
    ) -> Result<ObjectReader> {
        ObjectReader::open(Source::new(self, bucket, key, options))
    }
}
