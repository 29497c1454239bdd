package app_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
)

var updateRecords = flag.Bool("update-records", false, "write the tables of docs/cloudtrail.md anew")

// difference is one that is known, and why.
type difference struct {
	event string // as a pattern: all of it must match
	what  string // the same
	why   string
}

// knownDifferences are in docs/cloudtrail.md.
var knownDifferences = []difference{
	{`s3:.*`, `vpcEndpointId is missing`, "There are no VPC endpoints"},
	{`kms:(Decrypt|Encrypt|GenerateDataKey)`, `tlsDetails is there`, "The recorded calls were made by services, which tell no TLS; ours by a client"},
	{
		`s3:CopyObject`, `responseElements is not null`, "Since 2023 each object is encrypted, and PutObject and its kin answer how; the recorded calls are older",
	},
	{
		edited, `(eventCategory|managementEvent|readOnly|tlsDetails|responseElements|resources|additionalEventData|additionalEventData\..*) is there`,
		"AWS writes these members today; the recorded ones are of a former version, or were edited by hand",
	},
	{edited, `requestParameters\.(host|acl\[\]) is missing`, former},
	{edited, `requestParameters\.Host is there`, former},
	{edited, `requestParameters\.(acl|x-amz-acl) is a string, not a array`, former},
	{edited, `resources are .*`, former},
	{edited, `requestParameters\..* is (there|missing)`, byHand},
	{edited, `requestParameters is not null`, byHand},
	{edited, `responseElements is not null`, byHand},
	{`iam:CreateServiceLinkedRole`, `errorCode is .*`, byHand},
	{`s3:DeleteObjects?`, `sharedEventID is missing`, byHand},
	{`glue:GetPartition`, `additionalEventData is (missing|null)`, "There is no Lake Formation, which would say here what it decided"},
}

const (
	// edited are the events whose recorded ones are old, or were written by hand.
	edited = `athena:List.*|glue:GetPartition|iam:(ChangePassword|CreateServiceLinkedRole|CreateVirtualMFADevice|GetGroup|GetGroupPolicy|ListAttachedGroupPolicies)|` +
		`s3:(CopyObject|DeleteBucketEncryption|DeleteBucketReplication|DeleteObjects?|PutBucketAcl|PutBucketEncryption|PutBucketPublicAccessBlock)`
	former = "Records of S3 had another form before 2021"
	byHand = "The recorded ones were written by hand, some from those of another event"
)

// Whatever a call of ours has in common with one that AWS recorded, its record has
// the members of the recorded ones in the same form.
func TestRecordsHaveTheMembersOfAWSs(t *testing.T) {
	want := recordedShapes(t)
	for name, of := range deliveredShapes(t) {
		if _, held := want[name]; !held {
			want[name] = of
		}
	}
	o := observe(t)
	o.makeCalls()
	compared := map[string]bool{}
	used := map[int]bool{}
	rows := map[string]map[string][]string{} // by reason and event
	for _, events := range o.events() {
		for i := range events {
			var record map[string]any
			if err := json.Unmarshal(events[i].JSON, &record); err != nil {
				t.Fatal(err)
			}
			source, _, _ := strings.Cut(events[i].Source, ".")
			name := source + ":" + events[i].Name
			of, ok := want[name]
			form, ended := of.Success, "done"
			if events[i].ErrorCode != "" {
				form, ended = of.Failure, "failed"
			}
			if !ok || form == nil || events[i].Identity.InvokedBy != "" {
				continue
			}
			compared[name+" "+ended] = true
			for _, d := range form.differences(record) {
				why := explain(name, d, used)
				if why == "" {
					t.Errorf("%s (%s, %d records): %s\n%s", name, ended, form.Records, d, indented(t, events[i].JSON))
					continue
				}
				if rows[why] == nil {
					rows[why] = map[string][]string{}
				}
				if !slices.Contains(rows[why][name], d) {
					rows[why][name] = append(rows[why][name], d)
				}
			}
		}
	}
	for i, d := range knownDifferences {
		if !used[i] {
			t.Errorf("no record differs in %s %s any more", d.event, d.what)
		}
	}
	checkTables(t, slices.Sorted(maps.Keys(compared)), rows)
}

func explain(name, what string, used map[int]bool) string {
	for i, d := range knownDifferences {
		if regexp.MustCompile("^("+d.event+")$").MatchString(name) && regexp.MustCompile("^("+d.what+")$").MatchString(what) {
			used[i] = true
			return d.why
		}
	}
	return ""
}

// checkTables holds the tables of docs/cloudtrail.md against what was found.
func checkTables(t *testing.T, compared []string, rows map[string]map[string][]string) {
	t.Helper()
	var b strings.Builder
	for _, d := range knownDifferences {
		if len(rows[d.why]) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s:\n\n| event | record of Sillok |\n|---|---|\n", d.why)
		for _, name := range slices.Sorted(maps.Keys(rows[d.why])) {
			slices.Sort(rows[d.why][name])
			fmt.Fprintf(&b, "| %s | %s |\n", name, strings.Join(rows[d.why][name], "; "))
		}
		delete(rows, d.why)
	}
	fmt.Fprintf(&b, "\nCompared, %d forms: %s.\n", len(compared), strings.Join(compared, ", "))
	path := filepath.Join("..", "..", "docs", "cloudtrail.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "<!-- what follows is written by a test -->\n"
	before, _, ok := strings.Cut(string(text), mark)
	if !ok {
		t.Fatalf("%s has no line %q", path, mark)
	}
	now := before + mark + b.String()
	if *updateRecords {
		if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), now); diff != "" {
		t.Errorf("%s is out of date (-committed +now); run this test with -update-records:\n%s", path, diff)
	}
}

// deliveredShapes are the shapes of the records that AWS delivered.
func deliveredShapes(t *testing.T) map[string]shapes {
	t.Helper()
	done, failed := map[string][]map[string]any{}, map[string][]map[string]any{}
	err := filepath.WalkDir(filepath.Join(material.Data(t), "cloudtrail", "invictus-ir_aws_dataset"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json.gz") {
			return err
		}
		for _, record := range recordsIn(t, path) {
			identity, _ := record["userIdentity"].(map[string]any)
			if identity["invokedBy"] != nil || identity["type"] != "IAMUser" {
				continue
			}
			source, _, _ := strings.Cut(fmt.Sprint(record["eventSource"]), ".")
			name := source + ":" + fmt.Sprint(record["eventName"])
			if record["errorCode"] != nil {
				failed[name] = append(failed[name], record)
			} else {
				done[name] = append(done[name], record)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]shapes{}
	for name, records := range done {
		all[name] = shapes{Recorded: true, Success: shapeOf(records)}
	}
	for name, records := range failed {
		of := all[name]
		of.Recorded, of.Failure = true, shapeOf(records)
		all[name] = of
	}
	return all
}

func recordsIn(t *testing.T, path string) []map[string]any {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Records []map[string]any }
	if err := json.Unmarshal(plain, &file); err != nil {
		t.Fatal(err)
	}
	return file.Records
}

// makeCalls makes every call that AWS recorded and that we answer, as it was made
// there.
func (o *observed) makeCalls() {
	o.identities()
	o.parameters()
	o.buckets()
	o.objects()
	for _, r := range []request{
		query("sts", "GetCallerIdentity"),
		target("athena", "ListNamedQueries", `{}`), target("athena", "ListQueryExecutions", `{}`),
	} {
		o.do(r)
	}
	if a := o.call(o.key, target("glue", "GetPartition", `{"DatabaseName":"logs","TableName":"t","PartitionValues":["1"]}`)); a.status < 400 {
		o.t.Errorf("a partition of no table: %s", a.body)
	}
}

// identities makes the calls of IAM and STS.
func (o *observed) identities() {
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}]}`
	const may = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole","iam:ChangePassword"],"Resource":"*"}]}`
	const tag, tagged = "Tags.member.1.Key", "Tags.member.1.Value"
	arn := func(kind string) string { return "arn:aws:iam::" + account + ":" + kind }
	do := func(operation string, parameters ...string) answer {
		return o.do(query("iam", operation, parameters...))
	}
	fails := func(operation string, parameters ...string) {
		if a := o.call(o.key, query("iam", operation, parameters...)); a.status < 400 {
			o.t.Errorf("%s: %d %s", operation, a.status, a.body)
		}
	}
	do("CreateUser", "UserName", "ann", "Path", "/", tag, "a", tagged, "b")
	made := do("CreateAccessKey", "UserName", "ann")
	key := aws.Credentials{
		AccessKeyID:     regexp.MustCompile(`<AccessKeyId>(.*)</AccessKeyId>`).FindStringSubmatch(string(made.body))[1],
		SecretAccessKey: regexp.MustCompile(`<SecretAccessKey>(.*)</SecretAccessKey>`).FindStringSubmatch(string(made.body))[1],
	}
	do("CreateLoginProfile", "UserName", "ann", "Password", "Pa55word!of-ann", "PasswordResetRequired", "true")
	do("CreatePolicy", "PolicyName", "may", "Path", "/", "Description", "what ann may", "PolicyDocument", may, tag, "a", tagged, "b")
	do("CreateRole", "RoleName", "deployer", "Path", "/", "AssumeRolePolicyDocument", trust, "MaxSessionDuration", "3600", tag, "a", tagged, "b")
	do("CreateInstanceProfile", "InstanceProfileName", "host", "Path", "/", tag, "a", tagged, "b")
	do("TagInstanceProfile", "InstanceProfileName", "host", tag, "a", tagged, "b")
	do("AddRoleToInstanceProfile", "InstanceProfileName", "host", "RoleName", "deployer")
	do("AttachRolePolicy", "RoleName", "deployer", "PolicyArn", arn("policy/may"))
	do("PutRolePolicy", "RoleName", "deployer", "PolicyName", "inline", "PolicyDocument", may)
	do("AttachUserPolicy", "UserName", "ann", "PolicyArn", arn("policy/may"))
	do("UpdateAssumeRolePolicy", "RoleName", "deployer", "PolicyDocument", trust)
	do("UpdateLoginProfile", "UserName", "ann", "Password", "Pa55word!of-ann2")
	for _, operation := range []string{
		"GetLoginProfile", "GetUser", "ListAccessKeys", "ListGroupsForUser", "ListMFADevices", "ListSSHPublicKeys", "ListServiceSpecificCredentials", "ListSigningCertificates",
		"ListAttachedUserPolicies", "ListUserPolicies",
	} {
		do(operation, "UserName", "ann")
	}
	for _, operation := range []string{"GetRole", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies"} {
		do(operation, "RoleName", "deployer")
	}
	for _, operation := range []string{"ListUsers", "GetAccountSummary", "GetAccountAuthorizationDetails"} {
		do(operation)
	}
	do("ListVirtualMFADevices", "AssignmentStatus", "Any")
	if a := o.call(key, query("iam", "ChangePassword", "OldPassword", "Pa55word!of-ann2", "NewPassword", "Pa55word!of-ann3")); a.status >= 400 {
		o.t.Errorf("ChangePassword: %d %s", a.status, a.body)
	}
	o.call(key, query("iam", "GetUser"))
	do("GetPolicy", "PolicyArn", arn("policy/may"))
	do("GetPolicyVersion", "PolicyArn", arn("policy/may"), "VersionId", "v1")
	do("ListPolicyVersions", "PolicyArn", arn("policy/may"))
	do("ListEntitiesForPolicy", "PolicyArn", arn("policy/may"))
	do("GetRolePolicy", "RoleName", "deployer", "PolicyName", "inline")
	do("GetInstanceProfile", "InstanceProfileName", "host")
	fails("GetInstanceProfile", "InstanceProfileName", "none")
	fails("GetRole", "RoleName", "none")
	fails("DeleteLoginProfile", "UserName", "none")
	o.sessions(key, arn("role/deployer"))
	do("CreateGroup", "GroupName", "staff")
	do("PutGroupPolicy", "GroupName", "staff", "PolicyName", "inline", "PolicyDocument", may)
	do("GetGroup", "GroupName", "staff")
	do("GetGroupPolicy", "GroupName", "staff", "PolicyName", "inline")
	do("ListAttachedGroupPolicies", "GroupName", "staff")
	do("CreateVirtualMFADevice", "VirtualMFADeviceName", "phone")
	fails("CreateServiceLinkedRole", "AWSServiceName", "no.such.service")
	do("RemoveRoleFromInstanceProfile", "InstanceProfileName", "host", "RoleName", "deployer")
	do("DeleteInstanceProfile", "InstanceProfileName", "host")
	do("DetachUserPolicy", "UserName", "ann", "PolicyArn", arn("policy/may"))
	do("DetachRolePolicy", "RoleName", "deployer", "PolicyArn", arn("policy/may"))
	do("DeleteRolePolicy", "RoleName", "deployer", "PolicyName", "inline")
	do("DeleteRole", "RoleName", "deployer")
	do("DeletePolicy", "PolicyArn", arn("policy/may"))
	do("DeleteLoginProfile", "UserName", "ann")
	do("DeleteAccessKey", "UserName", "ann", "AccessKeyId", key.AccessKeyID)
	do("DeleteUser", "UserName", "ann")
}

// sessions opens a session of a role, as one who may and as one who may not.
func (o *observed) sessions(key aws.Credentials, role string) {
	in := []string{"RoleArn", role, "RoleSessionName", "ci", "DurationSeconds", "900"}
	if a := o.call(key, query("sts", "AssumeRole", in...)); a.status != http.StatusOK {
		o.t.Errorf("AssumeRole: %d %s", a.status, a.body)
	}
	in[1] += "-of-others"
	if a := o.call(key, query("sts", "AssumeRole", in...)); a.status != http.StatusForbidden {
		o.t.Errorf("AssumeRole of a role that is not there: %d %s", a.status, a.body)
	}
}

// parameters makes the calls of Parameter Store and KMS.
func (o *observed) parameters() {
	o.do(target("ssm", "PutParameter",
		`{"Name":"/app/db","Value":"hunter2","Type":"SecureString","Overwrite":false,"AllowedPattern":"","Tags":[{"Key":"a","Value":"b"}],"Tier":"Standard"}`))
	for _, r := range []request{
		target("ssm", "GetParameter", `{"Name":"/app/db","WithDecryption":true}`), target("ssm", "GetParameters", `{"Names":["/app/db"],"WithDecryption":true}`),
		target("ssm", "DescribeParameters", `{"ParameterFilters":[{"Key":"Name","Option":"BeginsWith","Values":["/app"]}],"MaxResults":10}`),
		target("ssm", "ListTagsForResource", `{"ResourceId":"/app/db","ResourceType":"Parameter"}`), target("ssm", "DeleteParameter", `{"Name":"/app/db"}`),
	} {
		o.do(r)
	}
	var made struct {
		KeyMetadata struct {
			ID string `json:"KeyId"`
		}
	}
	if err := json.Unmarshal(o.do(target("kms", "CreateKey", `{}`)).body, &made); err != nil {
		o.t.Fatal(err)
	}
	id := made.KeyMetadata.ID
	var sealed struct{ CiphertextBlob string }
	if err := json.Unmarshal(o.do(target("kms", "Encrypt", `{"KeyId":"`+id+`","Plaintext":"aHVudGVyMg==","EncryptionContext":{"PARAMETER_ARN":"x"}}`)).body, &sealed); err != nil {
		o.t.Fatal(err)
	}
	o.do(target("kms", "Decrypt", `{"CiphertextBlob":"`+sealed.CiphertextBlob+`","EncryptionContext":{"PARAMETER_ARN":"x"}}`))
	o.do(target("kms", "GenerateDataKey", `{"KeyId":"`+id+`","KeySpec":"AES_256","EncryptionContext":{"SecretARN":"x"}}`))
}

// buckets makes the calls of S3 on buckets.
func (o *observed) buckets() {
	do := func(method, path, body string, headers ...string) { o.do(object(method, path, body, headers...)) }
	fails := func(method, path string) {
		if a := o.call(o.key, object(method, path, "")); a.status < 400 {
			o.t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
		}
	}
	do("PUT", "/logs", "", "X-Amz-Acl", "private")
	do("GET", "/", "")
	for _, setting := range []string{"cors", "lifecycle", "object-lock", "policy", "policyStatus", "replication", "tagging", "website"} {
		fails("GET", "/logs?"+setting)
	}
	for _, setting := range []string{
		"accelerate", "acl", "encryption", "location", "logging", "publicAccessBlock", "requestPayment", "versioning",
	} {
		do("GET", "/logs?"+setting, "")
	}
	const ns = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`
	do("PUT", "/logs?tagging", `<Tagging`+ns+`><TagSet><Tag><Key>StratusRedTeam</Key><Value>true</Value></Tag></TagSet></Tagging>`)
	do("GET", "/logs?tagging", "")
	do("PUT", "/logs?policy", `{"Version":"2012-10-17","Statement":[{"Sid":"AclCheck","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},`+
		`"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::logs"}]}`)
	do("GET", "/logs?policy", "")
	do("GET", "/logs?policyStatus", "")
	do("PUT", "/logs?lifecycle", `<LifecycleConfiguration`+ns+`><Rule><ID>nuke</ID><Filter><Prefix>*</Prefix></Filter><Status>Enabled</Status>`+
		`<Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>`)
	do("PUT", "/logs?ownershipControls", `<OwnershipControls`+ns+`><Rule><ObjectOwnership>BucketOwnerPreferred</ObjectOwnership></Rule></OwnershipControls>`)
	do("PUT", "/logs?acl", "", "X-Amz-Acl", "private")
	do("PUT", "/logs?encryption", `<ServerSideEncryptionConfiguration`+ns+`><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>`+
		`</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`)
	do("PUT", "/logs?publicAccessBlock", `<PublicAccessBlockConfiguration`+ns+`><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>`)
	for _, setting := range []string{"lifecycle", "policy", "encryption", "replication", "publicAccessBlock"} {
		do("DELETE", "/logs?"+setting, "")
	}
	fails("GET", "/logs?publicAccessBlock")
}

// objects makes the calls of S3 on objects, and deletes the bucket.
func (o *observed) objects() {
	do := func(method, path, body string, headers ...string) { o.do(object(method, path, body, headers...)) }
	do("PUT", "/logs/a", "content")
	do("PUT", "/logs/b", "", "X-Amz-Copy-Source", "/logs/a", "X-Amz-Server-Side-Encryption", "AES256")
	if a := o.call(o.key, object("DELETE", "/logs", "")); a.status != http.StatusConflict {
		o.t.Errorf("a bucket that is not empty: %d %s", a.status, a.body)
	}
	do("DELETE", "/logs/a", "")
	batch := `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>b</Key></Object></Delete>`
	do("POST", "/logs?delete", batch)
	do("DELETE", "/logs", "")
}
