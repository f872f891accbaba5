//! ACLs by name, and URLs to hand to others: unsigned, signed by V2, signed by V4.

use std::time::Duration;

use plain_s3::{AddressingStyle, CannedAcl, Client, Grantee, Permission, UrlOptions};

use crate::clients::{ACCESS_KEY, REGION, TOKEN, client, client_v4, config_at, credentials, refused};
use crate::fake_server::{Answer, FakeServer};
use crate::signatures::{assert_signed_v2, assert_signed_v4, percent_decoded, sign_v2, sign_v4};

const HOUR: Duration = Duration::from_secs(3600);
const HOST: &str = "objects-us-west-1.dream.io";
const ODD_KEY: &str = "a b+c%2F/../x//y?é";
const ODD_PATH: &str = "a%20b%2Bc%252F/../x//y%3F%C3%A9";

fn dream() -> plain_s3::Config {
    config_at(format!("http://{HOST}"))
}

#[test]
fn an_acl_is_set_by_its_name_in_a_header_and_no_body() {
    let server = FakeServer::serve(|_| Answer::new(200));
    let acls = [
        (CannedAcl::Private, "private"),
        (CannedAcl::PublicRead, "public-read"),
        (CannedAcl::PublicReadWrite, "public-read-write"),
        (CannedAcl::AuthenticatedRead, "authenticated-read"),
        (CannedAcl::BucketOwnerRead, "bucket-owner-read"),
        (CannedAcl::BucketOwnerFullControl, "bucket-owner-full-control"),
    ];
    for (acl, _) in acls {
        client(&server).put_object_acl("b", "k", acl).unwrap();
        client_v4(&server).put_bucket_acl("b", acl).unwrap();
    }
    let requests: [_; 12] = server.finish();
    for (pair, (_, name)) in requests.chunks(2).zip(acls) {
        assert_eq!(pair[0].line(), "PUT /b/k?acl HTTP/1.1");
        assert_eq!(pair[1].line(), "PUT /b/?acl HTTP/1.1");
        assert_signed_v2(&pair[0], None);
        assert_signed_v4(&pair[1]);
        for request in pair {
            assert_eq!(request.header("x-amz-acl"), Some(name));
            assert_eq!((request.header("content-length"), request.body.len()), (Some("0"), 0));
        }
    }
}

#[test]
fn an_acl_is_read_with_its_owner_and_its_grants() {
    let server = FakeServer::serve(|_| {
        Answer::xml(
            "<AccessControlPolicy xmlns='urn:x'><Owner><ID>alice</ID></Owner><AccessControlList><Grant><Grantee \
             xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='Group'>\
             <URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission>\
             </Grant><Grant><Grantee><ID>alice</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>\
             </AccessControlList></AccessControlPolicy>",
        )
    });
    let client = client(&server);
    for acl in [client.get_object_acl("b", "k").unwrap(), client.get_bucket_acl("b").unwrap()] {
        assert!(acl.is_public_read());
        assert_eq!(acl.owner.unwrap().id, "alice");
        assert_eq!(
            (&acl.grants[0].grantee, &acl.grants[0].permission),
            (&Grantee::all_users(), &Permission::Read)
        );
        assert_eq!(acl.grants[1].permission, Permission::FullControl);
    }
    let [object, bucket] = server.finish();
    assert_eq!((object.line(), bucket.line()), ("GET /b/k?acl HTTP/1.1", "GET /b/?acl HTTP/1.1"));
}

#[test]
fn an_unsigned_url_is_the_path_that_a_request_would_have() {
    let path = Client::new(dream()).unwrap();
    assert_eq!(path.object_url("b", ODD_KEY).unwrap(), format!("http://{HOST}/b/{ODD_PATH}"));
    let options = UrlOptions::new().version_id("v/1");
    assert_eq!(
        path.object_url_with("b", "k", &options).unwrap(),
        format!("http://{HOST}/b/k?versionId=v%2F1")
    );
    let hosted = Client::new(dream().addressing_style(AddressingStyle::VirtualHosted)).unwrap();
    assert_eq!(hosted.object_url("b", "/k").unwrap(), format!("http://b.{HOST}//k"));
    let port = Client::new(config_at("http://127.0.0.1:8480")).unwrap();
    assert_eq!(port.object_url("b", "k").unwrap(), "http://127.0.0.1:8480/b/k");
}

#[test]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn a_url_can_be_forced_to_http() {
    let client = Client::new(config_at(format!("https://{HOST}"))).unwrap();
    assert_eq!(client.object_url("b", "k").unwrap(), format!("https://{HOST}/b/k"));
    let options = UrlOptions::new().force_http();
    assert_eq!(client.object_url_with("b", "k", &options).unwrap(), format!("http://{HOST}/b/k"));
    let signed = client.presign_get_object_with("b", "k", HOUR, &options).unwrap();
    assert!(signed.url.starts_with(&format!("http://{HOST}/b/k?Signature=")), "{signed}");
}

#[test]
fn what_only_a_signed_url_can_carry_is_refused_for_an_unsigned_one() {
    let client = Client::new(dream()).unwrap();
    let options = UrlOptions::new().response_content_type("text/plain");
    refused(client.object_url_with("b", "k", &options), "response-content-type");
    let options = UrlOptions::new().header("content-type", "text/plain");
    refused(client.object_url_with("b", "k", &options), "presign_get_object_with");
}

/// The path and the pairs of a query.
fn parts(url: &str) -> (String, Vec<(String, String)>) {
    let (start, query) = url.split_once('?').unwrap();
    let path = start.strip_prefix(&format!("http://{HOST}")).unwrap();
    let pairs = query.split('&').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), percent_decoded(value))
    });
    (path.to_owned(), pairs.collect())
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    &pairs.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no {name}")).1
}

#[test]
fn a_v2_url_has_the_signature_that_a_server_makes_of_it() {
    let client = Client::new(dream().credentials(credentials().session_token(TOKEN))).unwrap();
    let options = UrlOptions::new()
        .version_id("v/1+")
        .response_content_type("text/plain")
        .response_content_disposition("attachment; filename=\"a b.txt\"");
    let signed = client.presign_get_object_with("b", ODD_KEY, HOUR, &options).unwrap();
    assert_eq!((signed.method, signed.headers.len()), ("GET", 0));
    assert_eq!(signed.to_string(), signed.url);
    let (path, pairs) = parts(&signed.url);
    assert_eq!(path, format!("/b/{ODD_PATH}"));
    assert_eq!(value(&pairs, "AWSAccessKeyId"), ACCESS_KEY);
    let expires: i64 = value(&pairs, "Expires").parse().unwrap();
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    assert!((now + 3500..=now + 3600).contains(&expires));
    let text = format!(
        "GET\n\n\n{expires}\nx-amz-security-token:{TOKEN}\n{path}?response-content-disposition=attachment; \
         filename=\"a b.txt\"&response-content-type=text/plain&versionId=v/1+"
    );
    assert_eq!(value(&pairs, "Signature"), sign_v2(&text));
    assert_eq!(value(&pairs, "x-amz-security-token"), TOKEN);
}

#[test]
fn an_upload_url_signs_the_headers_it_asks_for() {
    let options = UrlOptions::new().header("Content-Type", "application/pdf").header("x-amz-acl", "private");
    let v2 = Client::new(dream()).unwrap().presign_put_object_with("b", "k", HOUR, &options).unwrap();
    let asked = [("content-type", "application/pdf"), ("x-amz-acl", "private")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!((v2.method, v2.headers.as_slice()), ("PUT", asked.as_slice()));
    let (path, pairs) = parts(&v2.url);
    let text = format!("PUT\n\napplication/pdf\n{}\nx-amz-acl:private\n{path}", value(&pairs, "Expires"));
    assert_eq!(value(&pairs, "Signature"), sign_v2(&text));

    let v4 = Client::new(dream().region(REGION)).unwrap();
    let v4 = v4.presign_put_object_with("b", "k", HOUR, &options).unwrap();
    assert_eq!(v4.headers, asked);
    let (_, pairs) = parts(&v4.url);
    assert_eq!(value(&pairs, "X-Amz-SignedHeaders"), "content-type;host;x-amz-acl");
}

#[test]
fn a_v4_url_has_the_signature_that_a_server_makes_of_it() {
    let config = dream().region(REGION).credentials(credentials().session_token(TOKEN));
    let options = UrlOptions::new().response_content_disposition("attachment; filename=\"a b.txt\"");
    let signed = Client::new(config).unwrap().presign_get_object_with("b", ODD_KEY, HOUR, &options).unwrap();
    let (path, pairs) = parts(&signed.url);
    let query = signed.url.split_once('?').unwrap().1;
    let (signed_query, signature) = query.rsplit_once("&X-Amz-Signature=").unwrap();
    let mut sorted: Vec<&str> = signed_query.split('&').collect();
    sorted.sort_unstable();
    let canonical = format!("GET\n{path}\n{}\nhost:{HOST}\n\nhost\nUNSIGNED-PAYLOAD", sorted.join("&"));
    let date = value(&pairs, "X-Amz-Date");
    assert_eq!(signature, sign_v4(&canonical, date));
    assert_eq!(value(&pairs, "X-Amz-Expires"), "3600");
    assert_eq!(value(&pairs, "X-Amz-Security-Token"), TOKEN);
    let scope = format!("{}/{}/{REGION}/s3/aws4_request", ACCESS_KEY, &date[..8]);
    assert_eq!(value(&pairs, "X-Amz-Credential"), scope);
}

#[test]
fn a_url_lives_from_a_second_to_seven_days_under_v4_and_longer_under_v2() {
    let (v2, v4) = (Client::new(dream()).unwrap(), Client::new(dream().region(REGION)).unwrap());
    let week = Duration::from_secs(604_800);
    for client in [&v2, &v4] {
        client.presign_get_object("b", "k", Duration::from_secs(1)).unwrap();
        client.presign_put_object("b", "k", week).unwrap();
        refused(client.presign_get_object("b", "k", Duration::ZERO), "an expiry of 0");
        refused(client.presign_get_object("b", "k", Duration::from_millis(999)), "an expiry of 999ms");
        refused(client.presign_put_object("b", "k", Duration::MAX), "an expiry of");
    }
    v2.presign_get_object("b", "k", week * 100).unwrap();
    refused(v4.presign_get_object("b", "k", week + Duration::from_secs(1)), "604801");
}
