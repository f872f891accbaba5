//! The responses after which a retry may succeed.
//!
//! Every code of S3 servers that means "try again" is listed here with its sources, and nowhere else.

/// The HTTP statuses that are retried, whatever the error code.
///
/// - 408, 429, 500, 502, 503, 504:
///   [AWS](https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html),
///   [GCS](https://cloud.google.com/storage/docs/retry-strategy),
///   [R2](https://developers.cloudflare.com/r2/api/error-codes/), Backblaze B2 and every other server.
/// - 498: rate limiting of [Swift](https://docs.openstack.org/swift/latest/ratelimit.html).
/// - 499: a proxy reports that its client went away (nginx), although this client is still waiting.
/// - 509: bandwidth limits of some hosting providers.
/// - 520 to 524, 527 and 530: Cloudflare (in front of R2 and others) cannot reach the server or got no valid
///   response:
///   [Cloudflare](https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/).
const STATUSES: [u16; 16] = [408, 429, 498, 499, 500, 502, 503, 504, 509, 520, 521, 522, 523, 524, 527, 530];

/// The error codes that are retried, whatever the status: some come with 200, 400 or 409.
const CODES: [&str; 23] = [
    // AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    "InternalError",
    "OperationAborted",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    // the body was damaged on the way: its MD5, its signed SHA-256 or another checksum differs
    "BadDigest",
    "XAmzContentSHA256Mismatch",
    "XAmzContentChecksumMismatch",
    // AWS, conditional writes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    "ConditionalRequestConflict",
    // the retry modes of the AWS SDKs: botocore/retries/standard.py
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeoutException",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    // Ceph: ECANCELED in src/rgw/rgw_common.cc
    "ConcurrentModification",
    // SeaweedFS, circuit breaker: weed/s3api/s3err/s3api_errors.go
    "ErrTooManyRequest",
    "ErrRequestBytesExceed",
];

/// Returns `true` if a retry after this response may succeed.
pub(super) fn is_transient(status: u16, code: Option<&str>) -> bool {
    STATUSES.contains(&status) || code.is_some_and(|code| CODES.contains(&code))
}

/// Returns `true` if this response leaves open whether the request was carried out: a gateway reported that
/// it got no response, or the server failed inside.
pub(super) fn is_ambiguous(status: u16, code: Option<&str>) -> bool {
    matches!(status, 499 | 500 | 502 | 504 | 520..=527 | 530) || code == Some("InternalError")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_server_are_transient_whatever_their_status() {
        for (status, code) in [
            (200, "InternalError"),
            (200, "SlowDown"),
            (400, "BadDigest"),
            (400, "RequestTimeout"),
            (400, "Throttling"),
            (409, "ConditionalRequestConflict"),
            (409, "OperationAborted"),
            (503, "ErrTooManyRequest"),
        ] {
            assert!(is_transient(status, Some(code)), "{status} {code}");
        }
        for status in [408, 429, 498, 500, 502, 503, 504, 520, 522, 524] {
            assert!(is_transient(status, None), "{status}");
        }
        for (status, code) in
            [(403, "AccessDenied"), (404, "NoSuchKey"), (409, "BucketNotEmpty"), (501, "NotImplemented")]
        {
            assert!(!is_transient(status, Some(code)), "{status} {code}");
        }
    }

    #[test]
    fn only_gateways_and_internal_errors_are_ambiguous() {
        for (status, code) in [(500, None), (502, None), (524, None), (200, Some("InternalError"))] {
            assert!(is_ambiguous(status, code), "{status}");
        }
        for (status, code) in
            [(503, Some("SlowDown")), (429, None), (409, Some("ConditionalRequestConflict"))]
        {
            assert!(!is_ambiguous(status, code), "{status}");
        }
    }
}
