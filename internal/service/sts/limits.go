package sts

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// limits is what a session is opened with beside who it is of.
type limits struct {
	documents []string // of session policies
	managed   []string // ARNs of those that are managed
	tags      map[string]string
	packed    *int32 // how much of what AWS allows they take, in percent; nil without any
}

const (
	maxManaged = 10   // session policies by ARN
	maxTags    = 50   // of a session
	maxPlain   = 2048 // characters of a session's policies and the ARNs of those that are managed
	maxPacked  = 2048 // bytes of all that, packed
	reserved   = "aws:"
)

// limit checks a session's policies and tags.
func (s *Service) limit(ctx context.Context, account cloud.Account, document *string, managed []stsapi.PolicyDescriptorType, tags []stsapi.Tag) (limits, error) {
	l := limits{tags: map[string]string{}}
	if document != nil {
		if err := parsed(*document); err != nil {
			return l, err
		}
		l.documents = append(l.documents, *document)
	}
	plain := utf8.RuneCountInString(resource.Value(document))
	for _, m := range managed {
		plain += utf8.RuneCountInString(resource.Value(m.Arn))
	}
	if plain > maxPlain {
		return l, errValidation("1 validation error detected: Value at 'policy' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d", maxPlain)
	}
	if len(managed) > maxManaged {
		return l, errValidation("1 validation error detected: Value at 'policyArns' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d", maxManaged)
	}
	for _, m := range managed {
		arn := resource.Value(m.Arn)
		text, err := s.identities.PolicyText(ctx, account, arn)
		if err != nil && (cloud.KindOf(err) == cloud.NotFound || cloud.KindOf(err) == cloud.Invalid) {
			return l, errValidation("The policy %s does not exist or is not attachable.", arn)
		}
		if err != nil {
			return l, err
		}
		if err := parsed(text); err != nil {
			return l, err
		}
		l.managed = append(l.managed, arn)
	}
	if len(tags) > maxTags {
		return l, errValidation("1 validation error detected: Value at 'tags' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d", maxTags)
	}
	seen := map[string]bool{}
	for _, t := range tags {
		folded := strings.ToLower(*t.Key)
		switch {
		case seen[folded]:
			return l, errParameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		case strings.HasPrefix(folded, reserved):
			return l, errParameter("Tag keys that begin with %q are reserved: %s", reserved, *t.Key)
		}
		seen[folded], l.tags[*t.Key] = true, *t.Value
	}
	return l, l.pack()
}

func errParameter(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "InvalidParameterValue", format, args...)
}

// parsed says what is wrong with a session policy.
func parsed(document string) error {
	_, err := policy.Parse(document, policy.Session)
	if malformed, ok := errors.AsType[*policy.Malformed](err); ok {
		return cloud.Errorf(cloud.Invalid, "MalformedPolicyDocument", "%s", malformed.Message)
	}
	return err
}

// pack finds out how much of what AWS allows policies and tags take together. How AWS
// packs them it does not tell; this is deflate.
func (l *limits) pack() error {
	if len(l.documents)+len(l.managed)+len(l.tags) == 0 {
		return nil
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return err
	}
	for _, text := range append(append([]string(nil), l.documents...), l.managed...) {
		if _, err := w.Write([]byte(text)); err != nil {
			return err
		}
	}
	for key, value := range l.tags {
		if _, err := fmt.Fprintf(w, "%s=%s\n", key, value); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	percent := int32((100*b.Len() + maxPacked - 1) / maxPacked) //nolint:gosec // an input is limited
	l.packed = &percent
	if percent > 100 {
		return cloud.Errorf(cloud.Invalid, "PackedPolicyTooLarge", "Packed policy consumes %d%% of allotted space, please use smaller policy or fewer tags.", percent)
	}
	return nil
}
