// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight is that of c2sp.org/tlog-tiles, whose paths do not name it as x/mod's do.
const tileHeight = 8

// exported is a folder of a log's files, read as x/mod reads tiles; flip names a hash that is changed on
// the way: a path of tlog-tiles and a place in it.
type exported struct {
	folder string
	flip   string
	at     int
}

func (e exported) Height() int { return tileHeight }

func (e exported) SaveTiles([]tlog.Tile, [][]byte) {}

func (e exported) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		data, err := e.read(c2spPath(t))
		if errors.Is(err, os.ErrNotExist) && t.W < 1<<tileHeight {
			// A log may drop a partial tile once the full one is there.
			full := t
			full.W = 1 << tileHeight
			if data, err = e.read(c2spPath(full)); err == nil {
				data = data[:t.W*tlog.HashSize]
			}
		}
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// c2spPath is x/mod's path tile/8/L/N[.p/W] without the height.
func c2spPath(t tlog.Tile) string {
	return strings.Replace(t.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
}

func (e exported) read(path string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(e.folder, path))
	if err == nil && path == e.flip {
		data[e.at] ^= 1
	}
	return data, err
}

// entry is the n-th of the log, from its bundle.
func (e exported) entry(n, size int64) ([]byte, error) {
	t := tlog.Tile{H: tileHeight, L: -1, N: n >> tileHeight, W: int(min(size-n>>tileHeight<<tileHeight, 1<<tileHeight))}
	data, err := e.read(strings.Replace(c2spPath(t), "tile/data/", "tile/entries/", 1))
	if err != nil {
		return nil, err
	}
	for i := int64(0); ; i++ {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("the bundle of entry %d ends early", n)
		}
		length := int(binary.BigEndian.Uint16(data))
		if i == n&(1<<tileHeight-1) {
			return data[2 : 2+length], nil
		}
		data = data[2+length:]
	}
}

// tileChecks are those of a log's files: of a checkpoint with x/mod's note, of all else with its tlog.
func tileChecks(vkey, folder, older string) []check {
	log := exported{folder: folder}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return []check{{"x/mod's note takes the verifier key", func() error { return err }}}
	}
	now, err := tree(log.read("checkpoint"))(verifier)
	if err != nil {
		return []check{{"x/mod's note opens the log's checkpoint", func() error { return err }}}
	}
	before, err := tree(olderCheckpoint(older))(verifier)
	if err != nil {
		return []check{{"x/mod's note opens the older checkpoint", func() error { return err }}}
	}
	return []check{
		{"x/mod's tlog reads every leaf's hash from the tiles, and its entry has it",
			func() error { return everyEntry(log, now) }},
		{"x/mod's tlog proves every leaf, and refuses each proof with any hash flipped",
			func() error { return everyInclusion(log, now) }},
		{"x/mod's tlog proves that the log grew from the older checkpoint, and refuses it with any hash flipped",
			func() error { return consistency(log, before, now) }},
		{"x/mod's tlog proves no leaf beside a hash of a tile that is flipped", func() error { return everyFlip(log, now) }},
		{"x/mod's tlog refuses an entry with one bit flipped", func() error { return flippedEntry(log, now) }},
	}
}

// olderCheckpoint is a file, or the checkpoint in a proof bundle's tlog-proof.
func olderCheckpoint(file string) ([]byte, error) {
	if !strings.HasSuffix(file, ".json") {
		return os.ReadFile(file)
	}
	var b bundle
	if err := read(file, &b); err != nil {
		return nil, err
	}
	_, checkpoint, found := strings.Cut(b.TlogProof, "\n\n")
	if !found {
		return nil, errors.New("the bundle's proof must have a checkpoint, has none")
	}
	return []byte(checkpoint), nil
}

// tree opens a checkpoint by one key, and reads it: x/mod's own form of one has another first line.
func tree(signed []byte, err error) func(note.Verifier) (tlog.Tree, error) {
	return func(verifier note.Verifier) (tlog.Tree, error) {
		if err != nil {
			return tlog.Tree{}, err
		}
		opened, err := note.Open(signed, note.VerifierList(verifier))
		if err != nil {
			return tlog.Tree{}, err
		}
		origin, rest, _ := strings.Cut(opened.Text, "\n")
		if origin != verifier.Name() {
			return tlog.Tree{}, fmt.Errorf("the origin must be %s, was %s", verifier.Name(), origin)
		}
		return tlog.ParseTree([]byte("go.sum database tree\n" + rest))
	}
}

func everyEntry(log exported, now tlog.Tree) error {
	reader := tlog.TileHashReader(now, log)
	for n := range now.N {
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		if err != nil {
			return err
		}
		entry, err := log.entry(n, now.N)
		if err != nil {
			return err
		}
		if tlog.RecordHash(entry) != hashes[0] {
			return fmt.Errorf("entry %d must have hash %v, has %v", n, hashes[0], tlog.RecordHash(entry))
		}
	}
	return nil
}

func everyInclusion(log exported, now tlog.Tree) error {
	reader := tlog.TileHashReader(now, log)
	for n := range now.N {
		entry, err := log.entry(n, now.N)
		if err != nil {
			return err
		}
		leaf := tlog.RecordHash(entry)
		proof, err := tlog.ProveRecord(now.N, n, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, now.N, now.Hash, n, leaf); err != nil {
			return fmt.Errorf("leaf %d: %w", n, err)
		}
		for i := range proof {
			proof[i][i%tlog.HashSize] ^= 1
			if tlog.CheckRecord(proof, now.N, now.Hash, n, leaf) == nil {
				return fmt.Errorf("leaf %d: the proof was accepted with hash %d flipped", n, i)
			}
			proof[i][i%tlog.HashSize] ^= 1
		}
	}
	return nil
}

func consistency(log exported, before, now tlog.Tree) error {
	if before.N < 1 || before.N >= now.N {
		return fmt.Errorf("the older checkpoint must be of fewer leaves than %d, was of %d", now.N, before.N)
	}
	proof, err := tlog.ProveTree(now.N, before.N, tlog.TileHashReader(now, log))
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, now.N, now.Hash, before.N, before.Hash); err != nil {
		return err
	}
	for i := range proof {
		proof[i][i%tlog.HashSize] ^= 1
		if tlog.CheckTree(proof, now.N, now.Hash, before.N, before.Hash) == nil {
			return fmt.Errorf("the proof was accepted with hash %d flipped", i)
		}
		proof[i][i%tlog.HashSize] ^= 1
	}
	before.Hash[0] ^= 1
	if tlog.CheckTree(proof, now.N, now.Hash, before.N, before.Hash) == nil {
		return errors.New("the proof was accepted from another root")
	}
	return nil
}

// everyFlip changes each hash of each tile, and demands that the proof of a leaf beside it fails. That
// hashes can be read is not enough: x/mod compares a full tile with the one above it only where no more of
// the tree's complete subtrees than tiles were read for its root.
func everyFlip(log exported, now tlog.Tree) error {
	for level := 0; now.N>>(tileHeight*level) > 0; level++ {
		count := now.N >> (tileHeight * level)
		for n := range count {
			tile := tlog.Tile{H: tileHeight, L: level, N: n >> tileHeight}
			tile.W = int(min(count-tile.N<<tileHeight, 1<<tileHeight))
			flipped := log
			flipped.flip = c2spPath(tile)
			flipped.at = int(n&(1<<tileHeight-1))*tlog.HashSize + int(n%tlog.HashSize)
			if proves(flipped, now, beside(n, count, level, now.N)) == nil {
				return fmt.Errorf("%s was accepted with hash %d flipped", flipped.flip, n&(1<<tileHeight-1))
			}
		}
	}
	return nil
}

// beside is a leaf of which the n-th of count hashes at a level of tiles is in the proof.
func beside(n, count int64, level int, size int64) int64 {
	other := n ^ 1
	if other >= count {
		other = n - 1
	}
	if other < 0 {
		return size - 1
	}
	return other << (tileHeight * level)
}

// proves says why the leaf is not proven by the tiles.
func proves(log exported, now tlog.Tree, n int64) error {
	reader := tlog.TileHashReader(now, log)
	root, err := tlog.TreeHash(now.N, reader)
	if err != nil {
		return err
	}
	if root != now.Hash {
		return fmt.Errorf("the root must be %v, is %v", now.Hash, root)
	}
	entry, err := log.entry(n, now.N)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveRecord(now.N, n, reader)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, now.N, now.Hash, n, tlog.RecordHash(entry))
}

func flippedEntry(log exported, now tlog.Tree) error {
	entry, err := log.entry(now.N-1, now.N)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveRecord(now.N, now.N-1, tlog.TileHashReader(now, log))
	if err != nil {
		return err
	}
	other := bytes.Clone(entry)
	other[len(other)/2] ^= 1
	if tlog.CheckRecord(proof, now.N, now.Hash, now.N-1, tlog.RecordHash(other)) == nil {
		return errors.New("it was accepted")
	}
	return nil
}
