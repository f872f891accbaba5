//! Hints for errors of the server as a whole: it is busy, failed, or does not support the request.

use super::Context;

pub(super) fn hint(code: &str, context: &Context<'_>) -> Option<String> {
    let host = context.endpoint.authority();
    Some(match code {
        "SlowDown"
        | "ServiceUnavailable"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "ErrTooManyRequest"
        | "ErrRequestBytesExceed" => {
            "The server is busy, and every attempt failed: try again later, send fewer requests at once, or allow more \
             attempts with Config::retry."
                .to_owned()
        }
        "InternalError" => {
            "The server failed in every attempt: try again later. If the error persists, its operator can find the cause \
             by the request ID."
                .to_owned()
        }
        "RequestTimeout" | "RequestTimeoutException" => {
            "The server did not receive the whole request in time, in any attempt: check the network. Smaller parts \
             (UploadOptions::part_size) take less time each."
                .to_owned()
        }
        "OperationAborted" | "ConditionalRequestConflict" | "ConcurrentModification" => {
            "Another request was changing the same bucket or object during every attempt: try again later.".to_owned()
        }
        "QuotaExceeded" | "XMinioAdminBucketQuotaExceeded" => {
            "The quota of the user or the bucket is exhausted: delete something, or ask for a higher quota.".to_owned()
        }
        "XMinioStorageFull" | "InsufficientStorage" => {
            format!("The storage of {host} is full: delete something, or ask its operator.")
        }
        "NotImplemented" => format!(
            "{host} does not implement this operation or one of its options: omit the option, or check \
             is_not_implemented and do without the operation."
        ),
        "MethodNotAllowed" => format!(
            "{host} does not allow this operation here: check that the endpoint is that of the S3 API, and not of a \
             website or a cache."
        ),
        "MalformedXML" | "MalformedACLError" => {
            format!("{host} rejected the document in this request: it may not support one of the options or values. Try fewer of them.")
        }
        _ => return None,
    })
}
