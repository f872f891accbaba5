//! Scenarios that run against a real S3 server, which is configured through the environment.
//!
//!     cargo run -q -p embedded-s3 -- cargo test --test live
//!     tests/servers/ceph-rgw cargo test --test live
//!
//! Each scenario runs in every variant that the server supports: Signature V2 and V4, path and virtual-hosted
//! style, HTTP and HTTPS. Buckets have unique names and are deleted at the end. The known gaps of each server are
//! listed in `tests/servers/NAME.gaps`; each gap is printed, so nothing is skipped silently.
//!
//! | variable | meaning |
//! |---|---|
//! | `S3_ENDPOINT`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` | the server and a user who may create buckets; if `S3_ENDPOINT` is not set, all tests are skipped |
//! | `AWS_REGION` | the region for Signature V4; `us-east-1` by default |
//! | `S3_TEST_SERVER` | the name of the server in the table of gaps |
//! | `S3_TEST_SIGNATURE` | `v2` or `v4`, if the server accepts only one of them |
//! | `S3_TEST_OTHER_ACCESS_KEY_ID`, `S3_TEST_OTHER_SECRET_ACCESS_KEY` | a second user, without access to the data of the first |
//! | `S3_TEST_VHOST_ENDPOINT` | the endpoint for virtual-hosted style |
//! | `S3_TEST_TLS_ENDPOINT`, `S3_TEST_CA` | the HTTPS endpoint, and the PEM file with its certificate authority |
//! | `S3_TEST_FOREIGN_CLIENTS` | the Python interpreter with the clients of `tests/foreign-clients/run`, which sets it |
//! | `S3_TEST_COMPATIBILITY` | the file to which the results are appended for `tests/compatibility` |
//! | `S3_TEST_REQUIRED` | `1` turns everything that would be skipped into a failure |

#[path = "../support/mod.rs"]
mod support;

mod compatibility;
mod faulty_proxy;
mod fixture;
mod gaps;
mod http;
mod server;
mod transfer_server;

mod access;
mod bucket_controls;
mod buckets;
mod chaos;
mod conditions;
mod copies;
mod corruption;
mod curl;
mod deletion;
mod encryption;
mod errors;
mod folders;
mod foreign_clients;
mod forms;
mod grants;
mod keys;
mod kill;
mod late_requests;
mod listing;
mod lost_responses;
mod object_lock;
mod objects;
mod presigned;
mod raw;
mod refusals;
mod restore;
mod settings;
mod signing;
mod stored;
mod tutorial;
mod uploads;
mod urls;
mod versions;

use server::{each_server, each_server_alone, each_variant, variants_are_complete};

#[test]
fn all_variants_are_tested() {
    variants_are_complete();
}

#[test]
fn tutorial_steps_succeed() {
    each_variant(tutorial::steps);
}

#[test]
fn every_kind_of_key_is_stored() {
    each_variant(keys::kinds);
}

#[test]
fn unusual_keys_round_trip() {
    each_variant(keys::round_trip);
}

#[test]
fn unusual_keys_round_trip_through_presigned_urls() {
    each_variant(keys::presigned_urls);
}

#[test]
fn unusual_keys_are_deleted_in_one_request() {
    each_variant(keys::delete_objects);
}

#[test]
fn unusual_keys_round_trip_through_folders() {
    each_variant(folders::unusual_names);
}

#[test]
fn folders_are_mirrored_in_both_directions() {
    each_variant(folders::mirror);
}

#[test]
fn listings_return_all_keys_across_pages() {
    each_server(listing::pages);
}

#[test]
fn delimiters_group_keys_into_common_prefixes() {
    each_variant(listing::delimiters);
}

#[test]
fn every_body_type_is_stored_completely() {
    each_variant(objects::bodies);
}

#[test]
fn object_headers_round_trip() {
    each_variant(objects::headers);
}

#[test]
fn metadata_round_trips() {
    each_variant(objects::metadata);
}

#[test]
fn ranges_are_read() {
    each_variant(objects::ranges);
}

#[test]
fn downloads_replace_the_file_only_if_complete() {
    each_variant(objects::downloads);
}

#[test]
fn conditional_reads_are_honoured() {
    each_variant(conditions::reads);
}

#[test]
fn conditional_writes_are_honoured() {
    each_variant(conditions::writes);
}

#[test]
fn unsigned_requests_reach_only_public_data() {
    each_variant(access::unsigned);
}

#[test]
fn acls_are_read_and_replaced() {
    each_variant(access::stored_acls);
}

#[test]
fn anonymous_clients_cannot_presign() {
    each_variant(access::anonymous_urls);
}

// promise: S10
#[test]
fn acls_change_neither_content_nor_buckets() {
    each_variant(access::acls_change_nothing_else);
}

#[test]
fn canned_acls_take_effect() {
    each_variant(access::canned_acls);
}

#[test]
fn second_user_is_denied_access() {
    each_variant(access::second_user);
}

#[test]
fn buckets_are_created_checked_and_deleted() {
    each_variant(buckets::create_and_delete);
}

#[test]
fn force_delete_bucket_deletes_more_than_a_thousand_objects() {
    each_server(buckets::force_delete);
}

#[test]
fn rejected_credentials_have_a_hint() {
    each_variant(errors::rejected_credentials);
}

#[test]
fn plain_http_to_a_tls_port_has_a_hint() {
    each_variant(errors::wrong_scheme);
}

#[test]
fn missing_buckets_and_keys_are_not_found() {
    each_variant(errors::not_found);
}

#[test]
fn presigned_urls_override_response_headers() {
    each_variant(urls::response_overrides);
}

#[test]
fn presigned_urls_require_the_signed_headers() {
    each_variant(urls::signed_headers);
}

#[test]
fn presigned_urls_expire_and_cannot_be_altered() {
    each_server(urls::expiry);
}

#[test]
fn grants_are_added_and_revoked() {
    each_variant(grants::stored_grants);
    each_variant(grants::object_grants);
    each_variant(grants::bucket_grants);
}

#[test]
fn grants_to_groups_and_email_addresses_take_effect() {
    each_variant(grants::group_grants);
    each_variant(grants::email_grants);
}

#[test]
fn each_version_has_its_own_acl() {
    each_variant(grants::version_acls);
}

#[test]
fn customer_key_is_required_to_read() {
    each_variant(encryption::customer_key);
    each_variant(encryption::customer_key_in_parts);
}

#[test]
fn server_encrypts_with_its_own_key() {
    each_variant(encryption::server_key);
}

#[test]
fn tags_redirects_and_metadata_are_stored_with_objects() {
    each_variant(stored::tags_and_redirects);
    each_variant(stored::non_ascii_metadata);
}

#[test]
fn attributes_and_parts_of_objects_are_read() {
    each_variant(stored::attributes);
    each_variant(stored::part_numbers);
}

#[test]
fn presigned_urls_work_for_every_object_operation() {
    each_variant(presigned::object_operations);
}

#[test]
fn presigned_urls_complete_a_multipart_upload() {
    each_variant(presigned::multipart_upload);
}

#[test]
fn every_presigned_url_is_fetched_with_curl() {
    each_variant(curl::objects);
    each_variant(curl::multipart_upload);
    each_variant(curl::form);
}

#[test]
fn presigned_urls_contain_the_payer_and_the_expected_owner() {
    each_variant(curl::requester);
    each_variant(curl::requester_pays);
}

#[test]
fn post_forms_upload_what_their_policy_allows() {
    each_variant(forms::accepted);
}

#[test]
fn post_forms_that_violate_their_policy_are_rejected() {
    each_variant(forms::rejected);
}

#[test]
fn raw_requests_succeed() {
    each_variant(raw::requests);
}

#[test]
fn raw_requests_return_the_usual_errors() {
    each_variant(raw::errors);
}

#[test]
fn signed_requests_can_be_sent_by_another_http_client() {
    each_variant(signing::other_http_client);
}

#[test]
fn credentials_are_loaded_from_closures_and_profiles() {
    each_variant(signing::credentials_provider);
    each_variant(signing::credentials_from_profile);
}

#[test]
fn versions_and_delete_markers_are_listed_read_and_deleted() {
    each_variant(versions::list_and_delete);
}

#[test]
fn versions_are_listed_with_every_page_size() {
    each_server(versions::pages);
}

#[test]
fn multipart_uploads_are_listed_and_aborted() {
    each_variant(deletion::multipart_uploads);
}

#[test]
fn prefixes_and_buckets_are_deleted_with_all_versions() {
    each_variant(deletion::prefixes_and_buckets);
}

// promise: X1
#[test]
fn undeletable_objects_are_reported_and_the_bucket_is_kept() {
    each_variant(deletion::denied);
}

#[test]
fn force_delete_bucket_deletes_thousands_of_versions_and_uploads() {
    each_server_alone(&gaps::MANY_UPLOADS, deletion::thousands);
}

#[test]
fn multipart_upload_succeeds_step_by_step() {
    each_variant(uploads::step_by_step);
}

#[test]
fn late_requests_do_not_damage_the_object_of_their_retry() {
    each_server(late_requests::puts);
    each_server(late_requests::completions);
}

#[test]
fn concurrent_uploads_of_a_key_are_listed_once() {
    each_server(late_requests::listings);
}

// promise: C1
#[test]
fn files_round_trip_in_one_request_and_in_parts() {
    each_variant(uploads::files);
}

#[test]
fn copies_keep_or_replace_the_metadata() {
    each_variant(copies::metadata);
}

#[test]
fn copies_honour_versions_and_conditions() {
    each_variant(copies::conditions);
}

// promise: C3
#[test]
fn objects_are_renamed() {
    each_variant(copies::rename);
}

// promise: C3
#[test]
fn source_of_a_rename_that_is_replaced_is_kept() {
    each_variant(copies::rename_of_a_source_that_is_replaced);
}

#[test]
fn bucket_settings_round_trip() {
    each_variant(settings::bucket_settings);
}

#[test]
fn tags_round_trip() {
    each_variant(settings::tags);
}

#[test]
fn lifecycle_rules_round_trip_or_are_undone() {
    each_variant(settings::lifecycle);
}

#[test]
fn website_configuration_round_trips() {
    each_variant(settings::website);
}

#[test]
fn unset_settings_are_read_as_none() {
    each_variant(settings::unset);
}

#[test]
fn deleting_settings_keeps_the_bucket() {
    each_variant(settings::delete);
}

#[test]
fn legal_hold_prevents_deletion() {
    each_variant(object_lock::legal_hold);
}

#[test]
fn retention_prevents_deletion_and_can_be_bypassed() {
    each_variant(object_lock::retention);
}

#[test]
fn default_retention_applies_to_new_objects() {
    each_variant(object_lock::configuration);
}

#[test]
fn bucket_encryption_round_trips() {
    each_variant(bucket_controls::encryption);
}

#[test]
fn ownership_controls_round_trip() {
    each_variant(bucket_controls::ownership_controls);
}

#[test]
fn logging_round_trips() {
    each_variant(bucket_controls::logging);
}

#[test]
fn restore_object_never_changes_the_object() {
    each_variant(restore::restore);
}

#[test]
fn foreign_client_boto3_interoperates() {
    each_server(|server| foreign_clients::interoperates(server, &foreign_clients::BOTO3));
}

#[test]
fn foreign_client_s3cmd_interoperates() {
    each_server(|server| foreign_clients::interoperates(server, &foreign_clients::S3CMD));
}

#[test]
fn foreign_client_rclone_interoperates() {
    each_server(|server| foreign_clients::interoperates(server, &foreign_clients::RCLONE));
}
