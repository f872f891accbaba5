//! CompleteMultipartUpload.

use roxmltree::Node;

use crate::body::Body;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::ops::put_object::OUTCOME_UNKNOWN_HINT;
use crate::ops::{CompletedPart, StoredObject};
use crate::request::{Method, Request};
use crate::response::Response;
use crate::validate;
use crate::xml;

/// Under what condition an upload in parts becomes an object.
#[derive(Clone, Debug, Default)]
pub struct CompleteMultipartUploadOptions {
    headers: Headers,
}

impl CompleteMultipartUploadOptions {
    /// No condition: the object takes the place of any that has its key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Completes only where the present object has this ETag; else
    /// [`is_precondition_failed`](Error::is_precondition_failed), and the upload stays as it was.
    pub fn if_match(self, e_tag: impl Into<ETag>) -> Self {
        self.header("if-match", e_tag.into().to_header())
    }

    /// Completes only where there is no object of this key; else
    /// [`is_precondition_failed`](Error::is_precondition_failed), and the upload stays as it was.
    pub fn if_none_exists(self) -> Self {
        self.header("if-none-match", "*")
    }

    /// Says that you pay, for a bucket that wants it of who asks ([`Payer::Requester`](crate::Payer)).
    pub fn request_payer(self) -> Self {
        self.header("x-amz-request-payer", "requester")
    }

    /// Sets any other header of the request, such as `x-amz-mp-object-size`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

impl Client {
    /// Puts an object together from its uploaded parts, which must be in the order of their numbers.
    /// ([CompleteMultipartUpload](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html))
    ///
    /// The server may take minutes; its silence is borne for ten times the idle timeout. An answer that is
    /// a 200 but holds an error, nothing, or something else is an error here. Ceph gives no ETag.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where there is no part or their order is wrong;
    /// [`Server`](crate::ErrorKind::Server) where a part is missing, too small or has another ETag, and
    /// [`is_not_found`](Error::is_not_found) where there is no such upload, as after it was completed. Where
    /// the answer to an earlier attempt was lost, the text says that it may be this call that has done so.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let id = "the id of create_multipart_upload";
    /// let part = client.upload_part("my-new-bucket", "backup.tar", id, 1, "all of it")?;
    /// client.complete_multipart_upload("my-new-bucket", "backup.tar", id, &[part])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn complete_multipart_upload(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        parts: &[CompletedPart],
    ) -> Result<StoredObject> {
        let options = CompleteMultipartUploadOptions::new();
        self.complete_multipart_upload_with(bucket, key, upload_id, parts, &options)
    }

    /// Completes an upload under a condition; see
    /// [`complete_multipart_upload`](Self::complete_multipart_upload). Not every server follows conditions.
    ///
    /// # Errors
    ///
    /// As [`complete_multipart_upload`](Self::complete_multipart_upload);
    /// [`is_precondition_failed`](Error::is_precondition_failed) where a condition does not hold.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let id = "the id of create_multipart_upload";
    /// use plain_s3::CompleteMultipartUploadOptions;
    ///
    /// let part = client.upload_part("my-new-bucket", "backup.tar", id, 1, "all of it")?;
    /// let new = CompleteMultipartUploadOptions::new().if_none_exists();
    /// client.complete_multipart_upload_with("my-new-bucket", "backup.tar", id, &[part], &new)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn complete_multipart_upload_with(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        parts: &[CompletedPart],
        options: &CompleteMultipartUploadOptions,
    ) -> Result<StoredObject> {
        self.finish_upload((bucket, key, upload_id), parts, &options.headers).map_err(|error| {
            let in_our_way = error.code() == Some("NoSuchUpload") || error.is_precondition_failed();
            if in_our_way && error.is_after_unknown_outcome() {
                error.append_hint(OUTCOME_UNKNOWN_HINT)
            } else {
                error
            }
        })
    }

    pub(crate) fn finish_upload(
        &self,
        (bucket, key, upload_id): (&str, &str, &str),
        parts: &[CompletedPart],
        conditions: &Headers,
    ) -> Result<StoredObject> {
        let request = Request::object("CompleteMultipartUpload", Method::Post, bucket, key);
        check(parts).map_err(|error| error.with_context(|| request.describe()))?;
        let text = write(parts);
        let request = request.query("uploadId", upload_id).headers(conditions).xml_body(&text).slow();
        self.execute(&request, &mut Body::from(text).open()?, |response: Response| {
            let version_id = response.header_owned("x-amz-version-id");
            response.xml("CompleteMultipartUploadResult", |root| Ok(read(root, version_id.clone())))
        })
    }
}

fn check(parts: &[CompletedPart]) -> Result<()> {
    if parts.is_empty() {
        return Err(Error::invalid("an upload of no parts; an empty object is stored by put_object"));
    }
    parts.iter().try_for_each(|part| validate::part_number(&part.part_number.to_string()))?;
    match parts.windows(2).find(|pair| pair[0].part_number >= pair[1].part_number) {
        Some(pair) => Err(Error::invalid(format!(
            "part {} comes before part {}; parts go in the order of their numbers",
            pair[0].part_number, pair[1].part_number
        ))),
        None => Ok(()),
    }
}

fn write(parts: &[CompletedPart]) -> String {
    let mut text =
        String::from("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for part in parts {
        text.push_str(&format!(
            "<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>",
            part.part_number,
            xml::escape(&part.e_tag.to_header())
        ));
    }
    text + "</CompleteMultipartUpload>"
}

fn read(root: Node<'_, '_>, version_id: Option<String>) -> StoredObject {
    StoredObject { e_tag: xml::child_text(root, "ETag").map(ETag::new), version_id }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_written_with_their_etags_quoted() {
        let parts = [CompletedPart::new(1, "a\"&"), CompletedPart::new(2, "\"b\"")];
        let text = write(&parts);
        assert!(text.contains("<Part><PartNumber>1</PartNumber><ETag>a&quot;&amp;</ETag></Part>"), "{text}");
        assert!(text.contains("<Part><PartNumber>2</PartNumber><ETag>&quot;b&quot;</ETag></Part>"), "{text}");
    }

    #[test]
    fn parts_must_be_there_and_in_order() {
        let part = |number| CompletedPart::new(number, "e");
        check(&[part(1), part(3)]).unwrap();
        for parts in [vec![], vec![part(2), part(1)], vec![part(0)]] {
            assert!(check(&parts).is_err(), "{parts:?}");
        }
    }

    #[test]
    fn cephs_empty_etag_is_none() {
        let document =
            xml::parse("<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>");
        assert_eq!(read(document.unwrap().root_element(), None).e_tag, None);
    }
}
