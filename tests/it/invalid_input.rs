//! Invalid input is rejected before anything is sent, with the value and the rule in the error text.

use std::fs::File;

use plain_s3::{AddressingStyle, Client, Credentials, GetObjectOptions, ListOptions, PutObjectOptions};

use crate::clients::{anonymous_client, client, config, config_at, credentials, rejected};
use crate::fake_server::FakeServer;
use crate::support::TempDir;

#[test]
fn invalid_endpoint_is_rejected() {
    for (endpoint, words) in [
        ("", "no scheme"),
        ("s3.example.com", "no scheme"),
        ("//s3.example.com", "no scheme"),
        ("ftp://s3.example.com", "scheme other than"),
        ("http://", "no valid host"),
        ("http://:80", "no valid host"),
        ("http://a b", "no valid host"),
        ("http://h\r\nx", "no valid host"),
        ("http://h:80\r\nx: y", "port"),
        ("http://[::1", "no valid host"),
        ("http://h:", "port"),
        ("http://h:0", "port"),
        ("http://h:65536", "port"),
        ("http://h//a", "has a path with an empty segment"),
        ("http://h/a/../b", "has a path with an empty segment"),
        ("http://nyc3.digitaloceanspaces.com/bucket", "has a path, but its provider has none"),
        ("http://h?x=y", "has a query"),
        ("http://h/a#f", "has a query"),
        ("http://.h", "no valid host"),
    ] {
        let error = rejected(Client::new(config_at(endpoint)), words);
        assert!(error.to_string().contains(&format!("{endpoint:?}")), "{error}");
    }
}

#[test]
fn password_in_endpoint_or_proxy_is_not_shown() {
    for endpoint in
        ["http://user:hunter2@h", "http://hunter2@h/", "http://a:hunter2@b@h", "http://a/hunter2@h"]
    {
        let error = rejected(Client::new(config_at(endpoint)), "user or a password");
        assert!(!format!("{error:?} {error:#?}").contains("hunter2"), "{error:?}");
    }
    let proxied = config_at("http://h").proxy("socks9://user:hunter2@h");
    assert!(!format!("{proxied:?} {proxied:#?}").contains("hunter2"), "{proxied:?}");
    let error = rejected(Client::new(proxied), "the proxy");
    assert!(!format!("{error:?} {error:#?}").contains("hunter2"), "{error:?}");
}

#[test]
fn contradictory_or_malformed_settings_are_rejected() {
    let hosted = |endpoint| config_at(endpoint).addressing_style(AddressingStyle::VirtualHosted);
    rejected(Client::new(hosted("http://127.0.0.1:8480")), "\"http://127.0.0.1:8480\" has an IP address");
    rejected(Client::new(hosted("http://[::1]")), "IP address");
    for region in ["", " ", "eu west", "a/b", "é", "a\nb"] {
        rejected(Client::new(config_at("http://h").region(region)), "the region");
    }
    for proxy in ["", "h h", "socks5://h:1"] {
        rejected(Client::new(config_at("http://h").proxy(proxy)), "the proxy");
    }
}

#[test]
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
fn https_without_tls_names_the_features() {
    rejected(Client::new(config_at("https://h")), "enable the feature rustls or native-tls");
}

#[test]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn invalid_certificates_are_rejected() {
    let config = config_at("https://h");
    rejected(Client::new(config.clone().ca_pem("no certificate")), "no certificate");
    rejected(Client::new(config.ca_pem("")), "no certificate");
}

#[test]
fn malformed_credentials_are_rejected_without_being_shown() {
    for (credentials, words) in [
        (Credentials::new("", "hunter2"), "the access key is empty"),
        (Credentials::new("a", ""), "the secret key is empty"),
        (Credentials::new("a", "hunter2").session_token(""), "the session token is empty"),
        (Credentials::new("a\n", "hunter2"), "the access key has a line break"),
        (Credentials::new("a", "hunter2\n"), "the secret key has"),
        (Credentials::new("a", " hunter2"), "the secret key has"),
        (Credentials::new("a", "b").session_token("hunter2\r\nx: y"), "the session token has"),
    ] {
        let error = rejected(Client::new(config_at("http://h").credentials(credentials)), words);
        assert!(!format!("{error:?} {error:#?}").contains("hunter2"), "{error:?}");
    }
}

/// Calls every method that takes a bucket.
fn assert_bucket_rejected(client: &Client, bucket: &str, words: &str) {
    let acl = plain_s3::CannedAcl::Private;
    let hour = std::time::Duration::from_secs(3600);
    rejected(client.create_bucket(bucket), words);
    rejected(client.head_bucket(bucket), words);
    rejected(client.delete_bucket(bucket), words);
    rejected(client.force_delete_bucket(bucket), words);
    rejected(client.list_objects(bucket).next().unwrap(), words);
    rejected(client.get_bucket_acl(bucket), words);
    rejected(client.put_bucket_acl(bucket, acl), words);
    rejected(client.delete_objects(bucket, ["k"]), words);
    rejected(client.put_object(bucket, "k", "content"), words);
    rejected(client.get_object(bucket, "k"), words);
    rejected(client.head_object(bucket, "k"), words);
    rejected(client.delete_object(bucket, "k"), words);
    rejected(client.get_object_acl(bucket, "k"), words);
    rejected(client.put_object_acl(bucket, "k", acl), words);
    rejected(client.object_url(bucket, "k"), words);
    rejected(client.presign_get_object(bucket, "k", hour), words);
    rejected(client.presign_put_object(bucket, "k", hour), words);
    let folder = TempDir::new();
    rejected(client.download_file(bucket, "k", folder.join("target")), words);
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn invalid_bucket_name_is_rejected_by_every_call() {
    let server = FakeServer::start([]);
    let client = client(&server);
    assert_bucket_rejected(&client, "", "the bucket name is empty");
    for bucket in ["a/b", "a?acl", "a b", "..", "a\r\nb", "bücket", "a%2Fb", "a#b"] {
        assert_bucket_rejected(&client, bucket, &format!("{bucket:?}"));
    }
    assert_bucket_rejected(&client, &"x".repeat(256), "256 bytes");
    let _: [_; 0] = server.finish();
}

#[test]
fn empty_or_too_long_key_is_rejected_by_every_call() {
    let server = FakeServer::start([]);
    let client = client(&server);
    let acl = plain_s3::CannedAcl::Private;
    let hour = std::time::Duration::from_secs(3600);
    let folder = TempDir::new();
    for (key, words) in [("", "the key is empty"), (&"é".repeat(513), "1026 bytes")] {
        rejected(client.put_object("b", key, "content"), words);
        rejected(client.get_object("b", key), words);
        rejected(client.head_object("b", key), words);
        rejected(client.delete_object("b", key), words);
        rejected(client.delete_objects("b", [key]), words);
        rejected(client.get_object_acl("b", key), words);
        rejected(client.put_object_acl("b", key, acl), words);
        rejected(client.object_url("b", key), words);
        rejected(client.presign_get_object("b", key, hour), words);
        rejected(client.presign_put_object("b", key, hour), words);
        rejected(client.download_file("b", key, folder.join("target")), words);
    }
    assert_eq!(folder.names(), [""; 0]);
    let _: [_; 0] = server.finish();
}

#[test]
fn invalid_header_is_rejected() {
    let server = FakeServer::start([]);
    let client = client(&server);
    let put = |options: PutObjectOptions, words: &str| {
        let error = rejected(client.put_object_with("b", "k", "content", &options), words);
        assert!(error.to_string().starts_with("PutObject b/k: "), "{error}");
    };
    let options = PutObjectOptions::new;
    put(options().content_type("text/html\r\nx-amz-acl: public-read"), "content-type");
    put(options().metadata("a", "1\n2"), "x-amz-meta-a");
    put(options().metadata("a", " 1"), "starts or ends with white space");
    put(options().metadata("a", "\0"), "control character");
    put(options().metadata("a b", "1"), "\"x-amz-meta-a b\"");
    put(options().metadata("a:", "1"), "header name");
    put(options().metadata("ä", "1"), "header name");
    put(options().header("", "1"), "header name");
    put(options().if_match("a\r\nb"), "if-match");
    let get = GetObjectOptions::new().header("x\r\ny", "1");
    rejected(client.get_object_with("b", "k", &get), "header name");
    let url = PutObjectOptions::new().header("x", "a\nb");
    rejected(client.presign_put_object_with("b", "k", std::time::Duration::from_secs(9), &url), "header x");
    let _: [_; 0] = server.finish();
}

#[test]
fn options_out_of_bounds_are_rejected() {
    let server = FakeServer::start([]);
    let client = client(&server);
    #[expect(clippy::reversed_empty_ranges, reason = "these ranges must be rejected")]
    for range in [5..5, 6..5] {
        let options = GetObjectOptions::new().range(range.clone());
        rejected(client.get_object_with("b", "k", &options), &format!("the range {range:?} is empty"));
        rejected(client.head_object_with("b", "k", &options), "is empty");
    }
    let pages = ListOptions::new().page_size(1001);
    rejected(
        client.list_objects_with("b", &pages).next().unwrap(),
        "the page size 1001 is not between 1 and 1000",
    );
    let anonymous = anonymous_client(&server);
    rejected(
        anonymous.presign_get_object("b", "k", std::time::Duration::from_secs(9)),
        "without credentials",
    );
    let _: [_; 0] = server.finish();
}

#[test]
fn file_without_a_length_is_rejected() {
    let server = FakeServer::start([]);
    let folder = TempDir::new();
    let error =
        rejected(client(&server).put_object("b", "k", File::open(folder.path()).unwrap()), "regular file");
    assert!(error.hint().unwrap().contains("Body::from_reader"), "{error}");
    let _: [_; 0] = server.finish();
}

#[test]
fn client_is_created_without_a_request() {
    let server = FakeServer::start([]);
    Client::new(config(&server).region("us-east-1").credentials(credentials())).unwrap();
    Client::new(config_at("http://[::1]:8480/")).unwrap();
    Client::new(config_at("http://h").proxy("http://user:password@h:8080")).unwrap();
    assert_eq!(server.connections(), 0);
}

#[test]
fn content_length_header_of_the_caller_is_rejected() {
    let server = FakeServer::start([]);
    let client = client(&server);
    for method in [plain_s3::Method::Get, plain_s3::Method::Put] {
        let request = plain_s3::RawRequest::new(method).bucket("b").key("k").header("Content-Length", "5");
        rejected(client.send_raw(&request, ""), "content-length is set by the client itself");
    }
    server.finish::<0>();
}

#[test]
fn empty_version_id_is_rejected() {
    let server = FakeServer::start([]);
    let client = client(&server);
    let words = "version ID is empty";
    let old = GetObjectOptions::new().version_id("");
    rejected(client.get_object_with("b", "k", &old), words);
    for key in ["k", "k\u{1}"] {
        rejected(client.delete_objects("b", [plain_s3::ObjectIdentifier::new(key).version_id("")]), words);
    }
    let options = plain_s3::CopyObjectOptions::new().source_version_id("");
    rejected(client.copy_object_with(("b", "k"), ("b", "l"), &options), words);
    let url = plain_s3::DeleteObjectOptions::new().version_id("");
    let hour = std::time::Duration::from_secs(3600);
    rejected(client.presign_delete_object_with("b", "k", hour, &url), words);
    server.finish::<0>();
}
