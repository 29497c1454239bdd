package s3_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
)

// What a bucket answers that was never set up: clients such as Terraform ask
// for all of these.
func TestSettingsThatAreNotSet(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := made(t, s, "logs")
	for want, get := range map[string]func(*string) error{
		"NoSuchCORSConfiguration: The CORS configuration does not exist BucketName=logs": func(b *string) error {
			return listErr(s.GetBucketCors(ctx, &s3api.GetBucketCorsInput{Bucket: b}))
		},
		"NoSuchWebsiteConfiguration: The specified bucket does not have a website configuration BucketName=logs": func(b *string) error {
			return listErr(s.GetBucketWebsite(ctx, &s3api.GetBucketWebsiteInput{Bucket: b}))
		},
		"NoSuchLifecycleConfiguration: The lifecycle configuration does not exist BucketName=logs": func(b *string) error {
			return listErr(s.GetBucketLifecycleConfiguration(ctx, &s3api.GetBucketLifecycleConfigurationInput{Bucket: b}))
		},
		"NoSuchTagSet: The TagSet does not exist BucketName=logs": func(b *string) error {
			return listErr(s.GetBucketTagging(ctx, &s3api.GetBucketTaggingInput{Bucket: b}))
		},
		"NoSuchBucketPolicy: The bucket policy does not exist BucketName=logs": func(b *string) error {
			return listErr(s.GetBucketPolicyStatus(ctx, &s3api.GetBucketPolicyStatusInput{Bucket: b}))
		},
		"ReplicationConfigurationNotFoundError: The replication configuration was not found BucketName=logs": func(b *string) error {
			return listErr(s.GetBucketReplication(ctx, &s3api.GetBucketReplicationInput{Bucket: b}))
		},
		"ObjectLockConfigurationNotFoundError: Object Lock configuration does not exist for this bucket BucketName=logs": func(b *string) error {
			return listErr(s.GetObjectLockConfiguration(ctx, &s3api.GetObjectLockConfigurationInput{Bucket: b}))
		},
		"OwnershipControlsNotFoundError: The bucket ownership controls were not found BucketName=logs": func(b *string) error {
			return listErr(s.GetBucketOwnershipControls(ctx, &s3api.GetBucketOwnershipControlsInput{Bucket: b}))
		},
		"NoSuchPublicAccessBlockConfiguration: The public access block configuration was not found BucketName=logs": func(b *string) error {
			return listErr(s.GetPublicAccessBlock(ctx, &s3api.GetPublicAccessBlockInput{Bucket: b}))
		},
		"NoSuchConfiguration: The specified configuration does not exist.": func(b *string) error {
			return listErr(s.GetBucketMetricsConfiguration(ctx, &s3api.GetBucketMetricsConfigurationInput{Bucket: b, Id: new("x")}))
		},
	} {
		servicetest.Diff(t, want, sayError(get(&b.Name)))
		servicetest.Diff(t, "NoSuchBucket: The specified bucket does not exist BucketName=none", sayError(get(new("none"))))
	}
}

func TestDefaultsOfSettings(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	servicetest.Diff(t, &s3api.GetBucketLoggingOutput{}, servicetest.Must(s.GetBucketLogging(ctx, &s3api.GetBucketLoggingInput{Bucket: b}))(t))
	servicetest.Diff(t, &s3api.GetBucketVersioningOutput{}, servicetest.Must(s.GetBucketVersioning(ctx, &s3api.GetBucketVersioningInput{Bucket: b}))(t))
	servicetest.Diff(t, &s3api.GetBucketAccelerateConfigurationOutput{},
		servicetest.Must(s.GetBucketAccelerateConfiguration(ctx, &s3api.GetBucketAccelerateConfigurationInput{Bucket: b}))(t))
	servicetest.Diff(t, &s3api.GetBucketRequestPaymentOutput{Payer: new("BucketOwner")},
		servicetest.Must(s.GetBucketRequestPayment(ctx, &s3api.GetBucketRequestPaymentInput{Bucket: b}))(t))
	servicetest.Diff(t, (*s3api.NotificationConfiguration)(nil),
		servicetest.Must(s.GetBucketNotificationConfiguration(ctx, &s3api.GetBucketNotificationConfigurationRequest{Bucket: b}))(t))
	encryption := servicetest.Must(s.GetBucketEncryption(ctx, &s3api.GetBucketEncryptionInput{Bucket: b}))(t)
	servicetest.Diff(t, encryptedBy("AES256", nil, false), encryption.ServerSideEncryptionConfiguration)
	abac := servicetest.Must(s.GetBucketAbac(ctx, &s3api.GetBucketAbacInput{Bucket: b}))(t)
	servicetest.Diff(t, "Disabled", *abac.AbacStatus.Status)
	acl := servicetest.Must(s.GetBucketAcl(ctx, &s3api.GetBucketAclInput{Bucket: b}))(t)
	servicetest.Diff(t, "owner FULL_CONTROL", sayACL(s3api.AccessControlPolicy{Grants: acl.Grants}))
}

func encryptedBy(algorithm string, key *string, bucketKey bool) *s3api.ServerSideEncryptionConfiguration {
	return &s3api.ServerSideEncryptionConfiguration{Rules: []s3api.ServerSideEncryptionRule{{
		ApplyServerSideEncryptionByDefault: &s3api.ServerSideEncryptionByDefault{SSEAlgorithm: &algorithm, KMSMasterKeyID: key}, BucketKeyEnabled: &bucketKey,
	}}}
}

const malformed = "MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"

func TestEncryption(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	put := func(c *s3api.ServerSideEncryptionConfiguration) string {
		return sayError(listErr(s.PutBucketEncryption(ctx, &s3api.PutBucketEncryptionInput{Bucket: b, ServerSideEncryptionConfiguration: c})))
	}
	get := func() *s3api.ServerSideEncryptionConfiguration {
		return servicetest.Must(s.GetBucketEncryption(ctx, &s3api.GetBucketEncryptionInput{Bucket: b}))(t).ServerSideEncryptionConfiguration
	}
	c := encryptedBy("aws:kms", new("alias/logs"), false)
	c.Rules[0].BucketKeyEnabled = nil
	servicetest.Diff(t, "", put(c))
	servicetest.Diff(t, encryptedBy("aws:kms", new("alias/logs"), false), get())
	servicetest.Diff(t, "InvalidArgument: a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse "+
		"ArgumentName=ApplyServerSideEncryptionByDefault", put(encryptedBy("AES256", new("x"), false)))
	servicetest.Diff(t, malformed, put(encryptedBy("ROT13", nil, false)))
	servicetest.Diff(t, malformed, put(&s3api.ServerSideEncryptionConfiguration{}))
	servicetest.Diff(t, encryptedBy("aws:kms", new("alias/logs"), false), get())
	servicetest.Must(s.DeleteBucketEncryption(ctx, &s3api.DeleteBucketEncryptionInput{Bucket: b}))(t)
	servicetest.Diff(t, encryptedBy("AES256", nil, false), get())
}

func TestVersioningAndLock(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	version := func(c s3api.VersioningConfiguration) string {
		return sayError(listErr(s.PutBucketVersioning(ctx, &s3api.PutBucketVersioningInput{Bucket: b, VersioningConfiguration: &c})))
	}
	lock := func(c *s3api.ObjectLockConfiguration) string {
		return sayError(listErr(s.PutObjectLockConfiguration(ctx, &s3api.PutObjectLockConfigurationInput{Bucket: b, ObjectLockConfiguration: c})))
	}
	locked := func(mode string, days, years *int32) *s3api.ObjectLockConfiguration {
		return &s3api.ObjectLockConfiguration{
			ObjectLockEnabled: new("Enabled"),
			Rule:              &s3api.ObjectLockRule{DefaultRetention: &s3api.DefaultRetention{Mode: &mode, Days: days, Years: years}},
		}
	}
	servicetest.Diff(t, "IllegalVersioningConfigurationException: The Versioning element must be specified", version(s3api.VersioningConfiguration{}))
	servicetest.Diff(t, malformed, version(s3api.VersioningConfiguration{Status: new("On")}))
	servicetest.Diff(t, "NotImplemented: MFA delete is not supported by this version of Sillok",
		version(s3api.VersioningConfiguration{Status: new("Enabled"), MFADelete: new("Enabled")}))
	servicetest.Diff(t, "InvalidBucketState: Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration", lock(locked("GOVERNANCE", new(int32(1)), nil)))
	servicetest.Diff(t, "", version(s3api.VersioningConfiguration{Status: new("Enabled"), MFADelete: new("Disabled")}))

	servicetest.Diff(t, "MissingRequestBodyError: Request Body is empty", lock(nil))
	servicetest.Diff(t, malformed, lock(&s3api.ObjectLockConfiguration{}))
	servicetest.Diff(t, malformed, lock(locked("SOME", new(int32(1)), nil)))
	servicetest.Diff(t, malformed, lock(locked("GOVERNANCE", new(int32(1)), new(int32(1)))))
	servicetest.Diff(t, malformed, lock(locked("GOVERNANCE", nil, nil)))
	servicetest.Diff(t, "InvalidArgument: Default retention period must be a positive integer value.", lock(locked("GOVERNANCE", new(int32(0)), nil)))
	servicetest.Diff(t, "InvalidArgument: Default retention period is too large", lock(locked("COMPLIANCE", nil, new(int32(101)))))

	servicetest.Diff(t, "", lock(locked("COMPLIANCE", new(int32(1)), nil)))
	get := func() *s3api.ObjectLockConfiguration {
		return servicetest.Must(s.GetObjectLockConfiguration(ctx, &s3api.GetObjectLockConfigurationInput{Bucket: b}))(t).ObjectLockConfiguration
	}
	servicetest.Diff(t, locked("COMPLIANCE", new(int32(1)), nil), get())
	servicetest.Diff(t, "", lock(&s3api.ObjectLockConfiguration{ObjectLockEnabled: new("Enabled")}))
	servicetest.Diff(t, &s3api.ObjectLockConfiguration{ObjectLockEnabled: new("Enabled")}, get())
	servicetest.Diff(t, "InvalidBucketState: An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
		version(s3api.VersioningConfiguration{Status: new("Suspended")}))
}

func TestBucketACLs(t *testing.T) {
	s, ctx := served(t), in(t, s3.FirstRegion)
	servicetest.Must(s.CreateBucket(ctx, &s3api.CreateBucketInput{Bucket: new("logs")}))(t)
	b := new("logs")
	put := func(acl *string) string {
		return sayError(listErr(s.PutBucketAcl(ctx, &s3api.PutBucketAclInput{Bucket: b, ACL: acl})))
	}
	own := func(ownership string) string {
		c := &s3api.OwnershipControls{Rules: []s3api.OwnershipControlsRule{{ObjectOwnership: &ownership}}}
		return sayError(listErr(s.PutBucketOwnershipControls(ctx, &s3api.PutBucketOwnershipControlsInput{Bucket: b, OwnershipControls: c})))
	}
	block := func(c s3api.PublicAccessBlockConfiguration) string {
		return sayError(listErr(s.PutPublicAccessBlock(ctx, &s3api.PutPublicAccessBlockInput{Bucket: b, PublicAccessBlockConfiguration: &c})))
	}
	servicetest.Diff(t, "MissingSecurityHeader: Your request was missing a required header MissingHeaderName=x-amz-acl", put(nil))
	servicetest.Diff(t, "AccessControlListNotSupported: The bucket does not allow ACLs", put(new("private")))
	servicetest.Diff(t, malformed, own("Nobody"))
	servicetest.Diff(t, "", own("ObjectWriter"))
	servicetest.Diff(t, "", put(new("private")))
	servicetest.Diff(t, "", put(new("log-delivery-write")))
	servicetest.Diff(t, `AccessDenied: User: arn:aws:iam::111122223333:root is not authorized to perform: s3:PutBucketAcl on resource: "arn:aws:s3:::logs" `+
		"because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.", put(new("public-read")))
	servicetest.Diff(t, "InvalidRequest: Must specify at least one configuration.", block(s3api.PublicAccessBlockConfiguration{}))
	servicetest.Diff(t, "", block(s3api.PublicAccessBlockConfiguration{BlockPublicAcls: new(false)}))
	servicetest.Diff(t, "", put(new("public-read")))
	acl := servicetest.Must(s.GetBucketAcl(ctx, &s3api.GetBucketAclInput{Bucket: b}))(t)
	servicetest.Diff(t, "owner FULL_CONTROL, global/AllUsers READ", sayACL(s3api.AccessControlPolicy{Grants: acl.Grants}))
	servicetest.Diff(t, "InvalidBucketAclWithObjectOwnership: Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting", own("BucketOwnerEnforced"))
	servicetest.Must(s.DeleteBucketOwnershipControls(ctx, &s3api.DeleteBucketOwnershipControlsInput{Bucket: b}))(t)
	servicetest.Diff(t, "", put(new("private")))
}

func TestAccelerateAndPayment(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b, dotted := &made(t, s, "logs").Name, &made(t, s, "my.logs").Name
	put := func(b *string, status string) string {
		return sayError(listErr(s.PutBucketAccelerateConfiguration(ctx, &s3api.PutBucketAccelerateConfigurationInput{
			Bucket: b, AccelerateConfiguration: &s3api.AccelerateConfiguration{Status: &status},
		})))
	}
	get := func() string {
		return resource.Value(servicetest.Must(s.GetBucketAccelerateConfiguration(ctx, &s3api.GetBucketAccelerateConfigurationInput{Bucket: b}))(t).Status)
	}
	servicetest.Diff(t, "InvalidRequest: S3 Transfer Acceleration is not supported for buckets with periods (.) in their names", put(dotted, "Enabled"))
	servicetest.Diff(t, malformed, put(b, "On"))
	servicetest.Diff(t, "", put(b, "Suspended"))
	servicetest.Diff(t, "", get())
	servicetest.Diff(t, "", put(b, "Enabled"))
	servicetest.Diff(t, "Enabled", get())
	servicetest.Diff(t, "", put(b, "Suspended"))
	servicetest.Diff(t, "Suspended", get())

	pay := func(payer string) string {
		return sayError(listErr(s.PutBucketRequestPayment(ctx, &s3api.PutBucketRequestPaymentInput{
			Bucket: b, RequestPaymentConfiguration: &s3api.RequestPaymentConfiguration{Payer: &payer},
		})))
	}
	servicetest.Diff(t, malformed, pay("Me"))
	servicetest.Diff(t, "", pay("Requester"))
	servicetest.Diff(t, "Requester", *servicetest.Must(s.GetBucketRequestPayment(ctx, &s3api.GetBucketRequestPaymentInput{Bucket: b}))(t).Payer)
}

func TestBucketTags(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	put := func(tags ...s3api.Tag) string {
		return sayError(listErr(s.PutBucketTagging(ctx, &s3api.PutBucketTaggingInput{Bucket: b, Tagging: &s3api.Tagging{TagSet: tags}})))
	}
	tag := func(key, value string) s3api.Tag { return s3api.Tag{Key: &key, Value: &value} }
	var many []s3api.Tag
	for i := range 51 {
		many = append(many, tag("k"+strconv.Itoa(i), ""))
	}
	servicetest.Diff(t, "BadRequest: Bucket tag count cannot be greater than 50", put(many...))
	servicetest.Diff(t, "InvalidTag: Cannot provide multiple Tags with the same key TagKey=a", put(tag("a", "1"), tag("a", "2")))
	servicetest.Diff(t, "InvalidTag: System tags cannot be added/updated by requester TagKey=aws:x", put(tag("aws:x", "1")))
	servicetest.Diff(t, "InvalidTag: The TagKey you have provided is invalid TagKey=a,b", put(tag("a,b", "1")))
	servicetest.Diff(t, "InvalidTag: The TagValue you have provided is invalid TagKey=a", put(tag("a", "<")))
	servicetest.Diff(t, malformed, put(s3api.Tag{Key: new("a")}))
	tags := []s3api.Tag{tag("팀", "감사 기록"), tag("a", "")}
	servicetest.Diff(t, "", put(tags...))
	servicetest.Diff(t, tags, servicetest.Must(s.GetBucketTagging(ctx, &s3api.GetBucketTaggingInput{Bucket: b}))(t).TagSet)
	servicetest.Must(s.DeleteBucketTagging(ctx, &s3api.DeleteBucketTaggingInput{Bucket: b}))(t)
	_, err := s.GetBucketTagging(ctx, &s3api.GetBucketTaggingInput{Bucket: b})
	servicetest.WantCode(t, err, "NoSuchTagSet")
}

func TestLogging(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b, target := made(t, s, "logs"), made(t, s, "target")
	change(t, s, func(tx *objects.Tx) error {
		if err := tx.CreateBucket(&objects.Bucket{Name: "far", Account: owner, Region: "eu-west-1"}); err != nil {
			return err
		}
		return tx.CreateBucket(&objects.Bucket{Name: "theirs", Account: "444455556666", Region: home})
	})
	put := func(l *s3api.LoggingEnabled) string {
		return sayError(listErr(s.PutBucketLogging(ctx, &s3api.PutBucketLoggingInput{Bucket: &b.Name, BucketLoggingStatus: &s3api.BucketLoggingStatus{LoggingEnabled: l}})))
	}
	to := func(bucket string, grants ...s3api.TargetGrant) *s3api.LoggingEnabled {
		return &s3api.LoggingEnabled{TargetBucket: &bucket, TargetPrefix: new("log/"), TargetGrants: grants}
	}
	servicetest.Diff(t, "InvalidTargetBucketForLogging: The target bucket for logging does not exist", put(to("none")))
	servicetest.Diff(t, "InvalidTargetBucketForLogging: The owner for the bucket to be logged and the target bucket must be the same.", put(to("theirs")))
	servicetest.Diff(t, "CrossLocationLoggingProhibitted: Cross S3 location logging not allowed. ", put(to("far")))
	servicetest.Diff(t, malformed, put(&s3api.LoggingEnabled{TargetBucket: &target.Name}))
	servicetest.Diff(t, malformed, put(to("target", s3api.TargetGrant{Permission: new("WRITE_ACP"), Grantee: s3.ToGroup(s3.AllUsers, "READ").Grantee})))
	both := to("target")
	both.TargetObjectKeyFormat = &s3api.TargetObjectKeyFormat{SimplePrefix: &s3api.SimplePrefix{}, PartitionedPrefix: &s3api.PartitionedPrefix{}}
	servicetest.Diff(t, malformed, put(both))

	want := to("target", s3api.TargetGrant{Permission: new("READ"), Grantee: s3.ToID(s3.CanonicalID(owner), "READ").Grantee})
	want.TargetObjectKeyFormat = &s3api.TargetObjectKeyFormat{PartitionedPrefix: &s3api.PartitionedPrefix{PartitionDateSource: new("EventTime")}}
	servicetest.Diff(t, "", put(want))
	get := func() *s3api.LoggingEnabled {
		return servicetest.Must(s.GetBucketLogging(ctx, &s3api.GetBucketLoggingInput{Bucket: &b.Name}))(t).LoggingEnabled
	}
	servicetest.Diff(t, want, get())
	servicetest.Diff(t, "", put(nil))
	servicetest.Diff(t, (*s3api.LoggingEnabled)(nil), get())
}

func TestCORSConfiguration(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	put := func(rules ...s3api.CORSRule) string {
		return sayError(listErr(s.PutBucketCors(ctx, &s3api.PutBucketCorsInput{Bucket: b, CORSConfiguration: &s3api.CORSConfiguration{CORSRules: rules}})))
	}
	rule := func(change func(*s3api.CORSRule)) s3api.CORSRule {
		r := s3api.CORSRule{AllowedMethods: []string{"GET"}, AllowedOrigins: []string{"https://*.example.org"}}
		change(&r)
		return r
	}
	good := rule(func(r *s3api.CORSRule) { r.AllowedHeaders, r.MaxAgeSeconds = []string{"x-*"}, new(int32(60)) })
	servicetest.Diff(t, "", put(good))
	servicetest.Diff(t, []s3api.CORSRule{good}, servicetest.Must(s.GetBucketCors(ctx, &s3api.GetBucketCorsInput{Bucket: b}))(t).CORSRules)
	servicetest.Diff(t, malformed, put())
	servicetest.Diff(t, malformed, put(make([]s3api.CORSRule, 101)...))
	for want, change := range map[string]func(*s3api.CORSRule){
		malformed: func(r *s3api.CORSRule) { r.AllowedOrigins = nil },
		"InvalidRequest: Found unsupported HTTP method in CORS config. Unsupported method is PATCH": func(r *s3api.CORSRule) { r.AllowedMethods = []string{"PATCH"} },
		`InvalidRequest: AllowedOrigin "http://*.*" can not have more than one wildcard.`:           func(r *s3api.CORSRule) { r.AllowedOrigins = []string{"http://*.*"} },
		`InvalidRequest: AllowedHeader "x-*-*" can not have more than one wildcard.`:                func(r *s3api.CORSRule) { r.AllowedHeaders = []string{"x-*-*"} },
		`InvalidRequest: ExposeHeader "*" contains wildcard. We currently do not support wildcard for ExposeHeader.`: func(r *s3api.CORSRule) {
			r.ExposeHeaders = []string{"*"}
		},
	} {
		servicetest.Diff(t, want, put(rule(change)))
	}
}

func TestWebsiteConfiguration(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	index := &s3api.IndexDocument{Suffix: new("index.html")}
	rules := func(r s3api.RoutingRule) *s3api.WebsiteConfiguration {
		return &s3api.WebsiteConfiguration{IndexDocument: index, RoutingRules: []s3api.RoutingRule{r}}
	}
	const protocol = "InvalidRequest: Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically."
	for want, c := range map[string]*s3api.WebsiteConfiguration{
		"InvalidArgument: A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty ArgumentName=IndexDocument ArgumentValue=null": {},
		"InvalidArgument: The IndexDocument Suffix is not well formed ArgumentName=IndexDocument ArgumentValue=a/b":                                          {IndexDocument: &s3api.IndexDocument{Suffix: new("a/b")}},
		"InvalidArgument: RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules. ArgumentName=RedirectAllRequestsTo ArgumentValue=not null": {
			RedirectAllRequestsTo: &s3api.RedirectAllRequestsTo{HostName: new("x")}, IndexDocument: index,
		},
		malformed: {IndexDocument: index, RoutingRules: []s3api.RoutingRule{}},
		protocol:  {RedirectAllRequestsTo: &s3api.RedirectAllRequestsTo{HostName: new("x"), Protocol: new("ftp")}},
		"InvalidRequest: You can only define ReplaceKeyPrefix or ReplaceKey but not both.": rules(s3api.RoutingRule{
			Redirect: &s3api.Redirect{ReplaceKeyWith: new("a"), ReplaceKeyPrefixWith: new("b")},
		}),
		"InvalidRequest: Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.": rules(s3api.RoutingRule{
			Condition: &s3api.Condition{}, Redirect: &s3api.Redirect{HostName: new("x")},
		}),
		"InvalidRequest: The provided HTTP redirect code (200) is not valid. Valid codes are 3XX except 300.": rules(s3api.RoutingRule{
			Redirect: &s3api.Redirect{HttpRedirectCode: new("200")},
		}),
	} {
		_, err := s.PutBucketWebsite(ctx, &s3api.PutBucketWebsiteInput{Bucket: b, WebsiteConfiguration: c})
		servicetest.Diff(t, want, sayError(err))
	}
	good := rules(s3api.RoutingRule{Condition: &s3api.Condition{KeyPrefixEquals: new("old/")}, Redirect: &s3api.Redirect{ReplaceKeyPrefixWith: new("new/")}})
	good.ErrorDocument = &s3api.ErrorDocument{Key: new("404.html")}
	servicetest.Must(s.PutBucketWebsite(ctx, &s3api.PutBucketWebsiteInput{Bucket: b, WebsiteConfiguration: good}))(t)
	got := servicetest.Must(s.GetBucketWebsite(ctx, &s3api.GetBucketWebsiteInput{Bucket: b}))(t)
	servicetest.Diff(t, &s3api.GetBucketWebsiteOutput{IndexDocument: index, ErrorDocument: good.ErrorDocument, RoutingRules: good.RoutingRules}, got)
	servicetest.Must(s.DeleteBucketWebsite(ctx, &s3api.DeleteBucketWebsiteInput{Bucket: b}))(t)
	_, err := s.GetBucketWebsite(ctx, &s3api.GetBucketWebsiteInput{Bucket: b})
	servicetest.WantCode(t, err, "NoSuchWebsiteConfiguration")
}

func TestLists(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	put := func(id string) error {
		c := &s3api.MetricsConfiguration{Id: &id, Filter: &s3api.MetricsFilter{Prefix: &id}}
		return listErr(s.PutBucketMetricsConfiguration(ctx, &s3api.PutBucketMetricsConfigurationInput{Bucket: b, Id: &id, MetricsConfiguration: c}))
	}
	for i := range 250 {
		if err := put("id" + strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	in, n, last := s3api.ListBucketMetricsConfigurationsInput{Bucket: b}, 0, ""
	for {
		out := servicetest.Must(s.ListBucketMetricsConfigurations(ctx, &in))(t)
		for _, c := range out.MetricsConfigurationList {
			if *c.Id <= last {
				t.Errorf("%s comes after %s", *c.Id, last)
			}
			n, last = n+1, *c.Id
		}
		if in.ContinuationToken = out.NextContinuationToken; !*out.IsTruncated {
			break
		}
	}
	servicetest.Diff(t, 250, n)
	get := servicetest.Must(s.GetBucketMetricsConfiguration(ctx, &s3api.GetBucketMetricsConfigurationInput{Bucket: b, Id: new("id7")}))(t)
	servicetest.Diff(t, &s3api.MetricsConfiguration{Id: new("id7"), Filter: &s3api.MetricsFilter{Prefix: new("id7")}}, get.MetricsConfiguration)
	servicetest.Must(s.DeleteBucketMetricsConfiguration(ctx, &s3api.DeleteBucketMetricsConfigurationInput{Bucket: b, Id: new("id7")}))(t)
	_, err := s.DeleteBucketMetricsConfiguration(ctx, &s3api.DeleteBucketMetricsConfigurationInput{Bucket: b, Id: new("id7")})
	servicetest.Diff(t, "NoSuchConfiguration: The specified configuration does not exist.", sayError(err))
	_, err = s.ListBucketMetricsConfigurations(ctx, &s3api.ListBucketMetricsConfigurationsInput{Bucket: b, ContinuationToken: new("x")})
	servicetest.WantCode(t, err, "InvalidArgument")
}

func TestInventoryAnalyticsTiering(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	inventory := func(change func(*s3api.InventoryConfiguration)) string {
		c := &s3api.InventoryConfiguration{
			Id: new("i"), IsEnabled: new(true), IncludedObjectVersions: new("All"), Schedule: &s3api.InventorySchedule{Frequency: new("Daily")},
			Destination:    &s3api.InventoryDestination{S3BucketDestination: &s3api.InventoryS3BucketDestination{Bucket: new("arn:aws:s3:::logs"), Format: new("CSV")}},
			OptionalFields: []string{"Size", "ETag"},
		}
		change(c)
		return sayError(listErr(s.PutBucketInventoryConfiguration(ctx, &s3api.PutBucketInventoryConfigurationInput{Bucket: b, Id: new("i"), InventoryConfiguration: c})))
	}
	servicetest.Diff(t, "", inventory(func(*s3api.InventoryConfiguration) {}))
	servicetest.Diff(t, "IdMismatch: Document ID does not match the specified configuration ID.", inventory(func(c *s3api.InventoryConfiguration) { c.Id = new("j") }))
	servicetest.Diff(t, malformed, inventory(func(c *s3api.InventoryConfiguration) { c.Schedule.Frequency = new("Hourly") }))
	servicetest.Diff(t, malformed, inventory(func(c *s3api.InventoryConfiguration) { c.OptionalFields = []string{"Colour"} }))
	servicetest.Diff(t, "InvalidRequest: Invalid bucket ARN.", inventory(func(c *s3api.InventoryConfiguration) { c.Destination.S3BucketDestination.Bucket = new("logs") }))
	servicetest.Diff(t, "NoSuchBucket: The specified bucket does not exist BucketName=none",
		inventory(func(c *s3api.InventoryConfiguration) {
			c.Destination.S3BucketDestination.Bucket = new("arn:aws:s3:::none")
		}))
	list := servicetest.Must(s.ListBucketInventoryConfigurations(ctx, &s3api.ListBucketInventoryConfigurationsInput{Bucket: b}))(t)
	servicetest.Diff(t, "i", *list.InventoryConfigurationList[0].Id)

	analyse := func(c s3api.AnalyticsConfiguration) string {
		return sayError(listErr(s.PutBucketAnalyticsConfiguration(ctx, &s3api.PutBucketAnalyticsConfigurationInput{Bucket: b, Id: new("a"), AnalyticsConfiguration: &c})))
	}
	servicetest.Diff(t, "", analyse(s3api.AnalyticsConfiguration{Id: new("a"), StorageClassAnalysis: &s3api.StorageClassAnalysis{}}))
	servicetest.Diff(t, malformed, analyse(s3api.AnalyticsConfiguration{Id: new("b"), StorageClassAnalysis: &s3api.StorageClassAnalysis{}}))
	servicetest.Diff(t, malformed, analyse(s3api.AnalyticsConfiguration{Id: new("a")}))

	tier := func(tiers ...s3api.Tiering) string {
		c := &s3api.IntelligentTieringConfiguration{Id: new("t"), Status: new("Enabled"), Tierings: tiers}
		return sayError(listErr(s.PutBucketIntelligentTieringConfiguration(ctx,
			&s3api.PutBucketIntelligentTieringConfigurationInput{Bucket: b, Id: new("t"), IntelligentTieringConfiguration: c})))
	}
	servicetest.Diff(t, "", tier(s3api.Tiering{Days: new(int32(90)), AccessTier: new("ARCHIVE_ACCESS")}))
	servicetest.Diff(t, malformed, tier())
	servicetest.Diff(t, "InvalidArgument: 'Days' for tier DEEP_ARCHIVE_ACCESS must be between 180 and 730", tier(s3api.Tiering{Days: new(int32(90)), AccessTier: new("DEEP_ARCHIVE_ACCESS")}))
}

// A setting is an entry of the feed, and is somebody's own.
func TestSettingsOfOthers(t *testing.T) {
	s := served(t)
	b := made(t, s, "logs")
	theirs := servicetest.As(t, "444455556666", home)
	for _, ctx := range []context.Context{theirs, cloud.WithCall(t.Context(), cloud.Call{})} {
		_, err := s.PutBucketTagging(ctx, &s3api.PutBucketTaggingInput{Bucket: &b.Name, Tagging: &s3api.Tagging{TagSet: []s3api.Tag{{Key: new("a"), Value: new("b")}}}})
		servicetest.Diff(t, "AccessDenied: Access Denied", sayError(err))
	}
	_, err := s.GetBucketTagging(servicetest.Call(t), &s3api.GetBucketTaggingInput{Bucket: &b.Name, ExpectedBucketOwner: new("444455556666")})
	servicetest.Diff(t, "AccessDenied: Access Denied", sayError(err))
}
