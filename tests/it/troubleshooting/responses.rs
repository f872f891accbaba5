//! Responses that are not usable.

use plain_s3::{Client, GetObjectOptions};

use super::{Section, at_host, call, entry, get, put, text};
use crate::clients::client;
use crate::fake_server::{End, FakeServer, Response};

pub(super) fn section() -> Section {
    let list = |client: &Client| client.list_buckets();
    let range = |client: &Client| client.get_object_with("b", "k", &GetObjectOptions::new().range(1..3));
    let page =
        || Response::new(200).body("<html><head><title>Welcome to nginx!</title></head><body/></html>");
    let first = |client: &Client| client.list_objects("b").next().unwrap();
    let replaced = FakeServer::serve(|request| match request.header("range") {
        None => Response::content("content").cut(3, End::Fin),
        Some(_) => Response::error(412, "PreconditionFailed"),
    });
    let changed = text(get(&client(&replaced)));
    let entries = vec![
        entry(
            "not well-formed XML but an HTML page",
            call(page, list),
            "The endpoint is a web page, such as the console of the server, or the login page of a network.",
        ),
        entry(
            "status 502 with an HTML page",
            call(|| Response::new(502).body("<html><title>Bad Gateway</title></html>"), list),
            "",
        ),
        entry(
            "status 404 with an HTML page",
            call(|| Response::new(404).body("<html><title>Not Found</title></html>"), list),
            "",
        ),
        entry(
            "plain HTTP request was sent to HTTPS port",
            call(
                || {
                    Response::new(400)
                        .body("<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>")
                },
                list,
            ),
            "",
        ),
        entry(
            "not valid HTTP/1.1",
            call(|| Response::raw(&b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..]), get),
            "Another service uses this port.",
        ),
        entry("it starts with a TLS alert", call(|| Response::raw(b"\x15\x03\x01\x00\x02\x02\x46"), get), ""),
        entry("the response is empty", call(|| Response::new(200), list), ""),
        entry("was expected", call(|| Response::xml("<Welcome/>"), list), ""),
        entry(
            "the listing is truncated",
            call(
                || Response::xml("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"),
                first,
            ),
            "",
        ),
        entry(
            "has no valid size",
            call(
                || {
                    Response::xml(
                        "<ListBucketResult><Contents><Key>k</Key><Size>?</Size></Contents></ListBucketResult>",
                    )
                },
                first,
            ),
            "",
        ),
        entry("has no Content-Length", call(|| Response::new(200).until_close().body("x"), get), ""),
        entry("the server sent the whole object", call(|| Response::content("content"), range), ""),
        entry(
            "the content has the MD5",
            call(|| Response::stored(b"content").body("damaged"), get),
            "The content was damaged on its way, in a cache or on the server. The client has read it twice. If the \
             error persists, the object itself is damaged: upload it again.",
        ),
        entry(
            "the uploaded content has the MD5",
            call(|| Response::stored(b"other"), put),
            "The stored object is damaged, or was replaced at the same time.",
        ),
        entry(
            "the content has the SHA-256",
            call(
                || Response::content("content"),
                |client| {
                    let options = GetObjectOptions::new().sha256("0".repeat(64));
                    client.get_object_with("b", "k", &options)?.bytes()
                },
            ),
            "",
        ),
        entry("the object was replaced while it was read", at_host(&replaced, &changed), ""),
        entry(
            "the content is not UTF-8 text",
            call(|| Response::content(b"\xff"), |client| client.get_object("b", "k")?.text()),
            "",
        ),
    ];
    Section { title: "Responses that are not usable", introduction: "", entries }
}
