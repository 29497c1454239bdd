package transform

import (
	"errors"
	"fmt"
)

// Processor is one processor of a transformer: exactly one member is there. Its JSON is
// AWS's.
type Processor struct {
	AddKeys           *AddKeys           `json:"addKeys,omitempty"`
	CopyValue         *CopyValue         `json:"copyValue,omitempty"`
	CSV               *CSV               `json:"csv,omitempty"`
	DateTimeConverter *DateTimeConverter `json:"dateTimeConverter,omitempty"`
	DeleteKeys        *DeleteKeys        `json:"deleteKeys,omitempty"`
	Grok              *Grok              `json:"grok,omitempty"`
	ListToMap         *ListToMap         `json:"listToMap,omitempty"`
	LowerCaseString   *LowerCaseString   `json:"lowerCaseString,omitempty"`
	MoveKeys          *MoveKeys          `json:"moveKeys,omitempty"`
	ParseCloudfront   *ParseCloudfront   `json:"parseCloudfront,omitempty"`
	ParseJSON         *ParseJSON         `json:"parseJSON,omitempty"`
	ParseKeyValue     *ParseKeyValue     `json:"parseKeyValue,omitempty"`
	ParsePostgres     *ParsePostgres     `json:"parsePostgres,omitempty"`
	ParseRoute53      *ParseRoute53      `json:"parseRoute53,omitempty"`
	ParseToOCSF       *ParseToOCSF       `json:"parseToOCSF,omitempty"`
	ParseVPC          *ParseVPC          `json:"parseVPC,omitempty"`
	ParseWAF          *ParseWAF          `json:"parseWAF,omitempty"`
	RenameKeys        *RenameKeys        `json:"renameKeys,omitempty"`
	SplitString       *SplitString       `json:"splitString,omitempty"`
	SubstituteString  *SubstituteString  `json:"substituteString,omitempty"`
	TrimString        *TrimString        `json:"trimString,omitempty"`
	TypeConverter     *TypeConverter     `json:"typeConverter,omitempty"`
	UpperCaseString   *UpperCaseString   `json:"upperCaseString,omitempty"`
}

// config is a processor as it is configured.
type config interface {
	// compile checks the configuration of a processor, the first one of its
	// transformer or not, and returns what it does to an event.
	compile(first bool) (func(r *run) error, error)
}

// kind is what is asked of a processor's place.
type kind struct {
	parser bool // makes fields of text: the first processor must be one
	first  bool // must be the first
	once   bool // there is one at most
}

func kinds() map[string]kind {
	vended := kind{parser: true, first: true, once: true}
	return map[string]kind{
		"addKeys": {once: true}, "copyValue": {once: true}, "csv": {parser: true}, "dateTimeConverter": {}, "deleteKeys": {},
		"grok": {parser: true, once: true}, "listToMap": {}, "lowerCaseString": {}, "moveKeys": {}, "parseCloudfront": vended,
		"parseJSON": {parser: true}, "parseKeyValue": {parser: true}, "parsePostgres": vended, "parseRoute53": vended,
		"parseToOCSF": {parser: true, once: true}, "parseVPC": vended, "parseWAF": vended, "renameKeys": {}, "splitString": {},
		"substituteString": {}, "trimString": {}, "typeConverter": {}, "upperCaseString": {},
	}
}

// only returns the one processor that is configured.
func (p *Processor) only() (name string, one config, err error) {
	n := 0
	set := func(is bool, as string, c config) {
		if is {
			name, one = as, c
			n++
		}
	}
	set(p.AddKeys != nil, "addKeys", p.AddKeys)
	set(p.CopyValue != nil, "copyValue", p.CopyValue)
	set(p.CSV != nil, "csv", p.CSV)
	set(p.DateTimeConverter != nil, "dateTimeConverter", p.DateTimeConverter)
	set(p.DeleteKeys != nil, "deleteKeys", p.DeleteKeys)
	set(p.Grok != nil, "grok", p.Grok)
	set(p.ListToMap != nil, "listToMap", p.ListToMap)
	set(p.LowerCaseString != nil, "lowerCaseString", p.LowerCaseString)
	set(p.MoveKeys != nil, "moveKeys", p.MoveKeys)
	set(p.ParseCloudfront != nil, "parseCloudfront", p.ParseCloudfront)
	set(p.ParseJSON != nil, "parseJSON", p.ParseJSON)
	set(p.ParseKeyValue != nil, "parseKeyValue", p.ParseKeyValue)
	set(p.ParsePostgres != nil, "parsePostgres", p.ParsePostgres)
	set(p.ParseRoute53 != nil, "parseRoute53", p.ParseRoute53)
	set(p.ParseToOCSF != nil, "parseToOCSF", p.ParseToOCSF)
	set(p.ParseVPC != nil, "parseVPC", p.ParseVPC)
	set(p.ParseWAF != nil, "parseWAF", p.ParseWAF)
	set(p.RenameKeys != nil, "renameKeys", p.RenameKeys)
	set(p.SplitString != nil, "splitString", p.SplitString)
	set(p.SubstituteString != nil, "substituteString", p.SubstituteString)
	set(p.TrimString != nil, "trimString", p.TrimString)
	set(p.TypeConverter != nil, "typeConverter", p.TypeConverter)
	set(p.UpperCaseString != nil, "upperCaseString", p.UpperCaseString)
	switch n {
	case 1:
		return name, one, nil
	case 0:
		return "", nil, errors.New("no processor is given that is known")
	}
	return "", nil, fmt.Errorf("%d processors are given, and one has to be", n)
}
