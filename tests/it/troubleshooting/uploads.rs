//! Errors of multipart uploads and copies, which name the method and the request that failed.

use plain_s3::{Client, CompletedPart, CopyOptions, Result, Upload, UploadOptions};

use super::{Section, at_host, client_of, coded, entry, text};
use crate::clients::client;
use crate::fake_server::{FakeServer, Response, Store};
use crate::support::{TempDir, content};

const SIZE: usize = (5 << 20) + 1;

/// Uploads two parts.
fn upload(client: &Client, options: UploadOptions<'_>) -> Result<Upload> {
    client.upload_reader_with("b", "k", &content(SIZE)[..], &options.part_size(5 << 20))
}

/// Returns the error of an upload if the server rejects one kind of request.
fn rejected(
    method: &'static str,
    query: &'static str,
    response: fn() -> Response,
    options: UploadOptions<'_>,
) -> String {
    let server = Store::default().serve(move |request| {
        (request.method() == method && request.target().contains(query)).then(response)
    });
    at_host(&server, &text(upload(&client_of(&server), options)))
}

pub(super) fn section() -> Section {
    let complete = |client: &Client| {
        client.complete_multipart_upload("b", "k", "an-id", &[CompletedPart::new(1, "\"1\"")])
    };
    let denied = || Response::error(403, "AccessDenied");
    let failing = Store::default().serve(|request| match request.method() {
        "PUT" => Some(Response::error(403, "AccessDenied")),
        "DELETE" => Some(Response::error(403, "AccessDenied")),
        _ => None,
    });
    let not_aborted = text(upload(&client_of(&failing), UploadOptions::new()));
    let incomplete = Store::default().serve(|request| {
        (request.method() == "POST" && request.query_value("uploadId").is_some())
            .then(|| Response::error(400, "InvalidPart"))
    });
    let folder = TempDir::new();
    let options = UploadOptions::new().part_size(5 << 20);
    let file = folder.file("backup.tar", content(SIZE));
    let restarted = text(client(&incomplete).upload_file_with("b", "k", file, &options));
    let changing = FakeServer::serve(|request| match request.method() {
        "HEAD" => Response::new(200).header("etag", "\"1\"").content_length(6 << 20),
        "GET" => Response::xml("<Tagging><TagSet/></Tagging>"),
        "POST" => Response::xml(
            "<InitiateMultipartUploadResult><UploadId>an-id</UploadId></InitiateMultipartUploadResult>",
        ),
        "PUT" => Response::error(412, "PreconditionFailed"),
        _ => Response::new(204),
    });
    let parts = CopyOptions::new().part_size(5 << 20);
    let copied = text(client_of(&changing).copy_with(("b", "source"), ("b", "k"), &parts));
    let entries = vec![
        entry(
            "upload_file and upload_reader",
            rejected("PUT", "partNumber=2", denied, UploadOptions::new()),
            "",
        ),
        entry(
            "The uploaded parts were kept",
            rejected("PUT", "partNumber=2", denied, UploadOptions::new().keep_parts()),
            "",
        ),
        entry(
            "The upload could not be aborted",
            at_host(&failing, &not_aborted),
            "A lifecycle rule with `LifecycleRule::abort_incomplete_uploads_after_days` removes such uploads.",
        ),
        entry("The upload had already been started again once", at_host(&incomplete, &restarted), ""),
        entry("copy", at_host(&changing, &copied), ""),
        entry(
            "NoSuchUpload",
            coded(404, "NoSuchUpload", |client| client.upload_part("b", "k", "an-id", 1, "content")),
            "",
        ),
        entry("InvalidPart", coded(400, "InvalidPart", complete), ""),
        entry("InvalidPartOrder", coded(400, "InvalidPartOrder", complete), ""),
        entry("EntityTooSmall", coded(400, "EntityTooSmall", complete), ""),
    ];
    Section { title: "Uploads and copies in parts", introduction: "", entries }
}
