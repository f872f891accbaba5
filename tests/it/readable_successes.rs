//! Successful responses of servers that differ from AWS in roots and bodies: they are read by their content, and
//! an unreadable one is not repeated if that would have side effects.

use plain_s3::ErrorKind;

use crate::clients::client;
use crate::fake_server::{FakeServer, Response};
use crate::support::fails;

#[test]
fn upload_id_is_read_whatever_the_root_is_called() {
    for root in ["InitiateMultipartUpload", "CreateMultipartUploadOutput", "x"] {
        let server =
            FakeServer::start([Response::xml(&format!("<{root}><UploadId>id-1</UploadId></{root}>"))]);
        assert_eq!(client(&server).create_multipart_upload("b", "k").unwrap(), "id-1", "{root}");
    }
    let wrapped = "<Response><InitiateMultipartUploadResult><UploadId>id-1</UploadId></InitiateMultipartUploadResult>\
                   </Response>";
    let server = FakeServer::start([Response::xml(wrapped)]);
    assert_eq!(client(&server).create_multipart_upload("b", "k").unwrap(), "id-1");
}

#[test]
fn unreadable_upload_id_creates_no_second_upload() {
    for body in ["", "<x/>", "<InitiateMultipartUploadResult/>", "<html/>", "UploadId"] {
        let server = FakeServer::serve(move |_| Response::xml(body));
        let error = fails(ErrorKind::UnexpectedResponse, client(&server).create_multipart_upload("b", "k"));
        assert!(error.hint().unwrap().contains("list_multipart_uploads"), "{error}");
        assert_eq!(server.requests().len(), 1, "{body:?}");
    }
}

#[test]
fn unreadable_result_of_a_copy_is_not_repeated_and_that_of_a_listing_is() {
    let server = FakeServer::serve(|_| Response::xml("<x/>"));
    let client = client(&server);
    fails(ErrorKind::UnexpectedResponse, client.copy_object(("b", "k"), ("b", "l")));
    assert_eq!(server.requests().len(), 1);
    let error = client.list_objects("b").next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
    assert_eq!(server.requests().len(), 5);
}

#[test]
fn listings_are_read_whatever_their_root_is_called() {
    let page = "<ListObjectsV2Output><KeyCount>1</KeyCount><Contents><Key>a</Key><Size>1</Size></Contents>\
                </ListObjectsV2Output>";
    let server = FakeServer::serve(move |_| Response::xml(page));
    let keys: Vec<_> = client(&server).list_objects("b").map(|object| object.unwrap().key).collect();
    assert_eq!(keys, ["a"]);
}

#[test]
fn listing_of_something_else_is_not_an_empty_listing() {
    for body in [
        "<ListVersionsResult><Name>b</Name><IsTruncated>false</IsTruncated></ListVersionsResult>",
        "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>",
        "<note><to>someone</to></note>",
    ] {
        let server = FakeServer::serve(move |_| Response::xml(body));
        assert!(client(&server).list_objects("b").next().unwrap().is_err(), "{body}");
    }
    let server = FakeServer::serve(|_| Response::xml("<ListBucketResult><Name>b</Name></ListBucketResult>"));
    let client = client(&server);
    assert!(client.list_object_versions("b").next().unwrap().unwrap_err().is_not_implemented());
    assert!(client.list_multipart_uploads("b").next().unwrap().unwrap_err().is_not_implemented());
}

#[test]
fn missing_uploads_of_rclone_are_an_empty_listing() {
    let server = FakeServer::serve(|_| Response::error(404, "NoSuchUpload"));
    assert_eq!(client(&server).list_multipart_uploads("b").count(), 0);
    let server = FakeServer::serve(|_| Response::error(404, "NoSuchBucket"));
    assert!(client(&server).list_multipart_uploads("b").next().unwrap().is_err());
}

#[test]
fn object_stored_without_an_etag_is_not_stored_again() {
    let server = FakeServer::start([Response::new(200)]);
    let stored = client(&server).put_object("b", "k", "content").unwrap();
    assert_eq!(stored.e_tag, None);
    let _: [_; 1] = server.finish();
}
