package logs_test

import (
	"strings"
	"testing"
	"time"
)

func TestQueriesLookValuesUp(t *testing.T) {
	d := open(t)
	d.runs()
	d.group("g", "s")
	d.put("g", "s", time.Now().UnixMilli()-1000, `{"user":"u1"}`, `{"user":"u2"}`)
	d.must("CreateLookupTable", `{"LookupTableName": "users", "TableBody": "id,name\nu1,Kim\n", "Description": "who", "Tags": {"team": "a"}}`)
	arn := "arn:aws:logs:ap-northeast-2:111122223333:lookup-table:users"
	query := over("lookup users id as user OUTPUT name | fields user, name | sort user", "g")
	equal(t, "rows", []string{"name=Kim user=u1", "user=u2"}, rowsOf(d.results(d.queried(query)).Results))
	d.must("UpdateLookupTable", `{"LookupTableArn": %q, "TableBody": "id,name\nu2,Lee\n"}`, arn)
	equal(t, "rows of the new table", []string{"user=u1", "name=Lee user=u2"}, rowsOf(d.results(d.queried(query)).Results))
	if got := d.must("GetLookupTable", `{"LookupTableArn": %q}`, arn); !strings.Contains(got, "u2,Lee") || !strings.Contains(got, "who") {
		t.Error(got)
	}
	described := d.must("DescribeLookupTables", `{"LookupTableNamePrefix": "us"}`)
	for _, want := range []string{arn, `"SizeBytes":15`, `"RecordsCount":1`, `"Description":"who"`} {
		if !strings.Contains(strings.ReplaceAll(described, `": `, `":`), want) {
			t.Errorf("%s is not in %s", want, described)
		}
	}
	if got := d.must("ListTagsForResource", `{"ResourceArn": %q}`, arn); !strings.Contains(got, "team") {
		t.Error(got)
	}
	d.refused("ResourceAlreadyExistsException", "", "CreateLookupTable", `{"LookupTableName": "users", "TableBody": "a\n"}`)
	d.refused("InvalidParameterException", "no valid CSV", "CreateLookupTable", `{"LookupTableName": "bad", "TableBody": "a,b\n1\n"}`)
	d.refused("InvalidParameterException", "name of its own", "CreateLookupTable", `{"LookupTableName": "bad", "TableBody": "a,a\n1,2\n"}`)
	d.refused("InvalidParameterException", "key of their own", "CreateLookupTable", `{"LookupTableName": "bad", "TableBody": "a\n", "KmsKeyId": "good"}`)
	d.must("DeleteLookupTable", `{"LookupTableArn": %q}`, arn)
	d.refused("ResourceNotFoundException", "", "GetLookupTable", `{"LookupTableArn": %q}`, arn)
	_, err := d.StartQuery(d.ctx, &query)
	if err == nil || !strings.Contains(err.Error(), "no lookup table users") {
		t.Error(err)
	}
}

func TestFieldIndexes(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	d.group("h", "s")
	d.must("CreateLogGroup", `{"LogGroupName": "rare", "LogGroupClass": "INFREQUENT_ACCESS"}`)
	d.must("PutAccountPolicy", `{"PolicyName": "all", "PolicyType": "FIELD_INDEX_POLICY", "PolicyDocument": "{\"Fields\":[\"b\"]}", "SelectionCriteria": "LogGroupNamePrefix = \"h\""}`)
	d.must("PutIndexPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "{\"Fields\":[\"a\"],\"FieldsV2\":{\"svc\":{\"type\":\"FACET\"}}}"}`)
	at := time.Now().UnixMilli()
	d.put("g", "s", at, `{"a":1}`, `{"a":2}`, `{"b":3}`)
	for group, want := range map[string]string{"g": "LOG_GROUP", "h": "ACCOUNT"} {
		if got := d.must("DescribeIndexPolicies", `{"LogGroupIdentifiers": [%q]}`, group); !strings.Contains(got, want) {
			t.Error(group, got)
		}
	}
	out := d.must("DescribeFieldIndexes", `{"LogGroupIdentifiers": ["g"]}`)
	for _, want := range []string{`"FieldIndexName":"a"`, `"FieldIndexName":"svc"`, `"Type":"FACET"`, `"FieldIndexName":"traceId"`} {
		if !strings.Contains(strings.ReplaceAll(out, `": `, `":`), want) {
			t.Errorf("%s is not in %s", want, out)
		}
	}
	d.must("DeleteIndexPolicy", `{"LogGroupIdentifier": "g"}`)
	d.refused("ResourceNotFoundException", "", "DeleteIndexPolicy", `{"LogGroupIdentifier": "g"}`)
	d.refused("ResourceNotFoundException", "", "PutIndexPolicy", `{"LogGroupIdentifier": "none", "PolicyDocument": "{\"Fields\":[\"a\"]}"}`)
	d.refused("InvalidParameterException", "1 to 20 fields", "PutIndexPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "{}"}`)
	d.refused("InvalidParameterException", "no valid JSON", "PutIndexPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "a"}`)
	d.refused("InvalidParameterException", "INFREQUENT_ACCESS", "PutIndexPolicy", `{"LogGroupIdentifier": "rare", "PolicyDocument": "{\"Fields\":[\"a\"]}"}`)
}
