package iam

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// serverCertificate is a certificate of a server, with its key, as it is kept.
type serverCertificate struct {
	Name, Path, ID string
	Body, Chain    string
	Key            []byte // sealed
	Uploaded       time.Time
	Expires        time.Time
}

var serverCertificates = resource.Kind[serverCertificate]{
	Name: "iam/server-certificate", Missing: missing("The Server Certificate with name %s cannot be found."),
	Taken: taken("The Server Certificate with name %s already exists."),
}

// parsePEM returns the certificate that a text in PEM begins with.
func parsePEM(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errCertificate()
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, errCertificate()
	}
	return parsed, nil
}

func errCertificate() error {
	return cloud.Errorf(cloud.Invalid, "MalformedCertificate",
		"Unable to parse certificate. Please ensure the certificate is in PEM format.")
}

// UploadServerCertificate keeps a certificate and its key, which is never told again.
func (s *Service) UploadServerCertificate(ctx context.Context, in *iamapi.UploadServerCertificateInput) (*iamapi.UploadServerCertificateOutput, error) {
	parsed, err := parsePEM(*in.CertificateBody)
	if err != nil {
		return nil, err
	}
	c := serverCertificate{
		Name: *in.ServerCertificateName, Path: resource.Or(in.Path, "/"), ID: newID("ASCA"), Body: *in.CertificateBody,
		Chain: resource.Value(in.CertificateChain), Uploaded: *resource.Now(time.Second), Expires: parsed.NotAfter.UTC(),
	}
	if c.Key, err = s.sealer.Seal([]byte(*in.PrivateKey), []byte("iam/server-certificate/"+c.ID)); err != nil {
		return nil, fmt.Errorf("seal the key of a certificate: %w", err)
	}
	out := &iamapi.UploadServerCertificateOutput{Tags: in.Tags}
	return out, s.update(ctx, func(tx resource.Tx) error {
		_, found, err := serverCertificates.Find(tx, folded(c.Name))
		if err == nil && found {
			err = serverCertificates.Taken(c.Name)
		}
		if err == nil {
			err = serverCertificates.Put(tx, c, folded(c.Name))
		}
		if err == nil {
			err = addTags(tx, c.arn(tx), in.Tags)
		}
		out.ServerCertificateMetadata = c.shape(tx)
		return err
	})
}

func getServerCertificate(r resource.Reader, name *string) (serverCertificate, error) {
	c, found, err := serverCertificates.Find(r, folded(*name))
	if err == nil && !found {
		err = serverCertificates.Missing(*name)
	}
	return c, err
}

// GetServerCertificate returns a certificate without its key.
func (s *Service) GetServerCertificate(ctx context.Context, in *iamapi.GetServerCertificateInput) (*iamapi.GetServerCertificateOutput, error) {
	out := &iamapi.GetServerCertificateOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		c, err := getServerCertificate(r, in.ServerCertificateName)
		if err != nil {
			return err
		}
		out.ServerCertificate = &iamapi.ServerCertificate{
			ServerCertificateMetadata: c.shape(r), CertificateBody: &c.Body, CertificateChain: optional(c.Chain),
		}
		out.ServerCertificate.Tags, err = tagsOf(r, c.arn(r))
		return err
	})
}

// ListServerCertificates returns a page of the certificates.
func (s *Service) ListServerCertificates(ctx context.Context, in *iamapi.ListServerCertificatesInput) (*iamapi.ListServerCertificatesOutput, error) {
	out := &iamapi.ListServerCertificatesOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), serverCertificates.From(r), func(c serverCertificate) (iamapi.ServerCertificateMetadata, bool, error) {
			return *c.shape(r), below(c.Path, in.PathPrefix), nil
		})
		out.ServerCertificateMetadataList, out.Marker, out.IsTruncated = page, marker, new(marker != nil)
		return err
	})
}

// UpdateServerCertificate gives a certificate another name or path.
func (s *Service) UpdateServerCertificate(ctx context.Context, in *iamapi.UpdateServerCertificateInput) (*iamapi.UpdateServerCertificateOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		c, err := getServerCertificate(tx, in.ServerCertificateName)
		if err != nil {
			return err
		}
		before, was := folded(c.Name), c.arn(tx)
		c.Name, c.Path = resource.Or(in.NewServerCertificateName, c.Name), resource.Or(in.NewPath, c.Path)
		if folded(c.Name) != before {
			_, found, err := serverCertificates.Find(tx, folded(c.Name))
			if err == nil && found {
				err = serverCertificates.Taken(c.Name)
			}
			if err == nil {
				err = serverCertificates.Delete(tx, before)
			}
			if err != nil {
				return err
			}
		}
		if err := serverCertificates.Put(tx, c, folded(c.Name)); err != nil {
			return err
		}
		return moveTags(tx, was, c.arn(tx))
	})
}

// DeleteServerCertificate removes a certificate and its key.
func (s *Service) DeleteServerCertificate(ctx context.Context, in *iamapi.DeleteServerCertificateInput) (*iamapi.DeleteServerCertificateOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		c, err := getServerCertificate(tx, in.ServerCertificateName)
		if err != nil {
			return err
		}
		if err := tags.Delete(tx, c.arn(tx)); err != nil {
			return err
		}
		return serverCertificates.Delete(tx, folded(c.Name))
	})
}

func (c *serverCertificate) arn(r resource.Reader) string {
	return arn(accountOf(r), "server-certificate", c.Path, c.Name)
}

func (c *serverCertificate) shape(r resource.Reader) *iamapi.ServerCertificateMetadata {
	return &iamapi.ServerCertificateMetadata{
		Path: &c.Path, ServerCertificateName: &c.Name, ServerCertificateId: &c.ID, Arn: new(c.arn(r)), UploadDate: &c.Uploaded, Expiration: &c.Expires,
	}
}

// certificate is one with which a user signs, as it is kept.
type certificate struct {
	ID, Body string
	Inactive bool `json:",omitempty"`
	Uploaded time.Time
}

func (c *certificate) shape(u *user) iamapi.SigningCertificate {
	return iamapi.SigningCertificate{
		UserName: &u.Name, CertificateId: &c.ID, CertificateBody: &c.Body, Status: new(status(c.Inactive)), UploadDate: &c.Uploaded,
	}
}

func status(inactive bool) string {
	if inactive {
		return "Inactive"
	}
	return "Active"
}

// maxCertificates is how many a user may sign with.
const maxCertificates = 2

// UploadSigningCertificate gives a user a certificate to sign with.
func (s *Service) UploadSigningCertificate(ctx context.Context, in *iamapi.UploadSigningCertificateInput) (*iamapi.UploadSigningCertificateOutput, error) {
	out := &iamapi.UploadSigningCertificateOutput{}
	return out, s.changeUser(ctx, in.UserName, func(_ resource.Tx, u *user) error {
		if _, err := parsePEM(*in.CertificateBody); err != nil {
			return err
		}
		if len(u.Certificates) >= maxCertificates {
			return errQuota("CertificatesPerUser", maxCertificates)
		}
		c := certificate{ID: newID("") + newID("")[:15], Body: *in.CertificateBody, Uploaded: *resource.Now(time.Second)}
		u.Certificates = append(u.Certificates, c)
		shape := c.shape(u)
		out.Certificate = &shape
		return nil
	})
}

// ListSigningCertificates returns the certificates that a user signs with.
func (s *Service) ListSigningCertificates(ctx context.Context, in *iamapi.ListSigningCertificatesInput) (*iamapi.ListSigningCertificatesOutput, error) {
	out := &iamapi.ListSigningCertificatesOutput{Certificates: []iamapi.SigningCertificate{}, IsTruncated: new(false)}
	return out, s.view(ctx, func(r resource.Reader) error {
		u, err := userOr(ctx, r, in.UserName)
		for i := range u.Certificates {
			out.Certificates = append(out.Certificates, u.Certificates[i].shape(&u))
		}
		return err
	})
}

// UpdateSigningCertificate makes a certificate active or inactive.
func (s *Service) UpdateSigningCertificate(ctx context.Context, in *iamapi.UpdateSigningCertificateInput) (*iamapi.UpdateSigningCertificateOutput, error) {
	return nil, s.changeUser(ctx, in.UserName, func(_ resource.Tx, u *user) error {
		at, err := u.certificate(*in.CertificateId)
		if err == nil {
			u.Certificates[at].Inactive = *in.Status != "Active"
		}
		return err
	})
}

// DeleteSigningCertificate takes a certificate from a user.
func (s *Service) DeleteSigningCertificate(ctx context.Context, in *iamapi.DeleteSigningCertificateInput) (*iamapi.DeleteSigningCertificateOutput, error) {
	return nil, s.changeUser(ctx, in.UserName, func(_ resource.Tx, u *user) error {
		at, err := u.certificate(*in.CertificateId)
		if err == nil {
			u.Certificates = slices.Delete(u.Certificates, at, at+1)
		}
		return err
	})
}

func (u *user) certificate(id string) (int, error) {
	at := slices.IndexFunc(u.Certificates, func(c certificate) bool { return c.ID == id })
	if at < 0 {
		return 0, cloud.Errorf(cloud.NotFound, "NoSuchEntity", "The Certificate with id %s cannot be found.", id)
	}
	return at, nil
}
