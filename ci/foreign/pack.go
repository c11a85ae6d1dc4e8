// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/zip"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/proof"
	merkle "github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// members are those of an evidence pack, by name.
type members map[string][]byte

// signers are those whom a trust file lets sign policies: its approvers, and authors among its operators.
type signers struct {
	Approvers struct {
		Threshold int               `json:"threshold"`
		Keys      []jose.JSONWebKey `json:"keys"`
	} `json:"policy_approvers"`
	Operators struct {
		Keys []jose.JSONWebKey `json:"keys"`
	} `json:"operators"`
}

// packChecks are those of an evidence pack, which is taken apart with archive/zip and believed as far as the
// trust file's keys lead.
func packChecks(file, trustFile string, t trust) []check {
	pack, err := unzip(file)
	if err != nil {
		return []check{{"archive/zip reads the evidence pack", func() error { return err }}}
	}
	var s signers
	if err := read(trustFile, &s); err != nil {
		return []check{{"read the trust file", func() error { return err }}}
	}
	damaged := members{}
	for name, data := range pack {
		damaged[name] = append([]byte(nil), data...)
	}
	for _, name := range damaged.under("leaves/") {
		damaged[name][0] ^= 1
	}
	for _, name := range damaged.under("policies/") {
		damaged[name] = []byte(strings.Replace(string(damaged[name]), "\"sig\":\"ME", "\"sig\":\"MF", -1))
	}
	for _, name := range damaged.under("consistency/") {
		damaged[name] = []byte(strings.Replace(string(damaged[name]), "\"old_root\":\"", "\"old_root\":\"00", 1))
	}
	return []check{
		{"archive/zip reads the evidence pack, stored, as its manifest lists it", pack.listed},
		{"a changed member is not the one that the manifest lists", refused(damaged.listed)},
		{"go-jose verifies each artifact, transparency-dev its leaf", func() error { return pack.bundles(t) }},
		{"transparency-dev verifies the proof of every leaf", func() error { return pack.leaves(t) }},
		{"transparency-dev refuses leaves that were changed", refused(func() error { return damaged.leaves(t) })},
		{"transparency-dev verifies that the log grew to it", func() error { return pack.grew(t) }},
		{"transparency-dev refuses another older root", refused(func() error { return damaged.grew(t) })},
		{"leaves name the SHA-256 of what lies beside them", pack.payloads},
		{"approvers' ECDSA signatures over DSSE hold for each policy", func() error { return pack.policies(s) }},
		{"policies with changed signatures are refused", refused(func() error { return damaged.policies(s) })},
	}
}

func unzip(file string) (members, error) {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	pack := members{}
	for _, member := range archive.File {
		if member.Method != zip.Store || pack[member.Name] != nil {
			return nil, fmt.Errorf("%s must be stored, and once", member.Name)
		}
		content, err := member.Open()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(content)
		if err != nil {
			return nil, err
		}
		if err := content.Close(); err != nil {
			return nil, err
		}
		pack[member.Name] = data
	}
	return pack, nil
}

func (m members) under(folder string) []string {
	var names []string
	for name := range m {
		if strings.HasPrefix(name, folder) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

func (m members) listed() error {
	var manifest struct {
		Members []struct {
			Name   string `json:"name"`
			Size   int    `json:"size"`
			SHA256 string `json:"sha256"`
		} `json:"members"`
	}
	if err := json.Unmarshal(m["manifest.json"], &manifest); err != nil {
		return err
	}
	if len(manifest.Members) != len(m)-1 {
		return fmt.Errorf("%d members must be listed, are %d", len(m)-1, len(manifest.Members))
	}
	for _, listed := range manifest.Members {
		digest := sha256.Sum256(m[listed.Name])
		if hex.EncodeToString(digest[:]) != listed.SHA256 || len(m[listed.Name]) != listed.Size {
			return fmt.Errorf("%s must be of SHA-256 %s", listed.Name, listed.SHA256)
		}
	}
	return nil
}

func (m members) bundles(t trust) error {
	names := m.under("bundles/")
	if len(names) == 0 {
		return errors.New("a pack of an allow must have a bundle")
	}
	for _, name := range names {
		var b bundle
		if err := json.Unmarshal(m[name], &b); err != nil {
			return err
		}
		if err := errors.Join(verifyArtifact(b, t, true), leafNamesArtifact(b), verifyLog(b, t)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (m members) checkpoint(t trust) (*log.Checkpoint, error) {
	vkey, err := logKey(t.LogPolicy)
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	checkpoint, _, _, err := log.ParseCheckpoint(m["checkpoint"], verifier.Name(), verifier)
	return checkpoint, err
}

func (m members) leaves(t trust) error {
	checkpoint, err := m.checkpoint(t)
	if err != nil {
		return err
	}
	for _, name := range m.under("leaves/") {
		number := strings.TrimSuffix(strings.TrimPrefix(name, "leaves/"), ".json")
		var p proof.TLogProof
		if err := p.Unmarshal(m["proofs/"+number+".tlog-proof"]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if fmt.Sprintf("%016d", p.Index) != number {
			return fmt.Errorf("%s must be proven at its own place, is at %d", name, p.Index)
		}
		hashes := make([][]byte, len(p.Hashes))
		for i := range p.Hashes {
			hashes[i] = p.Hashes[i][:]
		}
		if err := merkle.VerifyInclusion(rfc6962.DefaultHasher, p.Index, checkpoint.Size,
			rfc6962.DefaultHasher.HashLeaf(m[name]), hashes, checkpoint.Hash); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (m members) grew(t trust) error {
	checkpoint, err := m.checkpoint(t)
	if err != nil {
		return err
	}
	names := m.under("consistency/")
	if len(names) == 0 {
		return errors.New("a pack of a decision that is not the first leaf must have a proof")
	}
	for _, name := range names {
		var grown struct {
			OldSize uint64   `json:"old_size"`
			OldRoot string   `json:"old_root"`
			Path    []string `json:"path"`
		}
		if err := json.Unmarshal(m[name], &grown); err != nil {
			return err
		}
		root, err := hex.DecodeString(grown.OldRoot)
		if err != nil {
			return err
		}
		var path [][]byte
		for _, each := range grown.Path {
			hash, err := hex.DecodeString(each)
			if err != nil {
				return err
			}
			path = append(path, hash)
		}
		if err := merkle.VerifyConsistency(rfc6962.DefaultHasher, grown.OldSize, checkpoint.Size,
			path, root, checkpoint.Hash); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (m members) payloads() error {
	names := append(m.under("payloads/"), m.under("policies/")...)
	if len(names) == 0 {
		return errors.New("a pack must have what lies beside a leaf")
	}
	for _, name := range names {
		var leaf struct {
			Payload string `json:"payload"`
		}
		if err := json.Unmarshal(m["leaves/"+name[strings.Index(name, "/")+1:]], &leaf); err != nil {
			return err
		}
		if digest := sha256.Sum256(m[name]); hex.EncodeToString(digest[:]) != leaf.Payload {
			return fmt.Errorf("%s must be of SHA-256 %s", name, leaf.Payload)
		}
	}
	return nil
}

// policies verifies each envelope (secure-systems-lab/dsse): its author, and enough approvers beside.
func (m members) policies(s signers) error {
	names := m.under("policies/")
	if len(names) == 0 {
		return errors.New("a pack of a decision must have its policy")
	}
	for _, name := range names {
		var envelope struct {
			Payload     []byte `json:"payload"`
			PayloadType string `json:"payloadType"`
			Signatures  []struct {
				KeyID string `json:"keyid"`
				Sig   string `json:"sig"`
			} `json:"signatures"`
		}
		var policy struct {
			Author string `json:"author"`
		}
		if err := json.Unmarshal(m[name], &envelope); err != nil {
			return err
		}
		if err := json.Unmarshal(envelope.Payload, &policy); err != nil {
			return err
		}
		input := sha256.Sum256(fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(envelope.PayloadType),
			envelope.PayloadType, len(envelope.Payload), envelope.Payload))
		signed := map[string]bool{}
		for _, key := range append(append([]jose.JSONWebKey{}, s.Approvers.Keys...), s.Operators.Keys...) {
			public, is := key.Key.(*ecdsa.PublicKey)
			for _, signature := range envelope.Signatures {
				der, err := base64.StdEncoding.DecodeString(signature.Sig)
				if is && err == nil && signature.KeyID == key.KeyID && ecdsa.VerifyASN1(public, input[:], der) {
					signed[key.KeyID] = true
				}
			}
		}
		approved := 0
		for _, key := range s.Approvers.Keys {
			if signed[key.KeyID] && key.KeyID != policy.Author {
				approved++
			}
		}
		if !signed[policy.Author] || approved < s.Approvers.Threshold || approved == 0 {
			return fmt.Errorf("%s must be signed by its author and %d approvers, is by %d",
				name, s.Approvers.Threshold, approved)
		}
	}
	return nil
}
