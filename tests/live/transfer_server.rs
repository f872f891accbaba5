//! The real server that the environment names, for tests of transfers; `main.rs` lists the variables.

use std::fs;
use std::sync::RwLockReadGuard;

use plain_s3::{Client, Config, Credentials};

use crate::server;
use crate::support::{Random, say, skip, variable};

/// A real server, and a bucket of our own on it, which is emptied and removed at the end.
pub(crate) struct Live {
    pub(crate) name: String,
    pub(crate) endpoint: String,
    pub(crate) bucket: String,
    user: Credentials,
    _shared: RwLockReadGuard<'static, ()>,
}

impl Live {
    /// `None` where there is no server, which is said, or is a failure where `S3_TEST_REQUIRED` is 1.
    pub(crate) fn from_env(purpose: &str) -> Option<Self> {
        let Some(endpoint) = variable("S3_ENDPOINT") else {
            skip(&format!("{purpose}: skipped, as S3_ENDPOINT is not set; see tests/live/main.rs"));
            return None;
        };
        let live = Self {
            _shared: server::share(),
            name: variable("S3_TEST_SERVER").unwrap_or_else(|| endpoint.clone()),
            endpoint,
            bucket: format!("transfers-{:x}", Random::new_seed()),
            user: credentials("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY").expect("the keys are not set"),
        };
        live.client().create_bucket(&live.bucket).unwrap();
        Some(live)
    }

    /// A client of the server alone, for a process that is not the test itself.
    pub(crate) fn client_from_env() -> Client {
        let region = variable("AWS_REGION").unwrap_or_else(|| "us-east-1".to_owned());
        Client::new(Config::from_env().unwrap().region(region)).unwrap()
    }

    /// The settings for this server, or for something that stands before it.
    pub(crate) fn config_at(&self, endpoint: impl Into<String>) -> Config {
        let region = variable("AWS_REGION").unwrap_or_else(|| "us-east-1".to_owned());
        Config::new(endpoint).credentials(self.user.clone()).region(region)
    }

    pub(crate) fn config(&self) -> Config {
        self.config_at(&self.endpoint)
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.config()).unwrap()
    }

    /// The second user, where there is one.
    pub(crate) fn other(&self) -> Option<Client> {
        let other = credentials("S3_TEST_OTHER_ACCESS_KEY_ID", "S3_TEST_OTHER_SECRET_ACCESS_KEY")?;
        Some(Client::new(self.config().credentials(other)).unwrap())
    }

    /// The same settings over HTTPS, where the server and this build have it.
    pub(crate) fn https(&self) -> Option<Config> {
        let built_in = cfg!(any(feature = "rustls", feature = "native-tls"));
        let endpoint = variable("S3_TEST_TLS_ENDPOINT").filter(|_| built_in)?;
        let config = self.config_at(endpoint);
        Some(match variable("S3_TEST_CA") {
            Some(path) => config.ca_pem(fs::read(path).unwrap()),
            None => config,
        })
    }

    /// Tells what was found, whether the test passes or not.
    pub(crate) fn report(&self, text: &str) {
        say(&format!("{}: {text}", self.name));
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let client = self.client();
        // what fails here may be what the test has failed of
        let uploads = client.list_multipart_uploads(&self.bucket);
        for upload in uploads.flatten() {
            let _ = client.abort_multipart_upload(&self.bucket, &upload.key, &upload.upload_id);
        }
        let _ = client.force_delete_bucket(&self.bucket);
    }
}

fn credentials(access: &str, secret: &str) -> Option<Credentials> {
    Some(Credentials::new(variable(access)?, variable(secret)?))
}
