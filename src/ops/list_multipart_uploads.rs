//! ListMultipartUploads.

use roxmltree::Node;

use crate::acl::Owner;
use crate::client::Client;
use crate::error::Result;
use crate::listing::{Cursor, KeyEncoding, ListOptions, Listing, Marker, Page, malformed};
use crate::request::{Method, Request};
use crate::response::Response;
use crate::timestamp::Timestamp;
use crate::xml;

/// A multipart upload in progress: neither completed nor aborted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MultipartUpload {
    /// The key of the object that the upload will create.
    pub key: String,
    /// The upload ID.
    pub upload_id: String,
    /// When the upload was started.
    pub initiated: Timestamp,
    /// The owner of the future object, if the server returned one.
    pub owner: Option<Owner>,
    /// The storage class, if the server returned one.
    pub storage_class: Option<String>,
}

impl MultipartUpload {
    /// Creates an upload with this key and upload ID, for use in tests. The other fields are empty, and can
    /// be assigned.
    pub fn new(key: impl Into<String>, upload_id: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            upload_id: upload_id.into(),
            initiated: Timestamp::UNKNOWN,
            owner: None,
            storage_class: None,
        }
    }
}

impl Client {
    /// Lists the multipart uploads in progress in a bucket, in byte order of their keys.
    /// ([ListMultipartUploads](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html))
    ///
    /// Their parts use storage, but do not appear in listings of objects.
    ///
    /// The iterator fetches each page when it is needed and keeps one page in memory. Nothing is sent before
    /// the first call of `next`.
    ///
    /// # Errors
    ///
    /// If a page cannot be fetched, the iterator yields the error and then ends.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// for upload in client.list_multipart_uploads("my-new-bucket") {
    ///     let upload = upload?;
    ///     println!("{}\t{}\t{}", upload.key, upload.upload_id, upload.initiated);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_multipart_uploads(&self, bucket: &str) -> Listing<MultipartUpload> {
        self.list_multipart_uploads_with(bucket, &ListOptions::new())
    }

    /// Lists the multipart uploads in progress in a bucket with options; see
    /// [`list_multipart_uploads`](Self::list_multipart_uploads).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`list_multipart_uploads`](Self::list_multipart_uploads).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::ListOptions;
    ///
    /// let backups = ListOptions::new().prefix("backup/");
    /// println!("{}", client.list_multipart_uploads_with("my-new-bucket", &backups).count());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_multipart_uploads_with(
        &self,
        bucket: &str,
        options: &ListOptions,
    ) -> Listing<MultipartUpload> {
        let (client, bucket, options) = (self.clone(), bucket.to_owned(), options.clone());
        let mut cursor = Cursor::new(Marker::after(options.start_after.as_deref()));
        Listing::new(move || {
            let start = cursor.at.clone();
            let request = list_multipart_uploads_request(&bucket, &options, &start);
            let (page, next) = match client.call(&request, parse) {
                // rclone reports that there are no uploads
                Err(error) if error.code() == Some("NoSuchUpload") => (Page::new(Vec::new()), None),
                result => result?,
            };
            Ok((page, cursor.follow(next).map_err(|error| error.with_context(|| request.operation()))?))
        })
    }
}

/// Returns the request of ListMultipartUploads for the page that starts here.
fn list_multipart_uploads_request<'a>(
    bucket: &'a str,
    options: &'a ListOptions,
    start: &'a Marker,
) -> Request<'a> {
    let request = Request::bucket("ListMultipartUploads", Method::Get, bucket)
        .subresource("uploads")
        .query_if("key-marker", start.key.as_deref())
        .query_if("upload-id-marker", start.id.as_deref());
    // No encoding-type here: Ceph would encode the keys without declaring it in the response.
    options.apply(request, "max-uploads")
}

fn parse(response: Response) -> Result<(Page<MultipartUpload>, Option<Marker>)> {
    response.xml(&["ListMultipartUploadsResult"], &["Upload", "UploadIdMarker", "MaxUploads"], read)
}

fn read(root: Node<'_, '_>) -> Result<(Page<MultipartUpload>, Option<Marker>)> {
    let encoding = KeyEncoding::of(root);
    let uploads = xml::children(root, "Upload").map(|node| read_upload(node, &encoding));
    let page = encoding.page(root, uploads.collect::<Result<_>>()?);
    let seen = page.keys(|upload| (&upload.key, &upload.upload_id));
    let next = Marker::next(root, &encoding, "NextUploadIdMarker", &seen)?;
    Ok((page, next))
}

fn read_upload(node: Node<'_, '_>, encoding: &KeyEncoding) -> Result<MultipartUpload> {
    let key = encoding.key(xml::child(node, "Key"))?;
    Ok(MultipartUpload {
        upload_id: xml::child_text(node, "UploadId")
            .ok_or_else(|| malformed(format!("the upload of {key:?} in the listing has no upload ID")))?,
        key,
        initiated: xml::child_date(node, "Initiated"),
        owner: xml::child(node, "Owner").map(Owner::read),
        storage_class: xml::child_text(node, "StorageClass"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_parsed_without_decoding_keys_and_ids() {
        let text = "<ListMultipartUploadsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <IsTruncated>true</IsTruncated>\
             <NextKeyMarker>a b%2F</NextKeyMarker><NextUploadIdMarker>2~x%2B</NextUploadIdMarker>\
             <Upload><Key>a b%2F</Key><UploadId>2~x%2B</UploadId><Owner><ID>alice</ID></Owner>\
             <Initiated>2011-04-21T18:05:39.000Z</Initiated></Upload>\
             <CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes></ListMultipartUploadsResult>";
        let document = xml::parse(text).unwrap();
        let (page, next) = read(document.root_element()).unwrap();
        let upload = &page.entries[0];
        assert_eq!((upload.key.as_str(), upload.upload_id.as_str()), ("a b%2F", "2~x%2B"));
        assert_eq!(upload.initiated.to_string(), "2011-04-21T18:05:39.000Z");
        assert_eq!((upload.owner.as_ref().unwrap().id.as_str(), &upload.storage_class), ("alice", &None));
        assert_eq!(page.common_prefixes, ["a/"]);
        assert_eq!(next, Some(Marker { key: Some("a b%2F".into()), id: Some("2~x%2B".into()) }));
    }

    #[test]
    fn upload_without_id_is_an_error() {
        let text = "<R><Upload><Key>a</Key></Upload></R>";
        let document = xml::parse(text).unwrap();
        assert_eq!(
            read(document.root_element()).unwrap_err().summary(),
            "the upload of \"a\" in the listing has no upload ID"
        );
    }
}
