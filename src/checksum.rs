//! The comparison of content with the MD5 that its ETag is.

use md5::{Digest as _, Md5};

use crate::encode;
use crate::error::{Error, ErrorKind, Result};

/// What was compared before content was called whole. The length always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verification {
    /// The length, and the MD5 that the ETag is.
    Md5,
    /// The length alone: the object was uploaded in parts or is encrypted, so that its ETag is no MD5; or a
    /// range was read; or the check was turned off.
    Length,
}

/// A hash on its way to the value it must have.
#[derive(Clone, Debug)]
pub(crate) struct Md5Check {
    wanted: [u8; 16],
    so_far: Md5,
}

impl Md5Check {
    pub(crate) fn new(wanted: [u8; 16]) -> Self {
        Self { wanted, so_far: Md5::new() }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.so_far.update(bytes);
    }

    pub(crate) fn finish(&self) -> Result<()> {
        same(&self.so_far.clone().finalize().into(), &self.wanted, "the content")
    }
}

/// An error where the MD5 of `what` is not the one that the server speaks of.
pub(crate) fn same(ours: &[u8; 16], theirs: &[u8; 16], what: &str) -> Result<()> {
    if ours == theirs {
        return Ok(());
    }
    let message =
        format!("{what} has the MD5 {}, but the server's ETag is {}", encode::hex(ours), encode::hex(theirs));
    Err(Error::new(ErrorKind::Integrity, message).with_hint(
        "Try again; if this server's ETags look like MD5s and are none, turn the check off by Config::check_md5.",
    ))
}
