//! The eleven steps of the tutorial with each provider that the tests cannot reach, through its preset.
//!
//! `table` lists the differences of each provider from S3, with their sources. `server` is a scripted server with these
//! differences. `tunnel` is a proxy that leads all connections to it: the client uses the real endpoint, with TLS, and
//! the tests verify the host, the addressing style and the signature of each request.

mod server;
mod table;
mod tunnel;

use std::fs::{self, File};
use std::time::Duration;

use plain_s3::{
    AddressingStyle, CannedAcl, Client, Config, Error, ObjectUrlOptions, PresignOptions, Result,
    SignatureVersion, UploadOptions, Verification,
};

use crate::clients::{ACCESS_KEY, credentials};
use crate::fake_server::{FakeServer, Request, Response};
use crate::signatures::{assert_signed_v2, assert_signed_v4_for, percent_decoded, sign_v2, sign_v4_for};
use crate::support::TempDir;
use server::Server;
use table::{Difference, PROVIDERS, Provider};
use tunnel::{CERTIFICATE, Tunnel};

/// The servers that other tests run, so that no scripted server stands in for them.
const MEASURED: [&str; 3] = ["Ceph", "OpenStack Swift", "the embedded server"];
const MAH_BUCKET: &str = "mahbuckat1-2011";
const PART_SIZE: usize = 5 << 20;
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

/// The settings and the sources in docs/providers.md are those of this table.
#[test]
fn page_describes_every_provider_as_the_table_does() {
    let page = include_str!("../../../docs/providers.md");
    let mut missing = Vec::new();
    for provider in PROVIDERS {
        let name = provider.name;
        let anchor = name.to_lowercase().replace(' ', "-");
        let start = format!("| [{name}](#{anchor}) | ");
        let row =
            page.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_else(|| panic!("{start}"));
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        let [endpoint, region, signatures, addressing, acls] = cells[..] else { panic!("{row}") };
        assert!(is_endpoint(endpoint, provider), "{name}: {endpoint}");
        assert!(!region.starts_with('`') || region == format!("`{}`", provider.region), "{name}: {region}");
        let versions = if provider.signatures.len() == 2 { "V2 and V4" } else { "V4" };
        assert_eq!(signatures, versions, "{name}");
        let style = if provider.virtual_hosted { "virtual-hosted" } else { "path" };
        assert!(addressing == "both" || addressing.contains(style), "{name}: {addressing}");
        let has_acls = provider.acl_error.is_empty() && !provider.differs(Difference::AclsIgnored);
        match acls {
            "yes" => assert!(has_acls, "{name}"),
            "no" => assert!(!has_acls, "{name}"),
            other => assert!(other.contains("if") || other.contains("unless"), "{name}: {other}"),
        }

        let (_, section) = page.split_once(&format!("\n## {name}\n")).unwrap_or_else(|| panic!("## {name}"));
        let section = section.split("\n## ").next().unwrap();
        let sources = provider.differences.iter().map(|(_, source)| *source).chain([provider.source]);
        missing.extend(sources.filter(|source| !section.contains(source)).map(|source| (name, source)));
    }
    assert!(missing.is_empty(), "the page lacks these sources: {missing:#?}");
    let rows = page.lines().filter(|line| line.starts_with("| [")).count();
    assert_eq!(rows, PROVIDERS.len() + MEASURED.len());
    assert!(
        MEASURED.iter().all(|name| page.contains(&format!("\n## {}\n", name.replace("the emb", "The emb"))))
    );
}

/// The providers are named where a user looks for them: in the README and in the documentation of `Config`.
#[test]
fn every_provider_is_named_in_the_readme_and_by_config() {
    let readme = include_str!("../../../README.md").split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, config) =
        include_str!("../../../src/config/mod.rs").split_once("/// The configuration of a").unwrap();
    let config = config.split("pub struct Config").next().unwrap();
    for name in PROVIDERS.iter().map(|provider| provider.name).chain([MEASURED[0], MEASURED[1]]) {
        assert!(readme.contains(name), "{name}");
    }
    for piece in include_str!("../../../src/config/providers.rs").split("    pub fn ").skip(1) {
        let preset = piece.split('(').next().unwrap();
        assert!(config.contains(&format!("[`{preset}`](Self::{preset})")), "{preset}");
    }
}

#[test]
fn file_in_two_parts_is_uploaded_and_downloaded_once() {
    let content = vec![7; PART_SIZE + 1];
    let options = UploadOptions::new().part_size(PART_SIZE as u64);
    for provider in
        PROVIDERS.iter().filter(|provider| ["Alibaba Cloud OSS", "Scaleway"].contains(&provider.name))
    {
        println!("{}", provider.name);
        let (server, _tunnel, config) = start(provider);
        let client = Client::new(config).unwrap();
        client.create_bucket(BUCKET).unwrap();
        let upload = client.upload_reader_with(BUCKET, "film.mp4", &content[..], &options).unwrap();
        assert_eq!(upload.parts, 2);
        let mut found = Vec::new();
        let download = client.download_to(BUCKET, "film.mp4", &mut found).unwrap();
        assert!(found == content);
        let verification = match provider.differs(Difference::OpaqueMultipartETags) {
            true => Verification::Length,
            false => Verification::MultipartMd5 { parts: 2 },
        };
        assert_eq!(download.verification, verification);
        let gets = |request: &Request| request.method() == "GET" && request.path().ends_with("/film.mp4");
        assert_eq!(server.finish_any().iter().filter(|request| gets(request)).count(), 1);
    }
}

/// Only the first part is sent, because the server rejects it.
#[test]
fn part_size_grows_to_stay_within_the_limit_of_parts() {
    const LENGTH: u64 = 17 << 30;
    let folder = TempDir::new();
    let film = folder.join("film.mp4");
    File::create(&film).unwrap().set_len(LENGTH).unwrap(); // a sparse file
    for provider in PROVIDERS.iter().filter(|provider| provider.differs(Difference::ThousandParts)) {
        let (server, _tunnel, config) = start_with(provider, |request| match request.method() {
            "POST" => Response::xml(
                "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
            ),
            "DELETE" => Response::new(204),
            _ => Response::error(403, "AccessDenied"),
        });
        let error = Client::new(config).unwrap().upload_file(BUCKET, "film.mp4", &film).unwrap_err();
        assert!(error.is_access_denied(), "{error}");
        let requests = server.finish_any();
        let part = requests.iter().find(|request| request.method() == "PUT").unwrap();
        assert!(LENGTH.div_ceil(part.body.len() as u64) <= 1000, "{}", part.body.len());
    }
}

#[test]
fn rejected_path_style_has_a_hint() {
    let only_virtual_hosted: Vec<_> =
        PROVIDERS.iter().filter(|provider| provider.path_style_error().is_some()).collect();
    assert!(!only_virtual_hosted.is_empty());
    for provider in only_virtual_hosted {
        let (_server, _tunnel, config) = start(provider);
        let client = Client::new(config.addressing_style(AddressingStyle::Path)).unwrap();
        let error = client.put_object(BUCKET, "hello.txt", "Hello World!").unwrap_err();
        assert_eq!(error.code(), provider.path_style_error());
        assert!(error.hint().unwrap().contains("AddressingStyle::VirtualHosted"), "{error}");
    }
}

/// Returns `true` if the endpoint of the page, whose upper-case words are placeholders, fits that of the provider.
fn is_endpoint(page: &str, provider: &Provider) -> bool {
    let Some(pattern) = page.strip_prefix("`https://").and_then(|rest| rest.strip_suffix('`')) else {
        return page.starts_with("your ") && provider.host.ends_with(".example");
    };
    let endpoint = format!("{}{}", provider.host, provider.path);
    let is_placeholder = |c: char| c.is_ascii_uppercase() || c == '_';
    match pattern.split_once(is_placeholder) {
        Some((before, after)) => {
            let after = after.trim_start_matches(is_placeholder);
            endpoint.strip_prefix(before).is_some_and(|rest| rest.ends_with(after))
        }
        None => endpoint == pattern,
    }
}

#[test]
fn error_of_google_without_a_project_names_the_setting() {
    let google = PROVIDERS.iter().find(|provider| provider.differs(Difference::ProjectRequired)).unwrap();
    let (_server, tunnel, _) = start(google);
    let config = Config::google_cloud_storage().credentials(credentials());
    let client = Client::new(config.proxy(&tunnel.proxy).ca_pem(CERTIFICATE)).unwrap();
    for error in [client.list_buckets().unwrap_err(), client.create_bucket(BUCKET).unwrap_err()] {
        assert!(error.hint().unwrap().contains("check Config::project_id"), "{error}");
    }
    let error = client.list_objects(BUCKET).next().unwrap().unwrap_err();
    assert!(error.is_not_found() && !error.hint().unwrap().contains("project_id"), "{error}");
}

/// Starts the scripted server of a provider, and returns the configuration to reach it.
fn start(provider: &'static Provider) -> (FakeServer, Tunnel, Config) {
    let mut scripted = Server::new(provider);
    start_with(provider, move |request| scripted.respond(request))
}

/// Starts a server in the place of a provider, and returns the configuration to reach it.
fn start_with(
    provider: &Provider,
    respond: impl FnMut(&Request) -> Response + Send + 'static,
) -> (FakeServer, Tunnel, Config) {
    let server = FakeServer::serve(respond);
    let tunnel = Tunnel::start(&server);
    let config = (provider.config)().credentials(credentials()).proxy(&tunnel.proxy).ca_pem(CERTIFICATE);
    (server, tunnel, config)
}

fn run(provider: &'static Provider, version: SignatureVersion) {
    let (server, tunnel, config) = start(provider);
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
    let e_tag = stored.e_tag.unwrap();
    assert_eq!(e_tag.as_str().to_lowercase(), "ed076287532e86365e841e92bfc50d8c");
    assert_eq!(client.head_object(BUCKET, "hello.txt").unwrap().e_tag, Some(e_tag));

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
