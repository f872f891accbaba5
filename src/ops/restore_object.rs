//! RestoreObject.

use crate::client::Client;
use crate::error::{Error, Result};
use crate::headers::Headers;
use crate::names::impl_names;
use crate::request::{Method, Request};
use crate::response::Response;
use crate::xml;

/// The error code of a restoration that has been requested before.
const IN_PROGRESS: &str = "RestoreAlreadyInProgress";

/// How fast, and at what price, an archived object is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RestoreTier {
    /// Usually within minutes. Not for the storage class `DEEP_ARCHIVE`.
    Expedited,
    /// Usually within hours. This is the default.
    Standard,
    /// Usually within half a day or longer, at the lowest price.
    Bulk,
}

impl_names! {
    RestoreTier, "restore tier";
    /// Returns the name of the tier in S3, such as `Standard`.
    as_str;
    Expedited => "Expedited",
    Standard => "Standard",
    Bulk => "Bulk",
}

/// What [`Client::restore_object`] found or started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Restoration {
    /// The restoration has started (202 Accepted). The object cannot be read yet.
    Started,
    /// The object was already restored (200 OK), and can be read now. Its restored copy gets the new
    /// lifetime.
    AlreadyRestored,
}

/// Options for [`Client::restore_object_with`]: the lifetime, the tier, the version and other headers.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RestoreObjectOptions {
    days: Option<u32>,
    tier: Option<RestoreTier>,
    version_id: Option<String>,
    headers: Headers,
}

impl RestoreObjectOptions {
    /// Creates the default options. They have no lifetime, which is correct only for the storage class
    /// `INTELLIGENT_TIERING`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets for how many days the restored copy is kept. Required unless the storage class is
    /// `INTELLIGENT_TIERING`.
    pub fn days(mut self, days: u32) -> Self {
        self.days = Some(days);
        self
    }

    /// Sets the tier. The default is [`RestoreTier::Standard`].
    pub fn tier(mut self, tier: RestoreTier) -> Self {
        self.tier = Some(tier);
        self
    }

    /// Restores this version.
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = Some(id.into());
        self
    }

    /// Sets any other header of the request.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

fn restore_object_request<'a>(
    bucket: &'a str,
    key: &'a str,
    options: &'a RestoreObjectOptions,
) -> Request<'a> {
    Request::object("RestoreObject", Method::Post, bucket, key)
        .query_if("versionId", options.version_id.as_deref())
        .subresource("restore")
        .headers(&options.headers)
        .xml(write(options))
        .not_repeatable()
        .require(options.days != Some(0), || "a restored copy must be kept for at least 1 day".to_owned())
}

impl Client {
    /// Restores an archived object, so that it can be read for this many days.
    /// ([RestoreObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html))
    ///
    /// A restoration takes minutes to days. The header `x-amz-restore` of [`head_object`](Self::head_object)
    /// reports its state: `ongoing-request="true"` until the object can be read.
    ///
    /// The request is a POST, which cannot overwrite the object if the server does not support it. Ceph 16
    /// treats it as the upload of a form, and rejects it with 400 or, with Signature V4, with 501. Use V4 if
    /// possible: with V2, servers differ in whether they sign `?restore`.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if `days` is 0. Fails with
    /// [`Server`](crate::ErrorKind::Server) if the object does not exist, is not archived
    /// (`InvalidObjectState`), is already being restored (`RestoreAlreadyInProgress`), or the server does not
    /// support this.
    ///
    /// If the response to an earlier attempt was lost, an object that is already being restored counts as
    /// started.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let archive = plain_s3::PutObjectOptions::new().storage_class("GLACIER");
    /// # client.put_object_with("my-new-bucket", "2019/backup.tar", "a backup", &archive)?;
    /// use plain_s3::Restoration;
    ///
    /// if client.restore_object("my-new-bucket", "2019/backup.tar", 7)? == Restoration::AlreadyRestored {
    ///     client.download_file("my-new-bucket", "2019/backup.tar", "backup.tar")?;
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn restore_object(&self, bucket: &str, key: &str, days: u32) -> Result<Restoration> {
        self.restore_object_with(bucket, key, &RestoreObjectOptions::new().days(days))
    }

    /// Restores an archived object with a tier, or one of its versions; see
    /// [`restore_object`](Self::restore_object).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`restore_object`](Self::restore_object).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let archive = plain_s3::PutObjectOptions::new().storage_class("GLACIER");
    /// # client.put_object_with("my-new-bucket", "2019/backup.tar", "a backup", &archive)?;
    /// use plain_s3::{RestoreObjectOptions, RestoreTier};
    ///
    /// let options = RestoreObjectOptions::new().days(7).tier(RestoreTier::Bulk);
    /// client.restore_object_with("my-new-bucket", "2019/backup.tar", &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn restore_object_with(
        &self,
        bucket: &str,
        key: &str,
        options: &RestoreObjectOptions,
    ) -> Result<Restoration> {
        self.call(&restore_object_request(bucket, key, options), parse).or_else(|error| {
            match error.code() {
                // an earlier attempt of this call, whose response was lost, has started it
                Some(IN_PROGRESS) if error.is_outcome_unknown() => Ok(Restoration::Started),
                Some(IN_PROGRESS) => Err(explain_in_progress(error)),
                _ => Err(error),
            }
        })
    }
}

fn explain_in_progress(error: Error) -> Error {
    error.with_hint(
        "The object is already being restored: wait until the x-amz-restore header of head_object contains \
         ongoing-request=\"false\". Only a faster tier can be requested meanwhile.",
    )
}

fn write(options: &RestoreObjectOptions) -> String {
    let mut content = String::new();
    xml::push_some(&mut content, "Days", options.days.map(|days| days.to_string()));
    if let Some(tier) = options.tier {
        content.push_str("<GlacierJobParameters>");
        xml::push(&mut content, "Tier", tier.as_str());
        content.push_str("</GlacierJobParameters>");
    }
    xml::document("RestoreRequest", &content)
}

fn parse(response: Response) -> Result<Restoration> {
    let status = response.status;
    // fails if the body is an <Error>, whatever the status
    response.discard()?;
    Ok(if status == 202 { Restoration::Started } else { Restoration::AlreadyRestored })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::tests::check;

    fn respond(status: u16, body: &'static str) -> Result<Restoration> {
        let body = Box::new(body.as_bytes());
        parse(Response { status, headers: Headers::default(), body })
    }

    #[test]
    fn status_distinguishes_started_from_already_restored() {
        assert_eq!(respond(202, "").unwrap(), Restoration::Started);
        assert_eq!(respond(200, "").unwrap(), Restoration::AlreadyRestored);
        let error =
            respond(200, "<Error><Code>GlacierExpeditedRetrievalNotAvailable</Code></Error>").unwrap_err();
        assert_eq!(error.code(), Some("GlacierExpeditedRetrievalNotAvailable"));
    }

    #[test]
    fn document_contains_only_what_is_set() {
        let document = |content: &str| xml::document("RestoreRequest", content);
        let options = RestoreObjectOptions::new();
        assert_eq!(write(&options), document(""));
        assert_eq!(write(&options.clone().days(7)), document("<Days>7</Days>"));
        assert_eq!(
            write(&options.days(1).tier(RestoreTier::Bulk)),
            document("<Days>1</Days><GlacierJobParameters><Tier>Bulk</Tier></GlacierJobParameters>")
        );
        check::<RestoreTier>("restore tier", &["Expedited", "Standard", "Bulk"]);
    }

    #[test]
    fn zero_days_are_rejected() {
        let options = RestoreObjectOptions::new().days(0);
        let error = restore_object_request("b", "k", &options).validate().unwrap_err();
        assert_eq!(error.to_string(), "a restored copy must be kept for at least 1 day");
    }
}
