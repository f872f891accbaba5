//! AbortMultipartUpload.

use crate::client::Client;
use crate::error::Result;
use crate::headers::Headers;
use crate::ops::upload_part::UploadRef;
use crate::request::{Method, Request};

/// Returns the request of AbortMultipartUpload.
pub(crate) fn abort_multipart_upload_request<'a>(upload: UploadRef<'a>, headers: &Headers) -> Request<'a> {
    upload.request("AbortMultipartUpload", Method::Delete).headers(headers)
}

impl Client {
    /// Aborts an unfinished multipart upload and deletes its parts.
    /// ([AbortMultipartUpload](https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html))
    ///
    /// A part that is being uploaded at the same time may be stored afterwards; abort again in that case.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the upload ID is empty. Fails if the
    /// upload does not exist ([`is_not_found`](crate::Error::is_not_found)), as after it was completed or
    /// aborted; if the response to an earlier attempt was lost, this counts as success.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// for upload in client.list_multipart_uploads("my-new-bucket") {
    ///     let upload = upload?;
    ///     client.abort_multipart_upload("my-new-bucket", &upload.key, &upload.upload_id)?;
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn abort_multipart_upload(&self, bucket: &str, key: &str, upload_id: &str) -> Result<()> {
        self.abort(UploadRef { bucket, key, id: upload_id }, &Headers::default())
    }

    pub(crate) fn abort(&self, upload: UploadRef<'_>, headers: &Headers) -> Result<()> {
        let request = abort_multipart_upload_request(upload, headers);
        self.call_idempotent(self.deadline(), &request, "NoSuchUpload")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn empty_upload_id_is_rejected_because_the_request_would_delete_the_object() {
        let client = Client::new(Config::new("http://127.0.0.1:9")).unwrap();
        let error = client.abort_multipart_upload("b", "k", "").unwrap_err();
        assert_eq!(
            error.to_string(),
            "AbortMultipartUpload b/k: the upload ID is empty; pass the ID that create_multipart_upload returned"
        );
    }
}
