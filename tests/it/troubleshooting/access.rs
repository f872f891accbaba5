//! Requests that the server does not admit.

use plain_s3::{GetObjectOptions, PutObjectOptions};

use super::buckets::change;
use super::{Section, at_host, call, coded, entry, explained, get, put, synonyms, text};
use crate::clients::{anonymous_client, client};
use crate::fake_server::{FakeServer, Response};

pub(super) fn section() -> Section {
    let unsigned = FakeServer::serve(|_| Response::error(403, "AccessDenied"));
    let anonymous = text(anonymous_client(&unsigned).get_object("b", "k"));
    let differing = FakeServer::serve(|request| {
        let date = request.header("x-amz-date").unwrap();
        Response::new(403).header("x-amz-request-id", "tx-fake").body(format!(
            "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>GET\n\n\n\nx-amz-checksum-mode:ENABLED\n\
             x-amz-date:{date}\n/b/K</StringToSign></Error>"
        ))
    });
    let changed = text(client(&differing).get_object("b", "k"));
    let located = |status, code: &'static str, element: &'static str| {
        call(
            move || {
                let body = format!("<Error><Code>{code}</Code>{element}</Error>");
                Response::new(status).header("x-amz-request-id", "tx-fake").body(body)
            },
            get,
        )
    };
    let kms = "User: larry is not authorized to perform: kms:GenerateDataKey on this resource";
    let blocked = "larry is not authorized to perform: s3:PutBucketPolicy because public policies are blocked by the \
                   BlockPublicPolicy block public access setting";
    let locked = "Access Denied because object protected by object lock.";
    let entries = vec![
        entry(
            "SignatureDoesNotMatch",
            coded(403, "SignatureDoesNotMatch", get),
            "If the secret key is right, a proxy may change requests: `Error::string_to_sign` and \
             `Error::server_string_to_sign` show what was signed.",
        ),
        entry("SignatureDoesNotMatch", at_host(&differing, &changed), ""),
        entry("InvalidAccessKeyId", coded(403, "InvalidAccessKeyId", get), ""),
        entry(
            "ExpiredToken",
            synonyms(400, &["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"], get),
            "`Config::load` renews the credentials of roles, SSO and instances by itself. `ExpiredTokenException` and \
             `TokenRefreshRequired` mean the same.",
        ),
        entry("InvalidToken", coded(400, "InvalidToken", get), ""),
        entry(
            "RequestTimeTooSkewed",
            coded(403, "RequestTimeTooSkewed", get),
            "The client corrects differences of up to a day by itself if the response has a date.",
        ),
        entry(
            "AccessDenied",
            coded(403, "AccessDenied", get),
            "The credentials are valid, but not for this request.",
        ),
        entry("AccessDenied", coded(403, "AccessDenied", put), ""),
        entry("AccessDenied", coded(403, "AccessDenied", |client| client.list_buckets()), ""),
        entry("AccessDenied", at_host(&unsigned, &anonymous), "The object is not public."),
        entry(
            "AccessDenied",
            explained(
                403,
                "AccessDenied",
                "Bucket is requester pays bucket but no requester pays header present.",
                get,
            ),
            "",
        ),
        entry(
            "AccessDenied",
            explained(403, "AccessDenied", kms, |client| {
                let options = PutObjectOptions::new().server_side_encryption("aws:kms");
                client.put_object_with("b", "k", "content", &options)
            }),
            "",
        ),
        entry(
            "AccessDenied",
            explained(403, "AccessDenied", locked, |client| client.delete_object("b", "k")),
            "",
        ),
        entry(
            "AccessDenied",
            change(403, "AccessDenied", blocked, |client| client.put_bucket_policy("b", "{}")),
            "",
        ),
        entry(
            "AccountProblem",
            synonyms(403, &["AccountProblem", "AllAccessDisabled", "NotSignedUp"], get),
            "`AllAccessDisabled` and `NotSignedUp` mean the same.",
        ),
        entry("UserSuspended", coded(403, "UserSuspended", get), "Ceph returns this code."),
        entry(
            "KMS.DisabledException",
            explained(400, "KMS.DisabledException", "The KMS key is disabled.", get),
            "",
        ),
        entry(
            "PermanentRedirect",
            located(301, "PermanentRedirect", "<Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint>"),
            "",
        ),
        entry(
            "PermanentRedirect",
            synonyms(301, &["PermanentRedirect", "TemporaryRedirect", "Redirect"], get),
            "`TemporaryRedirect` and `Redirect` mean the same.",
        ),
        entry(
            "AuthorizationHeaderMalformed",
            located(400, "AuthorizationHeaderMalformed", "<Region>us-east-1</Region>"),
            "The client corrects the region once by itself, so this region was rejected, too.",
        ),
        entry(
            "SecondLevelDomainForbidden",
            synonyms(
                403,
                &["SecondLevelDomainForbidden", "PathStyleDomainForbidden", "VirtualHostDomainRequired"],
                get,
            ),
            "Alibaba Cloud returns this code. `PathStyleDomainForbidden` of Tencent Cloud and `VirtualHostDomainRequired` \
             of Huawei Cloud mean the same.",
        ),
        entry(
            "BadRequest",
            call(
                || Response::new(400).header("x-amz-request-id", "tx-fake"),
                |client| client.head_object_with("b", "k", &GetObjectOptions::new()),
            ),
            "Responses to HEAD have no body. The client has sent a GET as well to find the reason, without success.",
        ),
    ];
    Section { title: "Access", introduction: "", entries }
}
