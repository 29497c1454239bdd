package scalar_test

import "testing"

func TestBinary(t *testing.T) {
	runExpressions(t, []expression{
		{`to_hex(X'0aFf')`, "0AFF"},
		{`from_hex('0aFf')`, "0a ff"},
		{`from_hex('f')`, argument + "invalid input length 1"},
		{`from_hex('fG')`, argument + `not a hexadecimal digit: "G" = 71`},
		{`to_base64(X'fbff')`, "+/8="},
		{`to_base64url(X'fbff')`, "-_8="},
		{`from_base64('+/8=')`, "fb ff"},
		{`from_base64('+/8')`, "fb ff"},
		{`from_base64url('-_8=')`, "fb ff"},
		{`from_base64('gw==')`, "83"},
		{`from_base64('')`, ""},
		{`from_base64('a')`, argument + "Input byte[] should at least have 2 bytes for base64 bytes"},
		{`from_base64('-_8=')`, argument + "Illegal base64 character 2d"},
		{`from_base64('gw=')`, argument + "Input byte array has wrong 4-byte ending unit"},
		{`from_base64('gw==x')`, argument + "Input byte array has incorrect ending byte at 4"},
		{`from_base64('abcde')`, argument + "Last unit does not have enough valid bits"},
		{`to_base32(X'010203')`, "AEBAG==="},
		{`from_base32('AEBAG===')`, "01 02 03"},
		{`from_base32('A')`, argument + "Invalid input length 1"},
		{`from_base32('a0')`, argument + "Unrecognized character: a"},
		{`to_big_endian_32(258)`, "00 00 01 02"},
		{`from_big_endian_64(X'8000000000000001')`, "-9223372036854775807"},
		{`from_big_endian_32(X'11')`, argument + "expected 4-byte input, but got instead: 1"},
		{`to_ieee754_64(1e0)`, "3f f0 00 00 00 00 00 00"},
		{`to_ieee754_64(nan())`, "7f f8 00 00 00 00 00 00"},
		{`from_ieee754_32(X'3f800000')`, "1.0"},
		{`to_hex(md5(X''))`, "D41D8CD98F00B204E9800998ECF8427E"},
		{`to_hex(sha1(X''))`, "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"},
		{`to_base64(sha256(to_utf8('hashme')))`, "AiCLlAOoffn07Wsu4mV++qWJAmtMzprMyOilvz1pPIY="},
		{`hmac_sha1(to_utf8('hashme'), X'')`, "GENERIC_INTERNAL_ERROR: Empty key"},
		{`to_base64(hmac_sha1(to_utf8('hashme'), to_utf8('key')))`, "LnxMau+n5p8Qbu484hlE0ARtLz0="},
		{`to_base64(murmur3(to_utf8('hashme')))`, "kxkv6AW+IwQcgxj2fsTyvA=="},
		{`to_base64(xxhash64(to_utf8('hashme')))`, "+dluDhFl6JI="},
		{`crc32(to_utf8('CRC me!'))`, "38028046"},
		{`length(X'0102')`, "2"},
		{`reverse(X'0102')`, "02 01"},
	})
}
