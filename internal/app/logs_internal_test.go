package app

import (
	"testing"

	"github.com/sillok/sillok/internal/api/logsapi"
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
