//! CompleteMultipartUpload.

use roxmltree::Node;

use crate::checksum::{Checksum, ChecksumAlgorithm};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::ops::options::encryption::with_customer_key;
use crate::ops::put_object::OUTCOME_UNKNOWN_HINT;
use crate::ops::upload_part::UploadRef;
use crate::ops::{CompletedPart, StoredObject};
use crate::request::{Method, Request};
use crate::response::Response;
use crate::validate;
use crate::xml;

/// Options for [`Client::complete_multipart_upload_with`]: the conditions for creating the object.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct CompleteMultipartUploadOptions {
    headers: Headers,
}

impl CompleteMultipartUploadOptions {
    /// Creates the default options: no condition, so the object replaces any object with its key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `If-Match`: the request fails unless the current object has this ETag (see
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed)). The upload then stays unfinished.
    ///
    /// ```
    /// use plain_s3::CompleteMultipartUploadOptions;
    ///
    /// let options = CompleteMultipartUploadOptions::new().if_match("ed076287532e86365e841e92bfc50d8c");
    /// ```
    pub fn if_match(self, e_tag: impl Into<ETag>) -> Self {
        self.header("if-match", e_tag.into().to_header())
    }

    /// Sets `If-None-Match: *`: the request fails if an object with this key exists (see
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed)). The upload then stays unfinished.
    pub fn if_none_exists(self) -> Self {
        self.header("if-none-match", "*")
    }

    /// Sets the encryption key with which the upload was created (SSE-C). AWS requires it if the parts have
    /// checksums other than MD5; most servers require it only for the parts.
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }

    /// Sets any other header of the request, such as `x-amz-mp-object-size`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }
}

/// Returns the request of CompleteMultipartUpload without the list of parts, for presigning.
pub(crate) fn presignable_request<'a>(upload: UploadRef<'a>, headers: &Headers) -> Request<'a> {
    upload.request("CompleteMultipartUpload", Method::Post).headers(headers).slow()
}

/// Returns the request of CompleteMultipartUpload.
fn complete_multipart_upload_request<'a>(
    upload: UploadRef<'a>,
    parts: &[CompletedPart],
    headers: &Headers,
) -> Request<'a> {
    let number = |part: &CompletedPart| part.part_number.to_string();
    let bad_number = parts.iter().find_map(|part| validate::part_number(&number(part)).err());
    let disorder = parts.windows(2).find(|pair| pair[0].part_number >= pair[1].part_number);
    presignable_request(upload, headers)
        .require(!parts.is_empty(), || {
            "the upload has no parts; use put_object to store an empty object".to_owned()
        })
        .require(bad_number.is_none(), || bad_number.map(|error| error.to_string()).unwrap_or_default())
        .require(disorder.is_none(), || {
            let [first, second] = disorder.unwrap_or_default() else { return String::new() };
            format!(
                "part {} is listed before part {}; parts must be in the order of their numbers",
                first.part_number, second.part_number
            )
        })
        .xml(write(parts))
}

impl Client {
    /// Completes a multipart upload: creates the object from its parts, in the order of their numbers.
    /// ([CompleteMultipartUpload](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html))
    ///
    /// The server may take minutes, so the client waits for ten times the idle timeout. If the body of a 200
    /// response does not confirm the completion, the call fails. Ceph returns no ETag.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if there are no parts or they are not in
    /// order. Fails with [`Server`](crate::ErrorKind::Server) if a part is missing, too small, or has another
    /// ETag, or if the upload does not exist, for example because it was already completed (see
    /// [`is_not_found`](crate::Error::is_not_found)). If the response to an earlier attempt was lost, this
    /// call may have completed the upload itself; the error then states this.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let id = client.create_multipart_upload("my-new-bucket", "backup.tar")?;
    /// let part = client.upload_part("my-new-bucket", "backup.tar", &id, 1, "the only part")?;
    /// client.complete_multipart_upload("my-new-bucket", "backup.tar", &id, &[part])?;
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

    /// Completes a multipart upload with conditions or other options; see
    /// [`complete_multipart_upload`](Self::complete_multipart_upload). Not every server honours conditions.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`complete_multipart_upload`](Self::complete_multipart_upload). Also fails
    /// with [`Server`](crate::ErrorKind::Server) if a condition is not met (see
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::CompleteMultipartUploadOptions;
    ///
    /// let id = client.create_multipart_upload("my-new-bucket", "monday.tar")?;
    /// let part = client.upload_part("my-new-bucket", "monday.tar", &id, 1, "the only part")?;
    /// let new = CompleteMultipartUploadOptions::new().if_none_exists();
    /// client.complete_multipart_upload_with("my-new-bucket", "monday.tar", &id, &[part], &new)?;
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
        let upload = UploadRef { bucket, key, id: upload_id };
        self.complete(upload, parts, &options.headers)
            .map(|(stored, _)| stored)
            .map_err(explain_unknown_outcome)
    }

    /// Completes an upload. Also returns `true` if the server may have executed an earlier attempt as well.
    pub(crate) fn complete(
        &self,
        upload: UploadRef<'_>,
        parts: &[CompletedPart],
        headers: &Headers,
    ) -> Result<(StoredObject, bool)> {
        let mut repeated = false;
        let request = complete_multipart_upload_request(upload, parts, headers);
        let stored = self.call_noting_repetition(self.deadline(), &request, &mut repeated, parse)?;
        Ok((stored, repeated))
    }
}

/// Adds a hint if an attempt with a lost response may have completed the upload.
pub(crate) fn explain_unknown_outcome(error: Error) -> Error {
    let may_be_ours = error.code() == Some("NoSuchUpload") || error.is_precondition_failed();
    if may_be_ours && error.is_outcome_unknown() { error.append_hint(OUTCOME_UNKNOWN_HINT) } else { error }
}

fn parse(response: Response) -> Result<StoredObject> {
    let version_id = response.header_owned("x-amz-version-id");
    response.xml(&["CompleteMultipartUploadResult"], &["ETag", "Location"], |root| Ok(read(root, version_id)))
}

fn read(root: Node<'_, '_>, version_id: Option<String>) -> StoredObject {
    let e_tag = xml::child_text(root, "ETag").map(ETag::new);
    StoredObject {
        e_tag,
        version_id,
        checksum: ChecksumAlgorithm::ALL.into_iter().find_map(|a| checksum(root, a)),
    }
}

/// Returns the checksum of the object if it covers what that of an upload by this crate covers: the whole content, or
/// the checksums of the parts. To the latter, some servers add the number of parts.
fn checksum(root: Node<'_, '_>, algorithm: ChecksumAlgorithm) -> Option<Checksum> {
    let text = xml::child_text(root, algorithm.element()?)?;
    let kind = xml::child_text(root, "ChecksumType").unwrap_or_default();
    let (value, is_composite) = match text.rsplit_once('-') {
        Some((value, _)) => (value, true),
        None => (text.as_str(), kind.eq_ignore_ascii_case("COMPOSITE")),
    };
    let checksum = Checksum::from_base64(algorithm, value);
    checksum.filter(|_| !(is_composite && algorithm.covers_whole_object()))
}

fn write(parts: &[CompletedPart]) -> String {
    let mut content = String::new();
    for part in parts {
        content.push_str("<Part>");
        xml::push(&mut content, "PartNumber", &part.part_number.to_string());
        xml::push(&mut content, "ETag", &part.e_tag.to_header());
        if let Some((element, checksum)) =
            part.checksum.and_then(|sum| Some((sum.algorithm().element()?, sum)))
        {
            xml::push(&mut content, element, &checksum.to_base64());
        }
        content.push_str("</Part>");
    }
    xml::document("CompleteMultipartUpload", &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_written_with_quoted_etags() {
        let parts = [CompletedPart::new(1, "a\"&"), CompletedPart::new(2, "\"b\"")];
        let text = write(&parts);
        assert!(text.contains("<Part><PartNumber>1</PartNumber><ETag>a&quot;&amp;</ETag></Part>"), "{text}");
        assert!(text.contains("<Part><PartNumber>2</PartNumber><ETag>&quot;b&quot;</ETag></Part>"), "{text}");
    }

    #[test]
    fn checksums_of_parts_are_written_and_that_of_the_object_is_read() {
        let crc = Checksum::from_base64(ChecksumAlgorithm::Crc32c, "4waSgw==");
        let text = write(&[CompletedPart::new(1, "a").with_checksum(crc)]);
        assert!(text.contains("</ETag><ChecksumCRC32C>4waSgw==</ChecksumCRC32C></Part>"), "{text}");
        let sha1 = Checksum::from_base64(ChecksumAlgorithm::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE=");
        for (content, expected) in [
            ("<ChecksumCRC32C>4waSgw==</ChecksumCRC32C>", crc),
            ("<ChecksumCRC32C>4waSgw==</ChecksumCRC32C><ChecksumType>FULL_OBJECT</ChecksumType>", crc),
            // not the checksum of the whole content, which was sent
            ("<ChecksumCRC32C>4waSgw==-2</ChecksumCRC32C>", None),
            ("<ChecksumCRC32C>4waSgw==</ChecksumCRC32C><ChecksumType>COMPOSITE</ChecksumType>", None),
            ("<ChecksumSHA1>98O8HYCOBHMq32eZZczDTKeuNEE=</ChecksumSHA1>", sha1),
            ("<ChecksumSHA1>98O8HYCOBHMq32eZZczDTKeuNEE=-2</ChecksumSHA1>", sha1),
        ] {
            let text = format!("<CompleteMultipartUploadResult>{content}</CompleteMultipartUploadResult>");
            let document = xml::parse(&text).unwrap();
            assert_eq!(read(document.root_element(), None).checksum, expected, "{content}");
        }
    }

    #[test]
    fn missing_unordered_and_misnumbered_parts_are_rejected() {
        let check = |parts: &[CompletedPart]| {
            let upload = UploadRef { bucket: "b", key: "k", id: "id" };
            complete_multipart_upload_request(upload, parts, &Headers::default()).validate()
        };
        let part = |number| CompletedPart::new(number, "e");
        check(&[part(1), part(3)]).unwrap();
        for (parts, words) in [
            (vec![], "has no parts"),
            (vec![part(2), part(1)], "part 2 is listed before part 1"),
            (vec![part(0)], "0"),
        ] {
            assert!(check(&parts).unwrap_err().to_string().contains(words), "{parts:?}");
        }
    }

    #[test]
    fn empty_etag_of_ceph_is_none() {
        let document =
            xml::parse("<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>");
        assert_eq!(read(document.unwrap().root_element(), None).e_tag, None);
    }
}
