package month

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
)

// What may be wrong with a file of a closed month.
const (
	Missing = "missing"
	Changed = "changed"
	Extra   = "extra"
	Broken  = "chain" // the journal's events do not follow from each other
)

// Flaw is something wrong with a closed month.
type Flaw struct {
	Path string `json:"path"`
	What string `json:"what"`
	Why  string `json:"why,omitempty"` // for an engineer, English
}

// Verified is what a look at a closed month found.
type Verified struct {
	Summary  Summary
	Manifest string // SHA-256 of the manifest: who knows it knows the whole folder
	Flaws    []Flaw
}

// Bounds of what is read.
const (
	manifestLimit = 64 << 20
	filesLimit    = 100_000
	eventLimit    = 64 << 10 // bytes of a line
)

// Verify compares a folder with its manifest. A folder that cannot be read as a
// closed month is an error; whatever is wrong with its files is a flaw. It writes
// nothing.
func Verify(ctx context.Context, dir string) (*Verified, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fault.New(exitcode.NotFound, "month.absent", i18n.Text{RU: "папка %s не открывается", EN: "folder %s cannot be opened"}.With(dir)).Because(err)
	}
	defer root.Close()
	v := &Verified{}
	if err := v.manifest(root, dir); err != nil {
		return nil, err
	}
	known := map[string]bool{ManifestName: true, SumsName: true}
	for _, f := range v.Summary.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		known[f.Path] = true
		v.file(root, f)
	}
	v.sums(root)
	if err := v.extra(root, known); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(v.Flaws, func(f Flaw) bool { return f.Path == journalName }) {
		v.chain(root)
	}
	return v, nil
}

func (v *Verified) flaw(path, what, why string) {
	v.Flaws = append(v.Flaws, Flaw{path, what, why})
}

func (v *Verified) manifest(root *os.Root, dir string) error {
	bad := func(err error) error {
		return fault.New(exitcode.Failure, "month.manifest", i18n.Text{RU: "опись %s в папке %s отсутствует или не читается", EN: "%s of folder %s is absent or cannot be read"}.With(ManifestName, dir)).Because(err)
	}
	f, err := root.Open(ManifestName)
	if err != nil {
		return bad(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, manifestLimit+1))
	if err != nil {
		return bad(err)
	}
	if len(raw) > manifestLimit {
		return bad(errors.New("larger than 64 MiB"))
	}
	if err := json.Unmarshal(raw, &v.Summary); err != nil {
		return bad(err)
	}
	switch {
	case v.Summary.Version != Version:
		return bad(fmt.Errorf("version %d, known %d", v.Summary.Version, Version))
	case len(v.Summary.Files) > filesLimit:
		return bad(errors.New("too many files"))
	}
	sum := sha256.Sum256(raw)
	v.Manifest = hex.EncodeToString(sum[:])
	return nil
}

// file compares one file with what the manifest says of it.
func (v *Verified) file(root *os.Root, want File) {
	if !filepath.IsLocal(filepath.FromSlash(want.Path)) {
		v.flaw(want.Path, Missing, "the path leaves the folder")
		return
	}
	f, err := root.Open(filepath.FromSlash(want.Path))
	if errors.Is(err, fs.ErrNotExist) {
		v.flaw(want.Path, Missing, "")
		return
	}
	if err != nil {
		v.flaw(want.Path, Missing, err.Error())
		return
	}
	defer f.Close()
	sha, gost := sha256.New(), streebog.New256()
	n, err := io.Copy(io.MultiWriter(sha, gost), f)
	switch {
	case err != nil:
		v.flaw(want.Path, Changed, err.Error())
	case n != want.Bytes:
		v.flaw(want.Path, Changed, fmt.Sprintf("%d bytes, the manifest says %d", n, want.Bytes))
	case hex.EncodeToString(sha.Sum(nil)) != want.SHA256 || hex.EncodeToString(gost.Sum(nil)) != want.Streebog:
		v.flaw(want.Path, Changed, "its hashes differ")
	}
}

// sums compares SHA256SUMS, which says the same as the manifest.
func (v *Verified) sums(root *os.Root) {
	files := append(slices.Clone(v.Summary.Files), File{Path: ManifestName, SHA256: v.Manifest})
	want := sumsOf(files)
	f, err := root.Open(SumsName)
	if err != nil {
		v.flaw(SumsName, Missing, "")
		return
	}
	defer f.Close()
	got, err := io.ReadAll(io.LimitReader(f, int64(len(want))+1))
	if err != nil || !bytes.Equal(got, want) {
		v.flaw(SumsName, Changed, "it does not say what the manifest says")
	}
}

// extra names files that the manifest does not know.
func (v *Verified) extra(root *os.Root, known map[string]bool) error {
	return fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && !known[path] {
			v.flaw(path, Extra, "")
		}
		return nil
	})
}

// chain follows the hashes of the journal's events from the manifest's first to
// its last.
func (v *Verified) chain(root *os.Root) {
	at := v.Summary.Journal
	f, err := root.Open(journalName)
	if err != nil {
		v.flaw(journalName, Missing, "")
		return
	}
	defer f.Close()
	hash, seq := at.Before, at.First-1
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, 64<<10), 16*eventLimit)
	for lines.Scan() {
		var e journal.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			v.flaw(journalName, Broken, err.Error())
			return
		}
		if e.Seq != seq+1 || journal.Link(hash, &e) != e.Hash {
			v.flaw(journalName, Broken, fmt.Sprintf("event %d does not follow from event %d", e.Seq, seq))
			return
		}
		hash, seq = e.Hash, e.Seq
	}
	if err := lines.Err(); err != nil {
		v.flaw(journalName, Broken, err.Error())
		return
	}
	if at.First > 0 && (seq != at.Last || hash != at.After) {
		v.flaw(journalName, Broken, fmt.Sprintf("the chain ends at event %d, the manifest says %d", seq, at.Last))
	}
}
