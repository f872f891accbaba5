//! How a client connects: certificates and the proxy.

use super::Config;
use super::env::Environment;
use super::proxy::{ProxySetting, ProxyUrl, ProxyVariables};
use super::tls::{CaBundle, Identity};

impl Config {
    /// Trusts only the certificates in this PEM text, in place of the root certificates.
    ///
    /// Use it for servers whose certificates are issued by a private certificate authority, or which use a
    /// self-signed certificate. A certificate that `openssl req -x509` creates with its defaults is that of an
    /// authority; the server that uses it as its own is trusted as well, for the names in the certificate.
    ///
    /// The default root certificates are those of Mozilla. With the feature `rustls-native-certs`, or with
    /// `native-tls`, they are those of the system.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(CaBundle { pem: pem.into(), setting: "Config::ca_pem".to_owned() });
        self
    }

    /// Identifies the client to servers that require a client certificate: the certificate, followed by any
    /// intermediate certificates, and its private key, both as PEM text. By default there is none.
    ///
    /// The key is unencrypted PKCS#8 (`BEGIN PRIVATE KEY`), PKCS#1 (`BEGIN RSA PRIVATE KEY`) or SEC1
    /// (`BEGIN EC PRIVATE KEY`). Both texts may be the same if one file contains both.
    ///
    /// ```
    /// # use plain_s3::Config;
    /// # fn main() -> std::io::Result<()> {
    /// # let folder = std::env::temp_dir().join(format!("plain-s3-example-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let [ca, certificate, key] = ["ca.pem", "client.pem", "client.key"].map(|name| folder.join(name));
    /// # for file in [&ca, &certificate, &key] { std::fs::write(file, "")?; }
    /// let config = Config::new("https://s3.internal.example.com")
    ///     .ca_pem(std::fs::read(ca)?)
    ///     .client_certificate(std::fs::read(certificate)?, std::fs::read(key)?);
    /// # std::fs::remove_dir_all(folder)
    /// # }
    /// ```
    pub fn client_certificate(
        mut self,
        certificate_pem: impl Into<Vec<u8>>,
        key_pem: impl Into<Vec<u8>>,
    ) -> Self {
        self.identity = Some(Identity { certificate_pem: certificate_pem.into(), key_pem: key_pem.into() });
        self
    }

    /// Connects through the HTTP proxy at `http://[user:password@]host[:port]`. By default connections are
    /// direct.
    ///
    /// Requests to an `https` endpoint go through a tunnel (CONNECT), and the proxy sees only host and port.
    /// Requests to an `http` endpoint are forwarded by the proxy. `https://` in the URL of the proxy encrypts
    /// the connection to the proxy, too. Characters such as `@` in the user and the password must be
    /// percent-encoded.
    ///
    /// Variables of the environment are ignored unless
    /// [`proxy_from_env`](Self::proxy_from_env) is called. The last call of the two wins.
    ///
    /// ```
    /// # use plain_s3::Config;
    /// let config = Config::new("https://s3.example.com").proxy("http://proxy.example.com:3128");
    /// ```
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(ProxySetting::Url(ProxyUrl(url.into())));
        self
    }

    /// Connects through the proxy that the environment variables name, as curl does. By default they are
    /// ignored.
    ///
    /// | Variable | Meaning |
    /// |---|---|
    /// | `http_proxy` | proxy of an `http` endpoint; `HTTP_PROXY` is ignored, because a client can set it in a CGI program |
    /// | `https_proxy`, otherwise `HTTPS_PROXY` | proxy of an `https` endpoint |
    /// | `all_proxy`, otherwise `ALL_PROXY` | proxy of both, if the variable above is not set |
    /// | `no_proxy`, otherwise `NO_PROXY` | hosts without a proxy, separated by commas or spaces |
    ///
    /// An entry in `no_proxy` is a host name, which includes all names below it, an IP address, or a network
    /// such as `10.0.0.0/8`, each optionally followed by `:port`. `*` alone means every host. In the URL of a
    /// proxy, `http://` may be omitted, and the default port is 1080, or 443 with `https://`. An empty
    /// variable counts as not set. The variables are read now, not when a client connects.
    ///
    /// [`Client::new`](crate::Client::new) fails if the variable for the endpoint is not the URL of an HTTP
    /// proxy. The error names the variable.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::from_env()?.proxy_from_env())?;
    /// println!("{} buckets", client.list_buckets()?.len());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn proxy_from_env(mut self) -> Self {
        let env = Environment::process();
        self.proxy = Some(ProxySetting::Environment(ProxyVariables::read(|name| env.get(name))));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_certificates_nor_keys() {
        let config = Config::new("http://h").ca_pem("SECRET").client_certificate("SECRET", "SECRET");
        let text = format!("{config:?}");
        assert!(
            text.contains("Config::ca_pem") && !text.contains("SECRET") && !text.contains("83, 69"),
            "{text}"
        );
    }
}
