//! AbortMultipartUpload.

use crate::body::BodyReader;
use crate::client::Client;
use crate::error::Result;
use crate::headers::Headers;
use crate::request::{Method, Request};

impl Client {
    /// Ends an unfinished multipart upload and removes its parts.
    /// ([AbortMultipartUpload](https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html))
    ///
    /// A part that is still on its way may be stored afterwards; abort again then.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the upload id is empty;
    /// [`is_not_found`](crate::Error::is_not_found) where there is no such upload, as after it was
    /// completed or aborted, unless the answer to an earlier attempt was lost: then it counts as aborted.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// for upload in client.list_multipart_uploads("my-new-bucket") {
    ///     let upload = upload?;
    ///     client.abort_multipart_upload("my-new-bucket", &upload.key, &upload.upload_id)?;
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn abort_multipart_upload(&self, bucket: &str, key: &str, upload_id: &str) -> Result<()> {
        self.drop_upload((bucket, key, upload_id), &Headers::default())
    }

    pub(crate) fn drop_upload(
        &self,
        (bucket, key, upload_id): (&str, &str, &str),
        requester: &Headers,
    ) -> Result<()> {
        let request = Request::object("AbortMultipartUpload", Method::Delete, bucket, key).headers(requester);
        self.execute_idempotent(
            &request.query("uploadId", upload_id),
            &mut BodyReader::empty(),
            "NoSuchUpload",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn an_empty_upload_id_is_refused_as_it_would_delete_the_object() {
        let client = Client::new(Config::new("http://127.0.0.1:9")).unwrap();
        let error = client.abort_multipart_upload("b", "k", "").unwrap_err();
        assert_eq!(
            error.to_string(),
            "AbortMultipartUpload b/k: the upload ID is empty; pass the ID that create_multipart_upload returned"
        );
    }
}
