package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// model is a botocore service model, less its documentation.
type model struct {
	Metadata   metadata             `json:"metadata"`
	Operations map[string]operation `json:"operations"`
	Shapes     map[string]*shape    `json:"shapes"`
}

type metadata struct {
	APIVersion         string          `json:"apiVersion"`
	EndpointPrefix     string          `json:"endpointPrefix"`
	JSONVersion        string          `json:"jsonVersion"`
	Protocol           string          `json:"protocol"`
	Protocols          []string        `json:"protocols"`
	ServiceFullName    string          `json:"serviceFullName"`
	SigningName        string          `json:"signingName"`
	TargetPrefix       string          `json:"targetPrefix"`
	XMLNamespace       string          `json:"xmlNamespace"`
	AWSQueryCompatible json.RawMessage `json:"awsQueryCompatible"`
}

type operation struct {
	HTTP struct {
		Method       string `json:"method"`
		RequestURI   string `json:"requestUri"`
		ResponseCode int    `json:"responseCode"`
	} `json:"http"`
	Input      *ref     `json:"input"`
	Output     *ref     `json:"output"`
	Errors     []ref    `json:"errors"`
	Deprecated bool     `json:"deprecated"`
	AuthType   string   `json:"authtype"`
	Auth       []string `json:"auth"`
	Endpoint   struct {
		HostPrefix string `json:"hostPrefix"`
	} `json:"endpoint"`
	HTTPChecksum struct {
		Algorithm string `json:"requestAlgorithmMember"`
		Required  bool   `json:"requestChecksumRequired"`
	} `json:"httpChecksum"`

	// What an overlay says, of what the models leave to clients.
	answerRoot string // REST-XML: root element of the answer
	unwrapped  bool   // REST-XML: the root's text is the one member of the answer
}

// ref is a use of a shape: by a member, an element or an operation.
type ref struct {
	Shape         string   `json:"shape"`
	Location      string   `json:"location"`
	LocationName  string   `json:"locationName"`
	QueryName     string   `json:"queryName"`
	Flattened     bool     `json:"flattened"`
	Streaming     bool     `json:"streaming"`
	XMLAttribute  bool     `json:"xmlAttribute"`
	EventPayload  bool     `json:"eventpayload"`
	ResultWrapper string   `json:"resultWrapper"`
	XMLNamespace  *xmlName `json:"xmlNamespace"`
}

type xmlName struct {
	Prefix string `json:"prefix"`
	URI    string `json:"uri"`
}

// UnmarshalJSON also takes a bare string, as some shapes spell it.
func (x *xmlName) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &x.URI)
	}
	type plain xmlName
	return json.Unmarshal(text, (*plain)(x))
}

type shape struct {
	Type            string      `json:"type"`
	Required        []string    `json:"required"`
	Members         members     `json:"members"`
	Member          *ref        `json:"member"`
	Key             *ref        `json:"key"`
	Value           *ref        `json:"value"`
	Min             json.Number `json:"min"`
	Max             json.Number `json:"max"`
	Pattern         string      `json:"pattern"`
	Enum            []string    `json:"enum"`
	Flattened       bool        `json:"flattened"`
	LocationName    string      `json:"locationName"`
	Payload         string      `json:"payload"`
	TimestampFormat string      `json:"timestampFormat"`
	Exception       bool        `json:"exception"`
	Fault           bool        `json:"fault"`
	Streaming       bool        `json:"streaming"`
	Document        bool        `json:"document"`
	Sensitive       bool        `json:"sensitive"`
	EventStream     bool        `json:"eventstream"`
	Event           bool        `json:"event"`
	XMLNamespace    *xmlName    `json:"xmlNamespace"`
	Error           struct {
		Code           string `json:"code"`
		HTTPStatusCode int    `json:"httpStatusCode"`
		SenderFault    bool   `json:"senderFault"`
	} `json:"error"`
}

// members are a structure's members in the model's order, which is the order
// of elements in XML.
type members []member

type member struct {
	name string
	ref
}

// UnmarshalJSON reads an object and keeps the order of its keys.
func (m *members) UnmarshalJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		key, ok := name.(string)
		if !ok {
			return fmt.Errorf("members: a key is a %T", name)
		}
		next := member{name: key}
		if err := dec.Decode(&next.ref); err != nil {
			return fmt.Errorf("member %s: %w", key, err)
		}
		*m = append(*m, next)
	}
	return nil
}

// loadModel returns the newest model of a service in botocore's wheel.
func loadModel(models *zip.Reader, src source) (*model, error) {
	prefix := "botocore/data/" + src.id + "/"
	var newest *zip.File
	for _, f := range models.File {
		name, ok := strings.CutPrefix(f.Name, prefix)
		if !ok || !strings.HasPrefix(name[strings.IndexByte(name, '/')+1:], "service-2.json") {
			continue
		}
		if newest == nil || f.Name > newest.Name {
			newest = f
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("no model below %s", prefix)
	}
	m := &model{}
	if err := decode(newest, m); err != nil {
		return nil, fmt.Errorf("%s: %w", newest.Name, err)
	}
	return m, nil
}

// decode reads a file of a wheel, JSON that may be compressed, into what to
// points to.
func decode(file *zip.File, to any) (err error) {
	f, err := file.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var r io.Reader = f
	if strings.HasSuffix(file.Name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return err
		}
	}
	return json.NewDecoder(r).Decode(to)
}
