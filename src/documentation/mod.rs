//! Guides and reference pages, for reading.
//!
//! These modules contain no code. They are the pages in the folder `docs` of the package.
//!
//! Start with the [`tutorial`] or the [`recipes`]. [`troubleshooting`] explains error texts, and [`testing`] shows how to
//! test a program that uses this crate.

// The pages link to each other by file name. The first definition of a link is the one that counts, so links.md
// replaces the targets at the end of each page. A test generates links.md.

macro_rules! pages {
    ($($(#[$summary:meta])* $name:ident: $file:literal,)*) => {
        $(
            $(#[$summary])*
            ///
            #[doc = include_str!("links.md")]
            #[doc = include_str!(concat!("../../", $file))]
            pub mod $name {}
        )*
    };
}

pages! {
    /// The basics in eleven steps, from the first connection to presigned URLs.
    tutorial: "docs/tutorial.md",
    /// Complete programs for common jobs.
    recipes: "docs/recipes.md",
    /// The texts of errors, what they mean, and what to do.
    troubleshooting: "docs/troubleshooting.md",
    /// The sources of credentials, their order and their errors.
    credentials: "docs/credentials.md",
    /// Endpoints, regions and peculiarities of AWS, Ceph, Backblaze B2 and others.
    providers: "docs/providers.md",
    /// The actions that work on the tested servers.
    compatibility: "docs/compatibility.md",
    /// What transfers guarantee, and how they are verified.
    transfers: "docs/transfers.md",
    /// Secrets, TLS and hostile servers.
    security: "docs/security.md",
    /// The tests for each promise about transfers and security.
    promises: "docs/promises.md",
    /// Testing code that uses this crate.
    testing: "docs/testing.md",
    /// The methods of boto3, boto 2 and minio-go, and their replacements.
    coming_from_boto: "docs/coming-from-boto.md",
    /// CPU time and memory, compared with other clients.
    benchmarks: "docs/benchmarks.md",
    /// The decisions behind this crate, and their reasons.
    design: "docs/design.md",
    /// The changes of each release.
    changelog: "CHANGELOG.md",
}

/// Compiles the programs of README.md.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
