package s3

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
)

// matchingRule returns the first rule for a key and the status of its error; of
// rules that name no error, status is 0, before the key is looked for.
func matchingRule(rules []s3api.RoutingRule, key string, status int) *s3api.Redirect {
	for i := range rules {
		c := rules[i].Condition
		if c == nil {
			c = &s3api.Condition{}
		}
		if ruleStatus(c) == status && strings.HasPrefix(key, text(c.KeyPrefixEquals)) {
			if rules[i].Redirect != nil {
				return withPrefix(rules[i].Redirect, text(c.KeyPrefixEquals), key)
			}
		}
	}
	return nil
}

func ruleStatus(c *s3api.Condition) int {
	status, err := strconv.Atoi(text(c.HttpErrorCodeReturnedEquals))
	if err != nil {
		return 0
	}
	return status
}

// withPrefix returns a redirect whose key is the one that it leads to.
func withPrefix(to *s3api.Redirect, prefix, key string) *s3api.Redirect {
	whole := *to
	switch {
	case to.ReplaceKeyWith != nil:
	case to.ReplaceKeyPrefixWith != nil:
		whole.ReplaceKeyWith = new(*to.ReplaceKeyPrefixWith + strings.TrimPrefix(key, prefix))
	default:
		whole.ReplaceKeyWith = &key
	}
	return &whole
}

// ruledPage leads to where a rule says.
func ruledPage(to *s3api.Redirect, key string) sitePage {
	status, err := strconv.Atoi(text(to.HttpRedirectCode))
	if err != nil {
		status = http.StatusMovedPermanently
	}
	if to.ReplaceKeyWith != nil {
		key = *to.ReplaceKeyWith
	}
	return redirectPage(status, text(to.Protocol), text(to.HostName), key)
}

// redirectPage leads to a key: on another host where one is named, by plain HTTP
// as websites are served where no protocol is.
func redirectPage(status int, protocol, host, key string) sitePage {
	location := url.URL{Path: "/" + key}
	if host != "" {
		location.Scheme, location.Host = "http", host
		if protocol != "" {
			location.Scheme = protocol
		}
	}
	target := location.String()
	if host == "" {
		// A path that begins with two slashes would name a host.
		target = "/" + strings.TrimPrefix(location.EscapedPath(), "/")
		if strings.HasPrefix(target, "//") {
			target = "/%2F" + target[2:]
		}
	}
	return sitePage{status: status, header: http.Header{"Location": {target}}}
}
