//! The features of S3 that a server may lack, and the gaps of the server under test.
//!
//! The gaps are declared in the file that `S3_TEST_GAPS` names, by default `tests/servers/NAME.gaps`, where NAME is
//! the value of `S3_TEST_SERVER`. Nothing else excuses a server. A declared gap is tested, too: the scenario fails if
//! the feature works. `tests/compatibility` copies the names of the features and the reasons to
//! docs/compatibility.md.

use std::any::Any;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::thread::LocalKey;

use super::compatibility;
use super::support::{say, variable};

/// A feature of S3 that not every server supports.
pub(crate) struct Feature {
    /// Where docs/compatibility.md lists it.
    topic: &'static str,
    name: &'static str,
    /// The AWS actions that do not work without the feature. Empty if the feature concerns only a part of an action.
    actions: &'static [&'static str],
}

/// Defines the features of each topic, and the list of all of them.
macro_rules! features {
    ($($topic:literal { $($id:ident: $name:literal $(=> $($action:literal)+)?;)* })*) => {
        $($(pub(crate) static $id: Feature =
            Feature { topic: $topic, name: $name, actions: &[$($($action),+)?] };)*)*

        const NAMES: &[&str] = &[$($($name),*),*];
    };
}

features! {
    "Requests and signatures" {
        EXPECTED_OWNER: "Requests with a wrong `x-amz-expected-bucket-owner` are rejected";
        HTTPS: "HTTPS";
        REJECTED_REQUEST_IDS: "Errors for wrong credentials have a request ID";
        REQUEST_IDS: "Error responses have a request ID";
        SECOND_USER: "Several users with buckets of their own";
        SIGNATURES: "Signatures are checked";
        SIGNATURE_V2: "Signature V2";
        STALE_V2: "V2 requests that were signed an hour ago are rejected";
        STALE_V4: "V4 requests that were signed an hour ago are rejected";
        UNKNOWN_ACCESS_KEYS: "Unknown access keys are rejected with InvalidAccessKeyId";
        V2_SUBRESOURCES: "Signature V2 of requests with subresources such as `?tagging`";
        V2_VIRTUAL_HOSTED: "Signature V2 in virtual-hosted style";
        VIRTUAL_HOSTED: "Virtual-hosted addressing";
    }
    "Access" {
        ACLS: "ACLs can be read and replaced"
            => "GetBucketAcl"
                "GetObjectAcl"
                "PutBucketAcl"
                "PutObjectAcl";
        ACLS_ENFORCED: "ACLs are enforced";
        ACL_HEADERS: "Objects can be uploaded with a canned ACL";
        BUCKET_OWNERS: "Users cannot access the buckets of other users";
        DELETE_OWNERSHIP_CONTROLS: "Ownership controls can be deleted";
        GRANTS: "ACLs with grants are kept unchanged";
        OWNERSHIP_CONTROLS: "Ownership controls"
            => "PutBucketOwnershipControls"
                "GetBucketOwnershipControls"
                "DeleteBucketOwnershipControls";
        POLICY: "Bucket policies"
            => "PutBucketPolicy"
                "GetBucketPolicy"
                "DeleteBucketPolicy";
        POLICY_ENFORCED: "Bucket policies apply to the owner of the bucket";
        POLICY_SYNTAX: "Malformed bucket policies are rejected";
        PRIVATE_OBJECTS: "Objects are private unless their ACL makes them public";
        PUBLIC_ACCESS_BLOCK: "Public access blocks"
            => "PutPublicAccessBlock"
                "GetPublicAccessBlock"
                "DeletePublicAccessBlock";
        PUBLIC_OBJECTS: "Objects with a public ACL can be read without a signature";
        PUBLIC_POLICY: "Bucket policies can make objects public";
        UNKNOWN_GRANTEE: "ACLs that name an unknown email address are rejected";
        UNSIGNED_STATUS: "Unsigned requests are rejected with 403 AccessDenied";
        UNSIGNED_WRITES: "Unsigned requests cannot write, delete or list";
        VERSION_ACLS: "Each version of an object has its own ACL";
    }
    "Buckets" {
        BUCKET_DATES: "Buckets have a creation date";
        BUCKET_ENCRYPTION: "Default encryption of buckets"
            => "PutBucketEncryption"
                "GetBucketEncryption"
                "DeleteBucketEncryption";
        CALLERS_OWN_BUCKET: "Creating a bucket again succeeds or returns BucketAlreadyOwnedByYou";
        COPY_TO_MISSING_BUCKET: "Copies to missing buckets are rejected with NoSuchBucket";
        CORS: "CORS rules"
            => "PutBucketCors"
                "GetBucketCors"
                "DeleteBucketCors";
        CORS_WITHOUT_MAX_AGE: "CORS rules without a maximum age are kept unchanged";
        ENCRYPTION_OF_MISSING_BUCKET: "Reading the default encryption of a missing bucket fails";
        LIFECYCLE: "Lifecycle rules"
            => "PutBucketLifecycleConfiguration"
                "GetBucketLifecycleConfiguration"
                "DeleteBucketLifecycle";
        LIFECYCLE_IDS: "Lifecycle rules without an ID are assigned one";
        LIFECYCLE_SIZES: "Lifecycle rules can filter by object size";
        LOGGING: "Access logs of buckets" => "PutBucketLogging";
        MISSING_BUCKETS: "Uploads to missing buckets are rejected";
        READ_LOGGING: "Access logs of buckets can be read" => "GetBucketLogging";
        REQUEST_PAYMENT: "Requester Pays buckets" => "PutBucketRequestPayment" "GetBucketRequestPayment";
        UNKNOWN_LOCATION: "Unknown location constraints are rejected";
        WEBSITE: "Static websites"
            => "PutBucketWebsite"
                "GetBucketWebsite"
                "DeleteBucketWebsite";
    }
    "Keys" {
        BACKSLASHES: "Keys with backslashes";
        CONTROL_CHARACTERS: "Keys with control characters";
        DOT_SEGMENTS: "Keys with the path segments `.` and `..`";
        EMPTY_SEGMENTS: "Keys with empty path segments";
        FOLDER_KEYS: "Keys such as `a`, `a/` and `a/b` can exist together";
        LINE_BREAKS: "Keys with line breaks";
        LONG_KEYS: "Keys of 1024 bytes";
        NONCHARACTERS: "Keys with Unicode noncharacters";
        NUL_IN_KEY: "Keys with NUL characters";
    }
    "Listings" {
        ANY_LISTING: "Listings of unusual keys return each key once, with any delimiter and page size";
        DELIMITERS: "Listings group keys by any delimiter";
        LISTING_ORDER: "Listings are in the byte order of the keys";
        LIST_V1: "ListObjects (version 1) returns each common prefix once";
    }
    "Objects" {
        ATTRIBUTES: "Object attributes" => "GetObjectAttributes";
        CONCURRENT_PUTS: "A key that is written concurrently is listed once";
        CONDITIONAL_READS: "Conditional reads";
        CONDITIONAL_WRITES: "Conditional writes";
        COPY_CONDITIONS: "Conditions on the source of a copy are honoured";
        COPY_ONTO_ITSELF: "A copy of an object onto itself that changes nothing is rejected";
        CUSTOMER_KEYS_CONFIRMED: "Responses confirm the encryption with a customer key";
        CUSTOMER_KEYS_REQUIRED: "Objects encrypted with a customer key cannot be read without it";
        EMPTY_METADATA: "Empty metadata values are kept";
        EXPIRES_HEADER: "The `Expires` and `Content-*` headers of an object are stored";
        LATE_PUTS: "An interrupted upload does not damage the object that its retry stores";
        PART_NUMBERS: "Parts of an object can be read by number";
        PUT_IF_MATCH: "PutObject fails if `If-Match` has another ETag";
        QUOTED_IF_MATCH: "PutObject succeeds if `If-Match` has the current ETag";
        RANGE_STATUS: "Ranges are returned with the status 206";
        REDIRECTS: "Website redirects are stored with objects";
        RESTORE: "Archived objects can be restored" => "RestoreObject";
        SERVER_KEY: "Server-side encryption with keys of the server (SSE-S3, `AES256`)";
        TAGS: "Tags of buckets and objects"
            => "PutBucketTagging"
                "GetBucketTagging"
                "DeleteBucketTagging"
                "PutObjectTagging"
                "GetObjectTagging"
                "DeleteObjectTagging";
        TAG_CHARACTERS: "Tags can contain every character";
        UNKNOWN_ALGORITHM: "Unknown encryption algorithms are rejected";
        UNSTARTED_BODIES: "An upload that is interrupted before its first byte stores nothing";
        UTF8_HEADERS: "Metadata sent as raw UTF-8 (`MetadataEncoding::Utf8`) is stored unchanged";
        UTF8_METADATA: "Non-ASCII metadata is returned unchanged";
    }
    "Multipart uploads" {
        ABORTED_UPLOADS: "Parts for an aborted upload are rejected with NoSuchUpload";
        COPIED_PART_ETAGS: "The ETag of a copied part is the MD5 of its content";
        COPY_BETWEEN_CUSTOMER_KEYS: "Source and target of a copied part can have different customer keys";
        COPY_CUSTOMER_KEY_PARTS: "Parts can be copied with customer keys";
        COPY_PARTS: "Parts can be copied from objects" => "UploadPartCopy";
        CUSTOMER_KEY_OF_PARTS: "Parts without the customer key of their upload are rejected";
        EMPTY_FOLDERS: "A bucket can be deleted after its uploads were aborted";
        LATE_COMPLETIONS: "Concurrent attempts to complete an upload store the complete object";
        LIST_UPLOADS: "Multipart uploads can be listed" => "ListMultipartUploads";
        MANY_UPLOADS: "A thousand unfinished multipart uploads can be created and listed";
        UPLOAD_PAGES: "ListMultipartUploads returns pages of any size";
        UPLOAD_PREFIXES: "ListMultipartUploads returns common prefixes for a delimiter";
    }
    "Versions and Object Lock" {
        CONTROL_CHARACTER_PAGES: "Pages of ListObjectVersions can end with a key with control characters";
        COPY_TO_SELF: "An old version can be copied to the same key";
        DELETE_MARKERS: "Deleting a missing key of a versioned bucket adds a delete marker";
        NULL_MARKERS: "Delete markers with the ID `null` can be deleted";
        NULL_VERSIONS: "An object from before versioning was enabled keeps the version ID `null`";
        OBJECT_LOCK: "Object Lock: legal holds and default retention"
            => "PutObjectLegalHold"
                "GetObjectLegalHold"
                "PutObjectLockConfiguration"
                "GetObjectLockConfiguration";
        RETENTION: "Object Lock: retention of objects" => "PutObjectRetention" "GetObjectRetention";
        SUSPENDED_MARKERS: "Deletions add a delete marker while versioning is suspended";
        SUSPENDED_VERSIONS: "Old versions are kept while versioning is suspended";
        UNCOVERED_VERSIONS: "DeleteObjects of the newest version or delete marker makes the previous version current";
        VERSIONS: "Versioning"
            => "PutBucketVersioning"
                "GetBucketVersioning"
                "ListObjectVersions";
        VERSION_ORDER: "Versions and delete markers are listed by key, the newest first";
        VERSION_PAGES: "ListObjectVersions returns pages of any size";
    }
    "Presigned URLs and forms" {
        FORMS: "POST forms" => "PostObject";
        FORM_ACL: "POST forms: the `acl` field sets the ACL of the object";
        FORM_EXTRA_FIELD: "POST forms: fields that the policy does not allow are rejected";
        FORM_FILE_NAME: "POST forms: `${filename}` in the key is replaced by the file name";
        FORM_POLICY: "POST forms: the policy is enforced";
        FORM_REDIRECT: "POST forms: the response redirects to `success_action_redirect`";
        RESPONSE_OVERRIDES: "Presigned URLs override response headers";
        URL_EXPIRY: "Presigned URLs expire";
        URL_SIGNATURES: "Signatures of presigned URLs are checked";
        URL_UPLOADS: "Presigned URLs for multipart uploads";
    }
}

impl Feature {
    /// Returns `true` if the server is declared not to support the feature. A scenario then leaves out what needs it;
    /// another scenario verifies the declaration with [`Feature::check`].
    pub(crate) fn is_gap(&self) -> bool {
        declared().contains_key(self.name)
    }

    /// Returns the value of a call, or `None` if the server does not support the feature.
    pub(crate) fn supported<T>(&self, result: plain_s3::Result<T>) -> Option<T> {
        self.check(result.as_ref().map(drop).map_err(ToString::to_string));
        result.ok()
    }

    /// Runs the part of a scenario that needs the feature. If it panics, the server does not support the feature.
    pub(crate) fn attempt<T>(&self, part: impl FnOnce() -> T) -> Option<T> {
        let result = panic::catch_unwind(AssertUnwindSafe(part)).map_err(|panic| message(&*panic));
        self.check(result.as_ref().map(drop).map_err(Clone::clone));
        result.ok()
    }

    /// Compares a result with the one that a server with the feature returns.
    pub(crate) fn check_eq<T: PartialEq + fmt::Debug>(&self, found: T, expected: T) {
        let outcome =
            if found == expected { Ok(()) } else { Err(format!("{found:?} instead of {expected:?}")) };
        self.check(outcome);
    }

    /// Compares what a scenario has found with the declared gaps. [`report_undeclared`] reports each difference.
    pub(crate) fn check(&self, outcome: Result<(), String>) {
        match (declared().get(self.name), outcome) {
            (None, Ok(())) => compatibility::feature_supported(self.topic, self.name),
            (None, Err(found)) => note(&UNDECLARED, self.name, found),
            (Some(reason), Err(found)) => {
                compatibility::gap_found(self.topic, self.name, reason, self.actions);
                note(&FOUND, self.name, found.clone());
                // Every variant finds the gap again; one line is enough.
                static PRINTED: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
                if PRINTED.lock().unwrap().insert(self.name) {
                    let found: String = found.chars().take(300).collect();
                    say(&format!("gap: {}: {reason} (found: {found})", self.name));
                }
            }
            (Some(_), Ok(())) => note(&WORKED, self.name, "works now: remove the gap".to_owned()),
        }
    }
}

type Findings = RefCell<BTreeMap<&'static str, String>>;

thread_local! {
    static UNDECLARED: Findings = const { RefCell::new(BTreeMap::new()) };
    /// The declared gaps that the current scenario has found, and those that it has not found.
    static FOUND: Findings = const { RefCell::new(BTreeMap::new()) };
    static WORKED: Findings = const { RefCell::new(BTreeMap::new()) };
}

/// Keeps the first finding for each feature. The scenario continues, so that one run shows all of them.
fn note(findings: &'static LocalKey<Findings>, feature: &'static str, finding: String) {
    println!("{feature}: {finding}");
    findings.with_borrow_mut(|all| {
        all.entry(feature).or_insert(finding);
    });
}

/// Panics if the scenario that ends on this thread has found anything else than the declared gaps. A gap needs to be
/// found only once, as it may concern only one of the variants.
pub(crate) fn report_undeclared() {
    let (mut all, found) = (UNDECLARED.take(), FOUND.take());
    all.extend(WORKED.take().into_iter().filter(|(feature, _)| !found.contains_key(feature)));
    let lines: String = all.iter().map(|(feature, found)| format!("\n{feature}: {found}")).collect();
    assert!(lines.is_empty(), "not as declared in the gaps of the server:{lines}");
}

/// Returns the declared gaps of the server: the name of each feature, and the reason.
fn declared() -> &'static BTreeMap<String, String> {
    static DECLARED: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    DECLARED.get_or_init(|| {
        let path = match (variable("S3_TEST_GAPS"), variable("S3_TEST_SERVER")) {
            (Some(path), _) => path,
            (None, Some(server)) => format!("{}/tests/servers/{server}.gaps", env!("CARGO_MANIFEST_DIR")),
            (None, None) => return BTreeMap::new(),
        };
        // A server without a file has no known gaps.
        if variable("S3_TEST_GAPS").is_none() && !Path::new(&path).exists() {
            return BTreeMap::new();
        }
        parse(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
    })
}

/// Reads the gaps of a server. Each reason is a line, followed by a line `- FEATURE` for each feature that does not
/// work for this reason. A line that starts with `#` is a comment; the first one names the server.
fn parse(text: &str) -> BTreeMap<String, String> {
    let mut gaps = BTreeMap::new();
    let mut reason = None;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some(name) = line.strip_prefix("- ") else {
            reason = Some(line.to_owned());
            continue;
        };
        assert!(NAMES.contains(&name), "there is no feature {name:?}; the features are {NAMES:#?}");
        let reason = reason.clone().unwrap_or_else(|| panic!("the gap {name:?} has no reason"));
        assert!(gaps.insert(name.to_owned(), reason).is_none(), "the gap {name:?} is declared twice");
    }
    gaps
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic").to_owned()
}
