package s3

import (
	"net/netip"
	"slices"
	"strings"
)

// narrowKeys are the condition keys that can keep a statement for everybody from
// being public, as long as their values are fixed.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html.
var narrowKeys = []string{
	"aws:sourceip", "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid",
	"aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:principalaccount", "aws:calledvia", "aws:vpcsourceip",
	"s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
}

// narrowOperators are those that name what is allowed.
var narrowOperators = []string{"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress"}

// public says whether a policy lets everybody in, as S3 means it.
func (p *policyDocument) public() bool {
	return p != nil && slices.ContainsFunc(p.Statement, func(s policyStatement) bool {
		return text(s.Effect) == "Allow" && s.everybody() && !s.narrow()
	})
}

func (s *policyStatement) everybody() bool {
	return s.NotPrincipal != nil || s.Principal != nil && slices.Contains((*s.Principal)["AWS"], "*")
}

// narrow says whether a condition leaves only callers that it names.
func (s *policyStatement) narrow() bool {
	for operator, keys := range s.Condition {
		if !slices.Contains(narrowOperators, operator) {
			continue
		}
		for key, values := range keys {
			if slices.Contains(narrowKeys, strings.ToLower(key)) && !slices.ContainsFunc(values, func(v string) bool { return wide(key, v) }) {
				return true
			}
		}
	}
	return false
}

// wide says whether a value of a condition is not fixed. In ARNs and IDs of
// callers a wildcard stands for others only at the places of those.
func wide(key, value string) bool {
	if strings.EqualFold(key, "aws:SourceIp") {
		return wideNetwork(value)
	}
	if strings.HasPrefix(value, "arn:") {
		parts := strings.SplitN(value, ":", 6)
		return len(parts) < 6 || strings.ContainsAny(parts[4], "*?") || parts[4] == "" && strings.ContainsAny(parts[5], "*?")
	}
	return strings.ContainsAny(value, "*?") || strings.Contains(value, "${")
}

// wideNetwork says whether a network is so large that it is everybody's.
func wideNetwork(value string) bool {
	network, err := netip.ParsePrefix(value)
	if err != nil {
		_, err := netip.ParseAddr(value)
		return err != nil
	}
	if network.Addr().Is4() {
		return network.Bits() < 8
	}
	return network.Bits() < 32
}
