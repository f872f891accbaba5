//! Bucket settings and object tags: what is sent, and that a server which does not know a setting never
//! receives a change that it would take for another action.

use plain_s3::{
    BucketEncryption, BucketLogging, Client, CorsRule, ErrorKind, LegalHold, LifecycleRule, ObjectIdentifier,
    ObjectLockConfiguration, ObjectOwnership, ObjectRetention, Payer, PublicAccessBlock,
    PutObjectRetentionOptions, Result, RetentionMode, Timestamp, Versioning, WebsiteConfiguration,
};
use time::OffsetDateTime;

use crate::clients::{client, client_v4, client_without_retries, rejected};
use crate::fake_server::{FakeServer, Request, Response};
use crate::signatures::{assert_signed_v2, assert_signed_v4, md5_base64};
use crate::support::fails;

type Change = fn(&Client) -> Result<()>;
type IsUnset = fn(&Client) -> Result<bool>;

/// Every change of a setting: the action, the subresource and the call.
const CHANGES: &[(&str, &str, Change)] = &[
    ("PutBucketVersioning", "versioning", |client| client.put_bucket_versioning("b", Versioning::Enabled)),
    ("PutBucketTagging", "tagging", |client| client.put_bucket_tagging("b", [("a", "b")])),
    ("DeleteBucketTagging", "tagging", |client| client.delete_bucket_tagging("b")),
    ("PutObjectTagging", "tagging", |client| client.put_object_tagging("b", "k", [("a", "b")])),
    ("DeleteObjectTagging", "tagging", |client| client.delete_object_tagging("b", "k")),
    ("PutBucketPolicy", "policy", |client| client.put_bucket_policy("b", "{}")),
    ("DeleteBucketPolicy", "policy", |client| client.delete_bucket_policy("b")),
    ("PutBucketCors", "cors", |client| client.put_bucket_cors("b", &[CorsRule::new("*", "GET")])),
    ("DeleteBucketCors", "cors", |client| client.delete_bucket_cors("b")),
    ("PutBucketLifecycleConfiguration", "lifecycle", |client| {
        client.put_bucket_lifecycle_configuration("b", &[LifecycleRule::new("").expire_after_days(1)])
    }),
    ("DeleteBucketLifecycle", "lifecycle", |client| client.delete_bucket_lifecycle("b")),
    ("PutBucketWebsite", "website", |client| client.put_bucket_website("b", &WebsiteConfiguration::new("i"))),
    ("DeleteBucketWebsite", "website", |client| client.delete_bucket_website("b")),
    ("PutPublicAccessBlock", "publicAccessBlock", |client| {
        client.put_public_access_block("b", PublicAccessBlock::all())
    }),
    ("DeletePublicAccessBlock", "publicAccessBlock", |client| client.delete_public_access_block("b")),
    ("PutBucketRequestPayment", "requestPayment", |client| {
        client.put_bucket_request_payment("b", Payer::Requester)
    }),
    ("PutObjectLegalHold", "legal-hold", |client| client.put_object_legal_hold("b", "k", LegalHold::On)),
    ("PutObjectRetention", "retention", |client| {
        let retention = ObjectRetention::new(RetentionMode::Governance, OffsetDateTime::UNIX_EPOCH);
        client.put_object_retention("b", "k", retention)
    }),
    ("PutObjectLockConfiguration", "object-lock", |client| {
        client.put_object_lock_configuration("b", ObjectLockConfiguration::new())
    }),
    ("PutBucketEncryption", "encryption", |client| {
        client.put_bucket_encryption("b", &BucketEncryption::new("AES256"))
    }),
    ("DeleteBucketEncryption", "encryption", |client| client.delete_bucket_encryption("b")),
    ("PutBucketOwnershipControls", "ownershipControls", |client| {
        client.put_bucket_ownership_controls("b", ObjectOwnership::ObjectWriter)
    }),
    ("DeleteBucketOwnershipControls", "ownershipControls", |client| {
        client.delete_bucket_ownership_controls("b")
    }),
    ("PutBucketLogging", "logging", |client| {
        client.put_bucket_logging("b", Some(&BucketLogging::new("logs", "b/")))
    }),
];

/// Every setting: the subresource, a document of a server that supports it, the response if it is not set,
/// which is an error code or a document, and a getter that returns `true` in this case.
const UNSET: &[(&str, &str, &str, IsUnset)] = &[
    ("versioning", "<VersioningConfiguration/>", "<VersioningConfiguration/>", |client| {
        client.get_bucket_versioning("b").map(|status| status.is_none())
    }),
    ("tagging", "<Tagging/>", "NoSuchTagSet", |client| {
        client.get_bucket_tagging("b").map(|tags| tags.is_empty())
    }),
    ("tagging", "<Tagging/>", "NoSuchTagSetError", |client| {
        client.get_object_tagging("b", "k").map(|tags| tags.is_empty())
    }),
    ("policy", "{}", "NoSuchBucketPolicy", |client| {
        client.get_bucket_policy("b").map(|policy| policy.is_none())
    }),
    ("cors", "<CORSConfiguration/>", "NoSuchCORSConfiguration", |client| {
        client.get_bucket_cors("b").map(|rules| rules.is_empty())
    }),
    ("lifecycle", "<LifecycleConfiguration/>", "NoSuchLifecycleConfiguration", |client| {
        client.get_bucket_lifecycle_configuration("b").map(|rules| rules.is_empty())
    }),
    ("website", "<WebsiteConfiguration/>", "NoSuchWebsiteConfiguration", |client| {
        client.get_bucket_website("b").map(|website| website.is_none())
    }),
    (
        "publicAccessBlock",
        "<PublicAccessBlockConfiguration/>",
        "NoSuchPublicAccessBlockConfiguration",
        |client| client.get_public_access_block("b").map(|block| block.is_none()),
    ),
    (
        "requestPayment",
        "<RequestPaymentConfiguration/>",
        "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
        |client| client.get_bucket_request_payment("b").map(|payer| payer == Payer::BucketOwner),
    ),
    ("legal-hold", "<LegalHold/>", "NoSuchObjectLockConfiguration", |client| {
        client.get_object_legal_hold("b", "k").map(|hold| hold == LegalHold::Off)
    }),
    ("retention", "<Retention/>", "NoSuchObjectLockConfiguration", |client| {
        client.get_object_retention("b", "k").map(|retention| retention.is_none())
    }),
    ("object-lock", "<ObjectLockConfiguration/>", "ObjectLockConfigurationNotFoundError", |client| {
        client.get_object_lock_configuration("b").map(|lock| lock.is_none())
    }),
    (
        "encryption",
        "<ServerSideEncryptionConfiguration/>",
        "ServerSideEncryptionConfigurationNotFoundError",
        |client| client.get_bucket_encryption("b").map(|encryption| encryption.is_none()),
    ),
    ("ownershipControls", "<OwnershipControls/>", "OwnershipControlsNotFoundError", |client| {
        client.get_bucket_ownership_controls("b").map(|ownership| ownership.is_none())
    }),
    ("logging", "<BucketLoggingStatus/>", "<BucketLoggingStatus/>", |client| {
        client.get_bucket_logging("b").map(|logging| logging.is_none())
    }),
];

/// The response to the read of a setting: a document, or a 404 with this code.
fn read_response(text: &str) -> Response {
    if text.starts_with(['<', '{']) { Response::xml(text) } else { Response::error(404, text) }
}

/// Ignores the subresource, as Ceph does with `?encryption`: lists the bucket or returns the object, without
/// an error.
fn ignores_subresources(request: &Request) -> Response {
    match (request.method(), request.path()) {
        ("GET", "/b/") => Response::xml("<ListBucketResult><Name>b</Name></ListBucketResult>"),
        ("GET", _) => Response::content("the content of the object"),
        (method, path) => panic!("{method} {path} would do something else"),
    }
}

/// Responds like something other than an S3 server, such as a captive portal.
fn returns_html(request: &Request) -> Response {
    match request.method() {
        "GET" => Response::new(200).body("<html><title>Welcome</title></html>"),
        method => panic!("{method} was sent to something other than an S3 server"),
    }
}

#[test]
fn unknown_setting_is_never_changed() {
    for respond in [ignores_subresources, returns_html] {
        let server = FakeServer::serve(respond);
        let client = client_without_retries(&server);
        for (action, _, change) in CHANGES {
            let error = change(&client).unwrap_err();
            // The content of an object can only be recognised as something other than the setting.
            let unknown = error.is_not_implemented() || error.kind() == ErrorKind::UnexpectedResponse;
            assert!(unknown && error.status() == Some(200), "{action}: {error}");
            assert!(error.hint().unwrap().contains("Nothing was changed"), "{action}: {error}");
        }
        for (request, (_, name, _)) in server.finish_any().iter().zip(CHANGES) {
            assert_eq!(request.method(), "GET");
            assert_eq!(request.query(), [(*name, "")]);
        }
    }
}

#[test]
fn xml_object_is_untouched_if_the_server_ignores_the_subresource() {
    // the first two have the children of a setting, but not its root
    for object in [
        "<note><TagSet/><Status>ON</Status><Mode>GOVERNANCE</Mode><Rule/></note>",
        "<Settings><Tagging><TagSet/></Tagging><LegalHold/><Retention/></Settings>",
        "<Tagging><TagSet/></Tagging>",
        "<LegalHold><Status>OFF</Status></LegalHold>",
        "<Retention><Mode>GOVERNANCE</Mode></Retention>",
        "",
    ] {
        for status in [200, 204] {
            let server = FakeServer::serve(move |request| match request.method() {
                "GET" if status == 200 => Response::content(object),
                "GET" => Response::new(204),
                method => panic!("{method} would change the object"),
            });
            let client = client_without_retries(&server);
            for error in [
                client.put_object_tagging("b", "k", [("a", "b")]).unwrap_err(),
                client.delete_object_tagging("b", "k").unwrap_err(),
                client.put_object_legal_hold("b", "k", LegalHold::On).unwrap_err(),
                client
                    .put_object_retention(
                        "b",
                        "k",
                        ObjectRetention::new(RetentionMode::Governance, OffsetDateTime::UNIX_EPOCH),
                    )
                    .unwrap_err(),
            ] {
                if status == 200 {
                    assert!(error.is_not_implemented(), "{error}");
                    let text = "the server returned the object instead of performing the operation";
                    assert!(error.to_string().contains(text), "{error}");
                } else {
                    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
                }
                assert!(error.hint().unwrap().contains("Nothing was changed"), "{error}");
            }
            if status == 200 {
                assert!(client.get_object_tagging("b", "k").unwrap_err().is_not_implemented());
            }
        }
    }
}

#[test]
fn setting_is_read_whatever_its_root_is_called() {
    let server = FakeServer::serve(|request| {
        Response::xml(match request.query()[0].0 {
            "versioning" => "<GetBucketVersioningOutput><Status>Enabled</Status></GetBucketVersioningOutput>",
            "location" => {
                "<CreateBucketConfiguration><LocationConstraint>eu</LocationConstraint></CreateBucketConfiguration>"
            }
            "tagging" => {
                "<GetBucketTaggingResponse><Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>\
                 </Tagging></GetBucketTaggingResponse>"
            }
            _ => "<note><to>someone</to></note>",
        })
    });
    let client = client_without_retries(&server);
    assert_eq!(client.get_bucket_versioning("b").unwrap(), Some(Versioning::Enabled));
    assert_eq!(client.get_bucket_location("b").unwrap().as_deref(), Some("eu"));
    assert_eq!(client.get_bucket_tagging("b").unwrap()["a"], "b");
    let error = fails(ErrorKind::UnexpectedResponse, client.get_bucket_cors("b"));
    assert!(
        error.to_string().contains("the response is <note>; <CORSConfiguration> was expected"),
        "{error}"
    );
}

#[test]
fn empty_response_of_garage_means_that_a_bucket_setting_is_not_set() {
    let server = FakeServer::start([Response::new(204), Response::new(204), Response::new(200)]);
    let client = client(&server);
    assert_eq!(client.get_bucket_website("b").unwrap(), None);
    client.put_bucket_website("b", &WebsiteConfiguration::new("index.html")).unwrap();
    let requests: [_; 3] = server.finish();
    assert_eq!(requests.map(|request| request.method().to_owned()), ["GET", "GET", "PUT"]);
}

#[test]
fn body_of_a_change_that_succeeded_is_ignored_unless_it_is_an_error() {
    for (body, succeeds) in [
        ("True", true),
        ("{}", true),
        ("<OK/>", true),
        ("<html/>", false),
        ("<Error/>", false),
        ("<Err", false),
    ] {
        let server =
            FakeServer::start([Response::error(404, "NoSuchBucketPolicy"), Response::new(200).body(body)]);
        let result = client_without_retries(&server).put_bucket_policy("b", "{}");
        assert_eq!(result.is_ok(), succeeds, "{body}: {result:?}");
    }
}

#[test]
fn unreadable_setting_is_not_changed() {
    for code in ["AccessDenied", "NoSuchBucket", "NotImplemented"] {
        let status = if code == "NoSuchBucket" { 404 } else { 403 };
        let server = FakeServer::start(CHANGES.iter().map(|_| Response::error(status, code)));
        for (action, _, change) in CHANGES {
            let error = fails(ErrorKind::Server, change(&client(&server)));
            assert_eq!(error.code(), Some(code), "{action}");
            // It is reported as an error of the change, which is what the caller requested.
            assert!(error.to_string().starts_with(&format!("{action} b")), "{action}: {error}");
        }
        assert!(server.finish_any().iter().all(|request| request.method() == "GET"));
    }
}

#[test]
fn missing_setting_reads_as_none_and_is_not_deleted() {
    for (name, _, unset, is_unset) in UNSET {
        let server = FakeServer::serve(|_| read_response(unset));
        assert!(is_unset(&client(&server)).unwrap(), "{name}");
        for (action, _, delete) in CHANGES.iter().filter(|(action, of, _)| of == name && is_delete(action)) {
            delete(&client(&server)).unwrap_or_else(|error| panic!("{action}: {error}"));
        }
        assert!(server.finish_any().iter().all(|request| request.method() == "GET"));
    }
}

#[test]
fn deleting_a_setting_that_the_server_reports_as_unset_succeeds() {
    // SeaweedFS returns default ownership controls if none are set
    let read = "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>\
         </OwnershipControls>";
    let unset = Response::error(404, "OwnershipControlsNotFoundError");
    let server = FakeServer::start([Response::xml(read), unset]);
    client(&server).delete_bucket_ownership_controls("b").unwrap();
    let [_, delete] = server.finish();
    assert_eq!(delete.method(), "DELETE");

    let server = FakeServer::start([Response::xml(read), Response::error(404, "NoSuchBucket")]);
    assert!(client(&server).delete_bucket_ownership_controls("b").unwrap_err().is_no_such_bucket());
}

#[test]
fn change_that_the_server_takes_for_create_bucket_has_a_hint() {
    let server = FakeServer::start([
        Response::xml("<BucketLoggingStatus/>"),
        Response::error(409, "BucketAlreadyOwnedByYou"),
    ]);
    let error = client(&server).put_bucket_logging("b", None).unwrap_err();
    assert!(error.hint().unwrap().contains("does not support PutBucketLogging"), "{error}");
}

#[test]
fn legal_hold_that_seaweedfs_reports_as_unset_is_off_and_can_be_set() {
    let unset = || Response::error(404, "NoSuchObjectLegalHold");
    let server = FakeServer::start([unset(), unset(), Response::new(200)]);
    let client = client(&server);
    assert_eq!(client.get_object_legal_hold("b", "k").unwrap(), LegalHold::Off);
    client.put_object_legal_hold("b", "k", LegalHold::On).unwrap();
    let [_, _, put] = server.finish();
    assert_eq!(put.method(), "PUT");
}

fn is_delete(action: &str) -> bool {
    action.starts_with("Delete")
}

/// Starts a server for each change, and runs the change: a PUT if the setting is not set, a DELETE if it is.
fn each_change(respond: fn() -> Response, check: impl Fn(&str, Result<()>, &[Request])) {
    for (name, set, unset, _) in UNSET {
        for (action, _, change) in CHANGES.iter().filter(|(_, of, _)| of == name) {
            let found = if is_delete(action) { set } else { unset };
            let server = FakeServer::serve(move |request| match request.method() {
                "GET" => read_response(found),
                _ => respond(),
            });
            let result = change(&client_without_retries(&server));
            check(action, result, &server.finish_any());
        }
    }
}

#[test]
fn first_change_succeeds() {
    each_change(
        || Response::new(204),
        |action, result, requests| {
            result.unwrap_or_else(|error| panic!("{action}: {error}"));
            let change = &requests[1];
            assert_eq!(change.method(), if is_delete(action) { "DELETE" } else { "PUT" }, "{action}");
            assert_eq!(change.target(), requests[0].target(), "{action}");
            let md5 = (!is_delete(action)).then(|| md5_base64(&change.body));
            assert_eq!(change.header("content-md5"), md5.as_deref(), "{action}");
        },
    );
}

#[test]
fn failing_change_is_reported_as_itself() {
    each_change(
        || Response::error(403, "AccessDenied"),
        |action, result, requests| {
            let error = fails(ErrorKind::Server, result);
            assert!(error.is_access_denied(), "{action}: {error}");
            assert!(error.to_string().starts_with(&format!("{action} b")), "{action}: {error}");
            assert!(!error.to_string().contains("Nothing was changed"), "{action}: {error}");
            assert_eq!(requests.len(), 2, "{action}");
        },
    );
}

#[test]
fn change_is_sent_with_checksums_and_signed() {
    let responses = || {
        [
            Response::xml("<Tagging><TagSet/></Tagging>"),
            Response::new(200),
            Response::xml("<Tagging><TagSet/></Tagging>"),
            Response::new(204),
        ]
    };
    for v4 in [false, true] {
        let server = FakeServer::start(responses());
        let client = if v4 { client_v4(&server) } else { client(&server) };
        let old = ObjectIdentifier::new("a b").version_id("v/1");
        client.put_object_tagging("b", old.clone(), [("a & b", "<é>")]).unwrap();
        client.delete_object_tagging("b", old).unwrap();
        let requests: [_; 4] = server.finish();
        for request in &requests {
            assert_eq!(request.target(), "/b/a%20b?versionId=v%2F1&tagging");
            if v4 { assert_signed_v4(request) } else { assert_signed_v2(request, None) }
        }
        assert_eq!(requests.each_ref().map(|request| request.method()), ["GET", "PUT", "GET", "DELETE"]);
        let put = &requests[1];
        assert_eq!(
            put.text(),
            "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag><Key>a &amp; b</Key>\
             <Value>&lt;é&gt;</Value></Tag></TagSet></Tagging>"
        );
        assert_eq!(put.header("content-md5"), Some(md5_base64(&put.body).as_str()));
    }
}

#[test]
fn policy_is_sent_as_given() {
    let server = FakeServer::start([Response::error(404, "NoSuchBucketPolicy"), Response::new(204)]);
    client(&server).put_bucket_policy("b", " {\"Version\": \"é\"} ").unwrap();
    let [_, put] = server.finish();
    assert_eq!(put.text(), " {\"Version\": \"é\"} ");
    assert_eq!(put.header("content-type"), Some("application/json"));

    let server = FakeServer::start([]);
    rejected(client(&server).put_bucket_policy("b", "allow all"), "not a JSON object");
    rejected(client(&server).put_bucket_tagging("b", [("a\u{1}", "")]), "control character");
    rejected(client(&server).put_bucket_lifecycle_configuration("b", &[]), "the list of rules is empty");
    rejected(client(&server).get_bucket_cors(""), "the bucket name is empty");
    let _: [_; 0] = server.finish();
}

#[test]
fn partially_stored_rules_are_rolled_back() {
    let old = "<LifecycleConfiguration><Rule><ID>old</ID><Filter><Prefix>x</Prefix></Filter>\
               <Status>Enabled</Status><Expiration><Days>9</Days></Expiration></Rule></LifecycleConfiguration>";
    let kept = "<LifecycleConfiguration><Rule><ID>new</ID><Prefix></Prefix><Status>Enabled</Status>\
                <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>";
    let rules = [LifecycleRule::new("").id("new").object_size_greater_than(5).expire_after_days(1)];
    let server =
        FakeServer::start([Response::xml(old), Response::new(200), Response::xml(kept), Response::new(200)]);
    let error = fails(ErrorKind::Integrity, client(&server).put_bucket_lifecycle_configuration("b", &rules));
    assert!(error.hint().unwrap().contains("the bucket has its previous rules again"), "{error}");
    let [_, put, _, undo] = server.finish();
    assert!(put.text().contains("<ObjectSizeGreaterThan>5<"));
    assert!(
        undo.method() == "PUT" && undo.text().contains("<ID>old</ID><Filter><Prefix>x<"),
        "{}",
        undo.text()
    );

    // There were no rules before, so there are none afterwards.
    let none = || Response::error(404, "NoSuchLifecycleConfiguration");
    let server = FakeServer::start([
        none(),
        Response::new(200),
        Response::xml(kept),
        Response::xml(kept),
        Response::new(204),
    ]);
    let error = fails(ErrorKind::Integrity, client(&server).put_bucket_lifecycle_configuration("b", &rules));
    assert!(error.hint().unwrap().contains("the bucket has no rules now"), "{error}");
    let requests: [_; 5] = server.finish();
    assert_eq!(requests[4].line(), "DELETE /b/?lifecycle HTTP/1.1");

    // A response from before the change, as from an eventually consistent server.
    let server = FakeServer::start([Response::xml(old), Response::new(200), Response::xml(old)]);
    client(&server).put_bucket_lifecycle_configuration("b", &rules).unwrap();
}

#[test]
fn retention_is_shortened_only_with_the_bypass_header() {
    let retention = ObjectRetention::new(RetentionMode::Governance, OffsetDateTime::UNIX_EPOCH);
    let bypass = PutObjectRetentionOptions::new().bypass_governance_retention();
    for (options, header) in [(PutObjectRetentionOptions::new(), None), (bypass, Some("true"))] {
        let server = FakeServer::start([Response::xml("<Retention/>"), Response::new(200)]);
        let old = ObjectIdentifier::new("k").version_id("v");
        client_v4(&server).put_object_retention_with("b", old, retention, &options).unwrap();
        let [get, put] = server.finish();
        assert_eq!(get.header("x-amz-bypass-governance-retention"), None);
        assert_eq!(put.header("x-amz-bypass-governance-retention"), header);
        assert_eq!(put.target(), "/b/k?versionId=v&retention");
        assert_eq!(
            put.text(),
            "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>GOVERNANCE</Mode>\
             <RetainUntilDate>1970-01-01T00:00:00.000Z</RetainUntilDate></Retention>"
        );
        assert_signed_v4(&put);
    }

    let server = FakeServer::start([]);
    let mut unknown = retention;
    unknown.retain_until = Timestamp::UNKNOWN;
    rejected(client(&server).put_object_retention("b", "k", unknown), "is unknown");
    let _: [_; 0] = server.finish();
}
