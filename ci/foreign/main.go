// SPDX-License-Identifier: Apache-2.0

// Command foreign verifies a proof bundle with code that is not Writ's: the artifact and the status token
// with go-jose from the trust file's JWKS, an attestation result (an EAR as a JWT) too where one is given, the checkpoint and the inclusion proof with transparency-dev's formats and
// merkle and golang.org/x/mod's sumdb/note. Whoever reads it sees what a stranger needs to know to
// verify Writ's output, which is the trust file and five public formats.
//
//	foreign [-at-issue] BUNDLE TRUST [RESULT]
//
// It prints "ok NAME" or "FAILED NAME: reason" for each check, and each refusal of a damaged copy is a
// check of its own. With -at-issue artifact and token are judged as of the artifact's own iat, for an
// example that has expired. A trust file that names status demands a status token.
//
//	foreign -ed25519 VKEY CHECKPOINT TRUST
//
// verifies a checkpoint as the service gives it out, by the line of its Ed25519 key, with
// golang.org/x/mod's sumdb/note alone.
//
//	foreign -tiles VKEY LOG OLDER
//
// verifies the files of a log in the folder LOG (its checkpoint by that key, tiles, entries, every
// inclusion, and that it grew from the checkpoint OLDER, a file or a proof bundle's) with
// golang.org/x/mod's sumdb/note and sumdb/tlog alone.
//
//	foreign -pack PACK TRUST
//
// takes an evidence pack apart: its manifest, artifacts, leaves, growth, payloads and the signatures of its
// policies. Exit: 0 all hold, 1 some do not, 2 usage.
package main

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"reflect"
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

const (
	artifactType = "authz-artifact+jwt"
	statusType   = "statuslist+jwt"
	resultType   = "eat+jwt"
	earProfile   = "tag:ietf.org,2026:rats/ear#03"
)

type bundle struct {
	Artifact  string `json:"artifact"`
	Leaf      []byte `json:"leaf"`
	TlogProof string `json:"tlogProof"`
	Status    string `json:"statusListToken"`
}

type trust struct {
	Issuer    string             `json:"issuer"`
	JWKS      jose.JSONWebKeySet `json:"jwks"`
	LogPolicy string             `json:"log_policy"`
	Status    *json.RawMessage   `json:"status"`
}

// A check says nothing where it holds, and why not where it does not.
type check struct {
	name string
	run  func() error
}

func main() {
	atIssue := flag.Bool("at-issue", false, "judge as of the artifact's own iat")
	ed25519 := flag.String("ed25519", "", "verifier key of a checkpoint's second line")
	tiles := flag.String("tiles", "", "verifier key of a log whose files are verified")
	pack := flag.Bool("pack", false, "the first argument is an evidence pack")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: foreign [-at-issue] BUNDLE TRUST [RESULT] | -ed25519 VKEY CHECKPOINT TRUST"+
			" | -tiles VKEY LOG OLDER | -pack PACK TRUST")
	}
	flag.Parse()
	if flag.NArg() != 2 && (flag.NArg() != 3 || *ed25519 != "" || *tiles != "" || *pack) {
		flag.Usage()
		os.Exit(2)
	}
	if *tiles != "" {
		os.Exit(report(tileChecks(*tiles, flag.Arg(0), flag.Arg(1))))
	}
	var t trust
	if err := read(flag.Arg(1), &t); err != nil {
		fmt.Println("FAILED read the trust file:", err)
		os.Exit(1)
	}
	if *ed25519 != "" {
		os.Exit(report(checkpointChecks(*ed25519, flag.Arg(0), t)))
	}
	if *pack {
		os.Exit(report(packChecks(flag.Arg(0), flag.Arg(1), t)))
	}
	var b bundle
	if err := read(flag.Arg(0), &b); err != nil {
		fmt.Println("FAILED read the bundle:", err)
		os.Exit(1)
	}
	checks := bundleChecks(b, t, *atIssue)
	if flag.NArg() == 3 {
		checks = append(checks, resultChecks(b, t, *atIssue, flag.Arg(2))...)
	}
	os.Exit(report(checks))
}

func bundleChecks(b bundle, t trust, atIssue bool) []check {
	other := b
	other.Leaf = append([]byte(nil), b.Leaf...)
	other.Leaf[0] ^= 1
	altered := b
	altered.Artifact = alter(b.Artifact)
	forged := b
	forged.TlogProof = strings.Replace(b.TlogProof, "\nindex ", "\nindex 1", 1)

	checks := []check{
		{"go-jose verifies the artifact", func() error { return verifyArtifact(b, t, atIssue) }},
		{"go-jose refuses an altered artifact", refused(func() error { return verifyArtifact(altered, t, atIssue) })},
		{"the leaf names the artifact", func() error { return leafNamesArtifact(b) }},
		{"transparency-dev verifies checkpoint and inclusion", func() error { return verifyLog(b, t) }},
		{"transparency-dev refuses another leaf", refused(func() error { return verifyLog(other, t) })},
		{"transparency-dev refuses another index", refused(func() error { return verifyLog(forged, t) })},
	}
	if t.Status != nil {
		withdrawn := b
		withdrawn.Status = alter(b.Status)
		checks = append(checks,
			check{"go-jose verifies the status token", func() error { return verifyStatus(b, t, atIssue) }},
			check{"go-jose refuses an altered status token",
				refused(func() error { return verifyStatus(withdrawn, t, atIssue) })})
	}
	return checks
}

// report prints a line to each check; the exit status says whether all held.
func report(checks []check) int {
	status := 0
	for _, c := range checks {
		if err := c.run(); err != nil {
			fmt.Printf("FAILED %s: %v\n", c.name, err)
			status = 1
		} else {
			fmt.Println("ok", c.name)
		}
	}
	return status
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
	_, err := artifactClaims(b, t, atIssue)
	return err
}

type artifact struct {
	jwt.Claims
	Status struct {
		List struct {
			Idx int    `json:"idx"`
			URI string `json:"uri"`
		} `json:"status_list"`
	} `json:"status"`
}

func artifactClaims(b bundle, t trust, atIssue bool) (artifact, error) {
	var claims artifact
	if err := signedClaims(b.Artifact, artifactType, t, &claims); err != nil {
		return claims, err
	}
	return claims, claims.ValidateWithLeeway(
		jwt.Expected{Issuer: t.Issuer, Time: judgedAt(claims.Claims, atIssue)}, 0)
}

func judgedAt(claims jwt.Claims, atIssue bool) time.Time {
	if atIssue {
		return claims.IssuedAt.Time()
	}
	return time.Now()
}

// signedClaims verifies a JWT of this type by the key that it names, of the trust file's JWK Set.
func signedClaims(compact, typ string, t trust, into any) error {
	token, err := jwt.ParseSigned(compact, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return err
	}
	header := token.Headers[0]
	if was := header.ExtraHeaders[jose.HeaderType]; was != typ {
		return fmt.Errorf("typ must be %s, was %v", typ, was)
	}
	keys := t.JWKS.Key(header.KeyID)
	if len(keys) != 1 {
		return fmt.Errorf("the JWK Set must have one key %q, has %d", header.KeyID, len(keys))
	}
	return token.Claims(keys[0].Key, into)
}

// verifyStatus does what draft-ietf-oauth-status-list section 8.3 says: the token of the list that the
// artifact names, its times, and the artifact's bit.
func verifyStatus(b bundle, t trust, atIssue bool) error {
	permitted, err := artifactClaims(b, t, atIssue)
	if err != nil {
		return err
	}
	var claims struct {
		jwt.Claims
		List struct {
			Bits int    `json:"bits"`
			Lst  string `json:"lst"`
		} `json:"status_list"`
	}
	if err := signedClaims(b.Status, statusType, t, &claims); err != nil {
		return err
	}
	reference := permitted.Status.List
	expected := jwt.Expected{Subject: reference.URI, Time: judgedAt(permitted.Claims, atIssue)}
	if err := claims.ValidateWithLeeway(expected, 0); err != nil {
		return err
	}
	compressed, err := base64.RawURLEncoding.DecodeString(claims.List.Lst)
	if err != nil {
		return err
	}
	stream, err := zlib.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return err
	}
	statuses, err := io.ReadAll(stream)
	if err != nil {
		return err
	}
	if claims.List.Bits != 1 || reference.Idx/8 >= len(statuses) {
		return fmt.Errorf("a list must have one bit for entry %d", reference.Idx)
	}
	if statuses[reference.Idx/8]>>(reference.Idx%8)&1 != 0 {
		return errors.New("the artifact is withdrawn")
	}
	return nil
}

// resultChecks are those of an attestation result that is said to be of the bundle's artifact.
func resultChecks(b bundle, t trust, atIssue bool, file string) []check {
	data, err := os.ReadFile(file)
	if err != nil {
		return []check{{"read the attestation result", func() error { return err }}}
	}
	result := strings.TrimSpace(string(data))
	return []check{
		{"go-jose verifies the attestation result", func() error { return verifyResult(result, b, t, atIssue) }},
		{"go-jose refuses an altered attestation result",
			refused(func() error { return verifyResult(alter(result), b, t, atIssue) })},
		{"go-jose takes no attestation result for an artifact", refused(func() error {
			return signedClaims(result, artifactType, t, &artifact{})
		})},
		{"go-jose takes no artifact for an attestation result", refused(func() error {
			return verifyResult(b.Artifact, b, t, atIssue)
		})},
	}
}

// verifyResult does what a Relying Party does with an EAR (draft-ietf-rats-ear-03), and compares it with
// the artifact's own: they are one, but for the end and the rules.
func verifyResult(compact string, b bundle, t trust, atIssue bool) error {
	var claims jwt.Claims
	var ear map[string]any
	if err := errors.Join(
		signedClaims(compact, resultType, t, &claims), signedClaims(compact, resultType, t, &ear)); err != nil {
		return err
	}
	expected := jwt.Expected{Issuer: t.Issuer, Time: judgedAt(claims, atIssue)}
	if err := claims.ValidateWithLeeway(expected, 0); err != nil {
		return err
	}
	if ear["eat_profile"] != earProfile {
		return fmt.Errorf("eat_profile must be %s, was %v", earProfile, ear["eat_profile"])
	}
	submods, _ := ear["submods"].(map[string]any)
	if len(submods) == 0 {
		return errors.New("submods must have at least one appraisal")
	}
	for name, submod := range submods {
		if err := verifyAppraisal(submod); err != nil {
			return fmt.Errorf("submods.%s: %w", name, err)
		}
	}
	var permitted struct {
		Ear map[string]any `json:"ear"`
		Env struct {
			AkName string `json:"ak_name"`
		} `json:"env"`
		Cnf struct {
			Jkt string `json:"jkt"`
		} `json:"cnf"`
	}
	if err := signedClaims(b.Artifact, artifactType, t, &permitted); err != nil {
		return err
	}
	subject := map[string]any{
		"ak_name":         permitted.Env.AkName,
		"artifact_digest": artifactDigest(b),
		"jkt":             permitted.Cnf.Jkt,
	}
	delete(ear, "iss")
	delete(ear, "exp")
	for name, submod := range submods {
		appraisal := submod.(map[string]any)
		if was := appraisal["ear_writ_subject"]; !reflect.DeepEqual(was, subject) {
			return fmt.Errorf("submods.%s: ear_writ_subject must be %v, was %v", name, subject, was)
		}
		delete(appraisal, "ear_writ_subject")
		delete(appraisal, "ear_writ_appraisal")
	}
	if !reflect.DeepEqual(ear, permitted.Ear) {
		return fmt.Errorf("the artifact's ear must be the same, was %v", permitted.Ear)
	}
	return nil
}

// verifyAppraisal checks the status against the vector, and that every rule has what it must.
func verifyAppraisal(submod any) error {
	appraisal, _ := submod.(map[string]any)
	tiers := map[string]float64{"none": 0, "affirming": 2, "warning": 32, "contraindicated": 96}
	status, known := tiers[fmt.Sprint(appraisal["ear_status"])]
	if !known {
		return fmt.Errorf("ear_status must be a tier, was %v", appraisal["ear_status"])
	}
	vector, _ := appraisal["ear_trustworthiness_vector"].(map[string]any)
	for claim, value := range vector {
		number, is := value.(float64)
		if !is || (number >= 32 && status < 32) || (number >= 96 && status < 96) {
			return fmt.Errorf("ear_status must be no better than %s, which is %v", claim, value)
		}
	}
	private, _ := appraisal["ear_writ_appraisal"].(map[string]any)
	rules, _ := private["rules"].([]any)
	if len(rules) == 0 {
		return errors.New("ear_writ_appraisal must have rules")
	}
	for _, each := range rules {
		rule, _ := each.(map[string]any)
		for _, member := range []string{"reason", "claim", "tier", "expected", "actual"} {
			if text, is := rule[member].(string); !is || text == "" {
				return fmt.Errorf("a rule must have %s, was %v", member, each)
			}
		}
	}
	return nil
}

// leafNamesArtifact compares the digest in the leaf.
func leafNamesArtifact(b bundle) error {
	var leaf struct {
		ArtifactDigest string `json:"artifact_digest"`
	}
	if err := json.Unmarshal(b.Leaf, &leaf); err != nil {
		return err
	}
	if digest := artifactDigest(b); leaf.ArtifactDigest != digest {
		return fmt.Errorf("artifact_digest must be %s, was %s", digest, leaf.ArtifactDigest)
	}
	return nil
}

// artifactDigest is SHA-256 of the ASCII header.payload.
func artifactDigest(b bundle) string {
	signed, _, _ := cutLast(b.Artifact, ".")
	digest := sha256.Sum256([]byte(signed))
	return hex.EncodeToString(digest[:])
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
