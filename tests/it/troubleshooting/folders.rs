//! Transfers of folders and calls for many keys.

use plain_s3::{Client, FolderOptions, Result};

use super::{Section, at_host, client_of, entry, text};
use crate::fake_server::{FakeServer, Response, Store};
use crate::support::TempDir;

pub(super) fn section() -> Section {
    let folder = TempDir::new();
    folder.file("report.txt", "content");
    let home = folder.path().to_str().unwrap().to_owned();
    let run = |server: &FakeServer, f: &dyn Fn(&Client) -> Result<()>| {
        at_host(server, &text(f(&client_of(server)))).replace(&home, "/home/you")
    };
    let empty = Store::default().serve(|_| None);
    let keys = Store::default();
    for path in ["/b/photos/../a.jpg", "/b/photos/b.jpg"] {
        keys.put(path, "x");
    }
    let keys = keys.serve(|_| None);
    let failing = Store::default()
        .serve(|request| (request.method() == "PUT").then(|| Response::error(403, "AccessDenied")));
    let denied = FakeServer::serve(|request| {
        if request.method() == "POST" {
            return Response::xml(
                "<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>\
                 <Deleted><Key>c</Key></Deleted></DeleteResult>",
            );
        }
        Response::error(404, "NoSuchObjectLockConfiguration")
    });
    let kept = FakeServer::serve(|request| match request.method() {
        "POST" => Response::xml(
            "<DeleteResult><Error><Key>photos/a</Key><VersionId>1</VersionId><Code>AccessDenied</Code>\
             <Message>Access Denied</Message></Error></DeleteResult>",
        ),
        _ if request.query_value("uploads").is_some() => Response::xml("<ListMultipartUploadsResult/>"),
        _ if request.query_value("versions").is_some() => Response::xml(
            "<ListVersionsResult><Version><Key>photos/a</Key><VersionId>1</VersionId><Size>1</Size></Version>\
             </ListVersionsResult>",
        ),
        _ => Response::error(404, "NoSuchObjectLockConfiguration"),
    });
    let nothing = TempDir::new();
    let filled = Store::default();
    filled.put("/b/photos/b.jpg", "x");
    let filled = filled.serve(|_| None);
    let delete = FolderOptions::new().delete();
    let entries = vec![
        entry(
            "files failed",
            run(&failing, &|client| client.upload_folder("b", "photos", folder.path()).map(drop)),
            "`Error::failures` lists all of them.",
        ),
        entry(
            "cannot be downloaded",
            run(&keys, &|client| client.download_prefix("b", "photos", folder.join("target")).map(drop)),
            "",
        ),
        entry(
            "everything in the target would be deleted",
            run(&filled, &|client| {
                client.upload_folder_with("b", "photos", nothing.path(), &delete).map(drop)
            }),
            "",
        ),
        entry(
            "the path of the folder is empty",
            run(&empty, &|client| client.upload_folder("b", "photos", "").map(drop)),
            "",
        ),
        entry(
            "cannot read the folder",
            run(&empty, &|client| client.upload_folder("b", "photos", folder.join("missing")).map(drop)),
            "",
        ),
        entry(
            "matches no file",
            run(&empty, &|client| {
                let options = FolderOptions::new().exclude("/");
                client.upload_folder_with("b", "photos", folder.path(), &options).map(drop)
            }),
            "",
        ),
        entry(
            "could not be deleted",
            run(&kept, &|client| client.delete_prefix("b", "photos/").map(drop)),
            "",
        ),
        entry(
            "keys could not be deleted",
            run(&denied, &|client| client.delete_objects("b", ["a", "c"])),
            "",
        ),
    ];
    Section { title: "Folders and many keys", introduction: "", entries }
}
