package app

import (
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// enabledRegions returns the regions that count as enabled for whoever has a trail at
// home in one: those that every account of AWS has from the start, of the same
// partition. This server itself has no list of regions: it takes any that is signed for.
func enabledRegions(home cloud.Region) []cloud.Region {
	switch {
	case strings.HasPrefix(string(home), "cn-"):
		return []cloud.Region{"cn-north-1", "cn-northwest-1"}
	case strings.HasPrefix(string(home), "us-gov-"):
		return []cloud.Region{"us-gov-east-1", "us-gov-west-1"}
	}
	return []cloud.Region{
		"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1",
		"eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
	}
}
