package s3

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// Website answers a read of a bucket's website: an object, an index, or a
// redirect. head leaves the body out. An error comes with the site's own page for
// it, where there is one.
//
// Who may read is decided for each object that becomes a page, as for GetObject.
func (s *Service) Website(ctx context.Context, in *s3api.GetObjectInput, head bool) (status int, header http.Header, body io.ReadCloser, err error) {
	r := &siteRead{s: s, ctx: ctx, in: *in, key: text(in.Key)}
	page, err := r.answer()
	if head && page.body != nil {
		err = cmp.Or(err, page.body.Close())
		page.body = nil
	}
	return page.status, page.header, page.body, err
}

// siteRead is one read of a website.
type siteRead struct {
	s    *Service
	ctx  context.Context //nolint:containedctx // it is one call, as its arguments
	in   s3api.GetObjectInput
	key  string
	site *s3api.WebsiteConfiguration
}

// sitePage is an answer.
type sitePage struct {
	status int
	header http.Header
	body   io.ReadCloser // nil for none
}

func (r *siteRead) answer() (sitePage, error) {
	err := r.s.db.View(r.ctx, func(v *objects.View) error {
		b, err := v.Bucket(text(r.in.Bucket))
		if err == nil {
			r.site, err = setting[s3api.WebsiteConfiguration](v, b, websiteSetting)
		}
		return err
	})
	if err == nil && r.site == nil {
		err = fail(cloud.NotFound, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration", "BucketName", text(r.in.Bucket))
	}
	if err != nil {
		return sitePage{}, err
	}
	if to := r.site.RedirectAllRequestsTo; to != nil {
		return redirectPage(http.StatusMovedPermanently, text(to.Protocol), text(to.HostName), r.key), nil
	}
	if rule := matchingRule(r.site.RoutingRules, r.key, 0); rule != nil {
		return ruledPage(rule, r.key), nil
	}
	return r.object()
}

// object answers with the object of the key, or the index of a folder.
func (r *siteRead) object() (sitePage, error) {
	index := ""
	if r.site.IndexDocument != nil {
		index = text(r.site.IndexDocument.Suffix)
	}
	key := r.key
	if key == "" || strings.HasSuffix(key, "/") {
		key += index
	}
	out, err := r.get(key, r.in)
	if err == nil {
		return objectPage(out, r.in.Range != nil)
	}
	if isCode(err, "NoSuchKey") && key == r.key && index != "" && r.exists(key+"/"+index) {
		return redirectPage(http.StatusFound, "", "", key+"/"), nil
	}
	return r.failed(err)
}

func (r *siteRead) exists(key string) bool {
	if r.s.may(r.ctx, "s3:GetObject", objectARN(text(r.in.Bucket), key), nil) != nil {
		return false
	}
	_, err := r.s.HeadObject(r.ctx, &s3api.HeadObjectInput{Bucket: r.in.Bucket, Key: &key})
	return err == nil
}

func (r *siteRead) get(key string, in s3api.GetObjectInput) (*s3api.GetObjectOutput, error) {
	in.Key = &key
	if err := r.s.may(r.ctx, "s3:GetObject", objectARN(text(in.Bucket), key), nil); err != nil {
		return nil, err
	}
	return r.s.GetObject(r.ctx, &in)
}

// failed answers what could not be read: as a rule for that error says, else
// with the site's own page for errors beside the error.
func (r *siteRead) failed(err error) (sitePage, error) {
	status := statusOf(err)
	if rule := matchingRule(r.site.RoutingRules, r.key, status); status != 0 && rule != nil {
		return ruledPage(rule, r.key), nil
	}
	if r.site.ErrorDocument == nil || status < http.StatusBadRequest || status >= http.StatusInternalServerError {
		return sitePage{}, err
	}
	out, missing := r.get(text(r.site.ErrorDocument.Key), s3api.GetObjectInput{Bucket: r.in.Bucket, ExpectedBucketOwner: r.in.ExpectedBucketOwner})
	if missing != nil {
		return sitePage{}, err
	}
	page, failed := objectPage(out, false)
	page.status = status
	return page, cmp.Or(failed, err)
}

func isCode(err error, code string) bool {
	e, ok := errors.AsType[*cloud.Error](err)
	return ok && e.Code == code
}

// statusOf is the status of HTTP that a website tells an error by: 0 for one that
// is none of the caller's.
func statusOf(err error) int {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		return 0
	}
	switch e.Code {
	case "NotModified":
		return http.StatusNotModified
	case "PreconditionFailed":
		return http.StatusPreconditionFailed
	case "InvalidRange":
		return http.StatusRequestedRangeNotSatisfiable
	case "MethodNotAllowed":
		return http.StatusMethodNotAllowed
	}
	switch e.Kind {
	case cloud.NotFound:
		return http.StatusNotFound
	case cloud.Denied, cloud.Unauthenticated:
		return http.StatusForbidden
	case cloud.Invalid, cloud.Conflict, cloud.Unsupported:
		return http.StatusBadRequest
	case cloud.Throttled, cloud.Unavailable:
		return http.StatusServiceUnavailable
	case cloud.Internal:
	}
	return 0
}
