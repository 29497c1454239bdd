package policy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/policy"
)

// with returns an allowing statement of an identity's policy with elements in
// place of its own, or without those that are empty.
func with(elements ...string) string {
	return statementOf([]string{"Effect", `"Allow"`, "Action", `"s3:ListBucket"`, "Resource", `"arn:aws:s3:::logs"`}, elements)
}

// trusting is with for a trust policy, granting for a resource's.
func trusting(elements ...string) string {
	return statementOf([]string{"Effect", `"Allow"`, "Principal", `{"Service":"ec2.amazonaws.com"}`, "Action", `"sts:AssumeRole"`}, elements)
}

func granting(elements ...string) string {
	return statementOf([]string{"Effect", `"Allow"`, "Principal", `"*"`, "Action", `"s3:GetObject"`, "Resource", `"arn:aws:s3:::logs/*"`}, elements)
}

func statementOf(base, elements []string) string {
	var order []string
	values := map[string]string{}
	for _, list := range [][]string{base, elements} {
		for i := 0; i < len(list); i += 2 {
			if _, there := values[list[i]]; !there {
				order = append(order, list[i])
			}
			values[list[i]] = list[i+1]
		}
	}
	var members []string
	for _, name := range order {
		if values[name] != "" {
			members = append(members, fmt.Sprintf("%q:%s", name, values[name]))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// doc returns a document of statements.
func doc(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

const (
	syntax  = "Syntax errors in policy."
	version = "Policy document must be version 2012-10-17 or greater."
	legacy  = "The policy failed legacy parsing"
	vendor  = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
	colons  = "Actions/Condition can contain only one colon."
	actions = "Policy statement must contain actions."
	nothing = "Policy statement must contain resources."
	sids    = "Statement IDs (SID) in a single policy must be unique."
	path    = `IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, ` +
		`server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`
	vague = "Resource vendor must be fully qualified and cannot contain regexes."
)

func TestParseIdentity(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"one statement without a list": {`{"Version":"2012-10-17","Statement":` + with() + `}`, ""},
		"several statements":           {doc(with(), with("Effect", `"Deny"`)), ""},
		"with an Id":                   {`{"Version":"2012-10-17","Id":"cd3a-23","Statement":[` + with() + `]}`, ""},
		"white space around":           {"\n\t " + doc(with()) + " \r\n", ""},
		"not JSON":                     {"This is no document", syntax},
		"empty":                        {"", syntax},
		"cut off":                      {strings.TrimSuffix(doc(with()), "}"), syntax},
		"text behind":                  {doc(with()) + "x", syntax},
		"another document behind":      {doc(with()) + doc(with()), syntax},
		"a list":                       {"[" + doc(with()) + "]", syntax},
		"a text":                       {`"` + "x" + `"`, syntax},
		"null":                         {"null", syntax},
		"no UTF-8":                     {doc(with("Sid", "\"\xff\"")), syntax},
		"an escape that is none":       {doc(with("Sid", `"\x"`)), syntax},
		"nested too deeply":            {strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), syntax},
		"objects nested too deeply":    {strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), syntax},

		"a member twice":              {`{"Version":"2012-10-17","Version":"2012-10-17","Statement":[` + with() + `]}`, syntax},
		"an element twice":            {doc(`{"Effect":"Allow","Effect":"Deny","Action":"s3:*","Resource":"*"}`), syntax},
		"an operator twice":           {doc(with("Condition", `{"Bool":{"a:b":"true"},"Bool":{"a:b":"false"}}`)), syntax},
		"an unknown member":           {`{"Version":"2012-10-17","Statement":[` + with() + `],"Comment":"x"}`, syntax},
		"an unknown element":          {doc(with("Comment", `"x"`)), syntax},
		"a name in another case":      {`{"version":"2012-10-17","Statement":[` + with() + `]}`, syntax},
		"an element in another case":  {doc(with("Action", "", "action", `"s3:*"`)), syntax},
		"no Version":                  {`{"Statement":[` + with() + `]}`, version},
		"the old version":             {strings.Replace(doc(with()), "2012-10-17", "2008-10-17", 1), version},
		"an unknown version":          {strings.Replace(doc(with()), "2012-10-17", "2012-10-18", 1), syntax},
		"a number as version":         {`{"Version":20121017,"Statement":[` + with() + `]}`, syntax},
		"a list as Id":                {`{"Version":"2012-10-17","Id":["x"],"Statement":[` + with() + `]}`, syntax},
		"an object as Id":             {`{"Version":"2012-10-17","Id":{},"Statement":[` + with() + `]}`, syntax},
		"no Statement":                {`{"Version":"2012-10-17"}`, syntax},
		"no statement":                {doc(), syntax},
		"a text as statement":         {doc(`"x"`), syntax},
		"a list as statement":         {doc("[" + with() + "]"), syntax},
		"null as Statement":           {`{"Version":"2012-10-17","Statement":null}`, syntax},
		"no Version and no statement": {`{}`, syntax},

		"a Sid":                        {doc(with("Sid", `"Sid1"`)), ""},
		"empty Sids":                   {doc(with("Sid", `""`), with("Sid", `""`)), ""},
		"a Sid twice":                  {doc(with("Sid", `"a"`), with("Sid", `"a"`)), sids},
		"Sids that differ in case":     {doc(with("Sid", `"a"`), with("Sid", `"A"`)), ""},
		"a Sid with a space":           {doc(with("Sid", `"a b"`)), "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"},
		"a number as Sid":              {doc(with("Sid", "1")), syntax},
		"an object as Sid":             {doc(with("Sid", "{}")), syntax},
		"a list as Sid":                {doc(with("Sid", "[]")), syntax},
		"a Sid twice, without actions": {doc(with("Sid", `"a"`), with("Sid", `"a"`, "Action", "", "Resource", "")), sids},

		"no Effect":                        {doc(with("Effect", "")), syntax},
		"an unknown Effect":                {doc(with("Effect", `"Maybe"`)), syntax},
		"a boolean as Effect":              {doc(with("Effect", "true")), syntax},
		"an Effect in another case":        {doc(with("Effect", `"allow"`)), legacy},
		"an Effect in another, before":     {doc(with("Effect", `"denY"`, "Resource", `"x"`)), legacy},
		"the version is told before it":    {`{"Statement":` + with("Effect", `"denY"`) + `}`, version},
		"a syntax error is told before it": {doc(with("Effect", `"denY"`), `"x"`), syntax},

		"all actions":                     {doc(with("Action", `"*"`)), ""},
		"a list of actions":               {doc(with("Action", `["s3:Get*","ec2:?un*"]`)), ""},
		"a null among actions":            {doc(with("Action", `["s3:Get*",null]`)), ""},
		"NotAction":                       {doc(with("Action", "", "NotAction", `"s3:*"`)), ""},
		"no Action":                       {doc(with("Action", "")), actions},
		"no action":                       {doc(with("Action", "[]")), actions},
		"only a null":                     {doc(with("Action", "[null]")), actions},
		"neither Action nor Resource":     {doc(`{"Effect":"Allow"}`), actions},
		"Action and NotAction":            {doc(with("NotAction", `"s3:*"`)), syntax},
		"no Action and NotAction":         {doc(with("Action", "[]", "NotAction", `"s3:*"`)), syntax},
		"an object as Action":             {doc(with("Action", "{}")), syntax},
		"a list in the list":              {doc(with("Action", "[[]]")), syntax},
		"a number as Action":              {doc(with("Action", "1")), syntax},
		"an action without a vendor":      {doc(with("Action", `"ListBucket"`)), vendor},
		"an empty action":                 {doc(with("Action", "", "NotAction", `""`)), vendor},
		"an action without a name":        {doc(with("Action", `"s3:"`)), vendor},
		"two colons":                      {doc(with("Action", `"s3:List:Bucket"`)), colons},
		"a vendor with a space":           {doc(with("Action", `"a a:ListBucket"`)), "Vendor a a is not valid"},
		"a vendor with a star":            {doc(with("Action", `"s3*:ListBucket"`)), "Vendor s3* is not valid"},
		"any vendor":                      {doc(with("Action", `"*:ListBucket"`)), ""},
		"actions before no resources":     {doc(with("Action", `"x"`, "Resource", "")), vendor},
		"actions of the second statement": {doc(with(), with("Action", `"s:3s:x"`)), colons},

		"all resources":                       {doc(with("Resource", `"*"`)), ""},
		"a list of resources":                 {doc(with("Resource", `["arn:aws:s3:::a","arn:aws:s3:::a/*"]`)), ""},
		"NotResource":                         {doc(with("Resource", "", "NotResource", `"arn:aws:s3:::a"`)), ""},
		"any partition":                       {doc(with("Resource", `"arn:*:s3:::a"`)), ""},
		"another partition":                   {doc(with("Resource", `"arn:aws-us-gov:s3:::a"`)), ""},
		"an ARN that is cut off":              {doc(with("Resource", `"arn:aws:sqs"`)), ""},
		"a colon in the name":                 {doc(with("Resource", `"arn:aws:logs:*:111122223333:log-group:g:*"`)), ""},
		"a variable in the name":              {doc(with("Resource", `"arn:aws:s3:::a/${aws:username}"`)), ""},
		"an access point lies in a region":    {doc(with("Resource", `"arn:aws:s3:us-west-2:123456789012:accesspoint/a/object/*"`)), ""},
		"a null among resources":              {doc(with("Resource", `["arn:aws:s3:::a",null]`)), ""},
		"no Resource":                         {doc(with("Resource", "")), nothing},
		"no resource":                         {doc(with("Resource", "[]")), nothing},
		"Resource and NotResource":            {doc(with("NotResource", `"*"`)), syntax},
		"Resource and no NotResource":         {doc(with("NotResource", "[]")), syntax},
		"an object as Resource":               {doc(with("Resource", `{"a":"arn:aws:s3:::a"}`)), syntax},
		"an object among resources":           {doc(with("Resource", `["a",{}]`)), syntax},
		"no ARN":                              {doc(with("Resource", `"logs bucket"`)), `Resource logs bucket must be in ARN format or "*".`},
		"no ARN in a list":                    {doc(with("Resource", `["adf"]`)), `Resource adf must be in ARN format or "*".`},
		"an empty resource":                   {doc(with("Resource", `""`)), `Resource  must be in ARN format or "*".`},
		"something before the partition":      {doc(with("Resource", `"urn:aws:s3:::a"`)), `Resource urn:aws:s3:::a must be in ARN format or "*".`},
		"no ARN is told before the action":    {doc(with("Action", `"s:3:x"`, "Resource", `"sdf"`)), `Resource sdf must be in ARN format or "*".`},
		"only a partition, and no such one":   {doc(with("Resource", `"a:bsdf"`)), `Partition "bsdf" is not valid for resource "arn:bsdf:*:*:*:*".`},
		"no such partition, cut off":          {doc(with("Resource", `"a:b:cad"`)), `Partition "b" is not valid for resource "arn:b:cad:*:*:*".`},
		"no such partition, with more":        {doc(with("Resource", `"a:b:c:d:e:f:g:h"`)), `Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".`},
		"arn is left out":                     {doc(with("Resource", `"aws:s3:::logs"`)), `Partition "s3" is not valid for resource "arn:s3:::logs:*".`},
		"of two mistakes the first is told":   {doc(with("Resource", `["arn:error:s3:::x","arn:error:s3::x"]`)), `Partition "error" is not valid for resource "arn:error:s3:::x".`},
		"a partition and nothing else":        {doc(with("Resource", `"arn:aws"`)), vague},
		"a wildcard as service":               {doc(with("Resource", `"arn:aws:*:us-east-1:111122223333:x"`)), vague},
		"IAM's without a path":                {doc(with("Resource", `"arn:aws:iam:::logs"`)), path},
		"IAM's that are all":                  {doc(with("Resource", `"arn:aws:iam::111122223333:*"`)), ""},
		"IAM's root users":                    {doc(with("Resource", `["arn:aws:iam::*:root","arn:aws:iam::aws:role-template/x"]`)), ""},
		"IAM has no regions":                  {doc(with("Resource", `"arn:aws:iam:us-east-1::x"`)), "IAM resource arn:aws:iam:us-east-1::x cannot contain region information."},
		"S3's buckets have no regions":        {doc(with("Resource", `"arn:aws:s3:us-east-1::x"`)), "Resource arn:aws:s3:us-east-1::x can not contain region information."},
		"a segment is missing":                {doc(with("Resource", `"arn:aws:s3::logs"`)), legacy},
		"a segment is missing in NotResource": {doc(with("Resource", "", "NotResource", `"arn:aws:s3::logs"`)), legacy},
		"the service is missing":              {doc(with("Resource", `"arn:aws::fdsasf"`)), legacy},
		"the service is empty":                {doc(with("Resource", `"arn:aws::::logs"`)), legacy},
		"legacy is told before no actions":    {doc(with("Action", "", "Resource", `"arn:aws:s3::logs"`)), legacy},

		"conditions": {doc(with("Condition", `{"StringLike":{"s3:prefix":["","home/"]},"Bool":{"aws:SecureTransport":true},"NumericLessThan":{"s3:max-keys":10},
			"ForAllValues:StringEqualsIfExists":{"aws:TagKeys":["a"]},"ForAnyValue:ArnLike":{"aws:SourceArn":"arn:aws:s3:::x"},"Null":{"aws:TokenIssueTime":"true"}}`)), ""},
		"no operator":                      {doc(with("Condition", "{}")), ""},
		"an unknown operator without keys": {doc(with("Condition", `{"x":{}}`)), ""},
		"a list as Condition":              {doc(with("Condition", "[]")), syntax},
		"a list of conditions":             {doc(with("Condition", `[{"Bool":{"a:b":"true"}}]`)), syntax},
		"a text as Condition":              {doc(with("Condition", `"a"`)), syntax},
		"a text as keys":                   {doc(with("Condition", `{"Bool":"b"}`)), syntax},
		"a list as keys":                   {doc(with("Condition", `{"Bool":[]}`)), syntax},
		"an object as value":               {doc(with("Condition", `{"Bool":{"a:b":{}}}`)), syntax},
		"a null as value":                  {doc(with("Condition", `{"Bool":{"a:b":[null]}}`)), syntax},
		"an unknown operator":              {doc(with("Condition", `{"StringIs":{"a:b":"1"}}`)), syntax},
		"an operator in another case":      {doc(with("Condition", `{"stringEquals":{"a:b":"1"}}`)), syntax},
		"two colons in an operator":        {doc(with("Condition", `{"ForAnyValue::StringEquals":{"a:b":"1"}}`)), syntax},
		"an unknown set operator":          {doc(with("Condition", `{"ForSomeValues:StringEquals":{"a:b":"1"}}`)), syntax},
		"NullIfExists":                     {doc(with("Condition", `{"NullIfExists":{"a:b":"true"}}`)), syntax},
		"IfExistsIfExists":                 {doc(with("Condition", `{"BoolIfExistsIfExists":{"a:b":"true"}}`)), syntax},
		"no date":                          {doc(with("Condition", `{"DateGreaterThan":{"a:b":"sdf"}}`)), legacy},
		"a month of a date":                {doc(with("Condition", `{"DateGreaterThan":{"a:b":"234-13"}}`)), legacy},
		"a zone of a date":                 {doc(with("Condition", `{"DateGreaterThan":{"a:b":"2016-12-13t2:00:00.593194+1"}}`)), legacy},
		"a fraction of a date":             {doc(with("Condition", `{"DateGreaterThan":{"a:b":"2016-12-13t2:00:00.1999999999+10:59"}}`)), legacy},
		"too many seconds":                 {doc(with("Condition", `{"DateLessThan":{"a:b":"9223372036854775808"}}`)), legacy},
		"the most seconds":                 {doc(with("Condition", `{"DateLessThan":{"a:b":"9223372036854775807"}}`)), ""},
		"the first year":                   {doc(with("Condition", `{"DateLessThan":{"a:b":"-292275054"}}`)), ""},
		"before the first year":            {doc(with("Condition", `{"DateLessThan":{"a:b":"-292275055"}}`)), legacy},
		"dates of many forms":              {doc(with("Condition", `{"DateLessThan":{"a:b":["2019-07-01T13:20:15Z","2016-12-13t2:00:00.593194+23","01T","2016-12","2016-12-13T21:20:37.593194+00:00"]}}`)), ""},
		"a date is told before resources":  {doc(with("Resource", `"arn:error:s3:::x"`, "Condition", `{"DateGreaterThan":{"a:b":"sdf"}}`)), legacy},
		"no number":                        {doc(with("Condition", `{"NumericEquals":{"a:b":"1e3"}}`)), legacy},
		"no address":                       {doc(with("Condition", `{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/33"}}`)), legacy},
		"no truth":                         {doc(with("Condition", `{"Bool":{"a:b":"yes"}}`)), legacy},
		"no truth for Null":                {doc(with("Condition", `{"Null":{"a:b":"yes"}}`)), legacy},
		"no Base64":                        {doc(with("Condition", `{"BinaryEquals":{"a:b":"???"}}`)), legacy},

		"Principal":    {doc(with("Principal", `"*"`)), "Has prohibited field Principal."},
		"NotPrincipal": {doc(with("NotPrincipal", `"*"`)), "Has prohibited field NotPrincipal."},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []policy.Kind{policy.Identity, policy.Boundary, policy.Session, policy.ServiceControl} {
				diff(t, tt.want, refused(tt.text, kind))
			}
		})
	}
}

func TestParseTrust(t *testing.T) {
	const badAction = "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity"
	invalid := func(typ, text string) string { return fmt.Sprintf(`Invalid principal in policy: "%s":"%s"`, typ, text) }
	for name, tt := range map[string]struct{ text, want string }{
		"a service":            {doc(trusting()), ""},
		"the old version":      {strings.Replace(doc(trusting()), "2012-10-17", "2008-10-17", 1), ""},
		"no version":           {`{"Statement":` + trusting() + `}`, ""},
		"several actions":      {doc(trusting("Action", `["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]`)), ""},
		"actions by a pattern": {doc(trusting("Action", `"sts:Assume*"`)), ""},
		"another action":       {doc(trusting("Action", `["sts:BadAssumeRole"]`)), badAction},
		"another service":      {doc(trusting("Action", `"s3:GetObject"`)), badAction},
		"Resource":             {doc(trusting("Resource", `"arn:aws:s3:::logs"`)), "Has prohibited field Resource."},
		"NotResource":          {doc(trusting("NotResource", `"*"`)), "Has prohibited field Resource."},
		"no Principal":         {doc(trusting("Principal", "")), "Missing required field Principal"},
		"no Action":            {doc(trusting("Action", "")), actions},
		"not JSON":             {"new policy", syntax},

		"everybody":         {doc(trusting("Principal", `"*"`)), ""},
		"everybody as AWS":  {doc(trusting("Principal", `{"AWS":"*"}`)), ""},
		"an account":        {doc(trusting("Principal", `{"AWS":"111122223333"}`)), ""},
		"a root user":       {doc(trusting("Principal", `{"AWS":"arn:aws:iam::111122223333:root"}`)), ""},
		"a user":            {doc(trusting("Principal", `{"AWS":"arn:aws:iam::111122223333:user/a/b"}`)), ""},
		"a role":            {doc(trusting("Principal", `{"AWS":["arn:aws:iam::111122223333:role/r"]}`)), ""},
		"a session":         {doc(trusting("Principal", `{"AWS":"arn:aws:sts::111122223333:assumed-role/r/s"}`)), ""},
		"a federated user":  {doc(trusting("Principal", `{"AWS":"arn:aws:sts::111122223333:federated-user/f"}`)), ""},
		"a unique ID":       {doc(trusting("Principal", `{"AWS":"AROACKCEVSQ6C2EXAMPLE"}`)), ""},
		"a provider":        {doc(trusting("Principal", `{"Federated":"arn:aws:iam::111122223333:oidc-provider/example.com"}`, "Action", `"sts:AssumeRoleWithWebIdentity"`)), ""},
		"several types":     {doc(trusting("Principal", `{"AWS":"111122223333","Service":["ec2.amazonaws.com","logs.ap-northeast-2.amazonaws.com"]}`)), ""},
		"NotPrincipal":      {doc(trusting("Principal", "", "NotPrincipal", `{"AWS":"111122223333"}`, "Effect", `"Deny"`)), ""},
		"both":              {doc(trusting("NotPrincipal", `"*"`)), syntax},
		"a name":            {doc(trusting("Principal", `"somebody"`)), invalid("AWS", "somebody")},
		"a name as AWS":     {doc(trusting("Principal", `{"AWS":"somebody"}`)), invalid("AWS", "somebody")},
		"too few digits":    {doc(trusting("Principal", `{"AWS":"11112222333"}`)), invalid("AWS", "11112222333")},
		"a group":           {doc(trusting("Principal", `{"AWS":"arn:aws:iam::111122223333:group/g"}`)), invalid("AWS", "arn:aws:iam::111122223333:group/g")},
		"all roles":         {doc(trusting("Principal", `{"AWS":"arn:aws:iam::111122223333:role/*"}`)), invalid("AWS", "arn:aws:iam::111122223333:role/*")},
		"all sessions":      {doc(trusting("Principal", `{"AWS":"arn:aws:sts::111122223333:assumed-role/r/*"}`)), invalid("AWS", "arn:aws:sts::111122223333:assumed-role/r/*")},
		"a role, no name":   {doc(trusting("Principal", `{"AWS":"arn:aws:sts::111122223333:assumed-role/r"}`)), invalid("AWS", "arn:aws:sts::111122223333:assumed-role/r")},
		"a bucket":          {doc(trusting("Principal", `{"AWS":"arn:aws:s3:::logs"}`)), invalid("AWS", "arn:aws:s3:::logs")},
		"no such service":   {doc(trusting("Principal", `{"Service":"ec2"}`)), invalid("SERVICE", "ec2")},
		"all services":      {doc(trusting("Principal", `{"Service":"*"}`)), invalid("SERVICE", "*")},
		"no such type":      {doc(trusting("Principal", `{"Person":"x"}`)), invalid("PERSON", "x")},
		"a canonical user":  {doc(trusting("Principal", `{"CanonicalUser":"`+strings.Repeat("a", 64)+`"}`)), invalid("CANONICALUSER", strings.Repeat("a", 64))},
		"nobody":            {doc(trusting("Principal", `{"AWS":[]}`)), syntax},
		"no type":           {doc(trusting("Principal", `{}`)), "Invalid principal in policy"},
		"a list":            {doc(trusting("Principal", `["*"]`)), syntax},
		"a number":          {doc(trusting("Principal", `{"AWS":111122223333}`)), syntax},
		"an object in type": {doc(trusting("Principal", `{"AWS":{"a":"b"}}`)), syntax},
	} {
		t.Run(name, func(t *testing.T) { diff(t, tt.want, refused(tt.text, policy.Trust)) })
	}
}

func TestParseResource(t *testing.T) {
	const principal, json = "Invalid principal in policy", "This policy contains invalid Json"
	for name, tt := range map[string]struct{ text, want string }{
		"everybody":         {doc(granting()), ""},
		"the old version":   {strings.Replace(doc(granting()), "2012-10-17", "2008-10-17", 1), ""},
		"no version":        {`{"Statement":` + granting() + `}`, ""},
		"a Sid of words":    {doc(granting("Sid", `"Enable IAM User Permissions"`)), ""},
		"another service":   {doc(granting("Action", `"sqs:*"`, "Resource", `"arn:aws:sqs:us-east-1:111122223333:q"`)), ""},
		"all resources":     {doc(granting("Resource", `"*"`)), ""},
		"a canonical user":  {doc(granting("Principal", `{"CanonicalUser":"`+strings.Repeat("0a", 32)+`"}`)), ""},
		"CloudFront's user": {doc(granting("Principal", `{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}`)), ""},
		"NotPrincipal":      {doc(granting("Principal", "", "NotPrincipal", `{"AWS":"111122223333"}`)), ""},

		"not JSON":                {"x", "Policies must be valid JSON and the first byte must be '{'"},
		"a list":                  {"[]", "Policies must be valid JSON and the first byte must be '{'"},
		"no statement":            {`{"Version":"2012-10-17"}`, "Missing required field Statement"},
		"an empty list":           {doc(), "Could not parse the policy: Statement is empty!"},
		"a number as statement":   {doc("1"), json},
		"an unknown version":      {`{"Version":"x","Statement":[` + granting() + `]}`, "The policy must contain a valid version string"},
		"an unknown member":       {`{"Comment":"x","Statement":[]}`, "Unknown field Comment"},
		"an unknown element":      {doc(granting("Principals", `"*"`)), "Unknown field Principals"},
		"no Effect":               {doc(granting("Effect", "")), "Missing required field Effect"},
		"an unknown Effect":       {doc(granting("Effect", `"Maybe"`)), "Invalid effect: Maybe"},
		"an Effect in lower case": {doc(granting("Effect", `"allow"`)), "Invalid effect: allow"},
		"no Principal":            {doc(granting("Principal", "")), "Missing required field Principal"},
		"no Action":               {doc(granting("Action", "")), "Missing required field Action"},
		"no Resource":             {doc(granting("Resource", "")), "Missing required field Resource"},
		"no action":               {doc(granting("Action", "[]")), "Policy has invalid action"},
		"an action without verb":  {doc(granting("Action", `"s3"`)), "Policy has invalid action"},
		"both actions":            {doc(granting("NotAction", `"s3:*"`)), "Policy has invalid action"},
		"no resource":             {doc(granting("Resource", "[]")), "Policy has invalid resource"},
		"no ARN":                  {doc(granting("Resource", `"logs/*"`)), "Policy has invalid resource"},
		"both resources":          {doc(granting("NotResource", `"*"`)), "Policy has invalid resource"},
		"both principals":         {doc(granting("NotPrincipal", `"*"`)), principal},
		"no such principal":       {doc(granting("Principal", `{"AWS":"arn:aws:iam::111122223333:group/x"}`)), principal},
		"no principals":           {doc(granting("Principal", `{"AWS":[]}`)), principal},
		"a list as Principal":     {doc(granting("Principal", `["*"]`)), principal},
		"an unknown operator":     {doc(granting("Condition", `{"StringIs":{"a:b":"c"}}`)), "Invalid Condition type : StringIs"},
		"a key of no vendor":      {doc(granting("Condition", `{"StringEquals":{"b":"c"}}`)), "Policy has an invalid condition key"},
		"a key without values":    {doc(granting("Condition", `{"StringEquals":{"a:b":[]}}`)), "Policy has an invalid condition key"},
		"a value that is none":    {doc(granting("Condition", `{"IpAddress":{"aws:SourceIp":"x"}}`)), "Policy has an invalid condition value"},
		"a Sid twice":             {doc(granting("Sid", `"a"`), granting("Sid", `"a"`)), sids},
	} {
		t.Run(name, func(t *testing.T) { diff(t, tt.want, refused(tt.text, policy.Resource)) })
	}
}

func TestParseResourceControl(t *testing.T) {
	deny := func(elements ...string) string {
		return statementOf([]string{"Effect", `"Deny"`, "Principal", `"*"`, "Action", `"s3:*"`, "Resource", `"*"`}, elements)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"AWS's own":          {doc(deny("Effect", `"Allow"`, "Action", `"*"`)), ""},
		"a deny":             {doc(deny()), ""},
		"an allow":           {doc(deny("Effect", `"Allow"`)), syntax},
		"all actions":        {doc(deny("Action", `"*"`)), syntax},
		"NotAction":          {doc(deny("Action", "", "NotAction", `"s3:*"`)), syntax},
		"no Principal":       {doc(deny("Principal", "")), "Missing required field Principal"},
		"somebody":           {doc(deny("Principal", `{"AWS":"111122223333"}`)), `Invalid principal in policy: only "*" may be named`},
		"NotPrincipal":       {doc(deny("Principal", "", "NotPrincipal", `"*"`)), "Has prohibited field NotPrincipal."},
		"a version of 2008":  {strings.Replace(doc(deny()), "2012-10-17", "2008-10-17", 1), version},
		"no resource at all": {doc(deny("Resource", "")), nothing},
	} {
		t.Run(name, func(t *testing.T) { diff(t, tt.want, refused(tt.text, policy.ResourceControl)) })
	}
}

// A document that is malformed says where.
func TestMalformedSaysWhere(t *testing.T) {
	text := "{\"Version\":\"2012-10-17\",\n \"Statement\":[\n  " + with("Sid", `"실록"`, "Sid", "") + ",\n  " + with("Effect", `"allow"`) + "]}"
	_, err := policy.Parse(text, policy.Identity)
	want := &policy.Malformed{Message: legacy, Statement: 1, At: policy.Position{Line: 4, Column: 3}}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDocument(t *testing.T) {
	text := `{"Version":"2012-10-17","Id":"one","Statement":[` + with() + "," + with() + "]}"
	d := parsed(t, text, policy.Boundary)
	diff(t, fmt.Sprintln(policy.Boundary, "one", 2, text), fmt.Sprintln(d.Kind(), d.ID(), d.Len(), d.Text()))
}

func TestSize(t *testing.T) {
	diff(t, "8", fmt.Sprint(policy.Size(" {\t\"실록\"\r\n : 1 }\n")))
}

func TestContextKeys(t *testing.T) {
	d := parsed(t, doc(
		with("Resource", `["arn:aws:s3:::home/${aws:username}/${aws:PrincipalTag/Team, 'none'}","arn:aws:s3:::${*}"]`,
			"Condition", `{"StringLike":{"s3:prefix":["${AWS:UserName}/*","${aws:userid}"]},"Null":{"aws:TokenIssueTime":"true"}}`),
		with("Condition", `{"ArnLike":{"aws:SourceArn":"arn:aws:iam::${aws:PrincipalAccount}:role/x"},"Bool":{"S3:Prefix":"true"}}`),
	), policy.Identity)
	diff(t, "aws:username aws:PrincipalTag/Team s3:prefix aws:userid aws:TokenIssueTime aws:SourceArn aws:PrincipalAccount",
		strings.Join(policy.ContextKeys(d), " "))
}

// The documents of AWS's guides are taken word for word, as what they are for.
func TestGuidesDocuments(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(material.Dir(t), "scenarios", "policies", "*.json"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d documents were found: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, kind := filepath.Base(file), policy.Identity
		switch {
		case strings.Contains(name, "bucket"):
			kind = policy.Resource
		case strings.Contains(name, "trust"):
			kind = policy.Trust
		}
		diff(t, "", refused(string(text), kind))
	}
}

// refused returns why a document is refused, and nothing for one that is not.
func refused(text string, kind policy.Kind) string {
	if _, err := policy.Parse(text, kind); err != nil {
		return err.Error()
	}
	return ""
}

func diff(t *testing.T, want, got string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
