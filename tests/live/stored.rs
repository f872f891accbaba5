//! Tags, website redirects, metadata, attributes and part numbers of objects.

use plain_s3::{
    Client, ErrorKind, GetObjectOptions, MetadataEncoding, Method, PutObjectOptions, RawRequest,
    SignatureVersion,
};

use super::fixture::TestBucket;
use super::gaps;
use super::server::Variant;

pub(crate) fn tags_and_redirects(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let options = PutObjectOptions::new().tagging([("project", "plain & simple"), ("café", "é=1")]);
    match client.put_object_with(&bucket, "tagged", "x", &options) {
        Err(error) if error.is_not_implemented() && gaps::TAGS.is_gap() => {}
        stored => drop(gaps::TAG_CHARACTERS.supported(stored)),
    }
    let options = PutObjectOptions::new().tagging([("project", "plain = simple"), ("e", "1")]);
    let stored = client.put_object_with(&bucket, "tagged", "x", &options);
    gaps::TAGS.supported(stored);
    let request = RawRequest::new(Method::Get).bucket(&*bucket).key("tagged").subresource("tagging");
    if variant.signature == SignatureVersion::V4 || !gaps::V2_SUBRESOURCES.is_gap() {
        let tags = client.send_raw(&request, "").and_then(plain_s3::RawResponse::text);
        gaps::TAGS.check(match tags {
            Ok(xml) if xml.contains("plain = simple") => Ok(()),
            other => Err(format!("{other:?}")),
        });
    }

    let options = PutObjectOptions::new().website_redirect_location("/other.html");
    let stored = client.put_object_with(&bucket, "moved", "x", &options);
    let Some(_) = gaps::REDIRECTS.supported(stored) else { return };
    let head = client.head_object(&bucket, "moved").unwrap();
    gaps::REDIRECTS.check(match head.header("x-amz-website-redirect-location") {
        Some("/other.html") => Ok(()),
        other => Err(format!("{other:?}")),
    });
}

pub(crate) fn non_ascii_metadata(variant: &Variant<'_>) {
    for encoding in [MetadataEncoding::EncodedWords, MetadataEncoding::Utf8] {
        let config = variant.config().credentials(variant.server.user.clone()).metadata_encoding(encoding);
        let client = Client::new(config).unwrap();
        match encoding {
            MetadataEncoding::Utf8 => {
                gaps::UTF8_HEADERS.attempt(|| metadata_round_trips(&client));
            }
            _ => metadata_round_trips(&client),
        }
    }
}

fn metadata_round_trips(client: &Client) {
    let bucket = TestBucket::create(client);
    let values = ["café", "日本 語", "ÿ", "a \"quoted\" =?word?=", "🦀 and text"];
    let mut options = PutObjectOptions::new();
    for (i, value) in values.iter().enumerate() {
        options = options.metadata(&format!("v{i}"), *value);
    }
    client.put_object_with(&bucket, "k", "x", &options).unwrap();
    for metadata in [
        client.head_object(&bucket, "k").unwrap().metadata,
        client.get_object(&bucket, "k").unwrap().metadata.metadata,
    ] {
        for (i, value) in values.iter().enumerate() {
            assert_eq!(metadata[&format!("v{i}")], *value);
        }
    }
}

pub(crate) fn attributes(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let stored = client.put_object(&bucket, "k", vec![7; 3 << 20]).unwrap();
    let attributes = client.get_object_attributes(&bucket, "k");
    if let Err(error) = &attributes {
        assert!(matches!(error.kind(), ErrorKind::UnexpectedResponse | ErrorKind::Server), "{error}");
    }
    gaps::ATTRIBUTES.check(attributes.map_err(|error| error.to_string()).map(|attributes| {
        assert_eq!((attributes.size, attributes.e_tag), (Some(3 << 20), stored.e_tag));
    }));
    assert!(client.get_object_attributes(&bucket, "missing").is_err());
}

pub(crate) fn part_numbers(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "whole").unwrap();
    let part = GetObjectOptions::new().part_number(1);
    for outcome in [
        client.get_object_with(&bucket, "k", &part).and_then(plain_s3::ObjectReader::text),
        client.head_object_with(&bucket, "k", &part).map(|_| "whole".to_owned()),
    ] {
        gaps::PART_NUMBERS
            .check(outcome.map_err(|error| error.to_string()).map(|text| assert_eq!(text, "whole")));
    }
}
