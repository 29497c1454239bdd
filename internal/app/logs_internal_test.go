package app

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
)

// Who makes a thing with tags needs the permission to tag it too.
func TestTagsOfWhatIsMadeInLogsAreAPermissionOfTheirOwn(t *testing.T) {
	h := newHouse(t)
	const group, destination = "arn:aws:logs:ap-northeast-2:111122223333:log-group:g:log-stream:", "arn:aws:logs:ap-northeast-2:111122223333:destination:d"
	role := h.role(ours, "stream", trusting(`{"Service":"logs.amazonaws.com"}`, ""))
	may := []string{allow("logs:CreateLogGroup", "*"), allow("logs:PutDestination", "*"), allow("iam:PassRole", "*")}
	maker := h.user(ours, "maker", may...)
	tagger := h.user(ours, "tagger", append(may, allow("logs:TagResource", "*"))...)
	create := func(c caller, tags map[string]string) error {
		logs := logsapi.Client{Door: h.door(c)}
		_, err := logs.CreateLogGroup(h.ctx, &logsapi.CreateLogGroupInput{LogGroupName: new("g"), Tags: tags})
		if err == nil {
			_, err = logsapi.Client{Door: h.door(h.root(ours))}.DeleteLogGroup(h.ctx, &logsapi.DeleteLogGroupInput{LogGroupName: new("g")})
		}
		return err
	}
	put := func(c caller, tags map[string]string) error {
		_, err := logsapi.Client{Door: h.door(c)}.PutDestination(h.ctx, &logsapi.PutDestinationInput{
			DestinationName: new("d"), TargetArn: new("arn:aws:kinesis:ap-northeast-2:111122223333:stream/s"), RoleArn: &role, Tags: tags,
		})
		return err
	}
	refused := func(arn string) string {
		return "AccessDeniedException: User: " + maker.principal.ARN + " is not authorized to perform: logs:TagResource on resource: " + arn + " " + noIdentityPolicy("logs:TagResource")
	}
	tags := map[string]string{"team": "a"}
	h.want("a group without tags", "", create(maker, nil))
	h.want("a group with tags", refused(group), create(maker, tags))
	h.want("a group with tags, of one who may", "", create(tagger, tags))
	h.want("a destination without tags", "", put(maker, nil))
	h.want("a destination with tags", refused(destination), put(maker, tags))
	h.want("a destination with tags, of one who may", "", put(tagger, tags))
}

// pointerTo is the pointer to the event at a place in a group.
func pointerTo(group uint64, place string) string {
	b := append(binary.LittleEndian.AppendUint64(nil, group), place...)
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(append(b, sum[:8]...))
}

// A record is read by who may read the group that it is in: its pointer says which, and
// nobody learns by one what is in another account.
func TestARecordIsDecidedByItsGroup(t *testing.T) {
	h := newHouse(t)
	pointers := map[string]string{}
	for _, of := range []struct {
		account cloud.Account
		group   string
	}{{ours, "mine"}, {ours, "secret"}, {theirs, "far"}} {
		logs, ctx := logsapi.Client{Door: h.door(h.root(of.account))}, h.in(of.account)
		_, err := logs.CreateLogGroup(ctx, &logsapi.CreateLogGroupInput{LogGroupName: &of.group})
		h.must(err)
		_, err = logs.CreateLogStream(ctx, &logsapi.CreateLogStreamInput{LogGroupName: &of.group, LogStreamName: new("s")})
		h.must(err)
		_, err = logs.PutLogEvents(ctx, &logsapi.PutLogEventsInput{
			LogGroupName: &of.group, LogStreamName: new("s"), LogEvents: []logsapi.InputLogEvent{{Timestamp: new(time.Now().UnixMilli()), Message: &of.group}},
		})
		h.must(err)
		found, err := logs.FilterLogEvents(ctx, &logsapi.FilterLogEventsInput{LogGroupName: &of.group})
		h.must(err)
		id := *found.Events[0].EventId
		for number := uint64(1); pointers[of.group] == "" && number < 100; number++ {
			pointer := pointerTo(number, id[:44])
			if out, err := logs.GetLogRecord(ctx, &logsapi.GetLogRecordInput{LogRecordPointer: &pointer}); err == nil && out.LogRecord["@message"] == of.group {
				pointers[of.group] = pointer
			}
		}
	}
	if len(pointers) != 3 {
		t.Fatal(pointers)
	}
	unmask := false
	get := func(c caller, pointer string) error {
		_, err := logsapi.Client{Door: h.door(c)}.GetLogRecord(h.ctx, &logsapi.GetLogRecordInput{LogRecordPointer: &pointer, Unmask: &unmask})
		return err
	}
	const groups = "arn:aws:logs:ap-northeast-2:111122223333:log-group:"
	reader := h.user(ours, "reader", allow("logs:GetLogRecord", groups+"mine:*"))
	all := h.user(ours, "all", allow("logs:GetLogRecord", "*"), deny("logs:GetLogRecord", groups+"secret:*"))
	refused := func(c caller, arn, why string) string {
		return "AccessDeniedException: User: " + c.principal.ARN + " is not authorized to perform: logs:GetLogRecord on resource: " + arn + " " + why
	}
	const denied = "with an explicit deny in an identity-based policy"
	gone := pointerTo(99, strings.Repeat("0", 44))
	h.want("of the group that one may read", "", get(reader, pointers["mine"]))
	h.want("of another group", refused(reader, groups+"secret:log-stream:", noIdentityPolicy("logs:GetLogRecord")), get(reader, pointers["secret"]))
	h.want("of another account", refused(reader, groups+"*", noIdentityPolicy("logs:GetLogRecord")), get(reader, pointers["far"]))
	h.want("of no group", refused(reader, groups+"*", noIdentityPolicy("logs:GetLogRecord")), get(reader, gone))
	h.want("of no pointer", refused(reader, groups+"*", noIdentityPolicy("logs:GetLogRecord")), get(reader, "x"))
	h.want("of the group that is denied", refused(all, groups+"secret:log-stream:", denied), get(all, pointers["secret"]))
	h.want("of no group, where one is denied", refused(all, groups+"*", denied), get(all, gone))
	h.want("of all others", "", get(all, pointers["mine"]))
	unmask = true
	some := h.user(ours, "some", allow("logs:GetLogRecord", "*"), allow("logs:Unmask", groups+"mine:*"))
	masked := func(c caller, group string) string {
		return "AccessDeniedException: User: " + c.principal.ARN + " is not authorized to perform: logs:Unmask on resource: " + groups + group + ":log-stream: " + noIdentityPolicy("logs:Unmask")
	}
	h.want("unmasked, of one who may not see that", masked(all, "mine"), get(all, pointers["mine"]))
	h.want("unmasked, of the group whose events one may see so", "", get(some, pointers["mine"]))
	h.want("unmasked, of another group", masked(some, "secret"), get(some, pointers["secret"]))
	unmask = false
	missing := "ResourceNotFoundException: The specified log record does not exist."
	h.want("of another account, of one who may", missing, get(h.root(ours), pointers["far"]))
	h.want("of no group, of one who may", missing, get(h.root(ours), gone))
}
