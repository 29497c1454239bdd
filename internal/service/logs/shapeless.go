package logs

import "github.com/sillok/sillok/internal/logs/events"

// What is done to the events of a group before others see them: as long as groups have
// neither transformers nor data protection policies, nothing.

// transformedNow says whether the group has a transformer now.
func (*known) transformedNow() bool { return false }

// transformed returns what the group's transformer makes of an event, nil where it has
// none. Why an event could not be transformed is told beside it.
func (*known) transformed(string, *events.Event) (message []byte, failure string, err error) {
	return nil, "", nil
}

// mask returns a text of an event that arrived at a time, with what is protected masked.
func (*known) mask(_ int64, text []byte) ([]byte, error) { return text, nil }
