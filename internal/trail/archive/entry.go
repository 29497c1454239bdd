package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/trail/event"
)

// Entry is an event that is no call made here.
type Entry struct {
	Number  uint64        // in the order in which entries were kept; 0 before
	Place   records.Place // where the archive has it, for Find
	Account cloud.Account // in whose history it is; of imports not always the event's own
	Region  cloud.Region  // in which it happened; empty where the event does not say
	Origin  Origin
	Store   string      // ARN of the event data store that alone has it; empty where history has it too
	Event   event.Event // as event.Parse reads its JSON, which stands as it came
}

// Origin is where an event is from.
type Origin string

// The origins of events.
const (
	Import  Origin = "import"  // the log files of a trail
	Insight Origin = "insight" // found in the events of an account
	Channel Origin = "channel" // put by other software
)

// head is what is kept of an entry before its event.
type head struct {
	Account cloud.Account `json:"account"`
	Region  cloud.Region  `json:"region,omitempty"`
	Origin  Origin        `json:"origin"`
	Store   string        `json:"store,omitempty"`
}

// encode returns an entry as its record: the head in one line, and the event's JSON
// behind it.
func (e *Entry) encode() ([]byte, error) {
	switch {
	case e.Account == "" || e.Origin == "":
		return nil, errors.New("an event to archive has no account, or no origin")
	case len(e.Event.JSON) == 0:
		return nil, errors.New("an event to archive has no JSON")
	}
	line, err := json.Marshal(head{e.Account, e.Region, e.Origin, e.Store})
	if err != nil {
		return nil, err
	}
	return append(append(line, '\n'), e.Event.JSON...), nil
}

// decode is the inverse of encode.
func decode(record records.Record) (Entry, error) {
	e := Entry{Number: record.Seq, Place: record.Place}
	line, body, _ := bytes.Cut(record.Data, []byte("\n"))
	var h head
	err := json.Unmarshal(line, &h)
	if err == nil {
		e.Event, err = event.Parse(body)
	}
	if err != nil {
		return Entry{Number: e.Number, Place: e.Place}, fmt.Errorf("record %d of the archive is not an event: %w", record.Seq, err)
	}
	e.Account, e.Region, e.Origin, e.Store = h.Account, h.Region, h.Origin, h.Store
	return e, nil
}
