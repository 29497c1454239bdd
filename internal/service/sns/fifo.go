package sns

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"time"

	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// What is kept of topics that keep an order: how many messages they had, and what came in
// the last minutes, by topic, time and what tells duplicates.
var (
	sequences    = resource.Kind[uint64]{Name: "sns/sequence"}
	deduplicated = resource.Kind[known]{Name: "sns/deduplicated"}
)

// known is a message that was accepted.
type known struct {
	ID, Sequence string
	Time         time.Time
}

const (
	duplicateTime  = 5 * time.Minute
	mostForgotten  = 8 // at once, more than are added
	firstSequence  = 10_000_000_000_000_000_000
	mostIdentifier = 128
)

// identifier is what the IDs of groups and duplicates are made of.
var identifier = regexp.MustCompile("^[0-9A-Za-z!\"#$%&'()*+,./:;<=>?@\\[\\\\\\]^_`{|}~-]{1,128}$")

// fits says whether a topic takes a message.
func (m *message) fits(t *topic) error {
	if m.GroupID != "" && !identifier.MatchString(m.GroupID) {
		return errParameter("MessageGroupId Reason: It can only include alphanumeric and punctuation characters, and %d of them", mostIdentifier)
	}
	if !t.FIFO {
		if m.DeduplicationID != "" {
			return errParameter("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type")
		}
		return nil
	}
	switch {
	case m.GroupID == "":
		return errParameter("The MessageGroupId parameter is required for FIFO topics")
	case m.DeduplicationID == "" && t.Attributes["ContentBasedDeduplication"] != "true":
		return errParameter("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	case m.DeduplicationID != "" && !identifier.MatchString(m.DeduplicationID):
		return errParameter("MessageDeduplicationId Reason: It can only include alphanumeric and punctuation characters, and %d of them", mostIdentifier)
	}
	return nil
}

// duplicate is what tells a message and its duplicates.
func (m *message) duplicate() string {
	if m.DeduplicationID != "" {
		return m.DeduplicationID
	}
	sum := sha256.Sum256([]byte(m.Message.Message))
	return hex.EncodeToString(sum[:])
}

// names returns where a message is known that came so many spans of time ago.
func (m *message) names(t *topic, ago int64) []string {
	span := time.Now().Unix()/int64(duplicateTime/time.Second) - ago
	of := m.duplicate()
	if t.Attributes["FifoThroughputScope"] == "MessageGroup" {
		of = m.GroupID + "\n" + of
	}
	sum := sha256.Sum256([]byte(of))
	return []string{t.Name, fmt.Sprintf("%012d", span), hex.EncodeToString(sum[:])}
}

// before returns what was answered to an equal message in the last five minutes.
func (m *message) before(r resource.Reader, t *topic) (published, bool, error) {
	for _, ago := range []int64{0, 1} {
		k, found, err := deduplicated.Find(r, m.names(t, ago)...)
		if err != nil {
			return published{}, false, err
		}
		if found && time.Since(k.Time) < duplicateTime {
			return published{k.ID, k.Sequence}, true, nil
		}
	}
	return published{}, false, nil
}

// remember keeps a message for five minutes, and forgets some of those that are older.
func (m *message) remember(tx resource.Tx, t *topic, p published) error {
	names := m.names(t, 0)
	oldest := m.names(t, 1)[1]
	n := 0
	for e, err := range tx.List(tx.Scope(), deduplicated.Name, state.Range{Prefix: t.Name + "\x00", Limit: mostForgotten}) {
		if err != nil {
			return err
		}
		if of := resource.Names(e.Key.Name); n == mostForgotten || of[1] >= oldest {
			break
		}
		n++
		if err := tx.Delete(e.Key); err != nil {
			return err
		}
	}
	return deduplicated.Put(tx, known{p.ID, p.Sequence, time.Now().UTC()}, names...)
}

// nextSequence returns the number of the next message of a topic.
func nextSequence(tx resource.Tx, name string) (string, error) {
	n, _, err := sequences.Find(tx, name)
	if err != nil {
		return "", err
	}
	n++
	return fmt.Sprintf("%020d", firstSequence+n), sequences.Put(tx, n, name)
}
