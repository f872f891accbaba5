//! GetObjectAcl, PutObjectAcl, GetBucketAcl, PutBucketAcl.

use crate::acl::{Acl, Choice, NewAcl};
use crate::body::Body;
use crate::client::Client;
use crate::error::Result;
use crate::request::{Method, Request};

/// Which version of an object an ACL is of.
#[derive(Clone, Debug, Default)]
pub struct AclOptions {
    version_id: Option<String>,
}

impl AclOptions {
    /// The newest version.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names a version; each has an ACL of its own.
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = Some(id.into());
        self
    }

    fn request<'a>(
        &'a self,
        action: &'static str,
        method: Method,
        bucket: &'a str,
        key: &'a str,
    ) -> Request<'a> {
        Request::object(action, method, bucket, key).query_if("versionId", self.version_id.as_deref())
    }
}

impl Client {
    /// Reads who may do what with an object.
    /// ([GetObjectAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the object is missing or its ACL may not be read.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// if client.get_object_acl("my-new-bucket", "hello.txt")?.is_public_read() {
    ///     println!("everybody may read it");
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_acl(&self, bucket: &str, key: &str) -> Result<Acl> {
        self.get_object_acl_with(bucket, key, &AclOptions::new())
    }

    /// Reads who may do what with a version of an object; see [`get_object_acl`](Self::get_object_acl).
    ///
    /// # Errors
    ///
    /// As [`get_object_acl`](Self::get_object_acl).
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
        self.get_acl(options.request("GetObjectAcl", Method::Get, bucket, key))
    }

    /// Changes an object's ACL: to a [`CannedAcl`](crate::CannedAcl), or to an [`Acl`] with grants, which takes
    /// the place of all that were there.
    /// ([PutObjectAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html))
    ///
    /// Some servers, DreamObjects' newer ones among them, give every object the rights of its bucket and
    /// take this without effect.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where an [`Acl`] has no owner or a user without an id;
    /// [`Server`](crate::ErrorKind::Server) where the object is missing, its ACL may not be changed, or the server
    /// does not know a grantee.
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

    /// Changes the ACL of a version of an object; see [`put_object_acl`](Self::put_object_acl).
    ///
    /// # Errors
    ///
    /// As [`put_object_acl`](Self::put_object_acl).
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
        self.put_acl(options.request("PutObjectAcl", Method::Put, bucket, key), acl.into())
    }

    /// Reads who may do what with a bucket.
    /// ([GetBucketAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the bucket is missing or its ACL may not be read.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// for grant in client.get_bucket_acl("my-new-bucket")?.grants {
    ///     println!("{:?}: {:?}", grant.grantee, grant.permission);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_acl(&self, bucket: &str) -> Result<Acl> {
        self.get_acl(Request::bucket("GetBucketAcl", Method::Get, bucket))
    }

    /// Changes a bucket's ACL, as [`put_object_acl`](Self::put_object_acl) does. The objects in it keep their own.
    /// ([PutBucketAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html))
    ///
    /// # Errors
    ///
    /// As [`put_object_acl`](Self::put_object_acl).
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
        self.put_acl(Request::bucket("PutBucketAcl", Method::Put, bucket), acl.into())
    }

    fn get_acl(&self, request: Request<'_>) -> Result<Acl> {
        self.call(&request.subresource("acl"), |response| response.xml("AccessControlPolicy", Acl::read))
    }

    fn put_acl(&self, request: Request<'_>, acl: NewAcl) -> Result<()> {
        let mut request = request.subresource("acl");
        let mut text = String::new();
        match acl.0 {
            Choice::Canned(acl) => request = request.header("x-amz-acl", acl.as_str()),
            Choice::Grants(acl) => {
                text = acl.write().map_err(|error| error.with_context(|| request.describe()))?;
                request = request.xml_body(&text);
            }
        }
        self.execute(&request, &mut Body::from(text).open()?, |response| response.finish().map(drop))
    }
}
