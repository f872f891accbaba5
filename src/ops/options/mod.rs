//! Options, setters and headers that several operations share.

pub(crate) mod copy_source;
pub(crate) mod encryption;
pub(crate) mod get_object;
