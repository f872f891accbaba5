//! The rules of a bucket's lifecycle, as types and as XML.

use std::collections::BTreeMap;

use roxmltree::Node;
use time::OffsetDateTime;

use crate::error::Result;
use crate::ops::settings::parse_text;
use crate::ops::settings::tagging::{push_tag, read_tag};
use crate::timestamp::Timestamp;
use crate::xml;

/// A lifecycle rule: deletes objects, or moves them to another storage class, when they reach a certain age.
///
/// A rule applies to all objects that match its prefix, its tags and its sizes. The server applies rules
/// about once a day.
///
/// ```
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use plain_s3::LifecycleRule;
///
/// let backups = LifecycleRule::new("backups/")
///     .id("backups")
///     .expire_after_days(365)
///     .expire_noncurrent_after_days(30)
///     .abort_incomplete_uploads_after_days(7);
/// let markers = LifecycleRule::new("logs/").id("markers").expire_delete_markers().disabled();
/// client.put_bucket_lifecycle_configuration("my-new-bucket", &[backups, markers])?;
/// assert_eq!(client.get_bucket_lifecycle_configuration("my-new-bucket")?.len(), 2);
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use]
pub struct LifecycleRule {
    /// The ID of the rule. The server generates one if there is none.
    pub id: Option<String>,
    /// `true` if the server applies the rule, `false` if it only stores it.
    pub enabled: bool,
    /// Matches keys that start with this prefix.
    pub prefix: String,
    /// Matches objects that have all of these tags.
    pub tags: BTreeMap<String, String>,
    /// Matches objects that are larger than this, in bytes.
    pub object_size_greater_than: Option<u64>,
    /// Matches objects that are smaller than this, in bytes.
    pub object_size_less_than: Option<u64>,
    /// Deletes objects this many days after their creation.
    pub expire_after_days: Option<u32>,
    /// Deletes objects from this date on.
    pub expire_on_date: Option<Timestamp>,
    /// Deletes delete markers that no longer hide any version.
    pub expire_delete_markers: bool,
    /// Deletes versions this many days after they became noncurrent.
    pub expire_noncurrent_after_days: Option<u32>,
    /// Retains this many of the newest noncurrent versions.
    pub retain_noncurrent_versions: Option<u32>,
    /// Aborts multipart uploads this many days after their creation.
    pub abort_incomplete_uploads_after_days: Option<u32>,
    /// Moves objects to other storage classes.
    pub transitions: Vec<LifecycleTransition>,
    /// Moves noncurrent versions to other storage classes.
    pub noncurrent_transitions: Vec<LifecycleTransition>,
    /// The names of elements that the server returned and this crate does not support. A rule with any of
    /// them cannot be sent, because without them it would have another effect.
    pub unsupported: Vec<String>,
}

/// The move of objects or noncurrent versions to another storage class.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use plain_s3::{LifecycleRule, LifecycleTransition};
///
/// let next_year = SystemTime::now() + Duration::from_secs(365 * 24 * 60 * 60);
/// let photos = LifecycleRule::new("photos/")
///     .tag("keep", "yes")
///     .object_size_greater_than(128 << 10)
///     .object_size_less_than(1 << 30)
///     .transition(LifecycleTransition::after_days(30, "STANDARD_IA"))
///     .noncurrent_transition(LifecycleTransition::after_days(30, "GLACIER"))
///     .retain_noncurrent_versions(3);
/// assert_eq!(photos.transitions[0].storage_class, "STANDARD_IA");
///
/// let scratch = LifecycleRule::new("scratch/")
///     .transition(LifecycleTransition::on_date(next_year, "GLACIER"))
///     .expire_on_date(next_year);
/// assert!(scratch.expire_on_date.is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LifecycleTransition {
    /// The new storage class.
    pub storage_class: String,
    /// The number of days after the creation of the object, or after the version became noncurrent.
    pub days: Option<u32>,
    /// The date from which objects are moved.
    pub date: Option<Timestamp>,
}

impl LifecycleRule {
    /// Creates a rule without effect for keys that start with this prefix. An empty prefix matches all
    /// objects.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self {
            id: None,
            enabled: true,
            prefix: prefix.into(),
            tags: BTreeMap::new(),
            object_size_greater_than: None,
            object_size_less_than: None,
            expire_after_days: None,
            expire_on_date: None,
            expire_delete_markers: false,
            expire_noncurrent_after_days: None,
            retain_noncurrent_versions: None,
            abort_incomplete_uploads_after_days: None,
            transitions: Vec::new(),
            noncurrent_transitions: Vec::new(),
            unsupported: Vec::new(),
        }
    }

    /// Sets the ID of the rule.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Disables the rule: the server stores it, but does not apply it.
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// Restricts the rule to objects that have this tag.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Restricts the rule to objects that are larger than this, in bytes. Ceph 16.2 does not support this.
    pub fn object_size_greater_than(mut self, bytes: u64) -> Self {
        self.object_size_greater_than = Some(bytes);
        self
    }

    /// Restricts the rule to objects that are smaller than this, in bytes. Ceph 16.2 does not support this.
    pub fn object_size_less_than(mut self, bytes: u64) -> Self {
        self.object_size_less_than = Some(bytes);
        self
    }

    /// Deletes objects this many days after their creation.
    pub fn expire_after_days(mut self, days: u32) -> Self {
        self.expire_after_days = Some(days);
        self
    }

    /// Deletes objects from this date on. The time of day must be midnight UTC.
    pub fn expire_on_date(mut self, date: impl Into<OffsetDateTime>) -> Self {
        self.expire_on_date = Some(Timestamp::from(date.into()));
        self
    }

    /// Deletes delete markers that no longer hide any version.
    pub fn expire_delete_markers(mut self) -> Self {
        self.expire_delete_markers = true;
        self
    }

    /// Deletes versions this many days after they became noncurrent.
    pub fn expire_noncurrent_after_days(mut self, days: u32) -> Self {
        self.expire_noncurrent_after_days = Some(days);
        self
    }

    /// Retains this many of the newest noncurrent versions. Ceph 16.2 does not support this.
    pub fn retain_noncurrent_versions(mut self, versions: u32) -> Self {
        self.retain_noncurrent_versions = Some(versions);
        self
    }

    /// Aborts multipart uploads this many days after their creation.
    pub fn abort_incomplete_uploads_after_days(mut self, days: u32) -> Self {
        self.abort_incomplete_uploads_after_days = Some(days);
        self
    }

    /// Adds a move of objects to another storage class.
    pub fn transition(mut self, transition: LifecycleTransition) -> Self {
        self.transitions.push(transition);
        self
    }

    /// Adds a move of noncurrent versions to another storage class.
    pub fn noncurrent_transition(mut self, transition: LifecycleTransition) -> Self {
        self.noncurrent_transitions.push(transition);
        self
    }

    /// Returns `true` if `stored` is what a server returns after it stored `self` completely.
    pub(crate) fn is_stored_as(&self, stored: &Self) -> bool {
        let mut expected = self.clone();
        let mut stored = stored.clone();
        // the server generates an ID if there is none
        if expected.id.is_none() {
            expected.id.clone_from(&stored.id);
        }
        // servers may return transitions in another order
        for rule in [&mut expected, &mut stored] {
            rule.transitions.sort();
            rule.noncurrent_transitions.sort();
        }
        expected == stored
    }

    pub(crate) fn push(&self, out: &mut String) {
        out.push_str("<Rule>");
        xml::push_some(out, "ID", self.id.as_ref());
        self.push_filter(out);
        xml::push(out, "Status", if self.enabled { "Enabled" } else { "Disabled" });
        let number = |n: Option<u32>| n.map(|n| n.to_string());
        group(out, "Expiration", |out| {
            xml::push_some(out, "Days", number(self.expire_after_days));
            xml::push_some(out, "Date", self.expire_on_date.map(|day| day.to_string()));
            xml::push_some(out, "ExpiredObjectDeleteMarker", self.expire_delete_markers.then_some("true"));
        });
        group(out, "NoncurrentVersionExpiration", |out| {
            xml::push_some(out, "NoncurrentDays", number(self.expire_noncurrent_after_days));
            xml::push_some(out, "NewerNoncurrentVersions", number(self.retain_noncurrent_versions));
        });
        group(out, "AbortIncompleteMultipartUpload", |out| {
            xml::push_some(out, "DaysAfterInitiation", number(self.abort_incomplete_uploads_after_days));
        });
        for (name, days, transitions) in [
            ("Transition", "Days", &self.transitions),
            ("NoncurrentVersionTransition", "NoncurrentDays", &self.noncurrent_transitions),
        ] {
            for transition in transitions {
                group(out, name, |out| {
                    xml::push_some(out, days, number(transition.days));
                    xml::push_some(out, "Date", transition.date.map(|day| day.to_string()));
                    xml::push(out, "StorageClass", &transition.storage_class);
                });
            }
        }
        out.push_str("</Rule>");
    }

    fn push_filter(&self, out: &mut String) {
        let sizes = [
            ("ObjectSizeGreaterThan", self.object_size_greater_than),
            ("ObjectSizeLessThan", self.object_size_less_than),
        ];
        let conditions = usize::from(!self.prefix.is_empty())
            + self.tags.len()
            + sizes.iter().filter(|(_, size)| size.is_some()).count();
        // several conditions require <And>, and a single one must not be inside it
        out.push_str(if conditions > 1 { "<Filter><And>" } else { "<Filter>" });
        if conditions == 0 || !self.prefix.is_empty() {
            xml::push(out, "Prefix", &self.prefix);
        }
        self.tags.iter().for_each(|(key, value)| push_tag(out, key, value));
        for (name, size) in sizes {
            xml::push_some(out, name, size.map(|bytes| bytes.to_string()));
        }
        out.push_str(if conditions > 1 { "</And></Filter>" } else { "</Filter>" });
    }

    pub(crate) fn read(node: Node<'_, '_>) -> Result<Self> {
        let mut rule = Self::new("");
        for part in node.children().filter(Node::is_element) {
            match part.tag_name().name() {
                "ID" => rule.id = Some(xml::text(part)).filter(|id| !id.is_empty()),
                "Status" => rule.enabled = xml::text(part).trim() == "Enabled",
                "Transition" => {
                    let transition = LifecycleTransition::read(part, "Days", &mut rule.unsupported)?;
                    rule.transitions.push(transition);
                }
                "NoncurrentVersionTransition" => {
                    let transition =
                        LifecycleTransition::read(part, "NoncurrentDays", &mut rule.unsupported)?;
                    rule.noncurrent_transitions.push(transition);
                }
                _ => rule.read_part(part)?,
            }
        }
        Ok(rule)
    }

    /// Reads an element whose name is unique in a rule, at any depth: older servers return `Prefix` outside
    /// `Filter`.
    fn read_part(&mut self, node: Node<'_, '_>) -> Result<()> {
        match node.tag_name().name() {
            "Filter"
            | "And"
            | "Expiration"
            | "NoncurrentVersionExpiration"
            | "AbortIncompleteMultipartUpload" => {
                node.children().filter(Node::is_element).try_for_each(|part| self.read_part(part))?;
            }
            "Prefix" => self.prefix = xml::text(node),
            "Tag" => self.tags.extend([read_tag(node)?]),
            "ObjectSizeGreaterThan" => self.object_size_greater_than = Some(parse_text(node)?),
            "ObjectSizeLessThan" => self.object_size_less_than = Some(parse_text(node)?),
            "Days" => self.expire_after_days = Some(parse_text(node)?),
            "Date" => self.expire_on_date = Some(Timestamp::from_iso8601(&xml::text(node))),
            "ExpiredObjectDeleteMarker" => self.expire_delete_markers = xml::text(node).trim() == "true",
            "NoncurrentDays" => self.expire_noncurrent_after_days = Some(parse_text(node)?),
            "NewerNoncurrentVersions" => self.retain_noncurrent_versions = Some(parse_text(node)?),
            "DaysAfterInitiation" => self.abort_incomplete_uploads_after_days = Some(parse_text(node)?),
            other => self.unsupported.push(other.to_owned()),
        }
        Ok(())
    }
}

impl LifecycleTransition {
    /// Creates a move to this storage class, such as `GLACIER`, this many days after the creation of the
    /// object, or after the version became noncurrent.
    pub fn after_days(days: u32, storage_class: impl Into<String>) -> Self {
        Self { storage_class: storage_class.into(), days: Some(days), date: None }
    }

    /// Creates a move to this storage class from this date on, at midnight UTC. Not for noncurrent versions.
    pub fn on_date(date: impl Into<OffsetDateTime>, storage_class: impl Into<String>) -> Self {
        Self { storage_class: storage_class.into(), days: None, date: Some(Timestamp::from(date.into())) }
    }

    fn read(node: Node<'_, '_>, days: &str, unsupported: &mut Vec<String>) -> Result<Self> {
        let mut transition = Self { storage_class: String::new(), days: None, date: None };
        for part in node.children().filter(Node::is_element) {
            match part.tag_name().name() {
                "StorageClass" => transition.storage_class = xml::text(part),
                "Date" => transition.date = Some(Timestamp::from_iso8601(&xml::text(part))),
                name if name == days => transition.days = Some(parse_text(part)?),
                other => unsupported.push(other.to_owned()),
            }
        }
        Ok(transition)
    }
}

/// Appends an element with the content that `fill` writes. Appends nothing if it writes nothing.
fn group(out: &mut String, name: &str, fill: impl FnOnce(&mut String)) {
    let mut content = String::new();
    fill(&mut content);
    if !content.is_empty() {
        out.push_str(&format!("<{name}>{content}</{name}>"));
    }
}
