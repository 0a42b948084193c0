// c2spverify: an independent check of a C2SP log, its proofs and cosignatures, with Debian's Go library
// golang.org/x/mod/sumdb (golang-golang-x-mod-dev 0.7) and the standard library only.
//
//	c2spverify proof PROOF ENTRY LOGKEY K WITNESSKEY...   a .tlog-proof, offline
//	c2spverify log DIR LOGKEY K WITNESSKEY...             every entry and tile of a log's folder
//	c2spverify flip-proof | flip-log ...                  the same, then again with every single byte of the
//	                                                      proof (or of checkpoint and tiles) changed: all of
//	                                                      those must be refused
//
// K of the witnesses must have cosigned. Exit code 0: right; 1: not.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// cosigner is a note.Verifier for timestamped Ed25519 cosignatures (type 0x04).
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	m := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(m), sig[8:])
}

func newCosigner(vkey string) (note.Verifier, error) {
	p := strings.SplitN(vkey, "+", 3)
	if len(p) != 3 {
		return nil, errors.New("malformed witness key")
	}
	k, err := base64.StdEncoding.DecodeString(p[2])
	if err != nil || len(k) != 33 || k[0] != 4 {
		return nil, errors.New("not an Ed25519 cosigner's key")
	}
	h := sha256.Sum256(append([]byte(p[0]+"\n"), k...))
	if fmt.Sprintf("%x", h[:4]) != p[1] {
		return nil, errors.New("the key's id is not its own")
	}
	return cosigner{p[0], binary.BigEndian.Uint32(h[:4]), k[1:]}, nil
}

// policy is a log and K of some witnesses.
type policy struct {
	log       note.Verifier
	verifiers []note.Verifier
	k         int
}

func newPolicy(args []string) (*policy, error) {
	if len(args) < 2 {
		return nil, errors.New("usage: see the top of the source")
	}
	log, err := note.NewVerifier(args[0])
	if err != nil {
		return nil, err
	}
	k, err := strconv.Atoi(args[1])
	if err != nil {
		return nil, err
	}
	p := &policy{log, []note.Verifier{log}, k}
	for _, vkey := range args[2:] {
		w, err := newCosigner(vkey)
		if err != nil {
			return nil, err
		}
		p.verifiers = append(p.verifiers, w)
	}
	return p, nil
}

// canonical refuses base64 with other spellings, which Go's decoder accepts: bits that padding leaves over.
func canonical(text []byte) error {
	i := strings.LastIndex(string(text), "\n\n")
	if i < 0 {
		return errors.New("no signatures")
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(text[i+2:]), "\n"), "\n") {
		f := strings.Split(line, " ")
		b, err := base64.StdEncoding.Strict().DecodeString(f[len(f)-1])
		if err != nil || base64.StdEncoding.EncodeToString(b) != f[len(f)-1] {
			return errors.New("a signature is not canonical base64")
		}
	}
	return nil
}

func parseHash(line string) (tlog.Hash, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(line)
	if err != nil || len(b) != tlog.HashSize || base64.StdEncoding.EncodeToString(b) != line {
		return tlog.Hash{}, errors.New("malformed hash")
	}
	return *(*tlog.Hash)(b), nil
}

func parseSize(line string) (int64, error) {
	n, err := strconv.ParseInt(line, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != line {
		return 0, errors.New("malformed number")
	}
	return n, nil
}

// open verifies a checkpoint.
func (p *policy) open(text []byte) (tlog.Tree, int, error) {
	none := tlog.Tree{}
	if err := canonical(text); err != nil {
		return none, 0, err
	}
	n, err := note.Open(text, note.VerifierList(p.verifiers...))
	if err != nil {
		return none, 0, err
	}
	log, witnesses := false, map[string]bool{}
	for _, s := range n.Sigs {
		if s.Name == p.log.Name() && s.Hash == p.log.KeyHash() {
			log = true
		} else {
			witnesses[fmt.Sprint(s.Name, s.Hash)] = true
		}
	}
	if !log || len(witnesses) < p.k {
		return none, 0, fmt.Errorf("log %v, %d of %d cosignatures", log, len(witnesses), p.k)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != p.log.Name() {
		return none, 0, errors.New("not a checkpoint of this log")
	}
	size, err := parseSize(lines[1])
	if err != nil {
		return none, 0, err
	}
	root, err := parseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, len(witnesses), err
}

func (p *policy) proof(file, entry []byte) (string, error) {
	lines := strings.SplitAfter(string(file), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1\n" {
		return "", errors.New("not a tlog-proof")
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if !strings.HasPrefix(lines[0], "index ") {
		return "", errors.New("no index")
	}
	index, err := parseSize(strings.TrimSuffix(strings.TrimPrefix(lines[0], "index "), "\n"))
	if err != nil {
		return "", err
	}
	var path tlog.RecordProof
	i := 1
	for ; i < len(lines) && lines[i] != "\n"; i++ {
		h, err := parseHash(strings.TrimSuffix(lines[i], "\n"))
		if err != nil {
			return "", err
		}
		path = append(path, h)
	}
	if i == len(lines) {
		return "", errors.New("no checkpoint")
	}
	tree, witnesses, err := p.open([]byte(strings.Join(lines[i+1:], "")))
	if err != nil {
		return "", err
	}
	if index >= tree.N {
		return "", errors.New("the index is outside the tree")
	}
	if err := tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return "", err
	}
	return fmt.Sprintf("entry %d of %d, %d cosignatures", index, tree.N, witnesses), nil
}

// files reads a log's folder, with one byte of one file changed if asked.
type files struct {
	dir  string
	path string // of the file to change
	at   int
}

func (f files) read(path string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(f.dir, path))
	if err == nil && path == f.path {
		b = append([]byte(nil), b...)
		b[f.at] ^= 1
	}
	return b, err
}
func (f files) Height() int { return 8 }
func (f files) ReadTiles(tiles []tlog.Tile) (out [][]byte, err error) {
	for _, t := range tiles {
		// C2SP's paths have no height in them.
		b, err := f.read("tile/" + strings.TrimPrefix(t.Path(), "tile/8/"))
		if err != nil {
			return nil, err
		}
		if len(b) != t.W*tlog.HashSize {
			return nil, errors.New("a tile of the wrong size")
		}
		out = append(out, b)
	}
	return
}
func (files) SaveTiles([]tlog.Tile, [][]byte) {}

// log authenticates every level-0 tile against the root, then every entry against its tile. It returns the
// paths that it read.
func (p *policy) logFolder(f files) (string, []string, error) {
	text, err := f.read("checkpoint")
	if err != nil {
		return "", nil, err
	}
	tree, witnesses, err := p.open(text)
	if err != nil {
		return "", nil, err
	}
	used := []string{"checkpoint"}
	reader := tlog.TileHashReader(tree, f)
	for b := int64(0); b*256 < tree.N; b++ {
		w := tree.N - b*256
		if w > 256 {
			w = 256
		}
		level0 := tlog.Tile{H: 8, L: 0, N: b, W: int(w)}.Path()
		path := strings.Replace(level0, "tile/8/0/", "tile/entries/", 1)
		used = append(used, path, "tile/"+strings.TrimPrefix(level0, "tile/8/"))
		bundle, err := f.read(path)
		if err != nil {
			return "", nil, err
		}
		var indexes []int64
		for j := int64(0); j < w; j++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, b*256+j))
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return "", nil, err
		}
		for j, h := range hashes {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return "", nil, errors.New("a bundle ends too early")
			}
			n := 2 + int(binary.BigEndian.Uint16(bundle))
			if tlog.RecordHash(bundle[2:n]) != h {
				return "", nil, fmt.Errorf("entry %d is not what its tile says", b*256+int64(j))
			}
			bundle = bundle[n:]
		}
		if len(bundle) != 0 {
			return "", nil, errors.New("bytes behind the last entry of a bundle")
		}
	}
	return fmt.Sprintf("%d entries hashed again to the signed root, %d cosignatures", tree.N, witnesses), used, nil
}

func flipProof(p *policy, file, entry []byte) (string, error) {
	for i := range file {
		for _, mask := range []byte{1, 2, 0x20, 0x80} {
			bad := append([]byte(nil), file...)
			bad[i] ^= mask
			if _, err := p.proof(bad, entry); err == nil {
				return "", fmt.Errorf("byte %d changed by %#x and accepted", i, mask)
			}
		}
	}
	return fmt.Sprintf("%d bytes changed in 4 ways, all refused", len(file)), nil
}

func flipLog(p *policy, dir string, used []string) (string, error) {
	count := 0
	for _, path := range used {
		b, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return "", err
		}
		for i := range b {
			if _, _, err := p.logFolder(files{dir, path, i}); err == nil {
				return "", fmt.Errorf("byte %d of %s changed and accepted", i, path)
			}
			count++
		}
	}
	return fmt.Sprintf("%d bytes in %d files changed, all refused", count, len(used)), nil
}

func run(args []string) (string, error) {
	if len(args) < 4 {
		return "", errors.New("usage: c2spverify proof|flip-proof PROOF ENTRY LOGKEY K WITNESSKEY... | log|flip-log DIR LOGKEY K WITNESSKEY...")
	}
	switch args[0] {
	case "proof", "flip-proof":
		p, err := newPolicy(args[3:])
		if err != nil {
			return "", err
		}
		file, err := os.ReadFile(args[1])
		if err != nil {
			return "", err
		}
		entry, err := os.ReadFile(args[2])
		if err != nil {
			return "", err
		}
		said, err := p.proof(file, entry)
		if err != nil || args[0] == "proof" {
			return said, err
		}
		return flipProof(p, file, entry)
	case "log", "flip-log":
		p, err := newPolicy(args[2:])
		if err != nil {
			return "", err
		}
		said, used, err := p.logFolder(files{dir: args[1]})
		if err != nil || args[0] == "log" {
			return said, err
		}
		return flipLog(p, args[1], used)
	}
	return "", errors.New("no such command")
}

func main() {
	said, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "c2spverify:", err)
		os.Exit(1)
	}
	fmt.Println("ok:", said)
}
