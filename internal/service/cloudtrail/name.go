package cloudtrail

import (
	"context"
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/cloud"
)

// ref names a trail.
type ref struct {
	account cloud.Account
	region  cloud.Region // the home region
	name    string
	byARN   bool // the caller gave the ARN
}

func (r ref) arn() string {
	return cloud.ARN{Service: "cloudtrail", Region: r.region, Account: r.account, Resource: "trail/" + r.name}.String()
}

const (
	shortestName = 3
	longestName  = 128
)

var (
	nameLetters  = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)
	nameAdjacent = regexp.MustCompile(`[._-]{2}`)
	accountForm  = regexp.MustCompile(`^[0-9]{12}$`)
)

// checkName returns the InvalidTrailNameException for what is no name of a trail.
func checkName(name string) error {
	n := utf8.RuneCountInString(name)
	switch {
	case n < shortestName:
		return errName("Trail name too short. Minimum allowed length: %d characters. Specified name length: %d characters.", shortestName, n)
	case n > longestName:
		return errName("Trail name too long. Maximum allowed length: %d characters. Specified name length: %d characters.", longestName, n)
	case !alphanumeric(name[0]):
		return errName("Trail name must starts with a letter or number.")
	case !alphanumeric(name[len(name)-1]):
		return errName("Trail name must ends with a letter or number.")
	case !nameLetters.MatchString(name):
		return errName("Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).")
	case nameAdjacent.MatchString(name):
		return errName("Trail name cannot have adjacent periods (.), hyphens (-), or underscores (_).")
	}
	if ip, err := netip.ParseAddr(name); err == nil && ip.Is4() {
		return errName("Trail name cannot be in the format of an IP address.")
	}
	return nil
}

func alphanumeric(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

func errName(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "InvalidTrailNameException", format, args...)
}

// refOf returns the trail that a caller names, by its name in the call's region or
// by its ARN.
func refOf(ctx context.Context, given string) (ref, error) {
	call := cloud.CallOf(ctx)
	if !strings.HasPrefix(given, "arn:") {
		return ref{account: call.Account, region: call.Region, name: given}, checkName(given)
	}
	return arnOf(given)
}

// partition is that of all that is kept here. The ARN of another one names nothing here:
// if it did, a policy that denies a resource would not see it.
const partition = "aws"

// ownARN takes apart the ARN of a resource of CloudTrail's whose kind is noun, such as
// "trail/", and returns what follows the noun.
func ownARN(given, noun string) (arn cloud.ARN, name string, ok bool) {
	arn, err := cloud.ParseARN(given)
	name, ok = strings.CutPrefix(arn.Resource, noun)
	return arn, name, ok && err == nil && arn.Partition == partition && arn.Service == "cloudtrail" && arn.Region != "" && accountForm.MatchString(string(arn.Account))
}

// arnOf returns the trail that an ARN names.
func arnOf(given string) (ref, error) {
	arn, name, ok := ownARN(given, "trail/")
	if !ok || checkName(name) != nil {
		return ref{}, cloud.Errorf(cloud.Invalid, "CloudTrailARNInvalidException",
			"%s is not the ARN of a trail, which has the form arn:aws:cloudtrail:us-east-2:123456789012:trail/MyTrail.", given)
	}
	return ref{account: arn.Account, region: arn.Region, name: name, byARN: true}, nil
}

func errUnknown(what string, account cloud.Account) error {
	return cloud.Errorf(cloud.NotFound, "TrailNotFoundException", "Unknown trail: %s for the user: %s", what, account)
}
