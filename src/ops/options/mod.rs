//! Options, setters and headers that several operations share.

pub(crate) mod copy_source;
pub(crate) mod encryption;
pub(crate) mod get_object;
pub(crate) mod put_object;
mod sha256;
