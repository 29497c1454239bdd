package policy

import (
	"fmt"
	"slices"
	"strings"
)

// partitions are AWS's.
var partitions = []string{"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"}

// pathsOfIAM are what the names of IAM's resources begin with.
var pathsOfIAM = []string{
	"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/",
	"sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/",
}

// regionalOfS3 are what the names of those resources of S3 begin with that lie in
// a region and belong to an account.
var regionalOfS3 = []string{"accesspoint", "job/", "storage-lens", "access-grants", "async-request/", "*"}

func (p *parser) checkResources(s *raw) string {
	for _, text := range s.resources() {
		if wrong := p.resource(text); wrong != "" {
			return wrong
		}
	}
	return ""
}

// resource refuses what is neither "*" nor the ARN, or its beginning, of what can
// be there.
func (p *parser) resource(text string) string {
	if text == "*" {
		return ""
	}
	segments := splitARN(text, p.variables)
	if p.kind == Resource {
		// Which of its resources a policy may name, the service knows.
		if len(segments) == arnSegments && segments[0] == "arn" || strings.Trim(text, "*") == "" && text != "" {
			return ""
		}
		return errResource
	}
	switch {
	case len(segments) == 1:
		return fmt.Sprintf(noARN, text)
	case segments[1] != "*" && !slices.Contains(partitions, segments[1]):
		return fmt.Sprintf(badPartition, segments[1], completed(segments))
	case segments[0] != "arn":
		return fmt.Sprintf(noARN, text)
	case len(segments) == 2, strings.ContainsAny(segments[2], "*?"):
		return vaguePlace
	}
	return place(text, segments)
}

// completed returns an ARN without its first segment, and with "*" for what is
// left out.
func completed(segments []string) string {
	whole := slices.Clone(segments[1:])
	for len(whole) < arnSegments-1 {
		whole = append(whole, "*")
	}
	return strings.Join(whole, ":")
}

// place refuses a region where a service has none, and names that IAM has not.
func place(text string, segments []string) string {
	at := func(i int) string {
		if i < len(segments) {
			return segments[i]
		}
		return ""
	}
	name := at(arnSegments - 1)
	begins := func(start string) bool { return strings.HasPrefix(name, start) }
	switch at(2) {
	case "iam":
		switch {
		case at(3) != "":
			return fmt.Sprintf(regionOfIAM, text)
		case len(segments) == arnSegments && name != "*" && name != "root" && !begins("role-template/") && !slices.ContainsFunc(pathsOfIAM, begins):
			return fmt.Sprintf(pathOfIAM, strings.Join(pathsOfIAM, ", "))
		}
	case "s3":
		if at(3) != "" && len(segments) == arnSegments && !slices.ContainsFunc(regionalOfS3, begins) {
			return fmt.Sprintf(regionOfS3, text)
		}
	}
	return ""
}

// oldARN reports whether IAM's oldest parser takes an ARN: with a service, and
// whole where a segment is empty.
func oldARN(text string, variables bool) bool {
	if text == "*" {
		return true
	}
	segments := splitARN(text, variables)
	return len(segments) > 2 && segments[2] != "" && (len(segments) == arnSegments || !strings.Contains(text, "::"))
}
