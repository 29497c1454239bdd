package material

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// The standard library does not know the curve secp256k1, so its keys are put
// in their standard forms here: RFC 5915 within PKCS #8, and RFC 5480.

var (
	oidEC      = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidKoblitz = asn1.ObjectIdentifier{1, 3, 132, 0, 10}
)

type publicForm struct {
	Algorithm pkix.AlgorithmIdentifier
	Key       asn1.BitString
}

type privateForm struct {
	Version   int
	Algorithm pkix.AlgorithmIdentifier
	Key       []byte
}

type ecPrivateForm struct {
	Version int
	Key     []byte
	Curve   asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
	Public  asn1.BitString        `asn1:"optional,explicit,tag:1"`
}

func koblitzAlgorithm() (pkix.AlgorithmIdentifier, error) {
	curve, err := asn1.Marshal(oidKoblitz)
	return pkix.AlgorithmIdentifier{Algorithm: oidEC, Parameters: asn1.RawValue{FullBytes: curve}}, err
}

func koblitzPublic(key *secp256k1.PublicKey) ([]byte, error) {
	algorithm, err := koblitzAlgorithm()
	if err != nil {
		return nil, err
	}
	point := key.SerializeUncompressed()
	return asn1.Marshal(publicForm{algorithm, asn1.BitString{Bytes: point, BitLength: len(point) * 8}})
}

func koblitzPrivate(key *secp256k1.PrivateKey) ([]byte, error) {
	algorithm, err := koblitzAlgorithm()
	if err != nil {
		return nil, err
	}
	point := key.PubKey().SerializeUncompressed()
	inner, err := asn1.Marshal(ecPrivateForm{Version: 1, Key: key.Serialize(), Public: asn1.BitString{Bytes: point, BitLength: len(point) * 8}})
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(privateForm{0, algorithm, inner})
}

func parseKoblitz(der []byte) (*secp256k1.PrivateKey, error) {
	var outer privateForm
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 {
		return nil, errors.New("it is not PKCS #8")
	}
	var curve asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(outer.Algorithm.Parameters.FullBytes, &curve); err != nil || !outer.Algorithm.Algorithm.Equal(oidEC) || !curve.Equal(oidKoblitz) {
		return nil, errors.New("it is of another curve")
	}
	var inner ecPrivateForm
	if rest, err := asn1.Unmarshal(outer.Key, &inner); err != nil || len(rest) > 0 || len(inner.Key) != secp256k1.PrivKeyBytesLen {
		return nil, errors.New("it holds no private key")
	}
	var scalar secp256k1.ModNScalar
	if overflow := scalar.SetByteSlice(inner.Key); overflow || scalar.IsZero() {
		return nil, errors.New("its number is none of the curve's")
	}
	return secp256k1.NewPrivateKey(&scalar), nil
}
