package s3

import (
	"net/http"
	"strconv"

	"github.com/sillok/sillok/internal/api/s3api"
)

// objectPage is an object as a page, or where it says that it has moved to.
func objectPage(out *s3api.GetObjectOutput, ranged bool) (sitePage, error) {
	if to := text(out.WebsiteRedirectLocation); to != "" {
		return sitePage{status: http.StatusMovedPermanently, header: http.Header{"Location": {to}}}, out.Body.Close()
	}
	h := http.Header{}
	for name, value := range map[string]*string{
		"Content-Type": out.ContentType, "Content-Encoding": out.ContentEncoding, "Content-Language": out.ContentLanguage,
		"Content-Disposition": out.ContentDisposition, "Content-Range": out.ContentRange, "Cache-Control": out.CacheControl,
		"Expires": out.Expires, "Accept-Ranges": out.AcceptRanges, "Etag": out.ETag, "X-Amz-Version-Id": out.VersionId,
	} {
		if value != nil {
			h.Set(name, *value)
		}
	}
	for name, value := range out.Metadata {
		h.Set("X-Amz-Meta-"+name, value)
	}
	if out.ContentLength != nil {
		h.Set("Content-Length", strconv.FormatInt(*out.ContentLength, 10))
	}
	if out.LastModified != nil {
		h.Set("Last-Modified", out.LastModified.UTC().Format(http.TimeFormat))
	}
	status := http.StatusOK
	if ranged && out.ContentRange != nil {
		status = http.StatusPartialContent
	}
	return sitePage{status, h, out.Body}, nil
}
