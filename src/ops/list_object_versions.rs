//! ListObjectVersions.

use crate::client::Client;
use crate::error::Result;
use crate::listing::{Entries, Filter, Listing, Marker, Pages, Place};
use crate::ops::object_version::{ObjectVersion, ObjectVersionPage};
use crate::request::{Method, Request};

/// Which versions are listed, and how.
#[derive(Clone, Debug, Default)]
pub struct ListObjectVersionsOptions {
    filter: Filter,
}

impl ListObjectVersionsOptions {
    /// All versions, in pages as large as the server likes (1000).
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists only versions of keys that begin like this.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.filter.prefix = Some(prefix.into());
        self
    }

    /// Rolls all keys that have this delimiter after the prefix into common prefixes, one each.
    /// [`ListObjectVersions::pages`] shows them.
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

impl Client {
    /// Lists all versions and delete markers of a bucket: by key, and of one key the newest first.
    /// ([ListObjectVersions](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html))
    ///
    /// In a bucket that never kept versions every object is one version with the id `null`. The iterator
    /// asks for the next page when it needs it; nothing is sent before the first item is taken.
    ///
    /// # Errors
    ///
    /// An item is an error where a page cannot be had; it is the last one.
    /// [`is_not_implemented`](crate::Error::is_not_implemented) where the server has no versions.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// for version in client.list_object_versions("my-new-bucket") {
    ///     let version = version?;
    ///     let what = if version.is_delete_marker { "deleted" } else { "stored" };
    ///     println!("{}\t{}\t{what} {}", version.key, version.version_id, version.last_modified);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_object_versions(&self, bucket: &str) -> ListObjectVersions {
        self.list_object_versions_with(bucket, &ListObjectVersionsOptions::new())
    }

    /// Lists some of the versions; see [`list_object_versions`](Self::list_object_versions).
    ///
    /// # Errors
    ///
    /// As [`list_object_versions`](Self::list_object_versions).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::ListObjectVersionsOptions;
    ///
    /// let plans = ListObjectVersionsOptions::new().prefix("secret_plans.txt");
    /// let old: Result<Vec<_>, _> = client.list_object_versions_with("my-new-bucket", &plans).collect();
    /// client.delete_objects("my-new-bucket", old?.iter().filter(|version| !version.is_latest))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_object_versions_with(
        &self,
        bucket: &str,
        options: &ListObjectVersionsOptions,
    ) -> ListObjectVersions {
        ListObjectVersions(Entries::new(Versions {
            client: self.clone(),
            bucket: bucket.to_owned(),
            filter: options.filter.clone(),
            place: Place::new(Marker::default()),
        }))
    }
}

/// The versions and delete markers of a bucket; from [`Client::list_object_versions`].
#[derive(Debug)]
pub struct ListObjectVersions(Entries<Versions>);

impl ListObjectVersions {
    /// Gives whole pages, which also have the common prefixes. Versions that were taken already are left out.
    pub fn pages(self) -> ObjectVersionPages {
        ObjectVersionPages(self.0.into_pages())
    }
}

impl Iterator for ListObjectVersions {
    type Item = Result<ObjectVersion>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// The pages of a listing of versions; from [`ListObjectVersions::pages`].
#[derive(Debug)]
pub struct ObjectVersionPages(Pages<Versions>);

impl Iterator for ObjectVersionPages {
    type Item = Result<ObjectVersionPage>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

#[derive(Debug)]
struct Versions {
    client: Client,
    bucket: String,
    filter: Filter,
    place: Place<Marker>,
}

impl Listing for Versions {
    type Page = ObjectVersionPage;
    type Entry = ObjectVersion;

    fn fetch(&mut self) -> Result<(ObjectVersionPage, bool)> {
        let request = Request::bucket("ListObjectVersions", Method::Get, &self.bucket)
            .subresource("versions")
            .query_if("key-marker", self.place.at.key.as_deref())
            .query_if("version-id-marker", self.place.at.id.as_deref());
        // control characters could not be in the XML otherwise
        let request = self.filter.apply(request, "max-keys")?.query("encoding-type", "url");
        let (page, next) = self
            .client
            .call(&request, |response| response.xml("ListVersionsResult", ObjectVersionPage::read))?;
        let more = next.is_some();
        if let Some(next) = next {
            let call = request.describe();
            self.place.advance(next).map_err(|error| error.in_call(|| call))?;
        }
        Ok((page, more))
    }

    fn entries(page: ObjectVersionPage) -> Vec<ObjectVersion> {
        page.versions
    }
}
