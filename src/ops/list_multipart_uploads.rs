//! ListMultipartUploads.

use roxmltree::Node;

use crate::acl::Owner;
use crate::client::Client;
use crate::error::Result;
use crate::listing::{Entries, Filter, Listing, Marker, Names, Pages, Place, broken};
use crate::request::{Method, Request};
use crate::timestamp::Timestamp;
use crate::xml;

/// A multipart upload that was begun, and neither completed nor aborted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MultipartUpload {
    /// The key of the object that it would become.
    pub key: String,
    /// The id that its parts are uploaded under.
    pub upload_id: String,
    /// When it was begun.
    pub initiated: Timestamp,
    /// Who will own the object, where the server lists it.
    pub owner: Option<Owner>,
    /// The storage class, where the server lists it.
    pub storage_class: Option<String>,
}

/// Which unfinished uploads are listed, and how.
#[derive(Clone, Debug, Default)]
pub struct ListMultipartUploadsOptions {
    filter: Filter,
}

impl ListMultipartUploadsOptions {
    /// All unfinished uploads, in pages as large as the server likes (1000).
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists only uploads of keys that begin like this.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.filter.prefix = Some(prefix.into());
        self
    }

    /// Rolls all keys that have this delimiter after the prefix into common prefixes, one each.
    /// [`ListMultipartUploads::pages`] shows them.
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.filter.delimiter = Some(delimiter.into());
        self
    }

    /// Asks for at most this many entries a request, from 1 to 1000. It changes the number of requests, not
    /// what is listed.
    pub fn page_size(mut self, entries: u32) -> Self {
        self.filter.page_size = Some(entries);
        self
    }
}

/// One answer of a listing of unfinished uploads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MultipartUploadPage {
    /// The uploads of this page.
    pub uploads: Vec<MultipartUpload>,
    /// What a delimiter rolled up: each ends in the delimiter.
    pub common_prefixes: Vec<String>,
}

impl Client {
    /// Lists the unfinished multipart uploads of a bucket, in the order of their keys' bytes.
    /// ([ListMultipartUploads](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html))
    ///
    /// Their parts take space, and no listing of objects shows them. The iterator asks for the next page
    /// when it needs it; nothing is sent before the first item is taken.
    ///
    /// # Errors
    ///
    /// An item is an error where a page cannot be had; it is the last one.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// for upload in client.list_multipart_uploads("my-new-bucket") {
    ///     let upload = upload?;
    ///     println!("{}\t{}\t{}", upload.key, upload.upload_id, upload.initiated);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_multipart_uploads(&self, bucket: &str) -> ListMultipartUploads {
        self.list_multipart_uploads_with(bucket, &ListMultipartUploadsOptions::new())
    }

    /// Lists some of the unfinished uploads; see [`list_multipart_uploads`](Self::list_multipart_uploads).
    ///
    /// # Errors
    ///
    /// As [`list_multipart_uploads`](Self::list_multipart_uploads).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::ListMultipartUploadsOptions;
    ///
    /// let backups = ListMultipartUploadsOptions::new().prefix("backup/");
    /// println!("{}", client.list_multipart_uploads_with("my-new-bucket", &backups).count());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_multipart_uploads_with(
        &self,
        bucket: &str,
        options: &ListMultipartUploadsOptions,
    ) -> ListMultipartUploads {
        ListMultipartUploads(Entries::new(Uploads {
            client: self.clone(),
            bucket: bucket.to_owned(),
            filter: options.filter.clone(),
            place: Place::new(Marker::default()),
        }))
    }
}

/// The unfinished uploads of a bucket; from [`Client::list_multipart_uploads`].
#[derive(Debug)]
pub struct ListMultipartUploads(Entries<Uploads>);

impl ListMultipartUploads {
    /// Gives whole pages, which also have the common prefixes. Uploads that were taken already are left out.
    pub fn pages(self) -> MultipartUploadPages {
        MultipartUploadPages(self.0.into_pages())
    }
}

impl Iterator for ListMultipartUploads {
    type Item = Result<MultipartUpload>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// The pages of a listing of unfinished uploads; from [`ListMultipartUploads::pages`].
#[derive(Debug)]
pub struct MultipartUploadPages(Pages<Uploads>);

impl Iterator for MultipartUploadPages {
    type Item = Result<MultipartUploadPage>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

#[derive(Debug)]
struct Uploads {
    client: Client,
    bucket: String,
    filter: Filter,
    place: Place<Marker>,
}

impl Listing for Uploads {
    type Page = MultipartUploadPage;
    type Entry = MultipartUpload;

    fn fetch(&mut self) -> Result<(MultipartUploadPage, bool)> {
        let request = Request::bucket("ListMultipartUploads", Method::Get, &self.bucket)
            .subresource("uploads")
            .query_if("key-marker", self.place.at.key.as_deref())
            .query_if("upload-id-marker", self.place.at.id.as_deref());
        // no encoding-type here: Ceph encodes these keys without saying so
        let request = self.filter.apply(request, "max-uploads")?;
        let (page, next) =
            self.client.call(&request, |response| response.xml("ListMultipartUploadsResult", read))?;
        let more = next.is_some();
        if let Some(next) = next {
            let call = request.describe();
            self.place.advance(next).map_err(|error| error.in_call(|| call))?;
        }
        Ok((page, more))
    }

    fn entries(page: MultipartUploadPage) -> Vec<MultipartUpload> {
        page.uploads
    }
}

fn read(root: Node<'_, '_>) -> Result<(MultipartUploadPage, Option<Marker>)> {
    let names = Names::of(root);
    let uploads = xml::children(root, "Upload").map(|node| read_upload(node, &names));
    let page = MultipartUploadPage {
        uploads: uploads.collect::<Result<_>>()?,
        common_prefixes: names.common_prefixes(root)?,
    };
    let uploads = page.uploads.iter().map(|upload| (upload.key.as_str(), Some(upload.upload_id.as_str())));
    let prefixes = page.common_prefixes.iter().map(|prefix| (prefix.as_str(), None));
    let seen: Vec<_> = uploads.chain(prefixes).collect();
    let next = Marker::next(root, &names, "NextUploadIdMarker", &seen)?;
    Ok((page, next))
}

fn read_upload(node: Node<'_, '_>, names: &Names) -> Result<MultipartUpload> {
    let key = names.key(node)?;
    Ok(MultipartUpload {
        upload_id: xml::child_text(node, "UploadId")
            .ok_or_else(|| broken(format!("the upload of {key:?} has no id in the listing")))?,
        key,
        initiated: xml::child_text(node, "Initiated")
            .map_or(Timestamp::UNKNOWN, |date| Timestamp::from_iso8601(&date)),
        owner: xml::child(node, "Owner").map(Owner::read),
        storage_class: xml::child_text(node, "StorageClass"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_its_keys_and_ids_as_they_are() {
        let text = "<ListMultipartUploadsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <IsTruncated>true</IsTruncated>\
             <NextKeyMarker>a b%2F</NextKeyMarker><NextUploadIdMarker>2~x%2B</NextUploadIdMarker>\
             <Upload><Key>a b%2F</Key><UploadId>2~x%2B</UploadId><Owner><ID>alice</ID></Owner>\
             <Initiated>2011-04-21T18:05:39.000Z</Initiated></Upload>\
             <CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes></ListMultipartUploadsResult>";
        let document = xml::parse(text).unwrap();
        let (page, next) = read(document.root_element()).unwrap();
        let upload = &page.uploads[0];
        assert_eq!((upload.key.as_str(), upload.upload_id.as_str()), ("a b%2F", "2~x%2B"));
        assert_eq!(upload.initiated.to_string(), "2011-04-21T18:05:39.000Z");
        assert_eq!((upload.owner.as_ref().unwrap().id.as_str(), &upload.storage_class), ("alice", &None));
        assert_eq!(page.common_prefixes, ["a/"]);
        assert_eq!(next, Some(Marker { key: Some("a b%2F".into()), id: Some("2~x%2B".into()) }));
    }

    #[test]
    fn an_upload_without_an_id_is_an_error() {
        let text = "<R><Upload><Key>a</Key></Upload></R>";
        let document = xml::parse(text).unwrap();
        assert!(read(document.root_element()).unwrap_err().to_string().contains("\"a\" has no id"));
    }
}
