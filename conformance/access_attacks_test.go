package conformance_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signed is a call of GetCallerIdentity, or a GET of S3 where it has a path.
type signed struct {
	key    person
	path   string
	region string
	at     time.Time
	change func(r *http.Request) // after it was signed
}

// says sends a call and returns the status and the text of its answer.
func (s *server) says(t *testing.T, c signed) (status int, text string) {
	t.Helper()
	method, service, body := http.MethodPost, "sts", []byte("Action=GetCallerIdentity&Version=2011-06-15")
	if c.path != "" {
		method, service, body = http.MethodGet, "s3", nil
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.endpoint+c.path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if c.path == "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	} else {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	if c.region == "" {
		c.region = region
	}
	if c.at.IsZero() {
		c.at = time.Now()
	}
	key := aws.Credentials{AccessKeyID: c.key.KeyID, SecretAccessKey: c.key.Secret, SessionToken: c.key.Token}
	if err := v4.NewSigner().SignHTTP(t.Context(), key, r, hash, service, c.region, c.at); err != nil {
		t.Fatal(err)
	}
	if c.change != nil {
		c.change(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(got)
}

// edit returns a change of a header.
func edit(name, from, to string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, strings.Replace(r.Header.Get(name), from, to, 1)) }
}

// TestForgedCalls changes calls after they were signed, and the credentials that
// they are signed by.
func TestForgedCalls(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	c := s.cli()
	c.must("s3", "mb", "s3://vault")
	ann, bob := c.user("ann", allowing("*", "*")), c.user("bob", allowing("*", "*"))
	session := credential(t, s.cli(ann.env()...).must("sts", "get-session-token"))
	other := credential(t, s.cli(bob.env()...).must("sts", "get-session-token"))
	with := func(p person, token string) person { p.Token = token; return p }
	middle := len(session.Token) / 2
	flipped := session.Token[:middle] + map[bool]string{true: "B", false: "A"}[session.Token[middle] == 'A'] + session.Token[middle+1:]
	for _, tt := range []struct {
		name string
		call signed
		code string // none where it must be answered
	}{
		{"a user", signed{key: ann}, ""},
		{"a session", signed{key: session}, ""},
		{"a session to S3", signed{key: session, path: "/vault"}, ""},
		{"another's secret", signed{key: person{KeyID: ann.KeyID, Secret: bob.Secret}}, "SignatureDoesNotMatch"},
		{"the signature made up", signed{key: ann, change: func(r *http.Request) {
			head, _, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
			r.Header.Set("Authorization", head+"Signature="+strings.Repeat("0", 64))
		}}, "SignatureDoesNotMatch"},
		{"the signature stripped", signed{key: ann, change: func(r *http.Request) { r.Header.Del("Authorization") }}, "MissingAuthenticationToken"},
		{"the signature stripped, to S3", signed{key: ann, path: "/vault", change: func(r *http.Request) { r.Header.Del("Authorization") }}, "AccessDenied"},
		{"another key named", signed{key: ann, change: edit("Authorization", ann.KeyID, bob.KeyID)}, "SignatureDoesNotMatch"},
		{"another region named", signed{key: ann, change: edit("Authorization", region, "us-east-1")}, "SignatureDoesNotMatch"},
		{"another service named", signed{key: ann, change: edit("Authorization", "/sts/", "/iam/")}, "SignatureDoesNotMatch"},
		{"replayed after 16 minutes", signed{key: ann, at: time.Now().Add(-16 * time.Minute)}, "SignatureDoesNotMatch"},
		{"replayed to S3 after 16 minutes", signed{key: ann, path: "/vault", at: time.Now().Add(-16 * time.Minute)}, "RequestTimeTooSkewed"},
		{"from the future", signed{key: ann, at: time.Now().Add(16 * time.Minute)}, "SignatureDoesNotMatch"},
		{"replayed after 14 minutes", signed{key: ann, at: time.Now().Add(-14 * time.Minute)}, ""},
		{"from a clock 14 minutes ahead", signed{key: ann, at: time.Now().Add(14 * time.Minute)}, ""},
		{"the date changed", signed{key: ann, at: time.Now().Add(-time.Hour), change: func(r *http.Request) {
			r.Header.Set("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z"))
		}}, "SignatureDoesNotMatch"},
		{"the host not signed", signed{key: ann, change: edit("Authorization", "host;", "")}, "SignatureDoesNotMatch"},
		{"another body", signed{key: ann, change: func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader("Action=GetSessionToken&Version=2011-06-15xx"))
			r.ContentLength = 43
		}}, "SignatureDoesNotMatch"},
		{"the payload said to be unsigned", signed{key: ann, path: "/vault", change: func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
		}}, "SignatureDoesNotMatch"},
		{"another path", signed{key: ann, path: "/vault", change: func(r *http.Request) { r.URL.Path = "/" }}, "SignatureDoesNotMatch"},
		{"another query", signed{key: ann, path: "/vault", change: func(r *http.Request) { r.URL.RawQuery = "policy" }}, "SignatureDoesNotMatch"},
		{"another method", signed{key: ann, path: "/vault", change: func(r *http.Request) { r.Method = http.MethodDelete }}, "SignatureDoesNotMatch"},
		{"a session without its token", signed{key: with(session, "")}, "InvalidClientTokenId"},
		{"a session with another's token", signed{key: with(session, other.Token)}, "InvalidClientTokenId"},
		{"a user's key with a session's token", signed{key: with(ann, session.Token)}, "InvalidClientTokenId"},
		{"a session whose token is changed", signed{key: with(session, flipped)}, "InvalidClientTokenId"},
		{"a session whose token is cut", signed{key: with(session, session.Token[:middle])}, "InvalidClientTokenId"},
		{"a session whose token is stripped", signed{key: session, path: "/vault", change: func(r *http.Request) {
			r.Header.Del("X-Amz-Security-Token")
		}}, "InvalidAccessKeyId"},
		{"a made-up token", signed{key: with(session, "AAAA")}, "InvalidClientTokenId"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, text := s.says(t, tt.call)
			if tt.code == "" && status != http.StatusOK || tt.code != "" && (status < 400 || status >= 500 || !strings.Contains(text, "<Code>"+tt.code+"</Code>")) {
				t.Errorf("%d %s\nwant %q", status, text, tt.code)
			}
		})
	}
}

// TestTamperedURLs changes a URL that was signed beforehand.
func TestTamperedURLs(t *testing.T) {
	s := serve(t, t.TempDir())
	c := s.cli()
	c.must("s3", "mb", "s3://vault")
	for _, key := range []string{"a", "b"} {
		c.must("s3api", "put-object", "--bucket", "vault", "--key", key)
	}
	url := strings.TrimSpace(c.must("s3", "presign", "s3://vault/a", "--expires-in", "600"))
	for name, tt := range map[string]struct {
		method, from, to string
		status           int
	}{
		"as it is":          {http.MethodGet, "", "", 200},
		"another object":    {http.MethodGet, "/vault/a?", "/vault/b?", 403},
		"for longer":        {http.MethodGet, "Expires=600", "Expires=60000", 403},
		"to write":          {http.MethodPut, "", "", 403},
		"to delete":         {http.MethodDelete, "", "", 403},
		"another operation": {http.MethodGet, "?", "?acl&", 403},
		"another answer":    {http.MethodGet, "?", "?response-content-type=text/html&", 403},
		"no signature":      {http.MethodGet, "X-Amz-Signature=", "X-Signature=", 403},
		"another region":    {http.MethodGet, region, "us-east-1", 403},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(url, tt.from) {
				t.Fatalf("%q is not in %s", tt.from, url)
			}
			r, err := http.NewRequestWithContext(t.Context(), tt.method, strings.Replace(url, tt.from, tt.to, 1), http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(answer.Body)
			if err := errors.Join(err, answer.Body.Close()); err != nil {
				t.Fatal(err)
			}
			// A changed URL is malformed or wrongly signed.
			if answer.StatusCode != tt.status && (tt.status == http.StatusOK || answer.StatusCode != http.StatusBadRequest) {
				t.Errorf("%d %s, want %d", answer.StatusCode, text, tt.status)
			}
		})
	}
	c.must("s3api", "head-object", "--bucket", "vault", "--key", "a")
}

// TestWhatIsThereIsNotTold asks for what is there and for what is not, by
// somebody without rights: the answers are the same but for the name.
func TestWhatIsThereIsNotTold(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	c := s.cli()
	c.must("s3", "mb", "s3://there-is")
	c.must("s3api", "put-object", "--bucket", "there-is", "--key", "object")
	c.must("iam", "create-role", "--role-name", "there-is", "--assume-role-policy-document", guide(t, "lambda-trust.json"))
	key := strings.TrimSpace(c.must("kms", "create-key", "--query", "KeyMetadata.KeyId", "--output", "text"))
	nobody := s.cli(c.user("nobody", "").env()...)
	may := s.cli(c.user("assumer", allowing("*", "sts:AssumeRole")).env()...)
	for _, tt := range []struct {
		who            *cli
		command        []string
		there, missing string
	}{
		{nobody, []string{"s3api", "get-object-tagging", "--bucket", "there-is", "--key", "NAME"}, "object", "absent"},
		{nobody, []string{"iam", "get-role", "--role-name", "NAME"}, "there-is", "there-not"},
		{nobody, []string{"iam", "get-user", "--user-name", "NAME"}, "assumer", "there-not"},
		{nobody, []string{"kms", "describe-key", "--key-id", "NAME"}, key, "11111111-2222-3333-4444-555555555555"},
		{may, []string{"sts", "assume-role", "--role-session-name", "guess", "--role-arn", "arn:aws:iam::111122223333:role/NAME"}, "there-is", "there-not"},
		{may, []string{"sts", "assume-role", "--role-session-name", "guess", "--role-arn", "arn:aws:iam::444455556666:role/NAME"}, "there-is", "there-not"},
	} {
		ask := func(name string) string {
			words := strings.Split(strings.ReplaceAll(strings.Join(tt.command, "\x00"), "NAME", name), "\x00")
			a := tt.who.run(words)
			if a.Code == 0 {
				t.Errorf("%v: it may", words)
			}
			return strings.ReplaceAll(a.Err, name, "NAME")
		}
		if there, missing := ask(tt.there), ask(tt.missing); there != missing {
			t.Errorf("%v:\n%sof what is there, and of what is not:\n%s", tt.command, there, missing)
		}
	}
}

// TestHugePolicies puts policies of 10,000 statements wherever one may be put.
func TestHugePolicies(t *testing.T) {
	s := serve(t, t.TempDir())
	c := s.cli()
	c.must("s3", "mb", "s3://vault")
	c.must("iam", "create-user", "--user-name", "ann")
	statements := func(principal string) string {
		one := `{"Effect":"Allow",` + principal + `"Action":"s3:*","Resource":"arn:aws:s3:::vault/*"}`
		return "file://" + c.file("huge.json", `{"Version":"2012-10-17","Statement":[`+strings.Repeat(one+",", 9_999)+one+`]}`)
	}
	began := time.Now()
	c.refused([]string{"iam", "put-user-policy", "--user-name", "ann", "--policy-name", "huge", "--policy-document", statements("")}, "Error")
	c.refused([]string{"iam", "create-policy", "--policy-name", "huge", "--policy-document", statements("")}, "Error")
	c.refused([]string{"iam", "create-role", "--role-name", "huge", "--assume-role-policy-document", statements(`"Principal":"*",`)}, "Error")
	c.refused([]string{"s3api", "put-bucket-policy", "--bucket", "vault", "--policy", statements(`"Principal":"*",`)}, "PolicyTooLarge")
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("four refusals took %v", took)
	}
}

// TestRoleChain takes one role by the session of another: for an hour at most,
// and with no more than the last one's rights.
func TestRoleChain(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	c := s.cli()
	const account = "arn:aws:iam::111122223333:"
	role := func(name, trusted string, actions ...string) {
		t.Helper()
		c.must("iam", "create-role", "--role-name", name, "--max-session-duration", "43200", "--assume-role-policy-document",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+account+trusted+`"},"Action":"sts:AssumeRole"}]}`)
		c.must("iam", "put-role-policy", "--role-name", name, "--policy-name", "does", "--policy-document", allowing("*", actions...))
	}
	ann := s.cli(c.user("ann", "").env()...)
	role("first", "user/ann", "sts:AssumeRole", "iam:ListUsers")
	role("second", "role/first", "iam:ListRoles")
	assume := func(name string) []string {
		return []string{"sts", "assume-role", "--role-session-name", "chained", "--role-arn", account + "role/" + name}
	}
	first := s.cli(credential(t, ann.must(append(assume("first"), "--duration-seconds", "43200")...)).env()...)
	ann.refused(assume("second"), "AccessDenied")
	first.refused(append(assume("second"), "--duration-seconds", "3601"), "ValidationError", "role chaining")
	second := s.cli(credential(t, first.must(assume("second")...)).env()...)
	second.must("iam", "list-roles")
	second.refused([]string{"iam", "list-users"}, "AccessDenied", "arn:aws:sts::111122223333:assumed-role/second/chained")
	second.refused(assume("first"), "AccessDenied")
}
