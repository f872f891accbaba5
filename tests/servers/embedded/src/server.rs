//! A running server with its folder.

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::folder::Folder;
use crate::http;
use crate::users::{ALICE, BOB};

/// A server on a free port of 127.0.0.1. When it is dropped, it stops, and everything it stores is deleted.
///
/// It runs on two threads of its own, so it can be used in tests with and without an async runtime.
pub struct Server {
    // `None` only while the server is dropped
    runtime: Option<Runtime>,
    folder: Option<Folder>,
    port: u16,
}

impl Server {
    /// Starts a server without buckets.
    ///
    /// # Errors
    ///
    /// Fails if the temporary folder or the threads cannot be created, or no port can be opened.
    pub fn start() -> io::Result<Self> {
        let folder = Folder::create()?;
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let port = {
            let _guard = runtime.enter();
            http::start(folder.path())?
        };
        Ok(Self { runtime: Some(runtime), folder: Some(folder), port })
    }

    /// Returns the endpoint for path style, such as `http://127.0.0.1:40123`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the endpoint for virtual-hosted style, such as `http://s3.localhost:40123`. Most systems resolve
    /// `bucket.s3.localhost` to the loopback address.
    pub fn virtual_hosted_endpoint(&self) -> String {
        format!("http://{}:{}", http::DOMAIN, self.port)
    }

    /// Returns the access key of the first user.
    pub fn access_key(&self) -> &'static str {
        ALICE.access_key
    }

    /// Returns the secret key of the first user.
    pub fn secret_key(&self) -> &'static str {
        ALICE.secret_key
    }

    /// Returns the access key and the secret key of a second user, for tests of ACLs.
    pub fn second_user(&self) -> (&'static str, &'static str) {
        (BOB.access_key, BOB.secret_key)
    }

    /// Stops the server and deletes everything that it stores.
    ///
    /// # Errors
    ///
    /// Fails if the folder cannot be deleted. Dropping the server ignores this error.
    pub fn stop(mut self) -> io::Result<()> {
        self.stop_threads();
        self.folder.take().map_or(Ok(()), Folder::delete)
    }

    fn stop_threads(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        if tokio::runtime::Handle::try_current().is_ok() {
            // waiting is not allowed in an async test
            runtime.shutdown_background();
        } else {
            runtime.shutdown_timeout(Duration::from_secs(2));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_threads();
    }
}
