package wire

import (
	"slices"
	"time"
	"unicode/utf8"
)

// hiddenValue stands in a record for a value that must not be shown, as in AWS's.
const hiddenValue = "HIDDEN_DUE_TO_SECURITY_REASONS"

// recordStyle is how a service's calls look in CloudTrail's records, where that
// does not follow from its model.
type recordStyle struct {
	omits  bool     // sensitive members are left out, and not hidden
	hidden []string // members that are hidden though the model calls them harmless
	time   string   // layout of times; empty for most services'

	// drops are members of answers that AWS does not answer, and we do, by operation.
	drops map[string][]string
}

// recordStyles are those of services whose records differ from the rest, as
// recorded from AWS.
var recordStyles = map[string]*recordStyle{
	"events": {hidden: []string{"Detail"}},
	"iam": {
		omits: true, hidden: []string{"AuthenticationCode1", "AuthenticationCode2"}, time: "Jan 2, 2006 3:04:05 PM",
		drops: map[string][]string{"CreateRole": {"MaxSessionDuration"}},
	},
	"kms":    {omits: true},
	"lambda": {omits: true},
	// What is logged is nobody's to read in another log.
	"logs": {hidden: []string{"logEvents", "logEventMessages"}},
	"s3":   {omits: true, time: "2006-01-02T15:04:05Z"},
	"sns":  {hidden: []string{"Message", "MessageAttributes", "PhoneNumber", "PlatformCredential", "PlatformPrincipal", "Subject", "Token"}},
	"sqs":  {hidden: []string{"MessageBody", "MessageAttributes"}},
	// A session token opens nothing without its secret, and is long.
	"sts": {omits: true, hidden: []string{"SessionToken", "TokenCode"}},
}

// recordTime is the layout of times in most services' records: a locale's.
const recordTime = "Jan 2, 2006, 3:04:05 PM"

func recordStyleOf(model string) *recordStyle {
	if style, ok := recordStyles[model]; ok {
		return style
	}
	return &recordStyle{}
}

func (s *recordStyle) format(when time.Time) string {
	if s.time == "" {
		return when.UTC().Format(recordTime)
	}
	return when.UTC().Format(s.time)
}

// leavesOut says whether a member is not in records: bodies, and in some services
// what is sensitive.
func (s *recordStyle) leavesOut(f *Field) bool {
	switch f.Type.Kind {
	case Stream, Events, Blob:
		return true
	case Struct, List, Map, String, Integer, Float, Boolean, Time, Document:
	}
	return s.omits && (f.Type.sensitive || f.Type.Kind == Map && f.Type.Key.sensitive)
}

// hides says whether a member's value is AWS's to hide, though its model does not.
func (s *recordStyle) hides(f *Field) bool {
	return slices.Contains(s.hidden, f.Member)
}

// name is a member's name in a record.
func (s *recordStyle) name(f *Field, xml bool) string {
	if xml {
		return f.Name
	}
	return f.record
}

// lowered returns a name that begins with a small letter.
func lowered(name string) string {
	if name == "" || name[0] >= utf8.RuneSelf || name[0] < 'A' || name[0] > 'Z' {
		return name
	}
	return string(name[0]+'a'-'A') + name[1:]
}
