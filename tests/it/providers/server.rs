//! A scripted server that behaves like S3, except for the differences of one provider.

use std::collections::BTreeMap;

use super::table::{Difference, Provider};
use crate::fake_server::{Request, Response};
use crate::signatures::{md5_base64, md5_hex, multipart_e_tag, percent_decoded};

const DATE: &str = "2011-04-21T18:05:39.000Z";
const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";

pub(super) struct Server {
    provider: &'static Provider,
    buckets: BTreeMap<String, BTreeMap<String, Object>>,
    /// The parts of the last upload.
    uploads: Vec<Vec<u8>>,
}

struct Object {
    content: Vec<u8>,
    /// With quotes.
    e_tag: String,
    public: bool,
}

impl Server {
    pub(super) fn new(provider: &'static Provider) -> Self {
        Self { provider, buckets: BTreeMap::new(), uploads: Vec::new() }
    }

    pub(super) fn respond(&mut self, request: &Request) -> Response {
        let has_checksum = request.headers().iter().any(|(name, _)| name.starts_with("x-amz-checksum"));
        if has_checksum && self.provider.differs(Difference::ChecksumsRejected) {
            return self.error(400, "InvalidArgument", "Unsupported header 'x-amz-checksum-mode'");
        }
        if self.provider.differs(Difference::TrailersRejected) && announces_trailer(request) {
            return self.error(501, "NotImplemented", "aws-chunked encoding is not supported");
        }
        if let Some(code) = self.provider.path_style_error()
            && request.header("host") == Some(self.provider.host)
            && request.path() != "/"
        {
            return self.error(403, code, "Please use virtual hosted style to access.");
        }
        let (bucket, key) = self.provider.target(request);
        match (bucket, key) {
            (None, _) => self.list_buckets(request),
            (Some(bucket), None) => self.bucket(request, &bucket),
            (Some(bucket), Some(key)) => self.object(request, &bucket, &percent_decoded(&key)),
        }
    }

    /// Returns an error in the form of the provider.
    fn error(&self, status: u16, code: &str, message: &str) -> Response {
        let ids = if self.provider.differs(Difference::NoRequestIds) {
            ""
        } else {
            "<RequestId>1</RequestId><HostId>2</HostId>"
        };
        Response::new(status).header("content-type", "application/xml").body(format!(
            "<?xml version='1.0' encoding='UTF-8'?>\n<Error><Code>{code}</Code><Message>{message}</Message>{ids}</Error>"
        ))
    }

    /// Returns an XML document with the namespace of the provider.
    fn xml(&self, root: &str, content: &str) -> Response {
        let namespace = if self.provider.differs(Difference::OtherNamespace) {
            "http://doc.s3.amazonaws.com/2006-03-01"
        } else {
            "http://s3.amazonaws.com/doc/2006-03-01/"
        };
        Response::xml(&format!(
            "<?xml version='1.0' encoding='UTF-8'?><{root} xmlns='{namespace}'>{content}</{root}>"
        ))
    }

    fn not_implemented(&self, message: &str) -> Response {
        self.error(501, "NotImplemented", message)
    }

    fn list_buckets(&self, request: &Request) -> Response {
        if let Some(error) = self.without_project(request) {
            return error;
        }
        let entry = |name| format!("<Bucket><Name>{name}</Name><CreationDate>{DATE}</CreationDate></Bucket>");
        let buckets: String = self.buckets.keys().map(entry).collect();
        let owner = if self.provider.differs(Difference::NoOwner) { "" } else { "<Owner><ID>1</ID></Owner>" };
        self.xml("ListAllMyBucketsResult", &format!("{owner}<Buckets>{buckets}</Buckets>"))
    }

    fn without_project(&self, request: &Request) -> Option<Response> {
        let lacks = request.header("x-amz-project-id") != Some("my-project");
        (lacks && self.provider.differs(Difference::ProjectRequired))
            .then(|| self.error(400, "InvalidArgument", "Invalid argument."))
    }

    fn bucket(&mut self, request: &Request, bucket: &str) -> Response {
        let subresource = request.query().into_iter().map(|(name, _)| name).find(|name| {
            matches!(*name, "acl" | "delete" | "uploads" | "versions") // `?list-type` is none
        });
        match (request.method(), subresource) {
            ("PUT", None) => self.create_bucket(request, bucket),
            ("HEAD", None) if self.buckets.contains_key(bucket) => Response::new(200),
            (_, _) if !self.buckets.contains_key(bucket) => self.error(404, "NoSuchBucket", ""),
            ("DELETE", None) if !self.buckets[bucket].is_empty() => self.error(409, "BucketNotEmpty", ""),
            ("DELETE", None) => {
                self.buckets.remove(bucket);
                Response::new(204)
            }
            ("GET", None) => self.list(bucket),
            ("GET", Some("versions")) => match () {
                () if self.provider.differs(Difference::VersionsListObjects) => self.list(bucket),
                () if self.provider.differs(Difference::VersionsNotImplemented) => {
                    self.not_implemented("ListObjectVersions not implemented")
                }
                () => self.list_versions(bucket),
            },
            ("GET", Some("uploads")) if self.provider.differs(Difference::UploadsNotImplemented) => {
                self.not_implemented("ListMultipartUploads not implemented")
            }
            ("GET", Some("uploads")) => {
                self.xml("ListMultipartUploadsResult", "<IsTruncated>false</IsTruncated>")
            }
            ("POST", Some("delete")) => self.delete_objects(request, bucket),
            _ => self.not_implemented("the test does not need it"),
        }
    }

    fn create_bucket(&mut self, request: &Request, bucket: &str) -> Response {
        let location = format!("<LocationConstraint>{}</LocationConstraint>", self.provider.region);
        if let Some(error) = self.without_project(request) {
            return error;
        }
        if self.provider.differs(Difference::LocationRequired) {
            if !request.text().contains(&location) {
                return self.error(400, "IllegalLocationConstraintException", "");
            }
        } else if !request.body.is_empty() {
            return self.error(400, "InvalidLocationConstraint", "");
        }
        let is_valid =
            (6..=63).contains(&bucket.len()) && !bucket.contains('.') && !bucket.starts_with("b2-");
        if !is_valid && self.provider.differs(Difference::LongBucketNames) {
            return self.error(400, "InvalidBucketName", "");
        }
        if self.buckets.contains_key(bucket) {
            return self.error(409, "BucketAlreadyOwnedByYou", "");
        }
        self.buckets.insert(bucket.to_owned(), BTreeMap::new());
        Response::new(200)
    }

    fn list(&self, bucket: &str) -> Response {
        let generation = if self.provider.differs(Difference::OtherNamespace) {
            "<Generation>1473499153424000</Generation><MetaGeneration>1</MetaGeneration>"
        } else {
            ""
        };
        let entry = |(key, object): (&String, &Object)| {
            format!(
                "<Contents><Key>{key}</Key>{generation}<LastModified>{DATE}</LastModified>\
                 <ETag>{}</ETag><Size>{}</Size></Contents>",
                object.e_tag,
                object.content.len()
            )
        };
        let entries: String = self.buckets[bucket].iter().map(entry).collect();
        self.xml(
            "ListBucketResult",
            &format!("<Name>{bucket}</Name><IsTruncated>false</IsTruncated>{entries}"),
        )
    }

    fn list_versions(&self, bucket: &str) -> Response {
        let entry = |(key, object): (&String, &Object)| {
            format!(
                "<Version><Key>{key}</Key><VersionId>null</VersionId><IsLatest>true</IsLatest>\
                 <LastModified>{DATE}</LastModified><ETag>{}</ETag><Size>{}</Size></Version>",
                object.e_tag,
                object.content.len()
            )
        };
        let entries: String = self.buckets[bucket].iter().map(entry).collect();
        self.xml("ListVersionsResult", &format!("<IsTruncated>false</IsTruncated>{entries}"))
    }

    fn delete_objects(&mut self, request: &Request, bucket: &str) -> Response {
        if self.provider.differs(Difference::DeleteObjectsNotImplemented) {
            return self.not_implemented(
                "A header or query you provided requested a function that is not implemented.",
            );
        }
        let md5 = Some(md5_base64(&request.body));
        if self.provider.differs(Difference::DeleteObjectsRequiresMd5)
            && request.header("content-md5") != md5.as_deref()
        {
            return self.error(400, "MissingArgument", "Missing Some Required Arguments.");
        }
        let keys = request.text().split("<Key>").skip(1).filter_map(|rest| rest.split('<').next());
        let objects = self.buckets.get_mut(bucket).unwrap();
        keys.for_each(|key| drop(objects.remove(key)));
        Response::deleted(request, &[])
    }

    fn object(&mut self, request: &Request, bucket: &str, key: &str) -> Response {
        let is_acl = request.query_value("acl").is_some();
        let Some(objects) = self.buckets.get_mut(bucket) else { return self.error(404, "NoSuchBucket", "") };
        if is_acl && !self.provider.differs(Difference::AclsStoredAsObject) {
            return self.acl(request, bucket, key);
        }
        match request.method() {
            "POST" if request.query_value("uploads").is_some() => {
                self.uploads.clear();
                self.xml("InitiateMultipartUploadResult", "<UploadId>upload</UploadId>")
            }
            "PUT" if self.uploads.len() == 1000 && self.provider.differs(Difference::ThousandParts) => {
                self.error(400, "InvalidArgument", "Part number must be an integer between 1 and 1000")
            }
            "PUT" if request.query_value("uploadId").is_some() => {
                self.uploads.push(request.body.clone());
                Response::new(200).header("etag", &self.e_tag(&request.body))
            }
            "POST" if request.query_value("uploadId").is_some() => self.complete(bucket, key),
            "PUT" => {
                let public = request.header("x-amz-acl") == Some("public-read");
                let e_tag = self.e_tag(&request.body);
                let object = Object { content: request.body.clone(), e_tag: e_tag.clone(), public };
                self.buckets.get_mut(bucket).unwrap().insert(key.to_owned(), object);
                Response::new(200).header("etag", &e_tag)
            }
            "GET" | "HEAD" if objects.contains_key(key) => {
                Response::object_with(request, &objects[key].content, objects[key].e_tag.trim_matches('"'))
            }
            "DELETE" if objects.remove(key).is_some() => Response::new(204),
            "DELETE" if !self.provider.differs(Difference::MissingObjectNotFound) => Response::new(204),
            "GET" | "HEAD" | "DELETE" => self.error(404, "NoSuchKey", ""),
            _ => self.not_implemented("the test does not need it"),
        }
    }

    /// Completes the upload in parts.
    fn complete(&mut self, bucket: &str, key: &str) -> Response {
        let parts = std::mem::take(&mut self.uploads);
        let (part_size, count) = (parts.first().map_or(1, Vec::len), parts.len());
        let content = parts.concat();
        let e_tag = if self.provider.differs(Difference::OpaqueMultipartETags) {
            format!("{}-{count}", md5_hex(b"any other digest"))
        } else {
            multipart_e_tag(&content, part_size)
        };
        let e_tag = self.cased(format!("\"{e_tag}\""));
        let object = Object { content, e_tag: e_tag.clone(), public: false };
        self.buckets.get_mut(bucket).unwrap().insert(key.to_owned(), object);
        self.xml("CompleteMultipartUploadResult", &format!("<ETag>{e_tag}</ETag>"))
    }

    /// Returns the ETag of content that was stored by one request, with quotes.
    fn e_tag(&self, content: &[u8]) -> String {
        self.cased(format!("\"{}\"", md5_hex(content)))
    }

    fn cased(&self, e_tag: String) -> String {
        if self.provider.differs(Difference::UpperCaseETags) { e_tag.to_uppercase() } else { e_tag }
    }

    fn acl(&mut self, request: &Request, bucket: &str, key: &str) -> Response {
        let is_put = request.method() == "PUT";
        if self.provider.differs(Difference::AclsNotImplemented) {
            return self.not_implemented(if is_put { "PutObjectAcl not implemented" } else { "" });
        }
        let name = request.header("x-amz-acl").unwrap_or_default().to_owned();
        if is_put && self.provider.differs(Difference::AclsDisabled) {
            return self.error(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
        }
        if is_put && name != "private" {
            if self.provider.differs(Difference::OnlyPrivateAcls) {
                return self
                    .not_implemented("A header you provided implies functionality that is not implemented");
            }
            if self.provider.differs(Difference::AclsOfBucket) {
                let message = format!("Unsupported value for canned acl '{name}'");
                return self.error(400, "InvalidArgument", &message);
            }
        }
        let ignored = self.provider.differs(Difference::AclsIgnored);
        let Some(object) = self.buckets.get_mut(bucket).unwrap().get_mut(key) else {
            return self.error(404, "NoSuchKey", "");
        };
        if is_put {
            object.public = name == "public-read" && !ignored;
            return Response::new(200);
        }
        let public = if object.public {
            format!(
                "<Grant><Grantee xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='Group'>\
                 <URI>{ALL_USERS}</URI></Grantee><Permission>READ</Permission></Grant>"
            )
        } else {
            String::new()
        };
        self.xml(
            "AccessControlPolicy",
            &format!("<Owner><ID>1</ID></Owner><AccessControlList>{public}</AccessControlList>"),
        )
    }
}

/// Returns `true` if a request announces a checksum in the trailer of a body in chunks.
fn announces_trailer(request: &Request) -> bool {
    request.headers().iter().any(|(name, value)| {
        matches!(*name, "x-amz-trailer" | "x-amz-sdk-checksum-algorithm")
            || *name == "content-encoding" && value.contains("aws-chunked")
            || *name == "x-amz-content-sha256" && value.starts_with("STREAMING-")
    })
}
