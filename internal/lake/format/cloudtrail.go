package format

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// cloudTrail reads CloudTrail's log files: {"Records": […]}, a bare array, or
// one record a line. The names are those of AWS's record reference; in a record
// they match whatever their case.
type cloudTrail struct{ schema *shadow.Schema }

func newCloudTrail() cloudTrail { return cloudTrail{schema: cloudTrailSchema()} }

const cloudTrailVersion = "1"

// trailMember is a member of a CloudTrail record.
type trailMember struct {
	name   string // in lower case, and the column's name
	kind   trailKind
	unique bool // its values seldom repeat
	json   bool // its JSON text is kept too, in a column beside it
	fields []trailMember
}

type trailKind int

const (
	trailText    trailKind = iota // a string; anything else keeps its JSON text
	trailStruct                   // an object with known members
	trailObjects                  // an array of objects with known members
	trailStrings                  // an object whose members are all text
)

func trailTexts(names ...string) []trailMember {
	out := make([]trailMember, 0, len(names))
	for _, n := range names {
		out = append(out, trailMember{name: n})
	}
	return out
}

// trailRest is the column that keeps, as one JSON object, the members that are
// not known here, by their path in lower case.
const trailRest = "_rest"

// cloudTrailRecord is every member that the CloudTrail user guide describes,
// up to eventVersion 1.11. eventJson and the like of CloudTrail Lake are not
// in log files.
func cloudTrailRecord() []trailMember {
	issuer := trailTexts("type", "principalid", "arn", "accountid", "username")
	session := []trailMember{
		{name: "attributes", kind: trailStruct, fields: trailTexts("mfaauthenticated", "creationdate")},
		{name: "sessionissuer", kind: trailStruct, fields: issuer},
		{name: "ec2roledelivery"},
		{name: "sourceidentity"},
		{name: "assumedroot"},
		{name: "webidfederationdata", kind: trailStruct, json: true, fields: []trailMember{
			{name: "federatedprovider"},
			{name: "attributes", kind: trailStrings},
		}},
	}
	identity := append(trailTexts("type", "principalid", "arn", "accountid", "accesskeyid", "username", "invokedby",
		"identityprovider", "credentialid"),
		trailMember{name: "onbehalfof", kind: trailStruct, fields: trailTexts("userid", "identitystorearn")},
		trailMember{name: "inscopeof", kind: trailStruct, fields: trailTexts("issuertype", "credentialsissuedto", "sourcearn", "sourceaccount")},
		trailMember{name: "sessioncontext", kind: trailStruct, fields: session})
	return []trailMember{
		{name: "eventversion"},
		{name: "useridentity", kind: trailStruct, fields: identity},
		{name: "eventtime"},
		{name: "eventsource"},
		{name: "eventname"},
		{name: "awsregion"},
		{name: "sourceipaddress"},
		{name: "useragent"},
		{name: "errorcode"},
		{name: "errormessage"},
		{name: "requestparameters"},
		{name: "responseelements"},
		{name: "additionaleventdata"},
		{name: "requestid", unique: true},
		{name: "eventid", unique: true},
		{name: "readonly"},
		{name: "resources", kind: trailObjects, fields: trailTexts("arn", "accountid", "type")},
		{name: "eventtype"},
		{name: "apiversion"},
		{name: "managementevent"},
		{name: "recipientaccountid"},
		{name: "serviceeventdetails"},
		{name: "sharedeventid"},
		{name: "vpcendpointid"},
		{name: "vpcendpointaccountid"},
		{name: "eventcategory"},
		{name: "addendum", kind: trailStruct, json: true, fields: trailTexts("reason", "updatedfields", "originalrequestid", "originaleventid")},
		{name: "sessioncredentialfromconsole"},
		{name: "edgedevicedetails"},
		{name: "tlsdetails", kind: trailStruct, json: true, fields: trailTexts("tlsversion", "ciphersuite", "clientprovidedhostheader")},
		{name: "insightdetails"},
		{name: "eventcontext"},
	}
}

// trailJSON ends the name of the column with a member's JSON text.
const trailJSON = "_json"

func trailNodes(members []trailMember) []shadow.Node {
	var out []shadow.Node
	for _, m := range members {
		out = append(out, trailNode(m))
		if m.json {
			out = append(out, shadow.Node{Name: m.name + trailJSON})
		}
	}
	return out
}

func trailNode(m trailMember) shadow.Node {
	n := shadow.Node{Name: m.name, Unique: m.unique}
	switch m.kind {
	case trailText:
		return n
	case trailStruct:
		n.Kind, n.Fields = shadow.Struct, trailNodes(m.fields)
	case trailObjects:
		element := shadow.Node{Kind: shadow.Struct, Fields: trailNodes(m.fields)}
		return shadow.Node{Name: m.name, Kind: shadow.List, Fields: []shadow.Node{element}}
	case trailStrings:
		return shadow.Node{Name: m.name, Kind: shadow.Map, Fields: []shadow.Node{{}}}
	}
	return n
}

func cloudTrailSchema() *shadow.Schema {
	return shadow.NewSchema(append(trailNodes(cloudTrailRecord()), shadow.Node{Name: trailRest}, unparsed())...)
}

// Name returns "cloudtrail".
func (cloudTrail) Name() string { return "cloudtrail" }

// Key returns the decoder's version.
func (cloudTrail) Key() []string { return []string{"cloudtrail", cloudTrailVersion} }

// Bind says how to read the columns. A column that no record has of its own is
// looked for among the members that are not known.
func (cloudTrail) Bind(columns []Column, _ shadow.Info) ([]Binding, error) {
	var out []Binding
	members := cloudTrailRecord()
	for _, c := range columns {
		if c.Name == Unparsed {
			out = append(out, bindUnparsed())
			continue
		}
		t, err := parseHiveType(c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		b, err := bindMember(members, strings.ToLower(c.Name), t)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		if b.Kind == Null {
			b = Binding{Kind: Member, Column: trailRest, Name: strings.ToLower(c.Name), Type: c.Type}
		}
		out = append(out, b)
	}
	return out, nil
}

func bindMember(members []trailMember, name string, t hiveType) (Binding, error) {
	for _, m := range members {
		if m.name != name {
			continue
		}
		b, err := bindTrail(m, t)
		if b.Column == "" {
			b.Column = name
		}
		return b, err
	}
	return Binding{Kind: Null, Type: t.Text}, nil
}

func bindTrail(m trailMember, t hiveType) (Binding, error) {
	switch {
	case m.kind == trailText && t.complex():
		return Binding{Kind: JSON, Type: t.Text}, nil
	case m.kind == trailText:
		return Binding{Kind: Text, Type: t.Text}, nil
	case m.kind == trailStruct && t.Base == "struct":
		return bindFields(m.fields, t)
	case m.kind == trailObjects && t.Base == "array" && t.Fields[0].Base == "struct":
		element, err := bindFields(m.fields, t.Fields[0])
		return Binding{Kind: List, Elem: &element, Type: t.Text}, err
	case m.kind == trailStrings && t.Base == "map":
		return Binding{Kind: Map, Elem: &Binding{Kind: Text, Type: t.Fields[1].Text}, Type: t.Text}, nil
	case m.json && t.complex():
		return Binding{Kind: JSON, Column: m.name + trailJSON, Type: t.Text}, nil
	case m.json:
		return Binding{Kind: Text, Column: m.name + trailJSON, Type: t.Text}, nil
	}
	return Binding{}, errShape(m, t)
}

func bindFields(members []trailMember, t hiveType) (Binding, error) {
	b := Binding{Kind: Struct, Type: t.Text}
	var errs []error
	for i, name := range t.Names {
		f, err := bindMember(members, name, t.Fields[i])
		errs = append(errs, err)
		b.Fields = append(b.Fields, Field{Name: name, Binding: f})
	}
	return b, errors.Join(errs...)
}

func errShape(m trailMember, t hiveType) error {
	shape := map[trailKind]string{trailStruct: "a struct", trailObjects: "an array of structs", trailStrings: "a map"}[m.kind]
	return cloud.Errorf(cloud.Unsupported, "NOT_SUPPORTED", "CloudTrail's %s is %s; a column of type %s is not supported for it", m.name, shape, t.Text)
}

// Columns returns the columns of a discovered table.
func (cloudTrail) Columns() []Column {
	var out []Column
	for _, m := range cloudTrailRecord() {
		out = append(out, Column{Name: m.name, Type: trailType(m)})
	}
	return append(out, Column{Name: Unparsed, Type: "string"})
}

func trailType(m trailMember) string {
	var fields []string
	for _, f := range m.fields {
		fields = append(fields, f.name+":"+trailType(f))
	}
	switch m.kind {
	case trailStruct:
		return "struct<" + strings.Join(fields, ",") + ">"
	case trailObjects:
		return "array<struct<" + strings.Join(fields, ",") + ">>"
	case trailStrings:
		return "map<string,string>"
	case trailText:
	}
	return "string"
}

// Decode writes one row for each record.
func (f cloudTrail) Decode(ctx context.Context, src *Source, start func(*shadow.Schema) *shadow.Writer) error {
	c, err := src.open(ctx)
	if err != nil {
		return err
	}
	w := start(f.schema)
	d := newTrailDecoder(w)
	err = d.document(c)
	w.Info.Damaged = c.damaged
	return errors.Join(err, c.close())
}
