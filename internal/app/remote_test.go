package app_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/objects/objectstest"
	"github.com/sillok/sillok/internal/store/objects/remote"
)

// The server's S3, seen by a client from elsewhere, is a store of objects.
func TestRemoteContract(t *testing.T) {
	server := serve(t, t.TempDir())
	client := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.Endpoint()), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(keyID, secret, ""),
	})
	objectstest.Run(t, func(t *testing.T) (objects.Store, string) {
		t.Helper()
		_, name, _ := strings.Cut(strings.ToLower(t.Name()), "/")
		bucket := strings.Trim(strings.Map(func(c rune) rune {
			if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
				return c
			}
			return '-'
		}, name), "-")
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			t.Fatal(err)
		}
		return remote.New(client), bucket
	})
}
