package s3

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const encryptionHeader = "X-Amz-Server-Side-Encryption"

// refuse returns the answer to what must not reach versitygw, or nil.
func refuse(r *http.Request) *answer {
	header := r.Header
	switch {
	case r.Method != http.MethodOptions && anonymous(r):
		return &answer{http.StatusForbidden, "AccessDenied", "Access Denied: requests must be signed"}
	case header.Get("X-Amz-Server-Side-Encryption-Customer-Algorithm") != "":
		return &answer{http.StatusNotImplemented, "NotImplemented", "Encryption with a customer's key (SSE-C) is not supported by this version of Sillok"}
	case header.Get(encryptionHeader) != "" && header.Get(encryptionHeader) != "AES256":
		return &answer{http.StatusNotImplemented, "NotImplemented", "Encryption with KMS is not supported by this version of Sillok"}
	}
	if name, ok := unknown(r); ok {
		return &answer{http.StatusNotImplemented, "NotImplemented", "The subresource " + name + " is not supported by this version of Sillok"}
	}
	return nil
}

// unknown returns the subresource that a request is for, when versitygw would
// take no notice of it and do to the bucket or the object itself what is meant
// for the subresource: delete it, overwrite it.
func unknown(r *http.Request) (name string, ok bool) {
	names := []string{
		"abac", "metadataConfiguration", "metadataInventoryTable", "metadataJournalTable", "metadataTable", "renameObject",
		"select", "session", "torrent",
	}
	if _, key, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/"); key != "" {
		names = append(names, "encryption")
	}
	query := r.URL.Query()
	at := slices.IndexFunc(names, query.Has)
	if at < 0 {
		return "", false
	}
	return names[at], true
}

// anonymous reports whether a request is without signature.
func anonymous(r *http.Request) bool {
	query := r.URL.Query()
	return r.Header.Get("Authorization") == "" && !query.Has("X-Amz-Signature") && !query.Has("Signature")
}

// complete adds to versitygw's response what clients expect of S3.
func complete(r *http.Response) error {
	awaitBody(r)
	if r.StatusCode == http.StatusNotImplemented {
		if unset, ok := unset(r.Request); ok {
			return unset.replace(r)
		}
	}
	if r.StatusCode < 300 && isObject(r.Request) {
		r.Header.Set(encryptionHeader, "AES256")
	}
	return nil
}

// isObject reports whether the request reads or writes an object itself: those
// are what S3 says of that they are encrypted.
func isObject(r *http.Request) bool {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	query := r.URL.Query()
	others := []string{"tagging", "acl", "retention", "legal-hold", "attributes", "restore", "select", "torrent"}
	if key == "" || slices.ContainsFunc(others, query.Has) {
		return false
	}
	switch r.Method {
	case http.MethodHead, http.MethodPut:
		return true
	case http.MethodGet:
		return !query.Has("uploadId") // which lists parts
	case http.MethodPost:
		return query.Has("uploads") || query.Has("uploadId")
	}
	return false
}

// subresource is what AWS answers for a bucket where one of its settings was
// never made.
type subresource struct {
	status int
	body   string
}

// replace makes r the answer.
func (s subresource) replace(r *http.Response) error {
	_, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		return err
	}
	if err := r.Body.Close(); err != nil {
		return err
	}
	r.StatusCode, r.Status = s.status, strconv.Itoa(s.status)+" "+http.StatusText(s.status)
	r.ContentLength = int64(len(s.body))
	r.Header.Set("Content-Length", strconv.Itoa(len(s.body)))
	r.Header.Set("Content-Type", "application/xml")
	r.Body = io.NopCloser(bytes.NewBufferString(s.body))
	return nil
}

// unset returns the answer for a setting that cannot be made here. versitygw
// has none of them: it checks the signature and the bucket, and then says that
// the operation is not implemented.
func unset(r *http.Request) (subresource, bool) {
	bucket, key, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	if r.Method != http.MethodGet || key != "" {
		return subresource{}, false
	}
	query := r.URL.Query()
	for name, answer := range map[string]func(bucket string) subresource{
		"accelerate":     empty("AccelerateConfiguration"),
		"logging":        empty("BucketLoggingStatus"),
		"notification":   empty("NotificationConfiguration"),
		"requestPayment": document("RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>"),
		"encryption": document("ServerSideEncryptionConfiguration", "<Rule><ApplyServerSideEncryptionByDefault>"+
			"<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>"),
		"lifecycle":           missing("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
		"publicAccessBlock":   missing("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
		"replication":         missing("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
		"website":             missing("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
		"analytics":           configurations("analytics", "ListBucketAnalyticsConfigurationsOutput", query),
		"intelligent-tiering": configurations("intelligent-tiering", "ListBucketIntelligentTieringConfigurationsOutput", query),
		"inventory":           configurations("inventory", "ListInventoryConfigurationsResult", query),
		"metrics":             configurations("metrics", "ListMetricsConfigurationsResult", query),
	} {
		if query.Has(name) {
			return answer(bucket), true
		}
	}
	return subresource{}, false
}

func empty(root string) func(string) subresource { return document(root, "") }

func document(root, content string) func(string) subresource {
	const namespace = `xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`
	return func(string) subresource {
		return subresource{http.StatusOK, `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
			"<" + root + " " + namespace + ">" + content + "</" + root + ">"}
	}
}

func missing(code, message string) func(string) subresource {
	return func(bucket string) subresource {
		return subresource{http.StatusNotFound, `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
			"<Error><Code>" + code + "</Code><Message>" + message + "</Message><BucketName>" + bucket + "</BucketName></Error>"}
	}
}

// configurations is for settings that a bucket has many of, each with an ID.
func configurations(name, list string, query url.Values) func(string) subresource {
	if query.Has("id") {
		return missing("NoSuchConfiguration", "The specified configuration does not exist: "+name)
	}
	return document(list, "<IsTruncated>false</IsTruncated>")
}
