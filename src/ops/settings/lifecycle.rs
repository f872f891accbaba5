//! GetBucketLifecycleConfiguration, PutBucketLifecycleConfiguration, DeleteBucketLifecycle.

use roxmltree::Node;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::ops::settings::lifecycle_rule::LifecycleRule;
use crate::ops::settings::{Subresource, Target};
use crate::request::Request;
use crate::response::Response;
use crate::xml;

const LIFECYCLE: Subresource = Subresource {
    get: "GetBucketLifecycleConfiguration",
    put: "PutBucketLifecycleConfiguration",
    delete: "DeleteBucketLifecycle",
    name: "lifecycle",
    roots: &["LifecycleConfiguration"],
    children: &["Rule"],
    unset: &["NoSuchLifecycleConfiguration"],
};

impl Client {
    /// Returns the lifecycle rules of a bucket. The list is empty if none are set.
    /// ([GetBucketLifecycleConfiguration](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](ErrorKind::Server) if the bucket does not exist, you may not read its rules, or
    /// the server does not support lifecycle rules ([`is_not_implemented`](Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// for rule in client.get_bucket_lifecycle_configuration("my-new-bucket")? {
    ///     println!("{:?}: {:?} days", rule.prefix, rule.expire_after_days);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_lifecycle_configuration(&self, bucket: &str) -> Result<Vec<LifecycleRule>> {
        Ok(self.get_setting(&LIFECYCLE, Target::Bucket(bucket), read)?.unwrap_or_default())
    }

    /// Replaces the lifecycle rules of a bucket, and verifies that the server stored them completely.
    /// ([PutBucketLifecycleConfiguration](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html))
    ///
    /// A rule that lost a condition would delete too much, and some servers drop the conditions that they do
    /// not support. Therefore the rules are read again. If they differ, the previous rules are restored.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](ErrorKind::InvalidInput) if the list is empty or a rule has
    /// [unsupported](LifecycleRule::unsupported) elements, and with [`Integrity`](ErrorKind::Integrity) if
    /// the server stored different rules. Otherwise returns the same errors as
    /// [`get_bucket_lifecycle_configuration`](Self::get_bucket_lifecycle_configuration), which is called
    /// first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::LifecycleRule;
    ///
    /// let logs = LifecycleRule::new("logs/").id("old logs").expire_after_days(30);
    /// let uploads = LifecycleRule::new("backup/").id("stale uploads").abort_incomplete_uploads_after_days(7);
    /// client.put_bucket_lifecycle_configuration("my-new-bucket", &[logs, uploads])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_lifecycle_configuration(&self, bucket: &str, rules: &[LifecycleRule]) -> Result<()> {
        let target = Target::Bucket(bucket);
        let change = rules_request(target, rules);
        let deadline = self.deadline();
        let previous = self.before_change(deadline, &LIFECYCLE, target, &change, parse)?.unwrap_or_default();
        self.call_until(deadline, &change, Response::discard)?;
        let stored = self.call_setting(deadline, &LIFECYCLE, target, parse).map_err(|error| {
            error
                .with_context(|| change.operation())
                .append_hint("The rules were stored, but could not be read again to verify them.")
        })?;
        let stored = stored.unwrap_or_default();
        // AWS may still return the previous rules for a while
        if are_stored_as(rules, &stored) || stored == previous {
            return Ok(());
        }
        let hint = match self.restore_rules(target, &previous) {
            Ok(state) => format!("The change was undone: {state}."),
            Err(error) => format!(
                "Undoing the change failed as well, so check the lifecycle rules of {bucket:?} now: {error}"
            ),
        };
        let message = format!("the server stored different rules: {stored:?}");
        let error = Error::new(ErrorKind::Integrity, message).with_hint(hint);
        Err(error.with_context(|| change.operation()))
    }

    /// Restores the rules that a bucket had before a change, and describes the result.
    fn restore_rules(&self, target: Target<'_>, previous: &[LifecycleRule]) -> Result<&'static str> {
        let undo = rules_request(target, previous);
        // previous rules that cannot be sent completely are not sent at all
        if undo.validate().is_ok() {
            self.call(&undo, Response::discard)?;
            return Ok("the bucket has its previous rules again");
        }
        self.delete_setting(&LIFECYCLE, target)?;
        Ok("the bucket has no rules now")
    }

    /// Deletes all lifecycle rules of a bucket. Its objects are kept. Succeeds if no rules are set.
    /// ([DeleteBucketLifecycle](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketLifecycle.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as
    /// [`get_bucket_lifecycle_configuration`](Self::get_bucket_lifecycle_configuration), which is called
    /// first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.delete_bucket_lifecycle("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_lifecycle(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&LIFECYCLE, Target::Bucket(bucket))
    }
}

/// Returns the request that stores these rules, or an invalid one if a rule would lose an element.
fn rules_request<'a>(target: Target<'a>, rules: &[LifecycleRule]) -> Request<'a> {
    let request = LIFECYCLE.put_request(target, write(rules)).require(!rules.is_empty(), || {
        "the list of rules is empty; use delete_bucket_lifecycle to delete all rules".to_owned()
    });
    match rules.iter().find(|rule| !rule.unsupported.is_empty()) {
        None => request,
        Some(rule) => request.require(false, || {
            format!(
                "the rule {:?} has elements that this crate does not support: {:?}",
                rule.id, rule.unsupported
            )
        }),
    }
}

/// Returns `true` if `stored` is what a server returns after it stored `rules` completely, in any order.
fn are_stored_as(rules: &[LifecycleRule], stored: &[LifecycleRule]) -> bool {
    rules.len() == stored.len()
        && rules.iter().all(|rule| stored.iter().any(|stored| rule.is_stored_as(stored)))
}

fn write(rules: &[LifecycleRule]) -> String {
    let mut content = String::new();
    rules.iter().for_each(|rule| rule.push(&mut content));
    LIFECYCLE.document(&content)
}

fn parse(response: Response) -> Result<Vec<LifecycleRule>> {
    LIFECYCLE.xml_strict(response, read)
}

fn read(root: Node<'_, '_>) -> Result<Vec<LifecycleRule>> {
    xml::children(root, "Rule").map(LifecycleRule::read).collect()
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::ops::settings::LifecycleTransition;

    #[test]
    fn written_rules_read_back_equal() {
        let full = LifecycleRule::new("logs/<&")
            .id("all of it")
            .disabled()
            .tag("a", "b & c")
            .tag("d", "")
            .object_size_greater_than(5)
            .object_size_less_than(1 << 40)
            .expire_after_days(30)
            .expire_noncurrent_after_days(7)
            .retain_noncurrent_versions(3)
            .abort_incomplete_uploads_after_days(2)
            .transition(LifecycleTransition::after_days(10, "STANDARD_IA"))
            .transition(LifecycleTransition::after_days(20, "GLACIER"))
            .noncurrent_transition(LifecycleTransition::after_days(5, "GLACIER"));
        let rules = [
            full,
            LifecycleRule::new("").expire_on_date(OffsetDateTime::UNIX_EPOCH),
            LifecycleRule::new("").tag("t", "v").expire_delete_markers(),
            LifecycleRule::new("p").expire_after_days(1),
        ];
        let text = write(&rules);
        assert_eq!(LIFECYCLE.parse(&text, read).unwrap(), rules);
        assert!(text.contains("<Filter><Tag><Key>t</Key><Value>v</Value></Tag></Filter>"), "{text}");
        assert!(text.contains("<Filter><Prefix></Prefix></Filter>"), "{text}");
        assert!(text.contains("<Filter><And><Prefix>logs/&lt;&amp;</Prefix><Tag>"), "{text}");
    }

    #[test]
    fn rules_are_compared_by_effect_in_any_order() {
        let rules = [
            LifecycleRule::new("a")
                .transition(LifecycleTransition::after_days(1, "X"))
                .transition(LifecycleTransition::after_days(2, "Y")),
            LifecycleRule::new("b").id("named").expire_after_days(1),
        ];
        let stored = [
            rules[1].clone(),
            LifecycleRule::new("a")
                .id("generated")
                .transition(LifecycleTransition::after_days(2, "Y"))
                .transition(LifecycleTransition::after_days(1, "X")),
        ];
        assert!(are_stored_as(&rules, &stored));
        let more = [LifecycleRule::new("a").object_size_greater_than(9).expire_after_days(1)];
        assert!(!are_stored_as(&more, &[LifecycleRule::new("a").expire_after_days(1)]));
        assert!(!are_stored_as(&rules, &stored[..1]));
    }

    #[test]
    fn rule_with_unsupported_elements_is_read_but_never_written() {
        let rules = LIFECYCLE
            .parse(
                "<LifecycleConfiguration><Rule><ID>x</ID><Prefix>old/</Prefix><Status>Enabled</Status>\
             <Expiration><Days>1</Days><Whim>1</Whim></Expiration><Moon>full</Moon></Rule>\
             </LifecycleConfiguration>",
                read,
            )
            .unwrap();
        assert_eq!((rules[0].prefix.as_str(), rules[0].expire_after_days), ("old/", Some(1)));
        assert_eq!(rules[0].unsupported, ["Whim", "Moon"]);
        let target = Target::Bucket("b");
        let error = rules_request(target, &rules).validate().unwrap_err();
        assert!(error.to_string().contains("Whim"), "{error}");
        assert!(rules_request(target, &[]).validate().is_err());
    }
}
