package kms

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/kms/material"
)

// managers are the services of AWS that have keys of their own in an account,
// by the name in alias/aws/NAME.
func managers() []string {
	return []string{
		"acm", "athena", "backup", "cloudtrail", "dynamodb", "ebs", "elasticfilesystem", "es", "events", "firehose", "glue", "kinesis", "lambda", "logs",
		"rds", "redshift", "s3", "secretsmanager", "sns", "sqs", "ssm", "xray",
	}
}

// managedFor returns the service that manages the key of an alias, and "" where
// there is none.
func managedFor(alias string) string {
	service, ok := strings.CutPrefix(alias, reservedPrefix)
	if !ok || !slices.Contains(managers(), service) {
		return ""
	}
	return service
}

// managedID returns the ID of the key that AWS manages for a service in an
// account and region. It is known before the key is made, so that who may use it
// is decided first.
func managedID(scope cloud.Scope, service string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "sillok managed key\x00%s\x00%s\x00%s", scope.Account, scope.Region, service))
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

// managed returns the key that AWS manages for a service, without material.
func managed(scope cloud.Scope, service string) key {
	return key{
		ID: managedID(scope, service), Managed: service, Usage: material.EncryptDecrypt, Spec: material.SymmetricDefault, Origin: originKMS,
		Description: "Default key that protects my " + service + " data when no other key is defined", Created: now(),
		Policy: managedPolicy(scope, service), Rotation: &rotation{Enabled: true, Days: usualPeriod, Next: now().Add(usualPeriod * day)},
	}
}

// makeManaged makes the key that an alias of AWS's is of, unless somebody else
// does at the same time.
func (s *Service) makeManaged(ctx context.Context, n name) (key, error) {
	k := managed(n.scope, managedFor(n.alias))
	first, err := s.newVersion(ctx, n.scope, &k, k.spec())
	if err != nil {
		return k, err
	}
	k.Materials = []version{first}
	defer s.wake()
	return k, s.update(ctx, n.scope, func(tx resource.Tx) error {
		kept, ok, err := keys.Find(tx, k.ID)
		if err != nil || ok {
			k = kept
			return err
		}
		if err := keys.Create(tx, k, k.ID); err != nil {
			return err
		}
		if err := putAlias(tx, alias{n.alias, k.ID, k.Created, k.Created}); err != nil {
			return err
		}
		return due(tx, &k)
	})
}

// managedPolicy is the policy of a key that AWS manages: whoever may use the
// service may use the key through it, and nobody otherwise.
func managedPolicy(scope cloud.Scope, service string) string {
	type object = map[string]any
	text, err := json.Marshal(object{
		"Version": "2012-10-17", "Id": "auto-" + service + "-1", "Statement": []object{
			{
				"Sid":    "Allow access through " + service + " for all principals in the account that are authorized to use it",
				"Effect": "Allow", "Principal": object{"AWS": "*"}, "Resource": "*",
				"Action": []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"},
				"Condition": object{"StringEquals": object{
					"kms:ViaService": fmt.Sprintf("%s.%s.amazonaws.com", service, scope.Region), "kms:CallerAccount": string(scope.Account),
				}},
			},
			{
				"Sid":    "Allow direct access to key metadata to the account",
				"Effect": "Allow", "Principal": object{"AWS": cloud.RootOf(scope.Account).ARN}, "Resource": "*",
				"Action": []string{"kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"},
			},
		},
	})
	if err != nil {
		panic(err) // of strings alone
	}
	return string(text)
}
