//! Calls that end for a reason of their own.

use std::ops::ControlFlow;

use plain_s3::{Client, UploadOptions};

use super::{Section, at_host, client_of, entry, text};
use crate::fake_server::{FakeServer, Response, Store};
use crate::support::content;

pub(super) fn section() -> Section {
    let server = Store::default().serve(|_| None);
    let cancel = UploadOptions::new().progress(|_, _| ControlFlow::Break(()));
    let cancelled = text(client_of(&server).upload_reader_with("b", "k", &content(1 << 20)[..], &cancel));
    let differing = FakeServer::serve(|request| match request.method() {
        "HEAD" if request.path() == "/b/old" => Response::new(200).header("etag", "\"1\"").content_length(5),
        "HEAD" => Response::new(200).header("etag", "\"2\"").content_length(4),
        _ => Response::xml("<CopyObjectResult><ETag>2</ETag></CopyObjectResult>"),
    });
    let renamed = text(client_of(&differing).rename_object("b", "old", "new"));
    let head = |e_tag| Response::new(200).header("etag", e_tag).content_length(5);
    let copied = Response::xml("<CopyObjectResult><ETag>1</ETag></CopyObjectResult>");
    let replaced = FakeServer::start([head("1"), copied, head("1"), head("2")]);
    let not_deleted = text(client_of(&replaced).rename_object("b", "old", "new"));
    let probed = FakeServer::serve(|_| Response::new(200).content_length(5));
    let probe = |client: &Client| client.enforces_if_none_exists("b", "k");
    let entries = vec![
        entry("the progress callback cancelled the call", at_host(&server, &cancelled), ""),
        entry("the copy differs from the source", at_host(&differing, &renamed), ""),
        entry("was replaced while it was renamed", at_host(&replaced, &not_deleted), ""),
        entry(
            "an object with the key of the probe exists already",
            at_host(&probed, &text(probe(&client_of(&probed)))),
            "",
        ),
    ];
    Section { title: "Other", introduction: "", entries }
}
