//! Advice that does not depend on the request.

use crate::error::{Error, ErrorKind};

/// What to do if Object Lock prevents a deletion.
pub(crate) const OBJECT_LOCK: &str = "Object Lock protects this version: in governance mode, delete it with \
     bypass_governance_retention, which requires the s3:BypassGovernanceRetention permission; otherwise, release the legal \
     hold or wait until the retention ends.";

/// What to do if a call for many keys failed for some of them.
pub(crate) const FAILURES: &str =
    "Error::failures lists every key with its reason. If is_retryable returns true, try again.";

/// What to do if a connection was lost in the last attempt.
const CONNECTION_LOST: &str = "Every attempt failed: check the network and any proxy, try again later, or \
     allow more attempts with Config::retry.";

/// Adds to the error of the last attempt what to do if the connection was lost in it.
pub(crate) fn after_last_attempt(error: Error) -> Error {
    if error.kind() == ErrorKind::Network { error.append_hint(CONNECTION_LOST) } else { error }
}
