//! What the scenarios share, and the scenarios by what they are about.

mod compatibility;
mod fixture;
mod gaps;
mod http;
mod server;

pub(crate) mod access;
pub(crate) mod buckets;
pub(crate) mod conditions;
pub(crate) mod copies;
pub(crate) mod deletion;
pub(crate) mod encryption;
pub(crate) mod errors;
pub(crate) mod forms;
pub(crate) mod grants;
pub(crate) mod keys;
pub(crate) mod listing;
pub(crate) mod objects;
pub(crate) mod presigned;
pub(crate) mod raw;
pub(crate) mod settings;
pub(crate) mod signing;
pub(crate) mod stored;
pub(crate) mod tutorial;
pub(crate) mod uploads;
pub(crate) mod urls;
pub(crate) mod versions;

pub(crate) use server::{each_server, each_variant, variants_are_complete};
