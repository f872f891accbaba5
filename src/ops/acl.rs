//! GetObjectAcl, PutObjectAcl, GetBucketAcl, PutBucketAcl.

use crate::acl::{Acl, Choice, NewAcl};
use crate::client::Client;
use crate::error::Result;
use crate::headers::Headers;
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

fn parse(response: Response) -> Result<Acl> {
    response.xml(&["AccessControlPolicy"], &["AccessControlList"], Acl::read)
}

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
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
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
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::AclOptions;
    ///
    /// let old = AclOptions::new().version_id("3HL4kqtJlcpXroDTDmJ");
    /// println!("{:?}", client.get_object_acl_with("my-new-bucket", "hello.txt", &old)?.owner);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_acl_with(&self, bucket: &str, key: &str, options: &AclOptions) -> Result<Acl> {
        let request = options.apply(Request::object("GetObjectAcl", Method::Get, bucket, key));
        self.call(&get_acl_request(request), parse)
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
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if an [`Acl`] has no owner or a user
    /// without an ID. Fails with [`Server`](crate::ErrorKind::Server) if the object does not exist, you may
    /// not change its ACL, or the server does not know a grantee.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
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
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::{AclOptions, CannedAcl};
    ///
    /// let old = AclOptions::new().version_id("3HL4kqtJlcpXroDTDmJ");
    /// client.put_object_acl_with("my-new-bucket", "hello.txt", CannedAcl::Private, &old)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object_acl_with(
        &self,
        bucket: &str,
        key: &str,
        acl: impl Into<NewAcl>,
        options: &AclOptions,
    ) -> Result<()> {
        let request = options.apply(Request::object("PutObjectAcl", Method::Put, bucket, key));
        self.call(&put_acl_request(request, acl.into()), Response::discard)
    }

    /// Returns a bucket's ACL.
    /// ([GetBucketAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist or you may not read its
    /// ACL.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// for grant in client.get_bucket_acl("my-new-bucket")?.grants {
    ///     println!("{:?}: {:?}", grant.grantee, grant.permission);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_acl(&self, bucket: &str) -> Result<Acl> {
        let request = Request::bucket("GetBucketAcl", Method::Get, bucket);
        self.call(&get_acl_request(request), parse)
    }

    /// Sets a bucket's ACL, like [`put_object_acl`](Self::put_object_acl). Its objects keep their own ACLs.
    /// ([PutBucketAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`put_object_acl`](Self::put_object_acl).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::{Grantee, Permission};
    ///
    /// let acl = client.get_bucket_acl("my-new-bucket")?.grant(Grantee::user("bob"), Permission::Write);
    /// client.put_bucket_acl("my-new-bucket", acl)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_acl(&self, bucket: &str, acl: impl Into<NewAcl>) -> Result<()> {
        let request = Request::bucket("PutBucketAcl", Method::Put, bucket);
        self.call(&put_acl_request(request, acl.into()), Response::discard)
    }
}
