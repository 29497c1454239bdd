package glue_test

import (
	"testing"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/servicetest"
)

const databaseARN = "arn:aws:glue:ap-northeast-2:111122223333:database/d"

func TestTagsOfADatabase(t *testing.T) {
	s, ctx := open(t)
	create := &glueapi.CreateDatabaseInput{
		DatabaseInput: &glueapi.DatabaseInput{Name: new("d")}, Tags: map[string]string{"team": "logs", "Team": "Logs", "old": ""},
	}
	servicetest.Must(s.CreateDatabase(ctx, create))(t)
	tag := &glueapi.TagResourceInput{ResourceArn: new(databaseARN), TagsToAdd: map[string]string{"team": "audit"}}
	servicetest.Must(s.TagResource(ctx, tag))(t)
	servicetest.Must(s.UntagResource(ctx, &glueapi.UntagResourceInput{ResourceArn: new(databaseARN), TagsToRemove: []string{"old", "never"}}))(t)
	get := &glueapi.GetTagsInput{ResourceArn: new(databaseARN)}
	servicetest.Diff(t, map[string]string{"team": "audit", "Team": "Logs"}, servicetest.Must(s.GetTags(ctx, get))(t).Tags)

	servicetest.Must(s.DeleteDatabase(ctx, &glueapi.DeleteDatabaseInput{Name: new("d")}))(t)
	create.Tags = nil
	servicetest.Must(s.CreateDatabase(ctx, create))(t)
	servicetest.Diff(t, map[string]string{}, servicetest.Must(s.GetTags(ctx, get))(t).Tags)
}

func TestWhatCannotBeTagged(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s)
	tags := map[string]string{"a": "b"}
	for name, tt := range map[string]struct {
		arn  string
		tags map[string]string
		code string
	}{
		"a database that is not there": {databaseARN + "x", tags, "EntityNotFoundException"},
		"a table":                      {"arn:aws:glue:ap-northeast-2:111122223333:table/d/t", tags, "EntityNotFoundException"},
		"a database of another region": {"arn:aws:glue:us-east-1:111122223333:database/d", tags, "EntityNotFoundException"},
		"no ARN":                       {"d", tags, "EntityNotFoundException"},
		"a key of AWS":                 {databaseARN, map[string]string{"aws:a": "b"}, "InvalidInputException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.TagResource(ctx, &glueapi.TagResourceInput{ResourceArn: &tt.arn, TagsToAdd: tt.tags})
			servicetest.WantCode(t, err, tt.code)
			if tt.code == "EntityNotFoundException" {
				_, err := s.UntagResource(ctx, &glueapi.UntagResourceInput{ResourceArn: &tt.arn, TagsToRemove: []string{"a"}})
				servicetest.WantCode(t, err, tt.code)
				_, err = s.GetTags(ctx, &glueapi.GetTagsInput{ResourceArn: &tt.arn})
				servicetest.WantCode(t, err, tt.code)
			}
		})
	}
}
