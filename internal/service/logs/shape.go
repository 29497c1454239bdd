package logs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/logs/protect"
	"github.com/sillok/sillok/internal/logs/transform"
	"github.com/sillok/sillok/internal/resource"
)

// Transformers and data protection policies hold for events that arrive from then on, and
// go on to hold for those: AWS transforms and finds what is to be masked while it takes an
// event. Here both are done when an event is read, by what held when it arrived. So each
// change is kept with its time, as long as there may be events of before.

var shapes = resource.Kind[version]{Name: "logs/shape"} // by what it is, whose, and a count

// version is what held from a time on.
type version struct {
	From    int64       // milliseconds since 1970, of arrival
	Content string      `json:",omitempty"` // of a group: processors, or a policy; empty for none
	Account []ofAccount `json:",omitempty"` // of an account: its policies
}

// ofAccount is a policy of an account's, for the groups whose names begin with one of
// the prefixes.
type ofAccount struct {
	Prefixes []string
	Content  string
}

func (o *ofAccount) covers(group string) bool {
	return slices.ContainsFunc(o.Prefixes, func(p string) bool { return strings.HasPrefix(group, p) })
}

// What versions are of.
const (
	ofTransformer = "transformer"
	ofProtection  = "protection"
	accountOwner  = "account"

	mostVersions = 500 // of a group, or an account: beyond that a policy can only be removed
)

func groupOwner(g *group) string { return "group-" + digits(g.Number) }

// arrivals is when events of an owner arrived: none that is kept before first, and none
// after last.
type arrivals struct{ first, last int64 }

// reshape keeps that something else holds from now on. Versions which have been over
// since before the first arrival are removed: no event is left of their time. One that no
// event arrived in is replaced, from its beginning on.
func reshape(tx resource.Tx, what, owner string, v version, events arrivals) error {
	var all []resource.Entry[version]
	for e, err := range shapes.List(tx, what, owner) {
		if err != nil {
			return err
		}
		all = append(all, e)
	}
	count := 0
	if n := len(all); n > 0 {
		last := all[n-1]
		if last.Value.Content == v.Content && slices.EqualFunc(last.Value.Account, v.Account, func(a, b ofAccount) bool {
			return a.Content == b.Content && slices.Equal(a.Prefixes, b.Prefixes)
		}) {
			return nil
		}
		if _, err := fmt.Sscanf(last.Name, "%d", &count); err != nil {
			return fmt.Errorf("the version %q: %w", last.Name, err)
		}
		if last.Value.From > events.last {
			v.From = last.Value.From
			return shapes.Put(tx, v, what, owner, last.Name)
		}
		v.From = max(v.From, last.Value.From) // the clock may have been set back
	} else if v.Content == "" && v.Account == nil {
		return nil
	}
	kept := len(all)
	for i := range all {
		if i+1 < len(all) && all[i+1].Value.From < events.first {
			if err := shapes.Delete(tx, what, owner, all[i].Name); err != nil {
				return err
			}
			kept--
		}
	}
	if kept >= mostVersions && (v.Content != "" || len(v.Account) > 0) {
		return errLimit()
	}
	return shapes.Put(tx, v, what, owner, fmt.Sprintf("%010d", count+1))
}

// arrivals returns when events of a group arrived that may be kept.
func (s *Service) arrivals(ctx context.Context, g *group) arrivals {
	a := arrivals{first: g.from(), last: math.MinInt64}
	if a.first > math.MinInt64 {
		a.first -= mostAhead.Milliseconds()
	}
	streams, err := s.events.Streams(ctx, g.Number)
	if err != nil {
		a.last = math.MaxInt64 // it is not known of all
	}
	for _, of := range streams {
		a.last = max(a.last, of.Ingested)
	}
	return a
}

// shape is what is done to the events of a group.
type shape struct {
	transformers, accountTransformers []period[*transform.Transformer]
	policies, accountPolicies         []period[*protect.Policy]
}

// period is what holds from a time on.
type period[T any] struct {
	from  int64
	value func() (T, error) // compiled once; nil for nothing
}

// at returns what holds at a time.
func at[T any](all []period[T], t int64) (value T, held bool, err error) {
	for _, p := range slices.Backward(all) {
		if p.from > t {
			continue
		}
		if p.value == nil {
			return value, false, nil
		}
		value, err = p.value()
		return value, err == nil, err
	}
	return value, false, nil
}

// periods reads the versions of an owner, as far as they are about a group.
func periods[T any](r resource.Reader, what, owner, group string, compile func(content string) (T, error)) (all []period[T], err error) {
	for v, err := range values(shapes.List(r, what, owner)) {
		if err != nil {
			return nil, err
		}
		content := v.Content
		for i := range v.Account {
			if v.Account[i].covers(group) {
				content = v.Account[i].Content
			}
		}
		p := period[T]{from: v.From}
		if content != "" {
			p.value = sync.OnceValues(func() (T, error) { return compile(content) })
		}
		if content != "" || len(all) > 0 {
			all = append(all, p)
		}
	}
	return all, nil
}

// shapeOf reads what is done to the events of a group.
func shapeOf(r resource.Reader, g *group) (*shape, error) {
	s := &shape{}
	own := groupOwner(g)
	var errs [4]error
	if g.Class == standard { // AWS transforms no others
		s.transformers, errs[0] = periods(r, ofTransformer, own, g.Name, compileTransformer)
		s.accountTransformers, errs[1] = periods(r, ofTransformer, accountOwner, g.Name, compileTransformer)
	}
	s.policies, errs[2] = periods(r, ofProtection, own, g.Name, protect.Parse)
	s.accountPolicies, errs[3] = periods(r, ofProtection, accountOwner, g.Name, protect.Parse)
	return s, errors.Join(errs[:]...)
}

func compileTransformer(content string) (*transform.Transformer, error) {
	processors, err := transform.Parse(content)
	if err != nil {
		return nil, err
	}
	return transform.Compile(processors)
}

// transformer returns the transformer of events that arrived at a time: the group's own
// one, or that of the account; nil for none.
func (s *shape) transformer(ingested int64) (*transform.Transformer, error) {
	own, held, err := at(s.transformers, ingested)
	if held || err != nil {
		return own, err
	}
	account, _, err := at(s.accountTransformers, ingested)
	return account, err
}

// protections returns the policies for events that arrived at a time: the group's and
// the account's, which add up.
func (s *shape) protections(ingested int64) (all []*protect.Policy, err error) {
	for _, of := range [][]period[*protect.Policy]{s.policies, s.accountPolicies} {
		p, held, err := at(of, ingested)
		if err != nil {
			return nil, err
		}
		if held {
			all = append(all, p)
		}
	}
	return all, nil
}

// protects says whether there are, or were, policies for the events of a group.
func (s *shape) protects() bool { return len(s.policies) > 0 || len(s.accountPolicies) > 0 }

// plain says whether events of a group are seen as they came.
func (s *shape) plain() bool { return !s.protects() && !s.transforms() }

// transforms says whether there are, or were, transformers of a group.
func (s *shape) transforms() bool { return len(s.transformers) > 0 || len(s.accountTransformers) > 0 }

// transformedNow says whether a group has a transformer now.
func (k *known) transformedNow() bool {
	t, err := k.shape.transformer(time.Now().UnixMilli())
	return err == nil && t != nil
}

// current is what is known of a group while its events are read. What is known may change
// meanwhile: an event that comes then is shown as it is to be by then.
type current struct {
	*Service

	known *known
	asked int64 // since when that holds: milliseconds since 1970
}

// of returns what is known of the group of an event that was read.
func (c *current) of(ctx context.Context, e *events.Event) (*known, error) {
	if e.Ingested < c.asked {
		return c.known, nil
	}
	now := time.Now().UnixMilli()
	k, err := c.group(in(ctx, c.known.at.scope()), c.known.at.Name)
	if err == nil && k.group.Number != c.known.group.Number {
		err = errNoGroup() // another one has its name
	}
	if err != nil {
		return nil, err
	}
	c.known, c.asked = k, now
	return k, nil
}

// mask masks a text of an event that was read, as known.mask does.
func (c *current) mask(ctx context.Context, e *events.Event) ([]byte, error) {
	k, err := c.of(ctx, e)
	if err != nil {
		return nil, err
	}
	return k.mask(e.Ingested, e.Message)
}

// maskedLines returns events that arrived at a time as they are shown.
func (k *known) maskedLines(ingested int64, lines []events.Line) ([]events.Line, error) {
	if !k.shape.protects() {
		return lines, nil
	}
	shown := make([]events.Line, len(lines))
	for i := range lines {
		message, err := k.mask(ingested, []byte(lines[i].Message))
		if err != nil {
			return nil, err
		}
		shown[i] = events.Line{Time: lines[i].Time, Message: string(message)}
	}
	return shown, nil
}

// mask returns a text of an event that arrived at a time, with what is protected masked.
func (k *known) mask(ingested int64, text []byte) ([]byte, error) {
	if !k.shape.protects() {
		return text, nil
	}
	policies, err := k.shape.protections(ingested)
	if err != nil || len(policies) == 0 {
		return text, err
	}
	text, _ = protect.Mask(text, policies...)
	return text, nil
}

// transformed returns what the transformer makes of an event, one JSON object, unmasked:
// nil where none held. Why an event could not be transformed is told beside it, and
// the event is as it came then.
func (k *known) transformed(stream string, e *events.Event) (message []byte, failure string, err error) {
	if !k.shape.transforms() {
		return nil, "", nil
	}
	t, err := k.shape.transformer(e.Ingested)
	if err != nil || t == nil {
		return nil, "", err
	}
	message, err = t.Apply(transform.Event{
		Message: e.Message, Group: k.group.Name, Stream: stream, Account: string(k.at.Account), Region: string(k.at.Region),
	})
	if failed, ok := errors.AsType[*transform.FailureError](err); ok {
		return nil, failed.Error(), nil
	}
	return message, "", err
}

// view is an event as a query sees it: insights.Event has the same.
type view struct {
	message, fields          []byte // masked
	unmasked, unmaskedFields []byte // nil where nothing is masked, or the caller may not see it
	transformationError      string
}

// view returns an event as a query sees it. A text that a query needs may be in what it
// sees and not in the event as it is kept, where the group transforms or protects.
func (k *known) view(stream string, e *events.Event, unmask bool) (v view, err error) {
	v.message = e.Message
	if v.fields, v.transformationError, err = k.transformed(stream, e); err != nil || !k.shape.protects() {
		return v, err
	}
	policies, err := k.shape.protections(e.Ingested)
	if err != nil || len(policies) == 0 {
		return v, err
	}
	plain, fields := v.message, v.fields
	var spans []protect.Span
	v.message, spans = protect.Mask(plain, policies...)
	switch {
	case fields != nil:
		v.fields = protect.MaskJSON(fields, policies...)
	case len(spans) > 0:
		v.fields, fields = protect.MaskJSON(plain, policies...), plain
	}
	if unmask {
		v.unmasked, v.unmaskedFields = plain, fields
	}
	return v, nil
}

// errConfig is an error of a transformer or a policy as a client sees it.
func errConfig(err error) error {
	if e, ok := errors.AsType[*transform.ConfigError](err); ok {
		return errInvalid("%s", e.Text)
	}
	if e, ok := errors.AsType[*protect.Error](err); ok {
		return errInvalid("%s", e.Text)
	}
	return err
}

// shapeGroup keeps what holds for a group from now on.
func (s *Service) shapeGroup(ctx context.Context, name, what, content string, also func(tx resource.Tx, g *group, now int64) error) (now int64, err error) {
	now = time.Now().UnixMilli()
	return now, s.change(ctx, name, func(tx resource.Tx) error {
		g, err := groups.Get(tx, name)
		if err != nil {
			return err
		}
		if err := also(tx, &g, now); err != nil {
			return err
		}
		return reshape(tx, what, groupOwner(&g), version{From: now, Content: content}, s.arrivals(ctx, &g))
	})
}

// shapeAccount keeps which policies of a kind an account has from now on, once they were
// changed in the same transaction.
func shapeAccount(tx resource.Tx, kind string) error {
	v := version{From: time.Now().UnixMilli()}
	for p, err := range values(accountPolicies.List(tx, kind)) {
		if err != nil {
			return err
		}
		prefixes, err := p.prefixes()
		if err != nil {
			return err
		}
		v.Account = append(v.Account, ofAccount{prefixes, p.Document})
	}
	return reshape(tx, map[string]string{transformerPolicy: ofTransformer, protectionPolicy: ofProtection}[kind], accountOwner, v, arrivals{math.MinInt64, math.MaxInt64})
}
