package app_test

import (
	"crypto/md5"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/app"
)

// TestAccessIsLogged goes the whole way: calls of a client, the end of the server,
// and what lies in the target bucket afterwards.
func TestAccessIsLogged(t *testing.T) {
	cfg := app.Config{
		Data: t.TempDir(), Listen: "127.0.0.1:0", RootAccessKeyID: keyID, RootSecretAccessKey: secret, RootAccountID: account,
	}
	server, stop := run(t, cfg)
	ask := func(method, path, body string, want int) response {
		t.Helper()
		answer := send(t, server, method, path, withMD5(body), []byte(body))
		if answer.status != want {
			t.Errorf("%s %s: %d %s", method, path, answer.status, answer.body)
		}
		return answer
	}
	ask("PUT", "/photos", "", 200)
	ask("PUT", "/logs", "", 200)
	ask("PUT", "/photos?logging", `<BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LoggingEnabled>`+
		`<TargetBucket>logs</TargetBucket><TargetPrefix>access/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>`, 200)
	ask("PUT", "/photos/a%20b", "abc", 200)
	ask("GET", "/photos/a%20b", "", 200)
	ask("GET", "/photos/none", "", 404)
	ask("POST", "/photos?delete", `<Delete><Object><Key>a b</Key></Object><Object><Key>c</Key></Object></Delete>`, 200)
	stop()

	server = serve(t, cfg.Data)
	list := ask("GET", "/logs?list-type=2", "", 200)
	key := regexp.MustCompile(`<Key>(access/[^<]*)</Key>`).FindSubmatch(list.body)
	if key == nil {
		t.Fatalf("no log in %s", list.body)
	}
	log := string(ask("GET", "/logs/"+string(key[1]), "", 200).body)
	for _, want := range []string{
		` REST.PUT.OBJECT a%20b "PUT /photos/a%20b HTTP/1.1" 200 - - 3 `,
		` REST.GET.OBJECT a%20b "GET /photos/a%20b HTTP/1.1" 200 - 3 3 `,
		` REST.GET.OBJECT none "GET /photos/none HTTP/1.1" 404 NoSuchKey `,
		` REST.POST.MULTI_OBJECT_DELETE - "POST /photos?delete= HTTP/1.1" 200 `,
		` BATCH.DELETE.OBJECT a%20b "POST /photos?delete= HTTP/1.1" 204 - - - `,
		` SigV4 - AuthHeader 127.0.0.1:`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("no %q in\n%s", want, log)
		}
	}
}

// withMD5 returns the header that S3 wants of some documents.
func withMD5(body string) http.Header {
	sum := md5.Sum([]byte(body))
	return http.Header{"Content-Md5": {base64.StdEncoding.EncodeToString(sum[:])}}
}

// TestPagesMayUseABucketByItsRules asks as a browser does.
func TestPagesMayUseABucketByItsRules(t *testing.T) {
	server := serve(t, t.TempDir())
	send(t, server, "PUT", "/pages", http.Header{}, nil)
	rules := `<CORSConfiguration><CORSRule><AllowedOrigin>https://*.example</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>` +
		`<AllowedHeader>x-amz-*</AllowedHeader></CORSRule></CORSConfiguration>`
	if answer := send(t, server, "PUT", "/pages?cors", withMD5(rules), []byte(rules)); answer.status != 200 {
		t.Fatalf("%s", answer.body)
	}
	for origin, want := range map[string]int{"https://a.example": 200, "https://a.test": 403} {
		r, err := http.NewRequest(http.MethodOptions, server.Endpoint()+"/pages/key", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "PUT")
		r.Header.Set("Access-Control-Request-Headers", "X-Amz-Date")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Error(err)
		}
		if answer.StatusCode != want || want == 200 && answer.Header.Get("Access-Control-Allow-Headers") != "x-amz-date" {
			t.Errorf("%s: %d %v", origin, answer.StatusCode, answer.Header)
		}
	}
}
