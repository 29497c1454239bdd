package transform

import "errors"

// ParseToOCSF is refused: which field of an event AWS maps to which of OCSF's is not
// known well enough, and a wrong one would not be seen.
type ParseToOCSF struct {
	Source         string `json:"source"`
	EventSource    string `json:"eventSource"`
	OCSFVersion    string `json:"ocsfVersion"`
	MappingVersion string `json:"mappingVersion"`
}

func (*ParseToOCSF) compile(bool) (func(r *run) error, error) {
	return nil, errors.New("events cannot be converted to OCSF here yet; use the parser of their format, such as parseVPC, parseWAF or parseJSON")
}
