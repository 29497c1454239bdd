package s3

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/sillok/sillok/internal/cloud"
)

// policyDocument is a bucket's policy, taken apart.
type policyDocument struct {
	Version   *string
	ID        *string `json:"Id"`
	Statement []policyStatement
}

// policyStatement is one statement of a policy. What is absent is nil.
type policyStatement struct {
	Sid                     *string
	Effect                  *string
	Principal, NotPrincipal *policyPrincipal
	Action, NotAction       policyTexts
	Resource, NotResource   policyTexts
	Condition               map[string]map[string]policyTexts // by operator and key
}

// policyPrincipal is whom a statement is about: by kind, or everybody as "*"
// of kind "AWS".
type policyPrincipal map[string]policyTexts

// policyTexts is one text or a list of them. Conditions may also have numbers
// and booleans, which stand as their texts.
type policyTexts []string

// parsePolicy takes a policy apart. Its errors are AWS's for what is no policy.
func parsePolicy(doc []byte) (*policyDocument, error) {
	if len(doc) == 0 || doc[0] != '{' || !json.Valid(doc) {
		return nil, errPolicy("Policies must be valid JSON and the first byte must be '{'")
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(doc, &top); err != nil {
		return nil, errPolicyJSON(err)
	}
	if err := onlyFields(top, "Version", "Id", "Statement"); err != nil {
		return nil, err
	}
	if _, ok := top["Statement"]; !ok {
		return nil, errPolicy("Missing required field Statement")
	}
	policy := &policyDocument{}
	statements, err := listOf(top["Statement"])
	if err != nil {
		return nil, err
	}
	for _, statement := range statements {
		if err := policy.add(statement); err != nil {
			return nil, err
		}
	}
	delete(top, "Statement")
	return policy, decodePolicy(top, policy)
}

// add takes a statement apart and adds it.
func (p *policyDocument) add(doc json.RawMessage) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(doc, &fields); err != nil {
		return errPolicyJSON(err)
	}
	if err := onlyFields(fields, "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"); err != nil {
		return err
	}
	statement := policyStatement{}
	if err := decodePolicy(fields, &statement); err != nil {
		return err
	}
	p.Statement = append(p.Statement, statement)
	return nil
}

// decodePolicy sets the fields of a struct.
func decodePolicy(fields map[string]json.RawMessage, to any) error {
	doc, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(doc, to)
	}
	if err != nil {
		return errPolicyJSON(err)
	}
	return nil
}

// onlyFields refuses an object that has other members than those of names.
func onlyFields(object map[string]json.RawMessage, names ...string) error {
	for name := range object {
		if !slices.Contains(names, name) {
			return errPolicy("Unknown field " + name)
		}
	}
	return nil
}

// listOf returns the elements of an array, or what is none as the only one.
func listOf(doc json.RawMessage) ([]json.RawMessage, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(doc), []byte("[")) {
		return []json.RawMessage{doc}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(doc, &list); err != nil {
		return nil, errPolicyJSON(err)
	}
	return list, nil
}

// UnmarshalJSON reads a text, a number, a boolean or a list of these.
func (t *policyTexts) UnmarshalJSON(doc []byte) error {
	list, err := listOf(doc)
	if err != nil {
		return err
	}
	*t = policyTexts{}
	for _, element := range list {
		text := string(bytes.TrimSpace(element))
		switch text[0] {
		case '"':
			if err := json.Unmarshal(element, &text); err != nil {
				return err
			}
		case '{', '[', 'n':
			return errPolicy("This policy contains invalid Json")
		}
		*t = append(*t, text)
	}
	return nil
}

// UnmarshalJSON reads "*" or an object of kinds.
func (p *policyPrincipal) UnmarshalJSON(doc []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(doc), []byte("{")) {
		var kinds map[string]policyTexts
		if err := json.Unmarshal(doc, &kinds); err != nil {
			return err
		}
		*p = kinds
		return nil
	}
	var everybody string
	if err := json.Unmarshal(doc, &everybody); err != nil || everybody != "*" {
		return errPrincipal()
	}
	*p = policyPrincipal{"AWS": {"*"}}
	return nil
}

func errPolicy(message string) *cloud.Error { return fail(cloud.Invalid, "MalformedPolicy", message) }

func errPrincipal() *cloud.Error { return errPolicy("Invalid principal in policy") }

// errPolicyJSON is the error of what is JSON and no policy.
func errPolicyJSON(err error) error {
	if cloud.KindOf(err) == cloud.Invalid {
		return err
	}
	return errPolicy("This policy contains invalid Json").Because(err)
}
