//! What cannot work is refused before anything is sent, with the value and the rule in the text.

use std::fs::File;

use plain_s3::{
    AddressingStyle, Client, Credentials, GetObjectOptions, ListOptions, PutObjectOptions, UrlOptions,
};

use crate::clients::{anonymous, client, config, config_at, credentials, refused};
use crate::fake_server::FakeServer;
use crate::support::TempDir;

#[test]
fn an_endpoint_that_is_no_server_is_refused() {
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
        ("http://h/bucket", "has a path"),
        ("http://h//", "has a path"),
        ("http://h?x=y", "has a path"),
        ("http://h#f", "has a path"),
    ] {
        let error = refused(Client::new(config_at(endpoint)), words);
        assert!(error.to_string().contains(&format!("{endpoint:?}")), "{error}");
    }
}

#[test]
fn a_password_in_an_endpoint_or_a_proxy_is_not_repeated() {
    for endpoint in ["http://user:hunter2@h", "http://hunter2@h/", "http://a:hunter2@b@h"] {
        let error = refused(Client::new(config_at(endpoint)), "user or a password");
        assert!(!format!("{error:?} {error:#?}").contains("hunter2"), "{error:?}");
    }
    let proxied = config_at("http://h").proxy("socks9://user:hunter2@h");
    assert!(!format!("{proxied:?} {proxied:#?}").contains("hunter2"), "{proxied:?}");
    let error = refused(Client::new(proxied), "the proxy");
    assert!(!format!("{error:?} {error:#?}").contains("hunter2"), "{error:?}");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let hosted = |endpoint| config_at(endpoint).addressing_style(AddressingStyle::VirtualHosted);
    refused(Client::new(hosted("http://127.0.0.1:8480")), "\"http://127.0.0.1:8480\" has an IP address");
    refused(Client::new(hosted("http://[::1]")), "IP address");
    for region in ["", " ", "eu west", "a/b", "é", "a\nb"] {
        refused(Client::new(config_at("http://h").region(region)), "the region");
    }
    for proxy in ["", "h h", "socks5://h:1"] {
        refused(Client::new(config_at("http://h").proxy(proxy)), "the proxy");
    }
}

#[test]
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
fn https_without_tls_names_the_features() {
    refused(Client::new(config_at("https://h")), "enable the feature rustls or native-tls");
}

#[test]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn certificates_that_are_none_are_refused() {
    let config = config_at("https://h");
    refused(Client::new(config.clone().ca_pem("no certificate")), "no certificate");
    refused(Client::new(config.ca_pem("")), "no certificate");
}

#[test]
fn keys_that_were_copied_with_a_line_break_are_refused_without_being_shown() {
    for (keys, words) in [
        (Credentials::new("", "hunter2"), "the access key is empty"),
        (Credentials::new("a", ""), "the secret key is empty"),
        (Credentials::new("a", "hunter2").session_token(""), "the session token is empty"),
        (Credentials::new("a\n", "hunter2"), "the access key has a line break"),
        (Credentials::new("a", "hunter2\n"), "the secret key has"),
        (Credentials::new("a", " hunter2"), "the secret key has"),
        (Credentials::new("a", "b").session_token("hunter2\r\nx: y"), "the session token has"),
    ] {
        let error = refused(Client::new(config_at("http://h").credentials(keys)), words);
        assert!(!format!("{error:?} {error:#?}").contains("hunter2"), "{error:?}");
    }
}

/// Every call that takes a bucket.
fn with_bucket(client: &Client, bucket: &str, words: &str) {
    let acl = plain_s3::CannedAcl::Private;
    let hour = std::time::Duration::from_secs(3600);
    refused(client.create_bucket(bucket), words);
    refused(client.head_bucket(bucket), words);
    refused(client.delete_bucket(bucket), words);
    refused(client.force_delete_bucket(bucket), words);
    refused(client.list_objects(bucket).next().unwrap(), words);
    refused(client.get_bucket_acl(bucket), words);
    refused(client.put_bucket_acl(bucket, acl), words);
    refused(client.delete_objects(bucket, ["k"]), words);
    refused(client.put_object(bucket, "k", "content"), words);
    refused(client.get_object(bucket, "k"), words);
    refused(client.head_object(bucket, "k"), words);
    refused(client.delete_object(bucket, "k"), words);
    refused(client.get_object_acl(bucket, "k"), words);
    refused(client.put_object_acl(bucket, "k", acl), words);
    refused(client.object_url(bucket, "k"), words);
    refused(client.presign_get_object(bucket, "k", hour), words);
    refused(client.presign_put_object(bucket, "k", hour), words);
    let folder = TempDir::new();
    refused(client.download_file(bucket, "k", folder.join("target")), words);
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn a_bucket_name_that_would_change_the_path_is_refused_by_every_call() {
    let server = FakeServer::start([]);
    let client = client(&server);
    with_bucket(&client, "", "the bucket name is empty");
    for bucket in ["a/b", "a?acl", "a b", "..", "a\r\nb", "bücket", "a%2Fb", "a#b"] {
        with_bucket(&client, bucket, &format!("{bucket:?}"));
    }
    with_bucket(&client, &"x".repeat(256), "256 bytes");
    let _: [_; 0] = server.finish();
}

#[test]
fn a_key_that_is_empty_or_too_long_is_refused_by_every_call() {
    let server = FakeServer::start([]);
    let client = client(&server);
    let acl = plain_s3::CannedAcl::Private;
    let hour = std::time::Duration::from_secs(3600);
    let folder = TempDir::new();
    for (key, words) in [("", "the key is empty"), (&"é".repeat(513), "1026 bytes")] {
        refused(client.put_object("b", key, "content"), words);
        refused(client.get_object("b", key), words);
        refused(client.head_object("b", key), words);
        refused(client.delete_object("b", key), words);
        refused(client.delete_objects("b", [key]), words);
        refused(client.get_object_acl("b", key), words);
        refused(client.put_object_acl("b", key, acl), words);
        refused(client.object_url("b", key), words);
        refused(client.presign_get_object("b", key, hour), words);
        refused(client.presign_put_object("b", key, hour), words);
        refused(client.download_file("b", key, folder.join("target")), words);
    }
    assert_eq!(folder.names(), [""; 0]);
    let _: [_; 0] = server.finish();
}

#[test]
fn a_header_that_is_more_than_one_line_is_refused() {
    let server = FakeServer::start([]);
    let client = client(&server);
    let put = |options: PutObjectOptions, words: &str| {
        let error = refused(client.put_object_with("b", "k", "content", &options), words);
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
    refused(client.get_object_with("b", "k", &get), "header name");
    let url = UrlOptions::new().header("x", "a\nb");
    refused(client.presign_put_object_with("b", "k", std::time::Duration::from_secs(9), &url), "header x");
    let _: [_; 0] = server.finish();
}

#[test]
fn ranges_pages_and_expiries_out_of_bounds_are_refused() {
    let server = FakeServer::start([]);
    let client = client(&server);
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    for range in [5..5, 6..5] {
        let options = GetObjectOptions::new().range(range.clone());
        refused(client.get_object_with("b", "k", &options), &format!("the range {range:?} is empty"));
        refused(client.head_object_with("b", "k", &options), "is empty");
    }
    let pages = ListOptions::new().page_size(1001);
    refused(
        client.list_objects_with("b", &pages).next().unwrap(),
        "the page size 1001 is not between 1 and 1000",
    );
    let nobody = anonymous(&server);
    refused(nobody.presign_get_object("b", "k", std::time::Duration::from_secs(9)), "without credentials");
    let _: [_; 0] = server.finish();
}

#[test]
fn a_file_without_a_length_is_refused() {
    let server = FakeServer::start([]);
    let folder = TempDir::new();
    let error =
        refused(client(&server).put_object("b", "k", File::open(folder.path()).unwrap()), "regular file");
    assert!(error.hint().unwrap().contains("Body::from_reader"), "{error}");
    let _: [_; 0] = server.finish();
}

#[test]
fn a_client_of_good_settings_is_made_without_a_request() {
    let server = FakeServer::start([]);
    Client::new(config(&server).region("us-east-1").credentials(credentials())).unwrap();
    Client::new(config_at("http://[::1]:8480/")).unwrap();
    Client::new(config_at("http://h").proxy("http://user:password@h:8080")).unwrap();
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_length_of_the_callers_own_is_refused_as_both_sides_would_wait() {
    let server = FakeServer::start([]);
    let client = client(&server);
    for method in [plain_s3::Method::Get, plain_s3::Method::Put] {
        let request = plain_s3::RawRequest::new(method).bucket("b").key("k").header("Content-Length", "5");
        refused(client.send_raw(&request, ""), "content-length is set by the client itself");
    }
    server.finish::<0>();
}

#[test]
fn an_empty_version_id_is_refused_as_it_would_mean_the_newest_version() {
    let server = FakeServer::start([]);
    let client = client(&server);
    let words = "version ID is empty";
    let old = plain_s3::GetObjectOptions::new().version_id("");
    refused(client.get_object_with("b", "k", &old), words);
    for key in ["k", "k\u{1}"] {
        refused(client.delete_objects("b", [plain_s3::ObjectIdentifier::new(key).version_id("")]), words);
    }
    let options = plain_s3::CopyObjectOptions::new().source_version_id("");
    refused(client.copy_object_with(("b", "k"), ("b", "l"), &options), words);
    let url = plain_s3::UrlOptions::new().version_id("");
    let hour = std::time::Duration::from_secs(3600);
    refused(client.presign_delete_object_with("b", "k", hour, &url), words);
    server.finish::<0>();
}
