//! RestoreObject: the request that is sent, and what its responses mean.

use plain_s3::{ErrorKind, Restoration, RestoreObjectOptions, RestoreTier};

use crate::clients::{client, client_v4, rejected};
use crate::fake_server::{End, FakeServer, Response};
use crate::signatures::{assert_signed_v2, assert_signed_v4, md5_base64};
use crate::support::fails;

#[test]
fn status_is_returned_as_started_or_already_restored() {
    let server = FakeServer::start([Response::new(202), Response::new(200)]);
    let client = client(&server);
    assert_eq!(client.restore_object("b", "k", 7).unwrap(), Restoration::Started);
    assert_eq!(client.restore_object("b", "k", 7).unwrap(), Restoration::AlreadyRestored);
    for request in &server.finish::<2>() {
        assert_eq!(request.line(), "POST /b/k?restore HTTP/1.1");
        assert_signed_v2(request, None);
    }
}

#[test]
fn options_are_sent() {
    let server = FakeServer::start([Response::new(202)]);
    let options = RestoreObjectOptions::new()
        .days(1)
        .tier(RestoreTier::Expedited)
        .version_id("v/1")
        .header("x-amz-test", "yes");
    client_v4(&server).restore_object_with("b", "k", &options).unwrap();
    let [request] = server.finish();
    assert_eq!(request.target(), "/b/k?versionId=v%2F1&restore");
    assert_eq!(
        request.text(),
        "<RestoreRequest xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Days>1</Days><GlacierJobParameters>\
         <Tier>Expedited</Tier></GlacierJobParameters></RestoreRequest>"
    );
    assert_eq!(request.header("content-md5"), Some(md5_base64(&request.body).as_str()));
    assert_eq!(request.header("x-amz-test"), Some("yes"));
    assert_signed_v4(&request);
}

#[test]
fn restoration_in_progress_is_an_error_with_a_hint() {
    let server = FakeServer::start([Response::error(409, "RestoreAlreadyInProgress")]);
    let error = fails(ErrorKind::Server, client(&server).restore_object("b", "k", 7));
    assert_eq!((error.status(), error.code()), (Some(409), Some("RestoreAlreadyInProgress")));
    assert!(error.hint().unwrap().contains("x-amz-restore"), "{error}");
    let _: [_; 1] = server.finish();
}

#[test]
fn restoration_in_progress_after_lost_response_is_started() {
    let server =
        FakeServer::start([Response::none(End::Fin), Response::error(409, "RestoreAlreadyInProgress")]);
    assert_eq!(client(&server).restore_object("b", "k", 7).unwrap(), Restoration::Started);
    let _: [_; 2] = server.finish();
}

#[test]
fn invalid_restorations_are_rejected() {
    let server = FakeServer::start([]);
    let client = client(&server);
    rejected(client.restore_object("b", "k", 0), "at least 1 day");
    rejected(client.restore_object("b", "", 1), "key is empty");
    let options = RestoreObjectOptions::new().version_id("");
    rejected(client.restore_object_with("b", "k", &options), "version ID is empty");
    let _: [_; 0] = server.finish();
}
