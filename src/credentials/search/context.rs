//! What the sources are configured from: the environment, the selected profile, and the network settings.

use std::path::PathBuf;

use super::service::{Network, ServiceUrl};
use crate::config::Environment;
use crate::error::{Error, Result};
use crate::profile::Profile;

pub(super) struct Context<'a> {
    pub(super) env: &'a Environment<'a>,
    /// The profile that was selected. Its region and endpoints apply to all requests for credentials, even if another
    /// profile is the source of a role.
    pub(super) profile: Profile<'a>,
    pub(super) network: Network,
}

impl Context<'_> {
    /// Returns a setting of the environment, otherwise of the selected profile.
    pub(super) fn setting(&self, variable: &str, property: &str) -> Option<String> {
        let property = || self.profile.get(property).map(|property| property.value.clone());
        self.env.get(variable).or_else(property)
    }

    pub(super) fn region(&self) -> Option<String> {
        self.env.region().or_else(|| self.profile.get("region").map(|region| region.value.clone()))
    }

    /// Returns the endpoint of a service such as `STS`: the configured one, in the order of botocore, otherwise that
    /// of AWS.
    pub(super) fn endpoint(
        &self,
        service: &str,
        of_aws: impl FnOnce() -> Result<String>,
    ) -> Result<ServiceUrl> {
        let configured = if self.env.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            None
        } else {
            match self.env.service_endpoint(service) {
                Some(endpoint) => Some(endpoint),
                None => self.profile.endpoint(&service.to_ascii_lowercase())?,
            }
        };
        let set_by = format!(
            "the {service} endpoint, which AWS_ENDPOINT_URL_{service}, AWS_ENDPOINT_URL or endpoint_url in the profile \
             sets,"
        );
        ServiceUrl::parse(&configured.map_or_else(of_aws, Ok)?, &set_by)
    }

    /// Returns the folder below `~/.aws` in which aws-cli caches the results of logins.
    pub(super) fn cache_folder(&self, name: &str) -> Result<PathBuf> {
        let home = self.env.home().ok_or_else(|| {
            Error::invalid(format!(
                "the folder of the cached {name} login is unknown, because HOME is not set"
            ))
            .with_hint("Set HOME.")
        })?;
        Ok(home.join(".aws").join(name).join("cache"))
    }
}
