//! Listings: paging by tokens and markers, encoded and raw keys, and responses that must end a listing.

use plain_s3::{Client, Error, ErrorKind, ListApi, ListOptions, Object, Result};

use crate::clients::{client, client_without_retries};
use crate::fake_server::{End, FakeServer, Response};
use crate::signatures::md5_hex;
use crate::support::fails;

/// Returns a page of a listing with these inner elements.
fn page(inner: &str) -> Response {
    Response::xml(&format!(
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>\
         {inner}</ListBucketResult>"
    ))
}

fn entries(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("<Contents><Key>{key}</Key><Size>3</Size></Contents>")).collect()
}

const MORE: &str = "<IsTruncated>true</IsTruncated>";
const ENCODED: &str = "<EncodingType>url</EncodingType>";

fn v1() -> ListOptions {
    ListOptions::new().api(ListApi::V1)
}

fn keys(client: &Client, options: &ListOptions) -> Result<Vec<String>> {
    client.list_objects_with("b", options).map(|object| Ok(object?.key)).collect()
}

/// Returns the error of a listing. Asserts that the iterator ends after it.
#[track_caller]
fn listing_error(server: &FakeServer, options: &ListOptions) -> Error {
    let mut objects = client_without_retries(server).list_objects_with("b", options);
    let error = objects.find_map(Result::err).expect("an error");
    assert!(objects.next().is_none(), "the iterator continues after {error}");
    error
}

#[test]
fn continuation_tokens_are_sent_back_unchanged() {
    let server = FakeServer::start([
        page(&format!(
            "{}{MORE}<KeyCount>2</KeyCount><NextContinuationToken>t+1/=%</NextContinuationToken>",
            entries(&["a", "b"])
        )),
        page(&format!("{MORE}<KeyCount>0</KeyCount><NextContinuationToken>t2</NextContinuationToken>")),
        page(&format!("{}<IsTruncated>false</IsTruncated><KeyCount>1</KeyCount>", entries(&["c"]))),
    ]);
    let options = ListOptions::new().start_after("A z").prefix("");
    assert_eq!(keys(&client(&server), &options).unwrap(), ["a", "b", "c"]);
    let requests: [_; 3] = server.finish();
    let targets = requests.each_ref().map(|request| request.target());
    assert_eq!(
        targets,
        [
            "/b/?list-type=2&start-after=A%20z&prefix=&encoding-type=url",
            "/b/?list-type=2&continuation-token=t%2B1%2F%3D%25&prefix=&encoding-type=url",
            "/b/?list-type=2&continuation-token=t2&prefix=&encoding-type=url",
        ]
    );
    assert!(requests.iter().all(|request| request.connection == 1));
}

/// SeaweedFS sends such pages, with more elements for each key than AWS.
#[test]
fn page_of_ten_thousand_keys_is_read() {
    let entry = |i| {
        format!(
            "<Contents><Key>key-{i:05}</Key><LastModified>2011-04-21T18:05:39.000Z</LastModified><ETag>&#34;e&#34;</ETag>\
             <Size>3</Size><Owner><ID>alice</ID><DisplayName>alice</DisplayName></Owner>\
             <StorageClass>STANDARD</StorageClass></Contents>"
        )
    };
    let entries: String = (0..10_000).map(entry).collect();
    let server = FakeServer::start([page(&entries)]);
    let keys = keys(&client(&server), &ListOptions::new()).unwrap();
    assert_eq!((keys.len(), keys[9_999].as_str()), (10_000, "key-09999"));
}

#[test]
fn pages_are_requested_lazily() {
    let first =
        page(&format!("{}{MORE}<NextContinuationToken>t</NextContinuationToken>", entries(&["a", "b"])));
    let server = FakeServer::start([first]);
    let mut objects = client(&server).list_objects("b");
    assert_eq!(server.requests().len(), 0);
    assert_eq!(objects.next().unwrap().unwrap().key, "a");
    assert_eq!(objects.next().unwrap().unwrap().key, "b");
    let _: [_; 1] = server.finish();
}

#[test]
fn v1_continues_after_the_last_key_without_next_marker() {
    let server = FakeServer::start([
        page(&format!("<Marker/>{}{MORE}", entries(&["a", "b c"]))),
        page(&entries(&["d"])),
    ]);
    assert_eq!(keys(&client(&server), &v1().page_size(2)).unwrap(), ["a", "b c", "d"]);
    let requests: [_; 2] = server.finish();
    let targets = requests.each_ref().map(|request| request.target());
    assert_eq!(
        targets,
        ["/b/?max-keys=2&encoding-type=url", "/b/?marker=b%20c&max-keys=2&encoding-type=url"]
    );
}

#[test]
fn server_that_ignores_list_type_2_is_paged_by_markers() {
    let server = FakeServer::start([
        page(&format!("<Marker></Marker>{}{MORE}", entries(&["a"]))),
        page(&format!("<Marker>a</Marker>{}", entries(&["b"]))),
    ]);
    assert_eq!(keys(&client(&server), &ListOptions::new()).unwrap(), ["a", "b"]);
    let [first, second] = server.finish();
    assert_eq!(first.query_value("list-type"), Some("2"));
    assert_eq!((second.query_value("list-type"), second.query_value("marker")), (None, Some("a")));
}

#[test]
fn ignored_start_after_is_resent_as_marker() {
    let server = FakeServer::start([
        page(&format!("<Marker></Marker>{}", entries(&["a", "b", "c"]))),
        page(&format!("<Marker>b</Marker>{}", entries(&["c"]))),
    ]);
    assert_eq!(keys(&client(&server), &ListOptions::new().start_after("b")).unwrap(), ["c"]);
    let [_, second] = server.finish();
    assert_eq!(second.query_value("marker"), Some("b"));
}

#[test]
fn keys_are_decoded_only_if_the_response_says_so() {
    let sent = entries(&["a+b%2Bc%25", "%C3%A9%0A%01", "x%2F..%2F%2Fy"]);
    let server = FakeServer::start([page(&format!("{ENCODED}{sent}")), page(&sent)]);
    let client = client(&server);
    let options = ListOptions::new();
    assert_eq!(keys(&client, &options).unwrap(), ["a b+c%", "é\n\u{1}", "x/..//y"]);
    assert_eq!(keys(&client, &options).unwrap(), ["a+b%2Bc%25", "%C3%A9%0A%01", "x%2F..%2F%2Fy"]);
}

#[test]
fn raw_next_marker_of_ceph_is_not_decoded() {
    let server = FakeServer::start([
        page(&format!("{ENCODED}<Marker/><NextMarker>a%20+b</NextMarker>{}{MORE}", entries(&["a%2520%2Bb"]))),
        page(&format!("{ENCODED}<Marker>a%20+b</Marker>{}", entries(&["c"]))),
    ]);
    assert_eq!(keys(&client(&server), &v1()).unwrap(), ["a%20+b", "c"]);
    let [_, second] = server.finish();
    assert_eq!(second.query_value("marker"), Some("a%2520%2Bb"));
}

#[test]
fn v1_continues_after_the_last_key_or_common_prefix() {
    let server = FakeServer::start([
        page(&format!(
            "{ENCODED}<Marker/><CommonPrefixes><Prefix>p+1%2F</Prefix></CommonPrefixes><CommonPrefixes>\
             <Prefix>p2%2F</Prefix></CommonPrefixes>{}{MORE}",
            entries(&["p0"])
        )),
        page("<Marker/><CommonPrefixes><Prefix>p3/</Prefix><Prefix>p4/</Prefix></CommonPrefixes>"),
    ]);
    let options = v1().prefix("p").delimiter("/");
    let pages: Result<Vec<_>> = client(&server).list_objects_with("b", &options).pages().collect();
    let pages = pages.unwrap();
    assert_eq!(pages[0].common_prefixes, ["p 1/", "p2/"]);
    assert_eq!(pages[0].entries[0].key, "p0");
    assert_eq!(pages[1].common_prefixes, ["p3/", "p4/"]);
    let [first, second] = server.finish();
    assert_eq!(first.target(), "/b/?prefix=p&delimiter=%2F&encoding-type=url");
    assert_eq!(second.query_value("marker"), Some("p2%2F"));
}

#[test]
fn every_field_is_read_and_missing_ones_are_none() {
    let e_tag = md5_hex(b"abc");
    let full = format!(
        "<Contents><Owner><ID>id</ID><DisplayName>Al</DisplayName></Owner><ETag>&quot;{e_tag}&quot;</ETag><Key> k \
         </Key><Size>5368709120</Size><LastModified>2011-04-21T18:05:39.000Z</LastModified>\
         <StorageClass>STANDARD</StorageClass></Contents>"
    );
    let spare =
        "<s:Contents xmlns:s='urn:x'><s:Key><![CDATA[a&]]><!-- -->b</s:Key><s:Size>0</s:Size></s:Contents>";
    for response in [
        page(&format!("{full}{spare}")),
        Response::xml(&format!("<ListBucketResult>{full}{spare}</ListBucketResult>")),
    ] {
        let server = FakeServer::start([response]);
        let objects: Result<Vec<Object>> = client(&server).list_objects("b").collect();
        let objects = objects.unwrap();
        assert_eq!((objects[0].key.as_str(), objects[0].size), (" k ", 5 << 30));
        assert_eq!(objects[0].last_modified.to_string(), "2011-04-21T18:05:39.000Z");
        assert_eq!(objects[0].e_tag.as_ref().unwrap().as_str(), e_tag);
        assert_eq!(objects[0].owner.as_ref().unwrap().display_name.as_deref(), Some("Al"));
        assert_eq!(objects[0].storage_class.as_deref(), Some("STANDARD"));
        assert_eq!((objects[1].key.as_str(), objects[1].size), ("a&b", 0));
        assert_eq!(objects[1].last_modified.to_string(), "-");
        assert!(
            objects[1].e_tag.is_none() && objects[1].owner.is_none() && objects[1].storage_class.is_none()
        );
    }
}

#[test]
fn listing_that_does_not_advance_fails() {
    let token = "<NextContinuationToken>same</NextContinuationToken>";
    let again = || page(&format!("{}{MORE}{token}", entries(&["a"])));
    let error = listing_error(&FakeServer::start([again(), again()]), &ListOptions::new());
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    assert!(error.to_string().starts_with("ListObjects b: the listing does not advance: "), "{error}");

    let page_of = |key: &str| page(&format!("<Marker/>{}{MORE}", entries(&[key])));
    let same = listing_error(&FakeServer::start([page_of("b"), page_of("b")]), &v1());
    assert!(same.to_string().contains("the next page starts where an earlier one did"), "{same}");
    let backwards = listing_error(&FakeServer::start([page_of("b"), page_of("a")]), &v1());
    assert!(backwards.to_string().contains("backwards"), "{backwards}");
    let nowhere = listing_error(&FakeServer::start([page(MORE)]), &v1());
    assert!(
        nowhere
            .to_string()
            .contains("the listing is truncated, but the response has no marker for the next page"),
        "{nowhere}"
    );
}

#[test]
fn cyclic_listing_fails() {
    for tokens in [&["A", "B"][..], &["A", "B", "C"], &["A", "B", "C", "D", "E"]] {
        let mut responses = 0;
        let server = FakeServer::serve(move |_| {
            let token = tokens[responses % tokens.len()];
            responses += 1;
            let next = format!("<NextContinuationToken>{token}</NextContinuationToken>");
            page(&format!("{}{MORE}{next}", entries(&["a"])))
        });
        let error = listing_error(&server, &ListOptions::new());
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
        assert!(error.to_string().starts_with("ListObjects b: the listing does not advance: "), "{error}");
        assert!(server.requests().len() <= 4 * tokens.len(), "{} requests", server.requests().len());
    }
}

#[test]
fn cyclic_listings_of_versions_and_uploads_fail() {
    let server = FakeServer::serve(|request| {
        let versions = request.query_value("versions").is_some();
        // The IDs of one key, in a cycle.
        let id = match request.query_value("version-id-marker").or(request.query_value("upload-id-marker")) {
            Some("1") => "2",
            Some("2") => "3",
            _ => "1",
        };
        let [root, entry, name] = match versions {
            true => ["ListVersionsResult", "Version", "VersionId"],
            false => ["ListMultipartUploadsResult", "Upload", "UploadId"],
        };
        Response::xml(&format!(
            "<{root}>{MORE}<NextKeyMarker>a</NextKeyMarker><Next{name}Marker>{id}</Next{name}Marker><{entry}>\
             <Key>a</Key><{name}>{id}</{name}><Size>1</Size></{entry}></{root}>"
        ))
    });
    let client = client_without_retries(&server);
    for error in [
        client.list_object_versions("b").take(100).find_map(Result::err),
        client.list_multipart_uploads("b").take(100).find_map(Result::err),
    ] {
        assert!(error.expect("an error").to_string().contains("starts where an earlier one did"));
    }
}

#[test]
fn invalid_response_ends_the_listing_with_an_error() {
    for (response, kind, words) in [
        (Response::xml("<Error><Code>InternalError</Code></Error>"), ErrorKind::Server, "200 InternalError"),
        (
            Response::xml("<html><title>Welcome</title></html>"),
            ErrorKind::UnexpectedResponse,
            "titled \"Welcome\"",
        ),
        (
            Response::xml("<!DOCTYPE html><html><title>Hi</title>"),
            ErrorKind::UnexpectedResponse,
            "titled \"Hi\"",
        ),
        (Response::xml(""), ErrorKind::UnexpectedResponse, "empty"),
        (Response::xml("  \n "), ErrorKind::UnexpectedResponse, "empty"),
        (
            Response::xml("<ListBucketResult><Contents>"),
            ErrorKind::UnexpectedResponse,
            "not well-formed XML but the text",
        ),
        (Response::new(200).body(b"\xff\xfe<"), ErrorKind::UnexpectedResponse, "not UTF-8"),
        (page("<Contents><Size>1</Size></Contents>"), ErrorKind::UnexpectedResponse, "no key"),
        (
            page("<Contents><Key>k</Key></Contents>"),
            ErrorKind::UnexpectedResponse,
            "the entry \"k\" in the listing has no valid size",
        ),
        (
            page("<Contents><Key>k</Key><Size>-1</Size></Contents>"),
            ErrorKind::UnexpectedResponse,
            "the entry \"k\" in the listing has no valid size",
        ),
        (Response::error(404, "NoSuchBucket"), ErrorKind::Server, "has no bucket \"b\""),
    ] {
        let error = listing_error(&FakeServer::start([response]), &ListOptions::new());
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{words:?} is not in: {error}");
        assert!(error.to_string().starts_with("ListObjects b: "), "{error}");
    }
}

#[test]
fn oversized_response_fails() {
    let error = listing_error(&FakeServer::start([Response::xml(&" ".repeat(33 << 20))]), &v1());
    assert!(error.to_string().contains("longer than 32 MiB"), "{error}");
    let deep = "<ListBucketResult>".repeat(100_000);
    listing_error(&FakeServer::start([Response::xml(&deep)]), &v1());
}

#[test]
fn truncated_response_is_retried() {
    let whole = || page(&entries(&["a", "b"]));
    let server = FakeServer::start([
        whole().cut(150, End::Fin),
        whole().chunked(40).cut(150, End::Fin),
        Response::xml("<ListBucketResult><Contents>"),
        whole().chunked(1),
    ]);
    assert_eq!(keys(&client(&server), &ListOptions::new()).unwrap(), ["a", "b"]);
    let _: [_; 4] = server.finish();
}

#[test]
fn invalid_page_size_is_rejected_before_sending() {
    let server = FakeServer::start([]);
    for size in [0, 1001] {
        let options = ListOptions::new().page_size(size);
        let error = fails(ErrorKind::InvalidInput, keys(&client(&server), &options));
        assert!(
            error.to_string().contains(&format!("the page size {size} is not between 1 and 1000")),
            "{error}"
        );
    }
    let _: [_; 0] = server.finish();
}

/// Lists with V1 and a delimiter, and returns the common prefixes and the markers that were sent.
fn v1_prefixes(pages: Vec<String>) -> (Vec<String>, Vec<Option<String>>) {
    let server = FakeServer::start(pages.iter().map(|page| Response::xml(page)));
    let options = ListOptions::new().api(ListApi::V1).delimiter("/");
    let pages = client(&server).list_objects_with("b", &options).pages();
    let prefixes = pages.flat_map(|page| page.unwrap().common_prefixes).collect();
    let requests = server.finish_any();
    (prefixes, requests.iter().map(|request| request.query_value("marker").map(str::to_owned)).collect())
}

fn v1_page(content: &str) -> String {
    format!("<ListBucketResult><EncodingType>url</EncodingType><Marker/>{content}</ListBucketResult>")
}

#[test]
fn next_marker_counts_only_if_it_is_ahead_of_the_page() {
    let last = || v1_page("<IsTruncated>false</IsTruncated>");
    let truncated = |content: &str| v1_page(&format!("<IsTruncated>true</IsTruncated>{content}"));
    for (content, marker) in [
        // Garage: after all keys with the prefix
        ("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes><NextMarker>a0</NextMarker>", "a0"),
        // Ceph: the prefix, not encoded
        ("<CommonPrefixes><Prefix>a%25%2F</Prefix></CommonPrefixes><NextMarker>a%/</NextMarker>", "a%25%2F"),
        ("<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes><NextMarker>a</NextMarker>", "b%2F"),
        ("<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>", "b%2F"),
        // SeaweedFS: with U+FFFD instead of a control character
        ("<CommonPrefixes><Prefix>b%01</Prefix></CommonPrefixes><NextMarker>b\u{fffd}</NextMarker>", "b%01"),
        // an empty page
        ("<NextMarker>c</NextMarker>", "c"),
    ] {
        let (_, markers) = v1_prefixes(vec![truncated(content), last()]);
        assert_eq!(markers, [None, Some(marker.to_owned())], "{content}");
    }
}

#[test]
fn prefixes_that_moto_does_not_encode_are_listed_as_they_are() {
    let names = "<CommonPrefixes><Prefix>100%/</Prefix></CommonPrefixes>";
    let (prefixes, _) = v1_prefixes(vec![v1_page(names)]);
    assert_eq!(prefixes, ["100%/"]);
}

#[test]
fn empty_pages_with_a_token_are_followed() {
    let page = |content: &str| Response::xml(&format!("<ListBucketResult>{content}</ListBucketResult>"));
    let server = FakeServer::start([
        page("<IsTruncated>true</IsTruncated><NextContinuationToken>1</NextContinuationToken>"),
        // the flag is missing, but the token is not
        page("<NextContinuationToken>2</NextContinuationToken>"),
        page("<IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>1</Size></Contents>"),
    ]);
    let keys: Vec<_> = client(&server).list_objects("b").map(|object| object.unwrap().key).collect();
    assert_eq!(keys, ["k"]);
    let _: [_; 3] = server.finish();
}
