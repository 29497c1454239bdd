package source_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"

	"github.com/sillok/sillok/internal/lake/source"
)

// packed writes text through a compressor.
func packed[W io.WriteCloser](tb testing.TB, open func(io.Writer) (W, error), text string) string {
	tb.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func gz(tb testing.TB, text string) string {
	tb.Helper()
	return packed(tb, func(w io.Writer) (*gzip.Writer, error) { return gzip.NewWriter(w), nil }, text)
}

func zipped(tb testing.TB, files ...string) string {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func tarred(tb testing.TB, files ...string) string {
	tb.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Mode: 0o600, Size: int64(len(files[i+1]))}); err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func wide(order binary.AppendByteOrder, text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// bzip2 of "one\ntwo\n": the standard library reads it and does not write it.
const bzipped = "QlpoOTFBWSZTWacUK3cAAALBgAAQAgGEgCAAIYAMAjj1G4u5IpwoSFOKFbuA"

func read(tb testing.TB, body string, limit int64, open func(*source.Source, context.Context) (*source.Content, error)) (text, damaged, note string) {
	tb.Helper()
	src := &source.Source{Size: int64(len(body)), MaxExpanded: limit, Dir: tb.TempDir(), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(body)), nil
	}}
	c, err := open(src, tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	out, err := io.ReadAll(c)
	if err != nil {
		tb.Fatal(err)
	}
	if err := c.Close(); err != nil {
		tb.Fatal(err)
	}
	return string(out), c.Damaged(), c.Note()
}

func TestText(t *testing.T) {
	const text = "one\ntwo\n"
	bz, err := base64.StdEncoding.DecodeString(bzipped)
	if err != nil {
		t.Fatal(err)
	}
	block := string(s2.EncodeSnappy(nil, []byte(text)))
	hadoop := string(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) + string(binary.BigEndian.AppendUint32(nil, uint32(len(block)))) + block
	for _, tt := range []struct {
		name, body          string
		want, damaged, note string
	}{
		{name: "plain", body: text, want: text},
		{name: "empty"},
		{name: "a byte order mark", body: "\ufeff" + text, want: text},
		{name: "UTF-16, little end first", body: "\xff\xfe" + wide(binary.LittleEndian, text), want: text},
		{name: "UTF-16, big end first", body: "\xfe\xff" + wide(binary.BigEndian, text), want: text},
		{name: "UTF-16 without a mark", body: wide(binary.LittleEndian, "version account-id\n"), want: "version account-id\n"},
		{name: "UTF-32", body: "\xff\xfe\x00\x00o\x00\x00\x00", damaged: "text in UTF-32, which is not read"},
		{name: "gzip", body: gz(t, text), want: text},
		{name: "gzip of a byte order mark", body: gz(t, "\ufeff"+text), want: text},
		{name: "gzip in two members", body: gz(t, "one\n") + gz(t, "two\n"), want: text},
		{name: "gzip twice", body: gz(t, gz(t, text)), want: text},
		{name: "gzip five times", body: gz(t, gz(t, gz(t, gz(t, gz(t, text))))), damaged: "packed more than 4 times"},
		{name: "bytes behind gzip", body: gz(t, text) + "garbage", want: text, note: "7 bytes follow the end of the compressed data and are not read"},
		{name: "zeros behind gzip", body: gz(t, text) + strings.Repeat("\x00", 512), want: text, note: "512 bytes follow the end of the compressed data and are not read"},
		{name: "gzip that is cut off", body: gz(t, text)[:12], damaged: "compressed data is cut off"},
		{name: "zstd", body: packed(t, func(w io.Writer) (*zstd.Encoder, error) { return zstd.NewWriter(w) }, text), want: text},
		{name: "bzip2", body: string(bz), want: text},
		{name: "xz", body: packed(t, func(w io.Writer) (*xz.Writer, error) { return xz.NewWriter(w) }, text), want: text},
		{name: "lz4", body: packed(t, func(w io.Writer) (*lz4.Writer, error) { return lz4.NewWriter(w), nil }, text), want: text},
		{name: "snappy in frames", body: packed(t, func(w io.Writer) (*snappy.Writer, error) { return snappy.NewBufferedWriter(w), nil }, text), want: text},
		{name: "snappy in a block", body: block, want: text},
		{name: "snappy as Hadoop writes it", body: hadoop, want: text},
		{name: "bytes like snappy that are none", body: "\x08\x1cone\ntwo?\xff", want: "\x08\x1cone\ntwo?\xff"},
		{name: "zip", body: zipped(t, "a.txt", "one\n", "__MACOSX/._a.txt", "x", "folder/b.txt", "two"), want: text},
		{name: "zip of gzip", body: zipped(t, "a.gz", gz(t, "one"), "b.gz", gz(t, "two\n")), want: text},
		{name: "zip with a file that is cut off", body: zipped(t, "a.gz", gz(t, "lost")[:12], "b", text), want: text, damaged: "a.gz: compressed data is cut off"},
		{name: "zip that is cut off", body: zipped(t, "a.txt", text)[:30], damaged: "compressed data: zip: not a valid zip file"},
		{name: "an empty zip", body: zipped(t)},
		{name: "tar", body: tarred(t, "a", "one\n", ".hidden", "x", "b", "two"), want: text},
		{name: "tar of gzip in gzip", body: gz(t, tarred(t, "a.gz", gz(t, "one\n"), "b", "two\n")), want: text},
		{name: "7-Zip", body: "7z\xbc\xaf\x27\x1c..", damaged: "compressed with 7-Zip, which is not read"},
		{name: "gzip of 7-Zip", body: gz(t, "7z\xbc\xaf\x27\x1c.."), damaged: "compressed with 7-Zip, which is not read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, damaged, note := read(t, tt.body, 0, (*source.Source).Text)
			if diff := cmp.Diff([]string{tt.want, tt.damaged, tt.note}, []string{text, damaged, note}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A bomb ends at the limit, whichever layer of it expands.
func TestTextIsBounded(t *testing.T) {
	zeros := strings.Repeat("0", 1<<20)
	for name, body := range map[string]string{
		"gzip": gz(t, zeros), "gzip twice": gz(t, gz(t, zeros)), "zip": zipped(t, "a", zeros), "snappy": string(s2.EncodeSnappy(nil, []byte(zeros))),
		"many files": zipped(t, "a", zeros[:1000], "b", zeros[:1000], "c", zeros[:1000]),
	} {
		t.Run(name, func(t *testing.T) {
			const limit = 2500
			text, damaged, _ := read(t, body, limit, (*source.Source).Text)
			if len(text) > limit && name != "snappy" || damaged == "" && name != "snappy" {
				t.Errorf("%d bytes, damaged %q", len(text), damaged)
			}
		})
	}
}

func TestUnwrapped(t *testing.T) {
	const flow = "2 1 eni-1 1.1.1.1 2.2.2.2 80 2 6 1 7 1 1 ACCEPT OK"
	for _, tt := range []struct{ name, body, want string }{
		{name: "plain lines", body: flow + "\n", want: flow + "\n"},
		{name: "a line with a tar archive's word at its place", body: strings.Repeat("x", 257) + "ustar" + strings.Repeat("y", 512) + "\n", want: strings.Repeat("x", 257) + "ustar" + strings.Repeat("y", 512) + "\n"},
		{name: "a line that begins as bzip2 does", body: "BZhang said so\n", want: "BZhang said so\n"},
		{name: "an export of CloudWatch Logs", body: "2024-05-01T01:00:00.000Z " + flow + "\n2024-05-01T01:00:00.000Z {\"a\":1}\n", want: flow + "\n{\"a\":1}\n"},
		{name: "an export with a line that goes on", body: "2024-05-01T01:00:00.000Z {\n  \"a\":1}\n2024-05-01T01:00:01.000Z {}", want: "{\n  \"a\":1}\n{}"},
		{name: "a balancer's line begins with a time, too", body: "2015-05-13T23:39:43.945958Z lb 1\n", want: "2015-05-13T23:39:43.945958Z lb 1\n"},
		{name: "deliveries of a subscription", body: `{"messageType":"DATA_MESSAGE","owner":"1","logEvents":[{"id":"1","timestamp":1,"message":"` + flow + `"},{"id":"2","message":"x\ty\n"}]}{"messageType":"DATA_MESSAGE","logEvents":[{"message":"z"}]}`, want: flow + "\nx\ty\nz\n"},
		{name: "a question whether a delivery would arrive", body: `{"messageType":"CONTROL_MESSAGE","logEvents":[{"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}` + "\n" + `{"messageType":"DATA_MESSAGE","logEvents":[{"message":"z"}]}`, want: "z\n"},
		{name: "an answer of get-log-events", body: `{"events": [{"timestamp": 1, "message": "` + flow + `", "ingestionTime": 2}], "nextForwardToken": "f"}`, want: flow + "\n"},
		{name: "messages of a delivery stream", body: `{"message":"` + flow + `"}` + "\n" + `{"message":"{\"a\":1}"}`, want: flow + "\n{\"a\":1}\n"},
		{name: "an object without a message among them", body: `{"message":"2 1"}{"other":1}` + "\n" + `{"message":"2 2"}`, want: "2 1\n{}\n2 2\n"},
		{name: "broken text among them", body: `{"message":"2 1"}` + "\nbroken {\n" + `{"message":"2 2"}`, want: "2 1\nbroken {\n2 2\n"},
		{name: "messages of an application", body: `{"message":"started","level":"INFO"}` + "\n", want: `{"message":"started","level":"INFO"}` + "\n"},
		{name: "an answer of lookup-events", body: `{"Events":[{"CloudTrailEvent":"{}"}]}`, want: `{"Events":[{"CloudTrailEvent":"{}"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, _, _ := read(t, tt.body, 0, (*source.Source).Unwrapped)
			if diff := cmp.Diff(tt.want, text); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzUnwrapped gives any bytes, as they are and packed: no panic, no more than
// the limit, and a good message is never lost beside a bad one.
func FuzzUnwrapped(f *testing.F) {
	for _, seed := range []string{
		`{"message":"2 1"}`, `{"logEvents":[{"message":"a"}]}`, "2024-05-01T01:00:00.000Z a\n", "\x1f\x8b\x08", "PK\x03\x04", "BZh91AY", "\xfd7zXZ\x00\x00",
		"\x04\x22\x4d\x18", "\xff\x06\x00\x00sNaPpY", "\x28\xb5\x2f\xfd", "\x08\x1cone\ntwo\n", "\xff\xfeo\x00", "}", `"`, `{"message":`,
		gz(f, gz(f, "x")), zipped(f, "a", "b"), tarred(f, "a", "b"), strings.Repeat("\x00", 257-len(`{"message":"2 good1"}`)-1) + "ustar", "BZh",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		const limit = 1 << 20
		for _, in := range []string{body, gz(t, body), zipped(t, "a", body)} {
			if text, _, _ := read(t, in, limit, (*source.Source).Unwrapped); len(text) > 4*limit+len(in) {
				t.Errorf("%d bytes", len(text))
			}
		}
		line := strings.NewReplacer("\n", " ", "\r", " ").Replace(body)
		text, _, _ := read(t, `{"message":"2 good1"}`+"\n"+line+"\n"+`{"message":"2 good2"}`+"\n", limit, (*source.Source).Unwrapped)
		if !strings.HasPrefix(text, "2 good1\n") || !strings.Contains(text, "2 good2") {
			t.Errorf("a message is lost: %q", text)
		}
	})
}
