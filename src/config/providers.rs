//! Configurations for known providers and servers: endpoint, region, signature and addressing style.
//!
//! [`provider_host`](crate::provider_host) knows the same providers by their hosts, and with them the checksums that
//! they reject or verify. docs/providers.md describes their other differences.

use super::Config;
use crate::access_point::is_label;
use crate::encoded_word::MetadataEncoding;
use crate::endpoint::{AddressingStyle, hide_userinfo};
use crate::provider_host::{aws_domain, is_account_id};

impl Config {
    /// Creates a configuration for Alibaba Cloud OSS in a region, such as `eu-central-1` or `cn-hangzhou`, in
    /// virtual-hosted style, the only one that OSS accepts.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::alibaba_oss("eu-central-1"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://b.s3.oss-eu-central-1.aliyuncs.com/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://www.alibabacloud.com/help/en/oss/developer-reference/use-amazon-s3-sdks-to-access-oss
    pub fn alibaba_oss(region: &str) -> Self {
        regional("alibaba_oss", "eu-central-1", region, |region| format!("s3.oss-{region}.aliyuncs.com"))
            .addressing_style(AddressingStyle::VirtualHosted)
    }

    /// Creates a configuration for AWS in a region, such as `eu-west-1`, `cn-north-1` or `us-gov-west-1`, in
    /// virtual-hosted style.
    ///
    /// A bucket argument may also be the alias or the ARN of a regional access point. Multi-region access points,
    /// Outposts and directory buckets require other protocols and are rejected.
    ///
    /// ```
    /// # use plain_s3::{Client, Config, Credentials};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let config = Config::aws("eu-west-1").credentials(Credentials::new("access", "secret"));
    /// let client = Client::new(config)?;
    /// assert_eq!(client.object_url("b", "k")?, "https://b.s3.eu-west-1.amazonaws.com/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://docs.aws.amazon.com/general/latest/gr/s3.html
    pub fn aws(region: &str) -> Self {
        regional("aws", "eu-west-1", region, |region| format!("s3.{region}.{}", aws_domain(region)))
            .addressing_style(AddressingStyle::VirtualHosted)
    }

    /// Creates a configuration like [`aws`](Self::aws), for the endpoint that has IPv6 as well as IPv4 addresses.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::aws_dual_stack("eu-west-1"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://b.s3.dualstack.eu-west-1.amazonaws.com/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/dual-stack-endpoints.html
    pub fn aws_dual_stack(region: &str) -> Self {
        let host = |region: &str| format!("s3.dualstack.{region}.{}", aws_domain(region));
        regional("aws_dual_stack", "eu-west-1", region, host).addressing_style(AddressingStyle::VirtualHosted)
    }

    /// Creates a configuration for Backblaze B2 in a region, such as `us-west-004`.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::backblaze_b2("us-west-004"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://s3.us-west-004.backblazeb2.com/b/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://www.backblaze.com/docs/cloud-storage-s3-compatible-api
    pub fn backblaze_b2(region: &str) -> Self {
        regional("backblaze_b2", "us-west-004", region, |region| format!("s3.{region}.backblazeb2.com"))
    }

    /// Creates a configuration for a Ceph gateway, such as `http://127.0.0.1:8080`. Metadata is sent as UTF-8, as
    /// other clients of Ceph send it.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::ceph("http://127.0.0.1:8080"))?;
    /// assert_eq!(client.object_url("b", "k")?, "http://127.0.0.1:8080/b/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://docs.ceph.com/en/latest/radosgw/s3/; any region is accepted (measured, docs/providers.md)
    pub fn ceph(endpoint: &str) -> Self {
        provider(endpoint.to_owned(), "us-east-1").metadata_encoding(MetadataEncoding::Utf8)
    }

    /// Creates a configuration for Cloudflare R2. The account ID has 32 hexadecimal digits, with `.eu` or `.fedramp`
    /// appended for a bucket in that jurisdiction.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::cloudflare_r2("0123456789abcdef0123456789abcdef"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com/b/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://developers.cloudflare.com/r2/api/s3/api/
    pub fn cloudflare_r2(account_id: &str) -> Self {
        let example = "0123456789abcdef0123456789abcdef";
        let valid = match account_id.split_once('.') {
            Some((id, jurisdiction)) => is_account_id(id) && is_label(jurisdiction),
            None => is_account_id(account_id),
        };
        provider(format!("https://{account_id}.r2.cloudflarestorage.com"), "auto").checked(valid, || {
            problem("cloudflare_r2", "account ID", account_id, "has 32 hexadecimal digits", example)
        })
    }

    /// Creates a configuration for DigitalOcean Spaces in a region, such as `nyc3`.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::digitalocean_spaces("nyc3"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://nyc3.digitaloceanspaces.com/b/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://docs.digitalocean.com/reference/api/spaces: the endpoint, and the region in signatures
    pub fn digitalocean_spaces(region: &str) -> Self {
        regional("digitalocean_spaces", "nyc3", region, |region| format!("{region}.digitaloceanspaces.com"))
    }

    /// Creates a configuration for DreamObjects in a region, such as `us-east-005`. The older hosts, such as
    /// `objects-us-west-1.dream.io`, are not regions: use [`Config::ceph`].
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::dreamobjects("us-east-005"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://s3.us-east-005.dream.io/b/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://help.dreamhost.com/hc/en-us/articles/360001370846
    pub fn dreamobjects(region: &str) -> Self {
        regional("dreamobjects", "us-east-005", region, |region| format!("s3.{region}.dream.io"))
    }

    /// Creates a configuration for Garage, with the region that is `s3_region` in its configuration.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::garage("http://127.0.0.1:3900", "garage"))?;
    /// assert_eq!(client.object_url("b", "k")?, "http://127.0.0.1:3900/b/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://garagehq.deuxfleurs.fr/documentation/reference-manual/s3-compatibility
    pub fn garage(endpoint: &str, region: &str) -> Self {
        provider(endpoint.to_owned(), region)
    }

    /// Creates a configuration for Google Cloud Storage with HMAC keys. To list and create buckets, set
    /// [`project_id`](Self::project_id).
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::google_cloud_storage())?;
    /// assert_eq!(client.object_url("b", "k")?, "https://storage.googleapis.com/b/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://cloud.google.com/storage/docs/interoperability
    pub fn google_cloud_storage() -> Self {
        provider("https://storage.googleapis.com".to_owned(), "auto")
    }

    /// Creates a configuration for Hetzner Object Storage in a location, such as `fsn1`, in virtual-hosted style.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::hetzner("fsn1"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://b.fsn1.your-objectstorage.com/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://github.com/rclone/rclone/blob/master/backend/s3/provider/Hetzner.yaml
    pub fn hetzner(region: &str) -> Self {
        regional("hetzner", "fsn1", region, |region| format!("{region}.your-objectstorage.com"))
            .addressing_style(AddressingStyle::VirtualHosted)
    }

    /// Creates a configuration for IDrive e2 in a region, such as `us-west-1`. Signatures contain `us-east-1` in every
    /// region.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::idrive_e2("us-west-1"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://s3.us-west-1.idrivee2.com/b/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://www.idrive.com/s3-storage-e2/e2-endpoint-urls, and the region: https://idrive.com/s3-storage-e2/guides/operations
    pub fn idrive_e2(region: &str) -> Self {
        regional("idrive_e2", "us-west-1", region, |region| format!("s3.{region}.idrivee2.com"))
            .region("us-east-1")
    }

    /// Creates a configuration for Linode (Akamai) Object Storage with the ID of its cluster, the first label of the
    /// endpoint, such as `us-east-1`, in virtual-hosted style.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::linode("us-east-1"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://b.us-east-1.linodeobjects.com/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://techdocs.akamai.com/cloud-computing/docs/endpoint-types
    pub fn linode(region: &str) -> Self {
        regional("linode", "us-east-1", region, |region| format!("{region}.linodeobjects.com"))
            .addressing_style(AddressingStyle::VirtualHosted)
    }

    /// Creates a configuration for MinIO in its default region.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::minio("http://127.0.0.1:9000"))?;
    /// assert_eq!(client.object_url("b", "k")?, "http://127.0.0.1:9000/b/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://min.io/docs/minio/linux/reference/s3-api-compatibility.html
    pub fn minio(endpoint: &str) -> Self {
        provider(endpoint.to_owned(), "us-east-1")
    }

    /// Creates a configuration for OVHcloud Object Storage in a region, such as `gra`, in virtual-hosted style. The
    /// regions of OVHcloud US have another domain: use [`Config::new`].
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::ovhcloud("gra"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://b.s3.gra.io.cloud.ovh.net/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://github.com/ovh/docs/blob/develop/pages/storage_and_backup/object_storage/s3_location/guide.en-gb.md
    pub fn ovhcloud(region: &str) -> Self {
        regional("ovhcloud", "gra", region, |region| format!("s3.{region}.io.cloud.ovh.net"))
            .addressing_style(AddressingStyle::VirtualHosted)
    }

    /// Creates a configuration for Scaleway Object Storage in a region, such as `fr-par`, in virtual-hosted style.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::scaleway("fr-par"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://b.s3.fr-par.scw.cloud/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://www.scaleway.com/en/docs/object-storage/api-cli/object-operations/
    pub fn scaleway(region: &str) -> Self {
        regional("scaleway", "fr-par", region, |region| format!("s3.{region}.scw.cloud"))
            .addressing_style(AddressingStyle::VirtualHosted)
    }

    /// Creates a configuration for Supabase. The project reference is the first label of the project's URL, and the
    /// region is that of the project.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::supabase("abcdefghijklmnopqrst", "eu-west-1"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://abcdefghijklmnopqrst.storage.supabase.co/storage/v1/s3/b/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://supabase.com/docs/guides/storage/s3/authentication
    pub fn supabase(project_ref: &str, region: &str) -> Self {
        let host = |_: &str| format!("{project_ref}.storage.supabase.co/storage/v1/s3");
        regional("supabase", "eu-west-1", region, host).checked(is_label(project_ref), || {
            problem("supabase", "project reference", project_ref, LABEL, "abcdefghijklmnopqrst")
        })
    }

    /// Creates a configuration for OpenStack Swift in its default region.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::swift("http://127.0.0.1:8080"))?;
    /// assert_eq!(client.object_url("b", "k")?, "http://127.0.0.1:8080/b/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://docs.openstack.org/swift/latest/middleware.html: the option `location` of s3api
    pub fn swift(endpoint: &str) -> Self {
        provider(endpoint.to_owned(), "us-east-1")
    }

    /// Creates a configuration for Wasabi in a region, such as `eu-central-1`.
    ///
    /// ```
    /// # use plain_s3::{Client, Config};
    /// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
    /// let client = Client::new(Config::wasabi("eu-central-1"))?;
    /// assert_eq!(client.object_url("b", "k")?, "https://s3.eu-central-1.wasabisys.com/b/k");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    // https://docs.wasabi.com/docs/service-urls-for-wasabis-storage-regions-2
    pub fn wasabi(region: &str) -> Self {
        regional("wasabi", "eu-central-1", region, |region| format!("s3.{region}.wasabisys.com"))
    }
}

/// The rule for a region or a project reference, which is part of a host name.
const LABEL: &str = "has 1 to 63 characters from a-z, 0-9 and -";

/// Returns a configuration with Signature V4, which every provider accepts, and in path style.
fn provider(endpoint: String, region: &str) -> Config {
    Config::new(endpoint).region(region)
}

/// Returns a configuration for the host of a region. A client cannot be created from it if the region is invalid.
fn regional(preset: &str, example: &str, region: &str, host: impl Fn(&str) -> String) -> Config {
    provider(format!("https://{}", host(region)), region)
        .checked(is_label(region), || problem(preset, "region", region, LABEL, example))
}

impl Config {
    /// Records the problem of an invalid argument. `Client::new` returns it as an error.
    fn checked(mut self, valid: bool, problem: impl FnOnce() -> String) -> Self {
        if !valid {
            self.invalid_argument.get_or_insert_with(problem);
        }
        self
    }
}

fn problem(preset: &str, name: &str, value: &str, rule: &str, example: &str) -> String {
    let value = hide_userinfo(value);
    format!("the {name} {value:?} of Config::{preset} is invalid; it {rule}, such as {example}")
}

#[cfg(all(test, any(feature = "rustls", feature = "native-tls")))]
mod tests {
    use super::*;
    use crate::endpoint::Endpoint;
    use crate::signer::RequestSigner;
    use crate::{Client, Credentials, Method, RawRequest};

    const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
    const SERVER: &str = "http://127.0.0.1:8080";

    #[test]
    fn presets_address_and_sign_as_their_providers_document() {
        for (config, url, region) in [
            (
                Config::alibaba_oss("cn-hangzhou"),
                "https://b.s3.oss-cn-hangzhou.aliyuncs.com/k",
                "cn-hangzhou",
            ),
            (Config::aws("us-east-1"), "https://b.s3.us-east-1.amazonaws.com/k", "us-east-1"),
            (Config::aws("us-gov-west-1"), "https://b.s3.us-gov-west-1.amazonaws.com/k", "us-gov-west-1"),
            (Config::aws("cn-north-1"), "https://b.s3.cn-north-1.amazonaws.com.cn/k", "cn-north-1"),
            (
                Config::aws_dual_stack("cn-north-1"),
                "https://b.s3.dualstack.cn-north-1.amazonaws.com.cn/k",
                "cn-north-1",
            ),
            (
                Config::backblaze_b2("us-west-004"),
                "https://s3.us-west-004.backblazeb2.com/b/k",
                "us-west-004",
            ),
            (Config::ceph(SERVER), "http://127.0.0.1:8080/b/k", "us-east-1"),
            (
                Config::cloudflare_r2(ACCOUNT),
                "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com/b/k",
                "auto",
            ),
            (Config::digitalocean_spaces("nyc3"), "https://nyc3.digitaloceanspaces.com/b/k", "nyc3"),
            (Config::dreamobjects("us-east-005"), "https://s3.us-east-005.dream.io/b/k", "us-east-005"),
            (Config::garage(SERVER, "garage"), "http://127.0.0.1:8080/b/k", "garage"),
            (Config::google_cloud_storage(), "https://storage.googleapis.com/b/k", "auto"),
            (Config::hetzner("fsn1"), "https://b.fsn1.your-objectstorage.com/k", "fsn1"),
            (Config::idrive_e2("us-west-1"), "https://s3.us-west-1.idrivee2.com/b/k", "us-east-1"),
            (Config::linode("us-east-1"), "https://b.us-east-1.linodeobjects.com/k", "us-east-1"),
            (Config::minio(SERVER), "http://127.0.0.1:8080/b/k", "us-east-1"),
            (Config::ovhcloud("gra"), "https://b.s3.gra.io.cloud.ovh.net/k", "gra"),
            (Config::scaleway("fr-par"), "https://b.s3.fr-par.scw.cloud/k", "fr-par"),
            (
                Config::supabase("abc", "eu-west-1"),
                "https://abc.storage.supabase.co/storage/v1/s3/b/k",
                "eu-west-1",
            ),
            (Config::swift(SERVER), "http://127.0.0.1:8080/b/k", "us-east-1"),
            (Config::wasabi("eu-central-1"), "https://s3.eu-central-1.wasabisys.com/b/k", "eu-central-1"),
        ] {
            let signer = RequestSigner::new(&config.credentials(Credentials::new("a", "s"))).unwrap();
            let request = RawRequest::new(Method::Get).bucket("b").key("k");
            let signed = signer.sign(&request).unwrap();
            assert_eq!(signed.url, url);
            let (_, scope) = signed.headers.iter().find(|(name, _)| name == "authorization").unwrap();
            assert!(scope.contains(&format!("/{region}/s3/aws4_request")), "{scope}");
        }
    }

    #[test]
    fn rejected_checksums_are_known_for_the_presets() {
        let endpoint = |config: Config| Endpoint::parse(&config.endpoint).unwrap();
        assert!(endpoint(Config::backblaze_b2("us-west-004")).rejects_checksums());
        assert!(endpoint(Config::dreamobjects("us-east-005")).rejects_checksums());
        for region in ["eu-west-1", "cn-north-1"] {
            assert!(endpoint(Config::aws(region)).verifies_checksums());
        }
    }

    #[test]
    fn account_of_r2_may_have_a_jurisdiction() {
        let account = "0123456789abcdef0123456789abcdef";
        let client = Client::new(Config::cloudflare_r2(&format!("{account}.eu"))).unwrap();
        let url = client.object_url("b", "k").unwrap();
        assert_eq!(url, format!("https://{account}.eu.r2.cloudflarestorage.com/b/k"));
        assert!(Client::new(Config::cloudflare_r2(&format!("{account}.eu.example"))).is_err());
    }

    #[test]
    fn invalid_argument_of_a_preset_is_named_with_its_rule() {
        type Preset = fn(&str) -> Config;
        const REGIONAL: [(&str, Preset); 12] = [
            ("alibaba_oss", Config::alibaba_oss),
            ("aws", Config::aws),
            ("aws_dual_stack", Config::aws_dual_stack),
            ("backblaze_b2", Config::backblaze_b2),
            ("digitalocean_spaces", Config::digitalocean_spaces),
            ("dreamobjects", Config::dreamobjects),
            ("hetzner", Config::hetzner),
            ("idrive_e2", Config::idrive_e2),
            ("linode", Config::linode),
            ("ovhcloud", Config::ovhcloud),
            ("scaleway", Config::scaleway),
            ("wasabi", Config::wasabi),
        ];
        let text = |config: Config| Client::new(config).unwrap_err().to_string();
        let long = "a".repeat(64);
        let invalid =
            ["", "https://s3.example.com", "s3.example.com", "a/b", "x y", "h#", "EU", "-a", "a-", &long];
        for value in invalid {
            for (preset, config) in REGIONAL {
                let found = text(config(value));
                let start = format!(
                    "the region {value:?} of Config::{preset} is invalid; it has 1 to 63 characters from a-z, 0-9 and -, such as "
                );
                assert!(found.starts_with(&start), "{found}");
            }
            let found = text(Config::supabase(value, "eu-west-1"));
            assert!(
                found.starts_with(&format!("the project reference {value:?} of Config::supabase")),
                "{found}"
            );
            let found = text(Config::supabase("abc", value));
            assert!(found.starts_with(&format!("the region {value:?} of Config::supabase")), "{found}");
            let found = text(Config::cloudflare_r2(value));
            assert!(
                found.starts_with(&format!("the account ID {value:?} of Config::cloudflare_r2")),
                "{found}"
            );
        }
        let found = text(Config::wasabi("https://user:hunter2@s3.example.com"));
        assert!(!found.contains("hunter2"), "{found}");
    }

    #[test]
    fn invalid_endpoint_of_a_preset_is_rejected() {
        for endpoint in ["", "127.0.0.1", "https://", "https://s3.example.com/?a"] {
            for config in [
                Config::ceph(endpoint),
                Config::garage(endpoint, "garage"),
                Config::minio(endpoint),
                Config::swift(endpoint),
            ] {
                let found = Client::new(config).unwrap_err().to_string();
                assert!(found.starts_with(&format!("the endpoint {endpoint:?} has ")), "{found}");
            }
        }
        for region in ["", "a/b", "x y"] {
            let found = Client::new(Config::garage(SERVER, region)).unwrap_err().to_string();
            assert!(found.starts_with(&format!("the region {region:?} is not a valid name")), "{found}");
        }
    }

    fn sign(bucket: &str, config: Config) -> crate::Result<crate::SignedRequest> {
        let signer = RequestSigner::new(&config.credentials(Credentials::new("a", "s")))?;
        signer.sign(&RawRequest::new(Method::Get).bucket(bucket).key("a b"))
    }

    #[test]
    fn access_points_are_addressed_by_their_own_host_and_region() {
        let arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/data";
        let signed = sign(arn, Config::aws("us-east-1")).unwrap();
        assert_eq!(signed.url, "https://data-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/a%20b");
        assert!(signed.headers.iter().any(|(_, value)| value.contains("/eu-west-1/s3/aws4_request")));
        let path_style = Config::aws("us-east-1").addressing_style(AddressingStyle::Path);
        let alias = sign("data-abc123-s3alias", path_style).unwrap();
        assert_eq!(alias.url, "https://data-abc123-s3alias.s3.us-east-1.amazonaws.com/a%20b");
        for (bucket, config, words) in [
            (arn, Config::ceph(SERVER), "only AWS serves"),
            ("b--use1-az4--x-s3", Config::aws("us-east-1"), "directory bucket"),
            ("m1.mrap", Config::aws("us-east-1"), "multi-region access point"),
            ("arn:aws:s3::1:accesspoint/m.mrap", Config::aws("us-east-1"), "multi-region access point"),
        ] {
            let error = sign(bucket, config).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
