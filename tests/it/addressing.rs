//! Addressing: the exact request line and Host header for each addressing style and for unusual keys.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use plain_s3::{AddressingStyle, Client, Config, ListOptions};

use crate::clients::{REGION, client, client_v4, config, config_at, rejected};
use crate::fake_server::{FakeServer, Response};
use crate::signatures::{assert_signed_v2, assert_signed_v4};

/// Keys, each with the path that must be sent for it.
const ODD_KEYS: [(&str, &str); 16] = [
    ("a b+c%2F/../x//y", "/b/a%20b%2Bc%252F/../x//y"),
    ("/lead", "/b//lead"),
    ("//two", "/b///two"),
    ("trail/", "/b/trail/"),
    (".", "/b/."),
    ("..", "/b/.."),
    ("../other/k", "/b/../other/k"),
    ("./a/./b/..", "/b/./a/./b/.."),
    ("?acl", "/b/%3Facl"),
    ("#f&g=h;i", "/b/%23f%26g%3Dh%3Bi"),
    ("'()*!~-._", "/b/%27%28%29%2A%21~-._"),
    ("é日本\u{1f600}", "/b/%C3%A9%E6%97%A5%E6%9C%AC%F0%9F%98%80"),
    ("\u{1}\t\n\r\u{7f}", "/b/%01%09%0A%0D%7F"),
    ("http://h/b?c", "/b/http%3A//h/b%3Fc"),
    ("a\\b\"<>|^`{}[]@:,$", "/b/a%5Cb%22%3C%3E%7C%5E%60%7B%7D%5B%5D%40%3A%2C%24"),
    (" ", "/b/%20"),
];

#[test]
fn odd_keys_are_sent_exactly_and_signed_as_sent() {
    let server = FakeServer::serve(|_| Response::new(204));
    for client in [client(&server), client_v4(&server)] {
        for (key, _) in ODD_KEYS {
            client.delete_object("b", key).unwrap();
        }
    }
    assert_eq!(server.connections(), 2);
    let requests = server.finish::<{ 2 * ODD_KEYS.len() }>();
    let (v2, v4) = requests.split_at(ODD_KEYS.len());
    for (i, (_, path)) in ODD_KEYS.iter().enumerate() {
        for request in [&v2[i], &v4[i]] {
            assert_eq!(request.line(), format!("DELETE {path} HTTP/1.1"));
        }
        assert_signed_v2(&v2[i], None);
        assert_signed_v4(&v4[i]);
    }
}

#[test]
fn key_of_1024_bytes_is_sent_whole() {
    let server = FakeServer::serve(|_| Response::new(204));
    for key in ["k".repeat(1024), "é".repeat(512), "\u{1}".repeat(1024)] {
        client(&server).delete_object("b", &key).unwrap();
    }
    let [ascii, two_bytes, control] = server.finish();
    assert_eq!(ascii.path(), format!("/b/{}", "k".repeat(1024)));
    assert_eq!(two_bytes.path(), format!("/b/{}", "%C3%A9".repeat(512)));
    assert_eq!(control.path(), format!("/b/{}", "%01".repeat(1024)));
}

#[test]
fn bucket_path_ends_in_a_slash_and_service_path_is_the_root() {
    let server = FakeServer::start([
        Response::xml("<ListAllMyBucketsResult/>"),
        Response::new(200),
        Response::new(200),
        Response::new(204),
    ]);
    let client = client(&server);
    client.list_buckets().unwrap();
    client.create_bucket("my-new-bucket").unwrap();
    client.head_bucket("my-new-bucket").unwrap();
    client.delete_bucket("my-new-bucket").unwrap();
    let authority = server.authority();
    let requests: [_; 4] = server.finish();
    let lines = requests.each_ref().map(|request| request.line());
    assert_eq!(
        lines,
        [
            "GET / HTTP/1.1",
            "PUT /my-new-bucket/ HTTP/1.1",
            "HEAD /my-new-bucket/ HTTP/1.1",
            "DELETE /my-new-bucket/ HTTP/1.1"
        ]
    );
    for request in &requests {
        assert_eq!(request.header("host"), Some(authority.as_str()));
        assert_signed_v2(request, None);
    }
}

/// Configures the server under a host name. Names below `localhost` always resolve to this machine.
fn virtual_hosted(server: &FakeServer) -> Config {
    config_at(format!("http://s3.localhost:{}", server.port()))
        .addressing_style(AddressingStyle::VirtualHosted)
}

#[test]
fn virtual_hosted_style_signs_the_bucket_in_the_host() {
    for version in ["v2", "v4"] {
        let server = FakeServer::start([Response::new(204), Response::new(204), Response::new(204)]);
        let mut config = virtual_hosted(&server);
        if version == "v4" {
            config = config.region(REGION);
        }
        let client = Client::new(config).unwrap();
        client.delete_object("my-bucket", "/a b/../c").unwrap();
        client.delete_bucket("my-bucket").unwrap();
        client.delete_object("Upper_Case", "k").unwrap();
        let port = server.port();
        let [object, bucket, by_path] = server.finish();
        assert_eq!(object.line(), "DELETE //a%20b/../c HTTP/1.1");
        assert_eq!(bucket.line(), "DELETE / HTTP/1.1");
        for request in [&object, &bucket] {
            assert_eq!(request.header("host"), Some(format!("my-bucket.s3.localhost:{port}").as_str()));
        }
        // This name is not valid in a host name.
        assert_eq!(by_path.line(), "DELETE /Upper_Case/k HTTP/1.1");
        assert_eq!(by_path.header("host"), Some(format!("s3.localhost:{port}").as_str()));
        for (request, in_host) in [(object, Some("my-bucket")), (bucket, Some("my-bucket")), (by_path, None)]
        {
            if version == "v4" {
                assert_signed_v4(&request);
            } else {
                assert_signed_v2(&request, in_host);
            }
        }
    }
}

#[test]
fn query_values_are_encoded_and_subresources_have_no_value() {
    let server = FakeServer::start([
        Response::xml("<ListBucketResult/>"),
        Response::xml("<AccessControlPolicy/>"),
        Response::xml("<AccessControlPolicy/>"),
    ]);
    let client = client(&server);
    let options = ListOptions::new().prefix("a/b c+é").delimiter("&").start_after("=").page_size(7);
    assert_eq!(client.list_objects_with("b", &options).count(), 0);
    client.get_bucket_acl("b").unwrap();
    client.get_object_acl("b", "k").unwrap();
    let [list, bucket_acl, object_acl] = server.finish();
    assert_eq!(
        list.target(),
        "/b/?list-type=2&start-after=%3D&max-keys=7&prefix=a%2Fb%20c%2B%C3%A9&delimiter=%26&encoding-type=url"
    );
    assert_eq!(bucket_acl.target(), "/b/?acl");
    assert_eq!(object_acl.target(), "/b/k?acl");
    for request in [list, bucket_acl, object_acl] {
        assert_signed_v2(&request, None);
    }
}

#[test]
fn v4_signs_the_query_as_it_is_sent() {
    let server =
        FakeServer::start([Response::xml("<ListBucketResult/>"), Response::xml("<AccessControlPolicy/>")]);
    let client = client_v4(&server);
    let options = ListOptions::new().prefix("a/b c+é");
    assert_eq!(client.list_objects_with("b", &options).count(), 0);
    client.get_object_acl("b", "..").unwrap();
    for request in server.finish::<2>() {
        assert_signed_v4(&request);
    }
}

// promise: S9
#[test]
fn endpoint_of_a_provider_that_contains_a_bucket_is_rejected() {
    for style in [AddressingStyle::Path, AddressingStyle::VirtualHosted] {
        let config = Config::new("http://my-space.nyc3.digitaloceanspaces.com").addressing_style(style);
        let error = rejected(Client::new(config), "contains the bucket name \"my-space\"");
        assert_eq!(
            error.hint(),
            Some("Use http://nyc3.digitaloceanspaces.com and pass the bucket to each call.")
        );
    }
}

// promise: S9
#[test]
fn bucket_in_the_host_of_an_unknown_server_is_reported() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let server = FakeServer::serve(|request| match request.method() {
        "GET" => Response::error(404, "NoSuchKey"),
        _ => Response::new(204),
    });
    let config = config_at(format!("http://my-space.localhost:{}", server.port()));
    let client =
        Client::new(config.on_event(move |event| seen.lock().unwrap().push(event.to_string()))).unwrap();
    client.delete_object("other", "logo.png").unwrap();
    assert!(!events.lock().unwrap().concat().contains("warning"));
    for _ in 0..2 {
        client.delete_object("my-space", "logo.png").unwrap();
    }
    let warnings: Vec<_> =
        events.lock().unwrap().iter().filter(|event| event.contains("warning")).cloned().collect();
    let expected = format!(
        "DeleteObject my-space/logo.png: warning: The endpoint my-space.localhost:{} may already contain the bucket \
         \"my-space\": if so, remove the bucket from the endpoint, or objects are stored as my-space/KEY.",
        server.port()
    );
    assert_eq!(warnings, [expected]);
    let error = client.get_object("my-space", "logo.png").unwrap_err();
    assert!(error.hint().unwrap().ends_with("or objects are stored as my-space/KEY."), "{error}");
    let error = client.get_object("other", "logo.png").unwrap_err();
    assert!(!error.hint().unwrap().contains("may already contain"), "{error}");
}

#[test]
fn path_of_the_endpoint_starts_each_path_and_is_signed() {
    for region in [None, Some(REGION)] {
        let server = FakeServer::start([
            Response::xml("<ListAllMyBucketsResult/>"),
            Response::new(204),
            Response::xml("<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>"),
        ]);
        let endpoint = format!("{}/storage/v1/s3/", server.endpoint());
        let config = config_at(&endpoint);
        let client = Client::new(region.map_or(config.clone(), |region| config.region(region))).unwrap();
        client.list_buckets().unwrap();
        client.delete_object("b", "a b").unwrap();
        client.copy_object(("src", "k"), ("b", "k")).unwrap();
        assert_eq!(client.object_url("b", "k").unwrap(), format!("{endpoint}b/k"));
        let policy = plain_s3::PostPolicy::new("k");
        let form = client.presign_post_object("b", &policy, Duration::from_secs(60)).unwrap();
        assert_eq!(form.url, format!("{endpoint}b/"));
        let requests: [_; 3] = server.finish();
        let lines = requests.each_ref().map(|request| request.line());
        assert_eq!(
            lines,
            [
                "GET /storage/v1/s3/ HTTP/1.1",
                "DELETE /storage/v1/s3/b/a%20b HTTP/1.1",
                "PUT /storage/v1/s3/b/k HTTP/1.1"
            ]
        );
        assert_eq!(requests[2].header("x-amz-copy-source"), Some("src/k"));
        for request in &requests {
            match region {
                None => assert_signed_v2(request, None),
                Some(_) => assert_signed_v4(request),
            }
        }
    }
}

#[test]
fn presigned_url_contains_the_path_of_the_endpoint() {
    for region in [None, Some(REGION)] {
        let config = config_at("http://h/storage/v1/s3");
        let client = Client::new(region.map_or(config.clone(), |region| config.region(region))).unwrap();
        let url = client.presign_get_object("b", "k", Duration::from_secs(60)).unwrap();
        assert!(url.url.starts_with("http://h/storage/v1/s3/b/k?"), "{url}");
    }
}

#[test]
fn bucket_as_host_is_addressed_without_a_path() {
    for region in [None, Some(REGION)] {
        let server = FakeServer::start([Response::new(204), Response::new(204)]);
        let config = config(&server).addressing_style(AddressingStyle::BucketAsHost);
        let client = Client::new(region.map_or(config.clone(), |region| config.region(region))).unwrap();
        client.delete_object("cdn.localhost", "a/b").unwrap();
        client.delete_object("Upper", "k").unwrap();
        let port = server.port();
        let [hosted, by_path] = server.finish();
        assert_eq!(hosted.line(), "DELETE /a/b HTTP/1.1");
        assert_eq!(hosted.header("host"), Some(format!("cdn.localhost:{port}").as_str()));
        assert_eq!(by_path.line(), "DELETE /Upper/k HTTP/1.1");
        match region {
            None => assert_signed_v2(&hosted, Some("cdn.localhost")),
            Some(_) => assert_signed_v4(&hosted),
        }
    }
}
