//! Checksums: computing them, and comparing content with what a server promises.

mod algorithm;
mod check;
mod concatenation;
mod digest;
mod expected;
mod hasher;
mod parts;
mod value;
mod verification;

pub use algorithm::ChecksumAlgorithm;
pub(crate) use check::{Comparison, ContentCheck};
pub(crate) use digest::{Md5Digest, Md5Hasher, Sha256Digest};
pub(crate) use expected::Expected;
pub(crate) use hasher::Hasher;
pub(crate) use parts::PartSizes;
pub use value::Checksum;
pub use verification::Verification;
