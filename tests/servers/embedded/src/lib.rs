//! An S3 server on loopback for tests. It stores objects in a temporary folder.
//!
//! Add it to the `dev-dependencies`, and give each test a server of its own:
//!
//! ```
//! use embedded_s3::Server;
//!
//! # fn main() -> std::io::Result<()> {
//! let server = Server::start()?;
//! assert!(server.endpoint().starts_with("http://127.0.0.1:"));
//! // Pass server.endpoint(), server.access_key() and server.secret_key() to the client under test.
//! # Ok(())
//! # }
//! ```
//!
//! The program of the same name, `embedded-s3 COMMAND`, starts a server for one command and passes it the endpoint and
//! the credentials in environment variables.
//!
//! It accepts Signature V2 and V4, checks every signature, enforces ACLs, and supports both path style and virtual-hosted
//! style. It does not implement everything: [compatibility.md] lists its gaps.
//!
//! [compatibility.md]: https://github.com/plain-s3/plain-s3/blob/main/docs/compatibility.md#embedded

mod access;
mod acl;
mod buckets;
mod conditions;
mod folder;
mod http;
mod index;
mod listing;
mod multipart;
mod objects;
mod request_body;
mod server;
mod store;
mod uploads;
mod users;

pub use server::Server;
