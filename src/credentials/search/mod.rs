//! The search for credentials where the tools of AWS find them.
//!
//! `load` starts it, `chain` has the order of the sources, `profile_source` and `roles` the order within a profile. Each
//! source has a file of its own, with its configuration and how credentials are fetched.

mod cached_token;
mod chain;
mod container;
mod context;
mod instance;
mod load;
mod login_session;
mod process;
mod profile_source;
mod roles;
mod service;
mod source;
mod sso;
mod sts;
mod text_file;

pub use load::LoadOptions;
