// Verifies an exported ledger with nothing of Duecause in it: the note and tree code is that of Go's checksum
// database (golang.org/x/mod/sumdb).
//
//	verify [-proof FILE -leaf FILE] KEY BUNDLE
//
// It checks the signature of every published checkpoint, the hash of every leaf through authenticated tiles,
// an inclusion proof of leaves all over the log, and that the newest checkpoint continues each earlier one.
// Exit code 0 and one line of counts, or 1 and what does not fit.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type tiles struct {
	root string
	read int
}

func (t *tiles) Height() int { return height }

// C2SP leaves out the height that Go's paths carry.
func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(wanted))
	for i, tile := range wanted {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.root, path))
		if err != nil {
			return nil, err
		}
		found[i] = data
		t.read++
	}
	return found, nil
}

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

type checkpoint struct {
	size int64
	root tlog.Hash
}

func open(message []byte, key note.Verifier) (checkpoint, error) {
	opened, err := note.Open(message, note.VerifierList(key))
	if err != nil {
		return checkpoint{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != key.Name() {
		return checkpoint{}, fmt.Errorf("a note that is no checkpoint of %s", key.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return checkpoint{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return checkpoint{size, root}, err
}

// Notes stand one after the other: text, empty line, signatures, empty line.
func openAll(data []byte, key note.Verifier) ([]checkpoint, error) {
	parts := bytes.Split(data, []byte("\n\n"))
	var found []checkpoint
	for i := 0; i+1 < len(parts); i += 2 {
		message := append(append(append([]byte{}, parts[i]...), "\n\n"...), append(parts[i+1], '\n')...)
		each, err := open(message, key)
		if err != nil {
			return nil, err
		}
		found = append(found, each)
	}
	return found, nil
}

func entries(bundle string, tile, width int64) ([][]byte, error) {
	at := tlog.Tile{H: height, L: 0, N: tile, W: int(width)}
	path := strings.Replace(at.Path(), fmt.Sprintf("tile/%d/0/", height), "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(bundle, path))
	if err != nil {
		return nil, err
	}
	var leaves [][]byte
	for len(data) >= 2 {
		length := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+length {
			return nil, fmt.Errorf("%s is cut", path)
		}
		leaves = append(leaves, data[2:2+length])
		data = data[2+length:]
	}
	if len(data) != 0 || int64(len(leaves)) != width {
		return nil, fmt.Errorf("%s holds %d leaves, not %d", path, len(leaves), width)
	}
	return leaves, nil
}

func checkLeaves(bundle string, newest checkpoint, hashes tlog.HashReader) error {
	for start := int64(0); start < newest.size; start += 1 << height {
		width := newest.size - start
		if width > 1<<height {
			width = 1 << height
		}
		leaves, err := entries(bundle, start>>height, width)
		if err != nil {
			return err
		}
		indexes := make([]int64, len(leaves))
		for i := range leaves {
			indexes[i] = tlog.StoredHashIndex(0, start+int64(i))
		}
		stored, err := hashes.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, leaf := range leaves {
			if tlog.RecordHash(leaf) != stored[i] {
				return fmt.Errorf("leaf %d is not the one of the tree", start+int64(i))
			}
		}
		middle := start + width/2
		proof, err := tlog.ProveRecord(newest.size, middle, hashes)
		if err != nil {
			return err
		}
		hash := tlog.RecordHash(leaves[width/2])
		if err := tlog.CheckRecord(proof, newest.size, newest.root, middle, hash); err != nil {
			return fmt.Errorf("inclusion of leaf %d: %w", middle, err)
		}
	}
	return nil
}

func checkConsistent(all []checkpoint, newest checkpoint, hashes tlog.HashReader) error {
	for _, old := range all {
		proof, err := tlog.ProveTree(newest.size, old.size, hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, newest.size, newest.root, old.size, old.root); err != nil {
			return fmt.Errorf("checkpoint of %d leaves: %w", old.size, err)
		}
	}
	return nil
}

// A C2SP tlog-proof: header, index, path, empty line, checkpoint.
func checkProof(proof, leaf []byte, key note.Verifier) error {
	head, message, _ := bytes.Cut(proof, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("not a tlog-proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			return fmt.Errorf("a damaged path")
		}
		var hash tlog.Hash
		copy(hash[:], raw)
		path = append(path, hash)
	}
	signed, err := open(message, key)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, signed.size, signed.root, index, tlog.RecordHash(leaf))
}

func run(key note.Verifier, bundle string) error {
	data, err := os.ReadFile(filepath.Join(bundle, "checkpoint"))
	if err != nil {
		return err
	}
	newest, err := open(data, key)
	if err != nil {
		return err
	}
	if data, err = os.ReadFile(filepath.Join(bundle, "checkpoints")); err != nil {
		return err
	}
	all, err := openAll(data, key)
	if err != nil {
		return err
	}
	reader := &tiles{root: bundle}
	hashes := tlog.TileHashReader(tlog.Tree{N: newest.size, Hash: newest.root}, reader)
	if err := checkLeaves(bundle, newest, hashes); err != nil {
		return err
	}
	if err := checkConsistent(all, newest, hashes); err != nil {
		return err
	}
	fmt.Printf("%d leaves, %d checkpoints, %d tiles read\n", newest.size, len(all), reader.read)
	return nil
}

func main() {
	proof := flag.String("proof", "", "a .tlog-proof to check instead of the bundle")
	leaf := flag.String("leaf", "", "the leaf it is about")
	flag.Parse()
	key, err := note.NewVerifier(strings.TrimSpace(flag.Arg(0)))
	if err == nil && *proof != "" {
		var receipt, content []byte
		if receipt, err = os.ReadFile(*proof); err == nil {
			if content, err = os.ReadFile(*leaf); err == nil {
				err = checkProof(receipt, content, key)
			}
		}
	} else if err == nil {
		err = run(key, flag.Arg(1))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
