// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/transparency-dev/formats/log"
	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// checkpointChecks are those of a checkpoint as the service gives it out, by the line that readers of
// signed notes know who know Ed25519 alone; vkey is that line's key (c2sp.org/signed-note).
func checkpointChecks(vkey, file string, t trust) []check {
	signed, err := os.ReadFile(file)
	if err != nil {
		return []check{{"read the checkpoint", func() error { return err }}}
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return []check{{"x/mod's note takes the Ed25519 verifier key", func() error { return err }}}
	}
	return []check{
		{"x/mod's note opens the checkpoint by its Ed25519 line", func() error { return openByOne(signed, verifier) }},
		{"x/mod's note refuses it with any one byte of its text changed",
			func() error { return refusesEachChange(signed, verifier) }},
		{"x/mod's note refuses it with one byte of that line's signature changed",
			func() error { return refusesChangedSignature(signed, verifier) }},
		{"x/mod's note refuses it without that line", func() error { return refusesWithoutLine(signed, verifier) }},
		{"x/mod's note and transparency-dev's together open both lines",
			func() error { return openByBoth(signed, verifier, t) }},
	}
}

// openByOne demands a checkpoint of the key's own name, opened by this key and no other.
func openByOne(signed []byte, verifier note.Verifier) error {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != 1 {
		return fmt.Errorf("one line must be of the key, are %d", len(opened.Sigs))
	}
	var checkpoint log.Checkpoint
	rest, err := checkpoint.Unmarshal([]byte(opened.Text))
	if err != nil {
		return err
	}
	if len(rest) != 0 || checkpoint.Origin != verifier.Name() || checkpoint.Size == 0 {
		return fmt.Errorf("it must be of %s, not empty, and with nothing after the root, was %q",
			verifier.Name(), opened.Text)
	}
	return nil
}

// refusesEachChange changes one byte after the other, but for the ends of lines, without which it would
// be no checkpoint and not looked at.
func refusesEachChange(signed []byte, verifier note.Verifier) error {
	for i := range bytes.LastIndex(signed, []byte("\n\n")) {
		if signed[i] == '\n' {
			continue
		}
		changed := bytes.Clone(signed)
		changed[i] ^= 1
		if err := signatureRefused(changed, verifier); err != nil {
			return fmt.Errorf("byte %d: %w", i, err)
		}
	}
	return nil
}

func refusesChangedSignature(signed []byte, verifier note.Verifier) error {
	line, err := lineOf(signed, verifier)
	if err != nil {
		return err
	}
	start := strings.LastIndexByte(line, ' ') + 1
	signature, err := base64.StdEncoding.DecodeString(line[start:])
	if err != nil {
		return err
	}
	signature[len(signature)/2] ^= 1
	changed := line[:start] + base64.StdEncoding.EncodeToString(signature)
	return signatureRefused(bytes.Replace(signed, []byte(line), []byte(changed), 1), verifier)
}

func refusesWithoutLine(signed []byte, verifier note.Verifier) error {
	line, err := lineOf(signed, verifier)
	if err != nil {
		return err
	}
	_, err = note.Open(bytes.Replace(signed, []byte(line+"\n"), nil, 1), note.VerifierList(verifier))
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return fmt.Errorf("it must be refused as signed by nobody who is known, came %v", err)
	}
	return nil
}

// openByBoth shows that the two keys signed one text, the second being the trust file's.
func openByBoth(signed []byte, verifier note.Verifier, t trust) error {
	vkey, err := logKey(t.LogPolicy)
	if err != nil {
		return err
	}
	believed, err := formats.NewVerifier(vkey)
	if err != nil {
		return err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier, believed))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != 2 {
		return fmt.Errorf("two lines must be of the two keys, are %d", len(opened.Sigs))
	}
	return nil
}

// signatureRefused demands a refusal for this very reason: a note that cannot be read says nothing of it.
func signatureRefused(signed []byte, verifier note.Verifier) error {
	_, err := note.Open(signed, note.VerifierList(verifier))
	var invalid *note.InvalidSignatureError
	if !errors.As(err, &invalid) {
		return fmt.Errorf("its signature must be refused, came %v", err)
	}
	return nil
}

// lineOf is the signature line of this key, without its end.
func lineOf(signed []byte, verifier note.Verifier) (string, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("\u2014 %s %s", opened.Sigs[0].Name, opened.Sigs[0].Base64), nil
}
