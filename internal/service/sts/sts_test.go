package sts_test

import (
	"testing"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/service/sts"
	"github.com/sillok/sillok/internal/servicetest"
)

func TestTheCallerIsWhoSigned(t *testing.T) {
	got, err := sts.New().GetCallerIdentity(servicetest.As(t, "444455556666", "us-east-1"), &stsapi.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, &stsapi.GetCallerIdentityOutput{
		Account: new("444455556666"), Arn: new("arn:aws:iam::444455556666:root"), UserId: new("444455556666"),
	}, got)
}
