//! Hints for errors about an object, its content or its upload.

use super::Context;

pub(super) fn hint(code: &str, context: &Context<'_>) -> Option<String> {
    let host = context.endpoint.authority();
    let request = context.request;
    let bucket = request.bucket.unwrap_or_default();
    let query = |name| request.query.iter().any(|(n, _)| n == name);
    let header = |name| request.headers.get(name).is_some();
    Some(match code {
        "NoSuchUpload" | "NoSuchKey" | "NotFound" if query("uploadId") => format!(
            "The bucket {bucket:?} has no unfinished upload with this upload ID and key: it may have been completed, aborted or \
             removed by a lifecycle rule. list_multipart_uploads shows the unfinished ones."
        ),
        "NoSuchVersion" | "NoSuchKey" | "NotFound" if query("versionId") => format!(
            "The bucket {bucket:?} has no version with this key and version ID: list_object_versions shows them."
        ),
        "NoSuchKey" | "NotFound" if request.key.is_some() => format!(
            "The bucket {bucket:?} {} Keys are compared byte for byte; list_objects shows them.",
            if code == "NotFound" { "or the key does not exist." } else { "has no object with this key." }
        ),
        "PreconditionFailed" if request.headers.get("if-none-match") == Some("*") => {
            "An object with this key exists already: choose another key, or omit if_none_exists to replace it.".to_owned()
        }
        "PreconditionFailed" if header("if-match") => {
            "The object does not have the expected ETag, because another program has replaced or deleted it: read it \
             again, and repeat the change."
                .to_owned()
        }
        "PreconditionFailed" if request.headers.iter().any(|(name, _)| name.starts_with("x-amz-copy-source-if-")) => {
            "The source of the copy does not meet a condition of the request: it may have been replaced. Copy it again.".to_owned()
        }
        "PreconditionFailed" => "The object does not meet a condition of the request.".to_owned(),
        "NotModified" => {
            "The object has not changed, so the content was not sent: is_not_modified detects this.".to_owned()
        }
        "InvalidRange" => {
            "The range starts after the end of the object: head_object returns its length (content_length).".to_owned()
        }
        "InvalidObjectState" => {
            "The object is archived: restore it with restore_object, and read it when it is restored.".to_owned()
        }
        "MethodNotAllowed" if query("versionId") => {
            "The version is probably a delete marker, which has no content: list_object_versions shows which ones are."
                .to_owned()
        }
        "EntityTooLarge" => {
            "Most servers accept at most 5 GiB in one request: use upload_file or upload_reader, which store larger content in \
             parts."
                .to_owned()
        }
        "EntityTooSmall" => {
            "Every part except the last must have at least 5 MiB: pass larger parts to upload_part, or use upload_reader."
                .to_owned()
        }
        "InvalidPart" => {
            "A part was not uploaded, or has another ETag. If you complete the upload yourself, pass the values that upload_part \
             returned; list_parts shows what the server has."
                .to_owned()
        }
        "InvalidPartOrder" => "Pass the parts in the order of their numbers.".to_owned(),
        "KeyTooLongError" => {
            format!("{host} accepts only shorter keys, although S3 allows 1024 bytes of UTF-8: shorten the key.")
        }
        "XMinioInvalidObjectName" | "InvalidObjectName" => {
            format!("{host} does not accept this key: avoid a slash at the start, two slashes in a row, and . or .. between slashes.")
        }
        "MetadataTooLarge" => {
            "AWS accepts at most 2 KiB of metadata for an object: shorten it, or store it in another object.".to_owned()
        }
        "BadDigest" | "XAmzContentSHA256Mismatch" | "XAmzContentChecksumMismatch" | "ContentSHA256Mismatch" => {
            "The server received other content than was sent, in every attempt: a proxy or faulty hardware may change it. \
             If you passed a checksum yourself, check it."
                .to_owned()
        }
        "InvalidDigest" => {
            "The header content-md5 is not the base64 of an MD5: omit it, because the client computes it.".to_owned()
        }
        "InvalidTag" => {
            "An object has at most 10 tags and a bucket 50. A name has 1 to 128 characters and a value at most 256, and \
             both consist of letters, digits, spaces and the symbols + - = . _ : / @ only."
                .to_owned()
        }
        "InvalidStorageClass" => {
            format!("{host} does not have this storage class: omit PutObjectOptions::storage_class, or use another one.")
        }
        "InvalidEncryptionAlgorithmError" => {
            format!("{host} does not support this encryption: choose AES256 or aws:kms with PutObjectOptions::server_side_encryption, or omit it.")
        }
        _ => return None,
    })
}
