package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/restxml"
)

// parts is the body that completes an upload of n parts, as boto3 writes it.
func parts(n int) []byte {
	var b strings.Builder
	b.WriteString(`<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
	for i := range n {
		fmt.Fprintf(&b, "<Part><ETag>&quot;%032x&quot;</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32><PartNumber>%d</PartNumber></Part>", i, i+1)
	}
	b.WriteString("</CompleteMultipartUpload>")
	return []byte(b.String())
}

// keys is the body that deletes n objects.
func keys(n int) []byte {
	var b strings.Builder
	b.WriteString(`<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
	for i := range n {
		fmt.Fprintf(&b, "<Object><Key>AWSLogs/111122223333/CloudTrail/%d.json.gz</Key><VersionId>%032d</VersionId></Object>", i, i)
	}
	b.WriteString("<Quiet>true</Quiet></Delete>")
	return []byte(b.String())
}

func BenchmarkDecodeXML(b *testing.B) {
	for _, bb := range []struct {
		name, op string
		body     []byte
	}{
		{"10000Parts", "CompleteMultipartUpload", parts(10000)},
		{"1000Keys", "DeleteObjects", keys(1000)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			op := operation(b, s3api.Service, bb.op)
			b.SetBytes(int64(len(bb.body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := (restxml.Protocol{}).Decode(op, &wire.Request{HTTP: post(b), Body: bb.body}, op.NewInput()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
