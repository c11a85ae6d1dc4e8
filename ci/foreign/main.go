// SPDX-License-Identifier: Apache-2.0

// Command foreign verifies a proof bundle with code that is not Writ's: the artifact with go-jose from
// the trust file's JWKS, the checkpoint and the inclusion proof with transparency-dev's formats and
// merkle and golang.org/x/mod's sumdb/note. Whoever reads it sees what a stranger needs to know to
// verify Writ's output, which is the trust file and four public formats.
//
//	foreign [-at-issue] BUNDLE TRUST
//
// It prints "ok NAME" or "FAILED NAME: reason" for each check, and each refusal of a damaged copy is a
// check of its own. With -at-issue the artifact is judged as of its own iat, for an example that has
// expired. Exit: 0 all hold, 1 some do not, 2 usage.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/proof"
	merkle "github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

const artifactType = "authz-artifact+jwt"

type bundle struct {
	Artifact  string `json:"artifact"`
	Leaf      []byte `json:"leaf"`
	TlogProof string `json:"tlogProof"`
}

type trust struct {
	Issuer    string             `json:"issuer"`
	JWKS      jose.JSONWebKeySet `json:"jwks"`
	LogPolicy string             `json:"log_policy"`
}

// A check says nothing where it holds, and why not where it does not.
type check struct {
	name string
	run  func() error
}

func main() {
	atIssue := flag.Bool("at-issue", false, "judge as of the artifact's own iat")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "usage: foreign [-at-issue] BUNDLE TRUST") }
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	var b bundle
	var t trust
	if err := errors.Join(read(flag.Arg(0), &b), read(flag.Arg(1), &t)); err != nil {
		fmt.Println("FAILED read the bundle and the trust file:", err)
		os.Exit(1)
	}

	other := b
	other.Leaf = append([]byte(nil), b.Leaf...)
	other.Leaf[0] ^= 1
	altered := b
	altered.Artifact = alter(b.Artifact)
	forged := b
	forged.TlogProof = strings.Replace(b.TlogProof, "\nindex ", "\nindex 1", 1)

	checks := []check{
		{"go-jose verifies the artifact", func() error { return verifyArtifact(b, t, *atIssue) }},
		{"go-jose refuses an altered artifact", refused(func() error { return verifyArtifact(altered, t, *atIssue) })},
		{"the leaf names the artifact", func() error { return leafNamesArtifact(b) }},
		{"transparency-dev verifies checkpoint and inclusion", func() error { return verifyLog(b, t) }},
		{"transparency-dev refuses another leaf", refused(func() error { return verifyLog(other, t) })},
		{"transparency-dev refuses another index", refused(func() error { return verifyLog(forged, t) })},
	}
	status := 0
	for _, c := range checks {
		if err := c.run(); err != nil {
			fmt.Printf("FAILED %s: %v\n", c.name, err)
			status = 1
		} else {
			fmt.Println("ok", c.name)
		}
	}
	os.Exit(status)
}

func read(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

func refused(run func() error) func() error {
	return func() error {
		if run() == nil {
			return errors.New("it was accepted")
		}
		return nil
	}
}

// alter changes one letter in the middle of the payload.
func alter(compact string) string {
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return ""
	}
	payload := []byte(parts[1])
	middle := len(payload) / 2
	if payload[middle] == 'A' {
		payload[middle] = 'B'
	} else {
		payload[middle] = 'A'
	}
	return parts[0] + "." + string(payload) + "." + parts[2]
}

// verifyArtifact does what any service does with a JWT: key by kid from a JWK Set, signature, type,
// issuer, times.
func verifyArtifact(b bundle, t trust, atIssue bool) error {
	token, err := jwt.ParseSigned(b.Artifact, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return err
	}
	header := token.Headers[0]
	if typ := header.ExtraHeaders[jose.HeaderType]; typ != artifactType {
		return fmt.Errorf("typ must be %s, was %v", artifactType, typ)
	}
	keys := t.JWKS.Key(header.KeyID)
	if len(keys) != 1 {
		return fmt.Errorf("the JWK Set must have one key %q, has %d", header.KeyID, len(keys))
	}
	var claims jwt.Claims
	if err := token.Claims(keys[0].Key, &claims); err != nil {
		return err
	}
	now := time.Now()
	if atIssue {
		now = claims.IssuedAt.Time()
	}
	return claims.ValidateWithLeeway(jwt.Expected{Issuer: t.Issuer, Time: now}, 0)
}

// leafNamesArtifact compares the digest in the leaf with SHA-256 of the ASCII header.payload.
func leafNamesArtifact(b bundle) error {
	var leaf struct {
		ArtifactDigest string `json:"artifact_digest"`
	}
	if err := json.Unmarshal(b.Leaf, &leaf); err != nil {
		return err
	}
	signed, _, _ := cutLast(b.Artifact, ".")
	digest := sha256.Sum256([]byte(signed))
	if leaf.ArtifactDigest != hex.EncodeToString(digest[:]) {
		return fmt.Errorf("artifact_digest must be %x, was %s", digest, leaf.ArtifactDigest)
	}
	return nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// verifyLog verifies the checkpoint's signature under the policy's log key, then the inclusion proof.
func verifyLog(b bundle, t trust) error {
	vkey, err := logKey(t.LogPolicy)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	var p proof.TLogProof
	if err := p.Unmarshal([]byte(b.TlogProof)); err != nil {
		return err
	}
	checkpoint, rest, _, err := log.ParseCheckpoint(p.Checkpoint, verifier.Name(), verifier)
	if err != nil {
		return err
	}
	if len(rest) != 0 {
		return fmt.Errorf("the checkpoint must have no extension lines, had %q", rest)
	}
	hashes := make([][]byte, len(p.Hashes))
	for i := range p.Hashes {
		hashes[i] = p.Hashes[i][:]
	}
	leafHash := rfc6962.DefaultHasher.HashLeaf(b.Leaf)
	return merkle.VerifyInclusion(
		rfc6962.DefaultHasher, p.Index, checkpoint.Size, leafHash, hashes, checkpoint.Hash)
}

// logKey is the verifier key of the policy's one log line (c2sp.org/tlog-policy).
func logKey(policy string) (string, error) {
	var keys []string
	for _, line := range strings.Split(policy, "\n") {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "log" {
			keys = append(keys, fields[1])
		}
	}
	if len(keys) != 1 {
		return "", fmt.Errorf("the log policy must have one log, has %d", len(keys))
	}
	return keys[0], nil
}
