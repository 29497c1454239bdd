package digest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// ResultFile is a file of the result of a query, in the folder of the file that signs it.
type ResultFile struct {
	Hash string `json:"fileHashValue"` // SHA-256 of its bytes as they lie there, in hex
	Name string `json:"fileName"`
}

// result is what signs the files of a result, with its members in AWS's order.
type result struct {
	Version            string       `json:"version"`
	Region             string       `json:"region"`
	Files              []ResultFile `json:"files"`
	HashAlgorithm      string       `json:"hashAlgorithm"`
	SignatureAlgorithm string       `json:"signatureAlgorithm"`
	Completed          string       `json:"queryCompleteTime"`
	Signature          string       `json:"hashSignature"`
	Fingerprint        string       `json:"publicKeyFingerprint"`
}

// SignResult returns the file that proves the files of the result of a query, which
// ended at a time in a region: it signs their hashes in the order in which it lists them.
//
// See https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-results-file-custom-validation.html
func SignResult(region string, completed time.Time, files []ResultFile, key *rsa.PrivateKey) ([]byte, error) {
	hashes := make([]string, len(files))
	for i, f := range files {
		hashes[i] = f.Hash
	}
	sum := sha256.Sum256([]byte(strings.Join(hashes, " ")))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		return nil, fmt.Errorf("sign the result of a query: %w", err)
	}
	return json.MarshalIndent(result{
		Version: "1.0", Region: region, Files: files, HashAlgorithm: "SHA-256", SignatureAlgorithm: signatureAlgorithm,
		Completed: completed.UTC().Format(time.RFC3339), Signature: hex.EncodeToString(signature), Fingerprint: Public(key, time.Time{}, time.Time{}).Fingerprint,
	}, "", "  ")
}
