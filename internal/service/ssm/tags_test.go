package ssm_test

import (
	"testing"

	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/servicetest"
)

func (s store) tags(name string) map[string]string {
	s.t.Helper()
	tags := map[string]string{}
	for _, tag := range servicetest.Must(s.ListTagsForResource(s.ctx, &ssmapi.ListTagsForResourceInput{ResourceType: new("Parameter"), ResourceId: &name}))(s.t).TagList {
		tags[*tag.Key] = *tag.Value
	}
	return tags
}

func TestTagsOfAParameter(t *testing.T) {
	s := open(t)
	s.put("/a/b", "v")
	for _, name := range []string{"a/b", "/a/b"} { // which are one
		servicetest.Must(s.AddTagsToResource(s.ctx, &ssmapi.AddTagsToResourceInput{
			ResourceType: new("Parameter"), ResourceId: &name, Tags: []ssmapi.Tag{{Key: new("last"), Value: &name}, {Key: &name, Value: new("")}},
		}))(t)
	}
	servicetest.Diff(t, map[string]string{"last": "/a/b", "a/b": "", "/a/b": ""}, s.tags("a/b"))
	servicetest.Must(s.RemoveTagsFromResource(s.ctx, &ssmapi.RemoveTagsFromResourceInput{ResourceType: new("Parameter"), ResourceId: new("/a/b"), TagKeys: []string{"/a/b", "never"}}))(t)
	servicetest.Diff(t, map[string]string{"last": "/a/b", "a/b": ""}, s.tags("/a/b"))

	servicetest.Must(s.DeleteParameter(s.ctx, &ssmapi.DeleteParameterInput{Name: new("a/b")}))(t)
	for _, resource := range []struct{ kind, id string }{{"Parameter", "/a/b"}, {"Document", "/a/b"}} {
		_, err := s.ListTagsForResource(s.ctx, &ssmapi.ListTagsForResourceInput{ResourceType: &resource.kind, ResourceId: &resource.id})
		servicetest.WantCode(t, err, "InvalidResourceId")
	}
	s.put("/a/b", "v")
	servicetest.Diff(t, map[string]string{}, s.tags("/a/b"))
}
