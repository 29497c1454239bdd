package iam

import (
	"context"
	"encoding/xml"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// samlProvider is a provider of SAML assertions as it is kept. Nobody can assume a role
// by one yet: its document is kept for those who manage it.
type samlProvider struct {
	Name, ID, Document string
	Created            time.Time
	ValidUntil         time.Time
}

var samlProviders = resource.Kind[samlProvider]{
	Name: "iam/saml-provider", Taken: taken("The SAML Provider with name %s already exists."),
}

// readSAML returns until when a document of metadata is valid: for 100 years where it
// does not say, as AWS takes it.
func readSAML(document string) (time.Time, error) {
	var metadata struct {
		XMLName    xml.Name
		ValidUntil string `xml:"validUntil,attr"`
	}
	if err := xml.Unmarshal([]byte(document), &metadata); err != nil || metadata.XMLName.Local != "EntityDescriptor" {
		return time.Time{}, errInput("Could not parse metadata")
	}
	if until, err := time.Parse(time.RFC3339, metadata.ValidUntil); err == nil {
		return until.UTC(), nil
	}
	return resource.Now(time.Second).AddDate(100, 0, 0), nil
}

func findSAML(r resource.Reader, name string) (samlProvider, error) {
	of, ok := strings.CutPrefix(name, arn(accountOf(r), "saml-provider", "/", ""))
	p, found, err := samlProviders.Find(r, folded(of))
	if err == nil && (!ok || !found) {
		err = cloud.Errorf(cloud.NotFound, "NoSuchEntity", "Manifest not found for arn %s", name)
	}
	return p, err
}

// CreateSAMLProvider keeps a provider of SAML assertions.
func (s *Service) CreateSAMLProvider(ctx context.Context, in *iamapi.CreateSAMLProviderInput) (*iamapi.CreateSAMLProviderOutput, error) {
	until, err := readSAML(*in.SAMLMetadataDocument)
	if err != nil {
		return nil, err
	}
	if in.AddPrivateKey != nil || in.AssertionEncryptionMode != nil {
		return nil, errEncryptedSAML()
	}
	p := samlProvider{Name: *in.Name, ID: uuid.NewString(), Document: *in.SAMLMetadataDocument, Created: *resource.Now(time.Second), ValidUntil: until}
	out := &iamapi.CreateSAMLProviderOutput{Tags: in.Tags}
	return out, s.update(ctx, func(tx resource.Tx) error {
		name := arn(accountOf(tx), "saml-provider", "/", p.Name)
		out.SAMLProviderArn = &name
		if err := samlProviders.Create(tx, p, folded(p.Name)); err != nil {
			return err
		}
		return addTags(tx, name, in.Tags)
	})
}

func errEncryptedSAML() error {
	return cloud.Errorf(cloud.Unsupported, "NotImplemented", "Encrypted SAML assertions are not supported by this version of Sillok")
}

// GetSAMLProvider returns a provider.
func (s *Service) GetSAMLProvider(ctx context.Context, in *iamapi.GetSAMLProviderInput) (*iamapi.GetSAMLProviderOutput, error) {
	out := &iamapi.GetSAMLProviderOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		p, err := findSAML(r, *in.SAMLProviderArn)
		if err != nil {
			return err
		}
		out.SAMLProviderUUID, out.SAMLMetadataDocument, out.CreateDate, out.ValidUntil = &p.ID, &p.Document, &p.Created, &p.ValidUntil
		out.Tags, err = tagsOf(r, *in.SAMLProviderArn)
		return err
	})
}

// ListSAMLProviders returns all providers.
func (s *Service) ListSAMLProviders(ctx context.Context, _ *iamapi.ListSAMLProvidersInput) (*iamapi.ListSAMLProvidersOutput, error) {
	out := &iamapi.ListSAMLProvidersOutput{SAMLProviderList: []iamapi.SAMLProviderListEntry{}}
	return out, s.view(ctx, func(r resource.Reader) error {
		for entry, err := range samlProviders.List(r) {
			if err != nil {
				return err
			}
			p := entry.Value
			out.SAMLProviderList = append(out.SAMLProviderList, iamapi.SAMLProviderListEntry{
				Arn: new(arn(accountOf(r), "saml-provider", "/", p.Name)), ValidUntil: &p.ValidUntil, CreateDate: &p.Created,
			})
		}
		return nil
	})
}

// UpdateSAMLProvider replaces a provider's document.
func (s *Service) UpdateSAMLProvider(ctx context.Context, in *iamapi.UpdateSAMLProviderInput) (*iamapi.UpdateSAMLProviderOutput, error) {
	if in.AddPrivateKey != nil || in.AssertionEncryptionMode != nil || in.RemovePrivateKey != nil {
		return nil, errEncryptedSAML()
	}
	return &iamapi.UpdateSAMLProviderOutput{SAMLProviderArn: in.SAMLProviderArn}, s.update(ctx, func(tx resource.Tx) error {
		p, err := findSAML(tx, *in.SAMLProviderArn)
		if err != nil || in.SAMLMetadataDocument == nil {
			return err
		}
		p.Document = *in.SAMLMetadataDocument
		if p.ValidUntil, err = readSAML(p.Document); err != nil {
			return err
		}
		return samlProviders.Put(tx, p, folded(p.Name))
	})
}

// DeleteSAMLProvider removes a provider.
func (s *Service) DeleteSAMLProvider(ctx context.Context, in *iamapi.DeleteSAMLProviderInput) (*iamapi.DeleteSAMLProviderOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		p, err := findSAML(tx, *in.SAMLProviderArn)
		if err != nil {
			return err
		}
		if err := tags.Delete(tx, *in.SAMLProviderArn); err != nil {
			return err
		}
		return samlProviders.Delete(tx, folded(p.Name))
	})
}
