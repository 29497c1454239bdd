package gateway

import (
	"crypto/md5" //nolint:gosec // clients choose it, to find damage and not forgery
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/checksum"
)

const checksumPrefix = "X-Amz-Checksum-"

// checkBody compares a body that was read whole with the checksums that came with
// it. Of a streamed one the service does that, as it reads.
func (x *exchange) checkBody(body []byte) error {
	if !x.ofS3() {
		return nil
	}
	op := x.route.operation
	md5Sent, err := checkMD5(x.r.Header, body)
	if err != nil || op.Checksum == api.NoChecksum {
		return err
	}
	sumSent, err := checkSum(x.r.Header, body)
	if err != nil {
		return err
	}
	trailed := strings.HasPrefix(strings.ToLower(x.r.Header.Get("X-Amz-Trailer")), strings.ToLower(checksumPrefix)) // and was checked where it was read
	switch {
	case md5Sent, sumSent, trailed:
		return nil
	case x.r.Header.Get("X-Amz-Sdk-Checksum-Algorithm") != "":
		return cloud.Errorf(cloud.Invalid, "InvalidRequest",
			"x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
	case op.Checksum == api.ChecksumRequired:
		return cloud.Errorf(cloud.Invalid, "InvalidRequest", "Missing required header for this request: Content-MD5")
	}
	return nil
}

// checkMD5 says whether there is a Content-MD5, and refuses one that is not the
// body's.
func checkMD5(header http.Header, body []byte) (sent bool, err error) {
	values, sent := header["Content-Md5"]
	if !sent {
		return false, nil
	}
	given, err := base64.StdEncoding.DecodeString(strings.TrimSpace(values[0]))
	if err != nil || len(given) != md5.Size {
		e := cloud.Errorf(cloud.Invalid, "InvalidDigest", "The Content-MD5 you specified was invalid.")
		e.Fields = map[string]any{"Content-MD5": values[0]}
		return true, e
	}
	sum := md5.Sum(body) //nolint:gosec // as above
	if string(sum[:]) != string(given) {
		e := cloud.Errorf(cloud.Invalid, "BadDigest", "The Content-MD5 you specified did not match what we received.")
		e.Fields = map[string]any{"ExpectedDigest": values[0], "CalculatedDigest": base64.StdEncoding.EncodeToString(sum[:])}
		return true, e
	}
	return true, nil
}

// checkSum says whether a header has a checksum, and refuses one that is not the
// body's, more than one, and one that nobody here can compute.
func checkSum(header http.Header, body []byte) (sent bool, err error) {
	name, value := "", ""
	for key, values := range header {
		algorithm, ok := strings.CutPrefix(key, checksumPrefix)
		if !ok || algorithm == "Algorithm" || algorithm == "Type" || algorithm == "Mode" {
			continue
		}
		if name != "" {
			return true, cloud.Errorf(cloud.Invalid, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		name, value = strings.ToUpper(algorithm), values[0]
	}
	if name == "" {
		return false, nil
	}
	sum, known := checksum.New(name)
	if !known {
		return true, cloud.Errorf(cloud.Unsupported, "NotImplemented", "Sillok cannot compute the checksum %.40s", name)
	}
	sum.Write(body)
	want := sum.Sum(nil)
	given, err := base64.StdEncoding.DecodeString(value)
	switch {
	case err != nil || len(given) != len(want):
		return true, cloud.Errorf(cloud.Invalid, "InvalidRequest", "Value for %s header is invalid.", strings.ToLower(checksumPrefix+name))
	case string(given) != string(want):
		return true, cloud.Errorf(cloud.Invalid, "BadDigest", "The %s you specified did not match the calculated checksum.", name)
	}
	return true, nil
}

// tellLength says in its header how long a streamed body is once its framing is
// undone. One of no known length is refused.
func (x *exchange) tellLength() error {
	if x.r.ContentLength < 0 {
		return cloud.Errorf(cloud.Invalid, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	x.r.Header.Set("Content-Length", strconv.FormatInt(x.r.ContentLength, 10))
	return nil
}
