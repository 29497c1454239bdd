package cloud_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
)

func TestParseLocation(t *testing.T) {
	for _, tt := range []struct {
		text string
		want cloud.Location
	}{
		{"s3://logs", cloud.Location{Bucket: "logs"}},
		{"s3://logs/", cloud.Location{Bucket: "logs"}},
		{"s3://logs/a/b=c/", cloud.Location{Bucket: "logs", Key: "a/b=c/"}},
		{"s3://logs//a", cloud.Location{Bucket: "logs", Key: "/a"}},
		{"s3://logs/../state.db", cloud.Location{Bucket: "logs", Key: "../state.db"}}, // a key is not a path
		{"s3://my.logs-2/실록", cloud.Location{Bucket: "my.logs-2", Key: "실록"}},
		{"s3://ap-metadata-s3alias/k", cloud.Location{Bucket: "ap-metadata-s3alias", Key: "k"}},
		{"s3://1.2.3.4.5/k", cloud.Location{Bucket: "1.2.3.4.5", Key: "k"}},
		{"s3://My_Logs/k", cloud.Location{Bucket: "My_Logs", Key: "k"}}, // from before 2018
		{"s3://" + strings.Repeat("a", 255), cloud.Location{Bucket: strings.Repeat("a", 255)}},
	} {
		got, err := cloud.ParseLocation(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestParseLocationRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                        `"" is not of the form s3://bucket/key`,
		"logs/a":                  `"logs/a" is not of the form s3://bucket/key`,
		"S3://logs/":              `"S3://logs/" is not of the form s3://bucket/key`,
		"https://logs/":           `"https://logs/" is not of the form s3://bucket/key`,
		"s3://":                   `"s3://": the bucket is missing`,
		"s3:///etc/passwd":        `"s3:///etc/passwd": the bucket is missing`,
		"s3://../":                `"s3://../": the bucket name ".." is not 3 to 255 characters long`,
		"s3://./":                 `"s3://./": the bucket name "." is not 3 to 255 characters long`,
		"s3://.../":               `"s3://.../": the bucket name "..." does not begin and end with a letter or a digit`,
		"s3://a..b/":              `"s3://a..b/": the bucket name "a..b" has two dots side by side`,
		"s3://lo\x00gs/":          `"s3://lo\x00gs/": the bucket name "lo\x00gs" has characters other than letters, digits, dots, hyphens and underscores`,
		`s3://..\logs/`:           `"s3://..\\logs/": the bucket name "..\\logs" has characters other than letters, digits, dots, hyphens and underscores`,
		"s3://-logs/":             `"s3://-logs/": the bucket name "-logs" does not begin and end with a letter or a digit`,
		"s3://logs./":             `"s3://logs./": the bucket name "logs." does not begin and end with a letter or a digit`,
		"s3://192.168.0.1/":       `"s3://192.168.0.1/": the bucket name "192.168.0.1" is an IP address`,
		"s3://xn--logs/":          `"s3://xn--logs/": the bucket name "xn--logs" begins with xn--, which S3 keeps to itself`,
		"s3://sthree-configure/k": `"s3://sthree-configure/k": the bucket name "sthree-configure" begins with sthree-, which S3 keeps to itself`,
		"s3://" + strings.Repeat("a", 256) + "/": `"s3://` + strings.Repeat("a", 256) + `/": the bucket name "` +
			strings.Repeat("a", 256) + `" is not 3 to 255 characters long`,
	} {
		location, err := cloud.ParseLocation(text)
		if err == nil {
			t.Errorf("%q is taken as %v", text, location)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// A bucket that is made today has a stricter name than one that is read.
func TestCheckBucketName(t *testing.T) {
	for name, want := range map[string]string{
		"logs": "", "my.logs-2": "",
		"Logs":                  `the bucket name "Logs" has characters other than lower case letters, digits, dots and hyphens`,
		"my_logs":               `the bucket name "my_logs" has characters other than lower case letters, digits, dots and hyphens`,
		strings.Repeat("a", 64): `the bucket name "` + strings.Repeat("a", 64) + `" is not 3 to 63 characters long`,
	} {
		got := ""
		if err := cloud.CheckBucketName(name); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// FuzzParseLocation holds it to what it promises: a location says what it was
// parsed from, and its bucket is no path.
func FuzzParseLocation(f *testing.F) {
	for _, seed := range []string{"s3://logs/a/b", "s3://../", "s3://a..b/", "s3://logs", "s3://logs//"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		location, err := cloud.ParseLocation(text)
		if err != nil {
			return
		}
		if s := location.String(); s != text && s != text+"/" {
			t.Errorf("%q became %q", text, s)
		}
		if strings.Contains(location.Bucket, "..") || strings.ContainsAny(location.Bucket, `/\`) {
			t.Errorf("%q names the bucket %q", text, location.Bucket)
		}
		if again, err := cloud.ParseLocation(location.String()); err != nil || again != location {
			t.Errorf("%q: parsed again it is %v, %v", text, again, err)
		}
	})
}
