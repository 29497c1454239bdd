package logs

import (
	"cmp"
	"context"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
)

// AWS's limits of live tails.
const (
	mostTails      = 15 // of an account
	mostTailed     = 10 // groups of one
	updateEvery    = time.Second
	mostInUpdate   = 500
	mostUpdate     = 4 << 20 // bytes of an update, as it is sent: a message of a stream has 16 MiB at most
	mostBuffered   = 5000    // events that wait for a slow reader
	mostWaiting    = 8 << 20 // bytes of them
	tailOverhead   = 300     // bytes of an event besides its message
	longestSession = 3 * time.Hour
)

// tails is the live tails that are open.
type tails struct {
	mu       sync.RWMutex
	byGroup  map[uint64][]*session
	accounts map[cloud.Account]int
}

func newTails() *tails {
	return &tails{byGroup: map[uint64][]*session{}, accounts: map[cloud.Account]int{}}
}

// session is one live tail.
type session struct {
	match    func(message []byte) bool
	names    []string // of streams; nil for all
	prefixes []string // of streams; nil for all
	groups   map[uint64]string

	mu      sync.Mutex
	found   []waiting // since the last update
	size    int       // of found
	matches int       // how many there were, those that were dropped too
}

// waiting is an event that waits for an update, and how large it is there.
type waiting struct {
	event logsapi.LiveTailSessionLogEvent
	size  int
}

// tell gives events to the live tails of a group. No lock is held while a pattern is
// matched: one that is slow is the business of the tail that has it, and of those who
// write to its groups.
func (t *tails) tell(group uint64, stream string, ingested int64, lines []events.Line) {
	t.mu.RLock()
	open := t.byGroup[group] // which open and close replace, and never change
	t.mu.RUnlock()
	for _, s := range open {
		if !s.of(stream) {
			continue
		}
		for i := range lines {
			if s.match([]byte(lines[i].Message)) {
				s.add(waiting{logsapi.LiveTailSessionLogEvent{
					LogStreamName: new(stream), LogGroupIdentifier: new(s.groups[group]), Message: new(lines[i].Message),
					Timestamp: new(lines[i].Time), IngestionTime: new(ingested),
				}, tailOverhead + len(stream) + len(s.groups[group]) + sent(lines[i].Message)})
			}
		}
	}
}

// sent is how many bytes a text has at most where it is sent, as JSON.
func sent(text string) (n int) {
	for _, r := range text {
		switch {
		case r < ' ' || r == '<' || r == '>' || r == '&' || r == utf8.RuneError || r == '\u2028' || r == '\u2029':
			n += len(`\u0000`)
		case r == '"' || r == '\\':
			n += 2
		default:
			n += utf8.RuneLen(r)
		}
	}
	return n
}

// add has an event wait for the next update, instead of others where that is too much.
func (s *session) add(e waiting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.matches++
	for n := len(s.found); n > 0 && (n >= mostBuffered || s.size+e.size > mostWaiting); n-- {
		i := rand.IntN(n) //nolint:gosec // a sample
		s.size -= s.found[i].size
		s.found[i], s.found[n-1] = s.found[n-1], waiting{}
		s.found = s.found[:n-1]
	}
	s.found, s.size = append(s.found, e), s.size+e.size
}

func (s *session) of(stream string) bool {
	if s.names == nil && s.prefixes == nil {
		return true
	}
	return slices.Contains(s.names, stream) || slices.ContainsFunc(s.prefixes, func(p string) bool { return strings.HasPrefix(stream, p) })
}

// update takes what was found since the last update: a sample where that is much.
func (s *session) update() *logsapi.LiveTailSessionUpdate {
	s.mu.Lock()
	found, size, matches := s.found, s.size, s.matches
	s.found, s.size, s.matches = nil, 0, 0
	s.mu.Unlock()
	if len(found) > mostInUpdate || size > mostUpdate {
		rand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] }) //nolint:gosec // a sample
	}
	size = 0
	results := make([]logsapi.LiveTailSessionLogEvent, 0, min(len(found), mostInUpdate))
	for _, e := range found {
		if size += e.size; len(results) == mostInUpdate || size > mostUpdate && len(results) > 0 {
			break
		}
		results = append(results, e.event)
	}
	slices.SortStableFunc(results, func(a, b logsapi.LiveTailSessionLogEvent) int { return cmp.Compare(*a.Timestamp, *b.Timestamp) })
	return &logsapi.LiveTailSessionUpdate{
		SessionMetadata: &logsapi.LiveTailSessionMetadata{Sampled: new(matches > len(results))}, SessionResults: results,
	}
}

// open begins to follow the session's groups, unless the account has too many.
func (t *tails) open(account cloud.Account, s *session) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.accounts[account] >= mostTails {
		return false
	}
	t.accounts[account]++
	for group := range s.groups {
		t.byGroup[group] = append(slices.Clip(t.byGroup[group]), s)
	}
	return true
}

func (t *tails) close(account cloud.Account, s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.accounts[account]--; t.accounts[account] == 0 {
		delete(t.accounts, account)
	}
	for group := range s.groups {
		left := slices.DeleteFunc(slices.Clone(t.byGroup[group]), func(o *session) bool { return o == s })
		if t.byGroup[group] = left; len(left) == 0 {
			delete(t.byGroup, group)
		}
	}
}

// StartLiveTail sends what is appended to groups as it comes, once a second: all that
// matches a pattern, or a sample where that is more than 500 events.
func (s *Service) StartLiveTail(ctx context.Context, in *logsapi.StartLiveTailInput) (*logsapi.StartLiveTailOutput, error) {
	tail, err := s.newSession(ctx, in)
	if err != nil {
		return nil, err
	}
	account := cloud.CallOf(ctx).Account
	begun := &logsapi.LiveTailSessionStart{
		RequestId: new(cloud.CallOf(ctx).RequestID), SessionId: new(revision()), LogGroupIdentifiers: in.LogGroupIdentifiers, LogStreamNames: append([]string{}, in.LogStreamNames...),
		LogStreamNamePrefixes: append([]string{}, in.LogStreamNamePrefixes...), LogEventFilterPattern: new(resource.Value(in.LogEventFilterPattern)),
	}
	if !s.tails.open(account, tail) {
		return nil, cloud.Errorf(cloud.Throttled, "LimitExceededException", "An account has at most %d live tails at a time.", mostTails)
	}
	return &logsapi.StartLiveTailOutput{ResponseStream: s.session(ctx, account, tail, begun)}, nil
}

// session is the stream of a live tail, which has been opened.
func (s *Service) session(ctx context.Context, account cloud.Account, tail *session, begun *logsapi.LiveTailSessionStart) iter.Seq2[logsapi.StartLiveTailResponseStream, error] {
	ended := context.AfterFunc(ctx, func() { s.tails.close(account, tail) })
	return func(yield func(logsapi.StartLiveTailResponseStream, error) bool) {
		defer func() {
			if ended() {
				s.tails.close(account, tail)
			}
		}()
		if !yield(logsapi.StartLiveTailResponseStream{SessionStart: begun}, nil) {
			return
		}
		tick, over := time.NewTicker(updateEvery), time.NewTimer(longestSession)
		defer tick.Stop()
		defer over.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-over.C:
				yield(logsapi.StartLiveTailResponseStream{SessionTimeoutException: &logsapi.SessionTimeoutException{Message: new("The session has timed out after 3 hours.")}}, nil)
				return
			case <-tick.C:
				if !yield(logsapi.StartLiveTailResponseStream{SessionUpdate: tail.update()}, nil) {
					return
				}
			}
		}
	}
}

func (s *Service) newSession(ctx context.Context, in *logsapi.StartLiveTailInput) (*session, error) {
	if len(in.LogStreamNames) > 0 && len(in.LogStreamNamePrefixes) > 0 {
		return nil, errInvalid("Only one of logStreamNames or logStreamNamePrefixes can be provided.")
	}
	if (len(in.LogStreamNames) > 0 || len(in.LogStreamNamePrefixes) > 0) && len(in.LogGroupIdentifiers) != 1 {
		return nil, errInvalid("logStreamNames and logStreamNamePrefixes can only be used with a single log group.")
	}
	if len(in.LogGroupIdentifiers) > mostTailed {
		return nil, errInvalid("1 validation error detected: Value at 'logGroupIdentifiers' failed to satisfy constraint: Member must have length less than or equal to %d", mostTailed)
	}
	pattern, err := compile(in.LogEventFilterPattern)
	if err != nil {
		return nil, err
	}
	t := &session{match: pattern.Match, names: in.LogStreamNames, prefixes: in.LogStreamNamePrefixes, groups: map[uint64]string{}}
	scope := cloud.CallOf(ctx).Scope()
	for _, id := range in.LogGroupIdentifiers {
		if !strings.HasPrefix(id, "arn:") || strings.HasSuffix(id, "*") {
			return nil, errInvalid("%s is no ARN of a log group, without an asterisk at its end.", id)
		}
		name, err := namedBy(scope, id)
		if err != nil {
			return nil, err
		}
		k, err := s.group(ctx, name)
		if err != nil {
			return nil, err
		}
		if k.group.Class != standard {
			return nil, errInvalid("Log groups of class %s cannot be tailed.", k.group.Class)
		}
		if err := s.keyring.readable(ctx, k.group.Number); err != nil {
			return nil, err
		}
		t.groups[k.group.Number] = id
	}
	return t, nil
}
