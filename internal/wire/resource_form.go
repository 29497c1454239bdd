package wire

import (
	"net/url"
	"strings"
)

func isARN(text string) bool { return strings.HasPrefix(text, "arn:") }

// takesARN says whether a member that is read in that form may be an ARN, which
// then stands for all that the template has before it. In other forms it must
// not: an object's key that reads like an ARN is a key.
func takesARN(form string) bool { return form == "name" || form == "parameter" || form == "key" }

// readAs returns what a member's text says in one of api.Resource's forms.
func readAs(form, text string) string {
	switch form {
	case "lower":
		return strings.ToLower(text)
	case "parameter":
		return readParameter(text)
	case "source":
		return readSource(text)
	case "queue":
		return readQueue(text)
	case "key":
		return readKeyID(text)
	}
	return text
}

// readParameter reads the name of an SSM parameter: "/a/b:3" is "a/b".
func readParameter(text string) string {
	arn, name, ok := strings.Cut(text, ":parameter/")
	if isARN(text) && !ok {
		return text // of something else
	}
	if isARN(text) {
		name, _, _ = strings.Cut(name, ":")
		return arn + ":parameter/" + name
	}
	name, _, _ = strings.Cut(text, ":")
	return strings.TrimPrefix(name, "/")
}

// readKeyID reads what KMS's callers name a key by: its ID or its ARN. Which key an
// alias is of is known to KMS alone.
func readKeyID(text string) string {
	if strings.HasPrefix(text, "alias/") {
		return unnamed
	}
	return text
}

// readSource reads S3's x-amz-copy-source: "/b/a%20key?versionId=1" is "b/a key".
// It is escaped as in a query string, where "+" is a space, and only what follows
// the last "?versionId=" is not of the key.
func readSource(text string) string {
	path := text
	if i := strings.LastIndex(text, "?versionId="); i >= 0 {
		path = text[:i]
	}
	plain, err := url.QueryUnescape(path)
	if err != nil {
		plain = path
	}
	return strings.TrimPrefix(plain, "/")
}

// readQueue reads the account and the name in a queue's URL.
func readQueue(text string) string {
	parts := strings.Split(text, "/")
	if len(parts) < 2 {
		return ""
	}
	account, name := parts[len(parts)-2], parts[len(parts)-1]
	if account == "" || name == "" {
		return ""
	}
	return account + ":" + name
}
