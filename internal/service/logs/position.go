package logs

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/logs/events"
)

// eventID is an event's number of 56 digits, as AWS has it: it grows with time and
// arrival, and no other event of the group has it.
func eventID(k events.Key) string { return fmt.Sprintf("%s%012d", boundary(k), 0) }

// A boundary is a place between two events: before the event of a key. It is told in 44
// digits.
type boundary events.Key

func (b boundary) String() string { return fmt.Sprintf("%014d%020d%010d", b.Time, b.Seq, b.N) }

// behind is the boundary behind an event.
func behind(k events.Key) boundary {
	k.N++
	return boundary(k)
}

// forward returns the key behind which reading forward goes on.
func (b boundary) forward() *events.Key {
	k := events.Key(b)
	switch {
	case k.N > 0:
		k.N--
	case k.Seq > 0:
		k.Seq, k.N = k.Seq-1, math.MaxUint32
	default:
		k.Time, k.Seq, k.N = k.Time-1, math.MaxUint64, math.MaxUint32
	}
	return &k
}

// backward returns the key behind which reading backward goes on.
func (b boundary) backward() *events.Key { return (*events.Key)(&b) }

func parseBoundary(text string) (b boundary, ok bool) {
	if len(text) != 44 {
		return b, false
	}
	var errs [3]error
	b.Time, errs[0] = strconv.ParseInt(text[:14], 10, 64)
	b.Seq, errs[1] = strconv.ParseUint(text[14:34], 10, 64)
	n, err := strconv.ParseUint(text[34:], 10, 32)
	errs[2], b.N = err, uint32(n)
	return b, errs == [3]error{} && text == b.String()
}

// streamToken is a token of GetLogEvents: "f/", or "b/", 56 digits and "/s". The last
// twelve bind it to its stream.
func streamToken(direction string, b boundary, group, stream uint64) string {
	return direction + "/" + b.String() + bound(b, group, stream) + "/s"
}

func bound(b boundary, group, stream uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", b, group, stream))
	return fmt.Sprintf("%012d", binary.LittleEndian.Uint64(sum[:])%1e12)
}

// parseStreamToken reads a token of GetLogEvents of a stream.
func parseStreamToken(text string, group, stream uint64) (forward bool, b boundary, err error) {
	direction, rest, _ := strings.Cut(text, "/")
	numbers, end, _ := strings.Cut(rest, "/")
	if direction != "f" && direction != "b" || end != "s" || len(numbers) != 56 {
		return false, b, errToken()
	}
	b, ok := parseBoundary(numbers[:44])
	if !ok || numbers[44:] != bound(b, group, stream) {
		return false, b, errToken()
	}
	return direction == "f", b, nil
}

// pageToken continues a search behind an event. It is bound to what is searched for.
func pageToken(listing []byte, k events.Key) string {
	b := append([]byte{}, listing...)
	b = fmt.Append(b, boundary(k))
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(append(sum[:8], fmt.Append(nil, boundary(k))...))
}

func parsePageToken(text string, listing []byte) (*events.Key, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 8+44 {
		return nil, errToken()
	}
	at, ok := parseBoundary(string(b[8:]))
	if !ok || pageToken(listing, events.Key(at)) != text {
		return nil, errToken()
	}
	return (*events.Key)(&at), nil
}

// listingOf tells searches apart: by the group's number and what is asked for.
func listingOf(group uint64, asked ...any) ([]byte, error) {
	b, err := json.Marshal(append([]any{group}, asked...))
	if err != nil {
		return nil, fmt.Errorf("the search of a page: %w", err)
	}
	sum := sha256.Sum256(b)
	return sum[:], nil
}

// Pointer is the pointer by which GetLogRecord finds an event of a group: the field
// @ptr of a query's results.
func Pointer(group uint64, k events.Key) string {
	b := binary.LittleEndian.AppendUint64(nil, group)
	b = fmt.Append(b, boundary(k))
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(append(b, sum[:8]...))
}

func parsePointer(text string) (group uint64, k events.Key, err error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 8+44+8 {
		return 0, k, errInvalid("The specified log record pointer is invalid.")
	}
	at, ok := parseBoundary(string(b[8:52]))
	if group = binary.LittleEndian.Uint64(b); !ok || Pointer(group, events.Key(at)) != text {
		return 0, k, errInvalid("The specified log record pointer is invalid.")
	}
	return group, events.Key(at), nil
}
