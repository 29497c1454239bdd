package ssm_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/service/kms"
	"github.com/sillok/sillok/internal/service/ssm"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// store is a Parameter Store that a test calls as one account.
type store struct {
	*ssm.Service
	db   state.Store
	keys *kms.Service
	t    *testing.T
	ctx  context.Context //nolint:containedctx // a client's call, for as long as the test
}

func open(t *testing.T) store {
	t.Helper()
	db := servicetest.Store(t)
	sealer := servicetest.Must(seal.Open(t.Context(), seal.Config{Text: strings.Repeat("11", 32)}))(t)
	keys := kms.New(db, sealer, nil)
	return store{ssm.New(db, keys), db, keys, t, servicetest.Call(t)}
}

// put gives a parameter a value, and returns its version.
func (s store) put(name, value string, change ...func(*ssmapi.PutParameterInput)) int64 {
	s.t.Helper()
	in := &ssmapi.PutParameterInput{Name: &name, Value: &value, Type: new("String"), Overwrite: new(true)}
	for _, c := range change {
		c(in)
	}
	return *servicetest.Must(s.PutParameter(s.ctx, in))(s.t).Version
}

func (s store) label(name string, version int64, labels ...string) {
	s.t.Helper()
	servicetest.Must(s.LabelParameterVersion(s.ctx, &ssmapi.LabelParameterVersionInput{Name: &name, ParameterVersion: &version, Labels: labels}))(s.t)
}

func TestAParameterFromItsCreationToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		put := &ssmapi.PutParameterInput{Name: new("/app/port"), Value: new("80"), Type: new("String")}
		servicetest.Diff(t, &ssmapi.PutParameterOutput{Version: new(int64(1)), Tier: new("Standard")}, servicetest.Must(s.PutParameter(s.ctx, put))(t))
		_, err := s.PutParameter(s.ctx, put)
		servicetest.WantCode(t, err, "ParameterAlreadyExists", "set the overwrite option in the request to true")
		<-time.After(1500 * time.Microsecond)
		servicetest.Diff(t, int64(2), s.put("/app/port", "8080"))

		get := &ssmapi.GetParameterInput{Name: new("/app/port")}
		servicetest.Diff(t, &ssmapi.Parameter{
			Name: new("/app/port"), ARN: new("arn:aws:ssm:ap-northeast-2:111122223333:parameter/app/port"), Type: new("String"), DataType: new("text"),
			Value: new("8080"), Version: new(int64(2)), LastModifiedDate: new(time.Date(2000, 1, 1, 0, 0, 0, 1e6, time.UTC)), // a bubble begins in 2000
		}, servicetest.Must(s.GetParameter(s.ctx, get))(t).Parameter)

		servicetest.Must(s.DeleteParameter(s.ctx, &ssmapi.DeleteParameterInput{Name: new("/app/port")}))(t)
		_, err = s.GetParameter(s.ctx, get)
		servicetest.WantCode(t, err, "ParameterNotFound")
		servicetest.Diff(t, int64(1), s.put("/app/port", "80"))
	})
}

func TestNames(t *testing.T) {
	const inPath = "each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_"
	for name, want := range map[string]struct{ code, message string }{
		"a.b-C_9":                    {},
		"/a/b":                       {},
		strings.Repeat("/a", 15):     {},
		strings.Repeat("/a", 16):     {"HierarchyLevelLimitExceededException", "15 levels"},
		"a/b":                        {"ValidationException", inPath},
		"/a//b":                      {"ValidationException", inPath},
		"/a/":                        {"ValidationException", inPath},
		"a b":                        {"ValidationException", inPath},
		"a:1":                        {"ValidationException", inPath},
		"ssm_a":                      {"ValidationException", `can't be prefixed with "aws" or "ssm"`},
		"AWSa":                       {"ValidationException", `can't be prefixed with "aws" or "ssm"`},
		"/aws_a":                     {"ValidationException", `can't be prefixed with "aws" or "ssm"`},
		"/SSM/a":                     {"ValidationException", `can't be prefixed with "ssm"`},
		"/Aws/a":                     {"AccessDeniedException", "No access to reserved parameter name: /Aws/a."},
		"arn:aws:ssm:r:a:parameter/": {"ValidationException", inPath},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			_, err := s.PutParameter(s.ctx, &ssmapi.PutParameterInput{Name: &name, Value: new("v"), Type: new("String")})
			if want.code != "" {
				servicetest.WantCode(t, err, want.code, want.message)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatPutParameterRefuses(t *testing.T) {
	long := new(strings.Repeat("a", 4097))
	for name, tt := range map[string]struct {
		in            ssmapi.PutParameterInput // over a String "old" of tier Advanced, or as a new one
		code, message string
	}{
		"no type":          {ssmapi.PutParameterInput{Name: new("new"), Type: nil}, "ValidationException", "A parameter type is required"},
		"a key for all":    {ssmapi.PutParameterInput{Name: new("new"), Type: new("String"), KeyId: new("alias/a")}, "ValidationException", "KeyId is required for SecureString type parameter only."},
		"a key not there":  {ssmapi.PutParameterInput{Name: new("new"), Type: new("SecureString"), KeyId: new("alias/a")}, "InvalidKeyId", "alias/a is not found. (Service: AWSKMS; Status Code: 400; Error Code: NotFoundException)"},
		"policies":         {ssmapi.PutParameterInput{Name: new("new"), Type: new("String"), Policies: new("[]")}, "ValidationException", "Policies are not supported"},
		"an empty value":   {ssmapi.PutParameterInput{Name: new("new"), Type: new("String"), Value: new("")}, "ValidationException", "at 'value'"},
		"a nested value":   {ssmapi.PutParameterInput{Name: new("new"), Type: new("String"), Value: new("a {{ssm:b}}")}, "ValidationException", "can't nest"},
		"over 4 KB":        {ssmapi.PutParameterInput{Name: new("new"), Type: new("String"), Value: long}, "ValidationException", "value of 4096 characters"},
		"over 8 KB":        {ssmapi.PutParameterInput{Name: new("old"), Overwrite: new(true), Value: new(*long + *long)}, "ValidationException", "value of 8192 characters"},
		"a data type":      {ssmapi.PutParameterInput{Name: new("new"), Type: new("String"), DataType: new("Text")}, "ValidationException", "not supported: Text (Data type names are all lowercase.)"},
		"a bad pattern":    {ssmapi.PutParameterInput{Name: new("new"), Type: new("String"), AllowedPattern: new("(")}, "InvalidAllowedPatternException", "("},
		"no match":         {ssmapi.PutParameterInput{Name: new("new"), Type: new("String"), AllowedPattern: new(`\d`)}, "ParameterPatternMismatchException", `\d`},
		"another type":     {ssmapi.PutParameterInput{Name: new("old"), Overwrite: new(true), Type: new("StringList")}, "HierarchyTypeMismatchException", "is a String"},
		"a lower tier":     {ssmapi.PutParameterInput{Name: new("old"), Overwrite: new(true), Tier: new("Standard")}, "ValidationException", "can't downgrade"},
		"tags over it":     {ssmapi.PutParameterInput{Name: new("old"), Overwrite: new(true), Tags: []ssmapi.Tag{{Key: new("a"), Value: new("b")}}}, "ValidationException", "tags and overwrite can't be used together"},
		"a tag of AWS":     {ssmapi.PutParameterInput{Name: new("new"), Type: new("String"), Tags: []ssmapi.Tag{{Key: new("aws:a"), Value: new("b")}}}, "ValidationException", "reserved"},
		"what there is":    {ssmapi.PutParameterInput{Name: new("old")}, "ParameterAlreadyExists", ""},
		"what there is, /": {ssmapi.PutParameterInput{Name: new("/old")}, "ParameterAlreadyExists", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			s.put("old", "v", func(in *ssmapi.PutParameterInput) { in.Tier = new("Advanced") })
			if tt.in.Value == nil {
				tt.in.Value = new("12")
			}
			_, err := s.PutParameter(s.ctx, &tt.in)
			servicetest.WantCode(t, err, tt.code, tt.message)
		})
	}
}

func TestWhatAnOverwriteLeavesOutStays(t *testing.T) {
	s := open(t)
	s.put("a", "10.0", func(in *ssmapi.PutParameterInput) {
		in.Tier, in.Description, in.AllowedPattern, in.DataType = new("Advanced"), new("why"), new(`[\d.]+`), new("aws:ec2:image")
		in.Overwrite, in.Tags = nil, []ssmapi.Tag{{Key: new("team"), Value: new("logs")}}
	})
	s.put("/a", "10.1", func(in *ssmapi.PutParameterInput) { in.Type = nil })
	_, err := s.PutParameter(s.ctx, &ssmapi.PutParameterInput{Name: new("a"), Value: new("x"), Overwrite: new(true)})
	servicetest.WantCode(t, err, "ParameterPatternMismatchException")
	got := servicetest.Must(s.DescribeParameters(s.ctx, &ssmapi.DescribeParametersInput{}))(t).Parameters
	for i := range got {
		got[i].LastModifiedDate = nil
	}
	servicetest.Diff(t, []ssmapi.ParameterMetadata{{
		Name: new("a"), ARN: new("arn:aws:ssm:ap-northeast-2:111122223333:parameter/a"), Type: new("String"), DataType: new("aws:ec2:image"), Version: new(int64(2)),
		Tier: new("Advanced"), Description: new("why"), AllowedPattern: new(`[\d.]+`), LastModifiedUser: new("arn:aws:iam::111122223333:root"),
	}}, got)
	servicetest.Diff(t, map[string]string{"team": "logs"}, s.tags("a"))
}

func TestTiers(t *testing.T) {
	small, large := "v", strings.Repeat("a", 4097)
	for _, tt := range []struct {
		before, tier, value, want string
	}{
		{"", "", small, "Standard"},
		{"", "Advanced", large, "Advanced"},
		{"", "Intelligent-Tiering", small, "Standard"},
		{"", "Intelligent-Tiering", large, "Advanced"},
		{"Standard", "Advanced", small, "Advanced"},
		{"Standard", "Intelligent-Tiering", large, "Advanced"},
		{"Advanced", "", small, "Advanced"},
		{"Advanced", "Intelligent-Tiering", small, "Advanced"},
	} {
		t.Run(fmt.Sprintf("%s, %s, %d", tt.before, tt.tier, len(tt.value)), func(t *testing.T) {
			s := open(t)
			if tt.before != "" {
				s.put("a", small, func(in *ssmapi.PutParameterInput) { in.Tier = &tt.before })
			}
			in := &ssmapi.PutParameterInput{Name: new("a"), Value: &tt.value, Type: new("String"), Overwrite: new(true)}
			if tt.tier != "" {
				in.Tier = &tt.tier
			}
			servicetest.Diff(t, &tt.want, servicetest.Must(s.PutParameter(s.ctx, in))(t).Tier)
		})
	}
}

func TestSelectors(t *testing.T) {
	s := open(t)
	for _, value := range []string{"one", "two", "three"} {
		s.put("/a/b", value)
	}
	s.label("/a/b", 2, "live")
	arn := "arn:aws:ssm:ap-northeast-2:111122223333:parameter/a/b"
	for name, want := range map[string]string{
		"/a/b":        "three",
		"a/b":         "three",
		" /a/b ":      "three",
		arn:           "three",
		"/a/b:1":      "one :1",
		"/a/b:live":   "two :live",
		arn + ":1":    "one :1",
		arn + ":live": "two :live",
		"/a/b:4":      "ParameterVersionNotFound: Systems Manager could not find version 4 of /a/b. Verify the version and try again.",
		"/a/b:dead":   "ParameterVersionNotFound: Systems Manager could not find label dead for parameter /a/b. Verify the label and try again.",
		"/a/b:1:2":    "ParameterNotFound: Parameter /a/b:1:2 not found.",
		"/a/c:1":      "ParameterNotFound: Parameter /a/c:1 not found.",
		"/a":          "ParameterNotFound: Parameter /a not found.",
		"/a/b/c":      "ParameterNotFound: Parameter /a/b/c not found.",
		"//a/b":       "ParameterNotFound: Parameter //a/b not found.",
		"/a/b\x00":    "ParameterNotFound: Parameter /a/b\x00 not found.",
		"arn:aws:ssm:us-east-1:111122223333:parameter/a/b": "ParameterNotFound: Parameter arn:aws:ssm:us-east-1:111122223333:parameter/a/b not found.",
	} {
		out, err := s.GetParameter(s.ctx, &ssmapi.GetParameterInput{Name: &name})
		got := fmt.Sprint(err)
		if err == nil {
			got = *out.Parameter.Value
			if out.Parameter.Selector != nil {
				got += " " + *out.Parameter.Selector
			}
		}
		if got != want {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
	out := servicetest.Must(s.GetParameters(s.ctx, &ssmapi.GetParametersInput{Names: []string{"/a/b:live", "nobody", "/a/b", "/a/b:9", "/a/b"}}))(t)
	var values []string
	for _, p := range out.Parameters {
		values = append(values, *p.Value)
	}
	servicetest.Diff(t, []string{"three", "two"}, values)
	servicetest.Diff(t, []string{"/a/b:9", "nobody"}, out.InvalidParameters)
}

func TestDeletingSeveral(t *testing.T) {
	s := open(t)
	s.put("a", "1")
	s.put("/b/c", "2")
	got := servicetest.Must(s.DeleteParameters(s.ctx, &ssmapi.DeleteParametersInput{Names: []string{"b/c", "nobody", "/a", "a"}}))(t)
	servicetest.Diff(t, &ssmapi.DeleteParametersOutput{DeletedParameters: []string{"b/c", "/a"}, InvalidParameters: []string{"nobody", "a"}}, got)
	_, err := s.DeleteParameter(s.ctx, &ssmapi.DeleteParameterInput{Name: new("a")})
	servicetest.WantCode(t, err, "ParameterNotFound")
	servicetest.WantKind(t, err, cloud.NotFound)
}

func TestAccountsAndRegionsDoNotSeeEachOther(t *testing.T) {
	s := open(t)
	s.put("a", "1")
	for _, other := range []context.Context{servicetest.As(t, "444455556666", servicetest.Region), servicetest.As(t, servicetest.Account, "us-east-1")} {
		_, err := s.GetParameter(other, &ssmapi.GetParameterInput{Name: new("a")})
		servicetest.WantCode(t, err, "ParameterNotFound")
	}
}
