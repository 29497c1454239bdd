package stream

import (
	"encoding/json"
	"strconv"

	"github.com/sillok/sillok/internal/kit/javadouble"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// json writes an object a line.
func (s *Stream) json() writer {
	head := appendText([]byte(`{"metric_stream_name":`), s.cfg.Name)
	head = appendText(append(head, `,"account_id":`...), string(s.cfg.Scope.Account))
	head = appendText(append(head, `,"region":`...), string(s.cfg.Scope.Region))
	head = append(head, `,"namespace":`...)
	return func(b []byte, u *Update, more []summary.Statistic) []byte {
		b = append(b, head...)
		b = appendText(b, u.Namespace)
		b = appendText(append(b, `,"metric_name":`...), u.Name)
		b = append(b, `,"dimensions":{`...)
		for i, d := range u.Dimensions {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(append(appendText(b, d.Name), ':'), d.Value)
		}
		b = append(b, `},"timestamp":`...)
		b = strconv.AppendInt(b, u.Minute.UnixMilli(), 10)
		b = append(append(b, `,"value":{"count":`...), javadouble.Text(u.Summary.Count)...)
		b = append(append(b, `,"sum":`...), javadouble.Text(u.Summary.Sum)...)
		b = append(append(b, `,"max":`...), javadouble.Text(u.Summary.Max)...)
		b = append(append(b, `,"min":`...), javadouble.Text(u.Summary.Min)...)
		for _, st := range more {
			if value, ok := st.Of(u.Summary); ok {
				b = append(appendText(append(b, ','), st.String()), ':')
				b = append(b, javadouble.Text(value)...)
			}
		}
		b = appendText(append(b, `},"unit":`...), u.Unit)
		return append(b, "}\n"...)
	}
}

// appendText appends a text as JSON.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return appendEscaped(b, text)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

func appendEscaped(b []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil { // no text fails
		return append(b, `""`...)
	}
	return append(b, quoted...)
}
