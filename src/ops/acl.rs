//! GetObjectAcl, PutObjectAcl, GetBucketAcl, PutBucketAcl.
//!
//! A server that ignores `?acl` takes PutObjectAcl for PutObject: `rclone serve s3` replaces the object with the ACL, and
//! with an empty object if the ACL is a canned one. It takes PutBucketAcl for CreateBucket. Therefore the client reads an
//! ACL before it writes the first one to a bucket, and before it writes the first one to an object in that bucket. The
//! providers that are known by their hosts support `?acl` or reject it.

use std::time::Instant;

use crate::acl::{Acl, Choice, NewAcl};
use crate::client::{Buckets, Client};
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::ops::settings::not_changed;
use crate::request::{Method, Request};
use crate::response::Response;

/// Options for [`Client::get_object_acl_with`] and [`Client::put_object_acl_with`]: the version and other
/// headers.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct AclOptions {
    version_id: Option<String>,
    headers: Headers,
}

impl AclOptions {
    /// Creates the default options: the latest version.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects a version. Each version has its own ACL.
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = Some(id.into());
        self
    }

    /// Sets any other header of the request.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    fn apply<'a>(&'a self, request: Request<'a>) -> Request<'a> {
        request.query_if("versionId", self.version_id.as_deref()).headers(&self.headers)
    }
}

fn get_acl_request(request: Request<'_>) -> Request<'_> {
    request.subresource("acl")
}

fn put_acl_request(request: Request<'_>, acl: NewAcl) -> Request<'_> {
    let request = request.subresource("acl");
    match acl.0 {
        Choice::Canned(acl) => request.header("x-amz-acl", acl.as_str()),
        Choice::Grants(acl) => match acl.write() {
            Ok(document) => request.xml(document),
            Err(error) => request.require(false, || error.to_string()),
        },
    }
}

/// The root element of an ACL.
const ROOT: &str = "AccessControlPolicy";

/// # Access control
impl Client {
    /// Returns an object's ACL.
    /// ([GetObjectAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the object does not exist or you may not read its
    /// ACL.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// if client.get_object_acl("my-new-bucket", "hello.txt")?.is_public_read() {
    ///     println!("everyone can read it");
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_acl(&self, bucket: &str, key: &str) -> Result<Acl> {
        self.get_object_acl_with(bucket, key, &AclOptions::new())
    }

    /// Returns the ACL of a version of an object; see [`get_object_acl`](Self::get_object_acl).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_object_acl`](Self::get_object_acl).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let version_id = client.head_object("my-archive", "hello.txt")?.version_id.unwrap();
    /// use plain_s3::AclOptions;
    ///
    /// let old = AclOptions::new().version_id(version_id);
    /// println!("{:?}", client.get_object_acl_with("my-archive", "hello.txt", &old)?.owner);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_acl_with(&self, bucket: &str, key: &str, options: &AclOptions) -> Result<Acl> {
        let request = options.apply(Request::object("GetObjectAcl", Method::Get, bucket, key));
        self.get_acl(self.deadline(), &get_acl_request(request))
    }

    /// Sets an object's ACL: either a [`CannedAcl`](crate::CannedAcl), or an [`Acl`] whose grants replace all
    /// others.
    /// ([PutObjectAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html))
    ///
    /// New buckets on AWS reject ACLs until
    /// [`put_bucket_ownership_controls`](Self::put_bucket_ownership_controls) allows them. Some servers, such
    /// as those of DreamObjects, give every object the permissions of its bucket and ignore this request.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`get_object_acl`](Self::get_object_acl), which is sent first unless the client has already
    /// read or changed the ACL of an object of this bucket, or the endpoint is that of a provider such as AWS. If it
    /// fails, nothing is changed: a server without ACLs would replace the object.
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if an [`Acl`] has no owner or a user without an ID.
    /// Fails with [`Server`](crate::ErrorKind::Server) if the object does not exist, you may not change its ACL, or
    /// the server does not know a grantee.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::CannedAcl;
    ///
    /// client.put_object_acl("my-new-bucket", "hello.txt", CannedAcl::PublicRead)?;
    /// client.put_object_acl("my-new-bucket", "secret_plans.txt", CannedAcl::Private)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object_acl(&self, bucket: &str, key: &str, acl: impl Into<NewAcl>) -> Result<()> {
        self.put_object_acl_with(bucket, key, acl, &AclOptions::new())
    }

    /// Sets the ACL of a version of an object; see [`put_object_acl`](Self::put_object_acl).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`put_object_acl`](Self::put_object_acl).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let version_id = client.head_object("my-archive", "hello.txt")?.version_id.unwrap();
    /// use plain_s3::{AclOptions, CannedAcl};
    ///
    /// let old = AclOptions::new().version_id(version_id);
    /// client.put_object_acl_with("my-archive", "hello.txt", CannedAcl::Private, &old)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object_acl_with(
        &self,
        bucket: &str,
        key: &str,
        acl: impl Into<NewAcl>,
        options: &AclOptions,
    ) -> Result<()> {
        let change = options.apply(Request::object("PutObjectAcl", Method::Put, bucket, key));
        let get = Request::object("GetObjectAcl", Method::Get, bucket, key)
            .query_if("versionId", options.version_id.as_deref())
            .headers(&options.headers.requester());
        self.put_acl(&get_acl_request(get), &put_acl_request(change, acl.into()))
    }

    /// Returns a bucket's ACL.
    /// ([GetBucketAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist or you may not read its
    /// ACL.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// for grant in client.get_bucket_acl("my-new-bucket")?.grants {
    ///     println!("{:?}: {:?}", grant.grantee, grant.permission);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_acl(&self, bucket: &str) -> Result<Acl> {
        let request = Request::bucket("GetBucketAcl", Method::Get, bucket);
        self.get_acl(self.deadline(), &get_acl_request(request))
    }

    /// Sets a bucket's ACL, like [`put_object_acl`](Self::put_object_acl). Its objects keep their own ACLs.
    /// ([PutBucketAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`put_object_acl`](Self::put_object_acl), with
    /// [`get_bucket_acl`](Self::get_bucket_acl) as the request that is sent first: a server without ACLs would create a
    /// bucket.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{Grantee, Permission};
    ///
    /// let acl = client.get_bucket_acl("my-new-bucket")?.grant(Grantee::user("bob"), Permission::Write);
    /// client.put_bucket_acl("my-new-bucket", acl)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_acl(&self, bucket: &str, acl: impl Into<NewAcl>) -> Result<()> {
        let change = Request::bucket("PutBucketAcl", Method::Put, bucket);
        let get = Request::bucket("GetBucketAcl", Method::Get, bucket);
        self.put_acl(&get_acl_request(get), &put_acl_request(change, acl.into()))
    }

    /// Reads an ACL. If its root has the right name, it cannot be the content of an object or a listing.
    fn get_acl(&self, deadline: Option<Instant>, get: &Request<'_>) -> Result<Acl> {
        self.call_until(deadline, get, |mut response| {
            // another client may have replaced an object with an ACL
            response.reject_content()?;
            response.xml(&[ROOT], &["AccessControlList"], |root| {
                if root.tag_name().name() == ROOT {
                    self.buckets_with_acls(get).insert(get.bucket.unwrap_or_default());
                }
                Acl::read(root)
            })
        })
    }

    /// Sends a request that writes an ACL, if the server is known to support ACLs, or `get` shows it.
    fn put_acl(&self, get: &Request<'_>, change: &Request<'_>) -> Result<()> {
        self.validate_change(change)?;
        let deadline = self.deadline();
        let (bucket, known) = (change.bucket.unwrap_or_default(), self.buckets_with_acls(change));
        if !self.signer().endpoint().is_of_known_provider() && !known.contains(bucket) {
            let explain = |error| not_changed(error, change, get.action, "acl", "the first change");
            self.get_acl(deadline, get).map_err(explain)?;
            // the object may be XML with the child of an ACL
            if !known.contains(bucket) {
                let problem = format!("the response has no <{ROOT}>");
                return Err(explain(Error::new(ErrorKind::UnexpectedResponse, problem)));
            }
        }
        self.call_until(deadline, change, Response::discard)
    }

    /// Returns the buckets for which the server is known to support requests like this one.
    fn buckets_with_acls(&self, request: &Request<'_>) -> &Buckets {
        let discovered = self.discovered();
        if request.key.is_some() { &discovered.with_object_acls } else { &discovered.with_acls }
    }
}
