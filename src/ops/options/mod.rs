//! Setters and headers that the options of several operations share.

pub(crate) mod copy_source;
pub(crate) mod encryption;
