//! The proxy that connections go through, from the program or from the environment.

use std::fmt;

use super::no_proxy::NoProxy;
use crate::endpoint::hide_userinfo;

/// The proxy of a configuration.
#[derive(Clone, Debug)]
pub(crate) enum ProxySetting {
    Url(ProxyUrl),
    Environment(ProxyVariables),
}

/// A URL that may contain a password, which `{:?}` hides.
#[derive(Clone)]
pub(crate) struct ProxyUrl(pub(crate) String);

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hide_userinfo(&self.0))
    }
}

/// The proxy variables of the environment, with the names under which they were found.
#[derive(Clone, Debug)]
pub(crate) struct ProxyVariables {
    http: Option<(&'static str, ProxyUrl)>,
    https: Option<(&'static str, ProxyUrl)>,
    pub(crate) no_proxy: NoProxy,
}

impl ProxyVariables {
    /// Reads the variables by curl's rules. `variable` returns those that are set and not empty.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first =
            |names: &[&'static str]| names.iter().find_map(|name| Some((*name, ProxyUrl(variable(name)?))));
        Self {
            // Not HTTP_PROXY: a CGI program gets the request's header `Proxy` in this variable.
            http: first(&["http_proxy", "all_proxy", "ALL_PROXY"]),
            https: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            no_proxy: first(&["no_proxy", "NO_PROXY"])
                .map(|(_, list)| NoProxy::parse(&list.0))
                .unwrap_or_default(),
        }
    }

    /// Returns the variable that sets the proxy for a scheme, and its value.
    pub(crate) fn variable(&self, https: bool) -> Option<(&'static str, &ProxyUrl)> {
        let variable = if https { &self.https } else { &self.http };
        variable.as_ref().map(|(name, url)| (*name, url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(variables: &[(&str, &str)], https: bool) -> Option<String> {
        let get = |name: &str| {
            let found = variables.iter().find(|(n, value)| *n == name && !value.is_empty());
            found.map(|(_, value)| (*value).to_owned())
        };
        ProxyVariables::read(get).variable(https).map(|(name, url)| format!("{name}={}", url.0))
    }

    #[test]
    fn variables_have_the_precedence_of_curl() {
        let all = [
            ("https_proxy", "1"),
            ("HTTPS_PROXY", "2"),
            ("all_proxy", "3"),
            ("ALL_PROXY", "4"),
            ("http_proxy", "5"),
            ("HTTP_PROXY", "6"),
        ];
        for (variables, https, expected) in [
            (&all[..], true, Some("https_proxy=1")),
            (&all[1..], true, Some("HTTPS_PROXY=2")),
            (&all[2..], true, Some("all_proxy=3")),
            (&all[3..], true, Some("ALL_PROXY=4")),
            (&all[4..], true, None),
            (&all[..], false, Some("http_proxy=5")),
            (&all[..4], false, Some("all_proxy=3")),
            (&all[3..4], false, Some("ALL_PROXY=4")),
            (&all[5..], false, None),
            (&[("https_proxy", ""), ("HTTPS_PROXY", "2")], true, Some("HTTPS_PROXY=2")),
        ] {
            assert_eq!(variable(variables, https).as_deref(), expected, "{variables:?} {https}");
        }
    }

    #[test]
    fn lower_case_no_proxy_has_precedence() {
        let variables = ProxyVariables::read(|name| match name {
            "no_proxy" => Some("a.test".to_owned()),
            "NO_PROXY" => Some("b.test".to_owned()),
            _ => None,
        });
        assert!(variables.no_proxy.contains("a.test", 80) && !variables.no_proxy.contains("b.test", 80));
    }
}
