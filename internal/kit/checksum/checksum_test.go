package checksum_test

import (
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/checksum"
)

// TestCheckValues compares with the check values that the algorithms' catalogues
// publish: those of the text "123456789".
func TestCheckValues(t *testing.T) {
	want := map[string]string{
		"CRC32":     "cbf43926",
		"CRC32C":    "e3069283",
		"CRC64NVME": "ae8b14860a799888",
		"MD5":       "25f9e794323b453885f5181f1b624d0b",
		"SHA1":      "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
		"SHA256":    "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
		"SHA512": "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274a" +
			"d27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85",
		"XXHASH64":  "8cb841db40e6ae83",
		"XXHASH3":   "72dcb18b67a17dff",
		"XXHASH128": "33119477ede5dcd5e9716427681d5860",
	}
	got := map[string]string{}
	for algorithm := range want {
		h, ok := checksum.New(algorithm)
		if !ok {
			t.Errorf("%s is not known", algorithm)
			continue
		}
		h.Write([]byte("123456789"))
		got[algorithm] = hex.EncodeToString(h.Sum(nil))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("check values (-want +got):\n%s", diff)
	}
	for _, algorithm := range []string{"", "crc32", "XXHASH32"} {
		if _, ok := checksum.New(algorithm); ok {
			t.Errorf("%q is known", algorithm)
		}
	}
}
