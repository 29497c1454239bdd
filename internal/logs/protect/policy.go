package protect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// AWS's limits of policies.
const (
	mostDocument = 30_720 // characters
	mostCustom   = 10
	mostName     = 128
	mostRegex    = 200
	version      = "2021-06-01"
	managedARN   = "arn:aws:dataprotection::aws:data-identifier/"
)

// Error says why a policy is refused.
type Error struct{ Text string }

// Error implements error.
func (e *Error) Error() string { return e.Text }

func invalid(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// Policy is a data protection policy, checked and compiled. It is safe for concurrent
// use.
type Policy struct {
	Name string
	// LogGroup and Bucket are where findings go; empty for nowhere.
	LogGroup, Bucket string

	identifiers []*identifier
}

// document is a policy as it is written.
type document struct {
	Name, Description, Version string
	Configuration              struct {
		CustomDataIdentifier []struct{ Name, Regex string }
	}
	Statement []statement
}

type statement struct {
	Sid            string
	DataIdentifier []string
	Operation      struct {
		Audit *struct {
			FindingsDestination *struct {
				CloudWatchLogs *struct{ LogGroup string }
				Firehose       *struct{ DeliveryStream string }
				S3             *struct{ Bucket string }
			}
		}
		Deidentify *struct{ MaskConfig map[string]any }
	}
}

// Parse reads a policy. The error is an *Error.
func Parse(text string) (*Policy, error) {
	if utf8.RuneCountInString(text) > mostDocument {
		return nil, invalid("A data protection policy has at most %d characters.", mostDocument)
	}
	var d document
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return nil, invalid("The data protection policy is no JSON of a policy: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("The data protection policy is no JSON of a policy: there is more behind it")
	}
	switch {
	case d.Name == "":
		return nil, invalid("The data protection policy has no Name.")
	case d.Version != version:
		return nil, invalid("The Version of a data protection policy is %s.", version)
	case len(d.Statement) != 2:
		return nil, invalid("A data protection policy has two statements, one to Audit and one to Deidentify, and this one has %d.", len(d.Statement))
	}
	p := &Policy{Name: d.Name}
	audit, mask := d.Statement[0], d.Statement[1]
	if audit.Operation.Audit == nil {
		audit, mask = mask, audit
	}
	switch {
	case audit.Operation.Audit == nil || audit.Operation.Deidentify != nil || mask.Operation.Deidentify == nil || mask.Operation.Audit != nil:
		return nil, invalid("One statement of a data protection policy has the operation Audit, and the other one Deidentify.")
	case mask.Operation.Deidentify.MaskConfig == nil || len(mask.Operation.Deidentify.MaskConfig) > 0:
		return nil, invalid("Deidentify has an empty MaskConfig: {}.")
	case len(audit.DataIdentifier) == 0:
		return nil, invalid("The statements of a data protection policy name no DataIdentifier.")
	case !slices.Equal(sorted(audit.DataIdentifier), sorted(mask.DataIdentifier)):
		return nil, invalid("Both statements of a data protection policy must have the same DataIdentifier.")
	}
	to := audit.Operation.Audit.FindingsDestination
	if to == nil {
		return nil, invalid("Audit has a FindingsDestination, which may be empty: {}.")
	}
	if to.Firehose != nil {
		return nil, invalid("Findings cannot be sent to the delivery stream %s: there is no Firehose here yet.", to.Firehose.DeliveryStream)
	}
	if to.CloudWatchLogs != nil {
		if p.LogGroup = to.CloudWatchLogs.LogGroup; p.LogGroup == "" {
			return nil, invalid("The FindingsDestination CloudWatchLogs names no LogGroup.")
		}
	}
	if to.S3 != nil {
		if p.Bucket = to.S3.Bucket; p.Bucket == "" {
			return nil, invalid("The FindingsDestination S3 names no Bucket.")
		}
	}
	return p, p.identify(audit.DataIdentifier, &d)
}

func sorted(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// identify compiles the identifiers that a policy names.
func (p *Policy) identify(names []string, d *document) error {
	known := managed()
	custom := map[string]*identifier{}
	if n := len(d.Configuration.CustomDataIdentifier); n > mostCustom {
		return invalid("A data protection policy has at most %d custom data identifiers, and this one has %d.", mostCustom, n)
	}
	for _, c := range d.Configuration.CustomDataIdentifier {
		one, err := newCustom(c.Name, c.Regex)
		if err != nil {
			return err
		}
		if _, is := known[c.Name]; is || unknownForms()[c.Name] || custom[c.Name] != nil {
			return invalid("The custom data identifier %s has the name of another one.", c.Name)
		}
		custom[c.Name] = one
	}
	for _, name := range sorted(names) {
		if one := custom[name]; one != nil {
			p.identifiers = append(p.identifiers, one)
			continue
		}
		of, is := strings.CutPrefix(name, managedARN)
		one := known[of]
		switch {
		case is && one != nil:
			p.identifiers = append(p.identifiers, one)
		case is && (unknownForms()[of] || strings.HasPrefix(of, "DriversLicense-")):
			return invalid("The data identifier %s cannot be found reliably here, so a policy with it would not protect: leave it out, or describe it by a custom data identifier.", of)
		default:
			return invalid("The data identifier %s does not exist.", name)
		}
	}
	for name := range custom {
		if !slices.Contains(names, name) {
			return invalid("The custom data identifier %s is in no statement.", name)
		}
	}
	slices.SortFunc(p.identifiers, func(a, b *identifier) int { return cmp.Compare(a.name, b.name) })
	return nil
}

// newCustom compiles an identifier of a client's own.
func newCustom(name, regex string) (*identifier, error) {
	named := regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)
	written := regexp.MustCompile(`^[a-zA-Z0-9_#=@/;, ^$?\[\]{}|\\*+.-]+$`)
	switch {
	case len(name) > mostName || !named.MatchString(name):
		return nil, invalid("The name of a custom data identifier has 1 to %d characters of a-z, A-Z, 0-9, _ and -.", mostName)
	case len(regex) > mostRegex || !written.MatchString(regex):
		return nil, invalid("The Regex of the custom data identifier %s has 1 to %d letters, digits and characters of _ # = @ / ; , - blank ^ $ ? [ ] { } | \\ * + .", name, mostRegex)
	}
	re, err := regexp.Compile(regex)
	if err != nil {
		return nil, invalid("The Regex of the custom data identifier %s is no regular expression: %v", name, err)
	}
	if re.Match(nil) {
		return nil, invalid("The Regex of the custom data identifier %s matches nothing at all, and would everywhere.", name)
	}
	return &identifier{name: name, form: re, anywhere: true}, nil
}

// Span is a part of a message, in bytes.
type Span struct{ Start, End int }

// Finding is what was found of one identifier.
type Finding struct {
	Name  string
	Spans []Span
}

// Find returns what the policy finds in a message, by identifier.
func (p *Policy) Find(message []byte) (all []Finding) {
	for i, spans := range found(message, p.identifiers) {
		if len(spans) > 0 {
			all = append(all, Finding{p.identifiers[i].name, joined(spans)})
		}
	}
	return all
}

// Mask returns a message with an asterisk for each character of what any of the policies
// finds, and what that is, in order. Where nothing is found it is the message itself.
func Mask(message []byte, policies ...*Policy) ([]byte, []Span) {
	var all []*identifier
	for i, p := range policies {
		for _, one := range p.identifiers {
			if i == 0 || !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	spans := slices.Concat(found(message, all)...)
	if len(spans) == 0 {
		return message, nil
	}
	spans = joined(spans)
	masked := make([]byte, 0, len(message))
	last := 0
	for _, s := range spans {
		masked = append(masked, message[last:s.Start]...)
		masked = append(masked, bytes.Repeat([]byte{'*'}, utf8.RuneCount(message[s.Start:s.End]))...)
		last = s.End
	}
	return append(masked, message[last:]...), spans
}

// MaskJSON is Mask of a JSON text whose members are to be read: a number that is masked
// becomes a text. Other texts are masked as Mask does.
func MaskJSON(message []byte, policies ...*Policy) []byte {
	masked, spans := Mask(message, policies...)
	if len(spans) == 0 || json.Valid(masked) || !json.Valid(message) {
		return masked
	}
	quoted := make([]byte, 0, len(message)+2*len(spans))
	last := 0
	for _, s := range spans {
		quoted = append(quoted, message[last:s.Start]...)
		stars := bytes.Repeat([]byte{'*'}, utf8.RuneCount(message[s.Start:s.End]))
		if bare := s.Start > 0 && bytes.IndexByte([]byte(":,[ \t\r\n"), message[s.Start-1]) >= 0 && s.End < len(message) && bytes.IndexByte([]byte(",}] \t\r\n"), message[s.End]) >= 0; bare {
			quoted = append(append(append(quoted, '"'), stars...), '"')
		} else {
			quoted = append(quoted, stars...)
		}
		last = s.End
	}
	if quoted = append(quoted, message[last:]...); json.Valid(quoted) {
		return quoted
	}
	return masked
}

// joined puts spans in order, and makes one of those that overlap.
func joined(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	all := spans[:1]
	for _, s := range spans[1:] {
		if last := &all[len(all)-1]; s.Start <= last.End {
			last.End = max(last.End, s.End)
			continue
		}
		all = append(all, s)
	}
	return all
}
