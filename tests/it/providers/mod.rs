//! The eleven steps of the tutorial with each provider that the tests cannot reach, through its preset.
//!
//! `table` lists the differences of each provider from S3, with their sources. `server` is a scripted server with these
//! differences. `tunnel` is a proxy that leads all connections to it: the client uses the real endpoint, with TLS, and
//! the tests verify the host, the addressing style and the signature of each request.

mod server;
mod table;
mod tunnel;

use std::fs;
use std::time::Duration;

use plain_s3::{CannedAcl, Client, Error, ObjectUrlOptions, PresignOptions, Result, SignatureVersion};

use crate::clients::{ACCESS_KEY, credentials};
use crate::fake_server::FakeServer;
use crate::signatures::{assert_signed_v2, assert_signed_v4_for, percent_decoded, sign_v2, sign_v4_for};
use crate::support::TempDir;
use server::Server;
use table::{Difference, PROVIDERS, Provider};
use tunnel::{CERTIFICATE, Tunnel};

const MAH_BUCKET: &str = "mahbuckat1-2011";
const BUCKET: &str = "my-new-bucket-2011";

#[test]
fn tutorial_succeeds_with_every_provider() {
    for provider in PROVIDERS {
        for version in provider.signatures {
            println!("{} with {version:?}", provider.name); // the test harness prints it if the test fails
            run(provider, *version);
        }
    }
}

/// Every difference and every endpoint has a source that can be looked up.
#[test]
fn every_fact_about_a_provider_has_a_source() {
    for provider in PROVIDERS {
        let sources = provider.differences.iter().map(|(_, source)| *source).chain([provider.source]);
        for source in sources {
            assert!(source.starts_with("https://") && source.len() > 20, "{}: {source}", provider.name);
        }
        let has_acls = provider.acl_error.is_empty();
        let difference = provider.differences.iter().find(|(difference, _)| {
            format!("{difference:?}").contains("Acls") && *difference != Difference::AclsIgnored
        });
        assert_eq!(has_acls, difference.is_none(), "{}", provider.name);
    }
}

fn run(provider: &'static Provider, version: SignatureVersion) {
    let mut scripted = Server::new(provider);
    let server = FakeServer::serve(move |request| scripted.respond(request));
    let tunnel = Tunnel::start(&server);
    let config = (provider.config)().credentials(credentials()).proxy(&tunnel.proxy).ca_pem(CERTIFICATE);
    let client = Client::new(config.signature_version(version)).unwrap();
    steps(&client, provider, version);

    let requests = server.finish_any();
    assert!(requests.len() > 30, "{} requests", requests.len());
    let mut hosts = Vec::new();
    for request in requests {
        let (bucket, _) = provider.target(&request);
        assert!(
            !provider.virtual_hosted || bucket.is_none() || request.header("host") != Some(provider.host)
        );
        hosts.push(format!("{}:443", request.header("host").unwrap()));
        match version {
            SignatureVersion::V4 => assert_signed_v4_for(&request, provider.region),
            _ => assert_signed_v2(&request, bucket.as_deref().filter(|_| provider.virtual_hosted)),
        }
    }
    let mut targets = tunnel.targets().clone();
    for list in [&mut hosts, &mut targets] {
        list.sort();
        list.dedup();
    }
    assert_eq!(targets, hosts);
}

fn steps(client: &Client, provider: &Provider, version: SignatureVersion) {
    // 1 and 2: connecting, and listing owned buckets
    client.create_bucket(MAH_BUCKET).unwrap();
    let owned = client.list_buckets().unwrap();
    assert_eq!(owned.iter().map(|bucket| bucket.name.as_str()).collect::<Vec<_>>(), [MAH_BUCKET]);
    assert_eq!(owned[0].creation_date.to_string(), "2011-04-21T18:05:39.000Z");

    // 3: creating a bucket
    assert!(!client.bucket_exists(BUCKET).unwrap());
    client.create_bucket(BUCKET).unwrap();
    assert!(client.bucket_exists(BUCKET).unwrap());

    // 4: listing its content
    client.put_object(BUCKET, "myphoto1.jpg", vec![1; 251_262]).unwrap();
    client.put_object(BUCKET, "myphoto2.jpg", vec![2; 262_518]).unwrap();
    let listed: Vec<_> = client.list_objects(BUCKET).map(|object| object.unwrap()).collect();
    let listed: Vec<_> = listed.iter().map(|object| (object.key.as_str(), object.size)).collect();
    assert_eq!(listed, [("myphoto1.jpg", 251_262), ("myphoto2.jpg", 262_518)]);

    // 5: deleting a bucket, which must be empty
    let rejected = client.delete_bucket(BUCKET).unwrap_err();
    assert!(rejected.is_bucket_not_empty() && rejected.hint().unwrap().contains("force_delete_bucket"));
    client.delete_bucket(MAH_BUCKET).unwrap();
    assert!(!client.bucket_exists(MAH_BUCKET).unwrap());

    // 6: forced delete
    assert_eq!(client.force_delete_bucket(BUCKET).unwrap().objects, 2);
    assert!(client.list_buckets().unwrap().is_empty());

    // 7: creating an object
    client.create_bucket(BUCKET).unwrap();
    let stored = client.put_object(BUCKET, "hello.txt", "Hello World!").unwrap();
    assert_eq!(stored.e_tag.unwrap().as_str(), "ed076287532e86365e841e92bfc50d8c");

    // 8: changing ACLs
    client.put_object(BUCKET, "secret_plans.txt", "Dominate the world").unwrap();
    match (acls(client), provider.acl_error) {
        (Ok(public), []) => assert_eq!(public, [!provider.differs(Difference::AclsIgnored), false]),
        (Err(error), [_, ..]) => {
            assert!(error.to_string().starts_with(&format!("PutObjectAcl {BUCKET}/hello.txt")), "{error}");
            for words in provider.acl_error {
                assert!(error.to_string().contains(words), "{words} is not in: {error}");
            }
        }
        (result, expected) => panic!("{result:?} instead of {expected:?}"),
    }
    assert_eq!(client.get_object(BUCKET, "hello.txt").unwrap().text().unwrap(), "Hello World!");

    // 9: downloading an object to a file
    let (folder, poetry) = (TempDir::new(), b"BEFOREHAND: close door, each window & exit".repeat(10_000));
    client.put_object(BUCKET, "perl_poetry.pdf", &poetry).unwrap();
    let target = folder.join("perl_poetry.pdf");
    let download = client.download_file(BUCKET, "perl_poetry.pdf", &target).unwrap();
    assert_eq!(download.bytes, poetry.len() as u64);
    assert!(fs::read(target).unwrap() == poetry);

    // 10: deleting an object, and deleting it again
    client.put_object(BUCKET, "goodbye.txt", "Goodbye World!").unwrap();
    client.delete_object(BUCKET, "goodbye.txt").unwrap();
    assert!(!client.object_exists(BUCKET, "goodbye.txt").unwrap());
    client.delete_object(BUCKET, "goodbye.txt").unwrap();

    // 11: URLs
    let (host, path) = match provider.virtual_hosted {
        true => (format!("{BUCKET}.{}", provider.host), String::new()),
        false => (provider.host.to_owned(), format!("{}/{BUCKET}", provider.path)),
    };
    let http = ObjectUrlOptions::new().force_http();
    let url = client.object_url_with(BUCKET, "hello.txt", &http).unwrap();
    assert_eq!(url, format!("http://{host}{path}/hello.txt"));
    let hour = PresignOptions::new(Duration::from_secs(3600));
    let url = client.presign_get_object(BUCKET, "secret_plans.txt", hour).unwrap().url;
    let query =
        url.strip_prefix(&format!("https://{host}{path}/secret_plans.txt?")).expect("the URL of the object");
    let resource = format!("/{BUCKET}/secret_plans.txt");
    verify_query(query, provider, version, &host, &format!("{path}/secret_plans.txt"), &resource);

    client.force_delete_bucket(BUCKET).unwrap();
}

/// Returns whether each of the two objects is public.
fn acls(client: &Client) -> Result<[bool; 2]> {
    client.put_object_acl(BUCKET, "hello.txt", CannedAcl::PublicRead)?;
    client.put_object_acl(BUCKET, "secret_plans.txt", CannedAcl::Private)?;
    let public = |key| Ok::<_, Error>(client.get_object_acl(BUCKET, key)?.is_public_read());
    Ok([public("hello.txt")?, public("secret_plans.txt")?])
}

/// Verifies the signature in the query of a presigned URL.
fn verify_query(
    query: &str,
    provider: &Provider,
    version: SignatureVersion,
    host: &str,
    path: &str,
    resource: &str,
) {
    let value = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        percent_decoded(value.unwrap_or_else(|| panic!("{name} is not in {query}")))
    };
    if version == SignatureVersion::V2 {
        assert_eq!(value("AWSAccessKeyId"), ACCESS_KEY);
        assert_eq!(value("Signature"), sign_v2(&format!("GET\n\n\n{}\n{resource}", value("Expires"))));
        return;
    }
    let date = value("X-Amz-Date");
    let scope = format!("{ACCESS_KEY}/{}/{}/s3/aws4_request", &date[..8], provider.region);
    assert_eq!(value("X-Amz-Credential"), scope);
    let mut signed: Vec<&str> =
        query.split('&').filter(|pair| !pair.starts_with("X-Amz-Signature=")).collect();
    signed.sort_unstable();
    let canonical = format!("GET\n{path}\n{}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD", signed.join("&"));
    assert_eq!(value("X-Amz-Signature"), sign_v4_for(&canonical, &date, provider.region));
}
