package plain

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The SDK gives versions and delete markers apart, which loses their order among
// each other: the order in which they were made, which no time in the listing
// tells, since that is to the second. So the answer is read once more.

// readOrder has the order of a page of versions in order, once it has come.
func readOrder(order *[]string) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("SillokVersionOrder",
			func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
				out, metadata, err := next.HandleDeserialize(ctx, in)
				answer, ok := out.RawResponse.(*smithyhttp.Response)
				if err != nil || !ok {
					return out, metadata, err
				}
				text, err := io.ReadAll(answer.Body)
				if err := errors.Join(err, answer.Body.Close()); err != nil {
					return out, metadata, err
				}
				answer.Body = io.NopCloser(bytes.NewReader(text))
				*order = orderOf(text)
				return out, metadata, nil
			}), middleware.After)
	}
}

// orderOf returns keys and version IDs as they stand in an answer. What is not
// to be understood is the SDK's to refuse.
func orderOf(answer []byte) []string {
	decoder := xml.NewDecoder(bytes.NewReader(answer))
	var order []string
	for {
		token, err := decoder.Token()
		if err != nil {
			return order
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "Version" && start.Name.Local != "DeleteMarker" {
			continue
		}
		var v struct {
			Key       string
			VersionID string `xml:"VersionId"`
		}
		if decoder.DecodeElement(&v, &start) != nil {
			return order
		}
		order = append(order, placeOf(v.Key, v.VersionID))
	}
}

func placeOf(key, version string) string { return key + "\x00" + version }

// versionsOf returns the versions and delete markers of a page by key, of one key
// the latest first: in the order of the answer, or by time where an S3 answers
// with versions and delete markers each on their own.
func versionsOf(page *s3.ListObjectVersionsOutput, order []string) ([]listed, error) {
	found := map[string][]listed{}
	add := func(l listed) {
		place := placeOf(l.key, l.version)
		found[place] = append(found[place], l)
	}
	for _, v := range page.Versions {
		add(listed{
			key: value(v.Key), version: value(v.VersionId), latest: value(v.IsLatest), size: value(v.Size),
			etag: strings.Trim(value(v.ETag), `"`), modified: value(v.LastModified),
		})
	}
	for _, m := range page.DeleteMarkers {
		add(listed{key: value(m.Key), version: value(m.VersionId), latest: value(m.IsLatest), marker: true, modified: value(m.LastModified)})
	}
	var all []listed
	for _, place := range order {
		if len(found[place]) == 0 {
			continue
		}
		l := found[place][0]
		found[place] = found[place][1:]
		var err error
		if l.key, err = decoded(l.key, page.EncodingType); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	if n := len(page.Versions) + len(page.DeleteMarkers); len(all) != n {
		return nil, fmt.Errorf("the listing has %d versions, but only %d could be told apart", n, len(all))
	}
	if apart(all) {
		slices.SortStableFunc(all, compareListed)
	}
	return all, nil
}

// apart says whether versions and delete markers may be told one kind after the
// other.
func apart(all []listed) bool {
	turns := 0
	for i := 1; i < len(all); i++ {
		if all[i].marker != all[i-1].marker {
			turns++
		}
	}
	return turns == 1
}

func compareListed(a, b listed) int {
	switch {
	case a.key != b.key:
		return strings.Compare(a.key, b.key)
	case a.latest != b.latest && a.latest:
		return -1
	case a.latest != b.latest:
		return 1
	}
	return b.modified.Compare(a.modified)
}
