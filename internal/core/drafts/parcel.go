package drafts

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// localPrefix begins the names of drafts that are kept on this machine only.
const localPrefix = "local-"

// maxParcel bounds the file of one draft, bytes.
const maxParcel = 4 << 20

// Parcel is a draft of an application that no portal keeps: one made of the
// sender's own files, or of answers to a form where the portal has no drafts.
type Parcel struct {
	ID      string         `json:"id"`
	Service string         `json:"service"`
	Title   string         `json:"title"`
	Region  string         `json:"region,omitempty"`
	Target  string         `json:"target,omitempty"`
	Files   []string       `json:"files,omitempty"` // "name=absolute path"
	Values  map[string]any `json:"values,omitempty"`
	OneStep bool           `json:"oneStep,omitempty"`
	Loose   bool           `json:"loose,omitempty"`
	Nested  bool           `json:"nested,omitempty"`
	Updated time.Time      `json:"updated"`
}

// IsLocal reports whether a draft is kept on this machine only.
func IsLocal(id string) bool { return strings.HasPrefix(id, localPrefix) }

func (s *Store) parcel(id string) string { return filepath.Join(s.Dir, "parcels", id+".json") }

// KeepParcel keeps a draft, a new one when it has no name yet, and returns its name.
func (s *Store) KeepParcel(p Parcel, now time.Time) (id string, err error) {
	if p.ID == "" {
		var b [6]byte
		_, _ = rand.Read(b[:]) // never fails
		p.ID = localPrefix + hex.EncodeToString(b[:])
	}
	p.Updated = now.UTC()
	body, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(s.parcel(p.ID)), 0o700); err != nil {
		return "", err
	}
	return p.ID, atomicfile.Write(s.parcel(p.ID), body, 0o600)
}

// Parcel returns a draft, or a fault with exit code 5.
func (s *Store) Parcel(id string) (*Parcel, error) {
	if !IsLocal(id) || strings.Trim(strings.TrimPrefix(id, localPrefix), "0123456789abcdef") != "" {
		return nil, noParcel(id)
	}
	file, err := os.Open(s.parcel(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noParcel(id)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	d := json.NewDecoder(io.LimitReader(file, maxParcel))
	d.UseNumber()
	var p Parcel
	if err := d.Decode(&p); err != nil {
		return nil, fault.New(exitcode.Failure, "draft.damaged", i18n.Text{RU: "черновик %s повреждён: %s", EN: "draft %s is damaged: %s"}.With(id, s.parcel(id))).Because(err)
	}
	return &p, nil
}

func noParcel(id string) error {
	return fault.New(exitcode.NotFound, "draft.not_found", i18n.Text{RU: "черновика %s на этой машине нет", EN: "there is no draft %s on this machine"}.With(untrusted.Text(id))).AdviseRun("epgu application draft list")
}

// Parcels returns the drafts of this machine, newest first. One that cannot be
// read is left out: it is named when it is asked for.
func (s *Store) Parcels() ([]Parcel, error) {
	list, err := os.ReadDir(filepath.Join(s.Dir, "parcels"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Parcel
	for _, e := range list {
		if p, err := s.Parcel(strings.TrimSuffix(e.Name(), ".json")); err == nil {
			out = append(out, *p)
		}
	}
	slices.SortFunc(out, func(a, b Parcel) int { return b.Updated.Compare(a.Updated) })
	return out, nil
}

// ForgetParcel removes a draft; one that is not there is removed already.
func (s *Store) ForgetParcel(id string) error {
	if _, err := s.Parcel(id); err != nil {
		return err
	}
	return os.Remove(s.parcel(id))
}
