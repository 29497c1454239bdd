package gateway

import (
	"encoding/json"
)

// shownOfPresigned are the parameters of a presigned URL that CloudTrail shows of calls
// of S3: not the credential, the session's token and the signature.
var shownOfPresigned = []string{"X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"}

// presignedParameters returns what a record shows of how the URL of a call of S3 was
// signed; nil where none was.
func (x *exchange) presignedParameters() map[string]string {
	if !x.ofS3() || !x.verified.Presigned || x.verified.Version2 {
		return nil
	}
	query, shown := x.r.URL.Query(), map[string]string{}
	for _, name := range shownOfPresigned {
		if value := query.Get(name); value != "" {
			shown[name] = shortened(value)
		}
	}
	return shown
}

// withPresigned returns parameters with those of a presigned URL before them.
func withPresigned(parameters json.RawMessage, shown map[string]string) json.RawMessage {
	if len(shown) == 0 {
		return parameters
	}
	object, err := json.Marshal(shown)
	switch {
	case err != nil: // which texts never are
		return parameters
	case len(parameters) <= len("{}"):
		return object
	}
	object[len(object)-1] = ','
	return append(object, parameters[1:]...)
}
