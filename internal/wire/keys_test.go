package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/ec2api"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
)

func TestInputsFillConditionKeys(t *testing.T) {
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		service *api.Service
		op      string
		in      any
		want    map[string][]string
	}{
		"nothing is filled by an input that says nothing": {s3api.Service, "ListObjectsV2", &s3api.ListObjectsV2Input{Bucket: new("b")}, nil},
		"a listing": {
			s3api.Service, "ListObjectsV2",
			&s3api.ListObjectsV2Input{Bucket: new("b"), Prefix: new("home/"), Delimiter: new("/"), MaxKeys: new(int32(7))},
			map[string][]string{"s3:prefix": {"home/"}, "s3:delimiter": {"/"}, "s3:max-keys": {"7"}},
		},
		"an empty prefix is one": {
			s3api.Service, "ListObjects", &s3api.ListObjectsInput{Bucket: new("b"), Prefix: new("")},
			map[string][]string{"s3:prefix": {""}},
		},
		"headers of an object": {
			s3api.Service, "PutObject",
			&s3api.PutObjectInput{
				Bucket: new("b"), Key: new("k"), ACL: new("bucket-owner-full-control"), ServerSideEncryption: new("aws:kms"), SSEKMSKeyId: new("alias/x"),
				Tagging: new("team=a%20b&env=prod"), StorageClass: new("GLACIER"), ObjectLockRetainUntilDate: new(now.Add(50 * time.Hour)),
			},
			map[string][]string{
				"s3:x-amz-acl": {"bucket-owner-full-control"}, "s3:x-amz-server-side-encryption": {"aws:kms"},
				"s3:x-amz-server-side-encryption-aws-kms-key-id": {"alias/x"}, "s3:RequestObjectTag/team": {"a b"}, "s3:RequestObjectTag/env": {"prod"},
				"s3:RequestObjectTagKeys": {"team", "env"}, "s3:x-amz-storage-class": {"GLACIER"}, "s3:object-lock-remaining-retention-days": {"2"},
				"s3:object-lock-retain-until-date": {"2026-12-02T02:00:00.000Z"}, "s3:ObjectCreationOperation": {"true"},
			},
		},
		"the source of a copy is what S3 reads": {
			s3api.Service, "CopyObject", &s3api.CopyObjectInput{Bucket: new("b"), Key: new("k"), CopySource: new("/src/a%20key?versionId=7")},
			map[string][]string{"s3:x-amz-copy-source": {"src/a key"}, "s3:versionid": {"7"}, "s3:ObjectCreationOperation": {"true"}},
		},
		"tags in a document": {
			s3api.Service, "PutObjectTagging",
			&s3api.PutObjectTaggingInput{Bucket: new("b"), Key: new("k"), Tagging: &s3api.Tagging{TagSet: []s3api.Tag{{Key: new("a"), Value: new("1")}}}},
			map[string][]string{"s3:RequestObjectTag/a": {"1"}, "s3:RequestObjectTagKeys": {"a"}},
		},
		"tags as pairs": {
			athenaapi.Service, "TagResource", &athenaapi.TagResourceInput{Tags: []athenaapi.Tag{{Key: new("a"), Value: new("1")}, {Key: new("b")}}},
			map[string][]string{"aws:RequestTag/a": {"1"}, "aws:RequestTag/b": {""}, "aws:TagKeys": {"a", "b"}},
		},
		"tags as a map": {
			glueapi.Service, "CreateDatabase", &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new("d")}, Tags: map[string]string{"a": "1"}},
			map[string][]string{"aws:RequestTag/a": {"1"}, "aws:TagKeys": {"a"}},
		},
		"tags in a list of lists": {
			ec2api.Service, "CreateFlowLogs", &ec2api.CreateFlowLogsInput{DeliverLogsPermissionArn: new("arn:aws:iam::1:role/r"), TagSpecifications: []ec2api.TagSpecification{
				{Tags: []ec2api.Tag{{Key: new("a"), Value: new("1")}}}, {Tags: []ec2api.Tag{{Key: new("b"), Value: new("2")}}},
			}},
			map[string][]string{
				"aws:RequestTag/a": {"1"}, "aws:RequestTag/b": {"2"}, "aws:TagKeys": {"a", "b"},
				"iam:PassedToService": {"vpc-flow-logs.amazonaws.com"},
			},
		},
		"tags that go": {
			ssmapi.Service, "RemoveTagsFromResource", &ssmapi.RemoveTagsFromResourceInput{TagKeys: []string{"a", "b"}},
			map[string][]string{"aws:TagKeys": {"a", "b"}},
		},
	} {
		got := operation(t, tt.service, tt.op).Conditions(cloud.Call{Time: now}, tt.in)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestEveryConditionKeyCompiles walks all tables: each key has a name and a path
// that the input has, also where the input says nothing.
func TestEveryConditionKeyCompiles(t *testing.T) {
	for _, service := range services() {
		model := wire.Compile(service)
		for i := range service.Operations {
			row := &service.Operations[i]
			for _, c := range row.Conditions {
				if !strings.Contains(c.Key, ":") || c.Path == "" {
					t.Errorf("%s:%s has the condition key %+v", service.ID, row.Name, c)
				}
			}
			if row.In == nil {
				continue
			}
			op := model.Operation(row.Name)
			for key := range op.Conditions(cloud.Call{}, op.NewInput()) {
				if key != "s3:ObjectCreationOperation" {
					t.Errorf("%s:%s: an empty input fills %s", service.ID, row.Name, key)
				}
			}
		}
	}
}
