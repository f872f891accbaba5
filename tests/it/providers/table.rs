//! The providers, and how each differs from S3. Each difference has its source.

use plain_s3::{Config, SignatureVersion};

use crate::fake_server::Request;

/// A provider that the tests cannot reach.
pub(super) struct Provider {
    pub(super) name: &'static str,
    /// The preset.
    pub(super) config: fn() -> Config,
    pub(super) host: &'static str,
    /// The path of the endpoint.
    pub(super) path: &'static str,
    /// The region that signatures must contain.
    pub(super) region: &'static str,
    /// The bucket is part of the host.
    pub(super) virtual_hosted: bool,
    pub(super) signatures: &'static [SignatureVersion],
    /// Where the provider documents its endpoint, region, signatures and addressing.
    pub(super) source: &'static str,
    pub(super) differences: &'static [(Difference, &'static str)],
    /// What `put_object_acl` reports; empty if it succeeds.
    pub(super) acl_error: &'static [&'static str],
}

/// A deviation from S3 as AWS documents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// ACLs are disabled in new buckets.
    AclsDisabled,
    /// PutObjectAcl succeeds and changes nothing.
    AclsIgnored,
    /// Object ACLs are not implemented.
    AclsNotImplemented,
    /// Only the ACL of the bucket can be set for an object.
    AclsOfBucket,
    /// `PUT /bucket/key?acl` stores an object.
    AclsStoredAsObject,
    /// Requests with `x-amz-checksum-*` headers are rejected.
    ChecksumsRejected,
    /// DeleteObjects is not implemented.
    DeleteObjectsNotImplemented,
    /// CreateBucket requires the region as location constraint.
    LocationRequired,
    /// DeleteObjects requires `Content-MD5`.
    DeleteObjectsRequiresMd5,
    /// Bucket names have 6 to 63 characters and no dots, and do not start with `b2-`.
    LongBucketNames,
    /// Deleting an object that does not exist is an error.
    MissingObjectNotFound,
    /// ListBuckets returns no owner.
    NoOwner,
    /// Errors contain no request ID.
    NoRequestIds,
    /// PutObjectAcl accepts only the ACL that every object has.
    OnlyPrivateAcls,
    /// The ETag of an object in parts is not the MD5 of the MD5s of the parts.
    OpaqueMultipartETags,
    /// The XML has another namespace and more elements.
    OtherNamespace,
    /// A request in path style is rejected with this code.
    PathStyleRejected(&'static str),
    /// Listing and creating buckets requires the header `x-amz-project-id`.
    ProjectRequired,
    /// An upload has at most 1000 parts.
    ThousandParts,
    /// Bodies in chunks with a checksum in the trailer, and the headers that announce it, are rejected.
    TrailersRejected,
    /// ETags have upper-case digits.
    UpperCaseETags,
    /// ListMultipartUploads is not implemented.
    UploadsNotImplemented,
    /// ListObjectVersions returns the response to ListObjects.
    VersionsListObjects,
    /// ListObjectVersions is not implemented.
    VersionsNotImplemented,
}

use Difference as D;

const V4: &[SignatureVersion] = &[SignatureVersion::V4];
const V2_AND_V4: &[SignatureVersion] = &[SignatureVersion::V4, SignatureVersion::V2];
const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
const R2: &str = "https://developers.cloudflare.com/r2/api/s3/api/";
const SUPABASE: &str = "https://github.com/supabase/storage/tree/master/src/http/routes/s3";

pub(super) const PROVIDERS: &[Provider] = &[
    Provider {
        name: "Alibaba Cloud OSS",
        config: || Config::alibaba_oss("eu-central-1"),
        host: "s3.oss-eu-central-1.aliyuncs.com",
        path: "",
        region: "eu-central-1",
        virtual_hosted: true,
        signatures: V4,
        source: "https://www.alibabacloud.com/help/en/oss/developer-reference/use-amazon-s3-sdks-to-access-oss",
        differences: &[
            (D::PathStyleRejected("SecondLevelDomainForbidden"), OSS),
            (D::VersionsNotImplemented, OSS),
            (D::UploadsNotImplemented, OSS),
            (D::DeleteObjectsRequiresMd5, "https://github.com/lobehub/lobehub/issues/8918"),
            (D::UpperCaseETags, "https://github.com/s3ql/s3ql/issues/402"),
            (
                D::OpaqueMultipartETags,
                "https://github.com/rclone/rclone/blob/master/backend/s3/provider/Alibaba.yaml",
            ),
            (D::TrailersRejected, "https://github.com/iflytek/skillhub/pull/376"),
        ],
        acl_error: &[],
    },
    Provider {
        name: "AWS",
        config: || Config::aws("eu-west-1"),
        host: "s3.eu-west-1.amazonaws.com",
        path: "",
        region: "eu-west-1",
        virtual_hosted: true,
        signatures: V4,
        source: "https://docs.aws.amazon.com/general/latest/gr/s3.html",
        differences: &[
            (D::LocationRequired, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html"),
            (
                D::AclsDisabled,
                "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html",
            ),
        ],
        acl_error: &["400 AccessControlListNotSupported", "put_bucket_ownership_controls"],
    },
    Provider {
        name: "Backblaze B2",
        config: || Config::backblaze_b2("us-west-004"),
        host: "s3.us-west-004.backblazeb2.com",
        path: "",
        region: "us-west-004",
        virtual_hosted: false,
        signatures: V4,
        source: "https://www.backblaze.com/docs/cloud-storage-s3-compatible-api",
        differences: &[
            (D::ChecksumsRejected, "https://github.com/home-assistant/core/issues/143995"),
            (D::AclsOfBucket, "https://www.backblaze.com/apidocs/s3-put-object-acl"),
            (D::NoRequestIds, "https://github.com/edwardspec/mediawiki-aws-s3/issues/64"),
            (D::LongBucketNames, "https://rdrr.io/cran/backblazer/man/b2CreateBucket.html"),
        ],
        acl_error: &[
            "400 InvalidArgument",
            "canned acl 'public-read'",
            "an object has the ACL of its bucket",
        ],
    },
    Provider {
        name: "Cloudflare R2",
        config: || Config::cloudflare_r2(ACCOUNT),
        host: "0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
        path: "",
        region: "auto",
        virtual_hosted: false,
        signatures: V4,
        source: R2,
        differences: &[
            (D::AclsNotImplemented, R2),
            (D::VersionsNotImplemented, "https://github.com/jikig-ai/soleur/issues/7836"),
            (D::NoRequestIds, "https://github.com/pixelfed/pixelfed/issues/3775"),
        ],
        acl_error: &["501 NotImplemented", "does not implement this ACL"],
    },
    Provider {
        name: "DigitalOcean Spaces",
        config: || Config::digitalocean_spaces("nyc3"),
        host: "nyc3.digitaloceanspaces.com",
        path: "",
        region: "nyc3",
        virtual_hosted: false,
        signatures: V2_AND_V4,
        source: "https://docs.digitalocean.com/reference/api/spaces",
        differences: &[],
        acl_error: &[],
    },
    Provider {
        name: "DreamObjects",
        config: || Config::dreamobjects("us-east-005"),
        host: "s3.us-east-005.dream.io",
        path: "",
        region: "us-east-005",
        virtual_hosted: false,
        signatures: V4,
        source: "https://help.dreamhost.com/hc/en-us/articles/360001370846",
        differences: &[
            // It resembles Backblaze B2, which is where this is documented.
            (D::ChecksumsRejected, "https://github.com/jschneier/django-storages/issues/1498"),
            (D::AclsIgnored, "https://help.dreamhost.com/hc/en-us/articles/115000677011"),
            (D::LongBucketNames, "https://help.dreamhost.com/hc/en-us/articles/115001494772"),
        ],
        acl_error: &[],
    },
    Provider {
        name: "Garage",
        config: || Config::garage("https://garage.example", "garage"),
        host: "garage.example",
        path: "",
        region: "garage",
        virtual_hosted: false,
        signatures: V4,
        source: GARAGE,
        differences: &[(D::AclsNotImplemented, GARAGE), (D::VersionsNotImplemented, GARAGE)],
        acl_error: &[
            "(GetObjectAcl): 501 NotImplemented",
            "does not implement this operation",
            "Nothing was changed",
        ],
    },
    Provider {
        name: "Google Cloud Storage",
        config: || Config::google_cloud_storage().project_id("my-project"),
        host: "storage.googleapis.com",
        path: "",
        region: "auto",
        virtual_hosted: false,
        signatures: V2_AND_V4,
        source: "https://docs.cloud.google.com/storage/docs/aws-simple-migration",
        differences: &[
            (D::ProjectRequired, "https://docs.cloud.google.com/storage/docs/xml-api/get-service"),
            (D::DeleteObjectsNotImplemented, "https://github.com/supabase/storage/issues/898"),
            (D::MissingObjectNotFound, "https://cloud.google.com/storage/docs/xml-api/delete-object"),
            (
                D::OtherNamespace,
                "https://github.com/metacpan/metacpan-cpan-extracted/tree/main/distros/N/Net-Amazon-S3/lib/Shared/Examples/Net/Amazon/S3/Fixture/response",
            ),
            (D::NoRequestIds, "https://github.com/InfinetyEs/Nova-Filemanager/issues/23"),
        ],
        acl_error: &[],
    },
    Provider {
        name: "Hetzner",
        config: || Config::hetzner("fsn1"),
        host: "fsn1.your-objectstorage.com",
        path: "",
        region: "fsn1",
        virtual_hosted: true,
        signatures: V4,
        source: "https://github.com/rclone/rclone/blob/master/backend/s3/provider/Hetzner.yaml",
        differences: &[(D::TrailersRejected, "https://github.com/home-assistant/core/issues/144015")],
        acl_error: &[],
    },
    Provider {
        name: "IDrive e2",
        config: || Config::idrive_e2("us-west-1"),
        host: "s3.us-west-1.idrivee2.com",
        path: "",
        region: "us-east-1",
        virtual_hosted: false,
        signatures: V2_AND_V4,
        source: "https://www.idrive.com/s3-storage-e2/e2-endpoint-urls",
        differences: &[(D::AclsNotImplemented, "https://www.idrive.com/e2/guides/s3_developer_guide.htm")],
        acl_error: &["(GetObjectAcl): 501 NotImplemented", "Nothing was changed"],
    },
    Provider {
        name: "Linode",
        config: || Config::linode("us-east-1"),
        host: "us-east-1.linodeobjects.com",
        path: "",
        region: "us-east-1",
        virtual_hosted: true,
        signatures: V4,
        source: "https://github.com/rclone/rclone/blob/master/backend/s3/provider/Linode.yaml",
        differences: &[(
            D::TrailersRejected,
            "https://techdocs.akamai.com/cloud-computing/docs/aws-cli-sdks-support-details",
        )],
        acl_error: &[],
    },
    Provider {
        name: "MinIO",
        config: || Config::minio("https://minio.example"),
        host: "minio.example",
        path: "",
        region: "us-east-1",
        virtual_hosted: false,
        signatures: V2_AND_V4,
        source: "https://github.com/minio/minio-go/pull/1810",
        differences: &[
            (D::OnlyPrivateAcls, "https://github.com/minio/minio/blob/master/cmd/acl-handlers.go"),
            (D::DeleteObjectsRequiresMd5, "https://github.com/aws/aws-sdk-java-v2/issues/5805"),
        ],
        acl_error: &["501 NotImplemented", "does not implement this ACL"],
    },
    Provider {
        name: "OVHcloud",
        config: || Config::ovhcloud("gra"),
        host: "s3.gra.io.cloud.ovh.net",
        path: "",
        region: "gra",
        virtual_hosted: true,
        signatures: V4,
        source: "https://github.com/ovh/docs/blob/develop/pages/storage_and_backup/object_storage/s3_location/guide.en-gb.md",
        differences: &[
            (D::DeleteObjectsRequiresMd5, "https://github.com/ovh/public-cloud-roadmap/issues/763"),
            (D::TrailersRejected, "https://github.com/ovh/public-cloud-roadmap/issues/781"),
        ],
        acl_error: &[],
    },
    Provider {
        name: "Scaleway",
        config: || Config::scaleway("fr-par"),
        host: "s3.fr-par.scw.cloud",
        path: "",
        region: "fr-par",
        virtual_hosted: true,
        signatures: V4,
        source: "https://www.scaleway.com/en/docs/object-storage/api-cli/object-operations/",
        differences: &[(
            D::ThousandParts,
            "https://www.scaleway.com/en/docs/object-storage/api-cli/multipart-uploads/",
        )],
        acl_error: &[],
    },
    Provider {
        name: "Supabase",
        config: || Config::supabase("abcdefghijklmnopqrst", "eu-west-1"),
        host: "abcdefghijklmnopqrst.storage.supabase.co",
        path: "/storage/v1/s3",
        region: "eu-west-1",
        virtual_hosted: false,
        signatures: V4,
        source: "https://supabase.com/docs/guides/storage/s3/authentication",
        differences: &[
            (D::AclsStoredAsObject, SUPABASE),
            (D::VersionsListObjects, SUPABASE),
            (D::NoOwner, SUPABASE),
            (D::NoRequestIds, SUPABASE),
        ],
        acl_error: &["Supabase does not support PutObjectAcl: it would replace the object"],
    },
    Provider {
        name: "Wasabi",
        config: || Config::wasabi("eu-central-1"),
        host: "s3.eu-central-1.wasabisys.com",
        path: "",
        region: "eu-central-1",
        virtual_hosted: false,
        signatures: V4,
        source: "https://docs.wasabi.com/docs/service-urls-for-wasabis-storage-regions-2",
        differences: &[],
        acl_error: &[],
    },
];

const OSS: &str = "https://www.alibabacloud.com/help/en/oss/developer-reference/compatibility-with-amazon-s3";
const GARAGE: &str = "https://garagehq.deuxfleurs.fr/documentation/reference-manual/s3-compatibility";

impl Provider {
    pub(super) fn differs(&self, difference: Difference) -> bool {
        self.differences.iter().any(|(other, _)| *other == difference)
    }

    /// Returns the code of the error for a request in path style.
    pub(super) fn path_style_error(&self) -> Option<&'static str> {
        self.differences.iter().find_map(|(difference, _)| match difference {
            Difference::PathStyleRejected(code) => Some(*code),
            _ => None,
        })
    }

    /// Returns the bucket and the encoded key of a request. Panics unless the request has the host and the path of
    /// the provider.
    #[track_caller]
    pub(super) fn target(&self, request: &Request) -> (Option<String>, Option<String>) {
        let host = request.header("host").unwrap();
        let path = request.path().strip_prefix(self.path).and_then(|path| path.strip_prefix('/'));
        let path = path.unwrap_or_else(|| panic!("{} is not below {}", request.path(), self.path));
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        if host == self.host {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            assert!(bucket.is_empty() || !self.virtual_hosted, "{}", request.line());
            return (some(bucket), some(key));
        }
        let bucket = host.strip_suffix(self.host).and_then(|before| before.strip_suffix('.'));
        let bucket = bucket.unwrap_or_else(|| panic!("the host is {host} instead of {}", self.host));
        assert!(self.virtual_hosted, "{host}");
        (some(bucket), some(path))
    }
}
