package kms_test

import (
	"testing"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/servicetest"
)

const (
	role = "arn:aws:iam::444455556666:role/app"
	user = "arn:aws:iam::111122223333:user/kim"
)

// session is one of the role.
func session() cloud.Principal {
	return cloud.Principal{
		Type: cloud.AssumedRole, Account: "444455556666", ARN: "arn:aws:sts::444455556666:assumed-role/app/one",
		Issuer: &cloud.Principal{Type: "Role", Account: "444455556666", ARN: role},
	}
}

func kim() cloud.Principal {
	return cloud.Principal{Type: cloud.IAMUser, Account: "111122223333", ARN: user}
}

func (v vault) grant(key *string, change func(*kmsapi.CreateGrantInput), operations ...string) *kmsapi.CreateGrantOutput {
	v.t.Helper()
	in := &kmsapi.CreateGrantInput{KeyId: key, GranteePrincipal: new(role), Operations: operations}
	if change != nil {
		change(in)
	}
	return servicetest.Must(v.CreateGrant(v.ctx, in))(v.t)
}

func TestWhatAGrantAllows(t *testing.T) {
	v := open(t)
	id, bound, exact := v.key(), v.key(), v.key()
	retirable := v.grant(id, func(in *kmsapi.CreateGrantInput) { in.RetiringPrincipal = new(user) }, "Decrypt", "DescribeKey", "CreateGrant")
	v.grant(bound, func(in *kmsapi.CreateGrantInput) {
		in.Constraints = &kmsapi.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1"}}
	}, "Encrypt", "ReEncryptFrom", "ReEncryptTo", "DescribeKey", "CreateGrant")
	v.grant(exact, func(in *kmsapi.CreateGrantInput) {
		in.Constraints = &kmsapi.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "1"}}
	}, "Encrypt", "CreateGrant")
	one, two := map[string]string{"a": "1"}, map[string]string{"a": "1", "b": "2"}
	further := func(c *kmsapi.GrantConstraints, operations ...string) *kmsapi.CreateGrantInput {
		return &kmsapi.CreateGrantInput{Operations: operations, Constraints: c}
	}
	for _, tt := range []struct {
		name   string
		who    cloud.Principal
		key    *string
		action string
		in     any
		want   bool
	}{
		{"its operation", session(), id, "kms:Decrypt", &kmsapi.DecryptInput{}, true},
		{"another operation", session(), id, "kms:Encrypt", &kmsapi.EncryptInput{}, false},
		{"another key", session(), bound, "kms:Decrypt", &kmsapi.DecryptInput{}, false},
		{"somebody else", kim(), id, "kms:Decrypt", &kmsapi.DecryptInput{}, false},
		{"another service", session(), id, "s3:Decrypt", nil, false},
		{"the context", session(), bound, "kms:Encrypt", &kmsapi.EncryptInput{EncryptionContext: one}, true},
		{"more than the context", session(), bound, "kms:Encrypt", &kmsapi.EncryptInput{EncryptionContext: two}, true},
		{"no context", session(), bound, "kms:Encrypt", &kmsapi.EncryptInput{}, false},
		{"another context", session(), bound, "kms:Encrypt", &kmsapi.EncryptInput{EncryptionContext: map[string]string{"a": "2"}}, false},
		{"an operation without a context", session(), bound, "kms:DescribeKey", &kmsapi.DescribeKeyInput{}, true},
		{"exactly the context", session(), exact, "kms:Encrypt", &kmsapi.EncryptInput{EncryptionContext: one}, true},
		{"not exactly the context", session(), exact, "kms:Encrypt", &kmsapi.EncryptInput{EncryptionContext: two}, false},
		{"the source's context", session(), bound, "kms:ReEncryptFrom", &kmsapi.ReEncryptInput{SourceEncryptionContext: one}, true},
		{"not the destination's", session(), bound, "kms:ReEncryptTo", &kmsapi.ReEncryptInput{SourceEncryptionContext: one}, false},
		{"a further grant of less", session(), id, "kms:CreateGrant", further(nil, "Decrypt"), true},
		{"a further grant of more", session(), id, "kms:CreateGrant", further(nil, "Decrypt", "Encrypt"), false},
		{"a further grant as bound", session(), bound, "kms:CreateGrant", further(&kmsapi.GrantConstraints{EncryptionContextSubset: two}, "Encrypt"), true},
		{"a further grant less bound", session(), bound, "kms:CreateGrant", further(nil, "Encrypt"), false},
		{"a further grant, exactly", session(), exact, "kms:CreateGrant", further(&kmsapi.GrantConstraints{EncryptionContextEquals: one}, "Encrypt"), true},
		{"a further grant, loosely", session(), exact, "kms:CreateGrant", further(&kmsapi.GrantConstraints{EncryptionContextSubset: one}, "Encrypt"), false},
		{"to be retired", kim(), id, "kms:RetireGrant", &kmsapi.RetireGrantInput{GrantToken: retirable.GrantToken}, true},
		{"to be retired by ID", kim(), id, "kms:RetireGrant", &kmsapi.RetireGrantInput{KeyId: new(arn(id)), GrantId: retirable.GrantId}, true},
		{"to be retired by the grantee", session(), id, "kms:RetireGrant", &kmsapi.RetireGrantInput{GrantToken: retirable.GrantToken}, false},
		{"another to be retired", kim(), id, "kms:RetireGrant", &kmsapi.RetireGrantInput{KeyId: new(arn(id)), GrantId: new("other")}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			call := cloud.Call{Principal: tt.who, Account: tt.who.Account, Region: servicetest.Region}
			key := servicetest.Must(cloud.ParseARN(arn(tt.key)))(t)
			got := servicetest.Must(v.Granted(t.Context(), &cloud.Access{Call: call, Input: tt.in}, key, tt.action))(t)
			servicetest.Diff(t, tt.want, got)
		})
	}
}

func TestGrants(t *testing.T) {
	v := open(t)
	id := v.key()
	named := func(in *kmsapi.CreateGrantInput) { in.Name = new("one") }
	first := v.grant(id, named, "Decrypt")
	servicetest.Diff(t, *first.GrantId, *v.grant(id, named, "Decrypt").GrantId) // which is the same again
	second := v.grant(id, nil, "Decrypt")
	third := v.grant(id, nil, "Decrypt")
	listed := func() []string {
		return servicetest.Pages(t, 100, func(size *int32, token *string) (page []string, next *string, err error) {
			out, err := v.ListGrants(v.ctx, &kmsapi.ListGrantsInput{KeyId: id, Limit: size, Marker: token})
			for _, g := range out.Grants {
				page = append(page, *g.GrantId)
			}
			return page, out.NextMarker, err
		})
	}
	servicetest.Diff(t, 3, len(listed()))
	blob := v.encrypt(id, "text", nil)
	servicetest.Must(v.Decrypt(v.ctx, &kmsapi.DecryptInput{CiphertextBlob: blob, GrantTokens: []string{*first.GrantToken}}))(t)
	_, err := v.RevokeGrant(v.ctx, &kmsapi.RevokeGrantInput{KeyId: id, GrantId: first.GrantId, DryRun: new(true)})
	servicetest.WantCode(t, err, "DryRunOperationException")
	servicetest.Must(v.RevokeGrant(v.ctx, &kmsapi.RevokeGrantInput{KeyId: id, GrantId: first.GrantId}))(t)
	_, err = v.RevokeGrant(v.ctx, &kmsapi.RevokeGrantInput{KeyId: id, GrantId: first.GrantId})
	servicetest.WantCode(t, err, "NotFoundException", "Grant ID "+*first.GrantId+" not found")
	servicetest.Must(v.RetireGrant(v.ctx, &kmsapi.RetireGrantInput{GrantToken: second.GrantToken}))(t)
	servicetest.Must(v.RetireGrant(v.ctx, &kmsapi.RetireGrantInput{KeyId: new(arn(id)), GrantId: third.GrantId}))(t)
	servicetest.Diff(t, 0, len(listed()))

	signer := v.key(of("RSA_2048", "SIGN_VERIFY"))
	for name, tt := range map[string]struct {
		in            kmsapi.CreateGrantInput
		code, message string
	}{
		"a service":            {kmsapi.CreateGrantInput{KeyId: id, GranteePrincipal: new("logs.amazonaws.com"), Operations: []string{"Decrypt"}}, "InvalidArnException", "ARN does not refer to a valid principal"},
		"retired by nobody":    {kmsapi.CreateGrantInput{KeyId: id, GranteePrincipal: new(role), RetiringPrincipal: new("arn:aws:s3:::a"), Operations: []string{"Decrypt"}}, "InvalidArnException", ""},
		"nothing":              {kmsapi.CreateGrantInput{KeyId: id, GranteePrincipal: new(role)}, "ValidationException", "at least one operation"},
		"what it cannot do":    {kmsapi.CreateGrantInput{KeyId: id, GranteePrincipal: new(role), Operations: []string{"Sign"}}, "ValidationException", "The operation Sign cannot be granted"},
		"a context to sign in": {kmsapi.CreateGrantInput{KeyId: signer, GranteePrincipal: new(role), Operations: []string{"Sign"}, Constraints: &kmsapi.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1"}}}, "ValidationException", "only for symmetric"},
		"by an alias":          {kmsapi.CreateGrantInput{KeyId: new("alias/a"), GranteePrincipal: new(role), Operations: []string{"Decrypt"}}, "NotFoundException", "Invalid keyId alias/a"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.CreateGrant(v.ctx, &tt.in)
			servicetest.WantCode(t, err, tt.code, tt.message)
		})
	}
	for _, in := range []kmsapi.RetireGrantInput{{}, {KeyId: id}, {GrantToken: first.GrantToken, KeyId: id}} {
		_, err := v.RetireGrant(v.ctx, &in)
		servicetest.WantCode(t, err, "ValidationException", "A grant is named by")
	}
}

// Policies are about keys, whatever a caller names them by.
func TestWhatACallTouches(t *testing.T) {
	v := open(t)
	id, other := v.key(), v.key()
	servicetest.Must(v.CreateAlias(v.ctx, &kmsapi.CreateAliasInput{AliasName: new("alias/a"), TargetKeyId: id}))(t)
	blob := v.encrypt(id, "text", nil)
	grant := v.grant(id, nil, "Decrypt")
	const every, base = "arn:aws:kms:ap-northeast-2:111122223333:key/*", "arn:aws:kms:ap-northeast-2:111122223333:"
	for name, tt := range map[string]struct {
		in        any
		resources []cloud.Resource
		want      []string
	}{
		"an alias":         {&kmsapi.EncryptInput{KeyId: new("alias/a")}, []cloud.Resource{{Type: "key", ARN: every}}, []string{arn(id)}},
		"an alias's ARN":   {&kmsapi.EncryptInput{KeyId: new(base + "alias/a")}, []cloud.Resource{{Type: "key", ARN: base + "alias/a"}}, []string{arn(id)}},
		"an ID":            {&kmsapi.SignInput{KeyId: other}, []cloud.Resource{{Type: "key", ARN: arn(other)}}, []string{arn(other)}},
		"a ciphertext":     {&kmsapi.DecryptInput{CiphertextBlob: blob}, []cloud.Resource{{Type: "key", ARN: every}}, []string{arn(id)}},
		"no ciphertext":    {&kmsapi.DecryptInput{CiphertextBlob: []byte("a")}, []cloud.Resource{{Type: "key", ARN: every}}, []string{every}},
		"two keys":         {&kmsapi.ReEncryptInput{CiphertextBlob: blob, DestinationKeyId: other}, []cloud.Resource{{Type: "key", ARN: every}, {Type: "key", ARN: arn(other)}}, []string{arn(id), arn(other)}},
		"a deleted alias":  {&kmsapi.DeleteAliasInput{AliasName: new("alias/a")}, []cloud.Resource{{Type: "alias", ARN: base + "alias/a"}, {Type: "key", ARN: every}}, []string{base + "alias/a", arn(id)}},
		"an updated alias": {&kmsapi.UpdateAliasInput{AliasName: new("alias/a"), TargetKeyId: other}, []cloud.Resource{{Type: "alias", ARN: base + "alias/a"}, {Type: "key", ARN: arn(other)}}, []string{base + "alias/a", arn(other), arn(id)}},
		"a grant's token":  {&kmsapi.RetireGrantInput{GrantToken: grant.GrantToken}, []cloud.Resource{{Type: "key", ARN: every}}, []string{arn(id)}},
		"a new key":        {&kmsapi.CreateKeyInput{}, []cloud.Resource{{ARN: "*"}}, []string{"*"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := servicetest.Must(v.Complete(v.ctx, cloud.Access{Call: cloud.CallOf(v.ctx), Action: "kms:Any", Input: tt.in, Resources: tt.resources}))(t)
			var arns []string
			for _, r := range got.Resources {
				arns = append(arns, r.ARN)
			}
			servicetest.Diff(t, tt.want, arns)
		})
	}
	complete := func(call cloud.Call, key string) (cloud.Access, error) {
		return v.Complete(v.ctx, cloud.Access{Call: call, Input: &kmsapi.DescribeKeyInput{KeyId: &key}, Resources: []cloud.Resource{{Type: "key"}}})
	}
	_, err := complete(cloud.CallOf(v.ctx), "alias/none")
	servicetest.WantCode(t, err, "NotFoundException")
	// A stranger does not learn which aliases there are.
	stranger := cloud.Call{Account: "444455556666", Region: servicetest.Region}
	if a, err := complete(stranger, base+"alias/none"); err != nil || len(a.Resources[0].ARN) != len(arn(id)) {
		t.Errorf("to a stranger an alias that is not there is %v, %v", a.Resources, err)
	}
}

func TestWhatPoliciesAreTold(t *testing.T) {
	v := open(t)
	id := v.key(func(in *kmsapi.CreateKeyInput) { in.Tags = []kmsapi.Tag{{TagKey: new("team"), TagValue: new("logs")}} })
	servicetest.Must(v.CreateAlias(v.ctx, &kmsapi.CreateAliasInput{AliasName: new("alias/a"), TargetKeyId: id}))(t)
	held, ok, err := v.Held(t.Context(), servicetest.Must(cloud.ParseARN(arn(id)))(t))
	if err != nil || !ok || held.Owner != servicetest.Account || held.Policy == nil {
		t.Fatalf("%v, %t, %v", held, ok, err)
	}
	servicetest.Diff(t, map[string][]string{
		"aws:ResourceTag/team": {"logs"}, "kms:KeySpec": {"SYMMETRIC_DEFAULT"}, "kms:KeyUsage": {"ENCRYPT_DECRYPT"}, "kms:KeyOrigin": {"AWS_KMS"},
		"kms:MultiRegion": {"false"}, "kms:ResourceAliases": {"alias/a"},
	}, servicetest.Must(held.Conditions.Tell(t.Context()))(t))
	for _, none := range []string{"arn:aws:kms:ap-northeast-2:111122223333:key/*", "arn:aws:kms:ap-northeast-2:111122223333:alias/a", "arn:aws:kms:us-east-1:111122223333:key/" + *id} {
		if _, ok, err := v.Held(t.Context(), servicetest.Must(cloud.ParseARN(none))(t)); ok || err != nil {
			t.Errorf("%s: %t, %v", none, ok, err)
		}
	}
	// A key that AWS manages has its policy before it is made.
	access := servicetest.Must(v.Complete(v.ctx, cloud.Access{
		Call: cloud.CallOf(v.ctx), Input: &kmsapi.EncryptInput{KeyId: new("alias/aws/s3")}, Resources: []cloud.Resource{{Type: "key"}},
	}))(t)
	if held, ok, err := v.Held(t.Context(), servicetest.Must(cloud.ParseARN(access.Resources[0].ARN))(t)); !ok || err != nil || held.Policy == nil {
		t.Errorf("%v, %t, %v", held, ok, err)
	}
	servicetest.Diff(t, 1, len(servicetest.Must(v.ListKeys(v.ctx, &kmsapi.ListKeysInput{}))(t).Keys)) // nothing was made for it
}
