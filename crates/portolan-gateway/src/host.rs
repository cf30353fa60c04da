//! The host that a caller names: read the same way wherever it stands.
//!
//! ASCII case folded, a port and one dot at the end taken off, then compared for equality. Nothing
//! is ever compared by substring, prefix or suffix.

/// A host as it is compared.
pub(crate) fn folded(authority: &str) -> String {
    let host = match authority.strip_prefix('[') {
        // An IPv6 address keeps its brackets: what stands behind them is the port.
        Some(rest) => match rest.split_once(']') {
            Some((address, _)) => return format!("[{}]", address.to_ascii_lowercase()),
            None => authority,
        },
        None => match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            Some(_) | None => authority,
        },
    };
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// Whether this is a name or an address, without a port.
pub(crate) fn is_host(text: &str) -> bool {
    let inside = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    if let Some(address) = inside {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    text.split('.').all(label)
}

/// What a caller named: nothing, one host, or hosts that do not agree.
#[cfg(feature = "server")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// Nowhere.
    Not,
    /// Everywhere the same, folded.
    One(String),
    /// As it was sent, where two places differ or one cannot be read.
    Torn(String),
}

/// Reads every place where a request names its host: the target (which is `:authority` in HTTP/2
/// and the absolute form in HTTP/1) and each `host` header.
#[cfg(feature = "server")]
pub(crate) fn named(parts: &http::request::Parts) -> Named {
    let mut found: Option<String> = None;
    let headers = parts.headers.get_all(http::header::HOST).iter();
    let headers = headers.map(|value| value.to_str().ok().map(str::to_owned));
    let target = parts.uri.authority().map(|a| Some(a.as_str().to_owned()));
    for said in target.into_iter().chain(headers) {
        let Some(said) = said else {
            return Named::Torn("?".to_owned());
        };
        let host = folded(&said);
        // `user@host` is no host, and whoever reads it otherwise would call another.
        if !is_host(&host) || found.as_ref().is_some_and(|other| *other != host) {
            return Named::Torn(said);
        }
        found = Some(host);
    }
    found.map_or(Named::Not, Named::One)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_the_same_however_it_is_written() {
        for written in ["EU.example.com", "eu.example.com:443", "eu.EXAMPLE.com."] {
            assert_eq!(folded(written), "eu.example.com", "{written}");
        }
        assert_eq!(folded("eu.example.com.:8080"), "eu.example.com");
        assert_eq!(folded("[::1]:8080"), "[::1]");
        assert_eq!(folded("eu.example.com.."), "eu.example.com.");
    }

    #[test]
    fn what_is_nearly_a_host_is_none() {
        for host in [
            "",
            "a..b",
            "a b",
            "user@eu",
            "eu.example.com.",
            "eu/",
            "a:b",
            "[::1",
            "[x]",
        ] {
            assert!(!is_host(host), "{host}");
        }
        for host in ["localhost", "127.0.0.1", "[::1]", "eu.example.com", "a_b"] {
            assert!(is_host(host), "{host}");
        }
    }
}
