package remotewrite

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sillok/sillok/internal/cloud/metric"
)

// readV1 reads a prometheus.WriteRequest. What it says of metrics apart from their series
// comes at other times than their samples, and is passed over.
func (p *Protocol) readV1(body []byte) error {
	return fields(body, func(number int, kind protowire.Type, _ uint64, b []byte) error {
		if number != 1 || kind != protowire.BytesType {
			return nil
		}
		if err := p.take(); err != nil {
			return err
		}
		var s series
		if err := p.seriesV1(b, &s); err != nil {
			return err
		}
		return p.add(&s)
	})
}

func (p *Protocol) seriesV1(body []byte, s *series) error {
	return fields(body, func(number int, kind protowire.Type, _ uint64, b []byte) error {
		if kind != protowire.BytesType {
			return nil
		}
		if err := p.take(); err != nil {
			return err
		}
		switch number {
		case 1:
			var l metric.Dimension
			err := fields(b, func(number int, _ protowire.Type, _ uint64, b []byte) error {
				switch number {
				case 1:
					l.Name = string(b)
				case 2:
					l.Value = string(b)
				}
				return nil
			})
			s.labels = append(s.labels, l)
			return err
		case 2:
			one, err := sampleOf(b)
			s.samples = append(s.samples, one)
			return err
		case 4:
			return p.histogram(b, s)
		}
		return nil
	})
}

// sampleOf reads a sample, which both versions write alike.
func sampleOf(body []byte) (one sample, err error) {
	err = fields(body, func(number int, _ protowire.Type, value uint64, _ []byte) error {
		switch number {
		case 1:
			one.value = math.Float64frombits(value)
		case 2:
			one.at = int64(value) //nolint:gosec // as protobuf writes it
		case 3:
			one.started = int64(value) //nolint:gosec // the same
		}
		return nil
	})
	return one, err
}

// readV2 reads an io.prometheus.write.v2.Request. Texts come first, and series name them by
// their places; a request that has them the other way round is refused.
func (p *Protocol) readV2(body []byte) error {
	var symbols []string
	return fields(body, func(number int, kind protowire.Type, _ uint64, b []byte) error {
		if kind != protowire.BytesType {
			return nil
		}
		switch number {
		case 4:
			symbols = append(symbols, string(b))
			return p.take()
		case 5:
			if err := p.take(); err != nil {
				return err
			}
			var s series
			if err := p.seriesV2(b, symbols, &s); err != nil {
				return err
			}
			return p.add(&s)
		}
		return nil
	})
}

func (p *Protocol) seriesV2(body []byte, symbols []string, s *series) error {
	symbol := func(at uint64) (string, error) {
		if at >= uint64(len(symbols)) {
			return "", errBroken
		}
		return symbols[at], nil
	}
	return fields(body, func(number int, kind protowire.Type, value uint64, b []byte) error {
		if number == 6 && kind == protowire.VarintType {
			s.started = int64(value) //nolint:gosec // as protobuf writes it
		}
		if kind != protowire.BytesType {
			return nil
		}
		if err := p.take(); err != nil {
			return err
		}
		switch number {
		case 1:
			return p.labels(b, symbol, s)
		case 2:
			one, err := sampleOf(b)
			s.samples = append(s.samples, one)
			return err
		case 3:
			return p.histogram(b, s)
		case 5:
			return fields(b, func(number int, _ protowire.Type, value uint64, _ []byte) (err error) {
				switch number {
				case 1:
					s.kind = value
				case 4:
					s.unit, err = symbol(value)
				}
				return err
			})
		}
		return nil
	})
}

// labels reads the places of names and values in turn.
func (p *Protocol) labels(b []byte, symbol func(uint64) (string, error), s *series) error {
	for len(b) > 0 {
		var l metric.Dimension
		for _, to := range []*string{&l.Name, &l.Value} {
			at, n := protowire.ConsumeVarint(b)
			if n < 0 {
				return errBroken
			}
			b = b[n:]
			var err error
			if *to, err = symbol(at); err != nil {
				return err
			}
		}
		s.labels = append(s.labels, l)
		if err := p.take(); err != nil {
			return err
		}
	}
	return nil
}
