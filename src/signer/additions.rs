//! What the configuration adds to requests: who pays, who must own the bucket, the project, and the encoding of metadata.

use std::borrow::Cow;

use crate::config::Config;
use crate::encoded_word::{self, MetadataEncoding};
use crate::headers::Headers;
use crate::metadata::USER_PREFIX;
use crate::request::{Method, Request};

/// Confirms that the requester pays for the request.
const PAYER: &str = "x-amz-request-payer";
/// The ID of the account that must own the bucket.
const BUCKET_OWNER: &str = "x-amz-expected-bucket-owner";
/// The Google Cloud project in which buckets are listed and created.
const PROJECT: &str = "x-amz-project-id";
/// The ID of the account that must own the source bucket of a copy.
pub(crate) const SOURCE_BUCKET_OWNER: &str = "x-amz-source-expected-bucket-owner";

#[derive(Clone)]
pub(super) struct Additions {
    /// The payer and the bucket owner, if they are set in the configuration.
    requester: Headers,
    project_id: Option<String>,
    metadata_encoding: MetadataEncoding,
}

impl Additions {
    pub(super) fn new(config: &Config) -> Self {
        let mut requester = Headers::default();
        if config.request_payer {
            requester.set_str(PAYER, "requester");
        }
        if let Some(owner) = &config.expected_bucket_owner {
            requester.set_str(BUCKET_OWNER, owner);
        }
        Self { requester, project_id: config.project_id.clone(), metadata_encoding: config.metadata_encoding }
    }

    /// Adds the payer, the bucket owner and the project, unless the request has its own, and encodes user metadata.
    pub(super) fn complete<'r, 'q>(&self, request: &'r Request<'q>) -> Cow<'r, Request<'q>> {
        let metadata = self.encoded_metadata(request);
        let project = self.project_of(request);
        if !self.has_requester(request) && project.is_none() && metadata.is_empty() {
            return Cow::Borrowed(request);
        }
        let mut request = request.clone_without_document();
        self.add_requester(&mut request);
        if let Some(project) = project {
            request.headers.set_str(PROJECT, project);
        }
        request.headers.extend(&metadata);
        Cow::Owned(request)
    }

    /// Adds the payer and the bucket owner, unless the request has its own.
    pub(super) fn add_requester(&self, request: &mut Request<'_>) {
        if !self.has_requester(request) {
            return;
        }
        let owner = self.requester.get(BUCKET_OWNER);
        let source_owner = owner.filter(|_| request.headers.get("x-amz-copy-source").is_some());
        let source_owner = source_owner.map(|owner| (SOURCE_BUCKET_OWNER, owner));
        for (name, value) in self.requester.iter().chain(source_owner) {
            if request.headers.get(name).is_none() {
                request.headers.set_str(name, value);
            }
        }
    }

    /// Adds the payer and the bucket owner to the query, so that the user of a presigned URL need not send them as
    /// headers. Only V4 supports this. V2 signs them as headers, so presigned V2 requests contain them only if the
    /// caller set them.
    pub(super) fn add_requester_to_query(&self, request: &mut Request<'_>) {
        self.add_requester(request);
        for name in [PAYER, BUCKET_OWNER, SOURCE_BUCKET_OWNER] {
            let Some(value) = request.headers.get(name).map(str::to_owned) else { continue };
            request.headers.remove(name);
            if request.query.iter().all(|(query, _)| query != name) {
                request.query.push((Cow::Borrowed(name), Some(Cow::Owned(value))));
            }
        }
    }

    /// Encodes the values of user metadata.
    pub(super) fn encode_metadata(&self, request: &mut Request<'_>) {
        let encoded = self.encoded_metadata(request);
        request.headers.extend(&encoded);
    }

    /// Encodes the value of an entry of user metadata.
    pub(super) fn encode_metadata_value<'v>(&self, value: &'v str) -> Cow<'v, str> {
        match self.metadata_encoding {
            MetadataEncoding::EncodedWords => encoded_word::encode(value),
            MetadataEncoding::Utf8 => Cow::Borrowed(value),
        }
    }

    /// Returns `true` if the payer and the bucket owner are sent with a request.
    fn has_requester(&self, request: &Request<'_>) -> bool {
        // the bucket does not exist before CreateBucket, so it has no owner and no payer
        !self.requester.is_empty() && request.bucket.is_some() && !creates_bucket(request)
    }

    /// Returns the project if a request lists the buckets or creates one, and does not name a project.
    fn project_of(&self, request: &Request<'_>) -> Option<&str> {
        let project = self.project_id.as_deref()?;
        let applies = request.bucket.is_none() || creates_bucket(request);
        (applies && request.headers.get(PROJECT).is_none()).then_some(project)
    }

    /// Returns the headers of user metadata that the configuration requires to be encoded, with their encoded
    /// values.
    fn encoded_metadata(&self, request: &Request<'_>) -> Headers {
        let mut encoded = Headers::default();
        if request.keeps_metadata {
            return encoded;
        }
        for (name, value) in request.headers.iter().filter(|(name, _)| name.starts_with(USER_PREFIX)) {
            if let Cow::Owned(value) = self.encode_metadata_value(value) {
                encoded.set(name, value);
            }
        }
        encoded
    }
}

fn creates_bucket(request: &Request<'_>) -> bool {
    request.method == Method::Put && request.key.is_none() && request.query.is_empty()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::OffsetDateTime;

    use super::*;
    use crate::credentials::Credentials;
    use crate::raw_request::RawRequest;
    use crate::signer::{PresignOptions, RequestSigner};

    fn paying(region: Option<&str>) -> RequestSigner {
        let config = Config::new("http://h").credentials(Credentials::new("a", "s"));
        let config = config.request_payer().expected_bucket_owner("111122223333");
        RequestSigner::new(&region.map_or(config.clone(), |region| config.region(region))).unwrap()
    }

    #[test]
    fn requester_settings_are_sent_for_existing_buckets_unless_the_request_has_its_own() {
        let signer = paying(Some("r"));
        let headers = |request: &Request<'_>| {
            let complete = signer.complete(request);
            [PAYER, BUCKET_OWNER, SOURCE_BUCKET_OWNER]
                .map(|name| complete.headers.get(name).map(str::to_owned))
        };
        let owner = || Some("111122223333".to_owned());
        let payer = || Some("requester".to_owned());
        let get = Request::object("GetObject", Method::Get, "b", "k");
        assert_eq!(headers(&get), [payer(), owner(), None]);
        let other = get.clone().header(BUCKET_OWNER, "444455556666");
        assert_eq!(headers(&other), [payer(), Some("444455556666".into()), None]);
        let copy = Request::object("CopyObject", Method::Put, "b", "k").header("x-amz-copy-source", "/b/l");
        assert_eq!(headers(&copy), [payer(), owner(), owner()]);
        assert_eq!(headers(&Request::bucket("HeadBucket", Method::Head, "b")), [payer(), owner(), None]);
        for none in
            [Request::service("ListBuckets", Method::Get), Request::bucket("CreateBucket", Method::Put, "b")]
        {
            assert_eq!(headers(&none), [None, None, None]);
        }
    }

    #[test]
    fn project_is_sent_to_list_and_create_buckets_only() {
        let config = Config::new("http://h").credentials(Credentials::new("a", "s")).project_id("p");
        let signer = RequestSigner::new(&config.request_payer()).unwrap();
        let headers = |request: &Request<'_>| {
            let complete = signer.complete(request);
            [PROJECT, PAYER].map(|name| complete.headers.get(name).map(str::to_owned))
        };
        let (project, payer) = (Some("p".to_owned()), Some("requester".to_owned()));
        let list = Request::service("ListBuckets", Method::Get);
        assert_eq!(headers(&list), [project.clone(), None]);
        assert_eq!(headers(&list.header(PROJECT, "q")), [Some("q".to_owned()), None]);
        assert_eq!(headers(&Request::bucket("CreateBucket", Method::Put, "b")), [project, None]);
        for request in [
            Request::bucket("PutBucketAcl", Method::Put, "b").subresource("acl"),
            Request::bucket("DeleteBucket", Method::Delete, "b"),
            Request::object("PutObject", Method::Put, "b", "k"),
        ] {
            assert_eq!(headers(&request), [None, payer.clone()]);
        }
    }

    #[test]
    fn presigned_url_needs_no_header_for_the_requester_settings() {
        let hour = PresignOptions::new(Duration::from_secs(3600));
        for (region, in_query) in [(Some("r"), true), (None, false)] {
            let get = Request::object("GetObject", Method::Get, "b", "k");
            let url = paying(region).presign_request(get, &hour, OffsetDateTime::UNIX_EPOCH).unwrap();
            assert_eq!(url.headers, []);
            assert_eq!(url.url.contains("x-amz-request-payer=requester"), in_query, "{url}");
            assert_eq!(url.url.contains("x-amz-expected-bucket-owner=111122223333"), in_query, "{url}");
        }
        // a header that the caller set has to be sent, but V4 takes these two from the query
        let own = || Request::object("GetObject", Method::Get, "b", "k").header(PAYER, "requester");
        let v4 = paying(Some("r")).presign_request(own(), &hour, OffsetDateTime::UNIX_EPOCH).unwrap();
        let v2 = paying(None).presign_request(own(), &hour, OffsetDateTime::UNIX_EPOCH).unwrap();
        assert_eq!((v4.headers.len(), v2.headers.len()), (0, 1));
    }

    #[test]
    fn requester_setting_in_the_query_is_not_repeated() {
        let request = RawRequest::new(Method::Get).bucket("b").key("k").query(PAYER, "requester");
        let url = paying(Some("r")).presign(&request, Duration::from_secs(60)).unwrap();
        assert_eq!(url.url.matches("x-amz-request-payer=").count(), 1, "{url}");
    }
}
